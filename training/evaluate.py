"""Recall by the EarthLoc protocol, on a dataset in EarthLoc's folder layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import faiss
import numpy as np
import shapely
from numpy.typing import NDArray

from engine import geo
from engine.progress import Progress
from engine.retrieval.model import ROTATIONS_DEG, InputSpec
from training.metrics import RANKS, PhotoResult, cloud_percent, recalls, tilt_deg
from training.places.earthloc_dataset import DatasetPicture, read_square

# Centre (lat, lon) of EarthLoc's test sets (its test.py). The nadir of a query lies within QUERY_KM of the centre, the
# middle of a tile within TILE_KM.
TEST_SETS = {
    "Texas": (30.0, -95.0),
    "Alps": (45.0, 10.0),
    "California": (38.0, -122.0),
    "Gobi": (40.0, 105.0),
    "Amazon": (-3.0, -60.0),
    "Toshka": (23.0, 30.0),
}
QUERY_KM, TILE_KM = 2500.0, 5000.0
_BATCH = 32


class Embedder(Protocol):
    """Computes descriptors of pictures: a model package, or a network in training."""

    dimension: int
    input: InputSpec

    def embed(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Returns descriptors (n, dimension), each of length 1, of pictures (n, size_px, size_px, 3) of tiles."""
        ...

    def embed_photo(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Returns the same of photos, for which a package may have a network of its own."""
        ...


@dataclass(frozen=True)
class TestSetResult:
    """Retrieval results of one test set.

    Attributes:
        results: results of its queries, without the queries that no tile intersects.
        queries: numbers of these queries.
        ranked: (n, k) numbers of the retrieved tiles, best first.
        correct: (n, k) bool, whether the tile intersects the footprint of the query.
        tiles: number of tiles searched.
    """

    results: list[PhotoResult]
    queries: list[int]
    ranked: NDArray[np.int64]
    correct: NDArray[np.bool_]
    tiles: int


def earthloc_recall(
    queries: Sequence[DatasetPicture],
    tiles: Sequence[DatasetPicture],
    model: Embedder,
    progress: Progress | None = None,
    sets: Mapping[str, tuple[float, float]] | None = None,
) -> dict[str, dict[str, Any]]:
    """Computes recall by the EarthLoc protocol, for each test set with queries and tiles in the data.

    Returns:
        {set: {"queries", "tiles", "recall": {"1", "5", "10", "20", "100"} in percent}}.
    """
    return summary(earthloc_search(queries, tiles, model, progress, sets))


def summary(by_set: Mapping[str, TestSetResult]) -> dict[str, dict[str, Any]]:
    """Summarises the results of `earthloc_search` as `earthloc_recall` returns them."""
    return {
        name: {
            "queries": len(test_set.results),
            "tiles": test_set.tiles,
            "recall": recalls([result.rank for result in test_set.results]),
        }
        for name, test_set in by_set.items()
    }


def earthloc_search(
    queries: Sequence[DatasetPicture],
    tiles: Sequence[DatasetPicture],
    model: Embedder,
    progress: Progress | None = None,
    sets: Mapping[str, tuple[float, float]] | None = None,
    query_km: float = QUERY_KM,
    tile_km: float = TILE_KM,
    rotations: bool = True,
) -> dict[str, TestSetResult]:
    """Searches the queries of each test set with queries and tiles in the data.

    Tiles are embedded at four rotations, queries at one. A tile is correct if it intersects the footprint of the query.
    Queries that no tile intersects do not count.

    Args:
        queries: photos; the centre of the footprint replaces a nadir that the name does not hold.
        tiles: satellite tiles.
        model: computes the descriptors.
        sets: centres by name; None uses EarthLoc's six.
        query_km, tile_km: maximum distance of a query's nadir, and of a tile's centre, from the centre of the set.
        rotations: False embeds the tiles at one rotation only.
    """
    progress = progress or Progress()
    rotation_count = len(ROTATIONS_DEG) if rotations else 1
    query_at = np.array([query.nadir or query.center for query in queries])
    tile_at = np.array([tile.center for tile in tiles])
    centres = sets or TEST_SETS
    near = {name: _within(query_at, at, query_km) for name, at in centres.items()}
    candidates = {name: _within(tile_at, at, tile_km) for name, at in centres.items()}
    used = np.unique(np.concatenate(list(near.values())))
    used_tiles = [candidates[name] for name in centres if len(near[name])] or [np.empty(0, np.int64)]
    tiles_used = np.unique(np.concatenate(used_tiles))
    if not len(used) or not len(tiles_used):
        return {}
    query_vectors, clouds = _embed_queries([queries[q] for q in used], model, progress)
    tile_vectors = _embed_tiles([tiles[t] for t in tiles_used], model, rotation_count, progress)
    by_set = {}
    for name in centres:
        positives = {int(q): intersecting(queries[int(q)], tiles, candidates[name], tile_at) for q in near[name]}
        counted = [q for q, matching in positives.items() if matching]
        if not counted:
            continue
        index = faiss.IndexFlatL2(model.dimension)
        rows = tile_vectors[np.searchsorted(tiles_used, candidates[name])]
        index.add(np.ascontiguousarray(rows.reshape(-1, model.dimension)))
        positions = np.searchsorted(used, counted)
        _, hits = index.search(query_vectors[positions], min(max(RANKS), index.ntotal))
        ranked = candidates[name][hits // rotation_count]
        correct = np.stack([np.isin(row, list(positives[q])) for q, row in zip(counted, ranked, strict=True)])
        results = [
            PhotoResult(
                # As in EarthLoc, a tile at four rotations counts as four predictions.
                rank=int(row.argmax()) + 1 if row.any() else None,
                width_km=queries[q].width_km,
                tilt_deg=tilt_deg(queries[q].nadir, queries[q].center),
                cloud_percent=clouds[position],
            )
            for q, position, row in zip(counted, positions, correct, strict=True)
        ]
        by_set[name] = TestSetResult(results, counted, ranked, correct, len(candidates[name]))
    return by_set


def _within(at: NDArray[np.float64], centre: tuple[float, float], radius_km: float) -> NDArray[np.int64]:
    return np.flatnonzero(geo.distance_km(at[:, 0], at[:, 1], *centre) < radius_km)


def _embed_queries(
    queries: Sequence[DatasetPicture], model: Embedder, progress: Progress
) -> tuple[NDArray[np.float32], list[float]]:
    """Returns descriptors (n, dimension) and the cloud cover of each query in per cent."""
    vectors, clouds = [], []
    for start in range(0, len(queries), _BATCH):
        progress.report("embed queries", start, len(queries))
        batch = queries[start : start + _BATCH]
        squares = np.stack([read_square(query.path, model.input.size_px) for query in batch])
        clouds += [
            cloud_percent(pixels) if query.cloud_percent is None else query.cloud_percent
            for query, pixels in zip(batch, squares, strict=True)
        ]
        vectors.append(model.embed_photo(squares))
    return np.concatenate(vectors), clouds


def _embed_tiles(
    tiles: Sequence[DatasetPicture], model: Embedder, rotations: int, progress: Progress
) -> NDArray[np.float32]:
    """Returns descriptors (n, rotations, dimension) of each tile rotated counter-clockwise in steps of 90 degrees."""
    vectors = []
    for start in range(0, len(tiles), _BATCH):
        progress.report("embed tiles", start, len(tiles))
        squares = [read_square(tile.path, model.input.size_px) for tile in tiles[start : start + _BATCH]]
        vectors.append(model.embed(np.stack([np.rot90(pixels, k) for pixels in squares for k in range(rotations)])))
    return np.concatenate(vectors).reshape(len(tiles), rotations, -1)


def intersecting(
    query: DatasetPicture, tiles: Sequence[DatasetPicture], candidates: NDArray[np.int64], tile_at: NDArray[np.float64]
) -> set[int]:
    """Returns the numbers of the candidate tiles that intersect the footprint of a query.

    Args:
        tile_at: (n, 2) lat, lon of the centres of all tiles.
    """
    frame = geo.LocalFrame(*query.center)
    footprint = geo.polygon_in_frame(query.corners, frame)
    distances = geo.distance_km(tile_at[candidates, 0], tile_at[candidates, 1], *query.center)
    near = candidates[distances < 2000.0]
    return {int(t) for t in near if shapely.intersects(geo.polygon_in_frame(tiles[t].corners, frame), footprint)}
