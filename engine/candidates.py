"""Candidates for a photo's place: similar tiles and poses voted for by local features, in one ranked list."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.contract.parameters import SEARCHED
from engine.retrieval.index import RegionalIndex
from engine.retrieval.photo_views import PhotoViews
from engine.retrieval.ranking import (
    LOG_WEIGHT,
    NO_EXPECTATION,
    Expectation,
    distinct_places_first,
    log_prior,
    same_place,
)
from engine.retrieval.search import Ranked, rank_tiles
from engine.retrieval.tiling import Circle, tile_name
from engine.voting.photo_features import PhotoFeatures
from engine.voting.poses import Pose, find_poses
from engine.where import cells

BOTH, TILES, VOTES = SEARCHED
PROPOSED = "proposed"
POSES = 100
# The best wrong pose may have votes up to the first z-score. Each unit beyond it counts as this much log probability
# (natural logarithm).
_CHANCE_Z = 3.5
_LOG_PROBABILITY_PER_Z = 5.0
_MAX_PROBABILITY = 0.98  # only registration gives certainty
# The probability of a place counts with this exponent: its sources are partly those that the candidates come from.
# No place is less probable than e to the second number, as all sources can be wrong together (docs/where.md).
_WHERE_WEIGHT, _LOWEST_WHERE = 0.25, -20.0
# z-score of a candidate without votes.
_DEFAULT_Z = 3.0
# Constant, and the weights of `first_candidate_evidence`; fitted and checked by benchmarks/probability.py.
_WEIGHTS = (-8.25, 2.32, 5.23)
Prior = Callable[[NDArray[np.floating], NDArray[np.floating]], NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A place where the photo could have been taken.

    Attributes:
        index: in which it was found.
        lat, lon: of the photo's middle, degrees.
        width_km: ground along the photo's shorter side; for a similar tile, the tile's width.
        rotation_deg: counter-clockwise rotation that makes the photo north-up, 0 to 360.
        score: 0 to 1; candidates are ranked by it.
        tile: name of the most similar tile there, if one of the ranked tiles is there.
        pose: the pose there that local features vote for, if they do.
        shape: (width, height) of the photo, in any unit.
    """

    index: RegionalIndex
    lat: float
    lon: float
    width_km: float
    rotation_deg: float
    score: float
    tile: str | None
    pose: Pose | None
    shape: tuple[float, float] = (1.0, 1.0)

    @property
    def found_by(self) -> str:
        """How it was found: "tiles", "votes" or "both"; "proposed" if not by the search (engine/proposals.py)."""
        if self.pose is None:
            return TILES if self.tile is not None else PROPOSED
        return VOTES if self.tile is None else BOTH

    def corners(self) -> geo.Corners:
        """Corners (4, 2) lat, lon of the photo, in the order of the stored picture's corners.

        Those of a tile are the tile's, rotated by quarters; a photo that is not square shows more.
        """
        right, down = self.shape
        half_km = self.width_km / 2 / min(right, down)
        x, y = half_km * right * np.array([-1, 1, 1, -1]), half_km * down * np.array([1, 1, -1, -1])
        rotation = math.radians(self.rotation_deg)
        frame = geo.LocalFrame(self.lat, self.lon)
        east, north = x * math.cos(rotation) - y * math.sin(rotation), x * math.sin(rotation) + y * math.cos(rotation)
        return np.stack(frame.to_lat_lon(east, north), axis=1)


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found, before it is one list.

    Attributes:
        tiles: the most similar tiles of all indexes.
        poses: for each index with local features, the poses that they vote for.
    """

    tiles: Ranked
    poses: Sequence[tuple[RegionalIndex, Sequence[Pose]]]


def find_candidates(
    indexes: Sequence[RegionalIndex],
    views: Mapping[str, PhotoViews] | None,
    features: PhotoFeatures | None,
    top_k: int,
    circle: Circle | None = None,
    expectation: Expectation = NO_EXPECTATION,
) -> list[Candidate]:
    """The top_k candidates over all indexes, best first, with distinct places before others. See `search`, `rank`."""
    return rank(search(indexes, views, features, top_k, circle, expectation), features, top_k, expectation)


def search(
    indexes: Sequence[RegionalIndex],
    views: Mapping[str, PhotoViews] | None,
    features: PhotoFeatures | None,
    top_k: int,
    circle: Circle | None = None,
    expectation: Expectation = NO_EXPECTATION,
) -> Found:
    """Searches the indexes by tiles and by votes.

    Args:
        indexes: where to search.
        views: of the photo, for each of the indexes' models by its sha256; None to search without tiles.
        features: of the photo; None to search without votes.
        top_k: at least so many tiles, if there are so many.
        circle: only places whose middle lies in it.
        expectation: what is known of the photo; by default nothing.
    """
    tiles = rank_tiles(indexes if views is not None else [], views or {}, top_k, circle, expectation)
    poses = []
    for index in indexes:
        if features is not None and index.features is not None:
            poses.append((index, find_poses(features, index.features, POSES, circle)))
    return Found(tiles, poses)


def rank(
    searched: Found,
    features: PhotoFeatures | None,
    top_k: int,
    expectation: Expectation = NO_EXPECTATION,
    where: NDArray[np.floating] | None = None,
) -> list[Candidate]:
    """The top_k candidates, best first.

    Args:
        searched: what was found with the same features and expectation.
        features: of the photo; None to leave out the poses.
        top_k: at most so many.
        expectation: what is known of the photo.
        where: log density (cells,) of the photo's place, from all sources but the expectation's; a prior.
    """
    place = _no_prior if where is None else _PlacePrior(where)
    found = _of_tiles(searched.tiles, place)
    if features is not None:
        for index, poses in searched.poses:
            found += _of_poses(poses, index, features, searched.tiles, expectation, place)
    if not found:
        return []
    found.sort(key=lambda candidate: -candidate.score)
    lat, lon, width_km = np.array([(one.lat, one.lon, one.width_km) for one in found]).T
    return [found[row] for row in distinct_places_first(lat, lon, width_km, top_k)]


class _PlacePrior:
    """What a log density (cells,) adds to the scores of places."""

    def __init__(self, log_density: NDArray[np.floating]) -> None:
        self._log_density = np.maximum(log_density - log_density.max(), _LOWEST_WHERE)

    def __call__(self, lat: NDArray[np.floating], lon: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.asarray(_WHERE_WEIGHT * LOG_WEIGHT * self._log_density[cells.cell_of(lat, lon)])


def _no_prior(lat: NDArray[np.floating], lon: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.zeros(len(lat))


def _of_tiles(tiles: Ranked, place: Prior) -> list[Candidate]:
    scores = np.clip(tiles.scores + place(tiles.tiles["lat"], tiles.tiles["lon"]), 0.0, 1.0)
    return [
        Candidate(
            tiles.owners[row],
            float(tile["lat"]),
            float(tile["lon"]),
            float(tile["width_km"]),
            float(tiles.rotation_deg[row]),
            float(scores[row]),
            tile_name(tile),
            None,
        )
        for row, tile in enumerate(tiles.tiles)
    ]


def _of_poses(
    poses: Sequence[Pose],
    index: RegionalIndex,
    photo: PhotoFeatures,
    tiles: Ranked,
    expectation: Expectation,
    place: Prior,
) -> list[Candidate]:
    """Poses with scores from their votes, the best tile there, or else the least similar one, and the priors."""
    if not poses:
        return []
    lat, lon, longer_km = np.array([(pose.lat, pose.lon, pose.width_km) for pose in poses]).T
    width_km = longer_km * photo.shorter
    shape = (1.0, photo.shorter) if photo.wide else (photo.shorter, 1.0)
    prior = LOG_WEIGHT * log_prior(lat, lon, width_km, expectation) + place(lat, lon)
    lowest_similarity = float(tiles.similarity.min()) if len(tiles.similarity) else 0.0
    found = []
    for at, pose in enumerate(poses):
        tiles_there = np.flatnonzero(
            same_place(lat[at], lon[at], width_km[at], tiles.tiles["lat"], tiles.tiles["lon"], tiles.tiles["width_km"])
        )
        base, name = lowest_similarity, None
        if len(tiles_there):
            base, name = float(tiles.similarity[tiles_there[0]]), tile_name(tiles.tiles[tiles_there[0]])
        score = combined_score(base + float(prior[at]), pose.z)
        found.append(
            Candidate(index, pose.lat, pose.lon, float(width_km[at]), pose.rotation_deg, score, name, pose, shape)
        )
    return found


def probability_of_first(candidates: Sequence[Candidate]) -> float:
    """Probability that the first candidate is right, from its votes and those of the best other place."""
    exponent = sum(w * x for w, x in zip(_WEIGHTS, (1.0, *first_candidate_evidence(candidates)), strict=True))
    return round(min(1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, exponent)))), _MAX_PROBABILITY), 4)


def first_candidate_evidence(candidates: Sequence[Candidate]) -> tuple[float, float]:
    """Logarithm of the first candidate's z-score, and of its ratio to the best z-score of another place."""
    first = candidates[0]
    z = [one.pose.z if one.pose is not None else _DEFAULT_Z for one in candidates]
    elsewhere = [
        other
        for one, other in zip(candidates, z, strict=True)
        if geo.distance_km(first.lat, first.lon, one.lat, one.lon) > max(first.width_km, one.width_km)
    ]
    own = max(z[0], _DEFAULT_Z)
    return math.log(own), math.log(own / max([*elsewhere, _DEFAULT_Z]))


def combined_score(similarity: float, z: float) -> float:
    """One score (0 to 1) from a tile's similarity, with the prior already added, and the z-score of votes."""
    gain = LOG_WEIGHT * _LOG_PROBABILITY_PER_Z * max(z - _CHANCE_Z, 0.0)
    return float(np.clip(1.0 - (1.0 - similarity) * math.exp(-gain), 0.0, 1.0))
