"""Where a pixel of a photo lies on the ground, and back: what linked cursors and overlays need, at once.

The same pinhole over the WGS84 ellipsoid as engine/registration/camera.py, point by point and without libraries,
since the window cannot wait for the engine while the mouse moves. Pixels count from the outer corner of the top-left
pixel of the stored photo; latitude before longitude, in degrees; the Earth frame (ECEF) is in kilometres.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Optional, Union

from ..contract.localization import Localization, Pose

SEMI_MAJOR_KM = 6378.137
_FLATTENING = 1 / 298.257223563
_E2 = _FLATTENING * (2 - _FLATTENING)
_AXES = (SEMI_MAJOR_KM, SEMI_MAJOR_KM, SEMI_MAJOR_KM * (1 - _FLATTENING))
_UNDISTORT_STEPS = 10

Vector = tuple[float, float, float]
Point = tuple[float, float]


def surface_point(lat: float, lon: float) -> Vector:
    """A point of the ellipsoid in the Earth frame."""
    phi, lam = math.radians(lat), math.radians(lon)
    across = SEMI_MAJOR_KM / math.sqrt(1 - _E2 * math.sin(phi) ** 2)
    return (
        across * math.cos(phi) * math.cos(lam),
        across * math.cos(phi) * math.sin(lam),
        across * (1 - _E2) * math.sin(phi),
    )


def upright(lat: float, lon: float) -> Vector:
    """The unit vector straight up at a point."""
    phi, lam = math.radians(lat), math.radians(lon)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)


def distance_km(one: Point, other: Point) -> float:
    """Distance over the ground between two (lat, lon), to 0.1 % within a few hundred kilometres."""
    chord = math.dist(surface_point(*one), surface_point(*other))
    return 2 * 6371.0 * math.asin(min(1.0, chord / (2 * 6371.0)))


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _vector(values: Iterable[float]) -> Vector:
    x, y, z = values
    return x, y, z


class PinholeCamera:
    """A camera solved by the engine.

    Args:
        pose: a localization's `pose`: width_px, height_px, focal_px, radial, position_ecef_km (3) and rotation
            (rows are the camera's x, y and z axes in the Earth frame).
    """

    def __init__(self, pose: Pose) -> None:
        self.size_px = (int(pose["width_px"]), int(pose["height_px"]))
        self._focal = float(pose["focal_px"])
        self._radial = float(pose.get("radial") or 0.0)
        self._aspect = float(pose.get("pixel_aspect") or 1.0)  # not in older results
        self._eye = _vector(float(v) for v in pose["position_ecef_km"])
        self._x, self._y, self._z = (_vector(float(v) for v in row) for row in pose["rotation"])
        # Scaled by its axes the ellipsoid is the unit sphere.
        self._scaled_eye = _vector(v / axis for v, axis in zip(self._eye, _AXES))
        self._c = _dot(self._scaled_eye, self._scaled_eye) - 1.0

    def locate(self, x_px: float, y_px: float) -> Optional[Point]:
        """(lat, lon) seen at a pixel position; None where it is no ground."""
        u = (x_px - self.size_px[0] / 2) / self._focal
        v = (y_px - self.size_px[1] / 2) / self._focal * self._aspect
        if self._radial:
            distorted_2, squeeze = u * u + v * v, 1.0
            for _ in range(_UNDISTORT_STEPS):
                squeeze = 1.0 / (1.0 + self._radial * distorted_2 * squeeze * squeeze)
            u, v = u * squeeze, v * squeeze
        length = math.sqrt(u * u + v * v + 1.0)
        ray = _vector((u * a + v * b + c) / length for a, b, c in zip(self._x, self._y, self._z))
        scaled = _vector(v / axis for v, axis in zip(ray, _AXES))
        half_b = _dot(scaled, self._scaled_eye)
        root = half_b * half_b - _dot(scaled, scaled) * self._c
        if root < 0 or half_b >= 0:
            return None
        away = self._c / (math.sqrt(root) - half_b)
        x, y, z = (e + away * r for e, r in zip(self._eye, ray))
        return math.degrees(math.atan2(z, (1 - _E2) * math.hypot(x, y))), math.degrees(math.atan2(y, x))

    def project(self, lat: float, lon: float) -> Optional[Point]:
        """Pixel position of a point on the ground, also beside the photo; None behind the horizon or the camera."""
        to_point = _vector(g - e for g, e in zip(surface_point(lat, lon), self._eye))
        depth = _dot(to_point, self._z)
        if depth <= 0 or _dot(to_point, upright(lat, lon)) >= 0:
            return None
        u, v = _dot(to_point, self._x) / depth, _dot(to_point, self._y) / depth
        stretch = self._focal * (1.0 + self._radial * (u * u + v * v))
        return u * stretch + self.size_px[0] / 2, v * stretch / self._aspect + self.size_px[1] / 2


class CornerCamera:
    """The next best where no pose is known: a projective map between the photo and its four corners on the ground.

    Args:
        corners: four (lat, lon): top-left, top-right, bottom-right, bottom-left of the stored photo.
        size_px: width and height of the photo.
    """

    def __init__(self, corners: list[Point], size_px: tuple[int, int]) -> None:
        self.size_px = (int(size_px[0]), int(size_px[1]))
        ups = [upright(*corner) for corner in corners]
        middle = _vector(sum(up[i] for up in ups) for i in range(3))
        length = math.sqrt(_dot(middle, middle))
        self._up = _vector(v / length for v in middle)
        across = math.hypot(self._up[0], self._up[1])
        # At a pole any direction may be called east.
        self._east = (-self._up[1] / across, self._up[0] / across, 0.0) if across > 1e-9 else (0.0, 1.0, 0.0)
        self._north = (
            self._up[1] * self._east[2] - self._up[2] * self._east[1],
            self._up[2] * self._east[0] - self._up[0] * self._east[2],
            self._up[0] * self._east[1] - self._up[1] * self._east[0],
        )
        width, height = self.size_px
        pixels: list[Point] = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
        plane = [point for up in ups if (point := self._to_plane(up)) is not None]
        if len(plane) < len(ups):
            raise ValueError("the corners reach around the Earth")
        self._to_ground = homography(pixels, plane)
        self._to_photo = homography(plane, pixels)

    def locate(self, x_px: float, y_px: float) -> Optional[Point]:
        """(lat, lon) at a pixel position; None where the map has no answer."""
        at = _apply(self._to_ground, x_px, y_px)
        if at is None:
            return None
        x, y, z = (u + at[0] * e + at[1] * n for u, e, n in zip(self._up, self._east, self._north))
        return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))

    def project(self, lat: float, lon: float) -> Optional[Point]:
        """Pixel position of a point on the ground; None on the far side of the Earth."""
        at = self._to_plane(upright(lat, lon))
        return None if at is None else _apply(self._to_photo, *at)

    def _to_plane(self, up: Vector) -> Optional[Point]:
        """Gnomonic: the plane touches the middle of the photo, in Earth radii east and north."""
        depth = _dot(up, self._up)
        return (_dot(up, self._east) / depth, _dot(up, self._north) / depth) if depth > 0.05 else None


def camera_of(
    localization: Localization, size_px: Optional[tuple[int, int]]
) -> Optional[Union[PinholeCamera, CornerCamera]]:
    """The camera of a localization: by its pose, else by its corners; None when it has neither.

    Args:
        localization: the engine's answer, or a corrected one.
        size_px: stored width and height of the photo, which corners need; None when not known yet.
    """
    if localization["pose"]:
        return PinholeCamera(localization["pose"])
    corners = localization["corners"]
    if not corners or size_px is None:
        return None
    try:
        return CornerCamera([(lat, lon) for lat, lon in corners], size_px)
    except (ZeroDivisionError, ValueError):  # corners on a line, or around the Earth
        return None


def square_corners(center: Point, width_km: float, rotation_deg: int) -> list[Point]:
    """Corners of a photo that fills a north-up square tile when it is turned counter-clockwise by `rotation_deg`."""
    half_km = width_km / 2
    ring = [offset(center, half_km * east, half_km * north) for east, north in ((-1, 1), (1, 1), (1, -1), (-1, -1))]
    turns = rotation_deg // 90 % 4
    return ring[-turns:] + ring[:-turns] if turns else ring


def offset(start: Point, east_km: float, north_km: float) -> Point:
    """The point so many kilometres east and north of another, along a great circle."""
    away, bearing = math.hypot(east_km, north_km) / 6371.0, math.atan2(east_km, north_km)
    phi, lam = math.radians(start[0]), math.radians(start[1])
    sine = math.sin(phi) * math.cos(away) + math.cos(phi) * math.sin(away) * math.cos(bearing)
    lat = math.asin(max(-1.0, min(1.0, sine)))
    lon = lam + math.atan2(
        math.sin(bearing) * math.sin(away) * math.cos(phi), math.cos(away) - math.sin(phi) * math.sin(lat)
    )
    return math.degrees(lat), (math.degrees(lon) + 180.0) % 360.0 - 180.0


def away_km(start: Point, other: Point) -> Point:
    """How many kilometres east and north another point is: the inverse of `offset`."""
    phi, psi, turn = math.radians(start[0]), math.radians(other[0]), math.radians(other[1] - start[1])
    half = math.sin((psi - phi) / 2) ** 2 + math.cos(phi) * math.cos(psi) * math.sin(turn / 2) ** 2
    distance = 2 * 6371.0 * math.asin(min(1.0, math.sqrt(half)))
    bearing = math.atan2(
        math.sin(turn) * math.cos(psi), math.cos(phi) * math.sin(psi) - math.sin(phi) * math.cos(psi) * math.cos(turn)
    )
    return distance * math.sin(bearing), distance * math.cos(bearing)


def homography(source: list[Point], target: list[Point]) -> list[float]:
    """The eight numbers of the projective map that takes four points to four others. ZeroDivisionError: no such map."""
    rows = []
    for (x, y), (u, v) in zip(source, target):
        rows.append([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u])
        rows.append([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v])
    for column in range(8):  # elimination with pivots
        pivot = max(range(column, 8), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = rows[column][column]
        rows[column] = [value / scale for value in rows[column]]
        for row in range(8):
            factor = rows[row][column]
            if row != column and factor:
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column])]
    return [row[8] for row in rows]


def _apply(numbers: list[float], x: float, y: float) -> Optional[Point]:
    a, b, c, d, e, f, g, h = numbers
    depth = g * x + h * y + 1.0
    return ((a * x + b * y + c) / depth, (d * x + e * y + f) / depth) if depth > 1e-6 else None
