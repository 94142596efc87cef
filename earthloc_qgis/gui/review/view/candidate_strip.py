"""The list of candidates: tile and rotated photo side by side, score, distance to the nadir, tie points."""

from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter, QPen, QTransform
from qgis.PyQt.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QWidget

from ....contract.localization import Candidate
from ....core.words import lat_lon

THUMB_PX = 72
_GAP = 4
_CANDIDATE_ROLE = Qt.ItemDataRole.UserRole + 1
_TILE_ROLE = Qt.ItemDataRole.UserRole + 2
_PHOTO_ROLE = Qt.ItemDataRole.UserRole + 3
_FITTED_ROLE = Qt.ItemDataRole.UserRole + 4


def rotated(photo: QImage, rotation_deg: float, side_px: int) -> QImage:
    """A photo rotated counter-clockwise and scaled to fit into a square."""
    made = photo.transformed(QTransform().rotate(-rotation_deg), Qt.TransformationMode.SmoothTransformation)
    return made.scaled(side_px, side_px, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


class CandidateModel(QAbstractListModel):
    """List model of the candidates of one photo; pictures are added as they arrive."""

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._candidates: list[Candidate] = []
        self._tiles: dict[int, Optional[QImage]] = {}
        self._photos: dict[int, QImage] = {}
        self._photo: Optional[QImage] = None
        self._fitted = 0

    def load(self, candidates: list[Candidate], fitted_rank: int) -> None:
        """Set the candidates of a photo; `fitted_rank` is that of the one to which the engine fitted a camera, or 0."""
        self.beginResetModel()
        self._candidates, self._fitted = list(candidates), fitted_rank
        self._tiles, self._photos, self._photo = {}, {}, None
        self.endResetModel()

    def set_photo(self, image: QImage) -> None:
        """Set the photo, which is shown with the rotation of each candidate."""
        self._photo = image.scaled(4 * THUMB_PX, 4 * THUMB_PX, Qt.AspectRatioMode.KeepAspectRatio,
                                   Qt.TransformationMode.SmoothTransformation)  # fmt: skip
        self._photos = {}
        self._all_changed()

    def set_tile(self, rank: int, image: Optional[QImage]) -> None:
        """Set the picture of a tile; None when there is no imagery of it."""
        self._tiles[rank] = image
        self._all_changed()

    def candidate(self, row: int) -> Optional[Candidate]:
        """The candidate in a row, or None."""
        return self._candidates[row] if 0 <= row < len(self._candidates) else None

    def row_of(self, rank: int) -> int:
        """Row of the candidate with a rank; -1 when there is none."""
        return next((row for row, item in enumerate(self._candidates) if item["rank"] == rank), -1)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Number of candidates."""
        return 0 if parent.isValid() else len(self._candidates)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A candidate and its pictures for the delegate, or a description."""
        candidate = self.candidate(index.row()) if index.isValid() else None
        if candidate is None:
            return None
        if role == _CANDIDATE_ROLE:
            return candidate
        if role == _TILE_ROLE:
            return self._tiles.get(candidate["rank"], False)  # False: not requested or not answered yet
        if role == _PHOTO_ROLE:
            return self._rotated_photo(candidate["rotation_deg"])
        if role == _FITTED_ROLE:
            return candidate["rank"] == self._fitted
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._description(candidate)
        return None

    def _rotated_photo(self, rotation_deg: float) -> Optional[QImage]:
        if self._photo is None:
            return None
        key = int(rotation_deg)
        if key not in self._photos:
            self._photos[key] = rotated(self._photo, rotation_deg, 2 * THUMB_PX)
        return self._photos[key]

    def _description(self, candidate: Candidate) -> str:
        parts = [
            self.tr("Candidate {rank}, score {score}").format(
                rank=candidate["rank"], score=f"{candidate['score']:.3f}"),
            lat_lon(candidate["center"][0], candidate["center"][1]),
            self.tr("{n} km wide").format(n=f"{candidate['width_km']:,.0f}"),
        ]  # fmt: skip
        if candidate.get("nadir_distance_km") is not None:
            parts.append(self.tr("{n} km from the nadir").format(n=f"{candidate['nadir_distance_km']:,.0f}"))
        parts.append(self.tr("{n} tie points").format(n=candidate.get("inliers", 0)))
        if candidate["rank"] == self._fitted:
            parts.append(self.tr("the engine fitted the photo here"))
        return ", ".join(parts)

    def _all_changed(self) -> None:
        if self._candidates:
            self.dataChanged.emit(self.index(0), self.index(len(self._candidates) - 1))


class _Card(QStyledItemDelegate):
    """Draws a candidate: two pictures and two lines of text."""

    def sizeHint(self, option, index) -> QSize:
        """The same size for all candidates."""
        return QSize(2 * THUMB_PX + 3 * _GAP, THUMB_PX + 2 * option.fontMetrics.height() + 3 * _GAP)

    def paint(self, painter: QPainter, option, index) -> None:
        """Draw the candidate."""
        candidate = index.data(_CANDIDATE_ROLE)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        box: QRect = option.rect
        painter.fillRect(box, option.palette.highlight() if chosen else option.palette.base())
        left = QRect(box.left() + _GAP, box.top() + _GAP, THUMB_PX, THUMB_PX)
        right = left.translated(THUMB_PX + _GAP, 0)
        self._draw_tile(painter, left, index.data(_TILE_ROLE), option.palette)
        self._draw_image(painter, right, index.data(_PHOTO_ROLE), option.palette)
        painter.setPen((option.palette.highlightedText() if chosen else option.palette.text()).color())
        bold = QFont(option.font)
        bold.setBold(True)
        line = QRect(box.left() + _GAP, left.bottom() + _GAP, box.width() - 2 * _GAP, option.fontMetrics.height())
        painter.setFont(bold)
        rank = f"{candidate['rank']}" + ("  \u2713" if index.data(_FITTED_ROLE) else "")
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, rank)
        painter.setFont(option.font)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, f"{candidate['score']:.3f}")
        painter.drawText(line.translated(0, line.height()), Qt.AlignmentFlag.AlignLeft, self._facts(candidate))
        painter.restore()

    def _facts(self, candidate: Candidate) -> str:
        distance = candidate.get("nadir_distance_km")
        facts = [] if distance is None else [self.tr("nadir {n} km").format(n=f"{distance:,.0f}")]
        if candidate.get("inliers"):
            facts.append(self.tr("{n} pts").format(n=candidate["inliers"]))
        return " · ".join(facts) or self.tr("{n} km wide").format(n=f"{candidate['width_km']:,.0f}")

    def _draw_image(self, painter: QPainter, box: QRect, image: Optional[QImage], palette) -> None:
        painter.fillRect(box, QColor("#2b2b2b"))
        if image is not None and not image.isNull():
            size = QSize(image.size()).scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            at = QRect(box.topLeft(), size)
            at.moveCenter(box.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(at, image)

    def _draw_tile(self, painter: QPainter, box: QRect, image, palette) -> None:
        if isinstance(image, QImage):
            self._draw_image(painter, box, image, palette)
            return
        painter.fillRect(box, palette.alternateBase())
        painter.setPen(QPen(palette.mid().color(), 1, Qt.PenStyle.DashLine))
        painter.drawRect(box.adjusted(0, 0, -1, -1))
        painter.setPen(palette.placeholderText().color())
        parts = self.tr("no imagery") if image is None else "…"
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), parts)


class CandidateStrip(QListView):
    """A column of candidates.

    Signals:
        chosen(rank): a candidate was chosen by mouse or keyboard.
    """

    chosen = pyqtSignal(int)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("review_candidates")
        self.setAccessibleName(self.tr("Candidates"))
        self.candidates = CandidateModel(self)
        self.setModel(self.candidates)
        self.setItemDelegate(_Card(self))
        self.setFlow(QListView.Flow.TopToBottom)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setSpacing(1)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._emits = True
        self.selectionModel().currentChanged.connect(self._current_changed)
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        self.setFixedWidth(2 * THUMB_PX + 3 * _GAP + 2 + bar + 2 * self.frameWidth())

    def show_candidates(self, candidates: list[Candidate], fitted_rank: int) -> None:
        """Show the candidates of a photo, none selected."""
        self._emits = False
        self.candidates.load(candidates, fitted_rank)
        self._emits = True

    def select(self, rank: int) -> None:
        """Select a candidate without emitting `chosen`; 0 for none."""
        self._emits = False
        row = self.candidates.row_of(rank)
        if row >= 0:
            self.setCurrentIndex(self.candidates.index(row))
        else:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        self._emits = True

    def _current_changed(self, current: QModelIndex, *_: object) -> None:
        candidate = self.candidates.candidate(current.row()) if current.isValid() else None
        if self._emits and candidate is not None:
            self.chosen.emit(candidate["rank"])
