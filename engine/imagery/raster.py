"""Reference imagery from any georeferenced raster that GDAL opens: GeoTIFF, VRT, MBTiles, GeoPackage tiles, ...

The raster is never unpacked or warped as a whole.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from engine.errors import InputError
from engine.imagery.source import FINEST_STEP, ImagerySource

# GDAL's names of one raster in a file of several, such as GPKG:tiles.gpkg:ground.
_ONE_OF_SEVERAL = ("GPKG:", "NETCDF:", "HDF5:", "HDF4_SDS:", "GTIFF_DIR:", "SENTINEL2_L1C:", "SENTINEL2_L2A:")
_SHOWN = 5


class RasterSource(ImagerySource):
    """A raster file, sampled as every `ImagerySource`.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, dataset: rasterio.DatasetReader | WarpedVRT) -> None:
        super().__init__(str(path), dataset.crs.to_wkt(), dataset.transform, (dataset.width, dataset.height))
        self.path = path
        self.crs = dataset.crs.to_string()
        self._dataset = dataset
        tags = {name.upper(): value for name, value in dataset.tags().items()}  # MBTiles writes them small
        self.attribution = str(tags.get("ATTRIBUTION") or tags.get("TIFFTAG_COPYRIGHT") or "")
        self.licence = str(tags.get("LICENCE") or tags.get("LICENSE") or "")
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
        subdataset = str(path).startswith(_ONE_OF_SEVERAL)
        if not subdataset and not os.path.isfile(path):
            raise InputError(path, "no such file", "give the path of a georeferenced raster")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # told below, with the mend
                dataset = rasterio.open(str(path) if subdataset else Path(path))
        except rasterio.RasterioIOError as error:
            raise InputError(
                path, "cannot be opened as a raster", "give a georeferenced image such as a GeoTIFF"
            ) from error
        if dataset.count == 0 and dataset.subdatasets:
            listed = ", ".join(dataset.subdatasets[:_SHOWN])
            raise InputError(path, f"holds several rasters: {listed}", "name one of these instead of the file")
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
        return cls(Path(path), dataset)

    def close(self) -> None:
        """Closes the file."""
        self._dataset.close()

    @property
    def title(self) -> str:
        """The name without its folders."""
        return self.path.name

    def stamp(self) -> str:
        """Size and time of the file."""
        if not self.path.is_file():  # one of several in a file
            return str(self.path)
        stat = self.path.stat()
        return f"{stat.st_size} {stat.st_mtime_ns}"

    def _decimation(self, step_px: float) -> int:
        return 2 ** max(0, int(np.floor(np.log2(max(step_px, 1e-9) / FINEST_STEP))))

    def _read(
        self, left: float, top: float, right: float, bottom: float, decimation: float, x: NDArray, y: NDArray
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
