"""Table model of the photos in the panel."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QFont, QIcon

from ..contract.answers import PhotoHints
from ..contract.status import BY_PASS, FAILED, LOCATED, NOT_FOUND, STATUSES, UNCERTAIN, UNREVIEWED
from ..core.words import capitalised, decision_label, in_percent, lat_lon, status_label
from .plain_text import plain
from .review.model.decisions import STYLES, swatch
from .thumbnail import ThumbnailLoader

PHOTO, STATUS, CONFIDENCE, REVIEW, NADIR, TAKEN = range(6)
PROGRESS_ROLE = Qt.ItemDataRole.UserRole + 1  # 0..1 while running, else None
PATH_ROLE = Qt.ItemDataRole.UserRole + 2

_RIGHT_FLAGS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_RIGHT = int(getattr(_RIGHT_FLAGS, "value", _RIGHT_FLAGS))  # models return integers; Qt 6 has enums

NEW, QUEUED, RUNNING, CANCELLED = "new", "queued", "running", "cancelled"

# Each status has an icon of its own shape, so that it can be recognised without colour.
_ICONS = {
    QUEUED: "/mIconHistory.svg",
    RUNNING: "/mActionStart.svg",
    CANCELLED: "/mActionStop.svg",
    LOCATED: "/mIconSuccess.svg",
    BY_PASS: "/mIconPolygonLayer.svg",
    UNCERTAIN: "/mIconWarning.svg",
    NOT_FOUND: "/mIconZoom.svg",
    FAILED: "/mIconCritical.svg",
}
_STATUS_ORDER = (RUNNING, QUEUED, *STATUSES, CANCELLED, NEW)

_SAME_DEG = 1e-4  # nadirs are shown and typed with four decimals
_NADIR = re.compile(r"^\s*([+-]?\d+(?:\.\d+)?)\s*°?\s*([NS]?)\s*[,; ]\s*([+-]?\d+(?:\.\d+)?)\s*°?\s*([EW]?)\s*$", re.I)


def parse_nadir(text: str) -> tuple[float, float]:
    """(lat, lon) in degrees from "41.2, 28.9" or "41.2 N 28.9 E". Raises ValueError."""
    match = _NADIR.match(text)
    if match is None:
        raise ValueError(text)
    lat = float(match[1]) * (-1 if match[2].upper() == "S" else 1)
    lon = float(match[3]) * (-1 if match[4].upper() == "W" else 1)
    if abs(lat) > 90 or abs(lon) > 180:
        raise ValueError(text)
    return lat, lon


@dataclass
class Photo:
    """A row of the list.

    Attributes:
        nadir: (lat, lon) in degrees.
        nadir_given: whether the user typed the nadir; if not, it is from the photo. None for stored results until the
            metadata of the photo have been read.
        progress: 0 to 1 while running.
        review: the decision of the review that is in effect.
        hints: what a catalogue says about it besides the nadir.
    """

    path: str
    photo_id: str | None = None
    taken_at: str | None = None
    nadir: tuple[float, float] | None = None
    nadir_given: bool | None = False
    size_px: tuple[int, int] | None = None
    camera: str | None = None
    status: str = NEW
    confidence: float | None = None
    message: str = ""
    progress: float = 0.0
    review: str = UNREVIEWED
    hints: PhotoHints | None = None

    @property
    def name(self) -> str:
        """Id of the photo, or the file name without suffix if it has none."""
        return self.photo_id or os.path.splitext(os.path.basename(self.path))[0]


class PhotoModel(QAbstractTableModel):
    """Photos by path. Columns: photo, status, confidence, review, nadir (editable), time.

    Signals:
        nadir_edited(photo): the user set or removed a nadir.
    """

    nadir_edited = pyqtSignal(str)

    def __init__(self, thumbnails: ThumbnailLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._photos: list[Photo] = []
        self._rows: dict[str, int] = {}
        self._thumbnails = thumbnails
        thumbnails.loaded.connect(lambda path: self._changed(path))
        self._swatches = {decision: swatch(decision) for decision in STYLES}
        self._icons = {status: QgsApplication.getThemeIcon(name) for status, name in _ICONS.items()}
        self._status_labels: dict[str, str] = {
            NEW: self.tr("New"), QUEUED: self.tr("Waiting"), RUNNING: self.tr("Running"),
            CANCELLED: self.tr("Cancelled"), **{status: capitalised(status_label(status)) for status in STATUSES},
        }  # fmt: skip
        self._headers = (
            self.tr("Photo"), self.tr("Status"), self.tr("Confidence"), self.tr("Review"), self.tr("Nadir"),
            self.tr("Taken (UTC)"),
        )  # fmt: skip

    # --- photos ------------------------------------------------------------------------------------

    def photos(self) -> list[Photo]:
        """All photos in display order."""
        return list(self._photos)

    def photo(self, path: str) -> Photo | None:
        """The photo at `path`; None when it is not in the list."""
        row = self._rows.get(path)
        return None if row is None else self._photos[row]

    def row(self, path: str) -> int:
        """Row of the photo at `path`; -1 when it is not in the list."""
        return self._rows.get(path, -1)

    def add(self, photos: Iterable[Photo]) -> list[str]:
        """Append photos that are not in the list yet. Returns their paths."""
        new = {photo.path: photo for photo in photos if photo.path not in self._rows}
        if new:
            first = len(self._photos)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._photos.extend(new.values())
            self._rows.update((path, first + i) for i, path in enumerate(new))
            self.endInsertRows()
        return list(new)

    def reinsert(self, photos: dict[int, Photo]) -> None:
        """Insert removed photos at their previous rows, except those that are in the list again."""
        self.beginResetModel()
        for row in sorted(photos):
            if photos[row].path not in self._rows:
                self._photos.insert(row, photos[row])
        self._rows = {photo.path: row for row, photo in enumerate(self._photos)}
        self.endResetModel()

    def remove(self, paths: Iterable[str]) -> None:
        """Remove photos from the list."""
        removed = {path for path in paths if path in self._rows}
        rows = sorted(self._rows[path] for path in removed)
        if not rows:
            return
        together = rows[-1] - rows[0] == len(rows) - 1
        if together:
            self.beginRemoveRows(QModelIndex(), rows[0], rows[-1])
        else:  # one reset for all rows
            self.beginResetModel()
        self._photos = [photo for photo in self._photos if photo.path not in removed]
        self._rows = {photo.path: row for row, photo in enumerate(self._photos)}
        for path in removed:
            self._thumbnails.forget(path)
        if together:
            self.endRemoveRows()
        else:
            self.endResetModel()

    def clear(self) -> None:
        """Remove all photos."""
        self.beginResetModel()
        for photo in self._photos:
            self._thumbnails.forget(photo.path)
        self._photos, self._rows = [], {}
        self.endResetModel()

    def rename(self, photos: dict[str, str]) -> None:
        """Give photos new paths, by their old ones. Selection and order stay."""
        for old, new in photos.items():
            row = self._rows.pop(old, None)
            if row is not None:
                self._photos[row].path = new
                self._rows[new] = row
                self._thumbnails.forget(old)
                self._changed(new)

    def set_stated_nadir(self, path: str, stated: tuple[float, float] | None) -> None:
        """Set the nadir from the metadata of the photo; None without one. A typed nadir takes precedence."""
        photo = self.photo(path)
        if photo is None or photo.nadir_given:
            return
        if photo.nadir_given is None and photo.nadir is not None:
            same = stated is not None and max(abs(a - b) for a, b in zip(photo.nadir, stated)) < _SAME_DEG
            self.update(path, nadir_given=not same)
        elif stated is not None:
            self.update(path, nadir=stated, nadir_given=False)

    def update(self, path: str, **changes: Any) -> None:
        """Set fields of a photo. Does nothing when it is not in the list."""
        photo = self.photo(path)
        if photo is not None:
            for name, value in changes.items():
                setattr(photo, name, value)
            self._changed(path)

    def status_label(self, status: str) -> str:
        """A status in the user's language."""
        return self._status_labels.get(status, status)

    def _changed(self, path: str) -> None:
        row = self._rows.get(path)
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, TAKEN))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the rows once; later changes move none.

        A QSortFilterProxyModel would query two values per comparison, which takes a second for 5,000 photos.
        """
        if column < 0:
            return
        self.layoutAboutToBeChanged.emit()
        current = self.persistentIndexList()
        places = [(self._photos[index.row()].path, index.column()) for index in current]
        descending = order == Qt.SortOrder.DescendingOrder
        self._photos.sort(key=lambda photo: self._sort_key(photo, column), reverse=descending)
        self._rows = {photo.path: row for row, photo in enumerate(self._photos)}
        self.changePersistentIndexList(current, [self.index(self._rows[path], column) for path, column in places])
        self.layoutChanged.emit()

    # --- as a table --------------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Number of photos."""
        return 0 if parent.isValid() else len(self._photos)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Number of columns."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Column titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole and section == NADIR:
            return self.tr("The point below the station: latitude, longitude. Double-click to edit.")
        return None

    def flags(self, index: QModelIndex) -> Any:  # Qt.ItemFlags, or with Qt 6 Qt.ItemFlag
        """Only the nadir is editable."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == NADIR else flags

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Value of a cell for a role of Qt, PROGRESS_ROLE or PATH_ROLE."""
        if not index.isValid():
            return None
        photo, column = self._photos[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(photo, column)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._decoration(photo, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(photo)
        if role == Qt.ItemDataRole.EditRole and column == NADIR:
            return "" if photo.nadir is None else f"{photo.nadir[0]:.4f}, {photo.nadir[1]:.4f}"
        if role == Qt.ItemDataRole.FontRole and column == NADIR and photo.nadir_given:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and column == CONFIDENCE:
            return _RIGHT
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._text(photo, column) or self.tr("none")
        if role == PROGRESS_ROLE:
            return photo.progress if photo.status == RUNNING else None
        if role == PATH_ROLE:
            return photo.path
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Set a nadir from text. Returns False, and changes nothing, when it is invalid."""
        if role != Qt.ItemDataRole.EditRole or index.column() != NADIR:
            return False
        text = str(value).strip()
        try:
            nadir = parse_nadir(text) if text else None
        except ValueError:
            return False
        path = self._photos[index.row()].path
        self.update(path, nadir=nadir, nadir_given=nadir is not None)
        self.nadir_edited.emit(path)
        return True

    def _text(self, photo: Photo, column: int) -> str:
        if column == PHOTO:
            return photo.name
        if column == STATUS:
            return self.status_label(photo.status)
        if column == CONFIDENCE:
            if photo.confidence is None or photo.status not in (LOCATED, UNCERTAIN):
                return ""
            return in_percent(photo.confidence)
        if column == REVIEW:
            return "" if photo.review == UNREVIEWED else decision_label(photo.review)
        if column == NADIR:
            return "" if photo.nadir is None else lat_lon(*photo.nadir)
        return (photo.taken_at or "").replace("T", " ")[:16]

    def _decoration(self, photo: Photo, column: int) -> Any:
        if column == PHOTO:
            return self._thumbnails.pixmap(photo.path)
        if column == REVIEW:
            return None if photo.review == UNREVIEWED else self._swatches.get(photo.review)
        return self._icons.get(photo.status, QIcon()) if column == STATUS else None

    def _tool_tip(self, photo: Photo) -> str:
        lines = [photo.path]
        if photo.size_px is not None:
            lines.append(self.tr("{w} x {h} pixels").format(w=photo.size_px[0], h=photo.size_px[1]))
        lines += [text for text in (photo.camera, photo.message) if text]
        return plain("\n".join(lines))

    def _sort_key(self, photo: Photo, column: int) -> Any:
        if column == STATUS:
            return _STATUS_ORDER.index(photo.status) if photo.status in _STATUS_ORDER else len(_STATUS_ORDER)
        if column == CONFIDENCE:
            return -1.0 if photo.confidence is None else photo.confidence
        if column == NADIR:
            return 1000.0 if photo.nadir is None else photo.nadir[0]
        return self._text(photo, column).lower()
