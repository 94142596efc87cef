"""Nearest tiles of a photo: exact inner-product search by FAISS over the rows that the nadir allows.

The photo is embedded at four rotations and every rotation is searched, instead of storing every tile at four
rotations as the EarthLoc recipe does: a quarter of the index for the same recall (docs/results.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ROTATIONS_DEG


@dataclass(frozen=True)
class Match:
    """A tile found: row of `index`, cosine similarity, and the turn of the photo that fits it best."""

    index: RegionalIndex
    row: int
    score: float
    rotation_deg: int


@dataclass(frozen=True)
class Circle:
    """The part of the Earth within radius_km of the nadir (lat, lon in degrees)."""

    lat: float
    lon: float
    radius_km: float


def search(
    indexes: Sequence[RegionalIndex], queries: NDArray[np.float32], top_k: int, circle: Circle | None = None
) -> list[Match]:
    """The top_k tiles over all indexes, best first; each tile once, with its best rotation.

    Args:
        indexes: made with the model that made the queries.
        queries: float32 (4, dimension), the photo at ROTATIONS_DEG.
        top_k: how many tiles.
        circle: only tiles whose centre lies in it.
    """
    found = [match for index in indexes for match in _search_one(index, queries, top_k, circle)]
    found.sort(key=lambda match: (-match.score, match.index.name, match.row))
    return found[:top_k]


def _search_one(index: RegionalIndex, queries: NDArray[np.float32], top_k: int, circle: Circle | None) -> list[Match]:
    rows = None if circle is None else rows_in_circle(index, circle)
    descriptors = index.descriptors if rows is None else index.descriptors[rows]
    # The best top_k tiles over all rotations are among the best top_k of each rotation.
    k = min(top_k, len(descriptors))
    if k == 0:
        return []
    scores, hits = faiss.knn(
        np.ascontiguousarray(queries, np.float32),
        np.ascontiguousarray(descriptors, np.float32),
        k,
        metric=faiss.METRIC_INNER_PRODUCT,
    )
    best: dict[int, tuple[float, int]] = {}
    for rotation_deg, row_scores, row_hits in zip(ROTATIONS_DEG, scores, hits, strict=True):
        for score, hit in zip(row_scores.tolist(), row_hits.tolist(), strict=True):
            if hit >= 0 and np.isfinite(score) and (hit not in best or score > best[hit][0]):
                best[hit] = (score, rotation_deg)
    return [
        Match(index, hit if rows is None else int(rows[hit]), score, rotation_deg)
        for hit, (score, rotation_deg) in best.items()
    ]


def rows_in_circle(index: RegionalIndex, circle: Circle) -> NDArray[np.int64]:
    """Rows of the tiles whose centre lies within the circle, ascending."""
    away = geo.distance_km(index.tiles["lat"], index.tiles["lon"], circle.lat, circle.lon)
    return np.flatnonzero(away <= circle.radius_km)
