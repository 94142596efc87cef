"""Year-wise augmentation: one random view per year, the same for all places of a batch (EarthLoc, CVPR 2024).

All pictures of a year then share one transformation, so the network cannot tell negatives from positives by the
augmentation.
"""

from __future__ import annotations

from dataclasses import dataclass

import kornia.augmentation
import kornia.geometry.transform
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

# Pictures larger than the result by more than this factor are first shrunk with antialiasing; the warp does the rest.
_OVERSAMPLING = 1.6


@dataclass(frozen=True)
class AugmentationConfig:
    """Strength of each augmentation; 0 (crop: 1) switches a part off. The defaults are EarthLoc's.

    Attributes:
        rotation_deg: maximum rotation in either direction.
        crop: side of the random crop as a share of the picture's side.
        perspective: maximum inward shift of the corners, as a share of half a side; the empty edges are cropped away.
        brightness, contrast, saturation, hue: as in torchvision's ColorJitter.
        year_wise: True uses the same random parameters for all pictures of a year, False new ones for each picture.
    """

    rotation_deg: float = 45.0
    crop: float = 0.875
    perspective: float = 0.5
    brightness: float = 0.9
    contrast: float = 0.9
    saturation: float = 0.9
    hue: float = 0.0
    year_wise: bool = True


class Augmentation:
    """Makes random views of a batch.

    Args:
        config: strength of each augmentation.
        size_px: side of the views.
    """

    def __init__(self, config: AugmentationConfig, size_px: int) -> None:
        self.config = config
        self.size_px = size_px
        self._jitter = kornia.augmentation.ColorJitter(
            config.brightness, config.contrast, config.saturation, config.hue, p=1.0, same_on_batch=config.year_wise
        )

    def __call__(self, images: Tensor, seed: int) -> Tensor:
        """Returns views (places, years, 3, size_px, size_px) of (places, years, 3, side, side).

        The input is RGB in [0, 1] or uint8. The same seed gives the same views.
        """
        rng = np.random.default_rng(seed)
        # Converted to float one year at a time: a whole batch of large pictures would take gigabytes.
        views = [self._year_views(_to_unit_range(images[:, year]), rng) for year in range(images.shape[1])]
        return torch.stack(views, dim=1)

    def _year_views(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        side = min(images.shape[-1], round(self.size_px * _OVERSAMPLING))
        if side < images.shape[-1]:
            images = functional.interpolate(images, size=(side, side), mode="bilinear", antialias=True)
        count = 1 if self.config.year_wise else len(images)
        matrices = np.stack([self._matrix(side, rng) for _ in range(count)])
        to_view = torch.from_numpy(matrices).to(images).expand(len(images), 3, 3)
        views = kornia.geometry.transform.warp_perspective(images, to_view, (self.size_px, self.size_px))
        if not any((self.config.brightness, self.config.contrast, self.config.saturation, self.config.hue)):
            return views
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**31)))
            parameters = self._jitter.forward_parameters(views.shape)
        return self._jitter(views, params=parameters)

    def _matrix(self, side: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draws a homography (3, 3) from pixels of the picture to pixels of a random view of it."""
        config = self.config
        angle = np.radians(rng.uniform(-config.rotation_deg, config.rotation_deg))
        middle = (side - 1) / 2
        rotation = _translation(middle, middle) @ _rotation(angle) @ _translation(-middle, -middle)
        crop = config.crop * (side - 1)
        corner = rng.uniform(0, side - 1 - crop, 2)
        square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * crop
        inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * crop / 2
        quad = square + inwards * rng.uniform(0, config.perspective, (4, 2))
        perspective = _homography(square, quad)
        left, top = max(quad[0, 0], quad[3, 0]), max(quad[0, 1], quad[1, 1])
        right, bottom = min(quad[1, 0], quad[2, 0]), min(quad[2, 1], quad[3, 1])
        inner = min(right - left, bottom - top)
        origin = ((left + right - inner) / 2, (top + bottom - inner) / 2)
        scale = np.diag([(self.size_px - 1) / inner, (self.size_px - 1) / inner, 1.0])
        to_view = scale @ _translation(-origin[0], -origin[1])
        matrix: NDArray[np.float64] = to_view @ perspective @ _translation(*-corner) @ rotation
        return matrix


def _to_unit_range(images: Tensor) -> Tensor:
    return images.float() / 255 if images.dtype == torch.uint8 else images


def _translation(x: float, y: float) -> NDArray[np.float64]:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def _rotation(angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _homography(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    pairs = [torch.from_numpy(points.astype(np.float64))[None] for points in (source, target)]
    matrix: NDArray[np.float64] = kornia.geometry.transform.get_perspective_transform(*pairs)[0].numpy()
    return matrix
