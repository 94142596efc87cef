"""What each choice of the default model's training is worth, at equal budget.

    python benchmarks/ablations.py runs/default --steps 80

Takes the pictures that `python -m training fit --out runs/default` has made, trains every variant for as many steps
with the same seed, and prints a table: loss and share of pairs found in the last batches, recall of simulated photos of
held-out places among some thousand tiles (a right tile among the first 10 and 100), and seconds of one core.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from engine.work import Work
from training.batches import Pairs
from training.cache import PictureCache
from training.config import TrainingConfig, read_config
from training.fit import Trainer
from training.networks.config import GemConfig, MixVprConfig

Change = Callable[[TrainingConfig], TrainingConfig]


def _steps(**changes: object) -> Change:
    return lambda config: replace(config, steps=replace(config.steps, **changes))  # type: ignore[arg-type]


def _network(**changes: object) -> Change:
    return lambda config: replace(config, network=replace(config.network, **changes))  # type: ignore[arg-type]


VARIANTS: dict[str, Change] = {
    "nothing": lambda config: config,
    "aggregator: GeM, projected to 256": _network(aggregator=GemConfig(), dimension=256),
    "aggregator: MixVPR, 64 x 4": _network(aggregator=MixVprConfig(depth=2, channels=64, rows=4)),
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


class _Quiet(Trainer):
    """A trainer that keeps nothing, on pictures that are there."""

    def measure(self, pairs: Pairs, cache: PictureCache) -> dict[str, float]:
        torch.manual_seed(self.config.seed)
        self._start(pairs.tiles, pairs.photos)
        self._last: list[float] = []
        began = time.process_time()
        self._descend(self._optimizer(), pairs, cache.load("test"), Work())
        loss, found, recall_10, recall_100 = self._last
        return {
            "loss": loss,
            "found": 100 * found,
            "recall_10": recall_10,
            "recall_100": recall_100,
            "cpu_s": time.process_time() - began,
        }

    def _note(self, means: list[float], images_per_s: float, recall: dict[str, float]) -> None:
        self._last = [*means, recall["10"], recall["100"]]

    def _save_state(self, optimizer: torch.optim.AdamW) -> None:
        return None


def main() -> None:
    """Trains the variants and prints the table, one line each as it comes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("run", type=Path, help="folder of a fit with default.toml: its pictures are used")
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--only", nargs="*", help="names of variants that hold one of these words")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EARTHLOC_DATA", "../shared/data")))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = read_config(Path("default.toml"))
    config = replace(config, steps=replace(config.steps, steps=args.steps, batch=args.batch, small_share=1.0))
    cache = PictureCache(args.run / "cache", config)
    pairs = Pairs(cache.load("tiles"), cache.load("photos"))
    for name, change in VARIANTS.items():
        if args.only and not any(word in name for word in args.only):
            continue
        measured = _Quiet(change(config), args.run, args.data).measure(pairs, cache)
        row = {key: round(value, 2) for key, value in measured.items()}
        line = f"{name:42}" + "".join(f"{value:9}" for value in row.values())
        print(json.dumps({"changed": name, **row}) if args.json else line, flush=True)


if __name__ == "__main__":
    main()
