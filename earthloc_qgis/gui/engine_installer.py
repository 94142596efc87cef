"""The dialog that installs the engine, removes engines, and says what went wrong in two sentences."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import settings
from ..core.install import folders
from ..core.install.failures import CANCELLED, Failure
from ..core.install.folders import InstalledEngine
from ..core.install.installer import EngineInstaller, InstallPlan
from ..core.install.worker import Worker
from .install_form import InstallForm
from .install_preparation import InstallPreparation

PARTS = 1000  # of the progress bar


class EngineInstallerDialog(QDialog):
    """Installs an engine in the background: the dialog may be closed meanwhile, and QGIS is never blocked.

    Signals:
        installed(program): a new engine is the one in the settings.
    """

    installed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("engine_installer")
        self.setWindowTitle(self.tr("Install the EarthLoc engine"))
        self.installer = EngineInstaller(self)
        self.preparation = InstallPreparation(self)
        self._earlier: InstalledEngine | None = None
        self._removal: Worker | None = None
        self._make_widgets()
        self._lay_out()
        self._connect()
        self._show_running(False)

    # --- widgets -----------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self.intro = QLabel(
            self.tr("The engine is the program that locates photos. It gets a Python environment of its own in your"
                    " QGIS profile; QGIS's own Python is not changed."),
            self,
        )  # fmt: skip
        self.intro.setWordWrap(True)
        self.form = InstallForm(self)
        self.remove_earlier = QCheckBox(self)
        self.remove_earlier.setObjectName("install_remove_earlier")
        self.bar = QProgressBar(self)
        self.bar.setObjectName("install_progress")
        self.bar.setAccessibleName(self.tr("Progress of the installation"))
        self.bar.setRange(0, PARTS)
        self.stage = QLabel(self)
        self.stage.setObjectName("install_stage")
        self.stage.setTextFormat(Qt.TextFormat.PlainText)
        self.stage.setWordWrap(True)
        self.outcome = QLabel(self)
        self.outcome.setObjectName("install_result")
        self.outcome.setTextFormat(Qt.TextFormat.PlainText)
        self.outcome.setWordWrap(True)
        self.outcome.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.show_log = QToolButton(self)
        self.show_log.setObjectName("install_show_log")
        self.show_log.setText(self.tr("Log"))
        self.show_log.setCheckable(True)
        self.show_log.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.show_log.setArrowType(Qt.ArrowType.RightArrow)
        self.copy_log = QPushButton(self.tr("Copy log"), self)
        self.copy_log.setObjectName("install_copy_log")
        self.log = QPlainTextEdit(self)
        self.log.setObjectName("install_log")
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(5000)
        self.log.setAccessibleName(self.tr("Log"))
        self.log.setMinimumHeight(120)
        self.log.hide()
        self.install_button = QPushButton(self.tr("&Install"), self)
        self.install_button.setObjectName("install_button")
        self.install_button.setDefault(True)
        self.cancel_button = QPushButton(self.tr("Cancel"), self)
        self.cancel_button.setObjectName("install_cancel_button")
        self.close_button = QPushButton(self.tr("Close"), self)
        self.close_button.setObjectName("install_close_button")
        for button in (self.copy_log, self.cancel_button, self.close_button):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        log_row = QHBoxLayout()
        log_row.addWidget(self.show_log)
        log_row.addWidget(self.copy_log)
        log_row.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.install_button)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        for widget in (self.intro, self.form, self.remove_earlier, self.bar, self.stage, self.outcome):
            layout.addWidget(widget)
        layout.addLayout(log_row)
        layout.addWidget(self.log, 1)
        layout.addStretch(0)
        layout.addLayout(buttons)
        self.setMinimumWidth(620)

    def _connect(self) -> None:
        self.install_button.clicked.connect(lambda: self.install())
        self.cancel_button.clicked.connect(self._cancel)
        self.close_button.clicked.connect(self.close)
        self.copy_log.clicked.connect(self._copy_log)
        self.show_log.toggled.connect(self._toggle_log)
        self.form.python_changed.connect(self._look_for_python)
        for part in (self.preparation, self.installer):
            part.stage_changed.connect(self.stage.setText)
            part.line.connect(self.log.appendPlainText)
            part.progressed.connect(lambda fraction: self.bar.setValue(int(PARTS * fraction)))
        self.preparation.pythons_found.connect(self.form.show_pythons)
        self.preparation.planned.connect(self._planned)
        self.preparation.failed.connect(self._finished)
        self.installer.finished.connect(self._finished)

    # --- opening and closing -----------------------------------------------------------------------

    def open_for(self, repair: InstalledEngine | None = None, modal: bool = False) -> None:
        """Show the dialog.

        Args:
            repair: the engine to install again; None for an installation of the user's choice.
            modal: needed when another modal dialog is open, which would block this one.
        """
        self.setWindowModality(Qt.WindowModality.ApplicationModal if modal else Qt.WindowModality.NonModal)
        if not self.running:
            self.form.load()
            self.outcome.clear()
            self.install_button.setDefault(True)
            self._earlier = repair or folders.engine_of(settings.engine_setting())
            self.remove_earlier.setVisible(self._earlier is not None)
            self.remove_earlier.setChecked(repair is not None)
            if self._earlier is not None:
                text = self.tr("Then remove the earlier engine {name}")
                self.remove_earlier.setText(text.format(name=self._earlier.name))
            if repair is not None and repair.source not in ("", "internet"):
                self.form.choose_pack(repair.source)
            self._look_for_python()
        self.show()
        self.raise_()
        self.activateWindow()
        QTimer.singleShot(0, self._fit)  # the folded parts have their height only now

    def _fit(self) -> None:
        """As low as the content, unless the user reads the log."""
        if not self.log.isVisible():
            self.adjustSize()

    @property
    def running(self) -> bool:
        """Whether something is being installed."""
        return not self.install_button.isEnabled()

    def close_down(self) -> None:
        """End everything when the plugin is unloaded."""
        self.preparation.close()
        self.installer.close()
        if self._removal is not None:
            self._removal.wait(5000)
        self.close()

    def _look_for_python(self) -> None:
        if not self.running:
            self.form.found.setText(self.tr("Looking for Python…"))
            self.preparation.find_pythons(self.form.python.filePath().strip())

    # --- installing --------------------------------------------------------------------------------

    def install(self) -> None:
        """Install as chosen."""
        if self.form.from_file.isChecked() and not self.form.pack.filePath().strip():
            self.outcome.setText(self.tr("Choose the pack file first."))
            return
        self.form.save()
        self.log.clear()
        self.outcome.clear()
        self._show_running(True)
        self.preparation.prepare(settings.engine_python(), self.form.pack_path(), self.form.sources())

    def _planned(self, plan: InstallPlan) -> None:
        self.installer.start(plan)

    def _cancel(self) -> None:
        if self.installer.running:
            self.installer.cancel()
        else:
            self.preparation.cancel()

    def _finished(self, result: InstalledEngine | Failure) -> None:
        self._show_running(False)
        if isinstance(result, Failure):
            self.outcome.setText(f"{result.problem}\n{result.hint}")
            self.log.appendPlainText(str(result))
            if result.kind != CANCELLED:
                self.show()  # the user may have closed the dialog meanwhile
            return
        settings.set_engine_setting(str(result.program))
        text = self.tr("Engine {version} is installed and in use.").format(version=result.version)
        self.close_button.setDefault(True)  # what comes next
        self.outcome.setText(text)
        self.log.appendPlainText(text)
        self.installed.emit(str(result.program))
        if self.remove_earlier.isChecked() and self._earlier is not None and self._earlier != result:
            self._remove(self._earlier)
        self._earlier = None
        self.remove_earlier.hide()

    def _remove(self, engine: InstalledEngine) -> None:
        """Removes an engine that is not in use any more."""
        worker = self._removal = Worker(lambda progress: folders.remove_with_lock(engine), self)

        def ended(result: object) -> None:
            worker.wait()
            self._removal = None
            if isinstance(result, Failure):
                self.outcome.setText(f"{self.outcome.text()}\n{result}")

        worker.ended.connect(ended)
        worker.start()

    def _show_running(self, running: bool) -> None:
        self.form.setEnabled(not running)
        self.remove_earlier.setEnabled(not running)
        self.install_button.setEnabled(not running)
        self.cancel_button.setEnabled(running)
        self.bar.setVisible(running)
        self.stage.setVisible(running)
        self.bar.setValue(0)
        self.stage.clear()

    # --- log ---------------------------------------------------------------------------------------

    def _toggle_log(self, shown: bool) -> None:
        self.log.setVisible(shown)
        self.show_log.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._fit()

    def _copy_log(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.log.toPlainText())
