"""The embedding network: input -> backbone -> aggregator -> projection -> descriptor of length 1."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.networks.aggregators import make_aggregator
from training.networks.backbones import DinoV2, make_backbone
from training.networks.config import NetworkConfig
from training.networks.inputs import make_input


class EmbeddingNetwork(nn.Module):
    """Maps pictures (n, 3, size_px, size_px) to descriptors (n, dimension).

    The input is (RGB - `mean`) / `std` with RGB in [0, 1].

    Attributes:
        config: the configuration.
        dimension: length of a descriptor.
        mean, std: normalisation that the caller applies; 0 and 1 if the network normalises its input itself.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        grey = config.input != "rgb"
        self.backbone = make_backbone(
            config.backbone, config.size_px, grey, config.weights, config.trainable_blocks, config.lora_rank
        )
        self.input = make_input(config.input, self.backbone.input_channels, config.size_px)
        self.mean, self.std = self.input.mean, self.input.std
        self.aggregator = make_aggregator(config.aggregator, self.backbone.channels, config.positions)
        self.dimension = config.dimension or self.aggregator.dimension
        self.projection = None if config.dimension is None else nn.Linear(self.aggregator.dimension, self.dimension)

    def forward(self, images: Tensor) -> Tensor:
        """Returns descriptors, float32, each of length 1; their dot product is the cosine similarity."""
        return self.describe(*self.backbone(self.input(images)))

    def describe(self, features: Tensor, token: Tensor | None) -> Tensor:
        """Returns descriptors of backbone output: a map (n, c, h, w) and, for a transformer, class tokens (n, c)."""
        descriptors = self.aggregator(features, token)
        if self.projection is None:
            return descriptors
        return functional.normalize(self.projection(descriptors).float(), dim=1)

    def normalised(self, images: Tensor) -> Tensor:
        """Normalises RGB in [0, 1] or uint8, (n, 3, h, w), for `forward`."""
        scaled = images.float() / 255 if images.dtype == torch.uint8 else images
        mean = torch.tensor(self.mean, device=images.device).view(1, 3, 1, 1)
        return (scaled - mean) / torch.tensor(self.std, device=images.device).view(1, 3, 1, 1)

    def merge_adapters(self) -> None:
        """Merges low-rank adapters into the weights; call it before exporting."""
        if isinstance(self.backbone, DinoV2):
            self.backbone.merge_lora()


def build(config: NetworkConfig, seed: int | None = None) -> EmbeddingNetwork:
    """Builds the network of a configuration.

    Args:
        config: the configuration.
        seed: seed of the random weights; None uses torch's global generator.

    Raises:
        ModelError: the pretrained weights cannot be read, or do not fit the backbone.
    """
    if seed is None:
        return EmbeddingNetwork(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return EmbeddingNetwork(config)
