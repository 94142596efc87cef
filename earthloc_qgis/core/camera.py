"""Maps pixels of a photo to the ground and back, for linked cursors and overlays.

The model is the pinhole camera over the WGS84 ellipsoid of engine/registration/camera.py, but for single points and
without libraries, because the review window cannot wait for the engine while the mouse moves. Pixel coordinates start
at the outer corner of the top-left pixel of the stored photo. Geographic coordinates are latitude, longitude in
degrees. ECEF coordinates (Earth-centred, Earth-fixed) are in kilometres.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Optional, Union

if TYPE_CHECKING:  # a test loads this module without its package
    from ..contract.localization import Localization, Pose

SEMI_MAJOR_KM = 6378.137
_FLATTENING = 1 / 298.257223563
_E2 = _FLATTENING * (2 - _FLATTENING)
_AXES = (SEMI_MAJOR_KM, SEMI_MAJOR_KM, SEMI_MAJOR_KM * (1 - _FLATTENING))
_UNDISTORT_STEPS = 10

Vector = tuple[float, float, float]
Point = tuple[float, float]


def surface_point(lat: float, lon: float) -> Vector:
    """ECEF coordinates (km) of a point on the ellipsoid."""
    phi, lam = math.radians(lat), math.radians(lon)
    normal_radius = SEMI_MAJOR_KM / math.sqrt(1 - _E2 * math.sin(phi) ** 2)
    return (
        normal_radius * math.cos(phi) * math.cos(lam),
        normal_radius * math.cos(phi) * math.sin(lam),
        normal_radius * (1 - _E2) * math.sin(phi),
    )


def upright(lat: float, lon: float) -> Vector:
    """Unit vector (ECEF) that points straight up at a point of the ellipsoid."""
    phi, lam = math.radians(lat), math.radians(lon)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)


def distance_km(one: Point, other: Point) -> float:
    """Ground distance between two points (lat, lon), exact to 0.1 % up to a few hundred kilometres."""
    chord = math.dist(surface_point(*one), surface_point(*other))
    return 2 * 6371.0 * math.asin(min(1.0, chord / (2 * 6371.0)))


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _vector(values: Iterable[float]) -> Vector:
    x, y, z = values
    return x, y, z


class PinholeCamera:
    """A camera that the engine has solved.

    Args:
        pose: the `pose` of a localization. Rows of `rotation` are the camera's x, y and z axes in ECEF coordinates.
    """

    def __init__(self, pose: Pose) -> None:
        self.size_px = (int(pose["width_px"]), int(pose["height_px"]))
        self._focal = float(pose["focal_px"])
        self._radial = float(pose.get("radial") or 0.0)
        self._aspect = float(pose.get("pixel_aspect") or 1.0)  # older results lack it
        self._eye = _vector(float(v) for v in pose["position_ecef_km"])
        self._x, self._y, self._z = (_vector(float(v) for v in row) for row in pose["rotation"])
        # Divided by its semi-axes, the ellipsoid becomes the unit sphere.
        self._scaled_eye = _vector(v / axis for v, axis in zip(self._eye, _AXES))
        self._c = _dot(self._scaled_eye, self._scaled_eye) - 1.0

    def locate(self, x_px: float, y_px: float) -> Optional[Point]:
        """Ground point (lat, lon) at a pixel position; None where the pixel shows no ground."""
        u = (x_px - self.size_px[0] / 2) / self._focal
        v = (y_px - self.size_px[1] / 2) / self._focal * self._aspect
        if self._radial:
            distorted_r2, scale = u * u + v * v, 1.0
            for _ in range(_UNDISTORT_STEPS):
                scale = 1.0 / (1.0 + self._radial * distorted_r2 * scale * scale)
            u, v = u * scale, v * scale
        length = math.sqrt(u * u + v * v + 1.0)
        ray = _vector((u * a + v * b + c) / length for a, b, c in zip(self._x, self._y, self._z))
        scaled_ray = _vector(v / axis for v, axis in zip(ray, _AXES))
        half_b = _dot(scaled_ray, self._scaled_eye)
        discriminant = half_b * half_b - _dot(scaled_ray, scaled_ray) * self._c
        if discriminant < 0 or half_b >= 0:
            return None
        distance = self._c / (math.sqrt(discriminant) - half_b)
        x, y, z = (e + distance * r for e, r in zip(self._eye, ray))
        return math.degrees(math.atan2(z, (1 - _E2) * math.hypot(x, y))), math.degrees(math.atan2(y, x))

    def project(self, lat: float, lon: float) -> Optional[Point]:
        """Pixel position of a ground point, also outside the photo; None beyond the horizon or behind the camera."""
        to_point = _vector(g - e for g, e in zip(surface_point(lat, lon), self._eye))
        depth = _dot(to_point, self._z)
        if depth <= 0 or _dot(to_point, upright(lat, lon)) >= 0:
            return None
        u, v = _dot(to_point, self._x) / depth, _dot(to_point, self._y) / depth
        focal = self._focal * (1.0 + self._radial * (u * u + v * v))
        return u * focal + self.size_px[0] / 2, v * focal / self._aspect + self.size_px[1] / 2


class CornerCamera:
    """A projective map between a photo and its four corners on the ground, for photos without a pose.

    Args:
        corners: four (lat, lon): top-left, top-right, bottom-right, bottom-left of the stored photo.
        size_px: width and height of the photo.

    Raises:
        ValueError: the corners reach around the Earth.
        ZeroDivisionError: three corners lie on a line.
    """

    def __init__(self, corners: list[Point], size_px: tuple[int, int]) -> None:
        self.size_px = (int(size_px[0]), int(size_px[1]))
        ups = [upright(*corner) for corner in corners]
        middle = _vector(sum(up[i] for up in ups) for i in range(3))
        length = math.sqrt(_dot(middle, middle))
        self._up = _vector(v / length for v in middle)
        across = math.hypot(self._up[0], self._up[1])
        # At a pole, the direction of east is arbitrary.
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
        """Ground point (lat, lon) at a pixel position; None at or beyond the vanishing line."""
        at = _apply(self._to_ground, x_px, y_px)
        if at is None:
            return None
        x, y, z = (u + at[0] * e + at[1] * n for u, e, n in zip(self._up, self._east, self._north))
        return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))

    def project(self, lat: float, lon: float) -> Optional[Point]:
        """Pixel position of a ground point; None on the far side of the Earth."""
        at = self._to_plane(upright(lat, lon))
        return None if at is None else _apply(self._to_photo, *at)

    def _to_plane(self, up: Vector) -> Optional[Point]:
        """Gnomonic projection to the plane that touches the Earth at the photo's centre: Earth radii east and north."""
        depth = _dot(up, self._up)
        return (_dot(up, self._east) / depth, _dot(up, self._north) / depth) if depth > 0.05 else None


def camera_of(
    localization: Localization, size_px: Optional[tuple[int, int]]
) -> Optional[Union[PinholeCamera, CornerCamera]]:
    """The camera of a localization: from its pose, else from its corners; None when it has neither.

    Args:
        localization: from the engine or from a review.
        size_px: width and height of the stored photo, needed for corners; None while unknown.
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


def square_corners(center: Point, width_km: float, rotation_deg: float) -> list[Point]:
    """Corners of a photo that fills a north-up square tile after a counter-clockwise rotation by `rotation_deg`."""
    half_km = width_km / 2
    ring = [offset(center, half_km * east, half_km * north) for east, north in ((-1, 1), (1, 1), (1, -1), (-1, -1))]
    steps = round(rotation_deg / 90) % 4
    return ring[-steps:] + ring[:-steps] if steps else ring


def offset(start: Point, east_km: float, north_km: float) -> Point:
    """The point `east_km` east and `north_km` north of `start`, along a great circle."""
    angle, bearing = math.hypot(east_km, north_km) / 6371.0, math.atan2(east_km, north_km)
    phi, lam = math.radians(start[0]), math.radians(start[1])
    sine = math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing)
    lat = math.asin(max(-1.0, min(1.0, sine)))
    lon = lam + math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(lat)
    )
    return math.degrees(lat), (math.degrees(lon) + 180.0) % 360.0 - 180.0


def away_km(start: Point, other: Point) -> Point:
    """Kilometres east and north from `start` to another point: the inverse of `offset`."""
    phi, psi, delta_lon = math.radians(start[0]), math.radians(other[0]), math.radians(other[1] - start[1])
    haversine = math.sin((psi - phi) / 2) ** 2 + math.cos(phi) * math.cos(psi) * math.sin(delta_lon / 2) ** 2
    distance = 2 * 6371.0 * math.asin(min(1.0, math.sqrt(haversine)))
    bearing = math.atan2(
        math.sin(delta_lon) * math.cos(psi),
        math.cos(phi) * math.sin(psi) - math.sin(phi) * math.cos(psi) * math.cos(delta_lon),
    )
    return distance * math.sin(bearing), distance * math.cos(bearing)


def homography(source: list[Point], target: list[Point]) -> list[float]:
    """The eight coefficients of the projective map from four points to four others.

    Raises:
        ZeroDivisionError: three points lie on a line.
    """
    rows = []
    for (x, y), (u, v) in zip(source, target):
        rows.append([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u])
        rows.append([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v])
    for column in range(8):  # Gauss-Jordan elimination with partial pivoting
        pivot = max(range(column, 8), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = rows[column][column]
        rows[column] = [value / scale for value in rows[column]]
        for row in range(8):
            factor = rows[row][column]
            if row != column and factor:
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column])]
    return [row[8] for row in rows]


def _apply(coefficients: list[float], x: float, y: float) -> Optional[Point]:
    a, b, c, d, e, f, g, h = coefficients
    depth = g * x + h * y + 1.0
    return ((a * x + b * y + c) / depth, (d * x + e * y + f) / depth) if depth > 1e-6 else None
