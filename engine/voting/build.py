"""Builds the local features of a regional index, cell by cell, on this computer or on the workers of a Dask cluster.

`features.cells` is also the journal: the row of a cell is written when its features are on disk. So a build that was
killed continues after the last complete cell, and gives the same bytes as an uninterrupted one.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import get_ident, local
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.contract.parameters import FEATURE_KM
from engine.dask_cluster import results_on_dask
from engine.errors import UsageError
from engine.imagery.land import near_land
from engine.imagery.opening import open_imagery
from engine.imagery.source import ImagerySource
from engine.prefetch import prefetch
from engine.progress import Progress
from engine.retrieval.batches import cached_imagery
from engine.retrieval.tiling import BBox
from engine.voting.cell_features import PIXELS_PER_FEATURE, extract_cell_features, read_cell_picture
from engine.voting.cells import CELL_PX, Cells, Grid, middles
from engine.voting.feature_index import (
    CELL_ROW_DTYPE,
    FEATURE_CELLS,
    FEATURE_DTYPE,
    FEATURES,
    FeatureIndex,
    pack,
)
from engine.voting.vocabulary import vocabulary

CellRead = tuple[NDArray[np.void], int]  # features as stored, and the checksum of the pixels
_THREADS = min(4, os.cpu_count() or 1)  # each takes 100 MB
# Pixels of the imagery across a photo as wide as the smallest tile, by default: about the fewest that find it.
_PIXELS_PER_PHOTO = 256
_MAX_CELLS = 1_000_000  # planned in seconds; their features would take some 50 GB
_CHUNK_POINTS = 100_000  # points of the land mask between two progress reports


def default_feature_km(imagery: ImagerySource, bbox: BBox | None, tile_km: Sequence[float]) -> float:
    """Ground resolution for photos as wide as the tiles, but no finer than the imagery."""
    return float(np.clip(max(min(tile_km) / _PIXELS_PER_PHOTO, native_km(imagery, bbox)), *FEATURE_KM).round(4))


def narrowest_km(feature_km: float) -> float:
    """Ground along the shorter side of the narrowest photos that features of this resolution can find."""
    return _PIXELS_PER_PHOTO * feature_km


def native_km(imagery: ImagerySource, bbox: BBox | None) -> float:
    """Ground size of the imagery's finest pixels at the middle of a region."""
    west, south, east, north = bbox or imagery.bounds()
    lat, lon = (south + north) / 2, west + ((east - west) % 360.0 or 360.0) / 2
    return imagery.pixel_km(lat, lon)


def plan_cells(bbox: BBox, feature_km: float, progress: Progress | None = None) -> tuple[Cells, int]:
    """The cells of a region, except on the open sea, and an estimate of the bytes of their features.

    Reports as stage `plan`, in cells. Raises UsageError if there are too many.
    """
    progress = progress or Progress()
    grid = Grid(feature_km)
    count = grid.count(bbox)
    if count > _MAX_CELLS:
        problem = f"features at {1000 * feature_km:g} m a pixel take {count:,} cells of this region's imagery"
        raise UsageError(None, f"{problem}, more than {_MAX_CELLS:,}", "choose a smaller region or coarser features")
    cells = grid.of(bbox)
    shares = np.linspace(0.0, 1.0, 1 + max(2, int(np.ceil(CELL_PX * feature_km / 5.0))))
    chunk = max(1, _CHUNK_POINTS // len(shares) ** 2)
    near = np.empty(len(cells))
    for start in range(0, len(cells), chunk):
        progress.report("plan", start, len(cells))
        some = cells[start : start + chunk, None]
        lat = some["south"] + shares * (some["north"] - some["south"])
        lon = some["west"] + shares * (some["east"] - some["west"])
        near[start : start + chunk] = near_land(lat[:, :, None], lon[:, None, :]).mean(axis=(1, 2))
    height_km = (cells["north"] - cells["south"]) * geo.KM_PER_DEGREE
    wide_km = (cells["east"] - cells["west"]) * geo.KM_PER_DEGREE * np.cos(np.radians(middles(cells)[0]))
    pixels = float((near * height_km * wide_km).sum()) / feature_km**2
    return cells[near > 0], int(pixels / PIXELS_PER_FEATURE) * FEATURE_DTYPE.itemsize


def write_features(
    partial: Path,
    cells: Cells,
    feature_km: float,
    read: Generator[CellRead | None],
    start: int,
    progress: Progress,
) -> dict[str, Any]:
    """Append the cells from number `start` on, as they are read. Returns the manifest's entry on the features.

    Reports as stage `features`, in cells.
    """
    with ExitStack() as stack:
        features = stack.enter_context((partial / FEATURES).open("ab"))
        rows = stack.enter_context((partial / FEATURE_CELLS).open("ab"))
        stack.callback(read.close)
        for number, found in enumerate(read, start=start):
            progress.report("features", number, len(cells), f"{number} of {len(cells)} cells")
            _append(features, rows, int(cells[number]["number"]), found)
    progress.report("features", len(cells), len(cells))
    count = (partial / FEATURES).stat().st_size // FEATURE_DTYPE.itemsize
    return {"count": count, "feature_km": feature_km, "vocabulary": vocabulary().sha256}


def _append(features: BinaryIO, rows: BinaryIO, number: int, found: CellRead | None) -> None:
    packed, pixels = found if found is not None else (np.empty(0, FEATURE_DTYPE), 0)
    content = packed.tobytes()
    if content:
        features.write(content)
        features.flush()
        os.fsync(features.fileno())
    rows.write(np.array([(number, len(packed), pixels, zlib.crc32(content))], CELL_ROW_DTYPE).tobytes())
    rows.flush()
    os.fsync(rows.fileno())


def truncate_to_complete_cells(partial: Path, cells: Cells) -> int:
    """Truncate half-built features to their last complete cell; the number of complete cells."""
    table, features = partial / FEATURE_CELLS, partial / FEATURES
    table.touch()
    features.touch()
    rows = np.fromfile(table, np.uint8)
    rows = rows[: len(rows) // CELL_ROW_DTYPE.itemsize * CELL_ROW_DTYPE.itemsize].view(CELL_ROW_DTYPE)
    done = total = 0
    with features.open("rb") as file:
        for row, cell in zip(rows, cells, strict=False):
            content = file.read(int(row["count"]) * FEATURE_DTYPE.itemsize)
            whole = len(content) == int(row["count"]) * FEATURE_DTYPE.itemsize
            if not whole or row["number"] != cell["number"] or row["bytes"] != zlib.crc32(content):
                break
            done, total = done + 1, total + len(content)
    for path, size in ((table, done * CELL_ROW_DTYPE.itemsize), (features, total)):
        os.truncate(path, size)
    return done


# -- cells, read one after the other ------------------------------------------------------------------


def cells_locally(
    source: str | Path, imagery: ImagerySource, cells: Cells, feature_km: float, reuse: FeatureIndex | None
) -> Generator[CellRead | None]:
    """Yield the features of cells in order. Several threads read them, each with its own opened imagery.

    A tile server is queried by one thread only. The features of cells with unchanged pixels are taken from `reuse`.
    """
    thread_state = local()
    reusable = reuse if reuse is not None and reuse.feature_km == feature_km else None
    with ExitStack() as opened, ThreadPoolExecutor(1 if imagery.remote else _THREADS, "features") as pool:

        def read(cell: np.void) -> CellRead | None:
            if imagery.remote:
                return read_packed(imagery, cell, feature_km, reusable)
            if not hasattr(thread_state, "imagery"):
                thread_state.imagery = opened.enter_context(open_imagery(source))
            return read_packed(thread_state.imagery, cell, feature_km, reusable)

        yield from prefetch(lambda cell: pool.submit(read, cell), cells, 2 * _THREADS)


def read_packed(
    imagery: ImagerySource, cell: np.void, feature_km: float, reusable: FeatureIndex | None = None
) -> CellRead | None:
    """The features of a cell as stored; taken from an earlier index if its pixels are unchanged."""
    picture = read_cell_picture(imagery, cell, feature_km)
    if picture is None:
        return None
    earlier = reusable.rows_of_cell(int(cell["number"])) if reusable is not None else None
    if earlier is not None and int(earlier[0]["pixels"]) == picture.checksum:
        return earlier[1], picture.checksum
    return pack(extract_cell_features(picture), cell), picture.checksum


def cells_on_dask(address: str, source: Path, cells: Cells, feature_km: float) -> Generator[CellRead | None]:
    """The same cells, read by the workers of a Dask scheduler, in order; see `results_on_dask`."""
    path = str(source.resolve())
    return results_on_dask(address, _read_on_worker, ((path, cell, feature_km) for cell in np.array(cells)))


def _read_on_worker(path: str, cell: np.void, feature_km: float) -> CellRead | None:
    return read_packed(cached_imagery(path, get_ident()), cell, feature_km)
