"""Reads the values of a catalogue's row. What is missing or cannot be right becomes None and is tallied.

All text comes from files and servers of strangers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.messages import Message
from engine.records.record import Moment, Place, Tally

_NOTHING = {"", "-", "--", "n/a", "na", "nan", "none", "null", "unknown", "unspecified", "\\n"}
ISS_LAUNCH = datetime(1998, 11, 20, tzinfo=UTC)
FIRST_CREW = datetime(2000, 10, 31, tzinfo=UTC)  # launched; aboard the station from 2 November
FIRST_SHUTTLE, LAST_SHUTTLE = datetime(1981, 4, 12, tzinfo=UTC), datetime(2011, 7, 22, tzinfo=UTC)
ISS_MAX_NADIR_LAT = 52.0  # inclination 51.64 degrees, geodetic latitude 51.8; statements are rounded
SHUTTLE_MAX_NADIR_LAT = 63.0  # STS-36 flew at 62 degrees
_KM_PER_DEG = 111.2
MAX_FOOTPRINT_KM = 5000.0  # from horizon to horizon at 430 km
_LENGTHS = {"year": timedelta(366), "month": timedelta(31), "day": timedelta(1)}


@dataclass
class Row:
    """One row of a catalogue with its place in the file, and what reads it.

    Attributes:
        values: by normalised column name; text, numbers or None.
        where: place for messages.
        tally: of what is dropped.

    A value is called `what` in the tally: the id of a message, such as "value.tilt".
    """

    values: Mapping[str, Any]
    where: str
    tally: Tally

    def text(self, *names: str) -> str:
        """The first of these values that says something, as text without spaces around it; "" for none."""
        for name in names:
            value = self.values.get(name)
            if value is None or isinstance(value, (dict, list)):
                continue
            text = str(value).strip()
            if text.lower() not in _NOTHING:
                return text
        return ""

    def number(self, what: str, low: float, high: float, *names: str) -> float | None:
        """The first of these values as a number within limits; None where it is missing, or dropped as `what`."""
        text = self.text(*names)
        if not text:
            return None
        value = to_number(text)
        if value is None:
            self.tally.drop(Message("record.no_number", {"what": Message(what)}), self.where, text)
            return None
        if not low <= value <= high:
            self.tally.drop(
                Message("record.outside", {"what": Message(what), "low": f"{low:g}", "high": f"{high:g}"}),
                self.where,
                text,
            )
            return None
        return value

    def place(self, what: str, lat: Sequence[str], lon: Sequence[str]) -> tuple[Place | None, float | None]:
        """(lat, lon) with longitude in [-180, 180], and what it is rounded to; (None, None) where it is missing."""
        texts = self.text(*lat), self.text(*lon)
        if not any(texts):
            return None, None
        if not all(texts):
            self.tally.drop(Message("record.one_coordinate", {"what": Message(what)}), self.where, " ".join(texts))
            return None, None
        values = to_number(texts[0]), to_number(texts[1])
        if values[0] is None or values[1] is None:
            self.tally.drop(Message("record.no_number", {"what": Message(what)}), self.where, ", ".join(texts))
            return None, None
        if abs(values[0]) > 90 or abs(values[1]) > 360:
            self.tally.drop(Message("record.off_earth", {"what": Message(what)}), self.where, ", ".join(texts))
            return None, None
        return (values[0], wrapped(values[1])), max(step_of(text) for text in texts)

    def nadir(self, photo_id: str, lat: Sequence[str], lon: Sequence[str]) -> tuple[Place | None, float | None]:
        """As `place`, for a nadir, which lies below the craft's orbit."""
        nadir, step = self.place("value.nadir", lat, lon)
        limit = ISS_MAX_NADIR_LAT if photo_id.startswith("ISS") else SHUTTLE_MAX_NADIR_LAT
        if nadir is not None and abs(nadir[0]) > limit:
            self.tally.drop(Message("record.never_there"), self.where, f"{nadir[0]:g}, {nadir[1]:g}")
            return None, None
        return nadir, step

    def corners(self, names: Sequence[tuple[Sequence[str], Sequence[str]]]) -> tuple[Place, Place, Place, Place] | None:
        """Four corners in the order of `names`, of a polygon that does not cross itself; None where there are none."""
        if not any(self.text(*lat) or self.text(*lon) for lat, lon in names):
            return None
        places = [self.place("value.corner", lat, lon)[0] for lat, lon in names]
        found = [place for place in places if place is not None]
        if len(found) < 4:
            if not all(self.text(*lat) and self.text(*lon) for lat, lon in names):
                self.tally.drop(Message("record.three_corners"), self.where)
            return None
        problem = footprint_problem(found)
        if problem:
            self.tally.drop(problem, self.where, " ".join(f"{lat:g},{lon:g}" for lat, lon in found))
            return None
        return found[0], found[1], found[2], found[3]

    def moment(self, photo_id: str, date: str, time: str = "") -> Moment | None:
        """A time from a date `YYYYMMDD` or ISO 8601, perhaps partial, and a time `HHMMSS`; None if impossible."""
        if not date:
            return None
        try:
            start, moment = parse_moment(date, time)
        except (ValueError, OverflowError):
            self.tally.drop(Message("record.no_time"), self.where, f"{date} {time}".strip())
            return None
        first, last = (ISS_LAUNCH, datetime.now(UTC)) if photo_id.startswith("ISS") else (FIRST_SHUTTLE, LAST_SHUTTLE)
        if start > last + timedelta(1):
            self.tally.drop(Message("record.too_late"), self.where, moment.text)
            return None
        end = start + _LENGTHS.get(moment.exactness, timedelta(0))
        if end <= first:
            self.tally.drop(Message("record.too_early"), self.where, moment.text)
            return None
        if photo_id.startswith("ISS") and end <= FIRST_CREW:  # the number of a mission is that of its crew
            self.tally.drop(Message("record.no_crew"), self.where, moment.text)
            return None
        return moment


def to_number(text: str) -> float | None:
    """A finite number; None for other text, also for spellings of Python alone such as "1_0"."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def wrapped(lon: float) -> float:
    """A longitude of at most 360 degrees in [-180, 180]."""
    return lon - 360.0 if lon > 180.0 else lon + 360.0 if lon < -180.0 else lon


def step_of(text: str) -> float:
    """What a written number is rounded to, by its decimals: "41.2" to 0.1."""
    decimals = len(text.partition(".")[2]) if "e" not in text.lower() else 0
    return float(10.0**-decimals)


def footprint_problem(corners: Sequence[Place]) -> Message | None:
    """Why four corners cannot be those of a footprint; None if they can.

    In a plane with true scale along the middle parallel, which is exact enough to tell, and quick: there are dumps with
    a million footprints.
    """
    shrunk = max(0.05, math.cos(math.radians(sum(place[0] for place in corners) / 4)))
    xy = [
        (_KM_PER_DEG * shrunk * wrapped(place[1] - corners[0][1]), _KM_PER_DEG * (place[0] - corners[0][0]))
        for place in corners
    ]
    sides = list(zip(xy, [*xy[1:], xy[0]], strict=True))
    area = abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in sides)) / 2
    if area < 1e-4 or _cross(*sides[0], *sides[2]) or _cross(*sides[1], *sides[3]):  # a lens of 1,600 mm shows 100 km2
        return Message("record.crossed")
    if sum(math.dist(begin, end) for begin, end in sides) > 4 * MAX_FOOTPRINT_KM:
        return Message("record.too_wide")
    return None


def _cross(a: Place, b: Place, c: Place, d: Place) -> bool:
    """Whether the segments from `a` to `b` and from `c` to `d` cross."""

    def side(p: Place, q: Place, r: Place) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def parse_moment(date: str, time: str = "") -> tuple[datetime, Moment]:
    """The start of a stated time in UTC, and the time itself.

    Args:
        date: `YYYY`, `YYYYMM` or `YYYYMMDD`, with zeros for unknown parts, with or without separators; or ISO 8601
            with a time. A time without an offset is in UTC.
        time: `HHMMSS`, of which leading zeros may be missing, or with colons.

    Raises:
        ValueError: it is no time.
    """
    if not time and re.match(r"\d{4}[-/]\d\d?[-/]\d\d?[T ]\d", date, re.ASCII):
        when = datetime.fromisoformat(re.sub(r"[/]", "-", date).replace(" UTC", "Z").replace(" GMT", "Z"))
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
        has_seconds = re.search(r"\d:\d\d:\d\d", date) is not None
        return when, _moment(when, has_seconds)
    parts = re.fullmatch(r"(\d{4})[-/]?(\d\d)?[-/]?(\d\d)?", date, re.ASCII)
    if parts is None:
        raise ValueError(date)
    year, month, day = int(parts[1]), int(parts[2] or 0), int(parts[3] or 0)
    if month == 0:
        return datetime(year, 1, 1, tzinfo=UTC), Moment(f"{year:04d}", "year")
    if day == 0:
        return datetime(year, month, 1, tzinfo=UTC), Moment(f"{year:04d}-{month:02d}", "month")
    start = datetime(year, month, day, tzinfo=UTC)
    if not time:
        return start, Moment(start.strftime("%Y-%m-%d"), "day")
    with_colons = re.fullmatch(r"(\d\d?):(\d\d)(?::(\d\d)(?:\.\d*)?)?", time, re.ASCII)
    if with_colons:
        hour, minute, second = int(with_colons[1]), int(with_colons[2]), int(with_colons[3] or 0)
        return _at(start, hour, minute, second, with_colons[3] is not None)
    if not re.fullmatch(r"\d{1,6}", time, re.ASCII):
        raise ValueError(time)
    digits = time.zfill(6)
    return _at(start, int(digits[:2]), int(digits[2:4]), int(digits[4:]), True)


def _at(start: datetime, hour: int, minute: int, second: int, has_seconds: bool) -> tuple[datetime, Moment]:
    when = start.replace(hour=hour, minute=minute, second=min(second, 59) if second == 60 else second)
    return when, _moment(when, has_seconds)


def _moment(when: datetime, has_seconds: bool) -> Moment:
    """Fractions of a second are cut: no camera of the crew's keeps them."""
    if has_seconds:
        return Moment(when.strftime("%Y-%m-%dT%H:%M:%SZ"), "second")
    return Moment(when.strftime("%Y-%m-%dT%H:%MZ"), "minute")
