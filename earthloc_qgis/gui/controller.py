"""The controller of the panel: connects the photo list, the engine, the results and the map. No widgets."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from qgis.core import Qgis, QgsMessageLog, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from .. import settings
from ..contract.answers import LocalizeAnswer
from ..contract.localization import Localization
from ..contract.protocol import Localize
from ..contract.status import LOCATED, UNREVIEWED
from ..core.clocks import orbit_parameters, silence_in_words
from ..core.engine_client import LOG_TAG, EngineClient
from ..core.layers import ResultLayers
from ..core.queue import DONE, SKIPPED, LocalizationQueue
from ..core.queue import FAILED as JOB_FAILED
from ..core.queue import WAITING as JOB_WAITING
from ..core.store import ResultStore, StoreError, check_writable, unsaved_path
from .job_rows import failures_in_words, row_of, skipped_in_words
from .photo_info import PhotoInfoLoader
from .photo_model import CANCELLED, NEW, QUEUED, RUNNING, Photo, PhotoModel
from .project_results import ProjectResults
from .removal import PhotoRemoval
from .result_map import ResultMap, is_a_place, is_to_search
from .thumbnail import ThumbnailLoader


class Controller(QObject):
    """Holds the state of the panel and carries out its actions.

    Signals:
        message(text, level): information for the user; level is a Qgis.MessageLevel.
        engine_problem(message): why there is no engine; "" when there is one.
        running_changed(running): a run started or ended.
        progress_changed(done, total, seconds_left): progress of the run; seconds_left is -1.0 while unknown.
        store_changed(): the results file is another one now, or has new contents.
        store_leaving(): the results are about to be copied to another file.
        leftovers_changed(count): number of results of unsaved projects that are not in the list.
        restored(): the list was filled from stored results.
        run_ended(jobs): a run ended; its jobs by photo.
        not_writable(message): photos cannot be located, because the results could not be saved.
    """

    message = pyqtSignal(str, object)
    engine_problem = pyqtSignal(str)
    running_changed = pyqtSignal(bool)
    progress_changed = pyqtSignal(int, int, float)
    store_changed = pyqtSignal()
    store_leaving = pyqtSignal()
    leftovers_changed = pyqtSignal(int)
    restored = pyqtSignal()
    run_ended = pyqtSignal(dict)
    not_writable = pyqtSignal(str)

    def __init__(self, project: QgsProject, canvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self.thumbnails = ThumbnailLoader(self)
        self.model = PhotoModel(self.thumbnails, self)
        self.client = EngineClient(settings.engine_command(), self)
        self._layers = ResultLayers(project, self)
        self.results = ProjectResults(project, self._layers, self._located, self)
        self.map = ResultMap(project, canvas, self._layers, self.results, self.model, self.client, self)
        self.zoom = self.map.zoom
        self._info = PhotoInfoLoader(self.client, self.model, self)
        self.queue = LocalizationQueue(self.client, Localize("", []), self)
        self._previous: dict[str, dict] = {}  # state of photos before they were queued, by path
        self.removal = PhotoRemoval(self.model, self.queue, self._layers, lambda: self.store, self._previous, self)

        self.model.nadir_edited.connect(self._nadir_edited)
        self.client.failed.connect(self.engine_problem)
        self.client.ready.connect(lambda: self.engine_problem.emit(""))
        self.queue.job_changed.connect(self._job_changed)
        self.queue.progress_changed.connect(self.progress_changed)
        self.queue.recovered.connect(lambda text: self._report(text, Qgis.MessageLevel.Warning))
        self.queue.halted.connect(lambda text: self._report(text, Qgis.MessageLevel.Critical))
        self.queue.finished.connect(self._finished)
        self.removal.message.connect(self._report)
        self.results.message.connect(self._report)
        self.map.message.connect(self._report)
        self.results.leaving.connect(self._store_leaving)
        self.results.changed.connect(self._store_moved)
        self.results.extended.connect(lambda: self._add_stored(self._stored()))
        for signal in (self.removal.removed, self.removal.restored):
            signal.connect(lambda _: self.store_changed.emit())
        project.cleared.connect(self._project_cleared)
        project.readProject.connect(self._project_read)
        project.writeProject.connect(self._project_written)

    def close(self) -> None:
        """End the engine and the threads, and disconnect from the project."""
        self._project.cleared.disconnect(self._project_cleared)
        self._project.readProject.disconnect(self._project_read)
        self._project.writeProject.disconnect(self._project_written)
        self.removal.forget()
        self.client.close()
        self.thumbnails.close()

    @property
    def store(self) -> ResultStore:
        """The results file in use."""
        return self.results.store

    # --- photos ------------------------------------------------------------------------------------

    def add_photos(self, paths: list[str]) -> list[str]:
        """Add photos to the list. Returns the new ones."""
        new = self.model.add(Photo(os.path.normpath(path)) for path in paths)
        self._request_info(new)
        return new

    def restore(self) -> None:
        """Fill the list from the results of the project."""
        self.removal.forget()
        self.results.reopen()
        self.store_changed.emit()
        stored = self._stored()
        if self.store.path == unsaved_path():
            self.leftovers_changed.emit(len(stored))
        else:
            self._add_stored(self.results.in_order(stored))
        self.restored.emit()

    def restore_leftovers(self) -> None:
        """Add the results of unsaved projects to the list and the map."""
        stored = self._stored()
        self._add_stored(stored)
        for photo in stored:
            self.map.show(photo.path, candidates_visible=False)
        self.leftovers_changed.emit(0)
        self.restored.emit()

    def rename(self, photos: dict[str, str]) -> None:
        """Show photos at their new paths, by their old paths, after these have changed in the results file."""
        self.model.rename(photos)
        self._layers.rename(photos, self.store.path)
        self._request_info(list(photos.values()))
        self.store_changed.emit()

    def show_reviews(self, decisions: dict[str, str]) -> None:
        """Show decisions of the review in the list, by photo."""
        for path, decision in decisions.items():
            self.model.update(path, review=decision)

    # --- locating ----------------------------------------------------------------------------------

    def unlocated(self) -> list[str]:
        """Photos without a result: new or cancelled ones."""
        return [photo.path for photo in self.model.photos() if photo.status in (NEW, CANCELLED)]

    def localize(self, paths: list[str], indexes: list[str], include_reviewed: bool = False) -> None:
        """Locate photos, including photos that have been located before. During a run, add them to it.

        Reviewed photos are skipped unless `include_reviewed`.
        """
        if not paths:
            return
        try:
            check_writable(self.store.path)
        except StoreError as error:
            self.not_writable.emit(str(error))
            return
        radius_km = settings.radius_km() if settings.use_nadir() else settings.WHOLE_EARTH_KM
        self.queue.options = Localize(
            photo="",  # the queue fills it in
            indexes=list(indexes),
            radius_km=radius_km,
            top_k=settings.top_k(),
            register=settings.register(),
            imagery=settings.imagery().spec(),
            out=str(self.store.path),
            where=settings.where(),
            **orbit_parameters(self._project),
            language_model=settings.language_model_address() if settings.asks_language_model() else None,
            language_model_name=settings.language_model_name(),
        )
        if not self.queue.running:
            self.queue.clear()
        for path in paths:
            photo = self.model.photo(path)
            if photo is not None:
                if photo.status not in (QUEUED, RUNNING):
                    status = NEW if photo.status == CANCELLED else photo.status
                    self._previous[path] = {
                        "status": status, "confidence": photo.confidence, "message": photo.message
                    }  # fmt: skip
                # Send a nadir that may have been typed; the engine reads the one in the photo itself.
                self.queue.add(path, None if photo.nadir_given is False else photo.nadir, include_reviewed, photo.hints)
        if not self.queue.running:
            self._info.pause(True)
            self.running_changed.emit(True)
            self.queue.start()

    def cancel(self, paths: list[str]) -> None:
        """Cancel photos that are waiting or running."""
        for path in paths:
            self.queue.cancel(path)

    def localization(self, path: str) -> Localization | None:
        """The effective localization of a photo: from the file, or an unsaved answer of the engine, or None."""
        job = self.queue.jobs.get(path)
        answer = job.result if job is not None else None
        if answer is not None and not answer.get("saved_to") and not answer.get("skipped"):
            return answer
        try:
            return self.store.localization(path) or answer
        except StoreError as error:
            self._report(str(error), Qgis.MessageLevel.Warning)
            return answer

    def choose_engine(self) -> None:
        """Use the engine that the settings name now."""
        self.client.set_command(settings.engine_command())
        self.check_engine()
        self._request_info([photo.path for photo in self.model.photos() if photo.size_px is None])

    def check_engine(self) -> bool:
        """Whether an engine is found. Does not start it. Emits `engine_problem`."""
        found = settings.find_engine() is not None
        self.engine_problem.emit(
            "" if found else self.tr("The EarthLoc engine, the program that does the searching, was not found.")
        )
        return found

    # --- results -----------------------------------------------------------------------------------

    def _job_changed(self, path: str) -> None:
        job, photo = self.queue.jobs[path], self.model.photo(path)
        if photo is None:  # removed while it ran: remove its result too
            if job.result is not None:
                self._forget_result(job.result, path)
            return
        self.model.update(path, **row_of(job, self._previous.get(path, {})))
        if job.state == JOB_FAILED:
            self._log(f"{path}: {job.message}", Qgis.MessageLevel.Warning)
        if job.state in (DONE, JOB_FAILED) and job.result is not None:
            self._take_result(path, job.result)
        elif job.state == SKIPPED and job.result is not None and job.result.get("footprint"):
            self._layers.ensure(path, photo.name, self.store.path)

    def _take_result(self, path: str, result: LocalizeAnswer) -> None:
        photo = self.model.photo(path)
        if photo is None:
            return
        self.model.update(path, photo_id=result.get("photo_id") or photo.photo_id)
        nadir, saved_to = result["nadir"], result["saved_to"]
        if photo.nadir_given is False and nadir:
            self.model.update(path, nadir=tuple(nadir))
        if saved_to:
            saved = ResultStore(Path(saved_to))
            if saved.path != self.store.path:  # the project was saved under another name during the run
                self.results.carry_over(saved, [path])
            self.model.update(path, review=UNREVIEWED)  # a decision before this run is no longer in effect
            if result.get("footprint") or result.get("where"):
                alone = len(self.queue.jobs) == 1
                doubtful = result["status"] != LOCATED and is_a_place(result)
                # Over a footprint to compare with the map, the colours of a search area would be in the way.
                self.map.show(path, alone and doubtful, areas_visible=alone and is_to_search(result))
            else:
                self._layers.remove(path, self.store.path)
            self.store_changed.emit()

    def _forget_result(self, result: LocalizeAnswer, path: str) -> None:
        if result["saved_to"]:
            try:
                ResultStore(Path(result["saved_to"])).remove([path])
            except StoreError as error:
                self._log(str(error), Qgis.MessageLevel.Warning)

    def _finished(self) -> None:
        for job in self.queue.jobs.values():
            if job.state == JOB_WAITING:  # still waiting when the run was halted
                self.model.update(job.photo, **self._previous.get(job.photo, {"status": NEW}))
        self._previous.clear()
        failures, skipped = failures_in_words(self.queue.jobs), skipped_in_words(self.queue.jobs)
        for line in silence_in_words(job.result for job in self.queue.jobs.values() if job.result is not None):
            self._report(line, Qgis.MessageLevel.Warning)
        if failures:
            self.message.emit(failures, Qgis.MessageLevel.Warning)
        if skipped:
            self._report(skipped, Qgis.MessageLevel.Info)
        self.map.zoom_to_run(self.queue.jobs)
        self._info.pause(False)
        self.running_changed.emit(False)
        self.run_ended.emit(dict(self.queue.jobs))

    # --- the project -------------------------------------------------------------------------------

    def _project_cleared(self) -> None:
        self.queue.cancel_all()
        self.model.clear()
        self.restore()

    def _project_read(self, *_: object) -> None:
        self.model.clear()
        self.restore()

    def _project_written(self, *_: object) -> None:
        self.results.follow()
        self.results.save_order([photo.path for photo in self.model.photos()])

    def _store_leaving(self) -> None:
        self.store_leaving.emit()
        self.removal.forget()

    def _store_moved(self) -> None:
        if self.queue.running:
            self.queue.options = replace(self.queue.options, out=str(self.store.path))
        self.store_changed.emit()

    def _located(self) -> list[str]:
        return [photo.path for photo in self.model.photos() if photo.status not in (NEW, QUEUED, RUNNING)]

    # --- helpers -----------------------------------------------------------------------------------

    def _stored(self) -> list:
        try:
            return self.store.photos()
        except StoreError as error:
            self._report(str(error), Qgis.MessageLevel.Warning)
            return []

    def _add_stored(self, stored: list) -> None:
        decisions = self.results.decisions()
        new = self.model.add(
            Photo(
                row.path, row.photo_id, row.taken_at, row.nadir, None,
                status=row.status or NEW, confidence=row.confidence, message=row.message,
                review=decisions.get(row.path, UNREVIEWED),
            )
            for row in stored
        )  # fmt: skip
        self._request_info(new)

    def _nadir_edited(self, path: str) -> None:
        """Apply an edited nadir to a photo that is waiting in the queue."""
        job, photo = self.queue.jobs.get(path), self.model.photo(path)
        if job is not None and job.state == JOB_WAITING and photo is not None:
            job.nadir = None if photo.nadir_given is False else photo.nadir

    def _request_info(self, photos: list[str]) -> None:
        if photos and settings.find_engine() is not None:
            self._info.add(photos)

    def _report(self, text: str, level: Qgis.MessageLevel) -> None:
        self._log(text, level)
        self.message.emit(text, level)

    @staticmethod
    def _log(text: str, level: Qgis.MessageLevel) -> None:
        QgsMessageLog.logMessage(text, LOG_TAG, level)
