"""Reference imagery from a folder of EarthLoc tiles: pictures whose file names contain their position.

EarthLoc and EarthMatch keep their satellite imagery as north-up squares of Web Mercator, at several zooms and
overlapping by half, named `@lat1@lon1@...@lat4@lon4@zoom_row_column@year@...@.jpg`. Here neighbouring tiles are
stitched. Where the best zoom has no tile, the next best one is used.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer

from engine.errors import InputError
from engine.imagery.picture import MAX_TILE_BYTES, NotAPictureError, decode_tile, picture_size
from engine.imagery.source import FINEST_STEP, ImagerySource
from engine.photo.photo_id import parse_earthloc_name

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_SAME_ZOOM_FACTOR = 1.2  # tiles whose widths differ by less than this factor have the same zoom
_MAX_SKEW = 0.01  # in tile widths; if the corners are further off a north-up square, the name is not that of a tile
_MAX_DECODED = 48
_MAX_TILES = 400  # of one zoom for one view; otherwise a zoom that is far too fine would open the whole folder


@dataclass(frozen=True, eq=False)
class _Zoom:
    """The tiles of one zoom.

    Attributes:
        names: of the files.
        edges: (n, 4) left, bottom, right, top in metres of Web Mercator.
        metres_per_px: of the first tile.
    """

    names: tuple[str, ...]
    edges: NDArray[np.float64]
    metres_per_px: float


class TileFolder(ImagerySource):
    """A folder of EarthLoc tiles, sampled like every `ImagerySource`.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path, zooms: Sequence[_Zoom]) -> None:
        self.path = path
        self._zooms = list(zooms)
        edges = np.concatenate([zoom.edges for zoom in zooms])
        left, bottom = edges[:, :2].min(axis=0)
        right, top = edges[:, 2:].max(axis=0)
        finest = min(zoom.metres_per_px for zoom in zooms)
        size = (max(1, round((right - left) / finest)), max(1, round((top - bottom) / finest)))
        super().__init__(str(path), "EPSG:3857", Affine(finest, 0.0, left, 0.0, -finest, top), size)
        self._finest = finest
        self._decoded: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()

    @classmethod
    def open(cls, path: Path) -> TileFolder:
        """Read the file names in the folder.

        Raises:
            InputError: it cannot be read, or none of its names is that of a tile.
        """
        try:
            zooms = _zooms(path, path.stat().st_mtime_ns)
        except OSError as error:
            raise InputError(path, "cannot be read", "change its permissions") from error
        if not zooms:
            raise InputError.of("tiles.none", path=path)
        return cls(path, zooms)

    @property
    def title(self) -> str:
        """The name without its folders."""
        return self.path.name

    def stamp(self) -> str:
        """A hash of the names of the tiles."""
        digest = hashlib.sha256()
        for zoom in self._zooms:
            digest.update("\n".join(zoom.names).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def _decimation(self, step_px: float) -> float:
        decimations = [zoom.metres_per_px / self._finest for zoom in self._zooms]
        return max((d for d in decimations if d <= step_px / FINEST_STEP), default=1.0)

    def _read(
        self, left: float, top: float, right: float, bottom: float, decimation: float, x: NDArray[Any], y: NDArray[Any]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        width, height = round((right - left) / decimation), round((bottom - top) / decimation)
        pixels, covered = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8)
        metres = decimation * self._finest
        west, north = self.transform.c + left * self._finest, self.transform.f - top * self._finest
        window = (west, north - height * metres, west + width * metres, north)
        for zoom in sorted(self._zooms, key=lambda zoom: abs(np.log(zoom.metres_per_px / metres))):
            e = zoom.edges
            inside = (e[:, 0] < window[2]) & (e[:, 2] > window[0]) & (e[:, 1] < window[3]) & (e[:, 3] > window[1])
            rows = np.flatnonzero(inside)
            if len(rows) <= _MAX_TILES:
                for row in rows:
                    self._paste(zoom.names[row], (e[row] - [west, north, west, north]) / metres, pixels, covered)
        return pixels, covered

    def _paste(
        self,
        name: str,
        edges: NDArray[np.float64],
        pixels: NDArray[np.uint8],
        covered: NDArray[np.uint8],
    ) -> None:
        """Draw a tile where nothing is drawn yet; its edges are in pixels right of and above the window's corner."""
        x0, y1, x1, y0 = edges * [1, -1, 1, -1]
        # Pixels whose centres lie on the tile.
        across = slice(max(0, round(x0)), min(pixels.shape[1], round(x1)))
        down = slice(max(0, round(y0)), min(pixels.shape[0], round(y1)))
        if across.start >= across.stop or down.start >= down.stop or covered[down, across].all():
            return
        tile = self._tile(name, max(1, round(x1 - x0)), max(1, round(y1 - y0)))
        height, width = tile.shape[:2]
        scale_x, scale_y = width / (x1 - x0), height / (y1 - y0)
        to_tile = np.array(
            [
                [scale_x, 0.0, (across.start + 0.5 - x0) * scale_x - 0.5],
                [0.0, scale_y, (down.start + 0.5 - y0) * scale_y - 0.5],
            ]
        )
        drawn = cv2.warpAffine(
            tile,
            to_tile,
            (across.stop - across.start, down.stop - down.start),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        empty = covered[down, across] == 0
        pixels[down, across][empty] = drawn[empty]
        covered[down, across] = 255

    def _tile(self, name: str, width: int, height: int) -> NDArray[np.uint8]:
        """The picture, reduced to about the size at which it is drawn."""
        key = f"{width}x{height} {name}"
        if key not in self._decoded:
            path = self.path / name
            try:
                full = picture_size(path)
                size = (min(width, full[0]), min(height, full[1]))
                with path.open("rb") as file:
                    self._decoded[key] = decode_tile(file.read(MAX_TILE_BYTES + 1), *size).pixels
            except (OSError, NotAPictureError) as error:
                raise InputError.of("tiles.damaged", path=path) from error
        self._decoded.move_to_end(key)
        while len(self._decoded) > _MAX_DECODED:
            self._decoded.popitem(last=False)
        return self._decoded[key]


@lru_cache(maxsize=4)
def _zooms(path: Path, _mtime_ns: int) -> tuple[_Zoom, ...]:
    """The tiles in a folder, finest zoom first. The names are read again only if the folder has changed."""
    names, rings = [], []
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name, reverse=True):  # the latest year first
        known = parse_earthloc_name(entry.name) if entry.name.lower().endswith(_SUFFIXES) else None
        if known is not None and known.ring is not None:
            names.append(entry.name)
            rings.append(known.ring)
    if not names:
        return ()
    edges, valid = _edges(np.asarray(rings, np.float64))
    names, edges = [name for name, fine in zip(names, valid, strict=True) if fine], edges[valid]
    widths = edges[:, 2] - edges[:, 0]
    zooms = []
    left = np.ones(len(names), bool)
    while left.any():
        narrowest = widths[left].min()
        group = left & (widths < narrowest * _SAME_ZOOM_FACTOR)
        left &= ~group
        rows = np.flatnonzero(group)
        width_px = _width_px(path / names[rows[0]])
        if width_px:
            zooms.append(_Zoom(tuple(names[row] for row in rows), edges[rows], float(widths[rows[0]]) / width_px))
    return tuple(zooms)


def _edges(rings: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(n, 4) left, bottom, right, top in metres, and which rings (n, 4 corners, lat lon) are north-up rectangles."""
    to_metres = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    x, y = to_metres.transform(rings[..., 1], np.clip(rings[..., 0], -85.06, 85.06))
    edges = np.stack([x.min(axis=1), y.min(axis=1), x.max(axis=1), y.max(axis=1)], axis=1)
    width, height = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    off_x = np.minimum(x - edges[:, :1], edges[:, 2:3] - x).max(axis=1)
    off_y = np.minimum(y - edges[:, 1:2], edges[:, 3:] - y).max(axis=1)
    allowed = _MAX_SKEW * np.minimum(width, height)
    return edges, (width > 0) & (height > 0) & (off_x <= allowed) & (off_y <= allowed)


def _width_px(path: Path) -> int:
    try:
        return picture_size(path)[0]
    except (OSError, NotAPictureError):
        return 0
