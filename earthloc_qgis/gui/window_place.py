"""Places a window beside the map instead of over it."""

from __future__ import annotations

from qgis.PyQt.QtCore import QPoint, QRect, QSize
from qgis.PyQt.QtWidgets import QApplication, QWidget

_FRAME = 32  # height of a title bar


def place_beside(map_rect: QRect, screen: QRect, smallest: QSize, wished: QSize) -> QRect:
    """Where a window covers as little of the map as possible.

    The window goes to the side of the map with more room. It is made narrower for that, but not than `smallest`.

    Args:
        map_rect: the map, in screen coordinates.
        screen: the usable part of the screen.
        smallest: minimum size of the window.
        wished: size of the window when there is enough room.
    """
    left, right = map_rect.left() - screen.left(), screen.right() - map_rect.right()
    width = max(smallest.width(), min(wished.width(), max(left, right)))
    height = max(smallest.height(), min(wished.height(), screen.height() - _FRAME))
    x = screen.right() + 1 - width if right >= left else screen.left()
    y = max(screen.top() + _FRAME, min(map_rect.top(), screen.bottom() + 1 - height))
    return QRect(x, y, width, height)


def move_beside(window: QWidget, canvas: QWidget, wished: QSize) -> None:
    """Move and resize a window so that it covers as little as possible of the map canvas."""
    screen = canvas.window().screen() if hasattr(canvas, "screen") else QApplication.primaryScreen()
    if screen is None:
        return
    map_rect = QRect(canvas.mapToGlobal(QPoint(0, 0)), canvas.size())
    window.setGeometry(place_beside(map_rect, screen.availableGeometry(), window.minimumSizeHint(), wished))
