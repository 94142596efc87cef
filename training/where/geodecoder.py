"""GeoDecoder: which cell of several hierarchies a photo shows, and what kind of ground (Clark et al.: "Where we are and
what we're looking at: Query based worldwide image geo-localization using hierarchies and scenes", CVPR 2023, arXiv
2303.04249), over a frozen backbone and small enough for a CPU.

Every hierarchy (here: a level of the grid of cells) has one learned query for each scene. The queries look at the
feature map in *hierarchy-independent* decoder layers, which all queries share, and then in *hierarchy-dependent* ones,
where a query attends only to those of its own hierarchy and each hierarchy has a feed-forward network of its own. A
classifier of each hierarchy turns each of its queries into probabilities of the cells and a confidence of the scene.
The scene with the highest mean confidence over the hierarchies gives the answer; the probability of a fine cell is
multiplied by those of the coarser cells around it (engine/where/heads/geodecoder.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class GeoDecoderConfig:
    """Size of the network.

    Attributes:
        classes: number of cells of each hierarchy, coarse to fine.
        scenes: number of scenes.
        channels, positions: of the feature map.
        width: of queries and keys.
        heads: of each attention.
        independent, dependent: number of layers of the two kinds.
        hidden: width inside the feed-forward networks.
        dropout: in attention outputs and feed-forward networks.
    """

    classes: tuple[int, ...]
    scenes: int
    channels: int = 320
    positions: int = 64
    width: int = 128
    heads: int = 4
    independent: int = 2
    dependent: int = 1
    hidden: int = 256
    dropout: float = 0.1


class Attention(nn.Module):
    """Multi-head attention of queries (n, q, width) to keys and values from tokens (n, k, width)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, queries: Tensor, tokens: Tensor) -> Tensor:
        """(n, q, width)."""
        q = self.query(queries).unflatten(2, (self.heads, -1)).transpose(1, 2)
        k, v = self.key_value(tokens).unflatten(2, (2 * self.heads, -1)).transpose(1, 2).chunk(2, dim=1)
        weights = (q @ k.transpose(2, 3) * q.shape[-1] ** -0.5).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).flatten(2))


def _feed_forward(config: GeoDecoderConfig) -> nn.Sequential:
    return nn.Sequential(nn.Linear(config.width, config.hidden), nn.GELU(), nn.Linear(config.hidden, config.width))


class IndependentLayer(nn.Module):
    """All queries (n, hierarchies * scenes, width) look at the picture, with the same weights."""

    def __init__(self, config: GeoDecoderConfig) -> None:
        super().__init__()
        self.look = Attention(config.width, config.heads)
        self.feed_forward = _feed_forward(config)
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(2))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, queries: Tensor, tokens: Tensor) -> Tensor:
        """The queries after the layer."""
        queries = queries + self.dropout(self.look(self.norms[0](queries), tokens))
        return queries + self.dropout(self.feed_forward(self.norms[1](queries)))


class DependentLayer(nn.Module):
    """Queries (n, hierarchies, scenes, width) attend inside their hierarchy, then to the picture.

    Each hierarchy has its own feed-forward network.
    """

    def __init__(self, config: GeoDecoderConfig) -> None:
        super().__init__()
        self.attend = Attention(config.width, config.heads)
        self.look = Attention(config.width, config.heads)
        self.feed_forward = nn.ModuleList(_feed_forward(config) for _ in config.classes)
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(3))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, queries: Tensor, tokens: Tensor) -> Tensor:
        """The queries after the layer."""
        batch, hierarchies, scenes, _width = queries.shape
        # A hierarchy is an item of the batch of its own, so its queries cannot see those of the others.
        alone = self.norms[0](queries).flatten(0, 1)
        queries = queries + self.dropout(self.attend(alone, alone).unflatten(0, (batch, hierarchies)))
        looking = self.norms[1](queries).flatten(1, 2)
        queries = queries + self.dropout(self.look(looking, tokens).unflatten(1, (hierarchies, scenes)))
        normed = self.norms[2](queries)
        fed = [network(normed[:, number]) for number, network in enumerate(self.feed_forward)]
        return queries + self.dropout(torch.stack(fed, dim=1))


class GeoDecoder(nn.Module):
    """Feature maps (n, positions, channels) to scenes and cells.

    Args:
        config: sizes.
    """

    def __init__(self, config: GeoDecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.reduce = nn.Linear(config.channels, config.width)
        self.reduced_norm = nn.LayerNorm(config.width)
        self.position = nn.Parameter(torch.randn(config.positions, config.width) * 0.1)
        self.queries = nn.Parameter(torch.randn(len(config.classes), config.scenes, config.width) * 0.5)
        self.independent = nn.ModuleList(IndependentLayer(config) for _ in range(config.independent))
        self.dependent = nn.ModuleList(DependentLayer(config) for _ in range(config.dependent))
        self.norm = nn.LayerNorm(config.width)
        self.cells = nn.ModuleList(nn.Linear(config.width, count) for count in config.classes)
        self.confidence = nn.ModuleList(nn.Linear(config.width, 1, bias=False) for _ in config.classes)

    def decode(self, maps: Tensor, kept: Tensor | None = None) -> Tensor:
        """The decoded queries (n, hierarchies, scenes, width); `kept` chooses positions of the maps."""
        position: Tensor = self.position
        if kept is not None:
            maps, position = maps[:, kept], position[kept]
        tokens = self.reduced_norm(self.reduce(maps)) + position
        hierarchies, scenes, _ = self.queries.shape
        queries = self.queries.flatten(0, 1).expand(maps.shape[0], -1, -1)
        for layer in self.independent:
            queries = layer(queries, tokens)
        queries = queries.unflatten(1, (hierarchies, scenes))  # type: ignore[no-untyped-call, unused-ignore]
        for layer in self.dependent:
            queries = layer(queries, tokens)
        return self.norm(queries)

    def scene_scores(self, decoded: Tensor) -> Tensor:
        """Mean confidence of each scene over the hierarchies, (n, scenes)."""
        scores = [layer(decoded[:, number]).squeeze(-1) for number, layer in enumerate(self.confidence)]
        return torch.stack(scores).mean(dim=0)

    def cell_scores(self, decoded: Tensor, scene: Tensor) -> list[Tensor]:
        """Scores (n, classes) of the cells of each hierarchy, by the queries of one scene (n,) for each photo."""
        chosen = decoded[torch.arange(len(decoded)), :, scene]
        return [layer(chosen[:, number]) for number, layer in enumerate(self.cells)]

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities of the scenes (n, scenes) and of the cells of all hierarchies in a row (n, scenes, all)."""
        decoded = self.decode(maps)
        cells = [layer(decoded[:, number]).log_softmax(dim=-1) for number, layer in enumerate(self.cells)]
        return self.scene_scores(decoded).log_softmax(dim=-1), torch.cat(cells, dim=-1)


def soft_cross_entropy(scores: Tensor, classes: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy with soft labels on a few classes, and label smoothing over all of them.

    The label is (1 - smoothing) * weights + smoothing / number of classes.

    Args:
        scores: (n, all).
        classes, weights: (n, few); the weights of a row add up to 1.
        smoothing: share that is spread over all classes.

    Returns:
        The mean over the rows.
    """
    logs = functional.log_softmax(scores.float(), dim=1)
    near = (logs.gather(1, classes) * weights).sum(dim=1)
    return -((1.0 - smoothing) * near + smoothing * logs.mean(dim=1)).mean()
