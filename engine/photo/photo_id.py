"""Parses a photo's file name: NASA's photo id in all its spellings, and the names of the EarthLoc dataset.

NASA identifies a photo by mission, roll and frame. The canonical spelling, used throughout, is
`MISSION-ROLL-FRAME`: the mission's number has three digits (ISS064, STS059; STS61A and its like have two and a
letter), roll `E` means digital, roll and frame have no leading zeros, and up to two letters may follow the frame.
Rolls `ESC`, `ESC1`, `ESC2` are EarthKAM's, whose frame is the time of exposure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

LAST_SHUTTLE_MISSION = 135

_MISSION = r"(?P<craft>ISS|STS)(?P<number>\d{1,3})(?P<letter>(?<=STS\d\d)[A-Z])?"
_FRAME = r"(?P<frame>\d{1,9})(?P<suffix>[A-Z]{0,2})(?![A-Z0-9])"
_BEFORE = r"(?<![A-Z0-9])"

# Tried in this order; the first match is used.
_SPELLINGS = [
    # Parts separated: ISS064-E-513, sts059-213-019, ISS003.ESC1.299123456.
    re.compile(rf"{_BEFORE}{_MISSION}[-_. ](?P<roll>E|HDTV|ESC\d?|\d{{1,3}}[A-Z]{{0,2}})[-_. ]{_FRAME}", re.IGNORECASE),
    # Parts joined, digital only: iss026e026514, ISS056E126840, sts131e012892.
    re.compile(rf"{_BEFORE}{_MISSION}(?P<roll>E){_FRAME}", re.IGNORECASE),
    # The shuttle's short spelling, S131E012892, with at least four digits: S13E131 is a tile of elevation data.
    re.compile(rf"{_BEFORE}(?P<craft>S)(?P<number>\d{{2,3}})(?P<roll>E)(?=\d{{4}}){_FRAME}", re.IGNORECASE),
]


def parse_photo_id(name: str | Path) -> str | None:
    """The canonical id of the photo that the file is named after, such as "ISS064-E-513".

    Args:
        name: a file name or path, with or without suffixes such as `_lrg.jpg`; only its last part is read.

    Returns:
        `MISSION-ROLL-FRAME`, or None where the name holds no id.
    """
    base = re.split(r"[\\/]", str(name))[-1]
    for spelling in _SPELLINGS:
        for match in spelling.finditer(base):
            photo_id = _canonical(match.groupdict())
            if photo_id is not None:
                return photo_id
    return None


def _canonical(parts: dict[str, str | None]) -> str | None:
    """Canonical id from the parts of a spelling; None for an impossible mission or frame."""
    craft = (parts["craft"] or "").upper()
    if craft == "S":
        craft = "STS"
    number, letter = int(parts["number"] or 0), (parts.get("letter") or "").upper()
    frame = int(parts["frame"] or 0)
    if number == 0 or frame == 0 or (craft == "STS" and number > LAST_SHUTTLE_MISSION):
        return None
    roll = (parts["roll"] or "").upper().lstrip("0")
    if not roll:
        return None
    mission = f"{number}{letter}" if letter else f"{number:03d}"
    return f"{craft}{mission}-{roll}-{frame}{(parts['suffix'] or '').upper()}"


@dataclass(frozen=True)
class EarthLocName:
    """The fields of a file name of the EarthLoc or EarthMatch dataset; None where its form lacks the field.

    Attributes:
        ring: four (lat, lon) of the footprint in the order of the name: top-left, bottom-left, bottom-right,
            top-right for photos, bottom-left, top-left, top-right, bottom-right for satellite tiles.
        center: (lat, lon) of the footprint's middle, where the name gives that instead of the ring.
        photo_id: canonical photo id; None for a satellite tile.
        nadir: (lat, lon) below the station.
        timestamp: the date as written, yyyymmdd for photos, yyyy for tiles.
        area_km2: area of the footprint.
        orientation_deg: rotation of the photo's top from north, counter-clockwise.
        tilt_deg: angle between the line of sight and the nadir.
        focal_length_mm: focal length of the lens.
        cloud_percent: share of the photo covered by cloud.
    """

    ring: tuple[tuple[float, float], ...] | None
    center: tuple[float, float] | None
    photo_id: str | None
    nadir: tuple[float, float] | None
    timestamp: str | None = None
    area_km2: float | None = None
    orientation_deg: float | None = None
    tilt_deg: float | None = None
    focal_length_mm: float | None = None
    cloud_percent: float | None = None


def parse_earthloc_name(name: str | Path) -> EarthLocName | None:
    """Parse a file name of the EarthLoc dataset, in any of its three forms:

    - `@lat1@lon1@...@lat4@lon4@id@timestamp@nadir_lat@nadir_lon@area_km2@orientation_deg@.jpg`
    - `@lat1@lon1@...@lat4@lon4@id@area_km2@nadir_lat@nadir_lon@.jpg`
    - `@center_lat@center_lon@nadir_lat@nadir_lon@tilt_deg@focal_mm@cloud_percent@id@.jpg`

    Returns:
        The fields, or None where the name has another form or its position is not on the Earth.
    """
    first, *fields = re.split(r"[\\/]", str(name))[-1].split("@")
    if first or not fields:
        return None
    if not fields[-1] or re.fullmatch(r"\.\w+", fields[-1]):
        fields = fields[:-1]
    if len(fields) in (12, 14):
        ring = tuple(_place(fields[i], fields[i + 1]) for i in (0, 2, 4, 6))
        corners = tuple(corner for corner in ring if corner is not None)
        if len(corners) < 4:
            return None
        if len(fields) == 12:
            return EarthLocName(
                ring=corners,
                center=None,
                photo_id=parse_photo_id(fields[8]),
                nadir=_place(fields[10], fields[11]),
                area_km2=_number(fields[9]),
            )
        return EarthLocName(
            ring=corners,
            center=None,
            photo_id=parse_photo_id(fields[8]),
            nadir=_place(fields[10], fields[11]),
            timestamp=fields[9] or None,
            area_km2=_number(fields[12]),
            orientation_deg=_number(fields[13]),
        )
    if len(fields) == 8:
        center = _place(fields[0], fields[1])
        if center is None:
            return None
        return EarthLocName(
            ring=None,
            center=center,
            photo_id=parse_photo_id(fields[7]),
            nadir=_place(fields[2], fields[3]),
            tilt_deg=_number(fields[4]),
            focal_length_mm=_number(fields[5]),
            cloud_percent=_number(fields[6]),
        )
    return None


def _number(text: str) -> float | None:
    """A finite number, or None: fields may be empty or hold a code, such as tilt NV, LO, HO."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _place(lat: str, lon: str) -> tuple[float, float] | None:
    """(lat, lon) in degrees, or None where it is missing or not on the Earth."""
    place = _number(lat), _number(lon)
    if place[0] is None or place[1] is None or abs(place[0]) > 90.0 or abs(place[1]) > 360.0:
        return None
    return place[0], place[1]
