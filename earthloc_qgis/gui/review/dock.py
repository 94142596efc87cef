"""The dock of the review window: made when it is first asked for, kept in step with the panel's results."""

from __future__ import annotations

from typing import Callable, Optional

from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QApplication, QDockWidget

from ... import settings
from ..plain_text import escaped

_WIDTH = 600  # of 1366 pixels; the map keeps the rest
_RELOAD_MS = 400


class ReviewDock(QObject):
    """Opens, feeds and closes the review window.

    Args:
        iface: QGIS.
        controller: of the panel; says where the results are.
        indexes: tells the folders of the indexes there are.

    Signals:
        imagery_changed(): other imagery was chosen in the review.
        stored(photos): decisions on these photos, by path, have reached the file.
    """

    imagery_changed = pyqtSignal()
    stored = pyqtSignal(list)

    def __init__(self, iface, controller, indexes: Callable[[], list[str]], parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._iface, self._controller, self._indexes = iface, controller, indexes
        self.dock = None
        self.window = None
        self._reload = QTimer(self)  # photos arrive one by one
        self._reload.setSingleShot(True)
        self._reload.setInterval(_RELOAD_MS)
        self._reload.timeout.connect(self._follow)
        controller.store_changed.connect(self._reload.start)
        controller.store_leaving.connect(self._flush)

    def open(self) -> None:
        """Shows the review of the panel's photos and gives it the keys."""
        if self.dock is None:
            self._make()
        self.dock.show()
        self.dock.raise_()
        self.window.open(self._controller.store.path)
        self.dock.activateWindow()
        self.window.take_keys()

    def unwritten(self) -> set[str]:
        """Photos decided on that the results file does not say so of yet."""
        return set() if self.window is None else self.window.controller.recorder.unwritten_photos()

    def settings_changed(self) -> None:
        """Another engine may have been chosen."""
        if self.window is not None:
            self.window.client.set_command(settings.engine_command())

    def close_down(self) -> None:
        """Writes what is not written yet and takes the dock away."""
        self._reload.stop()
        if self.window is not None:
            self.window.close_down()
            self._iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
            self.dock = self.window = None

    def _make(self) -> None:
        from qgis.gui import QgsDockWidget

        from .window import ReviewWindow

        main = self._iface.mainWindow()
        self.dock = QgsDockWidget(self.tr("EarthLoc review"), main)
        self.dock.setObjectName("EarthLocReviewDock")
        self.window = ReviewWindow(self._iface.mapCanvas(), self._indexes, self.dock)
        bar = self._iface.messageBar()
        for signal, level in ((self.window.told, Qgis.MessageLevel.Warning),
                              (self.window.written, Qgis.MessageLevel.Success)):  # fmt: skip
            signal.connect(lambda text, level=level: bar.pushMessage("EarthLoc", escaped(text), level))
        self.window.imagery.changed.connect(self.imagery_changed)
        self.window.controller.stored.connect(lambda items: self.stored.emit([item.path for item in items]))
        self.dock.setWidget(self.window)
        # Behind another dock's tab it is not hidden, as far as Qt is concerned.
        self.dock.visibilityChanged.connect(self.window.set_seen)
        self.dock.visibilityChanged.connect(self._mind_keys)
        panel = main.findChild(QDockWidget, "EarthLocPanel")
        if panel is not None and panel.isVisible() and not panel.isFloating():
            # In the panel's place. Below it, even for a moment, both would make QGIS's window higher than the screen.
            main.tabifyDockWidget(panel, self.dock)
        else:
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        if hasattr(main, "resizeDocks"):
            main.resizeDocks([self.dock], [_WIDTH], Qt.Orientation.Horizontal)

    def _mind_keys(self, seen: bool) -> None:
        """What lies behind another tab keeps the focus, and would get Del and all other keys unseen."""
        focused, main = QApplication.focusWidget(), self._iface.mainWindow()
        if focused is None:
            return
        if seen and any(dock.isAncestorOf(focused) for dock in main.tabifiedDockWidgets(self.dock)):
            self.window.take_keys()
        elif not seen and self.dock.isAncestorOf(focused):
            focused.clearFocus()

    def _follow(self) -> None:
        if self.window is not None:
            self.window.open(self._controller.store.path)

    def _flush(self) -> None:
        if self.window is not None:
            self.window.controller.recorder.flush()
