"""Recall against area: how much of the Earth is searched, most probable places first, until photos are found.

The measure of "Optimizing geo-localization with recall against area" (arXiv 2407.13862): recall as a function of the
accumulated area. It is taken for all sources together, for each source alone, and without each source.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.where import prior
from engine.where.distribution import SEARCH_PERCENT, Distribution
from engine.where.estimator import Estimator
from engine.where.evidence import Evidence

ALL = "all"
LAND, PRIOR = "land, uniform", "orbit and land"
_RECALL_PERCENT = (50, 90)


class AreaRecall:
    """Collects photos with known places.

    Args:
        estimator: whose sources are measured.

    Attributes:
        areas_km2: searched until each photo is found, by source.
        percent_at: the percentage above which the area to search holds each photo, with all sources.
    """

    def __init__(self, estimator: Estimator) -> None:
        self._estimator = estimator
        self._baselines = {
            LAND: Distribution.from_log(prior.land_log_density()),
            PRIOR: Distribution.from_log(prior.orbit_log_density()),
        }
        self.areas_km2: dict[str, list[float]] = {}
        self.percent_at: list[float] = []
        self._log_probability: list[float] = []

    def add(self, evidence: Evidence, place: tuple[float, float]) -> None:
        """Adds a photo whose middle is at `place`, (lat, lon). A source that says nothing counts as the prior."""
        estimate = self._estimator.estimate(evidence)
        parts = estimate.densities
        combine = self._estimator.combine
        found = dict(self._baselines)
        whole = found[ALL] = estimate.distribution
        for name, part in parts.items():
            found[name] = combine([part])
            found[f"{ALL} without {name}"] = combine([other for one, other in parts.items() if one != name])
        for name in self._names():
            missing = whole if name.startswith(ALL) else self._baselines[PRIOR]
            area_km2 = found.get(name, missing).area_until_km2(*place)
            self.areas_km2.setdefault(name, []).append(area_km2)
        self.percent_at.append(whole.percent_at(*place))
        self._log_probability.append(whole.log_probability_at(*place))

    def _names(self) -> list[str]:
        sources = [expert.source.name for expert in self._estimator.experts]
        return [ALL, *sources, *(f"{ALL} without {name}" for name in sources), *self._baselines]

    def summary(self) -> dict[str, Any]:
        """What was measured, empty without any photo.

        Returns:
            area_km2: {"50", "90"}, the area searched until so many percent of the photos are found, with all sources;
            area_by_source: the same for each source and baseline;
            area_curve: for all sources, the areas (km2) at which one photo more is found, in ascending order;
            area_calibration: {"50", "90", "99"}, the percentage of the photos inside the areas to search of these
            probabilities; mean_log_probability of the photos' cells.
        """
        if not self.percent_at:
            return {}
        by_source = {name: _areas(values) for name, values in self.areas_km2.items()}
        inside = np.array(self.percent_at)
        return {
            "area_km2": by_source[ALL],
            "area_by_source": by_source,
            "area_curve": [round(area) for area in sorted(self.areas_km2[ALL])],
            "area_calibration": {str(p): round(100 * float((inside < p).mean()), 1) for p in SEARCH_PERCENT},
            "mean_log_probability": round(float(np.mean(self._log_probability)), 3),
        }


def _areas(values: Sequence[float]) -> dict[str, int]:
    """The area within which 50 and 90 % of the photos are found: of the first photo that reaches the percentage."""
    ordered = np.sort(values)
    return {str(p): round(float(ordered[int(np.ceil(p / 100 * len(ordered))) - 1])) for p in _RECALL_PERCENT}
