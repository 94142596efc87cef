"""The commands `earthloc nadir` and `earthloc clock`, and the options of `localize` for an orbit."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EarthLocError, InputError, UsageError

if TYPE_CHECKING:
    from engine.orbit.hint import OrbitHint
    from engine.orbit.opening import Orbit

Created = Callable[[Any, str, Any, str], argparse.ArgumentParser]


def add_commands(kinds: Any, command: Created) -> None:
    """Adds `nadir` and `clock`; `command` makes a subcommand as engine/cli.py does."""
    below = command(kinds, "nadir", nadir, "say where the station was at a time or when a photo was taken")
    below.add_argument(
        "times", nargs="+", metavar="TIME|PHOTO", help="ISO 8601, UTC where no zone is given; or a photo"
    )
    below.add_argument("--orbit", type=Path, required=True, metavar="FILE", help=_ORBIT_HELP)
    add_clock_offset(below)
    below.add_argument("--json", action="store_true", help="print one JSON object a line")
    solved = command(kinds, "clock", clock, "say how wrong cameras' clocks were, from located photos and the orbit")
    solved.add_argument("results", type=Path, metavar="RESULTS.gpkg", help="results file with located photos")
    orbits = solved.add_mutually_exclusive_group(required=True)
    orbits.add_argument("--orbit", type=Path, metavar="FILE", help=_ORBIT_HELP)
    orbits.add_argument(
        "--stated-nadirs",
        action="store_true",
        help="take the orbit from the nadirs in the photos' tags, which a computer with the same clock made",
    )
    solved.add_argument("--json", action="store_true", help="print one JSON object a line")


_ORBIT_HELP = "orbit of the station: two-line elements, OMM or OEM"


def add_localize_options(command: argparse.ArgumentParser) -> None:
    """Adds `--orbit`, `--clock-offset` and `--solve-clock`."""
    command.add_argument(
        "--orbit",
        type=Path,
        metavar="FILE",
        help="two-line elements, OMM or OEM: gives the nadir of photos that have a time but no nadir, or a wrong one",
    )
    add_clock_offset(command)
    command.add_argument(
        "--solve-clock",
        action="store_true",
        help="with --orbit: find the clocks' offsets from the located photos, and locate the others again with them",
    )


def add_clock_offset(command: argparse.ArgumentParser) -> None:
    """Adds `--clock-offset`."""
    command.add_argument(
        "--clock-offset",
        type=float,
        metavar="S",
        help="seconds to add to the photos' times: positive for a clock that was behind (default: unknown, about 0)",
    )


def hint_of(args: argparse.Namespace) -> OrbitHint | None:
    """The orbit of `localize`'s arguments; tells what is to know of the file."""
    if args.orbit is None:
        if args.solve_clock or args.clock_offset is not None:
            option = "--solve-clock" if args.solve_clock else "--clock-offset"
            raise UsageError(None, f"{option} needs --orbit", "give both")
        return None

    from engine.orbit.hint import KNOWN_CLOCK_SD_S, OrbitHint

    orbit = _opened(args.orbit)
    if args.clock_offset is None:
        return OrbitHint(orbit)
    return OrbitHint(orbit, args.clock_offset, KNOWN_CLOCK_SD_S)


def nadir(args: argparse.Namespace) -> int:
    """Prints the point below the station at times."""
    from engine.orbit.hint import KNOWN_CLOCK_SD_S, OrbitHint, nadir_at
    from engine.orbit.times import shifted, utc_of

    orbit = _opened(args.orbit)
    hint = OrbitHint(orbit, args.clock_offset or 0.0, 0.0 if args.clock_offset is None else KNOWN_CLOCK_SD_S)
    failed = False
    for text in args.times:
        try:
            taken_at = _time_of(text)
            (lat, lon), _ = nadir_at(hint, taken_at)
            moment = shifted(utc_of(taken_at), hint.clock_offset_s)
        except EarthLocError as error:
            failed = True
            print(f"earthloc: {error}", file=sys.stderr)
            continue
        state = orbit.state(moment)
        along, across, up = (round(float(sd), 2) for sd in state.sd_km)
        found = {
            "of": text,
            "time": moment.isoformat(),
            "nadir": [round(lat, 5), round(lon, 5)],
            "altitude_km": round(state.altitude_km(), 2),
            "sd_km": {"along": along, "across": across, "up": up},
            "orbit_age_days": round(orbit.age_days(moment), 2),
        }
        words = f"{text}: {lat:.3f}, {lon:.3f} at {found['altitude_km']:.0f} km, ± {along:.1f} km along the track"
        print(json.dumps(found) if args.json else f"{words}; the orbit is {found['orbit_age_days']:.1f} days old")
    return InputError.exit_code if failed else 0


def clock(args: argparse.Namespace) -> int:
    """Prints the offset of each clock whose photos are in a results file."""
    from engine.orbit.fixes import sessions_of
    from engine.orbit.solving import solve_sessions
    from engine.results import ResultsFile

    if not args.results.is_file():
        raise InputError.of("results.no_file", path=args.results)
    orbit = None if args.stated_nadirs else _opened(args.orbit)
    results = ResultsFile(args.results)
    sessions = sessions_of((row["localization"] for row in results.rows()), results.path.parent)
    solved = solve_sessions(sessions, orbit)
    for one in solved:
        print(json.dumps(one.as_json()) if args.json else _in_words(one.as_json()))
    if not solved:
        raise InputError.of("clock.no_photos", path=args.results)
    return 0


def _in_words(found: dict[str, Any]) -> str:
    first, last = (str(found[name]).replace("T", " ")[:16] for name in ("from", "until"))
    lines = [f"{first} to {last}: {found['message']}"]
    if found["wrong"]:
        lines.append(f"  fit no such clock: {', '.join(found['wrong'])}")
    return "\n".join(lines)


def _time_of(text: str) -> str:
    """The time itself, or that of a photo."""
    from engine.photo.read import read_photo_info

    if not Path(text).exists():
        return text
    taken_at = read_photo_info(text).taken_at
    if taken_at is None:
        raise InputError.of("orbit.no_photo_time", path=text)
    return taken_at


def _opened(path: Path) -> Orbit:
    from engine.orbit.opening import open_ephemeris

    orbit = open_ephemeris(path)
    for note in orbit.notes:
        print(f"earthloc: {note}", file=sys.stderr)
    return orbit
