"""The tables of the results GeoPackage: made new, brought up to date, or refused.

docs/architecture.md lists the columns.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine import geopackage
from engine.errors import OutputError
from engine.resources import resources_folder

SCHEMA = 3  # counts up when a column changes; kept in the table earthloc_schema

_IMAGERY = dict.fromkeys(("imagery", "imagery_attribution"), "TEXT")
# What a candidate was found by, and how far above chance its votes are.
_FOUND_BY = {"found_by": "TEXT", "z": "REAL"}
_CORNERS = {f"{axis}{n}": "REAL" for n in (1, 2, 3, 4) for axis in ("lat", "lon")}
_TIE_POINTS = geopackage.Layer(
    "tie_points",
    "POINT",
    {
        **dict.fromkeys(("photo", "photo_id"), "TEXT"),
        **dict.fromkeys(("x_px", "y_px", "lat", "lon", "residual_px", "residual_km"), "REAL"),
        "origin": "TEXT",
    },
    "Spots found both in the photos and on the ground",
)
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
            **_IMAGERY,
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
            **_FOUND_BY,
        },
        "Ranked places that the photos may show",
    ),
    _TIE_POINTS,
)
# What people decided, one row a decision, oldest first; rows are only ever added.
_REVIEWS = {
    "photo": "TEXT NOT NULL",
    **dict.fromkeys(("photo_id", "decision", "reviewer", "reviewed_at", "note"), "TEXT"),
    "candidate_rank": "INTEGER",
    **dict.fromkeys(
        ("index_name", "tile", "model", "model_sha256", "imagery", "engine", "localization"),
        "TEXT",
    ),
}

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
            raise OutputError(path, "was written by a newer EarthLoc", "update the engine or choose another file")
        if schema is not None and schema < 2:
            _from_1_to_2(con, path, tables)
        if schema is not None and schema < SCHEMA:
            _from_2_to_3(con)
            con.execute("UPDATE earthloc_schema SET version = ?", (SCHEMA,))
        return
    if tables and "gpkg_contents" not in tables:
        raise not_a_geopackage(path)
    _refuse_strange(path, tables, [*(layer.name for layer in LAYERS), "reviews"])
    geopackage.create_core(con)
    # Registered, so that other programs list neither this table nor earthloc_schema as layers.
    con.execute(_LAYER_STYLES)
    con.execute(
        "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles')"
    )
    for layer in LAYERS:
        _make_layer(con, layer)
    _make_reviews(con)
    con.execute("CREATE TABLE earthloc_schema (version INTEGER NOT NULL)")
    con.execute("INSERT INTO earthloc_schema VALUES (?)", (SCHEMA,))


def not_a_geopackage(path: Path) -> OutputError:
    """The refusal of a file that is something else."""
    return OutputError(path, "is not a GeoPackage", "choose another file")


def _from_1_to_2(con: sqlite3.Connection, path: Path, tables: set[str]) -> None:
    """Tie points, the history of reviews, and what imagery a footprint rests on."""
    _refuse_strange(path, tables, [_TIE_POINTS.name, "reviews"])
    for column, sql_type in _IMAGERY.items():
        con.execute(f"ALTER TABLE footprints ADD COLUMN {column} {sql_type}")
    _make_layer(con, _TIE_POINTS)
    _make_reviews(con)


def _from_2_to_3(con: sqlite3.Connection) -> None:
    """What found a candidate."""
    for column, sql_type in _FOUND_BY.items():
        con.execute(f"ALTER TABLE candidates ADD COLUMN {column} {sql_type}")


def _refuse_strange(path: Path, tables: set[str], ours: list[str]) -> None:
    for name in ours:
        if name in tables:
            raise OutputError(path, f"has a table {name!r} that EarthLoc did not make", "choose another file")


def _make_layer(con: sqlite3.Connection, layer: geopackage.Layer) -> None:
    geopackage.create_layer(con, layer)
    _add_style(con, layer)
    if layer.name != "photos":  # whose photo is unique, and so indexed
        con.execute(f"CREATE INDEX {layer.name}_photo ON {layer.name} (photo)")


def _make_reviews(con: sqlite3.Connection) -> None:
    geopackage.create_attributes(con, "reviews", _REVIEWS, "What reviewers decided, one row a decision")
    con.execute("CREATE INDEX reviews_photo ON reviews (photo)")


def _add_style(con: sqlite3.Connection, layer: geopackage.Layer) -> None:
    qml = resources_folder() / "styles" / f"{layer.name}.qml"
    if qml.is_file():
        con.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
            " styleName, styleQML, styleSLD, useAsDefault, description, owner)"
            " VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '')",
            (layer.name, layer.name, qml.read_text(encoding="utf-8"), layer.description),
        )
