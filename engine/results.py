"""The results GeoPackage: what was found for each photo, as layers that outlive the program.

One file; engine/contract/results.py defines its tables and what fills them.
Every save is one transaction that has reached the disk when it returns; a crash, a full disk or a pulled plug
leaves the file as it was before. QGIS may have the file open all the while.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import shapely
import shapely.geometry

from engine import geopackage
from engine.contract.answers import PhotoInfoAnswer
from engine.contract.localization import GeoJson, LatLonList, Localization, read_localization
from engine.contract.results import (
    CANDIDATES,
    FOOTPRINTS,
    LAYERS,
    PHOTOS,
    REVIEWS,
    SEARCH_AREAS,
    TIE_POINTS,
    Found,
    best_candidate,
)
from engine.contract.review import DECISION_COLUMNS, DECISION_TABLES, EFFECTIVE_REVIEW, now, photo_key
from engine.contract.status import ACCEPTED, LOCATED, UNREVIEWED
from engine.contract.validation import InvalidValueError
from engine.errors import OutputError
from engine.results_schema import ensure_tables, not_a_geopackage

_SMALLEST_DATABASE_BYTES = 512
Row = dict[str, Any]


class ResultsFile:
    """A results GeoPackage at `path`, made at the first call when it does not exist.

    An existing GeoPackage gets our tables added; any other file is refused and left alone. The file is open
    only during a call. One writer at a time: other processes wait for up to 10 s.

    Every method raises OutputError with nothing changed in the file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(os.path.abspath(path))

    def prepare(self) -> None:
        """Makes the file, or finds it fit for writing, before work is put into what it shall hold."""
        with self._transaction() as con:
            con.execute("UPDATE earthloc_schema SET version = version")  # a write, to find out

    def save(
        self, localization: Localization, info: PhotoInfoAnswer | None = None, include_reviewed: bool = False
    ) -> bool:
        """Replaces a photo's rows by a new localization.

        Args:
            localization: the answer.
            info: the photo's `photo/info`, for what the localization does not carry; None when unreadable.
            include_reviewed: also replaces the rows of a photo that a review decided on. The history then keeps what
                was decided on, so that it can be restored.

        Returns:
            False, with nothing replaced, for a photo that a review decided on, unless those are included.
        """
        photo, nadir = self.key(localization["photo"]), localization["nadir"]
        found = Found(localization, best_candidate(localization), info or {})
        located = {"located_at": now()}
        where = localization.get("where")
        rows: dict[str, list[Row]] = {
            PHOTOS.name: [{"geom": _point(nadir) if nadir else None, **PHOTOS.values(found), **located}],
            FOOTPRINTS.name: [],
            CANDIDATES.name: [
                {"geom": _multi_polygon(candidate["footprint"]), **CANDIDATES.values(candidate)}
                for candidate in localization["candidates"]
            ],
            TIE_POINTS.name: [
                {"geom": _point([point["lat"], point["lon"]]), **TIE_POINTS.values(point)}
                for point in localization["tie_points"]
            ],
            SEARCH_AREAS.name: [
                {"geom": _multi_polygon(area["outline"]), **SEARCH_AREAS.values(area)}
                for area in (where["areas"] if where else [])
                if area["outline"]["coordinates"]
            ],
        }
        if localization["footprint"]:
            geom = _multi_polygon(localization["footprint"])
            rows[FOOTPRINTS.name].append({"geom": geom, **FOOTPRINTS.values(found), **located})
        with self._transaction() as con:
            decision = _decision(con, photo)
            if decision and not include_reviewed:
                return False
            if decision:
                _keep_in_history(con, photo, decision)
            for table, table_rows in rows.items():
                _delete(con, table, photo)
                for row in table_rows:
                    _insert(con, table, {"photo": photo, "photo_id": localization["photo_id"], **row})
                geopackage.refresh_contents(con, table)
        return True

    def remove(self, photos: Sequence[str | Path]) -> int:
        """Deletes the rows of these photos but not their reviews; returns how many of them were in the file."""
        with self._transaction() as con:
            found = 0
            for layer in LAYERS:
                for photo in photos:
                    deleted = _delete(con, layer.name, self.key(photo))
                    found += deleted if layer is PHOTOS else 0
                geopackage.refresh_contents(con, layer.name)
            return found

    def rows(self) -> list[Row]:
        """The table `photos` without its geometry, in the order of saving; `localization` is parsed."""
        with self._connection() as con:
            found = _dicts(con.execute("SELECT * FROM photos ORDER BY fid"))
        for row in found:
            row.pop("geom")
            row["localization"] = self._read(row["localization"], row["photo"])
        return found

    def decisions(self) -> dict[str, str]:
        """What reviews decided, by photo as the table `photos` names it; photos without a decision are left out."""
        with self._connection() as con:
            known = [row["photo"] for row in _dicts(con.execute("SELECT photo FROM photos"))]
            found = {photo: _decision(con, photo) for photo in known}
        return {photo: decision["decision"] for photo, decision in found.items() if decision}

    def located(self, taken: tuple[str, str], photo_ids: Sequence[str]) -> list[Row]:
        """The located photos taken between two times (ISO 8601) or with one of these ids; none without a file.

        Each with "photo", "photo_id", "taken_at" and "index_name". Those that a review left open, rejected or moved
        elsewhere are not among them.
        """
        if not self.path.is_file():
            return []
        marks = ", ".join("?" * len(photo_ids))
        statement = f"""SELECT photo, photos.photo_id, taken_at, index_name FROM photos JOIN footprints USING (photo)
            WHERE photos.status = '{LOCATED}' AND review IN ('{UNREVIEWED}', '{ACCEPTED}')
            AND (taken_at BETWEEN ? AND ? OR photos.photo_id IN ({marks}))"""  # nosec B608 - constants and question marks
        with self._connection() as con:
            return _dicts(con.execute(statement, [*taken, *photo_ids]))

    def localization(self, photo: str | Path) -> Localization | None:
        """The localization in effect for a photo; None when the file, or the photo in it, is missing."""
        return self._effective(photo, only_reviewed=False)

    def reviewed(self, photo: str | Path) -> Localization | None:
        """The localization in effect for a photo that a review decided on; None for any other photo.

        A decision stays in effect until the photo is located again or the decision is undone.
        """
        return self._effective(photo, only_reviewed=True)

    def refuse_reviewed(self, photo: str | Path) -> None:
        """Raises OutputError for a photo that a review decided on."""
        if self.reviewed(photo) is not None:
            raise OutputError.of("results.reviewed", path=self.path, photo=Path(photo).name)

    def key(self, photo: str | Path) -> str:
        """How the tables name a photo: relative to the file's folder when below it, else absolute."""
        return photo_key(photo, self.path.parent)

    def _effective(self, photo: str | Path, only_reviewed: bool) -> Localization | None:
        if not self.path.is_file():
            return None
        key = self.key(photo)
        with self._connection() as con:
            if PHOTOS.name not in _tables(con) or (only_reviewed and _decision(con, key) is None):
                return None
            text = _effective_text(con, key)
        return None if text is None else self._read(text, key)

    def _read(self, text: str, photo: str) -> Localization:
        try:
            return read_localization(text)
        except InvalidValueError as error:
            raise OutputError.of("results.damaged_photo", path=self.path, photo=photo, reason=str(error)) from error

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """An open file, whose complaints become OutputErrors; closing rolls back what was not committed."""
        try:
            con = geopackage.connect(self.path)
        except sqlite3.Error as error:
            raise self._refusal(error) from error
        try:
            yield con
        except sqlite3.Error as error:
            raise self._refusal(error) from error
        finally:
            con.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction, committed at the end; the tables exist."""
        # SQLite takes a file of a few bytes for an empty database and would overwrite it.
        with contextlib.suppress(OSError):
            if 0 < self.path.stat().st_size < _SMALLEST_DATABASE_BYTES:
                raise not_a_geopackage(self.path)
        with self._connection() as con:
            # Also syncs the folder, so that a commit outlasts a power cut. The journal mode stays as it is:
            # QGIS switches files that it edits to WAL and back.
            con.execute("PRAGMA synchronous = EXTRA")
            con.execute("BEGIN IMMEDIATE")
            ensure_tables(con, self.path)
            yield con
            con.execute("COMMIT")

    def _refusal(self, error: sqlite3.Error) -> OutputError:
        """What SQLite complains about, as an error with a hint."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the primary code
        if code == sqlite3.SQLITE_FULL:
            return OutputError.from_os_error(self.path, OSError(errno.ENOSPC, "no space"))
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return OutputError.of("results.busy", path=self.path)
        if code == sqlite3.SQLITE_NOTADB:
            return not_a_geopackage(self.path)
        if code == sqlite3.SQLITE_CORRUPT:
            return OutputError.of("results.damaged", path=self.path)
        if os.path.isdir(self.path):
            return OutputError.of("results.folder", path=self.path)
        if not os.path.lexists(self.path.parent):
            return OutputError.of("results.no_folder", path=self.path)
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return OutputError.from_os_error(self.path, PermissionError(errno.EACCES, "no access"))
        return OutputError.of("results.failed", path=self.path, reason=str(error))


# Files of version 1 have no history.
_DECISION_1 = "SELECT review FROM footprints WHERE photo = ?"
_DECISION = f"SELECT {DECISION_COLUMNS}, p.photo_id FROM {DECISION_TABLES} WHERE p.photo = ?"  # nosec B608


def _tables(con: sqlite3.Connection) -> set[str]:
    return {name for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _decision(con: sqlite3.Connection, photo: str) -> Row | None:
    """The decision in effect on a photo, as columns of `reviews`, or None."""
    statement = _DECISION if REVIEWS.name in _tables(con) else _DECISION_1
    found = _dicts(con.execute(statement, (photo,)))
    if not found:
        return None
    decision = {"decision": found[0].pop("review", None), **found[0]}
    return decision if decision["decision"] not in (None, UNREVIEWED) else None


def _effective_text(con: sqlite3.Connection, photo: str) -> str | None:
    """The localization in effect for a photo, as JSON."""
    effective, review = "p.localization", ""
    if REVIEWS.name in _tables(con):
        effective = "coalesce(r.localization, p.localization)"
        review = f"LEFT JOIN reviews r ON r.fid = {EFFECTIVE_REVIEW}"
    statement = f"SELECT {effective} FROM photos p {review} WHERE p.photo = ?"  # nosec B608
    row = con.execute(statement, (photo,)).fetchone()
    return None if row is None else row[0]


def _keep_in_history(con: sqlite3.Connection, photo: str, decision: Row) -> None:
    """Adds to the history what a decision rests on, where the history lacks it: the photo's own rows go now."""
    last = con.execute(
        "SELECT decision, localization IS NOT NULL FROM reviews WHERE photo = ? ORDER BY fid DESC LIMIT 1",
        (photo,),
    ).fetchone()
    if last != (decision["decision"], 1):
        _insert(con, REVIEWS.name, {"photo": photo, **decision, "localization": _effective_text(con, photo)})


def _dicts(cursor: sqlite3.Cursor) -> list[Row]:
    columns = [name for name, *_ in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


def _delete(con: sqlite3.Connection, table: str, photo: str) -> int:
    # Tables and columns are those of LAYERS, here and below.
    statement = f'DELETE FROM "{table}" WHERE photo = ?'  # nosec B608
    return con.execute(statement, (photo,)).rowcount


def _insert(con: sqlite3.Connection, table: str, row: Row) -> None:
    columns = ", ".join(f'"{name}"' for name in row)
    values = ", ".join("?" * len(row))
    statement = f'INSERT INTO "{table}" ({columns}) VALUES ({values})'  # nosec B608
    con.execute(statement, [_storable(value) for value in row.values()])


def _storable(value: Any) -> Any:
    """Text that a database takes: file names need not be valid UTF-8 on Linux."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _point(lat_lon: LatLonList) -> bytes:
    return geopackage.geometry_blob(shapely.Point(lat_lon[1], lat_lon[0]))


def _multi_polygon(geojson: GeoJson) -> bytes:
    geometry = shapely.geometry.shape(geojson)
    if isinstance(geometry, shapely.Polygon):
        geometry = shapely.MultiPolygon([geometry])
    return geopackage.geometry_blob(geometry)
