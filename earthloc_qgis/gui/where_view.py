"""Where the current photo could be: a sentence, and a button that shows it on the map."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ..contract.localization import Where
from ..core.where_words import left_out_in_words, where_in_words
from .plain_text import escaped


class WhereView(QWidget):
    """Below the result of a photo that is not located; hidden without a search area.

    Signals:
        wanted(): the user wants to see it on the map.
    """

    wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel(self)
        self.text.setObjectName("where_text")
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # long words widen nothing
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setAccessibleName(self.tr("Where it could be"))
        self.button = QPushButton(
            QgsApplication.getThemeIcon("/mActionZoomToArea.svg"), self.tr("Show where it could be"), self
        )
        self.button.setObjectName("where_button")
        self.button.setToolTip(
            self.tr("Shows on the map where to search for this photo, with the areas of 50, 90 and 99 %")
        )
        self.button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(lambda: self.wanted.emit())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text)
        layout.addWidget(self.button)
        self.hide()

    def show_where(self, where: Where | None) -> None:
        """Show where the photo could be; None hides this."""
        sentence = where_in_words(where) if where else ""
        lines = [escaped(line) for line in (sentence, left_out_in_words(where) if where else "") if line]
        self.text.setText("<br>".join(lines))
        self.setVisible(bool(sentence))
