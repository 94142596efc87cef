"""Places to register besides those that the search found: candidates of several kinds, verified (G3, NeurIPS 2024).

G3 diversifies the candidates, by several ways of proposing places, and verifies them by one similarity. Here the search
proposes its candidates, the probability over cells proposes the middles of its regions, and a language model on the
user's own computer may propose more. `engine/where/verify.py` orders all of them. The best new ones are registered
after the candidates of the search, whose order is measured, and registration has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.candidates import Candidate
from engine.where.distribution import Distribution
from engine.where.verify import proposals, verify

SEARCH, REGIONS, LANGUAGE_MODEL = "search", "where", "language_model"
ALIGNED = "geoclip"  # the source that aligns photos with places
_REGIONS = 3
_MOST = 5
_REGIONS_PERCENT = 90
_USUAL_WIDTH_KM = 300.0


def more_candidates(
    candidates: Sequence[Candidate],
    distribution: Distribution,
    densities: Mapping[str, NDArray[np.floating]],
    guesses: Sequence[tuple[float, float]] = (),
    width_km: float | None = None,
) -> list[Candidate]:
    """At most five candidates at places that the search did not find, the most probable first.

    Args:
        candidates: of the search, at least one.
        distribution: probability of every place.
        densities: log density (cells,) of the sources, by name.
        guesses: (lat, lon) from a language model.
        width_km: ground that the photo shows, if the lens tells.
    """
    regions = [region.center for region in distribution.regions(_REGIONS_PERCENT, _REGIONS)]
    proposed = proposals(SEARCH, [(one.lat, one.lon) for one in candidates])
    proposed += proposals(REGIONS, regions) + proposals(LANGUAGE_MODEL, guesses)
    verified = verify(proposed, distribution, densities.get(ALIGNED))
    new = [place for place in verified if SEARCH not in place.sources][:_MOST]
    last = candidates[-1]
    return [
        Candidate(
            candidates[0].index,
            place.lat,
            place.lon,
            width_km or _USUAL_WIDTH_KM,
            0.0,
            last.score,
            None,
            None,
            last.shape,
        )
        for place in new
    ]
