"""Chooses among places from several sources: the verification of G3 (Jia et al., NeurIPS 2024, section 3.4).

G3 puts retrieved and generated places into one list and takes the one whose embedding is most similar to the photo's.
Here the similarity is the log density of a source that aligns photos with places (engine/where/heads/geoclip.py), the
probability is that of all sources together, and the result is an order in which registration tries the places: it has
the last word.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.where import cells
from engine.where.distribution import Distribution

# A place that only a guess names (a language model) counts this much less than one that a search found.
GUESS_PRIOR = 0.05
GUESSES = frozenset({"language_model"})
# Places nearer to each other than this are one place: a quarter of the widest photo.
_SAME_PLACE_KM = 100.0
# A source can be wrong in a way that its log density does not know, so none forbids a place altogether.
_LOWEST = -20.0


@dataclass(frozen=True)
class Proposal:
    """A place that a source proposes.

    Attributes:
        lat, lon: degrees.
        source: its name.
        rank: 0 for the best of its source.
    """

    lat: float
    lon: float
    source: str
    rank: int = 0


@dataclass(frozen=True)
class Verified:
    """A place with the reasons to try it.

    Attributes:
        lat, lon: degrees.
        score: natural logarithm of its weight; the shares of all places add up to 1.
        sources: the sources that proposed it, in the order in which they came.
        guess: whether only guesses named it.
    """

    lat: float
    lon: float
    score: float
    sources: tuple[str, ...] = field(default=())
    guess: bool = False


def proposals(source: str, places: Iterable[tuple[float, float]]) -> list[Proposal]:
    """The places (lat, lon) of one source, the best first."""
    return [Proposal(float(lat), float(lon), source, rank) for rank, (lat, lon) in enumerate(places)]


def verify(
    proposed: Sequence[Proposal],
    ensemble: Distribution,
    aligned: NDArray[np.floating] | None = None,
    priors: Mapping[str, float] | None = None,
) -> list[Verified]:
    """Orders proposed places by how probable they are.

    The weight of a place is p(cell) * exp(aligned(cell)) * prior(source) / (1 + rank), from the source that gives it
    the highest, times the number of independent sources that name it: agreement of retrieval and proposals is evidence.

    Args:
        proposed: places of all sources.
        ensemble: probability from all sources together.
        aligned: log density (cells,) of the source that aligns photos with places; None if there is none.
        priors: weight of a source, 1 where it has none; guesses have GUESS_PRIOR.

    Returns:
        One entry a place, the most probable first; equal ones stay in the order in which they were proposed.
    """
    valid = [place for place in proposed if abs(place.lat) <= 90 and abs(place.lon) <= 360]
    if not valid:
        return []
    numbers = cells.cell_of([place.lat for place in valid], [place.lon for place in valid])
    evidence = _normalised(np.log(np.maximum(ensemble.probability.ravel(), 1e-300)))[numbers]
    if aligned is not None:
        evidence = evidence + _normalised(np.asarray(aligned, np.float64).ravel())[numbers]
    weights = [
        value + math.log(_prior(place.source, priors)) - math.log1p(place.rank)
        for value, place in zip(evidence, valid, strict=True)
    ]
    merged = sorted(_merged(valid, weights), key=lambda place: -place.score)
    total = float(np.logaddexp.reduce([place.score for place in merged]))
    return [Verified(p.lat, p.lon, p.score - total, p.sources, p.guess) for p in merged]


def _prior(source: str, priors: Mapping[str, float] | None) -> float:
    own = GUESS_PRIOR if source in GUESSES else 1.0
    return max((priors or {}).get(source, own), 1e-6)


def _normalised(log_density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative to the best cell, so that each kind of evidence has the same range."""
    return np.maximum(log_density - log_density.max(), _LOWEST)


def _merged(places: Sequence[Proposal], weights: Sequence[float]) -> list[Verified]:
    """Groups of places that are one, each at its heaviest member."""
    order = sorted(range(len(places)), key=lambda at: -weights[at])
    lat, lon = np.array([place.lat for place in places]), np.array([place.lon for place in places])
    left = np.ones(len(places), bool)
    groups = []
    for at in order:
        if not left[at]:
            continue
        members = np.flatnonzero(left & (np.asarray(geo.distance_km(lat, lon, lat[at], lon[at])) <= _SAME_PLACE_KM))
        left[members] = False
        sources = tuple(dict.fromkeys(places[int(member)].source for member in members))
        found = sum(source not in GUESSES for source in sources)
        groups.append(Verified(lat[at], lon[at], weights[at] + math.log(max(found, 1)), sources, guess=not found))
    return [Verified(float(g.lat), float(g.lon), float(g.score), g.sources, g.guess) for g in groups]
