"""Convolutional backbones implemented here: ResNet-50 v2 up to stage 3, MobileNetV2, and a compact network for CPUs."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

# MobileNetV2: expansion, channels, blocks and stride of each stage (Sandler et al. 2018, table 2).
_MOBILENET_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_STEM, _TOP = 32, 1280
# Indexes of the first layers with output stride 16, and with output stride 32.
_STRIDE_16, _STRIDE_32 = 7, 14


class PreActivationBlock(nn.Module):
    """Pre-activation bottleneck block (He et al.: "Identity mappings in deep residual networks")."""

    def __init__(self, channels: int, out: int, stride: int, project: bool) -> None:
        super().__init__()
        middle = out // 4
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, middle, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, out, 1, bias=False)
        self.down = nn.Conv2d(channels, out, 1, stride, bias=False) if project else None

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) to (n, out, h / stride, w / stride)."""
        active = functional.relu(self.bn1(x))
        short = x if self.down is None else self.down(active)
        x = self.conv1(active)
        x = self.conv2(functional.relu(self.bn2(x)))
        return self.conv3(functional.relu(self.bn3(x))) + short


class ResNet50V2(nn.Module):
    """ResNet-50 v2 without its last stage: ImageNet-normalised RGB to (n, 1024, h / 16, w / 16).

    Parameter names match the public state dict converted from Gluon's `resnet50_v2`.
    """

    channels = 1024
    input_channels = 3

    def __init__(self) -> None:
        super().__init__()
        self.bn_in = nn.BatchNorm2d(3)
        self.conv0 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn0 = nn.BatchNorm2d(64)
        blocks: list[PreActivationBlock] = []
        channels = 64
        for out, count, stride in ((256, 3, 1), (512, 4, 2), (1024, 6, 2)):
            for number in range(count):
                first = number == 0
                blocks.append(PreActivationBlock(channels, out, stride if first else 1, project=first))
                channels = out
        self.blocks = nn.Sequential(*blocks)
        self.bn_out = nn.BatchNorm2d(channels)

    def forward(self, images: Tensor) -> tuple[Tensor, None]:
        """The feature map; there is no class token."""
        x = functional.relu(self.bn0(self.conv0(self.bn_in(images))))
        x = self.blocks(functional.max_pool2d(x, 3, 2, 1))
        return functional.relu(self.bn_out(x)), None

    def stages(self) -> list[list[nn.Module]]:
        """Returns the parts that can be frozen, in order: stem and stage 1, stage 2, stage 3."""
        blocks = list(self.blocks)
        return [[self.bn_in, self.conv0, self.bn0, *blocks[:3]], blocks[3:7], [*blocks[7:], self.bn_out]]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut. The last norm starts at zero, so an untrained block is its shortcut."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        nn.init.zeros_(self.bn2.weight)
        self.short = (
            nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))
            if stride > 1 or channels != out
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) to (n, out, h / stride, w / stride)."""
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(y + self.short(x))


class Compact(nn.Module):
    """Four stages of two basic blocks: (n, input_channels, h, w) to (n, 320, h / 16, w / 16).

    It has only standard convolutions, so it trains and runs quickly on a CPU.

    Args:
        input_channels: 1 for grey, 3 for colour.
    """

    widths = (40, 80, 160, 320)
    channels = 320

    def __init__(self, input_channels: int) -> None:
        super().__init__()
        self.input_channels = input_channels
        first = self.widths[0]
        self.stem = nn.Sequential(
            nn.Conv2d(input_channels, first, 7, 2, 3, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        )
        layers: list[nn.Sequential] = []
        channels = first
        for out, stride in zip(self.widths, (1, 2, 2, 1), strict=True):
            layers.append(nn.Sequential(BasicBlock(channels, out, stride), BasicBlock(out, out, 1)))
            channels = out
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> tuple[Tensor, None]:
        """The feature map; there is no class token."""
        return self.layers(self.stem(images)), None

    def stages(self) -> list[list[nn.Module]]:
        """Returns the parts that can be frozen, in order."""
        return [[self.stem, self.layers[0]], *([layer] for layer in list(self.layers)[1:])]


class _ConvRelu6(nn.Module):
    def __init__(self, channels: int, out: int, side: int, stride: int, groups: int = 1, active: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, side, stride, side // 2, groups=groups)
        # Without batch norms, random initial weights need this scale so that activations do not vanish.
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu")
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return functional.relu6(x) if self.active else x


class _InvertedResidual(nn.Module):
    def __init__(self, channels: int, out: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = channels * expansion
        layers = [] if expansion == 1 else [_ConvRelu6(channels, hidden, 1, 1)]
        layers += [_ConvRelu6(hidden, hidden, 3, stride, hidden), _ConvRelu6(hidden, out, 1, 1, active=False)]
        self.body = nn.Sequential(*layers)
        self.shortcut = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.shortcut else self.body(x)


class MobileNetV2(nn.Module):
    """MobileNetV2 with batch norms folded into the convolutions: ImageNet-normalised RGB to (n, 1280, h / 32, w / 32).

    Parameter names match the public state dict with folded norms.
    """

    channels = _TOP
    input_channels = 3

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [_ConvRelu6(3, _STEM, 3, 2)]
        channels = _STEM
        for expansion, out, count, stride in _MOBILENET_STAGES:
            for number in range(count):
                layers.append(_InvertedResidual(channels, out, stride if number == 0 else 1, expansion))
                channels = out
        layers.append(_ConvRelu6(channels, _TOP, 1, 1))
        self.features = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> tuple[Tensor, None]:
        """The feature map; there is no class token."""
        return self.features(images), None

    def stages(self) -> list[list[nn.Module]]:
        """Returns the parts that can be frozen, in order: up to stride 8, stride 16, stride 32."""
        layers = list(self.features)
        return [layers[:_STRIDE_16], layers[_STRIDE_16:_STRIDE_32], layers[_STRIDE_32:]]
