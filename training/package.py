"""The model package of a finished run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError
from training.config import TrainingConfig, read_config
from training.export import Exported, PackageInfo, export_package
from training.fit import NETWORK
from training.networks import build
from training.networks.weights import load_strict, read_state_dict
from training.places.pairs import Imagery

_CHECKED = 24
_ORIGIN = "MobileNetV2 with ImageNet weights (Apache-2.0), fine-tuned"
_IMAGERY = "Blue Marble Next Generation by NASA Earth Observatory (public domain), and photos simulated from it"


def export_run(
    run: Path,
    config_path: Path,
    data: Path,
    out: Path,
    variant: str,
    version: str,
    measured: Path | None = None,
) -> Exported:
    """Exports `network.pt` of a run, checked on simulated photos and tiles.

    Args:
        measured: JSON file with the card's `measured`, such as {"everywhere": what `earthloc evaluate --no-nadir
            --json` prints, "within_1000_km_of_nadir": what it prints without}; the engine takes from it how sure
            a candidate is that nothing has checked.

    Raises:
        EarthLocError: the run is not finished, does not fit the configuration, or the package cannot be made.
    """
    config = read_config(config_path)
    if not (run / NETWORK).is_file():
        raise InputError(run / NETWORK, "is missing: the run is not finished", "finish it with the same fit command")
    network = build(replace(config.network, weights=None), config.seed)
    load_strict(network, read_state_dict(run / NETWORK), run / NETWORK)
    origin = _ORIGIN if config.network.weights else ""
    info = PackageInfo(config.name, version, _IMAGERY, "GPL-2.0-or-later", origin, _read_measured(measured))
    return export_package(network, out, info, _pictures(config, data, run), variant)


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


def _pictures(config: TrainingConfig, data: Path, scratch: Path) -> np.ndarray:
    """Simulated photos and their tiles, as many of both."""
    size_px = config.network.size_px
    imagery = Imagery(config.imagery, config.places, size_px, config.views, data, scratch)
    try:
        photos = imagery.photos(np.random.default_rng([config.seed, 99]), test=True)
        pictures: list[np.ndarray] = []
        while len(pictures) < _CHECKED:
            photo = next(photos)
            tile = imagery.tile(photo.tile)
            if tile is not None:
                pictures += [photo.pixels, tile]
    finally:
        imagery.close()
    return np.stack(pictures)
