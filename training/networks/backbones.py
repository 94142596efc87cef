"""Backbones by name. Nothing is downloaded: weights are random, or come from a local file."""

from __future__ import annotations

from pathlib import Path

import peft
from torch import Tensor, nn
from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersModel, ResNetConfig, ResNetModel

from training.networks.convnets import Compact, MobileNetV2, ResNet50V2
from training.networks.pretrained import adapt
from training.networks.weights import load_strict, read_state_dict

# Width, heads and blocks of DINOv2's transformers (Oquab et al. 2023).
DINOV2_SIZES = {"dinov2-small": (384, 6, 12), "dinov2-base": (768, 12, 12), "dinov2-large": (1024, 16, 24)}
DINOV2_PATCH_PX = 14
DINOV2_REGISTERS = 4
RESNET50_DEPTHS = (3, 4, 6)


class ResNet50(nn.Module):
    """ResNet-50 without its last stage, as in EarthLoc: (n, 3, h, w) to (n, 1024, h / 16, w / 16)."""

    channels = 1024
    input_channels = 3

    def __init__(self) -> None:
        super().__init__()
        self.model = ResNetModel(
            ResNetConfig(embedding_size=64, hidden_sizes=[256, 512, 1024], depths=list(RESNET50_DEPTHS))
        )

    def forward(self, images: Tensor) -> tuple[Tensor, None]:
        """The feature map; there is no class token."""
        return self.model(images).last_hidden_state, None

    def stages(self) -> list[list[nn.Module]]:
        """Returns the parts that can be frozen, in order: stem and stage 1, stage 2, stage 3."""
        first, *rest = self.model.encoder.stages
        return [[self.model.embedder, first], *([stage] for stage in rest)]


class DinoV2(nn.Module):
    """DINOv2 with four registers: (n, 3, size, size) to (n, width, size / 14, size / 14) and the class token.

    Args:
        size: "dinov2-small", "dinov2-base" or "dinov2-large".
        size_px: side of the pictures. The position embedding has exactly their grid, so inference needs no
            interpolation.
        lora_rank: rank of the adapters on the attention's queries and values; 0 for none.
    """

    input_channels = 3

    def __init__(self, size: str, size_px: int, lora_rank: int = 0) -> None:
        super().__init__()
        self.channels, heads, depth = DINOV2_SIZES[size]
        self.grid = size_px // DINOV2_PATCH_PX
        self.lora_rank = lora_rank
        self.model = Dinov2WithRegistersModel(
            Dinov2WithRegistersConfig(
                hidden_size=self.channels,
                num_attention_heads=heads,
                num_hidden_layers=depth,
                patch_size=DINOV2_PATCH_PX,
                image_size=size_px,
                num_register_tokens=DINOV2_REGISTERS,
            )
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The feature map and the class token."""
        tokens = self.model(images).last_hidden_state
        patches = tokens[:, 1 + DINOV2_REGISTERS :].transpose(1, 2)
        return patches.unflatten(2, (self.grid, self.grid)), tokens[:, 0]

    def stages(self) -> list[list[nn.Module]]:
        """Returns the parts that can be frozen: each block, the last one with the norm after it."""
        blocks: list[list[nn.Module]] = [[block] for block in self.model.encoder.layer]
        blocks[-1].append(self.model.layernorm)
        return blocks

    def add_lora(self) -> None:
        """Adds low-rank adapters to the queries and values of every block, and freezes everything else."""
        config = peft.LoraConfig(
            r=self.lora_rank, lora_alpha=2 * self.lora_rank, target_modules=["q_proj", "v_proj"], bias="none"
        )
        peft.inject_adapter_in_model(config, self.model)

    def merge_lora(self) -> None:
        """Merges the adapters into their weights and removes them."""
        for module in list(self.model.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, peft.tuners.lora.LoraLayer):
                    child.merge()
                    setattr(module, name, child.get_base_layer())


Backbone = Compact | MobileNetV2 | ResNet50V2 | ResNet50 | DinoV2


def make_backbone(
    name: str,
    size_px: int,
    grey: bool = False,
    weights: str | Path | None = None,
    trainable_blocks: int | None = None,
    lora_rank: int = 0,
) -> Backbone:
    """Makes a backbone by its name in `config.BACKBONES`; see NetworkConfig for the other arguments.

    Raises:
        ModelError: the weights cannot be read, or belong to another network.
    """
    backbone: Backbone
    if name == "compact":
        backbone = Compact(1 if grey else 3)
    elif name == "mobilenetv2":
        backbone = MobileNetV2()
    elif name == "resnet50v2":
        backbone = ResNet50V2()
    elif name == "resnet50":
        backbone = ResNet50()
    else:
        backbone = DinoV2(name, size_px, lora_rank)
    if weights is not None:
        load_strict(backbone, adapt(name, read_state_dict(weights), backbone), weights)
    if trainable_blocks is not None or lora_rank:
        backbone.requires_grad_(False)
        stages = backbone.stages()
        for stage in stages[max(0, len(stages) - (trainable_blocks or 0)) :]:
            for module in stage:
                module.requires_grad_(True)
    if isinstance(backbone, DinoV2) and lora_rank:
        backbone.add_lora()
    return backbone
