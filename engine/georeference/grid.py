"""The raster that a photo is drawn into: coordinate system, extent and resolution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer

from engine import geo
from engine.contract.parameters import GROUND_CRS
from engine.errors import UsageError
from engine.georeference.registered import RegisteredPhoto

Array = NDArray[np.float64]

# A transverse Mercator map is within 0.7 % of true scale up to this distance from its middle. Further out, and near
# the poles, where the zones end, an azimuthal map around the photo is used.
_UTM_HALF_WIDTH_KM = 750.0
_UTM_MAX_LAT = 80.0
# Where a photo is oblique, the raster needs more pixels than the photo; more than this add no detail.
_MAX_TIMES_PHOTO = 4.0
_MAX_PX = 250_000_000
_MIN_COS = 0.02  # of the latitude, for a raster in degrees


@dataclass(frozen=True, eq=False)
class GroundCrs:
    """A coordinate system for the ground around a photo.

    Attributes:
        crs: EPSG:4326 with longitude first, or a projected one in metres.
        lon: of the middle. Longitudes continue beyond 180 degrees on both sides of it, so that a photo is not split.
    """

    crs: CRS
    lon: float

    @classmethod
    def choose(cls, registered: RegisteredPhoto, name: str) -> GroundCrs:
        """The one called `name` in GROUND_CRS; "auto" is UTM where the photo fits, otherwise azimuthal equidistant."""
        lat, lon = geo.center_of(registered.seen)
        if name == "auto":
            reach_km = float(geo.distance_km(lat, lon, registered.seen[:, 0], registered.seen[:, 1]).max())
            highest = float(np.abs(registered.seen[:, 0]).max())
            name = "utm" if reach_km < _UTM_HALF_WIDTH_KM and highest < _UTM_MAX_LAT else "aeqd"
        if name == "utm":
            zone = int((lon + 180.0) // 6.0) % 60 + 1
            return cls(CRS.from_epsg((32600 if lat >= 0 else 32700) + zone), lon)
        if name == "aeqd":
            proj = f"+proj=aeqd +lat_0={lat:.4f} +lon_0={lon:.4f} +datum=WGS84 +units=m +no_defs"
            return cls(CRS.from_proj4(proj), lon)
        if name == "EPSG:4326":
            return cls(CRS.from_epsg(4326), lon)
        raise UsageError(None, f"{name!r} is no known coordinate system", f"give one of {', '.join(GROUND_CRS)}")

    @property
    def is_degrees(self) -> bool:
        """Whether x and y are longitude and latitude."""
        return bool(self.crs.is_geographic)

    @property
    def name(self) -> str:
        """Its EPSG code, or a description."""
        authority = self.crs.to_authority()
        return ":".join(authority) if authority else "azimuthal equidistant round the photo"

    def to_xy(self, lat: ArrayLike, lon: ArrayLike) -> tuple[Array, Array]:
        """Coordinates of points in degrees; NaN where there are none."""
        lats, lons = np.broadcast_arrays(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
        if self.is_degrees:
            return self.lon + geo.normalise_lon(lons - self.lon), lats.copy()
        x, y = Transformer.from_crs("EPSG:4326", self.crs, always_xy=True).transform(lons, lats)
        return _finite(x), _finite(y)

    def to_lat_lon(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """Latitude and longitude of coordinates; NaN where there are none."""
        if self.is_degrees:
            lat = np.asarray(y, np.float64)
            return np.where(np.abs(lat) <= 90.0, lat, np.nan), geo.normalise_lon(x)
        lon, lat = Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True).transform(x, y)
        return _finite(lat), _finite(lon)


@dataclass(frozen=True, eq=False)
class Grid:
    """A north-up raster: coordinate system, extent and resolution.

    Attributes:
        ground: the coordinate system.
        transform: pixel (column, row) from the outer top-left corner to coordinates.
        width, height: in pixels.
        resolution_m: ground size of a pixel.
    """

    ground: GroundCrs
    transform: Affine
    width: int
    height: int
    resolution_m: float

    @classmethod
    def over(cls, registered: RegisteredPhoto, ground: GroundCrs, resolution_m: float | None = None) -> Grid:
        """The raster that covers all the ground a photo shows.

        Args:
            registered: the photo.
            ground: coordinate system.
            resolution_m: ground size of a pixel; by default that in the middle of the photo. It is coarsened where the
                raster would have more than four times the pixels of the photo, or more than 250 million.
        """
        west, south, east, north = _bounds(registered, ground)
        resolution_m = resolution_m or _resolution_m(registered)
        limit = min(_MAX_PX, _MAX_TIMES_PHOTO * registered.camera.width_px * registered.camera.height_px)
        if ground.is_degrees:
            unit_y = 1.0 / (geo.LAYOUT_KM_PER_DEGREE * 1000.0)
            unit_x = unit_y / max(_MIN_COS, math.cos(math.radians((south + north) / 2)))
        else:
            unit_x = unit_y = 1.0
        pixels = (east - west) / unit_x * (north - south) / unit_y / resolution_m**2
        resolution_m *= math.sqrt(max(1.0, pixels / limit))
        step_x, step_y = unit_x * resolution_m, unit_y * resolution_m
        width, height = max(1, math.ceil((east - west) / step_x)), max(1, math.ceil((north - south) / step_y))
        if ground.is_degrees and east - west > 359.999:
            step_x = (east - west) / width  # a full circle must end exactly where it began
        return cls(ground, Affine(step_x, 0.0, west, 0.0, -step_y, north), width, height, resolution_m)

    def at_most(self, longer_px: int) -> Grid:
        """The same extent in fewer pixels."""
        factor = max(1.0, max(self.width, self.height) / longer_px)
        width, height = max(1, round(self.width / factor)), max(1, round(self.height / factor))
        scale = Affine.scale(self.width / width, self.height / height)
        return Grid(self.ground, self.transform @ scale, width, height, self.resolution_m * factor)

    def coordinates(self, columns: Array, rows: Array) -> tuple[Array, Array]:
        """Coordinates of pixel positions, any shape."""
        t = self.transform
        return t.a * columns + t.c, t.e * rows + t.f


def _bounds(registered: RegisteredPhoto, ground: GroundCrs) -> tuple[float, float, float, float]:
    x, y = ground.to_xy(registered.seen[:, 0], registered.seen[:, 1])
    west, south, east, north = (float(v) for v in (np.nanmin(x), np.nanmin(y), np.nanmax(x), np.nanmax(y)))
    if ground.is_degrees:
        for pole in (90.0, -90.0):
            if registered.shows(pole, 0.0):
                west, east = ground.lon - 180.0, ground.lon + 180.0
                south, north = min(south, pole), max(north, pole)
    return west, south, east, north


def _resolution_m(registered: RegisteredPhoto) -> float:
    """Ground size of a pixel in the middle of the photo or, if that shows no ground, the median over all that do."""
    camera = registered.camera
    middle = np.array([camera.width_px / 2]), np.array([camera.height_px / 2])
    if not np.isfinite(camera.locate(*middle)[0]).all():
        x, y = np.meshgrid(np.linspace(0, camera.width_px, 33), np.linspace(0, camera.height_px, 33))
        middle = x.ravel(), y.ravel()
    step = max(1.0, max(camera.width_px, camera.height_px) / 1000.0)
    here = camera.locate(*middle)
    right, below = camera.locate(middle[0] + step, middle[1]), camera.locate(middle[0], middle[1] + step)
    area = geo.distance_km(*here, *right) * geo.distance_km(*here, *below) * _sine(here, right, below)
    return float(np.sqrt(np.nanmedian(area)) / step * 1000.0)


def _sine(here: tuple[Array, Array], a: tuple[Array, Array], b: tuple[Array, Array]) -> Array:
    """Sine of the angle between two short vectors from `here`."""
    cos_lat = np.cos(np.radians(here[0]))
    ax, ay = geo.normalise_lon(a[1] - here[1]) * cos_lat, a[0] - here[0]
    bx, by = geo.normalise_lon(b[1] - here[1]) * cos_lat, b[0] - here[0]
    return np.abs(ax * by - ay * bx) / (np.hypot(ax, ay) * np.hypot(bx, by))


def _finite(values: ArrayLike) -> Array:
    array = np.asarray(values, np.float64)
    return np.where(np.isfinite(array), array, np.nan)
