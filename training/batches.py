"""Batches of photo-tile pairs, and the other photo-tile pairs in them that overlap too much to be negatives."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.errors import InputError
from training.cache import Pictures
from training.config import StepsConfig
from training.sampling import unit_vectors

_KM_PER_DEGREE = 111.195


class Pairs:
    """Photos, each paired with its tile.

    Attributes:
        tiles, photos: the pictures.
        tile_row: (n,) row in `tiles` of each photo's tile.
        photo_row: (n,) row in `photos`; photos whose tile the imagery does not cover are left out.

    Raises:
        InputError: no photo has a tile.
    """

    def __init__(self, tiles: Pictures, photos: Pictures) -> None:
        row_of = torch.full((int(max(tiles.tile.max(), photos.tile.max())) + 1,), -1)
        row_of[tiles.tile] = torch.arange(len(tiles))
        self.tiles, self.photos = tiles, photos
        self.photo_row = torch.nonzero(row_of[photos.tile] >= 0)[:, 0]
        self.tile_row = row_of[photos.tile[self.photo_row]]
        if len(self.photo_row) == 0:
            raise InputError(None, "no photo has a tile", "choose a larger region")
        place = photos.place[self.photo_row].numpy()
        self._vectors = unit_vectors(place[:, 0], place[:, 1])

    def batch(self, rng: np.random.Generator, config: StepsConfig) -> Tensor:
        """Draws the numbers of up to `config.batch` pairs, from one region or from anywhere, no tile twice."""
        count = len(self.photo_row)
        pool = np.arange(count)
        if rng.random() < config.region_share and count > config.region_photos:
            near = self._vectors @ self._vectors[rng.integers(count)]
            pool = np.argpartition(-near, config.region_photos)[: config.region_photos]
        chosen = rng.permutation(pool)
        _, first = np.unique(self.tile_row.numpy()[chosen], return_index=True)
        return torch.from_numpy(chosen[np.sort(first)][: config.batch])


def rotate_and_mirror(pictures: list[Tensor], rng: np.random.Generator) -> list[Tensor]:
    """Rotates and mirrors tensors (n, c, side, side) at random.

    Row i of every tensor gets the same rotation by a multiple of 90 degrees and the same mirroring.
    """
    transformed = [torch.empty_like(part) for part in pictures]
    symmetries = rng.integers(8, size=len(pictures[0]))
    for symmetry in range(8):
        rows = torch.from_numpy(np.flatnonzero(symmetries == symmetry))
        for source, target in zip(pictures, transformed, strict=True):
            rotated = torch.rot90(source[rows], symmetry % 4, (2, 3))
            target[rows] = rotated.flip(3) if symmetry >= 4 else rotated
    return transformed


def neutral_pairs(photos: Tensor, tiles: Tensor, min_iou: float) -> Tensor:
    """Which photos and tiles overlap by more than `min_iou`: (n, m) bool for places (n, 3) and (m, 3).

    Treats footprints as north-up squares in the plane at the photo. That is exact enough to exclude a pair from the
    loss.
    """
    north = (tiles[None, :, 0] - photos[:, None, 0]).abs() * _KM_PER_DEGREE
    east = (tiles[None, :, 1] - photos[:, None, 1]).abs()
    east = torch.minimum(east, 360.0 - east) * _KM_PER_DEGREE * torch.cos(torch.deg2rad(photos[:, None, 0]))
    a, b = photos[:, None, 2], tiles[None, :, 2]
    reach, smaller = (a + b) / 2, torch.minimum(a, b)
    intersection = (reach - north).clamp(min=0).minimum(smaller) * (reach - east).clamp(min=0).minimum(smaller)
    return intersection / (a * a + b * b - intersection) > min_iou
