"""The rows of a catalogue as the script of a page reads them: columns in blocks, compressed.

A block is JSON, then gzip, then base64. So 100,000 photos fit in one page, and nothing that a row says, such as a
photo named `</script>`, can be read as part of the page.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import shapely
from pyproj import Geod
from shapely.geometry import shape

from engine.catalogue.columns import GEOMETRY, Row

BLOCK = 1000  # rows that a browser unpacks at a time, in a few milliseconds
# Text that is different in every row, and text that many rows share.
_OWN_TEXT = ("photo", "photo_id", "message")
_SHARED_TEXT = ("status", "reason", "camera", "index_name", "model", "imagery", "imagery_attribution", "engine")
# Decimals, least and greatest value.
_NUMBERS: dict[str, tuple[int, float, float]] = {
    "confidence": (4, 0, 1),
    "center_lat": (4, -90, 90),
    "center_lon": (4, -180, 180),
    "nadir_lat": (4, -90, 90),
    "nadir_lon": (4, -180, 180),
    "sd_km": (2, 0, 20_040),
    "focal_length_mm": (1, 0, 10_000),
    "camera_altitude_km": (1, 0, 100_000),
    "tilt_deg": (1, 0, 180),
    "azimuth_deg": (1, -360, 360),
    "inliers": (0, 0, 1e9),
    "rms_km": (2, 0, 20_040),
    "cloud_percent": (0, 0, 100),
    "sun_elevation_deg": (1, -90, 90),
    "width_px": (0, 1, 1e6),
    "height_px": (0, 1, 1e6),
    "ellipse_major_km": (1, 0, 20_040),
    "ellipse_minor_km": (1, 0, 20_040),
    "ellipse_azimuth_deg": (0, -360, 360),
}
READ = (*_OWN_TEXT, *_SHARED_TEXT, *_NUMBERS, "taken_at", GEOMETRY)
_DEGREE = 10_000  # coordinates are whole numbers of 1/10,000 degree, 11 m
_MOST_VERTICES = 1000  # of a footprint; ours have up to some dozens
_EARTH = Geod(ellps="WGS84")
_ABSURD, _UNDRAWN, _UNDATED = "absurd numbers", "footprints that cannot be drawn", "times that cannot be read"


class PageRows:
    """Packs rows for a page and counts what was left out of it.

    Attributes:
        left_out: how many values of each kind were left out, as words.
        statuses: how many photos have each status.
        packed: how many rows there were.
    """

    def __init__(self) -> None:
        self.left_out: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.packed = 0

    def blocks(self, rows: Iterable[Row], places: dict[str, int]) -> Iterator[str]:
        """The rows in base64, block by block.

        Args:
            rows: with the columns READ.
            places: of each photo in the list of all, by name.
        """
        block: list[Row] = []
        for row in rows:
            block.append(row)
            if len(block) == BLOCK:
                yield self._packed(block, places)
                block = []
        if block:
            yield self._packed(block, places)

    def _packed(self, rows: list[Row], places: dict[str, int]) -> str:
        columns: dict[str, Any] = {name: [text_of(row.get(name)) for row in rows] for name in _OWN_TEXT}
        for name in _SHARED_TEXT:
            values = [text_of(row.get(name)) for row in rows]
            codes = {value: code for code, value in enumerate(sorted(set(values)))}
            columns[name] = {"values": list(codes), "codes": [codes[value] for value in values]}
        for name, (decimals, least, most) in _NUMBERS.items():
            columns[name] = [self._number(row.get(name), decimals, least, most) for row in rows]
        columns["taken_at"] = [self._seconds(row.get("taken_at")) for row in rows]
        columns["place"] = [places.get(text_of(row["photo"]), len(places)) for row in rows]
        drawn = [self._rings(row.get(GEOMETRY)) for row in rows]
        columns["rings"] = [rings for rings, _ in drawn]
        columns["area_km2"] = [area for _, area in drawn]
        self.statuses.update(text_of(row.get("status")) for row in rows)
        self.packed += len(rows)
        text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        # mtime: the same catalogue gives the same page.
        return base64.b64encode(gzip.compress(text.encode("utf-8", "replace"), mtime=0)).decode("ascii")

    def _number(self, value: Any, decimals: int, least: float, most: float) -> float | None:
        if value is None:
            return None
        if not isinstance(value, (int, float)) or not least <= value <= most:  # also NaN
            self.left_out[_ABSURD] += 1
            return None
        return round(value, decimals) if decimals else round(value)

    def _seconds(self, text: Any) -> int | None:
        """Seconds since 1970; a time without a zone is read as UTC."""
        if not text:
            return None
        try:
            time = datetime.fromisoformat(str(text))
            return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
        except (ValueError, OverflowError):
            self.left_out[_UNDATED] += 1
            return None

    def _rings(self, geometry: Any) -> tuple[list[list[int]] | None, int | None]:
        """The outer rings of a footprint, each [lat, lon, then differences], and its area in km2."""
        if geometry is None:
            return None, None
        try:
            rings = [_ring(polygon) for polygon in _polygons(shape(geometry))]
        except (ValueError, TypeError, shapely.errors.ShapelyError):
            rings = []
        if not rings or sum(map(len, rings)) > _MOST_VERTICES:
            self.left_out[_UNDRAWN] += 1
            return None, None
        area_m2 = 0.0
        for ring in rings:
            lats, lons = zip(*ring, strict=True)
            area_m2 += abs(_EARTH.polygon_area_perimeter(lons, lats)[0])
        return [_differences(ring) for ring in rings], round(area_m2 / 1e6)


def text_of(value: Any) -> str:
    """The text of a value, "" if it is missing, without halves of surrogate pairs, which have no place in a file."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def _polygons(footprint: Any) -> list[Any]:
    """The polygons of a footprint. Parts on the two sides of the 180th meridian are joined across it."""
    if footprint.geom_type not in ("Polygon", "MultiPolygon") or footprint.is_empty:
        return []
    parts = list(getattr(footprint, "geoms", [footprint]))
    west, _, east, _ = footprint.bounds
    if len(parts) > 1 and west <= -180 and east >= 180:
        moved = [shapely.affinity.translate(p, 360) if p.centroid.x < 0 else p for p in parts]
        joined = shapely.union_all(moved, grid_size=1e-6)
        parts = list(getattr(joined, "geoms", [joined]))
    return parts


def _ring(polygon: Any) -> list[tuple[float, float]]:
    """The vertices (lat, lon) of the outer ring, without the last, which repeats the first.

    Raises:
        ValueError: a vertex lies nowhere on the Earth.
    """
    vertices = [(lat, lon) for lon, lat in list(polygon.exterior.coords)[:-1]]
    for lat, lon in vertices:
        if not (math.isfinite(lat) and abs(lat) <= 90 and math.isfinite(lon) and abs(lon) <= 540):
            raise ValueError
    return vertices


def _differences(ring: list[tuple[float, float]]) -> list[int]:
    packed: list[int] = []
    before = (0, 0)
    for lat, lon in ring:
        now = (round(lat * _DEGREE), round(lon * _DEGREE))
        packed += [now[0] - before[0], now[1] - before[1]]
        before = now
    return packed
