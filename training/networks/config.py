"""Configuration of an embedding network: the `[network]` table of a training configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from engine.errors import UsageError

INPUTS = ("rgb", "grey", "local_grey")
BACKBONES = ("compact", "mobilenetv2", "resnet50", "resnet50v2", "dinov2-small", "dinov2-base", "dinov2-large")

# Stride of the feature map in pixels, if it is not 16.
_STRIDE = {"mobilenetv2": 32, "dinov2-small": 14, "dinov2-base": 14, "dinov2-large": 14}


@dataclass(frozen=True)
class GemConfig:
    """Generalised-mean pooling. The vector is as long as the backbone has channels.

    Attributes:
        p: initial value of the learned exponent.
    """

    kind: ClassVar[str] = "gem"
    p: float = 3.0


@dataclass(frozen=True)
class MixVprConfig:
    """MixVPR. The vector has `channels * rows` dimensions.

    Attributes:
        depth: number of feature mixers.
        channels, rows: output sizes of the projections of channels and of positions.
    """

    kind: ClassVar[str] = "mixvpr"
    depth: int = 4
    channels: int = 1024
    rows: int = 4


@dataclass(frozen=True)
class SaladConfig:
    """SALAD. The vector has `token_dim + clusters * cluster_dim` dimensions.

    The defaults are EarthLoc2's for DINOv2-base.
    """

    kind: ClassVar[str] = "salad"
    clusters: int = 32
    cluster_dim: int = 64
    token_dim: int = 1024
    dropout: float = 0.3


@dataclass(frozen=True)
class TokenConfig:
    """The class token of a transformer, only normalised."""

    kind: ClassVar[str] = "token"


@dataclass(frozen=True)
class RingsConfig:
    """Projected statistics of the whole picture, of its centre and of its rim.

    Attributes:
        width: channels to which the feature map is reduced before pooling.
        dimension: length of the descriptor.
        dropout: share of the statistics dropped during training.
    """

    kind: ClassVar[str] = "rings"
    width: int = 320
    dimension: int = 256
    dropout: float = 0.2


AggregatorConfig = GemConfig | MixVprConfig | SaladConfig | TokenConfig | RingsConfig
_AGGREGATORS: dict[str, type[AggregatorConfig]] = {
    c.kind: c for c in (GemConfig, MixVprConfig, SaladConfig, TokenConfig, RingsConfig)
}


@dataclass(frozen=True)
class NetworkConfig:
    """An embedding network.

    Attributes:
        backbone: one of BACKBONES.
        input: "rgb"; "grey", standardised over the picture; "local_grey", standardised in a moving window.
        size_px: side of the square input; a multiple of 14 for DINOv2.
        aggregator: how a feature map becomes one vector.
        dimension: length of the descriptor after a linear projection; None leaves the aggregator's vector.
        trainable_blocks: number of blocks at the end of the backbone that train (in a transformer also its last norm).
            The others keep their weights, but their batch norms still update their running statistics. None trains all
            blocks, or none if there are adapters. The blocks of a ResNet are its stages, the first including the stem.
        lora_rank: rank of the low-rank adapters of the transformer's attention; 0 for none. The adapters train together
            with the trainable blocks.
        weights: file with the pretrained weights of the backbone; None starts from random weights.
    """

    backbone: str = "compact"
    input: str = "grey"
    size_px: int = 224
    aggregator: AggregatorConfig = MixVprConfig(depth=2, channels=128, rows=4)
    dimension: int | None = None
    trainable_blocks: int | None = None
    lora_rank: int = 0
    weights: str | None = None

    def __post_init__(self) -> None:
        _check(self.backbone in BACKBONES, f"backbone {self.backbone!r} is unknown", f"use {', '.join(BACKBONES)}")
        _check(self.input in INPUTS, f"input {self.input!r} is unknown", f"use {', '.join(INPUTS)}")
        transformer = self.backbone.startswith("dinov2")
        step = _STRIDE.get(self.backbone, 16)
        _check(
            32 <= self.size_px <= 2048 and self.size_px % step == 0,
            f"size_px {self.size_px} does not fit {self.backbone}",
            f"use a multiple of {step} between 32 and 2048",
        )
        needs_token = isinstance(self.aggregator, (SaladConfig, TokenConfig))
        _check(
            transformer or not needs_token,
            f"{self.backbone} has no class token, which {self.aggregator.kind} needs",
            "use a DINOv2 backbone or another aggregator",
        )
        if isinstance(self.aggregator, SaladConfig):
            _check(
                self.positions > self.aggregator.clusters,
                f"{self.positions} positions cannot be assigned to {self.aggregator.clusters} clusters",
                "use a larger size_px or fewer clusters",
            )
        _check(
            self.dimension is None or 1 <= self.dimension <= 65536,
            f"dimension {self.dimension} is out of range",
            "use 1 to 65536",
        )
        _check(
            self.trainable_blocks is None or self.trainable_blocks >= 0,
            f"trainable_blocks {self.trainable_blocks} is negative",
            "use 0 or more",
        )
        _check(
            self.lora_rank == 0 or (transformer and self.lora_rank > 0),
            f"lora_rank {self.lora_rank} does not fit {self.backbone}",
            "use a DINOv2 backbone and a rank above 0, or no lora_rank",
        )

    @property
    def grid(self) -> int:
        """Side of the feature map in positions."""
        return self.size_px // _STRIDE.get(self.backbone, 16)

    @property
    def positions(self) -> int:
        """Number of positions of the feature map."""
        return self.grid**2

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> NetworkConfig:
        """Reads a `[network]` table. The key `kind` of its table `aggregator` selects the aggregator.

        Raises:
            UsageError: a key is unknown, a value has a wrong type, or the parts do not fit together.
        """
        values = dict(table)
        if "aggregator" in values:
            aggregator = values["aggregator"]
            _check(
                isinstance(aggregator, Mapping) and aggregator.get("kind") in _AGGREGATORS,
                "network.aggregator names no known kind",
                f"give it a kind: {', '.join(_AGGREGATORS)}",
            )
            options = {key: value for key, value in aggregator.items() if key != "kind"}
            values["aggregator"] = _from_table(_AGGREGATORS[aggregator["kind"]], options, "network.aggregator.")
        config: NetworkConfig = _from_table(cls, values, "network.")
        return config

    def to_table(self) -> dict[str, Any]:
        """Returns the table that `from_table` reads, without keys that are None."""
        table = {key: value for key, value in asdict(self).items() if value is not None}
        return {**table, "aggregator": {"kind": self.aggregator.kind, **asdict(self.aggregator)}}


def _check(condition: bool, problem: str, hint: str) -> None:
    if not condition:
        raise UsageError(None, problem, hint)


_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "int | None": (int,),
    "str | None": (str,),
    "AggregatorConfig": (GemConfig, MixVprConfig, SaladConfig, TokenConfig, RingsConfig),
}


def _from_table(cls: Any, values: Mapping[str, Any], prefix: str) -> Any:
    known = {f.name: _TYPES[str(f.type)] for f in fields(cls)}
    for key, value in values.items():
        _check(key in known, f"{prefix}{key} is unknown", f"use {', '.join(known) or 'no key at all'}")
        has_right_type = isinstance(value, known[key]) and not isinstance(value, bool)
        _check(has_right_type, f"{prefix}{key} = {value!r} is of the wrong type", f"give {known[key][-1].__name__}")
    return cls(**values)


def _earthloc2(backbone: str, aggregator: AggregatorConfig) -> NetworkConfig:
    return NetworkConfig(backbone, "rgb", 518, aggregator, trainable_blocks=1)


# As published: EarthLoc (CVPR 2024, section 5.1.1), EarthLoc2 (documentation/results.md of its repository).
PUBLISHED: dict[str, NetworkConfig] = {
    "earthloc": NetworkConfig("resnet50", "rgb", 320, MixVprConfig(4, 1024, 4), dimension=4096, trainable_blocks=1),
    "earthloc2-small-token": _earthloc2("dinov2-small", TokenConfig()),
    "earthloc2-base-token": _earthloc2("dinov2-base", TokenConfig()),
    "earthloc2-large-token": _earthloc2("dinov2-large", TokenConfig()),
    "earthloc2-small-salad": _earthloc2("dinov2-small", SaladConfig(24, 64, 512)),
    "earthloc2-base-salad": _earthloc2("dinov2-base", SaladConfig(32, 64, 1024)),
    "earthloc2-large-salad": _earthloc2("dinov2-large", SaladConfig(48, 64, 1024)),
    # As published, the number of channels is the intended length of the descriptor, so four rows make it four times as
    # long.
    "earthloc2-small-mixvpr": _earthloc2("dinov2-small", MixVprConfig(1, 2048, 4)),
    "earthloc2-base-mixvpr": _earthloc2("dinov2-base", MixVprConfig(1, 3072, 4)),
    "earthloc2-large-mixvpr": _earthloc2("dinov2-large", MixVprConfig(1, 4096, 4)),
}
