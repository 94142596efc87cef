"""Galleries: the cells that a source tells apart, the fit of its two numbers, and its files in a where package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.imagery.land import is_land
from engine.retrieval.descriptors import to_float32, to_int8
from engine.retrieval.index import RegionalIndex
from engine.where import cells
from engine.where.heads.gallery import OUTSIDE, Gallery, ImageHead
from training.where.contrast import Pairs
from training.where.descriptors import Described
from training.where.package import add_source, npy

LEVEL = 3
# Photos from the station's orbit show no ground beyond these latitudes, and the mosaic has none either.
_SOUTH, _NORTH = -62.0, 76.0
_AROUND = 3  # side, in cells, of the square around a cell in which there must be land
_SCALES = 2.0 ** np.arange(0.0, 7.01, 0.5)
# Not less than a tenth: real photos differ more from simulated ones than these from each other.
BACKGROUNDS = (0.1, 0.2, 0.4)


def gallery_cells(level: int = LEVEL) -> NDArray[np.int64]:
    """Numbers of the cells of a level that a photo's middle may lie in: on land, or next to a cell with land."""
    land = cells.coarser(is_land(*cells.centers()).reshape(cells.shape()).astype(float), cells.FINEST - level)
    near = ndimage.maximum_filter(land, _AROUND, mode=("nearest", "wrap")).ravel() > 0
    lat, _ = cells.centers(level)
    return np.flatnonzero(near & (lat > _SOUTH) & (lat < _NORTH))


def index_tiles(folder: Path, narrowest_km: float = 200.0) -> Pairs:
    """Descriptors and places of the tiles of an index that are at least so wide."""
    index = RegionalIndex.open(folder)
    tiles = index.tiles_at(slice(None))
    rows = np.flatnonzero(tiles["width_km"] >= narrowest_km)
    place = np.stack([tiles[column][rows] for column in ("lat", "lon", "width_km")], axis=1)
    return Pairs(to_float32(index.stored_at(rows)), place.astype(np.float32))


def rows_of(numbers: NDArray[np.int64], level: int, place: NDArray[np.float32]) -> NDArray[np.int64]:
    """Position (n,) in `numbers` of the cells that hold places (n, 2 or more), latitude and longitude; -1 outside."""
    row_of = np.full(cells.count(level), -1)
    row_of[numbers] = np.arange(len(numbers))
    return row_of[cells.cell_of(place[:, 0], place[:, 1], level)]


@dataclass(frozen=True)
class Fit:
    """The fitted numbers of a gallery, and the mean log probability of photos' cells under them."""

    scale: float
    background: float
    mean_log_probability: float


def fit_gallery(gallery: Gallery, head: ImageHead, photos: Described, views: int) -> Fit:
    """Scale and background under which photos of known places are most probable.

    Args:
        gallery: with any scale and background.
        head: the image head.
        photos: with all views; no photo of a place held out for testing.
        views: number of views that are used.
    """
    own = rows_of(gallery.numbers, gallery.level, photos.place)
    shares = np.zeros((len(_SCALES), len(photos)))  # of the probability that the softmax gives the photo's cell
    for number, (one, row) in enumerate(zip(photos.views, own, strict=True)):
        similarity = gallery.embeddings @ head(one[:views]).T
        for at, scale in enumerate(_SCALES):
            odds = np.exp(np.float32(scale) * (similarity - similarity.max())).sum(axis=1)
            shares[at, number] = odds[row] / odds.sum() if row >= 0 else 0.0
    level, count = gallery.level, len(gallery.numbers)
    fits = [
        Fit(float(scale), background, float(np.log(cell_probability(level, count, share, own >= 0, background)).mean()))
        for scale, share in zip(_SCALES, shares, strict=True)
        for background in BACKGROUNDS
    ]
    return max(fits, key=lambda fit: fit.mean_log_probability)


def cell_probability(
    level: int, count: int, share: NDArray[np.float64], inside: NDArray[np.bool_], background: float
) -> NDArray[np.float64]:
    """Probability (n,) of the photos' finest cells, as the sources' log densities give it, normalised.

    Args:
        level, count: of the cells that the source tells apart.
        share: (n,) of the probability without the background that the photo's cell has.
        inside: (n,) whether it is one of these cells.
        background: share of the probability that is spread evenly.
    """
    each = np.where(inside, (1.0 - background) * share + background / count, OUTSIDE * background / count)
    total = 1.0 + OUTSIDE * background * (cells.count(level) - count) / count
    return each / total / 4.0 ** (cells.FINEST - level)


def write_gallery(
    folder: Path, name: str, gallery: Gallery, head: ImageHead, views: int, model_sha256: str, about: dict[str, Any]
) -> int:
    """Writes a source into a where package (training/where/package.py); returns the bytes of its files."""
    arrays: dict[str, NDArray[Any]] = {
        "cells": gallery.numbers.astype(np.uint16),
        "embeddings": to_int8(gallery.embeddings),
        "first": head.first.astype(np.float16),
    }
    if head.second is not None:
        arrays["second"] = head.second.astype(np.float16)
    settings = {
        "level": gallery.level,
        "scale": gallery.scale,
        "background": gallery.background,
        "layers": 1 if head.second is None else 2,
        "views": views,
    }
    files = {role: (f"{name}-{role}.npy", npy(np.asarray(values))) for role, values in arrays.items()}
    add_source(folder, name, "gallery", files, settings, model_sha256, about)
    return sum(len(data) for _, data in files.values())
