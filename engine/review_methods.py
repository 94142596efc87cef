"""What the service answers while somebody reviews: each of these within a fraction of a second."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.limits import LAT, LON, TILE_KM
from engine.rpc import Params
from engine.work import Work

if TYPE_CHECKING:
    from engine.imagery.raster import RasterSource

_PICTURE_PX = (16, 1024)
_JPEG_QUALITY = 85


class ReviewMethods:
    """The methods, and the raster that the last one looked at, which stays open.

    Attributes:
        table: {method name: function of (params, work) that returns the result}.
    """

    def __init__(self) -> None:
        self.table: dict[str, Callable[[Params, Work], Any]] = {"tile/picture": self.tile_picture}
        self._imagery: RasterSource | None = None

    def tile_picture(self, params: Params, work: Work) -> dict[str, Any]:
        """The picture of a tile from the imagery of its index, or from another raster."""
        indexes, index = params.paths("indexes"), params.text("index")
        imagery, center = params.path_or_none("imagery"), params.numbers("center", [LAT, LON])
        width_km, size_px = params.number("width_km", *TILE_KM), params.whole("size_px", *_PICTURE_PX, 192)
        params.done()

        import cv2

        path = imagery or imagery_of(indexes, index)
        if path is None or center is None:
            return {"jpeg": None, "imagery": None}
        source = self._open(path)
        pixels, covered = source.square(center[0], center[1], width_km, size_px)
        if not covered.any():
            return {"jpeg": None, "imagery": str(path)}
        quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        _, coded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), quality)
        return {"jpeg": base64.b64encode(coded.tobytes()).decode("ascii"), "imagery": str(path)}

    def _open(self, path: Path) -> RasterSource:
        from engine.imagery.raster import RasterSource

        if self._imagery is None or self._imagery.path != path:
            opened = RasterSource.open(path)
            if self._imagery is not None:
                self._imagery.close()
            self._imagery = opened
        return self._imagery


def imagery_of(indexes: Sequence[Path], name: str) -> Path | None:
    """The raster of the index called `name` among folders; None when index or raster is not here."""
    from engine.errors import IndexDamagedError
    from engine.imagery.whereabouts import find_imagery
    from engine.retrieval.index import read_manifest

    for folder in indexes:
        try:
            info = read_manifest(folder)
        except IndexDamagedError:  # another one may be the one
            continue
        if info["name"] == name:
            found = find_imagery(folder, str(info["source"].get("path") or ""))
            if found is not None:
                return found
    return None
