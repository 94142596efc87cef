"""Detects photos that show no ground in daylight, before anything is searched."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.messages import Message

# Levels of 0 to 255. The real photos with known footprints have a median of the brightest channel of 69 and more; those
# of night, of the limb at night and of the cabin have 36 and less (docs/voting.md).
_DARK = 40
_LIT = 100
# A photo that is dark everywhere may be underexposed daylight, which contrast equalisation recovers. A photo with more
# bright pixels than this may show ground through a window.
_LIGHTS = 0.001, 0.15
_FLAT_LEVELS = 2.0  # standard deviation of grey levels
_SIDE_PX = 256


def why_no_ground(pixels: NDArray[np.uint8]) -> Message | None:
    """Why an RGB photo (h, w, 3) shows nothing to recognise; None if it may show something."""
    if float(pixels.mean(axis=2).std()) < _FLAT_LEVELS:
        return Message("photo.one_colour")
    scale = min(1.0, _SIDE_PX / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    bright = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)).max(axis=2)
    if np.median(bright) < _DARK and _LIGHTS[0] <= (bright >= _LIT).mean() < _LIGHTS[1]:
        return Message("photo.dark")
    return None
