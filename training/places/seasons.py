"""Seasonal changes of colour between the month of the imagery and other months."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import InputError

MONTHS = 12
_FACTOR_LIMITS = (0.45, 2.2)
# The monthly mosaics are blurred by this many pixels, so that finer detail always comes from the imagery.
_BLUR_PX = 1.5


class Seasons:
    """Brightness ratio, per colour channel, of each month to the month of the imagery, over the globe.

    Args:
        months: uint8 RGB (12, h, w, 3), January first; each covers the whole globe, from 90 N, 180 W.
        own_month: month of the imagery, 1 to 12.
    """

    def __init__(self, months: NDArray[np.uint8], own_month: int) -> None:
        self._months = [cv2.GaussianBlur(m, (0, 0), _BLUR_PX) for m in months]
        self._own = self._months[own_month - 1]

    @classmethod
    def read(cls, folder: Path, own_month: int) -> Seasons:
        """Reads a folder of monthly world mosaics of one size, with the month between underscores in the name.

        Raises:
            InputError: a month is missing, or the pictures differ in size.
        """
        by_month: dict[int, list[Path]] = {}
        for path in sorted(folder.glob("*.jpg")):
            found = re.search(r"_(\d\d)_(\d+)x(\d+)$", path.stem)
            if found and 1 <= int(found[1]) <= MONTHS:
                by_month.setdefault(int(found[1]), []).append(path)
        missing = [m for m in range(1, MONTHS + 1) if m not in by_month]
        if missing:
            raise InputError(
                folder, f"has no mosaic of month {missing[0]}", "add the missing months, or set no folder of seasons"
            )
        # The smallest file of each month is enough: only low frequencies are used.
        pictures = [
            np.asarray(Image.open(min(by_month[m], key=lambda p: p.stat().st_size)).convert("RGB"))
            for m in range(1, MONTHS + 1)
        ]
        if len({p.shape for p in pictures}) != 1:
            raise InputError(folder, "has months of different sizes", "use twelve mosaics of one size")
        return cls(np.stack(pictures), own_month)

    def change(self, month: int, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float32]:
        """Returns factors (h, w, 3) on linear light from the imagery to another month, at points (h, w).

        Args:
            month: 0 to 11.
            lat, lon: points in degrees.
        """
        height, width = self._own.shape[:2]
        x = ((lon + 180.0) / 360.0 * width - 0.5).astype(np.float32)
        y = ((90.0 - lat) / 180.0 * height - 0.5).astype(np.float32)
        target = cv2.remap(self._months[month], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        own = cv2.remap(self._own, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        ratio = (target.astype(np.float32) + 12.0) / (own.astype(np.float32) + 12.0)
        return np.clip(ratio**2.0, *_FACTOR_LIMITS)
