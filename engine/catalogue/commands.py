"""The commands `earthloc catalogue ...`: their arguments, and what they print."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.contract.status import STATUSES
from engine.progress import Progress
from engine.terminal import ProgressLine


def add_commands(group: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds the commands to the subparsers of `earthloc catalogue`; `command` makes one, as in engine/cli.py."""
    made = command(group, "from-results", _from_results, "make a catalogue from a results file and its reviews")
    made.add_argument("results", type=Path, metavar="RESULTS.gpkg")
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the catalogue")
    made.add_argument(
        "--skip-photos", action="store_true", help="do not read the photos: no checksum, camera and cloud; quick"
    )
    made.add_argument("--json", action="store_true", help="print a JSON object")

    exported = command(group, "export", _export, "write a catalogue for other programs")
    exported.add_argument("catalogue", type=Path, metavar="CATALOGUE", help="folder or file of a catalogue")
    exported.add_argument(
        "--to",
        choices=("stac", "geopackage", "geoparquet", "postgis", "nasa"),
        required=True,
        help="docs/metadata-out.md explains them",
    )
    exported.add_argument(
        "--out",
        required=True,
        metavar="OUT",
        help="file to write, or folder (stac), or connection to the database (postgis): service=NAME, host=... "
        "dbname=...; the password comes from PGPASSWORD or ~/.pgpass",
    )
    exported.add_argument(
        "--status", dest="statuses", action="append", default=[], choices=STATUSES, help="only these; may be repeated"
    )
    exported.add_argument("--photos", type=Path, metavar="DIR", help="stac: folder of the photos, to link them")
    exported.add_argument(
        "--table", default="earthloc_footprints", metavar="NAME", help="postgis: TABLE or SCHEMA.TABLE"
    )
    exported.add_argument("--json", action="store_true", help="print a JSON object")


def _from_results(args: argparse.Namespace) -> int:
    from engine.catalogue.from_results import from_results

    with ProgressLine() as line:
        counts = from_results(args.results, args.out, not args.skip_photos, Progress(line.show))
    if args.json:
        print(json.dumps({"out": str(args.out), **counts}))
        return 0
    print(f"{args.out}\n{counts['photos']} photos, {counts['placed']} of them with a place")
    if counts["unreadable"]:
        print(f"The files of {counts['unreadable']} photos could not be read; their checksum and cloud are missing.")
    return 0


def _export(args: argparse.Namespace) -> int:
    from engine.catalogue.export import export

    with ProgressLine() as line:
        counts = export(args.catalogue, args.to, args.out, Progress(line.show), args.statuses, args.photos, args.table)
    shown = {"to": args.to, **counts} if args.to == "postgis" else {"to": args.to, "out": args.out, **counts}
    if args.json:
        print(json.dumps(shown))
    else:
        without = f"; {counts['photos'] - counts['written']} without a place left out"
        note = without if counts["photos"] != counts["written"] else ""
        print(f"{args.table if args.to == 'postgis' else args.out}\n{counts['written']} photos{note}")
    return 0
