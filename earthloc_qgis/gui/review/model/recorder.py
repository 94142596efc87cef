"""Writes decisions to the results file on a thread, and polls the file for decisions of other people."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ....contract.localization import Localization
from ....contract.review import ReviewDecision
from ....core.reviews import Reviewed, ReviewFile
from ....core.store import StoreError
from ...background import Background, log_unexpected

_OUTDATED = "outdated"
_POLL_MS = 2000
_RETRY_MS = 1500
_MAX_NAMES = 10  # photo names in one message


@dataclass(eq=False)
class _Entry:
    file: ReviewFile
    decisions: list[ReviewDecision]
    written: bool = False
    problem: str = ""
    is_unexpected: bool = False  # not a StoreError, so waiting does not help
    is_deferred: bool = False  # retried with the next decision, not before
    lock: threading.Lock = field(default_factory=threading.Lock)  # so that closing does not write an entry twice


class Recorder(QObject):
    """Queues decisions until they are on disk, however long another program locks the file.

    If an unexpected error prevents writing a decision, the recorder reports it and defers the decision: it writes the
    others, and tries again with the next decision and on closing. A later decision on the same photo replaces it.

    Signals:
        loaded(items): all photos of the file.
        changed(items): photos with new decisions in the file, from here or from elsewhere.
        waiting(count, problem): number of decisions not written yet, and why ("" without a problem).
        failed(message): the file could not be read, or a decision could not be written.
        outdated(): the file has an older format without a history. It must be upgraded before it can be read.
    """

    loaded = pyqtSignal(list)
    changed = pyqtSignal(list)
    waiting = pyqtSignal(int, str)
    failed = pyqtSignal(str)
    outdated = pyqtSignal()

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.file: Optional[ReviewFile] = None
        self._writer, self._reader = Background(self), Background(self)
        self._entries: list[_Entry] = []
        self._last_fid = 0
        self._reported: dict[str, Reviewed] = {}  # photos after _last_fid that have been reported
        self._recorded = 0  # number of calls of `record`; a read that began before the last one is stale
        self._reading = False
        self._writing = False
        self._closing = False
        self._last_problem = ""  # last one reported, so that a poll that keeps failing reports it once
        self._poll_timer = QTimer(self)
        self._poll_timer.setInterval(_POLL_MS)
        self._poll_timer.timeout.connect(self.poll)

    def open(self, path: Path) -> None:
        """Start reading a results GeoPackage; `loaded` follows."""
        self.file = ReviewFile(path)
        self._reading = False
        self._last_problem = ""
        self.reload()
        self._poll_timer.start()

    def reload(self) -> None:
        """Read the whole file again."""
        file = self._file()
        self._reader.run(lambda: _all_of(file), lambda answer: self._all_read(file, answer), on_error=self._not_read)

    def read(self, task: Callable[[ReviewFile], Any], on_done: Callable[[Any], None]) -> None:
        """Run `task(file)` on the reading thread, then `on_done(result)` here. `failed` reports a StoreError."""
        file = self._file()

        def guarded():
            try:
                return task(file), ""
            except StoreError as error:
                return None, str(error)

        def take(answer) -> None:
            if answer[1]:
                self.failed.emit(answer[1])
            elif file is self.file:
                on_done(answer[0])

        self._reader.run(guarded, take, on_error=self._not_read)

    def record(self, decisions: list[ReviewDecision]) -> None:
        """Write decisions as soon as the file is not locked."""
        for entry in self._entries:
            entry.is_deferred = False
        self._last_problem = ""
        self._entries.append(_Entry(self._file(), decisions))
        self._recorded += 1
        self.waiting.emit(self._count(), "")
        self._write()

    def unwritten(self, photo: str) -> Optional[Localization]:
        """The localization of the last unwritten decision on a photo; None without one."""
        waiting = [decision for entry in self._entries for decision in entry.decisions if decision.photo == photo]
        return next((decision.localization for decision in reversed(waiting) if decision.localization), None)

    def unwritten_photos(self) -> set[str]:
        """Photos with decisions that are not written yet."""
        return {decision.photo for entry in self._entries for decision in entry.decisions}

    def poll(self) -> None:
        """Read the decisions that are new in the file."""
        if self.file is None or self._reading:
            return
        file, fid, recorded = self.file, self._last_fid, self._recorded
        # The newest decisions on these photos are not in the file yet, so its rows about them are stale.
        unwritten = self.unwritten_photos()
        self._reading = True
        self._reader.run(
            lambda: _since(file, fid), lambda answer: self._new_read(file, recorded, unwritten, answer),
            on_error=self._poll_failed,
        )  # fmt: skip

    def flush(self) -> None:
        """Write all pending decisions now. Usually there are none: writing one takes milliseconds."""
        entries = list(self._entries)
        while entries:
            entry = _write(entries.pop(0))
            if entry.written:
                self._remove_entry(entry)
            elif entry.is_unexpected:
                entries[:0] = self._defer(entry)

    def close(self) -> None:
        """End the threads, write pending decisions, and report those that could not be written."""
        self._closing = True
        self._poll_timer.stop()
        self._reader.close()
        self._writer.close()
        self.flush()
        if self._entries:
            names = [Path(decision.photo).name for entry in self._entries for decision in entry.decisions]
            more = "…" if len(names) > _MAX_NAMES else ""
            text = self.tr("{path}: {n} decisions could not be saved ({problem}). Decide again on {photos}.")
            self.failed.emit(text.format(
                path=self._entries[0].file.path, n=len(names), problem=self._entries[0].problem,
                photos=", ".join(names[:_MAX_NAMES]) + more,
            ))  # fmt: skip
        self._entries.clear()

    def _file(self) -> ReviewFile:
        if self.file is None:
            raise RuntimeError("call open() first")
        return self.file

    def _count(self) -> int:
        return sum(len(entry.decisions) for entry in self._entries)

    def _write(self) -> None:
        entry = next((entry for entry in self._entries if not entry.is_deferred), None)
        if not self._writing and entry is not None:
            self._writing = True
            self._writer.run(lambda: _write(entry), self._written)

    def _written(self, entry: _Entry) -> None:
        self._writing = False
        if entry.written:
            self._remove_entry(entry)
            self.waiting.emit(self._count(), "")
            self.poll()
        elif entry.is_unexpected:
            self._defer(entry)
        else:
            self.waiting.emit(self._count(), entry.problem)
            QTimer.singleShot(_RETRY_MS, self._write)
            return
        self._write()

    def _remove_entry(self, entry: _Entry) -> None:
        """Drop a written entry, and deferred older entries on its photos: written later, they would take effect."""
        if entry not in self._entries:  # flush() has written it
            return
        at, photos = self._entries.index(entry), {decision.photo for decision in entry.decisions}
        remaining = [
            other for other in self._entries[:at]
            if not (other.is_deferred and other.file is entry.file and other.decisions[0].photo in photos)
        ]  # fmt: skip
        self._entries = remaining + self._entries[at + 1 :]

    def _defer(self, entry: _Entry) -> list[_Entry]:
        """Defer an entry that failed, so that the others can be written. Returns the entries to try in its place."""
        if entry not in self._entries:
            return []
        if len(entry.decisions) > 1:  # which one failed is unknown: try each by itself
            at = self._entries.index(entry)
            self._entries[at : at + 1] = parts = [_Entry(entry.file, [decision]) for decision in entry.decisions]
            return parts
        entry.is_deferred = True
        self.waiting.emit(self._count(), entry.problem)
        if not self._closing:
            text = self.tr(
                "{path}: the decision on {photo} could not be saved ({problem}). EarthLoc tries again with the next"
                " decision and when the review is closed. A new decision on the photo replaces it."
            )
            self._report_once(
                entry.problem,
                text.format(path=entry.file.path, photo=entry.decisions[0].photo, problem=entry.problem),
            )
        return []

    def _not_read(self, problem: str) -> None:
        text = self.tr("{path}: the reviews could not be read ({problem}). Open the review again; see the log of QGIS.")
        self._report_once(problem, text.format(path=self._file().path, problem=problem))

    def _poll_failed(self, problem: str) -> None:
        self._reading = False
        self._not_read(problem)

    def _report_once(self, problem: str, text: str) -> None:
        if problem != self._last_problem:
            self._last_problem = problem
            self.failed.emit(text)

    def _all_read(self, file: ReviewFile, answer) -> None:
        if file is not self.file:
            return
        items, self._last_fid, problem = answer
        self._reported = {}
        if problem == _OUTDATED:
            self.outdated.emit()
        elif problem:
            self.failed.emit(problem)
        self.loaded.emit(items)

    def _new_read(self, file: ReviewFile, recorded: int, unwritten: set, answer) -> None:
        self._reading = False
        if file is self.file and recorded == self._recorded and answer is not None:
            items, last = answer
            up_to_date = [item for item in items if item.path not in unwritten]
            new = [item for item in up_to_date if self._reported.get(item.path) != item]
            if len(up_to_date) == len(items):
                self._last_fid, self._reported = last, {}
            else:  # read the others again once they are written: this read may or may not have seen them
                self._reported.update((item.path, item) for item in new)
            if new:
                self.changed.emit(new)


def _all_of(file: ReviewFile) -> tuple[list, int, str]:
    try:
        if not file.is_ready():
            return [], 0, _OUTDATED if file.path.is_file() else ""
        _, last = file.states_since(1 << 62)
        return file.states(), last, ""
    except StoreError as error:
        return [], 0, str(error)


def _since(file: ReviewFile, fid: int):
    try:
        return file.states_since(fid) if file.is_ready() else None
    except StoreError:  # locked: the next poll reads it
        return None


def _write(entry: _Entry) -> _Entry:
    with entry.lock:
        try:
            if not entry.written:
                entry.file.write(entry.decisions)
                entry.written = True
        except StoreError as error:
            entry.problem, entry.is_unexpected = str(error), False
        except Exception as error:  # must stop neither the other decisions nor the user
            entry.problem, entry.is_unexpected = log_unexpected(error), True
    return entry
