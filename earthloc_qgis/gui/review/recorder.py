"""Writes decisions one after the other on a thread, and watches for those that others write into the same file."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ...core.reviews import Decision, Reviewed, ReviewFile
from ...core.store import StoreError
from ..background import Background

_OUTDATED = "outdated"
_WATCH_MS = 2000
_TRY_AGAIN_MS = 1500


@dataclass
class _Entry:
    file: ReviewFile
    decisions: list[Decision]
    written: bool = field(default=False)
    problem: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)  # closing must not write what is just being written


class Recorder(QObject):
    """Keeps a decision until it is on the disk, however long another program holds the file.

    Signals:
        loaded(items): all photos of the file.
        changed(items): photos decided on since, here or elsewhere.
        waiting(count, problem): so many decisions are not written yet, and why ("" while all goes well).
        failed(message): the file cannot be read.
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
        self._watch = QTimer(self)
        self._watch.setInterval(_WATCH_MS)
        self._watch.timeout.connect(self.look)

    def open(self, path: Path) -> None:
        """Reads the photos of a results GeoPackage; `loaded` follows."""
        self.file = ReviewFile(path)
        self._reading = False
        self.reload()
        self._watch.start()

    def reload(self) -> None:
        """Reads everything anew."""
        file = self.file
        self._reader.run(lambda: _all_of(file), lambda answer: self._take_all(file, answer))

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

        self._reader.run(guarded, take)

    def record(self, decisions: list[Decision]) -> None:
        """Writes decisions as soon as the file is free."""
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
        self._reader.run(lambda: _since(file, fid), lambda answer: self._take_new(file, recorded, unwritten, answer))

    def flush(self) -> None:
        """Writes now what is not written yet; usually that is nothing, for a decision takes milliseconds."""
        for entry in list(self._entries):
            _write(entry)

    def close(self) -> None:
        """Ends the threads; what is not written yet is written now."""
        self._watch.stop()
        self._reader.close()
        self._writer.close()
        self.flush()
        self._entries.clear()

    def _count(self) -> int:
        return sum(len(entry.decisions) for entry in self._entries)

    def _write(self) -> None:
        if not self._writing and self._entries:
            self._writing = True
            entry = self._entries[0]
            self._writer.run(lambda: _write(entry), self._written)

    def _written(self, entry: _Entry) -> None:
        self._writing = False
        if not entry.written:
            self.waiting.emit(self._count(), entry.problem)
            QTimer.singleShot(_TRY_AGAIN_MS, self._write)
            return
        self._entries.remove(entry)
        self.waiting.emit(self._count(), "")
        self.look()
        self._write()

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
            entry.problem = str(error)
    return entry
