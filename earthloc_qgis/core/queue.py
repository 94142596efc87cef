"""Queue of photos to locate, one after the other. It survives crashes of the engine.

Both the panel and the Processing algorithm use it. It needs an event loop and nothing else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..contract.answers import LocalizeAnswer
from ..contract.protocol import Localize
from ..contract.status import FAILED as STATUS_FAILED
from .engine_client import EngineClient, EngineError
from .words import in_a_sentence, message_in_words, stage_in_words

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
SKIPPED = "skipped"  # a review decided on it
MAX_CRASHES = 2  # a photo on which the engine crashed this often is not tried again

# Kinds of errors that every further photo would cause, too: the run ends, and the other photos keep waiting.
_FATAL_KINDS = {"unavailable", "index", "model", "orbit"}

# Progress of a photo when a stage begins, and the share of the stage. Registering takes most of the time.
_STAGES = {
    "read": (0.0, 0.1),
    "embed": (0.1, 0.2),
    "search": (0.3, 0.05),
    "register": (0.35, 0.53),
    "where": (0.88, 0.02),
    "save": (0.9, 0.1),
}


@dataclass
class Job:
    """One photo in the queue.

    Attributes:
        photo: path.
        nadir: (lat, lon), or None.
        include_reviewed: locate it even if a review decided on it. Stored for each photo, so that photos added during a
            run do not change it for those already waiting.
        state: WAITING, RUNNING, DONE, FAILED, CANCELLED or SKIPPED.
        progress: 0 to 1.
        message: for the user.
        result: the engine's answer.
        crashes: how often the engine crashed on it.
        request_id: of the running request.
    """

    photo: str
    nadir: tuple[float, float] | None = None
    include_reviewed: bool = False
    state: str = WAITING
    progress: float = 0.0
    message: str = ""
    result: LocalizeAnswer | None = None
    crashes: int = 0
    request_id: int | None = field(default=None, repr=False)


class LocalizationQueue(QObject):
    """Sends one `localize` request at a time and keeps going when a photo or the engine fails.

    Args:
        client: of the engine.
        options: a request with the parameters for all photos; each job sets `photo`, `nadir` and `include_reviewed`.

    Signals:
        job_changed(photo): state, progress or result of a job changed.
        progress_changed(done, total, seconds_left): of this run; seconds_left is -1.0 while unknown.
        recovered(message): the engine crashed or hung and is started again.
        halted(message): no photo can be located (no engine, a damaged index); the other photos keep waiting.
        finished(): the run has ended. Always the last signal.
    """

    job_changed = pyqtSignal(str)
    progress_changed = pyqtSignal(int, int, float)
    recovered = pyqtSignal(str)
    halted = pyqtSignal(str)
    finished = pyqtSignal()

    def __init__(self, client: EngineClient, options: Localize, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.options = options  # may be replaced at any time; used for photos not sent yet
        self.jobs: dict[str, Job] = {}
        self.running = False
        self.halted_by = ""  # the message of `halted`, or ""
        self._durations_s: list[float] = []
        self._sent_at = 0.0
        self._cancelling: set[str] = set()

    def add(self, photo: str, nadir: tuple[float, float] | None = None, include_reviewed: bool = False) -> None:
        """Adds a photo at the end. A photo that already waits or runs keeps its place."""
        job = self.jobs.get(photo)
        if job is not None and job.state in (WAITING, RUNNING):
            job.nadir, job.include_reviewed = nadir, include_reviewed
            return
        self.jobs.pop(photo, None)
        self.jobs[photo] = Job(photo, nadir, include_reviewed)
        self.job_changed.emit(photo)
        if self.running:
            self._emit_progress()

    def clear(self) -> None:
        """Removes all photos, also waiting ones. Does nothing during a run."""
        if not self.running:
            self.jobs.clear()

    def start(self) -> None:
        """Starts with the first waiting photo. `finished` is emitted even if there is none."""
        if self.running:
            return
        self.running = True
        self.halted_by = ""
        self._durations_s = []
        self._emit_progress()
        self._next()

    def cancel(self, photo: str) -> None:
        """Cancels a photo: at once if it waits, when the engine answers if it runs."""
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
        """Cancels all photos that wait or run."""
        for job in sorted(self.jobs.values(), key=lambda job: job.state == RUNNING):
            self.cancel(job.photo)

    def forget(self, photo: str) -> None:
        """Removes a photo from the queue. One that runs is only cancelled."""
        self.cancel(photo)
        if photo in self.jobs and self.jobs[photo].state != RUNNING:
            del self.jobs[photo]
            if self.running:
                self._emit_progress()

    # --- running -----------------------------------------------------------------------------------

    def _next(self) -> None:
        job = next((job for job in self.jobs.values() if job.state == WAITING), None)
        if job is None or not self.running:
            self.running = False
            self.finished.emit()
            return
        job.state, job.progress, job.message = RUNNING, 0.0, ""
        self._sent_at = time.monotonic()
        request = replace(self.options, photo=job.photo, nadir=job.nadir, include_reviewed=job.include_reviewed)
        job.request_id = self._client.request(
            request,
            on_result=lambda result: self._on_result(job, result),
            on_error=lambda error: self._on_error(job, error),
            on_progress=lambda params: self._on_progress(job, params),
        )
        self.job_changed.emit(job.photo)

    def _on_progress(self, job: Job, params: dict) -> None:
        start, share = _STAGES.get(str(params.get("stage")), (job.progress, 0.0))
        done, total = params.get("done"), params.get("total")
        part = 0.0
        if isinstance(done, (int, float)) and isinstance(total, (int, float)) and total > 0:
            part = done / total
        job.progress = max(job.progress, min(1.0, start + share * part))
        if job.photo not in self._cancelling:
            job.message = stage_in_words(params)
        self.job_changed.emit(job.photo)

    def _on_result(self, job: Job, result: LocalizeAnswer) -> None:
        self._durations_s.append(time.monotonic() - self._sent_at)
        job.result = result
        save_error = result["save_error"]
        if result.get("skipped"):
            self._end(job, SKIPPED, message_in_words(result))
        elif result["status"] == STATUS_FAILED:
            self._end(job, FAILED, message_in_words(result))
        elif save_error:
            self._end(job, FAILED, self.tr("Found, but not saved: {why}").format(why=in_a_sentence(save_error)))
        else:
            self._end(job, DONE, message_in_words(result))
        self._next()

    def _on_error(self, job: Job, error: EngineError) -> None:
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
        elif error.kind in _FATAL_KINDS:
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
        self._emit_progress()

    def _emit_progress(self) -> None:
        total = len(self.jobs)
        left = sum(job.state in (WAITING, RUNNING) for job in self.jobs.values())
        # The first photo takes longer: it starts the engine and opens the index.
        seconds = self._durations_s[1:] or self._durations_s
        seconds_left = left * sum(seconds) / len(seconds) if seconds else -1.0
        self.progress_changed.emit(total - left, total, seconds_left)
