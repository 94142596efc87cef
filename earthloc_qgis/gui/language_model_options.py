"""Whether a language model on the user's computer is asked for places, and its address."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QWidget

from .. import settings


class LanguageModelOptions(QWidget):
    """A tick box, off by default, with address and name below it. Every change is saved in the settings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ask = QCheckBox(self.tr("Ask a language model on this computer"), self)
        self.ask.setObjectName("language_model_box")
        self.ask.setToolTip(
            self.tr(
                "For photos that cannot be located: sends a small copy of the photo to this address and tries the"
                " places that the model names. An address of another computer is refused."
            )
        )
        self.address = QLineEdit(self)
        self.address.setObjectName("language_model_address")
        self.address.setAccessibleName(self.tr("Address of the language model"))
        self.address.setPlaceholderText(settings.DEFAULT_LANGUAGE_MODEL)
        self.name = QLineEdit(self)
        self.name.setObjectName("language_model_name")
        self.name.setAccessibleName(self.tr("Name of the language model"))
        self.name.setPlaceholderText(self.tr("Name of the model, if the server has several"))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.ask, 0, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.address, 1, 0)
        layout.addWidget(self.name, 1, 1)
        self.load()
        self.ask.toggled.connect(self._save)
        self.address.editingFinished.connect(self._save)
        self.name.editingFinished.connect(self._save)

    def load(self) -> None:
        """Load the settings into the widgets."""
        self.ask.blockSignals(True)
        self.ask.setChecked(settings.asks_language_model())
        self.ask.blockSignals(False)
        self.address.setText(settings.language_model_address())
        self.name.setText(settings.language_model_name())
        self._show_fields()

    def _save(self, *_: object) -> None:
        settings.set_language_model(self.ask.isChecked(), self.address.text(), self.name.text())
        self._show_fields()

    def _show_fields(self) -> None:
        for field in (self.address, self.name):
            field.setVisible(self.ask.isChecked())
