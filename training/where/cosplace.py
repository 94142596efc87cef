"""CosPlace: places as classes during training, their descriptors for retrieval afterwards (Berton, Masone, Caputo:
"Rethinking visual geo-localization for large-scale applications", CVPR 2022), for photos from orbit.

A class is a cell of the grid and a turn of the picture, as the paper's is a cell and a heading. Classes next to each
other look alike, so they are divided into groups in which no two are neighbours (section 3.2), and each group has a
classifier of its own with the large-margin cosine loss (LMCL, section 3.3). The pooling is GeM. A discriminator behind
a gradient reversal makes descriptors of the mosaic and of photos alike (Ganin, Lempitsky: "Unsupervised domain
adaptation by backpropagation", ICML 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.where import cells

TURNS = 4


@dataclass(frozen=True)
class Groups:
    """How classes are divided into groups.

    Attributes:
        level: of the cells (the paper's M is the side of a cell).
        n: neighbours in a group are at least this many cells apart (the paper's N).
        turns: turns of a class in a group are this many steps apart (the paper's L, in steps of alpha = 90 degrees).
    """

    level: int = 2
    n: int = 2
    turns: int = 2

    @property
    def count(self) -> int:
        """Number of groups, N x N x L."""
        return self.n * self.n * self.turns

    def classes(self, lat: NDArray[Any], lon: NDArray[Any], turn: NDArray[Any]) -> NDArray[np.int64]:
        """Number of the class (n,) of pictures: cell * TURNS + turn."""
        return cells.cell_of(lat, lon, self.level) * TURNS + np.asarray(turn, np.int64) % TURNS

    def group_of(self, classes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Group of each class: (row mod N, column mod N, turn mod L) as one number.

        The columns go round the world, so N must divide their number, and L that of the turns.
        """
        cell, turn = np.divmod(classes, TURNS)
        row, column = np.divmod(cell, cells.shape(self.level)[1])
        return np.asarray(((row % self.n) * self.n + column % self.n) * self.turns + turn % self.turns)


class CosPlaceHead(nn.Module):
    """GeM and a linear layer: feature maps (n, positions, channels) to descriptors (n, dimension) of length 1.

    The maps have both signs, and GeM is for positive features: positive and negative parts are pooled separately.
    """

    def __init__(self, channels: int = 320, dimension: int = 128, power: float = 3.0) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.tensor(power))
        self.project = nn.Linear(2 * channels, dimension)

    def pool(self, maps: Tensor) -> Tensor:
        """GeM of local features of length 1, (n, 2 * channels)."""
        local = functional.normalize(torch.cat([maps.relu(), (-maps).relu()], dim=2), dim=2)
        return (local.clamp(min=1e-6) ** self.power).mean(dim=1) ** (1.0 / self.power)

    def forward(self, maps: Tensor) -> Tensor:
        """Descriptors."""
        return functional.normalize(self.project(self.pool(maps)), dim=1)

    @torch.no_grad()
    def initialise(self, pooled: Tensor) -> None:
        """Starts the linear layer with the principal directions of pooled features (n, 2 * channels), half whitened."""
        mean = pooled.mean(dim=0)
        centred = (pooled - mean).double()
        variances, directions = torch.linalg.eigh(centred.T @ centred / len(pooled))
        largest = slice(-self.project.out_features, None)
        weights = (directions[:, largest] / variances[largest].clamp(min=1e-9) ** 0.25).T.float()
        weights /= (pooled - mean).matmul(weights.T).std()
        self.project.weight.copy_(weights)
        self.project.bias.copy_(-(weights @ mean))


class MarginClassifier(nn.Module):
    """Large-margin cosine loss: cross-entropy of s (cos(theta_j) - m [j = y])  (Wang et al.: "CosFace", CVPR 2018).

    Args:
        dimension: of the descriptors.
        classes: number of classes.
        scale, margin: s and m; CosPlace has 30 and 0.40.
    """

    def __init__(self, dimension: int, classes: int, scale: float = 30.0, margin: float = 0.40) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, dimension))
        self.scale, self.margin = scale, margin

    def forward(self, descriptors: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of descriptors (n, dimension) of length 1 with their classes (n,)."""
        cosines = descriptors @ functional.normalize(self.weight, dim=1).T
        margins = functional.one_hot(labels, len(self.weight)) * self.margin
        return functional.cross_entropy(self.scale * (cosines - margins), labels)


class _ReverseGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.factor * gradients[0], None


def reverse_gradient(values: Tensor, factor: float) -> Tensor:
    """The values; their gradient is multiplied by -factor on the way back."""
    reversed_values: Tensor = _ReverseGradient.apply(values, factor)  # type: ignore[no-untyped-call, unused-ignore]
    return reversed_values


class DomainDiscriminator(nn.Module):
    """Tells descriptors of photos (1) from those of the mosaic (0)."""

    def __init__(self, dimension: int, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(dimension, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, descriptors: Tensor, is_photo: Tensor, factor: float) -> Tensor:
        """The discriminator's mean loss; it learns to lower it, and the descriptors to raise it by `factor`."""
        # Descriptors have length 1; the layers learn faster from values of about 1.
        scores = self.layers(reverse_gradient(descriptors, factor) * descriptors.shape[1] ** 0.5).squeeze(1)
        return functional.binary_cross_entropy_with_logits(scores, is_photo.float())
