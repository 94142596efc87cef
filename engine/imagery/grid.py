"""The tile grid of a server: its levels, their position on the Earth, and the address of each tile."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from affine import Affine

from engine.imagery.server import ServerSettings

_HALF_WORLD_M = math.pi * 6378137.0  # Web Mercator extends this far from its middle in each direction


@dataclass(frozen=True)
class Level:
    """One zoom level.

    Attributes:
        name: as in addresses.
        decimation: pixels of the finest level per pixel of this one, along a side.
        columns, rows: number of tiles.
        tile_width, tile_height: of a tile, in its own pixels.
    """

    name: str
    decimation: float
    columns: int
    rows: int
    tile_width: int
    tile_height: int


@dataclass(frozen=True)
class TileGrid:
    """All levels of a server, which share their top-left corner.

    Attributes:
        crs: coordinate system, in any form that pyproj reads.
        transform: from pixels of the finest level to it.
        levels: finest first.
        address: of a tile: address(level, column, row), both counted from the top left.
    """

    crs: str
    transform: Affine
    levels: tuple[Level, ...]
    address: Callable[[Level, int, int], str]


def xyz_grid(settings: ServerSettings) -> TileGrid:
    """The Web Mercator grid of an XYZ template."""
    finest = settings.max_zoom
    metres_per_px = 2 * _HALF_WORLD_M / (settings.tile_px * 2**finest)
    levels = tuple(
        Level(str(zoom), 2.0 ** (finest - zoom), 2**zoom, 2**zoom, settings.tile_px, settings.tile_px)
        for zoom in range(finest, settings.min_zoom - 1, -1)
    )

    def address(level: Level, column: int, row: int) -> str:
        parts = {
            "{x}": str(column),
            "{y}": str(row),
            "{-y}": str(level.rows - 1 - row),
            "{z}": level.name,
            "{q}": quadkey(int(level.name), column, row),
        }
        url = settings.url
        for placeholder, value in parts.items():
            url = url.replace(placeholder, value)
        return url

    transform = Affine(metres_per_px, 0.0, -_HALF_WORLD_M, 0.0, -metres_per_px, _HALF_WORLD_M)
    return TileGrid("EPSG:3857", transform, levels, address)


def quadkey(zoom: int, column: int, row: int) -> str:
    """One digit per zoom level: 1 for the eastern half, 2 for the southern, 3 for both."""
    return "".join(str((column >> bit & 1) + 2 * (row >> bit & 1)) for bit in range(zoom - 1, -1, -1))
