"""Kinds of ground, GeoDecoder's scenes, from simple rules on the colours of the Blue Marble.

Each pixel of the mosaic of the imagery's own month is water (by `weather.water_share`), or land of one kind by its red
value and by how much redder than blue it is. A photo's scene is the kind of most of the land in it; with much water it
is a coast, with hardly any land the sea. Cities, clouds and sea ice cannot be told from the mosaic and are no scenes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from engine.errors import InputError
from training.places.weather import water_share

SCENES = ("forest", "fields", "dry", "desert", "snow", "coast", "sea")
_LAND_KINDS = 5
_COAST, _SEA = SCENES.index("coast"), SCENES.index("sea")
# Red values where fields, dry ground and desert begin. Bright ground that is not redder than this is snow.
_RED_STEPS = (35, 80, 125)
_DESERT_REDNESS = 30
_COAST_SHARES = (0.15, 0.85)  # of water
_SAMPLES = 9  # points along each side of a footprint
_KM_PER_DEG = 111.2


def kinds_of_land(rgb: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The kind of land, index into SCENES, that pixels (..., 3) of the mosaic would be if they were no water."""
    red, blue = rgb[..., 0].astype(np.int16), rgb[..., 2].astype(np.int16)
    kind = np.digitize(red, _RED_STEPS).astype(np.int8)
    bright = kind == SCENES.index("desert")
    kind[bright & (red - blue < _DESERT_REDNESS)] = SCENES.index("snow")
    return kind


class SceneMap:
    """The kinds of ground of the whole globe.

    Args:
        mosaic: uint8 RGB (h, w, 3) of the globe, from 90 N, 180 W, in plate carree.
    """

    def __init__(self, mosaic: NDArray[np.uint8]) -> None:
        self._kind = kinds_of_land(mosaic)
        self._water = np.asarray(water_share(mosaic) > 0.5)

    @classmethod
    def read(cls, path: Path) -> SceneMap:
        """Reads a picture of the whole globe. Raises InputError."""
        try:
            with Image.open(path) as image:
                return cls(np.asarray(image.convert("RGB")))
        except (OSError, UnidentifiedImageError) as error:
            raise InputError(path, "cannot be read as a picture of the globe", "give a mosaic of a month") from error

    def scenes(self, place: NDArray[np.float32]) -> NDArray[np.int64]:
        """The scene (n,), index into SCENES, of square footprints (n, 3): latitude, longitude, width in km."""
        lat, lon, width_km = (place[:, k, None, None].astype(np.float64) for k in range(3))
        steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5
        lats = np.clip(lat + steps[None, :, None] * width_km / _KM_PER_DEG, -90, 90)
        lons = lon + steps[None, None, :] * width_km / (_KM_PER_DEG * np.maximum(np.cos(np.radians(lat)), 0.05))
        height, width = self._kind.shape
        row = np.minimum(((90 - lats) / 180 * height).astype(np.int64), height - 1)
        column = np.floor((lons + 180) / 360 * width).astype(np.int64) % width
        row, column = np.broadcast_arrays(row, column)
        water = self._water[row, column]
        kind = self._kind[row, column]
        land = np.stack([((kind == k) & ~water).sum(axis=(1, 2)) for k in range(_LAND_KINDS)], axis=1)
        scene = land.argmax(axis=1)
        share = water.mean(axis=(1, 2))
        scene[share > _COAST_SHARES[0]] = _COAST
        scene[share > _COAST_SHARES[1]] = _SEA
        return scene
