"""Opens reference imagery of any kind."""

from __future__ import annotations

import os
from pathlib import Path

from engine.imagery.raster import RasterSource
from engine.imagery.server import server_of
from engine.imagery.source import ImagerySource
from engine.imagery.tile_folder import TileFolder
from engine.progress import Progress


def open_imagery(spec: str | Path, progress: Progress | None = None, fetch_s: float | None = None) -> ImagerySource:
    """Open imagery for sampling.

    Args:
        spec: a raster that GDAL opens (GeoTIFF, VRT, MBTiles, GeoPackage tiles, ...); a folder of EarthLoc tiles; the
            address of a tile server (`https://host/{z}/{x}/{y}.png`, or that of WMTS capabilities, also as
            `WMTS:address,layer=NAME`); a JSON file about a server (docs/imagery.md).
        progress: reports tiles being fetched (stage `imagery`); may be cancelled.
        fetch_s: limit in seconds for all fetching together; None for no limit.

    Raises:
        UsageError: an address that cannot be that of a tile server.
        InputError: a file that cannot be used. ImageryServerError: a server that cannot be used.
    """
    server = server_of(str(spec))
    if server is not None:
        from engine.imagery.tile_server import TileServerSource  # network code is only loaded when needed

        return TileServerSource.open(server, progress or Progress(), fetch_s)
    if os.path.isdir(spec):
        return TileFolder.open(Path(spec))
    return RasterSource.open(spec)
