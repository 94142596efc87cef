"""The review dock: messages, signals from the panel, and behaviour behind another tab."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from conftest import wait_for
from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDockWidget
from test_review import canvas, results, rows, settle  # noqa: F401  fixtures

from earthloc_qgis import settings
from earthloc_qgis.core.engine_client import EngineClient
from earthloc_qgis.gui.compat import QAction
from earthloc_qgis.gui.review.dock import ReviewDock


class Controller(QObject):
    """The parts of the panel controller that the dock uses."""

    store_changed = pyqtSignal()
    store_leaving = pyqtSignal()

    def __init__(self, path) -> None:
        super().__init__()
        self.store = SimpleNamespace(path=path)
        self.client = EngineClient(settings.engine_command(), self)


@pytest.fixture
def open_dock(qgis_iface, canvas, results):
    """open_dock(indexes): opens the review of `results`."""
    docks = []

    def make(indexes=list) -> ReviewDock:
        review = ReviewDock(qgis_iface, Controller(results), indexes)
        docks.append(review)
        review.open()
        settle(review.window)
        return review

    yield make
    for review in docks:
        review.close_down()
        review._controller.client.close()


def test_written_export_is_reported_as_success(open_dock, qgis_iface):
    review = open_dock()
    bar = qgis_iface.messageBar()
    review.window.export.written.emit("Written: out.shp (photos: 2).")
    review.window.export.message.emit("The disk is full.")
    assert "EarthLoc:Written: out.shp (photos: 2)." in bar.get_messages(Qgis.MessageLevel.Success)
    assert bar.get_messages(Qgis.MessageLevel.Warning)[-1] == "EarthLoc:The disk is full."


def test_behind_the_panel_it_uses_neither_map_nor_keys(open_dock, qgis_iface, canvas, results):
    main = qgis_iface.mainWindow()
    panel = QDockWidget("EarthLoc", main)
    panel.setObjectName("EarthLocPanel")
    main.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, panel)
    main.show()
    panel.show()
    wait_for(panel.isVisible)
    review = open_dock()
    window = review.window
    assert main.tabifiedDockWidgets(panel) == [review.dock]
    window.commands["overlay"].setChecked(True)
    window.commands["swipe"].setChecked(True)
    wait_for(lambda: window.map.marks.isVisible() and window.map.overlay.isVisible())
    panel.raise_()
    wait_for(lambda: not window.map.marks.isVisible())
    assert not window.map.overlay.isVisible()
    assert not window.commands["swipe"].isChecked()
    QTest.keyClick(canvas, Qt.Key.Key_R)
    settle(window)
    assert rows(results, "SELECT count(*) FROM reviews") == [(0,)]
    review.dock.raise_()
    wait_for(lambda: window.map.marks.isVisible() and window.map.overlay.isVisible())
    QTest.keyClick(canvas, Qt.Key.Key_R)
    settle(window)
    assert rows(results, "SELECT count(*) FROM reviews") == [(1,)]
    main.removeDockWidget(panel)
    panel.deleteLater()


def test_shortcuts_of_qgis_do_not_block_those_of_the_review(open_dock, qgis_iface, results):
    """Qt would consider two shortcuts with the same key ambiguous and trigger neither."""
    main = qgis_iface.mainWindow()
    taken: list[str] = []
    actions = [QAction(key, main) for key in ("R", "Ctrl+Z")]
    for action in actions:
        key = action.text()
        action.setShortcut(QKeySequence(key))
        action.triggered.connect(lambda *_, key=key: taken.append(key))
        main.addAction(action)
    main.show()
    window = open_dock().window
    photo, queue, note = window.photo, window.queue.list, window.decisions.note
    main.activateWindow()
    for number, widget in enumerate((photo, queue)):
        widget.setFocus()
        wait_for(widget.hasFocus)
        QTest.keyClick(widget, Qt.Key.Key_R)
        QTest.keyClick(widget, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        settle(window)
        assert rows(results, "SELECT decision FROM reviews ORDER BY fid")[2 * number :] == [
            ("rejected",), ("unreviewed",)
        ]  # fmt: skip
    QTest.keyClick(photo, Qt.Key.Key_R)
    note.setFocus()
    wait_for(note.hasFocus)
    QTest.keyClicks(note, "rar")
    QTest.keyClick(note, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(window)
    assert rows(results, "SELECT count(*) FROM reviews") == [(5,)]  # Ctrl+Z in the note undoes typing, not a decision
    assert taken == []
    for action in actions:
        main.removeAction(action)
        action.deleteLater()


def test_indexes_found_later_are_searched(open_dock, fake_engine, monkeypatch, tmp_path):
    """Indexes bundled with the engine are known only after it has started."""
    monkeypatch.setattr(settings, "engine_command", lambda program=None: fake_engine())
    known: list[str] = []
    window = open_dock(lambda: known).window
    window.correct.search_view()
    assert "no index to search" in window.status.text()
    known.append(str(tmp_path / "world"))
    window.correct.search_view()
    assert "Searching within" in window.status.text()
    wait_for(lambda: len(window.controller.working.shown["candidates"]) == settings.top_k())
