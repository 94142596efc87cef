"""The widgets of the panel and their arrangement; panel.py connects them."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..core.engine_client import EngineClient
from .first_steps import FirstSteps
from .localize_button import LocalizeButton
from .notice_line import NoticeLine
from .panel_parts import EmptyState, EngineNotice, PanelToolBar, RunProgress
from .photo_list import PhotoList
from .photo_model import PhotoModel
from .results_view import ResultsView
from .run_summary import RunSummary
from .search_options import SearchOptions
from .section import SectionHeader


class PanelWidgets(QWidget):
    """The list of photos at the top, then reports, search options and buttons, then the result."""

    def make_widgets(self, model: PhotoModel, client: EngineClient) -> None:
        """Create the widgets."""
        self.notice = EngineNotice(self)
        self.list = PhotoList(model, self)
        self.empty = EmptyState(self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.list)
        self.steps = FirstSteps(self)
        self.stack.addWidget(self.steps)
        self.summary = RunSummary(self)
        self.not_writable = NoticeLine("not_writable", "mIconCritical", self.tr("Save results to…"), self)
        self.search = SearchOptions(self, client)
        self.search_header = SectionHeader("search", self)
        self.results = ResultsView(self)
        self.localize_button = LocalizeButton(self)
        self.cancel_button = QPushButton(self.tr("Cancel"), self)
        self.cancel_button.setObjectName("cancel_button")
        self.cancel_button.setToolTip(self.tr("Cancel all photos that are waiting or running"))
        self.progress = RunProgress(self)
        self.tools = PanelToolBar(self, client)

    def lay_out(self, reports: list[QWidget]) -> None:
        """Arrange the widgets; `reports` are lines below the list."""
        run = QHBoxLayout()
        run.addWidget(self.localize_button)
        run.addWidget(self.cancel_button)
        top = QWidget(self)
        above = QVBoxLayout(top)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(4)
        above.addWidget(self.stack, 1)
        for line in (*reports, self.not_writable, self.summary):
            above.addWidget(line)
        above.addWidget(self.search_header)
        above.addWidget(self.search)
        above.addLayout(run)
        above.addWidget(self.progress)
        above.addWidget(self.results)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(top)
        splitter.addWidget(self.results.list)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setChildrenCollapsible(False)
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(6, 4, 6, 6)
        column.setSpacing(4)
        column.addWidget(self.notice)
        column.addWidget(self.tools)
        column.addWidget(splitter, 1)
        self._scroll = QScrollArea(self)  # with everything open, the panel is higher than a small screen
        self._scroll.setWidget(content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)

    def minimumSizeHint(self) -> QSize:
        """As wide as the content, with the folded parts; lower, so that QGIS's window never outgrows the screen."""
        parts = (self._scroll.widget(), self.search, self.steps, self.results)
        width = max(part.minimumSizeHint().width() for part in parts if part is not None)
        return QSize(width + 12 + self._scroll.verticalScrollBar().sizeHint().width(), 240)

    def sizeHint(self) -> QSize:
        """The size of the content."""
        content = self._scroll.widget()
        return content.sizeHint() if content is not None else super().sizeHint()
