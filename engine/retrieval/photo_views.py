"""The views of a photo that are searched: the whole at eight rotations and a closer view, and its quarters.

Tiles are stored once, north up, and the photo is rotated instead (docs/search.md has what each view is worth).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.retrieval.model import ROTATIONS_DEG, ModelPackage, square_picture

# Size of the closer view and of the quarters: half an octave smaller, which is the step between tile widths.
CLOSER = 2**-0.5
# A square rotated by 45 degrees must be smaller to stay inside the photo.
_DIAGONAL = 0.75
# Distance from the middle of the photo's square to that of a quarter, in sides of the square.
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

    @classmethod
    def of(cls, descriptors: NDArray[np.float32]) -> PhotoViews:
        """From the descriptors (28, dimension) of `square_views`."""
        count = len(ROTATIONS_DEG)
        return cls(descriptors[: 3 * count], descriptors[3 * count :].reshape(len(QUARTERS), count, -1))


def embed_views(model: ModelPackage, pixels: NDArray[np.uint8]) -> PhotoViews:
    """Descriptors of a photo, uint8 RGB (height, width, 3)."""
    return PhotoViews.of(model.embed_photo(square_views(model, model.photo_light(pixels))))


def square_views(model: ModelPackage, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The views of a photo whose light is weighted (`ModelPackage.photo_light`): uint8 (28, size_px, size_px, 3)."""
    size_px = model.input.size_px
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
    return np.stack([np.rot90(square, degrees // 90) for square in squares for degrees in ROTATIONS_DEG])


def _cut(pixels: NDArray[np.uint8], top: int, left: int, side: int) -> NDArray[np.uint8]:
    return pixels[top : top + side, left : left + side]


def _diagonal(pixels: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """The middle of the photo rotated counter-clockwise by 45 degrees, as a square of size_px."""
    height, width = pixels.shape[:2]
    side = min(height, width) * _DIAGONAL
    shrink = side / size_px
    if shrink > 1.3:  # blur before sampling, so that fine texture does not alias
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.35 * shrink), np.uint8)
    middle = (width - 1) / 2, (height - 1) / 2
    matrix = cv2.getRotationMatrix2D(middle, 45.0, 1.0 / shrink)
    matrix = matrix + np.array([[0, 0, (size_px - 1) / 2 - at] for at in middle])
    size = (size_px, size_px)
    return np.asarray(cv2.warpAffine(pixels, matrix, size, borderMode=cv2.BORDER_REFLECT_101), np.uint8)
