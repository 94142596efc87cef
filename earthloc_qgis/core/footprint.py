"""Footprints computed by the plugin: outlines from a camera, cut at the antimeridian, as GeoPackage geometry."""

from __future__ import annotations

import json
import math
import struct
from typing import Optional

from osgeo import ogr

_STEPS = 12  # points per side; between them the error of the outline is less than 1/1000 of its length
_GEOPACKAGE_HEADER = "<2sBBi4d"
_SRS_ID = 4326
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)

Point = tuple[float, float]


def outline(camera) -> Optional[list[Point]]:
    """Dense ground outline [(lat, lon)] of a photo; None when part of it shows no ground."""
    width, height = camera.size_px
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    ring = []
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1]):
        for step in range(_STEPS):
            at = camera.locate(x0 + (x1 - x0) * step / _STEPS, y0 + (y1 - y0) * step / _STEPS)
            if at is None:
                return None
            ring.append(at)
    return ring


def corners_of(camera) -> Optional[list[list[float]]]:
    """[[lat, lon] x 4]: top-left, top-right, bottom-right, bottom-left; None when a corner shows no ground."""
    width, height = camera.size_px
    found = [camera.locate(x, y) for x, y in ((0, 0), (width, 0), (width, height), (0, height))]
    return None if None in found else [[round(lat, 6), round(lon, 6)] for lat, lon in found]


def center_of(points: list[Point]) -> Point:
    """Centre (lat, lon) of points: the mean of their vectors from the Earth's centre."""
    x = y = z = 0.0
    for lat, lon in points:
        phi, lam = math.radians(lat), math.radians(lon)
        x += math.cos(phi) * math.cos(lam)
        y += math.cos(phi) * math.sin(lam)
        z += math.sin(phi)
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def to_geojson(ring: list[Point]) -> dict:
    """A ring [(lat, lon)] as a GeoJSON MultiPolygon, cut at the antimeridian."""
    lons, previous = [], ring[0][1]
    for _, lon in ring:  # unwrapped: no jump at 180 degrees
        previous += (lon - previous + 180.0) % 360.0 - 180.0
        lons.append(previous)
    unwrapped = ogr.Geometry(ogr.wkbLinearRing)
    for (lat, _), lon in zip(ring, lons):
        unwrapped.AddPoint_2D(lon, lat)
    unwrapped.CloseRings()
    polygon = ogr.Geometry(ogr.wkbPolygon)
    polygon.AddGeometry(unwrapped)
    if not polygon.IsValid():
        polygon = polygon.MakeValid()
    parts = ogr.Geometry(ogr.wkbMultiPolygon)
    for world in range(math.floor((min(lons) + 180) / 360), math.floor((max(lons) + 180) / 360) + 1):
        west = 360.0 * world - 180.0
        box = ogr.CreateGeometryFromWkt(f"POLYGON(({west} -90,{west + 360} -90,{west + 360} 90,{west} 90,{west} -90))")
        _add_polygons(parts, polygon.Intersection(box), -360.0 * world)
    return json.loads(parts.ExportToJson(["COORDINATE_PRECISION=6"]))


def geometry_blob(geojson: dict) -> bytes:
    """A GeoJSON Polygon or MultiPolygon as a GeoPackage MultiPolygon with envelope, EPSG:4326."""
    shape = ogr.ForceToMultiPolygon(ogr.CreateGeometryFromJson(json.dumps(geojson)))
    west, east, south, north = shape.GetEnvelope()
    header = struct.pack(_GEOPACKAGE_HEADER, b"GP", 0, 0b00011, _SRS_ID, west, east, south, north)
    return header + bytes(shape.ExportToWkb(ogr.wkbNDR))


def point_blob(lat: float, lon: float) -> bytes:
    """A point as GeoPackage geometry with envelope, EPSG:4326."""
    header = struct.pack(_GEOPACKAGE_HEADER, b"GP", 0, 0b00011, _SRS_ID, lon, lon, lat, lat)
    return header + struct.pack("<BIdd", 1, 1, lon, lat)


def envelope(blob: Optional[bytes]) -> Optional[tuple[float, float, float, float]]:
    """(min x, max x, min y, max y) of a GeoPackage geometry; None when it is empty.

    The SQL functions ST_MinX etc. use it; the triggers of a layer's spatial index call them.
    """
    if blob is None or blob[3] & 0b10000:
        return None
    size = _ENVELOPE_BYTES[(blob[3] >> 1) & 0b111]
    if size:
        return struct.unpack_from(("<" if blob[3] & 1 else ">") + "4d", blob, 8)
    shape = ogr.CreateGeometryFromWkb(bytes(blob[8:]))
    return None if shape is None or shape.IsEmpty() else shape.GetEnvelope()


def _add_polygons(parts: ogr.Geometry, shape: ogr.Geometry, shift_deg: float) -> None:
    """Adds the polygons of a geometry to `parts`, shifted by a multiple of 360 degrees of longitude."""
    if shape.GetGeometryType() != ogr.wkbPolygon:
        for index in range(shape.GetGeometryCount()):
            if shape.GetGeometryRef(index).GetDimension() == 2:
                _add_polygons(parts, shape.GetGeometryRef(index), shift_deg)
        return
    moved = shape.Clone()
    if shift_deg:
        ring = moved.GetGeometryRef(0)
        for index in range(ring.GetPointCount()):
            ring.SetPoint_2D(index, ring.GetX(index) + shift_deg, ring.GetY(index))
    parts.AddGeometry(moved)
