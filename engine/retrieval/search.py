"""Where a photo could be: tiles of regional indexes in the order in which they are worth looking at.

    shortlist   likeness of every tile that the nadir allows, in any of the photo's turns, with what is known beforehand
    quarters    do the photo's quarters look like the smaller tiles where they should then lie?
    spread      distinct places first

The photo is embedded at several turns and each is searched, instead of storing every tile at four rotations as the
EarthLoc recipe does: a quarter of the index for the same recall (docs/results.md).
"""

from __future__ import annotations

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
from engine.retrieval.ranking import LOG_WEIGHT, Expectation, log_prior, spread
from engine.retrieval.tiling import Circle, Tiles

# Tiles whose quarters are looked at; more change no candidate that anybody looks at.
SHORTLIST = 1000
# What the quarters weigh beside the whole.
_QUARTERS_WEIGHT = 1 / 3
# A quarter is compared with tiles no wider than this share of the tile; the widths of an index may be an octave apart.
_SMALLER = 0.75
# Tiles taken evenly of those searched, for telling several models' likeness on one scale.
_BACKGROUND = 1000


@dataclass(frozen=True)
class Match:
    """A tile found: row of `index`, score from 0 to 1, and the turn of the photo that fits it best."""

    index: RegionalIndex
    row: int
    score: float
    rotation_deg: int


@dataclass(frozen=True, eq=False)
class Found:
    """Tiles of an index that were found: rows and tiles (n,), and each one's highest cosine with the photo (n,).

    `lookup` knows at least their neighbours; `background` are rows taken evenly of those searched.
    """

    rows: NDArray[np.int64]
    tiles: Tiles
    likeness: NDArray[np.float64]
    lookup: TileLookup
    background: NDArray[np.int64]


def search(
    indexes: Sequence[RegionalIndex],
    views: Mapping[str, PhotoViews],
    top_k: int,
    circle: Circle | None = None,
    expectation: Expectation | None = None,
) -> list[Match]:
    """The top_k tiles over all indexes, best first and distinct places before others; each tile once.

    A score is the mean likeness (cosine) of the photo and its quarters, less what speaks against the place beforehand.
    Where indexes were made with several models, the likeness of all is told on the scale of the first one's.

    Args:
        indexes: where to search.
        views: of the photo, for each of the indexes' models by its sha256.
        top_k: how many tiles.
        circle: only tiles whose centre lies in it.
        expectation: what is known of the photo; by default nothing.
    """
    expectation = expectation or Expectation()
    searched = []
    for index in indexes:
        model = index.info["model"]["sha256"]
        found = shortlist(index, views[model].whole, max(SHORTLIST, top_k), circle, expectation)
        if len(found.rows):
            searched.append((index, model, found))
    scales = _common_scale(searched, views)
    matches: list[Match] = []
    tiles: list[Tiles] = []
    weights: list[NDArray[np.float64]] = []
    for index, model, found in searched:
        descriptors = index.descriptors_at(found.rows)
        turns = (views[model].whole[: len(ROTATIONS_DEG)] @ descriptors.T).argmax(axis=0)
        quarters = quarters_likeness(index, found, turns, views[model].quarters)
        factor, offset = scales[model]
        likeness = (1 - _QUARTERS_WEIGHT) * found.likeness + _QUARTERS_WEIGHT * quarters
        scores = factor * likeness + offset + LOG_WEIGHT * _log_prior(found.tiles, expectation)
        tiles.append(found.tiles)
        weights.append(scores)
        matches += [
            Match(index, int(row), float(score), ROTATIONS_DEG[turn])
            for row, score, turn in zip(found.rows, np.clip(scores, 0.0, 1.0), turns, strict=True)
        ]
    if not matches:
        return []
    order = np.argsort(-np.concatenate(weights), kind="stable")
    best = np.concatenate(tiles)[order]
    chosen = spread(best["lat"], best["lon"], best["width_km"].astype(np.float64), top_k)
    return [matches[order[i]] for i in chosen]


def shortlist(
    index: RegionalIndex,
    queries: NDArray[np.float32],
    count: int,
    circle: Circle | None = None,
    expectation: Expectation | None = None,
) -> Found:
    """At most `count` tiles that look most alike by any query (n, dimension), with what is known beforehand.

    Best first. In a circle every tile is compared and only its stretches of the file are read; in the whole of a large
    index its short codes are searched first.
    """
    rows, tiles, lookup = index.to_compare(queries, circle)
    likeness = index.likeness(queries, rows).astype(np.float64)
    if circle is None:
        background = np.arange(0, index.count, max(1, index.count // _BACKGROUND))
    else:
        background = rows[:: max(1, len(rows) // _BACKGROUND)]
    scores = likeness
    if expectation is not None:
        scores = likeness + LOG_WEIGHT / (1 - _QUARTERS_WEIGHT) * _log_prior(tiles, expectation)
    best = np.argpartition(-scores, count)[:count] if count < len(rows) else np.arange(len(rows))
    best = best[np.lexsort((rows[best], -scores[best]))]
    return Found(rows[best], tiles[best], likeness[best], lookup, background)


def _log_prior(tiles: Tiles, expectation: Expectation) -> NDArray[np.float64]:
    return log_prior(tiles["lat"], tiles["lon"], tiles["width_km"].astype(np.float64), expectation)


def _common_scale(
    searched: Sequence[tuple[RegionalIndex, str, Found]], views: Mapping[str, PhotoViews]
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
            [index.likeness(views[model].whole, found.background) for index, other, found in searched if other == model]
        )
        mean, deviation = float(background.mean()), max(float(background.std()), 1e-3)
        if not scales:
            first_mean, first_deviation = mean, deviation
        factor = first_deviation / deviation
        scales[model] = factor, first_mean - factor * mean
    return scales


def quarters_likeness(
    index: RegionalIndex, found: Found, turns: NDArray[np.int64], quarters: NDArray[np.float32]
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
    total = np.zeros(len(lat))
    for number, (right, up) in enumerate(QUARTERS):
        # Turning the photo counter-clockwise turns the quarters' middles with it.
        at = np.array([(right, up), (-up, right), (-right, -up), (up, -right)], np.float64)[turns]
        north_km, east_km = (QUARTER_SHIFT * width_km * at[:, axis] for axis in (1, 0))
        there_lat = np.clip(lat + np.degrees(north_km / geo.EARTH_RADIUS_KM), -90.0, 90.0)
        parallel_km = geo.EARTH_RADIUS_KM * np.maximum(np.cos(np.radians(there_lat)), 1e-3)
        there_lon = geo.normalise_lon(lon + np.degrees(east_km / parallel_km))
        best = np.zeros(len(lat))
        for width in np.unique(width_km):
            here = np.flatnonzero(width_km == width)
            smaller = [other for other in found.lookup.widths_km if other <= _SMALLER * width]
            keys = tiling.cells_around(there_lat[here], there_lon[here], max(smaller, default=width))
            near = found.lookup.rows_of(keys)
            known, where = np.unique(near, return_inverse=True)
            vectors = index.descriptors_at(np.maximum(known, 0))
            vectors[known < 0] = 0.0
            likeness = np.einsum("nkd,nd->nk", vectors[where.reshape(near.shape)], quarters[number, turns[here]])
            best[here] = np.maximum(likeness.max(axis=1), 0.0)
        total += best
    return total / len(QUARTERS)
