"""The model package of a finished run."""

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

_CHECKED = 48
_REAL = 12
_ORIGINS = {"mobilenetv2": "MobileNetV2 with ImageNet weights (Apache-2.0), fine-tuned"}
_IMAGERY = "Blue Marble Next Generation by NASA Earth Observatory (public domain), and photos simulated from it"
_DATASET = "Sentinel-2 cloudless by EOX IT Services GmbH (CC BY-NC-SA 4.0), data set of EarthLoc"


@dataclass(frozen=True)
class FinishedRun:
    """A run as it is exported: its name, its network, pictures to check it on, and how a photo becomes square."""

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
    """Exports `network.pt` of a run, checked on real photos where `data` has them, and on simulated photos and tiles.

    Args:
        measured: JSON file with the card's `measured`, such as {"everywhere": what `earthloc evaluate --no-nadir
            --json` prints, "within_1000_km_of_nadir": what it prints without}; the engine takes from it how sure
            a candidate is that nothing has checked.

    Raises:
        EarthLocError: the run is not finished, does not fit the configuration, or the package cannot be made.
    """
    found = open_run(run, config_path, data)
    info = PackageInfo(
        found.name,
        version,
        found.training_data,
        "GPL-2.0-or-later",
        found.origin,
        _read_measured(measured),
        found.photo_weights,
    )
    return export_package(found.network, out, info, found.pictures, variant, found.resize)


def open_run(run: Path, config_path: Path, data: Path) -> FinishedRun:
    """Opens a run of either kind of configuration.

    Raises:
        EarthLocError: the run is not finished, or does not fit the configuration.
    """
    if is_published(config_path):
        recipe = read_published(config_path)
        network = _network(run, recipe.network, recipe.seed)
        pictures, trained_on = _published_pictures(recipe, data, run)
        # EarthLoc squashes photos to squares; simulated ones are square.
        resize = "squash" if trained_on == _DATASET else "crop"
        return FinishedRun(
            recipe.name, network, _with_real(pictures, data), trained_on, _origin(recipe.network), resize
        )
    config = read_config(config_path)
    network = _network(run, config.network, config.seed)
    imagery = Imagery(config.imagery, config.places, config.network.size_px, config.views, data, run)
    try:
        pictures = _simulated_pairs(imagery, config.seed)
    finally:
        imagery.close()
    pictures, weights = _with_real(pictures, data), config.imagery.photo_weights
    return FinishedRun(config.name, network, pictures, _IMAGERY, _origin(config.network), "crop", weights)


def _network(run: Path, config: NetworkConfig, seed: int) -> EmbeddingNetwork:
    if not (run / NETWORK).is_file():
        raise InputError(run / NETWORK, "is missing: the run is not finished", "finish it with the same fit command")
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
        raise InputError(path, "cannot be read as JSON", "give what earthloc evaluate prints, by kind") from error
    if not isinstance(measured, dict):
        raise InputError(path, "is no JSON object", "give what earthloc evaluate prints, by kind")
    return measured


def _with_real(pictures: NDArray[np.uint8], data: Path) -> NDArray[np.uint8]:
    """The pictures, and real photos of `<data>/photos` where there are any."""
    size_px = pictures.shape[1]
    photos = sorted((data / "photos").glob("*.jpg"))[:_REAL]
    real = [square_picture(read_photo(photo, max_px=4 * size_px).pixels, size_px, "crop") for photo in photos]
    return np.concatenate([pictures, np.stack(real)]) if real else pictures


def _simulated_pairs(imagery: Imagery, seed: int) -> NDArray[np.uint8]:
    """Simulated photos and their tiles, as many of both."""
    photos = imagery.photos(np.random.default_rng([seed, 99]), test=True)
    pictures: list[NDArray[np.uint8]] = []
    while len(pictures) < _CHECKED:
        photo = next(photos)
        tile = imagery.tile(photo.tile)
        if tile is not None:
            pictures += [photo.pixels, tile]
    return np.stack(pictures)


def _published_pictures(config: PublishedConfig, data: Path, scratch: Path) -> tuple[NDArray[np.uint8], str]:
    """Pictures of places, all years of each, and what imagery they are of."""
    small = replace(config, places=replace(config.places, test_photos=1), mining=replace(config.mining, photos=""))
    sources = open_sources(small, data, scratch)
    try:
        places: DatedPlaces = sources.places
        order = np.random.default_rng([config.seed, 99]).permutation(len(places.places))
        read = (places.pictures(int(number), config.network.size_px) for number in order)
        some = list(islice((p for p in read if p is not None), -(-_CHECKED // places.years)))
    finally:
        sources.places.close()
    return np.concatenate(some), _DATASET if sources.described.startswith("the data set") else _IMAGERY
