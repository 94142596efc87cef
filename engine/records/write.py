"""Writes records: as CSV, which `earthloc run` takes as its list, as JSON, or as layers of a GeoPackage."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely

from engine import geopackage
from engine.errors import OutputError, UsageError
from engine.geo import to_polygon
from engine.records.record import Record, Tally

SUFFIXES = (".csv", ".json", ".gpkg")
_NUMBERS = (
    "nadir_step_deg",
    "center_step_deg",
    "altitude_km",
    "focal_length_mm",
    "tilt_deg",
    "orientation_deg",
    "cloud_percent",
    "sun_azimuth_deg",
    "sun_elevation_deg",
    "area_km2",
)
_PLACES = {"nadir": "nadir_lat nadir_lon", "center": "center_lat center_lon"}
_CORNERS = tuple(f"{axis}{number}" for number in (1, 2, 3, 4) for axis in ("lat", "lon"))
# `taken_at` only where it is exact to the minute, `taken_on` as exactly as it is known.
_TEXTS = ("taken_at", "taken_on", "camera", "tilt_code", "archive_file", "source")
COLUMNS = (
    "photo", "photo_id", "nadir_lat", "nadir_lon", "nadir_step_deg", "taken_at", "taken_on", "center_lat", "center_lon",
    "center_step_deg", *_CORNERS, *_NUMBERS[2:], "camera", "tilt_code", "archive_file", "source",
)  # fmt: skip


def flat(record: Record, photo: str = "") -> dict[str, Any]:
    """A record by COLUMNS; None where it says nothing."""
    values: dict[str, Any] = dict.fromkeys(COLUMNS)
    values |= {name: getattr(record, name) for name in (*_NUMBERS, "camera", "tilt_code", "source")}
    values["photo"], values["photo_id"] = photo or None, record.photo_id
    if record.taken_at is not None:
        values["taken_on"] = record.taken_at.text
        values["taken_at"] = record.taken_at.text if record.taken_at.exactness in ("second", "minute") else None
    for name, columns in _PLACES.items():
        place = getattr(record, name)
        if place is not None:
            values |= dict(zip(columns.split(), place, strict=True))
    if record.corners is not None:
        values |= dict(zip(_CORNERS, (value for corner in record.corners for value in corner), strict=True))
    if record.files:
        values["archive_file"] = f"{record.files[0].directory}/{record.files[0].name}"
    return values


def write_records(out: Path, records: Sequence[Record], photos: Mapping[str, Path], tally: Tally) -> None:
    """Writes records to a file whose ending says how. It appears whole or not at all.

    Args:
        out: `.csv`, `.json` or `.gpkg`.
        records: to write.
        photos: files by photo id; CSV and JSON name them as seen from the folder of `out`.
        tally: of what is wrong with the catalogue; JSON holds it.

    Raises:
        UsageError: the ending is another.
        OutputError: the file cannot be written.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise UsageError.of("records.out_kind", path=out)
    part = out.with_name(out.name + ".part")
    folder = os.path.abspath(out.parent)
    rows = [flat(record, _seen_from(folder, photos.get(record.photo_id))) for record in records]
    try:
        part.unlink(missing_ok=True)
        if out.suffix.lower() == ".gpkg":
            _write_geopackage(part, rows)
        else:
            text = _csv(rows) if out.suffix.lower() == ".csv" else _json(rows, tally)
            with open(part, "x", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        os.replace(part, out)
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error
    except sqlite3.Error as error:
        raise OutputError.of("output.failed", path=out, reason=str(error)) from error
    finally:
        part.unlink(missing_ok=True)


def _seen_from(folder: str, photo: Path | None) -> str:
    """The path of a photo relative to the folder of the list, with "/"; absolute on another drive of Windows."""
    if photo is None:
        return ""
    try:
        return Path(os.path.relpath(os.path.abspath(photo), folder)).as_posix()
    except ValueError:
        return Path(os.path.abspath(photo)).as_posix()


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _json(rows: Sequence[Mapping[str, Any]], tally: Tally) -> str:
    complaints = [one.as_json() for one in tally.complaints()]
    return json.dumps({"rows": tally.rows, "records": rows, "complaints": complaints}, indent=1)


def _write_geopackage(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Layers `nadirs` and `centers` (points) and `footprints`."""
    columns = {name: "TEXT" if name in ("photo", "photo_id", *_TEXTS) else "REAL" for name in COLUMNS}
    layers = (
        ("nadirs", "POINT", lambda row: _point(row, "nadir")),
        ("centers", "POINT", lambda row: _point(row, "center")),
        ("footprints", "MULTIPOLYGON", _footprint),
    )
    connection = geopackage.connect(path)
    try:
        connection.execute("BEGIN")
        geopackage.create_core(connection)
        for name, kind, shape_of in layers:
            geopackage.create_layer(
                connection, geopackage.Layer(name, kind, columns, "Photos as a catalogue states them")
            )
            marks = ", ".join("?" * (len(COLUMNS) + 1))
            names = ", ".join(f'"{column}"' for column in ("geom", *COLUMNS))
            connection.executemany(
                f'INSERT INTO "{name}" ({names}) VALUES ({marks})',  # nosec B608 - constants of this module
                (
                    (geopackage.geometry_blob(shape), *(row[column] for column in COLUMNS))
                    for row in rows
                    if (shape := shape_of(row)) is not None
                ),
            )
            geopackage.refresh_contents(connection, name)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _point(row: Mapping[str, Any], name: str) -> shapely.Point | None:
    lat, lon = row[f"{name}_lat"], row[f"{name}_lon"]
    return None if lat is None else shapely.Point(lon, lat)


def _footprint(row: Mapping[str, Any]) -> shapely.MultiPolygon | None:
    if row["lat1"] is None:
        return None
    ring = [(row[f"lat{number}"], row[f"lon{number}"]) for number in (1, 2, 3, 4)]
    polygon = to_polygon(ring)
    return polygon if polygon.geom_type == "MultiPolygon" else shapely.MultiPolygon([polygon])
