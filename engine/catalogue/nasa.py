"""Exports a catalogue with the field names of NASA's Photos Database, `table.field`, as TSV or JSON.

NASA's fields say nothing of certainty, so only photos whose place is believed have one here.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.catalogue.columns import COLUMNS, Row
from engine.catalogue.places import is_located, text_of
from engine.orbit.times import utc_of

# Decimals as in NASA's tables: the nadir and the footprint's corners are machine-made, the Sun, tilt, focal length and
# cloud are whole numbers. The photo's centre is catalogued to half a degree; mlcoord.lat and lon carry it in full.
_DECIMALS = {"nlat": 1, "nlon": 1, "fclt": 0, "tilt": 0, "azi": 0, "elev": 0, "cldp": 0, "width": 0, "height": 0}
_CORNER_DECIMALS = 6
_CENTER_STEP = 0.5
_OF_PLACE = ("frames.lat", "frames.lon", "frames.tilt", "frames.azi", "frames.elev", "mlcoord.")
_FIELDS = (
    "frames.mission", "frames.roll", "frames.frame", "frames.pdate", "frames.ptime",
    *(column.nasa for column in COLUMNS if column.nasa.startswith("frames.")),
    "images.filename", "images.filesize",
    *(column.nasa for column in COLUMNS if column.nasa.startswith("images.")),
    "mlcoord.lat", "mlcoord.lon",
    *(column.nasa for column in COLUMNS if column.nasa.startswith("mlcoord.")),
)  # fmt: skip


def to_nasa(rows: Iterable[Row], out: Path) -> int:
    """Writes rows as TSV, or as an array of objects where the name ends in `.json`; returns how many.

    As in NASA's replies, every value of the JSON is text. An existing file is replaced when the new one is complete.

    Raises:
        OSError: the file cannot be written.
    """
    part = out.with_name(out.name + ".part")
    count = 0
    try:
        with open(part, "w", encoding="utf-8", newline="") as file:
            as_json = out.suffix.lower() == ".json"
            writer = csv.DictWriter(file, _FIELDS, dialect="excel-tab", lineterminator="\n")
            if not as_json:
                writer.writeheader()
            for row in rows:
                fields = nasa_fields(row)
                if as_json:
                    file.write(("[\n" if count == 0 else ",\n") + json.dumps(fields, ensure_ascii=False))
                else:
                    writer.writerow({name: " ".join(value.split()) for name, value in fields.items()})
                count += 1
            if as_json:
                file.write("\n]\n" if count else "[]\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return count


def nasa_fields(row: Row) -> dict[str, str]:
    """The values of a row by NASA's names, as text; those that are missing are empty."""
    fields = dict.fromkeys(_FIELDS, "")
    for column in COLUMNS:
        if column.nasa:
            fields[column.nasa] = _in_text(column.nasa, row.get(column.name))
    if row.get("center_lat") is not None:
        fields["frames.lat"], fields["frames.lon"] = (
            _fixed(round(row[name] / _CENTER_STEP) * _CENTER_STEP, 1) for name in ("center_lat", "center_lon")
        )
        fields["mlcoord.lat"], fields["mlcoord.lon"] = (
            _fixed(row[name], _CORNER_DECIMALS) for name in ("center_lat", "center_lon")
        )
    parts = str(row.get("photo_id") or "").split("-", 2)
    if len(parts) == 3:
        fields["frames.mission"], fields["frames.roll"], fields["frames.frame"] = parts
    if row.get("taken_at"):
        with contextlib.suppress(ValueError, OverflowError):
            moment = utc_of(row["taken_at"])
            fields["frames.pdate"], fields["frames.ptime"] = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    fields["images.filename"] = text_of(row["photo"].rsplit("/", 1)[-1])
    fields["images.filesize"] = _in_text("filesize", row.get("file_bytes"))
    if not is_located(row):
        fields.update({name: "" for name in fields if name.startswith(_OF_PLACE)})
    return fields


def _in_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return _fixed(value, _DECIMALS.get(name.rsplit(".", 1)[-1], _CORNER_DECIMALS))
    return str(text_of(value))


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text
