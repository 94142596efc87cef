"""Exports a finished run as a model package."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.photo.read import read_photo
from engine.retrieval.model import square_picture
from training.config import read_config
from training.export import Exported, PackageInfo, export_package
from training.fit import NETWORK
from training.networks import EmbeddingNetwork, NetworkConfig, build
from training.networks.weights import load_strict, read_state_dict
from training.places.dated import DatedPlaces
from training.places.pairs import Imagery
from training.published_config import PublishedConfig, is_published, read_published
from training.published_data import open_sources

_CHECK_PICTURES = 48
_MAX_REAL_PHOTOS = 12
_ORIGINS = {"mobilenetv2": "MobileNetV2 with ImageNet weights (Apache-2.0), fine-tuned"}
_IMAGERY = "Blue Marble Next Generation by NASA Earth Observatory (public domain), and photos simulated from it"
_DATASET = "Sentinel-2 cloudless by EOX IT Services GmbH (CC BY-NC-SA 4.0), data set of EarthLoc"
_WRONG_METRICS_FIX = "give what earthloc evaluate prints, by kind"


@dataclass(frozen=True)
class FinishedRun:
    """A finished run.

    Attributes:
        name: name of the model.
        network: the trained network.
        pictures: uint8 (n, size_px, size_px, 3), to compare the package with torch.
        training_data, origin, photo_weights: see `PackageInfo`.
        resize: how a photo becomes square, "crop" or "squash".
    """

    name: str
    network: EmbeddingNetwork
    pictures: NDArray[np.uint8]
    training_data: str
    origin: str
    resize: str
    photo_weights: tuple[float, ...] = ()


def export_run(
    run: Path,
    config_path: Path,
    data: Path,
    out: Path,
    variant: str,
    version: str,
    measured: Path | None = None,
) -> Exported:
    """Exports `network.pt` of a run.

    The package is compared with torch on simulated photos and tiles, and on the real photos in `data` if there are any.

    Args:
        run: folder of the run.
        config_path: configuration of the run.
        data: folder that relative paths of the configuration start from.
        out, variant: see `export_package`.
        version: version of the package.
        measured: JSON file for the field `measured` of the card, such as {"everywhere": output of `earthloc evaluate
            --no-nadir --json`, "within_1000_km_of_nadir": output without --no-nadir}. The engine computes from it the
            probability of a candidate that is not verified by registration.

    Raises:
        EarthLocError: the run is not finished, does not fit the configuration, or the package cannot be made.
    """
    finished = open_run(run, config_path, data)
    info = PackageInfo(
        finished.name,
        version,
        finished.training_data,
        "GPL-2.0-or-later",
        finished.origin,
        _read_measured(measured),
        finished.photo_weights,
    )
    return export_package(finished.network, out, info, finished.pictures, variant, finished.resize)


def open_run(run: Path, config_path: Path, data: Path) -> FinishedRun:
    """Opens a run of a published recipe or of a training on simulated photos.

    Raises:
        EarthLocError: the run is not finished, or does not fit the configuration.
    """
    if is_published(config_path):
        recipe = read_published(config_path)
        network = _network(run, recipe.network, recipe.seed)
        pictures, training_data = _published_pictures(recipe, data, run)
        # EarthLoc squashes its photos to squares; simulated photos are square already.
        resize = "squash" if training_data == _DATASET else "crop"
        return FinishedRun(
            recipe.name, network, _add_real_photos(pictures, data), training_data, _origin(recipe.network), resize
        )
    config = read_config(config_path)
    network = _network(run, config.network, config.seed)
    imagery = Imagery(config.imagery, config.places, config.network.size_px, config.views, data, run)
    try:
        pictures = _simulated_pairs(imagery, config.seed)
    finally:
        imagery.close()
    pictures, photo_weights = _add_real_photos(pictures, data), config.imagery.photo_weights
    return FinishedRun(config.name, network, pictures, _IMAGERY, _origin(config.network), "crop", photo_weights)


def _network(run: Path, config: NetworkConfig, seed: int) -> EmbeddingNetwork:
    if not (run / NETWORK).is_file():
        raise InputError(run / NETWORK, "is missing: the run is not finished", "repeat the fit command to finish it")
    network = build(replace(config, weights=None), seed)
    load_strict(network, read_state_dict(run / NETWORK), run / NETWORK)
    return network


def _origin(config: NetworkConfig) -> str:
    return _ORIGINS.get(config.backbone, f"public weights of {config.backbone}, fine-tuned") if config.weights else ""


def _read_measured(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        measured = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(path, "cannot be read as JSON", _WRONG_METRICS_FIX) from error
    if not isinstance(measured, dict):
        raise InputError(path, "is not a JSON object", _WRONG_METRICS_FIX)
    return measured


def _add_real_photos(pictures: NDArray[np.uint8], data: Path) -> NDArray[np.uint8]:
    """Appends the first real photos of `<data>/photos`, if there are any."""
    size_px = pictures.shape[1]
    photos = sorted((data / "photos").glob("*.jpg"))[:_MAX_REAL_PHOTOS]
    real = [square_picture(read_photo(photo, max_px=4 * size_px).pixels, size_px, "crop") for photo in photos]
    return np.concatenate([pictures, np.stack(real)]) if real else pictures


def _simulated_pairs(imagery: Imagery, seed: int) -> NDArray[np.uint8]:
    """Returns simulated photos and their tiles, alternating."""
    photos = imagery.photos(np.random.default_rng([seed, 99]), test=True)
    pictures: list[NDArray[np.uint8]] = []
    while len(pictures) < _CHECK_PICTURES:
        photo = next(photos)
        tile = imagery.tile(photo.tile)
        if tile is not None:
            pictures += [photo.pixels, tile]
    return np.stack(pictures)


def _published_pictures(config: PublishedConfig, data: Path, scratch: Path) -> tuple[NDArray[np.uint8], str]:
    """Returns pictures of places, all years of each, and a description of the imagery."""
    small = replace(config, places=replace(config.places, test_photos=1), mining=replace(config.mining, photos=""))
    sources = open_sources(small, data, scratch)
    try:
        places: DatedPlaces = sources.places
        order = np.random.default_rng([config.seed, 99]).permutation(len(places.places))
        by_place = (places.pictures(int(number), config.network.size_px) for number in order)
        chosen = list(islice((p for p in by_place if p is not None), -(-_CHECK_PICTURES // places.years)))
    finally:
        sources.places.close()
    return np.concatenate(chosen), _DATASET if sources.description.startswith("the data set") else _IMAGERY
