"""Footprints by the pass in Processing, in the panel, and on the map."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from conftest import REPOSITORY, wait_for
from osgeo import gdal
from panel_kit import engine_options, index, panel  # noqa: F401  fixtures
from processing_kit import Feedback, provider, run  # noqa: F401  fixtures
from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils, QgsProcessingException
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QMessageBox, QProgressDialog, QPushButton
from sample_results import write_results

from earthloc_qgis import settings
from earthloc_qgis.core.export import open_results
from earthloc_qgis.core.resources import style
from earthloc_qgis.gui.photo_model import STATUS

_FILL = """import sys; sys.path[:0] = [{repository!r}, {tests!r}]
from pathlib import Path
from test_passes_doors import fill
fill(Path({folder!r}))"""


@pytest.fixture
def a_pass(real_engine, tmp_path) -> Path:
    """Results of five photos of a pass, of which three are located."""
    code = _FILL.format(repository=str(REPOSITORY), tests=str(REPOSITORY / "tests" / "engine"), folder=str(tmp_path))
    subprocess.run([Path(real_engine).with_name("python"), "-c", code], check=True, capture_output=True, timeout=120)
    return tmp_path / "results.gpkg"


def footprints(path: Path) -> dict[str, tuple]:
    with closing(sqlite3.connect(path)) as con:
        rows = con.execute("SELECT photo, status, ellipse_major_km, ellipse_minor_km FROM footprints").fetchall()
    return {photo: values for photo, *values in rows}


def test_footprints_are_written_drawn_and_exported(a_pass, run, tmp_path):
    feedback = Feedback()
    found = run("solvepasses", {"RESULTS": str(a_pass), "LEAVE_ONE_OUT": True}, feedback)
    assert (found["PASSES"], found["BY_PASS"]) == (1, 2)
    assert found["MEDIAN_KM"] < 10
    assert "The camera was fixed" in found["MESSAGE"]
    assert any("imx477, 2024-02-12T23:22" in line for line in feedback.lines)
    rows = footprints(a_pass)
    assert [rows[f"frame{i}.jpg"][0] for i in range(5)] == ["located", "by_pass"] * 2 + ["located"]

    layer = open_results(str(a_pass), "footprints")
    message, loaded = layer.loadNamedStyle(str(style("footprints")))
    assert loaded, message
    rule = next(rule for rule in layer.renderer().rootRule().children() if "by the pass" in rule.label().lower())
    drawn = QgsExpression(rule.symbol().symbolLayer(2).geometryExpression())
    feature = next(feature for feature in layer.getFeatures() if feature["photo"] == "frame1.jpg")
    assert QgsExpression(rule.filterExpression()).evaluate(_context(layer, feature))
    ellipse = drawn.evaluate(_context(layer, feature))
    assert not drawn.hasEvalError(), drawn.evalErrorString()
    km2 = ellipse.area() * 111.32 * 110.57 * math.cos(math.radians(feature["center_lat"]))
    expected = math.pi * feature["ellipse_major_km"] * feature["ellipse_minor_km"]
    assert km2 == pytest.approx(expected, rel=0.02)

    out = tmp_path / "by the pass.geojson"
    run("exportfootprints", {"INPUT": str(a_pass), "STATUS": ["by_pass"], "OUTPUT": str(out)})
    exported = json.loads(out.read_text(encoding="utf-8"))["features"]
    assert len(exported) == 2
    assert all(one["properties"]["ellipse_major_km"] > 0 for one in exported)


def test_the_real_engine_says_what_is_wrong(run, tmp_path, real_engine):
    with pytest.raises(QgsProcessingException, match="there is no such|no such file|not exist"):
        run("solvepasses", {"RESULTS": str(tmp_path / "none.gpkg")})


def test_the_panel_solves_passes_and_shows_the_status(panel):
    path = panel.controller.store.path
    path.parent.mkdir(parents=True, exist_ok=True)
    write_results(path)
    panel.controller.restore_leftovers()
    model = panel.controller.model
    row = next(number for number, photo in enumerate(model.photos()) if "night" in photo.path)
    before = model.index(row, STATUS).data(Qt.ItemDataRole.DisplayRole)
    file = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_UPDATE)  # what the fake engine does not write
    file.ExecuteSQL("UPDATE photos SET status = 'by_pass', confidence = NULL WHERE photo LIKE '%night.jpg'")
    del file
    panel.tools.solve_passes.trigger()
    wait_for(lambda: _box(panel), what="the box")
    box = _box(panel)
    assert "1 photos have a footprint by the pass." in box.text()
    assert "The camera was fixed" in box.informativeText()
    assert "1 photos belong to no pass" in box.informativeText()
    assert before == "Not found"
    assert model.index(row, STATUS).data(Qt.ItemDataRole.DisplayRole) == "By the pass, not located"
    box.reject()


def test_a_long_solution_shows_how_far_it_is_and_can_be_cancelled(panel):
    path = panel.controller.store.path
    path.parent.mkdir(parents=True, exist_ok=True)
    write_results(path)
    settings.set_orbit_file("/orbits/slow.tle")
    panel.tools.solve_passes.trigger()
    dialog = panel.findChild(QProgressDialog, "waiting_dialog")
    assert not dialog.isVisible()  # a quick answer needs none
    wait_for(lambda: dialog.isVisible() and dialog.value() > 0, what="the progress")
    assert dialog.maximum() == 60
    assert "Solving passes" in dialog.labelText()
    QTest.mouseClick(dialog.findChild(QPushButton), Qt.MouseButton.LeftButton)
    wait_for(lambda: panel.findChild(QProgressDialog, "waiting_dialog") is None, what="the end of the dialog")
    assert _box(panel) is None
    settings.set_orbit_file("")
    panel.tools.solve_passes.trigger()
    wait_for(lambda: _box(panel), what="the box of the next solution")


def test_the_orbit_of_the_options_is_used(panel):
    settings.set_orbit_file("/orbits/station.tle")
    asked = []
    panel.controller.client.request = lambda request, **_: asked.append(request)
    panel.tools.solve_passes.trigger()
    assert [request.orbit for request in asked] == ["/orbits/station.tle"]


def _box(panel) -> QMessageBox | None:
    return next((box for box in panel.findChildren(QMessageBox, "passes_box") if box.isVisible()), None)


def _context(layer, feature) -> QgsExpressionContext:
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(feature)
    return context
