"""Geometry on the Earth, shared by every part of the engine.

Conventions: latitude before longitude in every argument and result of this module, in degrees; distances
in kilometres; corners in the order top-left, top-right, bottom-right, bottom-left. Only GeoJSON is
longitude first, as RFC 7946 demands. Longitudes are normalised to [-180, 180).

Local frames are azimuthal equidistant on the WGS84 ellipsoid (Snyder 1987, "Map Projections: A Working
Manual", section 25), centred on the tile or photo: x to the east, y to the north, in kilometres. At the
widest tile, 886 km, the frame's scale error at the corner is 0.16 %.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import antimeridian
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Proj

EARTH_RADIUS_KM = 6371.0088  # mean radius of WGS84 (IUGG R1)
KM_PER_DEGREE = math.pi * EARTH_RADIUS_KM / 180.0  # along a great circle
# The same, rounded. Rasters in degrees and the grid of places in registration are laid out with it; the exact value
# would move them.
LAYOUT_KM_PER_DEGREE = 111.2

Corners = NDArray[np.float64]  # (4, 2): lat, lon of top-left, top-right, bottom-right, bottom-left


def normalise_lon(lon: ArrayLike) -> NDArray[np.float64]:
    """Longitude in degrees, any shape, brought to [-180, 180)."""
    return (np.asarray(lon, dtype=np.float64) + 180.0) % 360.0 - 180.0


def distance_km(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> NDArray[np.float64]:
    """Great-circle distance on the mean sphere (haversine), broadcast; at most 0.6 % off the ellipsoid."""
    p1, p2 = np.radians(lat1), np.radians(lat2)
    dp = p2 - p1
    dl = np.radians(lon2) - np.radians(lon1)
    h = np.sin(dp / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(dl / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))


@lru_cache(maxsize=4096)
def _frame_at_latitude(lat: float) -> Proj:
    return Proj(proj="aeqd", lat_0=lat, lon_0=0.0, ellps="WGS84", units="km")


class LocalFrame:
    """A plane in kilometres that touches the ellipsoid at (lat, lon): x east, y north.

    Frames of one latitude share their projection, so that creating one is cheap.
    """

    def __init__(self, lat: float, lon: float) -> None:
        self.lat = float(lat)
        self.lon = float(lon)
        self._proj = _frame_at_latitude(self.lat)

    def to_xy(self, lat: ArrayLike, lon: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Latitude and longitude in degrees to x, y in km, any shape."""
        x, y = self._proj(normalise_lon(np.asarray(lon, np.float64) - self.lon), np.asarray(lat, np.float64))
        return np.asarray(x), np.asarray(y)

    def to_lat_lon(self, x_km: ArrayLike, y_km: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x, y in km to latitude and longitude in degrees, any shape."""
        lon, lat = self._proj(np.asarray(x_km, np.float64), np.asarray(y_km, np.float64), inverse=True)
        return np.asarray(lat), normalise_lon(np.asarray(lon) + self.lon)


def square_corners(lat: float, lon: float, width_km: float) -> Corners:
    """Corners of the north-up square of `width_km` on the ground, centred at (lat, lon)."""
    h = width_km / 2
    return np.stack(LocalFrame(lat, lon).to_lat_lon([-h, h, h, -h], [h, h, -h, -h]), axis=1)


def square_ring(lat: float, lon: float, width_km: float, points_per_side: int = 8) -> Corners:
    """Outline of the same square with its sides densified: (4 * points_per_side, 2) lat, lon, clockwise.

    A straight side of a wide tile is curved in latitude and longitude: by 26 km at 60 degrees for 886 km.
    """
    h = width_km / 2
    t = np.linspace(-h, h, points_per_side, endpoint=False)
    full = np.full_like(t, h)
    x = np.concatenate([t, full, -t, -full])
    y = np.concatenate([full, -t, -full, t])
    return np.stack(LocalFrame(lat, lon).to_lat_lon(x, y), axis=1)


@lru_cache(maxsize=256)
def _square_grid_at_latitude(lat: float, width_km: float, size_px: int) -> tuple[NDArray[Any], NDArray[Any]]:
    step = width_km / size_px
    c = (np.arange(size_px) + 0.5) * step - width_km / 2
    x, y = np.meshgrid(c, -c)
    return LocalFrame(lat, 0.0).to_lat_lon(x, y)


def square_grid(lat: float, lon: float, width_km: float, size_px: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Latitude and longitude, each (size_px, size_px), of the pixel centres of a north-up square tile.

    Row 0 is the north edge. The grid of one latitude is cached and shifted to the requested longitude, which
    makes a row of tiles cheap.
    """
    lats, lons = _square_grid_at_latitude(float(lat), float(width_km), int(size_px))
    return lats, normalise_lon(lons + lon)


def center_of(corners: ArrayLike) -> tuple[float, float]:
    """Latitude and longitude of the middle of a ring of (n, 2) lat, lon points, safe at the antimeridian.

    The mean of the points as vectors from the Earth's centre.
    """
    c = np.radians(np.asarray(corners, np.float64))
    v = np.stack([np.cos(c[:, 0]) * np.cos(c[:, 1]), np.cos(c[:, 0]) * np.sin(c[:, 1]), np.sin(c[:, 0])])
    x, y, z = v.mean(axis=1)
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))


def side_lengths_km(corners: ArrayLike) -> NDArray[np.float64]:
    """Lengths of the four sides of a footprint: top, right, bottom, left."""
    c = np.asarray(corners, np.float64)
    n = np.roll(c, -1, axis=0)
    return distance_km(c[:, 0], c[:, 1], n[:, 0], n[:, 1])


def polygon_in_frame(corners: ArrayLike, frame: LocalFrame) -> shapely.Polygon:
    """A ring of (n, 2) lat, lon points as a valid shapely polygon in the frame's kilometres."""
    c = np.asarray(corners, np.float64)
    polygon = shapely.Polygon(np.stack(frame.to_xy(c[:, 0], c[:, 1]), axis=1))
    return polygon if polygon.is_valid else shapely.make_valid(polygon)


def to_polygon(ring: ArrayLike) -> shapely.Polygon | shapely.MultiPolygon:
    """A ring of (n, 2) lat, lon points as a polygon in x = longitude, y = latitude, counter-clockwise.

    Cut at the antimeridian, as RFC 7946 section 3.1.9 demands; a ring round a pole is closed along it.
    """
    c = np.asarray(ring, np.float64)
    polygon = shapely.Polygon(c[:, ::-1])
    if np.ptp(c[:, 1]) < 180.0:  # the common case, without the cost of the general one
        return shapely.orient_polygons(polygon)
    around_pole = abs(normalise_lon(np.diff(c[:, 1], append=c[0, 1])).sum()) > 180.0
    return antimeridian.fix_polygon(
        polygon,
        fix_winding=not around_pole,
        force_north_pole=around_pole and c[:, 0].mean() > 0,
        force_south_pole=around_pole and c[:, 0].mean() < 0,
    )


def to_geojson(ring: ArrayLike) -> dict[str, Any]:
    """The same as a GeoJSON Polygon or, where it crosses 180 degrees, MultiPolygon."""
    return geometry_json(to_polygon(ring))


def geometry_json(shape: shapely.Geometry, decimals: int = 6) -> dict[str, Any]:
    """A geometry in x = longitude, y = latitude as GeoJSON; 6 decimals are 0.1 m."""
    geometry: dict[str, Any] = shapely.geometry.mapping(shape)
    return {"type": geometry["type"], "coordinates": _rounded(geometry["coordinates"], decimals)}


def _rounded(coordinates: Any, decimals: int) -> Any:
    """Nested coordinate tuples as lists, as GeoJSON readers expect."""
    if isinstance(coordinates, (int, float)):
        return round(float(coordinates), decimals)
    return [_rounded(c, decimals) for c in coordinates]
