"""Opening the review sets the keyboard focus to it, so that no key reaches the panel behind it."""

from __future__ import annotations

import json

import pytest
from conftest import wait_for
from panel_kit import docked, engine_options, index, panel, question  # noqa: F401  fixtures
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QTabBar
from review_results import write_review_results
from test_review import rows, settle

from earthloc_qgis.contract.protocol import PhotoInfo


@pytest.fixture
def results(panel, docked, tmp_path):
    """Photos in the panel, the first one selected; the list has the focus, as after a click on it."""
    path = tmp_path / "p_earthloc.gpkg"
    write_review_results(path, 4)
    assert QgsProject.instance().write(str(tmp_path / "p.qgz"))
    assert QgsProject.instance().read(str(tmp_path / "p.qgz"))
    panel.list.select([panel.controller.model.photos()[0].path])
    panel.list.setFocus()
    wait_for(panel.list.hasFocus, 10)
    return path


def press(key) -> None:
    """Send a key to the focused widget."""
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key)


def has_focus(window) -> bool:
    focused = QApplication.focusWidget()
    return focused is window or (focused is not None and window.isAncestorOf(focused))


def test_del_in_the_review_does_not_reach_the_photo_list(panel, results):
    panel.tools.review.trigger()
    window = panel.review.window
    assert has_focus(window)
    press(Qt.Key.Key_Delete)  # before there is a photo
    settle(window)
    assert has_focus(window)
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        press(key)
    assert question(panel) is None
    assert len(panel.controller.model.photos()) == 4
    assert rows(results, "SELECT count(*) FROM photos") == [(4,)]


def test_keys_work_immediately_after_opening(panel, results):
    panel.tools.review.trigger()
    window = panel.review.window
    settle(window)
    wait_for(lambda: has_focus(window), 10)  # on a busy machine the window becomes active a little later
    first = window.controller.current
    press(Qt.Key.Key_N)
    settle(window)
    assert window.controller.model.item(first).review == "night"
    assert rows(results, "SELECT decision FROM reviews") == [("night",)]
    second = window.controller.current
    press(Qt.Key.Key_Space)
    settle(window)
    assert window.controller.current not in (first, second)


def test_opening_again_sets_the_focus_again(panel, results):
    panel.tools.review.trigger()
    settle(panel.review.window)
    panel.list.setFocus()
    panel.tools.review.trigger()
    press(Qt.Key.Key_C)
    settle(panel.review.window)
    assert rows(results, "SELECT decision FROM reviews") == [("cloud",)]


def test_clicking_the_tab_sets_the_focus(panel, results, docked):
    panel.tools.review.trigger()
    settle(panel.review.window)
    panel.parentWidget().raise_()
    wait_for(lambda: not has_focus(panel.review.window), 10)  # keys go to the panel, not to the review
    panel.list.setFocus()
    wait_for(panel.list.hasFocus, 10)
    (bar,) = [bar for bar in docked.findChildren(QTabBar) if bar.count() == 2 and bar.isVisible()]
    (tab,) = [tab for tab in range(2) if bar.tabText(tab) == "EarthLoc review"]
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())
    wait_for(lambda: has_focus(panel.review.window), 10)
    press(Qt.Key.Key_Delete)
    assert question(panel) is None
    press(Qt.Key.Key_L)
    settle(panel.review.window)
    assert rows(results, "SELECT decision FROM reviews") == [("not_land",)]


def test_new_results_do_not_move_the_focus(panel, results):
    """While the user works in the panel, the review behind it only reloads its list."""
    panel.tools.review.trigger()
    settle(panel.review.window)
    panel.parentWidget().raise_()
    panel.list.setFocus()
    loaded = []
    panel.review.window.controller.recorder.loaded.connect(loaded.append)
    panel.controller.store_changed.emit()
    wait_for(lambda: loaded, 10)
    assert panel.list.hasFocus()


def test_panel_review_and_index_manager_share_one_engine(panel, results, fake_engine, tmp_path):
    journal = tmp_path / "journal"
    panel.controller.client.set_command(fake_engine("--journal", str(journal)))
    panel.tools.review.trigger()
    settle(panel.review.window)
    panel.review.window.session.request(PhotoInfo("in the review.jpg"))
    panel.index_manager.open()
    panel.index_manager._check(str(tmp_path), "index")

    def methods() -> list[str]:
        return [json.loads(line)["method"] for line in journal.read_text().splitlines()] if journal.exists() else []

    wait_for(lambda: {"photo/info", "index/verify"} <= set(methods()), 20)
    assert methods().count("initialize") == 1
    panel.index_manager.close()
    panel.review.close_down()
    panel.controller.client.request(PhotoInfo("in the panel.jpg"))  # the engine keeps running for the panel
    wait_for(lambda: methods().count("photo/info") == 2, 20)
    assert methods().count("initialize") == 1
