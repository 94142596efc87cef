"""Correct mode of the review window: the mouse tools for photo and map, and their actions."""

from __future__ import annotations

import math
from typing import Optional

from qgis.core import QgsPointXY
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QInputDialog, QLineEdit

from ....core.camera import Point, away_km, distance_km, offset
from ....core.footprint import center_of
from ...photo_model import parse_nadir
from ..model.controller import ReviewController
from ..view.actions import ReviewActions
from ..view.ground import DrawnPhotos
from ..view.handles import Handle
from ..view.photo_view import PhotoView
from ..view.review_map import ReviewMap
from .by_hand import current_corners, initial_corners, place_by_hand, transform_corners
from .map_tools import CircleTool, FootprintTool, TiePointTool
from .search_here import SearchHere
from .tie_points import TiePointEditor

_CIRCLE = [(math.sin(math.radians(angle)), math.cos(math.radians(angle))) for angle in range(0, 360, 5)]
_FIRST_SHARE = 0.4  # width of a newly placed footprint, as a fraction of the width of the map


class CorrectMode(QObject):
    """Tie points, moving by hand, typing coordinates, searching somewhere else.

    Signals:
        message(text): a hint, progress or a problem; "" for none.
    """

    message = pyqtSignal(str)

    def __init__(
        self,
        controller: ReviewController,
        tie_points: TiePointEditor,
        search: SearchHere,
        photo: PhotoView,
        side: ReviewMap,
        actions: ReviewActions,
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._controller, self.tie_points, self._search = controller, tie_points, search
        self._photo, self._side, self._actions = photo, side, actions
        canvas = side.canvas
        self.tie_tool = TiePointTool(canvas, side.frame, side.marks)
        self.hand_tool = FootprintTool(canvas, side.frame, self._corners)
        self.circle_tool = CircleTool(canvas, side.frame)
        self._tool_before = None
        self._drawn = DrawnPhotos()
        self._overlay_before = False  # whether the photo was over the map before tie points were set
        photo.clicked.connect(tie_points.click_photo)
        photo.handle_moved.connect(tie_points.drag_photo)
        photo.handle_selected.connect(tie_points.select)
        self.tie_tool.clicked.connect(tie_points.click_map)
        self.tie_tool.handle_moved.connect(tie_points.drag_map)
        self.tie_tool.handle_selected.connect(tie_points.select)
        self.hand_tool.changed.connect(self._hand_moved)
        self.circle_tool.drawn.connect(self._circle_drawn)
        tie_points.changed.connect(self.show_handles)
        tie_points.message.connect(self.message)
        search.message.connect(self.message)
        canvas.mapToolSet.connect(self._map_tool_changed)
        canvas.destinationCrsChanged.connect(self.show_handles)
        controller.current_changed.connect(lambda *_: search.cancel())

    def make_actions(self) -> None:
        """Add the actions for correcting to the window."""
        add, tie_points = self._actions.add, self.tie_points
        add("ties", self.tr("Tie points"), "P", self.set_ties, checkable=True)
        add("snap", self.tr("Snap tie points to the best match"), "Shift+S", self._set_snap, checkable=True)
        self._actions["snap"].setChecked(True)
        add("accept_open", self.tr("Use the best match nearby"), "Return Enter", tie_points.accept_open)
        add("delete", self.tr("Delete tie point"), "Del Backspace", tie_points.delete)
        add("clear", self.tr("Delete all tie points"), "X", tie_points.clear)
        add("hand", self.tr("Move, rotate, scale by hand"), "V", self.set_hand, checkable=True)
        add("go_to", self.tr("Type coordinates…"), "G", self.ask_for_coordinates)
        add("fit_here", self.tr("Fit the photo to the imagery here"), "I", self.fit_here)
        add("search_view", self.tr("Search in this part of the map"), "W", self.search_view)
        add("search_circle", self.tr("Search in a circle"), "Shift+W", self.set_circle, checkable=True)
        add("stop", self.tr("Leave the tool"), "Esc", self.leave)

    def close(self) -> None:
        """Restore the previous map tool and disconnect from the canvas."""
        self.leave()
        self._side.canvas.mapToolSet.disconnect(self._map_tool_changed)
        self._side.canvas.destinationCrsChanged.disconnect(self.show_handles)

    def leave(self) -> None:
        """End the current step: a search, an open tie point or a tool."""
        if self._search.cancel():
            return
        if self.tie_points.open_pixel is not None or self.tie_points.open_ground is not None:
            self.tie_points.delete()
            return
        for name in ("ties", "hand", "search_circle"):
            self._actions[name].setChecked(False)

    # --- tools -------------------------------------------------------------------------------------

    def set_ties(self, on: bool) -> None:
        """Switch setting tie points on or off."""
        self._photo.editing = on
        self._uncover_ground(on)
        self._set_tool(self.tie_tool, on, "ties")
        self.show_handles()
        if on:
            self.message.emit(
                self.tr("Click a spot in the photo, then the same spot on the map. Drag either end to move it. Hold"
                        " Ctrl to set a point where another one is.")
            )  # fmt: skip

    def _uncover_ground(self, on: bool) -> None:
        """Hide the photo over the map while tie points are set, because it would hide the ground."""
        overlay = self._actions["overlay"]
        if on:
            self._drawn.hide()
            self._overlay_before = overlay.isChecked()
            overlay.setChecked(False)
        else:
            self._drawn.show_again()
            if self._overlay_before:
                overlay.setChecked(True)
            self._overlay_before = False

    def set_hand(self, on: bool) -> None:
        """Switch moving by hand on or off. A photo without footprint gets one at the centre of the map."""
        working = self._controller.working
        if on and working is not None and working.size_px is not None and self._corners() is None:
            extent = self._side.canvas.extent()
            west, east = (self._side.frame.to_lat_lon(QgsPointXY(x, extent.center().y()))
                          for x in (extent.xMinimum(), extent.xMaximum()))  # fmt: skip
            center = self._side.frame.to_lat_lon(extent.center())
            if west is not None and east is not None and center is not None:
                width_km = max(10.0, min(2000.0, _FIRST_SHARE * abs(away_km(west, east)[0])))
                corners = initial_corners(working.size_px, center, width_km)
                self._controller.edit(place_by_hand(working, corners), self.tr("Place by hand"))
        self._set_tool(self.hand_tool, on, "hand")
        self.show_handles()
        if on:
            self.message.emit(
                self.tr("Drag the footprint on the map. A corner scales it, the midpoint of a side rotates it.")
            )

    def fit_here(self) -> None:
        """Fit the photo to the imagery around the displayed footprint."""
        working = self._controller.working
        corners = self._corners()
        if working is None or corners is None:
            self.message.emit(self.tr("Choose a candidate or place the footprint first."))
            return
        sides = [distance_km(a, b) for a, b in zip(corners, corners[1:] + corners[:1])]
        self._search.fit(center_of(corners), max(sides))

    def set_circle(self, on: bool) -> None:
        """Switch drawing a circle to search on or off."""
        self._set_tool(self.circle_tool, on, "search_circle")
        if on:
            self.message.emit(self.tr("Draw a circle on the map. The search covers its inside."))

    def search_view(self) -> None:
        """Search in the visible part of the map."""
        extent = self._side.canvas.extent()
        center = self._side.frame.to_lat_lon(extent.center())
        corner = self._side.frame.to_lat_lon(QgsPointXY(extent.xMaximum(), extent.yMaximum()))
        if center is None or corner is None:
            self.message.emit(self.tr("The map shows more than the Earth. Zoom in first."))
            return
        self._search.start(center, max(1.0, distance_km(center, corner)))

    def ask_for_coordinates(self) -> None:
        """Ask for coordinates and move the centre of the footprint there."""
        working = self._controller.working
        if working is None or working.size_px is None:
            return
        center = working.shown.get("center")
        before = "" if not center else f"{center[0]:.4f}, {center[1]:.4f}"
        title, label = self.tr("Centre of the photo"), self.tr("Latitude, longitude:")
        text, accepted = QInputDialog.getText(self._photo, title, label, QLineEdit.EchoMode.Normal, before)
        if not accepted or not text.strip():
            return
        try:
            position = parse_nadir(text)
        except ValueError:
            problem = self.tr("“{text}” is not a position. Type latitude and longitude, such as 41.2, 28.9.")
            self.message.emit(problem.format(text=text))
            return
        corners = self._corners() or initial_corners(working.size_px, position, 300.0)
        self._controller.edit(place_by_hand(working, transform_corners(corners, position)), self.tr("Type coordinates"))
        self._side.zoom()

    # --- display -----------------------------------------------------------------------------------

    def show_handles(self) -> None:
        """Draw the tie points on photo and map, or the grips of the footprint, depending on the tool."""
        self._side.marks.show_grips((self._corners() or []) if self._actions["hand"].isChecked() else [])
        if not self._photo.editing:
            self._photo.show_handles([])
            self._side.marks.show_handles([], -1)
            return
        tie_points = self.tie_points
        self._photo.show_handles(tie_points.photo_handles(), tie_points.selected)
        handles = []
        for number, (position, expected, is_open) in enumerate(tie_points.map_points()):
            at = self._side.frame.to_map(*position)
            expected_at = None if expected is None else self._side.frame.to_map(*expected)
            line = None if expected_at is None else (expected_at.x(), expected_at.y())
            if at is not None:
                handles.append(Handle(number, at.x(), at.y(), line, is_open))
        self._side.marks.show_handles(handles, tie_points.selected)

    def _corners(self) -> Optional[list[Point]]:
        return current_corners(self._controller.working) if self._controller.working is not None else None

    def _hand_moved(self, corners: list[Point], done: bool) -> None:
        working = self._controller.working
        if working is None or working.size_px is None:
            return
        after = place_by_hand(working, corners)
        if done:
            self._controller.edit(after, self.tr("Move by hand"))
        else:
            self._side.show_draft(after)
            self._side.marks.show_grips(corners)

    def _circle_drawn(self, lat: float, lon: float, radius_km: float, done: bool) -> None:
        if not done:
            ring = [offset((lat, lon), radius_km * e, radius_km * n) for e, n in _CIRCLE]
            self._side.show_circle(ring)
            return
        self._side.show_circle([])
        self._actions["search_circle"].setChecked(False)
        self._search.start((lat, lon), radius_km)

    def _set_snap(self, on: bool) -> None:
        self.tie_points.snaps = on

    def _set_tool(self, tool, on: bool, name: str) -> None:
        canvas = self._side.canvas
        if on:
            if self._tool_before is None:
                self._tool_before = canvas.mapTool()
            canvas.setMapTool(tool)
            for other in {"ties", "hand", "search_circle"} - {name}:
                self._actions[other].setChecked(False)
        elif canvas.mapTool() is tool:
            before, self._tool_before = self._tool_before, None
            canvas.unsetMapTool(tool)
            if before is not None:
                canvas.setMapTool(before)

    def _map_tool_changed(self, tool, *_: object) -> None:
        """Switch our tools off when the user chooses another map tool."""
        for name, ours in (("ties", self.tie_tool), ("hand", self.hand_tool), ("search_circle", self.circle_tool)):
            if tool is not ours and self._actions[name].isChecked():
                self._tool_before = None
                self._actions[name].setChecked(False)
