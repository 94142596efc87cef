"""A photo is the same in every file format: decoder, reduced sizes and EXIF orientation change no picture."""

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.imagery.raster import RasterSource
from engine.photo.read import read_photo

PLACE = 44.296875, 4.891304  # the middle of a tile
WIDTH_KM = 313.0


@pytest.fixture(scope="module")
def detailed(tmp_path_factory, make_raster):
    """Artificial ground with detail down to the pixel, as real imagery has: 150 m a pixel."""
    rng = np.random.default_rng(2)
    height, width = 2000, 2500
    field = np.zeros((height, width, 3), np.float32)
    for octave in range(1, 12):
        coarse = rng.standard_normal((2**octave + 1, 2**octave + 1, 3)).astype(np.float32)
        field += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 0.75**octave
    field = np.clip(128 + 40 * (field - field.mean()) / field.std(), 0, 255)
    pixels = np.moveaxis(field.astype(np.uint8), -1, 0)
    return make_raster(tmp_path_factory.mktemp("detailed") / "ground.tif", (0.0, 40.0, 10.0, 48.0), pixels=pixels)


@pytest.mark.parametrize(
    ("size_px", "saved"),
    [
        (480, {"format": "PNG"}),
        (480, {"format": "JPEG", "quality": 90}),
        (480, {"format": "JPEG", "quality": 75, "progressive": True}),
        (1400, {"format": "JPEG", "quality": 75}),
        (4200, {"format": "JPEG", "quality": 85}),  # decoded at half its size
    ],
)
def test_every_file_format_gives_the_same_picture(detailed, tmp_path, size_px, saved):
    with RasterSource.open(detailed) as raster:
        pixels, _ = raster.square(*PLACE, WIDTH_KM, size_px)
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation, for showing only
    Image.fromarray(np.rot90(pixels)).save(tmp_path / "photo", exif=exif, **saved)
    got = read_photo(tmp_path / "photo").pixels
    side = min(size_px, 2048)
    assert got.shape == (side, side, 3)
    wanted = cv2.resize(np.rot90(pixels), (side, side), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(got.ravel(), wanted.ravel())[0, 1] > 0.95
