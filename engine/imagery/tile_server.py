"""Reference imagery from a tile server: XYZ, TMS, quadkeys, WMTS.

Only the tiles that a view needs are fetched, at the zoom that fits the requested ground resolution, and each only once:
then it is in the cache.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError
from engine.imagery.fetch import Fetcher, ImageryServerError
from engine.imagery.grid import Level, TileGrid, xyz_grid
from engine.imagery.picture import NotAPictureError, Tile, decode_tile
from engine.imagery.server import ServerSettings
from engine.imagery.source import FINEST_STEP, ImagerySource
from engine.imagery.tile_cache import NO_TILE, TileCache, default_cache_file
from engine.imagery.wmts import read_wmts
from engine.progress import Progress

MAX_TILES = 1000  # for one view; a larger number is a mistake
_MAX_DECODED = 256
_MIN_ALL_MISSING = 4  # if at least this many tiles are requested and all are missing, the address is wrong
_CAPABILITIES_BYTES = 40_000_000

Place = tuple[Level, int, int]


class TileServerSource(ImagerySource):
    """A tile server, sampled like every `ImagerySource`.

    Args:
        settings: of the server.
        grid: its tiles.
        fetcher: fetches from it.
        cache: stores what was fetched.
        progress: reports stage `imagery`, in tiles; may be cancelled.
        fetch_s: limit in seconds for all fetching together; None for no limit.
    """

    remote = True

    def __init__(
        self,
        settings: ServerSettings,
        grid: TileGrid,
        fetcher: Fetcher,
        cache: TileCache,
        progress: Progress,
        fetch_s: float | None,
    ) -> None:
        finest = grid.levels[0]
        size = (finest.columns * finest.tile_width, finest.rows * finest.tile_height)
        super().__init__(settings.name, grid.crs, grid.transform, size)
        if self._period_px is not None:  # some grids extend beyond the world, with nothing on their last tiles
            self.width = min(self.width, round(self._period_px))
        self.attribution, self.licence = settings.attribution, settings.licence
        self._settings = settings
        self._grid = grid
        self._fetcher = fetcher
        self._cache = cache
        self._progress = progress
        self._fetch_s = fetch_s
        self._decoded: OrderedDict[Place, Tile | None] = OrderedDict()
        self._found_any = False

    @classmethod
    def open(
        cls, settings: ServerSettings, progress: Progress, fetch_s: float | None, cache: TileCache | None = None
    ) -> TileServerSource:
        """Open a server. An XYZ server is not asked for anything yet, a WMTS for its capabilities.

        Raises:
            ImageryServerError: it cannot be reached, or its capabilities cannot be used.
        """
        cache = cache or TileCache(default_cache_file())
        fetcher = Fetcher(_label(settings), settings.max_requests_per_s)
        if settings.is_template:
            return cls(settings, xyz_grid(settings), fetcher, cache, progress, fetch_s)
        known = cache.get([settings.url]).get(settings.url)
        content = known or fetcher.fetch_one(settings.url, _CAPABILITIES_BYTES, progress, _end(fetch_s))
        grid, settings = read_wmts(settings, content, _label(settings))
        if not known:
            cache.put({settings.url: content})
        return cls(settings, grid, fetcher, cache, progress, fetch_s)

    def close(self) -> None:
        """Close the connections."""
        self._fetcher.close()

    def stamp(self) -> str:
        """The settings; whether the tiles behind an address have changed is not known."""
        settings = dataclasses.asdict(self._settings)
        del settings["notice"]  # says nothing about the pixels; stamps of older versions lack it
        return json.dumps(settings, sort_keys=True)

    def fetch_one_tile(self, lat: float, lon: float) -> Tile:
        """Fetch the tile of the finest zoom level at a place from the server, also if it is in the cache.

        Raises:
            ImageryServerError: the server cannot be used, or it has no tile there.
        """
        level = self._grid.levels[0]
        t = self._to_pixel
        x, y = self._to_source.transform(lon, lat)
        column = min(max(int((t.a * x + t.c) // level.tile_width), 0), level.columns - 1)
        row = min(max(int((t.e * y + t.f) // level.tile_height), 0), level.rows - 1)
        address = self._grid.address(level, column, row)
        fetched: list[Tile | None] = []
        self._fetcher.fetch(
            [address],
            lambda content: decode_tile(content, level.tile_width, level.tile_height),
            lambda _address, _content, tile: fetched.append(tile),
            self._progress,
            _end(self._fetch_s),
        )
        if fetched[0] is None:
            tile_path = urlsplit(address).path
            raise ImageryServerError.of("server.no_tile", server=_label(self._settings), tile=tile_path)
        return fetched[0]

    def _decimation(self, step_px: float) -> float:
        fitting = [level.decimation for level in self._grid.levels if level.decimation <= step_px / FINEST_STEP]
        return max(fitting, default=1.0)

    def _read(
        self, left: float, top: float, right: float, bottom: float, decimation: float, x: NDArray[Any], y: NDArray[Any]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        level = next(level for level in self._grid.levels if level.decimation == decimation)
        first_x, first_y = (round(edge / decimation) for edge in (left, top))
        width, height = round(right / decimation) - first_x, round(bottom / decimation) - first_y
        pixels, covered = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8)
        around_px = self.width / decimation if self._covers_the_world() else None
        level_x, level_y = x.astype(np.float64) + first_x + 0.5, y.astype(np.float64) + first_y + 0.5
        seen = [
            (world, (level, column, row))
            for world, column, row in _tiles_seen(level_x, level_y, level, around_px)
            if 0 <= row < level.rows and 0 <= column < level.columns
        ]
        tiles = self._tiles(list(dict.fromkeys(place for _, place in seen)))
        for world, place in seen:
            tile = tiles[place]
            if tile is None:
                continue
            start = 0 if around_px is None else round(world * around_px)
            x0 = place[1] * level.tile_width + start - first_x
            y0 = place[2] * level.tile_height - first_y
            end = width if around_px is None else min(width, round((world + 1) * around_px) - first_x)
            down = slice(max(y0, 0), min(y0 + level.tile_height, height))
            across = slice(max(x0, 0), min(x0 + level.tile_width, end))
            part = slice(down.start - y0, down.stop - y0), slice(across.start - x0, across.stop - x0)
            pixels[down, across] = tile.pixels[part]
            covered[down, across] = 255 if tile.covered is None else tile.covered[part] * np.uint8(255)
        return pixels, covered

    def _tiles(self, places: Sequence[Place]) -> dict[Place, Tile | None]:
        """The tiles at these places, from memory, the cache, or the server; None where it has nothing."""
        if len(places) > MAX_TILES:
            raise UsageError(
                self.name,
                f"would need {len(places)} tiles for one view",
                f"use a server with coarser zoom levels (at most {MAX_TILES} tiles are fetched)",
            )
        found = {place: self._decoded[place] for place in places if place in self._decoded}
        addresses = {self._grid.address(*place): place for place in places if place not in found}
        for address, content in self._cache.get(addresses).items():
            level = addresses[address][0]
            try:
                tile = None if content == NO_TILE else decode_tile(content, level.tile_width, level.tile_height)
            except NotAPictureError:  # written by another version, or damaged: fetch it again
                continue
            found[addresses[address]] = tile
        missing = {address: place for address, place in addresses.items() if place not in found}
        if missing:
            found.update(self._fetch(missing))
        for place, tile in found.items():
            self._decoded[place] = tile
            self._decoded.move_to_end(place)
        while len(self._decoded) > max(_MAX_DECODED, len(places)):
            self._decoded.popitem(last=False)
        return found

    def _fetch(self, missing: dict[str, Place]) -> dict[Place, Tile | None]:
        fetched: dict[Place, Tile | None] = {}
        contents: dict[str, bytes] = {}
        level = next(iter(missing.values()))[0]

        def report() -> None:
            self._progress.report("imagery", len(fetched), len(missing), f"tiles from {self.name}")

        def on_content(address: str, content: bytes | None, tile: Tile | None) -> None:
            fetched[missing[address]] = tile
            contents[address] = NO_TILE if content is None else content
            report()

        started = time.monotonic()
        try:
            report()
            self._fetcher.fetch(
                list(missing),
                lambda content: decode_tile(content, level.tile_width, level.tile_height),
                on_content,
                self._progress,
                _end(self._fetch_s),
            )
        finally:
            if self._fetch_s is not None:
                self._fetch_s -= time.monotonic() - started
            self._found_any |= any(content != NO_TILE for content in contents.values())
            # A missing tile is only cached if the server has other tiles.
            self._cache.put({a: body for a, body in contents.items() if self._found_any or body != NO_TILE})
        if not self._found_any and len(missing) >= _MIN_ALL_MISSING:
            address = urlsplit(next(iter(missing)))
            raise ImageryServerError.of(
                "server.no_tiles", server=_label(self._settings), n=len(missing), tile=address.path
            )
        return fetched


def _tiles_seen(x: NDArray[Any], y: NDArray[Any], level: Level, around_px: float | None) -> list[tuple[int, int, int]]:
    """The tiles that contain points or their neighbouring pixels.

    Args:
        x, y: pixels of the level, NaN for none.
        around_px: columns in 360 degrees, None when x does not wrap around.

    Returns:
        (world, column, row): the number of the copy of the world, counted eastwards, and the tile.
    """
    finite = np.isfinite(x) & np.isfinite(y)
    places = []
    for dx in (-1.0, 1.0):  # a tile is wider than two pixels, so no tile between these is missed
        across = x[finite] + dx
        world = np.zeros(across.shape, np.int64) if around_px is None else np.floor(across / around_px).astype(np.int64)
        column = np.floor((across - world * (around_px or 0.0)) / level.tile_width).astype(np.int64)
        places += [
            (world, column, np.floor((y[finite] + dy) / level.tile_height).astype(np.int64)) for dy in (-1.0, 1.0)
        ]
    if not finite.any():
        return []
    low = [min(int(place[axis].min()) for place in places) for axis in range(3)]
    high = [max(int(place[axis].max()) for place in places) for axis in range(3)]
    seen = np.zeros([last - first + 1 for first, last in zip(low, high, strict=True)], bool)
    for world, column, row in places:
        seen[world - low[0], column - low[1], row - low[2]] = True
    return [(int(w) + low[0], int(c) + low[1], int(r) + low[2]) for w, c, r in np.argwhere(seen)]


def _end(seconds: float | None) -> float | None:
    return None if seconds is None else time.monotonic() + seconds


def _label(settings: ServerSettings) -> str:
    """The server in messages: its name and host."""
    host = urlsplit(settings.url).hostname or ""
    return settings.name if settings.name == host else f"{settings.name} ({host})"
