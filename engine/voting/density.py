"""The density of features on the ground, which determines how many votes a bin gets by chance."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo

Array = NDArray[np.float64]

# Votes for a pose come from features all over the ground that it shows: about a normal distribution around its middle.
# Standard deviation of a photo's points from its middle, along either axis, in parts of its longer side.
_POINTS_SD = 0.25
_SMOOTH_CELLS = 1.5
_PADDING = 6  # cells; the density is negligible beyond three standard deviations
_MAX_CELLS = 2_000_000


class Density:
    """The density of features around places.

    Args:
        lat, lon: (n,) of the features, degrees.
    """

    def __init__(self, lat: Array, lon: Array) -> None:
        self._lat, self._lon = lat, lon
        self._south, self._west = (float(values.min()) for values in (lat, lon))
        self._high, self._wide = float(lat.max()) - self._south, float(lon.max()) - self._west
        self._grids: dict[float, tuple[float, float, Array]] = {}

    def at(self, lat: Array, lon: Array, width_km: float) -> Array:
        """The share (n,) of all features per square km, on the ground of photos with this width and these middles."""
        if width_km not in self._grids:
            self._grids[width_km] = self._grid(width_km)
        row_deg, column_deg, share = self._grids[width_km]
        rows, columns = share.shape
        row = np.floor((lat - self._south) / row_deg).astype(np.int64) + _PADDING
        east = (lon - self._west + 180.0 - self._wide / 2) % 360.0 - 180.0 + self._wide / 2
        column = np.floor(east / column_deg).astype(np.int64) + _PADDING
        return share[row.clip(0, rows - 1), column.clip(0, columns - 1)]

    def _grid(self, width_km: float) -> tuple[float, float, Array]:
        """Degrees per row and per column, and the smoothed shares per square km, from the south-western corner."""
        cell_deg = _POINTS_SD / _SMOOTH_CELLS * width_km / geo.KM_PER_DEGREE
        cell_deg = max(cell_deg, np.sqrt(self._high * self._wide / _MAX_CELLS), 1e-6)
        rows, columns = int(self._high / cell_deg) + 1, int(self._wide / cell_deg) + 1
        around = self._wide + cell_deg > 360.0
        column_deg = 360.0 / columns if around else cell_deg
        column = ((self._lon - self._west) / column_deg).astype(np.int64) % columns
        at = ((self._lat - self._south) / cell_deg).astype(np.int64) * columns + column
        counts = np.bincount(at, minlength=rows * columns).reshape(rows, columns).astype(np.float32)
        counts = np.pad(counts, ((_PADDING, _PADDING), (0, 0)))
        counts = np.pad(counts, ((0, 0), (_PADDING, _PADDING)), mode="wrap" if around else "constant")
        smooth = cv2.GaussianBlur(counts, (0, 0), _SMOOTH_CELLS, borderType=cv2.BORDER_CONSTANT)
        middle = self._south + (np.arange(-_PADDING, rows + _PADDING) + 0.5) * cell_deg
        area = np.cos(np.radians(middle.clip(-89.0, 89.0))) * cell_deg * column_deg * geo.KM_PER_DEGREE**2
        return cell_deg, column_deg, smooth.astype(np.float64) / area[:, None] / len(self._lat)
