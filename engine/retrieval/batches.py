"""Embeds tiles, batch by batch: on this computer, or on the workers of a Dask cluster.

The bytes of a batch depend on its tiles alone, so the same inputs give the same index wherever they are embedded.
"""

from __future__ import annotations

import contextlib
import threading
import zlib
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.dask_cluster import results_on_dask
from engine.errors import InputError
from engine.imagery.opening import open_imagery
from engine.imagery.source import ImagerySource
from engine.prefetch import prefetch
from engine.retrieval.descriptors import DTYPES, to_int8
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage
from engine.retrieval.tiling import Tiles, tile_keys

BATCH = 32
# A tile of which the imagery covers less than this is left out.
MIN_COVERAGE = 0.6
_PREFETCHED_BATCHES = 2


@dataclass(frozen=True, eq=False)
class Batch:
    """The tiles of one batch that the imagery covers.

    Attributes:
        number: of the batch, from 0.
        rows: uint32 (n,), of the planned tiles.
        pixels: uint32 (n,), CRC-32 of each tile's pixels.
        descriptors: (n, dimension), as stored.
    """

    number: int
    rows: NDArray[np.uint32]
    pixels: NDArray[np.uint32]
    descriptors: NDArray[Any]


def batches_locally(
    imagery: ImagerySource,
    tiles: Tiles,
    model: ModelPackage,
    dtype: str,
    start: int,
    reuse: RegionalIndex | None = None,
) -> Generator[Batch]:
    """Yield batches from number `start` on. The next batches are cut while the current one is embedded.

    Args:
        imagery: from which tiles are cut.
        tiles: the planned tiles.
        model: embeds them.
        dtype: "float32" or "int8".
        start: first batch.
        reuse: an index whose descriptors are used again for tiles with unchanged pixels, if it was made with this
            model and dtype.
    """
    if reuse is not None and (reuse.info["model"]["sha256"] != model.sha256 or reuse.dtype != dtype):
        reuse = None
    numbers = range(start, -(-len(tiles) // BATCH))
    with ThreadPoolExecutor(1, thread_name_prefix="cut") as pool:

        def cut(number: int) -> Any:
            return pool.submit(cut_tiles, imagery, tiles[number * BATCH : (number + 1) * BATCH], model.input.size_px)

        with contextlib.closing(prefetch(cut, numbers, _PREFETCHED_BATCHES)) as cut_batches:
            for number, (rows, squares, pixels) in zip(numbers, cut_batches, strict=True):
                stored = _embed(squares, pixels, tiles[number * BATCH + rows], model, dtype, reuse)
                yield Batch(number, (number * BATCH + rows).astype(np.uint32), pixels, stored)


def cut_tiles(
    imagery: ImagerySource, tiles: Tiles, size_px: int
) -> tuple[NDArray[np.int64], list[NDArray[np.uint8]], NDArray[np.uint32]]:
    """The tiles that the imagery covers: their rows, pictures (size_px, size_px, 3) and checksums."""
    rows, squares = [], []
    for row, tile in enumerate(tiles):
        pixels, covered = imagery.square(float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]), size_px)
        if covered.mean() >= MIN_COVERAGE:
            rows.append(row)
            squares.append(pixels)
    return np.asarray(rows, np.int64), squares, np.array([zlib.crc32(square.data) for square in squares], np.uint32)


def _embed(
    squares: list[NDArray[np.uint8]],
    pixels: NDArray[np.uint32],
    tiles: Tiles,
    model: ModelPackage,
    dtype: str,
    reuse: RegionalIndex | None,
) -> NDArray[Any]:
    """Descriptors of tile pictures, as stored, (n, dimension)."""
    stored = np.empty((len(squares), model.dimension), DTYPES[dtype])
    missing = np.ones(len(squares), bool)
    if reuse is not None and len(squares):
        known = reuse.lookup.rows_of(tile_keys(tiles))
        checksums = reuse.pixels_at(np.maximum(known, 0))
        if checksums is not None:
            missing = (known < 0) | (checksums != pixels)
            stored[~missing] = reuse.stored_at(known[~missing])
    if missing.any():
        descriptors = model.embed([squares[row] for row in np.flatnonzero(missing)])
        stored[missing] = to_int8(descriptors) if dtype == "int8" else descriptors
    return stored


# -- on a Dask cluster --------------------------------------------------------------------------------


def batches_on_dask(
    address: str, source: Path, tiles: Tiles, model: ModelPackage, dtype: str, start: int
) -> Generator[Batch]:
    """The same batches, cut and embedded by the workers of a Dask scheduler, in order; see `results_on_dask`."""
    raster_path, card = str(source.resolve()), str(model.path.resolve().parent)
    numbers = range(start, -(-len(tiles) // BATCH))
    parts = (
        (raster_path, card, model.sha256, np.array(tiles[number * BATCH : (number + 1) * BATCH]), dtype)
        for number in numbers
    )
    results = results_on_dask(address, _embed_on_worker, parts)
    with contextlib.closing(results):
        for number, (rows, pixels, stored) in zip(numbers, results, strict=True):
            yield Batch(number, (number * BATCH + rows).astype(np.uint32), pixels, stored)


def _embed_on_worker(
    raster_path: str, card: str, sha256: str, tiles: Tiles, dtype: str
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[Any]]:
    """Runs on a worker, which keeps imagery and model open. Each thread has imagery of its own."""
    raster, model = cached_imagery(raster_path, threading.get_ident()), _model(card)
    if model.sha256 != sha256:
        raise InputError(card, "is another model on this worker", "give all workers the same files")
    rows, squares, pixels = cut_tiles(raster, tiles, model.input.size_px)
    return rows, pixels, _embed(squares, pixels, tiles[rows], model, dtype, None)


@lru_cache(maxsize=64)
def cached_imagery(path: str, _thread: int) -> ImagerySource:
    """Imagery that a worker's thread keeps open."""
    return open_imagery(path)


@lru_cache(maxsize=2)
def _model(card: str) -> ModelPackage:
    return ModelPackage.open(card)
