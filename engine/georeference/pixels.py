"""Reads windows of a photo's pixels, however large it is."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.windows import Window

from engine.errors import OutputError
from engine.photo import gdal_pixels
from engine.photo.read import PhotoInfo, is_raw, read_photo
from engine.progress import Progress

Pixels = NDArray[np.uint8]

# Photos up to this size are decoded into memory: 200 MB.
_IN_MEMORY_PX = 64_000_000
_STRIP_ROWS = 256
_TILE_PX = 512


class PhotoPixels:
    """The stored pixels of a photo as RGB, read window by window.

    A larger photo is first copied, strip by strip, into a tiled file at `scratch`, because a JPEG can only be read
    from its beginning. Use it as a context manager: closing it removes the scratch file.

    Raises:
        InputError: the photo cannot be read. OutputError: there is no room for the scratch file.
    """

    def __init__(self, info: PhotoInfo, scratch: Path, progress: Progress) -> None:
        self.width, self.height = info.width_px, info.height_px
        self._scratch = scratch
        self._dataset: rasterio.DatasetReader | None = None
        self._array: Pixels = np.zeros((0, 0, 3), np.uint8)
        progress.report("read", 0, 1)
        in_memory = self.width * self.height <= _IN_MEMORY_PX or not gdal_pixels.can_stream(info.path)
        if in_memory or is_raw(info.path):  # GDAL would read the thumbnail of a RAW file
            self._array = read_photo(info.path, max(self.width, self.height)).pixels
        else:
            self._tile(info.path, progress)
        progress.report("read", 1, 1)

    def window(self, left: int, top: int, right: int, bottom: int, step: int) -> tuple[Pixels, float, float]:
        """The pixels of a window inside the photo, averaged over about `step` pixels in both directions.

        Returns:
            RGB (h, w, 3), and the width and height of one of its pixels in pixels of the photo.
        """
        columns, rows = right - left, bottom - top
        width, height = -(-columns // step), -(-rows // step)
        if self._dataset is not None:
            data = self._dataset.read(
                window=Window(left, top, columns, rows), out_shape=(3, height, width), resampling=Resampling.average
            )
            part = np.ascontiguousarray(np.moveaxis(data, 0, -1))
        else:
            part = self._array[top:bottom, left:right]
            if step > 1:
                part = np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        return part, columns / width, rows / height

    def __enter__(self) -> PhotoPixels:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._dataset is not None:
            self._dataset.close()
        self._scratch.unlink(missing_ok=True)

    def _tile(self, path: Path, progress: Progress) -> None:
        profile = {
            "driver": "GTiff", "width": self.width, "height": self.height, "count": 3, "dtype": "uint8",
            "tiled": True, "blockxsize": _TILE_PX, "blockysize": _TILE_PX, "interleave": "pixel", "BIGTIFF": "IF_SAFER",
        }  # fmt: skip
        try:
            with rasterio.Env(GDAL_CACHEMAX=64), rasterio.open(self._scratch, "w", **profile) as scratch:
                top = 0
                for strip in gdal_pixels.rgb_strips(path, _STRIP_ROWS):
                    scratch.write(np.moveaxis(strip, -1, 0), window=Window(0, top, self.width, len(strip)))
                    top += len(strip)
                    progress.report("read", top, self.height)
            self._dataset = rasterio.open(self._scratch)
        except (rasterio.RasterioIOError, OSError) as error:
            self._scratch.unlink(missing_ok=True)
            raise OutputError.of("output.no_room", path=self._scratch.parent) from error
        except BaseException:
            self._scratch.unlink(missing_ok=True)
            raise
