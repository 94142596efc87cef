"""The engine on the options page: choose, install, test, repair and remove it."""

from __future__ import annotations

from typing import Callable, Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from .. import settings
from ..core.install import folders
from ..core.install.engine_check import EngineCheck
from ..core.install.failures import Failure
from ..core.install.folders import InstalledEngine
from ..core.install.worker import Worker
from .engine_installer import EngineInstallerDialog
from .plain_text import plain


class EngineOptions(QWidget):
    """A field for the program and buttons.

    Args:
        installer: returns the plugin's installer dialog; None where the plugin is not loaded.

    Signals:
        removed(): the engine in the settings was removed.
    """

    removed = pyqtSignal()

    def __init__(self, parent: QWidget, installer: Optional[Callable[[], EngineInstallerDialog]]) -> None:
        super().__init__(parent)
        self._installer = installer
        self._check = EngineCheck(self)
        self._removal: Worker | None = None
        self.file = QgsFileWidget(self)
        self.file.setObjectName("engine_file")
        self.file.setDialogTitle(self.tr("The engine: the program earthloc"))
        self.file.setFilePath(settings.engine_setting())
        edit = self.file.lineEdit()
        if edit is not None:
            edit.setPlaceholderText(settings.find_engine() or self.tr("not found"))
        self.state = QLabel(self)
        self.state.setObjectName("engine_state")
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.setWordWrap(True)
        self.state.hide()
        buttons = QHBoxLayout()
        self.buttons: dict[str, QPushButton] = {}
        for name, text, callback in (
            ("install", self.tr("Install engine…"), lambda: self._open_installer(None)),
            ("test", self.tr("Test engine"), self._test),
            ("repair", self.tr("Repair…"), lambda: self._open_installer(self.installed())),
            ("remove", self.tr("Remove…"), self._ask_to_remove),
        ):
            button = self.buttons[name] = QPushButton(text, self)
            button.setObjectName(f"engine_{name}_button")
            button.setAutoDefault(False)
            button.clicked.connect(callback)
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.file)
        layout.addLayout(buttons)
        layout.addWidget(self.state)
        self.file.fileChanged.connect(lambda _: self._update_buttons())
        self._update_buttons()

    def program(self) -> str:
        """The program in the field, else the one that is found without it."""
        return self.file.filePath().strip() or settings.find_engine() or ""

    def installed(self) -> InstalledEngine | None:
        """The engine in the field, if it was installed by the installer."""
        return folders.engine_of(self.program())

    def _update_buttons(self) -> None:
        ours = self.installed() is not None
        self.buttons["install"].setEnabled(self._installer is not None)
        self.buttons["repair"].setEnabled(ours and self._installer is not None)
        self.buttons["remove"].setEnabled(ours and self._removal is None)
        self._say("")

    def _say(self, text: str) -> None:
        self.state.setText(text)
        self.state.setVisible(bool(text))

    def _open_installer(self, repair: InstalledEngine | None) -> None:
        if self._installer is not None:
            dialog = self._installer()
            # Else the page would store the earlier program again when it is applied.
            dialog.installed.connect(self.file.setFilePath)
            dialog.open_for(repair, modal=True)

    def _test(self) -> None:
        program = self.program()
        self._say(self.tr("Testing {program}…").format(program=program))
        self.buttons["test"].setEnabled(False)

        def checked(version: str, failure: Failure | None) -> None:
            self.buttons["test"].setEnabled(True)
            text = self.tr("{program} works: engine {version}.").format(program=program, version=version)
            self._say(text if failure is None else str(failure))

        self._check.check(program, checked)

    def _ask_to_remove(self) -> None:
        engine = self.installed()
        if engine is None:
            return
        text = self.tr("Delete the engine {name} in {folder}? Photos, indexes and results stay.")
        question = QMessageBox(QMessageBox.Icon.Question, self.tr("Remove engine"),
                               plain(text.format(name=engine.name, folder=engine.folder)),
                               QMessageBox.StandardButton.Cancel, self)  # fmt: skip
        question.setObjectName("engine_remove_question")
        remove = QPushButton(self.tr("Remove"), question)
        question.addButton(remove, QMessageBox.ButtonRole.AcceptRole)
        question.finished.connect(
            lambda _: self._remove(engine) if question.clickedButton() is remove else question.deleteLater()
        )
        question.open()

    def _remove(self, engine: InstalledEngine) -> None:
        if settings.engine_setting() == str(engine.program):
            settings.set_engine_setting("")
            self.removed.emit()  # stops the engine, whose files Windows could not delete otherwise
        self.file.setFilePath("")
        worker = self._removal = Worker(lambda progress: folders.remove_with_lock(engine), self)

        def ended(result: object) -> None:
            worker.wait()
            self._removal = None
            self._update_buttons()
            self._say(str(result) if isinstance(result, Failure) else
                      self.tr("{name} was removed.").format(name=engine.name))  # fmt: skip

        worker.ended.connect(ended)
        self.buttons["remove"].setEnabled(False)
        worker.start()
