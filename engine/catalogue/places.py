"""What an export may say of the place of a row, and its geometry in the forms that exports need."""

from __future__ import annotations

from typing import Any

import shapely
from shapely.geometry import shape

from engine.catalogue.columns import GEOMETRY, Row
from engine.contract.status import LOCATED, USABLE
from engine.errors import InputError

BBox = tuple[float, float, float, float]  # west, south, east, north; west > east across the 180th meridian
_EDGE_DEG = 1e-9


def is_located(row: Row) -> bool:
    """Whether the place is believed: located by the engine, or accepted or corrected by a person."""
    return row.get(GEOMETRY) is not None and (row["status"] == LOCATED or row.get("review") in USABLE)


def polygons(row: Row) -> shapely.MultiPolygon | None:
    """The footprint as a MultiPolygon of longitude and latitude; None without one.

    Raises:
        InputError: the geometry is no polygon or lies outside the Earth.
    """
    geojson = row.get(GEOMETRY)
    if geojson is None:
        return None
    found = shape(geojson)
    if isinstance(found, shapely.Polygon):
        found = shapely.MultiPolygon([found])
    west, south, east, north = found.bounds if not found.is_empty else (0.0, 91.0, 0.0, 91.0)
    # Not a number fails this comparison, too.
    if not isinstance(found, shapely.MultiPolygon) or not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        problem = "its footprint is no polygon in longitude -180 to 180 and latitude -90 to 90"
        raise InputError(row["photo"], problem, "locate this photo again")
    return found


def bbox(footprint: shapely.MultiPolygon) -> BBox:
    """The bounding box; of a footprint cut at the 180th meridian, as RFC 7946 section 5.2 demands."""
    west, south, east, north = footprint.bounds
    if west <= -180 + _EDGE_DEG and east >= 180 - _EDGE_DEG:
        parts = [part.bounds for part in footprint.geoms]
        if all(part[0] <= -180 + _EDGE_DEG or part[2] >= 180 - _EDGE_DEG for part in parts) and not any(
            part[0] <= -180 + _EDGE_DEG and part[2] >= 180 - _EDGE_DEG for part in parts
        ):
            west = min(part[0] for part in parts if part[2] >= 180 - _EDGE_DEG)
            east = max(part[2] for part in parts if part[0] <= -180 + _EDGE_DEG)
    return west, south, east, north


def text_of(value: Any) -> Any:
    """Text as databases and JSON take it: without half surrogates and without NUL."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode().replace("\0", "")
    return value
