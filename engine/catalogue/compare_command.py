"""The command `earthloc catalogue compare`."""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.arguments import numbers, whole
from engine.contract.status import STATUSES
from engine.errors import InputError, OutputError
from engine.progress import Progress
from engine.terminal import ProgressLine

QUEUE = "differing.gpkg"


def add_command(group: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds the command to the subparsers of `earthloc catalogue`."""
    compared = command(group, "compare", _compare, "compare a catalogue with footprints of NASA's")
    compared.add_argument("catalogue", type=Path, metavar="CATALOGUE", help="folder or file of a catalogue")
    compared.add_argument(
        "mlcoord", type=Path, nargs="+", metavar="MLCOORD", help="NASA's footprints: a reply as JSON, or a table as TSV"
    )
    compared.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help=f"folder of the report and of {QUEUE}, the review queue"
    )
    compared.add_argument(
        "--photos", type=Path, default=Path(), metavar="DIR", help="folder of the photos, for the review (here)"
    )
    compared.add_argument(
        "--iou", type=_fraction, default=0.5, metavar="0..1", help="photos that overlap by less than this differ (0.5)"
    )
    compared.add_argument(
        "--most", type=whole(0, 100_000), default=1000, metavar="N", help="photos in the queue, the worst first (1000)"
    )
    compared.add_argument(
        "--status",
        dest="statuses",
        action="append",
        default=[],
        choices=STATUSES,
        help="only these; may be repeated",
    )
    compared.add_argument("--json", action="store_true", help="print a JSON object")


def _compare(args: argparse.Namespace) -> int:
    from engine.catalogue.compare_report import text

    with ProgressLine() as line:
        summary = compare(
            args.catalogue,
            args.mlcoord,
            args.out,
            args.photos,
            Progress(line.show),
            iou_below=args.iou,
            most=args.most,
            statuses=args.statuses,
        )
    print(json.dumps(summary) if args.json else f"{args.out}\n{text(summary)}")
    return 0


def compare(
    catalogue: Path,
    mlcoord: Sequence[Path],
    out: Path,
    photos: Path,
    progress: Progress,
    iou_below: float = 0.5,
    most: int = 1000,
    statuses: Sequence[str] = (),
) -> dict[str, Any]:
    """Writes agreement.json, .txt and .html, photos.csv and the review queue into a folder.

    Args:
        catalogue: its folder or file.
        mlcoord: files with NASA's footprints.
        out: folder to write, made when missing.
        photos: folder that the catalogue's photos are relative to.
        progress: of the job.
        iou_below: photos whose footprints overlap less than this differ.
        most: photos in the queue.
        statuses: only photos of these; empty for all.

    Returns:
        The report, as agreement.json has it.

    Raises:
        InputError: a file cannot be read, or no photo has two footprints to compare.
        OutputError: the folder cannot be written.
    """
    from engine.catalogue.compare import Comparison
    from engine.catalogue.compare_queue import write_queue
    from engine.catalogue.compare_report import write_photos, write_report
    from engine.records.footprints import stated_footprints
    from engine.records.record import Tally

    tally = Tally()
    footprints = itertools.chain.from_iterable(stated_footprints(path, tally) for path in mlcoord)
    comparison = Comparison(catalogue, footprints, tally, iou_below, statuses, most, progress)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_photos(out / "photos.csv", comparison)
        summary = comparison.summary()
        if not summary["nasa_footprints"]:
            hint = "give a reply of NASA's API as JSON, or the table mlcoord as TSV"
            raise InputError(mlcoord[-1], "there is no footprint in it", hint)
        if not summary["compared"]:
            hint = "check that both are of the same photos, and that the catalogue has their ids"
            raise InputError(catalogue, "no photo in it has a footprint and one of NASA's", hint)
        summary["queued"] = write_queue(out / QUEUE, comparison.worst, photos, progress)
        write_report(out, summary)
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error
    return summary


def _fraction(text: str) -> float:
    return numbers(text, [(0.0, 1.0)])[0]
