"""Chooses the settings that turn scores of heads into probabilities, by the likelihood of places that are known."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.where import cells, prior
from engine.where.heads.geodecoder import Hierarchy
from engine.where.sources import Kernels

Array = NDArray[np.float64]

_EXPONENTS = (0.15, 0.25, 0.35, 0.5, 0.7, 1.0)
_FLOORS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
_GAINS = (10.0, 14.0, 19.0, 25.0, 32.0, 40.0)
_BANDWIDTHS = (0.09, 0.13, 0.18, 0.25, 0.35)
_COUNT = 500
_STEPS_OF_BACKGROUND = np.linspace(-6.0, 8.0, 29)


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


def calibrate_kernels(
    similarity: NDArray[np.floating], tiles: NDArray[np.floating], place: NDArray[np.floating]
) -> tuple[Kernels, float]:
    """The kernels of a retrieval head.

    Args:
        similarity: (n, m) of photos with tiles.
        tiles: (m, 3) latitude, longitude and width in km of the tiles.
        place: (n, 2) latitude and longitude of the photos.

    Returns:
        The kernels and the mean log-likelihood that they give.
    """
    before = prior.orbit_probability()[cells.cell_of(place[:, 0], place[:, 1])]
    best = Kernels(_COUNT, 0.0, 0.0, _BANDWIDTHS[0]), float(np.log(before).mean())
    order = np.argsort(-similarity, axis=1)[:, :_COUNT]
    score = np.take_along_axis(np.asarray(similarity, np.float64), order, axis=1)
    lat, lon, width_km = np.moveaxis(tiles[order].astype(np.float64), -1, 0)
    distance_km = np.asarray(geo.distance_km(place[:, :1], place[:, 1:2], lat, lon))
    for bandwidth in _BANDWIDTHS:
        sigma_km = np.maximum(bandwidth * width_km, 40.0)
        # The share of a kernel that lies in the true cell, as engine.where.density has it, on flat ground.
        kernel = np.exp(-0.5 * (distance_km / sigma_km) ** 2) * cells.area_km2() / (2 * np.pi * sigma_km**2)
        for gain, step in product(_GAINS, _STEPS_OF_BACKGROUND):
            # Around the weight of a typical best tile.
            background = gain * float(np.median(score[:, 0])) + step
            weight = np.exp(gain * score - background)
            likelihood = np.log((before + (weight * kernel).sum(axis=1)) / (1.0 + weight.sum(axis=1))).mean()
            if likelihood > best[1]:
                best = Kernels(_COUNT, gain, round(background, 1), bandwidth), float(likelihood)
    return best
