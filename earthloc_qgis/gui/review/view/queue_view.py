"""The queue of photos to review: filter, order, progress and list."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QItemSelectionModel, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ....contract.status import REJECTED, UNREVIEWED, UNSURE
from ..model.queue_model import (
    BY_DATE,
    BY_MISSION,
    BY_UNCERTAINTY,
    CONFIDENCE,
    PATH_ROLE,
    PHOTO,
    REVIEW,
    TAKEN,
    ReviewModel,
)


class QueueView(QWidget):
    """The queue as a widget.

    Signals:
        current_changed(path): another photo is current; "" for none.
        selection_changed(count): number of selected photos.
    """

    current_changed = pyqtSignal(str)
    selection_changed = pyqtSignal(int)

    def __init__(self, model: ReviewModel, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._model = model
        # To restore the current row and the selection when the model has been rearranged.
        self._current_path = ""
        self._selected_paths: list[str] = []
        self._preferred = ""  # photo to make current when the list has been read
        self._make_widgets()
        self._lay_out()
        self.list.selectionModel().currentRowChanged.connect(lambda *_: self._emit_current())
        self.list.selectionModel().selectionChanged.connect(lambda *_: self._emit_selection())
        self.filter.currentIndexChanged.connect(lambda *_: self._arrange())
        self.order.currentIndexChanged.connect(lambda *_: self._arrange())
        self.mission.currentIndexChanged.connect(lambda *_: self._arrange())
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._arranged)
        model.dataChanged.connect(lambda *_: self._count())

    def tab_order(self) -> list[QWidget]:
        """Widgets in tab order."""
        return [self.filter, self.mission, self.order, self.list]

    def selected(self) -> list[str]:
        """Paths of the selected photos, in display order."""
        rows = sorted(self.list.selectionModel().selectedRows(), key=lambda index: index.row())
        return [index.data(PATH_ROLE) for index in rows]

    def current(self) -> str:
        """Path of the current photo, or ""."""
        index = self.list.currentIndex()
        return index.data(PATH_ROLE) if index.isValid() else ""

    def select(self, path: str) -> None:
        """Make a photo current, and select only it."""
        row = self._model.row(path)
        if row >= 0 and (path != self.current() or len(self.selected()) > 1):
            self._go_to(row)

    def prefer(self, path: str) -> None:
        """Make a photo current now, if it is in the list, else when the list has been read again."""
        if self._model.item(path) is not None and self._model.row(path) < 0:  # the filter hides it
            self.filter.setCurrentIndex(0)
            self.mission.setCurrentIndex(0)
        self.select(path)
        self._preferred = "" if self.current() == path else path

    def step(self, by: int) -> None:
        """Go `by` rows down, or up when negative."""
        row = self.list.currentIndex().row() + by
        if 0 <= row < self._model.rowCount():
            self._go_to(row)

    def go_to_next_unreviewed(self) -> bool:
        """Go to the next unreviewed photo. Returns False, and does nothing, when all are reviewed."""
        rows = [index.row() for index in self.list.selectionModel().selectedRows()] or [-1]
        row = self._model.next_unreviewed(max(rows))
        if row >= 0:
            self._go_to(row)
        return row >= 0

    def next_path(self) -> str:
        """Path of the photo that `go_to_next_unreviewed` would go to, or ""."""
        row = self._model.next_unreviewed(self.list.currentIndex().row())
        return self._model.index(row, 0).data(PATH_ROLE) if row >= 0 else ""

    def show_missions(self) -> None:
        """Fill the combo box of missions; it is visible only if there are several."""
        missions, chosen = self._model.missions(), self.mission.currentData() or ""
        self.mission.blockSignals(True)
        self.mission.clear()
        self.mission.addItem(self.tr("All missions"), "")
        for mission in missions:
            self.mission.addItem(mission, mission)
        self.mission.setCurrentIndex(max(0, self.mission.findData(chosen)))
        self.mission.blockSignals(False)
        self.mission.setVisible(len(missions) > 1)

    def _make_widgets(self) -> None:
        self.filter = self._combo("review_filter", self.tr("Photos to show"))
        for text, review in (
            (self.tr("All photos"), ""), (self.tr("Not reviewed"), UNREVIEWED), (self.tr("Unsure"), UNSURE),
            (self.tr("Accepted and corrected"), "usable"), (self.tr("Rejected"), REJECTED),
        ):  # fmt: skip
            self.filter.addItem(text, review)
        self.order = self._combo("review_order", self.tr("Order"))
        for text, order in (
            (self.tr("Least certain first"), BY_UNCERTAINTY), (self.tr("By date"), BY_DATE),
            (self.tr("By mission and frame"), BY_MISSION),
        ):  # fmt: skip
            self.order.addItem(text, order)
        self.mission = self._combo("review_mission", self.tr("Mission"))
        self.count = QLabel(self)
        self.count.setObjectName("review_count")
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName(self.tr("Photos reviewed"))
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(6)
        self.list = self._make_list()

    def _make_list(self) -> QTableView:
        """Use a table: a tree view queries every row of the model whenever the order changes."""
        table = QTableView(self)
        table.setObjectName("review_queue")
        table.setAccessibleName(self.tr("Photos to review"))
        table.setModel(self._model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        line = self.fontMetrics().height()
        rows = table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(line + 2)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(PHOTO, QHeaderView.ResizeMode.Stretch)
        for column, width in ((REVIEW, 122), (CONFIDENCE, 112), (TAKEN, 128)):
            header.resizeSection(column, width)
        table.setMinimumHeight(4 * line + 12)  # the header and two or three rows
        return table

    def _combo(self, name: str, accessible: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName(name)
        combo.setAccessibleName(accessible)
        combo.setToolTip(accessible)
        combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        combo.setMinimumWidth(70)
        return combo

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.filter, 3)
        row.addWidget(self.mission, 3)
        row.addWidget(self.order, 3)
        row.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        layout.addWidget(self.progress)
        layout.addWidget(self.list, 1)
        self.mission.hide()

    def _arrange(self) -> None:
        self._model.arrange(self.order.currentData(), self.filter.currentData(), self.mission.currentData() or "")

    def _remember(self) -> None:
        self._current_path, self._selected_paths = self.current(), self.selected()

    def _arranged(self) -> None:
        self._count()
        if self._model.row(self._preferred) >= 0:
            self._current_path, self._selected_paths = self._preferred, [self._preferred]
        if self._model.rowCount():
            self._preferred = ""
        row = self._model.row(self._current_path)
        if row < 0:
            row = max(self._model.next_unreviewed(-1), 0)
        if not self._model.rowCount():
            self.current_changed.emit("")
            return
        self._go_to(row)
        rows = {self._model.row(path) for path in self._selected_paths} - {-1}
        if row in rows:
            flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
            for other in rows - {row}:
                self.list.selectionModel().select(self._model.index(other, 0), flags)

    def _go_to(self, row: int) -> None:
        index = self._model.index(row, 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.list.selectionModel().setCurrentIndex(index, flags)
        self.list.scrollTo(index)

    def _emit_current(self) -> None:
        self.current_changed.emit(self.current())

    def _emit_selection(self) -> None:
        # After the view has processed the selection.
        QTimer.singleShot(0, lambda: self.selection_changed.emit(len(self.selected())))

    def _count(self) -> None:
        done, total = self._model.counts()
        self.count.setText(self.tr("{done} of {total} reviewed").format(done=done, total=total))
        self.progress.setRange(0, max(total, 1))
        self.progress.setValue(done)
        self.progress.setAlignment(Qt.AlignmentFlag.AlignLeft)


class EmptyQueue(QLabel):
    """Shown instead of the review while there are no photos: explains what to do."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("review_empty")
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMargin(24)
        title = self.tr("There is nothing to review yet")
        hint = self.tr("Locate photos in the EarthLoc panel. They appear here as soon as they are found.")
        self.setText(f"<h3>{title}</h3>{hint}")
