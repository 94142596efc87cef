"""Locates all photos of a catalogue that are not located yet, and writes its files."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from engine.catalogue.parquet import write_parquet
from engine.errors import EarthLocError, OutputError, UsageError
from engine.run.ledger import DONE, FAILED, NAME, PENDING, Ledger, Record
from engine.run.locate import Job, Outcome

# Tries of a photo. Workers also die for reasons that are not the photo's, so they may die more often.
MAX_TRIES = {"transient": 3, "died": 5}
SHARDS = "shards"
_PAGE = 500
_COMMIT_S = 0.5  # so much work a power cut can cost
_COMMIT_PHOTOS = 100

OnEvent = Callable[[dict[str, Any]], None]


class Workers(Protocol):
    """Processes of this computer, or a Dask cluster."""

    @property
    def free(self) -> int: ...  # noqa: D102
    def submit(self, job: Job) -> None: ...  # noqa: D102
    def next(self, timeout_s: float) -> Outcome | None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


@dataclass
class Pace:
    """How fast photos are finished since the start."""

    total: int
    finished_before: int
    finished: int = 0

    def __post_init__(self) -> None:
        self._start = time.monotonic()

    def as_event(self) -> dict[str, Any]:
        """Done, total, photos an hour and seconds left; the latter are None until there is a pace."""
        seconds = time.monotonic() - self._start
        per_s = self.finished / seconds if self.finished and seconds else None
        done = self.finished_before + self.finished
        return {
            "event": "progress",
            "done": done,
            "total": self.total,
            "photos_per_hour": round(3600 * per_s) if per_s else None,
            "seconds_left": round((self.total - done) / per_s) if per_s else None,
        }


class Production:
    """The run of a catalogue.

    Args:
        catalogue: its folder.
        ledger: its open ledger.
        workers: who locates.
        on_event: told of each photo that is finished or tried again, and of the progress.
    """

    def __init__(self, catalogue: Path, ledger: Ledger, workers: Workers, on_event: OnEvent) -> None:
        self._catalogue = catalogue
        self._ledger = ledger
        self._workers = workers
        self._on_event = on_event
        self._at_work: dict[int, Job] = {}
        self._unrecorded: list[tuple[Record, Job]] = []
        self._recorded_at = time.monotonic()
        counts = ledger.statuses()
        self._pace = Pace(counts.total(), counts.total() - counts[PENDING])

    def run(self) -> None:
        """Locates until no photo is pending.

        Raises:
            OutputError: the ledger or a file cannot be written. EarthLocError: as the workers raise it.
        """
        write_missing_shards(self._catalogue, self._ledger)
        try:
            for job in self._jobs():
                while not self._workers.free:
                    self._receive()
                self._at_work[job.seq] = job
                self._workers.submit(job)
        except BaseException as error:
            with contextlib.suppress(EarthLocError):  # a disk that is full, or a cluster that is lost
                self._keep_finished(isinstance(error, KeyboardInterrupt))
            raise
        write_missing_shards(self._catalogue, self._ledger)

    def _jobs(self) -> Iterator[Job]:
        """The pending photos; those that are tried again come after all others."""
        while True:
            after = -1
            while page := self._ledger.pending(after, _PAGE):
                after = page[-1].seq
                yield from page
            while self._at_work:
                self._receive()
            self._record()
            if not self._ledger.pending(-1, 1):
                return

    def _receive(self) -> None:
        outcome = self._workers.next(_COMMIT_S)
        if outcome is not None:
            self._take(outcome)
        late = time.monotonic() - self._recorded_at > _COMMIT_S
        if len(self._unrecorded) >= _COMMIT_PHOTOS or late:
            self._record()

    def _take(self, outcome: Outcome) -> None:
        job = self._at_work[outcome.seq]
        state = FAILED if outcome.row["status"] == FAILED else DONE
        if outcome.trouble and self._ledger.attempts(outcome.seq) + 1 < MAX_TRIES[outcome.trouble]:
            state = PENDING
        self._unrecorded.append((Record(outcome.seq, state, outcome.row), job))

    def _record(self) -> None:
        """Makes what is finished durable, then tells of it."""
        self._recorded_at = time.monotonic()
        finished, self._unrecorded = self._unrecorded, []
        if finished:
            self._ledger.record([record for record, _ in finished])
            for record, job in finished:
                del self._at_work[record.seq]
                self._pace.finished += record.state != PENDING
                self._on_event(_photo_event(record, job))
            for block in self._ledger.complete_blocks({record.seq for record, _ in finished}):
                write_shard(self._catalogue, self._ledger, block)
        self._on_event(self._pace.as_event())

    def _keep_finished(self, listen: bool) -> None:
        while listen and (outcome := self._workers.next(0.0)) is not None:
            self._take(outcome)
        self._record()


def _photo_event(record: Record, job: Job) -> dict[str, Any]:
    row = record.row
    event = "again" if record.state == PENDING else "photo"
    return {
        "event": event,
        "photo": job.listed.name,
        "status": row["status"],
        "confidence": row["confidence"],
        "reason": row["reason"],
        "message": row["message"],
    }


def open_catalogue(folder: Path) -> Ledger:
    """The ledger of a catalogue, which is made if it is not there.

    Raises:
        OutputError: the folder cannot be made or written to. UsageError: it holds other Parquet files, or another run
        has it open, or a package is not installed.
    """
    if missing := [name for name in ("pyarrow", "threadpoolctl") if find_spec(name) is None]:
        hint = "install it with `pip install earthloc[catalogue]`"
        raise UsageError(None, f"a catalogue needs the package {missing[0]}", hint)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SHARDS).mkdir(exist_ok=True)
        if not (folder / NAME).exists() and next(folder.rglob("*.parquet"), None) is not None:
            raise UsageError(folder, "holds Parquet files but no ledger of a run", "name another folder with --out")
    except OSError as error:
        raise OutputError.from_os_error(folder, error) from error
    return Ledger.open(folder)


def write_missing_shards(catalogue: Path, ledger: Ledger) -> None:
    """Writes the files that should be there and are not, or not as they should be.

    They are missing after a power cut or when somebody deleted them, and are outdated when a photo came to be known
    that a later one has the content of.
    """
    for block, size in ledger.written_blocks().items():
        path = shard_path(catalogue, block)
        if not path.is_file() or path.stat().st_size != size:
            ledger.forget_block(block)
    for block in ledger.complete_blocks():
        write_shard(catalogue, ledger, block)


def write_shard(catalogue: Path, ledger: Ledger, block: int) -> None:
    """Writes the file of a block, and records it."""
    path = shard_path(catalogue, block)
    try:
        write_parquet(path, ledger.rows_of(block))
        if os.name == "posix":  # so that the name outlasts a power cut, too
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        size = path.stat().st_size
    except OSError as error:
        raise OutputError.from_os_error(path, error) from error
    ledger.block_written(block, size)


def shard_path(catalogue: Path, block: int) -> Path:
    """The file of a block of photos."""
    return catalogue / SHARDS / f"{block:06d}.parquet"
