"""The commands `earthloc nadir`, `clock` and `elements`, and the options of `localize` for an orbit."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.arguments import numbers
from engine.contract.clocks import OFFSET_S, ClockOffset, SolvedClock, known_offset
from engine.contract.localization import Localization
from engine.errors import EarthLocError, InputError, UsageError
from engine.terminal import ProgressLine

if TYPE_CHECKING:
    from engine.orbit.hint import OrbitHint
    from engine.orbit.opening import Orbit

Created = Callable[[Any, str, Any, str], argparse.ArgumentParser]


def add_commands(kinds: Any, command: Created) -> None:
    """Adds `nadir`, `clock` and `elements`; `command` makes a subcommand as engine/cli.py does."""
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
    solved.add_argument("--out", type=Path, metavar="FILE.json", help="write the offsets, for `localize --clocks`")
    solved.add_argument("--json", action="store_true", help="print one JSON object a line")
    fetched = command(kinds, "elements", elements, "fetch the station's orbit from the internet")
    fetched.add_argument(
        "source",
        metavar="celestrak|nasa|URL",
        help="celestrak: the newest two-line elements; nasa: the ephemeris of the coming days",
    )
    fetched.add_argument("--out", type=Path, required=True, metavar="FILE", help="file of the orbit")
    fetched.add_argument("--yes", action="store_true", help="agree to contact that server")
    fetched.add_argument("--json", action="store_true", help="print one JSON object")


_ORBIT_HELP = "orbit of the station: two-line elements, OMM or OEM"


def add_localize_options(command: argparse.ArgumentParser) -> None:
    """Adds `--orbit`, `--clock-offset`, `--clocks` and `--solve-clock`."""
    command.add_argument(
        "--orbit",
        type=Path,
        metavar="FILE",
        help="two-line elements, OMM or OEM: gives the nadir of photos that have a time but no nadir, or a wrong one",
    )
    add_clock_offset(command)
    command.add_argument(
        "--clocks", type=Path, metavar="FILE.json", help="offsets of cameras' clocks that `earthloc clock --out` wrote"
    )
    command.add_argument(
        "--solve-clock",
        action="store_true",
        help="with --orbit: find the clocks' offsets from the located photos, and locate the others again with them",
    )


def add_clock_offset(command: argparse.ArgumentParser) -> None:
    """Adds `--clock-offset`."""
    command.add_argument(
        "--clock-offset",
        type=_seconds,
        metavar="S",
        help="seconds to add to the photos' times: positive for a clock that was behind (default: unknown, about 0)",
    )


def hint_of(args: argparse.Namespace) -> OrbitHint | None:
    """The orbit of `localize`'s arguments; tells what is to know of the file."""
    if args.orbit is None:
        given = {"--solve-clock": args.solve_clock, "--clocks": args.clocks, "--clock-offset": args.clock_offset}
        for option, value in given.items():
            if value not in (None, False):
                raise UsageError(None, f"{option} needs --orbit", "give both")
        return None

    from engine.orbit.clocks_file import read_clocks
    from engine.orbit.hint import KNOWN_CLOCK_SD_S, OrbitHint

    clocks: Sequence[ClockOffset] = read_clocks(args.clocks) if args.clocks else ()
    orbit = opened(args.orbit)
    if args.clock_offset is None:
        return OrbitHint(orbit, clocks=clocks)
    return OrbitHint(orbit, args.clock_offset, KNOWN_CLOCK_SD_S, clocks)


def tell_silence(answers: Iterable[Localization]) -> None:
    """Prints of how many photos the orbit says nothing, with each reason once."""
    reasons: Counter[str] = Counter()
    example: dict[str, str] = {}
    for answer in answers:
        hint = answer.get("orbit")
        if hint is not None and hint["message"]:
            reason = hint.get("message_id", hint["message"])
            reasons[reason] += 1
            example.setdefault(reason, f"{Path(answer['photo']).name}: {hint['message']}")
    for reason, count in reasons.items():
        print(f"earthloc: no nadir from the orbit for {count} photos, such as {example[reason]}", file=sys.stderr)


def nadir(args: argparse.Namespace) -> int:
    """Prints the point below the station at times."""
    from engine.orbit.hint import KNOWN_CLOCK_SD_S, OrbitHint, nadir_at
    from engine.orbit.times import shifted, utc_of

    orbit = opened(args.orbit)
    hint = OrbitHint(orbit, args.clock_offset or 0.0, 0.0 if args.clock_offset is None else KNOWN_CLOCK_SD_S)
    failures: dict[str, list[str]] = {}
    for text in args.times:
        try:
            taken_at = _time_of(text)
            (lat, lon), _ = nadir_at(hint, taken_at)
            moment = shifted(utc_of(taken_at), hint.clock_offset_s)
        except EarthLocError as error:
            failures.setdefault(error.message.id if error.message else str(error), []).append(str(error))
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
    for texts in failures.values():
        more = f" Likewise {len(texts) - 1} more." if len(texts) > 1 else ""
        print(f"earthloc: {texts[0]}{more}", file=sys.stderr)
    return InputError.exit_code if failures else 0


def clock(args: argparse.Namespace) -> int:
    """Prints the offset of each clock whose photos are in a results file."""
    from engine.orbit.clocks_file import write_clocks
    from engine.orbit.solving import clocks_of
    from engine.progress import Progress

    orbit = None if args.stated_nadirs else opened(args.orbit)
    with ProgressLine() as line:
        solved = [one.as_json() for one in clocks_of(args.results, orbit, Progress(line.show, "clock"))]
    for one in solved:
        print(json.dumps(one) if args.json else _in_words(one))
    if args.out:
        write_clocks(args.out, [known for one in solved if (known := known_offset(one)) is not None])
    return 0


def elements(args: argparse.Namespace) -> int:
    """Fetches the station's orbit, if the user agrees to contact the server."""
    from engine.orbit.download import download, host_of
    from engine.progress import Progress

    host = host_of(args.source)
    if not args.yes:
        raise UsageError(None, f"this contacts {host}, which sees this computer's address", "agree with --yes")
    found = download(args.source, args.out, Progress(what="elements"))
    words = f"{args.out}: {found.size_bytes} bytes from {found.host}, SHA-256 {found.sha256}"
    print(json.dumps({"out": str(args.out), **dataclasses.asdict(found)}) if args.json else words)
    return 0


def _seconds(text: str) -> float:
    return numbers(text, [OFFSET_S])[0]


def _in_words(found: SolvedClock) -> str:
    first, last = (text.replace("T", " ")[:16] for text in (found["first"], found["last"]))
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


def opened(path: Path) -> Orbit:
    """The orbit of a file; tells what is to know of it."""
    from engine.orbit.opening import open_ephemeris

    orbit = open_ephemeris(path)
    for note in orbit.notes:
        print(f"earthloc: {note}", file=sys.stderr)
    return orbit
