"""Table model of the photos to review, filtered and sorted. A decision does not move its row."""

from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QFont

from ....contract.status import LOCATED, UNCERTAIN, UNREVIEWED, USABLE
from ....core.reviews import Reviewed
from ....core.words import decision_label, in_percent, status_label
from ...plain_text import plain
from .decisions import STYLES, swatch

PHOTO, REVIEW, CONFIDENCE, TAKEN = range(4)
PATH_ROLE = Qt.ItemDataRole.UserRole + 1

BY_UNCERTAINTY, BY_DATE, BY_MISSION = "need", "date", "mission"  # orders

_RIGHT_FLAGS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_RIGHT = int(getattr(_RIGHT_FLAGS, "value", _RIGHT_FLAGS))


def mission_of(item: Reviewed) -> str:
    """The part of a photo id before the first hyphen, such as ISS064; "" without an id."""
    return (item.photo_id or "").partition("-")[0]


def _by_uncertainty(item: Reviewed) -> tuple:
    """Sort unreviewed photos first, and those by increasing confidence."""
    return item.review != UNREVIEWED, item.confidence if item.confidence is not None else 0.0, item.sort_name


def _by_date(item: Reviewed) -> tuple:
    return not item.taken_at, item.taken_at or "", item.sort_name


def _by_name(item: Reviewed) -> tuple:
    return item.sort_name


_ORDERS = {BY_UNCERTAINTY: _by_uncertainty, BY_DATE: _by_date, BY_MISSION: _by_name}


class ReviewModel(QAbstractTableModel):
    """All photos by path. The rows are those that match the filter, in the chosen order.

    `arrange` applies filter and order. A decision changes its row and moves none.
    """

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._all: dict[str, Reviewed] = {}
        self._shown: list[Reviewed] = []
        self._rows: dict[str, int] = {}
        self._order, self._review, self._mission = BY_UNCERTAINTY, "", ""
        self._swatches = {decision: swatch(decision) for decision in STYLES}
        self._headers = (self.tr("Photo"), self.tr("Review"), self.tr("Engine"), self.tr("Taken (UTC)"))

    def load(self, items: list[Reviewed]) -> None:
        """Replace all photos."""
        self._all = {item.path: item for item in items}
        self.arrange()

    def arrange(self, order: Optional[str] = None, review: Optional[str] = None, mission: Optional[str] = None) -> None:
        """Apply filter and order.

        Args:
            order: BY_UNCERTAINTY, BY_DATE or BY_MISSION; None keeps it.
            review: a decision, "usable" for accepted and corrected photos, or "" for all; None keeps it.
            mission: such as ISS064, or "" for all; None keeps it.
        """
        self._order = self._order if order is None else order
        self._review = self._review if review is None else review
        self._mission = self._mission if mission is None else mission
        self.beginResetModel()
        shown = [item for item in self._all.values() if self._matches(item)]
        self._shown = sorted(shown, key=_ORDERS[self._order])
        self._rows = {item.path: row for row, item in enumerate(self._shown)}
        self.endResetModel()

    def update(self, items: list[Reviewed]) -> bool:
        """Update photos without moving rows. Returns whether some are new; `arrange` then shows them."""
        new = False
        for item in items:
            new = new or item.path not in self._all
            self._all[item.path] = item
            row = self._rows.get(item.path)
            if row is not None:
                self._shown[row] = item
                self.dataChanged.emit(self.index(row, 0), self.index(row, TAKEN))
        return new

    def item(self, path: str) -> Optional[Reviewed]:
        """The photo at `path`, whether it matches the filter or not; None when it is unknown."""
        return self._all.get(path)

    def row(self, path: str) -> int:
        """Row of the photo at `path`; -1 when it does not match the filter."""
        return self._rows.get(path, -1)

    def missions(self) -> list[str]:
        """The missions of all photos, sorted."""
        return sorted({mission_of(item) for item in self._all.values()} - {""})

    def counts(self) -> tuple[int, int]:
        """Number of reviewed photos and of all photos, regardless of the filter."""
        return sum(item.review != UNREVIEWED for item in self._all.values()), len(self._all)

    def next_unreviewed(self, row: int) -> int:
        """The next unreviewed row after `row`, starting again at the top; -1 when all are reviewed."""
        order = [*range(row + 1, len(self._shown)), *range(row + 1)]
        return next((i for i in order if self._shown[i].review == UNREVIEWED), -1)

    def _matches(self, item: Reviewed) -> bool:
        if self._mission and mission_of(item) != self._mission:
            return False
        if self._review == "usable":
            return item.review in USABLE
        return not self._review or item.review == self._review

    # --- as a table --------------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Number of photos that match the filter."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """Number of columns."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Column titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Value of a cell for a role of Qt, or the path for PATH_ROLE."""
        if not index.isValid():
            return None
        item, column = self._shown[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(item, column)
        if role == Qt.ItemDataRole.DecorationRole and column == REVIEW:
            return self._swatches.get(item.review, self._swatches[UNREVIEWED])
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(item)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._text(item, column) or self.tr("none")
        if role == Qt.ItemDataRole.FontRole and column == PHOTO and item.review == UNREVIEWED:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and column == CONFIDENCE:
            return _RIGHT
        return item.path if role == PATH_ROLE else None

    def _text(self, item: Reviewed, column: int) -> str:
        if column == PHOTO:
            return item.name
        if column == REVIEW:
            return decision_label(item.review)
        if column == TAKEN:
            return (item.taken_at or "").replace("T", " ")[:16]
        status = status_label(item.status)
        if item.confidence is None or item.status not in (LOCATED, UNCERTAIN):
            return status
        return f"{status} {in_percent(item.confidence)}"

    def _tool_tip(self, item: Reviewed) -> str:
        lines = [item.path]
        if item.review != UNREVIEWED:
            when = item.reviewed_at.replace("T", " ")[:16]
            lines.append(self.tr("{decision} by {who}, {when} UTC").format(
                decision=decision_label(item.review), who=item.reviewer or self.tr("somebody"), when=when))  # fmt: skip
        return plain("\n".join([*lines, *(text for text in (item.note, item.message) if text)]))
