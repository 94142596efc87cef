"""The land mask: which points of the Earth are land.

`resources/landmask.png` is a one-bit picture of the world's land with cells of 0.1 degrees (row 0 at 90 N, column 0 at
180 W). A cell is land if at least a quarter of it is. The mask was reduced from the NOAA GLOBE elevation model (public
domain) as packaged in global-land-mask 1.0.0; docs/formats.md has the command. Lakes count as land.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from engine.resources import resources_folder

_NEAR_CELLS = 2  # of the mask, in each direction


@lru_cache(maxsize=1)
def _mask() -> NDArray[np.bool_]:
    with Image.open(resources_folder() / "landmask.png") as image:
        return np.asarray(image.convert("1"))


@lru_cache(maxsize=1)
def _near_mask() -> NDArray[np.bool_]:
    steps = range(-_NEAR_CELLS, _NEAR_CELLS + 1)
    wider = np.logical_or.reduce([np.roll(_mask(), step, axis=1) for step in steps])
    rows = np.arange(len(wider))
    return np.asarray(np.logical_or.reduce([wider[(rows + step).clip(0, len(rows) - 1)] for step in steps]))


def is_land(lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
    """True where a point (degrees, any shape) is on land, to a tenth of a degree."""
    return _at(_mask(), lat, lon)


def near_land(lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
    """True where a point (degrees, any shape) is on land or within about 20 km of it, that is, not on the open sea."""
    return _at(_near_mask(), lat, lon)


def _at(mask: NDArray[np.bool_], lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
    rows, cols = mask.shape
    row = np.clip(((90.0 - np.asarray(lat)) / 180.0 * rows).astype(np.int64), 0, rows - 1)
    col = ((np.asarray(lon) + 180.0) / 360.0 * cols).astype(np.int64) % cols
    return mask[row, col]
