"""Renders reference imagery as a camera would see it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.geo import normalise_lon
from engine.imagery.source import ImagerySource
from engine.registration.camera import Camera

Pixels = NDArray[np.uint8]

# Every eighth pixel of a rendered view is located exactly; positions between them are interpolated.
_NODE_PX = 8


def render(imagery: ImagerySource, camera: Camera) -> tuple[Pixels, NDArray[np.bool_]]:
    """The imagery as the camera sees it.

    Returns:
        RGB (height, width, 3) and coverage (height, width): False beyond the Earth or without imagery.
    """
    lats, lons = _ground(camera)
    if not np.isfinite(lats).any():
        return np.zeros((*lats.shape, 3), np.uint8), np.zeros(lats.shape, bool)
    return imagery.sample(lats, lons)


def _ground(camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude (height, width) seen by each pixel; NaN beyond the Earth."""
    width, height = camera.width_px, camera.height_px
    columns, rows = -(-width // _NODE_PX) + 1, -(-height // _NODE_PX) + 1
    x, y = np.meshgrid(np.arange(columns) * float(_NODE_PX), np.arange(rows) * float(_NODE_PX))
    lat, lon = camera.locate(x, y)
    # Interpolated as vectors, because longitude jumps at 180 degrees and is undefined at a pole.
    phi, lam = np.radians(lat), np.radians(lon)
    nodes = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1).astype(np.float32)
    px, py = np.meshgrid(np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5)
    vectors = cv2.remap(nodes, px / _NODE_PX, py / _NODE_PX, cv2.INTER_LINEAR)
    lats = np.degrees(np.arctan2(vectors[..., 2], np.hypot(vectors[..., 0], vectors[..., 1]))).astype(np.float64)
    return lats, normalise_lon(np.degrees(np.arctan2(vectors[..., 1], vectors[..., 0])))
