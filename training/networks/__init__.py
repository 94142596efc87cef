"""Embedding networks: input, backbone, aggregator, projection, built from one configuration."""

from training.networks.config import (
    PUBLISHED,
    GemConfig,
    MixVprConfig,
    NetworkConfig,
    RingsConfig,
    SaladConfig,
    TokenConfig,
)
from training.networks.network import EmbeddingNetwork, build

__all__ = [
    "PUBLISHED",
    "EmbeddingNetwork",
    "GemConfig",
    "MixVprConfig",
    "NetworkConfig",
    "RingsConfig",
    "SaladConfig",
    "TokenConfig",
    "build",
]
