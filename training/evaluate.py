"""Recall, by the EarthLoc protocol on its data set's folder layout, and on simulated photos of held-out places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import faiss
import numpy as np
import shapely
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from engine import geo
from engine.errors import InputError
from engine.photo.photo_id import parse_earthloc_name
from engine.retrieval.model import ROTATIONS_DEG, ModelPackage
from engine.work import Work

RANKS = (1, 5, 10, 20, 100)
# Centre (lat, lon) of EarthLoc's test sets (its test.py); queries lie within QUERY_KM of it, tiles within TILE_KM.
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


@dataclass(frozen=True)
class Named:
    """A picture of the EarthLoc data set: its file, and its corners (4, 2) lat, lon."""

    path: Path
    corners: NDArray[np.float64]

    @property
    def center(self) -> tuple[float, float]:
        """The middle of the footprint, lat, lon."""
        return geo.center_of(self.corners)


def read_named(folder: Path) -> list[Named]:
    """The pictures of a folder, below it too, whose names hold their corners.

    Raises:
        InputError: there is none, or a name does not parse.
    """
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")):
        name = parse_earthloc_name(path.name)
        if name is None or name.ring is None:
            raise InputError(path, "its name does not hold four corners", "use names as EarthLoc's, or remove it")
        found.append(Named(path, np.array(name.ring)))
    if not found:
        raise InputError(folder, "holds no picture", "give the folder of an EarthLoc data set")
    return found


def earthloc_recall(
    queries: Sequence[Named],
    tiles: Sequence[Named],
    model: ModelPackage,
    work: Work | None = None,
    sets: dict[str, tuple[float, float]] | None = None,
) -> dict[str, dict[str, Any]]:
    """Recall by the EarthLoc protocol, for each test set that the data reach.

    Tiles are embedded at four rotations, queries at none; a tile is right when it intersects the query's
    footprint, and queries that no tile intersects do not count.

    Returns:
        {set: {"queries", "tiles", "recall": {"1", "5", "10", "20", "100"} in percent}}.
    """
    work = work or Work()
    query_vectors = _embed(queries, model, work, "queries", rotations=False)
    tile_vectors = _embed(tiles, model, work, "tiles", rotations=True)
    query_at, tile_at = (np.array([named.center for named in group]) for group in (queries, tiles))
    result = {}
    for name, (lat, lon) in (sets or TEST_SETS).items():
        near = np.flatnonzero(geo.distance_km(query_at[:, 0], query_at[:, 1], lat, lon) < QUERY_KM)
        candidates = np.flatnonzero(geo.distance_km(tile_at[:, 0], tile_at[:, 1], lat, lon) < TILE_KM)
        positives = [_intersecting(queries[int(q)], tiles, candidates, tile_at) for q in near]
        counted = [i for i, right in enumerate(positives) if right]
        if not counted:
            continue
        index = faiss.IndexFlatL2(model.dimension)
        index.add(np.ascontiguousarray(tile_vectors[candidates].reshape(-1, model.dimension)))
        _, hits = index.search(query_vectors[near[counted]], min(max(RANKS), index.ntotal))
        ranks = [
            _first_right(candidates[row // len(ROTATIONS_DEG)], positives[i])
            for i, row in zip(counted, hits, strict=True)
        ]
        result[name] = {"queries": len(counted), "tiles": len(candidates), "recall": recalls(ranks)}
    return result


def _embed(group: Sequence[Named], model: ModelPackage, work: Work, what: str, rotations: bool) -> NDArray[np.float32]:
    """(n, dimension), or (n, 4, dimension) with rotations. Pictures are squashed to squares, as EarthLoc does."""
    turns = len(ROTATIONS_DEG) if rotations else 1
    vectors = []
    for start in range(0, len(group), _BATCH):
        work.progress(f"embed {what}", start, len(group))
        squares = []
        for named in group[start : start + _BATCH]:
            pixels = cv2.resize(_pixels(named.path), (model.input.size_px,) * 2, interpolation=cv2.INTER_AREA)
            squares += [np.rot90(pixels, turn) for turn in range(turns)]
        vectors.append(model.embed(np.stack(squares)))
    stacked = np.concatenate(vectors)
    return stacked.reshape(len(group), turns, -1) if rotations else stacked


def _pixels(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise InputError(path, "cannot be read as a picture", "remove it or get it again") from error


def _intersecting(
    query: Named, tiles: Sequence[Named], candidates: NDArray[np.int64], tile_at: NDArray[np.float64]
) -> set[int]:
    """Numbers of the candidate tiles that intersect a query's footprint."""
    frame = geo.LocalFrame(*query.center)
    footprint = geo.polygon_in_frame(query.corners, frame)
    away = geo.distance_km(tile_at[candidates, 0], tile_at[candidates, 1], *query.center)
    near = candidates[away < 2000.0]
    return {int(t) for t in near if shapely.intersects(geo.polygon_in_frame(tiles[t].corners, frame), footprint)}


def _first_right(ranked: NDArray[np.int64], right: set[int]) -> int | None:
    """Rank, from 1, of the first right prediction; a tile at four rotations is four predictions, as EarthLoc counts."""
    return next((rank for rank, tile in enumerate(ranked.tolist(), start=1) if tile in right), None)


def recalls(first_ranks: Sequence[int | None]) -> dict[str, float]:
    """Percentage whose first right candidate is among the first 1, 5, 10, 20, 100."""
    count = max(1, len(first_ranks))
    return {str(k): round(100.0 * sum(r is not None and r <= k for r in first_ranks) / count, 1) for k in RANKS}


def recall_on_maps(
    photos: Tensor, photo_places: Tensor, tiles: Tensor, tile_places: Tensor, reach: float = 0.5
) -> dict[str, float]:
    """Strict recall of photos (n, d) among tiles (m, d): right within `reach` photo widths of the true middle.

    Places are (n, 3) and (m, 3): latitude and longitude in degrees, width in km.
    """
    best = (photos @ tiles.T).topk(min(max(RANKS), len(tiles)), dim=1).indices
    at = tile_places[best].double().numpy()
    truth = photo_places.double().numpy()[:, None, :]
    right = geo.distance_km(at[..., 0], at[..., 1], truth[..., 0], truth[..., 1]) <= reach * truth[..., 2]
    return recalls([int(row.argmax()) + 1 if row.any() else None for row in right])


def descriptors_of(model: ModelPackage, pictures: NDArray[np.uint8]) -> Tensor:
    """Descriptors of pictures (n, size_px, size_px, 3) by a model package, (n, dimension)."""
    parts = [model.embed(pictures[i : i + _BATCH]) for i in range(0, len(pictures), _BATCH)]
    return torch.from_numpy(np.concatenate(parts))
