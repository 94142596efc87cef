"""The outlines of an index's tiles, for QGIS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from engine import geo, geopackage
from engine.retrieval import tiling
from engine.retrieval.tiling import Tiles


def write_footprints(path: Path, tiles: Tiles) -> None:
    """Writes the tiles' outlines as a GeoPackage layer `tiles` that QGIS opens."""
    path.unlink(missing_ok=True)
    layer = geopackage.Layer("tiles", "MULTIPOLYGON", {"tile": "TEXT", "width_km": "REAL"}, "Tiles of a regional index")
    connection = geopackage.connect(path)
    try:
        connection.execute("BEGIN")
        geopackage.create_core(connection)
        geopackage.create_layer(connection, layer)
        connection.executemany(
            "INSERT INTO tiles (geom, tile, width_km) VALUES (?, ?, ?)", (_footprint_row(tile) for tile in tiles)
        )
        geopackage.refresh_contents(connection, "tiles")
        # No time stamps: the same tiles give the same bytes.
        connection.execute("UPDATE gpkg_contents SET last_change = '2000-01-01T00:00:00.000Z'")
        connection.execute("COMMIT")
    finally:
        connection.close()


def _footprint_row(tile: np.void) -> tuple[bytes, str, float]:
    width_km = float(tile["width_km"])
    ring = geo.square_ring(float(tile["lat"]), float(tile["lon"]), width_km, points_per_side=2)
    polygon = geo.to_polygon(ring)
    multi = polygon if polygon.geom_type == "MultiPolygon" else shapely.MultiPolygon([polygon])
    return geopackage.geometry_blob(multi), tiling.tile_name(tile), width_km
