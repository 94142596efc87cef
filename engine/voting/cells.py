"""The cells in which local features are extracted: a grid fixed to the globe, so equal imagery gives equal features.

A cell is a rectangle in latitude and longitude, at most 512 pixels per side at the ground resolution of the index. Rows
of cells run from the south pole to the north pole, each with as many columns as its longer edge needs.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.retrieval.tiling import BBox, hilbert_keys

CELL_PX = 512
CELL_DTYPE = np.dtype([("number", "<i4"), ("south", "<f8"), ("north", "<f8"), ("west", "<f8"), ("east", "<f8")])
Cells = NDArray[np.void]  # (n,) of CELL_DTYPE
_FEWEST_COLUMNS = 3  # around a pole


class Grid:
    """All cells of one ground resolution, in km per pixel."""

    def __init__(self, feature_km: float) -> None:
        rows = math.ceil(180.0 / (CELL_PX * feature_km / geo.KM_PER_DEGREE))
        self._height = 180.0 / rows
        south = -90.0 + np.arange(rows) * self._height
        nearest = np.where(
            (south < 0.0) & (south + self._height > 0.0), 0.0, np.minimum(abs(south), abs(south + self._height))
        )
        longest = np.cos(np.radians(nearest))
        self._columns = np.maximum(_FEWEST_COLUMNS, np.ceil(360.0 * longest / self._height - 1e-9).astype(np.int64))
        self._ends = np.concatenate([[0], np.cumsum(self._columns)])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def numbered(self, numbers: NDArray[np.int64]) -> Cells:
        """The cells with these numbers, which count row by row from the south pole and 180 W."""
        row = np.searchsorted(self._ends, numbers, side="right") - 1
        width = 360.0 / self._columns[row]
        cells = np.empty(len(numbers), CELL_DTYPE)
        cells["number"] = numbers
        cells["south"] = -90.0 + row * self._height
        cells["north"] = -90.0 + (row + 1) * self._height
        cells["west"] = -180.0 + (numbers - self._ends[row]) * width
        cells["east"] = -180.0 + (numbers - self._ends[row] + 1) * width
        return cells

    def of(self, bbox: BBox) -> Cells:
        """The cells that a region (west, south, east, north) touches, along the Hilbert curve.

        Neighbours on the ground become neighbours on disk, as for tiles.
        """
        numbers = [
            self._ends[row] + np.unique(np.arange(start, end) % self._columns[row])
            for row, start, end in zip(*self._spans(bbox), strict=True)
        ]
        return in_order(self.numbered(np.concatenate(numbers or [np.empty(0, np.int64)])))

    def count(self, bbox: BBox) -> int:
        """The number of cells that `of` returns."""
        _, start, end = self._spans(bbox)
        return int((end - start).sum())

    def _spans(self, bbox: BBox) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The rows (n,) that a region touches, and for each the first column and the one after the last.

        Columns continue beyond 180 E.
        """
        west, south, east, north = bbox
        span = (east - west) % 360.0 or 360.0
        first = max(0, math.floor((south + 90.0) / self._height))
        last = min(len(self._columns) - 1, math.ceil((north + 90.0) / self._height) - 1)
        rows = np.arange(first, last + 1)
        columns = self._columns[rows]
        start = np.floor((west + 180.0) / 360.0 * columns).astype(np.int64)
        end = np.ceil((west + 180.0 + span) / 360.0 * columns).astype(np.int64)
        return rows, start, np.minimum(end, start + columns)


def in_order(cells: Cells) -> Cells:
    """Cells along the Hilbert curve of their middles; cells with equal keys by number."""
    return cells[np.lexsort((cells["number"], hilbert_keys(*middles(cells))))]


def middles(cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude (n,) of the middles of cells."""
    return (cells["south"] + cells["north"]) / 2, (cells["west"] + cells["east"]) / 2


def reach_km(cells: Cells) -> NDArray[np.float64]:
    """Distance (n,) from the middle of each cell to its furthest corner."""
    lat, lon = middles(cells)
    corners = [geo.distance_km(lat, lon, cells[y], cells[x]) for y in ("south", "north") for x in ("west", "east")]
    return np.max(corners, axis=0)
