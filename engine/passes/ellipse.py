"""The uncertainty of a predicted footprint, as an ellipse around its middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.geo import LocalFrame
from engine.orbit.state import Array
from engine.registration.camera import Camera
from engine.registration.solve import moved

PROBABILITY = 0.9
_SCALE = float(np.sqrt(-2.0 * np.log(1.0 - PROBABILITY)))  # of a normal distribution in the plane
# Of the ground by tie points themselves: imagery is off by a pixel, and heights are left out, for a whole pass alike.
_GROUND_SD_KM = 0.5
_STEPS = np.array([0.1, 0.1, 0.1, 1e-5, 1e-5, 1e-5, 1e-5, 1e-4])  # of derivatives, in the camera's parameters


@dataclass(frozen=True, eq=False)
class Ellipse:
    """Where the ground in the middle of a photo lies with a probability of `PROBABILITY`.

    Attributes:
        lat, lon: its middle, degrees.
        major_km, minor_km: its semi-axes.
        azimuth_deg: of the major one, clockwise from north, 0 to 180.
        covariance: (2, 2) km2, east and north.
    """

    lat: float
    lon: float
    major_km: float
    minor_km: float
    azimuth_deg: float
    covariance: Array

    def z2(self, lat: float, lon: float) -> float:
        """Squared distance of a point from the middle in standard deviations."""
        off = np.array(LocalFrame(self.lat, self.lon).to_xy(lat, lon)).ravel()
        return float(off @ np.linalg.solve(self.covariance, off))

    def holds(self, lat: float, lon: float, times: float = 1.0) -> bool:
        """Whether a point lies in it, or in an ellipse so many times as large."""
        return self.z2(lat, lon) <= (times * _SCALE) ** 2


def ellipse_of(camera: Camera, covariance: Array) -> Ellipse | None:
    """The ellipse of a camera with the covariance (8, 8) of its parameters; None where it does not see the ground."""
    x, y = camera.width_px / 2, camera.height_px / 2
    lat, lon = (float(one) for one in camera.locate(x, y))
    if not np.isfinite(lat):
        return None
    frame = LocalFrame(lat, lon)
    by_camera = np.empty((2, 8))
    for column, step in enumerate(_STEPS):
        change = np.zeros(8)
        change[column] = step
        there = moved(camera, change).locate(x, y)
        by_camera[:, column] = np.array(frame.to_xy(*there)).ravel() / step
    if not np.isfinite(by_camera).all():
        return None
    plane = by_camera @ covariance @ by_camera.T + _GROUND_SD_KM**2 * np.eye(2)
    variances, axes = np.linalg.eigh(plane)
    minor_km, major_km = _SCALE * np.sqrt(np.maximum(variances, 0.0))
    east, north = axes[:, 1]
    return Ellipse(
        lat, lon, float(major_km), float(minor_km), float(np.degrees(np.arctan2(east, north))) % 180.0, plane
    )
