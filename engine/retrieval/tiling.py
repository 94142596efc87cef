"""The tile grid: overlapping, north-up squares of several ground widths over the whole Earth.

The grid is fixed to the globe, not to a region, so that indexes of neighbouring regions share their tiles.
Rows of one width are half a tile apart from pole to pole, and so are the tiles of a row: 50 % overlap in both
directions, slightly more where the circle of latitude is not a whole number of half tiles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine import geo
from engine.imagery import land

OVERLAP = 0.5
HILBERT_ORDER = 16
# Up to this order keys are looked up in a table instead of computed: 65,536 cells.
HILBERT_TABLE_ORDER = 8
TILE_DTYPE = np.dtype([("lat", "<f8"), ("lon", "<f8"), ("width_km", "<f4"), ("row", "<i4"), ("col", "<i4")])
Tiles = NDArray[np.void]  # (n,) of TILE_DTYPE
BBox = tuple[float, float, float, float]  # west, south, east, north; west > east crosses the antimeridian

# A tile counts as land if at least this part of it is: islands and coasts are included, the open sea is not.
MIN_LAND = 0.05
# Several times the rounding error of a haversine in 32 bits.
_HAVERSINE_TOLERANCE = 4e-6


@dataclass(frozen=True)
class Circle:
    """The part of the Earth within radius_km of the nadir (lat, lon in degrees)."""

    lat: float
    lon: float
    radius_km: float

    def holds(self, tiles: Tiles) -> NDArray[np.bool_]:
        """Whether the centres of tiles (n,) lie in it."""
        # In 32 bits, which is fifteen times as fast; near the edge the exact distance decides.
        lat, lon = (tiles[name].astype(np.float32) * np.float32(math.pi / 180.0) for name in ("lat", "lon"))
        north = np.sin(np.float32(0.5) * (lat - np.float32(math.radians(self.lat))))
        east = np.sin(np.float32(0.5) * (lon - np.float32(math.radians(self.lon))))
        haversine = north * north + np.float32(math.cos(math.radians(self.lat))) * np.cos(lat) * east * east
        limit = math.sin(0.5 * min(self.radius_km / geo.EARTH_RADIUS_KM, math.pi)) ** 2
        inside = haversine <= limit
        edge = np.flatnonzero(np.abs(haversine - np.float32(limit)) < _HAVERSINE_TOLERANCE)
        distance_km = geo.distance_km(tiles["lat"][edge], tiles["lon"][edge], self.lat, self.lon)
        inside[edge] = distance_km <= self.radius_km
        return inside


def tile_name(tile: np.void) -> str:
    """Name of a tile, the same in every index: width in km, row from the south pole, column from 180 W."""
    return f"{float(tile['width_km']):g}_{int(tile['row'])}_{int(tile['col'])}"


def tile_grid(bbox: BBox, widths_km: Sequence[float]) -> Tiles:
    """All tiles whose centre lies in `bbox`, row by row for each width."""
    west, south, east, north = bbox
    span = (east - west) % 360.0 or 360.0
    parts = []
    for width in widths_km:
        rows = _grid_rows(width)
        for row in range(rows):
            lat = -90.0 + (row + 0.5) * 180.0 / rows
            if not south <= lat <= north:
                continue
            cols = int(_grid_columns(np.array(lat), rows))
            lon = -180.0 + (np.arange(cols) + 0.5) * 360.0 / cols
            inside = np.flatnonzero((lon - west) % 360.0 <= span)
            part = np.empty(len(inside), TILE_DTYPE)
            part["lat"], part["lon"], part["width_km"] = lat, lon[inside], width
            part["row"], part["col"] = row, inside
            parts.append(part)
    return np.concatenate(parts) if parts else np.empty(0, TILE_DTYPE)


def cells_around(lat: NDArray[np.float64], lon: NDArray[np.float64], width_km: float) -> NDArray[np.int64]:
    """Keys (..., 4), see `tile_keys`, of the four tiles of one width whose centres are nearest to points (...)."""
    rows = _grid_rows(width_km)
    y = (lat + 90.0) * rows / 180.0 - 0.5
    keys = []
    for step in (0, 1):
        row = np.clip(np.floor(y).astype(np.int64) + step, 0, rows - 1)
        cols = _grid_columns(-90.0 + (row + 0.5) * 180.0 / rows, rows)
        first = np.floor((lon + 180.0) / 360.0 * cols - 0.5).astype(np.int64)
        keys += [_key(width_km, row, (first + side) % cols) for side in (0, 1)]
    return np.stack(keys, axis=-1)


def tile_keys(tiles: Tiles) -> NDArray[np.int64]:
    """A number (n,) for each tile, the same in every index: the content of its name, packed for lookup."""
    return _key(tiles["width_km"], tiles["row"].astype(np.int64), tiles["col"].astype(np.int64))


def _key(width_km: ArrayLike, row: NDArray[np.int64], col: NDArray[np.int64]) -> NDArray[np.int64]:
    """Width in 1/8 km in the high bits, then 20 bits for the row and 21 for the column: enough for tiles of 1 km."""
    eighths = np.rint(np.asarray(width_km, np.float64) * 8.0).astype(np.int64)
    return (eighths << 41) | (row << 21) | col


def _grid_rows(width_km: float) -> int:
    return math.ceil(180.0 / (width_km * (1 - OVERLAP) / geo.KM_PER_DEGREE))


def _grid_columns(lat: NDArray[np.float64], rows: int) -> NDArray[np.int64]:
    """Number of tiles in a row at a latitude."""
    return np.maximum(1, np.ceil(360.0 * np.cos(np.radians(lat)) * rows / 180.0).astype(np.int64))


def land_fraction(tiles: Tiles, samples: int = 12) -> NDArray[np.float64]:
    """Part of each tile that is land, from samples x samples points of the land mask."""
    fractions = np.empty(len(tiles))
    # Tiles of one latitude and width follow each other in the grid and differ only in longitude.
    breaks = np.flatnonzero((np.diff(tiles["lat"]) != 0) | (np.diff(tiles["width_km"]) != 0)) + 1
    for run in np.split(np.arange(len(tiles)), breaks) if len(tiles) else []:
        first = tiles[run[0]]
        lat, lon = geo.square_grid(float(first["lat"]), 0.0, float(first["width_km"]), samples)
        lons = geo.normalise_lon(lon + tiles["lon"][run][:, None, None])
        fractions[run] = land.is_land(lat, lons).mean(axis=(1, 2))
    return fractions


def hilbert_order(tiles: Tiles) -> NDArray[np.int64]:
    """Permutation that sorts tiles along a Hilbert curve over longitude and latitude; the sort is stable.

    Neighbours on the ground become neighbours on disk, so a circle around a nadir takes a few contiguous reads.
    """
    return np.argsort(hilbert_keys(tiles["lat"], tiles["lon"]), kind="stable")


def hilbert_keys(lat: ArrayLike, lon: ArrayLike, order: int = HILBERT_ORDER) -> NDArray[np.int64]:
    """Positions (n,) of points along a Hilbert curve over 2**order cells a side; by default 0.005 degrees of longitude.

    The loop is the classic bit-by-bit rotation (Hilbert 1891; Skilling 2004 for the bit form). A lower order gives the
    leading bits of a higher one.
    """
    cells = 1 << max(order, HILBERT_TABLE_ORDER)
    # Converted to integers before clipping to the grid, because a damaged tile may have any position.
    x = ((np.asarray(lon) + 180.0) * (cells / 360.0)).astype(np.int64).clip(0, cells - 1)
    y = ((np.asarray(lat) + 90.0) * (cells / 180.0)).astype(np.int64).clip(0, cells - 1)
    if order > HILBERT_TABLE_ORDER:
        return _hilbert(x, y, order)
    return _hilbert_table()[y, x] >> 2 * (HILBERT_TABLE_ORDER - order)


@lru_cache(maxsize=1)
def _hilbert_table() -> NDArray[np.int64]:
    """Keys of all cells by row from the south and column from 180 W."""
    y, x = np.mgrid[: 1 << HILBERT_TABLE_ORDER, : 1 << HILBERT_TABLE_ORDER]
    return _hilbert(x, y, HILBERT_TABLE_ORDER)


def _hilbert(x: NDArray[np.int64], y: NDArray[np.int64], order: int) -> NDArray[np.int64]:
    n = np.int64(1) << order
    key = np.zeros(x.shape, np.int64)
    side = n >> 1
    while side > 0:
        rx = (x & side > 0).astype(np.int64)
        ry = (y & side > 0).astype(np.int64)
        key += side * side * ((3 * rx) ^ ry)
        flip = (ry == 0) & (rx == 1)
        x, y = np.where(flip, n - 1 - x, x), np.where(flip, n - 1 - y, y)
        x, y = np.where(ry == 0, y, x), np.where(ry == 0, x, y)
        side >>= 1
    return key


def hilbert_ranges(lat: float, lon: float, radius_km: float) -> tuple[NDArray[np.int64], int]:
    """Disjoint ranges (n, 2) of keys, first and past the last, ascending, that contain every point of a circle.

    Also returns the order of the curve of these keys. The circle is covered with cells of about a quarter of its
    radius; cells that follow each other on the curve form one range.
    """
    reach = math.degrees(radius_km / geo.EARTH_RADIUS_KM) + 1e-9
    level = int(np.clip(math.floor(math.log2(720.0 / reach)), 0, 8))
    cells = 1 << level
    south, north = max(lat - reach, -90.0), min(lat + reach, 90.0)
    rows = np.arange(int((south + 90.0) / 180.0 * cells), min(int((north + 90.0) / 180.0 * cells), cells - 1) + 1)
    half = 180.0
    if abs(lat) + reach < 90.0:  # no pole inside: the half width in degrees of longitude
        half = math.degrees(math.asin(min(1.0, math.sin(math.radians(reach)) / math.cos(math.radians(lat)))))
    first = math.floor((lon - half + 180.0) / 360.0 * cells)
    last = math.floor((lon + half + 180.0) / 360.0 * cells)
    columns = np.arange(first, min(last, first + cells - 1) + 1) % cells
    finer = HILBERT_TABLE_ORDER - level
    blocks = np.sort(_hilbert_table()[rows[:, None] << finer, columns << finer].ravel() >> 2 * finer)
    breaks = np.flatnonzero(np.diff(blocks) > 1)
    starts = blocks[np.concatenate([[0], breaks + 1])]
    ends = blocks[np.concatenate([breaks, [len(blocks) - 1]])] + 1
    return np.stack([starts, ends], axis=1), level
