"""From pixels to what a backbone sees, inside the graph, so that a model package carries it.

Photos are blue with haze and of any exposure, imagery is not; grey with its mean and contrast evened out
looks alike in both.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# Mean and deviation, of 255, that a standardised picture gets before a backbone that was trained on ImageNet.
_TARGET_MEAN, _TARGET_STD = 120.0 / 255, 50.0 / 255
# Keeps flat pictures flat: a deviation below this is noise.
_FLAT = 0.01
_FLAT_LOCAL = 0.03
_LOCAL_LIMIT = 3.0


class RgbInput(nn.Module):
    """Colours as they come: (n, 3, h, w), ImageNet-normalised by whoever calls, as the card says."""

    mean = IMAGENET_MEAN
    std = IMAGENET_STD
    channels = 3

    def forward(self, images: Tensor) -> Tensor:
        """Returns the images themselves."""
        return images


class GreyInput(nn.Module):
    """Grey pictures standardised to mean 0 and deviation 1.

    Args:
        channels: 1, or 3 for a backbone that was trained on ImageNet: the grey three times over, on its scale.
        window_px: None standardises over the whole picture; an odd side over a moving window.

    Takes RGB in [0, 1], (n, 3, h, w); gives (n, channels, h, w).
    """

    mean = (0.0, 0.0, 0.0)
    std = (1.0, 1.0, 1.0)
    scale: Tensor
    shift: Tensor

    def __init__(self, channels: int, window_px: int | None = None) -> None:
        super().__init__()
        self.channels = channels
        self.window_px = window_px
        scale, shift = torch.ones(1), torch.zeros(1)
        if channels == 3:
            mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
            scale, shift = _TARGET_STD / std, (_TARGET_MEAN - mean) / std
        self.register_buffer("scale", scale.view(1, channels, 1, 1), persistent=False)
        self.register_buffer("shift", shift.view(1, channels, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """RGB in [0, 1] to standardised grey on the backbone's scale."""
        grey = images.float().mean(dim=1, keepdim=True)
        if self.window_px is None:
            mean = grey.mean(dim=(2, 3), keepdim=True)
            centred = grey - mean
            deviation = centred.square().mean(dim=(2, 3), keepdim=True).sqrt()
            standard = centred / (deviation + _FLAT)
        else:
            mean = self._window_mean(grey)
            variance = self._window_mean(grey.square()) - mean.square()
            deviation = variance.clamp(min=0.0).sqrt()
            standard = ((grey - mean) / (deviation + _FLAT_LOCAL)).clamp(-_LOCAL_LIMIT, _LOCAL_LIMIT)
        return standard * self.scale + self.shift

    def _window_mean(self, grey: Tensor) -> Tensor:
        # Rows, then columns: two passes of n instead of one of n squared.
        side = self.window_px or 1
        edge = side // 2
        padded = functional.pad(grey, (edge, edge, edge, edge), mode="reflect")
        return functional.avg_pool2d(functional.avg_pool2d(padded, (side, 1), stride=1), (1, side), stride=1)


def make_input(kind: str, channels: int, size_px: int) -> RgbInput | GreyInput:
    """The input module of a NetworkConfig, for a backbone of `channels` input channels."""
    if kind == "rgb":
        return RgbInput()
    if kind == "grey":
        return GreyInput(channels)
    # A third of the picture, the share that did best in the first experiments (51 of 160 pixels).
    return GreyInput(channels, window_px=2 * (size_px // 6) + 1)
