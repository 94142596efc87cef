"""Other months than the imagery's own: the slow changes of colour over a year."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import InputError

MONTHS = 12
_LIMITS = (0.45, 2.2)
# Detail finer than this many pixels of the monthly mosaics stays that of the imagery.
_BLUR_PX = 1.5


class Seasons:
    """How much brighter or darker each month is than the month of the imagery, over the globe.

    Args:
        months: uint8 RGB (12, h, w, 3), the whole globe from 90 N, 180 W, January first.
        own_month: month of the imagery, 1 to 12.
    """

    def __init__(self, months: NDArray[np.uint8], own_month: int) -> None:
        self._months = [cv2.GaussianBlur(m, (0, 0), _BLUR_PX) for m in months]
        self._own = self._months[own_month - 1]

    @classmethod
    def read(cls, folder: Path, own_month: int) -> Seasons:
        """Reads a folder of monthly world mosaics, the month in the name between underscores, all of one size.

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
            raise InputError(folder, f"has no mosaic of month {missing[0]}", "give all twelve or none")
        # The smallest of each month: only the low frequencies are used.
        pictures = [
            np.asarray(Image.open(min(by_month[m], key=lambda p: p.stat().st_size)).convert("RGB"))
            for m in range(1, MONTHS + 1)
        ]
        if len({p.shape for p in pictures}) != 1:
            raise InputError(folder, "has months of different sizes", "give twelve of one size")
        return cls(np.stack(pictures), own_month)

    def change(self, month: int, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float32]:
        """Factor on linear light of a month (0 to 11) relative to the imagery's, (h, w, 3), at points (h, w)."""
        height, width = self._own.shape[:2]
        x = ((lon + 180.0) / 360.0 * width - 0.5).astype(np.float32)
        y = ((90.0 - lat) / 180.0 * height - 0.5).astype(np.float32)
        there = cv2.remap(self._months[month], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        here = cv2.remap(self._own, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        ratio = (there.astype(np.float32) + 12.0) / (here.astype(np.float32) + 12.0)
        return np.clip(ratio**2.0, *_LIMITS)
