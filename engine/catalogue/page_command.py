"""The command `earthloc catalogue page`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.errors import InputError, UsageError
from engine.progress import Progress
from engine.terminal import ProgressLine


def add_command(group: Any, command: Any) -> None:
    """Adds `page` to the commands of `earthloc catalogue`; `command(group, name, run, text)` makes one."""
    page = command(group, "page", make, "make one HTML page of a catalogue: map, list, photos, statistics")
    page.add_argument("catalogue", type=Path, metavar="CATALOGUE", help="folder of `earthloc run --out`, or one file")
    page.add_argument("--out", type=Path, required=True, metavar="FILE.html", help="page to write")
    page.add_argument("--photos", type=Path, metavar="DIR", help="folder of the photos, which the page then shows")
    page.add_argument(
        "--thumbnails", action="store_true", help="put small pictures of the photos into the page (needs --photos)"
    )
    page.add_argument("--title", metavar="TEXT", help="its title (default: the name of the catalogue)")
    page.add_argument("--json", action="store_true", help="print one JSON object")


def make(args: argparse.Namespace) -> int:
    """Makes the page and says what is in it."""
    from engine.catalogue.page import make_page

    if args.photos is not None and not args.photos.is_dir():
        raise InputError(args.photos, "is no folder", "name the folder of the photos, or leave out --photos")
    if args.thumbnails and args.photos is None:
        raise UsageError(None, "--thumbnails needs the photos", "name their folder with --photos")
    title = args.title or args.catalogue.resolve().stem
    with ProgressLine() as line:
        progress = Progress(line.show, "the page")
        made = make_page(args.catalogue, args.out, title, args.photos, args.thumbnails, progress)
    if args.json:
        print(json.dumps({**asdict(made), "page": str(made.page)}))
        return 0
    statuses = sorted(made.statuses.items())
    counts = ", ".join(f"{n} {status.replace('_', ' ') or 'without a status'}" for status, n in statuses)
    print(f"{made.page}: {made.photos} photos ({counts}), {made.size_bytes / 1e6:.1f} MB")
    for what, n in made.left_out.items():
        print(f"Left out: {n} {what}.")
    return 0
