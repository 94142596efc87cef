"""`python -m training.where fit`: the kernels and exponents of a where package, by the likelihood of photos."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from engine.localize import model_of
from engine.resources import resources_folder
from engine.retrieval.index import RegionalIndex
from engine.where.opening import open_estimator
from training.config import read_config
from training.places.pairs import Imagery
from training.where.ensemble import densities, fit, write
from training.where.examples import SIMULATED_PX, Example, Examples
from training.where.kernels import START, fit_kernels

# What is stated of a photo is taken at its word: few photos state a wrong thing, and none that are simulated.
_STATED = ("nadir", "daylight")
_CROP_SEED, _NOTHING_SEED, _NOTHING_CROPS = 5, 8, 3


def add(group: argparse._SubParsersAction[argparse.ArgumentParser], data: Path) -> None:
    """Adds the command to the parser."""
    command = group.add_parser("fit", help="fit kernels and exponents of a where package to photos")
    command.add_argument("--data", type=Path, default=data, help=f"base folder of the data (default: {data})")
    command.add_argument("--package", type=Path, default=resources_folder() / "where", help="where package to change")
    command.add_argument("--index", type=Path, default=resources_folder() / "indexes" / "world")
    command.add_argument("--crops", type=Path, help="truth table, one crop of each photo (default: of passes/)")
    command.add_argument("--nothing", type=Path, help="folder of photos that show nothing (default: the clouds)")
    command.add_argument("--simulated", type=int, default=75, help="simulated photos (default: 75)")
    command.add_argument("--seed", type=int, default=901)
    command.set_defaults(run=_fit)


def _fit(args: argparse.Namespace) -> None:
    found = _examples(args)
    index = RegionalIndex.open(args.index)
    models = frozenset({model_of(index).photo_sha256})
    kernels = {}
    for name in START:
        kernels[name], mean = fit_kernels(name, found)
        print(f"{name}: {kernels[name]}, mean log probability {mean:.3f}", file=sys.stderr)
    card = json.loads((args.package / "where.json").read_text(encoding="utf-8"))
    for name, kernel in kernels.items():
        card["sources"][name]["settings"].update(vars(kernel))
    with tempfile.TemporaryDirectory() as scratch:  # the kernels count in the exponents, so they come first
        for file in args.package.iterdir():
            (Path(scratch) / file.name).write_bytes(file.read_bytes())
        (Path(scratch) / "where.json").write_text(json.dumps(card), encoding="utf-8")
        estimator = open_estimator(models, Path(scratch))
    estimator.experts = [expert for expert in estimator.experts if expert.source.name not in _STATED]
    fitted = fit([densities(one, estimator) for one in found], [expert.source.name for expert in estimator.experts])
    write(args.package, fitted, kernels)
    print(f"{len(found)} photos: {fitted}")


def _examples(args: argparse.Namespace) -> list[Example]:
    index = RegionalIndex.open(args.index)
    model = model_of(index)
    examples = Examples([index], {model.sha256: model})
    crops = args.crops or args.data / "passes" / "truth.csv"
    clouds = sorted((args.data / "photos" / "negatives").glob("cloud_*"))
    nothing = sorted(args.nothing.iterdir()) if args.nothing is not None else clouds
    found = [*examples.crops(crops, _CROP_SEED), *examples.nothing(nothing, _NOTHING_CROPS, _NOTHING_SEED)]
    config = read_config(Path("default.toml"))
    with tempfile.TemporaryDirectory() as scratch:
        imagery = Imagery(config.imagery, config.places, SIMULATED_PX, config.views, args.data, Path(scratch))
        found += examples.simulated(imagery, args.simulated, args.seed)
        imagery.close()
    return found
