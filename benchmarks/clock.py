"""A camera whose clock is 3 min 15 s behind, simulated on the real passes: how well the offset is found.

    python benchmarks/clock.py [--behind 195] [--json]

Takes the frames of EARTHLOC_DATA/photos and EARTHLOC_DATA/passes whose place is known and which have a time. Registers
each at that place (kept in build/bench/clock.jsonl). The orbit of a pass is fitted to every other one of its located
frames, and written as two-line elements. The rest get a clock that is behind and the nadir that this clock and the
orbit give, about 1,400 km away, and are registered once more with that wrong nadir. From them the clock is solved, and
with it the nadirs of the first half are predicted. A pass of fewer than four frames gives both orbit and clock, and is
marked.
For passes with nadirs in their tags also says by how much their clocks were really off, by those nadirs.
Exit code 1 means that an offset was missed by more than 2 s.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from _setting import WORK, setting
from sgp4.exporter import export_tle

from engine import geo
from engine.contract.localization import Localization
from engine.ellipsoid import to_geodetic
from engine.errors import InputError
from engine.orbit.clock import Fix, solve_clock
from engine.orbit.fit import FittedOrbit, fit_orbit
from engine.orbit.fixes import Session, fix_of, sessions_of
from engine.orbit.opening import Orbit, open_ephemeris
from engine.orbit.solving import solve_sessions
from engine.register_at import Place, register_at

_FLOOR_KM = 3.0  # of a pose, as in engine/orbit/clock.py
_LIMIT_S = 2.0


def places(data: Path, imagery: Path) -> dict[str, Place]:
    """Where the photos of both truth tables were taken, by path."""
    found = {}
    for table in (data / "photos" / "truth.csv", data / "passes" / "truth.csv"):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                corners = np.array([(float(row[f"lat{n}"]), float(row[f"lon{n}"])) for n in (1, 2, 3, 4)])
                sides = geo.distance_km(*corners.T, *np.roll(corners, -1, axis=0).T)
                path = table.parent / row["photo"]
                lat, lon = corners.mean(axis=0)
                found[str(path)] = Place(path, float(lat), float(lon), float(sides.max()), imagery)
    return found


def registered(known: dict[str, Place]) -> list[Localization]:
    """Every photo registered at its place; what an earlier run registered is read from a file."""
    kept = WORK / "clock.jsonl"
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.is_file() else []
    answers = {answer["photo"]: answer for answer in map(json.loads, lines)}
    with kept.open("a", encoding="utf-8") as file:
        for path, place in known.items():
            if path not in answers:
                answers[path] = register_at(place)
                file.write(json.dumps(answers[path]) + "\n")
                print(f"registered: {place.photo.name}", file=sys.stderr)
    return [answers[path] for path in known]


def fitted(fixes: Sequence[Fix]) -> FittedOrbit:
    """The orbit through located cameras."""
    covariances = np.array([fix.covariance + _FLOOR_KM**2 * np.eye(3) for fix in fixes])
    return fit_orbit([fix.taken for fix in fixes], np.array([fix.position_km for fix in fixes]), covariances)


def as_file(orbit: FittedOrbit, path: Path) -> Orbit:
    """The orbit as two-line elements, read again."""
    satellite = orbit.satellite()
    satellite.classification, satellite.intldesg, satellite.ephtype, satellite.elnum, satellite.revnum = (
        "U", "98067A", 0, 1, 1,
    )  # fmt: skip
    path.write_text("\n".join(export_tle(satellite)) + "\n", encoding="ascii")
    return open_ephemeris(path)


def with_wrong_clock(fix: Fix, place: Place, orbit: Orbit, behind_s: float) -> tuple[Fix | None, float]:
    """The photo with a clock that is behind, registered with the nadir that this gives; how far off that is, km."""
    shown = fix.taken - timedelta(seconds=behind_s)
    nadir = orbit.state(shown).nadir()
    answer = register_at(Place(place.photo, place.lat, place.lon, place.width_km, place.imagery, nadir))
    return fix_of(answer, shown), float(geo.distance_km(*nadir, *to_geodetic(fix.position_km)[:2]))


def measure(session: Session, known: dict[str, Place], behind_s: float) -> dict[str, object]:
    """One pass: the offset that is found, and the nadirs that it gives."""
    fixes = list(session.fixes)
    halves = (fixes[::2], fixes[1::2]) if len(fixes) >= 4 else (fixes, fixes)
    orbit = as_file(fitted(halves[0]), WORK / "clock.tle")
    wrong = [with_wrong_clock(fix, known[fix.name], orbit, behind_s) for fix in halves[1]]
    usable = [fix for fix, _ in wrong if fix is not None]
    row: dict[str, object] = {
        "pass": f"{Path(session.infos[0].path).name.split('_')[0][:14]} {session.from_until[0]:%Y-%m-%d}",
        "camera": session.camera.rsplit("/", 1)[-1],
        "frames": len(fixes),
        "independent": len(fixes) >= 4,
        "located_with_wrong_nadir": f"{len(usable)} of {len(wrong)}",
        "nadir_off_km": round(float(np.median([km for _, km in wrong]))),
    }
    if not usable:
        return row
    found = solve_clock(usable, orbit, session.camera)
    row |= {"status": found.status, "message": str(found.message())}
    if found.best is not None:
        error_s = found.best.seconds - behind_s
        row |= {"found_s": round(found.best.seconds, 2), "error_s": round(error_s, 2)}
        row |= {"sd_s": round(found.best.sd_s, 2), "agree": f"{found.best.agreeing} of {found.photos}"}
        away = [_nadir_error_km(fix, orbit, error_s) for fix in halves[0]]
        row["nadir_off_after_km"] = round(float(np.median(away)), 1)
    return row


def _nadir_error_km(fix: Fix, orbit: Orbit, error_s: float) -> float:
    """How far the nadir by the corrected clock is from below the located camera."""
    nadir = orbit.state(fix.taken + timedelta(seconds=error_s)).nadir()
    return float(geo.distance_km(*nadir, *to_geodetic(fix.position_km)[:2]))


def real_offsets(sessions: Sequence[Session]) -> list[str]:
    """What the nadirs in the tags say of the real clocks."""
    return [str(solved.message) for session in sessions for solved in _by_tags(session)]


def _by_tags(session: Session) -> list:
    has_nadirs = sum(info.nadir is not None for info in session.infos) >= 3
    return solve_sessions([session], None) if has_nadirs else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--behind", type=float, default=195.0, metavar="S", help="simulated offset of the clock (195)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    if chosen.truth is None or not (chosen.truth.parent.parent / "passes" / "truth.csv").is_file():
        print("skipped: needs the real passes (set EARTHLOC_DATA)")
        return 0
    known = places(chosen.truth.parent.parent, chosen.imagery)
    sessions = [session for session in sessions_of(registered(known)) if len(session.fixes) >= 2]
    rows = []
    for session in sessions:
        try:
            rows.append(measure(session, known, args.behind))
        except InputError as error:
            rows.append({"pass": session.infos[0].path.name, "status": str(error)})
        print(json.dumps(rows[-1]), file=sys.stderr)
    tags = real_offsets(sessions)
    if args.json:
        print(json.dumps({"behind_s": args.behind, "passes": rows, "by_tags": tags}))
    else:
        columns = ["pass", "camera", "frames", "independent", "located_with_wrong_nadir", "nadir_off_km", "status"]
        columns += ["found_s", "error_s", "sd_s", "agree", "nadir_off_after_km"]
        print("| " + " | ".join(columns) + " |")
        for row in rows:
            print("| " + " | ".join(str(row.get(name, "")) for name in columns) + " |")
        print("\n".join(tags))
    missed = [row for row in rows if not abs(float(str(row.get("error_s", "inf")))) <= _LIMIT_S]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
