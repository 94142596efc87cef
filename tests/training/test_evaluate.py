"""Evaluation by the EarthLoc protocol, on a tiny dataset in its folder layout."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from engine import geo
from engine.errors import InputError
from engine.retrieval.model import ModelPackage
from training.cli import main
from training.evaluate import TEST_SETS, earthloc_recall, earthloc_search
from training.metrics import recalls
from training.places.earthloc_dataset import read_earthloc_dataset


def name(corners, number, orientation=0, nadir=None):
    """A file name of the published data set."""
    places = "@".join(f"{lat:.5f}@{lon:.5f}" for lat, lon in corners)
    lat, lon = nadir or geo.center_of(corners)
    return f"@{places}@ISS064-E-{number}@20210101@{lat:.3f}@{lon:.3f}@40000@{orientation}@.jpg"


def picture(number, size=128):
    """A random picture, different for each number."""
    rng = np.random.default_rng(number)
    lattice = (255 * rng.random((7, 7, 3))).astype(np.uint8)
    return Image.fromarray(lattice).resize((size, size), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Twelve tiles around the Alps, three queries that are rotated tiles, and one query without a tile."""
    folder = tmp_path_factory.mktemp("earthloc")
    (folder / "database").mkdir()
    (folder / "queries").mkdir()
    centers = [(40.0 + 3 * row, 5.0 + 4 * col) for row in range(3) for col in range(4)]
    for number, (lat, lon) in enumerate(centers, start=1):
        picture(number).save(folder / "database" / name(geo.square_corners(lat, lon, 200), number), quality=95)
    for number, quarters in ((2, 0), (7, 1), (11, 3)):
        pixels = np.rot90(np.asarray(picture(number)), quarters)
        corners = geo.square_corners(*centers[number - 1], 150)
        Image.fromarray(pixels).save(folder / "queries" / name(corners, 100 + number), quality=95)
    picture(50).save(folder / "queries" / name(geo.square_corners(30.0, 15.0, 150), 150), quality=95)
    return folder


def test_rotated_queries_are_found_and_queries_without_a_tile_do_not_count(dataset):
    queries, tiles = read_earthloc_dataset(dataset / "queries"), read_earthloc_dataset(dataset / "database")
    result = earthloc_recall(queries, tiles, ModelPackage.open(threads=1))
    assert set(result) == {"Alps"}  # the other test sets have no photos
    assert result["Alps"]["queries"] == 3
    assert result["Alps"]["tiles"] == 12
    assert result["Alps"]["recall"]["1"] == 100.0


def test_command_prints_the_test_sets(dataset, capsys):
    command = ["evaluate", "--queries", str(dataset / "queries"), "--tiles", str(dataset / "database")]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["Alps"]["recall"]["100"] == 100.0
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "Alps" in printed
    assert "tilt_deg" in printed


def test_nadir_decides_the_test_set_of_a_photo(dataset, tmp_path):
    """As in EarthLoc's code, the nadir of a photo decides its test set, even if the photo shows a distant place."""
    corners = geo.square_corners(45, 10, 150)
    for number, nadir in ((1, (45.0, 10.0)), (2, (30.0, -95.0))):
        picture(number).save(tmp_path / name(corners, number, nadir=nadir))
    result = earthloc_recall(
        read_earthloc_dataset(tmp_path), read_earthloc_dataset(dataset / "database"), ModelPackage.open(threads=1)
    )
    assert {key: row["queries"] for key, row in result.items()} == {"Alps": 1}


def test_results_describe_each_photo(dataset):
    queries, tiles = read_earthloc_dataset(dataset / "queries"), read_earthloc_dataset(dataset / "database")
    found = earthloc_search(queries, tiles, ModelPackage.open(threads=1))["Alps"]
    assert [result.rank for result in found.results] == [1, 1, 1]
    np.testing.assert_allclose([result.width_km for result in found.results], 150, rtol=0.01)
    assert all(result.tilt_deg == pytest.approx(0, abs=0.1) for result in found.results)
    assert found.correct[:, 0].all()
    assert found.ranked.shape == (3, 48)
    plain = earthloc_search(queries, tiles, ModelPackage.open(threads=1), rotations=False)["Alps"]
    assert plain.ranked.shape == (3, 12)
    assert plain.results[0].rank == 1  # this query is not rotated


def test_only_the_newest_year_of_tiles_is_searched(dataset, tmp_path, capsys):
    for year in ("2019", "2021"):
        for path in list((dataset / "database").glob("*.jpg"))[:2]:
            (tmp_path / path.name.replace("@20210101@", f"@{year}@")).write_bytes(path.read_bytes())
    command = ["evaluate", "--queries", str(dataset / "queries"), "--tiles", str(tmp_path), "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["Alps"]["tiles"] == 2


def test_plots_are_written(dataset, tmp_path, capsys):
    command = ["evaluate", "--queries", str(dataset / "queries"), "--tiles", str(dataset / "database")]
    assert main([*command, "--plots", str(tmp_path / "plots")]) == 0
    for plot in ("recall.png", "classes.png"):
        with Image.open(tmp_path / "plots" / plot) as image:
            assert np.asarray(image.convert("L")).std() > 5
    (tmp_path / "file").write_text("")
    assert main([*command, "--plots", str(tmp_path / "file" / "plots")]) == 5
    assert "could not be written" in capsys.readouterr().err


def test_queries_without_tiles_are_refused(dataset, capsys):
    assert main(["evaluate", "--queries", str(dataset / "queries")]) == 2
    assert "--tiles" in capsys.readouterr().err


def test_message_names_a_file_whose_name_does_not_parse(tmp_path, capsys):
    picture(1).save(tmp_path / "holiday.jpg")
    with pytest.raises(InputError, match=r"holiday\.jpg"):
        read_earthloc_dataset(tmp_path)
    assert main(["evaluate", "--queries", str(tmp_path), "--tiles", str(tmp_path)]) == 3
    assert "holiday.jpg" in capsys.readouterr().err


def test_empty_folder_and_truncated_picture_are_refused(tmp_path, dataset):
    with pytest.raises(InputError, match="holds no picture"):
        read_earthloc_dataset(tmp_path)
    torn = tmp_path / name(geo.square_corners(45, 10, 100), 1)
    torn.write_bytes(b"\xff\xd8 torn")
    with pytest.raises(InputError, match="cannot be read"):
        earthloc_recall(
            read_earthloc_dataset(tmp_path), read_earthloc_dataset(dataset / "database"), ModelPackage.open(threads=1)
        )


def test_test_sets_match_the_published_ones():
    assert len(TEST_SETS) == 6
    assert TEST_SETS["Alps"] == (45.0, 10.0)


def test_recalls_count_ranks_from_one():
    assert recalls([1, 5, 6, None]) == {"1": 25.0, "5": 50.0, "10": 75.0, "20": 75.0, "100": 75.0}
