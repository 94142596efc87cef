"""Fits a network by the recipes of EarthLoc (CVPR 2024) and EarthLoc2.

Batches of places from one cluster of descriptors, several years of each, one augmentation a year, a loss that
leaves overlapping places alone, and real photos as further pictures. Everything is drawn by (seed, batch), so
that an interrupted run goes on with the very same batches. accelerate brings in bfloat16 and further devices:
each process then draws batches of its own, and gradients are averaged.
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
from training.checkpoint import load_state, save_whole
from training.curves import RECALLS, Curves
from training.losses import make_loss
from training.networks import EmbeddingNetwork, build
from training.networks.weights import load_strict
from training.published_config import PublishedConfig
from training.published_data import Batch, Batches, Sources, open_sources
from training.sampling import PlaceBatches
from training.validation import Measured, NetworkEmbedder

STATE, NETWORK, NOTE = "state.pt", "network.pt", "made-from.json"
COLUMNS = ["loss", "images_per_s", *RECALLS]
_NOTE_EVERY = 10
# Recall that decides which network is the best.
_BEST_BY = "5"
_EMBED_BATCH = 64


@dataclass
class RunState:
    """How far a run is.

    Attributes:
        step: batches done, over all epochs.
        best: highest recall so far.
        stale: epochs since then.
        measured: epochs whose recall is known.
    """

    step: int = 0
    best: float = -1.0
    stale: int = 0
    measured: int = 0


class Objective(nn.Module):
    """The network and the loss of a batch as one module, so that both train and are told apart by no wrapper.

    Args:
        network: gives descriptors.
        kind: of the loss.
    """

    def __init__(self, network: EmbeddingNetwork, kind: str) -> None:
        super().__init__()
        self.network = network
        self.loss = make_loss(kind)

    def forward(self, images: Tensor, places: Tensor, overlapping: Tensor, attract_only: Tensor) -> Tensor:
        """The loss of pictures (n, 3, h, w) as `EmbeddingNetwork.normalised` gives them; see losses for the rest."""
        descriptors = self.network(images)
        with torch.autocast(images.device.type, enabled=False):
            return self.loss(descriptors.float(), places, overlapping, attract_only)


class PublishedTrainer:
    """A training in a folder of its own.

    Args:
        config: the recipe.
        out: holds the checkpoint, the curves, and `network.pt`, the best network so far.
        data: folder that relative paths of the configuration count from.
        cpu: leave a GPU alone.
    """

    def __init__(self, config: PublishedConfig, out: Path, data: Path, cpu: bool = False) -> None:
        weights = config.network.weights
        self.config = config
        self.out = out
        self._data = data
        loaded = replace(config.network, weights=str(data / weights) if weights else None)
        precision = "bf16" if config.schedule.precision == "bf16" else "no"
        # What a backbone has and does not use, such as DINOv2's mask token, gets no gradient.
        kwargs = DistributedDataParallelKwargs(find_unused_parameters=True)
        self._accelerator = Accelerator(cpu=cpu, mixed_precision=precision, kwargs_handlers=[kwargs])
        self.network = build(loaded, config.seed)
        self._objective = Objective(self.network, config.loss.kind)
        trained = [p for p in self._objective.parameters() if p.requires_grad]
        self._model, self._optimizer = self._accelerator.prepare(
            self._objective, torch.optim.Adam(trained, lr=config.schedule.rate)
        )
        self._augmentation = Augmentation(config.augmentation, config.network.size_px)
        # Real photos are turned, and otherwise left as they are.
        kept = replace(
            config.augmentation, crop=1.0, perspective=0.0, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0
        )
        self._photo_augmentation = Augmentation(kept, config.network.size_px)
        self._at = RunState()

    def run(self, progress: Progress) -> EmbeddingNetwork:
        """Trains to the end, from where an interrupted run was; the best network.

        Raises:
            EarthLocError: the data cannot be used, or the folder cannot be written.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            progress.report("open the imagery", 0, 1)
            sources = open_sources(self.config, self._data, self.out)
            try:
                progress.report("imagery", 1, 1, sources.described)
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
    def _main(self) -> bool:
        return bool(self._accelerator.is_main_process)

    def _train(self, sources: Sources, progress: Progress) -> None:
        schedule, config = self.config.schedule, self.config
        drawn = PlaceBatches(sources.places.places, config.sampling, config.seed)
        self._restore(drawn)
        batches = Batches(sources.places, sources.mined, drawn, config.network.size_px, config.loss.neutral)
        curves = Curves(self.out, COLUMNS, self._at.step) if self._main else None
        try:
            for epoch in range(self._at.measured, schedule.epochs):
                if self._ended():
                    break
                self._train_epoch(epoch, sources, drawn, batches, curves, progress)
                self._end_epoch(epoch, sources, drawn, curves, progress)
            self._finish()
        finally:
            if curves is not None:
                curves.close()

    def _ended(self) -> bool:
        patience = self.config.schedule.patience
        return 0 < patience <= self._at.stale

    def _train_epoch(
        self,
        epoch: int,
        sources: Sources,
        drawn: PlaceBatches,
        batches: Batches,
        curves: Curves | None,
        progress: Progress,
    ) -> None:
        schedule = self.config.schedule
        done = self._at.step - epoch * schedule.iterations
        if done == 0 and drawn.recluster_due(epoch):
            drawn.recluster(self._describe_places(sources, progress))
        count, rank = self._accelerator.num_processes, self._accelerator.process_index
        first, last = self._at.step, (epoch + 1) * schedule.iterations
        losses: list[float] = []
        images, began = 0, time.perf_counter()
        self._model.train()
        with closing(batches.run([step * count + rank for step in range(first, last)])) as read:
            for batch in read:
                loss, seen = self._descend(batch, self._at.step * count + rank)
                losses.append(loss)
                images += seen * count
                self._at.step += 1
                if curves is not None and self._at.step % _NOTE_EVERY == 0:
                    pace = images / (time.perf_counter() - began)
                    curves.note(self._at.step, {"loss": float(np.mean(losses)), "images_per_s": pace})
                    losses, images, began = [], 0, time.perf_counter()
                if self._at.step % schedule.save_every == 0 or self._at.step == last:
                    self._save(drawn)
                total = schedule.epochs * schedule.iterations
                progress.report("train", self._at.step, total, f"epoch {epoch + 1}, loss {loss:.3f}")

    def _descend(self, batch: Batch, number: int) -> tuple[float, int]:
        """One step; the loss and how many pictures it is of."""
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
            labels = torch.cat([labels, batch.shown.to(device)])
        attract_only = torch.arange(len(labels), device=device) >= places * years
        torch.manual_seed(dropout_seed)
        normal = self.network.normalised(images)
        loss = self._model(normal, labels, batch.overlapping.to(device), attract_only)
        self._optimizer.zero_grad()
        self._accelerator.backward(loss)
        self._optimizer.step()
        return float(loss.detach()), len(labels)

    def _end_epoch(
        self, epoch: int, sources: Sources, drawn: PlaceBatches, curves: Curves | None, progress: Progress
    ) -> None:
        """Measures the network, keeps it when it is the best, and notes both."""
        told: list[Any] = [None]
        if self._main:
            found = self._measure(sources, progress)
            told = [found.recall]
            if curves is not None:
                curves.note(self._at.step, {f"recall_at_{k}": value for k, value in found.recall.items()})
                curves.show(self._at.step, "predictions", found.sheet)
        recall = broadcast_object_list(told)[0][_BEST_BY]
        self._at.measured = epoch + 1
        self._at.stale += 1
        if recall > self._at.best:
            self._at.best, self._at.stale = recall, 0
            if self._main:
                save_whole(self.out / NETWORK, self.network.state_dict())
        self._save(drawn)

    def _measure(self, sources: Sources, progress: Progress) -> Measured:
        return sources.validation.measure(self._embedder(), progress)

    def _embedder(self) -> NetworkEmbedder:
        return NetworkEmbedder(self.network, self._accelerator.device, self.config.schedule.precision == "bf16")

    def _describe_places(self, sources: Sources, progress: Progress) -> NDArray[np.float32]:
        """Descriptors of the newest picture of every place, each process embedding its share; 0 where there is none."""
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

    # -- what is kept -------------------------------------------------------------------------------

    def _check_folder(self, sources: Sources) -> None:
        """Refuses a folder that holds the run of another recipe; how long it runs may change."""
        described = asdict(self.config)
        for free in ("epochs", "patience", "save_every"):
            described["schedule"].pop(free)
        note = self.out / NOTE
        text = json.dumps({"source": sources.described, **described}, sort_keys=True)
        if note.is_file() and note.read_text(encoding="utf-8") != text:
            raise InputError(self.out, "holds a run of another configuration", "give another --out folder")
        if self._main:
            note.write_text(text, encoding="utf-8")

    def _save(self, drawn: PlaceBatches) -> None:
        if self._main:
            state = {
                "objective": self._objective.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "batches": drawn.state_dict(),
                "progress": asdict(self._at),
            }
            save_whole(self.out / STATE, state)

    def _restore(self, drawn: PlaceBatches) -> None:
        state = load_state(self.out / STATE)
        if state is None:
            return
        try:
            load_strict(self._objective, state["objective"], self.out / STATE)
            self._optimizer.load_state_dict(state["optimizer"])
            drawn.load_state_dict(state["batches"])
            self._at = RunState(**state["progress"])
        except EarthLocError:
            raise
        except Exception as error:  # another program's checkpoint raises whatever it provokes
            raise InputError(self.out / STATE, "is of another training", "delete it to start anew") from error

    def _finish(self) -> None:
        """Loads the best network."""
        self._accelerator.wait_for_everyone()
        best = load_state(self.out / NETWORK)
        if best is None:
            raise InputError(self.out / NETWORK, "is missing", "delete state.pt and train again")
        load_strict(self.network, best, self.out / NETWORK)
