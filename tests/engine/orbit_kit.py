"""Orbits for tests: an orbit like the station's, as two-line elements and as OEM files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sgp4.exporter import export_tle
from sgp4.io import fix_checksum

from engine.orbit.clock import Fix
from engine.orbit.fit import FittedOrbit, _satellite
from engine.orbit.frames import j2000_to_earth
from engine.orbit.state import Ephemeris

EPOCH = datetime(2024, 2, 12, 12, tzinfo=UTC)
MIDDLE = datetime(2024, 2, 12, 23, 25, tzinfo=UTC)
# Inclination, node, argument of latitude (rad), turns a day, e cos w, e sin w.
NUMBERS = np.array([np.radians(51.64), 3.9, 1.2, 15.5, 1e-4, 2e-4])


def two_lines(epoch: datetime = EPOCH, numbers: np.ndarray = NUMBERS, satellite: int = 25544) -> list[str]:
    """The lines of a set of elements."""
    one = _satellite(epoch, numbers)
    one.classification, one.intldesg, one.ephtype, one.elnum, one.revnum = "U", "98067A", 0, 999, 1
    return [fix_checksum(line[:2] + f"{satellite:05d}" + line[7:]) for line in export_tle(one)]


def write_elements(path: Path, *sets: Sequence[str], name: str = "ISS (ZARYA)") -> Path:
    """A file of two-line elements with name lines; by default one set."""
    lines = [line for one in sets or [two_lines()] for line in ([name] if name else []) + list(one)]
    path.write_text("\n".join(lines) + "\n")
    return path


def oem_rows(
    orbit: Ephemeris, start: datetime, count: int, step_s: float, inertial: bool
) -> list[tuple[str, list[float]]]:
    """Epochs and states in EME2000, or in ITRF with velocities relative to the Earth."""
    rows = []
    for number in range(count):
        when = start + timedelta(seconds=step_s * number)
        state = orbit.state(when)
        if inertial:
            turn = j2000_to_earth(when).T
            values = [*(turn @ state.position_km), *(turn @ state.velocity_km_s)]
        else:
            spin = np.array([0.0, 0.0, 7.292115e-5])
            values = [*state.position_km, *(state.velocity_km_s - np.cross(spin, state.position_km))]
        rows.append((when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3], [float(value) for value in values]))
    return rows


def oem_text(rows: Sequence[tuple[str, list[float]]], frame: str = "EME2000", system: str = "UTC") -> str:
    """An OEM of keywords and values."""
    meta = ["OBJECT_NAME = ISS", "OBJECT_ID = 1998-067-A", "CENTER_NAME = EARTH", f"REF_FRAME = {frame}"]
    meta += [f"TIME_SYSTEM = {system}", f"START_TIME = {rows[0][0]}", f"STOP_TIME = {rows[-1][0]}"]
    states = [f"{epoch} " + " ".join(f"{value:.9f}" for value in values) for epoch, values in rows]
    head = ["CCSDS_OEM_VERS = 2.0", "CREATION_DATE = 2024-02-12T12:00:00", "ORIGINATOR = JSC"]
    return "\n".join([*head, "META_START", *meta, "META_STOP", "COMMENT source of the states", *states]) + "\n"


def oem_xml(rows: Sequence[tuple[str, list[float]]], frame: str = "EME2000") -> str:
    """The same in XML."""
    names = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    states = "".join(
        f"<stateVector><EPOCH>{epoch}</EPOCH>"
        + "".join(f'<{name} units="km">{value:.9f}</{name}>' for name, value in zip(names, values, strict=True))
        + "</stateVector>"
        for epoch, values in rows
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?><ndm><oem id="CCSDS_OEM_VERS" version="2.0">
<header><CREATION_DATE>2024-043T12:00:00</CREATION_DATE><ORIGINATOR>JSC</ORIGINATOR></header><body><segment><metadata>
<OBJECT_NAME>ISS</OBJECT_NAME><OBJECT_ID>1998-067-A</OBJECT_ID><CENTER_NAME>EARTH</CENTER_NAME>
<REF_FRAME>{frame}</REF_FRAME><TIME_SYSTEM>UTC</TIME_SYSTEM></metadata><data>{states}</data></segment></body></oem></ndm>"""


def fixes(
    orbit: Ephemeris,
    offset_s: float,
    seconds: Sequence[float],
    sd_km: float = 8.0,
    seed: int = 0,
    start: datetime = MIDDLE,
) -> list[Fix]:
    """Located cameras whose clock is `offset_s` behind, at so many seconds after `start` of true time."""
    rng = np.random.default_rng(seed)
    found = []
    for number, second in enumerate(seconds):
        when = start + timedelta(seconds=float(second))
        position = orbit.state(when).position_km + rng.normal(0.0, sd_km, 3)
        found.append(Fix(f"photo{number}.jpg", when - timedelta(seconds=offset_s), position, np.eye(3) * sd_km**2))
    return found


def quick_orbit() -> FittedOrbit:
    """The orbit of `two_lines`, without a file."""
    return FittedOrbit(EPOCH, NUMBERS, np.zeros((6, 6)), np.zeros(0))
