"""How good a network is while it trains: photos of the EarthLoc data set, or simulated ones of held-out places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine import geo
from engine.errors import InputError
from engine.progress import Progress
from engine.retrieval.model import ROTATIONS_DEG, InputSpec
from training.cache import Pictures
from training.curves import prediction_sheet
from training.evaluate import Embedder, earthloc_search, intersecting
from training.metrics import RANKS, Outcome, cloud_percent, recalls
from training.networks import EmbeddingNetwork
from training.places.earthloc_dataset import newest_year, read_earthloc_dataset, read_square
from training.places.pairs import Imagery, Photo
from training.published_config import DatasetConfig

_BATCH = 32
# Of a sheet: so many photos, with so many tiles each, so many pixels wide.
_SHOWN, _TILES, _SIDE_PX = 8, 5, 128
_REACH = 0.5
# Searched beside the tiles that cached photos show.
_OTHER_TILES = 2000


@dataclass(frozen=True)
class Measured:
    """Recall in percent at 1, 5, 10, 20, 100, and a sheet of photos with what was found for them."""

    recall: dict[str, float]
    sheet: NDArray[np.uint8]


class Validation(Protocol):
    """What a network is measured with."""

    def measure(self, model: Embedder, progress: Progress) -> Measured:
        """Recall of a network as it is."""
        ...


class NetworkEmbedder:
    """A network as `evaluate.Embedder`, on whatever device and under whatever precision it trains.

    Args:
        network: is put into evaluation mode.
        device: where it is.
        bf16: compute under autocast.
    """

    def __init__(self, network: EmbeddingNetwork, device: torch.device, bf16: bool) -> None:
        self._network = network.eval()
        self._device = device
        self._bf16 = bf16
        self.dimension = network.dimension
        size_px = network.config.size_px
        mean, std = (tuple(map(float, values)) for values in (network.mean, network.std))
        self.input = InputSpec("image", size_px, (mean[0], mean[1], mean[2]), (std[0], std[1], std[2]), "squash")

    @torch.inference_mode()
    def embed(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See evaluate.Embedder."""
        parts = []
        for start in range(0, len(squares), _BATCH):
            stacked = np.ascontiguousarray(squares[start : start + _BATCH].transpose(0, 3, 1, 2))
            images = self._network.normalised(torch.from_numpy(stacked).to(self._device))
            with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bf16):
                parts.append(self._network(images).float().cpu().numpy())
        return np.concatenate(parts)


class DatasetValidation:
    """Queries and newest tiles round one point, by the EarthLoc protocol.

    Args:
        folder: of the data set, with `queries` and `database`.
        config: where.
        rotations: search at four.

    Raises:
        InputError: no photo, or no tile, near that point.
    """

    def __init__(self, folder: Path, config: DatasetConfig, rotations: bool) -> None:
        centre = (config.lat, config.lon)
        self._config = config
        self._rotations = rotations
        self._tiles = [
            t for t in newest_year(read_earthloc_dataset(folder / "database")) if _km(t.center, centre) < config.tile_km
        ]
        near = [
            q for q in read_earthloc_dataset(folder / "queries") if _km(q.nadir or q.center, centre) < config.query_km
        ]
        tile_at, every = np.array([t.center for t in self._tiles]).reshape(-1, 2), np.arange(len(self._tiles))
        self._queries = [q for q in near if intersecting(q, self._tiles, every, tile_at)]
        if not self._queries:
            raise InputError(
                folder,
                f"has no photo within {config.query_km:g} km of {config.lat:g}, {config.lon:g} that shows a tile",
                "mend [dataset] lat, lon, query_km, tile_km",
            )

    def measure(self, model: Embedder, progress: Progress) -> Measured:
        """See Validation."""
        config = self._config
        sets = {"validation": (config.lat, config.lon)}
        found = earthloc_search(
            self._queries, self._tiles, model, progress, sets, config.query_km, config.tile_km, self._rotations
        )["validation"]
        rows = []
        for query, ranked, right in list(zip(found.queries, found.ranked, found.right, strict=True))[:_SHOWN]:
            tiles = [read_square(self._tiles[t].path, _SIDE_PX) for t in ranked[:_TILES]]
            rows.append((read_square(self._queries[query].path, _SIDE_PX), tiles, right[:_TILES].tolist()))
        return Measured(recalls([o.rank for o in found.outcomes]), prediction_sheet(rows))


class SimulatedValidation:
    """Simulated photos of held-out places among all tiles of the mosaic, strictly.

    Args:
        imagery: the mosaic.
        count: photos.
        seed: of the photos.
        rotations: search at four.
    """

    def __init__(self, imagery: Imagery, count: int, seed: int, rotations: bool) -> None:
        self._imagery = imagery
        self._rotations = rotations
        self.photos = simulated_photos(imagery, count, seed)

    def measure(self, model: Embedder, progress: Progress) -> Measured:
        """See Validation."""
        numbers, vectors = embed_tiles(self._imagery, model, progress)
        tiles = self._imagery.tiles[numbers]
        turns = len(ROTATIONS_DEG) if self._rotations else 1
        photos = photo_vectors(self.photos, model, turns, progress)
        ranked = best_rows(photos, vectors, max(RANKS))
        right = [_is_right(photo, tiles[row]) for photo, row in zip(self.photos, ranked, strict=True)]
        ranks = [int(row.argmax()) + 1 if row.any() else None for row in right]
        return Measured(recalls(ranks), self._sheet(numbers, ranked, right))

    def _sheet(
        self, numbers: NDArray[np.int64], ranked: NDArray[np.int64], right: list[NDArray[np.bool_]]
    ) -> NDArray[np.uint8]:
        rows = []
        for photo, row, good in list(zip(self.photos, ranked, right, strict=True))[:_SHOWN]:
            tiles = [self._imagery.tile(int(number)) for number in numbers[row[:_TILES]]]
            shown = [_small(tile) for tile in tiles if tile is not None]
            rows.append((_small(photo.pixels), shown, good[: len(shown)].tolist()))
        return prediction_sheet(rows)


class CachedValidation:
    """Cached photos of held-out places among the tiles that they show and some thousand others, strictly.

    Args:
        tiles: all tiles.
        photos: of held-out places, north within 45 degrees of up; they are searched as they are.
    """

    def __init__(self, tiles: Pictures, photos: Pictures) -> None:
        shown = torch.isin(tiles.tile, photos.tile)
        others = torch.nonzero(~shown)[:, 0]
        rows = torch.cat([torch.nonzero(shown)[:, 0], others[:: max(1, len(others) // _OTHER_TILES)]])
        self._tiles = Pictures(tiles.pixels[rows], tiles.tile[rows], tiles.place[rows])
        self._photos = photos

    def measure(self, describe: Callable[[Tensor], Tensor]) -> Measured:
        """Recall by descriptors (n, dimension) which `describe` makes of pictures (n, channels, h, w)."""
        photos, tiles = self._photos, self._tiles
        best = (describe(photos.pixels) @ describe(tiles.pixels).T).topk(min(max(RANKS), len(tiles)), dim=1).indices
        at, truth = tiles.place[best].double().numpy(), photos.place.double().numpy()[:, None, :]
        away = geo.distance_km(at[..., 0], at[..., 1], truth[..., 0], truth[..., 1])
        right = away <= _REACH * truth[..., 2]
        rows = [
            (_small(_rgb(photo)), [_small(_rgb(tile)) for tile in tiles.pixels[row[:_TILES]]], good[:_TILES].tolist())
            for photo, row, good in zip(photos.pixels[:_SHOWN], best, right, strict=False)
        ]
        ranks = [int(row.argmax()) + 1 if row.any() else None for row in right]
        return Measured(recalls(ranks), prediction_sheet(rows))


def simulated_photos(imagery: Imagery, count: int, seed: int) -> list[Photo]:
    """Simulated photos of held-out places, the same for the same seed."""
    photos = imagery.photos(np.random.default_rng([seed, 2]), test=True)
    return [next(photos) for _ in range(count)]


def embed_tiles(imagery: Imagery, model: Embedder, progress: Progress) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Numbers of all tiles that the imagery covers, and their descriptors (n, dimension)."""
    numbers, vectors = [], []
    for start in range(0, len(imagery.tiles), _BATCH):
        progress.report("embed tiles", start, len(imagery.tiles))
        pictures = {n: imagery.tile(n) for n in range(start, min(start + _BATCH, len(imagery.tiles)))}
        there = {n: pixels for n, pixels in pictures.items() if pixels is not None}
        if there:
            numbers += list(there)
            vectors.append(model.embed(np.stack(list(there.values()))))
    if not vectors:
        raise InputError(imagery.source.path, "covers no tile of the region", "choose another region")
    return np.array(numbers), np.concatenate(vectors)


def photo_vectors(photos: Sequence[Photo], model: Embedder, turns: int, progress: Progress) -> NDArray[np.float32]:
    """Descriptors (n, turns, dimension), each photo turned counter-clockwise by quarters."""
    vectors = []
    for start in range(0, len(photos), _BATCH):
        progress.report("embed photos", start, len(photos))
        part = photos[start : start + _BATCH]
        vectors.append(model.embed(np.stack([np.rot90(p.pixels, turn) for p in part for turn in range(turns)])))
    return np.concatenate(vectors).reshape(len(photos), turns, -1)


def best_rows(photos: NDArray[np.float32], tiles: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Rows of the best tiles of each photo (n, turns, dimension), each tile once, by its best turn: (n, count)."""
    turns = photos.shape[1]
    wanted = min(count, len(tiles))
    scores, hits = faiss.knn(
        np.ascontiguousarray(photos.reshape(-1, photos.shape[-1])),
        np.ascontiguousarray(tiles),
        wanted,
        metric=faiss.METRIC_INNER_PRODUCT,
    )
    ranked = []
    for row_scores, row_hits in zip(scores.reshape(-1, turns * wanted), hits.reshape(-1, turns * wanted), strict=True):
        ordered = row_hits[np.argsort(-row_scores, kind="stable")]
        _, first = np.unique(ordered, return_index=True)
        ranked.append(ordered[np.sort(first)][:wanted])
    return np.stack(ranked)


def simulated_outcome(photo: Photo, found: NDArray[np.void]) -> Outcome:
    """How a simulated photo was found, strictly alone, of the tiles found for it, best first (TILE_DTYPE)."""
    right = _is_right(photo, found)
    rank = int(right.argmax()) + 1 if right.any() else None
    return Outcome(None, rank, photo.view.width_km, photo.view.camera.tilt_deg, cloud_percent(photo.pixels))


def _is_right(photo: Photo, tiles: NDArray[np.void]) -> NDArray[np.bool_]:
    """Whether tiles have their middle within half the photo's width of its own."""
    lat, lon = photo.view.center
    return geo.distance_km(lat, lon, tiles["lat"], tiles["lon"]) <= _REACH * photo.view.width_km


def _rgb(pixels: Tensor) -> NDArray[np.uint8]:
    """A cached picture (1 or 3, h, w) as (h, w, 3)."""
    return np.asarray(pixels.expand(3, -1, -1).permute(1, 2, 0).numpy(), np.uint8)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(pixels, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _km(at: tuple[float, float], centre: tuple[float, float]) -> float:
    return float(geo.distance_km(*at, *centre))
