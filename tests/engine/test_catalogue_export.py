"""`earthloc catalogue export`: what other programs read in the exports, and bad input."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine.catalogue.columns import COLUMNS
from engine.catalogue.parquet import read_rows
from engine.results import ResultsFile
from tests.engine.catalogue_kit import ROWS, catalogue, export, nowhere, row, run
from tests.engine.test_results import localization

DEBIAN_PYTHON = "/usr/bin/python3"


def validate_geopackage(path: Path) -> None:
    """Runs GDAL's validator, which checks the requirements of the standard one by one."""
    command = [DEBIAN_PYTHON, "-m", "osgeo_utils.samples.validate_gpkg", "-k", "--extra", "--warning-as-error", path]
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
    except OSError:
        pytest.skip(f"no {DEBIAN_PYTHON}")
    if "No module named" in done.stderr:
        pytest.skip("GDAL's validate_gpkg is not installed (Debian: python3-gdal)")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def items_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("part-*/*-*.json"))]


def test_stac_is_valid_and_pystac_walks_it(tmp_path: Path, capsys: Any) -> None:
    pystac = pytest.importorskip("pystac")
    from pystac.extensions.file import FileExtension
    from pystac.extensions.projection import ProjectionExtension
    from pystac.extensions.view import ViewExtension
    from pystac.validation import validate_dict

    said = export(capsys, catalogue(tmp_path / "in"), "--to", "stac", "--out", tmp_path / "stac")
    assert (said["photos"], said["written"]) == (5, 3)
    root = pystac.Catalog.from_file(str(tmp_path / "stac" / "catalog.json"))
    collection = root.get_child("earthloc")
    items = {item.properties["earthloc:photo"]: item for item in root.get_items(recursive=True)}
    assert set(items) == {"sea/Übung № 1.jpg", "sea/pacific.jpg", "b.tif"}
    for thing in [root, collection, *collection.get_children(), *items.values()]:
        found = thing.to_dict(include_self_link=False)
        validate_dict(found, extensions=[])  # the core's schemas, which pystac carries
        assert found["stac_version"] == "1.1.0"
    item = items["sea/Übung № 1.jpg"]
    assert item.get_collection() is collection
    assert item.datetime.isoformat() == "2021-03-01T07:30:15+00:00"
    view, photo = ViewExtension.ext(item), item.assets["photo"]
    assert (view.off_nadir, view.azimuth, view.sun_azimuth, view.sun_elevation) == (24.6, 351.2, 140.2, 38.7)
    assert (FileExtension.ext(photo).checksum, FileExtension.ext(photo).size) == ("1220" + "ab" * 32, 1234)
    assert ProjectionExtension.ext(photo).shape == [3000, 4000]
    assert item.properties["proj:code"] is None
    assert item.properties["earthloc:located"] is True
    pacific = items["sea/pacific.jpg"]
    assert pacific.bbox[0] > 170
    assert pacific.bbox[2] < -170
    assert pacific.geometry["type"] == "MultiPolygon"
    assert collection.extent.spatial.bboxes[0][::2] == [-180, 180]


def test_stac_never_presents_a_guess_as_located(tmp_path: Path, capsys: Any) -> None:
    rows = [
        row("a.jpg"),
        row("b.jpg", "uncertain"),
        row("c.jpg", "by_pass"),
        row("d.jpg", "uncertain", review="accepted"),
    ]
    export(capsys, catalogue(tmp_path / "in", rows), "--to", "stac", "--out", tmp_path / "stac")
    found = {item["properties"]["earthloc:photo"]: item["properties"] for item in items_of(tmp_path / "stac")}
    assert [found[name]["earthloc:located"] for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg")] == [
        True,
        False,
        False,
        True,
    ]
    assert found["c.jpg"]["title"].endswith("(by_pass)")
    assert found["b.jpg"]["earthloc:status"] == "uncertain"


def test_stac_fills_folders_and_is_replaced_whole(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("engine.catalogue.stac.ITEMS_A_FOLDER", 2)
    out = tmp_path / "stac"
    many = catalogue(tmp_path / "in", [row(f"{n}.jpg") for n in range(5)])
    export(capsys, many, "--to", "stac", "--out", out)
    assert sorted(path.name for path in out.glob("part-*")) == ["part-00000", "part-00001", "part-00002"]
    one = catalogue(tmp_path / "one", [row("x.jpg")])
    export(capsys, one, "--to", "stac", "--out", out, "--photos", tmp_path / "photos")
    assert [item["assets"]["photo"]["href"] for item in items_of(out)] == ["../../photos/x.jpg"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_stac_leaves_a_foreign_folder_alone(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    code, _, errors = run(capsys, "export", catalogue(tmp_path / "in"), "--to", "stac", "--out", tmp_path / "mine")
    assert code == 2
    assert "mine" in errors
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_the_geopackage_conforms_and_gdal_reads_it(tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out.gpkg"
    assert export(capsys, catalogue(tmp_path / "in"), "--to", "geopackage", "--out", out)["written"] == 5
    try:
        done = subprocess.run(["ogrinfo", "-al", str(out)], capture_output=True, text=True, timeout=60, check=True)
    except FileNotFoundError:
        pytest.skip("no ogrinfo")
    footprints, photos = done.stdout.split("Layer name: photos")
    assert "Feature Count: 3" in footprints
    assert "photo (String) = sea/Übung № 1.jpg" in footprints
    assert "Feature Count: 5" in photos
    assert "POINT (43.26 35.04)" in photos
    validate_geopackage(out)


def test_geoparquet_is_one_file_that_duckdb_reads(tmp_path: Path, capsys: Any) -> None:
    duckdb = pytest.importorskip("duckdb")
    folder = catalogue(tmp_path / "in")
    catalogue(folder / "more", [row("c.jpg", lat=70.0)])
    out = tmp_path / "all.parquet"
    assert export(capsys, folder, "--to", "geoparquet", "--out", out)["written"] == 6
    names = {row["photo"] for row in ROWS} | {"c.jpg"}
    assert {photo for (photo,) in duckdb.sql(f"select photo from '{out}'").fetchall()} == names
    ((geo,),) = duckdb.sql(
        f"select decode(value) from parquet_kv_metadata('{out}') where decode(key) = 'geo'"
    ).fetchall()
    column = json.loads(geo)["columns"]["geometry"]
    assert column["geometry_types"] == ["MultiPolygon", "Polygon"]
    assert column["bbox"][0] == -180
    assert column["bbox"][3] > 71
    assert list(read_rows(out)) == list(read_rows(folder))


def test_nasa_names_and_rounding(tmp_path: Path, capsys: Any) -> None:
    folder = catalogue(tmp_path / "in")
    export(capsys, folder, "--to", "nasa", "--out", tmp_path / "out.tsv")
    with open(tmp_path / "out.tsv", encoding="utf-8", newline="") as file:
        found = {line["images.filename"]: line for line in csv.DictReader(file, dialect="excel-tab")}
    first = found["Übung № 1.jpg"]
    expected = {
        "frames.mission": "ISS064", "frames.roll": "E", "frames.frame": "48617", "frames.pdate": "20210301",
        "frames.ptime": "073015", "frames.lat": "36.5", "frames.lon": "44.0", "frames.nlat": "35.0",
        "frames.nlon": "43.3", "frames.tilt": "25", "frames.fclt": "50", "frames.cldp": "12", "frames.azi": "140",
        "frames.elev": "39", "mlcoord.lat": "36.500000", "mlcoord.lon": "44.100000", "images.width": "4000",
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    corners = [float(first[f"mlcoord.{name}_lat"]) for name in ("ul", "ur", "lr", "ll")]
    assert corners[0] == corners[1] > corners[2] == corners[3]
    assert (found["b.tif"]["frames.lat"], found["b.tif"]["mlcoord.ul_lat"]) == ("", "")  # uncertain: no place
    assert found["b.tif"]["frames.nlat"] == "35.0"
    export(capsys, folder, "--to", "nasa", "--out", tmp_path / "out.json")
    replies = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert replies[0] == dict(first)
    assert len(replies) == 5


def test_a_choice_of_statuses(tmp_path: Path, capsys: Any) -> None:
    said = export(capsys, catalogue(tmp_path / "in"), "--to", "nasa", "--out", tmp_path / "o.tsv", "--status", "failed")
    assert said["written"] == 1


@pytest.mark.parametrize("kind", ["stac", "geopackage", "geoparquet", "nasa"])
def test_bad_catalogues_are_named_and_leave_nothing(tmp_path: Path, capsys: Any, kind: str) -> None:
    empty = catalogue(tmp_path / "empty", [])
    damaged = catalogue(tmp_path / "damaged")
    (damaged / "zz.parquet").write_bytes(b"PAR1 not really")
    absurd = catalogue(tmp_path / "absurd", [row("a.jpg", geometry={"type": "Point", "coordinates": [0, 0]})])
    inputs = [tmp_path / "missing", empty, damaged, *([absurd] if kind in ("stac", "geopackage") else [])]
    for given in inputs:
        out = tmp_path / "out.gpkg"
        code, said, errors = run(capsys, "export", given, "--to", kind, "--out", out)
        assert (code, said) == (3, ""), errors
        assert errors.startswith("earthloc: ")
        assert errors.count("\n") == 1
        assert "bug" not in errors
        assert sorted(path.name for path in tmp_path.iterdir()) == ["absurd", "damaged", "empty"]


@pytest.mark.parametrize("kind", ["stac", "geopackage", "geoparquet", "nasa"])
def test_a_catalogue_without_any_place(tmp_path: Path, capsys: Any, kind: str) -> None:
    out = tmp_path / "out.gpkg"
    folder = catalogue(tmp_path / "in", [nowhere("a.jpg"), nowhere("b.jpg")])
    said = export(capsys, folder, "--to", kind, "--out", out)
    assert said["photos"] == 2
    assert said["written"] == (0 if kind == "stac" else 2)
    if kind == "geopackage":
        validate_geopackage(out)
    if kind == "stac":
        pystac = pytest.importorskip("pystac")
        from pystac.validation import validate_dict

        collection = pystac.Catalog.from_file(str(out / "catalog.json")).get_child("earthloc")
        validate_dict(collection.to_dict(include_self_link=False), extensions=[])


def test_numbers_that_are_none_are_left_out(tmp_path: Path, capsys: Any) -> None:
    folder = catalogue(tmp_path / "in", [row("a.jpg", tilt_deg=float("nan"), azimuth_deg=float("inf"))])
    export(capsys, folder, "--to", "stac", "--out", tmp_path / "stac")
    (item,) = items_of(tmp_path / "stac")
    assert "view:off_nadir" not in item["properties"]


def test_an_output_that_cannot_be_written(tmp_path: Path, capsys: Any) -> None:
    folder = catalogue(tmp_path / "in")
    for kind in ("stac", "geopackage", "geoparquet", "nasa"):
        code, _, errors = run(capsys, "export", folder, "--to", kind, "--out", tmp_path / "no" / "out")
        assert code == 5
        assert "make it first" in errors


def test_every_field_of_nasa_is_in_the_export(tmp_path: Path, capsys: Any) -> None:
    export(capsys, catalogue(tmp_path / "in"), "--to", "nasa", "--out", tmp_path / "o.tsv")
    header = (tmp_path / "o.tsv").read_text(encoding="utf-8").splitlines()[0].split("\t")
    assert {column.nasa for column in COLUMNS if column.nasa} <= set(header)
    assert len(header) == len(set(header))


def test_a_results_file_conforms(tmp_path: Path) -> None:
    results = ResultsFile(tmp_path / "results.gpkg")
    results.save(localization(tmp_path / "a.jpg"))
    results.save(localization(tmp_path / "b.jpg", "not_found", candidates=0))
    validate_geopackage(results.path)
