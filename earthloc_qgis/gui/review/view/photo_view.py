"""The photo view: pan, zoom, rotation, contrast; the cursor linked to the map; tie point handles."""

from __future__ import annotations

import math
from typing import Optional

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, QTransform
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..model.picture import Picture
from .handles import Handle, draw_cross, draw_handles, forces_new_point, nearest, sets_new_point

_ZOOM_STEP = 1.25
_MAX_SCALE = 16.0  # screen pixels per stored pixel
_BACKGROUND = QColor("#2b2b2b")
_TEXT_COLOUR = QColor("#d8d8d8")
_CLICK_PX = 4  # a press and release within this distance is a click, not a drag


class PhotoView(QWidget):
    """Shows one photo. Positions in signals are stored pixels, with the origin at the outer top-left corner.

    Signals:
        hovered(x, y): the mouse is over this pixel.
        left(): the mouse left the photo.
        clicked(x, y): a click on the photo while `editing`.
        handle_moved(id, x, y, done): a handle is being dragged; done when the button is released.
        handle_selected(id): a handle was pressed; -1 for none.
        detail_wanted(): the zoom exceeds the resolution of the picture.
    """

    hovered = pyqtSignal(float, float)
    left = pyqtSignal()
    clicked = pyqtSignal(float, float)
    handle_moved = pyqtSignal(int, float, float, bool)
    handle_selected = pyqtSignal(int)
    detail_wanted = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("review_photo")
        self.setAccessibleName(self.tr("Photo"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 120)
        self.editing = False
        self._picture: Optional[Picture] = None
        self._text = ""
        self._stretched = False
        self._scale, self._rotation_deg = 1.0, 0.0
        self._middle = QPointF()
        self._fitted = True
        self._cursor: Optional[QPointF] = None
        self._handles: list[Handle] = []
        self._selected = -1
        self._pressed: Optional[QPointF] = None
        self._grabbed = -1
        self._moved = False

    def sizeHint(self) -> QSize:
        """A size that fits beside a map on a small screen."""
        return QSize(480, 300)

    # --- display -----------------------------------------------------------------------------------

    def show_picture(self, picture: Optional[Picture], text: str = "") -> None:
        """Show a photo, or a text instead. The same photo in higher resolution keeps zoom and position."""
        same = picture is not None and self._picture is not None and picture.size_px == self._picture.size_px
        self._picture, self._text = picture, text
        self.setAccessibleDescription(text)
        if not (same and not self._fitted):
            self.fit()
        self.update()

    def set_stretched(self, on: bool) -> None:
        """Switch contrast stretching on or off."""
        self._stretched = on
        self.update()

    def rotate_to(self, degrees: float) -> None:
        """Set the clockwise rotation of the photo, relative to the stored pixels, in degrees."""
        self._rotation_deg = degrees % 360.0
        if self._fitted:
            self.fit()
        self.update()

    @property
    def rotation_deg(self) -> float:
        """Clockwise rotation of the photo in degrees."""
        return self._rotation_deg

    def show_cursor(self, x_px: Optional[float], y_px: float = 0.0) -> None:
        """Mark the pixel that corresponds to the mouse position on the map; None hides the mark."""
        cursor = None if x_px is None else QPointF(x_px, y_px)
        if cursor != self._cursor:
            self._cursor = cursor
            self.update()

    def show_handles(self, handles: list[Handle], selected: int = -1) -> None:
        """Show tie points, given in stored pixels."""
        self._handles, self._selected = list(handles), selected
        self.update()

    def fit(self) -> None:
        """Show the whole photo."""
        self._fitted = True
        if self._picture is None:
            return
        width, height = self._picture.size_px
        self._middle = QPointF(width / 2, height / 2)
        box = QTransform().rotate(self._rotation_deg).mapRect(QRectF(0, 0, width, height))
        self._scale = min(self.width() / box.width(), self.height() / box.height())
        self.update()

    def zoom(self, steps: float, about: Optional[QPointF] = None) -> None:
        """Zoom in, or out when `steps` is negative, with `about` (widget coordinates) as the fixed point."""
        if self._picture is None:
            return
        about = about or QPointF(self.width() / 2, self.height() / 2)
        pixel = self.to_photo(about)
        smallest = 0.2 * min(self.width() / self._picture.size_px[0], self.height() / self._picture.size_px[1])
        self._scale = max(smallest, min(_MAX_SCALE, self._scale * _ZOOM_STEP**steps))
        self._fitted = False
        self._shift(about - self.to_screen(pixel.x(), pixel.y()))
        resolution = self._picture.image.width() / self._picture.size_px[0]
        if self._scale * self.devicePixelRatioF() > 1.3 * resolution and resolution < 1.0:
            self.detail_wanted.emit()
        self.update()

    # --- geometry ----------------------------------------------------------------------------------

    def transform(self) -> QTransform:
        """Transform from stored pixels to widget coordinates."""
        made = QTransform.fromTranslate(self.width() / 2, self.height() / 2)
        made.rotate(self._rotation_deg)
        made.scale(self._scale, self._scale)
        made.translate(-self._middle.x(), -self._middle.y())
        return made

    def to_screen(self, x_px: float, y_px: float) -> QPointF:
        """Widget coordinates of a stored pixel."""
        return self.transform().map(QPointF(x_px, y_px))

    def to_photo(self, at: QPointF) -> QPointF:
        """Stored pixel at widget coordinates; may lie outside the photo."""
        return self.transform().inverted()[0].map(QPointF(at))

    def _shift(self, by: QPointF) -> None:
        angle = math.radians(self._rotation_deg)
        x, y = by.x() / self._scale, by.y() / self._scale
        rotated = QPointF(x * math.cos(angle) + y * math.sin(angle), -x * math.sin(angle) + y * math.cos(angle))
        self._middle -= rotated

    def _inside(self, pixel: QPointF) -> bool:
        if self._picture is None:
            return False
        width, height = self._picture.size_px
        return 0 <= pixel.x() <= width and 0 <= pixel.y() <= height

    # --- events ------------------------------------------------------------------------------------

    def resizeEvent(self, event) -> None:
        """Keep showing the whole photo if it was shown whole."""
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def wheelEvent(self, event) -> None:
        """Zoom at the mouse position."""
        self.zoom(event.angleDelta().y() / 120.0, QPointF(event.position()))
        event.accept()

    def mousePressEvent(self, event) -> None:
        """Start dragging a handle or the photo."""
        at = QPointF(event.pos())
        self._pressed, self._moved = at, False
        self._grabbed = -1
        if self.editing and event.button() == Qt.MouseButton.LeftButton:
            if not forces_new_point(event):
                self._grabbed = nearest(self._handles, at, lambda h: self.to_screen(h.x, h.y))
            self.handle_selected.emit(self._grabbed)

    def mouseMoveEvent(self, event) -> None:
        """Drag a handle or the photo; without a button report the position."""
        at = QPointF(event.pos())
        pixel = self.to_photo(at)
        if self._pressed is not None and event.buttons() != Qt.MouseButton.NoButton:
            self._moved = self._moved or (at - self._pressed).manhattanLength() > _CLICK_PX
            if self._grabbed >= 0 and self._moved:
                self.handle_moved.emit(self._grabbed, pixel.x(), pixel.y(), False)
            elif self._moved:
                self._fitted = False
                self._shift(at - self._pressed)
                self._pressed = at
                self.update()
        if self._inside(pixel):
            self.hovered.emit(pixel.x(), pixel.y())
        else:
            self.left.emit()

    def mouseReleaseEvent(self, event) -> None:
        """End the drag; a click while editing sets a point."""
        pixel = self.to_photo(QPointF(event.pos()))
        if self._grabbed >= 0 and self._moved:
            self.handle_moved.emit(self._grabbed, pixel.x(), pixel.y(), True)
        elif (self._pressed is not None and not self._moved and self.editing
                and sets_new_point(self._handles, self._grabbed)
                and event.button() == Qt.MouseButton.LeftButton and self._inside(pixel)):  # fmt: skip
            self.clicked.emit(pixel.x(), pixel.y())
        self._pressed, self._grabbed = None, -1

    def mouseDoubleClickEvent(self, event) -> None:
        """Show the whole photo; while editing treat it as two clicks."""
        if self.editing:
            self.mousePressEvent(event)
        else:
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        """Report that the mouse left the photo."""
        self.left.emit()
        super().leaveEvent(event)

    def paintEvent(self, event) -> None:
        """Draw the photo, or the text instead."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), _BACKGROUND)
        if self._picture is None:
            painter.setPen(_TEXT_COLOUR)
            box = self.rect().adjusted(16, 8, -16, -8)
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(box, flags, self._text)
            return
        image: QImage = self._picture.stretched if self._stretched else self._picture.image
        resolution = image.width() / self._picture.size_px[0]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._scale < 2.5 * resolution)
        painter.setTransform(self.transform())
        width, height = self._picture.size_px
        painter.drawImage(QRectF(0, 0, width, height), image, QRectF(image.rect()))
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_handles(painter, self._handles, self._selected, lambda h: self.to_screen(h.x, h.y))
        if self._cursor is not None:
            draw_cross(painter, self.to_screen(self._cursor.x(), self._cursor.y()))
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolygon(QPolygonF(QRectF(self.rect()).adjusted(1, 1, -1, -1)))
