"""The photos to review, filtered and sorted. Rows stay where they are while decisions are taken."""

from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QFont

from ....core.reviews import UNREVIEWED, USABLE, Reviewed
from ....core.words import in_percent
from ...photo_model import FAILED, LOCATED, NOT_FOUND, UNCERTAIN
from ...plain_text import plain
from .decisions import LOOKS, swatch, word

PHOTO, REVIEW, CONFIDENCE, TAKEN = range(4)
PATH_ROLE = Qt.ItemDataRole.UserRole + 1

BY_NEED, BY_DATE, BY_MISSION = "need", "date", "mission"  # orders

_RIGHT_FLAGS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_RIGHT = int(getattr(_RIGHT_FLAGS, "value", _RIGHT_FLAGS))


def mission_of(item: Reviewed) -> str:
    """The part of a photo id before the first hyphen, such as ISS064; "" without an id."""
    return (item.photo_id or "").partition("-")[0]


def _by_need(item: Reviewed) -> tuple:
    """Unreviewed first, the least certain of them first."""
    return item.review != UNREVIEWED, item.confidence if item.confidence is not None else 0.0, item.sort_name


def _by_date(item: Reviewed) -> tuple:
    return not item.taken_at, item.taken_at or "", item.sort_name


def _by_name(item: Reviewed) -> tuple:
    return item.sort_name


_ORDERS = {BY_NEED: _by_need, BY_DATE: _by_date, BY_MISSION: _by_name}


class ReviewModel(QAbstractTableModel):
    """Photos by path; shows those that the filter lets through, in the order chosen.

    `arrange` applies filter and order anew; a decision in between changes its row and moves nothing.
    """

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._all: dict[str, Reviewed] = {}
        self._shown: list[Reviewed] = []
        self._rows: dict[str, int] = {}
        self._order, self._wanted, self._mission = BY_NEED, "", ""
        self._swatches = {decision: swatch(decision) for decision in LOOKS}
        self._words = {
            LOCATED: self.tr("located"), UNCERTAIN: self.tr("uncertain"),
            NOT_FOUND: self.tr("not found"), FAILED: self.tr("failed"),
        }  # fmt: skip
        self._headers = (self.tr("Photo"), self.tr("Review"), self.tr("Engine"), self.tr("Taken (UTC)"))

    def load(self, items: list[Reviewed]) -> None:
        """Takes a new list of photos."""
        self._all = {item.path: item for item in items}
        self.arrange()

    def arrange(self, order: Optional[str] = None, wanted: Optional[str] = None, mission: Optional[str] = None) -> None:
        """Filters and sorts anew.

        Args:
            order: BY_NEED, BY_DATE or BY_MISSION; None leaves it.
            wanted: a decision, "usable" for accepted and corrected ones, or "" for all; None leaves it.
            mission: such as ISS064, or "" for all; None leaves it.
        """
        self._order = self._order if order is None else order
        self._wanted = self._wanted if wanted is None else wanted
        self._mission = self._mission if mission is None else mission
        self.beginResetModel()
        shown = [item for item in self._all.values() if self._lets_through(item)]
        self._shown = sorted(shown, key=_ORDERS[self._order])
        self._rows = {item.path: row for row, item in enumerate(self._shown)}
        self.endResetModel()

    def update(self, items: list[Reviewed]) -> bool:
        """Takes changed photos without moving rows; returns whether there are new ones, which `arrange` will show."""
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
        """The photo at `path`, shown or not."""
        return self._all.get(path)

    def row(self, path: str) -> int:
        """Row of the photo at `path`, -1 when it is not shown."""
        return self._rows.get(path, -1)

    def missions(self) -> list[str]:
        """The missions that occur."""
        return sorted({mission_of(item) for item in self._all.values()} - {""})

    def counts(self) -> tuple[int, int]:
        """How many photos are reviewed, and how many there are, whatever the filter."""
        return sum(item.review != UNREVIEWED for item in self._all.values()), len(self._all)

    def next_unreviewed(self, row: int) -> int:
        """The first row after `row` not reviewed yet, from the top again at the end; -1 when all are."""
        order = [*range(row + 1, len(self._shown)), *range(row + 1)]
        return next((i for i in order if self._shown[i].review == UNREVIEWED), -1)

    def _lets_through(self, item: Reviewed) -> bool:
        if self._mission and mission_of(item) != self._mission:
            return False
        if self._wanted == "usable":
            return item.review in USABLE
        return not self._wanted or item.review == self._wanted

    # --- as a table --------------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """As many rows as photos shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  Qt's signature
        """As many columns as headers."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell for Qt, and the photo's path."""
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
            return word(item.review)
        if column == TAKEN:
            return (item.taken_at or "").replace("T", " ")[:16]
        said = self._words.get(item.status, item.status)
        if item.confidence is None or item.status not in (LOCATED, UNCERTAIN):
            return said
        return f"{said} {in_percent(item.confidence)}"

    def _tool_tip(self, item: Reviewed) -> str:
        lines = [item.path]
        if item.review != UNREVIEWED:
            when = item.reviewed_at.replace("T", " ")[:16]
            lines.append(self.tr("{decision} by {who}, {when} UTC").format(
                decision=word(item.review), who=item.reviewer or self.tr("somebody"), when=when))  # fmt: skip
        return plain("\n".join([*lines, *(text for text in (item.note, item.message) if text)]))
