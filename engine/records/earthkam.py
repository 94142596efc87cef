"""Records from the catalogue of ISS EarthKAM, a camera in the station that school classes point.

A CSV file with one photo a line: id, time, centre, four corners, altitude of the station, lens. There are several
exports with different column names, so each value is looked up under all the names that are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.messages import Message
from engine.photo.photo_id import parse_photo_id
from engine.records.record import Record, printable
from engine.records.values import Row

_ID = ("image_id", "photo_id", "id", "image", "image_name", "name", "filename", "file_name", "file", "photo")
_CORNERS = (
    ("ul", "upper_left", "top_left", "tl", "nw", "corner1", "corner_1", "1"),
    ("ur", "upper_right", "top_right", "tr", "ne", "corner2", "corner_2", "2"),
    ("lr", "lower_right", "bottom_right", "br", "se", "corner3", "corner_3", "3"),
    ("ll", "lower_left", "bottom_left", "bl", "sw", "corner4", "corner_4", "4"),
)
_ALTITUDE = ("altitude_km", "altitude", "alt_km", "alt", "iss_altitude", "iss_altitude_km", "station_altitude")
_LENS = ("lens", "lens_mm", "lens_size", "lens_size_mm", "lens_focal_length", "focal_length", "focal_length_mm", "fclt")
_DATE_TIME = (
    "time",
    "time_utc",
    "utc",
    "gmt",
    "datetime",
    "date_time",
    "date_time_utc",
    "acquisition_time",
    "image_time",
)
_DATE = ("date", "date_utc", "image_date", "acquisition_date", "pdate")


def _names(corner: Iterable[str], axis: str) -> list[str]:
    long = {"lat": "latitude", "lon": "longitude"}[axis]
    words = [axis, long, "long"] if axis == "lon" else [axis, long]
    return (
        [f"{name}_{word}" for name in corner for word in words]
        + [f"{word}_{name}" for name in corner for word in words]
        + [f"{word}{name}" for name in corner if name.isdigit() for word in words]
    )


_CORNER_NAMES = [(_names(corner, "lat"), _names(corner, "lon")) for corner in _CORNERS]
_CENTER = ("center", "centre", "image_center", "ctr")
_CENTER_LAT = [*_names(_CENTER, "lat"), "latitude", "lat"]
_CENTER_LON = [*_names(_CENTER, "lon"), "longitude", "lon", "long"]
_NADIR_NAMES = ("nadir", "iss", "station", "sub_satellite")
_NADIR_LAT, _NADIR_LON = _names(_NADIR_NAMES, "lat"), _names(_NADIR_NAMES, "lon")


def is_earthkam(columns: Iterable[str]) -> bool:
    """Whether a table with these columns (normalised) can be read: it has an id, and corners or lens and altitude."""
    given = set(columns)
    has_corners = all(given & set(lat) and given & set(lon) for lat, lon in _CORNER_NAMES)
    has_camera = bool(given & set(_LENS)) and bool(given & set(_ALTITUDE))
    return bool(given & set(_ID)) and (has_corners or has_camera)


def earthkam_record(row: Row) -> Record | None:
    """The record of a row; None for a row that is rejected."""
    stated = row.text(*_ID)
    photo_id = parse_photo_id(stated)
    if photo_id is None:
        row.tally.reject(Message("record.no_id"), row.where, stated)
        return None
    center, center_step = row.place("value.center", _CENTER_LAT, _CENTER_LON)
    nadir, nadir_step = row.nadir(photo_id, _NADIR_LAT, _NADIR_LON)
    date, time = row.text(*_DATE), row.text(*_DATE_TIME)
    if not date:
        date, time = time, ""
    return Record(
        photo_id,
        row.where,
        taken_at=row.moment(photo_id, date, time),
        nadir=nadir,
        nadir_step_deg=nadir_step,
        center=center,
        center_step_deg=center_step,
        corners=row.corners(_CORNER_NAMES),
        altitude_km=_altitude_km(row),
        focal_length_mm=_lens_mm(row),
        camera=printable(row.text("camera", "camera_model")) or None,
        orientation_deg=row.number("value.orientation", -360.0, 360.0, "orientation", "orientation_deg"),
        cloud_percent=row.number("value.cloud", 0.0, 100.0, "cloud", "clouds", "cloud_cover", "cloud_percent"),
        sun_elevation_deg=row.number("value.sun_elevation", -90.0, 90.0, "sun_elevation", "sun_angle"),
        area_km2=None,
    )


def _altitude_km(row: Row) -> float | None:
    """The altitude of the station, which flies between 150 and 700 km; a number a thousand times that is in metres."""
    if row.text("altitude_m", "alt_m"):
        metres = row.number("value.altitude_m", 150e3, 700e3, "altitude_m", "alt_m")
        return None if metres is None else metres / 1000.0
    text = re.sub(r"\s*km$", "", row.text(*_ALTITUDE), flags=re.IGNORECASE)
    return Row({"altitude": text}, row.where, row.tally).number("value.altitude_km", 150.0, 700.0, "altitude")


def _lens_mm(row: Row) -> float | None:
    text = re.sub(r"\s*mm$", "", row.text(*_LENS), flags=re.IGNORECASE)
    return Row({"lens": text}, row.where, row.tally).number("value.focal_length", 1.0, 5000.0, "lens") or None
