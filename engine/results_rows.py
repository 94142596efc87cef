"""What a localization puts into the tables of the results GeoPackage (engine/results_schema.py)."""

from __future__ import annotations

import json
from typing import Any

import shapely
import shapely.geometry

from engine import geopackage

Row = dict[str, Any]


def photo_row(localization: Row, info: Row, located_at: str) -> Row:
    """The row of `photos`; `info` is the photo's `photo/info`."""
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


def footprint_row(localization: Row, info: Row, located_at: str) -> Row:
    """The row of `footprints` of a localization that has one."""
    candidates = localization["candidates"]
    best: Row = max(candidates, key=lambda candidate: candidate["inliers"], default={})  # the first where none has any
    camera = localization["camera"] or {}
    model = localization["model"] or {}
    imagery = localization["imagery"] or {}
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
        "imagery": imagery.get("source"),
        "imagery_attribution": imagery.get("attribution"),
    }
    for n, (lat, lon) in enumerate(localization["corners"] or [], start=1):
        row[f"lat{n}"], row[f"lon{n}"] = lat, lon
    return row


def candidate_row(candidate: Row) -> Row:
    """A row of `candidates`."""
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
        "found_by": candidate.get("found_by"),
        "z": candidate.get("z"),
    }


def tie_point_row(point: Row) -> Row:
    """A row of `tie_points`."""
    return {"geom": geopackage.geometry_blob(shapely.Point(point["lon"], point["lat"])), **point}


def _multi_polygon(geojson: Row) -> bytes:
    geometry = shapely.geometry.shape(geojson)
    if isinstance(geometry, shapely.Polygon):
        geometry = shapely.MultiPolygon([geometry])
    return geopackage.geometry_blob(geometry)
