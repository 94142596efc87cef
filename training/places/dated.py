"""Places with several dated pictures each (the years of EarthLoc's recipe), from its dataset or from a mosaic."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.errors import InputError
from training.overlap import square_rings
from training.places.earthloc_dataset import read_earthloc_dataset, read_square
from training.places.pairs import Imagery, held_out
from training.places.seasons import MONTHS, Seasons
from training.places.views import tile_picture
from training.sampling import Ids, Places

# Footprints are shrunk by this share, so that neighbours with a common edge do not overlap.
_SHRINK_SHARE = 1e-4
_GAMMA = 2.2


class DatedPlaces(Protocol):
    """Places to train on.

    Attributes:
        places: positions and sizes of the places.
        years: number of pictures of each place.
    """

    places: Places
    years: int

    def pictures(self, number: int, side_px: int) -> NDArray[np.uint8] | None:
        """Returns the pictures of a place, RGB (years, side_px, side_px, 3), newest last; None if there are none."""
        ...

    def newest(self, number: int, side_px: int) -> NDArray[np.uint8] | None:
        """Returns the newest picture of a place, (side_px, side_px, 3)."""
        ...

    def rings(self, numbers: Ids) -> NDArray[np.float64]:
        """Returns the outlines of places, (n, k, 2), lat and lon, to test which places overlap."""
        ...

    def close(self) -> None:
        """Closes open files."""
        ...


class EarthLocFolder:
    """The dataset as published: JPEG files whose names hold footprint and year.

    Args:
        folder: folder with the tiles, also in subfolders.
        years: minimum number of pictures of a place; fewer pictures are repeated.

    Raises:
        InputError: there is no tile, a name does not parse, or no place has all years.
    """

    def __init__(self, folder: Path, years: int) -> None:
        tiles = read_earthloc_dataset(folder)
        self._dates = sorted({tile.year for tile in tiles})
        by_place: dict[bytes, dict[str, Path]] = {}
        tile_of = {}
        for tile in tiles:
            key = tile.corners.tobytes()
            tile_of[key] = tile
            by_place.setdefault(key, {})[tile.year] = tile.path
        complete = [key for key, paths in by_place.items() if len(paths) == len(self._dates)]
        if not complete:
            raise InputError(
                folder, f"holds no place with all its years ({', '.join(self._dates)})", "get the missing tiles"
            )
        self.left_out = len(by_place) - len(complete)
        self._paths = [[by_place[key][date] for date in self._dates] for key in complete]
        self._corners = np.stack([tile_of[key].corners for key in complete])
        centres = np.array([geo.center_of(ring) for ring in self._corners])
        widths = np.array([tile_of[key].width_km for key in complete])
        self.places = Places(centres[:, 0], centres[:, 1], widths)
        self.years = max(years, len(self._dates))

    def pictures(self, number: int, side_px: int) -> NDArray[np.uint8] | None:
        """See DatedPlaces."""
        read = [read_square(path, side_px) for path in self._paths[number]]
        return np.stack([read[(year - self.years) % len(read)] for year in range(self.years)])

    def newest(self, number: int, side_px: int) -> NDArray[np.uint8] | None:
        """See DatedPlaces."""
        return read_square(self._paths[number][-1], side_px)

    def rings(self, numbers: Ids) -> NDArray[np.float64]:
        """See DatedPlaces."""
        rings = []
        for corners in self._corners[numbers]:
            frame = geo.LocalFrame(*geo.center_of(corners))
            x, y = frame.to_xy(corners[:, 0], corners[:, 1])
            rings.append(np.stack(frame.to_lat_lon(x * (1 - _SHRINK_SHARE), y * (1 - _SHRINK_SHARE)), axis=1))
        return np.stack(rings)

    def close(self) -> None:
        """Does nothing: no file stays open."""


class DatedMosaic:
    """The tiles of a mosaic outside the cells that are held out for testing, in several months.

    Args:
        imagery: the mosaic; `close` closes it.
        years: number of pictures of a place.
        seasonal: True uses months spread evenly over the year, if the imagery has seasons; the last picture is the
            unchanged mosaic. Otherwise all pictures are equal, and only augmentation makes them differ.
        own_month: month of the mosaic, 1 to 12.

    Raises:
        InputError: no tile is left to train on.
    """

    def __init__(self, imagery: Imagery, years: int, seasonal: bool, own_month: int) -> None:
        self._imagery = imagery
        self.years = years
        # Only one thread may read the raster at a time.
        self._lock = threading.Lock()
        self._seasons: Seasons | None = imagery.seasons if seasonal else None
        self._months = [(own_month - 1 + round(MONTHS * year / years)) % MONTHS for year in range(1, years + 1)]
        training_tiles = [number for number, tile in enumerate(imagery.tiles) if not _touches_held_out(tile)]
        if not training_tiles:
            raise InputError(imagery.source.path, "has no place to train on in the region", "choose a larger region")
        self._numbers = np.array(training_tiles)
        tiles = imagery.tiles[self._numbers]
        self.places = Places(tiles["lat"], tiles["lon"], tiles["width_km"].astype(np.float64))

    def pictures(self, number: int, side_px: int) -> NDArray[np.uint8] | None:
        """See DatedPlaces."""
        newest = self.newest(number, side_px)
        if newest is None:
            return None
        if self._seasons is None:
            return np.stack([newest] * self.years)
        lat, lon = geo.square_grid(self.places.lat[number], self.places.lon[number], self.places.width_km[number], 33)
        changes = [self._seasons.change(month, lat, lon) for month in self._months[:-1]]
        return np.stack([*(_in_season(newest, change) for change in changes), newest])

    def newest(self, number: int, side_px: int) -> NDArray[np.uint8] | None:
        """See DatedPlaces."""
        places = self.places
        at = float(places.lat[number]), float(places.lon[number]), float(places.width_km[number])
        with self._lock:
            return tile_picture(self._imagery.source, *at, side_px)

    def rings(self, numbers: Ids) -> NDArray[np.float64]:
        """See DatedPlaces."""
        places = self.places
        return square_rings(places.lat[numbers], places.lon[numbers], places.width_km[numbers] * (1 - _SHRINK_SHARE))

    def close(self) -> None:
        """Closes the mosaic."""
        with self._lock:
            self._imagery.close()


def _touches_held_out(tile: np.void) -> bool:
    at = float(tile["lat"]), float(tile["lon"]), float(tile["width_km"])
    lat, lon = geo.square_grid(*at, 9)
    edge = geo.square_ring(*at)
    return bool(held_out(lat, lon).any() or held_out(edge[:, 0], edge[:, 1]).any())


def _in_season(pixels: NDArray[np.uint8], change: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Multiplies the linear light of a picture by a coarse grid of factors (h, w, 3)."""
    factor = cv2.resize(change ** np.float32(1 / _GAMMA), pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(pixels * factor, 0, 255), np.uint8)
