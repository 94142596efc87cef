"""Where a photo could be: tiles of regional indexes in the order in which they are worth looking at.

    shortlist   likeness of every tile that the nadir allows, in any of the photo's turns, with what is known beforehand
    quarters    do the photo's quarters look like the smaller tiles where they should then lie?
    spread      distinct places first

The photo is embedded at several turns and each is searched, instead of storing every tile at four rotations as the
EarthLoc recipe does: a quarter of the index for the same recall (docs/results.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.retrieval import tiling
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ROTATIONS_DEG
from engine.retrieval.photo_views import QUARTER_SHIFT, QUARTERS, PhotoViews
from engine.retrieval.ranking import LOG_WEIGHT, Expectation, log_prior, spread
from engine.retrieval.tiling import Tiles

# Tiles whose quarters are looked at; more change no candidate that anybody looks at.
SHORTLIST = 1000
# What the quarters weigh beside the whole.
_QUARTERS_WEIGHT = 1 / 3
# A quarter is compared with tiles no wider than this share of the tile; the widths of an index may be an octave apart.
_SMALLER = 0.75


@dataclass(frozen=True)
class Match:
    """A tile found: row of `index`, score from 0 to 1, and the turn of the photo that fits it best."""

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
    indexes: Sequence[RegionalIndex],
    views: PhotoViews,
    top_k: int,
    circle: Circle | None = None,
    expectation: Expectation | None = None,
) -> list[Match]:
    """The top_k tiles over all indexes, best first and distinct places before others; each tile once.

    A score is the mean likeness (cosine) of the photo and its quarters, less what speaks against the place beforehand.

    Args:
        indexes: made with the model that made the views.
        views: of the photo.
        top_k: how many tiles.
        circle: only tiles whose centre lies in it.
        expectation: what is known of the photo; by default nothing.
    """
    expectation = expectation or Expectation()
    found: list[Match] = []
    tiles: list[Tiles] = []
    weights: list[NDArray[np.float64]] = []
    for index in indexes:
        rows, likeness = shortlist(index, views.whole, max(SHORTLIST, top_k), circle, expectation)
        if not len(rows):
            continue
        turns = (views.whole[: len(ROTATIONS_DEG)] @ index.descriptors[rows].T).argmax(axis=0)
        quarters = quarters_likeness(index, rows, turns, views.quarters)
        kept = index.tiles[rows]
        prior = log_prior(kept["lat"], kept["lon"], kept["width_km"].astype(np.float64), expectation)
        scores = (1 - _QUARTERS_WEIGHT) * likeness + _QUARTERS_WEIGHT * quarters + LOG_WEIGHT * prior
        tiles.append(kept)
        weights.append(scores)
        found += [
            Match(index, int(row), float(score), ROTATIONS_DEG[turn])
            for row, score, turn in zip(rows, np.clip(scores, 0.0, 1.0), turns, strict=True)
        ]
    if not found:
        return []
    order = np.argsort(-np.concatenate(weights), kind="stable")
    best = np.concatenate(tiles)[order]
    chosen = spread(best["lat"], best["lon"], best["width_km"].astype(np.float64), top_k)
    return [found[order[i]] for i in chosen]


def shortlist(
    index: RegionalIndex,
    queries: NDArray[np.float32],
    count: int,
    circle: Circle | None = None,
    expectation: Expectation | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The tiles that look most alike by any query (n, dimension), with what is known beforehand, best first.

    Returns:
        rows (m,), at most `count`, and their likeness (m,), the highest cosine over the queries.
    """
    rows = np.arange(index.count) if circle is None else rows_in_circle(index, circle)
    if not len(rows):
        return rows, np.empty(0)
    descriptors = index.descriptors if circle is None else index.descriptors[rows]
    likeness = (queries @ descriptors.T).max(axis=0).astype(np.float64)
    scores = likeness
    if expectation is not None:
        tiles = index.tiles[rows]
        prior = log_prior(tiles["lat"], tiles["lon"], tiles["width_km"].astype(np.float64), expectation)
        scores = likeness + LOG_WEIGHT / (1 - _QUARTERS_WEIGHT) * prior
    best = np.argpartition(-scores, count)[:count] if count < len(rows) else np.arange(len(rows))
    best = best[np.lexsort((rows[best], -scores[best]))]
    return rows[best], likeness[best]


def quarters_likeness(
    index: RegionalIndex, rows: NDArray[np.int64], turns: NDArray[np.int64], quarters: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Mean cosine (n,) of the photo's quarters with the tiles where they lie if the photo is that of each row.

    A tile's neighbours of half an octave less agree on a true place and seldom on a wrong one. Where the index has
    no tile, as at sea, the cosine counts as 0.

    Args:
        rows: of the index.
        turns: for each the number of the photo's turn in ROTATIONS_DEG.
        quarters: of PhotoViews.
    """
    tiles = index.tiles[rows]
    lat, lon, width_km = (tiles[name].astype(np.float64) for name in ("lat", "lon", "width_km"))
    widths = np.unique(index.tiles["width_km"]).astype(np.float64)
    total = np.zeros(len(rows))
    for number, (right, up) in enumerate(QUARTERS):
        # Turning the photo counter-clockwise turns the quarters' middles with it.
        at = np.array([(right, up), (-up, right), (-right, -up), (up, -right)], np.float64)[turns]
        north_km, east_km = (QUARTER_SHIFT * width_km * at[:, axis] for axis in (1, 0))
        there_lat = np.clip(lat + np.degrees(north_km / geo.EARTH_RADIUS_KM), -90.0, 90.0)
        parallel_km = geo.EARTH_RADIUS_KM * np.maximum(np.cos(np.radians(there_lat)), 1e-3)
        there_lon = geo.normalise_lon(lon + np.degrees(east_km / parallel_km))
        best = np.zeros(len(rows))
        for width in np.unique(width_km):
            here = np.flatnonzero(width_km == width)
            smaller = widths[widths <= _SMALLER * width]
            near = index.rows_of(tiling.cells_around(there_lat[here], there_lon[here], max(smaller, default=width)))
            likeness = np.einsum("nkd,nd->nk", index.descriptors[near], quarters[number, turns[here]])
            best[here] = np.where(near >= 0, likeness, 0.0).max(axis=1)
        total += best
    return total / len(QUARTERS)


def rows_in_circle(index: RegionalIndex, circle: Circle) -> NDArray[np.int64]:
    """Rows of the tiles whose centre lies within the circle, ascending."""
    away = geo.distance_km(index.tiles["lat"], index.tiles["lon"], circle.lat, circle.lon)
    return np.flatnonzero(away <= circle.radius_km)
