"""Decisions on located photos, in the results GeoPackage: read, and added to the history that is kept there.

The plugin writes them itself, without the engine, which may be busy for seconds or not be there at all. Every
decision is one transaction: a row in `reviews`, which only grows, and the columns `review`, `reviewer`,
`reviewed_at` and `note` of the photo's footprint. The engine's own answer, `photos.localization`, is never touched.
Everything here may wait for another program's lock: call it on a thread of its own.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

from .footprint import geometry_blob, point_blob
from .store import HELD_REVIEW, ResultStore, StoreError, open_for_writing, parsed, photo_key

UNREVIEWED, ACCEPTED, CORRECTED, REJECTED, UNSURE = "unreviewed", "accepted", "corrected", "rejected", "unsure"
NOT_LAND, CLOUD, NIGHT = "not_land", "cloud", "night"
USABLE = (ACCEPTED, CORRECTED)

LOCK_WAIT_S = 10.0
_NUMBER = re.compile(r"\d+")

# The last decision on photos p, in their footprints f, or in the history r where they have none.
REVIEW_COLUMNS = """
    CASE WHEN f.fid IS NOT NULL THEN f.review WHEN r.reviewed_at >= p.located_at THEN r.decision END AS review,
    CASE WHEN f.fid IS NOT NULL THEN f.reviewer WHEN r.reviewed_at >= p.located_at THEN r.reviewer END AS reviewer,
    CASE WHEN f.fid IS NOT NULL THEN f.reviewed_at WHEN r.reviewed_at >= p.located_at THEN r.reviewed_at END
    AS reviewed_at,
    CASE WHEN f.fid IS NOT NULL THEN f.note WHEN r.reviewed_at >= p.located_at THEN r.note END AS note"""
REVIEW_TABLES = """photos p LEFT JOIN footprints f ON f.photo = p.photo
    LEFT JOIN (SELECT photo, max(fid) AS last FROM reviews GROUP BY photo) l ON l.photo = p.photo
    LEFT JOIN reviews r ON r.fid = l.last"""
_STATES = f"""SELECT p.photo, p.photo_id, p.status, p.confidence, p.taken_at, p.message, p.located_at,
    {REVIEW_COLUMNS}, held.decision = '{CORRECTED}' AS corrected
    FROM {REVIEW_TABLES} LEFT JOIN reviews held ON held.fid = {HELD_REVIEW}"""  # nosec B608


@dataclass
class Reviewed:
    """A photo as the queue shows it: what the engine said, and the last decision."""

    path: str
    photo_id: Optional[str]
    status: str
    confidence: Optional[float]
    taken_at: Optional[str]
    message: str
    review: str = UNREVIEWED
    reviewer: str = ""
    reviewed_at: str = ""
    note: str = ""
    corrected: bool = False  # the footprint is not the engine's own any more
    sort_name: tuple = field(init=False, repr=False)  # frames in the order of their numbers: 99 before 100

    def __post_init__(self) -> None:
        self.sort_name = (_NUMBER.sub("#", self.name), tuple(int(number) for number in _NUMBER.findall(self.name)))

    @property
    def name(self) -> str:
        """The photo's id, or the file's name without its suffix when it has none."""
        return self.photo_id or os.path.splitext(os.path.basename(self.path))[0]


@dataclass
class Decision:
    """What somebody decided.

    Attributes:
        photo: path.
        decision: one of the words above.
        localization: what was decided on; None where the decision leaves standing what was held before.
        candidate: the entry of `candidates` it rests on, or None.
        replaces_footprint: the footprint and its tie points become those of `localization`.
    """

    photo: str
    decision: str
    reviewer: str = ""
    note: str = ""
    localization: Optional[dict] = None
    candidate: Optional[dict] = None
    replaces_footprint: bool = False
    reviewed_at: str = field(default_factory=lambda: datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))


class ReviewFile:
    """The reviews in one results GeoPackage. Raises StoreError, with nothing changed in the file.

    Args:
        path: of the GeoPackage.
        wait_s: how long to wait for another program that holds it.
    """

    def __init__(self, path: Path, wait_s: float = LOCK_WAIT_S) -> None:
        self.path = Path(path)
        self._wait_s = wait_s

    def is_ready(self) -> bool:
        """Whether the file exists and has a history; one of an older version must be brought up to date first."""
        return self.path.is_file() and bool(self._read("SELECT 1 FROM sqlite_master WHERE name = 'reviews'"))

    def states(self) -> list[Reviewed]:
        """All photos with their last decision, in the order they were located; [] when there is no file."""
        return [self._state(row) for row in self._read(f"{_STATES} ORDER BY p.fid")] if self.path.is_file() else []

    def states_since(self, fid: int) -> tuple[list[Reviewed], int]:
        """The photos decided on after row `fid` of the history, by anybody, and the last row now."""
        last = int(self._read("SELECT coalesce(max(fid), 0) AS last FROM reviews")[0]["last"])
        if last <= fid:
            return [], last
        where = "WHERE p.photo IN (SELECT photo FROM reviews WHERE fid > ?)"
        return [self._state(row) for row in self._read(f"{_STATES} {where}", (fid,))], last  # nosec B608

    def reviewed(self) -> set[str]:
        """Paths of the photos that a review decided on; none where there is no file, or one without a history."""
        if not self.is_ready():
            return set()
        rows = self._read(f"SELECT p.photo, {REVIEW_COLUMNS} FROM {REVIEW_TABLES}")  # nosec B608
        return {self._absolute(row["photo"]) for row in rows if row["review"] not in (None, UNREVIEWED)}

    def earlier(self, photo: str) -> Optional[Decision]:
        """The decision that locating `photo` again has put aside, with what it rests on; None without one.

        One that was undone is none, nor one by which a footprint was accepted that the history does not hold.
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
        return Decision(
            photo, row["decision"], row["reviewer"] or "", row["note"] or "", found, reviewed_at=row["reviewed_at"]
        )

    def localizations(self, photo: str) -> tuple[Optional[dict], Optional[dict]]:
        """The localization that holds now, and the engine's own answer; None where there is none."""
        return ResultStore(self.path, LOCK_WAIT_S).localizations(photo)

    def write(self, decisions: list[Decision]) -> None:
        """Adds decisions, all or none; they have reached the disk when this returns."""
        try:
            with closing(open_for_writing(self.path, self._wait_s)) as database:
                database.execute("PRAGMA synchronous = EXTRA")  # a commit outlasts a power cut
                database.execute("BEGIN IMMEDIATE")
                for decision in decisions:
                    self._write_one(database, decision)
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: the decision could not be saved ({error}).") from error

    def _write_one(self, database: sqlite3.Connection, decision: Decision) -> None:
        key = self._key(decision.photo)
        found, candidate = decision.localization or {}, decision.candidate or {}
        model, imagery = found.get("model") or {}, found.get("imagery") or {}
        # A photo that was taken out of the file meanwhile keeps its place in the history.
        row = database.execute("SELECT photo_id FROM photos WHERE photo = ?", (key,)).fetchone()
        photo_id = row[0] if row is not None else None
        _insert(database, "reviews", {
            "photo": key, "photo_id": photo_id, "decision": decision.decision, "reviewer": decision.reviewer,
            "reviewed_at": decision.reviewed_at, "note": decision.note, "candidate_rank": candidate.get("rank"),
            "index_name": candidate.get("index"), "tile": candidate.get("tile"), "model": model.get("name"),
            "model_sha256": model.get("sha256"), "imagery": imagery.get("source"), "engine": found.get("engine"),
            "localization": json.dumps(found) if found else None,
        })  # fmt: skip
        if decision.replaces_footprint and row is not None:
            _replace_footprint(database, key, photo_id, found, candidate)
        database.execute(
            "UPDATE footprints SET review = ?, reviewer = ?, reviewed_at = ?, note = ? WHERE photo = ?",
            (decision.decision, decision.reviewer, decision.reviewed_at, decision.note, key),
        )

    def _read(self, sql: str, values: tuple = ()) -> list[sqlite3.Row]:
        try:
            uri = self.path.resolve().as_uri() + "?mode=ro"
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


def _replace_footprint(database: sqlite3.Connection, key: str, photo_id: Any, found: dict, candidate: dict) -> None:
    """Makes the photo's footprint and tie points those of a localization; other columns stay."""
    database.execute("DELETE FROM tie_points WHERE photo = ?", (key,))
    for point in found.get("tie_points") or []:
        names = ("x_px", "y_px", "lat", "lon", "residual_px", "residual_km", "origin")
        _insert(database, "tie_points", {
            "geom": point_blob(point["lat"], point["lon"]), "photo": key, "photo_id": photo_id,
            **{name: point.get(name) for name in names},
        })  # fmt: skip
    if not found.get("footprint"):
        database.execute("DELETE FROM footprints WHERE photo = ?", (key,))
        return
    camera, imagery, model = found.get("camera") or {}, found.get("imagery") or {}, found.get("model") or {}
    row: dict[str, Any] = {
        "geom": geometry_blob(found["footprint"]), "status": found.get("status"), "confidence": found.get("confidence"),
        "center_lat": found["center"][0], "center_lon": found["center"][1],
        "nadir_distance_km": candidate.get("nadir_distance_km"), "rotation_deg": candidate.get("rotation_deg"),
        "width_km": candidate.get("width_km"), "inliers": found.get("inliers"), "rms_km": found.get("rms_km"),
        "camera_altitude_km": camera.get("altitude_km"), "tilt_deg": camera.get("tilt_deg"),
        "azimuth_deg": camera.get("azimuth_deg"), "index_name": candidate.get("index"), "tile": candidate.get("tile"),
        "model": model.get("name"), "model_sha256": model.get("sha256"), "engine": found.get("engine"),
        "message": found.get("message"), "imagery": imagery.get("source"),
        "imagery_attribution": imagery.get("attribution"),
    }  # fmt: skip
    if camera.get("focal_length_mm"):
        row["focal_length_mm"] = camera["focal_length_mm"]
    corners = found.get("corners") or [[None, None]] * 4
    for number, (lat, lon) in enumerate(corners, start=1):
        row[f"lat{number}"], row[f"lon{number}"] = lat, lon
    if database.execute("SELECT 1 FROM footprints WHERE photo = ?", (key,)).fetchone():
        columns = ", ".join(f"{name} = ?" for name in row)
        database.execute(f"UPDATE footprints SET {columns} WHERE photo = ?", [*row.values(), key])  # nosec B608
    else:
        located_at = database.execute("SELECT located_at FROM photos WHERE photo = ?", (key,)).fetchone()[0]
        _insert(database, "footprints", {**row, "photo": key, "photo_id": photo_id, "located_at": located_at})
