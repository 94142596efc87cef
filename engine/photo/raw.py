"""Reads camera RAW photos with LibRaw, if the extra `raw` (rawpy) is installed.

As for other photos, the pixels are those of the stored array: LibRaw rotates nothing. The stored array of a RAW file is
the visible part of the sensor, which may be a few pixels larger than the JPEG that the camera makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.photo.exif import Exif, read_tiff_exif

SUFFIXES = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".kdc", ".mrw", ".nef", ".nrw"),
    *(".orf", ".pef", ".raf", ".raw", ".rw2", ".sr2", ".srf", ".srw", ".x3f"),
)
_EXIF_OF_FLIP = {3: 3, 5: 8, 6: 6}  # LibRaw's numbers for rotations by 180, 270 and 90 degrees
_FIRST_YEAR = 1990  # LibRaw gives 1970 where a file has no time


def read_header(path: Path, file: BinaryIO) -> tuple[Exif, tuple[int, int]]:
    """EXIF and size (width, height) of the stored array, without decoding it.

    Raises:
        InputError: rawpy is not installed, or the file is damaged or of an unknown kind.
    """
    with _opened(path) as raw:
        size = int(raw.sizes.iwidth), int(raw.sizes.iheight)
        other, flip = raw.other, raw.sizes.flip
    exif = read_tiff_exif(file)  # most RAW files have the structure of a TIFF
    taken_at = other.timestamp.isoformat() if other.timestamp and other.timestamp.year >= _FIRST_YEAR else None
    focal_mm = round(float(other.focal_length), 3) if other.focal_length > 0 else None
    return (
        Exif(
            taken_at=exif.taken_at or taken_at,
            camera=exif.camera,
            focal_length_mm=exif.focal_length_mm or focal_mm,
            orientation=_EXIF_OF_FLIP.get(flip, exif.orientation),
            nadir=exif.nadir,
        ),
        size,
    )


def read_rgb(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The stored array developed with the camera's white balance and averaged down to `size` (width, height).

    Every second pixel of each colour suffices where at most half of the resolution is asked for; that is four times as
    fast as interpolating all of them.

    Returns:
        uint8 RGB (height, width, 3).

    Raises:
        InputError: as for `read_header`.
    """
    with _opened(path) as raw:
        half = max(size) * 2 <= max(raw.sizes.iwidth, raw.sizes.iheight)
        rgb = raw.postprocess(half_size=half, use_camera_wb=True, user_flip=0, output_bps=8)
    if rgb.ndim == 2 or rgb.shape[2] == 1:  # a camera without colour filters
        rgb = np.repeat(rgb.reshape(*rgb.shape[:2], 1), 3, axis=2)
    if (rgb.shape[1], rgb.shape[0]) != size:
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(rgb, np.uint8)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file opened with LibRaw; its errors become InputErrors."""
    try:
        import rawpy
    except ImportError as error:
        raise InputError.of("photo.raw", path=path) from error
    try:
        with rawpy.imread(str(path)) as raw:
            yield raw
    except (rawpy.LibRawFileUnsupportedError, rawpy.NotSupportedError) as error:
        raise InputError.of("photo.raw_kind", path=path) from error
    except (MemoryError, rawpy.LibRawUnsufficientMemoryError) as error:
        raise InputError.of("photo.memory", path=path) from error
    except rawpy.LibRawError as error:
        raise InputError.of("photo.damaged", path=path) from error
