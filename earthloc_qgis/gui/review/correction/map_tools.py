"""Map tools for correcting a footprint: tie points, moving by hand, drawing a circle."""

from __future__ import annotations

import math
from typing import Callable, Optional

from qgis.core import QgsPointXY
from qgis.gui import QgsMapTool
from qgis.PyQt.QtCore import QPointF, Qt, pyqtSignal

from ....core.camera import Point, away_km, distance_km, offset
from ....core.footprint import center_of
from ..view.handles import REACH_PX, forces_new_point, nearest, sets_new_point, side_midpoints
from ..view.map_items import MapFrame, MapMarks
from .by_hand import transform_corners

_CLICK_PX = 4


class TiePointTool(QgsMapTool):
    """Sets and drags the ground ends of tie points.

    Signals:
        clicked(lat, lon)
        handle_moved(id, lat, lon, done)
        handle_selected(id): -1 for none.
    """

    clicked = pyqtSignal(float, float)
    handle_moved = pyqtSignal(int, float, float, bool)
    handle_selected = pyqtSignal(int)

    def __init__(self, canvas, frame: MapFrame, marks: MapMarks) -> None:
        super().__init__(canvas)
        self._frame, self._marks = frame, marks
        self._grabbed = -1
        self._pressed: Optional[QPointF] = None
        self._dragged = False
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasPressEvent(self, event) -> None:
        """Grab a handle."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = QPointF(event.pos()), False
            self._grabbed = -1
            if not forces_new_point(event):
                self._grabbed = nearest(
                    self._marks.handles, self._pressed, lambda h: self._marks.to_canvas(QgsPointXY(h.x, h.y))
                )
            self.handle_selected.emit(self._grabbed)

    def canvasMoveEvent(self, event) -> None:
        """Drag it."""
        if self._pressed is None:
            return
        self._dragged = self._dragged or (QPointF(event.pos()) - self._pressed).manhattanLength() > _CLICK_PX
        if self._dragged and self._grabbed >= 0:
            self._emit(event, done=False)

    def canvasReleaseEvent(self, event) -> None:
        """End the drag; without a drag it was a click."""
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._dragged and self._grabbed >= 0:
            self._emit(event, done=True)
        elif not self._dragged and sets_new_point(self._marks.handles, self._grabbed):
            ground = self._frame.to_lat_lon(self.toMapCoordinates(event.pos()))
            if ground is not None:
                self.clicked.emit(*ground)
        self._pressed, self._grabbed = None, -1

    def _emit(self, event, done: bool) -> None:
        ground = self._frame.to_lat_lon(self.toMapCoordinates(event.pos()))
        if ground is not None:
            self.handle_moved.emit(self._grabbed, *ground, done)


class FootprintTool(QgsMapTool):
    """Moves the footprint by dragging its inside, rotates it by the midpoint of a side, scales it by a corner.

    Args:
        corners: returns the current corners [(lat, lon)]; None for none.

    Signals:
        changed(corners, done): corners while dragging; done when the button is released.
    """

    changed = pyqtSignal(list, bool)

    def __init__(self, canvas, frame: MapFrame, corners: Callable[[], Optional[list[Point]]]) -> None:
        super().__init__(canvas)
        self._frame, self._corners = frame, corners
        self._from: Optional[list[Point]] = None
        self._start: Optional[Point] = None
        self._mode = ""
        self._found: Optional[list[Point]] = None
        self.setCursor(Qt.CursorShape.SizeAllCursor)

    def canvasPressEvent(self, event) -> None:
        """Grab the footprint."""
        corners = self._corners() if event.button() == Qt.MouseButton.LeftButton else None
        start = self._frame.to_lat_lon(self.toMapCoordinates(event.pos()))
        if corners is not None and start is not None:
            self._from, self._start, self._found = corners, start, None
            self._mode = self._mode_at(QPointF(event.pos()), corners)

    def canvasMoveEvent(self, event) -> None:
        """Drag it."""
        ground = self._frame.to_lat_lon(self.toMapCoordinates(event.pos()))
        if self._from is None or self._start is None or ground is None:
            return
        middle = center_of(self._from)
        east0, north0 = away_km(middle, self._start)
        east, north = away_km(middle, ground)
        if self._mode == "move":
            self._found = transform_corners(self._from, offset(middle, east - east0, north - north0))
        elif self._mode == "scale":
            factor = math.hypot(east, north) / max(1e-6, math.hypot(east0, north0))
            self._found = transform_corners(self._from, middle, scale=max(0.02, min(50.0, factor)))
        else:
            angle_deg = math.degrees(math.atan2(east, north) - math.atan2(east0, north0))
            self._found = transform_corners(self._from, middle, rotation_deg=angle_deg)
        self.changed.emit(self._found, False)

    def canvasReleaseEvent(self, event) -> None:
        """End the drag."""
        found, self._from = self._found, None
        if found is not None:
            self._found = None
            self.changed.emit(found, True)

    def _mode_at(self, at: QPointF, corners: list[Point]) -> str:
        positions = [ground for ground in (self._frame.to_map(*corner) for corner in corners) if ground is not None]
        if len(positions) < len(corners):
            return "move"
        points = [QPointF(self.toCanvasCoordinates(ground)) for ground in positions]
        for mode, grips in (("scale", points), ("rotate", side_midpoints(points))):
            if any(math.hypot(at.x() - grip.x(), at.y() - grip.y()) <= 1.4 * REACH_PX for grip in grips):
                return mode
        return "move"


class CircleTool(QgsMapTool):
    """Draws a circle, from its centre outwards.

    Signals:
        drawn(lat, lon, radius_km, done)
    """

    drawn = pyqtSignal(float, float, float, bool)

    def __init__(self, canvas, frame: MapFrame) -> None:
        super().__init__(canvas)
        self._frame = frame
        self._middle: Optional[Point] = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasPressEvent(self, event) -> None:
        """Set the centre."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._middle = self._frame.to_lat_lon(self.toMapCoordinates(event.pos()))

    def canvasMoveEvent(self, event) -> None:
        """Draw the circle through the mouse position."""
        self._emit(event, done=False)

    def canvasReleaseEvent(self, event) -> None:
        """Finish the circle."""
        self._emit(event, done=True)
        self._middle = None

    def _emit(self, event, done: bool) -> None:
        if self._middle is None:
            return
        edge = self._frame.to_lat_lon(self.toMapCoordinates(event.pos()))
        if edge is not None:
            radius_km = distance_km(self._middle, edge)
            if radius_km > 1.0:
                self.drawn.emit(*self._middle, radius_km, done)
