"""The map during a review: photo overlay, outlines, linked cursor, zooming to the photo."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsGeometry, QgsPointXY
from qgis.PyQt.QtCore import QObject, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QImage

from ....contract.localization import Where
from ....core.map_extent import map_extent
from ...compat import current_project
from ..model.working_state import WorkingState, outline_ring
from .map_items import MapFrame, MapMarks, PhotoOverlay

_MARGIN = 1.35  # width of the zoomed map, as a multiple of that of the footprint
_REDRAW_DELAY_MS = 120
_OUTLINE, _CHANGED, _SAVED, _AREA = "#f0e442", "#e69f00", "#56b4e9", "#cc79a7"
_AREA_PERCENT = 90


class ReviewMap(QObject):
    """Draws on the canvas and follows the mouse over it.

    Signals:
        hovered(x, y): photo pixel at the mouse position on the map; x is None outside the photo.
    """

    hovered = pyqtSignal(object, float)

    def __init__(self, canvas, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.frame = MapFrame(canvas)
        self.overlay = PhotoOverlay(canvas)
        self.overlay.setVisible(False)
        self.marks = MapMarks(canvas, self.frame)
        self.camera = None
        self._image: Optional[QImage] = None
        self._working: Optional[WorkingState] = None
        self._zoomed_to = ""
        self._circle: list = []
        self._area: list = []  # rings [(lat, lon)] of the area that is searched
        self._redraw_timer = QTimer(self)
        self._redraw_timer.setSingleShot(True)
        self._redraw_timer.setInterval(_REDRAW_DELAY_MS)
        self._redraw_timer.timeout.connect(self.overlay.redraw)
        canvas.extentsChanged.connect(self._redraw_timer.start)
        canvas.destinationCrsChanged.connect(self._redraw)
        canvas.xyCoordinates.connect(self._mouse_moved)

    def remove(self) -> None:
        """Remove everything from the canvas."""
        self.canvas.extentsChanged.disconnect(self._redraw_timer.start)
        self.canvas.destinationCrsChanged.disconnect(self._redraw)
        self.canvas.xyCoordinates.disconnect(self._mouse_moved)
        for item in (self.overlay, self.marks):
            self.canvas.scene().removeItem(item)

    def set_visible(self, marks: bool, overlay: bool) -> None:
        """Show or hide marks and overlay."""
        self.marks.setVisible(marks)
        self.overlay.setVisible(overlay)

    def clear(self) -> None:
        """Clear everything: there is no current photo."""
        self._working, self.camera, self._image, self._area = None, None, None, []
        self._redraw()

    def show_image(self, image: QImage) -> None:
        """Set the picture of the photo."""
        self._image = image
        self.overlay.show_photo(self._image, self.camera, self.frame)

    def show_working(self, working: WorkingState, camera) -> None:
        """Draw a working state, and zoom to it when the photo or the candidate has changed."""
        self._working, self.camera = working, camera
        self._redraw()
        candidates = working.shown["candidates"]
        first = candidates[0]["center"] if candidates else None  # differs after another search
        place = f"{working.path} {working.rank} {first}"
        if place != self._zoomed_to:
            self._zoomed_to = place
            self.zoom()

    def zoom(self) -> None:
        """Zoom the map to the displayed footprint."""
        ring = outline_ring(self._working.shown, self.camera) if self._working is not None else []
        if not ring:
            return
        self._zoom_to(QgsGeometry.fromPolygonXY([[QgsPointXY(lon, lat) for lat, lon in _one_side(ring)]]))

    def show_area(self, where: Optional[Where]) -> None:
        """Draw the area that holds the photo with 90 %, and zoom to it. It goes with the photo; None removes it."""
        areas = where["areas"] if where is not None else []
        polygons = [
            polygon for area in areas if area["percent"] == _AREA_PERCENT for polygon in area["outline"]["coordinates"]
        ]
        self._area = [[(lat, lon) for lon, lat in ring] for polygon in polygons for ring in polygon]
        self._redraw()
        if polygons:
            points = [[[QgsPointXY(lon, lat) for lon, lat in ring] for ring in polygon] for polygon in polygons]
            self._zoom_to(QgsGeometry.fromMultiPolygonXY(points), is_scattered=True)

    def _zoom_to(self, shape: QgsGeometry, is_scattered: bool = False) -> None:
        transform = QgsCoordinateTransform(
            QgsCoordinateReferenceSystem("EPSG:4326"), self.canvas.mapSettings().destinationCrs(),
            current_project().transformContext(),
        )  # fmt: skip
        extent = map_extent(shape, transform, is_scattered)
        if extent is not None:
            extent.scale(_MARGIN)
            self.canvas.setExtent(extent)
            self.canvas.refresh()

    def show_draft(self, working: WorkingState) -> None:
        """Draw a working state while it is being dragged."""
        self._working, self.camera = working, working.camera()
        self._redraw()

    def show_circle(self, ring: list) -> None:
        """Show the circle [(lat, lon)] that the user is drawing; [] for none."""
        self._circle = ring
        self._redraw()

    def show_cursor(self, x_px: float, y_px: float) -> None:
        """Mark the position of a photo pixel on the map."""
        self.marks.show_cursor(None if self.camera is None else self.camera.locate(x_px, y_px))

    def hide_cursor(self) -> None:
        """Hide the mark: the mouse left the photo."""
        self.marks.show_cursor(None)

    def _redraw(self) -> None:
        working = self._working
        outlines = [(ring, _AREA, Qt.PenStyle.SolidLine) for ring in self._area]
        outlines += [(self._circle, _CHANGED, Qt.PenStyle.DashLine)] if self._circle else []
        if working is not None:
            if working.is_unsaved and working.saved.get("footprint"):
                outlines.append((outline_ring(working.saved, None), _SAVED, Qt.PenStyle.DotLine))
            ring = outline_ring(working.shown, self.camera)
            if ring:
                line = Qt.PenStyle.DashLine if working.is_unsaved else Qt.PenStyle.SolidLine
                outlines.append((ring, _CHANGED if working.is_unsaved else _OUTLINE, line))
        self.marks.show_outlines(outlines)
        self.overlay.show_photo(self._image, self.camera, self.frame)

    def _mouse_moved(self, at: QgsPointXY) -> None:
        place = self.frame.to_lat_lon(at) if self.camera is not None and self.marks.isVisible() else None
        spot = self.camera.project(*place) if place is not None else None
        width, height = self.camera.size_px if self.camera is not None else (0, 0)
        if spot is not None and 0 <= spot[0] <= width and 0 <= spot[1] <= height:
            self.hovered.emit(*spot)
        else:
            self.hovered.emit(None, 0.0)


def _one_side(ring: list) -> list:
    """The larger part of a ring that crosses 180 degrees: a map cannot show both sides of it together."""
    lons = [lon for _, lon in ring]
    if max(lons) - min(lons) <= 180:
        return ring
    west = [(lat, lon) for lat, lon in ring if lon < 0]
    east = [(lat, lon) for lat, lon in ring if lon >= 0]
    return west if len(west) > len(east) else east
