"""Reference imagery from any georeferenced raster that GDAL opens: GeoTIFF, VRT, MBTiles, GeoPackage tiles, ...

The raster is never decoded or warped as a whole.
"""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from engine.errors import InputError
from engine.imagery.source import FINEST_STEP, ImagerySource
from engine.photo import gdal_pixels

# Prefixes of GDAL's names for one raster in a file of several, such as GPKG:tiles.gpkg:ground.
_ONE_OF_SEVERAL = ("GPKG:", "NETCDF:", "HDF5:", "HDF4_SDS:", "GTIFF_DIR:", "SENTINEL2_L1C:", "SENTINEL2_L2A:")
_SHOWN = 5
_HEAD_BYTES = 1024


class RasterSource(ImagerySource):
    """A raster file, sampled like every `ImagerySource`.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, dataset: rasterio.DatasetReader | WarpedVRT) -> None:
        super().__init__(str(path), dataset.crs.to_wkt(), dataset.transform, (dataset.width, dataset.height))
        self.path = path
        self.crs = dataset.crs.to_string()
        self._dataset = dataset
        tags = {name.upper(): value for name, value in dataset.tags().items()}  # MBTiles has them in lower case
        self.attribution = str(tags.get("ATTRIBUTION") or tags.get("TIFFTAG_COPYRIGHT") or "")
        self.licence = str(tags.get("LICENCE") or tags.get("LICENSE") or "")
        self._bands = gdal_pixels.colour_bands(list(dataset.colorinterp))
        has_palette = dataset.colorinterp[0] == ColorInterp.palette
        self._palette = gdal_pixels.palette(dataset.colormap(1)) if has_palette else None
        self._all_valid = MaskFlags.all_valid in dataset.mask_flag_enums[self._bands[0] - 1]
        is_8_bit = all(dataset.dtypes[band - 1] == "uint8" for band in self._bands)
        self._stretch = None if is_8_bit or has_palette else self._stretch_range()

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a raster file.

        Raises:
            InputError: missing, not a raster, or without a coordinate system.
        """
        # Some of GDAL's libraries would follow an address in such a name.
        subdataset = str(path).startswith(_ONE_OF_SEVERAL) and not re.search(r"\w://", str(path))
        if not subdataset and not os.path.isfile(path):
            raise InputError.of("raster.missing", path=path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # reported below, with a hint
                dataset = rasterio.open(str(path) if subdataset else Path(path))
        except rasterio.RasterioIOError as error:
            if _names_a_server(path):
                hint = "name the server itself by its address, or by a JSON file with its settings"
                raise InputError(path, "refers GDAL to a server, which is not supported", hint) from error
            raise InputError.of("raster.kind", path=path) from error
        if "VRTRawRasterBand" in dataset.tags(ns="xml:VRT").get("xml:VRT", ""):
            raise InputError(path, "uses the bytes of other files as pixels", "convert it to a GeoTIFF")
        if dataset.count == 0 and dataset.subdatasets:
            listed = ", ".join(dataset.subdatasets[:_SHOWN])
            raise InputError.of("raster.several", path=path, listed=listed)
        if dataset.transform.is_identity and dataset.gcps[0]:
            dataset = WarpedVRT(dataset, src_crs=dataset.gcps[1], resampling=Resampling.bilinear)
        if dataset.transform.is_identity:
            raise InputError.of("raster.no_place", path=path)
        if dataset.crs is None:
            raise InputError.of("raster.no_crs", path=path)
        gdal_pixels.check_numbers(Path(path), dataset)
        return cls(Path(path), dataset)

    def close(self) -> None:
        """Close the file."""
        self._dataset.close()

    @property
    def title(self) -> str:
        """The name without its folders."""
        return self.path.name

    def stamp(self) -> str:
        """Size and modification time of the file."""
        if not self.path.is_file():  # one of several rasters in a file
            return str(self.path)
        stat = self.path.stat()
        return f"{stat.st_size} {stat.st_mtime_ns}"

    def _decimation(self, step_px: float) -> int:
        return 2 ** max(0, int(np.floor(np.log2(max(step_px, 1e-9) / FINEST_STEP))))

    def _read(
        self, left: float, top: float, right: float, bottom: float, decimation: float, x: NDArray[Any], y: NDArray[Any]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        rows = int(top), int(bottom)
        pieces = []
        start, stop = int(left), int(right)
        while start < stop:
            base = start // self.width * self.width
            end = min(stop, base + self.width)
            pieces.append(self._read_inside(start - base, rows[0], end - base, rows[1], int(decimation)))
            start = end
        if len(pieces) == 1:
            return pieces[0]
        masks = [mask for _, mask in pieces if mask is not None]
        return np.hstack([rgb for rgb, _ in pieces]), (np.hstack(masks) if masks else None)

    def _read_inside(
        self, left: int, top: int, right: int, bottom: int, decimation: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        window = Window(left, top, right - left, bottom - top)
        shape = (-(-(bottom - top) // decimation), -(-(right - left) // decimation))
        how = Resampling.nearest if self._palette is not None else Resampling.average
        with self._readable(f" near column {left}, row {top}"):
            data = self._dataset.read(self._bands, window=window, out_shape=(len(self._bands), *shape), resampling=how)
            mask = None
            if not self._all_valid:
                mask = self._dataset.read_masks(self._bands[0], window=window, out_shape=shape)
        return self._pixels(data, mask), mask

    def _pixels(self, data: NDArray[Any], mask: NDArray[np.uint8] | None) -> NDArray[Any]:
        """The colour bands (n, h, w) as RGB (h, w, 3)."""
        if self._palette is not None:
            return self._palette[data[0]]
        if self._stretch is not None:
            data = gdal_pixels.stretched(data, *self._stretch)
        return gdal_pixels.to_rgb(data, list(self._dataset.colorinterp))

    def _stretch_range(self) -> tuple[float, float] | None:
        """The values to show as black and white, from the valid pixels of a small overview; None if not stretched."""
        scale = max(1.0, max(self._dataset.width, self._dataset.height) / 1024)
        shape = (max(1, int(self._dataset.height / scale)), max(1, int(self._dataset.width / scale)))
        with self._readable():
            data = self._dataset.read(self._bands, out_shape=(len(self._bands), *shape), masked=True).compressed()
        if not np.isfinite(data).any():
            raise InputError.of("raster.empty", path=self.path)
        return gdal_pixels.value_range(data)

    @contextlib.contextmanager
    def _readable(self, where: str = "") -> Iterator[None]:
        """Convert GDAL's errors to InputErrors."""
        try:
            yield
        except rasterio.RasterioIOError as error:
            problem, hint = f"is damaged{where}", "copy or download it again"
            if self._dataset.driver == "VRT":
                problem, hint = f"names a file that cannot be read{where}", "put all its files on this computer"
            raise InputError(self.path, problem, hint) from error


def _names_a_server(path: str | Path) -> bool:
    """Whether a file that GDAL could not open is a description of a server."""
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD_BYTES).lstrip().startswith((b"<GDAL_WM", b"<WCS_GDAL"))
    except OSError:
        return False
