"""Feature maps of a photo at four rotations, from the frozen first part of an embedding model.

The heads share one trunk, so a photo passes through it once. Its file is one ONNX network: `image` (n, 3, size_px,
size_px), RGB in [0, 1], to `maps` (n, positions, channels), positions row by row from the top left.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.onnx_package import open_session
from engine.retrieval.model import ROTATIONS_DEG, square_picture
from engine.where.package import PackagedSource

INPUT, OUTPUT = "image", "maps"
_MIN_PX, _MAX_PX = 32, 1024


class Trunk:
    """The trunk of a source of a where package.

    The source's settings hold `size_px`, the side of the input, and `photo_weights`, the weights of red, green and blue
    with which a photo becomes grey.

    Raises:
        ModelError: the file or the settings cannot be used.
    """

    def __init__(self, source: PackagedSource, threads: int = 1) -> None:
        self.path = source.path("trunk")
        self.sha256 = source.sha256("trunk")
        self.size_px = source.whole_number("size_px", _MIN_PX, _MAX_PX)
        self._weights = np.array(source.numbers("photo_weights", 3), np.float32)
        self._session = open_session(self.path, source.content("trunk"), threads)
        if [i.name for i in self._session.get_inputs()] != [INPUT] or [o.name for o in self._session.get_outputs()] != [
            OUTPUT
        ]:
            raise ModelError.of("where.unfit", path=self.path)
        self._lock = threading.Lock()
        self._last: tuple[NDArray[np.uint8], NDArray[np.float32]] | None = None

    def maps(self, squares: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> NDArray[np.float32]:
        """Feature maps (n, positions, channels) of square pictures, uint8 grey (n, size_px, size_px)."""
        found = []
        for square in squares:  # one by one: larger batches are slower on a CPU
            image = np.broadcast_to(square.astype(np.float32) / 255, (1, 3, self.size_px, self.size_px))
            found.append(np.asarray(self._session.run([OUTPUT], {INPUT: image})[0], np.float32))
        maps = np.concatenate(found)
        if maps.ndim != 3 or not np.isfinite(maps).all():
            raise ModelError.of("where.unfit", path=self.path)
        return maps

    def of_photo(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Feature maps (4, positions, channels) of a photo, uint8 RGB (h, w, 3), at ROTATIONS_DEG.

        The maps of the last photo are kept, for the next head.
        """
        with self._lock:
            if self._last is not None and self._last[0] is pixels:
                return self._last[1]
            square = self.square(pixels)
            maps = self.maps([np.rot90(square, degrees // 90) for degrees in ROTATIONS_DEG])
            self._last = pixels, maps
            return maps

    def square(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The middle square of a photo, grey (size_px, size_px)."""
        grey = np.asarray(cv2.transform(pixels, self._weights[None]), np.uint8)
        return square_picture(grey.reshape(pixels.shape[:2]), self.size_px, "crop")
