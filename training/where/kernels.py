"""Fits the kernels of `tiles` and `votes` by the likelihood of true places: gain, background and bandwidth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from engine import geo
from engine.errors import UsageError
from engine.where import cells, prior
from engine.where.sources import Kernels, Places, tile_places, vote_places
from training.where.examples import Example

Array = NDArray[np.float64]

START = {"tiles": Kernels(500, 19.0, 16.0, 0.2), "votes": Kernels(100, 8.0, 15.0, 0.1)}
_PLACES = {"tiles": tile_places, "votes": vote_places}
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

    def loss(values: Array) -> float:
        kernels = replace(
            start, gain=float(values[0]), background=float(values[1]), bandwidth=abs(float(values[2])) + 1e-3
        )
        return -float(np.mean([log_probability(kernels, places, place) for places, place in usable]))

    first = np.array([start.gain, start.background, start.bandwidth])
    simplex = first + np.vstack([np.zeros(3), np.diag([3.0, 3.0, 0.1])])
    options = {"initial_simplex": simplex, "maxiter": 300, "xatol": 1e-3, "fatol": 1e-4}
    best = minimize(loss, first, method="Nelder-Mead", options=options)
    gain, background, bandwidth = (float(value) for value in best.x)
    fitted = replace(
        start, gain=round(gain, 2), background=round(background, 2), bandwidth=round(abs(bandwidth) + 1e-3, 3)
    )
    return fitted, -float(best.fun)


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
    bandwidth_km = np.maximum(kernels.bandwidth * width_km, _NARROWEST_KM)
    away = geo.distance_km(lat, lon, *place) / bandwidth_km
    here = np.exp(-0.5 * away**2) / (2 * np.pi * bandwidth_km**2) * cells.area_km2()
    before = float(probability[int(cells.cell_of(*place))])
    return float(np.log(others * before + weight @ here)) - total
