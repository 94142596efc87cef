"""Where photos are taken at all: the orbit, land, the stated nadir, and daylight.

The station's orbit is inclined by 51.6 degrees, so it spends most time near that latitude, and photos show ground near
the point below it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine import geo
from engine.imagery.land import is_land, near_land
from engine.orbit.times import utc_of
from engine.retrieval.ranking import nadir_density
from engine.sun import sun_position
from engine.where import cells

Array = NDArray[np.float64]

INCLINATION_DEG = 51.64
# Density of photos at sea over that on land: near a coast it grows with the share of land around, and it never is 0.
_NEAR_COAST, _OPEN_SEA = 0.03, 0.01
_AROUND_CELLS = 7  # side of the square of cells around, 400 km
# Distances between a photo's middle and its nadir, km, as rings of equal probability (17,752 labelled photos).
_AWAY_KM = (81.0, 153.0, 204.0, 248.0, 295.0, 351.0, 421.0, 507.0, 613.0, 764.0)
# The Sun's elevation below which the ground is too dark for a photo by day, and how probable a wrong clock is.
_DARK_DEG = -3.0
_CLOCK_WRONG = 0.1


@lru_cache(maxsize=1)
def orbit_log_density() -> Array:
    """Log density (cells,) of photos before anything is known of one: ground track and land.

    A circular orbit of inclination i passes latitude p with a density of 1 / sqrt(sin^2 i - sin^2 p) per area. It is
    spread over the distances between photos and their nadirs.
    """
    rows, columns = cells.shape()
    along_deg = np.radians(np.linspace(-90.0, 90.0, 3601))  # from the equator, along the orbit
    track = np.degrees(np.arcsin(np.sin(np.radians(INCLINATION_DEG)) * np.sin(along_deg)))
    north_to_south, _ = cells.edges()
    counts = np.zeros(rows)
    for away_km in _AWAY_KM:
        for bearing in np.radians(np.arange(0, 360, 15)):
            there = track + away_km / geo.KM_PER_DEGREE * np.cos(bearing)
            counts += np.histogram(-there, bins=-north_to_south)[0]  # rows have equal areas
    by_row = np.maximum(counts / counts.max(), 1e-4)
    log_density = np.log(np.repeat(by_row, columns) * _land_density())
    log_density.setflags(write=False)
    return np.asarray(log_density)


@lru_cache(maxsize=1)
def orbit_probability() -> Array:
    """The same as probability (cells,); sums to 1."""
    density = np.exp(orbit_log_density())
    probability = density / density.sum()
    probability.setflags(write=False)
    return np.asarray(probability)


def _land_density() -> Array:
    """Density (cells,) of photos by land and coast, 1 on land."""
    land = is_land(*cells.centers())
    around = ndimage.uniform_filter(land.reshape(cells.shape()).astype(float), _AROUND_CELLS, mode=("nearest", "wrap"))
    at_sea = np.where(around > 0.01, _NEAR_COAST + around, _OPEN_SEA).ravel()
    return np.where(land, 1.0, at_sea)


@lru_cache(maxsize=1)
def land_log_density() -> Array:
    """Log density (cells,) that is the same on all land and near it, and very low elsewhere: a baseline."""
    lat, lon = cells.centers()
    log_density = np.log(np.where(near_land(lat, lon) & (np.abs(lat) < 75.0), 1.0, 1e-4))
    log_density.setflags(write=False)
    return np.asarray(log_density)


def nadir_log_density(nadir: tuple[float, float], sd_km: float = 0.0) -> Array:
    """Log density (cells,) of a photo's middle around the stated nadir (lat, lon), which may be wrong."""
    lat, lon = cells.centers()
    return np.asarray(np.log(nadir_density(geo.distance_km(lat, lon, *nadir), sd_km)))


def daylight_log_density(taken_at: str) -> Array:
    """Log density (cells,) that is lower where it was night at that time (ISO 8601; UTC where no zone is given).

    Raises:
        ValueError: not a time.
    """
    lat, lon = cells.centers()
    return np.log(np.where(sun_position(lat, lon, utc_of(taken_at))[1] > _DARK_DEG, 1.0, _CLOCK_WRONG))
