"""Pictures of the EarthLoc dataset, whose file names hold their footprints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from engine import geo
from engine.errors import InputError
from engine.photo.photo_id import parse_earthloc_name

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class DatasetPicture:
    """A picture of the EarthLoc dataset.

    Attributes:
        path: its file.
        corners: (4, 2) lat, lon, in the order of the name.
        nadir: lat, lon of the nadir of a photo, or of the centre of a tile; None if the name does not hold it.
        year: year of a tile, as written in the name.
        cloud_percent: cloud cover in per cent; None if the name does not hold it.
    """

    path: Path
    corners: NDArray[np.float64]
    nadir: tuple[float, float] | None = None
    year: str = ""
    cloud_percent: float | None = None

    @property
    def center(self) -> tuple[float, float]:
        """The centre of the footprint, lat, lon."""
        return geo.center_of(self.corners)

    @property
    def width_km(self) -> float:
        """Square root of the footprint's area."""
        return float(geo.polygon_in_frame(self.corners, geo.LocalFrame(*self.center)).area ** 0.5)


def read_earthloc_dataset(folder: Path) -> list[DatasetPicture]:
    """Reads the names of the pictures in a folder and its subfolders.

    Raises:
        InputError: there is no picture, or a name does not parse.
    """
    pictures = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES):
        name = parse_earthloc_name(path.name)
        if name is None or name.ring is None:
            raise InputError(path, "its name does not hold four corners", "use an EarthLoc name, or remove the file")
        pictures.append(DatasetPicture(path, np.array(name.ring), name.nadir, name.timestamp or "", name.cloud_percent))
    if not pictures:
        raise InputError(folder, "holds no picture", "give the folder of an EarthLoc dataset")
    return pictures


def newest_year(tiles: list[DatasetPicture]) -> list[DatasetPicture]:
    """Returns the tiles of the newest year, as EarthLoc searches only these."""
    newest = max(tile.year for tile in tiles)
    return [tile for tile in tiles if tile.year == newest]


def read_square(path: Path, side_px: int) -> NDArray[np.uint8]:
    """Reads a picture and squashes it to a square, uint8 RGB (side_px, side_px, 3), as EarthLoc does.

    Raises:
        InputError: the picture cannot be read.
    """
    try:
        with Image.open(path) as image:
            image.draft("RGB", (side_px, side_px))  # decodes a large JPEG at reduced size
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, ValueError) as error:
        raise InputError(path, "cannot be read as a picture", "remove it, or get it again") from error
    shrinks = min(pixels.shape[:2]) >= side_px
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (side_px, side_px), interpolation=interpolation), np.uint8)


def rotate_north_up(photo: DatasetPicture, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rotates the pixels of a photo by a multiple of 90 degrees, so that north is as near to up as possible.

    The corners of the photo must be in the order of EarthLoc's names.
    """
    x, y = geo.LocalFrame(*photo.center).to_xy(photo.corners[:, 0], photo.corners[:, 1])
    # Top-left, bottom-left, bottom-right, top-right.
    east, north = x[0] + x[3] - x[1] - x[2], y[0] + y[3] - y[1] - y[2]
    quarters = round(float(np.degrees(np.arctan2(east, north))) / 90)
    return np.ascontiguousarray(np.rot90(pixels, -quarters))
