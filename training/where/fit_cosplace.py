"""Trains CosPlace's head on the feature maps of a picture cache."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.progress import Progress
from training.where.cosplace import CosPlaceHead, DomainDiscriminator, Groups, MarginClassifier
from training.where.data import Maps

_INITIALISATION_PICTURES = 4000
_LARGEST_FACTOR_AFTER = 10.0  # Ganin's schedule of the reversal: 2 / (1 + exp(-10 p)) - 1


@dataclass(frozen=True)
class FitConfig:
    """How to train.

    Attributes:
        groups: classes and their groups.
        smallest_class: classes with fewer pictures are left out.
        dimension: of the descriptors.
        seconds: how long to train.
        group_steps: steps with one group before the next.
        batch: pictures in a step.
        rate, classifier_rate: learning rates of the head and of the classifiers.
        scale, margin: of the large-margin cosine loss.
        domain_weight: largest weight of the domain loss; 0 trains without domain adaptation.
        real: unlabelled real photos in a step.
        seed: of everything random.
    """

    groups: Groups = field(default_factory=Groups)
    smallest_class: int = 3
    dimension: int = 128
    seconds: float = 900.0
    group_steps: int = 50
    batch: int = 128
    rate: float = 5e-4
    classifier_rate: float = 1e-2
    scale: float = 30.0
    margin: float = 0.40
    domain_weight: float = 0.05
    real: int = 16
    seed: int = 1


@dataclass(frozen=True, eq=False)
class _Group:
    """Rows of the pictures of a group, and their labels 0, 1, ... in it."""

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    classes: int


def make_groups(maps: Maps, groups: Groups, smallest_class: int) -> list[_Group]:
    """The pictures of each group; classes with fewer than `smallest_class` pictures and empty groups are left out."""
    classes = groups.classes(maps.place[:, 0], maps.place[:, 1], maps.turn)
    numbers, of_picture, sizes = np.unique(classes, return_inverse=True, return_counts=True)
    group = groups.group_of(numbers)
    found = []
    for number in range(groups.count):
        members = np.flatnonzero((group == number) & (sizes >= smallest_class))
        label = np.full(len(numbers), -1)
        label[members] = np.arange(len(members))
        rows = np.flatnonzero(label[of_picture] >= 0)
        if len(members):
            found.append(_Group(rows, label[of_picture][rows], len(members)))
    return found


def fit(
    maps: Maps, is_photo: NDArray[np.bool_], real: NDArray[np.float16], config: FitConfig, progress: Progress
) -> CosPlaceHead:
    """Trains for `config.seconds` and returns the head.

    Args:
        maps: of tiles and photos.
        is_photo: (n,), of each of them.
        real: (m, positions, channels), maps of real photos whose places are not known.
        config: settings.
        progress: receives progress reports.
    """
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    groups = make_groups(maps, config.groups, config.smallest_class)
    head = CosPlaceHead(maps.maps.shape[2], config.dimension)
    some = rng.permutation(len(maps))[:_INITIALISATION_PICTURES]
    with torch.no_grad():
        head.initialise(torch.cat([head.pool(_tensor(maps.maps[part])) for part in np.array_split(some, 40)]))
    discriminator = DomainDiscriminator(config.dimension)
    heads = torch.optim.Adam([*head.parameters(), *discriminator.parameters()], lr=config.rate)
    classifiers = [MarginClassifier(config.dimension, g.classes, config.scale, config.margin) for g in groups]
    optimizers = [torch.optim.Adam(c.parameters(), lr=config.classifier_rate) for c in classifiers]
    with torch.no_grad():
        for classifier, group in zip(classifiers, groups, strict=True):
            _start_at_means(classifier, head, maps, group, config.smallest_class)
    start, step, last_report, losses = time.monotonic(), 0, time.monotonic(), []
    while (share := (time.monotonic() - start) / config.seconds) < 1.0:
        number = step // config.group_steps % len(groups)
        group = groups[number]
        for settings in heads.param_groups:
            settings["lr"] = config.rate * (1.0 - share)
        at = rng.integers(0, len(group.rows), config.batch)
        at = at[np.argsort(group.rows[at])]
        rows = group.rows[at]
        unlabelled = real[rng.integers(0, len(real), config.real if len(real) else 0)]
        descriptors = head(torch.cat([_tensor(maps.maps[rows]), _tensor(unlabelled)]))
        loss = classifiers[number](descriptors[: len(rows)], torch.from_numpy(group.labels[at]))
        losses.append(float(loss.detach()))
        if config.domain_weight:
            factor = 2.0 / (1.0 + np.exp(-_LARGEST_FACTOR_AFTER * share)) - 1.0
            photo = torch.from_numpy(np.concatenate([is_photo[rows], np.ones(len(unlabelled), bool)]))
            loss = loss + discriminator(descriptors, photo, config.domain_weight * factor)
        heads.zero_grad()
        optimizers[number].zero_grad()
        torch.autograd.backward(loss)
        heads.step()
        optimizers[number].step()
        step += 1
        progress.report("cosplace", int(share * 1000), 1000)
        if time.monotonic() - last_report > 60:
            print(f"step {step}: loss {np.mean(losses):.3f}, GeM's power {float(head.power):.2f}", flush=True)
            last_report, losses = time.monotonic(), []
    return head.eval()


def _start_at_means(classifier: MarginClassifier, head: CosPlaceHead, maps: Maps, group: _Group, count: int) -> None:
    """Starts each class at the mean descriptor of `count` of its pictures: from random ones it learns for long."""
    order = np.argsort(group.labels, kind="stable")
    first = np.flatnonzero(np.diff(group.labels[order], prepend=-1))
    total = torch.zeros_like(classifier.weight)
    for offset in range(count):
        rows = group.rows[order[first + offset]]
        total += torch.cat([head(_tensor(maps.maps[part])) for part in np.array_split(rows, len(rows) // 128 + 1)])
    classifier.weight.copy_(total)


@torch.inference_mode()
def describe(head: CosPlaceHead, maps: NDArray[np.float16]) -> NDArray[np.float32]:
    """Descriptors (n, dimension) of maps (n, positions, channels)."""
    parts = [head(_tensor(maps[start : start + 256])).numpy() for start in range(0, len(maps), 256)]
    return np.concatenate(parts)


def _tensor(maps: NDArray[np.float16]) -> Tensor:
    return torch.from_numpy(maps).float()
