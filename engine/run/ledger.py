"""The ledger of a run: an SQLite file in the catalogue's folder that knows of each photo what became of it.

It is locked as long as it is open, so that no second run works on the same catalogue. The lock is the operating
system's and ends with the process. What was recorded outlasts a power cut.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InputError, OutputError, UsageError
from engine.run.locate import Job
from engine.run.photos import Listed, Photos

NAME = "_ledger.sqlite"  # readers of Parquet folders pass over names with an underscore
PENDING, DONE, FAILED = "pending", "done", "failed"
ALL = "all"  # reasons
_VERSION = 1
_BLOCK = 500  # photos of a file
_TABLES = f"""
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE photos (
    seq INTEGER PRIMARY KEY,
    photo TEXT NOT NULL UNIQUE,
    path BLOB NOT NULL,
    nadir_lat REAL, nadir_lon REAL, taken_at TEXT,
    block INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT '{PENDING}',
    attempts INTEGER NOT NULL DEFAULT 0,
    status TEXT, reason TEXT, sha256 TEXT,
    row TEXT
);
CREATE INDEX photos_by_block ON photos (block, state);
CREATE INDEX photos_by_state ON photos (state, seq);
CREATE INDEX photos_by_content ON photos (sha256, seq);
CREATE TABLE attempts (seq INTEGER NOT NULL, attempt INTEGER NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE blocks (block INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);
"""
# Files whose column duplicate_of may name another photo than they say.
_OUTDATE = """
DELETE FROM blocks WHERE block IN (
    SELECT block FROM photos WHERE sha256 = (SELECT sha256 FROM photos WHERE seq = ?) AND seq > ?)
"""
# The first photo of the same content is found in the index photos_by_content.
_ROWS = """
SELECT p.row, (
    SELECT photo FROM photos WHERE sha256 = p.sha256 AND seq < p.seq ORDER BY seq LIMIT 1)
FROM photos p WHERE block = ? ORDER BY seq
"""
_WORDS = {
    "engine": "version of EarthLoc",
    "index": "index",
    "model": "model",
    "imagery": "imagery",
    "radius_km": "--radius-km",
    "top_k": "--top-k",
    "register": "choice of --no-register",
    "source": "folder or list",
}


@dataclass(frozen=True)
class Record:
    """What to record of a photo.

    Attributes:
        seq: its number.
        state: PENDING for one that is tried again.
        row: its row.
    """

    seq: int
    state: str
    row: dict[str, Any]


class Ledger:
    """An open ledger. Use `Ledger.open`, and `close` it."""

    def __init__(self, path: Path, con: sqlite3.Connection) -> None:
        self.path = path
        self._con = con

    @classmethod
    def open(cls, catalogue: Path) -> Ledger:
        """Opens the ledger of a catalogue, or makes an empty one.

        Raises:
            OutputError: the folder cannot be written to, or the file is no ledger. UsageError: another run has it open.
        """
        path = catalogue / NAME
        with _complaints(path):
            con = sqlite3.connect(path, timeout=1.0, isolation_level=None)
            try:
                con.execute("PRAGMA locking_mode = EXCLUSIVE")
                con.execute("PRAGMA journal_mode = WAL")
                con.execute("PRAGMA synchronous = FULL")
                con.execute("BEGIN IMMEDIATE")  # takes the lock, which stays
                if not con.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    con.execute(f"PRAGMA user_version = {_VERSION}")
                    for statement in _TABLES.split(";"):
                        con.execute(statement)
                version = con.execute("PRAGMA user_version").fetchone()[0]
                con.execute("COMMIT")
            except BaseException:
                con.close()
                raise
        if version != _VERSION:
            con.close()
            raise UsageError(path, "was written by another version of EarthLoc", "name another folder with --out")
        return cls(path, con)

    def close(self) -> None:
        """Ends the lock."""
        self._con.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _complaints(self.path):
            self._con.execute("BEGIN IMMEDIATE")
            try:
                yield self._con
                self._con.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._con.execute("ROLLBACK")
                raise

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with _complaints(self.path):
            return self._con.execute(query, values).fetchall()

    # -- what to do ----------------------------------------------------------------------------------

    def add(self, found: Photos, identity: dict[str, Any]) -> int:
        """Adds the photos that are new, in order, after those that it has. Returns their number.

        Raises:
            UsageError: the catalogue was made from other photos, or in another way.
        """
        wanted = {**identity, "source": str(found.source)}
        with self._transaction() as con:
            stored = {name: json.loads(value) for name, value in con.execute("SELECT name, value FROM run")}
            differing = [_WORDS[name] for name, value in wanted.items() if stored and stored.get(name) != value]
            if differing:
                raise UsageError(
                    self.path.parent,
                    f"was made with another {' and another '.join(differing)}",
                    "use the same, or name another folder with --out",
                )
            con.executemany(
                "INSERT OR IGNORE INTO run VALUES (?, ?)", [(name, json.dumps(wanted[name])) for name in wanted]
            )
            known = {name for (name,) in con.execute("SELECT photo FROM photos")}
            new = [listed for listed in found.photos if listed.name not in known]
            (last,) = con.execute("SELECT max(seq) FROM photos").fetchone()
            # Files that are written already stay as they are: new photos begin a new one.
            first = 0 if last is None else (last // _BLOCK + 1) * _BLOCK
            con.executemany(
                "INSERT INTO photos (seq, photo, path, nadir_lat, nadir_lon, taken_at, block) VALUES (?,?,?,?,?,?,?)",
                [
                    (
                        seq,
                        one.name,
                        os.fsencode(one.path),
                        *(one.nadir or (None, None)),
                        one.taken_at,
                        seq // _BLOCK,
                    )
                    for seq, one in enumerate(new, start=first)
                ],
            )
        return len(new)

    def retry(self, reasons: Sequence[str]) -> int:
        """Makes failed photos pending, as if never tried. Returns their number.

        Args:
            reasons: ids of messages; only photos that failed for these. "all" stands for all.

        Raises:
            UsageError: no photo failed for one of them.
        """
        failed = {reason: count for reason, count, _ in self.failures()}
        if unknown := [reason for reason in reasons if reason not in failed and reason != ALL]:
            hint = f"give one of: {', '.join([ALL, *failed])}" if failed else "leave out --retry"
            raise UsageError(self.path.parent, f"no photo of it failed for the reason {unknown[0]}", hint)
        with self._transaction() as con:
            for reason in failed if ALL in reasons else dict.fromkeys(reasons):
                con.execute(
                    "DELETE FROM blocks WHERE block IN (SELECT block FROM photos WHERE state = ? AND reason = ?)",
                    (FAILED, reason),
                )
                con.execute(
                    "UPDATE photos SET state = ?, attempts = 0, status = NULL, reason = NULL, row = NULL"
                    " WHERE state = ? AND reason = ?",
                    (PENDING, FAILED, reason),
                )
        return sum(failed.values()) if ALL in reasons else sum(failed[reason] for reason in set(reasons))

    def pending(self, after: int, limit: int) -> list[Job]:
        """The next photos to locate, with numbers above `after`."""
        rows = self._rows(
            "SELECT seq, photo, path, nadir_lat, nadir_lon, taken_at FROM photos WHERE state = ? AND seq > ?"
            " ORDER BY seq LIMIT ?",
            PENDING,
            after,
            limit,
        )
        return [
            Job(seq, Listed(photo, os.fsdecode(path), None if lat is None else (lat, lon), taken_at))
            for seq, photo, path, lat, lon, taken_at in rows
        ]

    def attempts(self, seq: int) -> int:
        """How often a photo was tried in vain."""
        return int(self._rows("SELECT attempts FROM photos WHERE seq = ?", seq)[0][0])

    # -- what was done -------------------------------------------------------------------------------

    def record(self, records: Sequence[Record]) -> None:
        """Records what became of photos, all or nothing."""
        with self._transaction() as con:
            for one in records:
                row = one.row
                if one.state != DONE:
                    con.execute("UPDATE photos SET attempts = attempts + 1 WHERE seq = ?", (one.seq,))
                    con.execute(
                        "INSERT INTO attempts SELECT seq, attempts, ?, ? FROM photos WHERE seq = ?",
                        (row["reason"], row["message"], one.seq),
                    )
                if one.state != PENDING:
                    con.execute(_OUTDATE, (one.seq, one.seq))  # by the content that it had, as before a retry
                    con.execute(
                        "UPDATE photos SET state = ?, status = ?, reason = ?, sha256 = ?, row = ? WHERE seq = ?",
                        (
                            one.state,
                            row["status"],
                            row["reason"],
                            row.get("sha256"),
                            json.dumps(row, sort_keys=True),
                            one.seq,
                        ),
                    )
                    con.execute(_OUTDATE, (one.seq, one.seq))

    def complete_blocks(self, among: Iterable[int] | None = None) -> list[int]:
        """Blocks of which no photo is pending, and whose file is not written yet.

        Args:
            among: numbers of photos; only their blocks are looked at.
        """
        if among is None:
            blocks = {block for (block,) in self._rows("SELECT DISTINCT block FROM photos")}
        else:
            blocks = {seq // _BLOCK for seq in among}
        blocks -= self.written_blocks().keys()
        query = "SELECT EXISTS (SELECT 1 FROM photos WHERE block = ? AND state = ?)"
        return [block for block in sorted(blocks) if not self._rows(query, block, PENDING)[0][0]]

    def rows_of(self, block: int) -> list[dict[str, Any]]:
        """The rows of a block, in order."""
        return [{**json.loads(row), "duplicate_of": first} for row, first in self._rows(_ROWS, block)]

    def block_written(self, block: int, size: int) -> None:
        """Records that the file of a block is written, with its size in bytes."""
        with self._transaction() as con:
            con.execute("INSERT OR REPLACE INTO blocks VALUES (?, ?)", (block, size))

    def written_blocks(self) -> dict[int, int]:
        """Sizes in bytes of the files that are written, by block."""
        return dict(self._rows("SELECT block, bytes FROM blocks"))

    def forget_block(self, block: int) -> None:
        """The file of a block is not there any more."""
        with self._transaction() as con:
            con.execute("DELETE FROM blocks WHERE block = ?", (block,))

    # -- sums ----------------------------------------------------------------------------------------

    def statuses(self) -> Counter[str]:
        """Photos by status; "pending" for those that are not located yet."""
        query = f"SELECT coalesce(status, '{PENDING}'), count(*) FROM photos GROUP BY 1"  # nosec B608
        return Counter(dict(self._rows(query)))

    def failures(self) -> list[tuple[str, int, str]]:
        """Reason, number of photos and one of their names, the most frequent first."""
        query = (
            "SELECT coalesce(reason, ''), count(*), min(photo) FROM photos WHERE state = ?"
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return [(reason, count, photo) for reason, count, photo in self._rows(query, FAILED)]

    def tried_again(self) -> list[tuple[str, int]]:
        """Reason and number of the tries that were in vain but not the last."""
        query = (
            "SELECT a.reason, count(*) FROM attempts a JOIN photos p USING (seq)"
            " WHERE p.state != ? OR a.attempt < p.attempts GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return [(reason, count) for reason, count in self._rows(query, FAILED)]

    def duplicates(self) -> int:
        """Photos whose file has the same content as that of an earlier one."""
        query = "SELECT count(sha256) - count(DISTINCT sha256) FROM photos"
        return int(self._rows(query)[0][0])


@contextlib.contextmanager
def _complaints(path: Path) -> Iterator[None]:
    """Turns what SQLite complains about into errors with a hint."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the primary code
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            hint = "wait until it has ended, or name another folder with --out"
            raise UsageError(path.parent, "another run is writing this catalogue", hint) from error
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise InputError(path, "is damaged", "move the folder away and run again") from error
        kind = errno.EIO
        if code == sqlite3.SQLITE_FULL:
            kind = errno.ENOSPC
        elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            kind = errno.EACCES
        raise OutputError.from_os_error(path, OSError(kind, str(error))) from error
