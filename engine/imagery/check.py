"""Checks that a tile server can be used: fetches one tile from it."""

from __future__ import annotations

import time

from engine.contract.answers import ImageryCheckAnswer
from engine.errors import UsageError
from engine.imagery.server import ServerSettings, server_of
from engine.imagery.tile_server import TileServerSource
from engine.messages import Message, put_message
from engine.progress import Progress

_FETCH_S = 15.0
_LAND = (46.5, 8.0)  # a place that every global server shows


def check_server(
    spec: str, at: tuple[float, float] | None = None, progress: Progress | None = None
) -> ImageryCheckAnswer:
    """Fetch one tile of the finest zoom level from a tile server, never from the cache.

    Args:
        spec: the server, as for `open_imagery`.
        at: (lat, lon) that the tile must show; by default a place in the Alps.
        progress: may be cancelled.

    Raises:
        UsageError: `spec` does not name a tile server. InputError: its settings cannot be read.
        ImageryServerError: the server cannot be reached, refuses, has no such tile, or sends something else.
    """
    settings = server_of(spec)
    if settings is None:
        raise UsageError(spec, "is not a tile server", "give its address, a JSON file or the name of a preset")
    with TileServerSource.open(settings, progress or Progress(), _FETCH_S) as source:
        start = time.perf_counter()
        source.fetch_one_tile(*(at or _LAND))
        ms = round((time.perf_counter() - start) * 1000)
    answer: ImageryCheckAnswer = {"name": settings.name, "milliseconds": ms, "message": ""}
    put_message(answer, Message("server.works", {"name": settings.name, "ms": ms}))
    return answer


def finest_m(settings: ServerSettings) -> float:
    """Ground size of a pixel at the equator at the finest zoom of an XYZ server, in metres."""
    return 40_075_016.7 / (settings.tile_px * 2**settings.max_zoom)
