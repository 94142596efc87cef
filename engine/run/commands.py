"""The command `earthloc run`."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.arguments import add_index, add_radius, whole
from engine.contract.messages import MESSAGES
from engine.contract.parameters import TOP_K
from engine.contract.status import STATUS_LABELS
from engine.errors import InputError, UsageError
from engine.terminal import ProgressLine

if TYPE_CHECKING:
    from engine.run.ledger import Ledger

_JSON_PROGRESS_S = 5.0
# Memory of a worker that registers, and of one that only searches (docs/mass-production.md).
_WORKER_BYTES, _SEARCHER_BYTES = 2.0e9, 1.0e9
PENDING = "pending"  # as engine/run/ledger.py says it, which is imported late


def add_commands(command: Any, kinds: Any) -> None:
    """Adds `earthloc run`; `command` makes a command (engine/cli.py)."""
    added = command(kinds, "run", run, "locate many photos into a catalogue; the same command again continues")
    added.add_argument(
        "source",
        type=Path,
        nargs="?",
        metavar="FOLDER|LIST",
        help="a folder with all photos below it, a text file with one path a line, or a CSV with a column photo and "
        "perhaps nadir_lat, nadir_lon, taken_at",
    )
    added.add_argument("--out", type=Path, metavar="DIR", help="folder of the catalogue")
    added.add_argument(
        "--status", type=Path, metavar="DIR", help="only show how far the run of a catalogue is, and what failed"
    )
    add_index(added)
    added.add_argument("--imagery", metavar="IMAGERY", help="reference imagery, as for localize")
    added.add_argument("--no-register", action="store_true", help="only search, without registration; quick")
    add_radius(added)
    added.add_argument(
        "--top-k", type=whole(*TOP_K), default=5, metavar="N", help="candidates to look for and to register (5)"
    )
    where = added.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs",
        type=whole(1, 512),
        metavar="N",
        help="worker processes (default: one a core, as far as memory allows)",
    )
    where.add_argument("--scheduler", default="", metavar="ADDRESS", help="Dask scheduler instead, tcp://HOST:8786")
    added.add_argument(
        "--retry",
        action="append",
        default=[],
        metavar="REASON",
        help="try photos again that failed for this reason, as the table of failures names it, or for all; may be "
        "repeated",
    )
    added.add_argument("--json", action="store_true", help="print events, one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Locates the photos that are not located yet, and sums up."""
    from engine.run.photos import find_photos
    from engine.run.production import Production, open_catalogue, write_missing_shards
    from engine.run.setting import identity

    told = _Told(args.json)
    if args.status is not None:
        return _status(args, told)
    if args.source is None or args.out is None:
        raise UsageError(None, "FOLDER|LIST or --out is missing", "give both, or --status DIR")
    setting, indexes = _setting(args)
    found = find_photos(args.source)
    ledger = open_catalogue(args.out)
    try:
        stated = identity(setting, indexes)
        new = ledger.add(found, stated)
        again = ledger.retry(args.retry) if args.retry else 0
        counts = ledger.statuses()
        to_do = counts[PENDING]
        told.start(counts.total(), to_do, new, again, found.problems)
        if to_do:
            workers = _workers(args, setting, stated, to_do)
            try:
                Production(args.out, ledger, workers, told.event).run()
            finally:
                told.line.clear()
                workers.close()
        else:
            write_missing_shards(args.out, ledger)
        return told.end(ledger, args.out)
    finally:
        ledger.close()


def _status(args: argparse.Namespace, told: _Told) -> int:
    from engine.run.ledger import NAME, Ledger

    if args.source is not None or args.out is not None or args.retry:
        raise UsageError(None, "--status goes without FOLDER|LIST, --out and --retry", "leave them out")
    if not (args.status / NAME).is_file():
        raise InputError(args.status, "there is no ledger of a run in it", "give the folder of `earthloc run --out`")
    ledger = Ledger.open(args.status)
    try:
        return told.end(ledger, args.status)
    finally:
        ledger.close()


def _setting(args: argparse.Namespace) -> tuple[Any, Any]:
    """The setting for the workers, and the open indexes; problems are told before any photo is located."""
    from engine.imagery.opening import open_imagery
    from engine.imagery.server import may_be_server
    from engine.retrieval.milvus_server import is_milvus
    from engine.run.setting import Setting

    imagery = args.imagery
    if imagery is not None:
        open_imagery(imagery).close()
        if not may_be_server(imagery):
            imagery = os.path.abspath(imagery)
    addresses = tuple(str(folder) if is_milvus(folder) else os.path.abspath(folder) for folder in args.indexes)
    setting = Setting(addresses, imagery, args.radius_km, args.top_k, not args.no_register)
    return setting, setting.open_indexes()


def _workers(args: argparse.Namespace, setting: Any, stated: dict[str, Any], to_do: int) -> Any:
    if args.scheduler:
        from engine.run.cluster import Cluster

        return Cluster(args.scheduler, setting, stated)
    from engine.run.processes import Processes

    return Processes(setting, min(args.jobs or _default_jobs(setting.register), to_do), args.debug)


def _default_jobs(register: bool) -> int:
    """One worker a core, and not more than three quarters of the memory hold."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(AttributeError, ValueError, OSError):  # not on Windows
        memory = 0.75 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        cores = min(cores, int(memory / (_WORKER_BYTES if register else _SEARCHER_BYTES)))
    return max(1, cores)


class _Told:
    """What the user is told: JSON objects, or a progress line and tables."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._progress_at = time.monotonic()
        self.line = ProgressLine()

    def start(self, total: int, to_do: int, new: int, again: int, problems: Any) -> None:
        """How many photos there are, and what is wrong with the list."""
        if self._as_json:
            event = {"event": "start", "photos": total, "to_do": to_do, "new": new, "problems": dict(problems)}
            self._print({**event, "tried_again": again})
            return
        begun = f"{total - to_do:,} are done already, " if to_do < total else ""
        print(f"{total:,} photos: {begun}{to_do:,} to locate", flush=True)
        for problem, count in problems.items():
            print(f"earthloc: {count:,} {problem}.", file=sys.stderr)

    def event(self, event: dict[str, Any]) -> None:
        """A photo or the progress."""
        if event["event"] != "progress":
            if self._as_json:
                self._print(event)
        elif not self._as_json:
            self.line.show("run", event["done"], event["total"], _pace(event))
        elif time.monotonic() - self._progress_at > _JSON_PROGRESS_S:
            self._progress_at = time.monotonic()
            self._print(event)

    def end(self, ledger: Ledger, out: Path) -> int:
        """Prints the table of statuses and that of failures by reason; returns the exit code."""
        statuses, failures, again = ledger.statuses(), ledger.failures(), ledger.tried_again()
        duplicates = ledger.duplicates()
        if self._as_json:
            told = [{"reason": reason, "photos": count, "such_as": photo} for reason, count, photo in failures]
            tried = [{"reason": reason, "tries": count} for reason, count in again]
            event = {"event": "end", "statuses": dict(statuses), "failures": told, "tried_again": tried}
            self._print({**event, "duplicates": duplicates})
        else:
            for status, label in [*STATUS_LABELS.items(), (PENDING, "to locate")]:
                if statuses[status]:
                    print(f"{label:12}{statuses[status]:>10,}")
            for reason, count, photo in failures:
                print(f"  {count:,} failed, {reason}: {_words(reason)}; such as {photo}")
            for reason, count in again:
                print(f"  {count:,} tries in vain before, {reason}: {_words(reason)}")
            if duplicates:
                print(f"  {duplicates:,} photos have the content of an earlier one, which column duplicate_of names")
            print(f"catalogue in {out}" + ("; --retry REASON tries failed photos again" if failures else ""))
        return InputError.exit_code if failures else 0

    def _print(self, event: dict[str, Any]) -> None:
        print(json.dumps(event), flush=True)


def _pace(event: dict[str, Any]) -> str:
    if event["photos_per_hour"] is None:
        return ""
    minutes = -(-event["seconds_left"] // 60)
    left = f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
    return f"{event['photos_per_hour']:,} photos an hour, {left} left"


def _words(reason: str) -> str:
    """A reason in words, without the photo and the hint."""
    text = MESSAGES.get(reason, reason).removeprefix("{path}: ")
    return text.partition(";")[0].partition(" ({")[0].partition(" {")[0].rstrip(",")
