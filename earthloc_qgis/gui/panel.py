"""The EarthLoc panel: the photos at the top, then the search options, then the result."""

from __future__ import annotations

import os
from pathlib import Path

from qgis.core import Qgis
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from .. import settings
from ..contract.status import LOCATED, NOT_FOUND, UNCERTAIN, USABLE
from ..core.pictures import MapPictures
from ..core.queue import RUNNING as JOB_RUNNING
from ..core.where_maps import WhereMaps
from ..core.words import message_of_row
from .clocks import ClockSolving
from .compat import current_project
from .controller import Controller
from .first_steps import ENGINE, PHOTO
from .index_manager import IndexManager
from .moved import MovedPhotos
from .panel_widgets import PanelWidgets
from .passes import PassSolving
from .photo_adding import PhotoAdding
from .photo_model import NEW, QUEUED, RUNNING
from .photo_scanner import dropped_paths
from .plain_text import escaped
from .removal import RemovalPrompt
from .review.dock import ReviewDock


class EarthLocPanel(PanelWidgets):
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
        self.where_maps = WhereMaps(self.controller.client, current_project(), self)
        self.adding = PhotoAdding(self.controller, self)
        self.moved = MovedPhotos(self.controller, self)
        self.clocks = ClockSolving(self.controller, current_project(), self)
        self.passes = PassSolving(self.controller, self)
        self._steps_shown = False
        self._sample = ""  # the sample photo, while it waits for an index
        self.review = ReviewDock(iface, self.controller, lambda: self.search.indexes.known(), self)
        self.index_manager = IndexManager(iface.mapCanvas(), self.controller.client, self)
        self.removal_prompt = RemovalPrompt(self.controller, self)
        self.make_widgets(self.controller.model, self.controller.client)
        self.lay_out([self.adding.notice, self.moved.notice, self.clocks.notice])
        self._connect()
        self.setAcceptDrops(True)
        self.controller.check_engine()
        self.controller.restore()
        self.search.indexes.refresh()
        self._offer_steps()

    def close_down(self) -> None:
        """End the engine and all threads when the plugin is unloaded."""
        self.review.close_down()
        self.adding.close()
        self.moved.close()
        self.search.close_down()
        self.index_manager.close_threads()
        self.controller.close()

    def settings_changed(self) -> None:
        """Apply changes made on the options page."""
        self.search.load()
        self.search.indexes.refresh()
        self.controller.choose_engine()

    def _connect(self) -> None:
        controller, adding, steps = self.controller, self.adding, self.steps
        self.tools.add_files.triggered.connect(lambda: adding.ask_for_files())
        self.tools.add_folder.triggered.connect(lambda: adding.ask_for_folder())
        self.tools.catalogue.triggered.connect(lambda: adding.ask_for_catalogue())
        self.empty.catalogue_wanted.connect(adding.ask_for_catalogue)
        self.tools.find_photos.triggered.connect(lambda: self.moved.ask())
        self.tools.solve_clocks.triggered.connect(lambda: self.clocks.ask())
        self.clocks.locate_wanted.connect(self.localize)
        self.tools.solve_passes.triggered.connect(lambda: self.passes.ask())
        self.passes.changed.connect(self._reviewed)
        self.tools.save_to.triggered.connect(lambda: self.ask_where_to_save())
        self.tools.steps.triggered.connect(lambda: self.show_first_steps())
        self.tools.sample.triggered.connect(lambda: self.try_sample())
        for page in (self.empty, steps):
            page.files_wanted.connect(adding.ask_for_files)
            page.folder_wanted.connect(adding.ask_for_folder)
            page.sample_wanted.connect(self.try_sample)
        self.empty.steps_wanted.connect(self.show_first_steps)
        steps.install_wanted.connect(self.notice.install_wanted)
        steps.engine_wanted.connect(self.notice.choose)
        steps.imagery_wanted.connect(self.index_manager.open)
        steps.step_changed.connect(self._update_buttons)
        steps.finished.connect(lambda: self._show_steps(False))
        adding.added.connect(self._photos_added)
        self.moved.message.connect(self._show_message)
        adding.message.connect(self._show_message)
        self.tools.remove.triggered.connect(lambda: self.removal_prompt.ask(self.list.selected()))
        self.tools.undo.triggered.connect(controller.removal.undo)
        self.tools.zoom.triggered.connect(lambda: self._zoom_current())
        self.results.picture_wanted.connect(lambda: self.show_pictures([self.list.current()]))
        self.results.where.wanted.connect(lambda: self.show_where(self.list.current()))
        self.list.where_wanted.connect(self.show_where)
        self.where_maps.shown.connect(controller.map.zoom_to_where)
        self.where_maps.refused.connect(self._picture_refused)
        self.review.imagery_changed.connect(self.search.imagery.refresh)
        self.review.stored.connect(self._reviewed)
        self.review.decided.connect(controller.show_reviews)
        self.tools.review.triggered.connect(lambda: self.review.open(self.list.current()))
        self.tools.options.triggered.connect(self._open_options)
        self.empty.leftovers_wanted.connect(controller.restore_leftovers)
        self.notice.engine_chosen.connect(self._engine_chosen)
        self.notice.options_wanted.connect(self._open_options)
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
        self.search.indexes.chosen_changed.connect(self._locate_sample)
        self.search.changed.connect(lambda: self.search_header.show_title(self.search.summary()))
        self.search_header.show_title(self.search.summary())
        self.search_header.opened.connect(lambda _: self._update_buttons())
        self.localize_button.clicked.connect(lambda: self.localize(self.localize_button.scope))
        self.cancel_button.clicked.connect(controller.queue.cancel_all)
        self.cancel_button.clicked.connect(self.pictures.cancel_all)
        controller.message.connect(self._show_message)
        controller.engine_problem.connect(self.notice.show_problem)
        controller.engine_problem.connect(lambda problem: steps.show_engine(not problem))
        controller.engine_problem.connect(self._update_buttons)
        controller.run_ended.connect(self.summary.show_run)
        controller.not_writable.connect(lambda text: self.not_writable.show_text(escaped(text)))
        controller.store_changed.connect(lambda: self.not_writable.show_text(""))
        controller.restored.connect(lambda: self.summary.show_text(""))
        controller.restored.connect(self._offer_steps)
        controller.map.may_zoom = lambda: not self.review.is_visible()
        self.summary.photos_wanted.connect(self._select_and_show)
        self.not_writable.action_wanted.connect(self.ask_where_to_save)
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
        self.adding.add_paths(paths)

    def _photos_added(self, new: list[str]) -> None:
        if new and len(new) == len(self.controller.model.photos()):
            self.list.select([new[0]])
        if new and self.steps.current() == PHOTO:
            self.steps.take(PHOTO)
        self._show_steps(False)

    # --- first steps -------------------------------------------------------------------------------

    def show_first_steps(self) -> None:
        """Show the first steps from the beginning."""
        self.steps.start_again()
        self.steps.show_engine(settings.find_engine() is not None)
        self._show_steps(True)

    def _offer_steps(self) -> None:
        """Show the first steps to new users: those who have no photos, also none of an unsaved project."""
        has_photos = bool(self.controller.model.photos()) or not self.empty.leftovers.isHidden()
        self._show_steps(not settings.first_steps_done() and not has_photos)

    def try_sample(self) -> None:
        """Add the sample photo and locate it as soon as there is an index."""
        self._sample = self.adding.add_sample()
        if self._sample:
            self.list.select([self._sample])
            self._locate_sample()

    def _locate_sample(self) -> None:
        if self._sample and self.search.indexes.chosen():
            sample, self._sample = self._sample, ""
            self.localize([sample])

    def _show_steps(self, shown: bool) -> None:
        """Show the first steps instead of the list, or the list again."""
        self._steps_shown = shown and self.steps.current() != ""
        self._update_buttons()

    # --- the results file --------------------------------------------------------------------------

    def ask_where_to_save(self) -> None:
        """Ask for another results file."""
        title = self.tr("Save the results of this project to")
        before = str(self.controller.store.path)
        options = QFileDialog.Option.DontConfirmOverwrite  # results are added to an existing file
        path, _ = QFileDialog.getSaveFileName(self, title, before, "GeoPackage (*.gpkg)", options=options)
        if path:
            self.save_results_to(Path(path if path.lower().endswith(".gpkg") else f"{path}.gpkg"))

    def save_results_to(self, path: Path) -> bool:
        """Save results to another file from now on. Returns False, after a message, if that is impossible."""
        return self.controller.results.save_to(path)

    # --- locating ----------------------------------------------------------------------------------

    def localize(self, paths: list[str]) -> None:
        """Locate photos in the ticked indexes."""
        indexes = self.search.indexes.chosen()
        if not indexes:
            self._show_message(self.tr("Tick an index to search first."), Qgis.MessageLevel.Info)
            return
        if self.controller.check_engine():
            self.controller.localize(paths, indexes, self.search.include_reviewed.isChecked())

    def _update_buttons(self, *_: object) -> None:
        photos, selected = self.controller.model.photos(), self.list.selected()
        page = self.steps if self._steps_shown else self.list if photos else self.empty
        self.stack.setCurrentWidget(page)
        step_says_it = page is self.steps and self.steps.current() == ENGINE and not settings.engine_setting()
        self.notice.setVisible(bool(self.notice.problem) and not step_says_it)
        working = bool(photos) and page is self.list
        self.results.setVisible(working)
        self.search_header.setVisible(working)
        self.search.setVisible(working and self.search_header.isChecked())
        running, has_index = self.controller.queue.running, bool(self.search.indexes.chosen())
        self.localize_button.show_scope(photos, selected, self.controller.unlocated(), running, has_index)
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

    def show_where(self, path: str) -> None:
        """Show on the map where a photo could be."""
        if path:
            self.where_maps.show(path, self.controller.store, self.controller.check_engine())

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
        is_placed = photo.status == LOCATED or photo.review in USABLE
        self.results.show_result(sentence, found, is_placed)

    def _data_changed(self, first, last, *_: object) -> None:
        photo = self.controller.model.photo(self.list.current())
        if photo is not None and first.row() <= self.controller.model.row(photo.path) <= last.row():
            self._show_current(photo.path)
        self._update_buttons()

    def _select_and_show(self, paths: list[str]) -> None:
        self._show_steps(False)
        self.list.select(paths)
        self.list.scrollTo(self.list.currentIndex())
        self.list.setFocus()

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
