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
    """Pictures (n, 3, size_px, size_px), RGB in [0, 1] less `mean` over `std`, to descriptors (n, dimension).

    Attributes:
        config: the NetworkConfig.
        dimension: length of a descriptor.
        mean, std: what whoever calls takes off and divides by; 0 and 1 when the graph itself does it.
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
        """Descriptors, float32, each of length 1; similarity is the dot product."""
        return self.describe(*self.backbone(self.input(images)))

    def describe(self, features: Tensor, token: Tensor | None) -> Tensor:
        """Descriptors from what the backbone gives: a map (n, c, h, w) and, of a transformer, class tokens (n, c)."""
        descriptors = self.aggregator(features, token)
        if self.projection is None:
            return descriptors
        return functional.normalize(self.projection(descriptors).float(), dim=1)

    def normalised(self, images: Tensor) -> Tensor:
        """RGB in [0, 1] or uint8, (n, 3, h, w), as `forward` takes it."""
        scaled = images.float() / 255 if images.dtype == torch.uint8 else images
        mean = torch.tensor(self.mean, device=images.device).view(1, 3, 1, 1)
        return (scaled - mean) / torch.tensor(self.std, device=images.device).view(1, 3, 1, 1)

    def merge_adapters(self) -> None:
        """Makes low-rank adapters part of the weights, before exporting."""
        if isinstance(self.backbone, DinoV2):
            self.backbone.merge_lora()


def build(config: NetworkConfig, seed: int | None = None) -> EmbeddingNetwork:
    """The network of a configuration; its random weights are those of `seed`, when one is given.

    Raises:
        ModelError: the pretrained weights cannot be read or are not the backbone's.
    """
    if seed is None:
        return EmbeddingNetwork(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return EmbeddingNetwork(config)
