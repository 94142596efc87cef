"""Trains a model on simulated photos and the tiles that they show.

Pictures are simulated once (training.cache) and used several times. Photo and tile are rotated and mirrored together,
which makes further places from them. The random generator of every batch is seeded by (seed, step) and the state is
saved regularly, so an interrupted run continues with exactly the same batches.
"""

from __future__ import annotations

import math
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import EarthLocError, OutputError
from engine.progress import Progress
from training.batches import Pairs, neutral_pairs, rotate_and_mirror
from training.cache import PictureCache, Pictures
from training.checkpoint import load_state, not_a_checkpoint, save_atomically
from training.config import TrainingConfig
from training.losses import NeutralMultiSimilarityLoss
from training.networks import EmbeddingNetwork, build
from training.networks.aggregators import Rings
from training.networks.weights import load_strict
from training.places.pairs import Imagery
from training.precision import bfloat16_is_fast
from training.training_log import RECALLS, TrainingLog
from training.validation import CachedValidation

STATE, NETWORK = "state.pt", "network.pt"
COLUMNS = ["loss", "found_in_batch", "images_per_s", *RECALLS]
_WARM_UP_STEPS = 40
_MAX_SCALE = 60.0
_MAX_GRADIENT_NORM = 2.0
_SAVE_INTERVAL = 100  # steps
_EMBED_BATCH = 16
_INITIALISATION_PICTURES = 1500


class Trainer:
    """A training run in its own folder.

    Args:
        config: training configuration.
        out: folder of the run: picture cache, checkpoint, training log, and `network.pt` at the end.
        data: folder that relative paths of the configuration start from.
    """

    def __init__(self, config: TrainingConfig, out: Path, data: Path) -> None:
        weights = config.network.weights
        if weights is not None:
            config = replace(config, network=replace(config.network, weights=str(data / weights)))
        self.config = config
        self.out = out
        self._data = data
        self.network = build(config.network, config.seed)
        # On a CPU twice as fast as the default memory format.
        nn.Module.to(self.network.backbone, memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
        self._multi_similarity = NeutralMultiSimilarityLoss() if config.loss == "multi_similarity" else None
        self._scale = nn.Parameter(torch.tensor(-math.log(config.temperature)))
        self._step = 0

    def run(self, progress: Progress) -> EmbeddingNetwork:
        """Trains to the end, resuming an interrupted run, and returns the network.

        Raises:
            EarthLocError: the data cannot be used, or the folder cannot be written.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            cache = self._fill_cache(progress)
            tiles, photos, test = (cache.load(kind) for kind in ("tiles", "photos", "test"))
            pairs = Pairs(tiles, photos)
            optimizer = self._optimizer()
            state = self._read_state()
            if state is None:
                self._initialise_aggregator(tiles, photos)
            else:
                optimizer.load_state_dict(state["optimizer"])
            validation = CachedValidation(tiles, test)
            with closing(TrainingLog(self.out, COLUMNS, self._step)) as log:
                if self._step == 0:
                    self._log(log, {}, validation)
                self._train_steps(optimizer, pairs, validation, log, progress)
            self._interpolate_weights()
            save_atomically(self.out / NETWORK, self.network.state_dict())
        except OSError as error:
            raise OutputError.from_os_error(self.out, error) from error
        return self.network.eval()

    def _fill_cache(self, progress: Progress) -> PictureCache:
        config = self.config
        cache = PictureCache(self.out / "cache", config)
        size_px = config.network.size_px
        imagery = Imagery(config.imagery, config.places, size_px, config.views, self._data, scratch=self.out)
        try:
            cache.fill(imagery, progress)
        finally:
            imagery.close()
        return cache

    # -- optimisation -------------------------------------------------------------------------------

    def _train_steps(
        self,
        optimizer: torch.optim.AdamW,
        pairs: Pairs,
        validation: CachedValidation,
        log: TrainingLog,
        progress: Progress,
    ) -> None:
        steps = self.config.steps
        total, step_count, start_time = torch.zeros(2), 0, time.perf_counter()
        self.network.train()
        while self._step < steps.steps:
            rng = np.random.default_rng([self.config.seed, self._step])
            torch.manual_seed(int(rng.integers(2**62)))
            _set_learning_rate(optimizer, self._step, steps.steps)
            rows = pairs.batch(rng, steps)
            both = [pairs.photos.pixels[pairs.photo_row[rows]], pairs.tiles.pixels[pairs.tile_row[rows]]]
            pictures = torch.cat(rotate_and_mirror(both, rng) if steps.turned else both)
            if self._step < steps.small_share * steps.steps:
                side = (steps.small_px, steps.small_px)
                pictures = functional.interpolate(pictures.float(), side, mode="area")
            photos, tiles = self._describe(pictures).chunk(2)
            total += self._training_step(optimizer, photos, tiles, pairs, rows)
            step_count += 1
            self._step += 1
            if self._step % _SAVE_INTERVAL == 0 or self._step == steps.steps:
                seconds = (time.perf_counter() - start_time) / step_count
                loss, accuracy = (total / step_count).tolist()
                scalars = {"loss": loss, "found_in_batch": accuracy, "images_per_s": 2 * len(rows) / seconds}
                self._log(log, scalars, validation)
                self._save_state(optimizer)
                total, step_count, start_time = torch.zeros(2), 0, time.perf_counter()
            progress.report("train", self._step, steps.steps)

    def _log(self, log: TrainingLog, values: dict[str, float], validation: CachedValidation) -> None:
        """Logs the given scalars, and validation recall and predictions of the current network."""
        result = validation.measure(self._embed)
        log.scalars(self._step, values | {f"recall_at_{k}": value for k, value in result.recall.items()})
        log.image(self._step, "predictions", result.sheet)

    def _training_step(
        self, optimizer: torch.optim.AdamW, photos: Tensor, tiles: Tensor, pairs: Pairs, rows: Tensor
    ) -> Tensor:
        """Takes one optimisation step on InfoNCE (photos to tiles plus half of tiles to photos) or multi-similarity.

        Returns:
            The loss, and the share of photos whose own tile is the best match in the batch: (2,).
        """
        scale = self._scale.exp().clamp(max=_MAX_SCALE)
        places, tile_places = pairs.photos.place[pairs.photo_row[rows]], pairs.tiles.place[pairs.tile_row[rows]]
        masked = neutral_pairs(places, tile_places, self.config.neutral_iou).fill_diagonal_(False)
        scores = (photos @ tiles.T * scale).masked_fill(masked, -torch.inf)
        labels = torch.arange(len(rows))
        if self._multi_similarity is None:
            loss = functional.cross_entropy(scores, labels) + 0.5 * functional.cross_entropy(scores.T, labels)
        else:
            loss = self._multi_similarity(torch.cat([photos, tiles]), labels.repeat(2), masked)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], _MAX_GRADIENT_NORM)
        optimizer.step()
        return torch.tensor([float(loss.detach()), float((scores.argmax(dim=1) == labels).float().mean())])

    def _optimizer(self) -> torch.optim.AdamW:
        steps = self.config.steps
        # The reduction starts as the principal directions of the backbone's channels. It trains at the backbone's
        # lower rate, so that it follows them slowly.
        trunk = [p for p in self.network.backbone.parameters() if p.requires_grad]
        head = [p for n, p in self.network.named_parameters() if not n.startswith("backbone.")]
        if isinstance(self.network.aggregator, Rings):
            reduction = list(self.network.aggregator.reduce.parameters())
            trunk, head = trunk + reduction, [p for p in head if not any(p is q for q in reduction)]
        groups: list[dict[str, Any]] = [
            {"params": head, "peak": steps.head_rate},
            {"params": [self._scale], "peak": steps.head_rate, "weight_decay": 0.0},
        ]
        groups.append({"params": trunk, "peak": steps.trunk_rate})
        return torch.optim.AdamW(groups, weight_decay=steps.weight_decay)

    # -- pictures to descriptors --------------------------------------------------------------------

    def _describe(self, pictures: Tensor) -> Tensor:
        return self.network.describe(*self._features(pictures))

    def _features(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """Returns feature map and class token of pictures (n, 1 or 3, h, w) from 0 to 255."""
        images = self.network.input(self.network.normalised((pictures.float() / 255).expand(-1, 3, -1, -1)))
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_is_fast()):
            features, token = self.network.backbone(images.contiguous(memory_format=torch.channels_last))
        return features.float(), None if token is None else token.float()

    @torch.no_grad()
    def _initialise_aggregator(self, tiles: Pictures, photos: Pictures) -> None:
        """Initialises the aggregator from the backbone's feature maps of a sample of tiles and photos."""
        if not isinstance(self.network.aggregator, Rings):
            return
        self.network.eval()
        samples = [p.pixels[:: max(1, len(p) // _INITIALISATION_PICTURES)] for p in (tiles, photos)]
        maps = [torch.cat([self._features(part)[0] for part in torch.split(p, _EMBED_BATCH)]) for p in samples]
        self.network.aggregator.initialise(maps[0], maps[1])

    @torch.no_grad()
    def _interpolate_weights(self) -> None:
        """Interpolates the backbone between its pretrained and its fine-tuned weights (`StepsConfig.kept`)."""
        kept = self.config.steps.kept
        if kept < 1.0:
            pretrained = build(self.config.network, self.config.seed).backbone.state_dict()
            for name, tensor in self.network.backbone.state_dict().items():
                if tensor.is_floating_point():
                    tensor.lerp_(pretrained[name], 1.0 - kept)

    @torch.inference_mode()
    def _embed(self, pictures: Tensor) -> Tensor:
        """Computes the descriptors of cached pictures."""
        self.network.eval()
        descriptors = torch.cat([self._describe(part) for part in torch.split(pictures, _EMBED_BATCH)])
        self.network.train()
        return descriptors

    # -- checkpoints --------------------------------------------------------------------------------

    def _save_state(self, optimizer: torch.optim.AdamW) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scale": self._scale.detach(),
            "step": self._step,
        }
        save_atomically(self.out / STATE, state)

    def _read_state(self) -> dict[str, Any] | None:
        path = self.out / STATE
        state = load_state(path)
        if state is None:
            return None
        try:
            load_strict(self.network, state["network"], path)
            with torch.no_grad():
                self._scale.copy_(state["scale"])
            self._step = int(state["step"])
        except EarthLocError:
            raise
        except Exception as error:  # a checkpoint of another program can raise almost anything here
            raise not_a_checkpoint(path) from error
        return state


def _set_learning_rate(optimizer: torch.optim.AdamW, step: int, steps: int) -> None:
    """Sets the learning rate: linear warm-up over at most a fifth of the steps, then cosine decay."""
    warm_up = min(1.0, (step + 1) / min(_WARM_UP_STEPS, max(1, steps // 5)))
    factor = warm_up * (0.01 + 0.5 * (1 + math.cos(math.pi * step / steps)))
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
