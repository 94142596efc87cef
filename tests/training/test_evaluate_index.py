"""Recall of a model with an index: truth tables, simulated photos of held-out places, and an 8-bit index."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image

from engine import geo
from engine.imagery.raster import RasterSource
from engine.progress import Progress
from engine.retrieval.build import build_index
from engine.retrieval.index import RegionalIndex
from training.cli import main
from training.config import read_config
from training.evaluate_index import EVERYWHERE, NEAR, UPRIGHT, compare_formats, evaluate_simulated, evaluate_truth
from training.places.pairs import Imagery
from training.validation import nearest_tiles, simulated_photos

CONFIG = """
[network]
backbone = "mobilenetv2"
size_px = 256
[imagery]
mosaic = "europe.tif"
[places]
tile_km = [220, 313]
[views]
air = false
clouds = false
water = false
tones = false
lens = false
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory, make_raster, model):
    """A raster, its index, a truth table of two photos that are cut out of the raster, and a configuration."""
    folder = tmp_path_factory.mktemp("data")
    raster = make_raster(folder / "europe.tif", bounds=(0.0, 40.0, 24.0, 56.0), width=1200, height=800)
    (folder / "c.toml").write_text(CONFIG)
    build_index(raster, folder / "index", tile_km=(220.0, 313.0), model=model)
    lines = ["photo,lat1,lon1,lat2,lon2,lat3,lon3,lat4,lon4,nadir_lat,nadir_lon"]
    with RasterSource.open(raster) as source:
        for number, (lat, lon) in enumerate([(46.0, 8.0), (50.0, 15.0)]):
            pixels, _ = source.square(lat, lon, 280, 300)
            Image.fromarray(np.rot90(pixels, number)).save(folder / f"{number}.png")
            corners = np.roll(geo.square_corners(lat, lon, 280), -number, axis=0)
            places = ",".join(f"{a},{b}" for a, b in corners)
            lines.append(f"{number}.png,{places},{lat + 3},{lon}")
    (folder / "truth.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def imagery(data):
    config = read_config(data / "c.toml")
    opened = Imagery(config.imagery, config.places, 256, config.views, data, data)
    yield opened
    opened.close()


def test_photos_of_a_truth_table_are_found_and_described(data, model):
    found = evaluate_truth(data / "truth.csv", [RegionalIndex.open(data / "index")], model)
    assert all(result.rank is not None and result.rank <= 5 for result in found)
    np.testing.assert_allclose([result.width_km for result in found], 280, rtol=0.01)
    assert all(35 < result.tilt_deg < 42 for result in found)  # 334 km off the nadir
    everywhere = evaluate_truth(data / "truth.csv", [RegionalIndex.open(data / "index")], model, use_nadir=False)
    assert len(everywhere) == 2
    far = evaluate_truth(data / "truth.csv", [RegionalIndex.open(data / "index")], model, radius_km=1.0)
    assert [result.rank for result in far] == [None, None]


def test_simulated_photos_are_of_held_out_places_and_found_without_weather(imagery, data, model):
    photos = simulated_photos(imagery, 6, seed=3)
    again = simulated_photos(imagery, 6, seed=3)
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(photos, again, strict=True))
    index = RegionalIndex.open(data / "index")
    found = evaluate_simulated(photos, index.tiles, index.descriptors, model, Progress())
    assert set(found) == {EVERYWHERE, UPRIGHT, NEAR}
    ranks = [result.rank_strict for result in found[EVERYWHERE]]
    assert sum(rank is not None and rank <= 10 for rank in ranks) >= 3
    assert all(result.tilt_deg >= 0 and result.width_km > 140 for result in found[NEAR])
    # Near the nadir fewer tiles compete, so a rank cannot get worse.
    for near, far in zip(found[NEAR], found[EVERYWHERE], strict=True):
        assert far.rank_strict is None or near.rank_strict is None or near.rank_strict <= far.rank_strict


def test_int8_descriptors_are_nearly_as_good(imagery, model):
    found, cosine = compare_formats(imagery, simulated_photos(imagery, 4, seed=0), model, Progress())
    assert 0.999 < cosine < 1
    assert set(found) == {"float32", "int8"}
    assert all(len(results) == 4 for kinds in found.values() for results in kinds.values())


def test_commands_print_their_metrics(data, capsys):
    common = ["--config", str(data / "c.toml"), "--data", str(data)]
    index = ["--index", str(data / "index")]
    assert main(["evaluate", "--truth", str(data / "truth.csv"), *index, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["1000 km of nadir"]["recall"]["5"] == 100.0
    assert printed["1000 km of nadir"]["queries"] == 2
    assert "220-313" in printed["classes"]["width_km"]
    assert main(["evaluate", "--simulated", *common, *index, "--count", "3", "--plots", str(data / "plots")]) == 0
    printed = capsys.readouterr().out
    assert "everywhere, one rotation" in printed
    assert "cloud_percent" in printed
    assert (data / "plots" / "recall.png").is_file()
    assert main(["index-formats", *common, "--count", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["photos"] == 3


def test_recall_against_area_is_printed_and_plotted(data, tmp_path, capsys):
    arguments = ["evaluate", "--truth", str(data / "truth.csv"), "--index", str(data / "index"), "--area", "--json"]
    assert main([*arguments, "--plots", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["photos"] == 2
    # The photos are cut out of the tiles, so these say more than the land of the world.
    assert found["area_by_source"]["tiles"]["90"] < found["area_by_source"]["land, uniform"]["90"] / 10
    assert found["area_km2"] == found["area_by_source"]["all"]
    with Image.open(tmp_path / "area.png") as picture:
        assert picture.format == "PNG"
    assert main(["evaluate", "--queries", str(tmp_path), "--area"]) == 2
    assert "--truth" in capsys.readouterr().err


def test_bad_arguments_are_refused(data, capsys):
    assert main(["evaluate", "--simulated", "--data", str(data), "--config", str(data / "c.toml"), "--count", "0"]) == 2
    assert main(["evaluate", "--truth", str(data / "none.csv"), "--index", str(data / "index")]) == 3
    assert main(["evaluate", "--truth", str(data / "truth.csv"), "--index", str(data / "none")]) == 4
    assert "none" in capsys.readouterr().err


def test_each_tile_counts_once_by_its_best_rotation():
    tiles = np.eye(4, dtype=np.float32)
    photos = np.array([[[0.9, 0.1, 0, 0], [0.5, 0, 0.8, 0]]], np.float32)
    assert nearest_tiles(photos, tiles, 4)[0].tolist()[:3] == [0, 2, 1]
    assert nearest_tiles(photos[:, :1], tiles, 2)[0].tolist() == [0, 1]
