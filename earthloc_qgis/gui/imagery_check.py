"""A button that tests a tile server, and the dialog in which the user agrees to one of EarthLoc's presets."""

from __future__ import annotations

from typing import Callable, Optional

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..contract.protocol import CheckImagery
from ..core.engine_client import EngineClient
from ..core.imagery import Imagery
from ..core.imagery_presets import Preset
from ..core.words import message_in_words, tr


class ImageryCheck(QWidget):
    """The button *Test* with its answer below. The engine fetches one tile when the button is pressed, never before.

    Args:
        client: the engine.
        imagery: returns the tile server to test.
    """

    def __init__(self, client: EngineClient, imagery: Callable[[], Imagery], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._imagery = imagery
        self._run = 0  # an answer of an earlier run is dropped
        self.button = QPushButton(self.tr("Test"), self)
        self.button.setObjectName("imagery_test_button")
        self.button.setAccessibleName(self.tr("Test the tile server"))
        self.button.setToolTip(self.tr("Fetches one tile and says what works or what is wrong"))
        self.button.clicked.connect(self.run)
        self.answer = QLabel(self)
        self.answer.setObjectName("imagery_test_answer")
        self.answer.setAccessibleName(self.tr("Answer of the test"))
        self.answer.setWordWrap(True)
        self.answer.setTextFormat(Qt.TextFormat.PlainText)
        self.answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.answer, 1)

    def clear(self) -> None:
        """Drop the answer, because the imagery is another one now."""
        self._run += 1
        self.answer.setText("")
        self.button.setEnabled(True)

    def run(self) -> None:
        """Ask the engine for one tile."""
        self.clear()
        run = self._run
        try:
            spec = self._imagery().spec()
        except OSError as error:
            self._show(run, str(error))
            return
        if spec is None:
            return
        self.button.setEnabled(False)
        self.answer.setText(self.tr("Fetching a tile…"))
        self._client.request(
            CheckImagery(spec),
            lambda answer: self._show(run, message_in_words(answer)),
            lambda error: self._show(run, error.message),
        )

    def _show(self, run: int, text: str) -> None:
        if run == self._run:
            self.answer.setText(text)
            self.button.setEnabled(True)


class PresetDialog(QDialog):
    """Says what a preset is and what is sent to its server, and asks the user to agree."""

    def __init__(self, preset: Preset, client: Optional[EngineClient], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("imagery_preset_dialog")
        self.setWindowTitle(self.tr("Imagery from a server"))
        form = QFormLayout()
        for title, text in (
            (self.tr("Imagery"), preset.imagery.label),
            (self.tr("Server"), preset.host),
            (self.tr("Address"), preset.imagery.address),
            (self.tr("Resolution"), self.tr("{metres} m at the equator").format(metres=f"{preset.resolution_m:.0f}")),
            (self.tr("Attribution"), preset.attribution),
            (self.tr("Licence"), tr(preset.licence)),
            (self.tr("Notice"), tr(preset.notice)),
            (
                self.tr("What is sent"),
                self.tr(
                    "The numbers of the map tiles around the places where a photo may belong, and the address of this"
                    " computer in the network. No photo and no result is sent. Fetched tiles are kept on this computer."
                ),
            ),
        ):
            label = QLabel(text.replace("/", "/\u200b") if title == self.tr("Address") else text, self)
            label.setAccessibleName(title)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(title, label)
        self.agree = QCheckBox(self.tr("I agree that EarthLoc fetches tiles from this server"), self)
        self.agree.setObjectName("imagery_agree_box")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.use = QPushButton(self.tr("Use this imagery"), self)
        self.use.setObjectName("imagery_use_button")
        buttons.addButton(self.use, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.agree)
        self.check = ImageryCheck(client, lambda: preset.imagery, self) if client is not None else None
        if self.check is not None:
            layout.addWidget(self.check)
        layout.addWidget(buttons)
        self.agree.toggled.connect(self._allow)
        self._allow(False)
        self.resize(520, self.sizeHint().height())

    def _allow(self, agreed: bool) -> None:
        self.use.setEnabled(agreed)
        if self.check is not None:
            self.check.button.setEnabled(agreed)
