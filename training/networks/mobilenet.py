"""MobileNetV2 with its batch norms folded into the convolutions."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

# Expansion, channels, blocks and stride of each stage (Sandler et al. 2018, table 2).
_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
_STEM, _TOP = 32, 1280
# Indexes of the first layers with output stride 16, and with output stride 32.
_STRIDE_16, _STRIDE_32 = 7, 14


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
    """ImageNet-normalised RGB (n, 3, h, w) to (n, 1280, h / 32, w / 32).

    Parameter names match the public state dict with folded norms.
    """

    channels = _TOP
    input_channels = 3

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [_ConvRelu6(3, _STEM, 3, 2)]
        channels = _STEM
        for expansion, out, count, stride in _STAGES:
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
