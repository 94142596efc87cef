"""Contact sheet of real photos, then of tiles, each with a simulated photo of its place on the right."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import InputError, OutputError
from engine.photo.read import read_photo
from engine.retrieval.model import square_picture
from training.config import TrainingConfig
from training.places.pairs import Imagery

_COLUMNS = 8


def contact_sheet(config: TrainingConfig, data: Path, photos: Path, out: Path, count: int, seed: int) -> None:
    """Writes the sheet as a picture.

    Args:
        config: configuration of the training.
        data: folder that relative paths of the configuration start from.
        photos: folder of real photos; unreadable ones are left out.
        out: picture file to write.
        count: number of simulated photos.
        seed: seed of the simulated photos.

    Raises:
        EarthLocError: the imagery cannot be used, or the sheet cannot be written.
    """
    size_px = config.network.size_px
    pictures = []
    for path in sorted(photos.glob("*.jpg")) if photos.is_dir() else []:
        try:
            pictures.append(square_picture(read_photo(path).pixels, size_px, "crop"))
        except InputError:
            continue
    blank = np.zeros((size_px, size_px, 3), np.uint8)
    pictures += [blank] * (-len(pictures) % _COLUMNS)
    with tempfile.TemporaryDirectory() as scratch:
        imagery = Imagery(config.imagery, config.places, size_px, config.views, data, Path(scratch))
        try:
            simulated = imagery.photos(np.random.default_rng(seed), test=False)
            for _ in range(count):
                photo = next(simulated)
                tile = imagery.tile(photo.tile)
                pictures += [blank if tile is None else tile, photo.pixels]
        finally:
            imagery.close()
    try:
        Image.fromarray(_grid(pictures, blank)).save(out)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            raise OutputError.from_os_error(out, error) from error
        raise OutputError(out, "is not a known picture format", "use a name that ends in .png") from error


def _grid(pictures: list[NDArray[np.uint8]], blank: NDArray[np.uint8]) -> NDArray[np.uint8]:
    filled = pictures + [blank] * (-len(pictures) % _COLUMNS)
    rows = [cv2.hconcat(filled[i : i + _COLUMNS]) for i in range(0, len(filled), _COLUMNS)]
    return np.asarray(cv2.vconcat(rows), np.uint8)
