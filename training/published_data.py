"""Batches of a published recipe: pictures of places by year, and real photos of them, prefetched one batch ahead."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine import geo
from engine.errors import InputError
from training.evaluate import TEST_SETS
from training.overlap import overlapping
from training.places.dated import DatedMosaic, DatedPlaces, EarthLocFolder
from training.places.earthloc_dataset import DatasetPicture, read_earthloc_dataset, read_square, rotate_north_up
from training.places.pairs import Imagery
from training.published_config import MiningConfig, PublishedConfig
from training.sampling import Ids, MinedPhotos, PlaceBatchSampler
from training.validation import DatasetValidation, SimulatedValidation, Validation

# Pictures are read larger than the network input by this factor, because augmentation crops them.
_OVERSAMPLING = 1.6
_READER_THREADS = 4


@dataclass(frozen=True)
class Batch:
    """Pictures of a batch.

    Attributes:
        places: uint8 (places, years, 3, side, side).
        overlapping: (places, places) bool, which places overlap.
        photos: uint8 (photos, 1, 3, side, side), real photos of some of the places.
        photo_places: (photos,) index in `places` of the place that each photo shows.
    """

    places: Tensor
    overlapping: Tensor
    photos: Tensor
    photo_places: Tensor


@dataclass(frozen=True)
class Sources:
    """The data of a training run.

    Attributes:
        places: places to train on.
        miner: real photos of these places, or None.
        validation: measures recall after each epoch.
        description: the source of the places in words.
    """

    places: DatedPlaces
    miner: PhotoMiner | None
    validation: Validation
    description: str


class PhotoMiner:
    """The real photos of a folder that show a training place, without those near a test set or the validation.

    Args:
        folder: folder of photos with EarthLoc names.
        config: selection of the photos.
        source: the training places.
        centres: (lat, lon) of the test sets and the validation.

    Raises:
        InputError: no photo can be used.
    """

    def __init__(
        self, folder: Path, config: MiningConfig, source: DatedPlaces, centres: list[tuple[float, float]]
    ) -> None:
        photos = read_earthloc_dataset(folder)
        self._photos: list[DatasetPicture] = [
            p for p in photos if all(float(geo.distance_km(*p.center, *c)) > config.apart_km for c in centres)
        ]
        corners = np.stack([p.corners for p in self._photos]) if self._photos else np.empty((0, 4, 2))
        self._by_place = MinedPhotos(corners, source.places, config.min_iou)
        if not self._by_place.by_place:
            raise InputError(
                folder,
                f"has no photo of a training place farther than {config.apart_km:g} km from the test sets",
                'change [mining], or set mining.photos = ""',
            )

    def photos_per_place(self, places: int) -> NDArray[np.float64]:
        """Returns how many photos show each of the training places, (places,)."""
        counts = np.zeros(places)
        for place, photos in self._by_place.by_place.items():
            counts[place] = len(photos)
        return counts

    def pick(self, batch: Ids, rng: np.random.Generator) -> tuple[list[DatasetPicture], Ids]:
        """Draws one photo for each place of a batch that has photos; returns them and the positions of their places."""
        photos, positions = self._by_place.pick(batch, rng)
        return [self._photos[number] for number in photos], positions


def open_sources(config: PublishedConfig, data: Path, scratch: Path) -> Sources:
    """Opens the dataset, or the mosaic if there is no dataset.

    Args:
        config: configuration of the recipe.
        data: folder that relative paths start from.
        scratch: folder for small temporary files.

    Raises:
        EarthLocError: neither can be used.
    """
    rotations = config.schedule.rotations
    folder = data / config.dataset.folder
    centres = list(TEST_SETS.values())
    source: EarthLocFolder | DatedMosaic
    validation: Validation
    if config.dataset.folder and folder.is_dir():
        source = EarthLocFolder(folder / "database", config.years.count)
        validation = DatasetValidation(folder, config.dataset, rotations)
        description = f"the data set {folder.name}, {len(source.places)} places"
        if source.left_out:
            description += f" ({source.left_out} without all years left out)"
        centres.append((config.dataset.lat, config.dataset.lon))
    else:
        size_px = config.network.size_px
        imagery = Imagery(config.imagery, config.places, size_px, config.views, data, scratch)
        source = DatedMosaic(imagery, config.years.count, config.years.seasonal, config.imagery.own_month)
        validation = SimulatedValidation(imagery, config.places.test_photos, config.seed, rotations)
        description = f"the mosaic {imagery.source.path.name}, {len(source.places)} places"
    miner = None
    if config.mining.photos and (data / config.mining.photos).is_dir():
        miner = PhotoMiner(data / config.mining.photos, config.mining, source, centres)
    return Sources(source, miner, validation, description)


class BatchLoader:
    """Reads batches on background threads, one batch ahead of the training.

    Args:
        source: the training places.
        miner: real photos of them, or None.
        sampler: chooses the places of a batch.
        size_px: side of the network input.
        neutral: False treats all places as non-overlapping.
    """

    def __init__(
        self, source: DatedPlaces, miner: PhotoMiner | None, sampler: PlaceBatchSampler, size_px: int, neutral: bool
    ) -> None:
        self._source = source
        self._miner = miner
        self._sampler = sampler
        self._side_px = round(size_px * _OVERSAMPLING)
        self._neutral = neutral

    def load(self, numbers: list[int]) -> Generator[Batch, None, None]:
        """Yields the batches of these numbers; reads the next one while the caller uses the current one."""
        if not numbers:
            return
        with ThreadPoolExecutor(_READER_THREADS) as readers, ThreadPoolExecutor(1) as prefetcher:
            pending = prefetcher.submit(self._read, numbers[0], readers)
            for number in numbers[1:]:
                batch = pending.result()
                pending = prefetcher.submit(self._read, number, readers)
                yield batch
            yield pending.result()

    def _read(self, number: int, readers: ThreadPoolExecutor) -> Batch:
        ids = self._sampler.batch(number)
        read = list(readers.map(lambda place: self._source.pictures(int(place), self._side_px), ids))
        covered = [(place, pictures) for place, pictures in zip(ids, read, strict=True) if pictures is not None]
        if len(covered) < 2:
            raise InputError(None, "the imagery covers hardly any of the places", "choose another region")
        ids = np.array([place for place, _ in covered])
        matrix = overlapping(self._source.rings(ids)) if self._neutral else np.eye(len(ids), dtype=bool)
        photos, photo_places = self._photos(ids, np.random.default_rng([self._sampler.seed, 3, number]), readers)
        places = _as_tensor(np.stack([pictures for _, pictures in covered]))
        return Batch(places, torch.from_numpy(matrix), photos, torch.from_numpy(photo_places))

    def _photos(self, ids: Ids, rng: np.random.Generator, readers: ThreadPoolExecutor) -> tuple[Tensor, Ids]:
        photos, photo_places = self._miner.pick(ids, rng) if self._miner is not None else ([], np.empty(0, np.int64))
        side = self._side_px
        if not photos:
            return torch.empty((0, 1, 3, side, side), dtype=torch.uint8), np.empty(0, np.int64)
        pixels = readers.map(lambda photo: rotate_north_up(photo, read_square(photo.path, side)), photos)
        return _as_tensor(np.stack(list(pixels))[:, None]), photo_places


def _as_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """(..., h, w, 3) to (..., 3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, -3)))
