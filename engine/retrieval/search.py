"""Tiles of regional indexes in the order in which a photo looks like them; engine/candidates.py makes places of them.

    shortlist   likeness of every tile that the nadir allows, in any of the photo's turns, with what is known beforehand
    quarters    do the photo's quarters look like the smaller tiles where they should then lie?

The photo is embedded at several turns and each is searched, instead of storing every tile at four rotations as the
EarthLoc recipe does: a quarter of the index for the same recall (docs/results.md).
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

# Tiles whose quarters are looked at; more change no candidate that anybody looks at.
SHORTLIST = 1000
# What the quarters weigh beside the whole.
_QUARTERS_WEIGHT = 1 / 3
# A quarter is compared with tiles no wider than this share of the tile; the widths of an index may be an octave apart.
_SMALLER = 0.75
# Tiles taken evenly of those searched, for telling several models' likeness on one scale.
_BACKGROUND = 1000
# Beyond this distance the nadir says no more about a place (ranking.log_prior).
_NEAR_KM = 1000.0
_HALF_CIRCUMFERENCE_KM = math.pi * geo.EARTH_RADIUS_KM


@dataclass(frozen=True, eq=False)
class Shortlist:
    """Tiles of an index that were found: rows and tiles (n,), and each one's highest cosine with the photo (n,).

    `log_prior` (n,) is what is known of them beforehand; `lookup` knows at least their neighbours; `background` are
    rows taken evenly of those searched.
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
        rotation_deg: (n,) the photo's turn that fits best.
        likeness: (n,) mean likeness (cosine) of the photo and its quarters.
        scores: (n,) the same less what speaks against the place beforehand.
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

    Where indexes were made with several models, the likeness of all is told on the scale of the first one's.

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
        turns = (views[model].whole[: len(ROTATIONS_DEG)] @ descriptors.T).argmax(axis=0)
        quarters = quarters_similarity(index, found, turns, views[model].quarters)
        factor, offset = scales[model]
        similarity = factor * ((1 - _QUARTERS_WEIGHT) * found.similarity + _QUARTERS_WEIGHT * quarters) + offset
        parts.append((np.full(len(turns), number), found.rows, found.tiles, turns, similarity, found.log_prior))
    owner, rows, tiles, turns, similarity, prior = (np.concatenate(part) for part in zip(*parts, strict=True))
    scores = similarity + LOG_WEIGHT * prior
    order = np.argsort(-scores, kind="stable")
    return Ranked(
        [searched[owner[row]][0] for row in order],
        rows[order],
        tiles.take(order),
        np.array(ROTATIONS_DEG)[turns[order]],
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
    """At most `count` tiles that look most alike by any query (n, dimension), with what is known beforehand.

    Best first. In a circle every tile is compared and only its stretches of the file are read; in the whole of a large
    index its short codes are searched first, and what lies near a known nadir besides.
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
    """As RegionalIndex.tiles_to_compare; a tile near the nadir may be the likeliest without looking the most alike of all."""
    rows, tiles, lookup = index.tiles_to_compare(queries, circle)
    if circle is None:
        leaves_out = len(rows) < index.count
    else:
        leaves_out = circle.radius_km > _NEAR_KM and not index.COMPARES_ALL_IN_CIRCLE
    if nadir is not None and leaves_out:
        near, near_tiles, _ = index.tiles_to_compare(queries, Circle(*nadir, _NEAR_KM))
        rows, first = np.unique(np.concatenate([rows, near]), return_index=True)
        tiles = np.concatenate([tiles, near_tiles])[first]
    return rows, tiles, lookup


def _common_scale(
    searched: Sequence[tuple[RegionalIndex, str, Shortlist]], views: Mapping[str, PhotoViews]
) -> dict[str, tuple[float, float]]:
    """Factor and offset for each model's likeness: the mean and deviation of its background become the first one's.

    Networks differ in how alike they find two places that have nothing in common, and in how much that varies. The
    background are tiles taken evenly of those searched.
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
    index: RegionalIndex, found: Shortlist, turns: NDArray[np.int64], quarters: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Mean cosine (n,) of the photo's quarters with the tiles where they lie if the photo is that of each tile found.

    A tile's neighbours of half an octave less agree on a true place and seldom on a wrong one. Where the index has
    no tile, as at sea, the cosine counts as 0.

    Args:
        index: of the tiles.
        found: the tiles.
        turns: for each the number of the photo's turn in ROTATIONS_DEG.
        quarters: of PhotoViews.
    """
    lat, lon, width_km = (found.tiles[name].astype(np.float64) for name in ("lat", "lon", "width_km"))
    right, up = np.array(QUARTERS).T[:, :, None]
    # Turning the photo counter-clockwise turns the quarters' middles with it.
    east_km = QUARTER_SHIFT * width_km * np.choose(turns, [right, -up, -right, up])
    north_km = QUARTER_SHIFT * width_km * np.choose(turns, [up, right, -up, -right])
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
    view = len(ROTATIONS_DEG) * np.arange(len(QUARTERS))[:, None] + turns
    similarity = cosines[where.reshape(keys.shape), view[:, :, None]].max(axis=-1)
    return np.maximum(similarity, 0.0).mean(axis=0, dtype=np.float64)
