"""The command `python -m training learn`: from the command line to `training.learn`, and its report."""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputError, OutputError, UsageError
from engine.progress import Progress

if TYPE_CHECKING:
    from engine.retrieval.index import RegionalIndex
    from training.learn import Learned, Simulated
    from training.located import LocatedPhotos

NOT_BETTER = 6
_MAX_SIMULATED = 100_000
_PART = 200  # simulated photos that are made and kept together
_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")


def learn(args: argparse.Namespace) -> int:
    """Learns from located photos. Returns NOT_BETTER if nothing was written because it would not be better."""
    import torch

    from engine.localize import model_of
    from engine.resources import resources_folder
    from engine.retrieval.index import RegionalIndex
    from engine.retrieval.model import ModelPackage
    from training.learn import LearnConfig
    from training.learn import learn as learn_from
    from training.located import read_located
    from training.progress import ProgressBars

    if not 0 <= args.simulated <= _MAX_SIMULATED:
        raise UsageError(None, f"--simulated is {args.simulated}", f"give 0 to {_MAX_SIMULATED}")
    if args.threads > 0:
        torch.set_num_threads(args.threads)
    located = read_located(args.results, args.passes)
    index = RegionalIndex.open(args.index or resources_folder() / "indexes" / "world")
    model = ModelPackage.open(args.model, threads=args.threads) if args.model else model_of(index)
    with ProgressBars() as bars, tempfile.TemporaryDirectory() as scratch:
        progress = Progress(bars.show, "the learning")
        simulated = _simulated(args, index, model.input.size_px, Path(scratch))
        config = LearnConfig(seed=args.seed)
        more = _more_photos(args.more_photos, located)
        test = read_located(args.test) if args.test else None
        learned = learn_from(located, simulated, index, model, args.out, config, progress, more, test)
    installed = _install(args.out, learned) if args.install and learned.card is not None else None
    if args.json:
        print(json.dumps({**learned.to_json(), "installed": installed and str(installed)}))
    else:
        _print(learned, installed)
    return 0 if learned.better else NOT_BETTER


def _simulated(args: argparse.Namespace, index: RegionalIndex, size_px: int, scratch: Path) -> Simulated:
    """Simulated photos of the places that models train on, in parts that can be made alone."""
    import numpy as np

    from engine.imagery.location import find_imagery
    from training.config import read_config
    from training.mining import View
    from training.places.pairs import Imagery

    if args.simulated == 0:
        return []
    config = read_config(args.config)
    mosaic = args.imagery or args.data / config.imagery.mosaic
    if args.imagery is None and not mosaic.is_file():
        found = find_imagery(index.path, str(index.info["source"].get("path") or ""))
        if found is None:
            print("no imagery to simulate photos from; learning from the located photos alone", file=sys.stderr)
            return []
        mosaic = Path(found)
    # The seasons are those of the default mosaic. The simulation does without what the folder of the data lacks.
    has_seasons = args.imagery is None and (args.data / config.imagery.seasons).is_dir()
    has_footprints = (args.data / config.imagery.footprints).is_file()
    imagery_config = replace(
        config.imagery,
        mosaic=str(mosaic.absolute()),
        seasons=config.imagery.seasons if has_seasons else "",
        footprints=config.imagery.footprints if has_footprints else "",
    )
    places = config.places if has_footprints else replace(config.places, photographed=0.0)

    def make(part: int, count: int) -> list[View]:
        imagery = Imagery(imagery_config, places, size_px, config.views, args.data, scratch)
        try:
            photos = imagery.photos(np.random.default_rng([args.seed, 3, part]), test=False)
            found = itertools.islice(photos, count)
            return [View(photo.pixels, (*photo.view.center, photo.view.width_km)) for photo in found]
        finally:
            imagery.close()

    counts = [min(_PART, args.simulated - start) for start in range(0, args.simulated, _PART)]
    return [partial(make, part, count) for part, count in enumerate(counts)]


def _more_photos(folder: Path | None, located: LocatedPhotos) -> list[Path]:
    """The photos of a folder whose place is not known."""
    if folder is None:
        return []
    known = {photo.path.resolve() for photo in located.photos}
    found = [path for path in sorted(folder.glob("*")) if path.suffix.lower() in _SUFFIXES]
    if not found:
        raise InputError(folder, "holds no photo", "give a folder of photos (JPEG, PNG, TIFF, WebP)")
    return [path for path in found if path.resolve() not in known]


def _install(package: Path, learned: Learned) -> Path:
    """Copies a package to the user's models, where the engine finds it for every index of its model."""
    from engine.resources import user_models_folder

    if learned.card is None:
        raise ValueError("only a better package is installed")
    card: dict[str, Any] = json.loads(learned.card.read_text(encoding="utf-8"))
    target = user_models_folder() / f"{card['name']}-{card['photo_sha256'][:8]}"
    try:
        if not target.exists():
            shutil.copytree(package, target)
    except OSError as error:
        raise OutputError.from_os_error(target, error) from error
    return target


def _print(learned: Learned, installed: Path | None) -> None:
    from training.metrics import format_recalls

    for reason, count in learned.left_out.items():
        print(f"left out: {reason} ({count})")
    width = max(12, *(len(name) for name in learned.by_pass))
    print(f"{'':{width}} photos            R@1   R@5  R@10  R@20 R@100   ln(rank)")
    rows = [*learned.by_pass.items(), ("all passes", [learned.before, learned.after])]
    rows += [("test photos", learned.test)] if learned.test else []
    for name, both in rows:
        for word, figures in zip(("before", "after"), both, strict=True):
            print(
                f"{name:{width}} {figures.photos:6} {word:7} {format_recalls(figures.recall_strict)}"
                f"   {figures.mean_log_rank:5.2f}"
            )
    print("each pass was searched with a network that did not learn from it")
    if learned.better:
        print(f"better: {learned.card} learned from all photos")
        if installed is not None:
            print(f"installed: {installed}")
    else:
        print("not better: nothing was written", file=sys.stderr)
