"""Records from the lists that engine.records.write makes (CSV), so that a catalogue need be asked only once."""

from __future__ import annotations

from collections.abc import Iterable

from engine.messages import Message
from engine.photo.photo_id import parse_photo_id
from engine.records.nasa import photo_file
from engine.records.record import Record, printable
from engine.records.values import Row

_CORNERS = [([f"lat{number}"], [f"lon{number}"]) for number in (1, 2, 3, 4)]


def is_own_list(columns: Iterable[str]) -> bool:
    """Whether a table with these columns (normalised) is such a list."""
    return {"photo", "photo_id", "nadir_lat", "nadir_lon", "taken_on", "archive_file"} <= set(columns)


def own_record(row: Row) -> Record | None:
    """The record of a row; None for a row that is rejected."""
    photo_id = parse_photo_id(row.text("photo_id"))
    if photo_id is None:
        row.tally.reject(Message("record.no_id"), row.where, row.text("photo_id"))
        return None
    nadir, nadir_step = row.nadir(photo_id, ["nadir_lat"], ["nadir_lon"])
    center, center_step = row.place("value.center", ["center_lat"], ["center_lon"])
    directory, _, name = row.text("archive_file").rpartition("/")
    file = photo_file(row, directory, name)
    return Record(
        photo_id,
        printable(row.text("source")) or row.where,
        taken_at=row.moment(photo_id, row.text("taken_on")),
        nadir=nadir,
        nadir_step_deg=row.number("value.step", 0.0, 90.0, "nadir_step_deg") or nadir_step,
        center=center,
        center_step_deg=row.number("value.step", 0.0, 90.0, "center_step_deg") or center_step,
        corners=row.corners(_CORNERS),
        altitude_km=row.number("value.altitude_km", 150.0, 700.0, "altitude_km"),
        focal_length_mm=row.number("value.focal_length", 0.0, 5000.0, "focal_length_mm") or None,
        camera=printable(row.text("camera")) or None,
        tilt_deg=row.number("value.tilt", 0.0, 90.0, "tilt_deg"),
        tilt_code=printable(row.text("tilt_code")) or None,
        orientation_deg=row.number("value.orientation", -360.0, 360.0, "orientation_deg"),
        cloud_percent=row.number("value.cloud", 0.0, 100.0, "cloud_percent"),
        sun_azimuth_deg=row.number("value.sun_azimuth", -180.0, 360.0, "sun_azimuth_deg"),
        sun_elevation_deg=row.number("value.sun_elevation", -90.0, 90.0, "sun_elevation_deg"),
        area_km2=row.number("value.area", 0.0, 1e8, "area_km2"),
        files=() if file is None else (file,),
    )
