"""A cache of fetched tiles on disk, so that they can be used again without the network.

It is one SQLite file. `answers` maps each address to its content; `contents` holds each content once under its SHA-256,
because half of a tile server's tiles are the same blue sea. Addresses are stored as hashes, because they may contain
keys. Several processes may use the file. When it grows too large, the least recently used tiles are deleted. A cache
that cannot be used is not an error: tiles are then fetched again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

MAX_BYTES = 2_000_000_000
NO_TILE = b""  # cached for an address where a working server has nothing

_LOG = logging.getLogger(__name__)
_LOCK_TIMEOUT_S = 5.0
_KEYS_PER_STATEMENT = 400  # SQLite allows some thousand variables in a statement
_EVICTED_SHARE = 0.05  # share of the answers that is deleted before the size is checked again
_TABLES = """
CREATE TABLE IF NOT EXISTS contents (sha256 BLOB PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    address BLOB PRIMARY KEY, sha256 BLOB NOT NULL, used_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS answers_used ON answers (used_at);
CREATE INDEX IF NOT EXISTS answers_content ON answers (sha256);
"""


def default_cache_file() -> Path:
    """The cache file in the folder that this operating system provides for caches."""
    home = Path.home()
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "earthloc" / "cache"
    elif sys.platform == "darwin":
        folder = home / "Library" / "Caches" / "earthloc"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "earthloc"
    return folder / "tiles.sqlite"


class TileCache:
    """The cache file at `path`, created when something is first stored.

    Args:
        path: the file.
        max_bytes: limit for all contents together.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._warned = False

    def get(self, addresses: Iterable[str]) -> dict[str, bytes]:
        """The cached contents of these addresses; NO_TILE where the server had nothing."""
        keys = {_key(address): address for address in addresses}
        found: dict[str, bytes] = {}

        def select(database: sqlite3.Connection) -> None:
            remaining = list(keys)
            for start in range(0, len(remaining), _KEYS_PER_STATEMENT):
                chunk = remaining[start : start + _KEYS_PER_STATEMENT]
                marks = ",".join("?" * len(chunk))  # only these are inserted into the statements
                statement = (
                    "SELECT address, sha256, body FROM answers JOIN contents USING (sha256)"  # nosec B608
                    f" WHERE address IN ({marks})"
                )
                for key, sha256, body in database.execute(statement, chunk):
                    if hashlib.sha256(body).digest() == sha256:
                        found[keys[key]] = body
                update = f"UPDATE answers SET used_at = ? WHERE address IN ({marks})"  # nosec B608
                database.execute(update, [int(time.time()), *chunk])

        if keys and self.path.is_file():
            self._transaction(select)
        return found

    def put(self, answers: Mapping[str, bytes]) -> None:
        """Store the contents of these addresses."""

        def insert(database: sqlite3.Connection) -> None:
            now = int(time.time())
            for address, body in answers.items():
                sha256 = hashlib.sha256(body).digest()
                database.execute("INSERT OR REPLACE INTO contents VALUES (?, ?)", (sha256, body))
                database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (_key(address), sha256, now))
            self._make_room(database)

        if answers:
            self._transaction(insert)

    def _make_room(self, database: sqlite3.Connection) -> None:
        while _bytes_in_use(database) > self._max_bytes:
            (count,) = database.execute("SELECT count(*) FROM answers").fetchone()
            if count == 0:
                return
            database.execute(
                "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers ORDER BY used_at, rowid LIMIT ?)",
                (1 + int(count * _EVICTED_SHARE),),
            )
            database.execute("DELETE FROM contents WHERE sha256 NOT IN (SELECT sha256 FROM answers)")

    def _transaction(self, action: Callable[[sqlite3.Connection], None]) -> None:
        """Run an action in a transaction. A damaged file is deleted; a locked or full one is left unchanged."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(self._connect()) as database, database:
                action(database)
        except (sqlite3.OperationalError, OSError) as error:  # locked, full, not permitted
            self._warn_once("cannot be used", error)
        except sqlite3.DatabaseError as error:
            self._warn_once("is damaged and was deleted", error)
            with contextlib.suppress(OSError):
                for suffix in ("", "-wal", "-shm"):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=_LOCK_TIMEOUT_S)
        try:
            # After a power failure the last tiles may be missing, but none is incomplete.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_TABLES)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _warn_once(self, what: str, error: Exception) -> None:
        if not self._warned:
            _LOG.warning("%s: the tile cache %s (%s)", self.path, what, error)
        self._warned = True


def _bytes_in_use(database: sqlite3.Connection) -> int:
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return (pages - free) * size


def _key(address: str) -> bytes:
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).digest()
