"""Reads NASA's machine-made footprints: the table `mlcoord` of the Photos Database.

Replies of its API are JSON arrays of objects with names `table.field`, its dumps TSV with upper-case names without the
table. https://eol.jsc.nasa.gov/SearchPhotos/PhotosDatabaseAPI/
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import InputError, in_short
from engine.photo.photo_id import parse_photo_id

# Id of the photo, and (lat, lon) of its top-left, top-right, bottom-right, bottom-left corner.
NasaFootprint = tuple[str, tuple[tuple[float, float], ...]]

_CORNERS = ("ul", "ur", "lr", "ll")
_HINT = "give a reply of NASA's API as JSON, or a table as TSV with MISSION, ROLL, FRAME and UL_LAT ... LL_LON"


def read_mlcoord(path: Path, unusable: Counter[str]) -> Iterator[NasaFootprint]:
    """The footprints in a file. Entries without one are left out; `unusable` counts them by reason.

    Raises:
        InputError: the file cannot be read, or is of another kind.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            start = file.read(4096)
            file.seek(0)
            entries = _objects(path, file) if start.lstrip().startswith(("[", "{")) else _lines(path, file)
            for entry in entries:
                found = _footprint(entry, unusable)
                if found is not None:
                    yield found
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, f"it cannot be read ({in_short(error)})", _HINT) from error


def _objects(path: Path, file: Any) -> Iterator[Mapping[str, Any]]:
    try:
        reply = json.load(file)
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"it is not JSON ({in_short(error)})", _HINT) from error
    if not isinstance(reply, list):
        raise InputError(path, "it is no list of photos", _HINT)
    for entry in reply:
        yield {_field(name): value for name, value in entry.items()} if isinstance(entry, dict) else {}


def _lines(path: Path, file: Any) -> Iterator[Mapping[str, Any]]:
    table = csv.reader(file, dialect="excel-tab")
    names = [_field(name) for name in next(table, [])]
    if not {"mission", "roll", "frame", "ul_lat"} <= set(names):
        raise InputError(path, "it is no table of footprints", _HINT)
    for line in table:
        yield dict(zip(names, line, strict=False))


def _field(name: str) -> str:
    """A column in lower case, without the tables whose fields are needed here."""
    return name.strip().strip('"').lower().removeprefix("mlcoord.").removeprefix("frames.")


def _footprint(entry: Mapping[str, Any], unusable: Counter[str]) -> NasaFootprint | None:
    parts = [str(entry.get(name) or "").strip() for name in ("mission", "roll", "frame")]
    photo_id = parse_photo_id("-".join(parts)) if all(parts) else None
    if photo_id is None:
        unusable["no id of a photo"] += 1
        return None
    corners = []
    for corner in _CORNERS:
        lat, lon = (_number(entry.get(f"{corner}_{axis}")) for axis in ("lat", "lon"))
        if lat is None or lon is None:
            unusable["a corner without coordinates"] += 1
            return None
        if abs(lat) > 90.0 or abs(lon) > 360.0:
            unusable["a corner that is not on the Earth"] += 1
            return None
        corners.append((lat, lon))
    return photo_id, tuple(corners)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
