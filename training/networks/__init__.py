"""Embedding networks: input, backbone, aggregator, projection, built from one configuration."""

from training.networks.config import (
    PUBLISHED,
    GemConfig,
    GridConfig,
    MixVprConfig,
    NetworkConfig,
    SaladConfig,
    TokenConfig,
)
from training.networks.network import EmbeddingNetwork, build

__all__ = [
    "PUBLISHED",
    "EmbeddingNetwork",
    "GemConfig",
    "GridConfig",
    "MixVprConfig",
    "NetworkConfig",
    "SaladConfig",
    "TokenConfig",
    "build",
]
