"""The tool bar of a review: photo view, overlay (opacity, swipe, blink), correction, imagery, export."""

from __future__ import annotations

import os
from typing import Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, QSize, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QFileDialog, QMenu, QSlider, QToolBar, QToolButton, QWidget

from .... import settings
from ....core.imagery import Imagery, imagery_choices, same_imagery
from ....core.resources import icon
from ...compat import current_project
from .actions import ReviewActions
from .map_items import PhotoOverlay

_BLINK_MS = 650  # slower than 3 Hz, which may harm people with photosensitive epilepsy


class ReviewToolBar(QToolBar):
    """Tool buttons and the opacity slider. Also moves the swipe line of the overlay with the mouse."""

    def __init__(self, actions: ReviewActions, overlay: PhotoOverlay, canvas, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._actions, self._overlay, self._canvas = actions, overlay, canvas
        self.setIconSize(QSize(18, 18))
        self.setObjectName("review_tools")
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setObjectName("review_opacity")
        self.slider.setRange(0, 100)
        self.slider.setValue(round(100 * overlay.photo_opacity))
        self.slider.setAccessibleName(self.tr("Opacity of the photo over the map"))
        self.slider.setToolTip(self.slider.accessibleName())
        self.slider.setMinimumWidth(50)
        self.slider.setMaximumWidth(72)
        self.slider.valueChanged.connect(self._set_opacity)
        self._blink = QTimer(self)
        self._blink.setInterval(_BLINK_MS)
        self._blink.timeout.connect(self._blink_now)
        for name, theme in (
            ("fit", "mActionZoomFullExtent"), ("north", "north_arrow"), ("rotate", "mActionRotateFeature"),
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
        """Add a tool button for an action."""
        action = self._actions[name]
        action.setIcon(picture)
        self.addAction(action)
        button = self.widgetForAction(action)
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def add_menu(self, text: str, theme: str, menu: QMenu) -> None:
        """Append a button that opens a menu, with an icon of the QGIS theme."""
        button = QToolButton(self)
        button.setText(text)
        button.setAccessibleName(text)
        button.setMenu(menu)
        button.setIcon(QgsApplication.getThemeIcon(f"/{theme}.svg"))
        button.setToolTip(text)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.addWidget(button)

    def show_overlay(self, on: bool) -> None:
        """Show or hide the photo over the map."""
        self._overlay.setVisible(on)
        self._overlay.update()

    def set_swipe(self, on: bool) -> None:
        """Show the photo only left of the mouse, or all of it."""
        self._overlay.swipe = 0.5 if on else None
        if on:
            self._canvas.xyCoordinates.connect(self._move_swipe)
            self._actions["overlay"].setChecked(True)
        else:
            self._canvas.xyCoordinates.disconnect(self._move_swipe)
        self._overlay.update()

    def set_blink(self, on: bool) -> None:
        """Start or stop blinking."""
        self._overlay.blinked_off = False
        if on:
            self._actions["overlay"].setChecked(True)
            self._blink.start()
        else:
            self._blink.stop()
        self._overlay.update()

    def _set_opacity(self, percent: int) -> None:
        self._overlay.photo_opacity = percent / 100.0
        self._overlay.update()

    def _move_swipe(self, at) -> None:
        x = self._canvas.getCoordinateTransform().transform(at).x()
        self._overlay.swipe = max(0.0, min(1.0, x / max(1, self._canvas.width())))
        self._overlay.update()

    def _blink_now(self) -> None:
        self._overlay.blinked_off = not self._overlay.blinked_off
        self._overlay.update()


class ImageryMenu(QObject):
    """The menu of imagery, with the choices of the panel. The choice applies to the panel too.

    Signals:
        changed(): other imagery was chosen.
    """

    changed = pyqtSignal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.menu = QMenu(window)
        self.menu.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Fill the menu with the current choices."""
        self.menu.clear()
        chosen = settings.imagery()
        for imagery in imagery_choices(current_project(), chosen):
            text = imagery.label or self.tr("The imagery each index was made from")
            action = self.menu.addAction(text, lambda imagery=imagery: self._choose(imagery))
            action.setCheckable(True)
            action.setChecked(same_imagery(imagery, chosen))
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Choose a file…"), self.ask_for_file)

    def ask_for_file(self) -> None:
        """Ask the user for a file."""
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Georeferenced imagery"))
        if path:
            self._choose(Imagery(os.path.basename(path), path=path))

    def _choose(self, imagery: Imagery) -> None:
        settings.choose_imagery(imagery, current_project())
        self.changed.emit()
