"""The regional index on disk: memory-mapped descriptors of tiles, with a manifest that holds their checksums.

It is a folder with `index.json`, `descriptors.f32`, `tiles.bin` and `tiles.gpkg`; docs/formats.md describes it.
A compact index, such as the world's, has its descriptors in 8 bits (`descriptors.i8`) and no `tiles.gpkg`.
An index may come from anybody: nothing in it is executed, file sizes are checked when it is opened, and checksums by
`verify`.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EarthLocError, IndexDamagedError, UsageError
from engine.retrieval.coarse import CODES, CoarseCodes
from engine.retrieval.descriptors import DESCRIPTOR_FILES, DTYPES, to_float32
from engine.retrieval.lookup import TileLookup
from engine.retrieval.manifest import (
    MANIFEST,
    MILVUS,
    PIXELS,
    TILES,
    WIDEST_KM,
    read_manifest,
)
from engine.retrieval.tiling import (
    HILBERT_TABLE_ORDER,
    TILE_DTYPE,
    Circle,
    Tiles,
    hilbert_keys,
    hilbert_ranges,
)
from engine.voting.feature_index import FACTS, FeatureIndex

Rows = slice | NDArray[np.int64]

# Tiles this far outside a circle, in widths of the widest tile, may contain a quarter of a photo inside it.
_NEIGHBOURS = 0.75
_BLOCK_ROWS = 256  # as float32 they fit into the second-level cache
_DIRECTORY_TILES = 4096  # most tiles in the directory of the Hilbert curve
_MAX_EXTRA_TILES = 32


class RegionalIndex:
    """An opened regional index. Only the manifest is read at first, everything else on first use.

    Attributes:
        path: its folder.
        info: the manifest.
        name, count, dimension: of the manifest.
        dtype: "float32" or "int8", how descriptors are stored.
        tiles: (count,) of TILE_DTYPE, memory-mapped and unchecked; `tiles_at` checks what it reads.
    """

    COMPARES_ALL_IN_CIRCLE = True  # every tile in a circle is compared, not only the results of an approximate search

    def __init__(self, path: Path, info: dict[str, Any]) -> None:
        self.path = path
        self.info = info
        self.name: str = info["name"]
        self.count: int = info["count"]
        self.dimension: int = info["dimension"]
        self.dtype: str = info["dtype"]
        _check_sizes(path, info)
        self.tiles: Tiles = _mapped(path / TILES, TILE_DTYPE, (self.count,))

    def tiles_at(self, rows: Rows) -> Tiles:
        """Tiles of these rows, in memory. Raises IndexDamagedError if one of them has an impossible position."""
        stored = np.asarray(self.tiles)  # indexing the memory map directly takes several times as long
        return self._checked(np.array(stored[rows]) if isinstance(rows, slice) else stored.take(rows))

    def _checked(self, tiles: Tiles) -> Tiles:
        if not lie_on_earth(tiles):
            raise IndexDamagedError.of("index.damaged", path=self.path / TILES)
        return tiles

    def descriptors_at(self, rows: Rows) -> NDArray[np.float32]:
        """float32 (n, dimension) of these rows, each of length 1. Only these rows are read."""
        return to_float32(self._stored[rows])

    def tiles_to_compare(
        self, queries: NDArray[np.float32], circle: Circle | None
    ) -> tuple[NDArray[np.int64], Tiles, TileLookup]:
        """The tiles to compare with queries (m, dimension): rows, ascending, tiles, and a lookup for their neighbours.

        In a circle these are all its tiles, and only its parts of the file are read. In the whole of a large index
        they are the tiles that its short codes find.
        """
        if circle is not None:
            tiles, rows = self._tiles_near(circle)
            inside = circle.holds(tiles)
            reach_km = circle.radius_km + _NEIGHBOURS * max(self.info["tile_km"], default=0.0)
            wider = Circle(circle.lat, circle.lon, reach_km)
            return rows[inside], tiles.compress(inside), TileLookup(lambda: self._tiles_near(wider))
        if self.coarse is None:
            return np.arange(self.count), self.tiles_at(slice(None)), self.lookup
        rows = self.coarse.search(queries)
        return rows, self.tiles_at(rows), self.lookup

    def _tiles_near(self, circle: Circle) -> tuple[Tiles, NDArray[np.int64]]:
        """Tiles in the parts of the file that contain a circle, and their rows, ascending."""
        pieces = self.rows_in_keys(*hilbert_ranges(circle.lat, circle.lon, circle.radius_km))
        rows = np.concatenate([np.arange(first, last) for first, last in pieces] or [np.empty(0, np.int64)])
        # As bytes, because concatenating records takes ten times as long.
        stored = np.asarray(self.tiles).view(np.uint8).reshape(-1, TILE_DTYPE.itemsize)
        tiles = np.concatenate([stored[:0], *(stored[first:last] for first, last in pieces)]).view(TILE_DTYPE).ravel()
        return self._checked(tiles), rows

    def similarity(self, queries: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The highest cosine similarity (n,) of each of these rows with any of the queries (m, dimension)."""
        transposed = np.ascontiguousarray(queries.T)
        cosines = np.empty((len(rows), len(queries)), np.float32)
        squares = np.empty(len(rows), np.float32)
        numbers = np.empty((_BLOCK_ROWS, self.dimension), np.float32)
        for start in range(0, len(rows), _BLOCK_ROWS):
            block = slice(start, min(start + _BLOCK_ROWS, len(rows)))
            part = numbers[: block.stop - start]
            part[...] = self._stored.take(rows[block], axis=0)
            np.matmul(part, transposed, out=cosines[block])
            np.vecdot(part, part, out=squares[block])
        best = np.ascontiguousarray(cosines.T).max(axis=0)  # faster than along short rows
        with np.errstate(invalid="ignore"):  # damaged descriptors
            best /= np.maximum(np.sqrt(squares), 1e-12)
        return np.where(np.isfinite(best), best, np.float32(-1.0))

    @property
    def descriptors(self) -> NDArray[np.float32]:
        """All descriptors in memory, for small indexes and for measurements."""
        return self.descriptors_at(slice(None))

    def rows_in_keys(self, ranges: NDArray[np.int64], order: int) -> list[tuple[int, int]]:
        """Contiguous, disjoint pieces of rows, ascending, that contain all tiles in these ranges of the Hilbert curve.

        The ends are found in a directory of evenly spaced tiles, then by bisection on the file as long as that is
        cheaper than reading the tiles in between. So pieces may be up to _MAX_EXTRA_TILES tiles too long at each end.

        Args:
            ranges: (n, 2) of keys, first and past the last, of this order, at most HILBERT_TABLE_ORDER.
            order: of the curve.

        Returns:
            The first row of each piece, and the row after its last one.
        """
        step, keys = self._directory
        ends = ranges.ravel() << 2 * (HILBERT_TABLE_ORDER - order)
        before = np.searchsorted(keys, ends)
        low, high = np.maximum((before - 1) * step + 1, 0), np.minimum(before * step, self.count)
        while (wide := np.flatnonzero(high - low > _MAX_EXTRA_TILES)).size:
            middle = (low[wide] + high[wide]) // 2
            tiles = np.asarray(self.tiles).take(middle)
            earlier = hilbert_keys(tiles["lat"], tiles["lon"], HILBERT_TABLE_ORDER) < ends[wide]
            low[wide], high[wide] = np.where(earlier, middle + 1, low[wide]), np.where(earlier, high[wide], middle)
        firsts, lasts = low[::2], np.maximum.accumulate(high[1::2])
        firsts[1:] = np.maximum(firsts[1:], lasts[:-1])
        return [(first, last) for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True) if first < last]

    @cached_property
    def _directory(self) -> tuple[int, NDArray[np.int64]]:
        """Step between evenly spaced tiles, and the keys of these tiles on the Hilbert curve: 32 kB, read once."""
        step = -(-self.count // _DIRECTORY_TILES) or 1
        tiles = np.array(self.tiles[::step])
        return step, hilbert_keys(tiles["lat"], tiles["lon"], HILBERT_TABLE_ORDER)

    @cached_property
    def features(self) -> FeatureIndex | None:
        """Its local features; None if it has none."""
        return FeatureIndex.open(self.path, self.info[FACTS]) if FACTS in self.info else None

    @cached_property
    def lookup(self) -> TileLookup:
        """Finds rows of tiles by their position; takes 16 bytes per tile from first use."""
        return TileLookup(lambda: (self.tiles_at(slice(None)), np.arange(self.count)))

    @cached_property
    def coarse(self) -> CoarseCodes | None:
        """Short codes of all tiles, for searching a large index as a whole; None if it has none."""
        return CoarseCodes.read(self.path / CODES, self.count, self.dimension) if CODES in self.info["files"] else None

    def pixels_at(self, rows: NDArray[np.int64]) -> NDArray[np.uint32] | None:
        """Checksums (CRC-32) of the pixels from which these rows were embedded; None if the index has none."""
        if PIXELS not in self.info["files"]:
            return None
        return np.array(_mapped(self.path / PIXELS, "<u4", (self.count,))[rows])

    def stored_at(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Descriptors of these rows, as stored."""
        return np.array(self._stored[rows])

    @cached_property
    def _stored(self) -> NDArray[Any]:
        file = self.path / DESCRIPTOR_FILES[self.dtype]
        return np.asarray(_mapped(file, DTYPES[self.dtype], (self.count, self.dimension)))

    @classmethod
    def open(cls, path: str | Path, verify: bool = False) -> RegionalIndex:
        """Open an index. Checks its manifest and file sizes, and with `verify` every byte.

        Raises:
            IndexDamagedError: missing, half written, damaged, or from a newer version.
            UsageError: it is on a server; `opening.open_index` opens those too.
        """
        path = Path(path)
        info = read_manifest(path)
        if MILVUS in info:
            raise UsageError(path, f"is on a server ({info[MILVUS]})", "name one whose files are on this computer")
        index = cls(path, info)
        if verify:
            index.verify()
        return index

    def verify(self) -> int:
        """Compare every file with its checksum; returns the number of files. Raises IndexDamagedError."""
        for name, entry in self.info["files"].items():
            if file_sha256(self.path / name) != entry["sha256"]:
                raise IndexDamagedError.of("index.checksum", path=self.path / name)
        return len(self.info["files"])


def lie_on_earth(tiles: Tiles) -> bool:
    """Whether all of these tiles (n,) have possible positions and widths."""
    width = tiles["width_km"]
    valid = (np.abs(tiles["lat"]) <= 90) & (np.abs(tiles["lon"]) <= 360) & (width > 0) & (width <= WIDEST_KM)
    return bool(valid.all())


def list_indexes(folder: str | Path) -> list[dict[str, Any]]:
    """The indexes directly below a folder: {"path", "name", "tiles", "region", "tile_km", "model", "source"}; for one
    on Milvus also {"milvus": address}; for a damaged one {"path", "error"}."""
    found: list[dict[str, Any]] = []
    for manifest in sorted(Path(folder).glob(f"*/{MANIFEST}")):
        path = manifest.parent
        try:
            info = read_manifest(path)
            _check_sizes(path, info)
        except EarthLocError as error:
            found.append({"path": str(path), "error": str(error)})
            continue
        entry = {key: info[key] for key in ("name", "region", "tile_km", "model", "source")}
        if MILVUS in info:
            entry[MILVUS] = info[MILVUS]
        found.append({"path": str(path), "tiles": info["count"], **entry})
    return found


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file; IndexDamagedError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise IndexDamagedError.of("index.unreadable", path=path) from error


def _check_sizes(path: Path, info: dict[str, Any]) -> None:
    for name, entry in info["files"].items():
        file = path / name
        if not file.is_file():
            raise IndexDamagedError.of("index.missing_file", path=file)
        if file.stat().st_size != entry["bytes"]:
            raise IndexDamagedError.of("index.wrong_size", path=file)


def _mapped(path: Path, dtype: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    if 0 in shape:  # an empty file cannot be mapped
        return np.empty(shape, dtype)
    return np.memmap(path, dtype, "r", shape=shape)
