"""A new user's first minutes, by mouse and keyboard in a real QGIS: plugin, engine, sample photo, result on the map.

test_click_through.py starts QGIS with this script (`qgis --code`) and these environment variables:
    USER_PLUGIN    the plugin's zip
    USER_PACK      the engine pack; "" to install from the package index
    USER_PHOTO     the photo to drop on the panel
    USER_REPORT    folder for report.json and a picture of each step
    USER_SIZE      size of QGIS's window, "1366x768"
    USER_THEME     a theme of QGIS, "" for the usual one
    USER_ANSWER    what the installer says at the end, such as "is installed"; another end fails
The report says what happened: `clicks` (in QGIS's plugin manager, in EarthLoc), `seconds` at the end of each step, and
what the panel and the map show.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from qgis.core import QgsApplication, QgsCoordinateTransform, QgsProject
from qgis.PyQt.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QDragEnterEvent, QDropEvent, QPainter
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QMessageBox, QPushButton, QToolButton
from qgis.utils import iface, plugins

REPORT = Path(os.environ["USER_REPORT"])
LEFT = Qt.MouseButton.LeftButton
LIMIT_S = 240.0  # of one step
Condition = Callable[[], object]


class User:
    """Clicks, types and looks. Every `yield` in `steps` waits for a condition, while QGIS goes on."""

    def __init__(self) -> None:
        self.clicks = {"plugin manager": 0, "EarthLoc": 0}
        self.seconds: dict[str, float] = {}
        self.facts: dict[str, object] = {}
        self._where = "plugin manager"
        self._began = time.monotonic()
        self._steps = self.steps()
        self._condition: Condition = lambda: True
        self._deadline = time.monotonic() + LIMIT_S
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(50)

    def _look(self) -> None:
        self._timer.stop()  # a step may open a dialog with an event loop of its own; then _later starts the timer
        try:
            if self._condition():
                self._condition = next(self._steps)
                self._deadline = time.monotonic() + LIMIT_S
            elif time.monotonic() > self._deadline:
                self.picture("too late")
                raise TimeoutError(f"too late, after {list(self.seconds)[-1:]}")
        except StopIteration:
            self._end("")
        except Exception:
            self._end(traceback.format_exc())
        else:
            self._timer.start(50)

    def _end(self, error: str) -> None:
        report = {"error": error, "clicks": self.clicks, "seconds": self.seconds, **self.facts}
        (REPORT / "report.json").write_text(json.dumps(report, indent=1))
        if "earthloc_qgis" in plugins:
            plugins["earthloc_qgis"].unload()
        os._exit(bool(error))  # QGIS would ask whether to save the project

    # --- what a user does --------------------------------------------------------------------------

    def click(self, widget, name: str = "", position: QPoint | None = None) -> Condition:
        """Clicks a widget, or its button with an object name. The click is over when the condition is true."""
        button = widget.findChild(QPushButton, name) if name else widget
        if not (button.isVisible() and button.isEnabled()):
            raise AssertionError(f"{name or button.objectName()} cannot be clicked")
        self.clicks[self._where] += 1
        return self._later(lambda: QTest.mouseClick(button, LEFT, pos=position or button.rect().center()))

    def type_file(self, widget, path: str) -> Iterator[Condition]:
        """Presses "…" of a file widget and types a path into the file dialog."""
        yield self.click(next(button for button in widget.findChildren(QToolButton) if button.text() == "…"))
        yield lambda: file_dialog() is not None
        edit = file_dialog().findChild(QLineEdit, "fileNameEdit")
        edit.clear()
        QTest.keyClicks(edit, path)
        yield self._later(lambda: QTest.keyClick(edit, Qt.Key.Key_Return))
        yield lambda: file_dialog() is None

    def drop(self, widget, path: str) -> None:
        """Drags a file to the middle of a widget and drops it."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(path)])
        middle = widget.rect().center()
        under = widget.childAt(middle) or widget
        place = under.mapFrom(widget, middle)
        common = (Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(under, QDragEnterEvent(place, *common))
        QApplication.sendEvent(under, QDropEvent(QPointF(place), *common))

    def _later(self, action: Callable[[], object]) -> Condition:
        """Runs `action` from the event loop, since it may open a dialog that returns only when it is closed."""
        started = []

        def run() -> None:
            started.append(True)
            self._timer.start(50)  # also while the dialog is open
            action()

        QTimer.singleShot(0, run)
        return lambda: started

    def picture(self, step: str) -> None:
        """Saves what the screen shows now: QGIS's window and the dialogs in front of it."""
        self.seconds[step] = round(time.monotonic() - self._began, 1)
        main = iface.mainWindow()
        shown = main.grab()
        painter = QPainter(shown)
        for window in QApplication.topLevelWidgets():
            if window.isVisible() and window is not main and isinstance(window, QDialog):
                place = QRect(window.pos() - main.pos(), window.size())
                painter.drawPixmap(place, window.grab())
                painter.drawRect(place)
        painter.end()
        shown.save(str(REPORT / f"{len(self.seconds)} {step}.png"))

    # --- the steps ---------------------------------------------------------------------------------

    def steps(self) -> Iterator[Condition]:
        """Everything that the user does."""
        main = iface.mainWindow()
        width, height = map(int, os.environ["USER_SIZE"].split("x"))
        if os.environ["USER_THEME"]:
            QgsApplication.setUITheme(os.environ["USER_THEME"])
        main.showNormal()
        main.setGeometry(0, 0, width, height)
        yield from self.install_plugin()
        self._began, self._where = time.monotonic(), "EarthLoc"
        yield from self.install_engine()
        yield from self.locate()

    def install_plugin(self) -> Iterator[Condition]:
        """Plugins, Manage and Install Plugins, Install from ZIP."""
        self.clicks[self._where] += 2  # the menu and its first entry
        yield self._later(iface.actionManagePlugins().trigger)
        yield lambda: plugin_manager() is not None
        manager = plugin_manager()
        tabs = manager.findChild(object, "mOptionsListWidget")
        (row,) = [row for row in range(tabs.count()) if "ZIP" in tabs.item(row).text()]
        yield self.click(tabs.viewport(), position=tabs.visualItemRect(tabs.item(row)).center())
        yield lambda: manager.findChild(object, "mZipFileWidget").isVisible()
        yield from self.type_file(manager.findChild(object, "mZipFileWidget"), os.environ["USER_PLUGIN"])
        yield self.click(manager, "buttonInstallFromZip")
        yield lambda: "earthloc_qgis" in plugins or message_box()
        if message_box():  # "Installing a plugin from an untrusted source…"
            yield self.click(message_box().button(QMessageBox.StandardButton.Yes))
        yield lambda: "earthloc_qgis" in plugins
        self.picture("plugin installed")
        close = next(button for button in manager.findChildren(QPushButton) if button.text().strip("&") == "Close")
        yield self.click(close)
        yield lambda: plugin_manager() is None

    def install_engine(self) -> Iterator[Condition]:
        """The panel has opened: Install engine…"""
        plugin = plugins["earthloc_qgis"]
        yield lambda: plugin.panel is not None and plugin.panel.isVisible()
        yield self.wait(1.0)
        self.picture("panel")
        yield self.click(plugin.panel.steps.button("engine_install"))
        dialog = plugin.installer()
        yield lambda: dialog.isVisible() and "Looking" not in dialog.form.found.text()
        if os.environ["USER_PACK"]:
            yield from self.type_file(dialog.form.pack, os.environ["USER_PACK"])
        self.picture("engine chosen")
        yield self.click(dialog, "install_button")
        yield lambda: question(dialog) or not dialog.running
        if question(dialog):
            self.picture("question")
            yield self.click(question(dialog), "install_agree_button")
            yield lambda: dialog.bar.value() > 300 or not dialog.running
            self.picture("installing")
        yield lambda: not dialog.running
        self.facts["installer"] = dialog.outcome.text()
        self.picture("engine installed")
        if os.environ["USER_ANSWER"] not in dialog.outcome.text():
            raise AssertionError(f"{dialog.outcome.text()}\n{dialog.log.toPlainText()}")
        yield self.click(dialog, "install_close_button")

    def locate(self) -> Iterator[Condition]:
        """Drops the photo and presses Localize."""
        plugin = plugins["earthloc_qgis"]
        panel, canvas = plugin.panel, iface.mapCanvas()
        self.drop(panel, os.environ["USER_PHOTO"])
        yield lambda: panel.controller.model.photos() and panel.search.indexes.chosen()
        yield self.wait(0.5)
        self.picture("photo dropped")
        yield self.click(panel.localize_button)
        yield lambda: panel.controller.queue.running
        yield lambda: not panel.controller.queue.running
        self.seconds["located"] = round(time.monotonic() - self._began, 1)
        (photo,) = panel.controller.model.photos()
        yield self.wait(2.0)  # the map flies to the result
        yield lambda: not canvas.isDrawing()
        found = panel.controller.localization(photo.path)
        self.facts |= {"status": photo.status, "corners": found.get("corners"), "on map": self.on_map()}
        self.picture("result")

    def wait(self, seconds: float) -> Condition:
        """True after `seconds`."""
        end = time.monotonic() + seconds
        return lambda: time.monotonic() > end

    def on_map(self) -> bool:
        """Whether the map shows all of the footprint."""
        canvas, project = iface.mapCanvas(), QgsProject.instance()
        for layer in canvas.layers():
            if layer.name() == "Footprint":
                to_map = QgsCoordinateTransform(layer.crs(), canvas.mapSettings().destinationCrs(), project)
                return canvas.extent().contains(to_map.transformBoundingBox(layer.extent()))
        return False


def plugin_manager() -> QDialog | None:
    """QGIS's plugin manager, if it is open."""
    windows = QApplication.topLevelWidgets()
    return next((w for w in windows if w.isVisible() and w.objectName().startswith("QgsPluginManager")), None)


def file_dialog() -> QFileDialog | None:
    """The open file dialog."""
    dialogs = (window for window in QApplication.topLevelWidgets() if isinstance(window, QFileDialog))
    return next((window for window in dialogs if window.isVisible()), None)


def message_box() -> QMessageBox | None:
    """An open question of QGIS."""
    boxes = (window for window in QApplication.topLevelWidgets() if isinstance(window, QMessageBox))
    return next((window for window in boxes if window.isVisible()), None)


def question(dialog: QDialog) -> QMessageBox | None:
    """The installer's question."""
    return next((box for box in dialog.findChildren(QMessageBox, "install_question") if box.isVisible()), None)


QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
user = User()
