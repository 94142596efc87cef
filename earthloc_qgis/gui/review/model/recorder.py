"""Writes decisions one after the other on a thread, and watches for those that others write into the same file."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ....core.reviews import Decision, Reviewed, ReviewFile
from ....core.store import StoreError
from ...background import Background, log_unforeseen

_OUTDATED = "outdated"
_WATCH_MS = 2000
_TRY_AGAIN_MS = 1500
_NAMED = 10  # photos in a sentence


@dataclass(eq=False)
class _Entry:
    file: ReviewFile
    decisions: list[Decision]
    written: bool = False
    problem: str = ""
    is_unforeseen: bool = False  # the problem is none of those that pass by themselves
    is_set_aside: bool = False  # not tried again before the next decision
    lock: threading.Lock = field(default_factory=threading.Lock)  # closing must not write what is just being written


class Recorder(QObject):
    """Keeps a decision until it is on the disk, however long another program holds the file.

    One that cannot be written for a reason that nobody foresaw is told and set aside: the others are written, and it is
    tried again with the next decision and at the end. A later decision on the same photo takes its place.

    Signals:
        loaded(items): all photos of the file.
        changed(items): photos decided on since, here or elsewhere.
        waiting(count, problem): so many decisions are not written yet, and why ("" while all goes well).
        failed(message): the file cannot be read, or a decision not be written.
        outdated(): the file is of an older version, without a history; nothing is shown of it yet.
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
        self._told: dict[str, Reviewed] = {}  # of what follows _last_fid
        self._recorded = 0  # how often something was recorded: what was read before that is out of date
        self._reading = False
        self._writing = False
        self._closing = False
        self._complaint = ""  # the last one: what fails every two seconds is told once
        self._watch = QTimer(self)
        self._watch.setInterval(_WATCH_MS)
        self._watch.timeout.connect(self.look)

    def open(self, path: Path) -> None:
        """Reads the photos of a results GeoPackage; `loaded` follows."""
        self.file = ReviewFile(path)
        self._reading = False
        self._complaint = ""
        self.reload()
        self._watch.start()

    def reload(self) -> None:
        """Reads everything anew."""
        file = self.file
        self._reader.run(lambda: _all_of(file), lambda answer: self._take_all(file, answer), on_error=self._not_read)

    def read(self, work, on_done) -> None:
        """Calls `on_done(work(file))`: `work` on the reading thread. A StoreError is told by `failed`."""
        file = self.file

        def guarded():
            try:
                return work(file), ""
            except StoreError as error:
                return None, str(error)

        def take(answer) -> None:
            if answer[1]:
                self.failed.emit(answer[1])
            elif file is self.file:
                on_done(answer[0])

        self._reader.run(guarded, take, on_error=self._not_read)

    def record(self, decisions: list[Decision]) -> None:
        """Writes decisions as soon as the file is free."""
        for entry in self._entries:
            entry.is_set_aside = False
        self._complaint = ""
        self._entries.append(_Entry(self.file, decisions))
        self._recorded += 1
        self.waiting.emit(self._count(), "")
        self._write()

    def unwritten(self, photo: str) -> Optional[dict]:
        """The localization that was last decided on for a photo and is not written yet; None without one."""
        waiting = [decision for entry in self._entries for decision in entry.decisions if decision.photo == photo]
        return next((decision.localization for decision in reversed(waiting) if decision.localization), None)

    def unwritten_photos(self) -> set[str]:
        """Photos with decisions that are not written yet."""
        return {decision.photo for entry in self._entries for decision in entry.decisions}

    def look(self) -> None:
        """Asks for decisions that are new in the file."""
        if self.file is None or self._reading:
            return
        file, fid, recorded = self.file, self._last_fid, self._recorded
        # The file does not hold yet what was decided on these: what it says of them is out of date.
        unwritten = self.unwritten_photos()
        self._reading = True
        self._reader.run(
            lambda: _since(file, fid), lambda answer: self._take_new(file, recorded, unwritten, answer),
            on_error=self._look_failed,
        )  # fmt: skip

    def flush(self) -> None:
        """Writes now what is not written yet; usually that is nothing, for a decision takes milliseconds."""
        entries = list(self._entries)
        while entries:
            entry = _write(entries.pop(0))
            if entry.written:
                self._take_out(entry)
            elif entry.is_unforeseen:
                entries[:0] = self._set_aside(entry)

    def close(self) -> None:
        """Ends the threads; what is not written yet is written now, and what cannot be is told."""
        self._closing = True
        self._watch.stop()
        self._reader.close()
        self._writer.close()
        self.flush()
        if self._entries:
            names = [Path(decision.photo).name for entry in self._entries for decision in entry.decisions]
            more = "…" if len(names) > _NAMED else ""
            text = self.tr("{path}: {n} decisions could not be saved ({problem}): decide again on {photos}.")
            self.failed.emit(text.format(
                path=self._entries[0].file.path, n=len(names), problem=self._entries[0].problem,
                photos=", ".join(names[:_NAMED]) + more,
            ))  # fmt: skip
        self._entries.clear()

    def _count(self) -> int:
        return sum(len(entry.decisions) for entry in self._entries)

    def _write(self) -> None:
        entry = next((entry for entry in self._entries if not entry.is_set_aside), None)
        if not self._writing and entry is not None:
            self._writing = True
            self._writer.run(lambda: _write(entry), self._written)

    def _written(self, entry: _Entry) -> None:
        self._writing = False
        if entry.written:
            self._take_out(entry)
            self.waiting.emit(self._count(), "")
            self.look()
        elif entry.is_unforeseen:
            self._set_aside(entry)
        else:
            self.waiting.emit(self._count(), entry.problem)
            QTimer.singleShot(_TRY_AGAIN_MS, self._write)
            return
        self._write()

    def _take_out(self, entry: _Entry) -> None:
        """Forgets what has been written, and what it has overtaken: written after it, that would hold."""
        if entry not in self._entries:  # written by flush() meanwhile
            return
        at, photos = self._entries.index(entry), {decision.photo for decision in entry.decisions}
        kept = [
            other for other in self._entries[:at]
            if not (other.is_set_aside and other.file is entry.file and other.decisions[0].photo in photos)
        ]  # fmt: skip
        self._entries = kept + self._entries[at + 1 :]

    def _set_aside(self, entry: _Entry) -> list[_Entry]:
        """Lets the rest go on without what failed; returns what is to be tried instead."""
        if entry not in self._entries:
            return []
        if len(entry.decisions) > 1:  # which of them failed is not known: each for itself
            at = self._entries.index(entry)
            self._entries[at : at + 1] = parts = [_Entry(entry.file, [decision]) for decision in entry.decisions]
            return parts
        entry.is_set_aside = True
        self.waiting.emit(self._count(), entry.problem)
        if not self._closing:
            text = self.tr("{path}: the decision on {photo} could not be saved ({problem}). It is kept and tried again "
                           "with the next one and when the review is closed; or decide otherwise on it.")  # fmt: skip
            self._complain(
                entry.problem,
                text.format(path=entry.file.path, photo=entry.decisions[0].photo, problem=entry.problem),
            )
        return []

    def _not_read(self, problem: str) -> None:
        text = self.tr("{path}: the reviews could not be read ({problem}). Open the review again; QGIS's log has more.")
        self._complain(problem, text.format(path=self.file.path, problem=problem))

    def _look_failed(self, problem: str) -> None:
        self._reading = False
        self._not_read(problem)

    def _complain(self, problem: str, text: str) -> None:
        if problem != self._complaint:
            self._complaint = problem
            self.failed.emit(text)

    def _take_all(self, file: ReviewFile, answer) -> None:
        if file is not self.file:
            return
        items, self._last_fid, problem = answer
        self._told = {}
        if problem == _OUTDATED:
            self.outdated.emit()
        elif problem:
            self.failed.emit(problem)
        self.loaded.emit(items)

    def _take_new(self, file: ReviewFile, recorded: int, unwritten: set, answer) -> None:
        self._reading = False
        if file is self.file and recorded == self._recorded and answer is not None:
            items, last = answer
            up_to_date = [item for item in items if item.path not in unwritten]
            new = [item for item in up_to_date if self._told.get(item.path) != item]
            if len(up_to_date) == len(items):
                self._last_fid, self._told = last, {}
            else:  # the rest is read again once it is written: whether this read saw that, nobody knows
                self._told.update((item.path, item) for item in new)
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
    except StoreError:  # locked: the next look will tell
        return None


def _write(entry: _Entry) -> _Entry:
    with entry.lock:
        try:
            if not entry.written:
                entry.file.write(entry.decisions)
                entry.written = True
        except StoreError as error:
            entry.problem, entry.is_unforeseen = str(error), False
        except Exception as error:  # neither the other decisions nor the person may lose by it
            entry.problem, entry.is_unforeseen = log_unforeseen(error), True
    return entry
