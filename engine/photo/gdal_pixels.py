"""Reads with GDAL what Pillow cannot read faithfully: TIFF, 16-bit PNG, and PNG too large to decode whole.

Pillow rotates TIFFs by their orientation tag, drops the low byte of 16-bit colour and decodes an image as a whole. GDAL
gives the stored array with any sample type, and reads large images piece by piece at a lower resolution.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from engine.errors import InputError

# A strip or tile is decoded at once; a file made of a single huge one would fill the memory.
_MAX_BLOCK_BYTES = 600_000_000
_CMYK = [ColorInterp.cyan, ColorInterp.magenta, ColorInterp.yellow, ColorInterp.black]
# First bytes and GDAL's driver for them.
_DRIVERS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II", "GTiff"),
    (b"MM", "GTiff"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"RIFF", "WEBP"),
    (b"\0\0\0\x0cjP", "JP2OpenJPEG"),
    (b"\xff\x4f\xff\x51", "JP2OpenJPEG"),
)
_STREAMED = ("JPEG", "PNG", "GTiff")
_SAMPLE_PX = 2048  # longer side of the picture that is used to find the black and white levels of a large photo
_RGB = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]


def size_of(path: Path, driver: str) -> tuple[int, int]:
    """Width and height in pixels of the stored image, from the header alone.

    Args:
        path: a regular file, its format known from its first bytes.
        driver: GDAL's driver for that format, "GTiff" or "PNG"; no other is tried.
    """
    with _Opened(path, driver) as dataset:
        return dataset.width, dataset.height


def read_rgb(path: Path, driver: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The image averaged down to `size` (width, height): (height, width, 3) uint8 RGB, transparency ignored.

    Samples deeper than 8 bits are stretched from their 1st to 99th percentile, over all bands together so that
    the colour balance is kept.

    Raises:
        InputError: damaged, or of a kind that has no meaningful RGB.
    """
    with _Opened(path, driver) as dataset:
        check_numbers(path, dataset)
        _check_blocks(path, dataset)
        kinds = list(dataset.colorinterp)
        is_palette = kinds[0] == ColorInterp.palette
        bands = colour_bands(kinds)
        data = dataset.read(
            bands,
            out_shape=(len(bands), size[1], size[0]),
            resampling=Resampling.nearest if is_palette else Resampling.average,
        )
        if is_palette:
            return palette(dataset.colormap(1))[data[0]]
        bits = int(dataset.tags(bands[0], ns="IMAGE_STRUCTURE").get("NBITS", 8))
    return to_rgb(_of_8_bits(data, bits) if data.dtype == np.uint8 else stretch(data), kinds)


def stored(path: Path) -> contextlib.AbstractContextManager[rasterio.DatasetReader]:
    """Open the stored array unchanged, to be read window by window.

    Raises:
        InputError: not an image, or damaged, which may also show only while it is read.
    """
    driver = _driver_of(path)
    if driver is None:
        raise InputError(path, "is of a kind that cannot be copied unchanged", "convert it to a JPEG or TIFF")
    return _Opened(path, driver)


def can_stream(path: Path) -> bool:
    """Whether `rgb_strips` reads this file format."""
    return _driver_of(path) in _STREAMED


def rgb_strips(path: Path, rows: int) -> Iterator[NDArray[np.uint8]]:
    """The stored array of a JPEG, PNG or TIFF from top to bottom, `rows` rows at a time: (<= rows, width, 3) RGB.

    Deeper samples are stretched as in `read_rgb`, with percentiles of evenly spaced pixels.

    Raises:
        InputError: damaged, or of a kind that has no meaningful RGB.
    """
    with _Opened(path, _driver_of(path) or "GTiff") as dataset:
        check_numbers(path, dataset)
        _check_blocks(path, dataset)
        kinds = list(dataset.colorinterp)
        bands = colour_bands(kinds)
        bits = int(dataset.tags(bands[0], ns="IMAGE_STRUCTURE").get("NBITS", 8))
        colours = palette(dataset.colormap(1)) if kinds[0] == ColorInterp.palette else None
        levels = None
        if colours is None and dataset.dtypes[0] != "uint8":
            every = math.ceil(max(dataset.width, dataset.height) / _SAMPLE_PX)
            shape = (len(bands), max(1, dataset.height // every), max(1, dataset.width // every))
            levels = value_range(dataset.read(bands, out_shape=shape, resampling=Resampling.nearest))
        for top in range(0, dataset.height, rows):
            window = Window(0, top, dataset.width, min(rows, dataset.height - top))
            data = dataset.read(bands, window=window)
            if colours is not None:
                yield colours[data[0]]
            else:
                yield to_rgb(_of_8_bits(data, bits) if levels is None else stretched(data, *levels), kinds)


def _driver_of(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(8)
    return next((driver for magic, driver in _DRIVERS if start.startswith(magic)), None)


def _check_blocks(path: Path, dataset: rasterio.DatasetReader) -> None:
    block_height, block_width = dataset.block_shapes[0]
    per_pixel = np.dtype(dataset.dtypes[0]).itemsize * dataset.count
    if block_height * block_width * per_pixel > _MAX_BLOCK_BYTES:
        raise InputError.of("photo.one_piece", path=path)


def check_numbers(path: Path, dataset: rasterio.DatasetReader) -> None:
    """Raise InputError for a raster whose values are not colours."""
    if dataset.dtypes[0].startswith("complex"):
        raise InputError.of("photo.complex", path=path)


def _of_8_bits(data: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    return data if bits >= 8 else (data * (255 // (2**bits - 1))).astype(np.uint8)


def to_rgb(data: NDArray[np.uint8], kinds: list[ColorInterp]) -> NDArray[np.uint8]:
    """The `colour_bands` of a raster with these bands, (n, h, w), as RGB (h, w, 3)."""
    if kinds[:4] == _CMYK:
        ink = data.astype(np.uint16)
        data = ((255 - ink[:3]) * (255 - ink[3:]) // 255).astype(np.uint8)
    bands = list(data) if len(data) == 3 else [data[0]] * 3
    return np.asarray(cv2.merge(bands), np.uint8)  # forty times as fast as moving the axis with numpy


def stretch(data: NDArray[Any]) -> NDArray[np.uint8]:
    """Values scaled to 0 to 255: the 1st percentile of all finite values is black, the 99th white; NaN is black."""
    return stretched(data, *value_range(data))


def value_range(data: NDArray[Any]) -> tuple[float, float]:
    """Values for black and white: the 1st and 99th percentile of all finite values; (0, 0) if there are none."""
    values = data[np.isfinite(data)].astype(np.float32)
    if values.size == 0:
        return 0.0, 0.0
    low, high = np.percentile(values, [1, 99])
    return (float(low), float(high)) if high > low else (float(values.min()), float(values.max()))


def stretched(data: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Values scaled to 0 to 255, `low` black and `high` white; NaN is black."""
    if high <= low:
        return np.zeros(data.shape, np.uint8)
    values = data.astype(np.float32)
    scaled = (np.where(np.isfinite(values), values, low) - low) * (
        255.0 / max(high - low, float(np.finfo(np.float32).tiny))
    )
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def colour_bands(kinds: list[ColorInterp]) -> list[int]:
    """1-based numbers of the bands that hold the colours: one (grey, palette), three (RGB) or four (CMYK)."""
    if kinds[:4] == _CMYK:
        return [1, 2, 3, 4]
    if all(kind in kinds for kind in _RGB):
        return [kinds.index(kind) + 1 for kind in _RGB]
    colours = [number for number, kind in enumerate(kinds, 1) if kind != ColorInterp.alpha]
    return colours[:3] if len(colours) >= 3 else colours[:1] or [1]


def palette(colours: dict[int, tuple[int, ...]]) -> NDArray[np.uint8]:
    """A raster's colour map as a table (n, 3), n at least 256."""
    table = np.zeros((max(256, max(colours) + 1), 3), np.uint8)
    for value, colour in colours.items():
        table[value] = colour[:3]
    return table


class _Opened:
    """A file opened with one driver, without side-car files; errors of GDAL become InputErrors."""

    def __init__(self, path: Path, driver: str) -> None:
        self._path = path
        # No side-car files, no network, a small block cache.
        self._env = rasterio.Env(
            GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO", GDAL_CACHEMAX=64, CPL_DEBUG=False
        )
        self._driver = driver

    def __enter__(self) -> rasterio.DatasetReader:
        self._env.__enter__()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)  # photos are not georeferenced
                # An absolute path begins with a slash or a drive, so GDAL never takes it for a URL.
                self._dataset = rasterio.open(str(self._path.resolve()), driver=self._driver)
        except RasterioError as error:
            self._env.__exit__()
            raise self._damaged() from error
        return self._dataset

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: object) -> None:
        self._dataset.close()
        self._env.__exit__()
        if isinstance(value, RasterioError):
            raise self._damaged() from value

    def _damaged(self) -> InputError:
        return InputError.of("photo.damaged", path=self._path)
