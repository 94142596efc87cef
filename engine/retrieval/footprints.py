"""Writes the outlines of an index's tiles, for display in QGIS."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely

from engine import geo, geopackage
from engine.errors import OutputError
from engine.progress import Progress
from engine.retrieval import tiling
from engine.retrieval.index import RegionalIndex
from engine.retrieval.tiling import Tiles

_CHUNK_TILES = 1000  # tiles between two progress reports


def export_footprints(index: RegionalIndex, out: Path, progress: Progress) -> Path:
    """Write the outlines of an index's tiles to a GeoPackage, which gets its name when it is complete.

    Raises:
        OutputError: the file cannot be written. IndexDamagedError, CancelledError: no file is left.
    """
    partial = out.with_name(out.name + ".partial")
    try:
        write_footprints(partial, index.tiles_at(slice(None)), progress)
        partial.replace(out)
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error
    except sqlite3.Error as error:
        raise OutputError(out, f"could not be written ({error})", "choose another place") from error
    finally:
        partial.unlink(missing_ok=True)
    return out


def write_footprints(path: Path, tiles: Tiles, progress: Progress | None = None) -> None:
    """Write the tiles' outlines as a GeoPackage layer `tiles` that QGIS opens. Reports as stage `write`."""
    progress = progress or Progress()
    path.unlink(missing_ok=True)
    layer = geopackage.Layer("tiles", "MULTIPOLYGON", {"tile": "TEXT", "width_km": "REAL"}, "Tiles of a regional index")
    connection = geopackage.connect(path)
    try:
        connection.execute("BEGIN")
        geopackage.create_core(connection)
        geopackage.create_layer(connection, layer)
        connection.executemany(
            "INSERT INTO tiles (geom, tile, width_km) VALUES (?, ?, ?)", _footprint_rows(tiles, progress)
        )
        geopackage.refresh_contents(connection, "tiles")
        # No time stamps: the same tiles give the same bytes.
        connection.execute("UPDATE gpkg_contents SET last_change = '2000-01-01T00:00:00.000Z'")
        connection.execute("COMMIT")
    finally:
        connection.close()


def _footprint_rows(tiles: Tiles, progress: Progress) -> Iterator[tuple[bytes, str, float]]:
    for number, tile in enumerate(tiles):
        if number % _CHUNK_TILES == 0:
            progress.report("write", number, len(tiles))
        yield _footprint_row(tile)


def _footprint_row(tile: np.void) -> tuple[bytes, str, float]:
    width_km = float(tile["width_km"])
    ring = geo.square_ring(float(tile["lat"]), float(tile["lon"]), width_km, points_per_side=2)
    polygon = geo.to_polygon(ring)
    multi = polygon if polygon.geom_type == "MultiPolygon" else shapely.MultiPolygon([polygon])
    return geopackage.geometry_blob(multi), tiling.tile_name(tile), width_km
