"""Trains GeoCLIP's alignment on a model's descriptors, from scratch or from the published location encoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.errors import UsageError
from engine.progress import Progress
from engine.where import cells
from engine.where.heads.gallery import Gallery, ImageHead
from training.where.contrast import ContrastConfig, Pairs, TorchImageHead, align
from training.where.encoders import GeoClipLocation
from training.where.galleries import LEVEL, gallery_cells

STARTS = ("scratch", "published", "random")
_ROWS = 4096  # places embedded at a time


@dataclass(frozen=True)
class GeoClipConfig:
    """Settings of the encoder.

    Attributes:
        start: "scratch" trains a small encoder; "published" keeps the published one as it is and trains a network on
            its result; "random" does so with an untrained encoder of that size, to tell what the weights are worth.
        hidden: width of the capsules, or of the network on a fixed encoder.
        dimension: of the common space.
    """

    start: str = "scratch"
    hidden: int = 256
    dimension: int = 128


def train(
    tiles: Pairs,
    photos: Pairs | None,
    config: GeoClipConfig,
    contrast: ContrastConfig,
    weights: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Gallery, ImageHead]:
    """Aligns descriptors with places.

    Args:
        tiles, photos: pictures with their places.
        config, contrast: settings.
        weights: location_encoder_weights.pth of the package geoclip, for "published".
        progress: reports, and may cancel.

    Returns:
        The gallery of LEVEL, not yet fitted, and the image head.
    """
    torch.manual_seed(contrast.seed)
    place = tiles.place if photos is None else np.concatenate([photos.place, tiles.place])
    points = torch.from_numpy(np.ascontiguousarray(place[:, :2]))
    numbers = gallery_cells(LEVEL)
    lat, lon = cells.centers(LEVEL)
    middles = torch.from_numpy(np.stack([lat[numbers], lon[numbers]], axis=1).astype(np.float32))
    if config.start == "scratch":
        encoder: nn.Module = GeoClipLocation(config.hidden, config.dimension, seed=contrast.seed)
    else:
        fixed = (
            GeoClipLocation(seed=contrast.seed)
            if config.start == "random"
            else GeoClipLocation.published(_given(weights))
        )
        points, middles = standardised(embed(fixed, points), embed(fixed, middles))
        encoder = nn.Sequential(
            nn.Linear(points.shape[1], 2 * config.hidden), nn.ReLU(), nn.Linear(2 * config.hidden, config.dimension)
        )
    head = TorchImageHead(tiles.descriptors.shape[1], contrast.hidden, config.dimension)
    align(head, lambda rows: encoder(points[rows]), list(encoder.parameters()), photos, tiles, contrast, progress)
    return Gallery(LEVEL, numbers, unit(embed(encoder, middles)), 1.0, 0.5), head.for_engine()


def embed(encoder: nn.Module, points: Tensor) -> Tensor:
    """Embeds many points without gradients."""
    with torch.no_grad():
        return torch.cat([encoder(points[start : start + _ROWS]) for start in range(0, len(points), _ROWS)])


def standardised(points: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Both with mean 0 and deviation 1 in each column of the first."""
    mean, deviation = points.mean(dim=0), points.std(dim=0).clamp(min=1e-6)
    return (points - mean) / deviation, (others - mean) / deviation


def unit(vectors: Tensor) -> NDArray[np.float32]:
    """Vectors (n, d) of length 1."""
    return nn.functional.normalize(vectors, dim=-1).numpy().astype(np.float32)


def _given(weights: Path | None) -> Path:
    if weights is None:
        raise UsageError(None, "the published start needs its weights", "give location_encoder_weights.pth")
    return weights
