"""Records from rows of NASA's Photos Database: replies of its API and tables of its dumps.

The API names values `table.field`; a dump of one table names them in upper case without the table.
https://eol.jsc.nasa.gov/SearchPhotos/PhotosDatabaseAPI/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.messages import Message
from engine.photo.photo_id import parse_photo_id
from engine.records.record import PhotoFile, Record, Tally, printable
from engine.records.tables import normalised, open_text
from engine.records.values import Row

_ID = ("mission", "roll", "frame")
_COLUMNS = {
    "frames": "tilt pdate ptime cldp azi elev fclt lat lon nlat nlon camera film geon feat",
    "nadir": "pdate ptime lat lon azi elev cldp",
    "camera": "fclt camera",
    "images": "directory filename width height annotated cropped filesize",
    "mlcoord": "lat lon orientation resolution_long resolution_short "
    "ul_lat ul_lon ur_lat ur_lon lr_lat lr_lon ll_lat ll_lon",
    "mlfeat": "",
    "captions": "",
}
_FIELDS = {table: frozenset((*columns.split(), *_ID)) for table, columns in _COLUMNS.items()}
TABLES = tuple(_FIELDS)
_TILT_CODES = ("NV", "LO", "HO")
_CENTER_STEP_DEG = 0.5  # of frames.lat and frames.lon, which are estimates to about a degree
_MAX_REPLY_CHARACTERS = 1 << 28
_SAFE_NAME = re.compile(r"[A-Za-z0-9_()-][A-Za-z0-9_.()-]{0,120}\.(jpe?g|png|tiff?)", re.IGNORECASE | re.ASCII)
_SAFE_DIRECTORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*){0,9}", re.ASCII)


def table_of(columns: Iterable[str], name: str = "") -> str:
    """Which table of NASA's a dump with these columns is of; "" for none.

    Args:
        columns: normalised names.
        name: of the file, which decides if it is that of a table.
    """
    given = set(columns)
    if any(column.split(".")[0] in TABLES and "." in column for column in given):
        return "frames"  # the columns name their tables
    if not set(_ID) <= given:
        return ""
    named = [table for table in TABLES if re.search(rf"(?<![a-z]){table}(?![a-z])", name.lower())]
    if named:
        return named[0]
    return min(TABLES, key=lambda table: (-len(_FIELDS[table] & given), len(_FIELDS[table])))


def nasa_record(row: Row, table: str) -> Record | None:
    """The record of a row; None for a row that is rejected.

    Args:
        row: with columns named `table.field`, or `field` for those of `table`.
        table: one of TABLES.
    """
    row = Row({_full_name(name, table): value for name, value in row.values.items()}, row.where, row.tally)
    parts = [row.text(*(f"{one}.{field}" for one in TABLES)) for field in ("mission", "roll", "frame")]
    photo_id = parse_photo_id("-".join(parts)) if all(parts) else None
    if photo_id is None:
        reason = Message("record.no_id") if any(parts) else Message("record.no_frame")
        row.tally.reject(reason, row.where, "-".join(parts) if any(parts) else "")
        return None
    # nlat and nlon of the frame, which a person may have corrected, before the nadir from the clock.
    nadir, nadir_step = row.nadir(photo_id, ["frames.nlat", "nadir.lat"], ["frames.nlon", "nadir.lon"])
    center, center_step = row.place("value.center", ["mlcoord.lat"], ["mlcoord.lon"])
    if center is None:
        center, written = row.place("value.center", ["frames.lat"], ["frames.lon"])
        center_step = None if written is None else max(written, _CENTER_STEP_DEG)
    tilt, tilt_code = _tilt(row)
    return Record(
        photo_id,
        row.where,
        taken_at=row.moment(photo_id, row.text("frames.pdate", "nadir.pdate"), row.text("frames.ptime", "nadir.ptime")),
        nadir=nadir,
        nadir_step_deg=nadir_step,
        center=center,
        center_step_deg=center_step,
        corners=row.corners([([f"mlcoord.{c}_lat"], [f"mlcoord.{c}_lon"]) for c in ("ul", "ur", "lr", "ll")]),
        altitude_km=None,
        focal_length_mm=_positive(row, "value.focal_length", 5000.0, "frames.fclt", "camera.fclt"),
        camera=printable(row.text("frames.camera", "camera.camera")) or None,
        tilt_deg=tilt,
        tilt_code=tilt_code,
        orientation_deg=row.number("value.orientation", -360.0, 360.0, "mlcoord.orientation"),
        cloud_percent=row.number("value.cloud", 0.0, 100.0, "frames.cldp", "nadir.cldp"),
        sun_azimuth_deg=row.number("value.sun_azimuth", -180.0, 360.0, "frames.azi", "nadir.azi"),
        sun_elevation_deg=row.number("value.sun_elevation", -90.0, 90.0, "frames.elev", "nadir.elev"),
        files=_files(row),
    )


def read_reply(path: Path, tally: Tally) -> Iterator[Record]:
    """Records from a reply of the API that was saved as a file.

    Raises:
        InputError: the file cannot be read or is no reply.
    """
    with open_text(path) as file:
        text = file.read(_MAX_REPLY_CHARACTERS + 1)
    if len(text) > _MAX_REPLY_CHARACTERS:
        raise InputError.of("records.too_large", path=path, mb=_MAX_REPLY_CHARACTERS >> 20)
    yield from reply_records(parse_reply(text, str(path)), path.name, tally)


def parse_reply(text: str, path: str) -> Sequence[Any]:
    """The objects of a reply.

    Args:
        text: JSON: a list of objects, or an object with the text `error`.
        path: file or host, for errors.

    Raises:
        InputError: the reply is an error, or something else.
    """
    try:
        reply = json.loads(text, strict=False)  # captions hold control characters
    except (ValueError, RecursionError):
        raise InputError.of("records.no_reply", path=path, what=printable(text[:60]) or "nothing") from None
    if isinstance(reply, Mapping) and "error" in reply:
        raise InputError.of("records.reply_error", path=path, reason=printable(reply["error"]))
    if not isinstance(reply, list):
        raise InputError.of("records.no_reply", path=path, what=printable(text[:60]))
    return reply


def reply_records(reply: Iterable[Any], name: str, tally: Tally) -> Iterator[Record]:
    """Records from the objects of a reply; `name` is that of the source."""
    for number, entry in enumerate(reply, start=1):
        tally.rows += 1
        where = f"{name}, entry {number}"
        if not isinstance(entry, Mapping):
            tally.reject(Message("record.no_object"), where, entry)
            continue
        record = nasa_record(Row({normalised(str(key)): entry[key] for key in entry}, where, tally), "frames")
        if record is not None:
            yield record


@lru_cache(maxsize=4096)  # columns are few, but a stranger may name them anything
def _full_name(name: str, table: str) -> str:
    """`table.field` of a column; one that this table lacks belongs to the first table that has it."""
    if "." in name:
        return name
    return f"{next((one for one in (table, *TABLES) if name in _FIELDS[one]), table)}.{name}"


def _positive(row: Row, what: str, high: float, *names: str) -> float | None:
    """A number above 0; the catalogue writes 0 for an unknown one."""
    value = row.number(what, 0.0, high, *names)
    return value or None


def _tilt(row: Row) -> tuple[float | None, str | None]:
    code = row.text("frames.tilt").upper()
    if code in _TILT_CODES:
        return None, code
    return row.number("value.tilt", 0.0, 90.0, "frames.tilt"), None


def _files(row: Row) -> tuple[PhotoFile, ...]:
    file = photo_file(row, row.text("images.directory").strip("/"), row.text("images.filename"))
    if file is None:
        return ()
    sizes = [row.number("value.file_size", 0, 1e12, f"images.{what}") for what in ("width", "height", "filesize")]
    width, height, size = (int(value) if value else None for value in sizes)
    return (PhotoFile(file.directory, file.name, width, height, size),)


def photo_file(row: Row, directory: str, name: str) -> PhotoFile | None:
    """A file in the archive; None for no name, and, tallied, for one that could lead out of the archive."""
    if not directory and not name:
        return None
    if not _SAFE_NAME.fullmatch(name) or not _SAFE_DIRECTORY.fullmatch(directory):
        row.tally.drop(Message("record.file_name"), row.where, f"{directory}/{name}")
        return None
    return PhotoFile(directory, name)
