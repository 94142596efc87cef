"""The WGS84 ellipsoid in Earth-centred coordinates: points, normals, local axes, and where a ray meets it.

The Earth frame is right-handed, in kilometres, centred on the Earth and fixed to it (ECEF): x through (0 N, 0 E),
z through the north pole. Latitudes are geodetic; latitudes and longitudes are in degrees.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.geo import normalise_lon

Array = NDArray[np.float64]

SEMI_MAJOR_KM = 6378.137
FLATTENING = 1 / 298.257223563
SEMI_MINOR_KM = SEMI_MAJOR_KM * (1 - FLATTENING)
ECCENTRICITY_2 = FLATTENING * (2 - FLATTENING)
_AXES = np.array([SEMI_MAJOR_KM, SEMI_MAJOR_KM, SEMI_MINOR_KM])


def surface_point(lat: ArrayLike, lon: ArrayLike) -> Array:
    """Points on the ellipsoid in the Earth frame, (..., 3) km."""
    phi, lam = np.broadcast_arrays(np.radians(lat), np.radians(lon))
    prime_vertical = SEMI_MAJOR_KM / np.sqrt(1 - ECCENTRICITY_2 * np.sin(phi) ** 2)
    return np.stack(
        [
            prime_vertical * np.cos(phi) * np.cos(lam),
            prime_vertical * np.cos(phi) * np.sin(lam),
            prime_vertical * (1 - ECCENTRICITY_2) * np.sin(phi),
        ],
        axis=-1,
    )


def surface_normal(lat: ArrayLike, lon: ArrayLike) -> Array:
    """Unit normals of the ellipsoid, pointing up, in the Earth frame, (..., 3)."""
    phi, lam = np.broadcast_arrays(np.radians(lat), np.radians(lon))
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def local_axes(lat: float, lon: float) -> Array:
    """(3, 3): east, north and up at a point as rows, unit vectors in the Earth frame."""
    phi, lam = np.radians([lat, lon])
    east = np.array([-np.sin(lam), np.cos(lam), 0.0])
    north = np.array([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)])
    return np.stack([east, north, surface_normal(lat, lon)])


def surface_lat_lon(points: Array) -> tuple[Array, Array]:
    """Latitude and longitude in degrees of points (..., 3) that lie on the ellipsoid."""
    lat = np.degrees(np.arctan2(points[..., 2], (1 - ECCENTRICITY_2) * np.hypot(points[..., 0], points[..., 1])))
    return lat, normalise_lon(np.degrees(np.arctan2(points[..., 1], points[..., 0])))


def to_geodetic(point: Array) -> tuple[float, float, float]:
    """Latitude, longitude (degrees) and height (km) above the ellipsoid of a point (3,) of the Earth frame."""
    x, y, z = (float(v) for v in point)
    across = math.hypot(x, y)
    phi, prime_vertical = math.atan2(z, across * (1 - ECCENTRICITY_2)), SEMI_MAJOR_KM
    for _ in range(4):  # each step reduces the error by a factor of 150
        sine = math.sin(phi)
        prime_vertical = SEMI_MAJOR_KM / math.sqrt(1 - ECCENTRICITY_2 * sine * sine)
        phi = math.atan2(z + ECCENTRICITY_2 * prime_vertical * sine, across)
    height = across * math.cos(phi) + z * math.sin(phi) - SEMI_MAJOR_KM**2 / prime_vertical
    return math.degrees(phi), (math.degrees(math.atan2(y, x)) + 180.0) % 360.0 - 180.0, height


def range_to_ellipsoid(eye: Array, rays: Array) -> Array:
    """Distance in km, (...), from `eye` (3,) along unit rays (..., 3) to the ellipsoid; NaN where a ray misses it."""
    # Divided by its axes, the ellipsoid is the unit sphere: solve |e + t d|^2 = 1 for the smaller root.
    e, d = eye / _AXES, rays / _AXES
    a = (d * d).sum(-1)
    half_b = d @ e
    c = e @ e - 1.0
    root = half_b * half_b - a * c
    hits = (root >= 0) & (half_b < 0)
    # c / (-b + sqrt) rather than (-b - sqrt) / a: no cancellation.
    return np.where(hits, c / np.where(hits, -half_b + np.sqrt(np.where(hits, root, 0.0)), 1.0), np.nan)
