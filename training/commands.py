"""The commands of `python -m training`. Each imports its libraries itself, because importing torch takes seconds."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UsageError
from engine.progress import Progress

if TYPE_CHECKING:
    from training.metrics import PhotoResult
    from training.places.pairs import Imagery

_MAX_PHOTOS = 100_000


def fit(args: argparse.Namespace) -> int:
    """Trains a model, or resumes an interrupted run."""
    import torch

    from training.config import read_config
    from training.fit import NETWORK, Trainer
    from training.progress import ProgressBars
    from training.published_config import is_published, read_published
    from training.published_fit import PublishedTrainer
    from training.training_log import CURVE

    if args.threads > 0:
        torch.set_num_threads(args.threads)
    trainer: Trainer | PublishedTrainer
    if is_published(args.config):
        recipe = read_published(args.config)
        out = args.out or Path("runs") / recipe.name
        if recipe.network.weights is None:
            print(f"{args.config}: no network.weights, so the backbone starts from random weights", file=sys.stderr)
        trainer = PublishedTrainer(recipe, out, args.data, cpu=args.cpu)
    else:
        config = read_config(args.config)
        out = args.out or Path("runs") / config.name
        trainer = Trainer(config, out, args.data)
    with ProgressBars() as bars:
        trainer.run(Progress(bars.show, "the training"))
    print(f"{out / NETWORK}; the curve is in {out / CURVE}")
    return 0


def evaluate(args: argparse.Namespace) -> int:
    """Measures the recall of a model on an EarthLoc dataset, on a truth table or on simulated photos."""
    from training.progress import ProgressBars

    with ProgressBars() as bars:
        progress = Progress(bars.show, "the evaluation")
        if args.area:
            return _evaluate_area(args, progress)
        if args.queries is not None:
            found, strict = _evaluate_dataset(args, progress), False
        elif args.truth is not None:
            found, strict = _evaluate_truth(args, progress), True
        else:
            found, strict = _evaluate_simulated(args, progress), True
    _report(found, args, strict)
    return 0


def _evaluate_dataset(args: argparse.Namespace, progress: Progress) -> dict[str, tuple[list[PhotoResult], int]]:
    from engine.retrieval.model import ModelPackage
    from training.evaluate import earthloc_search
    from training.places.earthloc_dataset import newest_year, read_earthloc_dataset

    if args.tiles is None:
        raise UsageError(None, "--queries needs --tiles", "give both")
    queries, tiles = read_earthloc_dataset(args.queries), newest_year(read_earthloc_dataset(args.tiles))
    by_set = earthloc_search(queries, tiles, ModelPackage.open(args.model), progress)
    if not by_set:
        raise UsageError(
            args.queries,
            "holds no query of the six test sets that a tile intersects",
            "give a folder with such queries, or other tiles",
        )
    return {name: (test_set.results, test_set.tiles) for name, test_set in by_set.items()}


def _evaluate_truth(args: argparse.Namespace, progress: Progress) -> dict[str, tuple[list[PhotoResult], int]]:
    from training.evaluate_index import evaluate_truth

    indexes, model = _indexes_and_model(args)
    results = evaluate_truth(args.truth, indexes, model, not args.no_nadir, args.radius_km, progress)
    name = "everywhere" if args.no_nadir else f"{args.radius_km:g} km of nadir"
    return {name: (results, sum(index.count for index in indexes))}


def _evaluate_area(args: argparse.Namespace, progress: Progress) -> int:
    from engine.where.opening import open_estimator
    from engine.where.recall import AreaRecall
    from training.plots import plot_area
    from training.where.examples import SIMULATED_PX, Examples

    if args.queries is not None:
        raise UsageError(args.queries, "cannot be measured by area", "give --truth or --simulated")
    indexes, model = _indexes_and_model(args)
    estimator = open_estimator(frozenset({model.photo_sha256}))
    examples, area = Examples(indexes, {model.sha256: model}), AreaRecall(estimator)
    with tempfile.TemporaryDirectory() as scratch:
        if args.truth is not None:
            photos = examples.real(args.truth)
        else:
            photos = examples.simulated(_imagery(args, SIMULATED_PX, Path(scratch)), args.count, _seed(args))
        for number, example in enumerate(photos):
            progress.report("measure areas", number, 0)
            if example.place is not None:
                area.add(example.evidence.without_nadir() if args.no_nadir else example.evidence, example.place)
    found = area.summary()
    if args.plots is not None:
        plot_area({"": area.areas_km2}, args.plots / "area.png")
    if args.json:
        print(json.dumps({"photos": len(found["area_curve"]), **found}))
        return 0
    print(f"{len(found['area_curve'])} photos; km2 searched until 50 and 90 % of them are found")
    for name, areas in found["area_by_source"].items():
        print(f"{name:32}{areas['50']:14,}{areas['90']:14,}")
    return 0


def _evaluate_simulated(args: argparse.Namespace, progress: Progress) -> dict[str, tuple[list[PhotoResult], int]]:
    import numpy as np

    from training.evaluate_index import evaluate_simulated

    indexes, model = _indexes_and_model(args)
    with tempfile.TemporaryDirectory() as scratch:
        imagery, photos = _imagery_and_photos(args, model.input.size_px, Path(scratch), progress)
        imagery.close()
        tiles = np.concatenate([index.tiles for index in indexes])
        descriptors = np.concatenate([index.descriptors for index in indexes])
        found = evaluate_simulated(photos, tiles, descriptors, model, progress)
    return {kind: (results, len(tiles)) for kind, results in found.items()}


def _indexes_and_model(args: argparse.Namespace) -> tuple[list[Any], Any]:
    from engine.localize import Localizer, model_of
    from engine.resources import resources_folder
    from engine.retrieval.index import RegionalIndex
    from engine.retrieval.model import ModelPackage

    paths = args.index or [resources_folder() / "indexes" / "world"]
    indexes = [RegionalIndex.open(path) for path in paths]
    model = ModelPackage.open(args.model) if args.model else model_of(indexes[0])
    Localizer(indexes, [model])  # refuses an index of another model
    return indexes, model


def _imagery_and_photos(
    args: argparse.Namespace, size_px: int, scratch: Path, progress: Progress
) -> tuple[Any, list[Any]]:
    from training.validation import simulated_photos

    progress.report("simulate photos", 0, args.count)
    imagery = _imagery(args, size_px, scratch)
    return imagery, simulated_photos(imagery, args.count, _seed(args))


def _imagery(args: argparse.Namespace, size_px: int, scratch: Path) -> Imagery:
    from training.config import read_config
    from training.places.pairs import Imagery

    if not 1 <= args.count <= _MAX_PHOTOS:
        raise UsageError(None, f"--count is {args.count}", f"give 1 to {_MAX_PHOTOS}")
    config = read_config(args.config)
    return Imagery(config.imagery, config.places, size_px, config.views, args.data, scratch)


def _seed(args: argparse.Namespace) -> int:
    from training.config import read_config

    return read_config(args.config).seed


def _report(found: Mapping[str, tuple[Sequence[PhotoResult], int]], args: argparse.Namespace, strict: bool) -> None:
    """Prints recall and class tables of all searches, and plots them on request."""
    from training.metrics import breakdown, format_recalls, format_tables, recalls
    from training.plots import plot_breakdown, plot_recall

    rules = (
        {"recall": False, "recall_strict": True} if args.truth else {"recall_strict" if strict else "recall": strict}
    )
    summary: dict[str, Any] = {}
    for name, (results, tiles) in found.items():
        summary[name] = {"queries": len(results), "tiles": tiles}
        for rule, use_strict in rules.items():
            summary[name][rule] = recalls([r.rank_strict if use_strict else r.rank for r in results])
    first = next(iter(found.values()))[0]
    classified = [r for results, _ in found.values() for r in results] if args.queries else list(first)
    tables = breakdown(classified, strict)
    rule = "recall_strict" if strict else "recall"
    if args.plots is not None:
        plot_recall({name: row[rule] for name, row in summary.items()}, args.plots / "recall.png")
        plot_breakdown(tables, args.plots / "classes.png")
    if args.json:
        print(json.dumps({**summary, "classes": tables}))
        return
    width = max(16, *map(len, found))
    print(f"{'':{width}} {'photos':>7} {'tiles':>7} {'':14}  R@1   R@5  R@10  R@20 R@100")
    for name, row in summary.items():
        for rule in rules:
            print(f"{name:{width}} {row['queries']:7} {row['tiles']:7} {rule:14} {format_recalls(row[rule])}")
    scope = "all" if args.queries else next(iter(found))
    print(f"\n{rule} of {scope}, by class", *format_tables(tables), sep="\n")


def index_formats(args: argparse.Namespace) -> int:
    """Compares the recall of a float32 index with that of an 8-bit index."""
    from engine.retrieval.model import ModelPackage
    from training.evaluate_index import compare_formats
    from training.metrics import format_recalls, recalls
    from training.progress import ProgressBars

    model = ModelPackage.open(args.model)
    with ProgressBars() as bars, tempfile.TemporaryDirectory() as scratch:
        progress = Progress(bars.show, "the comparison")
        imagery, photos = _imagery_and_photos(args, model.input.size_px, Path(scratch), progress)
        try:
            found, cosine = compare_formats(imagery, photos, model, progress)
        finally:
            imagery.close()
    result = {
        dtype: {kind: recalls([r.rank_strict for r in results]) for kind, results in kinds.items()}
        for dtype, kinds in found.items()
    }
    if args.json:
        print(json.dumps({"photos": len(photos), "min_cosine": round(cosine, 6), **result}))
        return 0
    print(f"{len(photos)} photos, lowest cosine {cosine:.6f}; strict recall at 1, 5, 10, 20, 100")
    for kind in next(iter(result.values())):
        for dtype, kinds in result.items():
            print(f"{kind:30} {dtype:8} {format_recalls(kinds[kind])}")
    return 0


def export(args: argparse.Namespace) -> int:
    """Makes a model package from a run."""
    from training.package import export_run

    exported = export_run(args.run_folder, args.config, args.data, args.out, args.variant, args.version, args.measured)
    print(f"{exported.card}: {exported.size_bytes / 1e6:.1f} MB, cosine to torch at least {exported.min_cosine:.6f}")
    return 0


def variants(args: argparse.Namespace) -> int:
    """Exports a run in each variant and measures the recall of each package."""
    from training.metrics import format_recalls
    from training.progress import ProgressBars
    from training.variants import compare_variants

    widths = _numbers("--tile-km", args.tile_km)
    bbox = None
    if args.bbox is not None:
        edges = _numbers("--bbox", args.bbox)
        if len(edges) != 4:
            raise UsageError(None, f"--bbox {args.bbox} is not a region", "give W,S,E,N in degrees")
        bbox = (edges[0], edges[1], edges[2], edges[3])
    with ProgressBars() as bars:
        found = compare_variants(
            args.run_folder,
            args.config,
            args.data,
            args.out,
            args.truth,
            args.imagery,
            widths,
            bbox,
            Progress(bars.show, "the comparison"),
        )
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"{'':6} {'MB':>6} {'cosine':>8}   strict recall at 1, 5, 10, 20, 100  loss against fp32")
    for variant, row in found.items():
        if "error" in row:
            print(f"{variant:6} {row['error']}")
            continue
        size = f"{row['bytes'] / 1e6:6.1f} {row['min_cosine']:8.5f}"
        print(f"{variant:6} {size}   {format_recalls(row['recall_strict'])}       {format_recalls(row['lost'])}")
    return 0


def _numbers(option: str, text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(None, f"{option} {text} is not a list of numbers", "separate numbers by commas") from error


def convert(args: argparse.Namespace) -> int:
    """Makes a model package from a published checkpoint."""
    from training.convert import convert as convert_checkpoint

    exported = convert_checkpoint(args.checkpoint, args.out, variant=args.variant)
    print(f"{exported.card}: {exported.size_bytes / 1e6:.1f} MB, cosine to torch at least {exported.min_cosine:.6f}")
    return 0


def contact_sheet(args: argparse.Namespace) -> int:
    """Writes a contact sheet of real photos, and of simulated photos beside their tiles."""
    from training.config import read_config
    from training.places.sheet import contact_sheet as draw

    if not 1 <= args.count <= 1000:
        raise UsageError(None, f"--count is {args.count}", "give 1 to 1000")
    config = read_config(args.config)
    photos = args.photos or args.data / "photos"
    draw(config, args.data, photos, args.out, args.count, args.seed)
    print(args.out)
    return 0
