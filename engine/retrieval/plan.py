"""Plans the tiles of an index and estimates its size, before anything is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.contract.parameters import FEATURE_KM
from engine.errors import UsageError
from engine.imagery.opening import open_imagery
from engine.imagery.source import ImagerySource
from engine.progress import Progress
from engine.retrieval import tiling
from engine.retrieval.coarse import codes_bytes, has_codes
from engine.retrieval.descriptors import DTYPES
from engine.retrieval.tiling import BBox, Tiles
from engine.voting.build import default_feature_km, narrowest_km, plan_cells
from engine.voting.feature_index import FEATURE_DTYPE

_CHUNK_TILES = 50_000  # tiles between two progress reports
_OUTLINE_BYTES = 313  # per tile in `tiles.gpkg`, measured
_CHECKSUM_BYTES = 4


@dataclass(frozen=True)
class IndexEstimate:
    """An upper limit of an index: planned tiles, their bytes, and local features; missing imagery reduces them.

    `features` is the number that the land has room for, at `feature_km` per pixel. They are meant to find photos that
    show at least `narrowest_km` along their shorter side; None without features.
    """

    tiles: int
    size_bytes: int
    features: int
    feature_km: float
    narrowest_km: float | None


def estimate_index(
    source: str,
    bbox: BBox | None,
    tile_km: Sequence[float],
    include_ocean: bool,
    dimension: int,
    progress: Progress,
    feature_km: float | None = None,
) -> IndexEstimate:
    """Estimate what `build_index` would build with the same arguments, not compact, with descriptors of `dimension`.

    Raises:
        InputError: the imagery cannot be used. UsageError: the arguments are invalid.
    """
    check_region(bbox, tile_km)
    check_feature_km(feature_km)
    with open_imagery(source, progress) as imagery:
        count = len(plan_tiles(imagery, bbox, tile_km, include_ocean, progress))
        if feature_km is None:
            feature_km = default_feature_km(imagery, bbox, tile_km)
        features = plan_cells(bbox or imagery.bounds(), feature_km, progress)[1] if feature_km else 0
    tile_bytes = tiling.TILE_DTYPE.itemsize + dimension * DTYPES["float32"].itemsize + _OUTLINE_BYTES + _CHECKSUM_BYTES
    codes = codes_bytes(count, dimension) if has_codes(count, dimension) else 0
    size_bytes = count * tile_bytes + codes + features
    narrowest = float(f"{narrowest_km(feature_km):.3g}") if feature_km else None
    return IndexEstimate(count, size_bytes, features // FEATURE_DTYPE.itemsize, feature_km, narrowest)


def plan_tiles(
    imagery: ImagerySource,
    bbox: BBox | None,
    tile_km: Sequence[float],
    include_ocean: bool,
    progress: Progress | None = None,
) -> Tiles:
    """The planned tiles, in the order in which they will be stored (Hilbert curve). Reports as stage `plan`."""
    progress = progress or Progress()
    tiles = tiling.tile_grid(bbox or imagery.bounds(), tile_km)
    if bbox is not None:
        tiles = tiles[_within(tiles, imagery.bounds())]
    if not include_ocean:
        on_land = np.empty(len(tiles), bool)
        for start in range(0, len(tiles), _CHUNK_TILES):
            progress.report("plan", start, len(tiles))
            chunk = slice(start, start + _CHUNK_TILES)
            on_land[chunk] = tiling.land_fraction(tiles[chunk]) >= tiling.MIN_LAND
        tiles = tiles[on_land]
    return tiles[tiling.hilbert_order(tiles)]


def _within(tiles: Tiles, bounds: BBox) -> NDArray[np.bool_]:
    west, south, east, north = bounds
    span = (east - west) % 360.0 or 360.0
    in_lon = (tiles["lon"] - west) % 360.0 <= span
    return in_lon & (tiles["lat"] >= south) & (tiles["lat"] <= north)


def check_region(bbox: BBox | None, tile_km: Sequence[float]) -> None:
    """Raise UsageError if region or widths are invalid."""
    if bbox is not None:
        west, south, east, north = bbox
        is_valid = np.isfinite(bbox).all() and -90 <= south < north <= 90 and max(abs(west), abs(east)) <= 360
        if not is_valid or west == east:
            raise UsageError(None, f"the region {bbox} is not west, south, east, north in degrees", "correct it")
    if not tile_km or not all(np.isfinite(w) and 1.0 <= w <= 3000.0 for w in tile_km):
        raise UsageError(None, f"tile widths {list(tile_km)} are not all from 1 to 3000 km", "correct them")
    if len(set(tile_km)) != len(tile_km):
        raise UsageError(None, f"tile widths {list(tile_km)} repeat", "name each once")


def check_feature_km(feature_km: float | None) -> None:
    """Raise UsageError if the ground resolution of features is invalid; None and 0 are valid."""
    low, high = FEATURE_KM
    if feature_km and not low <= feature_km <= high:
        raise UsageError(None, f"features of {feature_km} km a pixel are not from {low:g} to {high:g} km", "correct it")
