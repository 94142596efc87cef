"""Fits a model to simulated photos and the tiles that they show.

Pictures are simulated once (training.cache) and seen several times, turned and mirrored together with their
tiles, which makes other places of them. Every batch is drawn by (seed, step) and the state is saved as it goes, so
that an interrupted run goes on with the very same batches.
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

from engine.errors import EarthLocError, InputError, OutputError
from engine.progress import Progress
from training.batches import Pairs, neutral, turned
from training.cache import PictureCache, Pictures
from training.checkpoint import save_whole
from training.config import TrainingConfig
from training.curves import RECALLS, Curves
from training.losses import NeutralMultiSimilarityLoss
from training.networks import EmbeddingNetwork, build
from training.networks.aggregators import Rings
from training.networks.weights import load_strict
from training.places.pairs import Imagery
from training.validation import CachedValidation

STATE, NETWORK = "state.pt", "network.pt"
COLUMNS = ["loss", "found_in_batch", "images_per_s", *RECALLS]
_WARM_UP = 40
_MAX_SCALE = 60.0
_MAX_GRADIENT = 2.0
_SAVE_EVERY = 100
_EMBED_BATCH = 16
_START_PICTURES = 1500


class Trainer:
    """A training in a folder of its own.

    Args:
        config: what is trained.
        out: holds the pictures, the checkpoint, the curves, and `network.pt` in the end.
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
        # Twice as fast as the usual order of memory, on a CPU.
        nn.Module.to(self.network.backbone, memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
        self._multi_similarity = NeutralMultiSimilarityLoss() if config.loss == "multi_similarity" else None
        self._scale = nn.Parameter(torch.tensor(-math.log(config.temperature)))
        self._step = 0

    def run(self, progress: Progress) -> EmbeddingNetwork:
        """Trains to the end, from where an interrupted run was; the network.

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
                self._start(tiles, photos)
            else:
                optimizer.load_state_dict(state["optimizer"])
            validation = CachedValidation(tiles, test)
            with closing(Curves(self.out, COLUMNS, self._step)) as curves:
                if self._step == 0:
                    self._note(curves, {}, validation)
                self._descend(optimizer, pairs, validation, curves, progress)
            self._go_back()
            save_whole(self.out / NETWORK, self.network.state_dict())
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

    # -- descent ------------------------------------------------------------------------------------

    def _descend(
        self,
        optimizer: torch.optim.AdamW,
        pairs: Pairs,
        validation: CachedValidation,
        curves: Curves,
        progress: Progress,
    ) -> None:
        steps = self.config.steps
        total, counted, began = torch.zeros(2), 0, time.perf_counter()
        self.network.train()
        while self._step < steps.steps:
            rng = np.random.default_rng([self.config.seed, self._step])
            torch.manual_seed(int(rng.integers(2**62)))
            _set_rate(optimizer, self._step, steps.steps)
            rows = pairs.batch(rng, steps)
            both = [pairs.photos.pixels[pairs.photo_row[rows]], pairs.tiles.pixels[pairs.tile_row[rows]]]
            pictures = torch.cat(turned(both, rng) if steps.turned else both)
            if self._step < steps.small_share * steps.steps:
                side = (steps.small_px, steps.small_px)
                pictures = functional.interpolate(pictures.float(), side, mode="area")
            photos, tiles = self._describe(pictures).chunk(2)
            total += self._step_down(optimizer, photos, tiles, pairs, rows)
            counted += 1
            self._step += 1
            if self._step % _SAVE_EVERY == 0 or self._step == steps.steps:
                seconds = (time.perf_counter() - began) / counted
                loss, found = (total / counted).tolist()
                pace = {"loss": loss, "found_in_batch": found, "images_per_s": 2 * len(rows) / seconds}
                self._note(curves, pace, validation)
                self._save_state(optimizer)
                total, counted, began = torch.zeros(2), 0, time.perf_counter()
            progress.report("train", self._step, steps.steps)

    def _note(self, curves: Curves, values: dict[str, float], validation: CachedValidation) -> None:
        """Notes what was learnt since the last time, and what the network finds now."""
        found = validation.measure(self._embed)
        curves.note(self._step, values | {f"recall_at_{k}": value for k, value in found.recall.items()})
        curves.show(self._step, "predictions", found.sheet)

    def _step_down(
        self, optimizer: torch.optim.AdamW, photos: Tensor, tiles: Tensor, pairs: Pairs, rows: Tensor
    ) -> Tensor:
        """One step on InfoNCE, photos to tiles and half as much back, or another loss; loss and share found, (2,)."""
        scale = self._scale.exp().clamp(max=_MAX_SCALE)
        places, tile_places = pairs.photos.place[pairs.photo_row[rows]], pairs.tiles.place[pairs.tile_row[rows]]
        masked = neutral(places, tile_places, self.config.neutral_iou).fill_diagonal_(False)
        scores = (photos @ tiles.T * scale).masked_fill(masked, -torch.inf)
        wanted = torch.arange(len(rows))
        if self._multi_similarity is None:
            loss = functional.cross_entropy(scores, wanted) + 0.5 * functional.cross_entropy(scores.T, wanted)
        else:
            loss = self._multi_similarity(torch.cat([photos, tiles]), wanted.repeat(2), masked)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], _MAX_GRADIENT)
        optimizer.step()
        return torch.tensor([float(loss.detach()), float((scores.argmax(dim=1) == wanted).float().mean())])

    def _optimizer(self) -> torch.optim.AdamW:
        steps = self.config.steps
        # The reduction starts as main directions of the backbone's channels and follows them slowly.
        trunk = [p for p in self.network.backbone.parameters() if p.requires_grad]
        head = [p for n, p in self.network.named_parameters() if not n.startswith("backbone.")]
        if isinstance(self.network.aggregator, Rings):
            slow = list(self.network.aggregator.reduce.parameters())
            trunk, head = trunk + slow, [p for p in head if not any(p is q for q in slow)]
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
        """What the backbone makes of pictures (n, 1 or 3, h, w) from 0 to 255, in bfloat16."""
        images = self.network.input(self.network.normalised((pictures.float() / 255).expand(-1, 3, -1, -1)))
        with torch.autocast("cpu", torch.bfloat16):
            features, token = self.network.backbone(images.contiguous(memory_format=torch.channels_last))
        return features.float(), None if token is None else token.float()

    @torch.no_grad()
    def _start(self, tiles: Pictures, photos: Pictures) -> None:
        """Sets the aggregator to the main directions of the backbone's maps of some tiles and photos."""
        if not isinstance(self.network.aggregator, Rings):
            return
        self.network.eval()
        some = [p.pixels[:: max(1, len(p) // _START_PICTURES)] for p in (tiles, photos)]
        maps = [torch.cat([self._features(part)[0] for part in pixels.split(_EMBED_BATCH)]) for pixels in some]
        self.network.aggregator.start(maps[0], maps[1])

    @torch.no_grad()
    def _go_back(self) -> None:
        """Moves the backbone a part of the way back to where it started."""
        kept = self.config.steps.kept
        if kept < 1.0:
            start = build(self.config.network, self.config.seed).backbone.state_dict()
            for name, tensor in self.network.backbone.state_dict().items():
                if tensor.is_floating_point():
                    tensor.lerp_(start[name], 1.0 - kept)

    @torch.inference_mode()
    def _embed(self, pictures: Tensor) -> Tensor:
        """Descriptors of cached pictures."""
        self.network.eval()
        described = torch.cat([self._describe(part) for part in pictures.split(_EMBED_BATCH)])
        self.network.train()
        return described

    # -- what is kept -------------------------------------------------------------------------------

    def _save_state(self, optimizer: torch.optim.AdamW) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scale": self._scale.detach(),
            "step": self._step,
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
            self._step = int(state["step"])
        except EarthLocError:
            raise
        except Exception as error:  # readers of damaged bytes raise whatever those provoke
            raise InputError(
                path, "is no checkpoint of a training, or is damaged", "delete it to start anew"
            ) from error
        return state


def _set_rate(optimizer: torch.optim.AdamW, step: int, steps: int) -> None:
    """Linear warm-up, of a fifth of the steps at most, then a cosine."""
    warm = min(1.0, (step + 1) / min(_WARM_UP, max(1, steps // 5)))
    share = warm * (0.01 + 0.5 * (1 + math.cos(math.pi * step / steps)))
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share
