"""The decisions: their words, keys, colours and hatches, the same in list, buttons and map (resources/styles)."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.PyQt.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QIcon, QPainter, QPen, QPixmap

from ....core.reviews import ACCEPTED, CLOUD, CORRECTED, NIGHT, NOT_LAND, REJECTED, UNREVIEWED, UNSURE

_SWATCH = QSize(22, 16)


@dataclass(frozen=True)
class Look:
    """How a decision is drawn: a colour of the Okabe-Ito palette, a fill pattern, and a sign that needs no colour."""

    colour: str
    pattern: Qt.BrushStyle
    sign: str  # tick, cross, question, dash or ""
    outline: Qt.PenStyle = Qt.PenStyle.SolidLine


LOOKS = {
    UNREVIEWED: Look("#7a7a7a", Qt.BrushStyle.NoBrush, ""),
    ACCEPTED: Look("#009e73", Qt.BrushStyle.HorPattern, "tick"),
    CORRECTED: Look("#009e73", Qt.BrushStyle.CrossPattern, "tick"),
    REJECTED: Look("#3c3c3c", Qt.BrushStyle.NoBrush, "cross"),
    UNSURE: Look("#cc79a7", Qt.BrushStyle.Dense6Pattern, "question", Qt.PenStyle.DashLine),
    NOT_LAND: Look("#7a7a7a", Qt.BrushStyle.FDiagPattern, "dash", Qt.PenStyle.DotLine),
    CLOUD: Look("#7a7a7a", Qt.BrushStyle.FDiagPattern, "dash", Qt.PenStyle.DotLine),
    NIGHT: Look("#7a7a7a", Qt.BrushStyle.FDiagPattern, "dash", Qt.PenStyle.DotLine),
}


def word(decision: str) -> str:
    """A decision as an adjective in the user's language."""
    words = {
        UNREVIEWED: QCoreApplication.translate("EarthLoc", "Not reviewed"),
        ACCEPTED: QCoreApplication.translate("EarthLoc", "Accepted"),
        CORRECTED: QCoreApplication.translate("EarthLoc", "Corrected"),
        REJECTED: QCoreApplication.translate("EarthLoc", "Rejected"),
        UNSURE: QCoreApplication.translate("EarthLoc", "Unsure"),
        NOT_LAND: QCoreApplication.translate("EarthLoc", "No land"),
        CLOUD: QCoreApplication.translate("EarthLoc", "Cloud"),
        NIGHT: QCoreApplication.translate("EarthLoc", "Night"),
    }
    return words.get(decision, decision)


def swatch(decision: str, size: QSize = _SWATCH) -> QIcon:
    """A small square drawn as the map draws the decision."""
    look = LOOKS.get(decision, LOOKS[UNREVIEWED])
    pixmap = QPixmap(size * 2)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(1.5, 1.5, size.width() - 3, size.height() - 3)
    painter.fillRect(box, QColor(255, 255, 255))  # so that hatches look the same in a dark theme
    colour = QColor(look.colour)
    painter.setPen(QPen(colour, 1.6, look.outline))
    painter.setBrush(QBrush(colour, look.pattern))
    painter.drawRect(box)
    _draw_sign(painter, look, box.center())
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else a selected row would tint it
    return icon


def _draw_sign(painter: QPainter, look: Look, middle: QPointF) -> None:
    if not look.sign:
        return
    x, y = middle.x(), middle.y()
    lines = {
        "tick": [[(-4, 0), (-1, 3.5), (4.5, -4)]],
        "cross": [[(-4, -4), (4, 4)], [(-4, 4), (4, -4)]],
        "dash": [[(-4.5, 0), (4.5, 0)]],
        "question": [[(-2.5, -2.5), (0, -4.5), (2.5, -2.5), (0, 0.5), (0, 1.2)], [(0, 3.9), (0, 4.3)]],
    }[look.sign]
    for colour, width in ((QColor("white"), 4.4), (QColor("#1b1b1b"), 1.9)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for line in lines:
            painter.drawPolyline([QPointF(x + dx, y + dy) for dx, dy in line])
