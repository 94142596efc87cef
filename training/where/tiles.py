"""Pictures of all tiles of the world, quickly: the mosaic is held in memory, grey and at half resolution."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling

from engine import geo
from engine.errors import InputError
from engine.retrieval import tiling

_LEVELS = 4  # each has half the resolution of the one before, so that wide tiles do not alias
_STRIPS = 64  # read one after the other: the whole mosaic in colour would not fit into a small memory
_EQUATOR_M = 20037508.342789244  # half its length in Web Mercator
_MIN_COVERAGE = 0.9
_NODES = 33


class GreyMosaic:
    """A mosaic of the whole world in Web Mercator.

    Args:
        path: raster (EPSG:3857) with three bands, 180 W to 180 E.

    Raises:
        InputError: the raster cannot be used.
    """

    def __init__(self, path: Path) -> None:
        try:
            with rasterio.open(path) as source:
                if source.crs is None or source.crs.to_epsg() != 3857 or source.count < 3:
                    raise InputError(path, "is no RGB mosaic in Web Mercator (EPSG:3857)", "give such a raster")
                self._north_m, self._south_m = source.bounds.top, source.bounds.bottom
                width = source.width // 2
                edges = np.linspace(0, source.height, _STRIPS + 1).astype(int) // 2 * 2
                strips = []
                for top, bottom in itertools.pairwise(edges):
                    rgb = source.read(
                        (1, 2, 3),
                        window=((top, bottom), (0, source.width)),
                        out_shape=(3, (bottom - top) // 2, width),
                        resampling=Resampling.average,
                    )
                    strips.append(np.rint(rgb.mean(axis=0, dtype=np.float32)).astype(np.uint8))
        except rasterio.errors.RasterioError as error:
            raise InputError(path, "cannot be read", "give a raster that GDAL opens") from error
        self._pyramid = [np.concatenate(strips)]
        for _ in range(_LEVELS - 1):
            finer = self._pyramid[-1]
            size = (finer.shape[1] // 2, finer.shape[0] // 2)
            self._pyramid.append(np.asarray(cv2.resize(finer, size, interpolation=cv2.INTER_AREA), np.uint8))

    def square(
        self, lat: float, lon: float, width_km: float, size_px: int, heading_deg: float = 0.0
    ) -> NDArray[np.uint8] | None:
        """A square around a place, grey (size_px, size_px); None if the mosaic does not cover it.

        Args:
            lat, lon: of its middle, degrees.
            width_km: its side.
            size_px: side of the picture.
            heading_deg: direction of the top of the picture, clockwise from north.
        """
        # Exact at nodes and linear in between: off by less than 20 m in the widest tiles.
        offsets = np.linspace(-0.5, 0.5, _NODES) * width_km
        right, up = np.meshgrid(offsets, -offsets)
        sin, cos = np.sin(np.radians(heading_deg)), np.cos(np.radians(heading_deg))
        lats, lons = geo.LocalFrame(lat, 0.0).to_lat_lon(right * cos + up * sin, up * cos - right * sin)
        at = ((np.arange(size_px, dtype=np.float32) + 0.5) / size_px * (_NODES - 1)).astype(np.float32)
        mercator_m = np.stack([np.radians(lons), np.arcsinh(np.tan(np.radians(lats)))], axis=2) * _EQUATOR_M / np.pi
        grid = cv2.remap(mercator_m.astype(np.float32), *np.meshgrid(at, at), cv2.INTER_LINEAR)
        x_m, y_m = grid[..., 0] + np.float32(lon / 180 * _EQUATOR_M), grid[..., 1]
        inside = (y_m < self._north_m) & (y_m > self._south_m)
        if inside.mean() < _MIN_COVERAGE:
            return None
        # The picture's pixel size in Web Mercator metres chooses the level.
        pixel_m = width_km * 1000 / size_px / max(np.cos(np.radians(lat)), 0.05)
        level = int(np.clip(np.log2(pixel_m / (2 * _EQUATOR_M / self._pyramid[0].shape[1]) + 1e-9), 0, _LEVELS - 1))
        picture = self._pyramid[level]
        metres = 2 * _EQUATOR_M / picture.shape[1]
        column, row = (x_m + _EQUATOR_M) / metres - 0.5, (self._north_m - y_m) / metres - 0.5
        # Only the part that is needed: OpenCV cannot remap pictures wider than 32,767 pixels.
        first = int(np.floor(row.min())) - 1
        top, bottom = max(first, 0), min(int(np.ceil(row.max())) + 2, len(picture))
        west, east = int(np.floor(column.min())) - 1, int(np.ceil(column.max())) + 2
        part = picture[top:bottom].take(np.arange(west, east), axis=1, mode="wrap")
        x, y = (column - west).astype(np.float32), (row - top).astype(np.float32)
        return np.asarray(cv2.remap(part, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def land_tiles(tile_km: tuple[float, ...], seed: int) -> tiling.Tiles:
    """The tiles of the whole grid with enough land: the widest first, else in random order.

    So the first of them cover the world already.
    """
    tiles = tiling.tile_grid((-180.0, -75.0, 180.0, 75.0), tile_km)
    tiles = tiles[tiling.land_fraction(tiles, samples=8) >= tiling.MIN_LAND]
    tiles = tiles[np.random.default_rng(seed).permutation(len(tiles))]
    return tiles[np.argsort(-tiles["width_km"], kind="stable")]
