"""Regional indexes on Milvus, for those too large for one computer; with Milvus Lite in a file, for trials.

An index is a collection with one entity per tile. Its primary key is the tile's row along the Hilbert curve. One more
entity, row -1, holds the manifest. The local features are a second collection (`voting/milvus_features.py`). Queries
and ranking are the same as for an index on disk; only finding and fetching tiles uses `pymilvus`.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.errors import IndexDamagedError, InputError, OutputError, UsageError
from engine.imagery.location import note_imagery
from engine.progress import Progress
from engine.retrieval.index import RegionalIndex, Rows, lie_on_earth
from engine.retrieval.lookup import TileLookup
from engine.retrieval.manifest import MANIFEST, MILVUS, check_facts
from engine.retrieval.milvus_server import MilvusServer, as_text, parts_of
from engine.retrieval.tiling import TILE_DTYPE, Circle, Tiles, tile_keys
from engine.voting.feature_index import FACTS, FeatureIndex
from engine.voting.milvus_features import features_collection, open_features, push_features

_MANIFEST_ROW = -1
_MAX_MANIFEST_BYTES = 65_535  # limit of a text on Milvus
_BATCH = 1000
# Tiles found for each view of a photo, as many as the ranking needs.
_MAX_HITS = 1000
# With more tiles an inverted file is used: tiles per list, number of lists, and how many of them a search of the whole
# visits. A graph would be faster, but misses most of the tiles in a circle (docs/search.md). Milvus Lite always makes
# 128 lists.
_MIN_TILES_FOR_LISTS = 5_000
_TILES_PER_LIST, _MIN_LISTS, _MAX_LISTS = 256, 128, 16_384
_MIN_VISITED_LISTS, _VISITED_SHARE = 64, 1 / 8


class MilvusIndex(RegionalIndex):
    """An opened index on Milvus; searched like one on disk.

    Args:
        address: milvus://HOST:PORT/NAME or milvus:///FOLDER/FILE.db/NAME.
        path: the folder that `link` has made; its imagery is searched beside it.

    Raises:
        InputError: there is no such server or collection. IndexDamagedError: it was not made by `push`.
    """

    COMPARES_ALL_IN_CIRCLE = False

    def __init__(self, address: str | Path, path: Path | None = None) -> None:
        self._uri, self._collection = parts_of(address)
        self._client = MilvusServer(self._uri)
        self.path = path or Path(as_text(address))
        if not self._client.has_collection(self._collection):
            raise InputError(as_text(address), "no such collection", "push an index there with `earthloc index push`")
        self._client.load_collection(self._collection)
        found = self._client.get(self._collection, ids=[_MANIFEST_ROW], output_fields=["manifest"])
        try:
            self.info = json.loads(found[0]["manifest"])
            check_facts(self.info)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise IndexDamagedError(self.path, "does not contain an EarthLoc index", "push it again") from error
        self.name, self.count = self.info["name"], self.info["count"]
        self.dimension, self.dtype = self.info["dimension"], "float32"
        self.tiles: Any = _TilesByRow(self)

    def verify(self) -> int:
        """Compare the number of tiles with the manifest's, and read all features; Milvus itself protects the bytes."""
        counted = self._client.query(self._collection, filter="row >= 0", output_fields=["count(*)"])
        if int(counted[0]["count(*)"]) != self.count:
            raise IndexDamagedError(self.path, "lacks tiles: it was only pushed in part", "push it again")
        if self.features is not None:
            self.features.read([(0, self.features.count)])
        return 1

    def tiles_at(self, rows: Rows) -> Tiles:
        """Tiles of these rows."""
        tiles = _as_tiles(self._get(rows, ["lat", "lon", "width_km", "grid_row", "grid_col"]))
        if not lie_on_earth(tiles):
            raise IndexDamagedError(self.path, "contains tiles with impossible positions", "push it again")
        return tiles

    def descriptors_at(self, rows: Rows) -> NDArray[np.float32]:
        """float32 (n, dimension) of these rows."""
        found = self._get(rows, ["vector"])
        return np.array([entity["vector"] for entity in found], np.float32).reshape(-1, self.dimension)

    def similarity(self, queries: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The highest cosine similarity (n,) of each of these rows with any of the queries (m, dimension)."""
        if not len(rows):
            return np.empty(0, np.float32)
        return np.asarray((queries @ self.descriptors_at(rows).T).max(axis=0), np.float32)

    def tiles_to_compare(
        self, queries: NDArray[np.float32], circle: Circle | None
    ) -> tuple[NDArray[np.int64], Tiles, TileLookup]:
        """The tiles that Milvus finds: rows, ascending, tiles, and a lookup that queries it for their neighbours."""
        lists = _lists(self.count)
        visited = lists if circle else max(_MIN_VISITED_LISTS, int(_VISITED_SHARE * lists))
        hits = self._client.search(
            self._collection,
            data=queries.tolist(),
            anns_field="vector",
            limit=min(_MAX_HITS, self.count + 1),
            filter="row >= 0" if circle is None else f"row >= 0 and {_box(circle)}",
            output_fields=["row"],
            search_params={"metric_type": "IP", "params": {"nprobe": visited} if lists else {}},
        )
        rows = np.unique(np.array([hit["row"] for query in hits for hit in query], np.int64))
        tiles = self.tiles_at(rows)
        if circle is not None:
            inside = circle.holds(tiles)
            rows, tiles = rows[inside], tiles[inside]
        return rows, tiles, self.lookup

    @cached_property
    def features(self) -> FeatureIndex | None:
        """Its local features; None if it has none."""
        if FACTS not in self.info:
            return None
        return open_features(self._client, features_collection(self._collection), self.path, self.info[FACTS])

    @cached_property
    def lookup(self) -> TileLookup:
        """Finds rows of tiles by their position."""
        return _RemoteLookup(self._client, self._collection, self.info["tile_km"])

    def _get(self, rows: Rows, fields: list[str]) -> list[dict[str, Any]]:
        wanted = np.arange(self.count)[rows].tolist() if isinstance(rows, slice) else np.asarray(rows).tolist()
        found: dict[int, dict[str, Any]] = {}
        for part in _chunks(list(dict.fromkeys(wanted))):
            entities = self._client.get(self._collection, ids=part, output_fields=["row", *fields])
            found.update((entity["row"], entity) for entity in entities)
        try:
            return [found[row] for row in wanted]
        except KeyError as error:
            raise IndexDamagedError(self.path, "lacks tiles: it was only pushed in part", "push it again") from error


class _TilesByRow:
    """`index.tiles[row]` for an index on a server."""

    def __init__(self, index: MilvusIndex) -> None:
        self._index = index

    def __len__(self) -> int:
        return self._index.count

    def __getitem__(self, row: Any) -> Any:
        single = np.ndim(row) == 0 and not isinstance(row, slice)
        tiles = self._index.tiles_at(np.array([row]) if single else row)
        return tiles[0] if single else tiles


class _RemoteLookup(TileLookup):
    """Rows of tiles by their keys, queried from Milvus."""

    def __init__(self, client: Any, collection: str, widths_km: Sequence[float]) -> None:
        self._client, self._collection = client, collection
        self._widths_km = sorted(float(width) for width in widths_km)

    @property
    def widths_km(self) -> list[float]:
        """Widths of the tiles, ascending."""
        return self._widths_km

    def rows_of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of the tiles with these keys, any shape; -1 where there is no such tile."""
        unique, where = np.unique(keys, return_inverse=True)
        rows = np.full(len(unique), -1, np.int64)
        for part in _chunks(unique.tolist()):
            wanted = f"tile in [{','.join(map(str, part))}]"
            found = self._client.query(self._collection, filter=wanted, output_fields=["row", "tile"])
            for entity in found:
                rows[np.searchsorted(unique, entity["tile"])] = entity["row"]
        return np.asarray(rows[where].reshape(keys.shape))


def link(address: str | Path, out: Path, imagery: Path | None = None) -> dict[str, Any]:
    """Make a folder that stands for an index on Milvus, usable like an index on disk: its manifest with the address.

    Args:
        address: of the index.
        out: the folder, which must not exist.
        imagery: what photos are registered with; its path is remembered beside the folder.

    Returns:
        The manifest.

    Raises:
        UsageError: the folder exists already. OutputError: it cannot be written. Otherwise as MilvusIndex.
    """
    if out.exists():
        raise UsageError(out, "exists already", "choose another name")
    info = {**MilvusIndex(address).info, "files": {}, MILVUS: as_text(address)}
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Not named .partial, because that may be a build that waits to be resumed.
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".link-") as scratch:
            link_folder = Path(scratch) / out.name
            link_folder.mkdir()
            (link_folder / MANIFEST).write_text(json.dumps(info, indent=1), encoding="utf-8")
            link_folder.rename(out)
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error
    if imagery is not None:
        note_imagery(out, imagery)
    return info


def push(index: RegionalIndex, address: str | Path, progress: Progress | None = None) -> None:
    """Copy an index to Milvus. The manifest is copied last, so an interrupted push is not mistaken for an index.

    Raises:
        UsageError: a collection of this name exists already, or the manifest is too long. InputError: the server
        cannot be reached.
    """
    progress = progress or Progress()
    uri, collection = parts_of(address)
    manifest = json.dumps({**index.info, "dtype": "float32", "files": {}})
    if len(manifest.encode()) > _MAX_MANIFEST_BYTES:
        raise UsageError(index.path, "has a manifest that is too long for Milvus", "shorten attribution and licence")
    client = MilvusServer(uri)
    from pymilvus import DataType, MilvusClient  # known to be there now

    if client.has_collection(collection):
        if client.get(collection, ids=[_MANIFEST_ROW], output_fields=["row"]):
            raise UsageError(as_text(address), "holds an index already", "choose another name, or drop the collection")
        client.drop_collection(collection)  # left by an interrupted push
    if client.has_collection(features_collection(collection)):
        client.drop_collection(features_collection(collection))  # left by an interrupted push or a dropped index
    if index.features is not None:
        push_features(index.features, client, features_collection(collection), progress)
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("row", DataType.INT64, is_primary=True)
    for name in ("tile", "grid_row", "grid_col"):
        schema.add_field(name, DataType.INT64)
    for name in ("lat", "lon", "width_km"):
        schema.add_field(name, DataType.DOUBLE)
    schema.add_field("manifest", DataType.VARCHAR, max_length=_MAX_MANIFEST_BYTES)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=index.dimension)
    wanted = client.prepare_index_params()
    if lists := _lists(index.count):
        wanted.add_index("vector", index_type="IVF_FLAT", metric_type="IP", params={"nlist": lists})
    else:
        wanted.add_index("vector", index_type="FLAT", metric_type="IP")
    client.create_collection(collection, schema=schema, index_params=wanted)
    for start in range(0, index.count, _BATCH):
        progress.report("push", start, index.count, f"{start} of {index.count} tiles")
        rows = np.arange(start, min(start + _BATCH, index.count))
        client.insert(collection, _entities(rows, index.tiles_at(rows), index.descriptors_at(rows)))
    last = _entities(np.array([_MANIFEST_ROW]), np.zeros(1, TILE_DTYPE), np.zeros((1, index.dimension), np.float32))
    client.insert(collection, [{**last[0], "manifest": manifest}])
    client.flush(collection)
    progress.report("push", index.count, index.count)


def _lists(count: int) -> int:
    """Number of lists in the inverted file of an index of `count` tiles; 0 if all tiles are compared."""
    return 0 if count < _MIN_TILES_FOR_LISTS else min(max(_MIN_LISTS, count // _TILES_PER_LIST), _MAX_LISTS)


def _entities(rows: NDArray[np.int64], tiles: Tiles, vectors: NDArray[np.float32]) -> list[dict[str, Any]]:
    return [
        {
            "row": int(row),
            "tile": int(key),
            "lat": float(tile["lat"]),
            "lon": float(tile["lon"]),
            "width_km": float(tile["width_km"]),
            "grid_row": int(tile["row"]),
            "grid_col": int(tile["col"]),
            "manifest": "",
            "vector": vector.tolist(),
        }
        for row, key, tile, vector in zip(rows, tile_keys(tiles), tiles, vectors, strict=True)
    ]


def _as_tiles(entities: Sequence[dict[str, Any]]) -> Tiles:
    tiles = np.empty(len(entities), TILE_DTYPE)
    for name in TILE_DTYPE.names or ():
        tiles[name] = [entity[{"row": "grid_row", "col": "grid_col"}.get(name, name)] for entity in entities]
    return tiles


def _box(circle: Circle) -> str:
    """A filter for a bounding box of a circle."""
    reach = circle.radius_km / geo.KM_PER_DEGREE * 1.01
    south, north = circle.lat - reach, circle.lat + reach
    terms = [f"lat >= {south:.6f}", f"lat <= {north:.6f}"]
    if max(abs(south), abs(north)) < 89.0:
        sine = math.sin(math.radians(min(reach, 90.0))) / math.cos(math.radians(circle.lat))
        half = math.degrees(math.asin(min(1.0, sine))) * 1.01
        west, east = circle.lon - half, circle.lon + half
        if half < 180.0:
            if west < -180.0:
                terms.append(f"(lon >= {west + 360.0:.6f} or lon <= {east:.6f})")
            elif east > 180.0:
                terms.append(f"(lon >= {west:.6f} or lon <= {east - 360.0:.6f})")
            else:
                terms += [f"lon >= {west:.6f}", f"lon <= {east:.6f}"]
    return " and ".join(terms)


def _chunks(values: list[int]) -> Iterator[list[int]]:
    return (values[start : start + _BATCH] for start in range(0, len(values), _BATCH))
