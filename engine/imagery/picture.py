"""Decodes the picture of an untrusted tile: small, complete, and in one of three formats."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_TILE_BYTES = 8_000_000
_MAX_TILE_PX = 4096  # per side
_FORMATS = ("PNG", "JPEG", "WEBP")


class NotAPictureError(ValueError):
    """The bytes are not a picture that a tile could be; the message says in a few words what they are."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A decoded tile: RGB (h, w, 3), and where it has data (h, w), None for everywhere."""

    pixels: NDArray[np.uint8]
    covered: NDArray[np.bool_] | None


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a tile in a file, from its header.

    Raises:
        NotAPictureError: it is not a picture. OSError: it cannot be read.
    """
    with path.open("rb") as file:
        try:
            with Image.open(file, formats=_FORMATS) as image:
                return image.size
        except Exception as error:  # decoders raise many types of exceptions, see below
            raise NotAPictureError("no picture") from error


def decode_tile(content: bytes, width: int, height: int) -> Tile:
    """The tile at the given size; one of another size is resampled.

    Raises:
        NotAPictureError: it is not a picture, is damaged, or is far too large.
    """
    if len(content) > MAX_TILE_BYTES:
        raise NotAPictureError("more bytes than a tile can have")
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if max(image.size) > _MAX_TILE_PX:  # before any pixel is decoded
                raise Image.DecompressionBombError
            transparent = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
            decoded = np.asarray(image.convert("RGBA" if transparent else "RGB"))
    except Image.DecompressionBombError as error:
        raise NotAPictureError("a far too large picture") from error
    except MemoryError:
        raise
    except Exception as error:  # decoders raise many types on invalid data: OSError, ValueError, struct.error ...
        raise NotAPictureError(_what_it_is(content)) from error
    if decoded.shape[:2] != (height, width):
        how = cv2.INTER_AREA if decoded.shape[0] > height else cv2.INTER_LINEAR
        decoded = np.asarray(cv2.resize(decoded, (width, height), interpolation=how), np.uint8)
    pixels = np.ascontiguousarray(decoded[..., :3])
    return Tile(pixels, decoded[..., 3] > 127 if transparent else None)


def _what_it_is(content: bytes) -> str:
    start = content[:200].lstrip().lower()
    if not start:
        return "nothing"
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<", b"{", b"[")):
        return "a text rather than a picture"
    return "a picture that is damaged" if content[:3] in (b"\x89PN", b"\xff\xd8\xff", b"RIF") else "no picture"
