"""Command line of the training: its grammar; what the commands do is in commands.py."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from engine.errors import EarthLocError
from training import commands

_VARIANTS = ("fp32", "fp16", "int8")


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns the exit code of the engine's command line."""
    args = _grammar().parse_args(argv)
    try:
        code: int = args.run(args)
    except EarthLocError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted; fit goes on from the last checkpoint with the same command", file=sys.stderr)
        return 130
    return code


def _grammar() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Trains and measures models for EarthLoc.")
    data = Path(os.environ.get("EARTHLOC_DATA", "../shared/data"))
    group = parser.add_subparsers(required=True, metavar="COMMAND")

    fit = group.add_parser("fit", help="train a model")
    _config(fit, data)
    fit.add_argument("--out", type=Path, help="folder of the run (default: runs/<name of the configuration>)")
    fit.add_argument("--threads", type=int, default=0, help="of torch; on a busy machine fewer are faster")
    fit.add_argument("--cpu", action="store_true", help="leave a GPU alone (published recipes)")
    fit.set_defaults(run=commands.fit)

    evaluate = group.add_parser("evaluate", help="recall of a model package, also by footprint, tilt and cloud")
    evaluate.add_argument("--model", type=Path, help="model package (default: the one that ships, or the indexes')")
    kind = evaluate.add_mutually_exclusive_group(required=True)
    kind.add_argument("--queries", type=Path, help="folder of astronaut photos, EarthLoc's names; with --tiles")
    kind.add_argument("--truth", type=Path, help="truth table (docs/cli.md); searched in --index")
    kind.add_argument("--simulated", action="store_true", help="simulated photos of held-out places, in --index")
    evaluate.add_argument(
        "--tiles", type=Path, help="folder of satellite tiles, EarthLoc's names; the newest year counts"
    )
    evaluate.add_argument("--index", type=Path, action="append", help="regional index (default: the world's)")
    evaluate.add_argument("--no-nadir", action="store_true", help="search all of the index (--truth)")
    evaluate.add_argument("--radius-km", type=float, default=1000.0, help="round the nadir (--truth)")
    _config(evaluate, data, "default.toml")
    evaluate.add_argument("--count", type=int, default=768, help="simulated photos (default: 768)")
    evaluate.add_argument("--plots", type=Path, help="folder for plots (PNG)")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.set_defaults(run=commands.evaluate)

    formats = group.add_parser("index-formats", help="what an index loses in 8 bits, on simulated photos")
    formats.add_argument("--model", type=Path, help="model package (default: the one that ships)")
    _config(formats, data, "quick.toml")
    formats.add_argument("--count", type=int, default=768, help="simulated photos (default: 768)")
    formats.add_argument("--json", action="store_true", help="print JSON")
    formats.set_defaults(run=commands.index_formats)

    export = group.add_parser("export", help="make a model package of a finished run")
    export.add_argument("run_folder", type=Path, help="the --out of fit")
    _config(export, data)
    export.add_argument("--out", type=Path, required=True, help="folder of the package")
    export.add_argument("--variant", default="fp16", choices=_VARIANTS)
    export.add_argument("--version", default="1.0.0")
    export.add_argument("--measured", type=Path, help="JSON file of what was measured, for the card")
    export.set_defaults(run=commands.export)

    variants = group.add_parser("variants", help="packages of a run as fp32, fp16 and int8, and what recall each loses")
    variants.add_argument("run_folder", type=Path, help="the --out of fit")
    _config(variants, data)
    variants.add_argument("--out", type=Path, required=True, help="folder; each variant gets one in it")
    variants.add_argument("--truth", type=Path, required=True, help="truth table (docs/cli.md)")
    variants.add_argument("--imagery", type=Path, required=True, help="raster whose tiles are searched")
    variants.add_argument("--tile-km", default="313,443,626", help="their widths (default: 313,443,626)")
    variants.add_argument("--bbox", help="W,S,E,N (default: five degrees round the photos)")
    variants.add_argument("--json", action="store_true", help="print JSON")
    variants.set_defaults(run=commands.variants)

    convert = group.add_parser("convert", help="make a model package of a published checkpoint")
    convert.add_argument("checkpoint", type=Path)
    convert.add_argument("--out", type=Path, required=True)
    convert.add_argument("--variant", default="fp32", choices=_VARIANTS)
    convert.set_defaults(run=commands.convert)

    sheet = group.add_parser("contact-sheet", help="simulated photos beside their tiles, under real photos")
    _config(sheet, data, "default.toml")
    sheet.add_argument("--out", type=Path, required=True, help="PNG to write")
    sheet.add_argument("--photos", type=Path, help="folder of real photos (default: <data>/photos)")
    sheet.add_argument("--count", type=int, default=48, help="simulated photos")
    sheet.add_argument("--seed", type=int, default=0)
    sheet.set_defaults(run=commands.contact_sheet)
    return parser


def _config(command: argparse.ArgumentParser, data: Path, default: str | None = None) -> None:
    command.add_argument(
        "--config",
        type=Path,
        required=default is None,
        default=default and Path(default),
        help="TOML file, or the name of a shipped one" + (f" (default: {default})" if default else ": default.toml"),
    )
    command.add_argument("--data", type=Path, default=data, help=f"where its relative paths begin (default: {data})")
