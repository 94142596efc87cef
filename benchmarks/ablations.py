"""Ablation of the training of the default model, with the same number of steps for every variant.

    python benchmarks/ablations.py runs/default             # aggregator, trained blocks, batches, loss, rotation, size
    python benchmarks/ablations.py runs/default --parts     # parts of the simulated photos: haze, clouds, season, ...

Uses the pictures of `python -m training fit --out runs/default`. Trains every variant for the same number of steps,
with the same initial weights and the same seed, and prints one line per variant:

- loss, and share of the pairs found in the last batches;
- recall at 10 and 100, and geometric mean of the ranks, of simulated photos of held-out places;
- the same of the real photos of truth.csv (four rotations, no ranking);
- seconds of one core.

Both kinds of photos are searched among the same tiles: those that simulated photos show, all that are correct for a
real photo, and some others. `--parts` simulates, for each part, as many photos without it as the steps need, and keeps
them in the folder of the run. The test photos and tiles are the same for all variants.
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
from training.fit import Trainer
from training.networks.aggregators import Rings
from training.networks.config import GemConfig, MixVprConfig
from training.places.pairs import Imagery
from training.places.views import SimulationParts
from training.training_log import TrainingLog
from training.validation import CachedValidation, ValidationResult

Change = Callable[[TrainingConfig], TrainingConfig]
# One in this many of all other tiles is a distractor.
_DISTRACTOR_STEP = 16


def _steps(**changes: object) -> Change:
    return lambda config: replace(config, steps=replace(config.steps, **changes))  # type: ignore[arg-type]


def _network(**changes: object) -> Change:
    return lambda config: replace(config, network=replace(config.network, **changes))  # type: ignore[arg-type]


def _mixvpr(config: TrainingConfig) -> TrainingConfig:
    """MixVPR mixes positions, so all feature maps must have the same size."""
    aggregator = MixVprConfig(depth=2, channels=64, rows=4)
    return _steps(small_share=0.0)(_network(aggregator=aggregator)(config))


VARIANTS: dict[str, Change] = {
    "nothing": lambda config: config,
    "aggregator: GeM, projected to 256": _network(aggregator=GemConfig(), dimension=256),
    "aggregator: MixVPR, 64 x 4, at 256 px": _mixvpr,
    "frozen backbone, only the aggregator trains": _network(trainable_blocks=0),
    "only stride 32 of the backbone trains": _network(trainable_blocks=1),
    "the whole backbone trains": _network(trainable_blocks=None),
    "batches from everywhere only": _steps(region_share=0.0),
    "batches from one region only": _steps(region_share=1.0),
    "overlapping pairs kept as negatives": lambda config: replace(config, neutral_iou=1.0),
    "loss: multi-similarity": lambda config: replace(config, loss="multi_similarity"),
    "no rotation or mirroring": _steps(turned=False),
    "pictures of 128 px": _steps(small_px=128),
    "pictures of 256 px": _steps(small_share=0.0),
}
PARTS: dict[str, SimulationParts] = {
    "nothing": SimulationParts(),
    **{f"without {field.name}": SimulationParts(**{field.name: False}) for field in fields(SimulationParts)},
    "without all of these": SimulationParts(**dict.fromkeys([field.name for field in fields(SimulationParts)], False)),
}


class AblationValidation(CachedValidation):
    """Simulated photos of held-out places and real photos, searched among the same tiles.

    Args:
        config: gives the greyscale weights and the size of real photos.
        tiles: all tiles; only those that simulated photos show, those correct for a real photo, and some others are
            searched.
        test: the simulated photos.
        truths: the real photos.
    """

    def __init__(self, config: TrainingConfig, tiles: Pictures, test: Pictures, truths: list[Truth]) -> None:
        photo_weights = np.array(config.imagery.photo_weights, np.float32)
        squares = []
        for truth in truths:
            pixels = square_picture(read_photo(truth.photo, max_px=1024).pixels, config.network.size_px, "crop")
            grey = np.rint(pixels @ photo_weights).astype(np.uint8)
            squares += [np.rot90(grey, k) for k in range(len(ROTATIONS_DEG))]
        places = [(*truth.center, _longer_side_km(truth)) for truth in truths]
        correct_real = _correct_tiles(torch.tensor(places).reshape(-1, 3), tiles.place)
        correct_simulated = _correct_tiles(test.place, tiles.place)
        searched = correct_real.any(dim=0) | torch.isin(tiles.tile, test.tile)
        searched[::_DISTRACTOR_STEP] = True
        self.simulated, self.real = test.pixels, torch.from_numpy(np.array(squares))[:, None]
        self.tiles = tiles.pixels[searched]
        self.metrics: dict[str, float] = {}
        self._correct_simulated, self._correct_real = correct_simulated[:, searched], correct_real[:, searched]

    def measure(self, describe: Callable[[Tensor], Tensor]) -> ValidationResult:
        """Stores the metrics of simulated and real photos in `metrics`."""
        simulated, real, tiles = (describe(pixels) for pixels in (self.simulated, self.real, self.tiles))
        best_rotation = (real @ tiles.T).view(-1, len(ROTATIONS_DEG), len(tiles)).amax(dim=1)
        self.metrics = {
            **_rank_metrics("simulated", simulated @ tiles.T, self._correct_simulated),
            **_rank_metrics("real", best_rotation, self._correct_real),
        }
        return ValidationResult({}, np.empty((0, 0, 3), np.uint8))


def _longer_side_km(truth: Truth) -> float:
    ring = [tuple(map(float, corner)) for corner in truth.corners]
    return max(float(geo.distance_km(*a, *b)) for a, b in zip(ring, ring[1:] + ring[:1], strict=True))


def _correct_tiles(photos: Tensor, tiles: Tensor) -> Tensor:
    """Tells which tiles are within half a photo's width of its centre: (n, m) for places (n, 3) and (m, 3)."""
    at, tile_at = photos.double().numpy()[:, None, :], tiles.double().numpy()[None, :, :]
    distances = geo.distance_km(at[..., 0], at[..., 1], tile_at[..., 0], tile_at[..., 1])
    return torch.from_numpy(distances <= 0.5 * at[..., 2])


class _LastScalars(TrainingLog):
    """Keeps only the last scalars, in memory."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def scalars(self, step: int, values: dict[str, float]) -> None:
        self.values = values

    def image(self, step: int, name: str, picture: NDArray[np.uint8]) -> None:
        return None


class _AblationTrainer(Trainer):
    """A trainer that uses existing pictures and saves nothing."""

    initial_aggregator: dict[str, Tensor] | None = None

    def measure(self, pairs: Pairs, validation: AblationValidation) -> dict[str, float]:
        log = _LastScalars()
        torch.manual_seed(self.config.seed)
        self._initialise_aggregator(pairs.tiles, pairs.photos)
        start = time.process_time()
        self._train_steps(self._optimizer(), pairs, validation, log, Progress())
        training = {"loss": log.values["loss"], "found": 100 * log.values["found_in_batch"]}
        return {**training, **validation.metrics, "cpu_s": time.process_time() - start}

    def _initialise_aggregator(self, tiles: Pictures, photos: Pictures) -> None:
        """Initialises the aggregator once, for the first variant, and reuses the result for all others."""
        aggregator = self.network.aggregator
        if not isinstance(aggregator, Rings):
            return
        if _AblationTrainer.initial_aggregator is None:
            super()._initialise_aggregator(tiles, photos)
            state = {name: tensor.clone() for name, tensor in aggregator.state_dict().items()}
            _AblationTrainer.initial_aggregator = state
        aggregator.load_state_dict(_AblationTrainer.initial_aggregator)

    def _save_state(self, optimizer: torch.optim.AdamW) -> None:
        return None


def _rank_metrics(name: str, scores: Tensor, correct: Tensor) -> dict[str, float]:
    """Recall at 10 and 100 in per cent, and geometric mean of the ranks of the first correct tiles."""
    has_correct_tile = correct.any(dim=1)
    best = scores.masked_fill(~correct, -torch.inf).amax(dim=1, keepdim=True)
    ranks = (scores > best).sum(dim=1)[has_correct_tile].double() + 1
    recall = {f"{name}_{k}": 100 * float((ranks <= k).double().mean()) for k in (10, 100)}
    return {**recall, f"{name}_rank": float(ranks.log().mean().exp())}


def _variants(config: TrainingConfig, run: Path) -> Iterator[tuple[str, TrainingConfig, Callable[[], Pictures]]]:
    photos = PictureCache(run / "cache", config).load("photos")
    for name, change in VARIANTS.items():
        yield name, change(config), lambda: photos


def _parts(
    config: TrainingConfig, run: Path, data: Path
) -> Iterator[tuple[str, TrainingConfig, Callable[[], Pictures]]]:
    """The same training on photos simulated without one part, as many photos as there are training pairs."""
    count = -(-config.steps.steps * config.steps.batch // CHUNK_SIZE) * CHUNK_SIZE
    share = count / config.places.photos
    near = max(2 * config.steps.batch, round(share * config.steps.region_photos))
    config = replace(config, steps=replace(config.steps, region_photos=near))
    for number, (name, views) in enumerate(PARTS.items()):
        fewer = replace(config, views=views, places=replace(config.places, photos=count))
        cache = PictureCache(run / "parts" / str(number), fewer)

        def simulated(fewer: TrainingConfig = fewer, cache: PictureCache = cache) -> Pictures:
            size_px = fewer.network.size_px
            imagery = Imagery(fewer.imagery, fewer.places, size_px, fewer.views, data, scratch=run)
            try:
                cache.fill(imagery, Progress(), ["photos"])
            finally:
                imagery.close()
            return cache.load("photos")

        yield name, fewer, simulated


def main() -> None:
    """Trains the variants and prints one line for each as soon as it is finished."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("run", type=Path, help="folder of a fit run with default.toml, for its pictures")
    parser.add_argument("--parts", action="store_true", help="leave out parts of the simulation instead")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--only", nargs="*", help="only variants whose names contain one of these words")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = read_config(Path("default.toml"))
    config = replace(config, steps=replace(config.steps, steps=args.steps, batch=args.batch, small_share=1.0))
    cache = PictureCache(args.run / "cache", config)
    tiles, test = cache.load("tiles"), cache.load("test")
    validation = AblationValidation(config, tiles, test, read_truth(args.data / "photos" / "truth.csv"))
    photo_counts = f"{len(validation.simulated)} simulated and {len(validation.real) // 4} real photos"
    print(f"{photo_counts}, {len(validation.tiles)} tiles", flush=True)
    variants = _parts(config, args.run, args.data) if args.parts else _variants(config, args.run)
    for name, changed, photos in variants:
        if args.only and not any(word in name for word in args.only):
            continue
        start = time.process_time()
        pairs = Pairs(tiles, photos())
        simulation_s = time.process_time() - start
        metrics = _AblationTrainer(changed, args.run, args.data).measure(pairs, validation)
        row: dict[str, Any] = {key: round(value, 2) for key, value in metrics.items()}
        if args.parts:
            row["drawing_s"] = round(simulation_s, 1)
        line = f"{name:42}" + "".join(f"{value:9}" for value in row.values())
        print(json.dumps({"changed": name, **row}) if args.json else line, flush=True)


if __name__ == "__main__":
    main()
