"""The results GeoPackage: what was found for each photo, as layers that outlive the program.

One file with the tables `photos`, `footprints` and `candidates` (docs/architecture.md lists the columns).
Every save is one transaction that has reached the disk when it returns; a crash, a full disk or a pulled plug
leaves the file as it was before. QGIS may have the file open all the while.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shapely
import shapely.geometry

from engine import geopackage
from engine.errors import OutputError
from engine.resources import resources_folder

Row = dict[str, Any]

SCHEMA = 1  # counts up when a column changes; kept in the table earthloc_schema

_SMALLEST_DATABASE_BYTES = 512

_CORNERS = {f"{axis}{n}": "REAL" for n in (1, 2, 3, 4) for axis in ("lat", "lon")}
LAYERS = (
    geopackage.Layer(
        "photos",
        "POINT",
        {
            "photo": "TEXT NOT NULL UNIQUE",
            **dict.fromkeys(("photo_id", "status"), "TEXT"),
            "confidence": "REAL",
            **dict.fromkeys(("message", "taken_at"), "TEXT"),
            **dict.fromkeys(("nadir_lat", "nadir_lon", "center_lat", "center_lon"), "REAL"),
            **dict.fromkeys(("located_at", "localization"), "TEXT"),
        },
        "Photos that were looked at; the point is the nadir, where known",
    ),
    geopackage.Layer(
        "footprints",
        "MULTIPOLYGON",
        {
            **dict.fromkeys(("photo", "photo_id", "status"), "TEXT"),
            **dict.fromkeys(("confidence", "center_lat", "center_lon"), "REAL"),
            **_CORNERS,
            "nadir_distance_km": "REAL",
            "rotation_deg": "INTEGER",
            "width_km": "REAL",
            "inliers": "INTEGER",
            **dict.fromkeys(("rms_km", "camera_altitude_km", "tilt_deg", "azimuth_deg", "focal_length_mm"), "REAL"),
            **dict.fromkeys(("index_name", "tile", "model", "model_sha256", "engine", "located_at", "message"), "TEXT"),
            "review": "TEXT NOT NULL DEFAULT 'unreviewed'",
            **dict.fromkeys(("reviewer", "reviewed_at", "note"), "TEXT"),
        },
        "Predicted footprints of the photos",
    ),
    geopackage.Layer(
        "candidates",
        "MULTIPOLYGON",
        {
            **dict.fromkeys(("photo", "photo_id"), "TEXT"),
            "rank": "INTEGER",
            "score": "REAL",
            "rotation_deg": "INTEGER",
            **dict.fromkeys(("center_lat", "center_lon", "width_km", "nadir_distance_km"), "REAL"),
            **dict.fromkeys(("index_name", "tile"), "TEXT"),
            "inliers": "INTEGER",
        },
        "Ranked tiles that resemble the photos",
    ),
)

# The table in which QGIS looks for a layer's default style.
_LAYER_STYLES = """CREATE TABLE IF NOT EXISTS layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
    ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))"""


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

    def save(self, localization: Row, info: Row | None = None) -> None:
        """Replaces a photo's rows by a new localization.

        Args:
            localization: as docs/architecture.md describes it.
            info: the photo's `photo/info`, for what the localization does not carry; None when unreadable.
        """
        photo = self.key(localization["photo"])
        located_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows: dict[str, list[Row]] = {
            "photos": [_photo_row(localization, info or {}, located_at)],
            "footprints": [],
            "candidates": [_candidate_row(c) for c in localization["candidates"]],
        }
        if localization["footprint"]:
            rows["footprints"].append(_footprint_row(localization, info or {}, located_at))
        with self._transaction() as con:
            for table, table_rows in rows.items():
                _delete(con, table, photo)
                for row in table_rows:
                    _insert(con, table, {"photo": photo, "photo_id": localization["photo_id"], **row})
                geopackage.refresh_contents(con, table)

    def remove(self, photos: Sequence[str | Path]) -> int:
        """Deletes the rows of these photos; returns how many of them were in the file."""
        with self._transaction() as con:
            found = 0
            for layer in LAYERS:
                for photo in photos:
                    deleted = _delete(con, layer.name, self.key(photo))
                    found += deleted if layer.name == "photos" else 0
                geopackage.refresh_contents(con, layer.name)
            return found

    def rows(self) -> list[Row]:
        """The table `photos` without its geometry, in the order of saving; `localization` is parsed."""
        with self._connection() as con:
            cursor = con.execute("SELECT * FROM photos ORDER BY fid")
            columns = [name for name, *_ in cursor.description]
            found = [dict(zip(columns, row, strict=True)) for row in cursor]
        for row in found:
            row.pop("geom")
            row["localization"] = json.loads(row["localization"])
        return found

    def key(self, photo: str | Path) -> str:
        """How the tables name a photo: relative to the file's folder when below it, else absolute."""
        absolute = Path(os.path.abspath(photo))
        folder = self.path.parent
        name = absolute.relative_to(folder) if absolute.is_relative_to(folder) else absolute
        return name.as_posix()

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
                raise self._not_a_geopackage()
        with self._connection() as con:
            # Also syncs the folder, so that a commit outlasts a power cut. The journal mode stays as it is:
            # QGIS switches files that it edits to WAL and back.
            con.execute("PRAGMA synchronous = EXTRA")
            con.execute("BEGIN IMMEDIATE")
            self._ensure_tables(con)
            yield con
            con.execute("COMMIT")

    def _ensure_tables(self, con: sqlite3.Connection) -> None:
        tables = {name for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "earthloc_schema" in tables:
            (schema,) = con.execute("SELECT max(version) FROM earthloc_schema").fetchone()
            if schema is not None and schema > SCHEMA:
                raise OutputError(
                    self.path, "was written by a newer EarthLoc", "update the engine or choose another file"
                )
            return
        if tables and "gpkg_contents" not in tables:
            raise self._not_a_geopackage()
        for layer in LAYERS:
            if layer.name in tables:
                raise OutputError(
                    self.path, f"has a table {layer.name!r} that EarthLoc did not make", "choose another file"
                )
        geopackage.create_core(con)
        # Registered, so that other programs list neither this table nor earthloc_schema as layers.
        con.execute(_LAYER_STYLES)
        con.execute(
            "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
        for layer in LAYERS:
            geopackage.create_layer(con, layer)
            _add_style(con, layer)
        con.execute("CREATE INDEX candidates_photo ON candidates (photo)")
        con.execute("CREATE INDEX footprints_photo ON footprints (photo)")
        con.execute("CREATE TABLE earthloc_schema (version INTEGER NOT NULL)")
        con.execute("INSERT INTO earthloc_schema VALUES (?)", (SCHEMA,))

    def _not_a_geopackage(self) -> OutputError:
        return OutputError(self.path, "is not a GeoPackage", "choose another file")

    def _refusal(self, error: sqlite3.Error) -> OutputError:
        """What SQLite complains about, as a sentence with its mend."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the primary code
        if code == sqlite3.SQLITE_FULL:
            return OutputError.from_os_error(self.path, OSError(errno.ENOSPC, "no space"))
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return OutputError(
                self.path,
                "is being written by another program",
                "stop editing it there and try again, or choose another file",
            )
        if code == sqlite3.SQLITE_NOTADB:
            return self._not_a_geopackage()
        if code == sqlite3.SQLITE_CORRUPT:
            return OutputError(self.path, "is damaged", "move it away or choose another file")
        if os.path.isdir(self.path):
            return OutputError(self.path, "is a folder", "name a file in it, such as results.gpkg")
        if not os.path.lexists(self.path.parent):
            return OutputError(self.path, "its folder does not exist", "make the folder or choose another")
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return OutputError.from_os_error(self.path, PermissionError(errno.EACCES, "no access"))
        return OutputError(self.path, f"could not be written ({error})", "choose another file")


def _add_style(con: sqlite3.Connection, layer: geopackage.Layer) -> None:
    qml = resources_folder() / "styles" / f"{layer.name}.qml"
    if qml.is_file():
        con.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
            " styleName, styleQML, styleSLD, useAsDefault, description, owner)"
            " VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '')",
            (layer.name, layer.name, qml.read_text(encoding="utf-8"), layer.description),
        )


def _delete(con: sqlite3.Connection, table: str, photo: str) -> int:
    # Tables and columns are those of LAYERS, here and below.
    statement = f'DELETE FROM "{table}" WHERE photo = ?'  # nosec B608
    return con.execute(statement, (_storable(photo),)).rowcount


def _insert(con: sqlite3.Connection, table: str, row: Row) -> None:
    columns = ", ".join(f'"{name}"' for name in row)
    values = ", ".join("?" * len(row))
    statement = f'INSERT INTO "{table}" ({columns}) VALUES ({values})'  # nosec B608
    con.execute(statement, [_storable(value) for value in row.values()])


def _storable(value: Any) -> Any:
    """Text that a database takes: file names need not be valid UTF-8 on Linux."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _photo_row(localization: Row, info: Row, located_at: str) -> Row:
    nadir_lat, nadir_lon = localization["nadir"] or (None, None)
    center_lat, center_lon = localization["center"] or (None, None)
    nadir = None if nadir_lat is None else geopackage.geometry_blob(shapely.Point(nadir_lon, nadir_lat))
    return {
        "geom": nadir,
        "status": localization["status"],
        "confidence": localization["confidence"],
        "message": localization["message"],
        "taken_at": info.get("taken_at"),
        "nadir_lat": nadir_lat,
        "nadir_lon": nadir_lon,
        "center_lat": center_lat,
        "center_lon": center_lon,
        "located_at": located_at,
        "localization": json.dumps(localization, allow_nan=False),
    }


def _footprint_row(localization: Row, info: Row, located_at: str) -> Row:
    candidates = localization["candidates"]
    best: Row = max(candidates, key=lambda candidate: candidate["inliers"], default={})  # the first where none has any
    camera = localization["camera"] or {}
    model = localization["model"] or {}
    row = {
        "geom": _multi_polygon(localization["footprint"]),
        "status": localization["status"],
        "confidence": localization["confidence"],
        "center_lat": localization["center"][0],
        "center_lon": localization["center"][1],
        "nadir_distance_km": best.get("nadir_distance_km"),
        "rotation_deg": best.get("rotation_deg"),
        "width_km": best.get("width_km"),
        "inliers": localization["inliers"],
        "rms_km": localization["rms_km"],
        "camera_altitude_km": camera.get("altitude_km"),
        "tilt_deg": camera.get("tilt_deg"),
        "azimuth_deg": camera.get("azimuth_deg"),
        "focal_length_mm": camera.get("focal_length_mm", info.get("focal_length_mm")),
        "index_name": best.get("index"),
        "tile": best.get("tile"),
        "model": model.get("name"),
        "model_sha256": model.get("sha256"),
        "engine": localization["engine"],
        "located_at": located_at,
        "message": localization["message"],
    }
    for n, (lat, lon) in enumerate(localization["corners"] or [], start=1):
        row[f"lat{n}"], row[f"lon{n}"] = lat, lon
    return row


def _candidate_row(candidate: Row) -> Row:
    return {
        "geom": _multi_polygon(candidate["footprint"]),
        "rank": candidate["rank"],
        "score": candidate["score"],
        "rotation_deg": candidate["rotation_deg"],
        "center_lat": candidate["center"][0],
        "center_lon": candidate["center"][1],
        "width_km": candidate["width_km"],
        "nadir_distance_km": candidate["nadir_distance_km"],
        "index_name": candidate["index"],
        "tile": candidate["tile"],
        "inliers": candidate["inliers"],
    }


def _multi_polygon(geojson: Row) -> bytes:
    geometry = shapely.geometry.shape(geojson)
    if isinstance(geometry, shapely.Polygon):
        geometry = shapely.MultiPolygon([geometry])
    return geopackage.geometry_blob(geometry)
