"""Chooses the settings that turn scores of heads into probabilities, by the likelihood of places that are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.where import cells, prior
from engine.where.heads.geodecoder import Hierarchy
from engine.where.sources import Kernels, Places
from training.where.kernels import fit_places

_EXPONENTS = (0.15, 0.25, 0.35, 0.5, 0.7, 1.0)
_FLOORS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
# Where the search for CosPlace's kernels starts.
_COUNT, _GAIN, _BANDWIDTH = 500, 19.0, 0.2


def calibrate_geodecoder(
    hierarchy: Hierarchy, logs: list[NDArray[np.float32]], place: NDArray[np.floating], weights: tuple[float, ...]
) -> tuple[tuple[float, ...], float, float]:
    """Exponents and floor of GeoDecoder.

    Args:
        hierarchy: of the cells.
        logs: for each photo (rotations, all), logarithms of the probabilities of the cells of all levels.
        place: (n, 2) latitude and longitude of the photos.
        weights: the exponents are one of several numbers times these.

    Returns:
        Exponents, floor, and the mean log-likelihood that they give.
    """
    here = cells.cell_of(place[:, 0], place[:, 1])
    before = prior.orbit_probability()[here]
    best: tuple[tuple[float, ...], float, float] = (weights, 1.0, float(np.log(before).mean()))
    for factor in _EXPONENTS:
        exponents = tuple(round(factor * weight, 3) for weight in weights)
        found = [
            hierarchy.over_the_globe(np.exp(hierarchy.product(of_photo, exponents)).mean(axis=0))[cell]
            for of_photo, cell in zip(logs, here, strict=True)
        ]
        for floor in _FLOORS:
            likelihood = float(np.log(floor * before + (1.0 - floor) * np.array(found)).mean())
            if likelihood > best[2]:
                best = (exponents, floor, likelihood)
    return best


def calibrate_cosplace(
    similarity: NDArray[np.floating], tiles: NDArray[np.floating], place: NDArray[np.floating]
) -> tuple[Kernels, float]:
    """The kernels of CosPlace, and the mean log probability of the true cells that they give.

    Args:
        similarity: (n, m) of photos with tiles.
        tiles: (m, 3) latitude, longitude and width in km of the tiles.
        place: (n, 2) latitude and longitude of the photos.
    """
    found: list[tuple[Places, tuple[float, float]]] = []
    for values, (lat, lon) in zip(similarity, place[:, :2].tolist(), strict=True):
        best = np.argsort(-values, kind="stable")[:_COUNT]
        lats, lons, widths_km = tiles[best].astype(np.float64).T
        found.append(((lats, lons, widths_km, values[best].astype(np.float64)), (lat, lon)))
    best_scores = np.array([scores[0] for (_, _, _, scores), _ in found])
    start = Kernels(_COUNT, _GAIN, _GAIN * float(np.median(best_scores)), _BANDWIDTH)
    return fit_places(start, found)
