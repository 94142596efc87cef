"""The station's orbit from a CCSDS Orbit Ephemeris Message (502.0-B-3): states at times, as NASA publishes them.

The package `oem` reads such files too, but needs Astropy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element  # nosec B405

import numpy as np
from scipy.interpolate import KroghInterpolator

from engine.errors import InputError
from engine.messages import Message
from engine.orbit.frames import inertial_velocity, j2000_to_earth, teme_to_earth
from engine.orbit.prediction_error import sd_after
from engine.orbit.state import Array, OrbitState
from engine.orbit.times import check_station_flew, in_short

_NODES = 4  # states that interpolation uses, with their velocities: a polynomial of degree 7
_MAX_STEP_S = 900.0  # between two states; at four minutes, NASA's step, the interpolation is good to a metre
_STATION_NAMES = ("ISS", "1998-067-A", "1998-067A", "25544")
_FRAMES = {
    **dict.fromkeys(("EME2000", "J2000", "ICRF", "GCRF"), j2000_to_earth),
    "TEME": teme_to_earth,
}
_EARTH_FRAME = re.compile(r"ITRF.*|WGS-?84")
_LENGTHS = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")


@dataclass(frozen=True, eq=False)
class Segment:
    """States that may be interpolated between.

    Attributes:
        frame: of the states, by the standard's name.
        times_s: (n,) Unix time, rising.
        states: (n, 6) position in km, velocity in km/s.
    """

    frame: str
    times_s: Array
    states: Array


@dataclass(frozen=True, eq=False)
class EphemerisMessage:
    """The orbit of an OEM file.

    Attributes:
        path: the file.
        segments: at least one.
        created_s: Unix time of the file's making. Later states are predictions.
        notes: what a user should know: another satellite than the station.
    """

    path: Path
    segments: Sequence[Segment]
    created_s: float
    notes: tuple[Message, ...] = ()

    def state(self, when: datetime) -> OrbitState:
        """See `Ephemeris`."""
        if not self.notes:
            check_station_flew(when)
        moment_s = when.timestamp()
        for segment in self.segments:
            if segment.times_s[0] <= moment_s <= segment.times_s[-1]:
                return self._interpolated(segment, when, moment_s)
        first = min(segment.times_s[0] for segment in self.segments)
        last = max(segment.times_s[-1] for segment in self.segments)
        raise InputError.of(
            "orbit.outside",
            path=self.path,
            time=in_short(when),
            first=in_short(datetime.fromtimestamp(first, UTC)),
            last=in_short(datetime.fromtimestamp(last, UTC)),
        )

    def age_days(self, when: datetime) -> float:
        """Days since the file was made; 0 before."""
        return max(0.0, (when.timestamp() - self.created_s) / 86400.0)

    def _interpolated(self, segment: Segment, when: datetime, moment_s: float) -> OrbitState:
        times_s = segment.times_s
        after = int(np.clip(np.searchsorted(times_s, moment_s), 1, len(times_s) - 1))
        step_s = times_s[after] - times_s[after - 1]
        if step_s > _MAX_STEP_S:
            raise InputError.of("orbit.gap", path=self.path, time=in_short(when))
        first = int(np.clip(after - _NODES // 2, 0, max(0, len(times_s) - _NODES)))
        nodes = slice(first, first + _NODES)
        # A node given twice is a position and then its derivative. Time in steps keeps the numbers near 1.
        at = np.repeat((times_s[nodes] - moment_s) / step_s, 2)
        values = segment.states[nodes].reshape(-1, 2, 3) * np.array([1.0, step_s])[:, None]
        polynomial = KroghInterpolator(at, values.reshape(-1, 3))
        position, velocity = polynomial.derivatives(0.0, 2) / np.array([[1.0], [step_s]])
        sd_km = sd_after(self.age_days(when))
        if _EARTH_FRAME.fullmatch(segment.frame):
            return OrbitState(position, inertial_velocity(position, velocity), sd_km)
        to_earth = _FRAMES[segment.frame](when)
        return OrbitState(to_earth @ position, to_earth @ velocity, sd_km)


def read_oem_text(path: Path, text: str) -> EphemerisMessage:
    """An OEM of keywords and values (KVN).

    Raises:
        InputError: not a usable one.
    """
    segments: list[Segment] = []
    header: dict[str, str] = {}
    meta: dict[str, str] = {}
    rows: list[tuple[float, ...]] = []
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("COMMENT"):
            continue
        if line in ("META_START", "COVARIANCE_START"):
            if line == "META_START" and meta:
                segments.append(_segment(path, meta, rows))
                meta, rows = {}, []
            inside = line.removesuffix("_START")
        elif line in ("META_STOP", "COVARIANCE_STOP"):
            inside = ""
        elif inside == "COVARIANCE":
            continue
        elif "=" in line:
            name, _, value = line.partition("=")
            (meta if inside else header)[name.strip()] = value.strip()
        else:
            rows.append(_row(path, number, line.split()))
    if meta:
        segments.append(_segment(path, meta, rows))
    return _message(path, header, segments, meta)


def read_oem_xml(path: Path, root: Element) -> EphemerisMessage:
    """An OEM in XML.

    Raises:
        InputError: not a usable one.
    """
    segments = []
    meta: dict[str, str] = {}
    for segment in root.iter("segment"):
        meta = {one.tag: (one.text or "").strip() for part in segment.iter("metadata") for one in part}
        rows = []
        for number, state in enumerate(segment.iter("stateVector"), start=1):
            fields = {one.tag: (one.text or "").strip() for one in state}
            rows.append(_row(path, number, [fields.get(name, "") for name in ("EPOCH", *_LENGTHS)]))
        segments.append(_segment(path, meta, rows))
    header = {one.tag: (one.text or "").strip() for part in root.iter("header") for one in part}
    return _message(path, header, segments, meta)


def _message(
    path: Path, header: Mapping[str, str], segments: Sequence[Segment], meta: Mapping[str, str]
) -> EphemerisMessage:
    if not segments:
        raise InputError.of("orbit.no_states", path=path)
    try:
        created_s = _unix_s(header["CREATION_DATE"])
    except (KeyError, ValueError):
        created_s = min(float(segment.times_s[0]) for segment in segments)
    name = f"{meta.get('OBJECT_NAME', '')} ({meta.get('OBJECT_ID', '')})"
    is_station = any(known in (meta.get("OBJECT_NAME"), meta.get("OBJECT_ID")) for known in _STATION_NAMES)
    notes = () if is_station else (Message("orbit.other_satellite", {"path": str(path), "number": name}),)
    return EphemerisMessage(path, segments, created_s, notes)


def _segment(path: Path, meta: Mapping[str, str], rows: Sequence[tuple[float, ...]]) -> Segment:
    frame = meta.get("REF_FRAME", "").upper()
    if frame not in _FRAMES and not _EARTH_FRAME.fullmatch(frame):
        raise InputError.of("orbit.frame", path=path, frame=frame[:40] or "?")
    if meta.get("TIME_SYSTEM", "").upper() != "UTC":
        raise InputError.of("orbit.time_system", path=path, system=meta.get("TIME_SYSTEM", "")[:40] or "?")
    if meta.get("CENTER_NAME", "EARTH").upper() != "EARTH":
        raise InputError.of("orbit.center", path=path, center=meta["CENTER_NAME"][:40])
    if len(rows) < 2:
        raise InputError.of("orbit.no_states", path=path)
    table = np.array(sorted(set(rows)), np.float64)
    if not (np.diff(table[:, 0]) > 0).all():
        raise InputError.of("orbit.states_twice", path=path)
    return Segment(frame, table[:, 0], table[:, 1:])


def _row(path: Path, number: int, parts: Sequence[str]) -> tuple[float, ...]:
    """Unix time, position, velocity; accelerations are left out."""
    try:
        values = (_unix_s(parts[0]), *(float(part) for part in parts[1:7]))
    except (ValueError, IndexError, OverflowError) as error:
        raise InputError.of("orbit.damaged_state", path=path, line=number) from error
    if len(values) != 7 or not all(math.isfinite(value) for value in values):
        raise InputError.of("orbit.damaged_state", path=path, line=number)
    return values


def _unix_s(text: str) -> float:
    """An epoch by calendar date or day of the year, in UTC. Python reads at most six decimals of a second."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d|\d{4}-\d{3})T(\d\d:\d\d:\d\d)(\.\d+)?Z?", text)
    if found is None:
        raise ValueError(text)
    day = datetime.strptime(found[1], "%Y-%m-%d" if found[1].count("-") == 2 else "%Y-%j")
    clock = datetime.strptime(found[2], "%H:%M:%S")
    moment = day.replace(hour=clock.hour, minute=clock.minute, second=clock.second, tzinfo=UTC)
    return moment.timestamp() + float(found[3] or 0.0)
