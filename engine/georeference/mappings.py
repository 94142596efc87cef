"""Mappings from the ground to a photo's pixels: through its camera, or fitted to its tie points alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from engine.errors import UsageError
from engine.georeference.grid import GroundCrs
from engine.georeference.registered import RegisteredPhoto

Array = NDArray[np.float64]

# Maps coordinates (x, y) of a GroundCrs to pixel positions in the photo; NaN for what the photo does not show.
ToPhoto = Callable[[Array, Array], tuple[Array, Array]]

MIN_POINTS = 4
_GRID = 9  # points along each side at which an affine map is compared with the camera


def through_camera(registered: RegisteredPhoto, ground: GroundCrs) -> ToPhoto:
    """The mapping through the solved camera."""

    def to_photo(x: Array, y: Array) -> tuple[Array, Array]:
        lat, lon = ground.to_lat_lon(x, y)
        return registered.camera.project(lat, lon)

    return to_photo


@dataclass(frozen=True, eq=False)
class AffineFit:
    """The affine map with the least squared error.

    Attributes:
        matrix: (2, 3), pixel (column, row) to coordinates.
        rms_px: root mean square of its errors in the photo, over the points it was fitted to.
        worst_px: the largest of these errors.
    """

    matrix: Array
    rms_px: float
    worst_px: float

    @classmethod
    def of_points(cls, xy_px: Array, x: Array, y: Array) -> AffineFit:
        """Fit to pixel positions (n, 2) and coordinates (n,)."""
        there = np.stack([x, y], axis=1)
        middle, scale = there.mean(axis=0), max(1e-12, float(np.ptp(there, axis=0).max()))
        ones = np.ones((len(xy_px), 1))
        matrix = np.linalg.lstsq(np.hstack([xy_px, ones]), (there - middle) / scale, rcond=None)[0].T * scale
        matrix[:, 2] += middle
        fit = cls(matrix, 0.0, 0.0)
        off = np.hypot(*(np.stack(fit.to_photo(x, y), axis=1) - xy_px).T)
        return cls(matrix, float(np.sqrt(np.mean(off**2))), float(off.max()))

    @classmethod
    def of_camera(cls, registered: RegisteredPhoto, ground: GroundCrs) -> AffineFit:
        """Fit to the camera over the whole photo, which must not show the limb."""
        x, y = np.meshgrid(
            np.linspace(0, registered.camera.width_px, _GRID), np.linspace(0, registered.camera.height_px, _GRID)
        )
        xy = np.stack([x.ravel(), y.ravel()], axis=1)
        return cls.of_points(xy, *ground.to_xy(*registered.camera.locate(xy[:, 0], xy[:, 1])))

    def to_photo(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Coordinates to pixel positions."""
        inverse = np.linalg.inv(self.matrix[:, :2])
        u, v = x - self.matrix[0, 2], y - self.matrix[1, 2]
        return inverse[0, 0] * u + inverse[0, 1] * v, inverse[1, 0] * u + inverse[1, 1] * v


def thin_plate(registered: RegisteredPhoto, ground: GroundCrs) -> ToPhoto:
    """A thin-plate spline through the tie points (Duchon 1977), as other programs warp with control points."""
    x, y = ground.to_xy(registered.tie_points.lat, registered.tie_points.lon)
    middle = np.array([x.mean(), y.mean()])
    scale = max(float(np.ptp(x)), float(np.ptp(y)))
    nodes = (np.stack([x, y], axis=1) - middle) / scale
    spline = RBFInterpolator(nodes, registered.tie_points.xy_px, kernel="thin_plate_spline")

    def to_photo(x: Array, y: Array) -> tuple[Array, Array]:
        at = (np.stack([x.ravel(), y.ravel()], axis=1) - middle) / scale
        found = np.full(at.shape, np.nan)
        is_finite = np.isfinite(at).all(axis=1)
        if is_finite.any():
            found[is_finite] = spline(at[is_finite])
        return found[:, 0].reshape(x.shape), found[:, 1].reshape(x.shape)

    return to_photo


def check_tie_points(registered: RegisteredPhoto, what: str) -> None:
    """Raise UsageError where tie points alone are not enough for `what`."""
    path, n = registered.info.path, len(registered.tie_points)
    if n < MIN_POINTS:
        raise UsageError(path, f"has only {n} tie points, too few for {what}", "choose the orthorectified photo")
    if registered.shows_limb:
        raise UsageError(path, f"shows the limb, where {what} fails", "choose the orthorectified photo")
