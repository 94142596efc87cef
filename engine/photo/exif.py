"""Reads a photo's EXIF. It never raises: a damaged tag counts as missing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base


@dataclass(frozen=True)
class Exif:
    """The tags that are used; None where missing or damaged.

    Attributes:
        taken_at: ISO 8601, with the offset from UTC if EXIF has it. The crew's cameras drift.
        camera: model name.
        serial: of the camera's body.
        focal_length_mm: true focal length, not the 35 mm equivalent.
        orientation: 1 to 8; how to rotate or mirror the stored pixels for display.
        nadir: (lat, lon) of the GPS tags. Aboard the station these contain the point below it.
    """

    taken_at: str | None = None
    camera: str | None = None
    serial: str | None = None
    focal_length_mm: float | None = None
    orientation: int = 1
    nadir: tuple[float, float] | None = None


def read_exif(image: Image.Image) -> Exif:
    """Read the EXIF of an image opened with Pillow, without decoding its pixels."""
    if image.format == "PNG" and "exif" not in image.info:
        return Exif()  # Pillow would decode the whole image to look for EXIF behind the pixels.
    return _read(image.getexif)


def read_tiff_exif(file: BinaryIO) -> Exif:
    """Read the EXIF of an open TIFF, whose tags include it, whatever its pixel format."""

    def load() -> Image.Exif:
        file.seek(0)
        tags = Image.Exif()
        tags.load_from_fp(file)
        return tags

    return _read(load)


def _read(load: Callable[[], Image.Exif]) -> Exif:
    try:
        tags = load()
        main = dict(tags)
        sub = dict(tags.get_ifd(IFD.Exif))
        gps = dict(tags.get_ifd(IFD.GPSInfo))
    except Exception:  # The parser may fail in many ways on damaged tags; the pixels are still useful.
        return Exif()
    return Exif(
        taken_at=_time(sub.get(Base.DateTimeOriginal), sub.get(Base.OffsetTimeOriginal))
        or _time(sub.get(Base.DateTimeDigitized), sub.get(Base.OffsetTimeDigitized)),
        camera=_text(main.get(Base.Model)) or _text(main.get(Base.Make)),
        serial=_text(sub.get(Base.BodySerialNumber)),
        focal_length_mm=_positive(sub.get(Base.FocalLength)),
        orientation=_orientation(main.get(Base.Orientation)),
        nadir=_nadir(gps),
    )


def _text(value: Any) -> str | None:
    """Printable text of a tag, or None."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    clean = "".join(c for c in value.split("\0")[0] if c.isprintable()).strip()
    return clean or None


def _number(value: Any) -> float | None:
    """A finite number of a tag (rational, integer, or a tuple of one), or None."""
    if isinstance(value, (tuple, list)) and len(value) == 1:
        value = value[0]
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _orientation(value: Any) -> int:
    number = _number(value)
    return int(number) if number is not None and number in range(1, 9) else 1


def _time(value: Any, offset: Any) -> str | None:
    """EXIF's "2015:01:07 11:59:24" as "2015-01-07T11:59:24", with the offset if there is one."""
    match = re.match(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)", _text(value) or "")
    if not match:
        return None
    try:
        taken = datetime(*(int(part) for part in match.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
    zone = _text(offset) or ""
    return taken.isoformat() + (zone if re.fullmatch(r"[+-]\d\d:\d\d", zone) else "")


def _angle(value: Any, reference: Any, negative: str) -> float | None:
    """Degrees from EXIF's (degrees, minutes, seconds) and its N/S or E/W."""
    if not isinstance(value, (tuple, list)) or len(value) != 3:
        return None
    parts = [_number(part) for part in value]
    if parts[0] is None or any(part is not None and part < 0 for part in parts):
        return None
    degrees = parts[0] + (parts[1] or 0.0) / 60 + (parts[2] or 0.0) / 3600
    return -degrees if (_text(reference) or "").upper().startswith(negative) else degrees


def _nadir(gps: dict[int, Any]) -> tuple[float, float] | None:
    lat = _angle(gps.get(GPS.GPSLatitude), gps.get(GPS.GPSLatitudeRef), "S")
    lon = _angle(gps.get(GPS.GPSLongitude), gps.get(GPS.GPSLongitudeRef), "W")
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    if lat == 0 and lon == 0:  # receivers without a fix write this
        return None
    return lat, lon
