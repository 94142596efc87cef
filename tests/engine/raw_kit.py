"""Writes camera RAW files for tests: an uncompressed DNG with a Bayer mosaic, as small as LibRaw accepts."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_WHITE = 16000
# From XYZ to linear sRGB (IEC 61966-2-1), so that the developed colours are about those of the picture.
_FROM_XYZ = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)
BYTE, ASCII, SHORT, LONG, RATIONAL, SRATIONAL = 1, 2, 3, 4, 5, 10


def write_dng(path: Path, rgb: np.ndarray, orientation: int = 1, focal_mm: int = 400) -> Path:
    """Writes an RGB picture (h, w, 3), both sides even, as the sensor of a camera with red, green and blue filters
    would record it; EXIF has a time (2015-04-05 12:34:56) and a focal length."""
    height, width = rgb.shape[:2]
    mosaic = np.zeros((height, width), "<u2")
    linear = (rgb / 255.0) ** 2.2 * _WHITE
    for row, column, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[row::2, column::2] = linear[row::2, column::2, channel]
    matrix = [part for value in _FROM_XYZ for part in (round(value * 10_000), 10_000)]
    exif = {36867: (ASCII, b"2015:04:05 12:34:56\0"), 37386: (RATIONAL, [focal_mm, 1])}
    main = {
        254: (LONG, [0]), 256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [16]), 259: (SHORT, [1]),
        262: (SHORT, [32803]), 271: (ASCII, b"NIKON CORPORATION\0"), 272: (ASCII, b"NIKON D4\0"), 273: (LONG, [0]),
        274: (SHORT, [orientation]), 277: (SHORT, [1]), 278: (LONG, [height]), 279: (LONG, [mosaic.nbytes]),
        284: (SHORT, [1]), 33421: (SHORT, [2, 2]), 33422: (BYTE, bytes([0, 1, 1, 2])), 34665: (LONG, [0]),
        50706: (BYTE, bytes([1, 4, 0, 0])), 50707: (BYTE, bytes([1, 1, 0, 0])), 50708: (ASCII, b"NIKON D4\0"),
        50714: (SHORT, [0]), 50717: (SHORT, [_WHITE]), 50721: (SRATIONAL, matrix), 50728: (RATIONAL, [1, 1] * 3),
        50778: (SHORT, [21]),
    }  # fmt: skip
    exif_at = 8 + _directory_bytes(main)
    pixels_at = exif_at + _directory_bytes(exif)
    main[273], main[34665] = (LONG, [pixels_at]), (LONG, [exif_at])
    content = b"II*\0" + struct.pack("<I", 8) + _directory(main, 8) + _directory(exif, exif_at) + mosaic.tobytes()
    path.write_bytes(content)
    return path


def _value(kind: int, values) -> tuple[int, bytes]:
    """Number of values of a TIFF tag, and their bytes."""
    if isinstance(values, bytes):
        return len(values), values
    count = len(values) // 2 if kind in (RATIONAL, SRATIONAL) else len(values)
    letter = {SHORT: "H", LONG: "I", RATIONAL: "I", SRATIONAL: "i"}[kind]
    return count, struct.pack(f"<{len(values)}{letter}", *values)


def _directory_bytes(tags: dict) -> int:
    return len(_directory(tags, 0))


def _directory(tags: dict, start: int) -> bytes:
    """A TIFF directory at the offset `start`, followed by the values that do not fit into it."""
    entries, outside = b"", b""
    outside_at = start + 2 + 12 * len(tags) + 4
    for tag in sorted(tags):
        count, value = _value(*tags[tag])
        field = value.ljust(4, b"\0")
        if len(value) > 4:
            field = struct.pack("<I", outside_at + len(outside))
            outside += value + b"\0" * (len(value) % 2)
        entries += struct.pack("<HHI", tag, tags[tag][0], count) + field
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0) + outside
