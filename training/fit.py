"""Fits a model: pictures are simulated and go once through the blocks that stay as they are, then two stages train.

1. head: the aggregator alone, on statistics of the pretrained backbone's maps;
2. tail: the aggregator and the blocks of the backbone at stride 32, on the cached maps of stride 16.

Every batch is drawn by (seed, stage, step) and the state is saved as it goes, so that an interrupted run goes
on with the very same batches.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import EarthLocError, InputError, OutputError, UsageError
from engine.work import Work
from training.batches import Pairs, neutral
from training.cache import FeatureCache, Maps
from training.checkpoint import save_whole
from training.config import StepsConfig, TrainingConfig
from training.evaluate import recall_on_maps
from training.networks import EmbeddingNetwork, build
from training.networks.aggregators import Rings
from training.networks.mobilenet import MobileNetV2
from training.networks.weights import load_strict
from training.places.pairs import Imagery

STAGES = ("head", "tail")
STATE, NETWORK, CURVE = "state.pt", "network.pt", "curve.csv"
_WARM_UP = 30
_MAX_SCALE = 60.0
_MAX_GRADIENT = 2.0
_SAVE_EVERY = 50
_EMBED_BATCH = 256

Encode = Callable[[Tensor], Tensor]


class Trainer:
    """A training in a folder of its own.

    Args:
        config: what is trained.
        out: holds the cache of maps, the checkpoint, the curve, and `network.pt` in the end.
        data: folder that relative paths of the configuration count from.
    """

    def __init__(self, config: TrainingConfig, out: Path, data: Path) -> None:
        weights = config.network.weights
        if weights is not None:
            config = replace(config, network=replace(config.network, weights=str(data / weights)))
        self.config = config
        self.out = out
        self._data = data
        self.network = build(config.network, config.seed)
        backbone, aggregator = self.network.backbone, self.network.aggregator
        if not isinstance(backbone, MobileNetV2) or not isinstance(aggregator, Rings):
            raise UsageError(None, f"{config.network.backbone} cannot be fitted in stages", "use mobilenetv2 and rings")
        self._backbone, self._aggregator = backbone, aggregator
        self._scale = nn.Parameter(torch.tensor(-math.log(config.temperature)))
        self._stage = self._step = 0
        self._queue: list[tuple[Tensor, Tensor]] = []

    def run(self, work: Work) -> EmbeddingNetwork:
        """Trains to the end, from where an interrupted run was; the network.

        Raises:
            EarthLocError: the data cannot be used, or the folder cannot be written.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            cache = self._fill_cache(work)
            tiles, photos, test = (cache.load(kind) for kind in ("tiles", "photos", "test"))
            pairs = Pairs(tiles, photos)
            state = self._read_state()
            if state is None:
                self._start_reduction(tiles)
            for stage in range(self._stage, len(STAGES)):
                self._run_stage(stage, pairs, test, state, work)
                state = None
            save_whole(self.out / NETWORK, self.network.state_dict())
        except OSError as error:
            raise OutputError.from_os_error(self.out, error) from error
        return self.network.eval()

    def _fill_cache(self, work: Work) -> FeatureCache:
        config = self.config
        size_px = config.network.size_px
        cache = FeatureCache(self.out / "cache", config)
        imagery = Imagery(config.imagery, config.places, size_px, config.views, self._data, scratch=self.out)
        try:
            cache.fill(imagery, self.network, work)
        finally:
            imagery.close()
        return cache

    # -- a stage ------------------------------------------------------------------------------------

    def _run_stage(self, stage: int, pairs: Pairs, test: Maps, state: dict[str, Any] | None, work: Work) -> None:
        name = STAGES[stage]
        steps: StepsConfig = getattr(self.config, name)
        if steps.steps:
            encode, tiles, photos, tests = self._inputs(stage, pairs, test, fresh=state is None)
            cheap = STAGES[stage] == "head"
            optimizer = self._optimizer(stage, steps)
            if state is not None:
                optimizer.load_state_dict(state["optimizer"])
            total = torch.zeros(2)
            began, counted = time.perf_counter(), 0
            self.network.train()
            for step in range(self._step, steps.steps):
                rng = np.random.default_rng([self.config.seed, stage, step])
                torch.manual_seed(int(rng.integers(2**62)))
                _set_rate(optimizer, step, steps.steps)
                rows = pairs.batch(rng, steps)
                both = torch.cat([photos[pairs.photo_row[rows]], tiles[pairs.tile_row[rows]]])
                total += self._descend(optimizer, encode(both.float()), pairs, rows, steps.queue)
                counted += 1
                self._stage, self._step = stage, step + 1
                if self._step % _SAVE_EVERY == 0 or self._step == steps.steps:
                    shown = cheap or self._step == steps.steps
                    recall = self._recall(encode, tiles, pairs.tiles, tests, test) if shown else {}
                    seconds = (time.perf_counter() - began) / counted
                    self._note(name, (total / counted).tolist(), 2 * steps.batch / seconds, recall)
                    self._save_state(optimizer)
                    total, counted, began = torch.zeros(2), 0, time.perf_counter()
                work.progress(f"train {name}", self._step, steps.steps)
        self._stage, self._step, self._queue = stage + 1, 0, []

    def _inputs(self, stage: int, pairs: Pairs, test: Maps, fresh: bool) -> tuple[Encode, Tensor, Tensor, Tensor]:
        """What turns rows of the three sources, of tiles, photos and test photos, into descriptors."""
        if STAGES[stage] == "tail":
            return self._describe, pairs.tiles.middle, pairs.photos.middle, test.middle
        tiles, photos, tests = (self._statistics(maps) for maps in (pairs.tiles, pairs.photos, test))
        if fresh:
            self._aggregator.start_projection(torch.cat([tiles[::4], photos[::4]]), tiles)
        return self._aggregator.describe, tiles, photos, tests

    def _optimizer(self, stage: int, steps: StepsConfig) -> torch.optim.AdamW:
        tail = STAGES[stage] == "tail"
        head = [p for n, p in self._aggregator.named_parameters() if tail or not n.startswith("reduce.")]
        groups: list[dict[str, Any]] = [
            {"params": head, "peak": steps.head_rate},
            {"params": [self._scale], "peak": steps.head_rate, "weight_decay": 0.0},
        ]
        if tail:
            blocks = [p for module in self._backbone.stages()[-1] for p in module.parameters()]
            groups.append({"params": blocks, "peak": steps.trunk_rate})
        return torch.optim.AdamW(groups, weight_decay=steps.weight_decay)

    def _descend(
        self, optimizer: torch.optim.AdamW, descriptors: Tensor, pairs: Pairs, rows: Tensor, queue: int
    ) -> Tensor:
        """One step on InfoNCE, photos to tiles and half as much back; loss and share of photos found, (2,)."""
        photos, tiles = descriptors.chunk(2)
        scale = self._scale.exp().clamp(max=_MAX_SCALE)
        tile_rows = pairs.tile_row[rows]
        places, tile_places = pairs.photos.place[pairs.photo_row[rows]], pairs.tiles.place
        masked = neutral(places, tile_places[tile_rows], self.config.neutral_iou).fill_diagonal_(False)
        scores = (photos @ tiles.T * scale).masked_fill(masked, -torch.inf)
        everything = scores
        if self._queue:
            older, older_rows = (torch.cat(parts) for parts in zip(*self._queue, strict=True))
            old = photos @ older.T * scale
            old = old.masked_fill(neutral(places, tile_places[older_rows], self.config.neutral_iou), -torch.inf)
            everything = torch.cat([scores, old], dim=1)
        wanted = torch.arange(len(rows))
        loss = functional.cross_entropy(everything, wanted) + 0.5 * functional.cross_entropy(scores.T, wanted)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], _MAX_GRADIENT)
        optimizer.step()
        if queue:
            self._queue = [*self._queue, (tiles.detach(), tile_rows)][-queue:]
        return torch.tensor([float(loss.detach()), float((everything.argmax(dim=1) == wanted).float().mean())])

    # -- from maps to descriptors -------------------------------------------------------------------

    def _describe(self, middle: Tensor) -> Tensor:
        return self._aggregator(self._features(middle), None)

    def _features(self, middle: Tensor) -> Tensor:
        """The backbone's map from that of stride 16, computed in bfloat16."""
        with torch.autocast("cpu", torch.bfloat16):
            return self._backbone.from_middle(middle.contiguous(memory_format=torch.channels_last)).float()

    @torch.inference_mode()
    def _statistics(self, maps: Maps) -> Tensor:
        parts = maps.middle.split(_EMBED_BATCH)
        return torch.cat([self._aggregator.statistics(self._features(p.float())) for p in parts]).clone()

    @torch.inference_mode()
    def _recall(self, encode: Encode, tiles: Tensor, tile_maps: Maps, tests: Tensor, test: Maps) -> dict[str, float]:
        """Recall of the photos of held-out places among all tiles."""
        self.network.eval()
        found = [torch.cat([encode(p.float()) for p in source.split(_EMBED_BATCH)]) for source in (tests, tiles)]
        self.network.train()
        return recall_on_maps(found[0], test.place, found[1], tile_maps.place)

    @torch.no_grad()
    def _start_reduction(self, tiles: Maps) -> None:
        """Sets the reduction of the last layer to its main directions over some tiles."""
        some = tiles.middle[:: max(1, len(tiles) // 600)].float()
        top = self._features(some)[:, 4 * Rings.FINE :].transpose(0, 1).flatten(1).double()
        mean = top.mean(dim=1, keepdim=True)
        _, directions = torch.linalg.eigh((top - mean) @ (top - mean).T / top.shape[1])
        main = directions.flip(1)[:, : self._aggregator.reduce.out_features].float()
        self._aggregator.reduce.weight.copy_(main.T)
        self._aggregator.reduce.bias.copy_(-(main.T @ mean.float()).flatten())

    # -- what is kept -------------------------------------------------------------------------------

    def _note(self, stage: str, means: list[float], images_per_s: float, recall: dict[str, float]) -> None:
        """Appends a line to the curve."""
        path = self.out / CURVE
        fresh = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(["stage", "step", "loss", "found_in_batch", "images_per_s", "recall_at_10", "at_100"])
            shown = [f"{means[0]:.4f}", f"{means[1]:.4f}", f"{images_per_s:.1f}"]
            writer.writerow([stage, self._step, *shown, recall.get("10", ""), recall.get("100", "")])

    def _save_state(self, optimizer: torch.optim.AdamW) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scale": self._scale.detach(),
            "stage": self._stage,
            "step": self._step,
            "queue": self._queue,
        }
        save_whole(self.out / STATE, state)

    def _read_state(self) -> dict[str, Any] | None:
        path = self.out / STATE
        if not path.is_file():
            return None
        try:
            state: dict[str, Any] = torch.load(path, weights_only=True)
            load_strict(self.network, state["network"], path)
            with torch.no_grad():
                self._scale.copy_(state["scale"])
            self._stage, self._step = int(state["stage"]), int(state["step"])
            self._queue = [(a, b) for a, b in state["queue"]]
        except EarthLocError:
            raise
        except Exception as error:  # readers of damaged bytes raise whatever those provoke
            raise InputError(
                path, "is no checkpoint of a training, or is damaged", "delete it to start anew"
            ) from error
        return state


def _set_rate(optimizer: torch.optim.AdamW, step: int, steps: int) -> None:
    """Linear warm-up, then a cosine."""
    share = min(1.0, (step + 1) / _WARM_UP) * (0.01 + 0.5 * (1 + math.cos(math.pi * step / steps)))
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share
