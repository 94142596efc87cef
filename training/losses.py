"""Losses over a batch of places with several pictures each. Pictures of overlapping places are no negatives.

Both losses take descriptors, the place of each descriptor, and which places overlap (`training.overlap`). A pair of
pictures of two overlapping places is *neutral*: the loss never pushes it apart (EarthLoc, CVPR 2024).
"""

from __future__ import annotations

import math

import torch
from pytorch_metric_learning.distances import CosineSimilarity, DotProductSimilarity
from pytorch_metric_learning.losses import MultiSimilarityLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch import Tensor, nn

from engine.errors import UsageError

_MAX_SCALE = 100.0


class NeutralMultiSimilarityLoss(nn.Module):
    """Multi-similarity loss on mined pairs without the neutral pairs. The defaults are EarthLoc's.

    Wang et al.: "Multi-similarity loss with general pair weighting for deep metric learning", CVPR 2019.

    Args:
        alpha, beta, base: parameters of the loss.
        epsilon: margin of the miner.
    """

    def __init__(self, alpha: float = 1.0, beta: float = 50.0, base: float = 0.0, epsilon: float = 0.1) -> None:
        super().__init__()
        self._loss = MultiSimilarityLoss(alpha, beta, base, distance=DotProductSimilarity())
        self._miner = MultiSimilarityMiner(epsilon, distance=CosineSimilarity())

    def forward(
        self,
        descriptors: Tensor,
        places: Tensor,
        overlapping: Tensor | None = None,
        attract_only: Tensor | None = None,
    ) -> Tensor:
        """Returns the loss, a scalar.

        Args:
            descriptors: (n, d).
            places: (n,) integers; pictures of the same place are positives.
            overlapping: (p, p) bool, by place; None if no two places overlap.
            attract_only: (n,) bool; pictures in no negative pair, such as EarthLoc2's mined photos.
        """
        descriptors = descriptors.float()
        anchors, positives, pushing, negatives = self._miner(descriptors, places)
        keep = torch.ones_like(pushing, dtype=torch.bool)
        if overlapping is not None:
            keep &= ~overlapping[places[pushing], places[negatives]]
        if attract_only is not None:
            keep &= ~(attract_only[pushing] | attract_only[negatives])
        return self._loss(descriptors, places, (anchors, positives, pushing[keep], negatives[keep]))


class NeutralInfoNceLoss(nn.Module):
    """InfoNCE with a learned temperature: each positive against all negatives of its anchor, without neutral pairs.

    Args:
        temperature: initial temperature.
    """

    def __init__(self, temperature: float = 0.07) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    def forward(
        self,
        descriptors: Tensor,
        places: Tensor,
        overlapping: Tensor | None = None,
        attract_only: Tensor | None = None,
    ) -> Tensor:
        """Returns the loss, a scalar; see NeutralMultiSimilarityLoss for the arguments."""
        descriptors = descriptors.float()
        similarities = descriptors @ descriptors.T * self.log_scale.exp().clamp(max=_MAX_SCALE)
        same = places[:, None] == places[None, :]
        negative = ~same
        if overlapping is not None:
            negative = negative & ~overlapping[places[:, None], places[None, :]]
        if attract_only is not None:
            negative = negative & ~(attract_only[:, None] | attract_only[None, :])
        rest = torch.logsumexp(similarities.masked_fill(~negative, -torch.inf), dim=1, keepdim=True)
        positive = same & ~torch.eye(len(places), dtype=torch.bool, device=places.device)
        if not bool(positive.any()):
            return descriptors.sum() * 0.0
        return (torch.logaddexp(similarities, rest) - similarities)[positive].mean()


_LOSSES: dict[str, type[NeutralMultiSimilarityLoss] | type[NeutralInfoNceLoss]] = {
    "multi_similarity": NeutralMultiSimilarityLoss,
    "info_nce": NeutralInfoNceLoss,
}


def make_loss(name: str) -> NeutralMultiSimilarityLoss | NeutralInfoNceLoss:
    """Makes the loss "multi_similarity" or "info_nce" with its default parameters.

    Raises:
        UsageError: there is no such loss.
    """
    if name not in _LOSSES:
        raise UsageError(None, f"loss {name!r} is unknown", f"use {' or '.join(_LOSSES)}")
    return _LOSSES[name]()
