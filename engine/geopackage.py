"""GeoPackage 1.3 (OGC 12-128r17) on plain `sqlite3`: core tables, feature layers with R-tree, geometry blobs.

Only what the engine writes: two-dimensional features in EPSG:4326 (x is longitude, y latitude, in degrees) and
tables without geometry.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import shapely

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10300
SRS_ID = 4326

_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],'
    'AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)

_CORE = (
    """CREATE TABLE IF NOT EXISTS gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY,
    organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
    description TEXT)""",
    """CREATE TABLE IF NOT EXISTS gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY,
    data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    """CREATE TABLE IF NOT EXISTS gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents (table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    """CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT,
    extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
    CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))""",
)

# The triggers of the R-tree extension, as the standard defines them, so that any program may edit the layer.
_RTREE = {
    "insert": """AFTER INSERT ON "{t}" WHEN (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))
    BEGIN INSERT OR REPLACE INTO "{r}" VALUES {box}; END""",
    "update1": """AFTER UPDATE OF geom ON "{t}" WHEN OLD.fid = NEW.fid
    AND (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))
    BEGIN INSERT OR REPLACE INTO "{r}" VALUES {box}; END""",
    "update2": """AFTER UPDATE OF geom ON "{t}" WHEN OLD.fid = NEW.fid
    AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
    BEGIN DELETE FROM "{r}" WHERE id = OLD.fid; END""",
    "update3": """AFTER UPDATE ON "{t}" WHEN OLD.fid != NEW.fid
    AND (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))
    BEGIN DELETE FROM "{r}" WHERE id = OLD.fid; INSERT OR REPLACE INTO "{r}" VALUES {box}; END""",
    "update4": """AFTER UPDATE ON "{t}" WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
    BEGIN DELETE FROM "{r}" WHERE id IN (OLD.fid, NEW.fid); END""",
    "delete": """AFTER DELETE ON "{t}" WHEN OLD.geom NOT NULL
    BEGIN DELETE FROM "{r}" WHERE id = OLD.fid; END""",
}
# GDAL's own count of features. Without this table QGIS shows the count of all rows even for a layer with a filter.
_COUNT_TABLE = """CREATE TABLE IF NOT EXISTS gpkg_ogr_contents
    (table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER DEFAULT NULL)"""
_COUNT = """CREATE TRIGGER "trigger_{event}_feature_count_{t}" AFTER {event} ON "{t}"
    BEGIN UPDATE gpkg_ogr_contents SET feature_count = feature_count {change}
    WHERE lower(table_name) = lower('{t}'); END"""
_BOX = "(NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom))"

_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


@dataclass(frozen=True)
class Layer:
    """A feature table: `geom` of one type in EPSG:4326 and further columns as {name: SQL type}."""

    name: str
    geometry_type: str
    columns: Mapping[str, str]
    description: str = ""


def connect(path: str | Path, timeout_s: float = 10.0) -> sqlite3.Connection:
    """Open or create an SQLite file, with the functions that R-tree triggers call.

    The connection starts no transaction by itself; the caller does. If another program has locked the file, it waits
    up to `timeout_s` seconds.
    """
    con = sqlite3.connect(path, timeout=timeout_s, isolation_level=None)
    for i, function in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        con.create_function(function, 1, lambda blob, i=i: (_envelope(blob) or (None,) * 4)[i])
    con.create_function("ST_IsEmpty", 1, lambda blob: int(_envelope(blob) is None))
    con.execute("PRAGMA trusted_schema = ON")  # without it some builds of SQLite refuse these functions in triggers
    return con


def create_core(con: sqlite3.Connection) -> None:
    """Create the tables that every GeoPackage has, if they are missing. Call it inside a transaction."""
    if not _has_tables(con):
        con.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        con.execute(f"PRAGMA user_version = {USER_VERSION}")
    for statement in _CORE:
        con.execute(statement)
    con.executemany(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        [
            ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinates"),
            ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinates"),
            ("WGS 84 geodetic", SRS_ID, "EPSG", 4326, _WGS84, "longitude and latitude in degrees on WGS 84"),
        ],
    )


def create_layer(con: sqlite3.Connection, layer: Layer) -> None:
    """Create an empty feature table with its R-tree. Call it inside a transaction, after create_core."""
    name, rtree = layer.name, f"rtree_{layer.name}_geom"
    columns = "".join(f', "{column}" {sql_type}' for column, sql_type in layer.columns.items())
    con.execute(
        f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {layer.geometry_type}{columns})'
    )
    con.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)"
        " VALUES (?, 'features', ?, ?, ?)",
        (name, name, layer.description, SRS_ID),
    )
    con.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)",
        (name, layer.geometry_type, SRS_ID),
    )
    con.execute(
        "INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index',"
        " 'http://www.geopackage.org/spec130/#extension_rtree', 'write-only')",
        (name,),
    )
    con.execute(f'CREATE VIRTUAL TABLE "{rtree}" USING rtree(id, minx, maxx, miny, maxy)')
    con.execute(_COUNT_TABLE)
    con.execute("INSERT INTO gpkg_ogr_contents VALUES (?, 0)", (name,))
    for event, change in (("insert", "+ 1"), ("delete", "- 1")):
        con.execute(_COUNT.format(t=name, event=event, change=change))
    for event, body in _RTREE.items():
        con.execute(f'CREATE TRIGGER "{rtree}_{event}" ' + body.format(t=name, r=rtree, box=_BOX))


def create_attributes(con: sqlite3.Connection, name: str, columns: Mapping[str, str], description: str) -> None:
    """Create an empty table without geometry. Call it inside a transaction, after create_core."""
    body = "".join(f', "{column}" {sql_type}' for column, sql_type in columns.items())
    con.execute(f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL{body})')
    con.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) VALUES (?, 'attributes', ?, ?)",
        (name, name, description),
    )


def refresh_contents(con: sqlite3.Connection, name: str) -> None:
    """Update a layer's extent and time of last change in `gpkg_contents`."""
    west, south, east, north = con.execute(
        # The name is a constant of this program, never a user's input.
        f'SELECT min(minx), min(miny), max(maxx), max(maxy) FROM "rtree_{name}_geom"'  # nosec B608
    ).fetchone()
    if west is not None:  # the R-tree holds 32-bit floats, rounded outwards
        west, south, east, north = max(west, -180), max(south, -90), min(east, 180), min(north, 90)
    con.execute(
        "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?,"
        " last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE table_name = ?",
        (west, south, east, north, name),
    )


def geometry_blob(geometry: shapely.Geometry) -> bytes:
    """A shapely geometry (x longitude, y latitude), not empty, as a GeoPackage binary with envelope."""
    west, south, east, north = geometry.bounds
    header = struct.pack("<2sBBi4d", b"GP", 0, 0b00011, SRS_ID, west, east, south, north)
    return header + shapely.to_wkb(geometry, byte_order=1)


def _envelope(blob: bytes | None) -> tuple[float, float, float, float] | None:
    """(min x, max x, min y, max y) of a GeoPackage binary; None when empty."""
    if blob is None or blob[3] & 0b10000:
        return None
    order = "<" if blob[3] & 1 else ">"
    size = _ENVELOPE_BYTES[(blob[3] >> 1) & 0b111]
    if size:
        return struct.unpack_from(order + "4d", blob, 8)
    geometry = shapely.from_wkb(blob[8:])
    if geometry.is_empty:
        return None
    west, south, east, north = geometry.bounds
    return west, east, south, north


def _has_tables(con: sqlite3.Connection) -> bool:
    return con.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
