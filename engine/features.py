"""Local features of pictures: keypoints with descriptors, RootSIFT unless a network is used (registration/learned.py).

RootSIFT is computed on grey, contrast-equalised pictures. Of the features that need no weights it was measured best.
Voting (engine/voting) and registration (engine/registration) both use it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_FEATURES = 8000
_CLIP_LIMIT = 3.0
_CONTRAST_THRESHOLD = 0.01
# Darker pixels are space, a window frame or missing imagery, whose edges must not become features.
_BLACK = 12
_BLACK_MARGIN_PX = 9
_BAND_PIXELS = 400_000
_BAND_MARGIN_PX = 48
_BAND_SHARE = 0.7  # share of all features that one of several bands may have


@dataclass(frozen=True, eq=False)
class Features:
    """Local features of a picture.

    Attributes:
        xy: (n, 2) pixel positions from the outer corner of the top-left pixel.
        size_px: (n,) diameters; None for features without.
        angle_rad: (n,) orientations, clockwise in the picture from its x axis; None for features without.
        descriptors: float32 (n, d), of length 1; 128 numbers for RootSIFT.
    """

    xy: Array
    size_px: Array | None
    angle_rad: Array | None
    descriptors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.xy)

    def __getitem__(self, rows: NDArray[Any]) -> Features:
        size_px = None if self.size_px is None else self.size_px[rows]
        angle_rad = None if self.angle_rad is None else self.angle_rad[rows]
        return Features(self.xy[rows], size_px, angle_rad, self.descriptors[rows])


class FeatureExtractor(Protocol):
    """Finds and describes the features of a picture.

    Attributes:
        sha256: of the network; empty for RootSIFT.
        rotations: number of rotations at which a photo is searched, so that its features match a north-up picture's.
    """

    @property
    def sha256(self) -> str: ...  # noqa: D102
    @property
    def rotations(self) -> int: ...  # noqa: D102

    def find(
        self, pixels: NDArray[np.uint8], valid: NDArray[np.bool_] | None = None, limit: int = MAX_FEATURES
    ) -> Features:
        """Features of an RGB picture (h, w, 3), at most `limit`, none near black or not `valid` areas."""
        ...


class RootSift:
    """RootSIFT (Arandjelović and Zisserman 2012) of the grey, contrast-equalised picture; invariant to rotation."""

    sha256 = ""
    rotations = 1

    def find(
        self, pixels: NDArray[np.uint8], valid: NDArray[np.bool_] | None = None, limit: int = MAX_FEATURES
    ) -> Features:
        """See FeatureExtractor."""
        return find_features(pixels, valid, limit)


def find_features(
    pixels: NDArray[np.uint8], valid: NDArray[np.bool_] | None = None, limit: int = MAX_FEATURES
) -> Features:
    """RootSIFT features of an RGB picture (h, w, 3), at most `limit`, none near black or not `valid` areas."""
    xy, size_px, angle_rad, descriptors = root_sift(equalised(pixels), usable(pixels, valid), limit)
    return Features(xy, size_px, angle_rad, descriptors)


def root_sift(
    grey: NDArray[np.uint8], mask: NDArray[np.bool_], limit: int
) -> tuple[Array, Array, Array, NDArray[np.float32]]:
    """Positions (n, 2), diameters (n,), orientations (n,) and descriptors (n, 128) as Features has them.

    Args:
        grey: picture (h, w).
        mask: True (h, w) where features are allowed.
        limit: number of features to keep, those of the highest contrast.
    """
    bands = [_sift(grey, mask, top, bottom, limit) for top, bottom in _bands(*grey.shape)]
    xy, size_px, angle_deg, response, descriptors = (np.concatenate(column) for column in zip(*bands, strict=True))
    best = np.sort(np.argsort(-response, kind="stable")[:limit])
    found = descriptors[best]
    root = np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-9))
    return (
        xy[best].astype(np.float64),
        size_px[best].astype(np.float64),
        np.radians(angle_deg[best].astype(np.float64)),
        np.ascontiguousarray(root, np.float32),
    )


def equalised(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey (h, w) after contrast equalisation (CLAHE), which reduces haze and shade."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.createCLAHE(_CLIP_LIMIT, (8, 8)).apply(grey), np.uint8)


def usable(pixels: NDArray[np.uint8], valid: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """True (h, w) away from large black areas and from pixels that are not `valid`."""
    mask = _large_black_areas(pixels)
    if valid is not None:
        mask |= ~valid
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * _BLACK_MARGIN_PX + 1,) * 2, np.uint8)) == 0


def _bands(height: int, width: int) -> list[tuple[int, int]]:
    """First and last row of the bands into which a large picture is cut, because SIFT takes 240 bytes a pixel."""
    count = max(1, math.ceil(height * width / _BAND_PIXELS))
    edges = np.linspace(0, height, count + 1).round().astype(int).tolist()
    return list(itertools.pairwise(edges))


def _sift(
    grey: NDArray[np.uint8], mask: NDArray[np.bool_], top: int, bottom: int, limit: int
) -> tuple[NDArray[Any], ...]:
    """Position, diameter, angle, response and descriptor of the features between two rows of a picture."""
    above = max(0, top - _BAND_MARGIN_PX)
    rows = slice(above, min(len(grey), bottom + _BAND_MARGIN_PX))
    share = 1.0 if bottom - top == len(grey) else _BAND_SHARE
    sift = cv2.SIFT.create(nfeatures=round(share * limit), contrastThreshold=_CONTRAST_THRESHOLD)
    keypoints, descriptors = sift.detectAndCompute(grey[rows], mask[rows].astype(np.uint8))
    if descriptors is None:
        return np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 128), np.float32)
    # OpenCV's positions count from the middle of the first pixel.
    xy = np.array([point.pt for point in keypoints], np.float64) + np.array([0.5, 0.5 + above])
    inside = (xy[:, 1] >= top) & (xy[:, 1] < bottom)
    columns = [np.array([getattr(point, name) for point in keypoints]) for name in ("size", "angle", "response")]
    return xy[inside], *(column[inside] for column in columns), descriptors[inside]


def _large_black_areas(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """True in connected black areas of more than 1/200 of the picture; a dark lake is smaller than a window frame."""
    black = (pixels.max(axis=2) < _BLACK).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(black, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] > black.size / 200
    large[0] = False  # everything that is not black
    return large[labels]
