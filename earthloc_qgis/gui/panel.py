"""The EarthLoc panel: the photos at the top, then the search options, then the result."""

from __future__ import annotations

import os

from qgis.core import Qgis
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .. import settings
from ..contract.status import LOCATED, NOT_FOUND, UNCERTAIN
from ..core.photo_files import PHOTO_SUFFIXES
from ..core.pictures import MapPictures
from ..core.queue import RUNNING as JOB_RUNNING
from ..core.words import message_of_row
from .compat import current_project
from .controller import Controller
from .index_manager import IndexManager
from .panel_parts import EmptyState, EngineNotice, PanelToolBar, RunProgress
from .photo_list import PhotoList
from .photo_model import NEW, QUEUED, RUNNING
from .photo_scanner import PhotoScanner, dropped_paths
from .plain_text import escaped
from .removal import RemovalPrompt
from .results_view import ResultsView
from .review.dock import ReviewDock
from .search_options import SearchOptions


class EarthLocPanel(QWidget):
    """The content of the panel dock.

    Args:
        iface: the QGIS interface, for the map canvas, the message bar and the options dialog.
    """

    def __init__(self, iface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("EarthLocPanelContent")
        self._iface = iface
        self.controller = Controller(current_project(), iface.mapCanvas(), self)
        self.pictures = MapPictures(self.controller.client, current_project(), self)
        self._scanner = PhotoScanner(self)
        self.review = ReviewDock(iface, self.controller, lambda: self.search.indexes.known(), self)
        self.index_manager = IndexManager(iface.mapCanvas(), self.controller.client, self)
        self.removal_prompt = RemovalPrompt(self.controller, self)
        self._make_widgets()
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self.controller.check_engine()
        self.controller.restore()
        self.search.indexes.refresh()
        self._update_buttons()

    def close_down(self) -> None:
        """End the engine and all threads when the plugin is unloaded."""
        self.review.close_down()
        self._scanner.close()
        self.search.close_down()
        self.index_manager.close_threads()
        self.controller.close()

    def settings_changed(self) -> None:
        """Apply changes made on the options page."""
        self.search.load()
        self.search.indexes.refresh()
        self.controller.choose_engine()

    # --- widgets -----------------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self.notice = EngineNotice(self)
        self.list = PhotoList(self.controller.model, self)
        self.empty = EmptyState(self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.list)
        self.search = SearchOptions(self, self.controller.client)
        self.results = ResultsView(self)
        self.localize_button = QPushButton(self)
        self.localize_button.setObjectName("localize_button")
        self.localize_button.setAccessibleName(self.tr("Localize"))
        self.localize_button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.cancel_button = QPushButton(self.tr("Cancel"), self)
        self.cancel_button.setObjectName("cancel_button")
        self.cancel_button.setToolTip(self.tr("Cancel all photos that are waiting or running"))
        self.progress = RunProgress(self)
        self.tools = PanelToolBar(self, self.controller.client)

    def _lay_out(self) -> None:
        run = QHBoxLayout()
        run.addWidget(self.localize_button)
        run.addWidget(self.cancel_button)
        top = QWidget(self)
        above = QVBoxLayout(top)
        above.setContentsMargins(0, 0, 0, 0)
        above.addWidget(self.stack, 1)
        above.addWidget(self.search)
        above.addLayout(run)
        above.addWidget(self.progress)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.addWidget(top)
        self.splitter.addWidget(self.results)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.addWidget(self.notice)
        layout.addWidget(self.tools)
        layout.addWidget(self.splitter, 1)

    def _connect(self) -> None:
        controller = self.controller
        self.tools.add_files.triggered.connect(self.ask_for_files)
        self.tools.add_folder.triggered.connect(self.ask_for_folder)
        self.tools.remove.triggered.connect(lambda: self.removal_prompt.ask(self.list.selected()))
        self.tools.undo.triggered.connect(controller.removal.undo)
        self.tools.zoom.triggered.connect(lambda: self._zoom_current())
        self.results.picture_wanted.connect(lambda: self.show_pictures([self.list.current()]))
        self.review.imagery_changed.connect(self.search.imagery.refresh)
        self.review.stored.connect(self._reviewed)
        self.tools.review.triggered.connect(lambda: self.review.open())
        self.tools.options.triggered.connect(self._open_options)
        self.empty.files_wanted.connect(self.ask_for_files)
        self.empty.folder_wanted.connect(self.ask_for_folder)
        self.empty.leftovers_wanted.connect(controller.restore_leftovers)
        self.notice.engine_chosen.connect(self._engine_chosen)
        self.notice.options_wanted.connect(self._open_options)
        self._scanner.found.connect(self._photos_found)
        self._scanner.finished.connect(self._scan_finished)
        self.list.locate_wanted.connect(self.localize)
        self.list.cancel_wanted.connect(controller.cancel)
        self.list.remove_wanted.connect(self.removal_prompt.ask)
        controller.removal.unwritten = self.review.unwritten
        controller.removal.can_undo_changed.connect(self.tools.undo.setEnabled)
        controller.removal.restored.connect(self.list.select)
        self.list.zoom_wanted.connect(controller.zoom)
        self.list.picture_wanted.connect(self.show_pictures)
        self.pictures.busy_changed.connect(self._drawing_changed)
        self.pictures.progress_changed.connect(self.progress.show_drawing)
        self.pictures.shown.connect(controller.zoom)
        self.pictures.refused.connect(self._picture_refused)
        self.list.current_changed.connect(self._show_current)
        self.list.selection_changed.connect(self._update_buttons)
        self.results.candidate_chosen.connect(self._zoom_current)
        self.search.indexes.chosen_changed.connect(self._update_buttons)
        self.search.indexes.manage_wanted.connect(self.index_manager.open)
        self.index_manager.indexes_changed.connect(self.search.indexes.refresh)
        self.localize_button.clicked.connect(
            lambda: self.localize(self._photos_to_localize(self.list.selected(), controller.unlocated()))
        )
        self.cancel_button.clicked.connect(controller.queue.cancel_all)
        self.cancel_button.clicked.connect(self.pictures.cancel_all)
        controller.message.connect(self._show_message)
        controller.engine_problem.connect(self.notice.show_problem)
        controller.leftovers_changed.connect(self.empty.show_leftovers)
        controller.running_changed.connect(self._running_changed)
        controller.progress_changed.connect(self.progress.show_run)
        controller.queue.job_changed.connect(self._job_changed)
        controller.client.state_changed.connect(self._engine_state_changed)
        controller.client.ready.connect(lambda: self.search.indexes.offer(controller.client.included_indexes))
        model = controller.model
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._update_buttons)
        model.dataChanged.connect(self._data_changed)

    # --- adding photos -----------------------------------------------------------------------------

    def dragEnterEvent(self, event) -> None:
        """Accept files and folders."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event) -> None:
        """Add the dropped files and folders."""
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.add_paths(paths)

    def add_paths(self, paths: list[str]) -> None:
        """Add photo files, and the photos in folders and their subfolders, which another thread searches."""
        self._scanner.scan(paths)

    def ask_for_files(self) -> None:
        """Ask the user for photos."""
        pattern = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in PHOTO_SUFFIXES)
        paths, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Add photos"), "", self.tr("Photos ({pattern})").format(pattern=pattern)
        )
        if paths:
            self.add_paths(paths)

    def ask_for_folder(self) -> None:
        """Ask the user for a folder of photos."""
        path = QFileDialog.getExistingDirectory(self, self.tr("Add all photos in a folder and its subfolders"))
        if path:
            self.add_paths([path])

    def _photos_found(self, paths: list[str]) -> None:
        was_empty = not self.controller.model.photos()
        new = self.controller.add_photos(paths)
        if was_empty and new:
            self.list.select([new[0]])

    def _scan_finished(self, count: int) -> None:
        if count == 0:
            kinds = ", ".join(suffix[1:].upper() for suffix in (".jpeg", ".png", ".tiff"))
            text = self.tr("No photos were found there. EarthLoc reads files such as {kinds}.")
            self._show_message(text.format(kinds=kinds), Qgis.MessageLevel.Info)

    # --- locating ----------------------------------------------------------------------------------

    def localize(self, paths: list[str]) -> None:
        """Locate photos in the ticked indexes."""
        indexes = self.search.indexes.chosen()
        if not indexes:
            self._show_message(self.tr("Tick an index to search first."), Qgis.MessageLevel.Info)
            return
        if self.controller.check_engine():
            self.controller.localize(paths, indexes, self.search.include_reviewed.isChecked())

    @staticmethod
    def _photos_to_localize(selected: list[str], unlocated: list[str]) -> list[str]:
        """Photos for the Localize button: the selected ones if there are several, else all new ones."""
        return selected if len(selected) > 1 or not unlocated else unlocated

    def _update_buttons(self, *_: object) -> None:
        photos, selected, unlocated = (
            self.controller.model.photos(), self.list.selected(), self.controller.unlocated())  # fmt: skip
        self.stack.setCurrentWidget(self.list if photos else self.empty)
        self.results.setVisible(bool(photos))
        self.search.setVisible(bool(photos))
        scope = self._photos_to_localize(selected, unlocated)
        in_work = {photo.path for photo in photos if photo.status in (QUEUED, RUNNING)}
        scope = [path for path in scope if path not in in_work]
        if self.controller.queue.running and not (len(scope) > 1 or unlocated):
            scope = []  # a single selected photo does not mean that the user wants it located; F5 still works
            text = self.tr("Localizing…")
        elif len(selected) > 1:
            text = self.tr("Localize {n} selected").format(n=len(scope))
        elif not unlocated:
            text = self.tr("Localize again")
        elif len(scope) == len(photos):
            text = self.tr("Localize")
        else:
            text = self.tr("Localize {n} new").format(n=len(scope))
        self.localize_button.setText(text)
        self.localize_button.setVisible(bool(photos))
        self.localize_button.setEnabled(bool(scope) and bool(self.search.indexes.chosen()))
        self.localize_button.setToolTip(
            "" if self.search.indexes.chosen() else self.tr("Tick an index to search first")
        )
        self.cancel_button.setVisible(self.controller.queue.running or self.pictures.busy)
        self.tools.remove.setEnabled(bool(selected))
        self.tools.zoom.setEnabled(bool(selected))

    def _running_changed(self, running: bool) -> None:
        if not running:
            self.search.include_reviewed.setChecked(False)  # must be ticked for each run
        self.progress.show_activity(running, self.pictures.busy)
        self._update_buttons()

    def _drawing_changed(self, busy: bool) -> None:
        self.progress.show_activity(self.controller.queue.running, busy)
        self._update_buttons()

    def _job_changed(self, path: str) -> None:
        job = self.controller.queue.jobs.get(path)
        if job is not None and job.state == JOB_RUNNING:
            self.progress.show_stage(job.message)

    def _engine_state_changed(self, state: str) -> None:
        if state == "starting":
            self.progress.show_stage(self.tr("Starting the engine…"))

    # --- photos on the map -------------------------------------------------------------------------

    def show_pictures(self, paths: list[str]) -> None:
        """Draw located photos on the map."""
        if not self.controller.check_engine():
            return
        for path in paths:
            photo = self.controller.model.photo(path)
            # A photo that was not found may have been placed in a review.
            if photo is not None and photo.status in (LOCATED, UNCERTAIN, NOT_FOUND):
                self.pictures.show(path, self.controller.store)

    def _reviewed(self, photos: list[str]) -> None:
        """Update pictures and result after reviews, which may have changed the effective localization."""
        self.pictures.drop_outdated(photos, self.controller.store)
        if self.list.current() in photos:
            self._show_current(self.list.current())

    def _picture_refused(self, path: str, reason: str) -> None:
        name = os.path.basename(path)
        self._show_message(reason if name in reason else f"{name}: {reason}", Qgis.MessageLevel.Warning)

    # --- result ------------------------------------------------------------------------------------

    def _show_current(self, path: str) -> None:
        photo = self.controller.model.photo(path)
        if photo is None:
            self.results.show_result(self.tr("Choose a photo to see its result."), None)
            return
        located = photo.status not in (NEW, QUEUED, RUNNING)
        found = self.controller.localization(path) if located else None
        label = self.controller.model.status_label(photo.status)
        sentence = f"<b>{label}</b>"
        if photo.message:
            text = message_of_row(photo.message, found).replace(os.sep, os.sep + "\u200b")  # lets long paths break
            sentence += f" · {escaped(text)}"
        elif photo.status == NEW:
            sentence += self.tr(" · press Localize to find out where it was taken")
        self.results.show_result(sentence, found)

    def _data_changed(self, first, last, *_: object) -> None:
        photo = self.controller.model.photo(self.list.current())
        if photo is not None and first.row() <= self.controller.model.row(photo.path) <= last.row():
            self._show_current(photo.path)
        self._update_buttons()

    def _zoom_current(self, rank: int | None = None) -> None:
        if self.list.current():
            self.controller.zoom(self.list.current(), rank)

    # --- helpers ------------------------------------------------------------------------------------

    def _engine_chosen(self, path: str) -> None:
        settings.set_engine_setting(path)
        self.controller.choose_engine()

    def _open_options(self) -> None:
        self._iface.showOptionsDialog(self._iface.mainWindow(), "EarthLoc")

    def _show_message(self, text: str, level: Qgis.MessageLevel) -> None:
        self._iface.messageBar().pushMessage("EarthLoc", escaped(text), level)
