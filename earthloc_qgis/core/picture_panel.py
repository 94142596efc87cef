"""The panel beside a map picture: the photo, its data, the legend of the map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from qgis.core import QgsFeature, QgsRenderContext, QgsVectorLayer
from qgis.PyQt.QtCore import QPoint, QRect, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFont, QImageReader, QPainter, QTextOption, QTransform

from ..contract.status import STATUSES, UNCERTAIN
from .qgis_types import not_none
from .words import in_percent, lat_lon, status_label
from .words import tr as _tr

DPI = 120
INK = QColor("#1d2733")
FAINT = QColor("#5b6875")


def _status_text(status: str) -> str:
    return _tr("uncertain: check before use") if status == UNCERTAIN else status_label(status)


@dataclass
class MapSubject:
    """What a picture shows.

    Attributes:
        photos: rows of the table `photos`.
        folder: of the results GeoPackage.
    """

    photos: list[QgsFeature]
    folder: Path

    def where(self) -> str:
        """Filter expression for the rows of these photos in any table."""
        quoted = ", ".join("'" + str(row["photo"]).replace("'", "''") + "'" for row in self.photos)
        return f'"photo" IN ({quoted})'


def font(points: int, bold: bool = False) -> QFont:
    """The font of the picture, `points` in size at its resolution."""
    chosen = QFont("Open Sans")
    chosen.setPixelSize(round(points * DPI / 72))
    chosen.setBold(bold)
    return chosen


def draw_panel(painter: QPainter, area: QRect, subject: MapSubject, layers: list[QgsVectorLayer]) -> None:
    """Draws the panel into `area`; `layers` are nadirs, footprints and candidates of the subject's photos."""
    painter.fillRect(area, QColor("white"))
    inner = area.adjusted(22, 22, -22, -18)
    top = inner.top()

    def write(text: str, points: int, colour: QColor, bold: bool = False, gap: int = 6) -> None:
        nonlocal top
        painter.setFont(font(points, bold))
        painter.setPen(colour)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft)
        if " " not in text:  # a long file name cannot wrap
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, inner.width())
        box = painter.boundingRect(QRectF(inner.left(), top, inner.width(), inner.height()), text, option)
        painter.drawText(box, text, option)
        top = round(box.bottom()) + gap

    if len(subject.photos) == 1:
        row = subject.photos[0]
        write(_name(row), 14, INK, bold=True)
        words = _status_text(str(row["status"]))
        write(words[:1].upper() + words[1:], 10, INK, gap=14)
        footprint = next(layers[1].getFeatures(), None)
        top = _draw_photo(painter, inner, top, subject.folder / str(row["photo"]), footprint)
        for line in facts_of(row, footprint):
            write(line, 9, FAINT)
    else:
        write(_tr("{n} photos").format(n=len(subject.photos)), 14, INK, bold=True)
        for status in STATUSES:
            number = sum(row["status"] == status for row in subject.photos)
            if number:
                write(f"{number} {_status_text(status)}", 10, INK)
    _draw_legend(painter, inner, layers)


def _name(row: QgsFeature) -> str:
    photo_id = row["photo_id"]
    return photo_id if isinstance(photo_id, str) and photo_id else str(row["photo"]).rsplit("/", 1)[-1]


def facts_of(row: QgsFeature, footprint: Optional[QgsFeature]) -> list[str]:
    """Lines of text about a photo, from its rows of `photos` and `footprints`."""
    facts = []
    if isinstance(row["confidence"], float):
        facts.append(_tr("Confidence {percent}").format(percent=in_percent(row["confidence"])))
    if isinstance(row["center_lat"], float):
        facts.append(_tr("Centre {place}").format(place=lat_lon(row["center_lat"], row["center_lon"])))
    if isinstance(row["nadir_lat"], float):
        facts.append(_tr("Nadir {place}").format(place=lat_lon(row["nadir_lat"], row["nadir_lon"])))
    # width_km is the width of the best tile, which is the footprint only if no camera was fitted.
    fitted = footprint is not None and isinstance(footprint["camera_altitude_km"], float)
    if footprint is not None and not fitted and isinstance(footprint["width_km"], float):
        facts.append(_tr("Ground width about {km} km").format(km=f"{footprint['width_km']:.0f}"))
    if isinstance(row["message"], str) and row["message"]:
        facts.append(row["message"])
    return facts


def _draw_photo(painter: QPainter, inner: QRect, top: int, path: Path, footprint: Optional[QgsFeature]) -> int:
    """Draws the photo, rotated to about north up if its rotation is known. Returns the y coordinate below it."""
    reader = QImageReader(str(path))
    reader.setAutoTransform(False)  # corners and rotation are those of the stored pixels
    full = reader.size()
    if full.isValid():
        reader.setScaledSize(full.scaled(inner.width() * 2, inner.width() * 2, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        return top
    rotation = footprint["rotation_deg"] if footprint is not None else 0
    rotation = rotation if isinstance(rotation, int) else 0
    image = image.transformed(QTransform().rotate(-rotation))
    image = image.scaled(
        QSize(inner.width(), round(inner.height() * 0.42)),
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    painter.drawImage(QPoint(inner.left(), top), image)
    painter.setFont(font(8))
    painter.setPen(FAINT)
    rotated = _tr("The photo, rotated by {degrees}° to about north up").format(degrees=rotation)
    caption = rotated if rotation else _tr("The photo as it is stored")
    bottom = top + image.height()
    painter.drawText(QPoint(inner.left(), bottom + 20), caption)
    return bottom + 38


def _draw_legend(painter: QPainter, inner: QRect, layers: list[QgsVectorLayer]) -> None:
    """Draws the symbols that occur on the map at the bottom of the panel."""
    entries = []
    for layer in (layers[1], layers[2], layers[0]):
        context = QgsRenderContext()
        renderer = not_none(not_none(layer.renderer()).clone())
        renderer.startRender(context, layer.fields())
        used = set()
        for feature in layer.getFeatures():
            context.expressionContext().setFeature(feature)
            if not feature.geometry().isNull():
                used |= set(renderer.legendKeysForFeature(feature, context))
        renderer.stopRender(context)
        entries += [i for i in not_none(layer.renderer()).legendSymbolItems() if i.ruleKey() in used]
    height, swatch = 34, QSize(40, 24)
    top = inner.bottom() - height * len(entries)
    painter.setFont(font(9))
    for entry in entries:
        background = QRect(inner.left(), top, swatch.width() + 8, swatch.height() + 4)
        painter.fillRect(background, QColor("#8a9aa5"))
        painter.drawImage(background.topLeft() + QPoint(4, 2), not_none(entry.symbol()).asImage(swatch))
        painter.setPen(INK)
        place = QRectF(background.right() + 12, top, inner.width() - background.width() - 12, background.height())
        painter.drawText(place, entry.label(), QTextOption(Qt.AlignmentFlag.AlignVCenter))
        top += height
