"""Validation during training, on photos of the EarthLoc dataset or on simulated photos of held-out places."""

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
from training.evaluate import Embedder, earthloc_search, intersecting
from training.metrics import RANKS, PhotoResult, cloud_percent, recalls
from training.networks import EmbeddingNetwork
from training.places.earthloc_dataset import newest_year, read_earthloc_dataset, read_square
from training.places.pairs import Imagery, Photo
from training.published_config import DatasetConfig
from training.training_log import prediction_sheet

_BATCH = 32
# Sheet of predictions: number of photos, tiles per photo, side of a picture.
_SHEET_PHOTOS, _SHEET_TILES, _SHEET_SIDE_PX = 8, 5, 128
# Strict rule: a correct tile has its centre within this share of the photo's width from the photo's centre.
_MAX_OFFSET_SHARE = 0.5
# Distractor tiles in addition to the tiles that the cached photos show.
_DISTRACTOR_TILES = 2000


@dataclass(frozen=True)
class ValidationResult:
    """Recall at 1, 5, 10, 20 and 100 in percent, and a sheet of photos with their retrieved tiles."""

    recall: dict[str, float]
    sheet: NDArray[np.uint8]


class Validation(Protocol):
    """A validation set."""

    def measure(self, model: Embedder, progress: Progress) -> ValidationResult:
        """Measures the recall of the current network."""
        ...


class NetworkEmbedder:
    """Wraps a network as `evaluate.Embedder`, on its training device and in its training precision.

    Args:
        network: the network; it is put into evaluation mode.
        device: device of the network.
        bf16: compute in bfloat16 under autocast.
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

    def embed_photo(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The same as `embed`: photos and tiles train one network."""
        return self.embed(squares)


class DatasetValidation:
    """Queries and newest tiles around one point, by the EarthLoc protocol.

    Args:
        folder: folder of the dataset, with `queries` and `database`.
        config: the point and the radii.
        rotations: embed the tiles at four rotations.

    Raises:
        InputError: there is no photo, or no tile, near that point.
    """

    def __init__(self, folder: Path, config: DatasetConfig, rotations: bool) -> None:
        centre = (config.lat, config.lon)
        self._config = config
        self._rotations = rotations
        self._tiles = [
            tile
            for tile in newest_year(read_earthloc_dataset(folder / "database"))
            if _distance_km(tile.center, centre) < config.tile_km
        ]
        near = [
            query
            for query in read_earthloc_dataset(folder / "queries")
            if _distance_km(query.nadir or query.center, centre) < config.query_km
        ]
        tile_at, all_tiles = np.array([t.center for t in self._tiles]).reshape(-1, 2), np.arange(len(self._tiles))
        self._queries = [query for query in near if intersecting(query, self._tiles, all_tiles, tile_at)]
        if not self._queries:
            raise InputError(
                folder,
                f"has no photo within {config.query_km:g} km of {config.lat:g}, {config.lon:g} that shows a tile",
                "change [dataset] lat, lon, query_km or tile_km",
            )

    def measure(self, model: Embedder, progress: Progress) -> ValidationResult:
        """See Validation."""
        config = self._config
        sets = {"validation": (config.lat, config.lon)}
        found = earthloc_search(
            self._queries, self._tiles, model, progress, sets, config.query_km, config.tile_km, self._rotations
        )["validation"]
        rows = []
        predictions = list(zip(found.queries, found.ranked, found.correct, strict=True))
        for query, ranked, correct in predictions[:_SHEET_PHOTOS]:
            tiles = [read_square(self._tiles[t].path, _SHEET_SIDE_PX) for t in ranked[:_SHEET_TILES]]
            photo = read_square(self._queries[query].path, _SHEET_SIDE_PX)
            rows.append((photo, tiles, correct[:_SHEET_TILES].tolist()))
        return ValidationResult(recalls([result.rank for result in found.results]), prediction_sheet(rows))


class SimulatedValidation:
    """Simulated photos of held-out places, searched among all tiles of the mosaic by the strict rule.

    Args:
        imagery: the mosaic.
        count: number of photos.
        seed: seed of the photos.
        rotations: search photos at four rotations.
    """

    def __init__(self, imagery: Imagery, count: int, seed: int, rotations: bool) -> None:
        self._imagery = imagery
        self._rotations = rotations
        self.photos = simulated_photos(imagery, count, seed)

    def measure(self, model: Embedder, progress: Progress) -> ValidationResult:
        """See Validation."""
        numbers, vectors = embed_tiles(self._imagery, model, progress)
        tiles = self._imagery.tiles[numbers]
        rotations = len(ROTATIONS_DEG) if self._rotations else 1
        photos = photo_vectors(self.photos, model, rotations, progress)
        ranked = nearest_tiles(photos, vectors, max(RANKS))
        correct = [_is_correct(photo, tiles[row]) for photo, row in zip(self.photos, ranked, strict=True)]
        ranks = [int(row.argmax()) + 1 if row.any() else None for row in correct]
        return ValidationResult(recalls(ranks), self._sheet(numbers, ranked, correct))

    def _sheet(
        self, numbers: NDArray[np.int64], ranked: NDArray[np.int64], correct: list[NDArray[np.bool_]]
    ) -> NDArray[np.uint8]:
        rows = []
        for photo, row, row_correct in list(zip(self.photos, ranked, correct, strict=True))[:_SHEET_PHOTOS]:
            tiles = [self._imagery.tile(int(number)) for number in numbers[row[:_SHEET_TILES]]]
            thumbnails = [_thumbnail(tile) for tile in tiles if tile is not None]
            rows.append((_thumbnail(photo.pixels), thumbnails, row_correct[: len(thumbnails)].tolist()))
        return prediction_sheet(rows)


class CachedValidation:
    """Cached photos of held-out places, searched among their tiles and some thousand others by the strict rule.

    Args:
        tiles: all tiles.
        photos: photos of held-out places, north within 45 degrees of up; they are searched at one rotation.
    """

    def __init__(self, tiles: Pictures, photos: Pictures) -> None:
        shown = torch.isin(tiles.tile, photos.tile)
        others = torch.nonzero(~shown)[:, 0]
        rows = torch.cat([torch.nonzero(shown)[:, 0], others[:: max(1, len(others) // _DISTRACTOR_TILES)]])
        self._tiles = Pictures(tiles.pixels[rows], tiles.tile[rows], tiles.place[rows])
        self._photos = photos

    def measure(self, describe: Callable[[Tensor], Tensor]) -> ValidationResult:
        """Measures recall.

        Args:
            describe: computes descriptors (n, dimension) of pictures (n, channels, h, w).
        """
        photos, tiles = self._photos, self._tiles
        best = (describe(photos.pixels) @ describe(tiles.pixels).T).topk(min(max(RANKS), len(tiles)), dim=1).indices
        at, truth = tiles.place[best].double().numpy(), photos.place.double().numpy()[:, None, :]
        distances = geo.distance_km(at[..., 0], at[..., 1], truth[..., 0], truth[..., 1])
        correct = distances <= _MAX_OFFSET_SHARE * truth[..., 2]
        rows = []
        for photo, row, row_correct in zip(photos.pixels[:_SHEET_PHOTOS], best, correct, strict=False):
            thumbnails = [_thumbnail(_rgb(tile)) for tile in tiles.pixels[row[:_SHEET_TILES]]]
            rows.append((_thumbnail(_rgb(photo)), thumbnails, row_correct[:_SHEET_TILES].tolist()))
        ranks = [int(row.argmax()) + 1 if row.any() else None for row in correct]
        return ValidationResult(recalls(ranks), prediction_sheet(rows))


def simulated_photos(imagery: Imagery, count: int, seed: int) -> list[Photo]:
    """Simulates photos of held-out places, the same for the same seed."""
    photos = imagery.photos(np.random.default_rng([seed, 2]), test=True)
    return [next(photos) for _ in range(count)]


def embed_tiles(imagery: Imagery, model: Embedder, progress: Progress) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns the numbers of all tiles that the imagery covers, and their descriptors (n, dimension).

    Raises:
        InputError: the imagery covers no tile.
    """
    numbers, vectors = [], []
    for start in range(0, len(imagery.tiles), _BATCH):
        progress.report("embed tiles", start, len(imagery.tiles))
        pictures = {n: imagery.tile(n) for n in range(start, min(start + _BATCH, len(imagery.tiles)))}
        covered = {n: pixels for n, pixels in pictures.items() if pixels is not None}
        if covered:
            numbers += list(covered)
            vectors.append(model.embed(np.stack(list(covered.values()))))
    if not vectors:
        raise InputError(imagery.source.path, "covers no tile of the region", "choose another region")
    return np.array(numbers), np.concatenate(vectors)


def photo_vectors(photos: Sequence[Photo], model: Embedder, rotations: int, progress: Progress) -> NDArray[np.float32]:
    """Returns descriptors (n, rotations, dimension) of each photo rotated counter-clockwise in steps of 90 degrees."""
    vectors = []
    for start in range(0, len(photos), _BATCH):
        progress.report("embed photos", start, len(photos))
        batch = photos[start : start + _BATCH]
        vectors.append(model.embed_photo(np.stack([np.rot90(p.pixels, k) for p in batch for k in range(rotations)])))
    return np.concatenate(vectors).reshape(len(photos), rotations, -1)


def nearest_tiles(photos: NDArray[np.float32], tiles: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Returns the rows of the best tiles of each photo, each tile once, by its best rotation: (n, count).

    Args:
        photos: descriptors (n, rotations, dimension).
        tiles: descriptors (m, dimension).
        count: tiles to return; fewer if there are fewer tiles.
    """
    rotations = photos.shape[1]
    count = min(count, len(tiles))
    scores, hits = faiss.knn(
        np.ascontiguousarray(photos.reshape(-1, photos.shape[-1])),
        np.ascontiguousarray(tiles),
        count,
        metric=faiss.METRIC_INNER_PRODUCT,
    )
    shape = (-1, rotations * count)
    ranked = []
    for photo_scores, photo_hits in zip(scores.reshape(shape), hits.reshape(shape), strict=True):
        ordered = photo_hits[np.argsort(-photo_scores, kind="stable")]
        _, first = np.unique(ordered, return_index=True)
        ranked.append(ordered[np.sort(first)][:count])
    return np.stack(ranked)


def simulated_result(photo: Photo, found: NDArray[np.void]) -> PhotoResult:
    """Returns the result of a simulated photo by the strict rule, from its retrieved tiles, best first (TILE_DTYPE)."""
    correct = _is_correct(photo, found)
    rank = int(correct.argmax()) + 1 if correct.any() else None
    return PhotoResult(None, rank, photo.view.width_km, photo.view.camera.tilt_deg, cloud_percent(photo.pixels))


def _is_correct(photo: Photo, tiles: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tells which tiles have their centre within half the photo's width of the photo's centre."""
    lat, lon = photo.view.center
    return geo.distance_km(lat, lon, tiles["lat"], tiles["lon"]) <= _MAX_OFFSET_SHARE * photo.view.width_km


def _rgb(pixels: Tensor) -> NDArray[np.uint8]:
    """Converts a cached picture (1 or 3, h, w) to (h, w, 3)."""
    return np.asarray(pixels.expand(3, -1, -1).permute(1, 2, 0).numpy(), np.uint8)


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side = (_SHEET_SIDE_PX, _SHEET_SIDE_PX)
    return np.asarray(cv2.resize(pixels, side, interpolation=cv2.INTER_AREA), np.uint8)


def _distance_km(at: tuple[float, float], centre: tuple[float, float]) -> float:
    return float(geo.distance_km(*at, *centre))
