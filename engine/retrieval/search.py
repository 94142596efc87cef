"""Ranks the tiles of regional indexes by their similarity to a photo; engine/candidates.py makes candidates of them.

    shortlist   similarity of every tile that the nadir allows, at any rotation of the photo, with the prior
    quarters    similarity of the photo's quarters to the smaller tiles at the positions where they should then be

The photo is embedded at several rotations, and each is searched. The EarthLoc recipe stores every tile at four
rotations instead; this way the index is a quarter of the size for the same recall (docs/results.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.retrieval import tiling
from engine.retrieval.index import RegionalIndex
from engine.retrieval.lookup import TileLookup
from engine.retrieval.model import ROTATIONS_DEG
from engine.retrieval.photo_views import QUARTER_SHIFT, QUARTERS, PhotoViews
from engine.retrieval.ranking import LOG_WEIGHT, NO_EXPECTATION, Expectation, log_prior
from engine.retrieval.tiling import TILE_DTYPE, Circle, Tiles

# Tiles whose quarters are compared; a larger number changes no candidate of interest.
SHORTLIST = 1000
# Weight of the quarters relative to the whole.
_QUARTERS_WEIGHT = 1 / 3
# A quarter is compared with tiles no wider than this share of the tile; widths of an index may be an octave apart.
_SMALLER = 0.75
# Evenly spaced tiles of those searched, to bring the similarities of several models to a common scale.
_BACKGROUND = 1000
# Beyond this distance the nadir does not change the prior any more (ranking.log_prior).
_NEAR_KM = 1000.0
_HALF_CIRCUMFERENCE_KM = math.pi * geo.EARTH_RADIUS_KM


@dataclass(frozen=True, eq=False)
class Shortlist:
    """The most similar tiles of an index: rows and tiles (n,), and the highest cosine of each with the photo (n,).

    `log_prior` (n,) is their log prior probability. `lookup` contains at least their neighbours. `background` are
    evenly spaced rows of those searched.
    """

    rows: NDArray[np.int64]
    tiles: Tiles
    similarity: NDArray[np.float64]
    log_prior: NDArray[np.float64]
    lookup: TileLookup
    background: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ranked:
    """Tiles of several indexes, best first.

    Attributes:
        owners: (n) the index of each.
        rows: (n,) in its index.
        tiles: (n,) of TILE_DTYPE.
        rotation_deg: (n,) the rotation of the photo that fits best.
        similarity: (n,) mean cosine similarity of the photo and its quarters.
        scores: (n,) the similarity plus the weighted log prior.
    """

    owners: list[RegionalIndex]
    rows: NDArray[np.int64]
    tiles: Tiles
    rotation_deg: NDArray[np.int64]
    similarity: NDArray[np.float64]
    scores: NDArray[np.float64]


def rank_tiles(
    indexes: Sequence[RegionalIndex],
    views: Mapping[str, PhotoViews],
    top_k: int,
    circle: Circle | None = None,
    expectation: Expectation = NO_EXPECTATION,
) -> Ranked:
    """At least the top_k tiles over all indexes, if there are so many, best first; each tile once.

    If the indexes were made with several models, all similarities are converted to the scale of the first model.

    Args:
        indexes: where to search.
        views: of the photo, for each of the indexes' models by its sha256.
        top_k: how many tiles.
        circle: only tiles whose centre lies in it.
        expectation: what is known of the photo; by default nothing.
    """
    searched = []
    for index in indexes:
        model = index.info["model"]["sha256"]
        found = shortlist(index, views[model].whole, max(SHORTLIST, top_k), circle, expectation)
        if len(found.rows):
            searched.append((index, model, found))
    if not searched:
        none = np.zeros(0, np.int64)
        return Ranked([], none, np.empty(0, TILE_DTYPE), none, np.zeros(0), np.zeros(0))
    scales = _common_scale(searched, views)
    parts = []
    for number, (index, model, found) in enumerate(searched):
        descriptors = index.descriptors_at(found.rows)
        rotations = (views[model].whole[: len(ROTATIONS_DEG)] @ descriptors.T).argmax(axis=0)
        quarters = quarters_similarity(index, found, rotations, views[model].quarters)
        factor, offset = scales[model]
        similarity = factor * ((1 - _QUARTERS_WEIGHT) * found.similarity + _QUARTERS_WEIGHT * quarters) + offset
        parts.append((np.full(len(rotations), number), found.rows, found.tiles, rotations, similarity, found.log_prior))
    owner, rows, tiles, rotations, similarity, prior = (np.concatenate(part) for part in zip(*parts, strict=True))
    scores = similarity + LOG_WEIGHT * prior
    order = np.argsort(-scores, kind="stable")
    return Ranked(
        [searched[owner[row]][0] for row in order],
        rows[order],
        tiles.take(order),
        np.array(ROTATIONS_DEG)[rotations[order]],
        similarity[order],
        scores[order],
    )


def shortlist(
    index: RegionalIndex,
    queries: NDArray[np.float32],
    count: int,
    circle: Circle | None = None,
    expectation: Expectation = NO_EXPECTATION,
) -> Shortlist:
    """At most `count` tiles that are most similar to any query (n, dimension), considering the prior; best first.

    In a circle every tile is compared, and only its parts of the file are read. In the whole of a large index the
    short codes are searched first, and the tiles near a known nadir are added.
    """
    if circle is not None and circle.radius_km >= _HALF_CIRCUMFERENCE_KM:
        circle = None
    rows, tiles, lookup = _tiles_to_compare(index, queries, circle, expectation.nadir)
    similarity = index.similarity(queries, rows).astype(np.float64)
    if circle is None:
        background = np.arange(0, index.count, max(1, index.count // _BACKGROUND))
    else:
        background = rows[:: max(1, len(rows) // _BACKGROUND)]
    prior = log_prior(tiles["lat"], tiles["lon"], tiles["width_km"].astype(np.float64), expectation)
    scores = similarity + LOG_WEIGHT / (1 - _QUARTERS_WEIGHT) * prior
    best = np.argpartition(-scores, count)[:count] if count < len(rows) else np.arange(len(rows))
    best = best[np.lexsort((rows[best], -scores[best]))]
    return Shortlist(rows[best], tiles.take(best), similarity[best], prior[best], lookup, background)


def _tiles_to_compare(
    index: RegionalIndex,
    queries: NDArray[np.float32],
    circle: Circle | None,
    nadir: tuple[float, float] | None,
) -> tuple[NDArray[np.int64], Tiles, TileLookup]:
    """Like RegionalIndex.tiles_to_compare, plus the tiles near the nadir, which the prior may rank first."""
    rows, tiles, lookup = index.tiles_to_compare(queries, circle)
    if circle is None:
        is_incomplete = len(rows) < index.count
    else:
        is_incomplete = circle.radius_km > _NEAR_KM and not index.COMPARES_ALL_IN_CIRCLE
    if nadir is not None and is_incomplete:
        near, near_tiles, _ = index.tiles_to_compare(queries, Circle(*nadir, _NEAR_KM))
        rows, first = np.unique(np.concatenate([rows, near]), return_index=True)
        tiles = np.concatenate([tiles, near_tiles])[first]
    return rows, tiles, lookup


def _common_scale(
    searched: Sequence[tuple[RegionalIndex, str, Shortlist]], views: Mapping[str, PhotoViews]
) -> dict[str, tuple[float, float]]:
    """Factor and offset for each model's similarity, which match its background's mean and deviation to the first's.

    Networks differ in the mean and the variation of their similarity between unrelated places. The background are
    evenly spaced tiles of those searched.
    """
    models = list(dict.fromkeys(model for _, model, _ in searched))
    if len(models) < 2:
        return dict.fromkeys(models, (1.0, 0.0))
    scales: dict[str, tuple[float, float]] = {}
    first_mean = first_deviation = 0.0
    for model in models:
        background = np.concatenate(
            [
                index.similarity(views[model].whole, found.background)
                for index, other, found in searched
                if other == model
            ]
        )
        mean, deviation = float(background.mean()), max(float(background.std()), 1e-3)
        if not scales:
            first_mean, first_deviation = mean, deviation
        factor = first_deviation / deviation
        scales[model] = factor, first_mean - factor * mean
    return scales


def quarters_similarity(
    index: RegionalIndex, found: Shortlist, rotations: NDArray[np.int64], quarters: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Mean cosine (n,) of the photo's quarters with the tiles at their positions, for each tile as the photo's place.

    At a right place the smaller neighbouring tiles agree with the quarters, at a wrong one rarely. Where the index has
    no tile, as at sea, the cosine counts as 0.

    Args:
        index: of the tiles.
        found: the tiles.
        rotations: for each tile, the index into ROTATIONS_DEG of the photo's rotation.
        quarters: of PhotoViews.
    """
    lat, lon, width_km = (found.tiles[name].astype(np.float64) for name in ("lat", "lon", "width_km"))
    right, up = np.array(QUARTERS).T[:, :, None]
    # Rotating the photo counter-clockwise rotates the quarters' middles with it.
    east_km = QUARTER_SHIFT * width_km * np.choose(rotations, [right, -up, -right, up])
    north_km = QUARTER_SHIFT * width_km * np.choose(rotations, [up, right, -up, -right])
    there_lat = np.clip(lat + np.degrees(north_km / geo.EARTH_RADIUS_KM), -90.0, 90.0)
    parallel_km = geo.EARTH_RADIUS_KM * np.maximum(np.cos(np.radians(there_lat)), 1e-3)
    there_lon = geo.normalise_lon(lon + np.degrees(east_km / parallel_km))
    keys = np.empty((*there_lat.shape, 4), np.int64)
    for width in np.unique(width_km):
        here = width_km == width
        smaller = [other for other in found.lookup.widths_km if other <= _SMALLER * width]
        keys[:, here] = tiling.cells_around(there_lat[:, here], there_lon[:, here], max(smaller, default=width))
    near, where = np.unique(found.lookup.rows_of(keys), return_inverse=True)
    cosines = index.descriptors_at(np.maximum(near, 0)) @ quarters.reshape(-1, quarters.shape[-1]).T
    cosines[near < 0] = 0.0
    view = len(ROTATIONS_DEG) * np.arange(len(QUARTERS))[:, None] + rotations
    similarity = cosines[where.reshape(keys.shape), view[:, :, None]].max(axis=-1)
    return np.maximum(similarity, 0.0).mean(axis=0, dtype=np.float64)
