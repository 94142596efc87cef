"""The tools of a review in one row; how the photo is laid over the map: opacity, swipe, blink."""

from __future__ import annotations

import os
from typing import Optional

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QObject, QSize, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QFileDialog, QMenu, QSlider, QToolBar, QToolButton, QWidget

from .... import settings
from ....core.imagery import Imagery, imagery_choices, same_imagery
from ....core.resources import icon
from .actions import ReviewActions
from .map_items import PhotoOverlay

_BLINK_MS = 650  # slower than three times a second, which may harm people with photosensitive epilepsy


class ReviewTools(QToolBar):
    """Tools of the photo view, the overlay and the correction; moves the overlay's swipe line along with the mouse."""

    def __init__(self, actions: ReviewActions, overlay: PhotoOverlay, canvas, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._actions, self._overlay, self._canvas = actions, overlay, canvas
        self.setIconSize(QSize(18, 18))
        self.setObjectName("review_tools")
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setObjectName("review_opacity")
        self.slider.setRange(0, 100)
        self.slider.setValue(round(100 * overlay.opacity))
        self.slider.setAccessibleName(self.tr("Opacity of the photo over the map"))
        self.slider.setToolTip(self.slider.accessibleName())
        self.slider.setMinimumWidth(50)
        self.slider.setMaximumWidth(72)
        self.slider.valueChanged.connect(self._set_opacity)
        self._blink = QTimer(self)
        self._blink.setInterval(_BLINK_MS)
        self._blink.timeout.connect(self._blink_now)
        for name, theme in (
            ("fit", "mActionZoomFullExtent"), ("north", "north_arrow"), ("turn", "mActionRotateFeature"),
            ("stretch", "mActionFullCumulativeCutStretch"),
        ):  # fmt: skip
            self.add(name, QgsApplication.getThemeIcon(f"/{theme}.svg"))
        self.addSeparator()
        self.add("overlay", icon("overlay"))
        self.addWidget(self.slider)
        self.add("swipe", icon("swipe"))
        self.add("blink", icon("blink"))
        self.addSeparator()
        self.add("ties", icon("tie_points"))
        for name, theme in (
            ("snap", "mIconSnapping"), ("hand", "mActionMoveFeature"), ("go_to", "mIconVertexCoordinates"),
            ("fit_here", ""), ("search_view", "search"), ("search_circle", "mActionCircleCenterPoint"),
            ("undo", "mActionUndo"), ("redo", "mActionRedo"),
        ):  # fmt: skip
            self.add(name, QgsApplication.getThemeIcon(f"/{theme}.svg") if theme else icon("fit"))

    def add(self, name: str, picture: QIcon) -> None:
        """A tool button for an action."""
        action = self._actions[name]
        action.setIcon(picture)
        self.addAction(action)
        button = self.widgetForAction(action)
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def add_menu(self, text: str, theme: str, menu: QMenu) -> None:
        """A button that opens a menu, at the end, with an icon of QGIS's theme."""
        button = QToolButton(self)
        button.setText(text)
        button.setAccessibleName(text)
        button.setMenu(menu)
        button.setIcon(QgsApplication.getThemeIcon(f"/{theme}.svg"))
        button.setToolTip(text)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.addWidget(button)

    def set_shown(self, on: bool) -> None:
        """Lays the photo over the map, or takes it away."""
        self._overlay.setVisible(on)
        self._overlay.update()

    def set_swipe(self, on: bool) -> None:
        """Shows the photo left of the mouse only."""
        self._overlay.swipe = 0.5 if on else None
        if on:
            self._canvas.xyCoordinates.connect(self._move_swipe)
            self._actions["overlay"].setChecked(True)
        else:
            self._canvas.xyCoordinates.disconnect(self._move_swipe)
        self._overlay.update()

    def set_blink(self, on: bool) -> None:
        """Shows and hides the photo in turn."""
        self._overlay.blinked = False
        if on:
            self._actions["overlay"].setChecked(True)
            self._blink.start()
        else:
            self._blink.stop()
        self._overlay.update()

    def _set_opacity(self, percent: int) -> None:
        self._overlay.opacity = percent / 100.0
        self._overlay.update()

    def _move_swipe(self, at) -> None:
        x = self._canvas.getCoordinateTransform().transform(at).x()
        self._overlay.swipe = max(0.0, min(1.0, x / max(1, self._canvas.width())))
        self._overlay.update()

    def _blink_now(self) -> None:
        self._overlay.blinked = not self._overlay.blinked
        self._overlay.update()


class ImageryMenu(QObject):
    """A menu with what the panel offers; choosing here chooses there.

    Signals:
        changed(): another one was chosen.
    """

    changed = pyqtSignal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.menu = QMenu(window)
        self.menu.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Lists what there is now."""
        self.menu.clear()
        chosen = settings.imagery()
        for imagery in imagery_choices(QgsProject.instance(), chosen):
            text = imagery.label or self.tr("The imagery each index was made from")
            action = self.menu.addAction(text, lambda imagery=imagery: self._choose(imagery))
            action.setCheckable(True)
            action.setChecked(same_imagery(imagery, chosen))
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Choose a file…"), self.ask)

    def ask(self) -> None:
        """A file of the user's choice."""
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Georeferenced imagery"))
        if path:
            self._choose(Imagery(os.path.basename(path), path=path))

    def _choose(self, imagery: Imagery) -> None:
        settings.choose_imagery(imagery, QgsProject.instance())
        self.changed.emit()
