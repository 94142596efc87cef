"""Quick stand-ins for simulated photos: shifted, rotated tiles with clouds, haze and other tones.

They are several times faster to make than the photos of `training.places.views`, whose camera, seasons and water they
lack, and give a classifier more places and turns to learn from.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.retrieval import tiling
from training.places.pairs import held_out
from training.places.views import fractal
from training.where.tiles import GreyMosaic

_MAX_SHIFT = 0.25  # of the tile's width
_MAX_OCTAVES = 0.25
_MAX_HEADING_DEG = 45.0


def quick_view(
    mosaic: GreyMosaic, tiles: tiling.Tiles, rng: np.random.Generator, size_px: int
) -> tuple[NDArray[np.uint8], tuple[float, float, float], int] | None:
    """A view near a random tile, outside of the places held out for testing.

    Returns:
        Grey picture (size_px, size_px); latitude, longitude and width in km; number of quarter turns
        counter-clockwise. None if the mosaic does not cover it, or its place is held out.
    """
    tile = tiles[rng.integers(len(tiles))]
    frame = geo.LocalFrame(float(tile["lat"]), float(tile["lon"]))
    east, north = rng.uniform(-_MAX_SHIFT, _MAX_SHIFT, 2) * float(tile["width_km"])
    lats, lons = frame.to_lat_lon([east], [north])
    lat, lon = float(lats[0]), float(lons[0])
    width_km = float(tile["width_km"]) * 2 ** rng.uniform(-_MAX_OCTAVES, _MAX_OCTAVES)
    corner = width_km / 2 / 111.2
    if held_out(np.array([lat - corner, lat, lat + corner]), np.array(lon)).any():
        return None
    heading = float(rng.uniform(-_MAX_HEADING_DEG, _MAX_HEADING_DEG))
    picture = mosaic.square(lat, lon, width_km, size_px, heading)
    if picture is None:
        return None
    turn = int(rng.integers(4))
    return np.rot90(_weathered(picture, rng), turn), (lat, lon, width_km), turn


def _weathered(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    size_px = len(picture)
    light = (picture.astype(np.float32) / 255) ** np.float32(rng.uniform(0.6, 1.6))
    light *= np.exp(np.float32(rng.uniform(0.0, 0.12)) * fractal(size_px, 4, 0.6, rng))
    if rng.random() < 0.4:
        density = fractal(size_px, int(rng.integers(2, 10)), float(rng.uniform(0.55, 0.9)), rng)
        cover = np.quantile(density[::4, ::4], 1.0 - float(rng.uniform(0.05, 0.5)))
        opacity = np.clip((density - cover) / np.float32(rng.uniform(0.3, 1.5)), 0, 1)
        light += opacity * (0.9 - light)
    light = light * np.float32(rng.uniform(0.5, 1.0)) + np.float32(rng.uniform(0.0, 0.3))
    if rng.random() < 0.5:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.4, 1.5))), np.float32)
    light += rng.standard_normal(light.shape, np.float32) * np.float32(rng.uniform(0.0, 0.03))
    return np.asarray(np.rint(np.clip(light, 0, 1) * 255), np.uint8)
