"""Evidence for a tile besides its similarity: distance from the nadir, ground width of the lens, distinct places.

The parameters are few and round, fitted to the 17,752 labelled photos of the EarthLoc dataset; docs/search.md has the
effect of each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.ellipsoid import surface_normal
from engine.orbit import ALTITUDE_KM

Array = NDArray[np.float64]

# Cosine similarity that is worth as much as one unit of log probability (natural logarithm).
LOG_WEIGHT = 0.035
# Density of photos over the ground at distance d from their nadir: exp(-d / REACH - (d / LIMIT)^8), with a floor,
# because a stated nadir may be entirely wrong.
_NADIR_REACH_KM = 225.0
_NADIR_LIMIT_KM = 950.0
_NADIR_WRONG = 1e-4
_NADIR_VAGUE_KM = 100.0
# log2 of the best tile's width over the width that the lens shows: mean and standard deviation if the photo may be
# tilted, and standard deviation if the distance from the nadir determines the tilt.
_WIDTH_OCTAVES, _WIDTH_SD = 0.2, 0.8
_WIDTH_SD_NEAR_NADIR = 0.4
_WIDTH_WRONG = 0.01  # floor, because photos are cropped and lenses have converters
# A line of sight flatter than this shows the horizon.
_LOWEST_SINE = 0.15
# Tiles are the same place if their middles are within this share of the width and their widths within these octaves.
_SAME_PLACE = 0.5
_SAME_WIDTH_OCTAVES = 1.1


@dataclass(frozen=True)
class Expectation:
    """What is known of a photo without its pixels.

    Attributes:
        nadir: (lat, lon) stated for it, or None.
        nadir_sd_km: its standard deviation, where that is large.
        field: side of the photo's middle square over the focal length, in the same unit; None when unknown.
    """

    nadir: tuple[float, float] | None = None
    field: float | None = None
    nadir_sd_km: float = 0.0


NO_EXPECTATION = Expectation()


def log_prior(lat: Array, lon: Array, width_km: Array, expectation: Expectation) -> Array:
    """Log prior probability of tiles (n,), up to a constant; 0 for the most probable distance and width."""
    total = np.zeros(len(lat))
    distance_km = None
    if expectation.nadir is not None:
        distance_km = geo.distance_km(lat, lon, *expectation.nadir)
        total += np.log(nadir_density(distance_km, expectation.nadir_sd_km))
    if expectation.field is not None:
        # A distance from a vague nadir does not tell the tilt.
        if distance_km is None or expectation.nadir_sd_km > _NADIR_VAGUE_KM:
            mean, deviation = _WIDTH_OCTAVES, _WIDTH_SD
            octaves = np.log2(width_km / (expectation.field * ALTITUDE_KM))
        else:
            mean, deviation = 0.0, _WIDTH_SD_NEAR_NADIR
            octaves = np.log2(width_km / ground_width_km(expectation.field, distance_km))
        total += np.log(np.exp(-0.5 * ((octaves - mean) / deviation) ** 2) + _WIDTH_WRONG)
    return total


def nadir_density(distance_km: Array, sd_km: float = 0.0) -> Array:
    """Density of photos over the ground at this distance from their stated nadir; 1 at the nadir.

    It is wider where the nadir has a large standard deviation.
    """
    reach_km, limit_km = math.hypot(_NADIR_REACH_KM, sd_km), _NADIR_LIMIT_KM + 2 * sd_km
    return np.exp(-distance_km / reach_km - (distance_km / limit_km) ** 8) + _NADIR_WRONG


def ground_width_km(field: float, distance_km: Array) -> Array:
    """Width (root of the area) of the ground that a square photo shows at this distance from the station's nadir.

    Across the line of sight it grows with the distance; along it also with the slant.
    """
    radius, camera = geo.EARTH_RADIUS_KM, geo.EARTH_RADIUS_KM + ALTITUDE_KM
    angle = distance_km / radius
    range_km = np.sqrt(radius**2 + camera**2 - 2 * radius * camera * np.cos(angle))
    sine = np.clip((camera * np.cos(angle) - radius) / range_km, _LOWEST_SINE, 1.0)
    return field * range_km / np.sqrt(sine)


def distinct_places_first(lat: Array, lon: Array, width_km: Array, count: int) -> NDArray[np.int64]:
    """Rows of `count` tiles, from tiles given best first, such that distinct places come first.

    A tile whose middle lies in a better tile of about its width comes after all other places.
    """
    point = surface_normal(lat, lon)
    waiting = np.zeros(len(lat), bool)
    first: list[int] = []
    for row in range(len(lat)):
        if waiting[row]:
            continue
        first.append(row)
        if len(first) == count:
            return np.array(first, np.int64)
        waiting |= _same(point[row], width_km[row], point, width_km)
    later = np.setdiff1d(np.arange(len(lat)), first)
    return np.concatenate([np.array(first, np.int64), later])[:count]


def same_place(
    lat: float, lon: float, width_km: float, lats: Array, lons: Array, widths_km: Array
) -> NDArray[np.bool_]:
    """Whether the middles of others (n,) lie in a square of this width, and their widths are about the same."""
    widths_km = np.asarray(widths_km, np.float64)
    return _same(surface_normal(np.array(lat), np.array(lon)), width_km, surface_normal(lats, lons), widths_km)


def _same(point: Array, width_km: float, points: Array, widths_km: Array) -> NDArray[np.bool_]:
    chord_km = geo.EARTH_RADIUS_KM * np.linalg.norm(points - point, axis=1)
    return (chord_km < _SAME_PLACE * width_km) & (np.abs(np.log2(widths_km / width_km)) < _SAME_WIDTH_OCTAVES)
