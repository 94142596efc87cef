"""Fixtures for tests of the panel: real widgets and a fake engine."""

from __future__ import annotations

import json
import os
import sys

import pytest
from conftest import wait_for
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDockWidget, QMessageBox

from earthloc_qgis import settings


@pytest.fixture
def index(tmp_path):
    """A folder with one index (only the files that the list reads) and a damaged one. Returns the index."""
    folder = tmp_path / "indexes"
    (folder / "europe").mkdir(parents=True)
    info = {
        "format": 1, "name": "europe", "count": 3478, "region": [-12.5, 0, 80, 60.0123], "tile_km": [313.0],
        "model": {"name": "m", "version": "1", "sha256": "0"}, "source": {},
    }  # fmt: skip
    (folder / "europe" / "index.json").write_text(json.dumps(info))
    (folder / "broken").mkdir()
    (folder / "broken" / "index.json").write_text("{")
    settings.set_index_folder(str(folder))
    return folder / "europe"


@pytest.fixture
def engine_options():
    return ()


@pytest.fixture
def panel(qgis_iface, monkeypatch, fake_engine, index, engine_options):
    from earthloc_qgis.gui.panel import EarthLocPanel

    QgsProject.instance().clear()
    settings.set_first_steps_done(True)
    monkeypatch.setattr(settings, "engine_command", lambda program=None: fake_engine(*engine_options))
    monkeypatch.setattr(settings, "find_engine", lambda: sys.executable)
    panel = EarthLocPanel(qgis_iface)
    panel.messages = []
    panel.controller.message.connect(lambda text, level: panel.messages.append(text))
    panel.resize(460, 800)
    panel.show()
    wait_for(lambda: panel.search.indexes.chosen())
    yield panel
    panel.close_down()
    panel.deleteLater()
    QgsProject.instance().clear()


@pytest.fixture
def docked(panel, qgis_iface):
    """Put the panel into its dock, as in QGIS. Returns the main window."""
    main = qgis_iface.mainWindow()
    dock = QDockWidget("EarthLoc", main)
    dock.setObjectName("EarthLocPanel")
    dock.setWidget(panel)
    main.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    main.show()
    dock.show()
    QApplication.setActiveWindow(main)  # without a display there is no window manager to do it
    wait_for(lambda: panel.isVisible() and main.isActiveWindow(), 10)
    yield main
    panel.setParent(None)
    main.removeDockWidget(dock)
    dock.deleteLater()


@pytest.fixture
def folder(tmp_path):
    """Returns make(*names): writes small JPEG photos, whose names control the fake engine."""
    folder = tmp_path / "pho tos"
    folder.mkdir()

    def make(*names):
        paths = []
        for number, name in enumerate(names):
            image = QImage(320, 240, QImage.Format.Format_RGB32)
            image.fill(QColor.fromHsv(40 * number % 360, 200, 200))
            path = folder / name
            path.parent.mkdir(exist_ok=True, parents=True)
            assert image.save(str(path), "JPEG")
            paths.append(str(path))
        return paths

    make.path = folder
    return make


def add(panel, paths) -> None:
    panel.add_paths(paths)
    wait_for(lambda: {photo.path for photo in panel.controller.model.photos()} >= set(paths))


def status(panel) -> dict:
    return {os.path.basename(photo.path): photo.status for photo in panel.controller.model.photos()}


def idle(panel) -> bool:
    return not panel.controller.queue.running


def cell(panel, row, column):
    return panel.list.model().index(row, column)


def question(panel) -> QMessageBox | None:
    """The visible question about removing photos, or None."""
    return next((box for box in panel.findChildren(QMessageBox, "remove_question") if box.isVisible()), None)


def answer_question(panel, yes: bool = True, include_reviewed: bool = False) -> None:
    """Answer the question by mouse."""
    asked = question(panel)
    assert asked is not None, "no question was asked"
    if include_reviewed:
        QTest.mouseClick(asked.checkBox(), Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
        assert asked.checkBox().isChecked()
    button = asked.remove_button if yes else asked.button(QMessageBox.StandardButton.Cancel)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    wait_for(lambda: not asked.isVisible(), 10)
