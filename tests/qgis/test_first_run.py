"""The first run: first steps, sample photo, basemap, the summary of a run, files that are left out."""

from __future__ import annotations

import os

import pytest
from conftest import REPOSITORY, wait_for
from panel_kit import add, engine_options, folder, idle, index, panel, status  # noqa: F401  fixtures
from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDialog, QFileDialog, QTreeWidget
from review_results import write_review_results

from earthloc_qgis import settings
from earthloc_qgis.core.basemap import BASEMAP, ensure_basemap
from earthloc_qgis.core.layers import TABLE_PROPERTY
from earthloc_qgis.core.photo_files import SkippedFile, find_files
from earthloc_qgis.core.queue import Job

# --- first steps ---------------------------------------------------------------------------------------


def click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_first_steps_lead_to_the_first_result(panel):
    settings.set_first_steps_done(False)
    panel.show_first_steps()
    assert panel.stack.currentWidget() is panel.steps
    assert panel.steps.current() == "imagery"  # there is an engine
    click(panel.steps.button("imagery_world"))
    assert panel.steps.current() == "photo"
    click(panel.steps.button("photo_sample"))
    assert settings.first_steps_done()
    assert panel.stack.currentWidget() is panel.list
    wait_for(lambda: list(status(panel).values()) == ["uncertain"])
    assert panel.summary.isVisible()


def test_missing_engine_is_the_first_step(panel, monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "find_engine", lambda: None)
    panel.show_first_steps()
    assert panel.steps.current() == "engine"
    wanted = []
    panel.notice.install_wanted.connect(lambda: wanted.append(True))
    click(panel.steps.button("engine_install"))
    assert wanted
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "earthloc"), ""))
    monkeypatch.setattr(settings, "find_engine", lambda: str(tmp_path / "earthloc"))
    click(panel.steps.button("engine_choose"))
    assert settings.engine_setting() == str(tmp_path / "earthloc")
    assert panel.steps.current() == "imagery"


def test_skipped_first_steps_stay_away_and_can_be_shown_again(panel):
    settings.set_first_steps_done(False)
    panel.controller.restore()
    assert panel.stack.currentWidget() is panel.steps
    click(panel.steps.findChild(object, "first_steps_skip_all"))
    assert settings.first_steps_done()
    panel.controller.restore()
    assert panel.stack.currentWidget() is panel.empty
    panel.tools.steps.trigger()
    assert panel.stack.currentWidget() is panel.steps
    click(panel.steps.findChild(object, "first_steps_imagery_skip"))
    click(panel.steps.findChild(object, "first_steps_photo_skip"))
    assert panel.stack.currentWidget() is panel.empty
    click(panel.empty.findChild(object, "empty_steps"))
    assert panel.stack.currentWidget() is panel.steps


def test_sample_photo_waits_for_an_index(panel, index, own_profile):
    panel.search.indexes.combo.deselectAllOptions()
    panel.try_sample()
    (photo,) = panel.controller.model.photos()
    assert photo.path == str(own_profile / "sample" / "earthloc-sample.jpg")  # an update of the plugin keeps it
    assert photo.status == "new"
    panel.search.indexes.combo.selectAllOptions()
    wait_for(lambda: photo.status == "uncertain")


# --- the map -------------------------------------------------------------------------------------------


def basemaps() -> list[str]:
    layers = QgsProject.instance().mapLayers().values()
    return [layer.name() for layer in layers if layer.customProperty(TABLE_PROPERTY) == BASEMAP]


@pytest.fixture
def stored(panel):
    """Three photos with results, located in an unsaved project."""
    panel.controller.store.path.parent.mkdir(parents=True, exist_ok=True)
    return write_review_results(panel.controller.store.path, 3)


def test_first_result_brings_a_world_outline_once(panel, stored):
    panel.controller.restore_leftovers()
    assert basemaps() == ["World"]
    order = QgsProject.instance().layerTreeRoot().layerOrder()
    assert order[-1].name() == "World"
    QgsProject.instance().removeMapLayer(order[-1].id())
    panel.controller.map.show(stored[0], candidates_visible=False)
    assert basemaps() == []  # the user removed it


def test_no_basemap_beside_layers_of_the_user(qgis_iface):
    project = QgsProject.instance()
    project.clear()
    project.addMapLayer(QgsVectorLayer("Point?crs=EPSG:4326", "mine", "memory"))
    ensure_basemap(project, [])
    assert basemaps() == []
    project.clear()


def test_included_mosaic_is_the_basemap(qgis_iface):
    project = QgsProject.instance()
    project.clear()
    ensure_basemap(project, [str(REPOSITORY / "resources" / "indexes" / "world")])
    assert sorted(basemaps()) == ["World", "World (Blue Marble)"]
    project.clear()


def test_map_zooms_to_all_results_of_a_run(panel, stored):
    canvas = panel._iface.mapCanvas()
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    panel.controller.restore_leftovers()
    answer = {"saved_to": str(panel.controller.store.path), "footprint": {"type": "MultiPolygon"},
              "status": "uncertain", "confidence": 0.5}  # fmt: skip
    jobs = {photo: Job(photo, result=answer) for photo in stored}
    before = canvas.extent()
    panel.controller.map.may_zoom = lambda: False  # the review has the map
    panel.controller.map.zoom_to_run(jobs)
    QTest.qWait(600)
    assert canvas.extent() == before
    panel.controller.map.may_zoom = lambda: True
    panel.controller.map.zoom_to_run({photo: Job(photo, result={**answer, "confidence": 0.004}) for photo in stored})
    QTest.qWait(600)
    assert canvas.extent() == before  # no likelier than chance: there is nothing to see
    panel.controller.map.zoom_to_run(jobs)
    wait_for(lambda: canvas.extent() != before, 5)
    footprints = panel.controller._layers._all_footprints()
    assert canvas.extent().contains(footprints.extent())
    assert canvas.extent().width() < 3 * max(footprints.extent().width(), footprints.extent().height())


# --- the summary ---------------------------------------------------------------------------------------


def test_summary_counts_and_selects_the_photos_of_a_run(panel, folder):
    paths = folder("a.jpg", "b.jpg", "unreadable.jpg", "reviewed.jpg")
    add(panel, paths)
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    text = panel.summary.text.text()
    for part in ("2 uncertain", "1 could not be read", "1 skipped"):
        assert part in text
    click(panel.summary.button)
    assert sorted(panel.list.selected()) == sorted(paths)
    panel.summary.text.linkActivated.emit("failed")
    assert [os.path.basename(path) for path in panel.list.selected()] == ["unreadable.jpg"]
    click(panel.summary.findChild(object, "run_summary_close"))
    assert not panel.summary.isVisible()


# --- files that are left out ---------------------------------------------------------------------------


def test_photos_that_are_listed_already_are_reported(panel, folder):
    paths = folder("a.jpg")
    add(panel, paths)
    messages = []
    panel.adding.message.connect(lambda text, level: messages.append(text))
    panel.add_paths(paths)
    wait_for(lambda: messages)
    assert messages == ["These photos are in the list already."]


def test_files_that_are_no_photos_are_listed_with_the_reason(panel, folder):
    folder("a.jpg")
    for name in ("a.NEF", "c.pdf", "d.mp4", "e.xmp", ".hidden"):  # a.NEF is beside its JPEG
        (folder.path / name).write_bytes(b"")
    panel.add_paths([str(folder.path)])
    wait_for(lambda: panel.adding.notice.isVisible())
    assert "2 files" in panel.adding.notice.text.text()
    click(panel.adding.notice.button)
    dialog = panel.findChild(QDialog, "skipped_files_dialog")
    table = dialog.findChild(QTreeWidget)
    rows = {table.topLevelItem(row).text(0): table.topLevelItem(row).text(1) for row in range(2)}
    assert "document" in rows["c.pdf"]
    assert "film" in rows["d.mp4"]
    dialog.reject()
    assert list(status(panel)) == ["a.jpg"]


@pytest.mark.parametrize("name", ["notes.txt", "missing.jpg"])
def test_files_that_the_user_names_are_always_reported(tmp_path, name):
    if name == "notes.txt":
        (tmp_path / name).write_text("")
    (skipped,) = find_files([str(tmp_path / name)])
    assert isinstance(skipped, SkippedFile)
    assert skipped.reason
