"""Recall by the EarthLoc protocol on its data set's folder layout, and on simulated photos of held-out places."""

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
from training.metrics import RANKS, Outcome, cloud_percent, recalls, tilt_deg
from training.places.earthloc_dataset import DatasetPicture, read_square

# Centre (lat, lon) of EarthLoc's test sets (its test.py); queries have their nadir within QUERY_KM of it, tiles
# their middle within TILE_KM.
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
    """What turns pictures into descriptors: a model package, or a network that is being trained."""

    dimension: int
    input: InputSpec

    def embed(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Descriptors (n, dimension), each of length 1, of pictures (n, size_px, size_px, 3)."""
        ...


@dataclass(frozen=True)
class SetResult:
    """What came of one test set.

    Attributes:
        outcomes: of its queries; those that no tile touches do not count.
        queries: their numbers.
        ranked: (n, k) numbers of the tiles found for each, best first.
        right: (n, k) whether they touch the footprint.
        tiles: how many were searched.
    """

    outcomes: list[Outcome]
    queries: list[int]
    ranked: NDArray[np.int64]
    right: NDArray[np.bool_]
    tiles: int


def earthloc_recall(
    queries: Sequence[DatasetPicture],
    tiles: Sequence[DatasetPicture],
    model: Embedder,
    progress: Progress | None = None,
    sets: Mapping[str, tuple[float, float]] | None = None,
) -> dict[str, dict[str, Any]]:
    """Recall by the EarthLoc protocol, for each test set that the data reach.

    Returns:
        {set: {"queries", "tiles", "recall": {"1", "5", "10", "20", "100"} in percent}}.
    """
    return summary(earthloc_search(queries, tiles, model, progress, sets))


def summary(results: Mapping[str, SetResult]) -> dict[str, dict[str, Any]]:
    """What `earthloc_recall` returns, of the results of `earthloc_search`."""
    return {
        name: {
            "queries": len(found.outcomes),
            "tiles": found.tiles,
            "recall": recalls([outcome.rank for outcome in found.outcomes]),
        }
        for name, found in results.items()
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
) -> dict[str, SetResult]:
    """Searches the queries of each test set that the data reach.

    Tiles are embedded at four rotations, queries at none; a tile is right when it intersects the query's
    footprint, and queries that no tile intersects do not count.

    Args:
        queries: photos; those whose names hold no nadir are placed by their middle.
        sets: centres by name; EarthLoc's six by default.
        query_km, tile_km: radii round a centre of the queries' nadirs and the tiles' middles.
        rotations: False embeds tiles as they are, too.
    """
    progress = progress or Progress()
    turns = len(ROTATIONS_DEG) if rotations else 1
    query_at = np.array([named.nadir or named.center for named in queries])
    tile_at = np.array([named.center for named in tiles])
    places = sets or TEST_SETS
    near = {s: _within(query_at, at, query_km) for s, at in places.items()}
    candidates = {s: _within(tile_at, at, tile_km) for s, at in places.items()}
    used = np.unique(np.concatenate(list(near.values())))
    tiles_used = np.unique(np.concatenate([candidates[s] for s in places if len(near[s])] or [np.empty(0, np.int64)]))
    if not len(used) or not len(tiles_used):
        return {}
    query_vectors, clouds = _embed_queries([queries[q] for q in used], model, progress)
    tile_vectors = _embed_tiles([tiles[t] for t in tiles_used], model, turns, progress)
    results = {}
    for name in places:
        positives = {int(q): intersecting(queries[int(q)], tiles, candidates[name], tile_at) for q in near[name]}
        counted = [q for q, right in positives.items() if right]
        if not counted:
            continue
        index = faiss.IndexFlatL2(model.dimension)
        rows = tile_vectors[np.searchsorted(tiles_used, candidates[name])]
        index.add(np.ascontiguousarray(rows.reshape(-1, model.dimension)))
        at = np.searchsorted(used, counted)
        _, hits = index.search(query_vectors[at], min(max(RANKS), index.ntotal))
        ranked = candidates[name][hits // turns]
        right = np.stack([np.isin(row, list(positives[q])) for q, row in zip(counted, ranked, strict=True)])
        outcomes = [
            Outcome(
                # A tile at four rotations is four predictions, as EarthLoc counts.
                rank=int(row.argmax()) + 1 if row.any() else None,
                width_km=queries[q].width_km,
                tilt_deg=tilt_deg(queries[q].nadir, queries[q].center),
                cloud_percent=clouds[position],
            )
            for q, position, row in zip(counted, at, right, strict=True)
        ]
        results[name] = SetResult(outcomes, counted, ranked, right, len(candidates[name]))
    return results


def _within(at: NDArray[np.float64], centre: tuple[float, float], radius_km: float) -> NDArray[np.int64]:
    return np.flatnonzero(geo.distance_km(at[:, 0], at[:, 1], *centre) < radius_km)


def _embed_queries(
    group: Sequence[DatasetPicture], model: Embedder, progress: Progress
) -> tuple[NDArray[np.float32], list[float]]:
    """Descriptors (n, dimension) and per cent of cloud."""
    vectors, clouds = [], []
    for start in range(0, len(group), _BATCH):
        progress.report("embed queries", start, len(group))
        part = group[start : start + _BATCH]
        squares = np.stack([read_square(named.path, model.input.size_px) for named in part])
        clouds += [
            cloud_percent(pixels) if named.cloud_percent is None else named.cloud_percent
            for named, pixels in zip(part, squares, strict=True)
        ]
        vectors.append(model.embed(squares))
    return np.concatenate(vectors), clouds


def _embed_tiles(
    group: Sequence[DatasetPicture], model: Embedder, turns: int, progress: Progress
) -> NDArray[np.float32]:
    """Descriptors (n, turns, dimension), each tile turned counter-clockwise by quarters."""
    vectors = []
    for start in range(0, len(group), _BATCH):
        progress.report("embed tiles", start, len(group))
        squares = [read_square(named.path, model.input.size_px) for named in group[start : start + _BATCH]]
        vectors.append(model.embed(np.stack([np.rot90(pixels, turn) for pixels in squares for turn in range(turns)])))
    return np.concatenate(vectors).reshape(len(group), turns, -1)


def intersecting(
    query: DatasetPicture, tiles: Sequence[DatasetPicture], candidates: NDArray[np.int64], tile_at: NDArray[np.float64]
) -> set[int]:
    """Numbers of the candidate tiles, with their middles at `tile_at` (all tiles, 2), that intersect a footprint."""
    frame = geo.LocalFrame(*query.center)
    footprint = geo.polygon_in_frame(query.corners, frame)
    away = geo.distance_km(tile_at[candidates, 0], tile_at[candidates, 1], *query.center)
    near = candidates[away < 2000.0]
    return {int(t) for t in near if shapely.intersects(geo.polygon_in_frame(tiles[t].corners, frame), footprint)}
