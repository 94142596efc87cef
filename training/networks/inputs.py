"""Input normalisation inside the network graph, so that it is part of a model package.

Photos are blue from haze and vary in exposure, satellite imagery does not. Grey pictures with normalised mean and
contrast look alike in both.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# Mean and standard deviation of a standardised picture before a backbone that was trained on ImageNet.
_TARGET_MEAN, _TARGET_STD = 120.0 / 255, 50.0 / 255
# Added to the standard deviation, so that the noise of flat pictures is not amplified.
_STD_OFFSET = 0.01
_LOCAL_STD_OFFSET = 0.03
_LOCAL_LIMIT = 3.0


class RgbInput(nn.Module):
    """Passes RGB (n, 3, h, w) on unchanged. The caller normalises it with the ImageNet statistics of the card."""

    mean = IMAGENET_MEAN
    std = IMAGENET_STD
    channels = 3

    def forward(self, images: Tensor) -> Tensor:
        """Returns the images themselves."""
        return images


class GreyInput(nn.Module):
    """Converts RGB in [0, 1], (n, 3, h, w), to grey with mean 0 and standard deviation 1, (n, channels, h, w).

    Args:
        channels: 1, or 3 for a backbone that was trained on ImageNet: three copies of the grey channel on its scale.
        window_px: None standardises over the whole picture; an odd side standardises over a moving window.
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
        """Returns standardised grey on the scale of the backbone."""
        grey = images.float().mean(dim=1, keepdim=True)
        if self.window_px is None:
            mean = grey.mean(dim=(2, 3), keepdim=True)
            centred = grey - mean
            deviation = centred.square().mean(dim=(2, 3), keepdim=True).sqrt()
            standardised = centred / (deviation + _STD_OFFSET)
        else:
            mean = self._window_mean(grey)
            variance = self._window_mean(grey.square()) - mean.square()
            deviation = variance.clamp(min=0.0).sqrt()
            standardised = ((grey - mean) / (deviation + _LOCAL_STD_OFFSET)).clamp(-_LOCAL_LIMIT, _LOCAL_LIMIT)
        return standardised * self.scale + self.shift

    def _window_mean(self, grey: Tensor) -> Tensor:
        # Separable: a pass over rows and one over columns cost 2 n instead of n squared.
        side = self.window_px or 1
        edge = side // 2
        padded = functional.pad(grey, (edge, edge, edge, edge), mode="reflect")
        return functional.avg_pool2d(functional.avg_pool2d(padded, (side, 1), stride=1), (1, side), stride=1)


def make_input(kind: str, channels: int, size_px: int) -> RgbInput | GreyInput:
    """Makes the input module of a NetworkConfig, for a backbone with `channels` input channels."""
    if kind == "rgb":
        return RgbInput()
    if kind == "grey":
        return GreyInput(channels)
    # A third of the picture, which gave the best recall in the first experiments (51 of 160 pixels).
    return GreyInput(channels, window_px=2 * (size_px // 6) + 1)
