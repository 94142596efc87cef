"""Fits the kernels of `tiles` and `votes` by the likelihood of true places: gain, background, bandwidth and tail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from engine import geo
from engine.errors import UsageError
from engine.where import cells, prior
from engine.where.sources import Kernels, Places, tile_places, vote_places
from training.where.examples import Example

Array = NDArray[np.float64]

START = {"tiles": Kernels(500, 19.0, 16.0, 0.2), "votes": Kernels(100, 8.0, 15.0, 0.1)}
_PLACES = {"tiles": tile_places, "votes": vote_places}
# Where the search for the tail starts: the logit of its share, and by how much it is wider than the rest.
_TAIL = (-1.0, 1.5)
_WIDEST_TAIL = 1.0  # in widths of the place; what is farther away is the background
_NARROWEST_KM = 40.0  # as in engine/where/density.py


def fit_kernels(name: str, examples: Sequence[Example]) -> tuple[Kernels, float]:
    """The kernels with the highest mean log probability of the true cells, and this mean.

    Args:
        name: "tiles" or "votes".
        examples: photos; those of which the source says nothing are left out.

    Raises:
        UsageError: there is no such photo.
    """
    found = [(_PLACES[name](one.evidence), one.place) for one in examples]
    usable = [(places, place) for places, place in found if places is not None]
    if not usable:
        raise UsageError(None, f"no photo says anything of {name}", "give photos that can be searched")
    return fit_places(START[name], usable)


def fit_places(start: Kernels, usable: Sequence[tuple[Places, tuple[float, float] | None]]) -> tuple[Kernels, float]:
    """The same for any retrieval: of each photo the places found, best first, and the true one, (lat, lon) or None.

    Args:
        start: where the search for the best kernels starts; its count stays.
        usable: at least one photo.
    """

    def kernels(values: Array) -> Kernels:
        gain, background, bandwidth, tail, wider = (float(value) for value in values)
        bandwidth = abs(bandwidth) + 1e-3
        return replace(
            start,
            gain=round(gain, 2),
            background=round(background, 2),
            bandwidth=round(bandwidth, 3),
            tail=round(float(expit(tail)), 3),
            tail_bandwidth=round(min(bandwidth * (1.0 + abs(wider)), max(bandwidth, _WIDEST_TAIL)), 3),
        )

    def loss(values: Array) -> float:
        return -float(np.mean([log_probability(kernels(values), places, place) for places, place in usable]))

    first = np.array([start.gain, start.background, start.bandwidth, *_TAIL])
    simplex = first + np.vstack([np.zeros(5), np.diag([3.0, 3.0, 0.1, 1.0, 1.0])])
    options = {"initial_simplex": simplex, "maxiter": 500, "xatol": 1e-3, "fatol": 1e-4}
    best = minimize(loss, first, method="Nelder-Mead", options=options)
    return kernels(best.x), -float(best.fun)


def log_probability(kernels: Kernels, places: Places, place: tuple[float, float] | None) -> float:
    """Log probability of the cell at `place` under the prior and the kernels, which are taken for plane Gaussians.

    For a photo that shows nothing, `place` is None: then the mean over the prior, where kernels count for nothing.
    """
    lat, lon, width_km, score = (values[: kernels.count] for values in places)
    log_weight = kernels.gain * score
    highest = max(float(log_weight.max()), kernels.background)
    weight, others = np.exp(log_weight - highest), np.exp(kernels.background - highest)
    total = float(np.log(others + weight.sum()))
    probability = prior.orbit_probability()
    if place is None:
        return kernels.background - highest - total + float(probability @ np.log(probability))
    away_km = geo.distance_km(lat, lon, *place)
    here = np.zeros(len(lat))
    for share, bandwidth in ((1.0 - kernels.tail, kernels.bandwidth), (kernels.tail, kernels.tail_bandwidth)):
        bandwidth_km = np.maximum(bandwidth * width_km, _NARROWEST_KM)
        density = np.exp(-0.5 * (away_km / bandwidth_km) ** 2) / (2 * np.pi * bandwidth_km**2)
        here += share * density * cells.area_km2()
    before = float(probability[int(cells.cell_of(*place))])
    return float(np.log(others * before + weight @ here)) - total
