"""Command line of the training: `python -m training fit | evaluate | export | convert | contact-sheet`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from engine.errors import EarthLocError, UsageError
from engine.work import Work


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns the exit code of the engine's command line."""
    args = _grammar().parse_args(argv)
    try:
        code: int = args.run(args)
    except EarthLocError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return code


def _grammar() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Trains and measures models for EarthLoc.")
    data = Path(os.environ.get("EARTHLOC_DATA", "../shared/data"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    fit = commands.add_parser("fit", help="train a model")
    fit.add_argument("--config", type=Path, required=True, help="TOML file, or the name of a shipped one: default.toml")
    fit.add_argument("--out", type=Path, help="folder of the run (default: runs/<name of the configuration>)")
    fit.add_argument("--data", type=Path, default=data, help=f"where its relative paths begin (default: {data})")
    fit.add_argument("--threads", type=int, default=0, help="of torch; on a busy machine fewer are faster")
    fit.set_defaults(run=_fit)

    evaluate = commands.add_parser("evaluate", help="recall of a model package on an EarthLoc data set")
    evaluate.add_argument("--model", type=Path, help="model package (default: the one that ships)")
    evaluate.add_argument("--queries", type=Path, required=True, help="folder of astronaut photos, EarthLoc's names")
    evaluate.add_argument("--tiles", type=Path, required=True, help="folder of satellite tiles, EarthLoc's names")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.set_defaults(run=_evaluate)

    export = commands.add_parser("export", help="make a model package of a finished run")
    export.add_argument("run_folder", type=Path, help="the --out of fit")
    export.add_argument("--config", type=Path, required=True, help="that fit was given")
    export.add_argument("--out", type=Path, required=True, help="folder of the package")
    export.add_argument("--data", type=Path, default=data)
    export.add_argument("--variant", default="fp16", choices=("fp32", "fp16", "int8"))
    export.add_argument("--version", default="1.0.0")
    export.add_argument("--measured", type=Path, help="JSON file of what was measured, for the card")
    export.set_defaults(run=_export)

    convert = commands.add_parser("convert", help="make a model package of a published checkpoint")
    convert.add_argument("checkpoint", type=Path)
    convert.add_argument("--out", type=Path, required=True)
    convert.add_argument("--variant", default="fp32", choices=("fp32", "fp16", "int8"))
    convert.set_defaults(run=_convert)

    sheet = commands.add_parser("contact-sheet", help="simulated photos beside their tiles, under real photos")
    sheet.add_argument("--config", type=Path, default=Path("default.toml"))
    sheet.add_argument("--data", type=Path, default=data)
    sheet.add_argument("--out", type=Path, required=True, help="PNG to write")
    sheet.add_argument("--photos", type=Path, help="folder of real photos (default: <data>/photos)")
    sheet.add_argument("--count", type=int, default=48, help="simulated photos")
    sheet.add_argument("--seed", type=int, default=0)
    sheet.set_defaults(run=_contact_sheet)
    return parser


def _fit(args: argparse.Namespace) -> int:
    import torch

    from training.config import read_config
    from training.fit import NETWORK, Trainer

    if args.threads > 0:
        torch.set_num_threads(args.threads)
    config = read_config(args.config)
    out = args.out or Path("runs") / config.name
    line = _ProgressLine()
    try:
        Trainer(config, out, args.data).run(Work(line.show, "the training"))
    finally:
        line.clear()
    print(f"{out / NETWORK}; the curve is in {out / 'curve.csv'}")
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    from engine.retrieval.model import ModelPackage
    from training.evaluate import earthloc_recall, read_named

    line = _ProgressLine()
    try:
        queries, tiles = read_named(args.queries), read_named(args.tiles)
        result = earthloc_recall(queries, tiles, ModelPackage.open(args.model), Work(line.show))
    finally:
        line.clear()
    if not result:
        raise UsageError(args.queries, "holds no query of the six test sets that a tile intersects", "give others")
    if args.json:
        print(json.dumps(result))
        return 0
    print(f"{'set':12} {'queries':>8} {'tiles':>7}  R@1   R@5   R@10  R@20  R@100")
    for name, row in result.items():
        figures = " ".join(f"{value:5.1f}" for value in row["recall"].values())
        print(f"{name:12} {row['queries']:8} {row['tiles']:7} {figures}")
    return 0


def _export(args: argparse.Namespace) -> int:
    from training.package import export_run

    exported = export_run(args.run_folder, args.config, args.data, args.out, args.variant, args.version, args.measured)
    print(f"{exported.card}: {exported.size_bytes / 1e6:.1f} MB, cosine to torch at least {exported.min_cosine:.6f}")
    return 0


def _convert(args: argparse.Namespace) -> int:
    from training.convert import convert

    exported = convert(args.checkpoint, args.out, variant=args.variant)
    print(f"{exported.card}: {exported.size_bytes / 1e6:.1f} MB, cosine to torch at least {exported.min_cosine:.6f}")
    return 0


def _contact_sheet(args: argparse.Namespace) -> int:
    from training.config import read_config
    from training.places.sheet import contact_sheet

    if not 1 <= args.count <= 1000:
        raise UsageError(None, f"--count is {args.count}", "give 1 to 1000")
    config = read_config(args.config)
    photos = args.photos or args.data / "photos"
    contact_sheet(config, args.data, photos, args.out, args.count, args.seed)
    print(args.out)
    return 0


class _ProgressLine:
    """One line on a terminal that says how far the work is; nothing elsewhere but the start of each stage."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._stage = ""

    def show(self, stage: str, done: int, total: int, message: str) -> None:
        if self._terminal:
            print(f"\r\033[K{stage}: {done} of {total} {message}", end="", file=sys.stderr, flush=True)
        elif stage != self._stage:
            print(f"{stage}: {total}", file=sys.stderr, flush=True)
        self._stage = stage

    def clear(self) -> None:
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
