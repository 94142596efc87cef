"""Conversion between a registration and the `pose` of a localization, in the photo's full-size pixels.

Photos are registered at reduced size, but drawing the photo on the map needs the camera for the stored pixel array. A
picture scaled to whole pixels has slightly different scales along its two sides. So the camera is solved once more,
from the same tie points, in full-size pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.contract.localization import CameraSummary, GeoJson, LatLonList, TiePoint
from engine.contract.localization import Pose as PoseJson
from engine.orbit import NADIR_SD_KM
from engine.photo.read import PhotoInfo
from engine.registration import footprint
from engine.registration.camera import Camera
from engine.registration.prior import camera_prior, sensor_width_mm
from engine.registration.solve import CameraPrior, Solution, TiePoints, ground_deviation_km, solve_camera

Array = NDArray[np.float64]


class View(TypedDict):
    """The part of a localization that says what a camera sees."""

    footprint: GeoJson
    corners: list[LatLonList] | None
    center: LatLonList
    camera: CameraSummary


@dataclass(frozen=True, eq=False)
class Pose:
    """A solved camera in the photo's full-size pixels.

    Attributes:
        solution: the camera and its covariance.
        tie_points: what it was solved from.
        prior: what was known without them.
    """

    solution: Solution
    tie_points: TiePoints
    prior: CameraPrior

    @property
    def camera(self) -> Camera:
        """The solved camera."""
        return self.solution.camera


def in_full_pixels(
    found: Solution,
    points: TiePoints,
    photo: PhotoInfo,
    nadir: tuple[float, float] | None,
    nadir_sd_km: float = NADIR_SD_KM,
) -> Pose:
    """Solve the camera again in the photo's full-size pixels.

    Args:
        found: the solution in the pixels of a smaller picture of the whole photo.
        points: its tie points, at least 4, in the same pixels.
        photo: gives the full size, and what EXIF says of the lens.
        nadir: the stated one, as a hint, and its standard deviation.
    """
    small, width, height = found.camera, photo.width_px, photo.height_px
    scale = np.array([width / small.width_px, height / small.height_px])
    full = TiePoints(points.xy_px * scale, points.lat, points.lon)
    start = small.resized(width, height)
    prior = prior_of(start, photo, nadir, nadir_sd_km)
    # Neighbouring tie points share their errors (terrain, the mosaic's own position), so four count as one.
    sd_px = 2.0 * max(0.5, float(np.sqrt(np.mean(found.residuals_px**2) / 2))) * float(scale.max())
    solution = solve_camera(full, start, prior, sd_px, robust=False)
    return Pose(solution, full, prior)


def prior_of(camera: Camera, photo: PhotoInfo, nadir: Any, nadir_sd_km: float = NADIR_SD_KM) -> CameraPrior:
    """The prior of a camera, for the shape that its picture had before it was squashed.

    Args:
        camera: gives size and shape of the picture.
        photo: gives what EXIF says of the lens.
        nadir: (lat, lon) stated for the photo, or None, and its standard deviation.
    """
    return camera_prior(photo, camera.width_px, round(camera.height_px * camera.pixel_aspect), nadir, nadir_sd_km)


def view_json(camera: Camera, ring: Array, photo: PhotoInfo) -> View:
    """`footprint`, `corners`, `center` and `camera` of a localization (docs/cli.md).

    Args:
        camera: in the photo's full-size pixels.
        ring: (n, 2) lat, lon, the outline of what it sees.
        photo: gives the size of the sensor, by the name of its camera.
    """
    lat, lon, altitude_km = camera.nadir()
    tilt_deg, azimuth_deg = camera.tilt_azimuth_deg()
    corners = footprint.corners(camera)
    sensor_mm = sensor_width_mm(photo)
    longer = max(camera.width_px, camera.height_px * camera.pixel_aspect)
    whole = bool(np.isfinite(corners).all())
    return {
        "footprint": geo.to_geojson(ring),
        "corners": [[round(float(a), 6), round(float(b), 6)] for a, b in corners] if whole else None,
        "center": [round(v, 6) for v in footprint.center(camera, ring)],
        "camera": {
            "lat": round(lat, 5),
            "lon": round(lon, 5),
            "altitude_km": round(altitude_km, 2),
            "tilt_deg": round(tilt_deg, 2),
            "azimuth_deg": round(azimuth_deg, 2),
            "focal_length_mm": round(camera.focal_px / longer * sensor_mm, 3) if sensor_mm else None,
        },
    }


def pose_json(pose: Pose) -> PoseJson:
    """`pose` of a localization (docs/localization.md)."""
    camera, prior = pose.camera, pose.prior
    width, height = camera.width_px, camera.height_px
    x = np.array([width / 2, 0.0, width, width, 0.0])
    y = np.array([height / 2, 0.0, 0.0, height, height])
    center, *corners = (round(float(sd), 4) if np.isfinite(sd) else None for sd in _deviation(pose.solution, x, y))
    return {
        "width_px": width,
        "height_px": height,
        "focal_px": round(camera.focal_px, 4),
        "radial": round(camera.radial, 9),
        "pixel_aspect": round(camera.pixel_aspect, 6),
        "position_ecef_km": [round(float(v), 6) for v in camera.eye],
        "rotation": [[round(float(v), 12) for v in row] for row in camera.axes],
        "prior": {
            "focal_px": round(prior.focal_px, 2) if prior.focal_px else None,
            "focal_sd": prior.focal_sd if prior.focal_px else None,
            "nadir": list(prior.nadir) if prior.nadir is not None else None,
            "nadir_sd_km": round(prior.nadir_sd_km, 2),
        },
        "determined": list(pose.solution.determined),
        "covariance": [[float(f"{v:.6g}") for v in row] for row in pose.solution.covariance],
        "pixel_sd_km": {"center": center, "corners": corners},
    }


def tie_points_json(pose: Pose, origin: str = "matched") -> list[TiePoint]:
    """`tie_points` of a localization: the position of each in the photo and on the ground, and its residuals."""
    xy, points = pose.tie_points.xy_px, pose.tie_points
    lat, lon = pose.camera.locate(xy[:, 0], xy[:, 1])
    away_km = geo.distance_km(lat, lon, points.lat, points.lon)
    return [
        {
            "x_px": round(float(xy[i, 0]), 3),
            "y_px": round(float(xy[i, 1]), 3),
            "lat": round(float(points.lat[i]), 7),
            "lon": round(float(points.lon[i]), 7),
            "residual_px": _finite(pose.solution.residuals_px[i]),
            "residual_km": _finite(away_km[i]),
            "origin": origin,
        }
        for i in range(len(points))
    ]


def solution_of(pose: PoseJson) -> Solution:
    """The solved camera that `pose_json` wrote, without the residuals of its tie points."""
    camera = Camera(
        np.array(pose["position_ecef_km"], np.float64),
        np.array(pose["rotation"], np.float64),
        float(pose["focal_px"]),
        int(pose["width_px"]),
        int(pose["height_px"]),
        float(pose["radial"]),
        float(pose.get("pixel_aspect", 1.0)),  # not in older results
    )
    return Solution(camera, np.array(pose["covariance"], np.float64), tuple(pose["determined"]), np.zeros(0))


def _deviation(solution: Solution, x_px: Array, y_px: Array) -> Array:
    """`ground_deviation_km`, NaN where there is no ground."""
    seen = np.isfinite(solution.camera.locate(x_px, y_px)[0])
    found = np.full(x_px.shape, np.nan)
    if seen.any():
        found[seen] = ground_deviation_km(solution, x_px[seen], y_px[seen])
    return found


def _finite(value: float) -> float | None:
    """Rounded; None where the camera does not see the point."""
    return round(float(value), 4) if np.isfinite(value) else None
