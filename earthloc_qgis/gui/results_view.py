"""The result of the current photo: a sentence and the ranked candidates."""

from __future__ import annotations

import os

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..contract.localization import Candidate, Localization
from ..core.words import lat_lon
from .plain_text import escaped, plain
from .section import SectionHeader
from .where_view import WhereView

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_RANK_ROLE = Qt.ItemDataRole.UserRole


class ResultsView(QWidget):
    """Shows the status as a sentence, and opens the candidates. Their table `list` is placed by the panel.

    Signals:
        candidate_chosen(rank): a candidate was clicked or activated.
        picture_wanted(): the user wants the photo drawn on the map.
    """

    candidate_chosen = pyqtSignal(int)
    picture_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = QLabel(self)
        self.message.setObjectName("result_message")
        self.message.setWordWrap(True)
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # long words widen nothing
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.message.setAccessibleName(self.tr("Result"))
        self.list = QTreeWidget(self)
        self.list.setObjectName("candidate_list")
        self.list.setAccessibleName(self.tr("Candidates"))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAlternatingRowColors(True)
        self.list.setMinimumHeight(4 * self.fontMetrics().height())
        self.list.setHeaderLabels(
            [self.tr("Rank"), self.tr("Score"), self.tr("To nadir"), self.tr("Width"), self.tr("Rotation"),
             self.tr("Centre")]
        )  # fmt: skip
        header = self.list.headerItem()
        if header is not None:
            header.setToolTip(4, self.tr("Counter-clockwise rotation that puts north up in the photo"))
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.list.itemClicked.connect(self._chosen)
        self.list.itemActivated.connect(self._chosen)
        self.picture_button = QPushButton(
            QgsApplication.getThemeIcon("/mActionAddRasterLayer.svg"), self.tr("Show photo on map"), self
        )
        self.picture_button.setObjectName("picture_button")
        self.picture_button.setToolTip(
            self.tr("Draws the photo at its position, as a layer with a slider for its opacity")
        )
        self.picture_button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.picture_button.clicked.connect(lambda: self.picture_wanted.emit())
        self.picture_button.hide()
        self.header = SectionHeader("candidates", self)
        self.header.opened.connect(lambda _: self._show_list())
        row = QHBoxLayout()
        row.addWidget(self.header, 1)
        row.addWidget(self.picture_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.message)
        self.where = WhereView(self)
        layout.addWidget(self.where)
        layout.addLayout(row)
        self._show_list()

    def show_result(self, sentence: str, localization: Localization | None, is_placed: bool = False) -> None:
        """Show a sentence and the candidates of a localization.

        Args:
            sentence: the status.
            localization: None for no candidates.
            is_placed: the photo is located or its footprint was accepted, so that there is nothing to search.
        """
        self.message.setText(sentence + self._credit(localization))
        self.picture_button.setVisible(localization is not None and localization["pose"] is not None)
        self.where.show_where(localization.get("where") if localization is not None and not is_placed else None)
        self.list.clear()
        for candidate in localization["candidates"] if localization is not None else []:
            distance = candidate["nadir_distance_km"]
            lat, lon = candidate["center"]
            item = QTreeWidgetItem(
                [
                    str(candidate["rank"]),
                    f"{candidate['score']:.3f}",
                    "-" if distance is None else f"{distance:,.0f} km",
                    f"{candidate['width_km']:,.0f} km",
                    f"{candidate['rotation_deg']:.0f}°",
                    lat_lon(lat, lon, digits=1),
                ]
            )
            item.setData(0, _RANK_ROLE, int(candidate["rank"]))
            item.setToolTip(0, plain(self._found_by(candidate)))
            for column in range(1, 5):
                item.setTextAlignment(column, _RIGHT)  # type: ignore[arg-type]
            self.list.addTopLevelItem(item)
        self._show_list()

    def setVisible(self, visible: bool) -> None:
        """Hide the candidates, too: their table stands below this widget."""
        super().setVisible(visible)
        self._show_list()

    def _show_list(self) -> None:
        """Show the table only if it is open and has rows."""
        count = self.list.topLevelItemCount()
        self.header.show_title(self.tr("Candidates: {n}").format(n=count))
        self.header.setVisible(count > 0)
        self.list.setVisible(count > 0 and self.header.isChecked() and not self.isHidden())

    def _found_by(self, candidate: Candidate) -> str:
        """How a candidate was found, and in which index."""
        index = str(candidate.get("index", ""))
        if candidate.get("found_by") == "proposed":
            return self.tr("Not found by the search, but among the most probable places")
        if candidate.get("z") is None:
            return self.tr("{index}: found because its tile looks like the photo").format(index=index)
        z = f"{candidate['z']:.1f}"
        if candidate.get("tile") is None:
            return self.tr("{index}: found by local features (z-score {z})").format(index=index, z=z)
        return self.tr("{index}: found by local features (z-score {z}); its tile also looks like the photo").format(
            index=index, z=z
        )

    def _credit(self, localization: Localization | None) -> str:
        """Imagery to which the photo was fitted, with attribution and licence, as the end of a sentence."""
        imagery = localization["imagery"] if localization is not None else None
        if not imagery:
            return ""
        known = [imagery["attribution"], imagery["licence"]]
        credit = "; ".join(text for text in known if text) or self.tr("attribution unknown")
        name = os.path.basename(imagery["source"] or "")
        return self.tr(" · Imagery: {name} ({credit})").format(name=escaped(name), credit=escaped(credit))

    def _chosen(self, item: QTreeWidgetItem) -> None:
        self.candidate_chosen.emit(item.data(0, _RANK_ROLE))
