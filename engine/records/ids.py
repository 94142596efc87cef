"""Records from lists of photo ids in any spelling, and of file names of the EarthLoc dataset, one a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.messages import Message
from engine.photo.photo_id import EarthLocName, parse_earthloc_name, parse_photo_id
from engine.progress import Progress
from engine.records.record import Record, Tally
from engine.records.tables import lines, open_text
from engine.records.values import Row

_NAME_STEP_DEG = 0.1  # of the nadirs in EarthLoc names


def read_ids(path: Path, tally: Tally, progress: Progress) -> Iterator[Record]:
    """Records from a list; empty lines and lines that begin with "#" are skipped.

    Raises:
        InputError: the file cannot be read.
    """
    with open_text(path) as file:
        for number, line in enumerate(lines(file, path.name, tally), start=1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            tally.rows += 1
            if tally.rows % 1000 == 0:
                progress.report("records", tally.rows, 0, f"{tally.rows:,}")
            where = f"{path.name}, line {number}"
            name = parse_earthloc_name(text) if "@" in text else None
            if name is not None and name.photo_id is not None:
                yield _named_record(name, name.photo_id, Row({}, where, tally))
            elif "@" in text:
                tally.reject(Message("record.other_name"), where, text)
            elif (photo_id := parse_photo_id(text)) is not None:
                yield Record(photo_id, where)
            else:
                tally.reject(Message("record.no_id"), where, text)


def _named_record(name: EarthLocName, photo_id: str, row: Row) -> Record:
    """The record of a name of the EarthLoc dataset, whose ring begins top-left and runs counter-clockwise."""
    values: dict[str, str] = {}
    if name.ring is not None:
        for label, (lat, lon) in zip(("tl", "bl", "br", "tr"), name.ring, strict=True):
            values |= {f"{label}_lat": repr(lat), f"{label}_lon": repr(lon)}
    if name.nadir is not None:
        values |= {"lat": f"{name.nadir[0]:g}", "lon": f"{name.nadir[1]:g}"}
    row = Row(values, row.where, row.tally)
    nadir, _ = row.nadir(photo_id, ["lat"], ["lon"])
    return Record(
        photo_id,
        row.where,
        taken_at=row.moment(photo_id, name.timestamp or ""),
        nadir=nadir,
        nadir_step_deg=None if nadir is None else _NAME_STEP_DEG,
        center=name.center,
        corners=row.corners([([f"{c}_lat"], [f"{c}_lon"]) for c in ("tl", "tr", "br", "bl")]),
        focal_length_mm=name.focal_length_mm or None,
        tilt_deg=name.tilt_deg,
        orientation_deg=name.orientation_deg,
        cloud_percent=name.cloud_percent,
        area_km2=name.area_km2,
    )
