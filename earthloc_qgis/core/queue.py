"""Photos waiting to be located, one after the other, through crashes of the engine.

The panel and the Processing algorithm both use this; it needs an event loop and nothing else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from qgis.PyQt.QtCore import QObject, pyqtSignal

from .engine_client import EngineClient, EngineError
from .words import stage_in_words

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
SKIPPED = "skipped"  # a review decided on it
MAX_CRASHES = 2  # a photo that took the engine down this often is not tried again

# Errors that every further photo would meet as well: the run ends and the rest keeps waiting.
_HOPELESS = {"unavailable", "index", "model"}

# How far along a photo is when a stage begins, and the stage's share; registering is nearly all the work.
_STAGES = {
    "read": (0.0, 0.1),
    "embed": (0.1, 0.2),
    "search": (0.3, 0.05),
    "register": (0.35, 0.55),
    "save": (0.9, 0.1),
}


@dataclass(frozen=True)
class LocalizeOptions:
    """What all photos of a run share: index folders, radius around the nadir, candidates, GeoPackage, and whether
    photos are fitted to imagery, and to which: a path, or None for what each index was made from."""

    indexes: tuple[str, ...]
    radius_km: float
    top_k: int
    out: str | None
    register: bool = True
    imagery: str | None = None


@dataclass
class Job:
    """One photo in the queue. `nadir` is (lat, lon) or None; `result` the engine's localization.

    `include_reviewed` locates it also if a review decided on it: said of each photo, so that who says it of some while
    a run is on does not say it of all that wait.
    """

    photo: str
    nadir: tuple[float, float] | None = None
    include_reviewed: bool = False
    state: str = WAITING
    progress: float = 0.0  # 0..1
    message: str = ""
    result: dict | None = None
    crashes: int = 0
    request_id: int | None = field(default=None, repr=False)


class LocalizationQueue(QObject):
    """Sends one `localize` request at a time and keeps going when a photo or the engine fails.

    Signals:
        job_changed(photo): state, progress or result of a job changed.
        progress_changed(done, total, seconds_left): of this run; seconds_left is -1.0 while unknown.
        recovered(message): the engine crashed or hung and is being started again.
        halted(message): nothing more can be located (no engine, a damaged index); the rest is left waiting.
        finished(): nothing is running any more, after all else has been told.
    """

    job_changed = pyqtSignal(str)
    progress_changed = pyqtSignal(int, int, float)
    recovered = pyqtSignal(str)
    halted = pyqtSignal(str)
    finished = pyqtSignal()

    def __init__(self, client: EngineClient, options: LocalizeOptions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.options = options  # may be exchanged at any time; holds for photos not yet sent
        self.jobs: dict[str, Job] = {}
        self.running = False
        self.halted_by = ""  # the message of `halted`, or ""
        self._seconds: list[float] = []
        self._sent_at = 0.0
        self._cancelling: set[str] = set()

    def add(self, photo: str, nadir: tuple[float, float] | None = None, include_reviewed: bool = False) -> None:
        """Puts a photo at the end; one that is waiting or running already is left as it is."""
        job = self.jobs.get(photo)
        if job is not None and job.state in (WAITING, RUNNING):
            job.nadir, job.include_reviewed = nadir, include_reviewed
            return
        self.jobs.pop(photo, None)
        self.jobs[photo] = Job(photo, nadir, include_reviewed)
        self.job_changed.emit(photo)
        if self.running:
            self._tell_progress()

    def clear(self) -> None:
        """Forgets the photos of the last run, waiting ones too; only while nothing is running."""
        if not self.running:
            self.jobs.clear()

    def start(self) -> None:
        """Begins with the first photo waiting. `finished` is emitted even when there is none."""
        if self.running:
            return
        self.running = True
        self.halted_by = ""
        self._seconds = []
        self._tell_progress()
        self._next()

    def cancel(self, photo: str) -> None:
        """Gives one photo up: at once when it waits, as soon as the engine lets go when it runs."""
        job = self.jobs.get(photo)
        if job is None:
            return
        if job.state == WAITING:
            self._end(job, CANCELLED, self.tr("Cancelled"))
        elif job.state == RUNNING and job.request_id is not None:
            job.message = self.tr("Cancelling")
            self._cancelling.add(photo)
            self.job_changed.emit(photo)
            self._client.cancel(job.request_id)

    def cancel_all(self) -> None:
        """Gives up everything that waits or runs."""
        for job in sorted(self.jobs.values(), key=lambda job: job.state == RUNNING):
            self.cancel(job.photo)

    def forget(self, photo: str) -> None:
        """Drops a photo from the list; one that runs is cancelled first."""
        self.cancel(photo)
        if photo in self.jobs and self.jobs[photo].state != RUNNING:
            del self.jobs[photo]
            if self.running:
                self._tell_progress()

    # --- one photo after the other -----------------------------------------------------------------

    def _next(self) -> None:
        job = next((job for job in self.jobs.values() if job.state == WAITING), None)
        if job is None or not self.running:
            self.running = False
            self.finished.emit()
            return
        job.state, job.progress, job.message = RUNNING, 0.0, ""
        self._sent_at = time.monotonic()
        options = self.options
        job.request_id = self._client.request(
            "localize",
            {
                "photo": job.photo,
                "indexes": list(options.indexes),
                "nadir": None if job.nadir is None else list(job.nadir),
                "radius_km": options.radius_km,
                "top_k": options.top_k,
                "out": options.out,
                "register": options.register,
                "imagery": options.imagery,
                "include_reviewed": job.include_reviewed,
            },
            on_result=lambda result: self._answered(job, result),
            on_error=lambda error: self._refused(job, error),
            on_progress=lambda params: self._progressed(job, params),
        )
        self.job_changed.emit(job.photo)

    def _progressed(self, job: Job, params: dict) -> None:
        start, share = _STAGES.get(str(params.get("stage")), (job.progress, 0.0))
        done, total = params.get("done"), params.get("total")
        known = isinstance(done, (int, float)) and isinstance(total, (int, float)) and total > 0
        part = done / total if known else 0.0
        job.progress = max(job.progress, min(1.0, start + share * part))
        if job.photo not in self._cancelling:
            job.message = stage_in_words(params)
        self.job_changed.emit(job.photo)

    def _answered(self, job: Job, result: object) -> None:
        self._seconds.append(time.monotonic() - self._sent_at)
        if not isinstance(result, dict):
            self._end(job, FAILED, self.tr("The engine's answer makes no sense."))
        else:
            job.result = result
            save_error = result.get("save_error")
            if result.get("skipped"):
                self._end(job, SKIPPED, str(result.get("message", "")))
            elif result.get("status") == "failed":
                self._end(job, FAILED, str(result.get("message", "")))
            elif save_error:
                self._end(job, FAILED, self.tr("Found, but not saved: {why}").format(why=_sentence(save_error)))
            else:
                self._end(job, DONE, str(result.get("message", "")))
        self._next()

    def _refused(self, job: Job, error: EngineError) -> None:
        job.request_id = None
        if error.kind == "crashed":
            job.crashes += 1
            if job.crashes < MAX_CRASHES:
                job.state, job.progress = WAITING, 0.0
                self.job_changed.emit(job.photo)
                self.recovered.emit(self.tr("{reason} Starting it again.").format(reason=error.message))
            else:
                why = self.tr("The engine stopped {n} times on this photo: {reason}")
                self._end(job, FAILED, why.format(n=job.crashes, reason=error.message))
        elif error.kind == "cancelled":
            self._end(job, CANCELLED, self.tr("Cancelled"))
        elif error.kind in _HOPELESS:
            job.state, job.progress = WAITING, 0.0
            self.job_changed.emit(job.photo)
            self.running = False
            self.halted_by = error.message
            self.halted.emit(error.message)
        else:
            self._end(job, FAILED, error.message)
        self._next()

    def _end(self, job: Job, state: str, message: str) -> None:
        self._cancelling.discard(job.photo)
        job.state, job.message, job.request_id = state, message, None
        job.progress = 1.0 if state in (DONE, SKIPPED) else 0.0
        self.job_changed.emit(job.photo)
        self._tell_progress()

    def _tell_progress(self) -> None:
        total = len(self.jobs)
        left = sum(job.state in (WAITING, RUNNING) for job in self.jobs.values())
        # The first photo also pays for starting the engine and opening the index.
        seconds = self._seconds[1:] or self._seconds
        seconds_left = left * sum(seconds) / len(seconds) if seconds else -1.0
        self.progress_changed.emit(total - left, total, seconds_left)


def _sentence(error: object) -> str:
    """The engine's error data, {"path", "problem", "hint"}, in words."""
    if not isinstance(error, dict):
        return str(error)
    where = f"{error['path']}: " if error.get("path") else ""
    return f"{where}{error.get('problem', '?')}; {error.get('hint', '?')}."
