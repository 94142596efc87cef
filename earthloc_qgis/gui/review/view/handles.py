"""Tie points and cursors as they are drawn on the photo and on the map: the same signs on both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable, Optional

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont, QPainter, QPen

REACH_PX = 10.0  # from a handle within which a press takes hold of it
_RADIUS = 5.0
_CROWD = 25  # handles from which they are drawn small and only the selected one has its number
_GOOD, _POOR, _OPEN = QColor("#56b4e9"), QColor("#d55e00"), QColor("#f0e442")
_POOR_PX = 12.0  # a residual in screen pixels from which a point is drawn as poor


@dataclass(frozen=True)
class Handle:
    """A tie point on one side: photo pixels (x, y) or a place on the map, and where the camera would have it.

    Attributes:
        id: number of the point.
        x, y: where it is, in the units of the side.
        expected: where the camera has it, in the same units; None when unknown.
        open: it waits for its other end.
    """

    id: int
    x: float
    y: float
    expected: Optional[tuple[float, float]] = None
    open: bool = False


def nearest(handles: Iterable[Handle], at: QPointF, place: Callable[[Handle], QPointF]) -> int:
    """Id of the handle under the mouse, the nearest one; -1 for none."""
    best, best_id = REACH_PX, -1
    for handle in handles:
        away = place(handle) - at
        length = (away.x() ** 2 + away.y() ** 2) ** 0.5
        if length <= best:
            best, best_id = length, handle.id
    return best_id


def is_free(handles: Iterable[Handle], grabbed: int) -> bool:
    """Whether a click there sets a point: nothing is under it, or the end that an open point may have."""
    return grabbed < 0 or any(handle.open and handle.id == grabbed for handle in handles)


def draw_handles(
    painter: QPainter, handles: Iterable[Handle], selected: int, place: Callable[[Handle], QPointF]
) -> None:
    """Draws handles with their numbers, and a line to where the camera has them."""
    font = QFont(painter.font())
    font.setBold(True)
    painter.setFont(font)
    handles = list(handles)
    crowded = len(handles) > _CROWD
    for handle in handles:
        at = place(handle)
        colour = _OPEN if handle.open else _GOOD
        if handle.expected is not None:
            expected = place(Handle(handle.id, *handle.expected))
            away = expected - at
            if away.manhattanLength() > _POOR_PX:
                colour = _POOR
            for pen in (QPen(QColor(0, 0, 0, 160), 4), QPen(colour, 2)):
                painter.setPen(pen)
                painter.drawLine(at, expected)
        painter.setBrush(colour)
        painter.setPen(QPen(QColor("black"), 1.4))
        radius = _RADIUS + (2.5 if handle.id == selected else -2.0 if crowded and not handle.open else 0.0)
        box = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
        if handle.open:
            painter.drawRect(box)
        else:
            painter.drawEllipse(box)
        if handle.id == selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor("white"), 2))
            painter.drawEllipse(box.adjusted(-3, -3, 3, 3))
        if not handle.open and (not crowded or handle.id == selected):
            _draw_text(painter, QPointF(at.x() + radius + 2, at.y() - radius), str(handle.id + 1))


def middles(corners: list[QPointF]) -> list[QPointF]:
    """The middles of the sides of a polygon."""
    return [(a + b) / 2 for a, b in zip(corners, corners[1:] + corners[:1])]


def draw_grips(painter: QPainter, corners: list[QPointF]) -> None:
    """What a footprint is held by: a square at each corner, a disc in the middle of each side."""
    painter.setPen(QPen(QColor("black"), 1.4))
    painter.setBrush(QColor("white"))
    for spots, draw in ((corners, painter.drawRect), (middles(corners), painter.drawEllipse)):
        for at in spots:
            draw(QRectF(at.x() - _RADIUS, at.y() - _RADIUS, 2 * _RADIUS, 2 * _RADIUS))


def draw_cross(painter: QPainter, at: QPointF) -> None:
    """A cross with a gap in its middle, readable on any ground."""
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
