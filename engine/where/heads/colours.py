"""What a photo's colours tell about its ground, whichever way it is turned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.model import square_picture

COUNT = 24
_SIDE_PX = 64
_BLOCK_PX = 8
_LITTLE = 0.02  # keeps logarithms of dark pixels small
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def colour_statistics(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Statistics (COUNT,) of the middle square of a photo, uint8 RGB (height, width, 3); a quarter turn changes none.

    Quantiles of brightness, of saturation and of the ratios of red and blue to green; contrast at two scales; and the
    shares of what looks like water, cloud or snow, plants, and bare ground.
    """
    square = square_picture(pixels, _SIDE_PX, "crop").astype(np.float32) / 255.0
    red, green, blue = np.moveaxis(square, -1, 0)
    light = square.mean(axis=-1)
    saturation = (square.max(axis=-1) - square.min(axis=-1)) / (square.max(axis=-1) + _LITTLE)
    warm, cold = np.log((red + _LITTLE) / (green + _LITTLE)), np.log((blue + _LITTLE) / (green + _LITTLE))
    blocks = light.reshape(_SIDE_PX // _BLOCK_PX, _BLOCK_PX, _SIDE_PX // _BLOCK_PX, _BLOCK_PX).mean(axis=(1, 3))
    fine = light - np.kron(blocks, np.ones((_BLOCK_PX, _BLOCK_PX), np.float32))
    relative = light / max(float(light.mean()), _LITTLE)
    return np.array(
        [
            *np.quantile(light, _QUANTILES),
            *np.quantile(saturation, _QUANTILES[::2]),
            *np.quantile(warm, _QUANTILES[::2]),
            *np.quantile(cold, _QUANTILES[::2]),
            *np.quantile(relative, _QUANTILES[::2]),
            light.std(),
            blocks.std(),
            fine.std(),
            ((light < 0.35) & (blue >= green) & (green >= red)).mean(),
            ((light > 0.7) & (saturation < 0.2)).mean(),
            ((green > red) & (green > blue)).mean(),
            ((red > green) & (green > blue)).mean(),
        ],
        np.float32,
    )
