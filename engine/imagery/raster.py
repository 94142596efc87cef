"""Reference imagery from any georeferenced raster that GDAL opens.

The raster is never unpacked or warped as a whole: a tile is cut by sending a grid of points on the ground
through the raster's own coordinate system to its pixels, reading the smallest window that holds them at the
overview that fits the wanted ground resolution, and resampling once.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from engine import geo
from engine.errors import InputError, UsageError

# A grid node every 1/16 of a tile: between nodes the projection is linear to 0.02 px at the widest tile.
NODES = 17
# The ground resolution read lies between 0.8 and 1.6 source pixels an output pixel: neither blocky nor aliased.
_FINEST_STEP = 0.8
# A window above this is a mistake of the caller, not a tile.
_MAX_WINDOW_PX = 64_000_000


class RasterSource:
    """A raster opened for sampling by latitude and longitude. Not for use by two threads at once.

    Attributes:
        path: the file.
        crs: its coordinate system, as GDAL names it.
        attribution, licence: what the file's own tags say, or "".
    """

    def __init__(self, path: Path, dataset: rasterio.DatasetReader | WarpedVRT) -> None:
        self.path = path
        self._dataset = dataset
        self.crs = dataset.crs.to_string()
        tags = dataset.tags()
        self.attribution = str(tags.get("ATTRIBUTION") or tags.get("TIFFTAG_COPYRIGHT") or "")
        self.licence = str(tags.get("LICENCE") or tags.get("LICENSE") or "")
        crs = CRS.from_user_input(dataset.crs.to_wkt())
        self._to_source = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        self._to_pixel = ~dataset.transform
        self._period_px = self._pixels_around_the_world(crs)
        self._bands, self._palette = _colour_bands(dataset)
        flags = dataset.mask_flag_enums[self._bands[0] - 1]
        self._all_valid = MaskFlags.all_valid in flags
        self._stretch = None if self._is_uint8() else self._stretch_range()

    @classmethod
    def open(cls, path: str | Path) -> RasterSource:
        """Opens a raster file.

        Raises:
            InputError: missing, not a raster, or without a coordinate system.
        """
        path = Path(path)
        if not path.is_file():
            raise InputError(path, "no such file", "give the path of a georeferenced raster")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # told below, with the mend
                dataset = rasterio.open(path)
        except rasterio.RasterioIOError as error:
            raise InputError(
                path, "cannot be opened as a raster", "give a georeferenced image such as a GeoTIFF"
            ) from error
        if dataset.transform.is_identity and dataset.gcps[0]:
            dataset = WarpedVRT(dataset, src_crs=dataset.gcps[1], resampling=Resampling.bilinear)
        if dataset.transform.is_identity:
            raise InputError(path, "has no position on the Earth", "georeference it, or put its world file beside it")
        if dataset.crs is None:
            raise InputError(
                path,
                "has no coordinate system (CRS)",
                "assign one, for example with gdal_edit.py -a_srs EPSG:4326",
            )
        return cls(path, dataset)

    def close(self) -> None:
        """Closes the file."""
        self._dataset.close()

    def __enter__(self) -> RasterSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees; west > east when the raster crosses the antimeridian."""
        edge = self._dataset.bounds
        if self._covers_the_world():
            west, east = -180.0, 180.0
        else:
            west = east = 0.0
        back = Transformer.from_crs(self._to_source.target_crs, "EPSG:4326", always_xy=True)
        t = np.linspace(0.0, 1.0, 21)
        x = edge.left + (edge.right - edge.left) * t
        y = edge.bottom + (edge.top - edge.bottom) * t
        xs = np.concatenate([x, x, np.full_like(t, edge.left), np.full_like(t, edge.right)])
        ys = np.concatenate([np.full_like(t, edge.bottom), np.full_like(t, edge.top), y, y])
        lon, lat = back.transform(xs, ys)
        lon, lat = lon[np.isfinite(lon)], lat[np.isfinite(lat)]
        if lat.size == 0:
            raise InputError(self.path, "its corners lie outside its own coordinate system", "check its CRS")
        if west == east:
            middle, _ = back.transform((edge.left + edge.right) / 2, (edge.bottom + edge.top) / 2)
            offset = geo.normalise_lon(lon - middle)
            west = float(geo.normalise_lon(middle + offset.min()))
            east = float(geo.normalise_lon(middle + offset.max()))
        return west, float(lat.min()), east, float(lat.max())

    def square(
        self, lat: float, lon: float, width_km: float, size_px: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The north-up square of `width_km` on the ground centred at (lat, lon).

        Returns:
            RGB (size_px, size_px, 3) and coverage (size_px, size_px): False where the raster has nothing.
        """
        lats, lons = _node_grid(lat, width_km)
        return self.warped(lats, geo.normalise_lon(lons + lon), size_px)

    def warped(
        self, lat: NDArray[np.float64], lon: NDArray[np.float64], size_px: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """A square picture of whose outer edges and inside only a grid of nodes is known, linear in between.

        Args:
            lat, lon: degrees, (NODES, NODES), all finite; the first and last rows and columns are the edges.
            size_px: side of the picture.

        Returns:
            RGB (size_px, size_px, 3) and coverage (size_px, size_px), as `square`.
        """
        x, y = self._pixel_position(lat, lon)
        weights = _node_weights(size_px)
        step_px = _median_step(x, y) * (NODES - 1) / size_px
        return self._resample(
            (weights @ x @ weights.T).astype(np.float32), (weights @ y @ weights.T).astype(np.float32), step_px
        )

    def sample(
        self, lat: NDArray[np.float64], lon: NDArray[np.float64], resolution_km: float | None = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Colours at points on the ground, bilinear.

        Args:
            lat, lon: degrees, both (h, w); NaN where there is no ground.
            resolution_km: ground size of one output pixel, which picks the overview; by default taken
                from the spacing of the points.

        Returns:
            RGB (h, w, 3) and coverage (h, w).
        """
        x, y = self._pixel_position(lat, lon)
        step = _median_step(x, y) if resolution_km is None else 1.0
        if resolution_km is not None:
            middle = np.nanmedian(lat)
            px, py = self._pixel_position(
                np.array([middle, middle + resolution_km / 111.2]), np.full(2, np.nanmedian(lon))
            )
            step = float(np.hypot(px[1] - px[0], py[1] - py[0]))
        return self._resample(x.astype(np.float32), y.astype(np.float32), step)

    # -- from the ground to pixels ----------------------------------------------------------------

    def _pixel_position(self, lat: NDArray, lon: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Fractional column and row (pixel centres at .5) of points; NaN where the CRS has no answer."""
        sx, sy = self._to_source.transform(lon, lat)
        sx, sy = np.asarray(sx), np.asarray(sy)
        t = self._to_pixel
        x, y = t.a * sx + t.b * sy + t.c, t.d * sx + t.e * sy + t.f
        bad = ~(np.isfinite(x) & np.isfinite(y))
        if bad.any():
            x, y = np.where(bad, np.nan, x), np.where(bad, np.nan, y)
        if self._period_px is not None and not bad.all():
            # Keep the points together round the middle one, and the middle one inside the raster if it can be.
            period = self._period_px
            middle = np.nanmedian(x)
            x = middle + (x - middle + period / 2) % period - period / 2
            x += np.floor((self._dataset.width / 2 - np.nanmean(x)) / period + 0.5) * period
        return x, y

    def _pixels_around_the_world(self, crs: CRS) -> float | None:
        """Columns in 360 degrees of longitude, or None when the raster's x is not longitude."""
        transform = self._dataset.transform
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
        return self._period_px is not None and self._dataset.width >= self._period_px - 1.0

    # -- reading ----------------------------------------------------------------------------------

    def _resample(
        self, x: NDArray[np.float32], y: NDArray[np.float32], step_px: float
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        decimation = 2 ** max(0, int(np.floor(np.log2(max(step_px, 1e-9) / _FINEST_STEP))))
        empty = np.zeros((*x.shape, 3), np.uint8), np.zeros(x.shape, bool)
        if not np.isfinite(x).any():
            return empty
        pad = 2 * decimation
        left = _floor_to(float(np.nanmin(x)) - pad, decimation)
        right = _floor_to(float(np.nanmax(x)) + pad, decimation) + decimation
        top = max(0, _floor_to(float(np.nanmin(y)) - pad, decimation))
        bottom = min(self._dataset.height, _floor_to(float(np.nanmax(y)) + pad, decimation) + decimation)
        if not self._covers_the_world():
            left, right = max(0, left), min(self._dataset.width, right)
        if left >= right or top >= bottom:
            return empty
        patch, valid = self._read(left, top, right, bottom, decimation)
        # Pixel centres lie at .5 in the raster and at whole numbers in the patch.
        mx = (x - left) / decimation - 0.5
        my = (y - top) / decimation - 0.5
        height, width = patch.shape[:2]
        inside = (mx >= -0.5) & (my >= -0.5) & (mx <= width - 0.5) & (my <= height - 0.5)  # False for NaN
        pixels = np.asarray(cv2.remap(patch, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)
        if valid is not None:
            mask = cv2.remap(valid, mx, my, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            inside &= mask > 0
        pixels[~inside] = 0
        return pixels, inside

    def _read(
        self, left: int, top: int, right: int, bottom: int, decimation: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """A window as RGB at 1/decimation, with its mask (None: all valid); columns may run round the world."""
        width = self._dataset.width
        pieces = []
        start = left
        while start < right:
            base = start // width * width
            stop = min(right, base + width)
            pieces.append(self._read_inside(start - base, top, stop - base, bottom, decimation))
            start = stop
        if len(pieces) == 1:
            return pieces[0]
        masks = [mask for _, mask in pieces if mask is not None]
        return np.hstack([rgb for rgb, _ in pieces]), (np.hstack(masks) if masks else None)

    def _read_inside(
        self, left: int, top: int, right: int, bottom: int, decimation: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        window = Window(left, top, right - left, bottom - top)
        shape = (-(-(bottom - top) // decimation), -(-(right - left) // decimation))
        if shape[0] * shape[1] > _MAX_WINDOW_PX:
            raise UsageError(self.path, "the view asked for is too large to read at once", "ask for less")
        how = Resampling.nearest if self._palette is not None else Resampling.average
        try:
            data = self._dataset.read(self._bands, window=window, out_shape=(len(self._bands), *shape), resampling=how)
            mask = None
            if not self._all_valid:
                mask = self._dataset.read_masks(self._bands[0], window=window, out_shape=shape)
        except rasterio.RasterioIOError as error:
            raise InputError(
                self.path, f"is damaged near column {left}, row {top}", "copy or download it again"
            ) from error
        return self._to_rgb(data), mask

    def _to_rgb(self, data: NDArray) -> NDArray[np.uint8]:
        if self._palette is not None:
            return self._palette[data[0]]
        if self._stretch is not None:
            low, high = self._stretch
            data = np.clip((data.astype(np.float32) - low) * (255.0 / (high - low)), 0, 255).astype(np.uint8)
        if len(data) == 1:
            data = np.repeat(data, 3, axis=0)
        return np.ascontiguousarray(np.moveaxis(data, 0, -1))

    def _is_uint8(self) -> bool:
        return all(self._dataset.dtypes[band - 1] == "uint8" for band in self._bands)

    def _stretch_range(self) -> tuple[float, float]:
        """Values shown as black and white: 1st and 99th percentile of valid pixels of a small overview."""
        scale = max(1.0, max(self._dataset.width, self._dataset.height) / 1024)
        shape = (max(1, int(self._dataset.height / scale)), max(1, int(self._dataset.width / scale)))
        data = self._dataset.read(self._bands, out_shape=(len(self._bands), *shape), masked=True)
        values = np.asarray(data.compressed(), np.float64)
        values = values[np.isfinite(values)]
        if values.size == 0:
            raise InputError(self.path, "holds no valid pixel", "give another raster")
        low, high = np.percentile(values, [1, 99])
        return float(low), float(max(high, low + 1e-6))


def _colour_bands(dataset: rasterio.DatasetReader | WarpedVRT) -> tuple[list[int], NDArray[np.uint8] | None]:
    """1-based band numbers of red, green, blue (or one grey band), and the palette if there is one."""
    kinds = list(dataset.colorinterp)
    if kinds[0] == ColorInterp.palette:
        palette = np.zeros((256, 3), np.uint8)
        for value, colour in dataset.colormap(1).items():
            palette[value] = colour[:3]
        return [1], palette
    rgb = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    if all(kind in kinds for kind in rgb):
        return [kinds.index(kind) + 1 for kind in rgb], None
    return ([1, 2, 3] if dataset.count >= 3 else [1]), None


@lru_cache(maxsize=4096)
def _node_grid(lat: float, width_km: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    c = np.linspace(-width_km / 2, width_km / 2, NODES)
    x, y = np.meshgrid(c, -c)
    return geo.LocalFrame(lat, 0.0).to_lat_lon(x, y)


@lru_cache(maxsize=8)
def _node_weights(size_px: int) -> NDArray[np.float64]:
    """(size_px, NODES): weights that interpolate node values at pixel centres."""
    at = (np.arange(size_px) + 0.5) / size_px * (NODES - 1)
    return np.clip(1.0 - np.abs(at[:, None] - np.arange(NODES)[None, :]), 0.0, None)


def _median_step(x: NDArray, y: NDArray) -> float:
    """Source pixels from one output pixel to its neighbour, the median over the view."""
    if x.shape[0] < 2 or x.shape[1] < 2:
        return 1.0
    skip = max(1, min(x.shape) // NODES)
    along = np.hypot(np.diff(x[::skip], axis=1), np.diff(y[::skip], axis=1))
    down = np.hypot(np.diff(x[:, ::skip], axis=0), np.diff(y[:, ::skip], axis=0))
    steps = np.concatenate([along.ravel(), down.ravel()])
    steps = steps[np.isfinite(steps)]
    return float(np.median(steps)) if steps.size else 1.0


def _floor_to(value: float, step: int) -> int:
    return int(np.floor(value / step)) * step
