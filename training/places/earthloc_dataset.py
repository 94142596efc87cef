"""Pictures of the EarthLoc data set: their names say which ground they show."""

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
    """A picture of the EarthLoc data set.

    Attributes:
        path: its file.
        corners: (4, 2) lat, lon, in the order of the name.
        nadir: lat, lon below the station; of a tile its middle; None where the name does not say.
        year: of a tile, as written in the name.
        cloud_percent: where the name says it.
    """

    path: Path
    corners: NDArray[np.float64]
    nadir: tuple[float, float] | None = None
    year: str = ""
    cloud_percent: float | None = None

    @property
    def center(self) -> tuple[float, float]:
        """The middle of the footprint, lat, lon."""
        return geo.center_of(self.corners)

    @property
    def width_km(self) -> float:
        """Square root of the footprint's area."""
        return float(geo.polygon_in_frame(self.corners, geo.LocalFrame(*self.center)).area ** 0.5)


def read_earthloc_dataset(folder: Path) -> list[DatasetPicture]:
    """The pictures of a folder, below it too, whose names hold their corners.

    Raises:
        InputError: there is none, or a name does not parse.
    """
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES):
        name = parse_earthloc_name(path.name)
        if name is None or name.ring is None:
            raise InputError(path, "its name does not hold four corners", "use names as EarthLoc's, or remove it")
        found.append(DatasetPicture(path, np.array(name.ring), name.nadir, name.timestamp or "", name.cloud_percent))
    if not found:
        raise InputError(folder, "holds no picture", "give the folder of an EarthLoc data set")
    return found


def newest_year(tiles: list[DatasetPicture]) -> list[DatasetPicture]:
    """The tiles of the newest year alone, which are those that EarthLoc searches."""
    newest = max(tile.year for tile in tiles)
    return [tile for tile in tiles if tile.year == newest]


def read_square(path: Path, side_px: int) -> NDArray[np.uint8]:
    """A picture squashed to a square, uint8 RGB (side_px, side_px, 3), as EarthLoc does.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with Image.open(path) as image:
            image.draft("RGB", (side_px, side_px))  # decodes a large JPEG at a half or a quarter
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, ValueError) as error:
        raise InputError(path, "cannot be read as a picture", "remove it, or get it again") from error
    shrink = min(pixels.shape[:2]) >= side_px
    how = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (side_px, side_px), interpolation=how), np.uint8)


def turn_to_north(photo: DatasetPicture, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo's pixels turned by quarters so that north is nearest to up; its corners as in EarthLoc's names."""
    x, y = geo.LocalFrame(*photo.center).to_xy(photo.corners[:, 0], photo.corners[:, 1])
    # Top-left, bottom-left, bottom-right, top-right.
    east, north = x[0] + x[3] - x[1] - x[2], y[0] + y[3] - y[1] - y[2]
    quarters = round(float(np.degrees(np.arctan2(east, north))) / 90)
    return np.ascontiguousarray(np.rot90(pixels, -quarters))
