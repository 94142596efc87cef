"""The station's orbit from mean elements, by SGP4: two-line elements, and OMM in JSON, CSV or XML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element  # nosec B405

import numpy as np
from sgp4 import omm
from sgp4.api import SGP4_ERRORS, Satrec
from sgp4.io import compute_checksum

from engine.errors import InputError
from engine.messages import Message
from engine.orbit.frames import julian_date, teme_to_earth
from engine.orbit.prediction_error import MAX_AGE_DAYS, sd_after
from engine.orbit.state import Array, OrbitState
from engine.orbit.times import check_station_flew, in_short

STATION = 25544  # its number in the satellite catalogue
_LINE_CHARACTERS = 69
_LISTED_LINES = 5  # line numbers that a note names
_REVOLUTIONS_PER_DAY = (1.0, 17.0)


@dataclass(frozen=True, eq=False)
class Elements:
    """An orbit from one or more sets of elements of one satellite; each time is answered by the nearest set.

    Attributes:
        path: the file.
        sets: sorted by epoch, at least one.
        notes: what a user should know: damaged lines, another satellite than the station.
    """

    path: Path
    sets: Sequence[Satrec]
    notes: tuple[Message, ...] = ()

    def state(self, when: datetime) -> OrbitState:
        """See `Ephemeris`; raises InputError also for a time that is more than 30 days from all epochs."""
        nearest, age_days = self._nearest(when)
        if nearest.satnum == STATION:
            check_station_flew(when)
        if abs(age_days) > MAX_AGE_DAYS:
            raise InputError.of("orbit.old", path=self.path, days=f"{abs(age_days):.0f}", time=in_short(when))
        code, position, velocity = nearest.sgp4(*julian_date(when))
        if code:
            raise InputError.of("orbit.unusable", path=self.path, reason=str(SGP4_ERRORS.get(code, code)))
        to_earth = teme_to_earth(when)
        return OrbitState(to_earth @ np.array(position), to_earth @ np.array(velocity), sd_after(age_days))

    def __reduce__(self) -> tuple[Any, ...]:
        """For workers of a cluster, which read the file again: the elements of `sgp4` cannot be sent."""
        from engine.orbit.opening import open_ephemeris

        return open_ephemeris, (self.path,)

    def age_days(self, when: datetime) -> float:
        """Days from the epoch of the elements that answer for a time to that time."""
        return self._nearest(when)[1]

    def _nearest(self, when: datetime) -> tuple[Satrec, float]:
        day, part = julian_date(when)
        epochs = self._epochs
        row = int(np.argmin(np.abs(epochs - (day + part))))
        return self.sets[row], float(day + part - epochs[row])

    @cached_property
    def _epochs(self) -> Array:
        return np.array([one.jdsatepoch + one.jdsatepochF for one in self.sets])


def read_two_line(path: Path, text: str) -> Elements:
    """Elements from lines that begin with 1 and 2; any other line is taken for a name.

    Raises:
        InputError: no usable set.
    """
    found: list[Satrec] = []
    damaged: list[int] = []
    lines = [line.rstrip() for line in text.splitlines()]
    first: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        if line.startswith("1 "):
            if first is not None:
                damaged.append(first[0])  # its second line is missing
            first = number, line
        elif line.startswith("2 "):
            one = None if first is None else _two_line_set(first[1], line)
            if one is not None:
                found.append(one)
            else:
                damaged.append(number if first is None or _is_whole(first[1]) else first[0])
            first = None
    if first is not None:
        damaged.append(first[0])
    return _elements(path, found, damaged)


def read_omm_json(path: Path, text: str) -> Elements:
    """Elements from one OMM in JSON, or a list of them. Raises InputError: no usable set."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError.of("orbit.damaged", path=path) from error
    return _from_omm(path, content if isinstance(content, list) else [content])


def read_omm_csv(path: Path, text: str) -> Elements:
    """Elements from OMM in CSV with a header line. Raises InputError: no usable set."""
    try:
        rows: list[Any] = list(csv.DictReader(io.StringIO(text)))
    except csv.Error as error:
        raise InputError.of("orbit.damaged", path=path) from error
    return _from_omm(path, rows)


def read_omm_xml(path: Path, root: Element) -> Elements:
    """Elements from OMM in XML. Raises InputError: no usable set."""
    return _from_omm(path, [{one.tag: one.text for one in segment.iter()} for segment in root.iter("segment")])


def _from_omm(path: Path, rows: Sequence[Any]) -> Elements:
    found, damaged = [], []
    for number, fields in enumerate(rows, start=1):
        one = _omm_set(fields)
        if one is None:
            damaged.append(number)
        else:
            found.append(one)
    return _elements(path, found, damaged)


def _elements(path: Path, found: Sequence[Satrec], damaged: Sequence[int]) -> Elements:
    """The sets of one satellite: of the station, or of the only one."""
    if not found:
        raise InputError.of("orbit.no_elements", path=path)
    notes = []
    if damaged:
        listed = ", ".join(str(number) for number in damaged[:_LISTED_LINES])
        more = ", ..." if len(damaged) > _LISTED_LINES else ""
        notes.append(Message("orbit.damaged_lines", {"path": str(path), "n": len(damaged), "lines": listed + more}))
    satellites = sorted({one.satnum for one in found})
    chosen = STATION if STATION in satellites else satellites[0]
    if chosen != STATION:
        if len(satellites) > 1:
            raise InputError.of("orbit.no_station", path=path, n=len(satellites))
        notes.append(Message("orbit.other_satellite", {"path": str(path), "number": chosen}))
    sets = sorted((one for one in found if one.satnum == chosen), key=lambda one: (one.jdsatepoch, one.jdsatepochF))
    return Elements(path, sets, tuple(notes))


def _two_line_set(first: str, second: str) -> Satrec | None:
    """None where a line is damaged or they belong to different satellites."""
    if not (_is_whole(first) and _is_whole(second)) or first[2:7] != second[2:7]:
        return None
    try:
        return _checked(Satrec.twoline2rv(first, second))
    except ValueError:
        return None


def _is_whole(line: str) -> bool:
    """Whether a line has its checksum, and only what such lines have."""
    if len(line) != _LINE_CHARACTERS or not line.isascii() or not line[-1].isdecimal():
        return False
    return int(compute_checksum(line)) == int(line[-1])


def _omm_set(fields: Any) -> Satrec | None:
    if not isinstance(fields, Mapping):
        return None
    # Optional in the standard, expected by the package.
    whole: dict[Any, Any] = {"EPHEMERIS_TYPE": 0, "ELEMENT_SET_NO": 0, "REV_AT_EPOCH": 0, "CLASSIFICATION_TYPE": "U"}
    whole.update({"MEAN_MOTION_DOT": 0.0, "MEAN_MOTION_DDOT": 0.0, "BSTAR": 0.0, "OBJECT_ID": "1998-067A"})
    whole.update({name: value for name, value in fields.items() if value not in (None, "")})
    if isinstance(whole.get("EPOCH"), str):
        whole["EPOCH"] = whole["EPOCH"].removesuffix("Z") + ("" if "." in whole["EPOCH"] else ".0")
    one = Satrec()
    try:
        omm.initialize(one, whole)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return _checked(one)


def _checked(one: Satrec) -> Satrec | None:
    """None for elements of no orbit round the Earth."""
    low, high = _REVOLUTIONS_PER_DAY
    numbers = (one.inclo, one.nodeo, one.argpo, one.mo, one.bstar, one.jdsatepoch)
    turns = one.no_kozai * 1440.0 / (2 * np.pi)
    return one if np.isfinite(numbers).all() and 0.0 <= one.ecco < 1.0 and low <= turns <= high else None
