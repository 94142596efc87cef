"""A results GeoPackage with the tables of the contract, written with GDAL alone: tests of the plugin need no engine."""

from __future__ import annotations

from pathlib import Path

from osgeo import gdal, ogr, osr

from earthloc_qgis.contract import results

gdal.UseExceptions()

_OGR_TYPES = {"TEXT": ogr.OFTString, "REAL": ogr.OFTReal, "INTEGER": ogr.OFTInteger}


def _columns(table: results.Table) -> dict[str, int]:
    """OGR type of every column of a table."""
    return {column.name: _OGR_TYPES[column.sql.split()[0]] for column in table.columns}


PHOTOS = _columns(results.PHOTOS)
FOOTPRINTS = _columns(results.FOOTPRINTS)
CANDIDATES = _columns(results.CANDIDATES)
TIE_POINTS = _columns(results.TIE_POINTS)
SEARCH_AREAS = _columns(results.SEARCH_AREAS)
REVIEWS = _columns(results.REVIEWS)

LOCATED_AT = "2024-05-01T10:00:00Z"
ANATOLIA = "MULTIPOLYGON(((30 36,35 36,35 40,30 40,30 36)))"
GULF = "MULTIPOLYGON(((48 25,53 26,52 30,47 29,48 25)))"
FIJI = "MULTIPOLYGON(((177 -19,180 -19,180 -16,177 -16,177 -19)),((-180 -19,-178 -19,-178 -16,-180 -16,-180 -19)))"


def write_results(path: Path, extra_note: str = "seen on the basemap") -> Path:
    """Writes three photos with footprints (one across the antimeridian) and one without.

    Only the first photo has candidates, tie points and a review; only the last has search areas.
    """
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    wgs84 = osr.SpatialReference()
    wgs84.ImportFromEPSG(4326)
    wgs84.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    photos = _layer(source, wgs84, "photos", ogr.wkbPoint, PHOTOS)
    footprints = _layer(source, wgs84, "footprints", ogr.wkbMultiPolygon, FOOTPRINTS)
    candidates = _layer(source, wgs84, "candidates", ogr.wkbMultiPolygon, CANDIDATES)
    tie_points = _layer(source, wgs84, "tie_points", ogr.wkbPoint, TIE_POINTS)
    areas = _layer(source, wgs84, "search_areas", ogr.wkbMultiPolygon, SEARCH_AREAS)
    reviews = _layer(source, None, "reviews", ogr.wkbNone, REVIEWS)
    rows = [
        ("photos/ISS042-E-104433.jpg", "ISS042-E-104433", "located", 0.93, 38.0, 32.5, ANATOLIA),
        ("photos/Straße am Golf 湾.jpg", None, "uncertain", 0.41, 27.5, 50.0, GULF),
        ("photos/ISS064-E-513.jpg", "ISS064-E-513", "uncertain", 0.38, -17.5, 179.5, FIJI),
        ("photos/night.jpg", None, "not_found", 0.02, None, None, None),
    ]
    for photo, photo_id, status, confidence, lat, lon, wkt in rows:
        common = {"photo": photo, "photo_id": photo_id, "status": status, "confidence": confidence}
        nadir = None if lat is None else (lat - 1.0, lon - 0.8)
        located = {"nadir_lat": nadir and nadir[0], "nadir_lon": nadir and nadir[1], "located_at": LOCATED_AT}
        _add(
            photos,
            {**common, **located},
            f"POINT({nadir[1]} {nadir[0]})" if nadir else None,
        )
        if wkt:
            _add(
                footprints,
                {
                    **common, "center_lat": lat, "center_lon": lon, "lat1": lat + 2, "lon1": lon - 2, "lat2": lat + 2,
                    "lon2": lon + 2, "lat3": lat - 2, "lon3": lon + 2, "lat4": lat - 2, "lon4": lon - 2,
                    "nadir_distance_km": 132.25, "rotation_deg": 90, "width_km": 443.0, "inliers": 0,
                    "index_name": "world", "tile": "443_17", "model": "baseline", "model_sha256": "ab" * 32,
                    "engine": "0.1.0", "located_at": LOCATED_AT, "review": "unreviewed",
                    "note": extra_note,
                },
                wkt,
            )  # fmt: skip
    for rank in range(1, 13):
        west, south = 30 + 0.4 * (rank % 4), 36 + 0.5 * (rank % 3)
        ring = f"{west} {south},{west + 5} {south},{west + 5} {south + 4},{west} {south + 4},{west} {south}"
        _add(
            candidates,
            {
                "photo": rows[0][0], "photo_id": rows[0][1], "rank": rank, "score": 0.9 - rank / 50,
                "rotation_deg": 0, "center_lat": south + 2, "center_lon": west + 2.5, "width_km": 443.0,
                "index_name": "world", "tile": f"443_{rank}", "inliers": 0,
            },
            f"MULTIPOLYGON((({ring})))",
        )  # fmt: skip
    for n, origin in enumerate(("matched", "neighbour", "manual")):
        lat, lon = 37.0 + n, 31.0 + n
        _add(
            tie_points,
            {
                "photo": rows[0][0], "photo_id": rows[0][1], "x_px": 100.5 * n, "y_px": 50.25 * n, "lat": lat,
                "lon": lon, "residual_px": 0.5 + n, "residual_km": 0.2 + n, "origin": origin,
            },
            f"POINT({lon} {lat})",
        )  # fmt: skip
    for percent, reach in ((50, 1), (90, 4), (99, 7)):
        west, south, east, north = 10 - reach, 45 - reach, 10 + reach, 45 + reach
        ring = f"{west} {south},{east} {south},{east} {north},{west} {north},{west} {south}"
        values = {"photo": rows[-1][0], "percent": percent, "area_km2": 8700.0 * (2 * reach) ** 2}
        _add(areas, values, f"MULTIPOLYGON((({ring})))")
    _add(
        reviews,
        {"photo": rows[0][0], "decision": "confirmed", "reviewer": "Ada", "reviewed_at": LOCATED_AT},
        None,
    )
    del photos, footprints, candidates, tie_points, areas, reviews, source  # closes the file
    return path


def _layer(source, crs, name, geometry, columns):
    layer = source.CreateLayer(name, crs, geometry)
    for column, kind in columns.items():
        layer.CreateField(ogr.FieldDefn(column, kind))
    return layer


def _add(layer, values, wkt):
    feature = ogr.Feature(layer.GetLayerDefn())
    for column, value in values.items():
        if value is not None:
            feature.SetField(column, value)
    if wkt:
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
    layer.CreateFeature(feature)
