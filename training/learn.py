"""Learns from located photos: a better network for photos of a model whose index stays as it is.

What is learned is measured on passes that it did not learn from: the passes are divided into folds, each fold is
searched with a layer that learned from the other folds, and the figures before and after are compared. Only if they are
better is a package written, whose layer learned from all photos.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.errors import IndexDamagedError, InputError, UsageError
from engine.progress import Progress
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage
from engine.retrieval.photo_views import PhotoViews
from engine.retrieval.ranking import distinct_places_first
from engine.retrieval.search import rank_tiles
from training.learn_state import Arrays, LearnState
from training.learn_views import Reader, Seen
from training.located import LocatedPhoto, LocatedPhotos, name_prefix
from training.metrics import RANKS, recalls
from training.mining import View
from training.photo_head import HeadConfig, learn_head
from training.photo_network import FeatureExtractor, photo_layer, write_photo_package

_FOLDS = 5
_NOT_FOUND_RANK = 1000  # counted for a photo whose place is not among the first 100
Simulated = Sequence[Callable[[], Sequence[View]]]
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
    def of(cls, ranks: Sequence[int] | NDArray[np.int64]) -> Figures:
        """The figures of photos with these ranks of the first right tile; beyond 100 any number."""
        log_ranks = np.log(ranks)
        found = [int(rank) if rank <= max(RANKS) else None for rank in ranks]
        return cls(len(found), recalls(found), round(float(log_ranks.mean()), 3))

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


def learn(
    located: LocatedPhotos,
    simulated: Simulated,
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
        simulated: makes views of simulated photos, prepared for the network, which keep what the model knows; a part
            of them each.
        index: its tiles are what is searched; made with `model`.
        model: learning starts from its network for tiles. The comparison is with its network for photos, if it has one.
        out: folder of the package.
        config: configuration.
        progress: may be cancelled.
        more_photos: photos without a known place, whose look simulated photos take on too.
        test: further photos to measure what was learned from all others; nothing of their passes is learned from.

    A run that was cancelled or killed goes on where it was if it is started with the same inputs: OUT.learning keeps
    what was done, until the end.

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
    state = LearnState(
        out.with_name(f"{out.name}.learning"), _inputs(located, simulated, index, model, config, more_photos, test)
    )
    reader = Reader(index, model, extract, config.views, config.seed, state, progress)
    try:
        read = reader.real(located)
    except InputError:
        state.remove()
        raise
    real, seen, photos, left_out = read.views, read.seen, read.photos, read.left_out
    names = [located.photos[number].pass_name for number in photos]
    if len(set(names)) < 2:
        state.remove()
        raise InputError(
            None,
            f"all {len(photos)} photos that can be used are of one pass",
            "add photos of a second pass: it takes two to measure whether what is learned is better",
        )
    folds = folds_by_pass(names, _FOLDS, config.seed)
    looks = [(photo.path, photo.pass_name) for photo in located.photos]
    styles = reader.looks([*looks, *((path, name_prefix(path)) for path in more_photos)])
    synthetic = reader.simulated(simulated, styles)
    tiles = index.descriptors_at(np.arange(index.count))
    start: Head = (extract.last_layer.weight, extract.last_layer.bias)
    layer = photo_layer(model)  # what searches use now: nothing that is worse may replace it
    used: Head = start if layer is None else (layer.weight, layer.bias)
    chosen = [located.photos[number] for number in photos]
    before = np.zeros(len(chosen), np.int64)
    after = np.zeros(len(chosen), np.int64)

    def without(fold: int) -> Arrays:
        """Ranks of the photos of a fold, with the layer as it was and with one that learned from the others."""
        held_out = np.flatnonzero(folds == fold)
        # The passes' names, and how further photos of these passes are named.
        looks = {names[number] for number in held_out} | {name_prefix(chosen[number].path) for number in held_out}
        head = learn_head(
            start,
            real.of_photos(np.flatnonzero(folds != fold)),
            synthetic.without_look(looks),
            tiles,
            config.head,
            config.seed,
            progress,
            f"learn without fold {fold + 1}",
        )
        ranks: list[list[int]] = []
        for number in held_out:
            progress.report("search", int(number), len(chosen), chosen[number].path.name)
            ranks.append([_rank(chosen[number], seen[number], one, index) for one in (used, head)])
        return {"ranks": np.array(ranks, np.int64)}

    for fold in np.unique(folds):
        ranks = state.step(f"fold-{fold}", partial(without, int(fold)))["ranks"]
        before[folds == fold], after[folds == fold] = ranks.T
    by_pass = {
        name: [Figures.of(ranks[np.array(names) == name]) for ranks in (before, after)] for name in dict.fromkeys(names)
    }
    figures = Figures.of(before), Figures.of(after)
    better, card, tested = figures[1].is_better_than(figures[0]), None, None
    if better:
        head = learn_head(start, real, synthetic, tiles, config.head, config.seed, progress, "learn from all photos")
        if test is not None:
            tested = _test(test, (used, head), reader)
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
        card = write_photo_package(model, *head, out, read.check, facts)
    state.remove()
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


def _inputs(
    located: LocatedPhotos,
    simulated: Simulated,
    index: RegionalIndex,
    model: ModelPackage,
    config: LearnConfig,
    more_photos: Sequence[Path],
    test: LocatedPhotos | None,
) -> list[object]:
    """What the steps depend on, as JSON."""
    photos = [*located.photos, *(test.photos if test is not None else [])]
    sizes = [one.path.stat().st_size if one.path.is_file() else 0 for one in photos]
    return [
        [[str(one.path.absolute()), one.pass_name, one.corners.tolist()] for one in photos],
        sizes,
        [str(path.absolute()) for path in more_photos],
        [len(simulated), str(index.path.absolute()), index.count, model.sha256, asdict(config)],
    ]


def _test(test: LocatedPhotos, heads: tuple[Head, Head], reader: Reader) -> list[Figures]:
    """Figures of the test photos with each layer."""
    ranks: list[list[int]] = []
    for number, photo in enumerate(test.photos):
        reader.progress.report("test", number, len(test.photos), photo.path.name)
        seen = reader.see(photo.path)
        ranks.append([_rank(photo, seen, head, reader.index) for head in heads])
    return [Figures.of(of_head) for of_head in np.array(ranks).T]


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


def _rank(photo: LocatedPhoto, seen: Seen, head: Head, index: RegionalIndex) -> int:
    """Rank of the first tile that is right by the strict rule (docs/cli.md); _NOT_FOUND_RANK beyond 100."""
    descriptors = seen.features @ head[0].T + head[1]
    descriptors /= np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), 1e-12)
    views = {index.info["model"]["sha256"]: PhotoViews.of(descriptors)}
    tiles = rank_tiles([index], views, max(RANKS), None, seen.expectation).tiles
    lat, lon, width = (tiles[name].astype(np.float64) for name in ("lat", "lon", "width_km"))
    rows = distinct_places_first(lat, lon, width, max(RANKS))
    reach_km = float(geo.side_lengths_km(photo.corners).max()) / 2
    right = geo.distance_km(*photo.center, lat[rows], lon[rows]) <= reach_km
    return int(right.argmax()) + 1 if right.any() else _NOT_FOUND_RANK
