"""Galleries: the cells that a source tells apart, the fit of its two numbers, and its files in a where package."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.errors import OutputError
from engine.imagery.land import is_land
from engine.retrieval.descriptors import to_float32, to_int8
from engine.retrieval.index import RegionalIndex
from engine.where import cells
from engine.where.heads.gallery import OUTSIDE, Gallery, ImageHead
from engine.where.package import CARD, FORMAT
from training.where.contrast import Pairs
from training.where.descriptors import Described

LEVEL = 3
# Photos from the station's orbit show no ground beyond these latitudes, and the mosaic has none either.
_SOUTH, _NORTH = -62.0, 76.0
_AROUND = 3  # side, in cells, of the square around a cell in which there must be land
_SCALES = 2.0 ** np.arange(0.0, 7.01, 0.5)
_BACKGROUNDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4)


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
    row_of = np.full(cells.count(gallery.level), -1)
    row_of[gallery.numbers] = np.arange(len(gallery.numbers))
    own = row_of[cells.cell_of(photos.place[:, 0], photos.place[:, 1], gallery.level)]
    shares = np.zeros((len(_SCALES), len(photos)))  # of the probability that the softmax gives the photo's cell
    for number, (one, row) in enumerate(zip(photos.views, own, strict=True)):
        similarity = gallery.embeddings @ head(one[:views]).T
        for at, scale in enumerate(_SCALES):
            odds = np.exp(np.float32(scale) * (similarity - similarity.max())).sum(axis=1)
            shares[at, number] = odds[row] / odds.sum() if row >= 0 else 0.0
    fits = [
        Fit(float(scale), background, float(np.log(_probability(gallery, share, own >= 0, background)).mean()))
        for scale, share in zip(_SCALES, shares, strict=True)
        for background in _BACKGROUNDS
    ]
    return max(fits, key=lambda fit: fit.mean_log_probability)


def _probability(
    gallery: Gallery, share: NDArray[np.float64], inside: NDArray[np.bool_], background: float
) -> NDArray[np.float64]:
    """Probability of the photos' finest cells: what Gallery.log_density gives, normalised."""
    count = len(gallery.numbers)
    each = np.where(inside, (1.0 - background) * share + background / count, OUTSIDE * background / count)
    total = 1.0 + OUTSIDE * background * (cells.count(gallery.level) - count) / count
    return each / total / 4.0 ** (cells.FINEST - gallery.level)


def write_gallery(
    folder: Path, name: str, gallery: Gallery, head: ImageHead, views: int, model_sha256: str, about: dict[str, Any]
) -> int:
    """Writes a source's files and its entry in where.json, which must be there already or is made.

    Returns:
        Size of the files in bytes.
    """
    arrays = {
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
    return write_source(folder, name, "gallery", arrays, settings, model_sha256, about)


def write_source(
    folder: Path,
    name: str,
    kind: str,
    arrays: dict[str, NDArray[Any]],
    settings: dict[str, Any],
    model_sha256: str | None,
    about: dict[str, Any],
) -> int:
    """Writes the arrays of a source as `<name>-<role>.npy` and its entry in where.json; returns their bytes.

    Raises:
        OutputError: a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files, total = {}, 0
        for role, values in arrays.items():
            path = folder / f"{name}-{role}.npy"
            np.save(path, values, allow_pickle=False)
            data = path.read_bytes()
            files[role] = {"file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            total += len(data)
        card = folder / CARD
        package = json.loads(card.read_text(encoding="utf-8")) if card.exists() else _new_package()
        entry = {"kind": kind, "files": files, "settings": settings, "about": about}
        if model_sha256 is not None:
            entry["model_sha256"] = model_sha256
        package["sources"][name] = entry
        card.write_text(json.dumps(package, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError.from_os_error(folder, error) from error
    return total


def _new_package() -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": "earthloc-where",
        "version": "1.0.0",
        "license": "GPL-2.0-or-later",
        "origin": "trained on photos simulated from NASA's Blue Marble",
        "sources": {},
    }
