"""Reads and writes review decisions in the results GeoPackage.

The plugin writes them itself, because the engine may be busy for seconds or may not be installed. Every write is one
transaction. Each decision adds a row to `reviews`, from which rows are never deleted, and sets the columns `review`,
`reviewer`, `reviewed_at` and `note` of the photo's footprint. The engine's own answer, `photos.localization`, never
changes. All methods may wait for another program's lock, so call them on a background thread.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..contract.localization import Localization
from ..contract.results import FOOTPRINTS, REVIEWS, TIE_POINTS, Found
from ..contract.review import DECISION_COLUMNS, DECISION_TABLES, EFFECTIVE_REVIEW, ReviewDecision, photo_key
from ..contract.status import CORRECTED, UNREVIEWED, USABLE, DecisionKind
from .footprint import geometry_blob, point_blob
from .sqlite_uri import sqlite_uri
from .store import ResultStore, StoreError, open_for_writing, parsed

LOCK_WAIT_S = 10.0
_COLUMNS_SQL = "SELECT name FROM pragma_table_info(?)"
_NUMBER = re.compile(r"\d+")

_STATES_SQL = f"""SELECT p.photo, p.photo_id, p.status, p.confidence, p.taken_at, p.message, p.located_at,
    {DECISION_COLUMNS}, effective.decision = '{CORRECTED}' AS corrected
    FROM {DECISION_TABLES} LEFT JOIN reviews effective ON effective.fid = {EFFECTIVE_REVIEW}"""  # nosec B608


@dataclass
class Reviewed:
    """A photo for the review queue: the engine's result and the last decision."""

    path: str
    photo_id: Optional[str]
    status: str
    confidence: Optional[float]
    taken_at: Optional[str]
    message: str
    review: DecisionKind = UNREVIEWED
    reviewer: str = ""
    reviewed_at: str = ""
    note: str = ""
    corrected: bool = False  # the footprint is no longer the engine's own
    sort_name: tuple = field(init=False, repr=False)  # sorts frames by number: 99 before 100

    def __post_init__(self) -> None:
        self.sort_name = (_NUMBER.sub("#", self.name), tuple(int(number) for number in _NUMBER.findall(self.name)))

    @property
    def name(self) -> str:
        """The photo's id, or the file's name without its suffix when it has none."""
        return self.photo_id or os.path.splitext(os.path.basename(self.path))[0]


class ReviewFile:
    """The reviews in one results GeoPackage.

    All methods raise StoreError when the file cannot be read or written; it is unchanged then.

    Args:
        path: of the GeoPackage.
        wait_s: how long to wait while another program locks it.
    """

    def __init__(self, path: Path, wait_s: float = LOCK_WAIT_S) -> None:
        self.path = Path(path)
        self._wait_s = wait_s

    def is_ready(self) -> bool:
        """Whether the file exists and has all columns that reviews need. An older file must be upgraded first."""
        return self.path.is_file() and all(
            {column.name for column in table.columns} <= self._columns(table.name)
            for table in (FOOTPRINTS, TIE_POINTS, REVIEWS)
        )

    def _columns(self, table: str) -> set[str]:
        return {row["name"] for row in self._read(_COLUMNS_SQL, (table,))}

    def states(self) -> list[Reviewed]:
        """All photos with their last decision, in the order in which they were located; [] if there is no file."""
        return [self._state(row) for row in self._read(f"{_STATES_SQL} ORDER BY p.fid")] if self.path.is_file() else []

    def states_since(self, fid: int) -> tuple[list[Reviewed], int]:
        """Photos with decisions after row `fid` of the history, by any reviewer; and the id of the last row now."""
        last = int(self._read("SELECT coalesce(max(fid), 0) AS last FROM reviews")[0]["last"])
        if last <= fid:
            return [], last
        where = "WHERE p.photo IN (SELECT photo FROM reviews WHERE fid > ?)"
        return [self._state(row) for row in self._read(f"{_STATES_SQL} {where}", (fid,))], last  # nosec B608

    def reviewed(self) -> set[str]:
        """Paths of the photos that a review decided on; empty if there is no file, or it has no history."""
        return {photo for photo, decision in self.decisions().items() if decision != UNREVIEWED}

    def decisions(self) -> dict[str, DecisionKind]:
        """The decision in effect on each photo; empty if there is no file, or it has no history."""
        if not self.path.is_file() or not self._columns(REVIEWS.name):
            return {}
        rows = self._read(f"SELECT p.photo, {DECISION_COLUMNS} FROM {DECISION_TABLES}")  # nosec B608
        return {self._absolute(row["photo"]): row["review"] or UNREVIEWED for row in rows}

    def earlier(self, photo: str) -> Optional[ReviewDecision]:
        """The last decision that is no longer in effect because `photo` was located again; None without one.

        None also if that decision was undone, or accepted a footprint that the history does not hold.
        """
        rows = self._read(
            "SELECT r.* FROM reviews r JOIN photos p USING (photo) WHERE photo = ? AND r.reviewed_at < p.located_at"
            " ORDER BY r.fid DESC LIMIT 1",
            (self._key(photo),),
        )
        if not rows or rows[0]["decision"] == UNREVIEWED:
            return None
        row, found = rows[0], parsed(rows[0]["localization"], self.path, photo)
        if found is None and row["decision"] in USABLE:
            return None
        return ReviewDecision(
            photo, row["decision"], row["reviewer"] or "", row["note"] or "", found, reviewed_at=row["reviewed_at"]
        )

    def localizations(self, photo: str) -> tuple[Optional[Localization], Optional[Localization]]:
        """The localization in effect, and the engine's own; None for each that does not exist."""
        return ResultStore(self.path, LOCK_WAIT_S).localizations(photo)

    def write(self, decisions: list[ReviewDecision]) -> None:
        """Adds decisions in one transaction. They are on the disk when this returns."""
        try:
            with closing(open_for_writing(self.path, self._wait_s)) as database:
                database.execute("PRAGMA synchronous = EXTRA")  # a commit survives a power cut
                database.execute("BEGIN IMMEDIATE")
                for decision in decisions:
                    self._write_one(database, decision)
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: the decision could not be saved ({error}).") from error

    def _write_one(self, database: sqlite3.Connection, decision: ReviewDecision) -> None:
        key = self._key(decision.photo)
        # A photo may have been removed from the file since; its history stays.
        row = database.execute("SELECT photo_id FROM photos WHERE photo = ?", (key,)).fetchone()
        photo_id = row[0] if row is not None else None
        _insert(database, REVIEWS.name, {"photo": key, "photo_id": photo_id, **REVIEWS.values(decision)})
        if decision.replaces_footprint and decision.localization is not None and row is not None:
            _replace_footprint(database, key, photo_id, decision)
        database.execute(
            "UPDATE footprints SET review = ?, reviewer = ?, reviewed_at = ?, note = ? WHERE photo = ?",
            (decision.decision, decision.reviewer, decision.reviewed_at, decision.note, key),
        )

    def _read(self, sql: str, values: tuple = ()) -> list[sqlite3.Row]:
        try:
            uri = sqlite_uri(self.path, "ro")
            with closing(sqlite3.connect(uri, uri=True, timeout=self._wait_s)) as database:
                database.row_factory = sqlite3.Row
                return database.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: the reviews could not be read ({error}).") from error

    def _key(self, photo: str) -> str:
        return photo_key(photo, self.path.parent)

    def _absolute(self, stored: str) -> str:
        return os.path.normpath(os.path.join(self.path.parent, stored))

    def _state(self, row: sqlite3.Row) -> Reviewed:
        return Reviewed(
            self._absolute(row["photo"]), row["photo_id"], row["status"] or "",
            row["confidence"], row["taken_at"], row["message"] or "",
            row["review"] or UNREVIEWED, row["reviewer"] or "", row["reviewed_at"] or "", row["note"] or "",
            bool(row["corrected"]),
        )  # fmt: skip


def _insert(database: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))  # nosec B608


def _replace_footprint(database: sqlite3.Connection, key: str, photo_id: Any, decision: ReviewDecision) -> None:
    """Replaces the photo's footprint and tie points by those of the decision; other columns stay."""
    found = decision.localization
    if found is None:
        return
    photo = {"photo": key, "photo_id": photo_id}
    database.execute("DELETE FROM tie_points WHERE photo = ?", (key,))
    for point in found["tie_points"]:
        geom = point_blob(point["lat"], point["lon"])
        _insert(database, TIE_POINTS.name, {"geom": geom, **photo, **TIE_POINTS.values(point)})
    if not found["footprint"]:
        database.execute("DELETE FROM footprints WHERE photo = ?", (key,))
        return
    candidate: Mapping[str, Any] = decision.candidate or {}
    row = {"geom": geometry_blob(found["footprint"]), **FOOTPRINTS.values(Found(found, candidate))}
    if row["focal_length_mm"] is None:  # the value from EXIF is still valid
        del row["focal_length_mm"]
    if database.execute("SELECT 1 FROM footprints WHERE photo = ?", (key,)).fetchone():
        columns = ", ".join(f"{name} = ?" for name in row)
        database.execute(f"UPDATE footprints SET {columns} WHERE photo = ?", [*row.values(), key])  # nosec B608
    else:
        located_at = database.execute("SELECT located_at FROM photos WHERE photo = ?", (key,)).fetchone()[0]
        _insert(database, FOOTPRINTS.name, {**row, **photo, "located_at": located_at})
