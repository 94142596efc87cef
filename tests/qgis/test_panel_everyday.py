"""Everyday work in the panel: small screens, the review column, order, moved photos, another results file."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing

import pytest
from conftest import wait_for
from panel_kit import add, docked, engine_options, folder, idle, index, panel, status  # noqa: F401  fixtures
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QImage, QPainter
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QFileDialog, QStyle, QStyleOptionViewItem
from review_results import write_review_results

from earthloc_qgis import settings
from earthloc_qgis.contract.review import ReviewDecision
from earthloc_qgis.core.layers import PHOTO_PROPERTY
from earthloc_qgis.core.moved_photos import find_moved
from earthloc_qgis.core.reviews import ReviewFile
from earthloc_qgis.core.store import ResultStore
from earthloc_qgis.gui.photo_model import PHOTO, REVIEW, Photo

SCREEN_HEIGHT = 768
QGIS_BARS = 170  # menu, two tool bars, title of the dock, status bar of QGIS


@pytest.fixture
def project(panel, tmp_path):
    """A saved project with four photos with results. Returns the photos in the order of the list."""
    write_review_results(tmp_path / "p_earthloc.gpkg", 4)
    assert QgsProject.instance().write(str(tmp_path / "p.qgz"))
    assert QgsProject.instance().read(str(tmp_path / "p.qgz"))
    return [photo.path for photo in panel.controller.model.photos()]


def reopen(tmp_path) -> None:
    QgsProject.instance().clear()
    assert QgsProject.instance().read(str(tmp_path / "p.qgz"))


def rows(path, sql) -> list:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


def names(panel) -> list[str]:
    return [os.path.basename(photo.path) for photo in panel.controller.model.photos()]


# --- room ----------------------------------------------------------------------------------------------


def test_eight_photos_are_visible_on_a_small_screen(panel, folder):
    add(panel, folder(*(f"{n}.jpg" for n in range(9))))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    panel.resize(460, SCREEN_HEIGHT - QGIS_BARS)
    QTest.qWait(100)
    assert panel.summary.isVisible()
    row = panel.list.visualRect(panel.list.model().index(0, 0)).height()
    assert panel.list.viewport().height() >= 8 * row
    assert panel.results.header.isVisible()


def test_panel_with_everything_open_is_never_higher_than_the_screen(panel, folder):
    add(panel, folder("a.jpg"))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    panel.search_header.setChecked(True)
    panel.results.header.setChecked(True)
    panel.adding.notice.show_text("2 files were left out.")
    QTest.qWait(50)
    assert panel.results.list.isVisible()
    assert panel.search.isVisible()
    assert panel.minimumSizeHint().height() <= 300
    assert panel.minimumSizeHint().width() <= 480
    assert panel.minimumSizeHint().width() >= panel.search.minimumSizeHint().width()


def test_without_candidates_there_is_no_empty_table(panel, folder):
    add(panel, folder("unreadable.jpg"))
    panel.results.header.setChecked(True)
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert not panel.results.list.isVisible()
    assert not panel.results.header.isVisible()


def test_folded_sections_stay_as_they_are(panel):
    assert not panel.search_header.isChecked()
    panel.search_header.setChecked(True)
    assert settings.is_open("search")
    assert "europe" in panel.search_header.text()


def test_long_texts_do_not_widen_the_panel(panel, folder):
    add(panel, folder("a.jpg"))
    narrow = panel.minimumSizeHint().width()
    panel.notice.show_problem("short")
    panel.search_header.show_title("x" * 300)
    panel.moved.notice.show_text("y" * 300)
    panel.results.show_result("z" * 300, None)
    panel.notice.show_problem("w" * 300)
    QTest.qWait(20)
    assert panel.minimumSizeHint().width() <= narrow + 40
    assert panel.moved.notice.button.geometry().right() <= panel.width()


def test_thumbnail_of_a_selected_photo_keeps_its_colours(panel, folder):
    (path,) = folder("a.jpg")
    add(panel, [path])
    placeholder = panel.controller.thumbnails._placeholder.cacheKey()
    wait_for(lambda: panel.controller.thumbnails.pixmap(path).cacheKey() != placeholder)
    index, delegate = panel.list.model().index(0, PHOTO), panel.list.itemDelegateForColumn(PHOTO)
    colours = []
    for selected in (False, True):
        option = QStyleOptionViewItem()
        option.initFrom(panel.list)
        option.rect = panel.list.visualRect(index)
        option.rect.moveTo(0, 0)
        option.decorationSize = panel.list.iconSize()
        option.state |= QStyle.StateFlag.State_Enabled
        if selected:
            option.state |= QStyle.StateFlag.State_Selected
        image = QImage(option.rect.size(), QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        delegate.paint(painter, option, index)
        painter.end()
        colours.append(image.pixelColor(26, image.height() // 2).name())
    assert colours[0] == colours[1]


# --- review --------------------------------------------------------------------------------------------


def test_decisions_are_shown_when_a_project_is_opened_and_when_the_review_writes(panel, project, tmp_path, docked):
    file = ReviewFile(tmp_path / "p_earthloc.gpkg")
    file.write([ReviewDecision(project[1], "rejected", "Ada")])
    reopen(tmp_path)
    model = panel.controller.model

    def shown() -> list[str]:
        return [model.index(row, REVIEW).data() for row in range(4)]

    assert shown() == ["", "Rejected", "", ""]
    assert model.index(1, REVIEW).data(Qt.ItemDataRole.DecorationRole) is not None
    panel.list.select([project[2]])
    panel.tools.review.trigger()
    window = panel.review.window
    wait_for(lambda: window.controller.current == project[2] and window.controller.working is not None)
    window.decide("accepted")
    wait_for(lambda: shown() == ["", "Rejected", "Accepted", ""])
    window.controller.undo_stack.undo()
    wait_for(lambda: shown() == ["", "Rejected", "", ""])


def test_review_opens_at_the_selected_photo_even_if_its_filter_hides_it(panel, project, docked):
    panel.tools.review.trigger()
    window = panel.review.window
    wait_for(lambda: window.controller.model.rowCount() == 4)
    window.queue.filter.setCurrentIndex(window.queue.filter.findData("rejected"))
    panel.list.select([project[3]])
    panel.tools.review.trigger()
    wait_for(lambda: window.controller.current == project[3])
    assert window.queue.current() == project[3]


def test_localize_again_says_on_how_many_photos(panel, project):
    panel.list.select(project[:1])
    assert panel.localize_button.text() == "Localize 1 again"
    panel.list.select(project[:3])
    assert panel.localize_button.text() == "Localize 3 again"


# --- order ---------------------------------------------------------------------------------------------


def test_order_of_photos_survives_reopening_the_project(panel, project, tmp_path):
    panel.list.sortByColumn(PHOTO, Qt.SortOrder.DescendingOrder)
    before = names(panel)
    assert before != [os.path.basename(path) for path in project]
    assert QgsProject.instance().write()
    reopen(tmp_path)
    assert names(panel) == before


# --- moved photos --------------------------------------------------------------------------------------


def keys(path) -> dict[str, list]:
    tables = ("photos", "footprints", "candidates", "tie_points", "reviews")
    return {table: rows(path, f"SELECT DISTINCT photo FROM {table} ORDER BY photo") for table in tables}


def test_moved_photos_are_found_and_the_change_is_undone(panel, project, tmp_path):
    gpkg = tmp_path / "p_earthloc.gpkg"
    ReviewFile(gpkg).write([ReviewDecision(project[0], "accepted", "Ada")])
    panel.controller.zoom(project[0])
    before = keys(gpkg)
    elsewhere = tmp_path / "else where" / "deep"
    shutil.move(str(tmp_path / "photos"), str(elsewhere))
    panel.moved.check()
    wait_for(lambda: panel.moved.notice.isVisible())
    assert "4 photos" in panel.moved.notice.text.text()
    panel.list.select([project[0]])
    panel.moved.search(str(tmp_path / "else where"))
    wait_for(lambda: panel.moved.notice.text.text() == "4 photos found.")
    moved = [str(elsewhere / os.path.basename(path)) for path in project]
    assert [photo.path for photo in panel.controller.model.photos()] == moved
    assert panel.list.current() == moved[0]
    assert rows(gpkg, "SELECT photo FROM reviews") == [("else where/deep/" + os.path.basename(project[0]),)]
    assert not any("photos/" in key for table in keys(gpkg).values() for (key,) in table)
    layers = [layer for layer in QgsProject.instance().mapLayers().values() if layer.customProperty(PHOTO_PROPERTY)]
    assert layers
    assert all(layer.featureCount() > 0 for layer in layers)
    QTest.mouseClick(panel.moved.notice.button, Qt.MouseButton.LeftButton)  # undo
    assert [photo.path for photo in panel.controller.model.photos()] == project
    assert keys(gpkg) == before


def test_files_with_other_pixels_are_not_taken(panel, project, tmp_path):
    os.remove(project[0])
    (tmp_path / "other").mkdir()
    QImage(20, 10, QImage.Format.Format_RGB32).save(str(tmp_path / "other" / os.path.basename(project[0])))
    store = ResultStore(tmp_path / "p_earthloc.gpkg")
    moved = find_moved(store, [project[0]], str(tmp_path / "other"), lambda: False)
    assert moved.photos == {}
    assert moved.different == [project[0]]
    panel.moved.check()
    wait_for(lambda: panel.moved.missing == [project[0]])
    messages = []
    panel.moved.message.connect(lambda text, level: messages.append(text))
    panel.moved.search(str(tmp_path / "other"))
    wait_for(lambda: messages)
    assert os.path.basename(project[0]) in messages[0]
    assert panel.controller.model.photo(project[0]) is not None


def test_of_several_files_the_one_in_the_most_similar_folder_is_taken(panel, project, tmp_path):
    for parent in ("a/photos", "b/copies"):
        (tmp_path / parent).mkdir(parents=True)
        shutil.copy(project[0], tmp_path / parent)
    os.remove(project[0])
    store = ResultStore(tmp_path / "p_earthloc.gpkg")
    found = find_moved(store, [project[0]], str(tmp_path), lambda: False)
    assert found.photos == {project[0]: str(tmp_path / "a" / "photos" / os.path.basename(project[0]))}


# --- the results file ----------------------------------------------------------------------------------


def test_results_are_saved_to_another_file_from_now_on(panel, project, tmp_path, monkeypatch):
    target = tmp_path / "results of ü" / "mine.gpkg"
    target.parent.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(target.with_suffix("")), ""))
    panel.tools.save_to.trigger()
    assert panel.controller.store.path == target
    assert rows(target, "SELECT count(*) FROM photos") == [(4,)]
    assert QgsProject.instance().write()
    reopen(tmp_path)
    assert panel.controller.store.path == target
    assert [photo.path for photo in panel.controller.model.photos()] == project


def test_results_that_the_other_file_has_already_are_listed(panel, project, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    further = write_review_results(other / "more.gpkg", 6)
    assert panel.save_results_to(other / "more.gpkg")
    assert [photo.path for photo in panel.controller.model.photos()] == [*project, *sorted(further)]
    assert rows(other / "more.gpkg", "SELECT count(*) FROM photos") == [(10,)]


def test_unwritable_results_are_noticed_before_locating(panel, folder, tmp_path):
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "results.gpkg"  # a folder that cannot be made
    add(panel, folder("a.jpg"))
    assert not panel.save_results_to(target)
    assert "cannot be saved there" in panel.messages[-1]
    panel.controller.results.store = ResultStore(target)
    panel.localize_button.click()
    assert panel.not_writable.isVisible()
    assert status(panel) == {"a.jpg": "new"}
    assert panel.controller.client.state == "stopped" or idle(panel)
    assert panel.save_results_to(tmp_path / "good.gpkg")
    assert not panel.not_writable.isVisible()
    panel.localize_button.click()
    wait_for(lambda: status(panel) == {"a.jpg": "uncertain"})


def test_names_of_photos_can_be_changed_in_the_model(panel):
    panel.controller.model.add([Photo("/a/x.jpg"), Photo("/a/y.jpg")])
    panel.controller.model.rename({"/a/x.jpg": "/b/x.jpg"})
    assert [photo.path for photo in panel.controller.model.photos()] == ["/b/x.jpg", "/a/y.jpg"]
    assert panel.controller.model.row("/b/x.jpg") == 0
    assert panel.controller.model.photo("/a/x.jpg") is None
