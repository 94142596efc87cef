"""What each choice of the default model's training is worth, at equal budget.

    python benchmarks/ablations.py runs/default             # aggregator, trained blocks, batches, loss, turning, size
    python benchmarks/ablations.py runs/default --parts     # parts of the simulated photos: haze, clouds, season, ...

Takes the pictures that `python -m training fit --out runs/default` has made, trains every variant for as many steps
from the same start with the same seed, and prints a line for each: loss and share of pairs found in the last batches;
recall at 10 and 100 and geometric mean of the ranks of simulated photos of held-out places, and of the real photos of
truth.csv (four rotations, no ranking), both among the same tiles: those that simulated photos show, all that are right
for a real one, and some others; seconds of one core. `--parts` draws, for each part, as many photos without it as the
steps take, and keeps them in the folder of the run; what is searched is the same for all.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _setting import REPOSITORY
from numpy.typing import NDArray
from torch import Tensor

from engine import geo
from engine.evaluate import Truth, read_truth
from engine.photo.read import read_photo
from engine.progress import Progress
from engine.retrieval.model import ROTATIONS_DEG, square_picture
from training.batches import Pairs
from training.cache import CHUNK_SIZE, PictureCache, Pictures
from training.config import TrainingConfig, read_config
from training.curves import TrainingLog
from training.fit import Trainer
from training.networks.aggregators import Rings
from training.networks.config import GemConfig, MixVprConfig
from training.places.pairs import Imagery
from training.places.views import SimulationParts
from training.validation import CachedValidation, ValidationResult

Change = Callable[[TrainingConfig], TrainingConfig]
# Of all other tiles, one in so many is searched too.
_OTHERS = 16


def _steps(**changes: object) -> Change:
    return lambda config: replace(config, steps=replace(config.steps, **changes))  # type: ignore[arg-type]


def _network(**changes: object) -> Change:
    return lambda config: replace(config, network=replace(config.network, **changes))  # type: ignore[arg-type]


def _mixvpr(config: TrainingConfig) -> TrainingConfig:
    """MixVPR mixes the positions of maps of one size."""
    mixing = MixVprConfig(depth=2, channels=64, rows=4)
    return _steps(small_share=0.0)(_network(aggregator=mixing)(config))


VARIANTS: dict[str, Change] = {
    "nothing": lambda config: config,
    "aggregator: GeM, projected to 256": _network(aggregator=GemConfig(), dimension=256),
    "aggregator: MixVPR, 64 x 4, at 256 px": _mixvpr,
    "backbone as it comes, aggregator alone": _network(trainable_blocks=0),
    "stride 32 alone trains": _network(trainable_blocks=1),
    "the whole backbone trains": _network(trainable_blocks=None),
    "batches from everywhere only": _steps(region_share=0.0),
    "batches from one region only": _steps(region_share=1.0),
    "overlapping pairs kept as negatives": lambda config: replace(config, neutral_iou=1.0),
    "loss: multi-similarity": lambda config: replace(config, loss="multi_similarity"),
    "not turned nor mirrored": _steps(turned=False),
    "pictures of 128 px": _steps(small_px=128),
    "pictures of 256 px": _steps(small_share=0.0),
}
PARTS: dict[str, SimulationParts] = {
    "nothing": SimulationParts(),
    **{f"without {field.name}": SimulationParts(**{field.name: False}) for field in fields(SimulationParts)},
    "without all of these": SimulationParts(**dict.fromkeys([field.name for field in fields(SimulationParts)], False)),
}


class Hunt(CachedValidation):
    """Simulated photos of held-out places and real photos, searched among the same tiles.

    Args:
        config: says in what light and how large real photos are seen.
        tiles: all tiles; searched are those that simulated photos show, all right for a real one, and some others.
        test: the simulated photos.
        truths: the real ones.
    """

    def __init__(self, config: TrainingConfig, tiles: Pictures, test: Pictures, truths: list[Truth]) -> None:
        light = np.array(config.imagery.photo_weights, np.float32)
        squares = []
        for truth in truths:
            pixels = square_picture(read_photo(truth.photo, max_px=1024).pixels, config.network.size_px, "crop")
            grey = np.rint(pixels @ light).astype(np.uint8)
            squares += [np.rot90(grey, turn) for turn in range(len(ROTATIONS_DEG))]
        places = [(*truth.center, _longer_side_km(truth)) for truth in truths]
        right_real = _right(torch.tensor(places).reshape(-1, 3), tiles.place)
        right_simulated = _right(test.place, tiles.place)
        kept = right_real.any(dim=0) | torch.isin(tiles.tile, test.tile)
        kept[::_OTHERS] = True
        self.simulated, self.real = test.pixels, torch.from_numpy(np.array(squares))[:, None]
        self.tiles = tiles.pixels[kept]
        self.found: dict[str, float] = {}
        self._right_simulated, self._right_real = right_simulated[:, kept], right_real[:, kept]

    def measure(self, describe: Callable[[Tensor], Tensor]) -> ValidationResult:
        """Leaves what `_ranks` says of both in `found`."""
        simulated, real, tiles = (describe(pixels) for pixels in (self.simulated, self.real, self.tiles))
        turned = (real @ tiles.T).view(-1, len(ROTATIONS_DEG), len(tiles)).amax(dim=1)
        self.found = {
            **_ranks("simulated", simulated @ tiles.T, self._right_simulated),
            **_ranks("real", turned, self._right_real),
        }
        return ValidationResult({}, np.empty((0, 0, 3), np.uint8))


def _longer_side_km(truth: Truth) -> float:
    ring = [tuple(map(float, corner)) for corner in truth.corners]
    return max(float(geo.distance_km(*a, *b)) for a, b in zip(ring, ring[1:] + ring[:1], strict=True))


def _right(photos: Tensor, tiles: Tensor) -> Tensor:
    """Which tiles lie within half the width of a photo of its middle: (n, m) for places (n, 3) and (m, 3)."""
    at, where = photos.double().numpy()[:, None, :], tiles.double().numpy()[None, :, :]
    away = geo.distance_km(at[..., 0], at[..., 1], where[..., 0], where[..., 1])
    return torch.from_numpy(away <= 0.5 * at[..., 2])


class _LastNote(TrainingLog):
    """TrainingLog that are not drawn: what was noted last."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def note(self, step: int, values: dict[str, float]) -> None:
        self.values = values

    def show(self, step: int, name: str, picture: NDArray[np.uint8]) -> None:
        return None


class _Quiet(Trainer):
    """A trainer that keeps nothing, on pictures that are there."""

    started: dict[str, Tensor] | None = None

    def measure(self, pairs: Pairs, hunt: Hunt) -> dict[str, float]:
        last = _LastNote()
        torch.manual_seed(self.config.seed)
        self._start(pairs.tiles, pairs.photos)
        began = time.process_time()
        self._train_steps(self._optimizer(), pairs, hunt, last, Progress())
        learnt = {"loss": last.values["loss"], "found": 100 * last.values["found_in_batch"]}
        return {**learnt, **hunt.found, "cpu_s": time.process_time() - began}

    def _start(self, tiles: Pictures, photos: Pictures) -> None:
        """From the main directions of the first variant, which are those of all."""
        aggregator = self.network.aggregator
        if not isinstance(aggregator, Rings):
            return
        if _Quiet.started is None:
            super()._start(tiles, photos)
            _Quiet.started = {name: tensor.clone() for name, tensor in aggregator.state_dict().items()}
        aggregator.load_state_dict(_Quiet.started)

    def _save_state(self, optimizer: torch.optim.AdamW) -> None:
        return None


def _ranks(name: str, scores: Tensor, right: Tensor) -> dict[str, float]:
    """Recall in per cent at 10 and 100, and geometric mean of the ranks of the first right tiles."""
    findable = right.any(dim=1)
    best = scores.masked_fill(~right, -torch.inf).amax(dim=1, keepdim=True)
    ranks = (scores > best).sum(dim=1)[findable].double() + 1
    found = {f"{name}_{k}": 100 * float((ranks <= k).double().mean()) for k in (10, 100)}
    return {**found, f"{name}_rank": float(ranks.log().mean().exp())}


def _variants(config: TrainingConfig, run: Path) -> Iterator[tuple[str, TrainingConfig, Callable[[], Pictures]]]:
    photos = PictureCache(run / "cache", config).load("photos")
    for name, change in VARIANTS.items():
        yield name, change(config), lambda: photos


def _parts(
    config: TrainingConfig, run: Path, data: Path
) -> Iterator[tuple[str, TrainingConfig, Callable[[], Pictures]]]:
    """The same training on photos without a part, as many as there are pairs to train on."""
    count = -(-config.steps.steps * config.steps.batch // CHUNK_SIZE) * CHUNK_SIZE
    share = count / config.places.photos
    near = max(2 * config.steps.batch, round(share * config.steps.region_photos))
    config = replace(config, steps=replace(config.steps, region_photos=near))
    for number, (name, views) in enumerate(PARTS.items()):
        fewer = replace(config, views=views, places=replace(config.places, photos=count))
        cache = PictureCache(run / "parts" / str(number), fewer)

        def drawn(fewer: TrainingConfig = fewer, cache: PictureCache = cache) -> Pictures:
            size_px = fewer.network.size_px
            imagery = Imagery(fewer.imagery, fewer.places, size_px, fewer.views, data, scratch=run)
            try:
                cache.fill(imagery, Progress(), ["photos"])
            finally:
                imagery.close()
            return cache.load("photos")

        yield name, fewer, drawn


def main() -> None:
    """Trains the variants and prints the table, one line each as it comes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("run", type=Path, help="folder of a fit with default.toml: its pictures are used")
    parser.add_argument("--parts", action="store_true", help="leave out parts of the simulated photos instead")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--only", nargs="*", help="names of variants that hold one of these words")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = read_config(Path("default.toml"))
    config = replace(config, steps=replace(config.steps, steps=args.steps, batch=args.batch, small_share=1.0))
    cache = PictureCache(args.run / "cache", config)
    tiles, test = cache.load("tiles"), cache.load("test")
    hunt = Hunt(config, tiles, test, read_truth(args.data / "photos" / "truth.csv"))
    print(f"{len(hunt.simulated)} simulated and {len(hunt.real) // 4} real photos, {len(hunt.tiles)} tiles", flush=True)
    variants = _parts(config, args.run, args.data) if args.parts else _variants(config, args.run)
    for name, changed, photos in variants:
        if args.only and not any(word in name for word in args.only):
            continue
        began = time.process_time()
        pairs = Pairs(tiles, photos())
        drawing = time.process_time() - began
        measured = _Quiet(changed, args.run, args.data).measure(pairs, hunt)
        row: dict[str, Any] = {key: round(value, 2) for key, value in measured.items()}
        if args.parts:
            row["drawing_s"] = round(drawing, 1)
        line = f"{name:42}" + "".join(f"{value:9}" for value in row.values())
        print(json.dumps({"changed": name, **row}) if args.json else line, flush=True)


if __name__ == "__main__":
    main()
