"""Canvas items of a review: the photo, outlines, cursor and tie points."""

from __future__ import annotations

from typing import Optional

from qgis.core import (  # type: ignore[attr-defined]  # the stubs lack QgsCsException
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsPointXY,
)
from qgis.gui import QgsMapCanvasItem
from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, QTransform

from ...compat import current_project
from .handles import Handle, draw_cross, draw_grips, draw_handles

_CELLS = 20  # number of mesh cells along the longer side of the photo
_SEAM_PX = 0.6  # overlap of neighbouring cells, in image pixels, which hides gaps

Point = tuple[float, float]


class MapFrame:
    """Converts between (lat, lon) and the coordinates of the map, in its current coordinate system."""

    def __init__(self, canvas) -> None:
        self._canvas = canvas
        self._wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
        self._cached: Optional[QgsCoordinateTransform] = None

    def to_map(self, lat: float, lon: float) -> Optional[QgsPointXY]:
        """Map coordinates of a position; None when the projection cannot show it."""
        try:
            return self._transform().transform(QgsPointXY(lon, lat))
        except QgsCsException:
            return None

    def to_lat_lon(self, at: QgsPointXY) -> Optional[Point]:
        """(lat, lon) of map coordinates; None outside the projection."""
        try:
            found = self._transform().transform(at, Qgis.TransformDirection.Reverse)
        except QgsCsException:
            return None
        return (found.y(), found.x()) if -90 <= found.y() <= 90 and -540 <= found.x() <= 540 else None

    def _transform(self) -> QgsCoordinateTransform:
        """The transform, cached until the coordinate system of the map changes: it is used thousands of times."""
        crs = self._canvas.mapSettings().destinationCrs()
        if self._cached is None or self._cached.destinationCrs() != crs:
            self._cached = QgsCoordinateTransform(self._wgs84, crs, current_project().transformContext())
        return self._cached


class _CanvasItem(QgsMapCanvasItem):
    """Base of items that cover the canvas. Positions are map coordinates."""

    def __init__(self, canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas

    def boundingRect(self) -> QRectF:
        """The canvas and its surroundings, which panning may reveal."""
        size = self._canvas.size()
        return QRectF(-size.width(), -size.height(), 3 * size.width(), 3 * size.height())

    def updatePosition(self) -> None:
        """Redraw after the map moved."""
        self.update()

    def to_canvas(self, at: QgsPointXY) -> QPointF:
        """Canvas pixels of map coordinates."""
        return self.toCanvasCoordinates(at)


class PhotoOverlay(_CanvasItem):
    """The photo over the map, drawn as a mesh with nodes located by the camera.

    Attributes:
        photo_opacity: 0 to 1.
        swipe: fraction of the canvas width, from the left, that shows the photo; None shows all of it.
        blinked_off: whether blinking hides the photo at present.
    """

    def __init__(self, canvas) -> None:
        super().__init__(canvas)
        self.setZValue(10)
        self.photo_opacity = 0.8
        self.swipe: Optional[float] = None
        self.blinked_off = False
        self._image: Optional[QImage] = None
        self._cells: list[tuple[QRectF, list[QgsPointXY]]] = []
        self._drawn: Optional[QImage] = None
        self._drawn_corners: list[QgsPointXY] = []

    def show_photo(self, image: Optional[QImage], camera, frame: MapFrame) -> None:
        """Set photo and camera; None for no photo."""
        self._image, self._drawn = image, None
        self._cells = _mesh(image, camera, frame) if image is not None and camera is not None else []
        self.update()

    def redraw(self) -> None:
        """Redraw the photo for the current extent and scale of the map."""
        self._drawn = None
        self.update()

    def paint(self, painter: QPainter, option=None, widget=None) -> None:  # type: ignore[override]
        """Draw the photo; while the map moves, draw the last rendering, transformed."""
        if not self._cells or self.blinked_off or self.photo_opacity <= 0 or not self.isVisible():
            return
        if self._drawn is None:
            self._draw()
        if self._drawn is None:
            return
        painter.save()
        painter.setOpacity(self.photo_opacity)
        if self.swipe is not None:
            size = self._canvas.size()
            painter.setClipRect(QRectF(-size.width(), -size.height(), size.width() * (1 + self.swipe),
                                       3 * size.height()))  # fmt: skip
        source = QPolygonF(_four(QRectF(self._drawn.rect())))
        target = QPolygonF([self.to_canvas(corner) for corner in self._drawn_corners])
        transform = QTransform()
        if QTransform.quadToQuad(source, target, transform):
            painter.setTransform(transform, True)
            painter.drawImage(QPointF(0, 0), self._drawn)
        painter.restore()
        if self.swipe is not None:
            x = self._canvas.width() * self.swipe
            for pen in (QPen(QColor(0, 0, 0, 160), 4), QPen(QColor("white"), 2)):
                painter.setPen(pen)
                painter.drawLine(QPointF(x, -self._canvas.height()), QPointF(x, 2 * self._canvas.height()))

    def _draw(self) -> None:
        """Render the photo for the current view once; small movements of the map reuse the rendering."""
        ratio = self._canvas.devicePixelRatioF()
        size = self._canvas.size() * ratio
        if size.isEmpty() or self._image is None:
            return
        drawn = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        view = QRectF(drawn.rect())
        for source, corners in self._cells:
            target = QPolygonF([self.to_canvas(corner) * ratio for corner in corners])
            if not target.boundingRect().intersects(view) or target.boundingRect().width() > 40 * view.width():
                continue
            transform = QTransform()
            if QTransform.quadToQuad(QPolygonF(_four(source)), target, transform):
                painter.setTransform(transform)
                wider = source.adjusted(-_SEAM_PX, -_SEAM_PX, _SEAM_PX, _SEAM_PX)
                wider = wider.intersected(QRectF(self._image.rect()))
                painter.drawImage(wider, self._image, wider)
        painter.end()
        to_map = self._canvas.getCoordinateTransform()
        width, height = self._canvas.width(), self._canvas.height()
        self._drawn = drawn
        self._drawn_corners = [
            to_map.toMapCoordinates(int(x), int(y)) for x, y in ((0, 0), (width, 0), (width, height), (0, height))
        ]


class MapMarks(_CanvasItem):
    """Outlines, linked cursor, tie points and grips."""

    def __init__(self, canvas, frame: MapFrame) -> None:
        super().__init__(canvas)
        self.setZValue(20)
        self._frame = frame
        self._outlines: list[tuple[list[QgsPointXY], QColor, Qt.PenStyle]] = []
        self._cursor: Optional[QgsPointXY] = None
        self.handles: list[Handle] = []  # x, y in map coordinates
        self.selected = -1
        self._grips: list[QgsPointXY] = []

    def show_outlines(self, outlines: list[tuple[list[Point], str, Qt.PenStyle]]) -> None:
        """Draw closed rings [(lat, lon)], each with a colour and a line style."""
        self._outlines = []
        for ring, colour, line in outlines:
            points = self._on_map(ring)
            if points is not None:
                self._outlines.append((points, QColor(colour), line))
        self.update()

    def show_cursor(self, at: Optional[Point]) -> None:
        """Mark the position (lat, lon) that corresponds to the mouse position on the photo; None for none."""
        self._cursor = None if at is None else self._frame.to_map(*at)
        self.update()

    def show_handles(self, handles: list[Handle], selected: int) -> None:
        """Draw tie points, given in map coordinates."""
        self.handles, self.selected = handles, selected
        self.update()

    def show_grips(self, corners: list[Point]) -> None:
        """Draw grips at the corners [(lat, lon)] of a footprint; [] for none."""
        self._grips = self._on_map(corners) or []
        self.update()

    def _on_map(self, ring: list[Point]) -> Optional[list[QgsPointXY]]:
        """Map coordinates of a ring; None when the projection cannot show all of it."""
        points = [point for point in (self._frame.to_map(lat, lon) for lat, lon in ring) if point is not None]
        return points if len(points) == len(ring) else None

    def paint(self, painter: QPainter, option=None, widget=None) -> None:  # type: ignore[override]
        """Draw outlines, grips, tie points and cursor."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for points, colour, line in self._outlines:
            ring = QPolygonF([self.to_canvas(point) for point in points])
            for pen in (QPen(QColor(255, 255, 255, 210), 5), QPen(colour, 2.4, line)):
                painter.setPen(pen)
                painter.drawPolygon(ring)
        draw_grips(painter, [self.to_canvas(corner) for corner in self._grips])
        draw_handles(painter, self.handles, self.selected, lambda h: self.to_canvas(QgsPointXY(h.x, h.y)))
        if self._cursor is not None:
            draw_cross(painter, self.to_canvas(self._cursor))


def _mesh(image: QImage, camera, frame: MapFrame) -> list[tuple[QRectF, list[QgsPointXY]]]:
    """Mesh cells of the image, each with its four corners in map coordinates, without cells that show no ground."""
    width, height = camera.size_px
    step = max(width, height) / _CELLS
    columns, rows = max(1, round(width / step)), max(1, round(height / step))
    nodes: dict[tuple[int, int], Optional[QgsPointXY]] = {}
    for row in range(rows + 1):
        for column in range(columns + 1):
            at = camera.locate(width * column / columns, height * row / rows)
            nodes[row, column] = None if at is None else frame.to_map(*at)
    known = [node.x() for node in nodes.values() if node is not None]
    # A cell that crosses the antimeridian has corners at both ends of the map.
    widest = (max(known) - min(known)) / 2 if known else 0.0
    cells = []
    for row in range(rows):
        for column in range(columns):
            corners = (nodes[row, column], nodes[row, column + 1], nodes[row + 1, column + 1], nodes[row + 1, column])
            four = [corner for corner in corners if corner is not None]
            if len(four) < len(corners):
                continue
            xs = [corner.x() for corner in four]
            if min(rows, columns) < 4 or max(xs) - min(xs) <= widest:
                left, right = (image.width() * c / columns for c in (column, column + 1))
                top, bottom = (image.height() * r / rows for r in (row, row + 1))
                cells.append((QRectF(left, top, right - left, bottom - top), four))
    return cells


def _four(rect: QRectF) -> list[QPointF]:
    return [rect.topLeft(), rect.topRight(), rect.bottomRight(), rect.bottomLeft()]
