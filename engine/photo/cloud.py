"""Estimates how much of a photo is cloud, from colour and brightness alone.

A logistic model of each pixel, averaged over the photo. benchmarks/cloud.py fits it to shares that a person
estimated and measures its error on other passes: about 10 percentage points. Whatever is bright and without colour
counts as cloud: snow, salt and pale desert too (docs/metadata-out.md says how often).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.photo.no_ground import why_no_ground

_SIDE_PX = 192
_DARK = 0.2  # brightest channel of window frames and space, of 1
_LEAST_GROUND = 0.35  # share of the photo that is neither
_HAZE = 0.15  # keeps a photo without contrast from being stretched
_BLUR_PX = 7
_RIM_PX = 9  # of a window: blurred, and lit by the cabin
# Weights of the features of `cloud_features`, in their order, as benchmarks/cloud.py prints them.
WEIGHTS = (5.24, 5.99, 2.17, -47.98, 7.50, -5.68)


def cloud_percent(pixels: NDArray[np.uint8]) -> float | None:
    """The share of the ground and sea in a photo that cloud hides, 0 to 100.

    Args:
        pixels: uint8 RGB (h, w, 3).

    Returns:
        None for a photo of night, of one colour, or mostly of space or the cabin.
    """
    if why_no_ground(pixels) is not None:
        return None
    features = cloud_features(pixels)
    return None if features is None else cloud_share(features, np.asarray(WEIGHTS)) * 100.0


def cloud_share(features: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The mean probability of cloud, 0 to 1, over pixels (n, 6)."""
    return float(np.mean(1.0 / (1.0 + np.exp(-np.clip(features @ weights, -30.0, 30.0)))))


def cloud_features(pixels: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """What tells cloud: (n, 6) for the pixels of a small copy that show the Earth; None where few do.

    Darkest channel; the same between the photo's own dark and bright; saturation; red over blue; contrast around the
    pixel; 1.
    """
    scale = min(1.0, _SIDE_PX / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    colours = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float64) / 255.0
    bright, white = colours.max(axis=2), colours.min(axis=2)
    earth = _earth(bright)
    if earth.mean() < _LEAST_GROUND:
        return None
    mean = cv2.blur(white, (_BLUR_PX, _BLUR_PX))
    contrast = np.sqrt(np.maximum(cv2.blur(white * white, (_BLUR_PX, _BLUR_PX)) - mean * mean, 0.0))
    low, high = np.percentile(white[earth], [5, 99])
    features = (
        white,
        (white - low) / (high - low + _HAZE),
        (bright - white) / np.maximum(bright, 0.05),
        np.maximum(colours[..., 0] - colours[..., 2], 0.0),
        contrast,
        np.ones_like(white),
    )
    return np.stack(features, axis=-1)[earth]


def _earth(bright: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Pixels that are not of the dark areas at the photo's edge."""
    _, area = cv2.connectedComponents((bright < _DARK).astype(np.uint8))
    edge = np.unique(np.concatenate([area[0], area[-1], area[:, 0], area[:, -1]]))
    earth = ~np.isin(area, edge[edge > 0])
    if earth.mean() < 0.95:
        rim = np.ones((_RIM_PX, _RIM_PX), np.uint8)
        earth = cv2.erode(earth.astype(np.uint8), rim, borderValue=1).astype(bool)
    return np.asarray(earth, bool)
