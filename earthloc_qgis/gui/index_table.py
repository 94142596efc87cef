"""The table of indexes, with the facts from their manifests."""

from __future__ import annotations

import time

from qgis.PyQt.QtCore import QItemSelectionModel, Qt
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ..core.index_files import IndexFacts
from .plain_text import plain

_IMAGERY, _LICENCE = 6, 7  # columns
_NUMBERS = (1, 3, 4)


class IndexTable(QTableWidget):
    """One row per index. Read-only; several rows can be selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        headers = [
            self.tr("Name"), self.tr("Tiles"), self.tr("Widths (km)"), self.tr("Local features"), self.tr("Size"),
            self.tr("Built"), self.tr("Imagery"), self.tr("Licence"),
        ]  # fmt: skip
        self.facts: list[IndexFacts] = []
        self.setColumnCount(len(headers))
        self.setObjectName("index_table")
        self.setAccessibleName(self.tr("Indexes"))
        self.setHorizontalHeaderLabels(headers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in (_IMAGERY, _LICENCE):  # long texts share the remaining width; tooltips show them in full
            self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def chosen(self) -> list[IndexFacts]:
        """The selected indexes."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        return [self.facts[row] for row in rows]

    def fill(self, facts: list[IndexFacts], chosen: set[str]) -> None:
        """Show indexes, and select those with a path in `chosen`."""
        self.clearSelection()
        self.facts = facts
        self.setRowCount(len(facts))
        for row, index in enumerate(facts):
            lines = (index.path, index.server, index.imagery, index.attribution, index.licence, index.model)
            tool_tip = plain("\n".join(line for line in lines if line))
            for column, text in enumerate(self._texts(index)):
                item = QTableWidgetItem(text)
                item.setToolTip(tool_tip)
                if column in _NUMBERS:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)  # type: ignore[arg-type]
                self.setItem(row, column, item)
        for row, index in enumerate(facts):
            if index.path in chosen:
                self.selectionModel().select(
                    self.model().index(row, 0),
                    QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
                )
                self.scrollToItem(self.item(row, 0))

    def _texts(self, index: IndexFacts) -> tuple[str, ...]:
        return (
            index.name,
            f"{index.tiles:,}",
            ", ".join(f"{width:g}" for width in index.tile_km),
            self._features(index),
            self.tr("on a server") if index.server else f"{index.size_bytes / 1e6:,.1f} MB",
            time.strftime("%Y-%m-%d", time.localtime(index.built_at)),
            index.attribution or index.imagery,
            index.licence or self.tr("not stated"),
        )

    def _features(self, index: IndexFacts) -> str:
        if not index.features:
            return self.tr("none")
        return self.tr("{n} at {m} m").format(n=f"{index.features:,}", m=f"{index.feature_m:,g}")
