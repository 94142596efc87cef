"""Trains GeoDecoder on the feature maps of a picture cache."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.progress import Progress
from training.precision import bfloat16_is_fast
from training.where.data import Maps
from training.where.geodecoder import GeoDecoder, GeoDecoderConfig, soft_cross_entropy
from training.where.grid import CellLevel
from training.where.scenes import SCENES

_MAX_GRADIENT_NORM = 2.0
_WARM_UP_STEPS = 25


@dataclass(frozen=True)
class FitConfig:
    """How to train.

    Attributes:
        levels: of the grid of cells, coarse to fine.
        hierarchy_weights: of the losses of the levels.
        scene_weight: of the loss of the scene.
        smoothing: of the labels.
        spread: of the soft labels, in sides of a cell.
        seconds: how long to train.
        batch: pictures in a step.
        rate: peak learning rate.
        weight_decay: of AdamW.
        kept_positions: share of the positions of a map that a step sees.
        tile_share: share of the pictures that are tiles; the others are photos.
        seed: of everything random.
    """

    levels: tuple[int, ...] = (0, 1, 2, 3)
    hierarchy_weights: tuple[float, ...] = (0.2, 0.2, 0.3, 0.3)
    scene_weight: float = 0.1
    smoothing: float = 0.1
    spread: float = 0.5
    seconds: float = 1200.0
    batch: int = 128
    rate: float = 2e-3
    weight_decay: float = 0.05
    kept_positions: float = 0.6
    tile_share: float = 0.25
    seed: int = 1


def network_config(levels: list[CellLevel], positions: int, channels: int) -> GeoDecoderConfig:
    """The sizes of the network for these classes and feature maps."""
    classes = tuple(len(level.numbers) for level in levels)
    return GeoDecoderConfig(classes, len(SCENES), channels=channels, positions=positions)


class Labels:
    """Scenes and soft labels of pictures."""

    def __init__(self, maps: Maps, scenes: NDArray[np.int64], levels: list[CellLevel], spread: float) -> None:
        self.scene = torch.from_numpy(scenes)
        found = [level.targets(maps.place[:, 0], maps.place[:, 1], spread) for level in levels]
        self.classes = [torch.from_numpy(classes) for classes, _ in found]
        self.weights = [torch.from_numpy(weights) for _, weights in found]

    def loss(self, network: GeoDecoder, decoded: Tensor, rows: Tensor, config: FitConfig) -> Tensor:
        """The loss of decoded pictures of the given rows: cells by the true scene's queries, and the scene."""
        scene = self.scene[rows]
        total = config.scene_weight * functional.cross_entropy(
            network.scene_scores(decoded), scene, label_smoothing=config.smoothing
        )
        scores = network.cell_scores(decoded, scene)
        for score, classes, weights, share in zip(
            scores, self.classes, self.weights, config.hierarchy_weights, strict=True
        ):
            total = total + share * soft_cross_entropy(score, classes[rows], weights[rows], config.smoothing)
        return total


def fit(
    photos: Maps,
    tiles: Maps,
    validation: Maps,
    scenes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    levels: list[CellLevel],
    config: FitConfig,
    progress: Progress,
    checkpoint: Path | None = None,
    start: GeoDecoder | None = None,
) -> GeoDecoder:
    """Trains for `config.seconds` and returns the network.

    Args:
        photos, tiles: to train on.
        validation: its loss is printed.
        scenes: of the three, (n,) each.
        levels: the classes.
        config: settings.
        progress: receives progress reports.
        checkpoint: where the weights are saved from time to time.
        start: network to go on from; None starts with random weights.
    """
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    network = GeoDecoder(network_config(levels, photos.maps.shape[1], photos.maps.shape[2]))
    if start is not None:
        network.load_state_dict(start.state_dict())
    network.train()
    labels = [Labels(m, s, levels, config.spread) for m, s in zip((photos, tiles, validation), scenes, strict=True)]
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.weight_decay)
    from_tiles = round(config.batch * config.tile_share)
    kept = round(config.kept_positions * photos.maps.shape[1])
    begin, step, last_report, losses = time.monotonic(), 0, time.monotonic(), []
    while (share := (time.monotonic() - begin) / config.seconds) < 1.0:
        for group in optimizer.param_groups:
            group["lr"] = config.rate * min(1.0, (step + 1) / _WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * share))
        positions = torch.from_numpy(np.sort(rng.permutation(photos.maps.shape[1])[:kept]))
        loss = torch.zeros(())
        for source, label, count in ((photos, labels[0], config.batch - from_tiles), (tiles, labels[1], from_tiles)):
            rows = np.sort(rng.integers(0, len(source), count))
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_is_fast()):  # twice as fast
                decoded = network.decode(torch.from_numpy(source.maps[rows]).float(), positions)
                part = label.loss(network, decoded, torch.from_numpy(rows), config)
            loss = loss + count / config.batch * part
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), _MAX_GRADIENT_NORM)
        optimizer.step()
        step += 1
        losses.append(float(loss.detach()))
        progress.report("geodecoder", int(share * 1000), 1000)
        if time.monotonic() - last_report > 60:
            held = validation_loss(network, validation, labels[2], config)
            print(f"step {step}: loss {np.mean(losses):.3f}, of validation {held}", flush=True)
            last_report, losses = time.monotonic(), []
            if checkpoint is not None:
                torch.save(network.state_dict(), checkpoint)
    return network.eval()


@torch.inference_mode()
def validation_loss(network: GeoDecoder, maps: Maps, labels: Labels, config: FitConfig) -> str:
    """Mean negative log-likelihood of the soft labels at each level, without smoothing, as text."""
    network.eval()
    totals = np.zeros(len(labels.classes))
    for rows in torch.split(torch.arange(len(maps)), config.batch):
        decoded = network.decode(torch.from_numpy(maps.maps[rows.numpy()]).float())
        scores = network.cell_scores(decoded, network.scene_scores(decoded).argmax(dim=1))
        for k, score in enumerate(scores):
            totals[k] += len(rows) * float(
                soft_cross_entropy(score, labels.classes[k][rows], labels.weights[k][rows], 0.0)
            )
    network.train()
    return " ".join(f"{total / len(maps):.2f}" for total in totals)
