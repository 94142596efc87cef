"""The results GeoPackage: its path, reading results, removing and copying photos.

The engine writes results; contract/results.py defines the tables. Reading uses plain SQLite, read-only.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from osgeo import gdal
from qgis.core import QgsProject

from ..contract.localization import Localization, read_localization
from ..contract.results import LAYERS, REVIEWS
from ..contract.review import EFFECTIVE_REVIEW, photo_key
from ..contract.validation import InvalidValueError
from .footprint import envelope
from .resources import profile_folder
from .sqlite_uri import sqlite_uri
from .words import tr

TABLES = tuple(table.name for table in LAYERS)
HISTORY = REVIEWS.name  # rows are only added; it stays when a photo is removed
_CHOSEN = ("EarthLoc", "results")  # entry of a project: the results file that the user chose
LOCK_WAIT_S = 0.5  # timeout for another program's lock; short, because it blocks the GUI


class StoreError(Exception):
    """A results file could not be read or changed; the message is for the user and names the file."""


@dataclass(frozen=True)
class StoredPhoto:
    """A row of the table `photos`; `nadir` is (lat, lon)."""

    path: str
    photo_id: str | None
    status: str
    confidence: float | None
    message: str
    taken_at: str | None
    nadir: tuple[float, float] | None


def unsaved_path() -> Path:
    """GeoPackage for the results of a project that has not been saved."""
    return profile_folder() / "unsaved.gpkg"


def results_path(project: QgsProject) -> Path:
    """GeoPackage for the results of `project`: the chosen one, `<name>_earthloc.gpkg` beside it, else in the profile.

    A project without a folder (stored in a database) counts as unsaved.
    """
    chosen = project.readEntry(*_CHOSEN)[0]
    if chosen:
        return Path(project.readPath(chosen))
    folder = project.absolutePath() if project.fileName() else ""
    if not folder or not Path(folder).is_dir():
        return unsaved_path()
    return Path(folder) / f"{project.baseName()}_earthloc.gpkg"


def choose_results_path(project: QgsProject, path: Path) -> None:
    """Makes `path` the results file of `project`. The project keeps it when it is saved."""
    project.writeEntry(*_CHOSEN, project.writePath(str(path)))


def check_writable(path: Path) -> None:
    """Creates the folder of a results file if it is missing, and checks that the file can be written.

    Raises:
        StoreError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):  # SQLite writes a journal beside its file
            pass
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        text = tr("{path}: results cannot be saved there ({why}). Choose another file with “Save results to…”.")
        raise StoreError(text.format(path=path, why=error.strerror)) from error


class ResultStore:
    """One results GeoPackage, which may not exist yet.

    Args:
        path: of the file.
        lock_wait_s: how long reading waits for another program's lock.
    """

    def __init__(self, path: Path, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self.path = Path(path)
        self._lock_wait_s = lock_wait_s

    def key(self, photo: str) -> str:
        """Key of `photo` in the GeoPackage: relative to its folder if below it, with forward slashes."""
        return photo_key(photo, self.path.parent)

    def photos(self) -> list[StoredPhoto]:
        """All photos in the order in which they were located, with absolute paths; [] if there is no file."""
        rows = self._rows(
            "SELECT photo, photo_id, status, confidence, message, taken_at, nadir_lat, nadir_lon"
            " FROM photos ORDER BY located_at, photo"
        )
        return [
            StoredPhoto(self._absolute(photo), photo_id, status or "", confidence, message or "", taken_at,
                        None if lat is None or lon is None else (lat, lon))
            for photo, photo_id, status, confidence, message, taken_at, lat, lon in rows
        ]  # fmt: skip

    def localization(self, photo: str) -> Optional[Localization]:
        """The localization in effect for `photo`: of a review, else of the engine; None without one."""
        return self.localizations(photo)[0]

    def localizations(self, photo: str) -> tuple[Optional[Localization], Optional[Localization]]:
        """The localization in effect for `photo`, and the engine's own, which reviews never change; None for none."""
        reviewed, review = "NULL", ""
        if self._rows("SELECT 1 FROM sqlite_master WHERE name = ?", (HISTORY,)):  # files of version 1 lack it
            reviewed, review = "r.localization", f"LEFT JOIN {HISTORY} r ON r.fid = {EFFECTIVE_REVIEW}"
        sql = f"SELECT {reviewed}, p.localization FROM photos p {review} WHERE p.photo = ?"  # nosec B608
        rows = self._rows(sql, (self.key(photo),))
        decided, own = (parsed(text, self.path, photo) for text in (rows[0] if rows else (None, None)))
        return decided or own, own

    def remove(self, photos: list[str], backup: Optional[Path] = None) -> None:
        """Deletes all rows of `photos`. Unknown photos are ignored.

        Args:
            photos: their paths.
            backup: a new file that receives the rows, for `put_back`.

        Raises:
            StoreError: nothing was changed.
        """
        if not self.path.is_file() or not photos:
            return
        keys = [(self.key(photo),) for photo in photos]
        try:
            with closing(open_for_writing(self.path, LOCK_WAIT_S)) as database:
                database.execute("ATTACH DATABASE ? AS backup", (":memory:" if backup is None else str(backup),))
                database.execute("BEGIN IMMEDIATE")
                database.execute("CREATE TABLE backup.removed (photo TEXT PRIMARY KEY)")
                database.executemany("INSERT OR IGNORE INTO backup.removed VALUES (?)", keys)
                for table in _present(database, "main"):
                    rows = f"FROM main.{table} WHERE photo IN (SELECT photo FROM backup.removed)"  # nosec B608
                    if backup is not None:
                        database.execute(f"CREATE TABLE backup.{table} AS SELECT * {rows}")  # nosec B608
                    database.execute(f"DELETE {rows}")  # nosec B608
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: the photos could not be removed ({error}).") from error

    def put_back(self, backup: Path) -> None:
        """Restores the rows that `remove` wrote to `backup`. Does nothing if that file does not exist.

        A photo that was located again since then keeps its new rows.

        Raises:
            StoreError: nothing was changed.
        """
        if not backup.is_file():
            return
        try:
            with closing(open_for_writing(self.path, LOCK_WAIT_S)) as database:
                database.execute("ATTACH DATABASE ? AS backup", (str(backup),))
                database.execute("BEGIN IMMEDIATE")
                database.execute("DELETE FROM backup.removed WHERE photo IN (SELECT photo FROM main.photos)")
                for table in _present(database, "backup"):
                    names = [f'"{name}"' for _, name, *_ in database.execute(f"PRAGMA backup.table_info({table})")]
                    columns = ", ".join(names)
                    database.execute(
                        f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM backup.{table}"  # nosec B608
                        " WHERE photo IN (SELECT photo FROM backup.removed)"  # nosec B608
                    )
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: the photos could not be restored ({error}).") from error

    def carry_over(self, photos: list[str], target: Path) -> None:
        """Copies the results of `photos` into the GeoPackage `target`, which is created if missing.

        Results of the same photos in `target` are replaced, other results stay, and reviews are added to those there.
        Photo paths are adapted, because they are relative to the folder of the GeoPackage.

        Raises:
            StoreError: the results could not be copied.
        """
        part = target.with_name(f"{target.stem}.carried.gpkg")
        try:
            _copy(self.path, part)
            _keep_photos(part, {self.key(photo): photo_key(photo, target.parent) for photo in photos})
            if target.exists():
                ResultStore(target).remove(photos)
                _append(part, target)
            else:
                os.replace(part, target)
        except (OSError, sqlite3.Error, RuntimeError) as error:
            raise StoreError(f"{target}: the results could not be copied there ({error}).") from error
        finally:
            part.unlink(missing_ok=True)

    def _absolute(self, stored: str) -> str:
        return os.path.normpath(os.path.join(self.path.parent, stored))

    def _rows(self, sql: str, values: tuple = ()) -> list[tuple]:
        if not self.path.is_file():
            return []
        try:
            uri = sqlite_uri(self.path, "ro")
            with closing(sqlite3.connect(uri, uri=True, timeout=self._lock_wait_s)) as database:
                return database.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: the results could not be read ({error}).") from error


def open_for_writing(path: Path, wait_s: float) -> sqlite3.Connection:
    """Opens an existing GeoPackage with the SQL functions that its triggers call. There are no implicit transactions.

    Args:
        path: of the file.
        wait_s: how long to wait for another program that holds it.
    """
    database = sqlite3.connect(sqlite_uri(path, "rw"), uri=True, timeout=wait_s, isolation_level=None)
    for index, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        database.create_function(name, 1, lambda blob, index=index: (envelope(blob) or (None,) * 4)[index])
    database.create_function("ST_IsEmpty", 1, lambda blob: int(envelope(blob) is None))
    database.execute("PRAGMA trusted_schema = ON")  # else some builds of SQLite refuse these functions in triggers
    return database


def _present(database: sqlite3.Connection, schema: str) -> list[str]:
    """The existing tables among TABLES: files of version 1 have no tie points."""
    there = {name for (name,) in database.execute(f"SELECT name FROM {schema}.sqlite_master")}  # nosec B608
    return [table for table in TABLES if table in there]


def parsed(text: Optional[str], path: Path, photo: str) -> Optional[Localization]:
    """A stored localization; None for NULL.

    Raises:
        StoreError: it is damaged.
    """
    try:
        return read_localization(text) if text else None
    except InvalidValueError as error:
        raise StoreError(f"{path}: the result of {photo} is damaged ({error}); locate it again.") from error


def quoted(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _copy(source: Path, target: Path) -> None:
    """A consistent copy of a database, even while QGIS has it open."""
    target.unlink(missing_ok=True)
    uri = sqlite_uri(source, "ro")
    database = sqlite3.connect(uri, uri=True, timeout=LOCK_WAIT_S)
    with closing(database), closing(sqlite3.connect(str(target))) as copy:
        database.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def _keep_photos(path: Path, keys: dict[str, str]) -> None:
    """Deletes the rows of all photos except `keys`, and renames each key to its value.

    With GDAL, because the triggers of these tables call functions that plain SQLite lacks.
    """
    dataset = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_UPDATE)
    if dataset is None:
        raise RuntimeError(gdal.GetLastErrorMsg())
    wanted = ", ".join(quoted(key) for key in keys) or "''"
    for table in _tables(dataset):
        _execute(dataset, f"DELETE FROM {table} WHERE photo NOT IN ({wanted})")  # nosec B608
        for old, new in keys.items():
            if old != new:
                _execute(dataset, f"UPDATE {table} SET photo = {quoted(new)} WHERE photo = {quoted(old)}")  # nosec B608


def _execute(dataset: gdal.Dataset, sql: str) -> None:
    gdal.ErrorReset()
    result = dataset.ExecuteSQL(sql)
    if gdal.GetLastErrorType() >= gdal.CE_Failure:
        raise RuntimeError(gdal.GetLastErrorMsg())
    if result is not None:
        dataset.ReleaseResultSet(result)


def _tables(dataset: gdal.Dataset) -> list[str]:
    """The existing tables of a results GeoPackage: files of version 1 lack some."""
    return [table for table in (*TABLES, HISTORY) if dataset.GetLayerByName(table) is not None]


def _append(source: Path, target: Path) -> None:
    """Adds all rows of the GeoPackage `source` to `target`."""
    dataset = gdal.OpenEx(str(source), gdal.OF_VECTOR)
    filled = [table for table in _tables(dataset) if dataset.GetLayerByName(table).GetFeatureCount()]
    del dataset
    if set(filled) - set(_tables(gdal.OpenEx(str(target), gdal.OF_VECTOR))):
        raise RuntimeError("it was written by an older EarthLoc; locate a photo into it first")
    for table in filled:
        done = gdal.VectorTranslate(str(target), str(source), accessMode="append", layers=[table])
        if done is None:
            raise RuntimeError(gdal.GetLastErrorMsg())
        del done  # closes the file; GDAL then writes the feature count
    if HISTORY in filled:
        _drop_repeated_reviews(target)


def _drop_repeated_reviews(path: Path) -> None:
    """Deletes duplicate reviews, which arise when results are copied to another file and back."""
    with closing(sqlite3.connect(str(path), timeout=LOCK_WAIT_S)) as database, database:
        columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({HISTORY})") if name != "fid"]
        same = ", ".join(f'"{name}"' for name in columns)
        database.execute(
            f"DELETE FROM {HISTORY} WHERE fid NOT IN (SELECT min(fid) FROM {HISTORY} GROUP BY {same})"  # nosec B608
        )
