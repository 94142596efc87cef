"""Exports a catalogue as a GeoPackage: a layer of footprints and one of nadirs, with styles."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import shapely

from engine import geopackage
from engine.catalogue.columns import COLUMNS, Row
from engine.catalogue.places import polygons, text_of
from engine.contract.results import FOOTPRINTS, PHOTOS
from engine.results_schema import add_style, create_styles

_SQL = {"text": "TEXT", "number": "REAL", "whole": "INTEGER"}
_ALL = {column.name: _SQL[column.kind] for column in COLUMNS}
_NADIR_COLUMNS = ("photo", "photo_id", "status", "confidence", "review", "reason", "message", "taken_at", "camera")
# The names of the results file, whose styles fit.
_FOOTPRINTS = geopackage.Layer(FOOTPRINTS.name, "MULTIPOLYGON", _ALL, "Footprints of the photos that have one")
_PHOTOS = geopackage.Layer(
    PHOTOS.name, "POINT", {name: _ALL[name] for name in _NADIR_COLUMNS}, "All photos, at their nadir where it is known"
)


def to_geopackage(rows: Iterable[Row], out: Path) -> int:
    """Writes the rows as a new file, which replaces an older one once it is complete; returns how many.

    Raises:
        OSError, sqlite3.Error: the file cannot be written.
    """
    part = out.with_name(out.name + ".part")
    part.unlink(missing_ok=True)
    count = 0
    try:
        with contextlib.closing(geopackage.connect(part)) as con:
            con.execute("PRAGMA journal_mode = OFF")  # the file is thrown away unless it is completed
            con.execute("BEGIN")
            geopackage.create_core(con)
            create_styles(con)
            for layer in (_FOOTPRINTS, _PHOTOS):
                geopackage.create_layer(con, layer)
                add_style(con, layer.name, layer.description)
            for row in rows:
                _insert(con, row)
                count += 1
            for layer in (_FOOTPRINTS, _PHOTOS):
                geopackage.refresh_contents(con, layer.name)
            con.execute("COMMIT")
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return count


def _insert(con: sqlite3.Connection, row: Row) -> None:
    footprint = polygons(row)
    if footprint is not None:
        _insert_into(con, _FOOTPRINTS, geopackage.geometry_blob(footprint), row)
    nadir = None
    if row.get("nadir_lat") is not None and row.get("nadir_lon") is not None:
        nadir = geopackage.geometry_blob(shapely.Point(row["nadir_lon"], row["nadir_lat"]))
    _insert_into(con, _PHOTOS, nadir, row)


def _insert_into(con: sqlite3.Connection, layer: geopackage.Layer, geometry: bytes | None, row: Row) -> None:
    marks = ", ".join("?" * (len(layer.columns) + 1))
    names = "".join(f', "{name}"' for name in layer.columns)
    values: list[Any] = [geometry, *(text_of(row.get(name)) for name in layer.columns)]
    con.execute(f'INSERT INTO "{layer.name}" (geom{names}) VALUES ({marks})', values)  # nosec B608 - our own names
