"""Small parts of the panel: tool bar, progress, and the notices without photos or without engine."""

from __future__ import annotations

from typing import cast

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..core.engine_client import EngineClient
from ..core.resources import icon
from .help_menu import HelpMenu, help_icon
from .plain_text import plain


class EmptyState(QFrame):
    """Shown while the list is empty: explains how to add photos.

    Signals:
        files_wanted(), folder_wanted(), catalogue_wanted(): the user wants to add photos.
        sample_wanted(): the user wants to try the sample photo.
        steps_wanted(): the user wants the first steps.
        leftovers_wanted(): the user wants to list the results of unsaved projects.
    """

    sample_wanted = pyqtSignal()
    steps_wanted = pyqtSignal()
    files_wanted = pyqtSignal()
    folder_wanted = pyqtSignal()
    catalogue_wanted = pyqtSignal()
    leftovers_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("empty_state")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        picture = QLabel(self)
        picture.setPixmap(icon().pixmap(QSize(64, 64)))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel(self.tr("Drop astronaut photos or folders here"), self)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        title.setFont(font)
        explanation = QLabel(
            self.tr("Then press Localize. Footprints appear on the map and are saved beside your project."),
            self,
        )  # fmt: skip
        files = QPushButton(self.tr("Add photos…"), self)
        files.setObjectName("empty_add_files")
        files.clicked.connect(self.files_wanted)
        folder = QPushButton(self.tr("Add folder…"), self)
        folder.setObjectName("empty_add_folder")
        folder.clicked.connect(self.folder_wanted)
        sample = QPushButton(self.tr("Locate the sample photo"), self)
        sample.setObjectName("empty_sample")
        sample.setFlat(True)
        sample.setToolTip(self.tr("A simulated photo of Sinai and the Nile delta, to try EarthLoc"))
        sample.clicked.connect(lambda: self.sample_wanted.emit())
        steps = QPushButton(self.tr("First steps…"), self)
        steps.setObjectName("empty_steps")
        steps.setFlat(True)
        steps.clicked.connect(lambda: self.steps_wanted.emit())
        catalogue = QPushButton(self.tr("Add from catalogue…"), self)
        catalogue.setObjectName("empty_add_catalogue")
        catalogue.setFlat(True)
        catalogue.setToolTip(self.tr("Photos that NASA's or EarthKAM's catalogue or a list of ids names"))
        catalogue.clicked.connect(lambda: self.catalogue_wanted.emit())
        self.leftovers = QPushButton(self)
        self.leftovers.setObjectName("leftovers_button")
        self.leftovers.setFlat(True)
        self.leftovers.clicked.connect(self.leftovers_wanted)
        self.leftovers.hide()
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(files)
        buttons.addWidget(folder)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(10)
        layout.addStretch(1)
        layout.addWidget(picture)
        for label in (title, explanation):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addLayout(buttons)
        further = QHBoxLayout()
        further.addStretch(1)
        further.addWidget(sample)
        further.addWidget(steps)
        further.addStretch(1)
        layout.addLayout(further)
        layout.addWidget(catalogue, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.leftovers)
        layout.addStretch(2)

    def show_leftovers(self, count: int) -> None:
        """Offer to list `count` photos that were located in unsaved projects; 0 hides the offer."""
        self.leftovers.setVisible(count > 0)
        self.leftovers.setText(self.tr("Restore {n} photos located earlier in an unsaved project").format(n=count))


class EngineNotice(QFrame):
    """Explains why there is no engine and offers a fix; hidden when there is one.

    Signals:
        install_wanted(): the user wants to install the engine.
        engine_chosen(path): the user has chosen the program.
        options_wanted(): the user wants the options page.
    """

    install_wanted = pyqtSignal()
    engine_chosen = pyqtSignal(str)
    options_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("engine_notice")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.problem = ""
        sign = QLabel(self)
        sign.setPixmap(QgsApplication.getThemeIcon("/mIconWarning.svg").pixmap(QSize(24, 24)))
        sign.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.text = QLabel(self)
        self.text.setObjectName("engine_notice_text")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # long words widen nothing
        install = QPushButton(self.tr("Install engine…"), self)
        install.setObjectName("install_engine_button")
        install.clicked.connect(self.install_wanted)
        choose = QPushButton(self.tr("Choose…"), self)
        choose.setToolTip(self.tr("Choose the program of an engine that is installed"))
        choose.setAccessibleName(self.tr("Choose the engine…"))
        choose.setObjectName("choose_engine_button")
        choose.clicked.connect(lambda: self.choose())
        options = QPushButton(self.tr("Options…"), self)
        options.clicked.connect(self.options_wanted)
        buttons = QHBoxLayout()
        buttons.addWidget(install)
        buttons.addWidget(choose)
        buttons.addWidget(options)
        buttons.addStretch(1)
        above = QHBoxLayout()
        above.addWidget(sign)
        above.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(above)
        layout.addLayout(buttons)
        self.hide()

    def show_problem(self, message: str) -> None:
        """Show the notice with `message`; hide it when that is empty."""
        hint = self.tr("It is a separate program named earthloc. Install it here, or choose one that you have.")
        self.text.setText(f"{message}\n{hint}")
        self.problem = message
        self.setVisible(bool(message))

    def choose(self) -> None:
        """Ask for the program."""
        path, _ = QFileDialog.getOpenFileName(self, self.tr("The engine: the program earthloc"))
        if path:
            self.engine_chosen.emit(path)


class PanelToolBar(QToolBar):
    """Actions for the list of photos: add_files, add_folder, review, zoom, remove, undo, a menu, and the menu of help.

    The menu has the actions catalogue, find_photos, save_to, solve_clocks, solve_passes, sample, steps and options.

    Args:
        client: the engine, for the diagnostics.
    """

    def __init__(self, parent: QWidget | None, client: EngineClient | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("earthloc_tools")
        self.setIconSize(QSize(18, 18))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add_files = self._action("mActionAddImage", self.tr("Add photos…"), self.tr("Add photos to locate"))
        self.add_folder = self._action(
            "mIconFolderOpen", self.tr("Add folder…"), self.tr("Add all photos in a folder and its subfolders")
        )
        spacer = QWidget(self)
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spacer)
        self.review = self._action(
            "mActionShowAllLayers",
            self.tr("Review…"),
            self.tr("Compare located photos with the map, and accept or correct them"),
        )
        self.zoom = self._action("mActionZoomToSelected", self.tr("Zoom to result"), "")
        self.remove = self._action(
            "mActionDeleteSelected", self.tr("Remove"), self.tr("Remove the selected photos and their results")
        )
        self.undo = self._action("mActionUndo", self.tr("Undo removal"), self.tr("Restore the removed photos (Ctrl+Z)"))
        self.undo.setEnabled(False)
        self.menu = QMenu(self)
        self.catalogue = self.menu.addAction(self.tr("Add from catalogue…"))
        self.catalogue.setToolTip(self.tr("Photos that NASA's or EarthKAM's catalogue or a list of ids names"))
        self.menu.addSeparator()
        self.find_photos = self.menu.addAction(self.tr("Find moved photos…"))
        self.save_to = self.menu.addAction(self.tr("Save results to…"))
        self.solve_clocks = self.menu.addAction(self.tr("Solve clocks…"))
        self.solve_passes = self.menu.addAction(self.tr("Solve passes…"))
        self.menu.addSeparator()
        self.steps = self.menu.addAction(self.tr("First steps…"))
        self.sample = self.menu.addAction(self.tr("Locate the sample photo"))
        self.menu.addSeparator()
        self.options = self.menu.addAction(QgsApplication.getThemeIcon("/mActionOptions.svg"), self.tr("Options…"))
        more = QToolButton(self)
        more.setObjectName("panel_menu_button")
        more.setText(self.tr("More"))
        more.setToolTip(self.tr("Catalogues, moved photos, results file, clocks, passes, first steps, options"))
        more.setIcon(QgsApplication.getThemeIcon("/mActionOptions.svg"))
        more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        more.setAccessibleName(self.tr("More"))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setMenu(self.menu)
        self.addWidget(more)
        for action in (self.zoom, self.remove, self.undo):
            button = cast(QToolButton, self.widgetForAction(action))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.help = QToolButton(self)
        self.help.setObjectName("help_button")
        self.help.setIcon(help_icon())
        self.help.setText(self.tr("Help"))
        self.help.setToolTip(self.tr("User guide, keyboard map, diagnostics, about"))
        self.help.setAccessibleName(self.help.text())
        self.help.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.help.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.help.setMenu(HelpMenu(client, self))
        self.addWidget(self.help)

    def _action(self, icon: str, text: str, tool_tip: str):
        action = self.addAction(QgsApplication.getThemeIcon(f"/{icon}.svg"), text)
        action.setToolTip(tool_tip or text)
        self.widgetForAction(action).setAccessibleName(text)
        return action


class RunProgress(QWidget):
    """A thin progress bar and a line of text; hidden while nothing runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar(self)
        self.bar.setObjectName("progress_bar")
        self.bar.setAccessibleName(self.tr("Progress over all photos"))
        self.setAccessibleName(self.bar.accessibleName())
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(8)
        self.text = QLabel(self)
        self.text.setObjectName("progress_text")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # long texts are cut
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar)
        layout.addWidget(self.text)
        self._run_text = self._stage = self._drawing = ""
        self.show_activity(locating=False, drawing=False)

    def show_activity(self, locating: bool, drawing: bool) -> None:
        """Show or hide bar and text, depending on whether photos are being located or drawn on the map."""
        self.setVisible(locating or drawing)
        self.bar.setVisible(locating)
        if not locating:
            self._run_text = self._stage = ""
        if not drawing:
            self._drawing = ""
        self._update_text()

    def show_run(self, done: int, total: int, seconds_left: float) -> None:
        """Show the progress of the run; `seconds_left` is negative while unknown."""
        self.bar.setRange(0, 100 * total)
        self.bar.setValue(100 * done)
        self._run_text = self.tr("{done} of {total}").format(done=done, total=total)
        if done < total and seconds_left >= 0:
            self._run_text += self.tr(", about {time} left").format(time=duration_text(seconds_left))
        self._update_text()

    def show_stage(self, text: str) -> None:
        """Show the current step for the photo being located."""
        self._stage = text
        self._update_text()

    def show_drawing(self, text: str) -> None:
        """Show the current step for the photo being drawn on the map."""
        self._drawing = text
        self._update_text()

    def _update_text(self) -> None:
        text = " · ".join(part for part in (self._run_text, self._stage, self._drawing) if part)
        self.text.setText(text)
        self.text.setToolTip(plain(text))


def duration_text(seconds: float) -> str:
    """A duration as text, in s, min or h."""
    if seconds < 90:
        return QCoreApplication.translate("EarthLoc", "{n} s").format(n=max(1, round(seconds)))
    if seconds < 5400:
        return QCoreApplication.translate("EarthLoc", "{n} min").format(n=round(seconds / 60))
    return QCoreApplication.translate("EarthLoc", "{n} h").format(n=round(seconds / 3600))
