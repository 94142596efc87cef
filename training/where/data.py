"""Feature maps of a picture cache (training/cache.py), computed once for all heads that train on them.

The trunk is the shipped model's network up to the feature map that its aggregator pools, and stays frozen. Every
chunk of pictures becomes one file of maps in half precision, so an interrupted run continues, and a cache that is still
being filled can be used: chunks without their final name are left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import utils as onnx_utils

from engine.errors import InputError, ModelError, OutputError
from engine.progress import Progress
from engine.where.heads.trunk import INPUT, OUTPUT, Trunk
from training.cache import CHUNK_SIZE
from training.where.quick_views import quick_view
from training.where.tiles import GreyMosaic, land_tiles

# Of the photos, every this many-th chunk is kept for choosing settings and never trained on.
VALIDATION_EVERY = 20
_TURNED = 0.5
_POOLED = "aggregator.rings"


@dataclass(frozen=True, eq=False)
class Maps:
    """Feature maps of pictures.

    Attributes:
        maps: float16 (n, positions, channels).
        place: float32 (n, 3), latitude and longitude of the centre in degrees, width in km.
        turn: int8 (n,), quarter turns by which the picture was rotated counter-clockwise.
        chunk: int32 (n,), number of the chunk of the picture cache; copies of a picture have the same.
    """

    maps: NDArray[np.float16]
    place: NDArray[np.float32]
    turn: NDArray[np.int8]
    chunk: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.place)

    def rows(self, chosen: NDArray[np.bool_]) -> Maps:
        """The chosen pictures, without those of the others' memory."""
        return Maps(self.maps[chosen], self.place[chosen], self.turn[chosen], self.chunk[chosen])


def cut_trunk(model: Path, out: Path) -> None:
    """Writes the network of a model package (.onnx, with the aggregator "rings") up to its feature map.

    Raises:
        ModelError: the network has another aggregator. OutputError: the file cannot be written.
    """
    graph = onnx.load(model).graph
    pooling = [node for node in graph.node if _POOLED in node.input]
    if len(pooling) != 1:
        raise ModelError(model, "has no feature map that the aggregator 'rings' pools", "use such a model")
    transposed = next(node for node in graph.node if node.output[0] == pooling[0].input[0])
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        onnx_utils.extract_model(str(model), str(out), [INPUT], [transposed.input[0]])
        cut = onnx.load(out)
        _rename_output(cut, OUTPUT)
        onnx.checker.check_model(cut)
        out.write_bytes(cut.SerializeToString(deterministic=True))
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error


def _rename_output(model: onnx.ModelProto, name: str) -> None:
    old = model.graph.output[0].name
    for node in model.graph.node:
        for at, output in enumerate(node.output):
            if output == old:
                node.output[at] = name
    model.graph.output[0].name = name
    declared = [value for value in model.graph.value_info if value.name != old]
    del model.graph.value_info[:]
    model.graph.value_info.extend(declared)


def write_photo_maps(
    cache: Path, out: Path, trunk: Trunk, progress: Progress, copies: int = 2, wait_s: float = 0.0
) -> None:
    """Computes the maps of the photos to train on in all finished chunks of a picture cache that have none yet.

    Half of the photos are rotated by one, two or three quarter turns first.

    Args:
        cache: folder of the chunks.
        out: folder of the maps.
        trunk: makes the maps.
        progress: receives progress reports.
        copies: how often each photo is used, a quarter turn further each time.
        wait_s: how long to wait for further chunks of a cache that is being filled.

    Raises:
        InputError: a chunk is damaged. OutputError: the maps cannot be written.
    """
    last_news = time.monotonic()
    while True:
        chunks = []
        for copy in range(copies):
            chunks += [(path, f"{path.stem}-{copy}", copy) for path in sorted(cache.glob("photos-?????.npz"))]
        missing = [
            (path, out / f"{name}.npz", copy) for path, name, copy in chunks if not (out / f"{name}.npz").exists()
        ]
        if not missing and time.monotonic() - last_news >= wait_s:
            return
        if not missing:
            time.sleep(1.0)
        for path, to, copy in missing[:1]:  # then look again: the cache may have grown
            last_news = time.monotonic()
            progress.report("maps of photos", len(chunks) - len(missing), len(chunks))
            _write_chunk(path, to, trunk, copy)


def _write_chunk(path: Path, out: Path, trunk: Trunk, copy: int) -> None:
    try:
        with np.load(path, allow_pickle=False) as chunk:
            pixels, place = chunk["pixels"], chunk["place"]
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise InputError(path, "is damaged", "delete it and fill the cache again") from error
    rng = np.random.default_rng([1, int(path.stem.split("-")[1])])
    turn = (np.where(rng.random(len(pixels)) < _TURNED, rng.integers(1, 4, len(pixels)), 0) + copy) % 4
    squares = [np.rot90(picture[0], quarters) for picture, quarters in zip(pixels, turn, strict=True)]
    _save(out, trunk, squares, place, turn.astype(np.int8))


def write_tile_maps(mosaic: Path, tile_km: tuple[float, ...], out: Path, trunk: Trunk, progress: Progress) -> None:
    """Computes the maps of all tiles of the world, north up, that have none yet.

    Args:
        mosaic: RGB raster in Web Mercator.
        tile_km: widths of the tiles.
        out: folder of the maps.
        trunk: makes the maps.
        progress: receives progress reports.

    Raises:
        InputError: the mosaic cannot be used. OutputError: the maps cannot be written.
    """
    source = GreyMosaic(mosaic)
    tiles = land_tiles(tile_km, seed=1)
    for number, start in enumerate(range(0, len(tiles), CHUNK_SIZE)):
        progress.report("maps of tiles", start, len(tiles))
        path = out / f"tiles-{number:05d}.npz"
        if path.exists():
            continue
        places, squares = [], []
        for tile in tiles[start : start + CHUNK_SIZE]:
            place = (float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]))
            square = source.square(*place, trunk.size_px)
            if square is not None:
                places.append(place)
                squares.append(square)
        _save(path, trunk, squares, np.array(places, np.float32), np.zeros(len(places), np.int8))


def write_view_maps(
    mosaic: Path, tile_km: tuple[float, ...], count: int, out: Path, trunk: Trunk, progress: Progress
) -> None:
    """Computes the maps of `count` quick views (training/where/quick_views.py), in whole chunks.

    Args and errors are those of `write_tile_maps`.
    """
    source = GreyMosaic(mosaic)
    tiles = land_tiles(tile_km, seed=1)
    for number in range(count // CHUNK_SIZE):
        progress.report("maps of views", number * CHUNK_SIZE, count)
        path = out / f"views-{number:05d}.npz"
        if path.exists():
            continue
        rng = np.random.default_rng([2, number])
        views: list[Any] = []
        while len(views) < CHUNK_SIZE:
            view = quick_view(source, tiles, rng, trunk.size_px)
            if view is not None:
                views.append(view)
        squares, places, turns = zip(*views, strict=True)
        _save(path, trunk, list(squares), np.array(places, np.float32), np.array(turns, np.int8))


def _save(
    out: Path,
    trunk: Trunk,
    squares: list[NDArray[np.uint8]],
    place: NDArray[np.float32],
    turn: NDArray[np.int8],
) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = out.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, maps=trunk.maps(squares).astype(np.float16), place=place, turn=turn)
        partial.replace(out)
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error


def load_maps(folder: Path, kind: str) -> Maps:
    """Reads the maps of one kind of picture: "tiles", "views" or "photos".

    Raises:
        InputError: there is none, or a file is damaged.
    """
    paths = sorted(folder.glob(f"{kind}-*.npz"))
    if not paths:
        raise InputError(folder, f"holds no maps of {kind}", "run `python -m training where maps` first")
    parts = list(_read_chunks(paths))
    maps, place, turn = (np.concatenate([part[k] for part in parts]) for k in range(3))
    numbers = [np.full(len(part[1]), int(path.stem.split("-")[1])) for path, part in zip(paths, parts, strict=True)]
    return Maps(maps, place, turn, np.concatenate(numbers).astype(np.int32))


def _read_chunks(
    paths: list[Path],
) -> Iterator[tuple[NDArray[np.float16], NDArray[np.float32], NDArray[np.int8]]]:
    for path in paths:
        try:
            with np.load(path, allow_pickle=False) as chunk:
                yield chunk["maps"], chunk["place"], chunk["turn"]
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise InputError(path, "is damaged", "delete it and compute the maps again") from error


def joined(parts: Sequence[Maps]) -> Maps:
    """The pictures of several, in a row."""
    return Maps(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Maps)))


def split(photos: Maps) -> tuple[Maps, Maps]:
    """Photos to train on and photos for watching the training: whole chunks, with all copies of their pictures."""
    kept = photos.chunk % VALIDATION_EVERY == 0
    return photos.rows(~kept), photos.rows(kept)
