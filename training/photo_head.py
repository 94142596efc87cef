"""Learns a new last layer for photos, against the fixed descriptors of an index's tiles.

The loss is InfoNCE over thousands of tiles of the index: each view of a photo against its tiles, without tiles that it
overlaps in part. `attraction` = "pairs" uses AstroLoc's form instead (multi-similarity with alpha = 1, beta = 50).
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.progress import Progress
from training.mining import ShownTiles, one_photo_a_place
from training.sampling import kmeans

# Tiles of a view's place: at least this overlap, and this share of the best one's.
_MIN_PAIR_IOU, _PAIR_SHARE = 0.3, 0.7
_MAX_SCALE = 80.0
_SCALE_RATE = 1e-3
_WARM_UP_STEPS = 20
_ALPHA, _BETA = 1.0, 50.0

_FAR = -1e9


@dataclass(frozen=True)
class HeadConfig:
    """Training of the last layer.

    Attributes:
        steps, batch: number of steps, and views in a batch.
        rate: peak learning rate of Adam.
        tiles: tiles of the index, drawn anew in each step, that a view is told apart from, besides those it overlaps.
        simulated_share: share of simulated photos in a batch, if there are any.
        clusters: number of clusters of tiles; each is drawn with a probability proportional to its photos (AstroLoc).
        loss: "info_nce" or "pairs".
        temperature: initial temperature of InfoNCE; it is learned.
        dropout: share of the features set to zero.
    """

    steps: int = 150
    batch: int = 128
    rate: float = 5e-4
    tiles: int = 6000
    simulated_share: float = 0.7
    clusters: int = 50
    loss: str = "info_nce"
    temperature: float = 1 / 16
    dropout: float = 0.0


@dataclass(frozen=True, eq=False)
class Views:
    """Features of views of photos before the last layer.

    Attributes:
        features: float32 (n, features).
        photo: (n,) number of the photo that each view is cut from.
        shown: the tiles that each view overlaps.
        look: (n,) pass whose look a simulated photo has; "" for none. Empty for real photos.
    """

    features: NDArray[np.float32]
    photo: NDArray[np.int64]
    shown: ShownTiles
    look: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.photo)

    def of_photos(self, photos: NDArray[np.int64]) -> Views:
        """The views of some photos."""
        return self._rows(np.flatnonzero(np.isin(self.photo, photos)))

    def without_look(self, passes: Collection[str]) -> Views:
        """The views that do not have the look of these passes."""
        return self._rows(np.array([row for row, name in enumerate(self.look) if name not in passes], np.int64))

    def _rows(self, rows: NDArray[np.int64]) -> Views:
        shown = ShownTiles([self.shown.rows[r] for r in rows], [self.shown.overlaps[r] for r in rows])
        look = tuple(self.look[r] for r in rows) if self.look else ()
        return Views(self.features[rows], self.photo[rows], shown, look)


class Batches:
    """Draws batches of views: real ones from clusters of tiles, by their number of photos, and simulated ones.

    Args:
        real: views of located photos.
        simulated: views of simulated photos, one each; may be empty.
        tiles: descriptors (m, dimension) of the index's tiles.
        config: configuration.
        seed: seed of all random choices.
    """

    def __init__(
        self, real: Views, simulated: Views, tiles: NDArray[np.float32], config: HeadConfig, seed: int
    ) -> None:
        self._real, self._simulated, self._config = real, simulated, config
        self._rng = np.random.default_rng([seed, 1])
        best = np.array([real.shown.best(view)[0] for view in range(len(real))])
        self._usable = np.flatnonzero(best >= 0)
        self._labels = np.full(len(real), -1)
        if len(self._usable):
            self._labels[self._usable] = kmeans(tiles[best[self._usable]], config.clusters, seed)
        photos = [len(np.unique(real.photo[self._labels == label])) for label in range(self._labels.max() + 1)]
        self._probability = np.array(photos, np.float64) / max(1, sum(photos))

    def draw(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of a batch in the real and in the simulated views."""
        share = self._config.simulated_share if len(self._simulated) else 0.0
        simulated = min(round(share * self._config.batch), len(self._simulated))
        wanted = self._config.batch - simulated
        clusters = self._rng.choice(
            len(self._probability), len(self._probability), replace=False, p=_positive(self._probability)
        )
        # The views of the first cluster in random order, then those of the next one, until the batch is full.
        order = np.concatenate([self._rng.permutation(np.flatnonzero(self._labels == label)) for label in clusters])
        chosen = one_photo_a_place(order.tolist(), self._real.photo, self._real.shown, wanted)
        return np.array(chosen, np.int64), self._rng.choice(len(self._simulated), simulated, replace=False)


def _positive(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities without zeros, because every cluster takes its turn when the batch is not full."""
    raised = probability + 1e-9
    normalised: NDArray[np.float64] = raised / raised.sum()
    return normalised


class PhotoHead(nn.Module):
    """The last layer: normalised(features @ weight.T + bias), (n, features) to (n, dimension)."""

    def __init__(self, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, features: Tensor) -> Tensor:
        """Returns descriptors of length 1."""
        return functional.normalize(functional.linear(features, self.weight, self.bias), dim=1)

    def arrays(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight and bias."""
        return self.weight.detach().numpy().copy(), self.bias.detach().numpy().copy()


def learn_head(
    head: tuple[NDArray[np.float32], NDArray[np.float32]],
    real: Views,
    simulated: Views,
    tiles: NDArray[np.float32],
    config: HeadConfig,
    seed: int,
    progress: Progress,
    stage: str = "learn",
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Learns weight and bias, starting from those of the model; the same for the same seed and number of threads.

    Args:
        head: weight (dimension, features) and bias (dimension,) to start from.
        real, simulated: views to learn from; simulated ones may be missing.
        tiles: descriptors (m, dimension), each of length 1.
        config: configuration.
        seed: seed of all random choices.
        progress: reports `stage`; may be cancelled.
        stage: name of this training in the progress.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 2])
    batches, module = Batches(real, simulated, tiles, config, seed), PhotoHead(*head)
    bank = torch.from_numpy(tiles)
    scale = nn.Parameter(torch.tensor(-math.log(config.temperature)))
    groups: list[dict[str, Any]] = [{"params": module.parameters()}, {"params": [scale], "lr": _SCALE_RATE}]
    optimizer = torch.optim.Adam(groups)
    for step in range(config.steps):
        progress.report(stage, step, config.steps)
        warm_up = min(1.0, (step + 1) / _WARM_UP_STEPS)
        optimizer.param_groups[0]["lr"] = config.rate * warm_up * (0.5 * (1 + math.cos(math.pi * step / config.steps)))
        real_rows, simulated_rows = batches.draw()
        features = np.concatenate([real.features[real_rows], simulated.features[simulated_rows]])
        shown = _joined(real.shown, real_rows, simulated.shown, simulated_rows)
        others = rng.choice(len(tiles), min(config.tiles, len(tiles)), replace=False)
        columns = np.unique(np.concatenate([others, *shown.rows]))
        known = functional.dropout(torch.from_numpy(features), config.dropout)
        scores = module(known) @ bank[torch.from_numpy(columns)].T
        overlap = _overlap_matrix(shown, columns)
        loss = pair_loss(scores, overlap) if config.loss == "pairs" else nce_loss(scores, overlap, scale)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    progress.report(stage, config.steps, config.steps)
    return module.arrays()


def nce_loss(scores: Tensor, overlap: Tensor, scale: Tensor) -> Tensor:
    """InfoNCE with several tiles for each view, weighted by their overlap.

    log(1 + sum over others of exp(scale S) / weighted mean over the view's tiles of exp(scale S)), averaged over views.

    Args:
        scores: (views, tiles) cosine similarities S.
        overlap: (views, tiles) intersection over union; tiles that are neither a view's own nor without overlap are
            left out.
        scale: logarithm of the factor of the similarities.
    """
    scaled = scores * scale.exp().clamp(max=_MAX_SCALE)
    weights = pair_weights(overlap)
    others = torch.logsumexp(scaled.masked_fill(overlap > 0, _FAR), dim=1)
    own = torch.logsumexp(torch.where(weights > 0, scaled + weights.clamp(min=1e-9).log(), torch.tensor(_FAR)), dim=1)
    return functional.softplus(others - own).mean()


def pair_loss(scores: Tensor, overlap: Tensor) -> Tensor:
    """AstroLoc's loss of pairs for fixed tiles: photo to tile alone, because only the photo's side learns.

    log(1 + exp(-alpha S)) / alpha for the mean similarity with the view's tiles, plus log(1 + sum over others of
    exp(beta S)) / beta; see `nce_loss` for the arguments and `losses.PairLoss` for both sides.
    """
    own = (scores * pair_weights(overlap)).sum(dim=1)
    others = torch.logsumexp((_BETA * scores).masked_fill(overlap > 0, _FAR), dim=1)
    return (functional.softplus(-_ALPHA * own) / _ALPHA + functional.softplus(others) / _BETA).mean()


def pair_weights(overlap: Tensor) -> Tensor:
    """Weights (views, tiles) of each view's own tiles, which sum to 1: their overlap; 0 for all others."""
    limit = (_PAIR_SHARE * overlap.max(dim=1, keepdim=True).values).clamp(min=_MIN_PAIR_IOU)
    own = overlap * (overlap >= limit)
    return own / own.sum(dim=1, keepdim=True).clamp(min=1e-9)


def _joined(a: ShownTiles, a_rows: NDArray[np.int64], b: ShownTiles, b_rows: NDArray[np.int64]) -> ShownTiles:
    return ShownTiles(
        [a.rows[r] for r in a_rows] + [b.rows[r] for r in b_rows],
        [a.overlaps[r] for r in a_rows] + [b.overlaps[r] for r in b_rows],
    )


def _overlap_matrix(shown: ShownTiles, columns: NDArray[np.int64]) -> Tensor:
    matrix = torch.zeros(len(shown.rows), len(columns))
    for view, (rows, overlaps) in enumerate(zip(shown.rows, shown.overlaps, strict=True)):
        matrix[view, torch.from_numpy(np.searchsorted(columns, rows))] = torch.from_numpy(overlaps)
    return matrix


def no_views(features: int) -> Views:
    """No views, with this many features each."""
    return Views(np.empty((0, features), np.float32), np.empty(0, np.int64), ShownTiles([], []))
