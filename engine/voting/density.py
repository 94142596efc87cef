"""How densely features lie on the ground, from which follows how many votes chance puts into a bin."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo

Array = NDArray[np.float64]

_SMOOTH_CELLS = 2.0
_MOST_CELLS = 2_000_000


class Density:
    """How many features there are about a place: the share (0 to 1) of all of them in a square km."""

    def __init__(self, lat: Array, lon: Array, cell_deg: float) -> None:
        """Counts on a grid of cells of `cell_deg` degrees, smoothed; of larger ones where that would be too many."""
        self._south, self._west = (float(np.floor(values.min())) for values in (lat, lon))
        high, wide = float(lat.max()) - self._south, float(lon.max()) - self._west
        self._deg = cell_deg = max(cell_deg, np.sqrt(high * wide / _MOST_CELLS))
        rows, columns = int(high / cell_deg) + 1, int(wide / cell_deg) + 1
        row, column = (((lat - self._south) / cell_deg).astype(int), ((lon - self._west) / cell_deg).astype(int))
        at = row * columns + column
        counts = np.bincount(at, minlength=rows * columns).reshape(rows, columns).astype(np.float32)
        smooth = cv2.GaussianBlur(counts, (0, 0), _SMOOTH_CELLS, borderType=cv2.BORDER_REPLICATE)
        middle = self._south + (np.arange(rows) + 0.5) * cell_deg
        area = np.cos(np.radians(middle.clip(-89.0, 89.0))) * (cell_deg * geo.KM_PER_DEGREE) ** 2
        self._share = smooth / area[:, None] / len(lat)

    def at(self, lat: Array, lon: Array) -> Array:
        """The share (n,) in a square km about places (n,)."""
        rows, columns = self._share.shape
        row = ((lat - self._south) / self._deg).astype(np.int64).clip(0, rows - 1)
        column = (((lon - self._west) % 360.0) / self._deg).astype(np.int64).clip(0, columns - 1)
        return self._share[row, column].astype(np.float64)
