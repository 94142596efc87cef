"""The command `earthloc records`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.arguments import whole
from engine.contract.parameters import NASA_API, NASA_ARCHIVE
from engine.errors import UsageError
from engine.progress import Progress
from engine.terminal import ProgressLine

if TYPE_CHECKING:
    from engine.records.collect import Collected

_KINDS = ("auto", "nasa", "tsv", "earthkam", "ids", "list")  # of engine.records.sources, which takes time to import
_KEY_VARIABLE = "EARTHLOC_NASA_KEY"


def add_commands(kinds: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds the command to the grammar; `command(group, name, run, text)` makes a parser."""
    read = command(kinds, "records", run, "read what catalogues say about photos, and fetch photos by their ids")
    read.add_argument("sources", nargs="*", type=Path, metavar="SOURCE", help="a table, a saved reply, a list of ids")
    read.add_argument("--kind", choices=_KINDS, default="auto", help="what the sources are (auto: look at them)")
    read.add_argument("--out", type=Path, metavar="FILE", help=".csv (a list for `earthloc run`), .gpkg or .json")
    read.add_argument("--match", type=Path, metavar="DIR", help="folder with photos to pair with the records")
    read.add_argument("--photos", type=Path, metavar="DIR", help="fetch the photos into this folder")
    read.add_argument("--archive", metavar="ADDRESS", help="fetch them from there (NASA's Gateway)")
    read.add_argument("--size", choices=("large", "small"), default="large", help="of the photos to fetch (large)")
    read.add_argument(
        "--max-mb", type=whole(1, 10_000), default=200, metavar="MB", help="leave out larger photos (200)"
    )
    read.add_argument("--api", metavar="ADDRESS", help="ask NASA's Photos Database API there; nasa: its usual address")
    read.add_argument("--query", metavar="TEXT", help="table|field|operator|value, several joined by |")
    read.add_argument(
        "--key-env", metavar="NAME", help=f"environment variable that holds your key of the API ({_KEY_VARIABLE})"
    )
    read.add_argument("--json", action="store_true", help="print one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Reads, pairs, fetches and writes; prints a summary."""
    from engine.records.collect import Task, collect
    from engine.records.nasa_api import ApiQuery, key_from
    from engine.records.sources import Source

    api = None
    if (args.api is None) != (args.query is None):
        raise UsageError(None, "--api and --query belong together", "give both, or none")
    if args.api is not None:
        address = NASA_API if args.api == "nasa" else args.api
        api = ApiQuery(address, args.query, key_from(args.key_env or _KEY_VARIABLE))
    if args.archive is not None and args.photos is None:
        raise UsageError(None, "--archive needs --photos", "name the folder for the photos")
    task = Task(
        sources=[Source(path, args.kind) for path in args.sources],
        api=api,
        match=args.match,
        photos=args.photos,
        archive=args.archive or NASA_ARCHIVE,
        size=args.size,
        max_file_mb=args.max_mb,
        out=args.out,
    )
    with ProgressLine() as line:
        found = collect(task, Progress(line.show, "records"))
    if args.json:
        _print_json(found)
    else:
        _print_summary(found, args.out)
    return 0


def _print_json(found: Collected) -> None:
    from engine.records.write import flat

    for record in found.listed():
        photo = found.photos.get(record.photo_id)
        print(json.dumps(flat(record, str(photo) if photo is not None else "")))
    complaints = [one.as_json() for one in found.tally.complaints()]
    print(json.dumps({"rows": found.tally.rows, "outcomes": found.outcomes, "complaints": complaints}))


def _print_summary(found: Collected, out: Path | None) -> None:
    print(f"{found.tally.rows:,} rows, {found.photo_count:,} photos")
    has = {"a nadir": "nadir", "a time": "taken_at", "a footprint": "corners"}
    counts = {
        name: sum(getattr(one, value) is not None for one in found.records.values()) for name, value in has.items()
    }
    print("  " + ", ".join(f"{count:,} with {name}" for name, count in counts.items()))
    for outcome, count in sorted(found.outcomes.items()):
        print(f"  {count:,} photos {outcome}")
    if found.paired:
        print(f"  {len(found.photos):,} photos have a file")
    for one in found.tally.complaints():
        print(one)
    if out is not None:
        print(out)
