"""Trains SatCLIP's location encoder on the descriptors of the mosaic's tiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.progress import Progress
from engine.where import cells
from engine.where.heads.gallery import Gallery, ImageHead
from training.where.contrast import ContrastConfig, Pairs, TorchImageHead, align
from training.where.encoders import SatClipLocation, spherical_harmonics
from training.where.galleries import LEVEL, gallery_cells
from training.where.geoclip import unit

_ROWS = 4096


@dataclass(frozen=True)
class SatClipConfig:
    """Settings of the encoder.

    Attributes:
        degree: L of the spherical harmonics.
        hidden, layers: of the SIREN.
        dimension: of the common space.
    """

    degree: int = 40
    hidden: int = 384
    layers: int = 2
    dimension: int = 128


@dataclass(frozen=True, eq=False)
class SatClip:
    """A trained encoder.

    Attributes:
        gallery: of LEVEL, not yet fitted.
        head: the image head.
        tiles: embeddings (n, dimension) of the tiles' places, of length 1: the keys of RANGE.
    """

    gallery: Gallery
    head: ImageHead
    tiles: np.ndarray


def train(
    tiles: Pairs,
    photos: Pairs | None,
    config: SatClipConfig,
    contrast: ContrastConfig,
    progress: Progress | None = None,
) -> SatClip:
    """Aligns descriptors with places; SatCLIP itself has no photos, only pictures from a satellite."""
    torch.manual_seed(contrast.seed)
    place = tiles.place if photos is None else np.concatenate([photos.place, tiles.place])
    numbers = gallery_cells(LEVEL)
    lat, lon = cells.centers(LEVEL)
    middles = np.stack([lat[numbers], lon[numbers]], axis=1)
    encoder = SatClipLocation(config.degree, config.hidden, config.layers, config.dimension)
    harmonics = harmonics_of(place[:, :2], config.degree)
    head = TorchImageHead(tiles.descriptors.shape[1], contrast.hidden, config.dimension)
    align(
        head,
        lambda rows: encoder.from_harmonics(harmonics[rows]),
        list(encoder.parameters()),
        photos,
        tiles,
        contrast,
        progress,
    )
    with torch.no_grad():
        of_cells = unit(encoder.from_harmonics(harmonics_of(middles, config.degree)))
        of_tiles = unit(encoder.from_harmonics(harmonics[-len(tiles) :]))
    return SatClip(Gallery(LEVEL, numbers, of_cells, 1.0, 0.5), head.for_engine(), of_tiles)


def harmonics_of(lat_lon: np.ndarray, degree: int) -> Tensor:
    """Spherical harmonics (n, degree^2), float32, computed piece by piece."""
    points = torch.from_numpy(np.ascontiguousarray(lat_lon, np.float64))
    parts = [
        spherical_harmonics(points[start : start + _ROWS], degree).float() for start in range(0, len(points), _ROWS)
    ]
    return torch.cat(parts)
