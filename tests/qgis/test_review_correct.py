"""Correcting footprints with the real engine: tie points by mouse on photo and map, undo, placing by hand."""

from __future__ import annotations

import csv
import os

import pytest
from conftest import PHOTO_CENTRES, wait_for
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QInputDialog
from review_results import review_window, write_review_results
from test_review import make_canvas, move, press, rows, settle

from earthloc_qgis import settings
from earthloc_qgis.core.camera import distance_km
from earthloc_qgis.core.catalogue import write_catalogue
from earthloc_qgis.core.imagery import Imagery
from earthloc_qgis.core.report import write_report

WIDTH_DEG, HEIGHT_DEG = 4.22, 2.24  # pixels are square at 45 N, where the second photo was taken
SIZE = (1200, 900)


def cut_photos(imagery, folder) -> list[str]:
    """Three photos cut from `imagery`."""
    from osgeo import gdal

    folder.mkdir()
    paths = []
    for number, (lat, lon) in enumerate(PHOTO_CENTRES[:3]):
        path = folder / f"ISS042-E-10443{number}.jpg"
        window = [lon - WIDTH_DEG / 2, lat + HEIGHT_DEG / 2, lon + WIDTH_DEG / 2, lat - HEIGHT_DEG / 2]
        gdal.Translate(str(path), str(imagery), format="JPEG", projWin=window, width=SIZE[0], height=SIZE[1],
                       resampleAlg="cubic")  # fmt: skip
        path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)
        paths.append(str(path))
    return paths


def write_wrong_results(results, photos) -> None:
    """Write localizations that are all wrong by about 60 km."""

    def wrong(number: int, found: dict) -> None:
        if found["pose"]:
            lat, lon = PHOTO_CENTRES[number][0] + 0.4, PHOTO_CENTRES[number][1] + 0.4
            corners = [[lat + 1, lon - 1.6], [lat + 1, lon + 1.6], [lat - 1, lon + 1.6], [lat - 1, lon - 1.6]]
            nadir = list(PHOTO_CENTRES[number])
            found.update(pose=None, tie_points=[], corners=corners, center=[lat, lon], nadir=nadir)

    write_review_results(results, given=photos, change=wrong)


@pytest.fixture
def photos(imagery, tmp_path) -> list[str]:
    """Three photos cut from `imagery`."""
    return cut_photos(imagery, tmp_path / "Fotos ü")


@pytest.fixture
def window(qgis_iface, real_engine, photos, imagery, tmp_path):
    """A review of photos cut from `imagery`, with localizations that are all wrong by about 60 km."""

    settings.set_engine_setting(real_engine)
    settings.set_imagery(Imagery("mosaic", path=str(imagery)))
    settings.set_reviewer("Ada")
    results = tmp_path / "r.gpkg"
    write_wrong_results(results, photos)
    QgsProject.instance().clear()
    canvas = make_canvas(qgis_iface, "EPSG:4326")
    window = review_window(canvas)
    window.results, window.canvas = results, canvas
    window.resize(600, 640)
    window.show()
    window.open(results)
    settle(window)
    window.queue.select(photos[1])
    settle(window)
    window.activateWindow()
    window.photo.setFocus()
    yield window
    window.close_down()
    window.deleteLater()
    QgsProject.instance().clear()


def truth(x: float, y: float, number: int = 1) -> tuple[float, float]:
    """True (lat, lon) of pixel (x, y) of a photo, which was cut from the imagery without distortion."""
    lat, lon = PHOTO_CENTRES[number]
    return lat + HEIGHT_DEG * (0.5 - y / SIZE[1]), lon + WIDTH_DEG * (x / SIZE[0] - 0.5)


def on_map(window, lat: float, lon: float) -> QPoint:
    return window.canvas.getCoordinateTransform().transform(window.map.frame.to_map(lat, lon)).toQPointF().toPoint()


def click_pair(window, x: float, y: float, place: tuple[float, float] | None = None) -> None:
    """Click a pixel of the photo and its true position on the map, or another `place` there."""
    before = window.controller.undo_stack.count()
    QTest.mouseClick(window.photo, Qt.MouseButton.LeftButton, pos=window.photo.to_screen(x, y).toPoint())
    assert window.correct.tie_points.open_pixel is not None
    QTest.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=on_map(window, *(place or truth(x, y))))
    wait_for(lambda: window.controller.undo_stack.count() > before, 60, "the engine's answer")


def off_km(window) -> float:
    """Largest error of the displayed corners in km."""
    camera = window.controller.working.camera()
    return max(distance_km(camera.locate(x, y), truth(x, y)) for x in (0, SIZE[0]) for y in (0, SIZE[1]))


def test_three_tie_points_correct_a_photo(window):
    assert off_km(window) > 40.0
    photo = window.controller.current
    key = os.path.relpath(photo, window.results.parent)
    press(window, Qt.Key.Key_P)
    assert window.canvas.mapTool() is window.correct.tie_tool
    window.commands["snap"].setChecked(False)
    for x, y in ((200, 150), (1020, 220), (560, 760)):
        click_pair(window, x, y)
    assert len(window.controller.working.shown["tie_points"]) == 3
    assert off_km(window) < 12.0  # a pixel of the map is 1 km, and the imagery is not a camera view
    good = off_km(window)
    # With three points no error is shown: there is no redundancy to estimate it.
    assert " km" not in window.status.text()
    assert "tie points: 3" in window.status.text()
    assert "set a fourth" in window.status.text()
    # Undo and redo.
    for _ in range(3):
        press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert off_km(window) > 40.0
    for _ in range(3):
        press(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert off_km(window) == pytest.approx(good)
    # Dragging a point on the map changes the camera; undo restores it.
    before = window.controller.undo_stack.index()
    at = on_map(window, *truth(560, 760))
    QTest.mousePress(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    for step in (8, 16, 30):
        move(window.canvas.viewport(), at + QPoint(step, step), Qt.MouseButton.LeftButton)
    QTest.mouseRelease(window.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at + QPoint(30, 30))
    wait_for(lambda: window.controller.undo_stack.index() > before, 30)
    assert off_km(window) > 15.0
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert off_km(window) == pytest.approx(good)
    press(window, Qt.Key.Key_P)
    assert window.canvas.mapTool() is not window.correct.tie_tool
    press(window, Qt.Key.Key_A)
    settle(window)
    # The values of the engine's camera are not recorded for this one.
    sql = "SELECT review, reviewer, inliers, confidence, rms_km FROM footprints WHERE photo = ?"
    assert rows(window.results, sql, key) == [("corrected", "Ada", 3, None, None)]
    ((message,),) = rows(window.results, "SELECT message FROM footprints WHERE photo = ?", key)
    assert "45 tie points" not in message
    assert "3 tie points" in message
    catalogue = window.results.with_name("catalogue.csv")
    write_catalogue(window.results, catalogue)
    (entry,) = csv.DictReader(catalogue.read_text(encoding="utf-8-sig").splitlines())
    assert (entry["tie_points"], entry["confidence"], entry["rms_km"]) == ("3", "", "")
    report = window.results.with_name("report.html")
    write_report(window.results, report)
    page = report.read_text(encoding="utf-8")
    assert "<td>3</td>" in page
    assert " %</td>" not in page
    ties = rows(window.results, "SELECT x_px, y_px, lat, lon, origin FROM tie_points WHERE photo = ?", key)
    assert len(ties) == 3
    assert {tie[4] for tie in ties} == {"manual"}
    for x, y, lat, lon, _ in ties:
        assert distance_km((lat, lon), truth(x, y)) < 3.0
    (corners,) = rows(window.results, "SELECT lat1, lon1, lat3, lon3 FROM footprints WHERE photo = ?", key)
    assert distance_km(corners[:2], truth(0, 0)) < 12.0
    assert distance_km(corners[2:], truth(*SIZE)) < 12.0
    # A fourth point gives an error.
    window.queue.select(photo)
    settle(window)
    press(window, Qt.Key.Key_P)
    click_pair(window, 1000, 700)
    assert "tie points: 4, error" in window.status.text()
    press(window, Qt.Key.Key_A)
    settle(window)
    ((inliers, confidence, rms_km),) = rows(
        window.results, "SELECT inliers, confidence, rms_km FROM footprints WHERE photo = ?", key)  # fmt: skip
    assert (inliers, confidence) == (4, None)
    assert rms_km > 0


def test_point_snaps_to_the_best_match_and_can_be_deleted(window):
    press(window, Qt.Key.Key_P)
    for x, y in ((200, 150), (1020, 220), (560, 760), (300, 600)):
        click_pair(window, x, y)
    before = window.controller.undo_stack.count()
    spot = (700.0, 400.0)
    QTest.mouseClick(window.photo, Qt.MouseButton.LeftButton, pos=window.photo.to_screen(*spot).toPoint())
    QTest.keyClick(window.photo, Qt.Key.Key_Return)  # use the best match near its projection
    wait_for(lambda: window.controller.undo_stack.count() > before, 60)
    point = window.controller.working.shown["tie_points"][-1]
    assert distance_km((point["lat"], point["lon"]), truth(point["x_px"], point["y_px"])) < 4.0
    assert point["residual_km"] is not None
    window.correct.tie_points.select(4)
    QTest.keyClick(window.photo, Qt.Key.Key_Delete)
    wait_for(lambda: len(window.controller.working.shown["tie_points"]) == 4, 30)
    QTest.keyClick(window.photo, Qt.Key.Key_X)
    assert window.controller.working.shown["tie_points"] == []
    assert window.controller.working.shown["footprint"]


def test_footprint_is_moved_scaled_and_rotated_by_hand(window):
    press(window, Qt.Key.Key_V)
    viewport, camera = window.canvas.viewport(), window.controller.working.camera()

    def drag(start: QPoint, to: QPoint) -> None:
        QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
        move(viewport, (start + to) / 2, Qt.MouseButton.LeftButton)
        move(viewport, to, Qt.MouseButton.LeftButton)
        QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=to)

    def center() -> tuple[float, float]:
        return tuple(window.controller.working.shown["center"])

    def grips() -> list:
        return [window.map.frame.to_lat_lon(at) for at in window.map.marks._grips]

    old, wanted = center(), truth(600, 450)
    assert grips() == [pytest.approx(camera.locate(x, y)) for x, y in ((0, 0), (1200, 0), (1200, 900), (0, 900))]
    drag(on_map(window, *old), on_map(window, *wanted))
    assert distance_km(center(), wanted) < 5.0
    assert window.controller.working.is_by_hand
    corner = window.controller.working.camera().locate(0, 0)
    middle = on_map(window, *center())
    outer = on_map(window, *corner)
    drag(outer, middle + (outer - middle) * 2)
    wide = distance_km(window.controller.working.camera().locate(0, 0), center()) / distance_km(corner, wanted)
    assert wide == pytest.approx(2.0, rel=0.05)
    top = window.controller.working.camera().locate(600, 0)
    at = on_map(window, *top)
    drag(at, middle + QPoint(-(at - middle).y(), (at - middle).x()))  # rotate by 90 degrees
    east = window.controller.working.camera().locate(600, 0)
    assert abs(east[0] - center()[0]) < 0.15
    assert grips()[0] == pytest.approx(window.controller.working.camera().locate(0, 0))
    for _ in range(3):
        press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    press(window, Qt.Key.Key_V)
    assert grips() == []
    assert center() == pytest.approx(old)
    assert window.controller.working.camera().locate(0, 0) == pytest.approx(camera.locate(0, 0))


def test_centre_is_set_by_typed_coordinates(window, monkeypatch):
    answers = iter(["nowhere", "45.25, 5.5"])
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (next(answers), True))
    press(window, Qt.Key.Key_G)
    assert "is not a position" in window.status.text()
    assert not window.controller.working.is_unsaved
    press(window, Qt.Key.Key_G)
    assert window.controller.working.shown["center"] == pytest.approx([45.25, 5.5], abs=1e-5)


def test_photo_that_was_not_found_can_be_placed_by_hand(window):
    last = next(item.path for item in window.controller.model._all.values() if item.status == "not_found")
    window.queue.select(last)
    settle(window)
    assert window.controller.working.camera() is None
    press(window, Qt.Key.Key_V)
    assert window.controller.working.camera() is not None
    press(window, Qt.Key.Key_A)
    settle(window)
    key = os.path.relpath(last, window.results.parent)
    assert rows(window.results, "SELECT review, status, confidence FROM footprints WHERE photo = ?", key) == [
        ("corrected", "not_found", None)
    ]  # fmt: skip
    assert rows(window.results, "SELECT count(*) FROM rtree_footprints_geom") == rows(
        window.results, "SELECT count(*) FROM footprints"
    )


def test_search_here(window, real_index, monkeypatch):
    window._indexes = lambda: [str(real_index)]
    window.correct._search._indexes = window._indexes
    settings.set_register(False)
    settings.set_top_k(4)
    lat, lon = PHOTO_CENTRES[1]
    before = window.controller.working
    window.correct._search.start((lat, lon), 250.0)
    assert "Esc" in window.status.text()
    wait_for(lambda: window.controller.working is not before, 90, "the search")
    found = window.controller.working.shown["candidates"]
    assert len(found) == 4
    assert all(distance_km(tuple(c["center"]), (lat, lon)) < 252 for c in found)
    assert window.strip.candidates.rowCount() == 4
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.strip.candidates.rowCount() == 5
    # A cancelled search is also cancelled in the engine.
    cancelled, cancel = [], window.client.cancel
    monkeypatch.setattr(window.client, "cancel", lambda number: (cancelled.append(number), cancel(number)))
    before = window.controller.working
    window.correct._search.start((lat, lon), 250.0)
    asked = window.correct._search._request
    press(window, Qt.Key.Key_Escape)
    assert cancelled == [asked]
    assert "stopped" in window.status.text()
    wait_for(lambda: not window.client._requests, 60, "the engine's answer")
    assert window.controller.working is before


def test_answer_to_a_cancelled_search_is_ignored(window, real_index, monkeypatch):
    """The answer arrives after Esc was pressed."""
    window._indexes = lambda: [str(real_index)]
    window.correct._search._indexes = window._indexes
    settings.set_register(False)
    monkeypatch.setattr(window.client, "cancel", lambda number: None)
    before = window.controller.working
    window.correct._search.start(PHOTO_CENTRES[1], 250.0)
    press(window, Qt.Key.Key_Escape)
    wait_for(lambda: not window.client._requests, 90, "the engine's answer")
    assert window.controller.working is before
    assert "stopped" in window.status.text()
    assert not window.controller.undo_stack.canUndo()


def test_tile_pictures_are_cut_from_the_imagery(window):
    wait_for(lambda: any(window.strip.candidates._tiles.values()), 60, "a tile's picture")
    rank = next(rank for rank, image in window.strip.candidates._tiles.items() if image is not None)
    assert window.strip.candidates._tiles[rank].width() == 160


def test_photo_is_fitted_to_the_imagery_near_its_footprint(window, imagery):
    press(window, Qt.Key.Key_I)
    assert "Esc" in window.status.text()
    wait_for(lambda: window.controller.working.is_unsaved, 90, "the fit")
    assert window.controller.working.shown["pose"]
    assert window.controller.working.shown["imagery"]["source"] == str(imagery)
    assert off_km(window) < 5.0
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not window.controller.working.is_unsaved


def test_file_of_an_older_version_is_upgraded(window, tmp_path):
    import sqlite3

    old = tmp_path / "old.gpkg"
    write_review_results(old, 2)
    with sqlite3.connect(old) as database:
        for table in ("reviews", "tie_points", "search_areas"):
            database.execute(f"DROP TABLE {table}")
            database.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (table,))
            database.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = ?", (table,))
            database.execute("DELETE FROM gpkg_extensions WHERE table_name = ?", (table,))
            database.execute("DELETE FROM gpkg_ogr_contents WHERE table_name = ?", (table,))
        database.execute("DROP TABLE rtree_tie_points_geom")
        database.execute("DROP TABLE rtree_search_areas_geom")
        database.execute("ALTER TABLE footprints DROP COLUMN imagery")
        database.execute("ALTER TABLE footprints DROP COLUMN imagery_attribution")
        database.execute("CREATE TABLE earthloc_schema (version INTEGER NOT NULL)")
        database.execute("INSERT INTO earthloc_schema VALUES (1)")
        database.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, f_table_catalog, f_table_schema,"
                         " f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description,"
                         " owner, ui, update_time)")  # fmt: skip
    window.open(old)
    wait_for(lambda: window.controller.model.counts()[1] == 2, 60, "the upgrade by the engine")
    settle(window)
    press(window, Qt.Key.Key_R)
    settle(window)
    assert rows(old, "SELECT decision FROM reviews") == [("rejected",)]


def test_imagery_menu_lists_the_choices_and_applies_to_the_panel(window, imagery):
    window.imagery.fill()
    actions = {action.text(): action for action in window.imagery.menu.actions() if action.text()}
    assert actions["mosaic"].isChecked()
    chosen = []
    window.imagery.changed.connect(lambda: chosen.append(settings.imagery()))
    next(iter(actions.values())).trigger()
    assert chosen == [Imagery()]  # the imagery of each index, in the panel too
    assert settings.imagery().is_own
