"""Exports of footprints, read back with GDAL."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY
from osgeo import ogr
from qgis.core import QgsFeature, QgsFeedback, QgsGeometry, QgsVectorLayer
from sample_results import FOOTPRINTS, write_results

from earthloc_qgis.core.export import ExportError, export_footprints, open_results
from earthloc_qgis.core.export_formats import FORMATS, SHAPEFILE_NAMES, format_for, shapefile_names

LONG_NOTE = "x" + "ä" * 200  # 401 bytes; byte 254 is in the middle of an ä


@pytest.fixture
def results(tmp_path) -> Path:
    return write_results(tmp_path / "results.gpkg", LONG_NOTE)


def export(results: Path, target: Path, **options):
    options.setdefault("format_name", format_for(target))
    return export_footprints(open_results(str(results)), target, origin=str(results), **options)


def read(path: Path) -> list[dict]:
    """The rows of an export as dicts; `outline` is a copy of the geometry."""
    source = ogr.Open(str(path))
    assert source is not None, path
    rows = []
    for feature in source.GetLayer(0):
        row = {name: feature[name] for name in feature.keys()}  # noqa: SIM118  no dict
        geometry = feature.GetGeometryRef()
        wkt = row["WKT"] if geometry is None else geometry.ExportToWkt()
        rows.append({**row, "outline": ogr.CreateGeometryFromWkt(wkt)})
    return rows


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("format_name", FORMATS)
def test_every_format_holds_all_footprints_valid_and_in_degrees(results, tmp_path, format_name):
    report = export(results, tmp_path / "Flächen 1", format_name=format_name)
    assert report.path == tmp_path / f"Flächen 1{FORMATS[format_name].suffix}"
    assert report.count == 3
    features = read(report.path)
    for feature in features:
        outline = feature["outline"]
        assert outline.IsValid()
        assert outline.GetGeometryName() in ("MULTIPOLYGON", "POLYGON")
        west, east, south, north = outline.GetEnvelope()
        assert west >= -180
        assert east <= 180
        assert south >= -90
        assert north <= 90
    assert [round(f["outline"].Area(), 6) for f in features] == [20.0, 21.0, 15.0]
    assert [f["status"] for f in features] == ["located", "uncertain", "uncertain"]
    assert "Straße am Golf 湾.jpg" in features[1]["photo"]
    assert float(features[0]["center_lat"]) == 38.0


def test_footprint_across_the_antimeridian_keeps_its_two_parts(results, tmp_path):
    for suffix in (".shp", ".gpkg", ".geojson", ".kml"):
        export(results, tmp_path / f"f{suffix}")
        geometry = read(tmp_path / f"f{suffix}")[2]["outline"]
        assert geometry.GetGeometryCount() == 2
        assert all(part.GetEnvelope()[1] - part.GetEnvelope()[0] < 4 for part in geometry)


def test_every_column_has_a_unique_shapefile_name():
    assert list(SHAPEFILE_NAMES) == list(FOOTPRINTS)  # every column of the results has a name
    short = list(SHAPEFILE_NAMES.values())
    assert all(0 < len(name) <= 10 for name in short)
    assert len({name.lower() for name in short}) == len(short)


def test_unknown_columns_get_short_names_unique_without_case():
    names = [*FOOTPRINTS, "Observation_A", "observation_b", "OBSERVATION_C", "Tile", "x"]
    short = shapefile_names(names)
    assert set(short) == set(names)
    assert len({name.lower() for name in short.values()}) == len(names)
    assert all(len(name) <= 10 for name in short.values())
    assert short["x"] == "x"


def test_shapefile_has_its_fields_projection_and_code_page(results, tmp_path):
    export(results, tmp_path / "f.shp")
    feature = read(tmp_path / "f.shp")[0]
    assert list(feature) == [*SHAPEFILE_NAMES.values(), "outline"]
    assert (tmp_path / "f.cpg").read_text(encoding="ascii").strip() == "UTF-8"
    assert "WGS_1984" in (tmp_path / "f.prj").read_text(encoding="ascii")
    assert feature["nadir_km"] == 132.25
    assert feature["rotat_deg"] == 90
    assert feature["cam_alt_km"] is None


def test_long_text_is_cut_between_characters_and_reported_once(results, tmp_path):
    report = export(results, tmp_path / "f.shp")
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("note: ")
    notes = {feature["note"] for feature in read(tmp_path / "f.shp")}
    assert notes == {"x" + "ä" * 126}  # 253 bytes
    export(results, tmp_path / "f.gpkg")
    assert read(tmp_path / "f.gpkg")[0]["note"] == LONG_NOTE


def test_kml_names_placemarks_after_photos(results, tmp_path):
    export(results, tmp_path / "f.kml")
    text = (tmp_path / "f.kml").read_text(encoding="utf-8")
    assert "<name>ISS042-E-104433</name>" in text
    assert "<name>Straße am Golf 湾.jpg</name>" in text
    assert "status: located, confidence: 0.93" in text


def test_geojson_is_rfc7946(results, tmp_path):
    export(results, tmp_path / "f.geojson")
    content = json.loads((tmp_path / "f.geojson").read_text(encoding="utf-8"))
    assert "crs" not in content
    geometry = content["features"][0]["geometry"]
    outlines = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    (ring,) = outlines[0]
    twice_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
    assert twice_area > 0  # counter-clockwise
    assert content["features"][0]["properties"]["photo_id"] == "ISS042-E-104433"


def test_csv_holds_outline_centre_and_corners(results, tmp_path):
    export(results, tmp_path / "f.csv")
    header = (tmp_path / "f.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header == ["WKT", *FOOTPRINTS]


def test_expression_selects_footprints(results, tmp_path):
    report = export(results, tmp_path / "f.geojson", expression="\"status\" IN ('located')")
    assert report.count == 1
    assert [feature["photo_id"] for feature in read(tmp_path / "f.geojson")] == ["ISS042-E-104433"]


def test_layer_in_another_crs_is_transformed_to_degrees(tmp_path):
    layer = QgsVectorLayer("Polygon?crs=EPSG:3857&field=photo_id:string", "edited", "memory")
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((0 0,111319.49 0,111319.49 111325.14,0 0))"))
    layer.dataProvider().addFeature(feature)
    export_footprints(layer, tmp_path / "f.geojson", "GeoJSON")
    west, east, south, north = read(tmp_path / "f.geojson")[0]["outline"].GetEnvelope()
    assert (west, east, south, north) == pytest.approx((0, 1, 0, 1), abs=1e-5)


def test_invalid_outline_is_repaired(tmp_path):
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326&field=photo_id:string", "edited", "memory")
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((0 0,2 2,2 0,0 2,0 0))"))  # a bow tie
    layer.dataProvider().addFeature(feature)
    export_footprints(layer, tmp_path / "f.shp", "ESRI Shapefile")
    geometry = read(tmp_path / "f.shp")[0]["outline"]
    assert geometry.IsValid()
    assert geometry.Area() == pytest.approx(2.0)


# --- old files are kept ----------------------------------------------------------------------------


def test_existing_file_is_replaced_with_all_its_parts(results, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    export(results, folder / "f.shp")
    (folder / "f.qix").write_bytes(b"index of the old file")
    (folder / "f.txt").write_text("not part of it", encoding="ascii")
    export(results, folder / "f.shp", expression="\"status\" = 'located'")
    assert len(read(folder / "f.shp")) == 1
    assert sorted(os.listdir(folder)) == ["f.cpg", "f.dbf", "f.prj", "f.shp", "f.shx", "f.txt"]


def test_old_files_stay_if_one_cannot_be_replaced(results, tmp_path, monkeypatch):
    """As on Windows, where a table that is open in a spreadsheet cannot be moved."""
    folder = tmp_path / "out"
    folder.mkdir()
    export(results, folder / "f.shp")
    before = snapshot(folder)
    move = os.replace

    def locked(source, target):
        if Path(source).name == "f.dbf" and Path(source).parent == folder:
            raise PermissionError(13, "The process cannot access the file", str(source))
        move(source, target)

    monkeypatch.setattr("earthloc_qgis.core.export.os.replace", locked)
    with pytest.raises(ExportError, match=r"f\.shp: cannot be written, it is open in another program"):
        export(results, folder / "f.shp", expression="\"status\" = 'located'")
    assert snapshot(folder) == before
    assert not [path for path in folder.iterdir() if path.is_dir()]


def test_old_files_stay_if_a_folder_has_the_name_of_a_part(results, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    export(results, folder / "f.shp")
    (folder / "f.dbf").unlink()
    (folder / "f.dbf").mkdir()
    before = snapshot(folder)
    with pytest.raises(ExportError, match=r"f\.shp: could not be written"):
        export(results, folder / "f.shp", expression="\"status\" = 'located'")
    assert snapshot(folder) == before


def test_read_only_folder_is_reported(results, tmp_path):
    folder = tmp_path / "sealed"
    folder.mkdir()
    if os.getuid() == 0:  # root may write everywhere except in the kernel's own folders
        folder = Path("/proc/sys")
    else:
        folder.chmod(0o500)
    with pytest.raises(ExportError, match=r"f\.shp: (cannot|could not) be written|no such folder"):
        export(results, folder / "f.shp")


def test_missing_folder_is_reported(results, tmp_path):
    with pytest.raises(ExportError, match="away: there is no such folder; create it first"):
        export(results, tmp_path / "away" / "f.shp")


DISK_FULL = """
import resource, signal, sys
sys.path[:0] = [{repository!r}, {tests!r}]
from pathlib import Path
from qgis.core import QgsApplication
application = QgsApplication([], False)
application.initQgis()
from earthloc_qgis.core.export import ExportError, export_footprints, open_results
source = open_results({results!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    export_footprints(source, Path({target!r}), {format_name!r})
except ExportError as error:
    print("REFUSED", error)
else:
    print("WRITTEN")
sys.stdout.flush()
import os
os._exit(0)
"""


@pytest.mark.parametrize("format_name", FORMATS)
def test_old_file_stays_if_the_disk_is_full(results, tmp_path, format_name):
    """A limit on file sizes simulates a full disk: writing fails at the same places."""
    folder = tmp_path / "out"
    folder.mkdir()
    target = folder / f"f{FORMATS[format_name].suffix}"
    export(results, target)
    before = snapshot(folder)
    code = DISK_FULL.format(
        repository=str(REPOSITORY),
        tests=str(Path(__file__).parent),
        results=str(results),
        target=str(target),
        format_name=format_name,
        limit=700,
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert "REFUSED" in done.stdout, done.stdout + done.stderr
    assert target.name in done.stdout
    assert snapshot(folder) == before


def test_results_file_is_never_overwritten(results):
    before = results.read_bytes()
    with pytest.raises(ExportError, match="is the file the footprints come from"):
        export(results, results)
    assert results.read_bytes() == before


def test_cancelled_export_keeps_the_old_file(results, tmp_path):
    export(results, tmp_path / "f.csv")
    before = (tmp_path / "f.csv").read_bytes()
    feedback = QgsFeedback()
    feedback.cancel()
    with pytest.raises(ExportError, match="cancelled"):
        export(results, tmp_path / "f.csv", feedback=feedback)
    assert (tmp_path / "f.csv").read_bytes() == before


def test_other_files_are_refused_as_results(tmp_path):
    with pytest.raises(ExportError, match=r"gone\.gpkg: there is no such file"):
        open_results(str(tmp_path / "gone.gpkg"))
    (tmp_path / "text.gpkg").write_text("no database", encoding="ascii")
    with pytest.raises(ExportError, match=r"text\.gpkg: has no table 'footprints'"):
        open_results(str(tmp_path / "text.gpkg"))


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".geojson", ".kml", ".csv"])
def test_photo_paths_are_relative_to_the_exported_file(tmp_path, suffix):
    (tmp_path / "mission" / "for Ada").mkdir(parents=True)
    results = write_results(tmp_path / "mission" / "results.gpkg")
    target = tmp_path / "mission" / "for Ada" / f"footprints{suffix}"
    stored = {feature["photo"] for feature in open_results(str(results)).getFeatures()}
    export_footprints(open_results(str(results)), target, format_for(target), origin=str(results))
    named = {row["photo"] for row in read(target)}
    assert named == {path if os.path.isabs(path) else f"../{path}" for path in stored}
    assert any(path.startswith("../") for path in named)


@pytest.mark.parametrize(
    ("stored", "new", "expected"),
    [
        ("photos/a.jpg", "/m", "photos/a.jpg"),
        ("photos/a.jpg", "/m/photos", "a.jpg"),
        ("photos/a.jpg", "/m/out/for", "../../photos/a.jpg"),
        ("/elsewhere/a.jpg", "/m/out", "/elsewhere/a.jpg"),
        ("C:/photos/a.jpg", "/m/out", "C:/photos/a.jpg"),
        ("", "/m/out", ""),
    ],
)
def test_relative_paths_stay_relative_and_absolute_ones_absolute(stored, new, expected):
    from earthloc_qgis.core.photo_files import stored_path_for

    assert stored_path_for(stored, "/m", new) == expected
