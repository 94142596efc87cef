"""Learns from located photos: a better network for photos of a model whose index stays as it is.

What is learned is measured on passes that it did not learn from: the passes are divided into folds, each fold is
searched with a layer that learned from the other folds, and the figures before and after are compared. Only if they are
better is a package written, whose layer learned from all photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.errors import IndexDamagedError, InputError, UsageError
from engine.photo.read import Photo, read_photo
from engine.progress import Progress
from engine.registration.prior import camera_prior
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage
from engine.retrieval.photo_views import PhotoViews, square_views
from engine.retrieval.ranking import Expectation, distinct_places_first
from engine.retrieval.search import rank_tiles
from training.located import LocatedPhoto, LocatedPhotos, name_prefix
from training.metrics import RANKS, recalls
from training.mining import MIN_IOU, ShownTiles, View, cut_views, shown_tiles
from training.photo_head import HeadConfig, Views, learn_head, no_views
from training.photo_network import FeatureExtractor, write_photo_package
from training.styles import Style, pick, restyle, style_of

_READ_PX = 4  # photos are read at this many times the network's input size
_LOOK_PX = 512
_FOLDS = 5
_CHECK_VIEWS = 24
_NOT_FOUND_RANK = 1000  # counted for a photo whose place is not among the first 100
Head = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class LearnConfig:
    """Configuration of `learn`.

    Attributes:
        views: views cut from a photo.
        seed: seed of all random choices.
        head: training of the last layer.
    """

    views: int = 24
    seed: int = 0
    head: HeadConfig = field(default_factory=HeadConfig)


@dataclass(frozen=True)
class Figures:
    """How photos are found by tile search alone, in the whole index and without a nadir.

    Attributes:
        photos: how many.
        recall_strict: in percent, at 1, 5, 10, 20, 100.
        mean_log_rank: mean natural logarithm of the rank of the first right tile, a place beyond 100 counting as 1,000.
    """

    photos: int
    recall_strict: dict[str, float]
    mean_log_rank: float

    @classmethod
    def of(cls, ranks: Sequence[int | None]) -> Figures:
        """The figures of photos with these ranks of the first right tile."""
        log_ranks = np.log([_NOT_FOUND_RANK if rank is None else rank for rank in ranks])
        return cls(len(ranks), recalls(ranks), round(float(log_ranks.mean()), 3))

    def is_better_than(self, before: Figures) -> bool:
        """Whether places come earlier in the mean, and recall at 10 and 100 is not lower."""
        return self.mean_log_rank < before.mean_log_rank and all(
            self.recall_strict[rank] >= before.recall_strict[rank] for rank in ("10", "100")
        )


@dataclass(frozen=True)
class Learned:
    """The outcome of `learn`.

    Attributes:
        before, after: figures of photos of passes that were not learned from.
        by_pass: the same for each pass: [before, after].
        test: the same for the test photos, with a layer that learned from all others; None without them, or if the
            figures above are not better.
        better: whether a package was written.
        card: path of the package's card, or None.
        left_out: how many photos could not be used, by reason.
        simulated: how many simulated photos were learned from.
    """

    before: Figures
    after: Figures
    by_pass: dict[str, list[Figures]]
    test: list[Figures] | None
    better: bool
    card: Path | None
    left_out: dict[str, int]
    simulated: int

    def to_json(self) -> dict[str, Any]:
        """For other programs."""
        return {**asdict(self), "card": None if self.card is None else str(self.card)}


@dataclass(frozen=True, eq=False)
class _Seen:
    """A photo as the search sees it: features of its views (28, features), and what its lens shows."""

    features: NDArray[np.float32]
    expectation: Expectation


def learn(
    located: LocatedPhotos,
    simulated: Sequence[View],
    index: RegionalIndex,
    model: ModelPackage,
    out: Path,
    config: LearnConfig,
    progress: Progress,
    more_photos: Sequence[Path] = (),
    test: LocatedPhotos | None = None,
) -> Learned:
    """Learns from located photos, and writes a package if it is better.

    Args:
        located: the photos.
        simulated: views of simulated photos, prepared for the network, which keep what the model knows.
        index: its tiles are what is searched; made with `model`.
        model: to start from. Only its network for tiles is used.
        out: folder of the package.
        config: configuration.
        progress: may be cancelled.
        more_photos: photos without a known place, whose look simulated photos take on too.
        test: further photos to measure what was learned from all others; nothing of their passes is learned from.

    Raises:
        InputError: all photos are of one pass, or show no tile. UsageError: `out` exists. IndexDamagedError: the index
            was made with another model. ModelError: the model does not end with a linear layer.
    """
    if index.info["model"]["sha256"] != model.sha256:
        raise IndexDamagedError(
            index.path, f"was not built with the model {model.name} {model.version}", "give the model's index"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(out, "exists already", "choose another folder, or delete it")
    if test is not None:
        located, more_photos = _apart_from(test, located, more_photos)
    extract = FeatureExtractor(model)
    real, seen, photos, left_out, check = _read(located, index, model, extract, config, progress)
    names = [located.photos[number].pass_name for number in photos]
    if len(set(names)) < 2:
        raise InputError(
            None,
            f"all {len(photos)} photos that can be used are of one pass",
            "add photos of a second pass: it takes two to measure whether what is learned is better",
        )
    folds = folds_by_pass(names, _FOLDS, config.seed)
    styles = _styles([(photo.path, photo.pass_name) for photo in located.photos], model, progress)
    styles += _styles([(path, name_prefix(path)) for path in more_photos], model, progress)
    synthetic = _simulated_views(simulated, styles, index, extract, config, progress)
    tiles = index.descriptors_at(np.arange(index.count))
    start: Head = (extract.last_layer.weight, extract.last_layer.bias)
    chosen = [located.photos[number] for number in photos]
    before: list[int | None] = [None] * len(chosen)
    after: list[int | None] = [None] * len(chosen)

    def prefixes(numbers: NDArray[np.int64]) -> set[str]:
        """How further photos of these photos' passes are named."""
        return {name_prefix(chosen[number].path) for number in numbers}

    for fold in np.unique(folds):
        held_out = np.flatnonzero(folds == fold)
        stage = f"learn without fold {fold + 1}"
        head = learn_head(
            start,
            real.of_photos(np.flatnonzero(folds != fold)),
            synthetic.without_look({names[number] for number in held_out} | prefixes(held_out)),
            tiles,
            config.head,
            config.seed,
            progress,
            stage,
        )
        for number in held_out:
            progress.report("search", int(number), len(chosen), chosen[number].path.name)
            before[number] = _rank(chosen[number], seen[number], start, index)
            after[number] = _rank(chosen[number], seen[number], head, index)
    by_pass = {
        name: [Figures.of([ranks[n] for n in range(len(chosen)) if names[n] == name]) for ranks in (before, after)]
        for name in dict.fromkeys(names)
    }
    figures = Figures.of(before), Figures.of(after)
    better, card, tested = figures[1].is_better_than(figures[0]), None, None
    if better:
        head = learn_head(start, real, synthetic, tiles, config.head, config.seed, progress, "learn from all photos")
        if test is not None:
            tested = _test(test, (start, head), index, model, extract, progress)
            better = tested[1].is_better_than(tested[0])
    if better:
        facts = {
            # The card's other figures were measured with the network that is replaced.
            "measured": {"everywhere": asdict(figures[1])},
            "learned": {
                "photos": len(chosen),
                "passes": len(by_pass),
                "simulated": len(synthetic),
                "held_out": {"before": asdict(figures[0]), "after": asdict(figures[1])},
                **({"test": {"before": asdict(tested[0]), "after": asdict(tested[1])}} if tested else {}),
            },
        }
        card = write_photo_package(model, *head, out, check, facts)
    return Learned(*figures, by_pass, tested, better, card, left_out, len(synthetic))


def _apart_from(
    test: LocatedPhotos, located: LocatedPhotos, more_photos: Sequence[Path]
) -> tuple[LocatedPhotos, list[Path]]:
    """The photos to learn from that are of no pass of the test photos."""
    names = {photo.pass_name for photo in test.photos} | {name_prefix(photo.path) for photo in test.photos}
    apart = [p for p in located.photos if p.pass_name not in names and name_prefix(p.path) not in names]
    left_out = dict(located.left_out)
    if len(apart) < len(located.photos):
        left_out["its pass is that of a test photo"] = len(located.photos) - len(apart)
    if not apart:
        raise InputError(None, "all photos are of passes of the test photos", "give other photos to learn from")
    return LocatedPhotos(apart, left_out), [path for path in more_photos if name_prefix(path) not in names]


def _test(
    test: LocatedPhotos,
    heads: tuple[Head, Head],
    index: RegionalIndex,
    model: ModelPackage,
    extract: FeatureExtractor,
    progress: Progress,
) -> list[Figures]:
    """Figures of the test photos with each layer."""
    ranks: list[list[int | None]] = []
    for number, photo in enumerate(test.photos):
        progress.report("test", number, len(test.photos), photo.path.name)
        seen = _see(read_photo(photo.path, max_px=_READ_PX * model.input.size_px), model, extract)
        ranks.append([_rank(photo, seen, head, index) for head in heads])
    return [Figures.of(of_head) for of_head in zip(*ranks, strict=True)]


def folds_by_pass(names: Sequence[str], folds: int, seed: int) -> NDArray[np.int64]:
    """Divides photos into folds of about the same size, all photos of a pass into the same one.

    Args:
        names: the pass of each photo.
        folds: how many folds at most; no more than passes.
        seed: seed of the order of passes with as many photos.

    Returns:
        The number of each photo's fold, (n,).
    """
    passes, counts = np.unique(names, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(passes))
    sizes = np.zeros(min(folds, len(passes)), np.int64)
    fold_of: dict[str, int] = {}
    for number in order[np.argsort(-counts[order], kind="stable")]:
        smallest = int(sizes.argmin())
        fold_of[str(passes[number])] = smallest
        sizes[smallest] += counts[number]
    return np.array([fold_of[name] for name in names], np.int64)


def _read(
    located: LocatedPhotos,
    index: RegionalIndex,
    model: ModelPackage,
    extract: FeatureExtractor,
    config: LearnConfig,
    progress: Progress,
) -> tuple[Views, list[_Seen], NDArray[np.int64], dict[str, int], list[NDArray[np.uint8]]]:
    """Features of all photos: to learn from, and to search with.

    Returns:
        Views to learn from, each photo to search with, the numbers of the usable photos, how many were left out for
        which reason, and some prepared views to check the package with.
    """
    left_out = dict(located.left_out)
    features: list[NDArray[np.float32]] = []
    places: list[tuple[float, float, float]] = []
    seen: list[_Seen] = []
    owners: list[int] = []
    usable: list[int] = []
    check: list[NDArray[np.uint8]] = []
    for number, photo in enumerate(located.photos):
        progress.report("read photos", number, len(located.photos), photo.path.name)
        try:
            read = read_photo(photo.path, max_px=_READ_PX * model.input.size_px)
        except InputError:
            _count(left_out, "the photo cannot be read")
            continue
        pixels = model.photo_light(read.pixels)
        rng = np.random.default_rng([config.seed, 0, number])
        views = cut_views(pixels, photo.corners, model.input.size_px, config.views, rng)
        if not any(shown_tiles(np.array([view.place]), index.tiles).best(0)[1] > MIN_IOU for view in views):
            _count(left_out, "no tile of the index shows its ground at its size")
            continue
        features.append(extract([view.pixels for view in views]))
        places += [view.place for view in views]
        owners += [len(usable)] * len(views)
        seen.append(_see(read, model, extract))
        usable.append(number)
        if len(check) < _CHECK_VIEWS:
            check.append(views[0].pixels)
    if not usable:
        reasons = "; ".join(f"{reason} ({count})" for reason, count in left_out.items())
        raise InputError(None, f"no photo is left to learn from: {reasons}", "give other photos, or another index")
    shown = shown_tiles(np.array(places), index.tiles)
    real = Views(np.concatenate(features), np.array(owners, np.int64), shown)
    return real, seen, np.array(usable, np.int64), left_out, check


def _see(photo: Photo, model: ModelPackage, extract: FeatureExtractor) -> _Seen:
    height_px, width_px = photo.pixels.shape[:2]
    focal_px = camera_prior(photo, width_px, height_px, None).focal_px
    expectation = Expectation(None, min(height_px, width_px) / focal_px if focal_px else None)
    return _Seen(extract(list(square_views(model, model.photo_light(photo.pixels)))), expectation)


def _count(left_out: dict[str, int], reason: str) -> None:
    left_out[reason] = left_out.get(reason, 0) + 1


def _styles(photos: Sequence[tuple[Path, str]], model: ModelPackage, progress: Progress) -> list[Style]:
    """The looks of photos, given by path and pass; those that cannot be read have none."""
    styles = []
    for number, (path, pass_name) in enumerate(photos):
        progress.report("read looks", number, len(photos), path.name)
        try:
            pixels = read_photo(path, max_px=_LOOK_PX).pixels
        except InputError:
            continue
        shrink = min(1.0, _LOOK_PX / max(pixels.shape[:2]))
        small = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        grey = model.photo_light(np.asarray(small, np.uint8)).mean(axis=2)
        styles.append(style_of(grey.astype(np.uint8), pass_name))
    return styles


def _simulated_views(
    simulated: Sequence[View],
    styles: Sequence[Style],
    index: RegionalIndex,
    extract: FeatureExtractor,
    config: LearnConfig,
    progress: Progress,
) -> Views:
    """Features of simulated photos as they are, and with the look of a real photo."""
    if not simulated:
        return no_views(extract.last_layer.weight.shape[1])
    features, look, owner = [], [], []
    shown = shown_tiles(np.array([view.place for view in simulated]), index.tiles)
    for number, view in enumerate(simulated):
        progress.report("read simulated photos", number, len(simulated))
        if shown.best(number)[1] <= MIN_IOU:
            continue
        rng = np.random.default_rng([config.seed, 4, number])
        style = pick(styles, rng)
        features.append(extract([view.pixels, restyle(view.pixels, style, rng)]))
        look += ["", style.pass_name]
        owner += [number, number]
    empty = np.empty((0, extract.last_layer.weight.shape[1]), np.float32)
    of_both = ShownTiles([shown.rows[n] for n in owner], [shown.overlaps[n] for n in owner])
    return Views(np.concatenate([empty, *features]), np.array(owner, np.int64), of_both, tuple(look))


def _rank(photo: LocatedPhoto, seen: _Seen, head: Head, index: RegionalIndex) -> int | None:
    """Rank of the first tile that is right by the strict rule (docs/cli.md); None beyond 100."""
    descriptors = seen.features @ head[0].T + head[1]
    descriptors /= np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), 1e-12)
    views = {index.info["model"]["sha256"]: PhotoViews.of(descriptors)}
    tiles = rank_tiles([index], views, max(RANKS), None, seen.expectation).tiles
    lat, lon, width = (tiles[name].astype(np.float64) for name in ("lat", "lon", "width_km"))
    rows = distinct_places_first(lat, lon, width, max(RANKS))
    reach_km = float(geo.side_lengths_km(photo.corners).max()) / 2
    right = geo.distance_km(*photo.center, lat[rows], lon[rows]) <= reach_km
    return int(right.argmax()) + 1 if right.any() else None
