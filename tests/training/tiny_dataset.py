"""A dataset with EarthLoc's folder layout and names, small enough to train on in seconds."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine import geo

YEARS = ("2018", "2019", "2020", "2021")


def tile_name(corners, number, year):
    places = "@".join(f"{lat:.5f}@{lon:.5f}" for lat, lon in corners)
    lat, lon = geo.center_of(corners)
    return f"@{places}@09_{number:04d}_0000@{year}@{lat:.5f}@{lon:.5f}@40000@0@.jpg"


def photo_name(corners, number, nadir=None):
    """File name of a photo. Corners of the stored picture: top-left, top-right, bottom-right, bottom-left."""
    tl, tr, br, bl = corners
    places = "@".join(f"{lat:.5f}@{lon:.5f}" for lat, lon in (tl, bl, br, tr))
    lat, lon = nadir or geo.center_of(corners)
    return f"@{places}@ISS064-E-{number}@20210101@{lat:.3f}@{lon:.3f}@40000@0@.jpg"


def picture(number, size=64):
    """A random picture, different for each number."""
    rng = np.random.default_rng(number)
    lattice = (255 * rng.random((6, 6, 3))).astype(np.uint8)
    return np.asarray(Image.fromarray(lattice).resize((size, size), Image.Resampling.BICUBIC))


def in_year(pixels, year):
    """The same place with the brightness of another year."""
    return np.clip(pixels * (0.8 + 0.1 * YEARS.index(year)), 0, 255).astype(np.uint8)


def write_dataset(folder, rows=4, columns=6, years=YEARS, width_km=200, centre=(30.0, -95.0)):
    """Tiles around a centre that overlap by half, and two photos: one north-up, one rotated by 90 degrees."""
    step = 0.5 * width_km / 111.2
    number = 0
    for row in range(rows):
        for column in range(columns):
            number += 1
            lat = centre[0] + (row - rows / 2) * step
            lon = centre[1] + (column - columns / 2) * step / np.cos(np.radians(centre[0]))
            corners = geo.square_corners(lat, lon, width_km)
            tl, tr, br, bl = corners
            for year in years:
                below = folder / "database" / f"{year}_09" / "30_-90"
                below.mkdir(parents=True, exist_ok=True)
                pixels = in_year(picture(number), year)
                Image.fromarray(pixels).save(below / tile_name((bl, tl, tr, br), number, year), quality=95)
            if number in (3, 8):
                (folder / "queries").mkdir(exist_ok=True)
                is_rotated = (
                    number == 8
                )  # its top is west, so the stored pixels are those of the tile rotated clockwise
                pixels = np.rot90(picture(number), -1) if is_rotated else picture(number)
                stored = (bl, tl, tr, br) if is_rotated else (tl, tr, br, bl)
                Image.fromarray(pixels).save(folder / "queries" / photo_name(stored, 100 + number), quality=95)
    return folder
