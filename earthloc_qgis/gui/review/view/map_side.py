"""The map's side of a review: the photo over it, outlines, the linked cursor, going there."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsGeometry, QgsPointXY, QgsProject
from qgis.PyQt.QtCore import QObject, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QImage

from ....core.layers import map_extent
from ..model.working import Working, ring_of
from .map_items import MapFrame, MapMarks, PhotoOverlay

_MARGIN = 1.35  # how much wider than the footprint the map is zoomed
_SETTLE_MS = 120
_OUTLINE, _CHANGED, _HELD = "#f0e442", "#e69f00", "#56b4e9"


class MapSide(QObject):
    """Draws on the canvas and listens to the mouse over it.

    Signals:
        hovered(x, y): pixel of the photo under the mouse on the map; x is None beside the photo.
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
        self._working: Optional[Working] = None
        self._zoomed_to = ""
        self._circle: list = []
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.overlay.settle)
        canvas.extentsChanged.connect(self._settle.start)
        canvas.destinationCrsChanged.connect(self._redraw)
        canvas.xyCoordinates.connect(self._mouse_moved)

    def remove(self) -> None:
        """Takes everything off the canvas."""
        self.canvas.extentsChanged.disconnect(self._settle.start)
        self.canvas.destinationCrsChanged.disconnect(self._redraw)
        self.canvas.xyCoordinates.disconnect(self._mouse_moved)
        for item in (self.overlay, self.marks):
            self.canvas.scene().removeItem(item)

    def set_visible(self, marks: bool, overlay: bool) -> None:
        """Shows or hides what is drawn."""
        self.marks.setVisible(marks)
        self.overlay.setVisible(overlay)

    def clear(self) -> None:
        """No photo is under review."""
        self._working, self.camera, self._image = None, None, None
        self._redraw()

    def show_image(self, image: QImage) -> None:
        """The photo's picture has been read."""
        self._image = image
        self.overlay.show_photo(self._image, self.camera, self.frame)

    def show_working(self, working: Working, camera) -> None:
        """Draws what is on the table, and goes there when it is another photo or another place."""
        self._working, self.camera = working, camera
        self._redraw()
        first = (working.shown.get("candidates") or [{}])[0].get("center")  # another search has other candidates
        place = f"{working.path} {working.rank} {first}"
        if place != self._zoomed_to:
            self._zoomed_to = place
            self.zoom()

    def zoom(self) -> None:
        """Zooms the map to what is on the table."""
        ring = ring_of(self._working.shown, self.camera) if self._working is not None else []
        if not ring:
            return
        shape = QgsGeometry.fromPolygonXY([[QgsPointXY(lon, lat) for lat, lon in _together(ring)]])
        transform = QgsCoordinateTransform(
            QgsCoordinateReferenceSystem("EPSG:4326"), self.canvas.mapSettings().destinationCrs(),
            QgsProject.instance().transformContext(),
        )  # fmt: skip
        extent = map_extent(shape, transform)
        if extent is not None:
            extent.scale(_MARGIN)
            self.canvas.setExtent(extent)
            self.canvas.refresh()

    def show_draft(self, working: Working) -> None:
        """Draws what is being dragged, before it is let go."""
        self._working, self.camera = working, working.camera()
        self._redraw()

    def show_circle(self, ring: list) -> None:
        """Draws the circle [(lat, lon)] that is being drawn; [] for none."""
        self._circle = ring
        self._redraw()

    def show_cursor(self, x_px: float, y_px: float) -> None:
        """Marks on the map the spot of the photo that the mouse is over."""
        self.marks.show_cursor(None if self.camera is None else self.camera.locate(x_px, y_px))

    def hide_cursor(self) -> None:
        """The mouse left the photo."""
        self.marks.show_cursor(None)

    def _redraw(self) -> None:
        working = self._working
        outlines = [(self._circle, _CHANGED, Qt.PenStyle.DashLine)] if self._circle else []
        if working is not None:
            if working.is_unsaved and working.held.get("footprint"):
                outlines.append((ring_of(working.held, None), _HELD, Qt.PenStyle.DotLine))
            ring = ring_of(working.shown, self.camera)
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


def _together(ring: list) -> list:
    """The ring without the jump at 180 degrees, where a map cannot show both sides of it together anyway."""
    lons = [lon for _, lon in ring]
    if max(lons) - min(lons) <= 180:
        return ring
    west = [(lat, lon) for lat, lon in ring if lon < 0]
    east = [(lat, lon) for lat, lon in ring if lon >= 0]
    return west if len(west) > len(east) else east
