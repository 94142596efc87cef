"""Packages of a run of a recipe, and the recall lost by half precision and 8 bits."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")

from accelerate.state import AcceleratorState, PartialState
from PIL import Image
from tiny_dataset import write_dataset

from engine import geo
from engine.errors import InputError, UsageError
from engine.imagery.raster import RasterSource
from engine.retrieval.model import ModelPackage
from training import export
from training.cli import main
from training.networks.convnets import Compact
from training.package import export_run
from training.variants import around, compare_variants

RECIPE = """
recipe = "earthloc"
name = "tiny"
[network]
backbone = "compact"
input = "rgb"
size_px = 32
[network.aggregator]
kind = "gem"
[dataset]
folder = "earthloc"
[sampling]
places_per_batch = 4
[schedule]
epochs = 1
iterations = 2
"""


@pytest.fixture(scope="module", autouse=True)
def _small():
    """Replaces the compact backbone by one with eight thousand parameters."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compact, "widths", (8, 8, 8, 16))
        patch.setattr(Compact, "channels", 16)
        yield
    AcceleratorState._reset_state(True)
    PartialState._reset_state()


@pytest.fixture(scope="module")
def data(tmp_path_factory, make_raster):
    """A dataset, a run on it, a raster, and a truth table of two photos that are cut out of the raster."""
    folder = tmp_path_factory.mktemp("data")
    write_dataset(folder / "earthloc", rows=2, columns=3)
    (folder / "c.toml").write_text(RECIPE)
    common = ["--config", str(folder / "c.toml"), "--data", str(folder)]
    assert main(["fit", *common, "--out", str(folder / "run"), "--cpu"]) == 0
    make_raster(folder / "europe.tif", bounds=(0.0, 40.0, 24.0, 56.0), width=1200, height=800)
    lines = ["photo,lat1,lon1,lat2,lon2,lat3,lon3,lat4,lon4,nadir_lat,nadir_lon"]
    with RasterSource.open(folder / "europe.tif") as source:
        for number, (lat, lon) in enumerate([(46.0, 8.0), (50.0, 15.0)]):
            Image.fromarray(source.square(lat, lon, 280, 100)[0]).save(folder / f"{number}.png")
            corners = geo.square_corners(lat, lon, 280)
            lines.append(f"{number}.png," + ",".join(f"{a},{b}" for a, b in corners) + ",,")
    (folder / "truth.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def exported(data):
    """The package of the run, exported by the command."""
    command = ["export", str(data / "run"), "--config", str(data / "c.toml"), "--data", str(data), "--variant", "fp32"]
    assert main([*command, "--out", str(data / "package"), "--version", "2.0"]) == 0
    return data / "package"


@pytest.fixture
def _exported_before(exported, monkeypatch):
    """Reuses the exported graph, because an export takes seconds."""
    graph = onnx.load(exported / "tiny.onnx")
    monkeypatch.setattr(export, "to_onnx", lambda _: graph)


def test_exported_recipe_agrees_with_torch(data, exported):
    model = ModelPackage.open(exported)
    assert (model.name, model.version, model.dimension) == ("tiny", "2.0", 16)
    assert model.card["parity"]["min_cosine"] > 0.9999
    assert model.card["parity"]["pictures"] == 24  # six places, four years
    assert model.input.resize == "squash"
    assert "EarthLoc" in model.card["training_data"]
    assert model.card["origin"] == ""


@pytest.mark.usefixtures("_exported_before")
def test_variants_are_measured_on_the_same_photos(data, tmp_path, capsys):
    command = ["variants", str(data / "run"), "--config", str(data / "c.toml"), "--data", str(data)]
    command += ["--truth", str(data / "truth.csv"), "--imagery", str(data / "europe.tif"), "--tile-km", "313"]
    assert main([*command, "--out", str(tmp_path / "out"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"fp32", "fp16", "int8"}
    assert found["fp32"]["lost"] == dict.fromkeys(("1", "5", "10", "20", "100"), 0.0)
    assert found["fp16"]["min_cosine"] > 0.9999
    assert found["fp16"]["bytes"] < found["fp32"]["bytes"]
    assert found["fp32"]["recall"]["100"] == 100.0  # there are fewer than a hundred tiles
    for variant in ("fp32", "fp16"):
        assert ModelPackage.open(tmp_path / "out" / variant).card["variant"] == variant
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.usefixtures("_exported_before")
def test_variant_that_differs_from_torch_is_reported_and_the_others_are_measured(data, tmp_path, monkeypatch):
    monkeypatch.setitem(export.MIN_COSINE, "int8", 1.1)
    arguments = (
        data / "run",
        data / "c.toml",
        data,
        tmp_path / "out",
        data / "truth.csv",
        data / "europe.tif",
        [313.0],
    )
    found = compare_variants(*arguments)
    assert "differ from torch's" in found["int8"]["error"]
    assert "lost" in found["fp16"]
    assert not (tmp_path / "out" / "int8").exists()


def test_default_region_surrounds_the_photos(data):
    west, south, east, north = around(data / "truth.csv")
    assert 0 < west < 3 < 8
    assert 20 < east < 23
    assert 39 < south < 41
    assert 55 < north < 57


@pytest.mark.parametrize(("option", "value"), [("--bbox", "1,2,3"), ("--bbox", "a,b,c,d"), ("--tile-km", "wide")])
def test_options_that_are_not_numbers_are_refused(data, tmp_path, capsys, option, value):
    command = ["variants", str(data / "run"), "--config", str(data / "c.toml"), "--out", str(tmp_path / "out")]
    command += ["--truth", str(data / "truth.csv"), "--imagery", str(data / "europe.tif"), f"{option}={value}"]
    assert main(command) == 2
    assert value in capsys.readouterr().err


def test_unfinished_run_and_unknown_network_are_refused(data, tmp_path):
    with pytest.raises(InputError, match="not finished"):
        export_run(tmp_path, data / "c.toml", data, tmp_path / "package", "fp32", "1")
    torch.save({"backbone.stem.0.weight": torch.zeros(1)}, tmp_path / "network.pt")
    with pytest.raises(Exception, match=r"network\.pt.*missing") as caught:
        export_run(tmp_path, data / "c.toml", data, tmp_path / "package", "fp32", "1")
    assert caught.value.exit_code == 4
    assert not (tmp_path / "package").exists()


def test_comparison_with_torch_includes_real_photos(data, tmp_path, monkeypatch):
    from training import package

    (tmp_path / "photos").mkdir()
    Image.fromarray(np.full((60, 90, 3), 77, np.uint8)).save(tmp_path / "photos" / "a.jpg")
    pictures = package._add_real_photos(np.zeros((2, 32, 32, 3), np.uint8), tmp_path)
    assert len(pictures) == 3
    assert pictures[2].mean() == pytest.approx(77, abs=1)


def test_existing_output_folder_is_refused(data, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="exists already"):
        compare_variants(
            data / "run", data / "c.toml", data, tmp_path, data / "truth.csv", data / "europe.tif", [313.0]
        )
