"""Finds the ground position of a spot of the photo, near where the camera has it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imagery.source import ImagerySource
from engine.registration.camera import Camera

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

# Half the side of a patch: 113 pixels of a photo of 1024. Measured on ten real photos and the Blue Marble (120 random
# spots, camera as accurate as the truth table, 2 to 5 km): of the spots found with a similarity above 0.4, 75 % lie
# within 7 km with patches of 41 pixels, 89 % with 89, and all 44 with 121.
_ARM_PX = 56
_LEAST_SIMILARITY = 0.4
_CLIP_LIMIT = 3.0


def snap(
    pixels: Pixels, camera: Camera, imagery: ImagerySource, x_px: float, y_px: float, reach_px: float
) -> tuple[float, float, float] | None:
    """Find where the surroundings of a spot of the photo are on the ground.

    A patch of the photo is searched in the imagery rendered as the camera sees it, by normalised cross-correlation of
    the gradient magnitude. So tilt and rotation, haze and seasonal colours matter little.

    Args:
        pixels: the photo, RGB, about 1024 pixels along its longer side.
        camera: of a picture of that size.
        imagery: to search in.
        x_px, y_px: the spot in `pixels`.
        reach_px: the largest error of the camera there.

    Returns:
        Latitude, longitude and similarity (up to 1); None where nothing similar is within reach.
    """
    half = round(reach_px) + _ARM_PX
    steps = np.arange(-half, half + 1, dtype=np.float64)
    x, y = np.meshgrid(x_px + steps, y_px + steps)
    seen, covered = imagery.sample(*camera.locate(x, y))
    if not covered[half - _ARM_PX : half + _ARM_PX + 1, half - _ARM_PX : half + _ARM_PX + 1].any():
        return None
    height, width = pixels.shape[:2]
    # Pixel positions count from the outer corner, those of remap from the centre of the first pixel.
    window = np.asarray(cv2.remap(
        pixels, (x - 0.5).astype(np.float32), (y - 0.5).astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ), np.uint8)  # fmt: skip
    if not (0 <= x_px <= width and 0 <= y_px <= height):
        return None
    patch = _changes(window)[half - _ARM_PX : half + _ARM_PX + 1, half - _ARM_PX : half + _ARM_PX + 1]
    if float(patch.std()) < 1e-3:
        return None
    similarity = np.asarray(cv2.matchTemplate(_changes(seen), patch, cv2.TM_CCOEFF_NORMED), np.float32)
    _, best, _, (column, row) = cv2.minMaxLoc(similarity)
    if not np.isfinite(best) or best < _LEAST_SIMILARITY:
        return None
    dx = _summit(similarity[row], column) - (half - _ARM_PX)
    dy = _summit(similarity[:, column], row) - (half - _ARM_PX)
    lat, lon = camera.locate(x_px + dx, y_px + dy)
    return (float(lat), float(lon), float(best)) if np.isfinite(lat) else None


def _changes(pixels: Pixels) -> NDArray[np.float32]:
    """Gradient magnitude of the grey picture after contrast equalisation."""
    grey = cv2.createCLAHE(_CLIP_LIMIT, (4, 4)).apply(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.2)
    return np.asarray(np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)), np.float32)


def _summit(values: NDArray[np.float32], at: int) -> float:
    """Position of the vertex of a parabola through a maximum and its neighbours."""
    if not 0 < at < len(values) - 1:
        return float(at)
    before, here, after = (float(v) for v in values[at - 1 : at + 2])
    bend = before - 2 * here + after
    return at + (0.5 * (before - after) / bend if bend < 0 else 0.0)
