"""Command line of the training package: the argument parser. commands.py has the commands."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from engine.errors import EarthLocError
from training import commands, learn_command

_VARIANTS = ("fp32", "fp16", "int8")


def main(argv: list[str] | None = None) -> int:
    """Runs one command. Returns an exit code, with the meanings of the engine's command line."""
    args = _parser().parse_args(argv)
    try:
        code: int = args.run(args)
    except EarthLocError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted; `fit` continues from its last checkpoint, the other commands start again", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Trains and measures models for EarthLoc.")
    data = Path(os.environ.get("EARTHLOC_DATA", "../shared/data"))
    group = parser.add_subparsers(required=True, metavar="COMMAND")

    fit = group.add_parser("fit", help="train a model")
    _add_config_options(fit, data)
    fit.add_argument("--out", type=Path, help="folder of the run (default: runs/<name of the configuration>)")
    fit.add_argument("--threads", type=int, default=0, help="torch threads; on a busy machine fewer are faster")
    fit.add_argument("--cpu", action="store_true", help="do not use a GPU (published recipes)")
    fit.set_defaults(run=commands.fit)

    learn = group.add_parser("learn", help="learn from located photos; writes a model package only if it is better")
    learn.add_argument("results", type=Path, help="results file (.gpkg) with reviews, or truth table (.csv)")
    learn.add_argument("--out", type=Path, required=True, help="folder of the package")
    learn.add_argument("--index", type=Path, help="regional index that is searched (default: the world index)")
    learn.add_argument("--model", type=Path, help="model package to start from (default: that of the index)")
    learn.add_argument("--passes", metavar="COLUMN", help="column with the pass of a photo (default: by time and name)")
    learn.add_argument("--imagery", type=Path, help="raster to simulate photos from (default: that of --config)")
    learn.add_argument("--simulated", type=int, default=2000, help="simulated photos to mix in (default: 2000)")
    learn.add_argument("--test", type=Path, help="results file or truth table of photos to test with, never to learn")
    learn.add_argument("--more-photos", type=Path, help="folder of photos without a place, whose look is learned too")
    _add_config_options(learn, data, "default.toml")
    learn.add_argument("--seed", type=int, default=0)
    learn.add_argument("--threads", type=int, default=0, help="torch threads; on a busy machine fewer are faster")
    learn.add_argument("--install", action="store_true", help="make a better package the one that searches use")
    learn.add_argument("--json", action="store_true", help="print JSON")
    learn.set_defaults(run=learn_command.learn)

    evaluate = group.add_parser("evaluate", help="recall of a model package, also by footprint, tilt and cloud")
    evaluate.add_argument("--model", type=Path, help="model package (default: the shipped one, or that of the indexes)")
    kind = evaluate.add_mutually_exclusive_group(required=True)
    kind.add_argument("--queries", type=Path, help="folder of astronaut photos with EarthLoc file names; needs --tiles")
    kind.add_argument("--truth", type=Path, help="truth table (docs/cli.md); searched in --index")
    kind.add_argument("--simulated", action="store_true", help="simulated photos of held-out places, in --index")
    evaluate.add_argument(
        "--tiles", type=Path, help="folder of satellite tiles with EarthLoc file names; only the newest year is used"
    )
    evaluate.add_argument("--index", type=Path, action="append", help="regional index (default: the world index)")
    evaluate.add_argument("--no-nadir", action="store_true", help="search the whole index (--truth)")
    evaluate.add_argument("--radius-km", type=float, default=1000.0, help="search radius around the nadir (--truth)")
    _add_config_options(evaluate, data, "default.toml")
    evaluate.add_argument("--count", type=int, default=768, help="number of simulated photos (default: 768)")
    evaluate.add_argument(
        "--area", action="store_true", help="recall against area of every source instead (--truth, --simulated)"
    )
    evaluate.add_argument("--plots", type=Path, help="folder for plots (PNG)")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    evaluate.set_defaults(run=commands.evaluate)

    formats = group.add_parser("index-formats", help="recall that an 8-bit index loses, on simulated photos")
    formats.add_argument("--model", type=Path, help="model package (default: the shipped one)")
    _add_config_options(formats, data, "quick.toml")
    formats.add_argument("--count", type=int, default=768, help="number of simulated photos (default: 768)")
    formats.add_argument("--json", action="store_true", help="print JSON")
    formats.set_defaults(run=commands.index_formats)

    export = group.add_parser("export", help="make a model package from a finished run")
    export.add_argument("run_folder", type=Path, help="the --out folder of fit")
    _add_config_options(export, data)
    export.add_argument("--out", type=Path, required=True, help="folder of the package")
    export.add_argument("--variant", default="fp16", choices=_VARIANTS)
    export.add_argument("--version", default="1.0.0")
    export.add_argument("--measured", type=Path, help="JSON file with measured recall, for the card")
    export.set_defaults(run=commands.export)

    variants = group.add_parser("variants", help="export a run as fp32, fp16 and int8, and measure the recall of each")
    variants.add_argument("run_folder", type=Path, help="the --out folder of fit")
    _add_config_options(variants, data)
    variants.add_argument("--out", type=Path, required=True, help="output folder; each variant gets a subfolder")
    variants.add_argument("--truth", type=Path, required=True, help="truth table (docs/cli.md)")
    variants.add_argument("--imagery", type=Path, required=True, help="raster whose tiles are searched")
    variants.add_argument("--tile-km", default="313,443,626", help="tile widths in km (default: 313,443,626)")
    variants.add_argument("--bbox", help="W,S,E,N (default: five degrees around the photos)")
    variants.add_argument("--json", action="store_true", help="print JSON")
    variants.set_defaults(run=commands.variants)

    convert = group.add_parser("convert", help="make a model package from a published checkpoint")
    convert.add_argument("checkpoint", type=Path)
    convert.add_argument("--out", type=Path, required=True)
    convert.add_argument("--variant", default="fp32", choices=_VARIANTS)
    convert.set_defaults(run=commands.convert)

    sheet = group.add_parser("contact-sheet", help="simulated photos beside their tiles, below real photos")
    _add_config_options(sheet, data, "default.toml")
    sheet.add_argument("--out", type=Path, required=True, help="PNG to write")
    sheet.add_argument("--photos", type=Path, help="folder of real photos (default: <data>/photos)")
    sheet.add_argument("--count", type=int, default=48, help="number of simulated photos (default: 48)")
    sheet.add_argument("--seed", type=int, default=0)
    sheet.set_defaults(run=commands.contact_sheet)
    return parser


def _add_config_options(command: argparse.ArgumentParser, data: Path, default: str | None = None) -> None:
    command.add_argument(
        "--config",
        type=Path,
        required=default is None,
        default=default and Path(default),
        help="TOML file, or the name of a shipped one" + (f" (default: {default})" if default else ": default.toml"),
    )
    command.add_argument("--data", type=Path, default=data, help=f"base folder of its relative paths (default: {data})")
