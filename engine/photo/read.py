"""Reads a photo: its pixels and metadata. The photo is any image that a camera or an archive makes.

The first bytes of the file determine its format, never the name alone, and only the decoder of that format opens it.
Pixels stay as stored: the EXIF orientation is for display, not for georeferencing.
"""

from __future__ import annotations

import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import InputError
from engine.photo import gdal_pixels, raw
from engine.photo.exif import read_exif, read_tiff_exif
from engine.photo.photo_id import parse_photo_id

MIN_SIDE_PX = 16
# Scans and stitched panoramas have hundreds of megapixels; larger images are a mistake or an attack.
MAX_PIXELS = 1_500_000_000
# Limit for formats that can only be decoded as a whole, at up to 6 bytes a pixel.
MAX_PIXELS_WHOLE = 270_000_000
# A larger PNG is read by GDAL, piece by piece.
_LARGE_PNG_PIXELS = 40_000_000

# The limits above are checked before anything is decoded, and their errors tell the user what to do.
Image.MAX_IMAGE_PIXELS = None

_MAGICS: dict[str, tuple[bytes, ...]] = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "GIF": (b"GIF87a", b"GIF89a"),
    "BMP": (b"BM",),
    "JPEG2000": (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
}
_RAW = "RAW"  # decoded by engine/photo/raw.py


@dataclass(frozen=True)
class PhotoInfo:
    """Metadata of a photo, available without decoding its pixels.

    Attributes:
        path: the file.
        width_px, height_px: full size of the stored pixel array.
        photo_id: canonical id from the file name, such as "ISS064-E-513".
        taken_at: ISO 8601 from EXIF; the crew's cameras drift.
        camera: model name from EXIF.
        focal_length_mm: from EXIF.
        orientation: EXIF 1 to 8; 1 where missing.
        nadir: (lat, lon) in degrees from EXIF's GPS tags, which aboard the station hold the point below it.
        serial: number of the camera's body, from EXIF.
    """

    path: Path
    width_px: int
    height_px: int
    photo_id: str | None
    taken_at: str | None
    camera: str | None
    focal_length_mm: float | None
    orientation: int
    nadir: tuple[float, float] | None
    serial: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True, eq=False)
class Photo(PhotoInfo):
    """A photo with its pixels.

    Attributes:
        pixels: uint8 RGB (height, width, 3) of the stored array, EXIF orientation not applied, perhaps at
            reduced size; `width_px` and `height_px` stay those of the file.
    """

    pixels: NDArray[np.uint8]


def read_photo_info(path: str | Path) -> PhotoInfo:
    """Metadata of a photo, from its header and name.

    Raises:
        InputError: missing, empty, not a readable image, too small or too large.
    """
    path = Path(path)
    with _opened(path) as (file, kind):
        return _header(path, file, kind).info


def read_photo(path: str | Path, max_px: int = 2048) -> Photo:
    """Read a photo, averaged down so that its longer side is at most `max_px`.

    Raises:
        InputError: missing, empty, damaged, not a readable image, too small or too large.
    """
    path = Path(path)
    with _opened(path) as (file, kind):
        header = _header(path, file, kind)
        info = header.info
        scale = min(1.0, max_px / max(info.width_px, info.height_px))
        size = max(1, round(info.width_px * scale)), max(1, round(info.height_px * scale))
        if kind == _RAW:
            pixels = raw.read_rgb(path, size)
        elif header.gdal_driver:
            pixels = gdal_pixels.read_rgb(path, header.gdal_driver, size)
        else:
            pixels = _pillow_rgb(path, file, kind, size)
    return Photo(**vars(info), pixels=pixels)


def is_raw(path: str | Path) -> bool:
    """Whether a photo is a camera RAW file, whose pixels other programs do not read from the file.

    Raises:
        InputError: it cannot be opened, or is not a photo.
    """
    with _opened(Path(path)) as (_, kind):
        return kind == _RAW


@dataclass(frozen=True)
class _Header:
    info: PhotoInfo
    gdal_driver: str | None  # None: Pillow decodes it


def _header(path: Path, file: BinaryIO, kind: str) -> _Header:
    driver = None
    if kind == "TIFF":
        driver = "GTiff"
        exif = read_tiff_exif(file)
        size = gdal_pixels.size_of(path, driver)
        whole = False
    elif kind == _RAW:
        exif, size = raw.read_header(path, file)
        whole = True
    else:
        with _pillow(path, file, kind) as image:
            exif, size = read_exif(image), image.size
            whole = kind != "JPEG" or "progressive" in image.info
        if kind == "PNG":
            # Byte 24 is the bit depth, byte 28 says whether the rows are interlaced.
            file.seek(0)
            ihdr = file.read(29)
            if ihdr[24] == 16 or size[0] * size[1] > _LARGE_PNG_PIXELS:
                driver, whole = "PNG", bool(ihdr[28])
    _check_size(path, size, whole)
    return _Header(PhotoInfo(path, *size, parse_photo_id(path), **vars(exif)), driver)


def _check_size(path: Path, size: tuple[int, int], whole: bool) -> None:
    width, height = size
    if min(width, height) < MIN_SIDE_PX:
        raise InputError.of("photo.small", path=path, width=width, height=height, least=MIN_SIDE_PX)
    limit = MAX_PIXELS_WHOLE if whole else MAX_PIXELS
    if width * height > limit:
        message_id = "photo.large_whole" if whole else "photo.large"
        raise InputError.of(message_id, path=path, width=width, height=height, limit=limit // 1_000_000)


def _pillow_rgb(path: Path, file: BinaryIO, kind: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Decode with Pillow: the first frame as RGB, averaged down to `size` (width, height)."""
    with _pillow(path, file, kind) as image:
        image.draft(None, size)  # A JPEG is decoded at 1/2, 1/4 or 1/8, whichever is still large enough.
        image.load()
        if image.mode.startswith(("I", "F")):
            image = Image.fromarray(gdal_pixels.stretch(np.asarray(image)))
        if image.mode not in ("L", "RGB", "CMYK"):
            image = image.convert("RGB")
        if image.size != size:
            image = image.resize(size, Image.Resampling.BOX)
        return np.array(image.convert("RGB"))


@contextmanager
def _pillow(path: Path, file: BinaryIO, kind: str) -> Iterator[Image.Image]:
    """Open the file with Pillow's decoder for `kind` alone; any error of the decoder becomes InputError."""
    file.seek(0)
    try:
        with Image.open(file, formats=[kind]) as image:
            yield image
    except MemoryError as error:
        raise InputError.of("photo.memory", path=path) from error
    except Exception as error:  # Decoders raise many types on invalid data: OSError, ValueError, struct.error ...
        raise InputError.of("photo.damaged", path=path) from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """Open the photo for reading, with its format by Pillow's name; InputError if it is not a photo."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError.of("photo.folder", path=path)
        if not stat.S_ISREG(status.st_mode):
            raise InputError.of("photo.not_regular", path=path)
        if status.st_size == 0:
            raise InputError.of("photo.empty", path=path)
        file = path.open("rb")
    except FileNotFoundError as error:
        raise InputError.of("photo.missing", path=path) from error
    except PermissionError as error:
        raise InputError.of("photo.no_access", path=path) from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path.
        raise InputError.of("photo.not_opened", path=path) from error
    with file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about every damaged tag, and about a missing geotransform
        yield file, _kind(path, file)


def _kind(path: Path, file: BinaryIO) -> str:
    """The format, which selects the decoder, from the file's first bytes; for RAW files, also from the name."""
    start = file.read(32)
    is_raw = path.suffix.lower() in raw.SUFFIXES
    for kind, magics in _MAGICS.items():
        if start.startswith(magics) and not (kind == "TIFF" and is_raw):
            return kind
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"avis"):
        return "AVIF"
    if is_raw:
        return _RAW
    if start[4:8] == b"ftyp" and start[8:12] in (b"heic", b"heix", b"heif", b"mif1", b"msf1"):
        raise InputError.of("photo.heic", path=path)
    raise InputError.of("photo.unknown_kind", path=path)
