"""Opens the estimator that ships with the engine, once."""

from __future__ import annotations

from functools import lru_cache

from engine.where.estimator import Estimator, Expert
from engine.where.sources import DaylightSource, Kernels, NadirSource, TilesSource, VotesSource


@lru_cache(maxsize=1)
def open_estimator() -> Estimator:
    """The estimator with all sources that can be used."""
    return Estimator(
        [
            Expert(TilesSource(Kernels(count=500, gain=19.0, background=16.2, bandwidth=0.18)), 1.0),
            Expert(VotesSource(Kernels(count=100, gain=8.7, background=15.4, bandwidth=0.1)), 1.0),
            Expert(NadirSource(), 1.0),
            Expert(DaylightSource(), 1.0),
        ]
    )
