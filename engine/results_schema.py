"""The tables of the results GeoPackage: made new, brought up to date, or refused.

engine/contract/results.py defines the columns, docs/results-schema.md explains them.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine import geopackage
from engine.contract.results import PHOTOS, SCHEMA, TABLES, Table
from engine.errors import OutputError
from engine.resources import resources_folder

# The table in which QGIS looks for a layer's default style.
_LAYER_STYLES = """CREATE TABLE IF NOT EXISTS layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
    ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))"""


def ensure_tables(con: sqlite3.Connection, path: Path) -> None:
    """Makes our tables where they are missing, and adds to those of an older version. Inside a transaction.

    Raises:
        OutputError: not a GeoPackage, written by a newer version, or a table of ours is somebody else's.
    """
    tables = {name for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "earthloc_schema" in tables:
        (schema,) = con.execute("SELECT max(version) FROM earthloc_schema").fetchone()
        if schema is not None and schema > SCHEMA:
            raise OutputError.of("results.newer", path=path)
        if schema is not None and schema < SCHEMA:
            _upgrade(con, path, schema, tables)
        return
    if tables and "gpkg_contents" not in tables:
        raise not_a_geopackage(path)
    _refuse_foreign(path, tables)
    geopackage.create_core(con)
    create_styles(con)
    for table in TABLES:
        _make(con, table)
    con.execute("CREATE TABLE earthloc_schema (version INTEGER NOT NULL)")
    con.execute("INSERT INTO earthloc_schema VALUES (?)", (SCHEMA,))


def not_a_geopackage(path: Path) -> OutputError:
    """The refusal of a file that is something else."""
    return OutputError.of("results.not_a_geopackage", path=path)


def _upgrade(con: sqlite3.Connection, path: Path, version: int, tables: set[str]) -> None:
    """Adds the tables and columns that the file's version did not have yet."""
    _refuse_foreign(path, tables, version)
    for table in TABLES:
        if table.name not in tables:
            _make(con, table)
            continue
        present = {name for _, name, *_ in con.execute(f'PRAGMA table_info("{table.name}")')}
        for column in table.columns:
            if column.name not in present:
                con.execute(f'ALTER TABLE "{table.name}" ADD COLUMN "{column.name}" {column.sql}')
    con.execute("UPDATE earthloc_schema SET version = ?", (SCHEMA,))


def _refuse_foreign(path: Path, tables: set[str], version: int = 0) -> None:
    """Refuses tables that have the names of ours but were not made by us up to this version."""
    for table in TABLES:
        if table.name in tables and table.since > version:
            raise OutputError.of("results.foreign", path=path, table=repr(table.name))


def _make(con: sqlite3.Connection, table: Table) -> None:
    columns = {column.name: column.sql for column in table.columns}
    if table.geometry:
        geopackage.create_layer(con, geopackage.Layer(table.name, table.geometry, columns, table.description))
        add_style(con, table.name, table.description)
    else:
        geopackage.create_attributes(con, table.name, columns, table.description)
    if table is not PHOTOS:  # whose photo is unique, and so indexed
        con.execute(f'CREATE INDEX "{table.name}_photo" ON "{table.name}" (photo)')


def create_styles(con: sqlite3.Connection) -> None:
    """Makes the table of QGIS's styles where it is missing. Inside a transaction."""
    con.execute(_LAYER_STYLES)
    # Registered, so that other programs list neither this table nor earthloc_schema as layers.
    con.execute(
        "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles')"
    )


def add_style(con: sqlite3.Connection, layer: str, description: str) -> None:
    """Makes the style of this name in resources/styles, if there is one, the layer's default."""
    qml = resources_folder() / "styles" / f"{layer}.qml"
    if qml.is_file():
        con.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
            " styleName, styleQML, styleSLD, useAsDefault, description, owner)"
            " VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '')",
            (layer, layer, qml.read_text(encoding="utf-8"), description),
        )
