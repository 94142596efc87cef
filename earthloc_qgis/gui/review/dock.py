"""The dock of the review window. Created when first opened; follows the results file of the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QApplication, QDockWidget

from ..plain_text import escaped

if TYPE_CHECKING:
    from qgis.gui import QgsDockWidget

    from .window import ReviewWindow

_WIDTH = 600  # of 1366 pixels; the map keeps the rest
_RELOAD_MS = 400


class ReviewDock(QObject):
    """Opens, updates and closes the review window.

    Args:
        iface: the QGIS interface.
        controller: the controller of the panel, which knows the results file.
        indexes: returns the folders of all known indexes.

    Signals:
        imagery_changed(): other imagery was chosen in the review.
        stored(photos): decisions on these photos (paths) have been written to the file.
        decided(decisions): the decisions in effect on some photos, by path.
    """

    imagery_changed = pyqtSignal()
    stored = pyqtSignal(list)
    decided = pyqtSignal(dict)

    def __init__(self, iface, controller, indexes: Callable[[], list[str]], parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._iface, self._controller, self._indexes = iface, controller, indexes
        self.dock: QgsDockWidget | None = None
        self.window: ReviewWindow | None = None
        self._reload = QTimer(self)  # collects the changes: photos arrive one by one
        self._reload.setSingleShot(True)
        self._reload.setInterval(_RELOAD_MS)
        self._reload.timeout.connect(self._reload_results)
        controller.store_changed.connect(self._reload.start)
        controller.store_leaving.connect(self._flush)

    def is_visible(self) -> bool:
        """Whether the review is on the screen."""
        return self.dock is not None and self.dock.isVisible()

    def open(self, photo: str = "") -> None:
        """Show the review of the photos of the panel, beginning with `photo`, and set the keyboard focus to it."""
        dock, window = (self.dock, self.window) if self.dock is not None and self.window is not None else self._make()
        dock.show()
        dock.raise_()
        window.open(self._controller.store.path, photo)
        dock.activateWindow()
        window.take_focus()

    def unwritten(self) -> set[str]:
        """Photos with decisions that are not in the results file yet."""
        return set() if self.window is None else self.window.controller.recorder.unwritten_photos()

    def close_down(self) -> None:
        """Write pending decisions and remove the dock."""
        self._reload.stop()
        if self.window is not None and self.dock is not None:
            self.window.close_down()
            self._iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
            self.dock = self.window = None

    def _make(self) -> tuple[QgsDockWidget, ReviewWindow]:
        from qgis.gui import QgsDockWidget

        from .window import ReviewWindow

        main = self._iface.mainWindow()
        dock = QgsDockWidget(self.tr("EarthLoc review"), main)
        dock.setObjectName("EarthLocReviewDock")
        window = ReviewWindow(self._iface.mapCanvas(), self._controller.client, self._indexes, dock)
        self.dock, self.window = dock, window
        bar = self._iface.messageBar()
        for signal, level in ((window.message, Qgis.MessageLevel.Warning),
                              (window.written, Qgis.MessageLevel.Success)):  # fmt: skip
            signal.connect(lambda text, level=level: bar.pushMessage("EarthLoc", escaped(text), level))
        window.imagery.changed.connect(self.imagery_changed)
        window.controller.stored.connect(lambda items: self.stored.emit([item.path for item in items]))
        window.controller.stored.connect(lambda items: self.decided.emit({item.path: item.review for item in items}))
        dock.setWidget(window)
        # Not showEvent and hideEvent alone: Qt does not hide a dock behind the tab of another one.
        dock.visibilityChanged.connect(window.set_on_screen)
        dock.visibilityChanged.connect(self._move_focus)
        panel = main.findChild(QDockWidget, "EarthLocPanel")
        if panel is not None and panel.isVisible() and not panel.isFloating():
            # As a tab beside the panel. Below the panel, even for a moment, QGIS's window would outgrow the screen.
            main.tabifyDockWidget(panel, dock)
        else:
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        if hasattr(main, "resizeDocks"):
            main.resizeDocks([dock], [_WIDTH], Qt.Orientation.Horizontal)
        return dock, window

    def _move_focus(self, visible: bool) -> None:
        """Move the focus with the tab: a widget behind another tab keeps it and would get Del and all other keys."""
        focused, main = QApplication.focusWidget(), self._iface.mainWindow()
        if focused is None or self.dock is None or self.window is None:
            return
        if visible and any(dock.isAncestorOf(focused) for dock in main.tabifiedDockWidgets(self.dock)):
            self.window.take_focus()
        elif not visible and self.dock.isAncestorOf(focused):
            focused.clearFocus()

    def _reload_results(self) -> None:
        if self.window is not None:
            self.window.open(self._controller.store.path)

    def _flush(self) -> None:
        if self.window is not None:
            self.window.controller.recorder.flush()
