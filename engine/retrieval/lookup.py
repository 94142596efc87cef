"""Finds the tiles of an index by their position in the tile grid."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.tiling import Tiles, tile_keys


class TileLookup:
    """Rows of tiles of an index by the tiles' keys.

    Args:
        read: returns the tiles (n,) and their rows (n,); called on first use.
    """

    def __init__(self, read: Callable[[], tuple[Tiles, NDArray[np.int64]]]) -> None:
        self._read = read

    @property
    def widths_km(self) -> list[float]:
        """Widths of the tiles, ascending."""
        return self._sorted[2]

    def rows_of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of the tiles with these keys (`tiling.tile_keys`), any shape; -1 where there is no such tile."""
        known, rows, _ = self._sorted
        if not len(known):
            return np.full(keys.shape, -1, np.int64)
        at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[at] == keys, rows[at], -1)

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64], list[float]]:
        tiles, rows = self._read()
        keys = tile_keys(tiles)
        order = np.argsort(keys)
        return keys[order], rows[order], np.unique(tiles["width_km"]).astype(np.float64).tolist()
