"""Equal-area cells of the globe, in several levels.

The cells are the pixels of a map in the cylindrical equal-area projection of EASE-Grid 2.0 (EPSG:6933; Brodzik et al.
2012, "EASE-Grid 2.0: Incremental but Significant Improvements for Earth-Gridded Data Sets"). So a distribution over
them is a raster that any GIS draws in place. Level 0 has 16 rows and 38 columns; each level halves the sides of the
cells of the one before. Rows run from north to south, columns from 180 W to the east. A cell of the finest level has
3,265 km2 and is 57 km wide and high at 30 degrees of latitude; nearer to the poles cells are narrower
and higher. The map ends at 85.04 degrees; what is beyond counts to its edge.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

from engine.ellipsoid import surface_normal

FINEST = 4
CRS = "EPSG:6933"
HALF_WIDTH_M, HALF_HEIGHT_M = 17367530.4451615, 7314540.8306386  # of the map
_ROWS, _COLUMNS = 16, 38
MAP_AREA_KM2 = 4e-6 * HALF_WIDTH_M * HALF_HEIGHT_M  # all but 0.4 % of the Earth


def shape(level: int = FINEST) -> tuple[int, int]:
    """Rows and columns of a level."""
    return _ROWS << level, _COLUMNS << level


def count(level: int = FINEST) -> int:
    """Number of cells of a level."""
    rows, columns = shape(level)
    return rows * columns


def area_km2(level: int = FINEST) -> float:
    """Area of each cell of a level."""
    return MAP_AREA_KM2 / count(level)


def cell_size_m(level: int = FINEST) -> tuple[float, float]:
    """Width and height of a cell on the map, metres."""
    rows, columns = shape(level)
    return 2 * HALF_WIDTH_M / columns, 2 * HALF_HEIGHT_M / rows


@lru_cache(maxsize=1)
def _to_map() -> Transformer:
    return Transformer.from_crs("EPSG:4326", CRS, always_xy=True)


def cell_of(lat: ArrayLike, lon: ArrayLike, level: int = FINEST) -> NDArray[np.int64]:
    """Number of the cell that holds each point (degrees, any shape): row * columns + column."""
    rows, columns = shape(level)
    x_m, y_m = _to_map().transform(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    row = np.floor((HALF_HEIGHT_M - np.asarray(y_m)) / (2 * HALF_HEIGHT_M) * rows).astype(np.int64)
    column = np.floor((np.asarray(x_m) + HALF_WIDTH_M) / (2 * HALF_WIDTH_M) * columns).astype(np.int64)
    return np.clip(row, 0, rows - 1) * columns + column % columns


@lru_cache(maxsize=FINEST + 1)
def centers(level: int = FINEST) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of the middles of all cells, each (cells,), degrees."""
    rows, columns = shape(level)
    x_m = ((np.arange(columns) + 0.5) / columns * 2 - 1) * HALF_WIDTH_M
    y_m = (1 - (np.arange(rows) + 0.5) / rows * 2) * HALF_HEIGHT_M
    lon, lat = _to_map().transform(*np.meshgrid(x_m, y_m), direction="INVERSE")
    lat, lon = lat.ravel(), lon.ravel()
    lat.setflags(write=False)
    lon.setflags(write=False)
    return lat, lon


@lru_cache(maxsize=FINEST + 1)
def edges(level: int = FINEST) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes (rows + 1) of the edges of the cells from north to south, and longitudes (columns + 1) to the east."""
    rows, columns = shape(level)
    y_m = np.linspace(HALF_HEIGHT_M, -HALF_HEIGHT_M, rows + 1)
    _, lat = _to_map().transform(np.zeros(rows + 1), y_m, direction="INVERSE")
    return np.asarray(lat), np.linspace(-180.0, 180.0, columns + 1)


@lru_cache(maxsize=FINEST + 1)
def center_vectors(level: int = FINEST) -> NDArray[np.float64]:
    """Unit vectors (cells, 3) towards the middles of all cells."""
    vectors = np.asarray(surface_normal(*centers(level)))
    vectors.setflags(write=False)
    return vectors


def coarser(values: NDArray[np.floating], levels: int = 1) -> NDArray[np.floating]:
    """Sums of cells (rows, columns) into cells of a level that is `levels` coarser."""
    step = 1 << levels
    rows, columns = values.shape
    return values.reshape(rows // step, step, columns // step, step).sum(axis=(1, 3))


def finer(values: NDArray[np.floating], levels: int = 1) -> NDArray[np.floating]:
    """Probability density of cells (rows, columns) of a coarse level, repeated in the finer cells inside each."""
    step = 1 << levels
    return np.repeat(np.repeat(values, step, axis=0), step, axis=1)
