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
from torch.nn import functional

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


class PairLoss(nn.Module):
    """AstroLoc's loss of pairs: attracts a photo to its tile, repels both from the other photos and tiles of the batch.

    Berton, Goldberg, Dunkle, Stoken, Masone, Caputo: "AstroLoc: Robust space to ground image localizer", ICCV 2025
    (arXiv 2502.07003). The authors have published neither code nor weights. The form is that of the multi-similarity
    loss with alpha = 1, beta = 50 and base 0.

    With similarity S, the pairs (q_i, d_i) of photo and tile, and N_i the pairs that show other ground than pair i:

        attraction: mean over i of log(1 + exp(-alpha S(q_i, d_i))) / alpha
        repulsion:  mean over i of log(1 + sum over j in N_i of exp(beta S(a_i, b_j))) / beta,
                    summed over the four kinds (a, b) = (q, q), (q, d), (d, q), (d, d)

    Args:
        alpha, beta: sharpness of attraction and of repulsion.
    """

    def __init__(self, alpha: float = 1.0, beta: float = 50.0) -> None:
        super().__init__()
        self.alpha, self.beta = alpha, beta

    def forward(self, photos: Tensor, tiles: Tensor, neutral: Tensor | None = None) -> Tensor:
        """Returns the loss, a scalar.

        Args:
            photos, tiles: (n, d) descriptors of length 1; row i of both is a pair.
            neutral: (n, n) bool, pairs that show some of the same ground and are not repelled, such as two photos of
                one pass; None if there are none.
        """
        photos, tiles = photos.float(), tiles.float()
        attraction = functional.softplus(-self.alpha * (photos * tiles).sum(dim=1)).mean() / self.alpha
        same = torch.eye(len(photos), dtype=torch.bool, device=photos.device)
        if neutral is not None:
            same = same | neutral
        repulsion = attraction.new_zeros(())
        for anchors, others in ((photos, photos), (photos, tiles), (tiles, photos), (tiles, tiles)):
            scores = (self.beta * anchors @ others.T).masked_fill(same, -torch.inf)
            # log(1 + sum exp(x)) is the logsumexp of the x and of 0.
            with_one = torch.cat([scores, scores.new_zeros(len(scores), 1)], dim=1)
            repulsion = repulsion + torch.logsumexp(with_one, dim=1).mean() / self.beta
        return attraction + repulsion


class AstroLocLoss(nn.Module):
    """AstroLoc's loss: that of the pairs of photo and tile, plus that of the pictures of places, with the same weight.

    The places of a batch come from one cluster, drawn with a probability proportional to its photos: see
    `sampling.PlaceBatchSampler`. The parts are `PairLoss` and `NeutralMultiSimilarityLoss`.

    Args:
        alpha, beta: of both losses.
    """

    def __init__(self, alpha: float = 1.0, beta: float = 50.0) -> None:
        super().__init__()
        self.pairs = PairLoss(alpha, beta)
        self.places = NeutralMultiSimilarityLoss(alpha, beta)

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
            attract_only: (n,) bool; the real photos. Each forms a pair with the first other picture of its place.
        """
        is_photo = torch.zeros_like(places, dtype=torch.bool) if attract_only is None else attract_only
        rows = torch.nonzero(~is_photo)[:, 0]
        loss: Tensor = self.places(descriptors[rows], places[rows], overlapping)
        photos = torch.nonzero(is_photo)[:, 0]
        if not len(photos):
            return loss
        same = places[photos][:, None] == places[rows][None, :]
        photos, same = photos[same.any(dim=1)], same[same.any(dim=1)]
        tiles = rows[same.int().argmax(dim=1)]
        shown = places[photos]
        neutral = shown[:, None] == shown[None, :]
        if overlapping is not None:
            neutral = neutral | overlapping[shown[:, None], shown[None, :]]
        return loss + self.pairs(descriptors[photos], descriptors[tiles], neutral)


PlaceLoss = NeutralMultiSimilarityLoss | NeutralInfoNceLoss | AstroLocLoss
_LOSSES: dict[str, type[PlaceLoss]] = {
    "multi_similarity": NeutralMultiSimilarityLoss,
    "info_nce": NeutralInfoNceLoss,
    "astroloc": AstroLocLoss,
}


def make_loss(name: str) -> PlaceLoss:
    """Makes the loss "multi_similarity", "info_nce" or "astroloc" with its default parameters.

    Raises:
        UsageError: there is no such loss.
    """
    if name not in _LOSSES:
        raise UsageError(None, f"loss {name!r} is unknown", f"use {', '.join(_LOSSES)}")
    return _LOSSES[name]()
