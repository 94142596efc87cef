"""The command `earthloc passes`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.arguments import within
from engine.contract.parameters import DEFAULT_ELLIPSE_KM, ELLIPSE_KM
from engine.contract.passes import PassAnswer
from engine.terminal import ProgressLine

Created = Callable[[Any, str, Any, str], argparse.ArgumentParser]


def add_commands(kinds: Any, command: Created) -> None:
    """Adds `passes`; `command` makes a subcommand as engine/cli.py does."""
    text = "solve whole passes, and give photos that are not located the footprint that their pass says"
    solving = command(kinds, "passes", passes, text)
    solving.add_argument("results", type=Path, nargs="+", metavar="RESULTS.gpkg", help="results files")
    solving.add_argument(
        "--orbit",
        type=Path,
        metavar="FILE",
        help="orbit of the station: two-line elements, OMM or OEM (default: from the located photos)",
    )
    solving.add_argument(
        "--max-ellipse-km",
        type=within(*ELLIPSE_KM),
        default=DEFAULT_ELLIPSE_KM,
        metavar="KM",
        help="largest semi-major axis of the 90 %% ellipse of a footprint that is given (100)",
    )
    solving.add_argument(
        "--leave-one-out", action="store_true", help="also predict each located photo from the others, and compare"
    )
    solving.add_argument("--dry-run", action="store_true", help="only report; write nothing")
    solving.add_argument("--json", action="store_true", help="print one JSON object a pass")


def passes(args: argparse.Namespace) -> int:
    """Solves the passes of results files and reports them."""
    from engine.orbit.commands import opened
    from engine.passes.results import solve_results
    from engine.progress import Progress

    orbit = opened(args.orbit) if args.orbit else None
    for path in args.results:
        with ProgressLine() as line:
            found = solve_results(
                path,
                orbit,
                args.max_ellipse_km,
                leave_out=args.leave_one_out,
                save=not args.dry_run,
                progress=Progress(line.show, "passes"),
            )
        for one in found["passes"]:
            print(json.dumps(one) if args.json else _in_words(one))
        if found["left_out"] and not args.json:
            print(f"{len(found['left_out'])} photos belong to no pass: they have no time, or cannot be read.")
    return 0


def _in_words(one: PassAnswer) -> str:
    first, last = (str(one[name]).replace("T", " ")[:19] for name in ("first", "last"))
    camera = one["camera"] or "unknown camera"
    lines = [f"{camera}, {first} to {last}, {one['photos']} photos, {one['located']} located: {one['message']}"]
    if one["clock_offset_s"] is not None and one["clock_sd_s"] is not None:
        lines.append(f"  clock: {one['clock_offset_s']:+.1f} s (± {one['clock_sd_s']:.1f} s)")
    lines += [f"  contradicts the others: {name}" for name in one["wrong"]]
    for photo in one["predicted"]:
        words = f"  {photo['photo']}: "
        center, major_km, minor_km = photo["center"], photo["ellipse_major_km"], photo["ellipse_minor_km"]
        if center is None or major_km is None or minor_km is None or not photo["given"]:
            words += f"no footprint; nadir {photo['nadir'][0]:.2f}, {photo['nadir'][1]:.2f}, the horizon "
            words += f"{photo['visible_km']:.0f} km away"
        else:
            words += f"{center[0]:.3f}, {center[1]:.3f} by the pass, 90 % within {major_km:.1f} x {minor_km:.1f} km"
        lines.append(words)
    checked = one["leave_one_out"]
    if checked is not None:
        if checked["median_km"] is None:
            lines.append(f"  left out in turn: none of {checked['photos']} is predicted")
        else:
            lines.append(
                f"  left out in turn: {checked['predicted']} of {checked['photos']} predicted, median error "
                f"{checked['median_km']:.1f} km, {checked['inside']} inside their ellipses"
            )
    return "\n".join(lines)
