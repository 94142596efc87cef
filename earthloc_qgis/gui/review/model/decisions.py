"""Labels, colours and fill patterns of the decisions; list, buttons and map (resources/styles) use the same."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from ....contract.status import ACCEPTED, CLOUD, CORRECTED, NIGHT, NOT_LAND, REJECTED, UNREVIEWED, UNSURE

_SWATCH = QSize(22, 16)


@dataclass(frozen=True)
class DecisionStyle:
    """How a decision is drawn: a colour of the Okabe-Ito palette, a fill pattern and a symbol.

    The symbol can be read without colour.
    """

    colour: str
    pattern: Qt.BrushStyle
    symbol: str  # tick, cross, question, dash or ""
    outline: Qt.PenStyle = Qt.PenStyle.SolidLine


STYLES = {
    UNREVIEWED: DecisionStyle("#7a7a7a", Qt.BrushStyle.NoBrush, ""),
    ACCEPTED: DecisionStyle("#009e73", Qt.BrushStyle.HorPattern, "tick"),
    CORRECTED: DecisionStyle("#009e73", Qt.BrushStyle.CrossPattern, "tick"),
    REJECTED: DecisionStyle("#3c3c3c", Qt.BrushStyle.NoBrush, "cross"),
    UNSURE: DecisionStyle("#cc79a7", Qt.BrushStyle.Dense6Pattern, "question", Qt.PenStyle.DashLine),
    NOT_LAND: DecisionStyle("#7a7a7a", Qt.BrushStyle.FDiagPattern, "dash", Qt.PenStyle.DotLine),
    CLOUD: DecisionStyle("#7a7a7a", Qt.BrushStyle.FDiagPattern, "dash", Qt.PenStyle.DotLine),
    NIGHT: DecisionStyle("#7a7a7a", Qt.BrushStyle.FDiagPattern, "dash", Qt.PenStyle.DotLine),
}


def swatch(decision: str, size: QSize = _SWATCH) -> QIcon:
    """A small square in the style in which the map draws the decision."""
    style = STYLES.get(decision, STYLES[UNREVIEWED])
    pixmap = QPixmap(size * 2)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(1.5, 1.5, size.width() - 3, size.height() - 3)
    painter.fillRect(box, QColor(255, 255, 255))  # so that the patterns look the same in a dark theme
    colour = QColor(style.colour)
    painter.setPen(QPen(colour, 1.6, style.outline))
    painter.setBrush(QBrush(colour, style.pattern))
    painter.drawRect(box)
    _draw_symbol(painter, style, box.center())
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # otherwise a selected row would tint it
    return icon


def _draw_symbol(painter: QPainter, style: DecisionStyle, middle: QPointF) -> None:
    if not style.symbol:
        return
    x, y = middle.x(), middle.y()
    strokes: dict[str, list[list[tuple[float, float]]]] = {
        "tick": [[(-4, 0), (-1, 3.5), (4.5, -4)]],
        "cross": [[(-4, -4), (4, 4)], [(-4, 4), (4, -4)]],
        "dash": [[(-4.5, 0), (4.5, 0)]],
        "question": [[(-2.5, -2.5), (0, -4.5), (2.5, -2.5), (0, 0.5), (0, 1.2)], [(0, 3.9), (0, 4.3)]],
    }
    for colour, width in ((QColor("white"), 4.4), (QColor("#1b1b1b"), 1.9)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for line in strokes[style.symbol]:
            painter.drawPolyline(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in line]))
