"""A photo's local features at three scales, in units that do not depend on its size in pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.features import find_features
from engine.voting.vocabulary import to_vocabulary_space

Array = NDArray[np.float64]

# Longer sides. At larger sizes a photo shows detail that imagery of the world lacks, and its features are noise.
SIZES_PX = (384, 512, 768)
_PIXELS_PER_FEATURE = 85
MIN_FEATURES = 30  # with fewer features nothing is recognised


@dataclass(frozen=True, eq=False)
class PhotoFeatures:
    """Features (n) of a photo; lengths are in parts of its longer side.

    Attributes:
        x, y: (n,) from the middle, to the right and down.
        size: (n,) diameters.
        angle_deg: (n,) orientations, clockwise from the x axis.
        numbers: float32 (n, 128), descriptors after `vocabulary.to_vocabulary_space`.
        shorter: length of the photo's shorter side.
        wide: whether the longer side is the horizontal one.
    """

    x: Array
    y: Array
    size: Array
    angle_deg: Array
    numbers: NDArray[np.float32]
    shorter: float
    wide: bool

    def __len__(self) -> int:
        return len(self.x)


def photo_features(pixels: NDArray[np.uint8]) -> PhotoFeatures:
    """The features of an RGB picture (h, w, 3), one for every _PIXELS_PER_FEATURE pixels at each size."""
    height, width = pixels.shape[:2]
    longer = max(height, width)
    columns: list[list[NDArray[Any]]] = [[], [], [], [], []]
    for side in sorted({min(px, longer) for px in SIZES_PX}):
        size = max(1, round(width * side / longer)), max(1, round(height * side / longer))
        small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        found = find_features(small, limit=size[0] * size[1] // _PIXELS_PER_FEATURE)
        if not len(found) or found.size_px is None or found.angle_rad is None:
            continue
        x, y = ((found.xy - np.array(size) / 2) / max(size)).T
        row = (x, y, found.size_px / max(size), np.degrees(found.angle_rad), to_vocabulary_space(found.descriptors))
        for column, part in zip(columns, row, strict=True):
            column.append(part)
    if not columns[0]:
        none = np.zeros(0)
        return PhotoFeatures(none, none, none, none, np.zeros((0, 128), np.float32), 1.0, True)
    x, y, diameter, angle_deg, numbers = (np.concatenate(part) for part in columns)
    return PhotoFeatures(x, y, diameter, angle_deg, numbers, min(height, width) / longer, width >= height)
