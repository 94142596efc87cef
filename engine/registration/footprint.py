"""The footprint of a photo: the ground that its camera sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.registration.camera import Camera

Array = NDArray[np.float64]

_POINTS_PER_SIDE = 16
_BISECTIONS = 40


def footprint_ring(camera: Camera) -> Array | None:
    """Dense outline (n, 2) lat, lon of the photo on the ground, from its top-left corner along the top edge.

    Where the photo shows the limb, the outline follows the horizon. None when no Earth is seen.
    """
    width, height = camera.width_px, camera.height_px
    t = np.arange(_POINTS_PER_SIDE) / _POINTS_PER_SIDE
    none, full = np.zeros_like(t), np.ones_like(t)
    x = np.concatenate([t, full, 1 - t, none]) * width
    y = np.concatenate([none, t, full, 1 - t]) * height
    lat, lon = camera.locate(x, y)
    if np.isfinite(lat).all():
        return np.stack([lat, lon], axis=1)
    grid_x, grid_y = np.meshgrid(np.linspace(0, width, 65), np.linspace(0, height, 65))
    seen = np.isfinite(camera.locate(grid_x, grid_y)[0])
    if not seen.any():
        return None
    # The Earth's disc in a picture is convex: every ray from a point inside it crosses the limb once.
    middle_x, middle_y = grid_x[seen].mean(), grid_y[seen].mean()
    inner, outer = np.zeros_like(x), np.ones_like(x)
    on_earth = np.isfinite(lat)
    for _ in range(_BISECTIONS):
        half = (inner + outer) / 2
        half_seen = np.isfinite(camera.locate(middle_x + half * (x - middle_x), middle_y + half * (y - middle_y))[0])
        inner, outer = np.where(half_seen, half, inner), np.where(half_seen, outer, half)
    part = np.where(on_earth, 1.0, inner)
    lat, lon = camera.locate(middle_x + part * (x - middle_x), middle_y + part * (y - middle_y))
    is_finite = np.isfinite(lat)
    return np.stack([lat[is_finite], lon[is_finite]], axis=1) if is_finite.sum() >= 3 else None


def corners(camera: Camera) -> Array:
    """(4, 2) lat, lon of top-left, top-right, bottom-right, bottom-left; NaN where a corner misses the Earth."""
    x = np.array([0.0, 1.0, 1.0, 0.0]) * camera.width_px
    y = np.array([0.0, 0.0, 1.0, 1.0]) * camera.height_px
    return np.stack(camera.locate(x, y), axis=1)


def center(camera: Camera, ring: Array) -> tuple[float, float]:
    """Latitude and longitude of the footprint's middle: of its corners or, at the limb, of its outline."""
    corner_points = corners(camera)
    return geo.center_of(corner_points if np.isfinite(corner_points).all() else ring)
