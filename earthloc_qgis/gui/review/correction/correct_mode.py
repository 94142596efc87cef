"""Correcting in the window: which tool the mouse has on photo and map, and the actions that belong to it."""

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
from ..view.handles import Handle
from ..view.map_side import MapSide
from ..view.photo_view import PhotoView
from .by_hand import corners_now, first_corners, moved, placed
from .map_tools import CircleTool, FootprintTool, TiePointTool
from .search_here import SearchHere
from .tie_points import Correction

_CIRCLE = [(math.sin(math.radians(angle)), math.cos(math.radians(angle))) for angle in range(0, 360, 5)]
_FIRST_SHARE = 0.4  # of the map's width that a footprint laid on it for the first time covers


class CorrectMode(QObject):
    """Tie points, moving by hand, typed coordinates, searching somewhere else.

    Signals:
        told(text): what has become of it.
    """

    told = pyqtSignal(str)

    def __init__(
        self,
        controller: ReviewController,
        correction: Correction,
        search: SearchHere,
        photo: PhotoView,
        side: MapSide,
        actions: ReviewActions,
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._controller, self.correction, self._search = controller, correction, search
        self._photo, self._side, self._actions = photo, side, actions
        canvas = side.canvas
        self.tie_tool = TiePointTool(canvas, side.frame, side.marks)
        self.hand_tool = FootprintTool(canvas, side.frame, self._corners)
        self.circle_tool = CircleTool(canvas, side.frame)
        self._tool_before = None
        photo.clicked.connect(correction.click_photo)
        photo.handle_moved.connect(correction.drag_photo)
        photo.handle_selected.connect(correction.select)
        self.tie_tool.clicked.connect(correction.click_map)
        self.tie_tool.handle_moved.connect(correction.drag_map)
        self.tie_tool.handle_selected.connect(correction.select)
        self.hand_tool.changed.connect(self._hand_moved)
        self.circle_tool.drawn.connect(self._circle_drawn)
        correction.changed.connect(self.show_handles)
        correction.told.connect(self.told)
        search.told.connect(self.told)
        canvas.mapToolSet.connect(self._other_tool)
        canvas.destinationCrsChanged.connect(self.show_handles)
        controller.current_changed.connect(lambda *_: search.cancel())

    def make_actions(self) -> None:
        """Adds the actions to the window."""
        add, correction = self._actions.add, self.correction
        add("ties", self.tr("Tie points"), "P", self.set_ties, checkable=True)
        add("snap", self.tr("Snap tie points to the best match"), "Shift+S", self._set_snap, checkable=True)
        self._actions["snap"].setChecked(True)
        add("accept_open", self.tr("Take the best match near by"), "Return Enter", correction.accept_open)
        add("delete", self.tr("Delete tie point"), "Del Backspace", correction.delete)
        add("clear", self.tr("Delete all tie points"), "X", correction.clear)
        add("hand", self.tr("Move, turn, scale by hand"), "V", self.set_hand, checkable=True)
        add("go_to", self.tr("Type coordinates…"), "G", self.ask_for_place)
        add("fit_here", self.tr("Fit the photo to the imagery here"), "I", self.fit_here)
        add("search_view", self.tr("Search in this part of the map"), "W", self.search_view)
        add("search_circle", self.tr("Search in a circle"), "Shift+W", self.set_circle, checkable=True)
        add("stop", self.tr("Leave the tool"), "Esc", self.leave)

    def close(self) -> None:
        """Gives the map its own tool back."""
        self.leave()
        self._side.canvas.mapToolSet.disconnect(self._other_tool)
        self._side.canvas.destinationCrsChanged.disconnect(self.show_handles)

    def leave(self) -> None:
        """Ends what is going on: a search, an open point, a tool."""
        if self._search.cancel():
            return
        if self.correction.open_spot is not None or self.correction.open_place is not None:
            self.correction.delete()
            return
        for name in ("ties", "hand", "search_circle"):
            self._actions[name].setChecked(False)

    # --- tools -------------------------------------------------------------------------------------

    def set_ties(self, on: bool) -> None:
        """Clicks set tie points, or no longer."""
        self._photo.editing = on
        self._set_tool(self.tie_tool, on, "ties")
        self.show_handles()
        if on:
            self.told.emit(self.tr("Click a spot in the photo, then the same one on the map. Drag either end to mend."))

    def set_hand(self, on: bool) -> None:
        """The mouse on the map moves the footprint; one that is nowhere is laid on the map's middle."""
        working = self._controller.working
        if on and working is not None and working.size_px is not None and self._corners() is None:
            extent = self._side.canvas.extent()
            west, east = (self._side.frame.to_lat_lon(QgsPointXY(x, extent.center().y()))
                          for x in (extent.xMinimum(), extent.xMaximum()))  # fmt: skip
            center = self._side.frame.to_lat_lon(extent.center())
            if west is not None and east is not None and center is not None:
                width_km = max(10.0, min(2000.0, _FIRST_SHARE * abs(away_km(west, east)[0])))
                corners = first_corners(working.size_px, center, width_km)
                self._controller.edit(placed(working, corners), self.tr("Place by hand"))
        self._set_tool(self.hand_tool, on, "hand")
        self.show_handles()
        if on:
            self.told.emit(self.tr("Drag the footprint on the map; a corner scales it, the middle of a side turns it."))

    def fit_here(self) -> None:
        """Lets the engine fit the photo to the imagery round what is on the table."""
        working = self._controller.working
        corners = self._corners()
        if working is None or corners is None:
            self.told.emit(self.tr("Choose a candidate or place the footprint first."))
            return
        sides = [distance_km(a, b) for a, b in zip(corners, corners[1:] + corners[:1])]
        self._search.fit(center_of(corners), max(sides))

    def set_circle(self, on: bool) -> None:
        """A circle drawn on the map is searched."""
        self._set_tool(self.circle_tool, on, "search_circle")
        if on:
            self.told.emit(self.tr("Draw a circle on the map: the photo is searched for inside it."))

    def search_view(self) -> None:
        """Searches in the part of the map that is seen."""
        extent = self._side.canvas.extent()
        places = [self._side.frame.to_lat_lon(QgsPointXY(x, y)) for x, y in (
            (extent.center().x(), extent.center().y()), (extent.xMaximum(), extent.yMaximum()))]  # fmt: skip
        if None in places:
            self.told.emit(self.tr("Zoom in first: the map shows more than there is."))
            return
        self._search.start(places[0], max(1.0, distance_km(*places)))

    def ask_for_place(self) -> None:
        """Puts the middle of the footprint at coordinates that are typed."""
        working = self._controller.working
        if working is None or working.size_px is None:
            return
        center = working.shown.get("center")
        before = "" if not center else f"{center[0]:.4f}, {center[1]:.4f}"
        title, label = self.tr("Centre of the photo"), self.tr("Latitude, longitude:")
        text, given = QInputDialog.getText(self._photo, title, label, QLineEdit.EchoMode.Normal, before)
        if not given or not text.strip():
            return
        try:
            place = parse_nadir(text)
        except ValueError:
            self.told.emit(self.tr("“{text}” is no place: type latitude and longitude, such as 41.2, 28.9.").format(
                text=text))  # fmt: skip
            return
        corners = self._corners() or first_corners(working.size_px, place, 300.0)
        self._controller.edit(placed(working, moved(corners, place)), self.tr("Type coordinates"))
        self._side.zoom()

    # --- what is shown -----------------------------------------------------------------------------

    def show_handles(self) -> None:
        """Draws the tie points on both sides, or what the footprint is held by, while that is worked on."""
        self._side.marks.show_grips((self._corners() or []) if self._actions["hand"].isChecked() else [])
        if not self._photo.editing:
            self._photo.show_handles([])
            self._side.marks.show_handles([], -1)
            return
        correction = self.correction
        self._photo.show_handles(correction.photo_handles(), correction.selected)
        handles = []
        for number, (place, expected, is_open) in enumerate(correction.map_points()):
            at = self._side.frame.to_map(*place)
            there = None if expected is None else self._side.frame.to_map(*expected)
            line = None if there is None else (there.x(), there.y())
            if at is not None:
                handles.append(Handle(number, at.x(), at.y(), line, is_open))
        self._side.marks.show_handles(handles, correction.selected)

    def _corners(self) -> Optional[list[Point]]:
        return corners_now(self._controller.working) if self._controller.working is not None else None

    def _hand_moved(self, corners: list[Point], done: bool) -> None:
        working = self._controller.working
        if working is None or working.size_px is None:
            return
        after = placed(working, corners)
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
        self.correction.snaps = on

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

    def _other_tool(self, tool, *_: object) -> None:
        """The user has taken another tool of QGIS: ours are off."""
        for name, ours in (("ties", self.tie_tool), ("hand", self.hand_tool), ("search_circle", self.circle_tool)):
            if tool is not ours and self._actions[name].isChecked():
                self._tool_before = None
                self._actions[name].setChecked(False)
