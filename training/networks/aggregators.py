"""Aggregators: compute one vector of length 1 from a feature map and an optional class token.

Each takes features (n, c, h, w) and token (n, c) or None, and returns (n, dimension).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.networks.config import AggregatorConfig, GemConfig, MixVprConfig, RingsConfig, SaladConfig

_SALAD_HIDDEN = 512
_SINKHORN_ROUNDS = 3


class Gem(nn.Module):
    """Generalised-mean pooling: f_k = (mean of x^p over the positions of channel k)^(1/p), p learned.

    Radenović, Tolias, Chum: "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019, equation 3.
    """

    def __init__(self, config: GemConfig, channels: int) -> None:
        super().__init__()
        self.dimension = channels
        self.p = nn.Parameter(torch.tensor(float(config.p)))

    def forward(self, features: Tensor, token: Tensor | None) -> Tensor:
        """See the module's docstring."""
        powers = features.float().clamp(min=1e-6) ** self.p
        return functional.normalize(powers.mean(dim=(2, 3)) ** (1.0 / self.p), dim=1)


class FeatureMixer(nn.Module):
    """X_i <- W2 relu(W1 X_i) + X_i on every channel's flattened map X_i, layer-normalised first (MixVPR, section 3)."""

    def __init__(self, positions: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(positions)
        self.expand = nn.Linear(positions, positions)
        self.contract = nn.Linear(positions, positions)
        for layer in (self.expand, self.contract):
            nn.init.trunc_normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels, positions) to the same."""
        return maps + self.contract(functional.relu(self.expand(self.norm(maps))))


class MixVpr(nn.Module):
    """Feature mixers, then a projection of the channels and one of the positions, flattened.

    Ali-bey, Chaib-draa, Giguère: "MixVPR: Feature mixing for visual place recognition", WACV 2023 (arXiv
    2303.02190), section 3: F in R^(c x n) is mixed L times, Z' = W_d transpose(Z), O = W_r transpose(Z'),
    and O of `channels` x `rows` is flattened and normalised.
    """

    def __init__(self, config: MixVprConfig, channels: int, positions: int) -> None:
        super().__init__()
        self.dimension = config.channels * config.rows
        self.mixers = nn.Sequential(*(FeatureMixer(positions) for _ in range(config.depth)))
        self.channel_projection = nn.Linear(channels, config.channels)
        self.row_projection = nn.Linear(positions, config.rows)

    def forward(self, features: Tensor, token: Tensor | None) -> Tensor:
        """See the module's docstring."""
        mixed = self.mixers(features.flatten(2))
        channels_last = self.channel_projection(mixed.transpose(1, 2))
        rows = self.row_projection(channels_last.transpose(1, 2))
        return functional.normalize(rows.flatten(1).float(), dim=1)


class Salad(nn.Module):
    """Local features assigned to clusters by optimal transport, plus a global token.

    Izquierdo, Civera: "Optimal transport aggregation for visual place recognition", CVPR 2024 (arXiv
    2311.15937), section 3. With n local features t_i, m clusters and the class token t_(n+1):

    - scores s_i = W_s2 relu(W_s1 t_i + b_s1) + b_s2, and a learned score z of each feature for the dustbin;
    - assignment P: every feature gives mass 1, every cluster takes mass 1, the dustbin n - m (the paper's
      marginals mu and kappa), by Sinkhorn's algorithm in the logarithmic domain; the dustbin is dropped;
    - features f_i = W_f2 relu(W_f1 t_i + b_f1) + b_f2 of l dimensions, V_jk = sum over i of P_ik f_ij;
    - global token g = W_g2 relu(W_g1 t_(n+1) + b_g1) + b_g2;
    - the descriptor is g and every cluster's column of V, each normalised, and normalised once more.

    V is flattened dimension by dimension: `V[j, k]` is at j * m + k.
    """

    def __init__(self, config: SaladConfig, channels: int) -> None:
        super().__init__()
        self.clusters = config.clusters
        self.dimension = config.token_dim + config.clusters * config.cluster_dim
        self.local = _two_layers(channels, config.cluster_dim, config.dropout)
        self.score = _two_layers(channels, config.clusters, config.dropout)
        self.token = _two_layers(channels, config.token_dim, 0.0)
        self.dustbin = nn.Parameter(torch.tensor(1.0))

    def forward(self, features: Tensor, token: Tensor | None) -> Tensor:
        """See the module's docstring."""
        if token is None:
            raise ValueError("SALAD needs the class token")
        positions = features.flatten(2).transpose(1, 2)  # (n, positions, c)
        scores = self.score(positions).float().transpose(1, 2)  # (n, clusters, positions)
        assignment = transport(scores, self.dustbin.float())
        volume = torch.einsum("bmn,bnl->blm", assignment, self.local(positions).float())
        pooled = functional.normalize(volume, dim=1).flatten(1)
        global_token = functional.normalize(self.token(token).float(), dim=1)
        return functional.normalize(torch.cat([global_token, pooled], dim=1), dim=1)


def transport(scores: Tensor, dustbin: Tensor, rounds: int = _SINKHORN_ROUNDS) -> Tensor:
    """Entropic optimal transport of features to clusters with a dustbin (SALAD, section 3.2).

    Args:
        scores: (n, clusters, positions), float32; more positions than clusters.
        dustbin: score of every feature for the dustbin, a scalar.
        rounds: iterations of Sinkhorn's algorithm, clusters first. The last one makes the masses of the features exact.

    Returns:
        (n, clusters, positions): the mass that each feature gives to each cluster.
    """
    batch, clusters, positions = scores.shape
    if positions <= clusters:
        raise ValueError(f"{positions} positions cannot be assigned to {clusters} clusters")
    full = torch.cat([scores, dustbin.expand(batch, 1, positions)], dim=1)
    log_mass = full.new_zeros(clusters + 1)
    log_mass[clusters] = math.log(positions - clusters)
    by_feature = full.new_zeros(batch, 1, positions)
    for _ in range(rounds):
        by_cluster = log_mass.view(1, -1, 1) - torch.logsumexp(full + by_feature, dim=2, keepdim=True)
        by_feature = -torch.logsumexp(full + by_cluster, dim=1, keepdim=True)
    return (full + by_cluster + by_feature)[:, :clusters].exp()


class ClassToken(nn.Module):
    """The class token, normalised."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dimension = channels

    def forward(self, features: Tensor, token: Tensor | None) -> Tensor:
        """See the module's docstring."""
        if token is None:
            raise ValueError("the backbone has no class token")
        return functional.normalize(token.float(), dim=1)


class Rings(nn.Module):
    """Means of channels over the picture, its centre and its rim, and their standard deviations, projected.

    A photo is rotated by up to 45 degrees and shifted by up to a quarter against the tile that fits best. These
    statistics hardly change when the picture is rotated about its centre.
    """

    rings: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(self, config: RingsConfig, channels: int, positions: int) -> None:
        super().__init__()
        self.dimension = config.dimension
        self.reduce = nn.Linear(channels, config.width)
        self.register_buffer("rings", ring_weights(round(positions**0.5)), persistent=False)
        self.register_buffer("mean", torch.zeros(4 * config.width))
        self.register_buffer("deviation", torch.ones(4 * config.width))
        self.dropout = nn.Dropout(config.dropout)
        self.project = nn.Linear(4 * config.width, config.dimension)

    def forward(self, features: Tensor, token: Tensor | None) -> Tensor:
        """See the module's docstring."""
        standardised = self.dropout((self._statistics(features) - self.mean) / self.deviation)
        return functional.normalize(self.project(standardised).float(), dim=1)

    def _statistics(self, features: Tensor) -> Tensor:
        """(n, channels, h, w) to (n, 4 * width)."""
        maps = self.reduce(features.flatten(2).float().transpose(1, 2)).transpose(1, 2)
        # Only training uses pictures smaller than the size that the network is made for.
        rings = self.rings if features[0, 0].numel() == len(self.rings) else ring_weights(features.shape[2])
        return torch.cat([(maps @ rings).transpose(1, 2).flatten(1), _deviation(maps)], dim=1)

    @torch.no_grad()
    def initialise(self, tiles: Tensor, photos: Tensor) -> None:
        """Initialises the layers with principal directions, of the channels and then of the statistics.

        Args:
            tiles, photos: feature maps (n, channels, h, w) of a sample of tiles and of photos.
        """
        flat = tiles.transpose(0, 1).flatten(1)
        mean = flat.mean(dim=1, keepdim=True)
        flat = flat - mean
        _, directions = torch.linalg.eigh((flat @ flat.T).double() / flat.shape[1])
        principal = directions.flip(1)[:, : self.reduce.out_features].float()
        self.reduce.weight.copy_(principal.T)
        self.reduce.bias.copy_(-(principal.T @ mean).flatten())
        tile_statistics, photo_statistics = self._statistics(tiles), self._statistics(photos)
        self.mean.copy_(tile_statistics.mean(dim=0))
        spread = tile_statistics.std(dim=0)
        # A statistic that hardly varies is rounding noise. The lower bound keeps it from being amplified.
        self.deviation.copy_(torch.maximum(spread, 0.05 * spread.median() + 1e-6))
        standardised = (torch.cat([tile_statistics, photo_statistics]) - self.mean) / self.deviation
        standardised -= standardised.mean(dim=0)
        variances, directions = torch.linalg.eigh(standardised.T @ standardised / len(standardised))
        largest = slice(-self.dimension, None)
        # Halfway between plain and whitened principal directions.
        principal = directions[:, largest] / variances[largest].clamp(min=1e-6) ** 0.25
        self.project.weight.copy_(principal.T)
        self.project.bias.zero_()


def _deviation(maps: Tensor) -> Tensor:
    """Standard deviation of each map, (n, channels, positions) to (n, channels)."""
    centred = maps - maps.mean(dim=2, keepdim=True)
    return ((centred**2).sum(dim=2) / (maps.shape[2] - 1) + 1e-8).sqrt()


def ring_weights(side: int) -> Tensor:
    """Returns weights of positions in a square map, (side * side, 3): uniform, centre, rim; each column sums to 1."""
    at = torch.arange(side) - (side - 1) / 2
    radius = (at[:, None] ** 2 + at[None, :] ** 2).sqrt().flatten() * (6.0 / side)
    rings = torch.stack([torch.ones(side * side), torch.exp(-((radius / 2.0) ** 2)), torch.exp(-((radius - 3.2) ** 2))])
    return (rings / rings.sum(dim=1, keepdim=True)).T.contiguous()


def make_aggregator(
    config: AggregatorConfig, channels: int, positions: int
) -> Gem | MixVpr | Salad | ClassToken | Rings:
    """Makes the aggregator of a configuration, for feature maps (n, channels, h, w) with h * w = positions."""
    if isinstance(config, GemConfig):
        return Gem(config, channels)
    if isinstance(config, MixVprConfig):
        return MixVpr(config, channels, positions)
    if isinstance(config, SaladConfig):
        return Salad(config, channels)
    if isinstance(config, RingsConfig):
        return Rings(config, channels, positions)
    return ClassToken(channels)


def _two_layers(channels: int, out: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(channels, _SALAD_HIDDEN), nn.Dropout(dropout), nn.ReLU(), nn.Linear(_SALAD_HIDDEN, out)
    )
