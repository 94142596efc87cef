"""Trains a network by the recipes of EarthLoc (CVPR 2024) and EarthLoc2.

A batch holds places from one cluster of descriptors, with several years of each, one augmentation per year, and real
photos as further pictures. The loss ignores pairs of overlapping places. All random choices are seeded by (seed,
batch), so an interrupted run continues with exactly the same batches. accelerate provides bfloat16 and distributed
training: each process loads its own batches, and gradients are averaged.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.utils import broadcast_object_list
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.errors import EarthLocError, InputError, OutputError
from engine.progress import Progress
from training.augmentation import Augmentation
from training.checkpoint import load_state, save_atomically
from training.losses import make_loss
from training.networks import EmbeddingNetwork, build
from training.networks.weights import load_strict
from training.precision import bfloat16_is_fast
from training.published_config import PublishedConfig
from training.published_data import Batch, BatchLoader, Sources, open_sources
from training.sampling import PlaceBatchSampler
from training.training_log import RECALLS, TrainingLog
from training.validation import NetworkEmbedder, ValidationResult

STATE, NETWORK, MANIFEST = "state.pt", "network.pt", "made-from.json"
COLUMNS = ["loss", "images_per_s", *RECALLS]
_LOG_INTERVAL = 10  # steps
# Recall at this rank decides which network is the best.
_SELECTION_RANK = "5"
_EMBED_BATCH = 64


@dataclass
class RunState:
    """Progress of a run.

    Attributes:
        step: batches trained, over all epochs.
        best: highest recall so far.
        stale: epochs since the highest recall.
        measured: epochs finished and validated.
    """

    step: int = 0
    best: float = -1.0
    stale: int = 0
    measured: int = 0


class Objective(nn.Module):
    """Network and loss as one module, so that accelerate wraps both together and the loss's parameters train too.

    Args:
        network: computes the descriptors.
        kind: kind of the loss.
    """

    def __init__(self, network: EmbeddingNetwork, kind: str) -> None:
        super().__init__()
        self.network = network
        self.loss = make_loss(kind)

    def forward(self, images: Tensor, places: Tensor, overlapping: Tensor, attract_only: Tensor) -> Tensor:
        """Returns the loss of pictures (n, 3, h, w) from `EmbeddingNetwork.normalised`; other arguments: see losses."""
        descriptors = self.network(images)
        with torch.autocast(images.device.type, enabled=False):
            return self.loss(descriptors.float(), places, overlapping, attract_only)


class PublishedTrainer:
    """A training run of a published recipe in its own folder.

    Args:
        config: configuration of the recipe.
        out: folder of the run: checkpoint, training log, and `network.pt`, the best network so far.
        data: folder that relative paths of the configuration start from.
        cpu: do not use a GPU.
    """

    def __init__(self, config: PublishedConfig, out: Path, data: Path, cpu: bool = False) -> None:
        weights = config.network.weights
        self.config = config
        self.out = out
        self._data = data
        loaded = replace(config.network, weights=str(data / weights) if weights else None)
        device = "cuda" if torch.cuda.is_available() and not cpu else "cpu"
        self._bf16 = config.schedule.precision == "bf16" and bfloat16_is_fast(device)
        precision = "bf16" if self._bf16 else "no"
        # Unused parameters of a backbone, such as DINOv2's mask token, get no gradient.
        kwargs = DistributedDataParallelKwargs(find_unused_parameters=True)
        self._accelerator = Accelerator(cpu=cpu, mixed_precision=precision, kwargs_handlers=[kwargs])
        self.network = build(loaded, config.seed)
        self._objective = Objective(self.network, config.loss.kind)
        trained = [p for p in self._objective.parameters() if p.requires_grad]
        self._model, self._optimizer = self._accelerator.prepare(
            self._objective, torch.optim.Adam(trained, lr=config.schedule.rate)
        )
        self._augmentation = Augmentation(config.augmentation, config.network.size_px)
        # Real photos are only rotated.
        rotation_only = replace(
            config.augmentation, crop=1.0, perspective=0.0, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0
        )
        self._photo_augmentation = Augmentation(rotation_only, config.network.size_px)
        self._state = RunState()

    def run(self, progress: Progress) -> EmbeddingNetwork:
        """Trains to the end, resuming an interrupted run, and returns the best network.

        Raises:
            EarthLocError: the data cannot be used, or the folder cannot be written.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            progress.report("open the imagery", 0, 1)
            sources = open_sources(self.config, self._data, self.out)
            try:
                progress.report("imagery", 1, 1, sources.description)
                self._check_folder(sources)
                self._train(sources, progress)
            finally:
                sources.places.close()
        except OSError as error:
            raise OutputError.from_os_error(self.out, error) from error
        finally:
            self._accelerator.end_training()
        return self.network.eval()

    @property
    def _is_main_process(self) -> bool:
        return bool(self._accelerator.is_main_process)

    def _train(self, sources: Sources, progress: Progress) -> None:
        schedule, config = self.config.schedule, self.config
        weights = None
        if config.mining.weighted and sources.miner is not None:
            weights = sources.miner.photos_per_place(len(sources.places.places))
        sampler = PlaceBatchSampler(sources.places.places, config.sampling, config.seed, weights)
        self._restore(sampler)
        loader = BatchLoader(sources.places, sources.miner, sampler, config.network.size_px, config.loss.neutral)
        log = TrainingLog(self.out, COLUMNS, self._state.step) if self._is_main_process else None
        try:
            for epoch in range(self._state.measured, schedule.epochs):
                if self._is_out_of_patience():
                    break
                self._train_epoch(epoch, sources, sampler, loader, log, progress)
                self._end_epoch(epoch, sources, sampler, log, progress)
            self._load_best()
        finally:
            if log is not None:
                log.close()

    def _is_out_of_patience(self) -> bool:
        patience = self.config.schedule.patience
        return 0 < patience <= self._state.stale

    def _train_epoch(
        self,
        epoch: int,
        sources: Sources,
        sampler: PlaceBatchSampler,
        loader: BatchLoader,
        log: TrainingLog | None,
        progress: Progress,
    ) -> None:
        schedule = self.config.schedule
        done = self._state.step - epoch * schedule.iterations
        if done == 0 and sampler.recluster_due(epoch):
            sampler.recluster(self._embed_places(sources, progress))
        count, rank = self._accelerator.num_processes, self._accelerator.process_index
        first, last = self._state.step, (epoch + 1) * schedule.iterations
        losses: list[float] = []
        images, start_time = 0, time.perf_counter()
        self._model.train()
        with closing(loader.load([step * count + rank for step in range(first, last)])) as batches:
            for batch in batches:
                loss, batch_images = self._training_step(batch, self._state.step * count + rank)
                losses.append(loss)
                images += batch_images * count
                self._state.step += 1
                if log is not None and self._state.step % _LOG_INTERVAL == 0:
                    images_per_s = images / (time.perf_counter() - start_time)
                    log.scalars(self._state.step, {"loss": float(np.mean(losses)), "images_per_s": images_per_s})
                    losses, images, start_time = [], 0, time.perf_counter()
                if self._state.step % schedule.save_every == 0 or self._state.step == last:
                    self._save(sampler)
                total = schedule.epochs * schedule.iterations
                progress.report("train", self._state.step, total, f"epoch {epoch + 1}, loss {loss:.3f}")

    def _training_step(self, batch: Batch, number: int) -> tuple[float, int]:
        """Takes one optimisation step; returns the loss and the number of pictures in the batch."""
        device = self._accelerator.device
        rng = np.random.default_rng([self.config.seed, 4, number])
        seed, photo_seed, dropout_seed = (int(s) for s in rng.integers(2**31, size=3))
        views = self._augmentation(batch.places.to(device), seed)
        places, years = views.shape[:2]
        labels = torch.arange(places, device=device).repeat_interleave(years)
        images = views.flatten(0, 1)
        if len(batch.photos):
            photos = self._photo_augmentation(batch.photos.to(device), photo_seed)
            images = torch.cat([images, photos.flatten(0, 1)])
            labels = torch.cat([labels, batch.photo_places.to(device)])
        attract_only = torch.arange(len(labels), device=device) >= places * years
        torch.manual_seed(dropout_seed)
        normalised = self.network.normalised(images)
        loss = self._model(normalised, labels, batch.overlapping.to(device), attract_only)
        self._optimizer.zero_grad()
        self._accelerator.backward(loss)
        self._optimizer.step()
        return float(loss.detach()), len(labels)

    def _end_epoch(
        self, epoch: int, sources: Sources, sampler: PlaceBatchSampler, log: TrainingLog | None, progress: Progress
    ) -> None:
        """Validates the network, logs the result, and saves the network if it is the best so far."""
        message: list[Any] = [None]
        if self._is_main_process:
            result = self._validate(sources, progress)
            message = [result.recall]
            if log is not None:
                log.scalars(self._state.step, {f"recall_at_{k}": value for k, value in result.recall.items()})
                log.image(self._state.step, "predictions", result.sheet)
        recall = broadcast_object_list(message)[0][_SELECTION_RANK]
        self._state.measured = epoch + 1
        self._state.stale += 1
        if recall > self._state.best:
            self._state.best, self._state.stale = recall, 0
            if self._is_main_process:
                save_atomically(self.out / NETWORK, self.network.state_dict())
        self._save(sampler)

    def _validate(self, sources: Sources, progress: Progress) -> ValidationResult:
        return sources.validation.measure(self._embedder(), progress)

    def _embedder(self) -> NetworkEmbedder:
        return NetworkEmbedder(self.network, self._accelerator.device, self._bf16)

    def _embed_places(self, sources: Sources, progress: Progress) -> NDArray[np.float32]:
        """Computes descriptors of the newest picture of every place; zeros for a place without a picture.

        Each process embeds its share of the places.
        """
        count, rank = self._accelerator.num_processes, self._accelerator.process_index
        total, size_px = len(sources.places.places), self.config.network.size_px
        embedder = self._embedder()
        own = np.zeros((-(-total // count), self.network.dimension), np.float32)
        numbers = list(range(rank, total, count))
        for start in range(0, len(numbers), _EMBED_BATCH):
            progress.report("cluster", start * count, total)
            rows, pictures = [], []
            for row, number in enumerate(numbers[start : start + _EMBED_BATCH], start):
                picture = sources.places.newest(number, size_px)
                if picture is not None:
                    rows.append(row)
                    pictures.append(picture)
            if rows:
                own[rows] = embedder.embed(np.stack(pictures))
        gathered = self._accelerator.gather(torch.from_numpy(own).to(self._accelerator.device)).cpu().numpy()
        shared: NDArray[np.float32] = gathered.reshape(count, len(own), -1).transpose(1, 0, 2)
        return np.ascontiguousarray(shared.reshape(count * len(own), -1)[:total])

    # -- checkpoints --------------------------------------------------------------------------------

    def _check_folder(self, sources: Sources) -> None:
        """Raises an error if the folder holds a run of another configuration; only its length may differ."""
        settings = asdict(self.config)
        for changeable in ("epochs", "patience", "save_every"):
            settings["schedule"].pop(changeable)
        manifest = self.out / MANIFEST
        text = json.dumps({"source": sources.description, **settings}, sort_keys=True)
        if manifest.is_file() and manifest.read_text(encoding="utf-8") != text:
            raise InputError(self.out, "holds a run of another configuration", "give another --out folder")
        if self._is_main_process:
            manifest.write_text(text, encoding="utf-8")

    def _save(self, sampler: PlaceBatchSampler) -> None:
        if self._is_main_process:
            state = {
                "objective": self._objective.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "batches": sampler.state_dict(),
                "progress": asdict(self._state),
            }
            save_atomically(self.out / STATE, state)

    def _restore(self, sampler: PlaceBatchSampler) -> None:
        state = load_state(self.out / STATE)
        if state is None:
            return
        try:
            load_strict(self._objective, state["objective"], self.out / STATE)
            self._optimizer.load_state_dict(state["optimizer"])
            sampler.load_state_dict(state["batches"])
            self._state = RunState(**state["progress"])
        except EarthLocError:
            raise
        except Exception as error:  # a checkpoint of another program can raise almost anything here
            raise InputError(
                self.out / STATE, "is not a checkpoint of this training", "delete it to start again"
            ) from error

    def _load_best(self) -> None:
        """Loads the weights of the best network."""
        self._accelerator.wait_for_everyone()
        best = load_state(self.out / NETWORK)
        if best is None:
            raise InputError(self.out / NETWORK, "is missing", "delete state.pt and train again")
        load_strict(self.network, best, self.out / NETWORK)
