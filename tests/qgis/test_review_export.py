"""Exports of a review: footprints, catalogue, report, training photos."""

from __future__ import annotations

import csv
import os
import re

import pytest
from conftest import wait_for
from osgeo import ogr
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtWidgets import QFileDialog, QProgressDialog, QWidget
from review_results import SIZE_PX, write_review_results

from earthloc_qgis.contract.review import ReviewDecision
from earthloc_qgis.core.camera import PinholeCamera, distance_km
from earthloc_qgis.core.catalogue import FIELDS, write_catalogue
from earthloc_qgis.core.export import ExportError
from earthloc_qgis.core.report import write_report
from earthloc_qgis.core.reviewed_rows import split_photo_id
from earthloc_qgis.core.reviews import ReviewFile
from earthloc_qgis.core.training_photos import write_training_photos


@pytest.fixture
def results(tmp_path):
    """Ten photos: two accepted, one of them with a note in another script, and one rejected."""
    path = tmp_path / "r.gpkg"
    photos = write_review_results(path, 10)
    file = ReviewFile(path)
    file.write([
        ReviewDecision(photos[0], "accepted", "Ada", "coast; \"fits\" 湾"),
        ReviewDecision(photos[4], "accepted", "Ada"),
        ReviewDecision(photos[5], "rejected", "Ada"),
    ])  # fmt: skip
    return path


def test_catalogue_uses_the_field_terms_of_nasa(results, tmp_path):
    target = tmp_path / "catalogue.csv"
    assert write_catalogue(results, target) == 2
    with open(target, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == FIELDS
    first = rows[0]
    assert (first["mission"], first["roll"], first["frame"]) == ("ISS042", "E", "100")
    assert (first["pdate"], first["ptime"]) == ("20150101", "100000")
    assert first["note"] == 'coast; "fits" 湾'
    pose = ReviewFile(results).localizations(str(tmp_path / "photos" / "ISS042-E-100.jpg"))[0]["pose"]
    camera = PinholeCamera(pose)
    assert distance_km((float(first["ul_lat"]), float(first["ul_lon"])), camera.locate(0, 0)) < 0.01
    assert distance_km((float(first["ll_lat"]), float(first["ll_lon"])), camera.locate(0, SIZE_PX[1])) < 0.01


def test_catalogue_of_all_photos_includes_those_without_footprint(results, tmp_path):
    photo = str(tmp_path / "photos" / "ISS042-E-109.jpg")
    ReviewFile(results).write([ReviewDecision(photo, "cloud", "Ada", "overcast")])
    target = tmp_path / "catalogue.csv"
    assert write_catalogue(results, target, only_usable=False) == 10
    with open(target, encoding="utf-8-sig", newline="") as file:
        rows = {row["frame"]: row for row in csv.DictReader(file)}
    cloudy = rows["109"]
    assert (cloudy["review"], cloudy["reviewer"], cloudy["note"]) == ("cloud", "Ada", "overcast")
    assert (cloudy["lat"], cloudy["ul_lat"], cloudy["nlat"]) == ("", "", "44.00000")
    assert {row["cldp"] for row in rows.values()} == {""}  # the cloud cover was not estimated
    assert rows["101"]["review"] == "unreviewed"
    report = tmp_path / "report.html"
    assert write_report(results, report, only_usable=False) == 10
    assert "overcast" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [f"{'x' * 250}.csv", "file/c.csv", "away/c.csv"])
def test_impossible_target_is_rejected(results, tmp_path, name):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExportError, match=r"could not be written \(.+\); choose another folder"):
        write_catalogue(results, tmp_path / name)


def test_export_without_accepted_photos_is_rejected(tmp_path):
    path = tmp_path / "r.gpkg"
    write_review_results(path, 3)
    for write in (lambda: write_catalogue(path, tmp_path / "c.csv"), lambda: write_report(path, tmp_path / "r.html"),
                  lambda: write_training_photos(path, tmp_path / "t")):  # fmt: skip
        with pytest.raises(ExportError, match="accept one first"):
            write()


def test_missing_folder_is_reported(results, tmp_path):
    target = tmp_path / "gone" / "catalogue.csv"
    with pytest.raises(ExportError, match=r"catalogue\.csv"):
        write_catalogue(results, target)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_exported_file_is_readable_for_others(results, tmp_path):
    target = tmp_path / "catalogue.csv"
    before = os.umask(0o022)
    try:
        write_catalogue(results, target)
    finally:
        os.umask(before)
    assert target.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_report_contains_picture_map_and_numbers(results, tmp_path):
    target = tmp_path / "report.html"
    assert write_report(results, target) == 2
    page = target.read_text(encoding="utf-8")
    assert page.count("<article>") == 2
    assert "ISS042-E-100" in page
    assert "coast; &quot;fits&quot; 湾" in page
    assert "<td>97 %</td>" in page
    import base64

    pictures = [QImage.fromData(base64.b64decode(coded)) for coded in re.findall(r"base64,([^\"]+)", page)]
    assert len(pictures) == 4
    assert pictures[1].size() == QSize(460, 345)
    colours = {pictures[1].pixelColor(x, y).name() for x in range(0, 460, 5) for y in range(0, 345, 5)}
    assert len(colours) > 20  # a map with a footprint on it
    assert "http" not in page.split("<body>")[1]


def test_training_photos_have_file_names_that_training_can_parse(results, tmp_path):
    folder = tmp_path / "queries"
    count, left_out = write_training_photos(results, folder)
    assert (count, left_out) == (2, [])
    for path in folder.iterdir():
        assert QImage(str(path)).width() == SIZE_PX[0]
        fields = path.name.split("@")
        assert fields[0] == ""
        assert fields[-1] == ".jpg"
        assert len(fields) == 16
        photo = tmp_path / "photos" / f"{fields[9]}.jpg"
        camera = PinholeCamera(ReviewFile(results).localizations(str(photo))[0]["pose"])
        ring = [(float(fields[1 + 2 * n]), float(fields[2 + 2 * n])) for n in range(4)]
        width, height = SIZE_PX
        for found, (x, y) in zip(ring, ((0, 0), (0, height), (width, height), (width, 0)), strict=True):
            assert distance_km(found, camera.locate(x, y)) < 0.01
        assert re.fullmatch(r"\d{8}", fields[10])


def test_photo_ids():
    assert split_photo_id("ISS064-E-48617") == ("ISS064", "E", "48617")
    assert split_photo_id("STS059-213-19") == ("STS059", "213", "19")
    assert split_photo_id(None) == split_photo_id("ESC1") == ("", "", "")


def test_menu_exports_accepted_footprints_as_shapefile_by_default(qgis_app, results, tmp_path, monkeypatch):
    from earthloc_qgis.gui.review.view.export_actions import ExportActions

    window = QWidget()
    export = ExportActions(lambda: results, window)
    messages = []
    export.written.connect(messages.append)
    asked = []

    def answer(parent, title, start, kinds):
        asked.append(kinds)
        return str(tmp_path / "out.shp"), kinds.split(";;")[0]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    export.ask_for_footprints()
    wait_for(lambda: messages)
    assert asked[0].startswith("ESRI Shapefile")
    source = ogr.Open(str(tmp_path / "out.shp"))
    layer = source.GetLayer(0)
    assert sorted(feature["photo_id"] for feature in layer) == ["ISS042-E-100", "ISS043-E-104"]
    export.only_accepted.setChecked(False)
    export.ask_for_footprints()
    wait_for(lambda: len(messages) == 2)
    assert "(photos: 9)" in messages[1]
    export.close()


def test_unexpected_error_is_reported_and_closes_the_progress_dialog(qgis_app, results, tmp_path, monkeypatch):
    from earthloc_qgis.gui.review.view import export_actions as module

    window = QWidget()
    window.show()
    export = module.ExportActions(lambda: results, window)
    messages, written = [], []
    export.message.connect(messages.append)
    export.written.connect(written.append)
    target = tmp_path / "catalogue.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))

    def fails(*_):
        raise KeyError("center")

    with monkeypatch.context() as patched:
        patched.setattr(module, "write_catalogue", fails)
        export.ask_for_catalogue()
        wait_for(lambda: messages)
    assert str(target) in messages[0]
    assert "KeyError: 'center'" in messages[0]
    wait_for(lambda: not [dialog for dialog in window.findChildren(QProgressDialog) if dialog.isVisible()])
    export.ask_for_catalogue()
    wait_for(lambda: written)
    assert target.is_file()
    export.close()
