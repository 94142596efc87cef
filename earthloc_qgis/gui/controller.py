"""What the panel does: ties the photo list, the engine, the results and the map together. No widgets."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from qgis.core import Qgis, QgsMessageLog, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from .. import settings
from ..core.engine_client import LOG_TAG, EngineClient
from ..core.layers import ResultLayers
from ..core.pictures import carry_pictures, forget_pictures
from ..core.queue import DONE, SKIPPED, LocalizationQueue, LocalizeOptions
from ..core.queue import FAILED as JOB_FAILED
from ..core.queue import WAITING as JOB_WAITING
from ..core.store import ResultStore, StoreError, results_path, unsaved_path
from .job_rows import failures_in_words, row_of, skipped_in_words
from .photo_info import PhotoInfoLoader
from .photo_model import CANCELLED, NEW, QUEUED, RUNNING, Photo, PhotoModel
from .removal import Removing
from .thumbnail import ThumbnailLoader


class Controller(QObject):
    """The panel's state and deeds.

    Signals:
        told(message, level): something the user should know; level is a Qgis.MessageLevel.
        engine_problem(message): why there is no engine; "" when there is one (again).
        running_changed(running): photos are being located, or no longer.
        progress_changed(done, total, seconds_left): of the run; seconds_left is -1.0 while unknown.
        store_changed(): results are kept in another file now, or there are new ones in it.
        store_leaving(): they are about to be carried to another file.
        leftovers_changed(count): results in the profile that belong to no saved project and are not listed.
    """

    told = pyqtSignal(str, object)
    engine_problem = pyqtSignal(str)
    running_changed = pyqtSignal(bool)
    progress_changed = pyqtSignal(int, int, float)
    store_changed = pyqtSignal()
    store_leaving = pyqtSignal()
    leftovers_changed = pyqtSignal(int)

    def __init__(self, project: QgsProject, canvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._canvas = canvas
        self.thumbnails = ThumbnailLoader(self)
        self.model = PhotoModel(self.thumbnails, self)
        self.client = EngineClient(settings.engine_command(), self)
        self.store = ResultStore(results_path(project))
        self._layers = ResultLayers(project, self)
        self._info = PhotoInfoLoader(self.client, self.model, self)
        self.queue = LocalizationQueue(self.client, LocalizeOptions((), 0.0, 0, None), self)
        self._before: dict[str, dict] = {}  # how photos stood before they were queued
        self.removing = Removing(self.model, self.queue, self._layers, lambda: self.store, self._before, self)

        self.model.nadir_edited.connect(self._nadir_edited)
        self.client.failed.connect(self.engine_problem)
        self.client.ready.connect(lambda: self.engine_problem.emit(""))
        self.queue.job_changed.connect(self._job_changed)
        self.queue.progress_changed.connect(self.progress_changed)
        self.queue.recovered.connect(lambda text: self._tell(text, Qgis.MessageLevel.Warning))
        self.queue.halted.connect(lambda text: self._tell(text, Qgis.MessageLevel.Critical))
        self.queue.finished.connect(self._finished)
        self.removing.told.connect(self._tell)
        for signal in (self.removing.removed, self.removing.brought_back):
            signal.connect(lambda _: self.store_changed.emit())
        project.cleared.connect(self._project_cleared)
        project.readProject.connect(self._project_read)
        project.writeProject.connect(self._project_written)

    def close(self) -> None:
        """Ends the engine and the threads, lets go of the project."""
        self._project.cleared.disconnect(self._project_cleared)
        self._project.readProject.disconnect(self._project_read)
        self._project.writeProject.disconnect(self._project_written)
        self.removing.forget()
        self.client.close()
        self.thumbnails.close()

    # --- photos ------------------------------------------------------------------------------------

    def add_photos(self, paths: list[str]) -> list[str]:
        """Adds photos to the list; returns those that were not in it."""
        new = self.model.add(Photo(os.path.normpath(path)) for path in paths)
        self._ask_about(new)
        return new

    def restore(self) -> None:
        """Fills the list from the results of the project."""
        self.removing.forget()
        self.store = ResultStore(results_path(self._project))
        self.store_changed.emit()
        stored = self._stored()
        if self.store.path == unsaved_path():
            self.leftovers_changed.emit(len(stored))
        else:
            self._list(stored)

    def restore_leftovers(self) -> None:
        """Lists the results of a project that was never saved, and shows them on the map."""
        stored = self._stored()
        self._list(stored)
        for photo in stored:
            self._show_layers(photo.path, candidates_visible=False)
        self.leftovers_changed.emit(0)

    # --- locating ----------------------------------------------------------------------------------

    def unlocated(self) -> list[str]:
        """Photos that Localize starts with: new, or cancelled before."""
        return [photo.path for photo in self.model.photos() if photo.status in (NEW, CANCELLED)]

    def localize(self, paths: list[str], indexes: list[str], include_reviewed: bool = False) -> None:
        """Locates photos, also again; while a run is on they are added to it.

        Those that a review decided on are skipped unless they are included.
        """
        if not paths:
            return
        self.store.path.parent.mkdir(parents=True, exist_ok=True)
        radius_km = settings.radius_km() if settings.use_nadir() else settings.WHOLE_EARTH_KM
        imagery = settings.imagery().spec()
        self.queue.options = LocalizeOptions(
            tuple(indexes), radius_km, settings.top_k(), str(self.store.path), settings.register(), imagery
        )
        if not self.queue.running:
            self.queue.clear()
        for path in paths:
            photo = self.model.photo(path)
            if photo is not None:
                if photo.status not in (QUEUED, RUNNING):
                    status = NEW if photo.status == CANCELLED else photo.status
                    self._before[path] = {
                        "status": status, "confidence": photo.confidence, "message": photo.message
                    }  # fmt: skip
                # One that may have been typed is kept; what the photo states itself the engine knows.
                self.queue.add(path, None if photo.nadir_given is False else photo.nadir, include_reviewed)
        if not self.queue.running:
            self._info.pause(True)
            self.running_changed.emit(True)
            self.queue.start()

    def cancel(self, paths: list[str]) -> None:
        """Gives photos up that wait or run."""
        for path in paths:
            self.queue.cancel(path)

    def localization(self, path: str) -> dict | None:
        """The localization that holds for a photo, or None: that of the file, or an answer of the engine not saved."""
        job = self.queue.jobs.get(path)
        answer = job.result if job is not None else None
        if answer is not None and not answer.get("saved_to") and not answer.get("skipped"):
            return answer
        try:
            return self.store.localization(path) or answer
        except StoreError as error:
            self._tell(str(error), Qgis.MessageLevel.Warning)
            return answer

    def zoom(self, path: str, rank: int | None = None) -> None:
        """Shows a photo's footprint, or one of its candidates, on the map."""
        if self._layers.zoom_to(path, self.store.path, self._canvas, rank):
            return
        try:
            answer = self.store.localization(path)  # what is not saved is not on the map
        except StoreError as error:
            self._tell(str(error), Qgis.MessageLevel.Warning)
            return
        if answer and answer.get("footprint"):
            self._show_layers(path, candidates_visible=rank is not None)
            if self._layers.zoom_to(path, self.store.path, self._canvas, rank):
                return
            self._tell(self.tr("The map's coordinate system cannot show this place."), Qgis.MessageLevel.Warning)
        else:
            self._tell(self.tr("There is no result to zoom to yet."), Qgis.MessageLevel.Info)

    def choose_engine(self) -> None:
        """Takes the engine that the settings name now."""
        self.client.set_command(settings.engine_command())
        self.check_engine()
        self._ask_about([photo.path for photo in self.model.photos() if photo.size_px is None])

    def check_engine(self) -> bool:
        """Tells whether there is an engine, without starting it."""
        found = settings.find_engine() is not None
        self.engine_problem.emit(
            "" if found else self.tr("The EarthLoc engine, which does the searching, was not found.")
        )
        return found

    # --- what comes back ---------------------------------------------------------------------------

    def _job_changed(self, path: str) -> None:
        job, photo = self.queue.jobs[path], self.model.photo(path)
        if photo is None:  # removed while it ran; a result that came all the same goes too
            if job.result is not None:
                self._forget_result(job.result, path)
            return
        self.model.update(path, **row_of(job, self._before.get(path, {})))
        if job.state == JOB_FAILED:
            self._log(f"{path}: {job.message}", Qgis.MessageLevel.Warning)
        if job.state in (DONE, JOB_FAILED) and job.result is not None:
            self._take_result(path, job.result)
        elif job.state == SKIPPED and job.result.get("footprint"):
            self._layers.ensure(path, photo.name, self.store.path)

    def _take_result(self, path: str, result: dict) -> None:
        photo = self.model.photo(path)
        self.model.update(path, photo_id=result.get("photo_id") or photo.photo_id)
        if photo.nadir_given is False and result.get("nadir"):
            self.model.update(path, nadir=tuple(result["nadir"]))
        saved_to = result.get("saved_to")
        if saved_to:
            saved = ResultStore(Path(saved_to))
            if saved.path != self.store.path:  # the project was saved under another name meanwhile
                self._carry_over(saved, [path])
            if result.get("footprint"):
                self._show_layers(path, candidates_visible=len(self.queue.jobs) == 1)
            else:
                self._layers.remove(path, self.store.path)
            self.store_changed.emit()

    def _show_layers(self, path: str, candidates_visible: bool) -> None:
        photo = self.model.photo(path)
        name = photo.name if photo is not None else os.path.basename(path)
        self._layers.show(path, name, self.store.path, candidates_visible)

    def _forget_result(self, result: dict, path: str) -> None:
        if result.get("saved_to"):
            try:
                ResultStore(Path(result["saved_to"])).remove([path])
            except StoreError as error:
                self._log(str(error), Qgis.MessageLevel.Warning)

    def _finished(self) -> None:
        for job in self.queue.jobs.values():
            if job.state == JOB_WAITING:  # left over when the run was halted
                self.model.update(job.photo, **self._before.get(job.photo, {"status": NEW}))
        self._before.clear()
        failures, skipped = failures_in_words(self.queue.jobs), skipped_in_words(self.queue.jobs)
        if failures:
            self.told.emit(failures, Qgis.MessageLevel.Warning)
        if skipped:
            self._tell(skipped, Qgis.MessageLevel.Info)
        results = [job.result or {} for job in self.queue.jobs.values()]
        if len(results) == 1 and results[0].get("saved_to") and results[0].get("footprint"):
            self.zoom(next(iter(self.queue.jobs)))  # whoever locates a single photo wants to see where it is
        self._info.pause(False)
        self.running_changed.emit(False)

    # --- the project -------------------------------------------------------------------------------

    def _project_cleared(self) -> None:
        self.queue.cancel_all()
        self.model.clear()
        self.restore()

    def _project_read(self, *_: object) -> None:
        self.model.clear()
        self.restore()

    def _project_written(self, *_: object) -> None:
        """The project is being written, perhaps for the first time or under another name."""
        target = ResultStore(results_path(self._project))
        if target.path == self.store.path:
            return
        self.store_leaving.emit()
        self.removing.forget()
        old, self.store = self.store, target
        located = [photo.path for photo in self.model.photos() if photo.status not in (NEW, QUEUED, RUNNING)]
        if located and old.path.is_file():
            self._carry_over(old, located)
        if self.queue.running:
            self.queue.options = replace(self.queue.options, out=str(target.path))
        self.store_changed.emit()

    def _carry_over(self, old: ResultStore, photos: list[str]) -> None:
        try:
            old.carry_over(photos, self.store.path)
        except StoreError as error:
            self._tell(str(error), Qgis.MessageLevel.Critical)
            self.store = old  # the results stay where they are, and so do the layers
            return
        pictures = carry_pictures(photos, old, self.store)
        self._layers.repoint(old.path, self.store.path, photos, pictures)
        if old.path == unsaved_path():
            for photo in pictures:
                forget_pictures(photo, old)
            try:
                old.remove(photos)
            except StoreError as error:
                self._log(str(error), Qgis.MessageLevel.Warning)
        self._tell(self.tr("The results are now kept in {path}.").format(path=self.store.path), Qgis.MessageLevel.Info)

    # --- odds and ends -----------------------------------------------------------------------------

    def _stored(self) -> list:
        try:
            return self.store.photos()
        except StoreError as error:
            self._tell(str(error), Qgis.MessageLevel.Warning)
            return []

    def _list(self, stored: list) -> None:
        new = self.model.add(
            Photo(
                row.path, row.photo_id, row.taken_at, row.nadir, None,
                status=row.status or NEW, confidence=row.confidence, message=row.message,
            )
            for row in stored
        )  # fmt: skip
        self._ask_about(new)

    def _nadir_edited(self, path: str) -> None:
        """Also holds for a photo that is waiting in the queue."""
        job, photo = self.queue.jobs.get(path), self.model.photo(path)
        if job is not None and job.state == JOB_WAITING and photo is not None:
            job.nadir = None if photo.nadir_given is False else photo.nadir

    def _ask_about(self, photos: list[str]) -> None:
        if photos and settings.find_engine() is not None:
            self._info.add(photos)

    def _tell(self, text: str, level: Qgis.MessageLevel) -> None:
        self._log(text, level)
        self.told.emit(text, level)

    @staticmethod
    def _log(text: str, level: Qgis.MessageLevel) -> None:
        QgsMessageLog.logMessage(text, LOG_TAG, level)
