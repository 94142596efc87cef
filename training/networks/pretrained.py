"""Maps the parameter names of published backbones to ours.

Checkpoints of ResNet-50 come from torchvision or timm (same names) or from transformers, those of DINOv2 from its
authors, timm or transformers. Layers that a truncated backbone lacks are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

_RESNET_NORM = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
_DROPPED = re.compile(r"(model\.)?(encoder\.stages\.3\.|layer4\.|fc\.)|classifier\.")
_POSITIONS = "model.embeddings.position_embeddings"
_DINO_TENSORS = {
    "norm1.weight": "norm1.weight",
    "norm1.bias": "norm1.bias",
    "attn.proj.weight": "attention.o_proj.weight",
    "attn.proj.bias": "attention.o_proj.bias",
    "ls1.gamma": "layer_scale1.lambda1",
    "norm2.weight": "norm2.weight",
    "norm2.bias": "norm2.bias",
    "mlp.fc1.weight": "mlp.fc1.weight",
    "mlp.fc1.bias": "mlp.fc1.bias",
    "mlp.fc2.weight": "mlp.fc2.weight",
    "mlp.fc2.bias": "mlp.fc2.bias",
    "ls2.gamma": "layer_scale2.lambda1",
}
# Pairs instead of a dict, because secret scanners report a string with a key such as "token".
_DINO_EMBEDDING = (
    ("cls_token", "embeddings.cls_token"),
    ("reg_token", "embeddings.register_tokens"),
    ("register_tokens", "embeddings.register_tokens"),
    ("mask_token", "embeddings.mask_token"),
    ("pos_embed", "embeddings.position_embeddings"),
    ("patch_embed.proj.weight", "embeddings.patch_embeddings.projection.weight"),
    ("patch_embed.proj.bias", "embeddings.patch_embeddings.projection.bias"),
    ("norm.weight", "layernorm.weight"),
    ("norm.bias", "layernorm.bias"),
)
_HUB_ATTENTION = {
    "attention.attention.query": "attention.q_proj",
    "attention.attention.key": "attention.k_proj",
    "attention.attention.value": "attention.v_proj",
    "attention.output.dense": "attention.o_proj",
}


def resnet50_names(depths: tuple[int, ...]) -> dict[str, str]:
    """Maps the names of torchvision's (and timm's) ResNet-50 to those of transformers, for the first stages.

    Args:
        depths: number of blocks of each stage.
    """
    names = {"conv1.weight": "embedder.embedder.convolution.weight"}
    names |= {f"bn1.{t}": f"embedder.embedder.normalization.{t}" for t in _RESNET_NORM}
    for stage, depth in enumerate(depths):
        for block in range(depth):
            theirs, ours = f"layer{stage + 1}.{block}", f"encoder.stages.{stage}.layers.{block}"
            for layer in range(3):
                names[f"{theirs}.conv{layer + 1}.weight"] = f"{ours}.layer.{layer}.convolution.weight"
                names |= {
                    f"{theirs}.bn{layer + 1}.{t}": f"{ours}.layer.{layer}.normalization.{t}" for t in _RESNET_NORM
                }
            if block == 0:
                names[f"{theirs}.downsample.0.weight"] = f"{ours}.shortcut.convolution.weight"
                names |= {f"{theirs}.downsample.1.{t}": f"{ours}.shortcut.normalization.{t}" for t in _RESNET_NORM}
    return names


def dinov2_from_timm(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Renames the tensors of DINOv2 with registers from the names of timm or its authors to those of transformers.

    timm adds the position embedding of the class token to the token itself and stores none. The authors store it, and a
    mask token, which only pretraining needs.
    """
    ours: dict[str, Tensor] = {}
    for name, tensor in state.items():
        block = re.fullmatch(r"blocks\.(\d+)\.(.+)", name)
        if block is None:
            ours[dict(_DINO_EMBEDDING).get(name, name)] = tensor
            continue
        prefix, rest = f"encoder.layer.{block[1]}.", block[2]
        if rest in ("attn.qkv.weight", "attn.qkv.bias"):
            kind = rest.rsplit(".", 1)[1]
            for part, third in zip("qkv", tensor.chunk(3), strict=True):
                ours[f"{prefix}attention.{part}_proj.{kind}"] = third.clone()
        else:
            ours[prefix + _DINO_TENSORS.get(rest, rest)] = tensor
    width = ours["embeddings.cls_token"].shape[-1] if "embeddings.cls_token" in ours else 0
    ours.setdefault("embeddings.mask_token", torch.zeros(1, width))
    if "reg_token" in state and "pos_embed" in state:
        positions = state["pos_embed"]
        ours["embeddings.position_embeddings"] = torch.cat([torch.zeros_like(positions[:, :1]), positions], dim=1)
    return ours


def resample_positions(positions: Tensor, grid: int) -> Tensor:
    """Resamples a position embedding (1, 1 + s * s, width), class token first, to (1, 1 + grid * grid, width)."""
    side = round((positions.shape[1] - 1) ** 0.5)
    if side == grid:
        return positions
    patches = positions[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    patches = functional.interpolate(patches, size=(grid, grid), mode="bicubic", antialias=True)
    return torch.cat([positions[:, :1], patches.permute(0, 2, 3, 1).reshape(1, grid * grid, -1)], dim=1)


def adapt(name: str, state: dict[str, Tensor], backbone: nn.Module) -> dict[str, Tensor]:
    """Renames the tensors of a published state dict for our backbone; unknown names stay as they are."""
    if name in ("compact", "mobilenetv2", "resnet50v2"):
        return state
    state = {n.removeprefix("resnet.").removeprefix("dinov2_with_registers."): t for n, t in state.items()}
    if name == "resnet50":
        renamed = resnet50_names((3, 4, 6))
        state = {renamed.get(n, n): t for n, t in state.items()}
    else:
        if any(n.startswith("blocks.") for n in state):
            state = dinov2_from_timm(state)
        for old, new in _HUB_ATTENTION.items():
            state = {n.replace(old, new): t for n, t in state.items()}
    state = {f"model.{n.removeprefix('model.')}": t for n, t in state.items() if not _DROPPED.match(n)}
    positions = state.get(_POSITIONS)
    expected = backbone.state_dict().get(_POSITIONS)
    if positions is not None and expected is not None and positions.shape[::2] == expected.shape[::2]:
        state[_POSITIONS] = resample_positions(positions, round((expected.shape[1] - 1) ** 0.5))
    return state
