"""Contrastive alignment of pictures' descriptors with their places: the training of GeoCLIP and of SatCLIP."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.ellipsoid import surface_normal
from engine.geo import EARTH_RADIUS_KM
from engine.progress import Progress
from engine.where.heads.gallery import ImageHead

# CLIP's and GeoCLIP's initial temperature, and the highest scale that training may reach.
_FIRST_SCALE = 1.0 / 0.07
_HIGHEST_SCALE = 100.0


@dataclass(frozen=True)
class ContrastConfig:
    """Settings of an alignment.

    Attributes:
        steps, batch: number of optimisation steps, and pairs in each.
        queue: gallery points of earlier batches that are further negatives (GeoCLIP, section 3.3); 0 for none.
        rate, weight_decay: of AdamW; the rate falls to 0 along a cosine.
        photo_share: share of the pairs that are photos; the others are tiles.
        symmetric: also contrasts every place with all pictures of the batch, as SatCLIP does and GeoCLIP does not.
        neutral_km: places nearer to each other than this share of a width are no negatives of each other.
        noise: standard deviation of the noise added to descriptors (of length 1, over all numbers together).
        hidden: width of the image head; 0 for a linear one.
        seed: of every random choice.
    """

    steps: int = 1000
    batch: int = 256
    queue: int = 1024
    rate: float = 1e-3
    weight_decay: float = 1e-2
    photo_share: float = 0.5
    symmetric: bool = False
    neutral_share: float = 0.5
    noise: float = 0.3
    hidden: int = 384
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pictures with their places.

    Attributes:
        descriptors: float32 (n, dimension), each of length 1.
        place: float32 (n, 3), latitude and longitude in degrees, width in km.
    """

    descriptors: NDArray[np.float32]
    place: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.place)


class TorchImageHead(nn.Module):
    """The image head: an MLP on descriptors, GeoCLIP's section 3.1; linear without a hidden layer."""

    def __init__(self, dimension: int, hidden: int, out: int) -> None:
        super().__init__()
        self.layers = (
            nn.Sequential(nn.Linear(dimension, hidden), nn.ReLU(), nn.Linear(hidden, out))
            if hidden
            else nn.Sequential(nn.Linear(dimension, out))
        )

    def forward(self, descriptors: Tensor) -> Tensor:
        """Descriptors (n, dimension) to vectors (n, out) of length 1."""
        return functional.normalize(self.layers(descriptors), dim=-1)

    def for_engine(self) -> ImageHead:
        """The same as matrices of the engine."""
        matrices = [
            np.concatenate([layer.weight.detach().numpy().T, layer.bias.detach().numpy()[None]]).astype(np.float32)
            for layer in self.layers
            if isinstance(layer, nn.Linear)
        ]
        return ImageHead(*matrices)


def contrast_loss(image: Tensor, location: Tensor, scale: Tensor, neutral: Tensor, symmetric: bool) -> Tensor:
    """Cross-entropy of finding each picture's place among all, GeoCLIP equation 5; symmetric as CLIP.

    Args:
        image: (n, d), each of length 1.
        location: (n + m, d), each of length 1: the place of each picture, then those of the queue.
        scale: inverse of the temperature.
        neutral: (n, n + m), True where a place is too near to a picture's to be a negative; its diagonal is ignored.
        symmetric: adds the loss from places to pictures, and halves the sum.
    """
    count = len(image)
    own = torch.eye(count, len(location), dtype=torch.bool, device=image.device)
    logits = (scale * image @ location.T).masked_fill(neutral & ~own, -torch.inf)
    target = torch.arange(count, device=image.device)
    loss = functional.cross_entropy(logits, target)
    if symmetric:
        loss = 0.5 * (loss + functional.cross_entropy(logits[:, :count].T, target))
    return loss


def align(
    head: TorchImageHead,
    locate: Callable[[Tensor], Tensor],
    parameters: list[nn.Parameter],
    photos: Pairs | None,
    tiles: Pairs,
    config: ContrastConfig,
    progress: Progress | None = None,
) -> list[float]:
    """Trains an image head and a location encoder together.

    Args:
        head: the image head.
        locate: embeds places (n,) given by their row in the photos followed by the tiles; not normalised.
        parameters: of the location encoder; none keeps it as it is.
        photos, tiles: pictures with their places; None trains on tiles alone.
        config: settings.
        progress: reports, and may cancel.

    Returns:
        The loss of every step.
    """
    progress = progress or Progress()
    rng = np.random.default_rng(config.seed)
    torch.manual_seed(config.seed)
    kinds = [tiles] if photos is None else [photos, tiles]
    descriptors = torch.from_numpy(np.concatenate([pairs.descriptors for pairs in kinds]))
    place = np.concatenate([pairs.place for pairs in kinds])
    vectors = torch.from_numpy(np.asarray(surface_normal(place[:, 0], place[:, 1]), np.float32))
    width_km = torch.from_numpy(place[:, 2])
    first_tile = 0 if photos is None else len(photos)

    log_scale = nn.Parameter(torch.tensor(math.log(_FIRST_SCALE)))
    every = [*head.parameters(), *parameters, log_scale]
    optimiser = torch.optim.AdamW(every, config.rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(config.steps, 1))
    queue = torch.empty(0, dtype=torch.long)
    losses = []
    for step in range(config.steps):
        progress.report("align", step, config.steps)
        from_photos = round(config.batch * config.photo_share) if photos is not None else 0
        rows = torch.from_numpy(
            np.concatenate(
                [
                    rng.integers(0, max(first_tile, 1), from_photos),
                    rng.integers(first_tile, len(place), config.batch - from_photos),
                ]
            )
        )
        pictures = descriptors[rows]
        pictures = pictures + config.noise / math.sqrt(pictures.shape[1]) * torch.randn_like(pictures)
        image = head(functional.normalize(pictures, dim=-1))
        points = torch.cat([rows, queue])
        location = functional.normalize(locate(points), dim=-1)
        apart_km = EARTH_RADIUS_KM * torch.cdist(vectors[rows], vectors[points])
        neutral = apart_km < config.neutral_share * torch.maximum(width_km[rows, None], width_km[points])
        loss = contrast_loss(image, location, log_scale.exp(), neutral, config.symmetric)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            log_scale.clamp_(max=math.log(_HIGHEST_SCALE))
        queue = torch.cat([rows, queue])[: config.queue]
        losses.append(float(loss.detach()))
    return losses
