"""Reference imagery as pictures whose pixels know where they are on the ground."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.geo import LocalFrame, normalise_lon
from engine.imagery.raster import RasterSource
from engine.registration.camera import Camera

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

# In a rendered view every eighth pixel is located exactly; between them positions are interpolated.
_NODE_PX = 8


@dataclass(frozen=True, eq=False)
class SquareView:
    """A north-up square of imagery round a place.

    Attributes:
        frame: its local frame; the square's middle is the frame's origin.
        width_km: its side.
        pixels: RGB (size, size, 3).
        covered: (size, size), False where there is no imagery.
    """

    frame: LocalFrame
    width_km: float
    pixels: Pixels
    covered: NDArray[np.bool_]

    @classmethod
    def read(cls, imagery: RasterSource, lat: float, lon: float, width_km: float, size_px: int) -> SquareView:
        """Cuts the square of `width_km` round (lat, lon)."""
        pixels, covered = imagery.square(lat, lon, width_km, size_px)
        return cls(LocalFrame(lat, lon), width_km, pixels, covered)

    @property
    def km_per_px(self) -> float:
        """Ground size of a pixel."""
        return self.width_km / self.pixels.shape[0]

    def to_km(self, xy_px: Array) -> Array:
        """Pixel positions (n, 2) to the frame's kilometres (n, 2), x east, y north."""
        half = self.pixels.shape[0] / 2
        return (xy_px - half) * [self.km_per_px, -self.km_per_px]

    def locate(self, xy_px: Array) -> tuple[Array, Array]:
        """Latitude and longitude (degrees) of pixel positions (n, 2)."""
        x_km, y_km = self.to_km(xy_px).T
        return self.frame.to_lat_lon(x_km, y_km)


def render(imagery: RasterSource, camera: Camera) -> tuple[Pixels, NDArray[np.bool_]]:
    """The imagery as the camera sees it.

    Returns:
        RGB (height, width, 3) and coverage (height, width): False past the Earth or without imagery.
    """
    width, height = camera.width_px, camera.height_px
    columns, rows = -(-width // _NODE_PX) + 1, -(-height // _NODE_PX) + 1
    x, y = np.meshgrid(np.arange(columns) * float(_NODE_PX), np.arange(rows) * float(_NODE_PX))
    lat, lon = camera.locate(x, y)
    if not np.isfinite(lat).any():
        return np.zeros((height, width, 3), np.uint8), np.zeros((height, width), bool)
    # Interpolated as vectors: longitude jumps at 180 degrees and runs wild at a pole.
    phi, lam = np.radians(lat), np.radians(lon)
    nodes = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1).astype(np.float32)
    px, py = np.meshgrid(np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5)
    vectors = cv2.remap(nodes, px / _NODE_PX, py / _NODE_PX, cv2.INTER_LINEAR)
    lats = np.degrees(np.arctan2(vectors[..., 2], np.hypot(vectors[..., 0], vectors[..., 1]))).astype(np.float64)
    lons = normalise_lon(np.degrees(np.arctan2(vectors[..., 1], vectors[..., 0])))
    return imagery.sample(lats, lons)
