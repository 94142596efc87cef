"""Removing photos from the panel: the question, reviewed photos only if ticked, and undo."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import wait_for
from panel_kit import (  # noqa: F401  fixtures
    add,
    answer_question,
    docked,
    engine_options,
    folder,
    idle,
    index,
    panel,
    question,
    status,
)
from qgis.core import QgsLayerTreeGroup, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QMessageBox
from review_results import write_review_results

from earthloc_qgis.contract.review import ReviewDecision
from earthloc_qgis.core.layers import ResultLayers
from earthloc_qgis.core.reviews import ReviewFile
from earthloc_qgis.gui.compat import QAction

TABLES = ("photos", "footprints", "candidates", "tie_points", "reviews", "rtree_footprints_geom", "gpkg_ogr_contents")


@pytest.fixture
def results(panel, tmp_path):
    """Four photos in the panel, three of them on the map; the second is corrected, the third rejected."""
    path = tmp_path / "p_earthloc.gpkg"
    photos = [str(tmp_path / "photos" / f"ISS042-E-{number}.jpg") for number in range(1, 5)]
    write_review_results(path, given=photos)
    file = ReviewFile(path)
    by_hand = {**file.localizations(photos[1])[0], "message": "by hand"}
    file.write([
        ReviewDecision(photos[1], "corrected", "Ada", "seen there", by_hand, replaces_footprint=True),
        ReviewDecision(photos[2], "rejected", "Ada"),
    ])  # fmt: skip
    assert QgsProject.instance().write(str(tmp_path / "p.qgz"))
    assert QgsProject.instance().read(str(tmp_path / "p.qgz"))
    assert [photo.path for photo in panel.controller.model.photos()] == photos
    layers = ResultLayers(QgsProject.instance())
    for photo in photos[:3]:
        layers.show(photo, Path(photo).stem, path, candidates_visible=photo == photos[1])
    return path


def rows(path) -> dict:
    with closing(sqlite3.connect(path)) as database:
        return {table: sorted(database.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}


def paths(panel) -> list[str]:
    return [photo.path for photo in panel.controller.model.photos()]


def groups() -> dict[str, list]:
    """Layers on the map by photo: name, number of features, visibility."""
    top = QgsProject.instance().layerTreeRoot().findGroup("EarthLoc")
    found = [child for child in (top.children() if top else []) if isinstance(child, QgsLayerTreeGroup)]
    return {
        group.name(): sorted((n.layer().name(), n.layer().featureCount(), n.itemVisibilityChecked())
                             for n in group.findLayers())
        for group in found
    }  # fmt: skip


def press_delete(panel, photos) -> QMessageBox | None:
    panel.list.select(photos)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    return question(panel)


def press_undo(panel) -> None:
    QTest.keyClick(panel.list, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def test_question_states_the_numbers_and_defaults_to_no(panel, results):
    before, photos, map_before = rows(results), paths(panel), groups()
    asked = press_delete(panel, photos)
    assert asked is not None, "no question was asked"
    assert asked.text() == "Remove 4 photos from the list?"
    assert "p_earthloc.gpkg: 4." in asked.informativeText()
    assert asked.checkBox().text() == "Also remove reviewed photos: 2"
    assert asked.remove_button.text() == "Remove 2"
    assert asked.defaultButton() is asked.button(QMessageBox.StandardButton.Cancel)
    QTest.keyClick(asked, Qt.Key.Key_Return)  # the default button
    wait_for(lambda: question(panel) is None, 10)
    assert (rows(results), paths(panel), groups()) == (before, photos, map_before)
    press_delete(panel, photos)
    answer_question(panel, yes=False)
    assert (rows(results), paths(panel), groups()) == (before, photos, map_before)


def test_reviewed_photos_are_kept_unless_ticked(panel, results):
    before, photos = rows(results), paths(panel)
    press_delete(panel, photos)
    answer_question(panel)
    assert paths(panel) == photos[1:3]
    assert list(groups()) == [Path(photo).stem for photo in reversed(photos[1:3])]
    left = rows(results)
    assert [row for row in before["photos"] if row in left["photos"]] == left["photos"]
    assert len(left["photos"]) == 2
    assert left["reviews"] == before["reviews"]
    asked = press_delete(panel, photos[1:3])
    assert not asked.remove_button.isEnabled()
    answer_question(panel, include_reviewed=True)
    assert paths(panel) == []
    assert rows(results)["photos"] == []
    assert rows(results)["reviews"] == before["reviews"]


def test_ctrl_z_restores_everything(panel, results):
    before, photos, map_before = rows(results), paths(panel), groups()
    panel.controller.model.update(photos[0], nadir=(1.5, 2.5), nadir_given=True)
    for gone in (photos[:2], photos[2:3]):
        press_delete(panel, gone)
        answer_question(panel, include_reviewed=True)
    assert paths(panel) == photos[3:]
    assert groups() == {}
    press_undo(panel)
    assert paths(panel) == photos[2:]
    press_undo(panel)
    assert paths(panel) == photos
    assert rows(results) == before
    assert groups() == map_before
    first = panel.controller.model.photo(photos[0])
    assert (first.nadir, first.nadir_given, first.status) == ((1.5, 2.5), True, "located")
    assert panel.list.selected() == photos[:2]
    assert not panel.tools.undo.isEnabled()
    layer = QgsVectorLayer(f"{results}|layername=footprints", "f", "ogr")
    found = list(layer.getFeatures(layer.extent().buffered(1)))
    assert layer.featureCount() == len(found)  # the R-tree is restored too
    file = ReviewFile(results)
    assert [item.review for item in file.states()][1:3] == ["corrected", "rejected"]
    assert file.localizations(photos[1])[0]["message"] == "by hand"


def test_undo_button_restores_an_emptied_list(panel, folder):
    photos = folder("a.jpg", "b.jpg")
    add(panel, photos)
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    panel.list.select(photos)
    panel.tools.remove.trigger()
    answer_question(panel)
    assert panel.stack.currentWidget() is panel.empty
    QTest.mouseClick(panel.tools.widgetForAction(panel.tools.undo), Qt.MouseButton.LeftButton)
    assert status(panel) == {"a.jpg": "uncertain", "b.jpg": "uncertain"}
    assert panel.stack.currentWidget() is panel.list


def test_photos_removed_while_waiting_or_running_are_restored_to_their_previous_state(panel, folder):
    photos = folder("slow1.jpg", "slow2.jpg", "slow3.jpg")
    add(panel, photos)
    panel.localize_button.click()
    wait_for(lambda: panel.controller.model.photos()[0].progress > 0.2)
    press_delete(panel, photos[:2])
    answer_question(panel)
    press_undo(panel)
    wait_for(lambda: idle(panel))
    # The first photo was running when it was removed; it was back in the list when its job ended.
    assert status(panel) == {"slow1.jpg": "cancelled", "slow2.jpg": "new", "slow3.jpg": "uncertain"}
    assert panel.controller.unlocated() == photos[:2]


def test_undo_keeps_photos_that_were_added_again(panel, results):
    before, photos = rows(results), paths(panel)
    press_delete(panel, photos[:1])
    answer_question(panel)
    add(panel, photos[:1])
    press_undo(panel)
    assert sorted(paths(panel)) == sorted(photos)
    assert panel.controller.model.photo(photos[0]).status == "located"
    assert rows(results) == before


def test_locked_file_leaves_everything_unchanged(panel, results):
    before, photos = rows(results), paths(panel)
    with closing(sqlite3.connect(results, isolation_level=None)) as other:
        press_delete(panel, photos[:1])
        other.execute("BEGIN IMMEDIATE")
        answer_question(panel)
        assert any("p_earthloc.gpkg" in text for text in panel.messages)
        other.execute("ROLLBACK")
    assert (rows(results), paths(panel)) == (before, photos)
    assert not panel.tools.undo.isEnabled()


def test_undo_is_unavailable_in_another_project(panel, results):
    press_delete(panel, paths(panel)[:1])
    answer_question(panel)
    assert panel.tools.undo.isEnabled()
    QgsProject.instance().clear()
    assert not panel.tools.undo.isEnabled()
    press_undo(panel)
    assert paths(panel) == []


def test_ctrl_z_belongs_to_qgis_without_a_removal_to_undo(panel, results, docked):
    taken = []
    action = QAction("Undo", docked)
    action.setShortcut(QKeySequence("Ctrl+Z"))
    action.triggered.connect(lambda *_: taken.append("qgis"))
    docked.addAction(action)
    panel.list.setFocus()
    wait_for(panel.list.hasFocus, 10)
    press_undo(panel)
    assert taken == ["qgis"]
    press_delete(panel, paths(panel)[:1])
    answer_question(panel)
    panel.list.setFocus()
    wait_for(panel.list.hasFocus, 10)
    press_undo(panel)
    assert len(paths(panel)) == 4
    assert taken == ["qgis"]
    docked.removeAction(action)
    action.deleteLater()


def test_photo_files_are_kept(panel, results):
    photos = paths(panel)
    press_delete(panel, photos)
    answer_question(panel, include_reviewed=True)
    assert all(os.path.exists(photo) for photo in photos)
    assert QApplication.activeModalWidget() is None
