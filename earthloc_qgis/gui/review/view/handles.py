"""Drawing of tie points, cursors and grips, the same on the photo and on the map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable, Optional

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont, QPainter, QPen

REACH_PX = 10.0  # a press within this distance grabs a handle
_RADIUS = 5.0
_CROWDED_FROM = 25  # from this number of handles on they are drawn small, and only the selected one is numbered
_GOOD, _POOR, _OPEN = QColor("#56b4e9"), QColor("#d55e00"), QColor("#f0e442")
_POOR_PX = 12.0  # a point with a larger residual, in screen pixels, is drawn as poor


@dataclass(frozen=True)
class Handle:
    """One end of a tie point, in photo pixels or map coordinates, and where the camera projects it.

    Attributes:
        id: number of the point.
        x, y: position, in photo pixels or map coordinates.
        expected: position according to the camera, in the same units; None when unknown.
        is_open: whether the other end is still missing.
    """

    id: int
    x: float
    y: float
    expected: Optional[tuple[float, float]] = None
    is_open: bool = False


def nearest(handles: Iterable[Handle], at: QPointF, to_widget: Callable[[Handle], QPointF]) -> int:
    """Id of the nearest handle within reach of a position; -1 for none."""
    best, best_id = REACH_PX, -1
    for handle in handles:
        away = to_widget(handle) - at
        length = (away.x() ** 2 + away.y() ** 2) ** 0.5
        if length <= best:
            best, best_id = length, handle.id
    return best_id


def forces_new_point(event) -> bool:
    """Whether a mouse event has the key that sets a point on top of others: Ctrl, on a Mac Command."""
    return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


def sets_new_point(handles: Iterable[Handle], grabbed: int) -> bool:
    """Whether a click sets a point: it hits no handle, or a point is open, whose other end is expected."""
    return grabbed < 0 or any(handle.is_open for handle in handles)


def draw_handles(
    painter: QPainter, handles: Iterable[Handle], selected: int, to_widget: Callable[[Handle], QPointF]
) -> None:
    """Draw handles with their numbers, and a line from each to its expected position."""
    font = QFont(painter.font())
    font.setBold(True)
    painter.setFont(font)
    handles = list(handles)
    crowded = len(handles) > _CROWDED_FROM
    for handle in handles:
        at = to_widget(handle)
        colour = _OPEN if handle.is_open else _GOOD
        if handle.expected is not None:
            expected = to_widget(Handle(handle.id, *handle.expected))
            away = expected - at
            if away.manhattanLength() > _POOR_PX:
                colour = _POOR
            for pen in (QPen(QColor(0, 0, 0, 160), 4), QPen(colour, 2)):
                painter.setPen(pen)
                painter.drawLine(at, expected)
        painter.setBrush(colour)
        painter.setPen(QPen(QColor("black"), 1.4))
        radius = _RADIUS + (2.5 if handle.id == selected else -2.0 if crowded and not handle.is_open else 0.0)
        box = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
        if handle.is_open:
            painter.drawRect(box)
        else:
            painter.drawEllipse(box)
        if handle.id == selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor("white"), 2))
            painter.drawEllipse(box.adjusted(-3, -3, 3, 3))
        if not handle.is_open and (not crowded or handle.id == selected):
            _draw_text(painter, QPointF(at.x() + radius + 2, at.y() - radius), str(handle.id + 1))


def side_midpoints(corners: list[QPointF]) -> list[QPointF]:
    """Midpoints of the sides of a polygon."""
    return [(a + b) / 2 for a, b in zip(corners, corners[1:] + corners[:1])]


def draw_grips(painter: QPainter, corners: list[QPointF]) -> None:
    """Draw the grips of a footprint: a square at each corner, a disc at the midpoint of each side."""
    painter.setPen(QPen(QColor("black"), 1.4))
    painter.setBrush(QColor("white"))
    for spots, draw in ((corners, painter.drawRect), (side_midpoints(corners), painter.drawEllipse)):
        for at in spots:
            draw(QRectF(at.x() - _RADIUS, at.y() - _RADIUS, 2 * _RADIUS, 2 * _RADIUS))


def draw_cross(painter: QPainter, at: QPointF) -> None:
    """Draw a cross with a gap at its centre, visible on any background."""
    for pen in (QPen(QColor(0, 0, 0, 200), 4), QPen(QColor("#ffe94a"), 2)):
        painter.setPen(pen)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(QPointF(at.x() + 4 * dx, at.y() + 4 * dy), QPointF(at.x() + 13 * dx, at.y() + 13 * dy))


def _draw_text(painter: QPainter, at: QPointF, text: str) -> None:
    painter.setPen(QColor("black"))
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        painter.drawText(QPointF(at.x() + dx, at.y() + dy), text)
    painter.setPen(QColor("white"))
    painter.drawText(at, text)
