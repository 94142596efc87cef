"""Converts published checkpoints of EarthLoc and EarthLoc2 to model packages.

Three naming schemes are supported: that of EarthLoc's authors (torchvision's ResNet under `backbone.model`), torchgeo's
(timm's ResNet under `backbone`), and EarthLoc2's (timm's DINOv2 with registers under `backbone`). The names and shapes
of a checkpoint must match one of them exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import ModelError
from training.export import Exported, PackageInfo, export_package, texture_pictures
from training.networks import PUBLISHED, EmbeddingNetwork, MixVprConfig, NetworkConfig, SaladConfig, build
from training.networks.backbones import DINOV2_REGISTERS, DINOV2_SIZES, RESNET50_DEPTHS
from training.networks.pretrained import dinov2_from_timm, resnet50_names
from training.networks.weights import check_names_and_shapes, load_strict, read_state_dict

_IMAGERY = "Sentinel-2 cloudless 2018 to 2021 by EOX IT Services GmbH (CC BY-NC-SA 4.0)"
_EARTHLOC = PackageInfo(
    "earthloc", "published", _IMAGERY, "MIT", "EarthLoc, Berton et al., CVPR 2024, github.com/gmberton/EarthLoc"
)
_EARTHLOC2 = "EarthLoc2, Piwowarski, 2025, github.com/pawelpiwowarski/EarthLoc2"

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class PublishedModel:
    """A recognised published checkpoint.

    Attributes:
        name: a key of `networks.PUBLISHED`.
        network: the network with the weights of the checkpoint, in evaluation mode.
    """

    name: str
    network: EmbeddingNetwork


def convert(checkpoint: Path, out: Path, pictures: NDArray[np.uint8] | None = None, variant: str = "fp32") -> Exported:
    """Writes the model package of a published checkpoint; see `export.export_package` for the other arguments.

    Args:
        checkpoint: file with the published state dict.
        pictures: pictures for the comparison with torch; None uses `texture_pictures`.

    Raises:
        ModelError: the checkpoint cannot be read, carries code, or its names and shapes do not match a published
            network exactly. UsageError, OutputError: see `export.export_package`.
    """
    published = read_checkpoint(checkpoint)
    network = published.network
    info = _EARTHLOC
    if published.name != "earthloc":
        info = PackageInfo(published.name, "published", _IMAGERY, "MIT", _EARTHLOC2)
    if pictures is None:
        pictures = texture_pictures(network.config.size_px)
    # The authors of both networks evaluate on whole photos squashed to squares.
    return export_package(network, out, info, pictures, variant, resize="squash")


def read_checkpoint(checkpoint: Path) -> PublishedModel:
    """Recognises a published checkpoint by its tensor names and loads it.

    Raises:
        ModelError: see `convert`.
    """
    state = read_state_dict(checkpoint)
    name = _network_name(state, checkpoint)
    config = PUBLISHED[name]
    if name == "earthloc":
        prefix = "backbone.model." if any(n.startswith("backbone.model.") for n in state) else "backbone."
        return PublishedModel(name, _load_earthloc(state, config, prefix, checkpoint))
    return PublishedModel(name, _load_earthloc2(state, config, checkpoint))


def _network_name(state: dict[str, Tensor], checkpoint: Path) -> str:
    if any(n.startswith(("backbone.model.layer1.", "backbone.layer1.")) for n in state):
        return "earthloc"
    embedding = state.get("backbone.patch_embed.proj.weight")
    width = 0 if embedding is None else embedding.shape[0]
    sizes = {channels: name.removeprefix("dinov2-") for name, (channels, _, _) in DINOV2_SIZES.items()}
    if width not in sizes:
        raise ModelError(
            checkpoint,
            "is not a checkpoint of a known network",
            "give a checkpoint of EarthLoc (ResNet-50) or EarthLoc2 (DINOv2)",
        )
    head = "token"
    if any(n.startswith("aggregator.") for n in state):
        head = "mixvpr" if any(n.startswith("aggregator.mix.") for n in state) else "salad"
    return f"earthloc2-{sizes[width]}-{head}"


def _load_earthloc(state: dict[str, Tensor], config: NetworkConfig, prefix: str, checkpoint: Path) -> EmbeddingNetwork:
    network = build(config)
    names = {f"{prefix}{n}": f"backbone.model.{ours}" for n, ours in resnet50_names(RESNET50_DEPTHS).items()}
    names |= _mixvpr_names(config)
    names |= {f"fc.{kind}": f"projection.{kind}" for kind in ("weight", "bias")}
    own = network.state_dict()
    check_names_and_shapes(state, {theirs: tuple(own[ours].shape) for theirs, ours in names.items()}, checkpoint)
    load_strict(network, {ours: state[theirs] for theirs, ours in names.items()}, checkpoint)
    return network.eval()


def _load_earthloc2(state: dict[str, Tensor], config: NetworkConfig, checkpoint: Path) -> EmbeddingNetwork:
    expected = {f"backbone.{n}": shape for n, shape in timm_dinov2_shapes(config).items()}
    names: dict[str, str] = {}
    if isinstance(config.aggregator, MixVprConfig):
        names = _mixvpr_names(config)
    elif isinstance(config.aggregator, SaladConfig):
        names = _salad_names()
    with torch.device("meta"):
        own = build(config).state_dict()
    for theirs, ours in names.items():
        shape = tuple(own[ours].shape)
        pointwise = theirs.startswith(("aggregator.cluster_features.", "aggregator.score.")) and len(shape) == 2
        expected[theirs] = (*shape, 1, 1) if pointwise else shape
    check_names_and_shapes(state, expected, checkpoint)
    backbone = dinov2_from_timm({n.removeprefix("backbone."): t for n, t in state.items() if n.startswith("backbone.")})
    loaded = {f"backbone.model.{n}": tensor for n, tensor in backbone.items()}
    loaded |= {ours: state[theirs].reshape(own[ours].shape) for theirs, ours in names.items()}
    network = build(config)
    load_strict(network, loaded, checkpoint)
    return network.eval()


def timm_dinov2_shapes(config: NetworkConfig) -> Shapes:
    """Names and shapes of timm's `vit_*_patch14_reg4_dinov2` without a classifier, for a network's size."""
    width, _, depth = DINOV2_SIZES[config.backbone]
    shapes: Shapes = {
        "cls_token": (1, 1, width),
        "reg_token": (1, DINOV2_REGISTERS, width),
        "pos_embed": (1, config.positions, width),
        "patch_embed.proj.weight": (width, 3, 14, 14),
        "patch_embed.proj.bias": (width,),
    }
    linear = {"attn.qkv": (3 * width, width), "attn.proj": (width, width)}
    linear |= {"mlp.fc1": (4 * width, width), "mlp.fc2": (width, 4 * width)}
    for block in range(depth):
        prefix = f"blocks.{block}."
        for layer, (out, into) in linear.items():
            shapes |= {f"{prefix}{layer}.weight": (out, into), f"{prefix}{layer}.bias": (out,)}
        for norm in ("norm1", "norm2"):
            shapes |= {f"{prefix}{norm}.weight": (width,), f"{prefix}{norm}.bias": (width,)}
        shapes |= {f"{prefix}ls1.gamma": (width,), f"{prefix}ls2.gamma": (width,)}
    return shapes | {"norm.weight": (width,), "norm.bias": (width,)}


def _mixvpr_names(config: NetworkConfig) -> dict[str, str]:
    """Maps the names of MixVPR's tensors in EarthLoc and EarthLoc2 to ours."""
    depth = config.aggregator.depth if isinstance(config.aggregator, MixVprConfig) else 0
    layers = {"channel_proj": "channel_projection", "row_proj": "row_projection"}
    for mixer in range(depth):
        layers |= {
            f"mix.{mixer}.mix.{position}": f"mixers.{mixer}.{layer}"
            for position, layer in ((0, "norm"), (1, "expand"), (3, "contract"))
        }
    return _weights_and_biases(layers)


def _salad_names() -> dict[str, str]:
    """Maps the names of SALAD's tensors in EarthLoc2 to ours; their 1x1 convolutions are linear layers here."""
    layers: dict[str, str] = {}
    for theirs, ours, last in (("token_features", "token", 2), ("cluster_features", "local", 3), ("score", "score", 3)):
        layers |= {f"{theirs}.0": f"{ours}.0", f"{theirs}.{last}": f"{ours}.3"}
    return {**_weights_and_biases(layers), "aggregator.dust_bin": "aggregator.dustbin"}


def _weights_and_biases(layers: dict[str, str]) -> dict[str, str]:
    return {
        f"aggregator.{theirs}.{kind}": f"aggregator.{ours}.{kind}"
        for theirs, ours in layers.items()
        for kind in ("weight", "bias")
    }
