"""Made-up answers to where a photo could be, in plain Python: search areas of rings of cells around places."""

from __future__ import annotations

import base64
import math
import zlib

ROWS, COLUMNS = 256, 608
CELL_KM2 = 3265.0
_RINGS = {50: 1, 90: 4, 99: 7}  # cells on each side of the middle
_STEP = 6  # of the code, from ring to ring
_OTHER = 255  # code of a cell that is impossible


def cell_of(lat: float, lon: float) -> tuple[int, int]:
    """Row and column, as on a sphere."""
    row = int((1 - math.sin(math.radians(lat))) / 2 * ROWS)
    return row, int((lon + 180) / 360 * COLUMNS)


def where_at(*places: tuple[float, float], left_out: tuple[tuple[str, str], ...] = ()) -> dict:
    """Equal areas around places (lat, lon), all of them as a localization carries them."""
    codes = bytearray([_OTHER]) * (ROWS * COLUMNS)
    boxes: dict[int, list] = {percent: [] for percent in _RINGS}
    for lat, lon in places:
        row, column = cell_of(lat, lon)
        reach = _RINGS[99]
        for i in range(-reach, reach + 1):
            for j in range(-reach, reach + 1):
                at = (row + i) * COLUMNS + (column + j) % COLUMNS
                codes[at] = min(codes[at], _STEP * max(abs(i), abs(j)))
        for percent, ring in _RINGS.items():
            boxes[percent].append(_box(row, column, ring))
    count = len(places)
    return {
        "areas": [
            {"percent": percent, "area_km2": count * (2 * ring + 1) ** 2 * CELL_KM2,
             "outline": {"type": "MultiPolygon", "coordinates": boxes[percent]}}
            for percent, ring in _RINGS.items()
        ],
        "regions": [
            {"probability": 0.9 / count, "area_km2": 81 * CELL_KM2, "center": [lat, lon]} for lat, lon in places[:5]
        ],
        "sources": ["tiles", "votes"],
        "left_out": [{"source": source, "reason": reason} for source, reason in left_out],
        "map": base64.b64encode(zlib.compress(bytes(codes))).decode(),
    }  # fmt: skip


def _box(row: int, column: int, ring: int) -> list:
    """The cells around a cell as a polygon."""
    north, south = (
        math.degrees(math.asin(max(-1.0, min(1.0, 1 - 2 * edge / ROWS)))) for edge in (row - ring, row + ring + 1)
    )
    west, east = (360 * edge / COLUMNS - 180 for edge in (column - ring, column + ring + 1))
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]
