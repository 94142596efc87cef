"""Reference imagery of any kind, sampled by latitude and longitude.

To cut a tile, a grid of ground points is transformed through the imagery's coordinate system to its pixels. Then the
smallest window that contains them is read, at the level of detail that fits the requested ground resolution, and
resampled once.
"""

from __future__ import annotations

import abc
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from engine import geo
from engine.errors import InputError, UsageError

# A grid node every 1/16 of a tile: between nodes the projection is linear to 0.02 px at the widest tile.
NODES = 17
# The resolution read lies between 0.8 and 1.6 source pixels per output pixel, to avoid both blocks and aliasing.
FINEST_STEP = 0.8
# A larger window is a mistake of the caller.
MAX_WINDOW_PX = 64_000_000
_SMALL_DEG = 0.01

Pixels = NDArray[np.uint8]


class ImagerySource(abc.ABC):
    """Imagery opened for sampling by latitude and longitude. Not thread-safe.

    Args:
        name: as used in messages and results: a file's path, a server's name.
        crs: its coordinate system, in any form that pyproj reads.
        transform: from its finest pixels to that coordinate system.
        size: (width, height) in finest pixels.

    Attributes:
        crs: its coordinate system, as text.
        attribution, licence: of the imagery, or "" where unknown.
        remote: whether it is fetched over the network.
    """

    remote = False

    def __init__(self, name: str, crs: str, transform: Affine, size: tuple[int, int]) -> None:
        self.name = name
        self.crs = crs
        self.attribution = ""
        self.licence = ""
        self.transform = transform
        self.width, self.height = size
        known = CRS.from_user_input(crs)
        self._to_source = Transformer.from_crs("EPSG:4326", known, always_xy=True)
        self._to_pixel = ~transform
        self._period_px = self._pixels_around_the_world()

    def close(self) -> None:  # noqa: B027 - most kinds hold nothing open
        """Close files and connections."""

    @property
    def title(self) -> str:
        """The name without folders."""
        return self.name

    @abc.abstractmethod
    def stamp(self) -> str:
        """A text that changes when the imagery does, as far as this can be found out cheaply."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees; west > east when the raster crosses the antimeridian."""
        left, bottom, right, top = self._edges()
        if self._covers_the_world():
            west, east = -180.0, 180.0
        else:
            west = east = 0.0
        back = Transformer.from_crs(self._to_source.target_crs, "EPSG:4326", always_xy=True)
        t = np.linspace(0.0, 1.0, 21)
        x = left + (right - left) * t
        y = bottom + (top - bottom) * t
        xs = np.concatenate([x, x, np.full_like(t, left), np.full_like(t, right)])
        ys = np.concatenate([np.full_like(t, bottom), np.full_like(t, top), y, y])
        lon, lat = back.transform(xs, ys)
        lon, lat = lon[np.isfinite(lon)], lat[np.isfinite(lat)]
        if lat.size == 0:
            raise InputError.of("raster.crs", path=self.name)
        if west == east:
            middle, _ = back.transform((left + right) / 2, (bottom + top) / 2)
            offset = geo.normalise_lon(lon - middle)
            west = float(geo.normalise_lon(middle + offset.min()))
            east = float(geo.normalise_lon(middle + offset.max()))
        return west, float(lat.min()), east, float(lat.max())

    def square(
        self, lat: float, lon: float, width_km: float, size_px: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The north-up square of `width_km` on the ground centred at (lat, lon).

        Returns:
            RGB (size_px, size_px, 3) and coverage (size_px, size_px): False where there is no imagery.
        """
        lats, lons = _node_grid(lat, width_km)
        return self.warped(lats, geo.normalise_lon(lons + lon), size_px)

    def warped(
        self, lat: NDArray[np.float64], lon: NDArray[np.float64], size_px: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """A square picture given by a grid of nodes that includes its outer edges, linear between them.

        Args:
            lat, lon: degrees, (NODES, NODES), all finite; the first and last rows and columns are the edges.
            size_px: side of the picture.

        Returns:
            RGB (size_px, size_px, 3) and coverage (size_px, size_px), as `square`.
        """
        x, y = self._pixel_position(lat, lon)
        return self._resample(x, y, _median_step(x, y) * (NODES - 1) / size_px, _node_weights(size_px))

    def sample(
        self, lat: NDArray[np.float64], lon: NDArray[np.float64], resolution_km: float | None = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Colours at points on the ground, bilinear.

        Args:
            lat, lon: degrees, both (h, w); NaN where there is no ground.
            resolution_km: ground size of one output pixel, which selects the overview; by default taken
                from the spacing of the points.

        Returns:
            RGB (h, w, 3) and coverage (h, w).
        """
        x, y = self._pixel_position(lat, lon)
        step = _median_step(x, y) if resolution_km is None else 1.0
        if resolution_km is not None:
            middle = np.nanmedian(lat)
            px, py = self._pixel_position(
                np.array([middle, middle + resolution_km / geo.KM_PER_DEGREE]), np.full(2, np.nanmedian(lon))
            )
            step = float(np.hypot(px[1] - px[0], py[1] - py[0]))
        return self._resample(x, y, step)

    def pixel_km(self, lat: float, lon: float) -> float:
        """Ground size of one of its finest pixels, from south to north, near a place."""
        x, y = self._pixel_position(np.array([lat, lat + _SMALL_DEG]), np.array([lon, lon]))
        return float(_SMALL_DEG * geo.KM_PER_DEGREE / max(np.hypot(x[1] - x[0], y[1] - y[0]), 1e-9))

    # -- from the ground to pixels ----------------------------------------------------------------

    def _pixel_position(self, lat: NDArray[Any], lon: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Fractional column and row (pixel centres at .5) of points; NaN where the CRS is undefined."""
        sx, sy = self._to_source.transform(lon, lat)
        sx, sy = np.asarray(sx), np.asarray(sy)
        t = self._to_pixel
        x, y = t.a * sx + t.b * sy + t.c, t.d * sx + t.e * sy + t.f
        bad = ~(np.isfinite(x) & np.isfinite(y))
        if bad.any():
            x, y = np.where(bad, np.nan, x), np.where(bad, np.nan, y)
        if self._period_px is not None and not bad.all():
            # Keep the points together around their median, and the median inside the imagery if possible.
            period = self._period_px
            middle = _median(x)
            x = middle + (x - middle + period / 2) % period - period / 2
            x += np.floor((self.width / 2 - _median(x)) / period + 0.5) * period
        return x, y

    def _pixels_around_the_world(self) -> float | None:
        """Columns in 360 degrees of longitude, or None when x is not longitude."""
        transform = self.transform
        if transform.b or transform.d:
            return None
        lon = np.array([-179.0, 0.0, 179.0, -179.0, 0.0, 179.0])
        x, _ = self._to_source.transform(lon, np.array([0.0, 0.0, 0.0, 40.0, 40.0, 40.0]))
        if not np.all(np.isfinite(x)):
            return None
        per_degree = (x[2] - x[0]) / 358.0
        if per_degree == 0 or not np.allclose(x, x[1] + lon * per_degree, rtol=0, atol=abs(per_degree) * 1e-6):
            return None
        return abs(per_degree * 360.0 / transform.a)

    def _covers_the_world(self) -> bool:
        return self._period_px is not None and self.width >= self._period_px - 1.0

    def _edges(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in the imagery's own coordinates."""
        t = self.transform
        x = [t.c + t.a * col + t.b * row for col in (0, self.width) for row in (0, self.height)]
        y = [t.f + t.d * col + t.e * row for col in (0, self.width) for row in (0, self.height)]
        return min(x), min(y), max(x), max(y)

    # -- reading ----------------------------------------------------------------------------------

    def _resample(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        step_px: float,
        weights: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Colours at columns x and rows y (h, w), or between such nodes, if weights (size, h = w) are given."""
        shape = x.shape if weights is None else (len(weights), len(weights))
        empty = np.zeros((*shape, 3), np.uint8), np.zeros(shape, bool)
        known = np.isfinite(x)
        if not (known.any() if weights is None else known.all()):
            return empty
        decimation = self._decimation(step_px)
        pad = 2 * decimation
        left = _floor_to(float(np.nanmin(x)) - pad, decimation)
        right = _floor_to(float(np.nanmax(x)) + pad, decimation) + decimation
        top = max(0, _floor_to(float(np.nanmin(y)) - pad, decimation))
        bottom = min(self.height, _floor_to(float(np.nanmax(y)) + pad, decimation) + decimation)
        if not self._covers_the_world():
            left, right = max(0, left), min(self.width, right)
        if left >= right or top >= bottom:
            return empty
        if (right - left) * (bottom - top) > MAX_WINDOW_PX * decimation**2:
            raise UsageError(self.name, "the requested view is too large to read at once", "request a smaller one")
        # Pixel centres lie at .5 in the imagery and at whole numbers in the patch.
        nodes_x: NDArray[np.float32] = ((x - left) / decimation - 0.5).astype(np.float32)
        nodes_y: NDArray[np.float32] = ((y - top) / decimation - 0.5).astype(np.float32)
        mx, my = nodes_x, nodes_y
        if weights is not None:
            mx, my = (np.asarray(weights @ nodes @ weights.T, np.float32) for nodes in (nodes_x, nodes_y))
        patch, valid = self._read(left, top, right, bottom, decimation, mx, my)
        inside = _within(patch, nodes_x, nodes_y)
        if weights is not None:  # if all nodes are on the patch, so are the points between them
            inside = np.ones(shape, bool) if inside.all() else _within(patch, mx, my)
        # OpenCV takes more than twice as long with three channels as with four.
        four = cv2.cvtColor(patch, cv2.COLOR_RGB2RGBA)
        four = cv2.remap(four, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        pixels = np.asarray(cv2.cvtColor(four, cv2.COLOR_RGBA2RGB), patch.dtype)
        if valid is not None:
            mask = cv2.remap(valid, mx, my, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            inside &= mask > 0
        if not inside.all():
            pixels[~inside] = 0
        return pixels, inside

    @abc.abstractmethod
    def _decimation(self, step_px: float) -> float:
        """Finest pixels per pixel read, for points that are `step_px` finest pixels apart."""

    @abc.abstractmethod
    def _read(
        self, left: float, top: float, right: float, bottom: float, decimation: float, x: NDArray[Any], y: NDArray[Any]
    ) -> tuple[Pixels, Pixels | None]:
        """A window as RGB at 1/decimation, with its mask (None: all valid). Columns may wrap around the world.

        Args:
            left, top, right, bottom: in finest pixels, multiples of `decimation` (or the imagery's edge).
            x, y: the points that will be sampled, in pixels of the window; elsewhere the window may be empty.
        """


@lru_cache(maxsize=4096)
def _node_grid(lat: float, width_km: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    c = np.linspace(-width_km / 2, width_km / 2, NODES)
    x, y = np.meshgrid(c, -c)
    return geo.LocalFrame(lat, 0.0).to_lat_lon(x, y)


@lru_cache(maxsize=8)
def _node_weights(size_px: int) -> NDArray[np.float32]:
    """(size_px, NODES): weights that interpolate node values at pixel centres."""
    at = (np.arange(size_px) + 0.5) / size_px * (NODES - 1)
    return np.clip(1.0 - np.abs(at[:, None] - np.arange(NODES)[None, :]), 0.0, None).astype(np.float32)


def _within(patch: NDArray[Any], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether points, in pixels of a patch (h, w, ...), lie on it; False for NaN."""
    height, width = patch.shape[:2]
    return (x >= -0.5) & (y >= -0.5) & (x <= width - 0.5) & (y <= height - 0.5)


def _median_step(x: NDArray[Any], y: NDArray[Any]) -> float:
    """Source pixels per output pixel, the median over the view."""
    if x.shape[0] < 2 or x.shape[1] < 2:
        return 1.0
    skip = max(1, min(x.shape) // NODES)
    along = np.hypot(np.diff(x[::skip], axis=1), np.diff(y[::skip], axis=1))
    down = np.hypot(np.diff(x[:, ::skip], axis=0), np.diff(y[:, ::skip], axis=0))
    steps = np.concatenate([along.ravel(), down.ravel()])
    return _median(steps) if np.isfinite(steps).any() else 1.0


def _median(values: NDArray[np.float64]) -> float:
    """Median of the finite values, at least one; for a few values numpy's own takes ten times as long."""
    finite = values[np.isfinite(values)]
    return float(np.partition(finite, len(finite) // 2)[len(finite) // 2])


def _floor_to(value: float, step: float) -> float:
    return int(np.floor(value / step)) * step
