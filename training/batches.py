"""Batches of pairs of a photo and its tile, and which other pairs in them are neither alike nor unlike."""

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
    """Photos with the rows of their tiles.

    Attributes:
        tiles, photos: the pictures.
        tile_row: (n,) row in `tiles` of each photo's tile.
        photo_row: (n,) row in `photos`; photos whose tile the imagery does not cover are left out.
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
        """Numbers of pairs, from one region or from anywhere, each with another tile."""
        count = len(self.photo_row)
        pool = np.arange(count)
        if rng.random() < config.region_share and count > config.region_photos:
            near = self._vectors @ self._vectors[rng.integers(count)]
            pool = np.argpartition(-near, config.region_photos)[: config.region_photos]
        chosen = rng.permutation(pool)
        _, first = np.unique(self.tile_row.numpy()[chosen], return_index=True)
        return torch.from_numpy(chosen[np.sort(first)][: config.batch])


def turned(pictures: list[Tensor], rng: np.random.Generator) -> list[Tensor]:
    """Tensors (n, c, side, side), row i of each turned by the same multiple of 90 degrees and mirrored or not."""
    out = [torch.empty_like(part) for part in pictures]
    kinds = rng.integers(8, size=len(pictures[0]))
    for kind in range(8):
        rows = torch.from_numpy(np.flatnonzero(kinds == kind))
        for old, new in zip(pictures, out, strict=True):
            some = torch.rot90(old[rows], kind % 4, (2, 3))
            new[rows] = some.flip(3) if kind >= 4 else some
    return out


def neutral(photos: Tensor, tiles: Tensor, least_iou: float) -> Tensor:
    """Which photos and tiles overlap by more than `least_iou`: (n, m) for places (n, 3) and (m, 3).

    Both are taken for north-up squares in the plane at the photo, which is near enough to leave a pair out.
    """
    north = (tiles[None, :, 0] - photos[:, None, 0]).abs() * _KM_PER_DEGREE
    east = (tiles[None, :, 1] - photos[:, None, 1]).abs()
    east = torch.minimum(east, 360.0 - east) * _KM_PER_DEGREE * torch.cos(torch.deg2rad(photos[:, None, 0]))
    a, b = photos[:, None, 2], tiles[None, :, 2]
    reach, smaller = (a + b) / 2, torch.minimum(a, b)
    common = (reach - north).clamp(min=0).minimum(smaller) * (reach - east).clamp(min=0).minimum(smaller)
    return common / (a * a + b * b - common) > least_iou
