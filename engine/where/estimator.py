"""The probability of every place, from all sources together: a product of experts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.contract.localization import LeftOut, SearchArea, SearchRegion, Where
from engine.errors import EarthLocError
from engine.where import prior
from engine.where.distribution import SEARCH_PERCENT, Distribution
from engine.where.evidence import Evidence
from engine.where.sources import Source

_REGIONS_PERCENT = 90
_DECIMALS = 3  # of degrees: 100 m, and cells are 57 km wide


@dataclass(frozen=True)
class Expert:
    """A source with its exponent: 1 takes it at its word, less makes it less certain (1 / temperature)."""

    source: Source
    exponent: float


@dataclass(frozen=True, eq=False)
class Estimate:
    """Where a photo could have been taken.

    Attributes:
        distribution: the probability.
        densities: weighted log density (cells,) of each source that had something to say, by name.
        left_out: sources that could not be used, and why.
    """

    distribution: Distribution
    densities: dict[str, NDArray[np.floating]]
    left_out: list[LeftOut]

    def log_density(self, but: Collection[str] = ()) -> NDArray[np.floating]:
        """Log density (cells,) of the prior and all sources except some, up to a constant."""
        used = [density for name, density in self.densities.items() if name not in but]
        return np.asarray(sum(used, start=prior.orbit_log_density()))

    def as_json(self) -> Where:
        """For the localization."""
        areas: list[SearchArea] = [
            {
                "percent": percent,
                "area_km2": round(self.distribution.area_km2(percent)),
                "outline": geo.geometry_json(self.distribution.outline(percent), _DECIMALS),
            }
            for percent in SEARCH_PERCENT
        ]
        regions: list[SearchRegion] = [
            {
                "probability": round(region.probability, 4),
                "area_km2": round(region.area_km2),
                "center": [round(value, 3) for value in region.center],
            }
            for region in self.distribution.regions(_REGIONS_PERCENT)
        ]
        return {
            "areas": areas,
            "regions": regions,
            "sources": list(self.densities),
            "left_out": self.left_out,
            "map": self.distribution.encoded(),
        }


def left_out(source: str, error: EarthLocError) -> LeftOut:
    """A source that could not be used, and why, for the localization."""
    left: LeftOut = {"source": source, "reason": str(error)}
    if error.message is not None:
        left["message_id"], left["message_params"] = error.message.id, error.message.json_params()
    return left


class Estimator:
    """Combines sources (Hinton 2002, "Training products of experts by minimizing contrastive divergence").

    log p(cell) = log prior(cell) + sum of exponent * log density(cell) over the sources, normalised, is the product.
    The sources can be wrong all at once, so a share of the prior is mixed in.

    Args:
        experts: the sources with their exponents.
        left_out: sources that are missing, and why.
        wrong: that share, 0 to 1.
    """

    def __init__(self, experts: Sequence[Expert], left_out: Sequence[LeftOut] = (), wrong: float = 0.0) -> None:
        self.experts = list(experts)
        self.left_out = list(left_out)
        self.wrong = wrong

    def estimate(self, evidence: Evidence, only: Collection[str] | None = None) -> Estimate:
        """The probability of every place for one photo. Without any evidence it is the prior.

        Args:
            evidence: of the photo.
            only: names of the sources to use; None for all.
        """
        found: dict[str, NDArray[np.floating]] = {}
        missing = list(self.left_out)
        for expert in self.experts:
            if only is not None and expert.source.name not in only:
                continue
            try:
                density = expert.source.log_density(evidence)
            except EarthLocError as error:  # the others still count
                missing.append(left_out(expert.source.name, error))
                continue
            if density is not None:
                found[expert.source.name] = expert.exponent * density
        return Estimate(self.combine(list(found.values())), found, missing)

    def combine(self, densities: Sequence[NDArray[np.floating]]) -> Distribution:
        """The product of the prior and weighted log densities (cells,), with the share that is the prior."""
        product = Distribution.from_log(sum(densities, start=prior.orbit_log_density())).probability
        before = prior.orbit_probability().reshape(product.shape)
        return Distribution((1.0 - self.wrong) * product + self.wrong * before)
