"""The cells that a classifier tells apart: those of several levels in which photos of land can lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.imagery import land
from engine.where import cells

MAX_LATITUDE = 75.0
# The middle of a photo of a coast may lie this many cells of the finest level from land: about 230 km.
_OFFSHORE_CELLS = 4
_NEIGHBOURS = 9


def photographed_cells() -> NDArray[np.bool_]:
    """The cells of the finest level, (rows, columns), near or on land up to 75 degrees north and south."""
    lat, lon = cells.centers()
    mask = np.asarray(land.is_land(lat, lon)).reshape(cells.shape())
    pad = np.pad(mask, ((0, 0), (_OFFSHORE_CELLS, _OFFSHORE_CELLS)), mode="wrap")
    near = ndimage.binary_dilation(pad, np.ones((3, 3)), _OFFSHORE_CELLS)[:, _OFFSHORE_CELLS:-_OFFSHORE_CELLS]
    return np.asarray(near & (np.abs(lat).reshape(near.shape) <= MAX_LATITUDE))


@dataclass(frozen=True, eq=False)
class CellLevel:
    """The classes of one level.

    Attributes:
        level: of the cells.
        numbers: int32 (classes,), the cell of each class, ascending.
    """

    level: int
    numbers: NDArray[np.int32]

    def classes_of(self, cell: NDArray[np.int64]) -> NDArray[np.int64]:
        """The class of each cell, -1 for cells that are none."""
        table = np.full(cells.count(self.level), -1, np.int64)
        table[self.numbers] = np.arange(len(self.numbers))
        return table[cell]

    def targets(
        self, lat: NDArray[np.floating], lon: NDArray[np.floating], spread: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Soft labels by distance: classes and weights of the cell of each place and of its eight neighbours.

        Args:
            lat, lon: (n,) degrees.
            spread: weights fall with distance d as exp(-d^2 / (2 (spread * side of a cell)^2)).

        Returns:
            Classes (n, 9) and weights (n, 9). The weights of a place add up to 1. Neighbours that are no class have
            weight 0; a place with no class near it takes the nearest class.
        """
        rows, columns = cells.shape(self.level)
        own = cells.cell_of(lat, lon, self.level)
        row, column = np.divmod(own, columns)
        up, right = (step.ravel() for step in np.mgrid[-1:2, -1:2])
        around = np.clip(row[:, None] + up, 0, rows - 1) * columns + (column[:, None] + right) % columns
        classes = self.classes_of(around)
        vectors = cells.center_vectors(self.level)
        phi, theta = np.radians(np.asarray(lat, np.float64)), np.radians(np.asarray(lon, np.float64))
        here = np.stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=1)
        side = np.sqrt(cells.area_km2(self.level)) / 6371.0
        distance = np.linalg.norm(vectors[around] - here[:, None], axis=2)
        weights = np.where(classes >= 0, np.exp(-0.5 * (distance / (spread * side)) ** 2), 0.0)
        for lost in np.flatnonzero(weights.sum(axis=1) < 1e-12):
            weights[lost] = np.eye(_NEIGHBOURS)[0]
            classes[lost] = int(np.argmax(vectors[self.numbers] @ here[lost]))
        weights /= weights.sum(axis=1, keepdims=True)
        return np.maximum(classes, 0), weights.astype(np.float32)


def hierarchy(levels: tuple[int, ...]) -> list[CellLevel]:
    """The classes of each level: cells that hold a cell of `photographed_cells`."""
    allowed = photographed_cells().astype(np.float64)
    return [
        CellLevel(level, np.flatnonzero(cells.coarser(allowed, cells.FINEST - level)).astype(np.int32))
        for level in levels
    ]
