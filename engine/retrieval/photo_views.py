"""What of a photo is searched for: the whole at eight turns and a little closer, and its quarters.

Tiles are stored once, north up; the photo is turned instead (docs/search.md has what each view is worth).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.retrieval.model import ROTATIONS_DEG, ModelPackage, square_picture

# The middle of the photo, closer by half an octave, as tile widths are apart; quarters are of the same size.
CLOSER = 2**-0.5
# A square turned by 45 degrees reaches past the photo's edges unless it is smaller.
_DIAGONAL = 0.75
# Sides of the photo's square from its middle to the middle of a quarter.
QUARTER_SHIFT = (1.0 - CLOSER) / 2
# Middles of the quarters, right and up, in units of QUARTER_SHIFT: the order of PhotoViews.quarters.
QUARTERS = ((-1, 1), (1, 1), (-1, -1), (1, -1))


@dataclass(frozen=True, eq=False)
class PhotoViews:
    """Descriptors of a photo, each of length 1.

    Attributes:
        whole: float32 (n, dimension): first the photo's square at ROTATIONS_DEG, then further views.
        quarters: float32 (4, 4, dimension): QUARTERS by ROTATIONS_DEG.
    """

    whole: NDArray[np.float32]
    quarters: NDArray[np.float32]


def embed_views(model: ModelPackage, pixels: NDArray[np.uint8]) -> PhotoViews:
    """Descriptors of a photo, uint8 RGB (height, width, 3)."""
    size_px = model.input.size_px
    pixels = model.photo_light(pixels)
    height, width = pixels.shape[:2]
    side = min(height, width)
    middle = _cut(pixels, (height - side) // 2, (width - side) // 2, side)
    part = max(1, round(side * CLOSER))
    rest = side - part
    closer = square_picture(_cut(middle, rest // 2, rest // 2, part), size_px, "crop")
    squares = [model.prepare(pixels), _diagonal(pixels, size_px), closer]
    squares += [
        square_picture(_cut(middle, top, left, part), size_px, "crop") for top in (0, rest) for left in (0, rest)
    ]
    turned = np.stack([np.rot90(square, degrees // 90) for square in squares for degrees in ROTATIONS_DEG])
    descriptors = model.embed(turned)
    turns = len(ROTATIONS_DEG)
    return PhotoViews(descriptors[: 3 * turns], descriptors[3 * turns :].reshape(len(QUARTERS), turns, -1))


def _cut(pixels: NDArray[np.uint8], top: int, left: int, side: int) -> NDArray[np.uint8]:
    return pixels[top : top + side, left : left + side]


def _diagonal(pixels: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """The middle of the photo turned counter-clockwise by 45 degrees, as a square of size_px."""
    height, width = pixels.shape[:2]
    side = min(height, width) * _DIAGONAL
    shrink = side / size_px
    if shrink > 1.3:  # averages before it samples, or fine texture would alias
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.35 * shrink), np.uint8)
    middle = (width - 1) / 2, (height - 1) / 2
    turn = cv2.getRotationMatrix2D(middle, 45.0, 1.0 / shrink)
    turn = turn + np.array([[0, 0, (size_px - 1) / 2 - at] for at in middle])
    size = (size_px, size_px)
    return np.asarray(cv2.warpAffine(pixels, turn, size, borderMode=cv2.BORDER_REFLECT_101), np.uint8)
