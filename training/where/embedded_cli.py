"""Command line of the sources on descriptors: GeoCLIP, SatCLIP, RANGE and the attribute ensemble.

python -m training.where photos --out photos
python -m training.where train geoclip satclip range attributes --photos photos --package resources/where
python -m training.where measure --photos photos --package resources/where
python -m training.where fit --package resources/where
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EarthLocError
from engine.progress import Progress
from engine.resources import resources_folder
from engine.retrieval.model import ModelPackage
from engine.where.heads.attributes import Attributes
from engine.where.heads.gallery import Gallery, GallerySource, ImageHead
from engine.where.package import WherePackage
from training.config import read_config
from training.where import (
    attributes,
    cell_commands,
    descriptors,
    fit_command,
    galleries,
    geoclip,
    measure,
    retrieved,
    satclip,
    simulated,
)
from training.where.contrast import ContrastConfig, Pairs
from training.where.descriptors import Described

SOURCES = ("geoclip", "satclip", "range", "attributes")
_COUNTS = {"train": 6144, "fit": 256, "test": 384}
# Of PhotoViews.whole: with the closer view, or, where no photo was trained on, without.
_VIEWS = {"geoclip": 12, "satclip": 12, "range": 8}
# Chosen on the fit photos (docs/where.md): the tiles next to a cell tell best what it looks like.
_RANGE = {"beta": 0.0, "semantic_scale": 40.0, "geographic_scale": 8000.0}


def main(argv: list[str] | None = None) -> int:
    """Runs one command. Returns an exit code, with the meanings of the engine's command line."""
    args = _parser().parse_args(argv)
    try:
        args.run(args)
    except EarthLocError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.where", description=__doc__)
    data = Path(os.environ.get("EARTHLOC_DATA", "../shared/data"))
    group = parser.add_subparsers(required=True, metavar="COMMAND")

    photos = group.add_parser("photos", help="simulate photos in colour to train and measure on")
    photos.add_argument("--out", type=Path, required=True, help="folder of the photos; an interrupted run continues")
    photos.add_argument("--config", type=Path, default=Path("default.toml"))
    photos.set_defaults(run=_photos)

    train = group.add_parser("train", help="train sources and write them into a where package")
    train.add_argument("sources", nargs="+", choices=SOURCES)
    train.add_argument("--geoclip-weights", type=Path, help="location_encoder_weights.pth of the package geoclip")
    train.add_argument("--steps", type=int, default=600, help="of an alignment (default: 600)")
    train.set_defaults(run=_train)

    measured = group.add_parser("measure", help="recall against area of each source alone")
    measured.set_defaults(run=_measure)
    cell_commands.add(group, data)
    fit_command.add(group, data)
    for command in (photos, train, measured):
        command.add_argument("--data", type=Path, default=data, help=f"base folder of the data (default: {data})")
    for command in (train, measured):
        command.add_argument("--photos", type=Path, required=True, help="folder that `photos` made")
        command.add_argument("--package", type=Path, default=resources_folder() / "where", help="where package")
        command.add_argument("--model", type=Path, help="model package (default: the shipped one)")
        command.add_argument("--index", type=Path, default=resources_folder() / "indexes" / "world")
    return parser


def _photos(args: argparse.Namespace) -> None:
    config = read_config(args.config)
    for kind, count in _COUNTS.items():
        simulated.make(config, args.data, args.out, kind, count, _progress())


def _train(args: argparse.Namespace) -> None:
    model = ModelPackage.open(args.model)
    photos = descriptors.describe(model, args.photos, "train", _progress())
    fit = descriptors.describe(model, args.photos, "fit", _progress())
    tiles = galleries.index_tiles(args.index)
    pairs = Pairs(np.ascontiguousarray(photos.views[:, 0]), photos.place)
    for name in args.sources:
        start = time.monotonic()
        about: dict[str, Any] = {
            "licence": "GPL-2.0-or-later",
            "trained_on": {"tiles": len(tiles), "photos": len(pairs)},
        }
        if name == "attributes":
            imagery = read_config(Path("default.toml")).imagery
            maps = attributes.make_maps(args.data / imagery.mosaic, args.data / imagery.seasons)
            size = attributes.write_attributes(
                args.package, name, attributes.train(maps, photos, fit), model.photo_sha256, about
            )
        else:
            gallery, head = _gallery(name, tiles, pairs, args)
            fitted = galleries.fit_gallery(gallery, head, fit, _VIEWS[name])
            gallery = replace(gallery, scale=fitted.scale, background=fitted.background)
            size = galleries.write_gallery(args.package, name, gallery, head, _VIEWS[name], model.photo_sha256, about)
        print(f"{name}: {size / 1e6:.1f} MB in {time.monotonic() - start:.0f} s", file=sys.stderr)


def _gallery(name: str, tiles: Pairs, pairs: Pairs, args: argparse.Namespace) -> tuple[Gallery, ImageHead]:
    contrast = ContrastConfig(steps=args.steps)
    if name == "geoclip":
        start = "scratch" if args.geoclip_weights is None else "published"
        encoder = geoclip.GeoClipConfig(start)
        return geoclip.train(tiles, pairs, encoder, contrast, args.geoclip_weights, _progress())
    # Without meaning (beta = 0) RANGE needs no location encoder.
    config = replace(contrast, steps=0) if name == "range" and not _RANGE["beta"] else contrast
    trained = satclip.train(tiles, pairs, satclip.SatClipConfig(), config, _progress())
    if name == "satclip":
        return trained.gallery, trained.head
    gallery, mean = retrieved.range_gallery(trained.gallery, trained.tiles, tiles, **_RANGE)
    return gallery, retrieved.centring_head(mean)


def _measure(args: argparse.Namespace) -> None:
    model = ModelPackage.open(args.model)
    package = WherePackage.open(args.package)
    sets = {"simulated": descriptors.describe(model, args.photos, "test", _progress())}
    for name in ("photos", "passes"):
        sets[name] = descriptors.describe_truth(model, args.data / name / "truth.csv")
    print(measure.HEADER)
    for set_name, photos in sets.items():
        print(
            measure.line(
                "even over land", set_name, measure.measure(measure.even_over_land, photos, model.photo_sha256)
            )
        )
    for name, source in package.sources.items():
        if source.kind == "gallery":
            density = GallerySource(source).log_density
            for set_name, photos in sets.items():
                print(measure.line(name, set_name, measure.measure(density, photos, model.photo_sha256)))
        elif source.kind == "attributes":
            for set_name, photos in sets.items():
                found = _measured_attributes(Attributes(source), photos, model.photo_sha256)
                print(measure.line(name, set_name, found))


def _measured_attributes(source: Attributes, photos: Described, model_sha256: str) -> measure.Measured:
    inputs = attributes.inputs_of(photos)
    numbers = iter(range(len(photos)))

    def density(_: Any) -> Any:
        number = next(numbers)
        return source.from_features(inputs[number], int(photos.month[number]) or None)

    return measure.measure(density, photos, model_sha256)


def _progress() -> Progress:
    return Progress(_show)


def _show(stage: str, done: int, total: int, _: str) -> None:
    if done % 100 == 0 and sys.stderr.isatty():
        print(f"{stage} {done}/{total}", file=sys.stderr)
