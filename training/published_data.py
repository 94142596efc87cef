"""Batches of a recipe: which places, their pictures by year, and real photos of them, read one batch ahead."""

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
from training.places.earthloc_dataset import DatasetPicture, read_earthloc_dataset, read_square, turn_to_north
from training.places.pairs import Imagery
from training.published_config import MiningConfig, PublishedConfig
from training.sampling import Ids, MinedPhotos, PlaceBatches
from training.validation import DatasetValidation, SimulatedValidation, Validation

# Pictures are read this much larger than the network sees them: augmentation cuts out parts.
_OVERSAMPLING = 1.6
_READERS = 4


@dataclass(frozen=True)
class Batch:
    """Pictures of a batch.

    Attributes:
        places: uint8 (places, years, 3, side, side).
        overlapping: (places, places) bool, which of them overlap.
        photos: uint8 (photos, 1, 3, side, side), real ones of some of the places.
        shown: (photos,) which place of the batch each shows.
    """

    places: Tensor
    overlapping: Tensor
    photos: Tensor
    shown: Tensor


@dataclass(frozen=True)
class Sources:
    """Where pictures come from: places to train on, photos mined, what recall is measured with; and it in words."""

    places: DatedPlaces
    mined: Mined | None
    validation: Validation
    described: str


class Mined:
    """The photos of a folder that show one of the places, far from where recall is measured.

    Args:
        folder: of photos with EarthLoc's names.
        config: which of them.
        source: the places.
        centres: (lat, lon) of the test sets and the validation.

    Raises:
        InputError: none of them is of use.
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
                f"has no photo of the places to train on that lies {config.apart_km:g} km off the test sets",
                'change [mining], or set mining.photos = ""',
            )

    def pick(self, batch: Ids, rng: np.random.Generator) -> tuple[list[DatasetPicture], Ids]:
        """One photo for each place of a batch that has any, and the position of its place."""
        photos, positions = self._by_place.pick(batch, rng)
        return [self._photos[number] for number in photos], positions


def open_sources(config: PublishedConfig, data: Path, scratch: Path) -> Sources:
    """Opens the data set, or the mosaic where there is none.

    Args:
        data: folder that relative paths count from.
        scratch: folder for small files.

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
        described = f"the data set {folder.name}, {len(source.places)} places"
        if source.left_out:
            described += f" ({source.left_out} without all years left out)"
        centres.append((config.dataset.lat, config.dataset.lon))
    else:
        size_px = config.network.size_px
        imagery = Imagery(config.imagery, config.places, size_px, config.views, data, scratch)
        source = DatedMosaic(imagery, config.years.count, config.years.seasonal, config.imagery.own_month)
        validation = SimulatedValidation(imagery, config.places.test_photos, config.seed, rotations)
        described = f"the mosaic {imagery.source.path.name}, {len(source.places)} places"
    mined = None
    if config.mining.photos and (data / config.mining.photos).is_dir():
        mined = Mined(data / config.mining.photos, config.mining, source, centres)
    return Sources(source, mined, validation, described)


class Batches:
    """Reads batches ahead of the training.

    Args:
        source: the places.
        mined: real photos of them, if any.
        drawn: which places make up a batch.
        size_px: side that the network sees.
        neutral: False says that no places overlap.
    """

    def __init__(
        self, source: DatedPlaces, mined: Mined | None, drawn: PlaceBatches, size_px: int, neutral: bool
    ) -> None:
        self._source = source
        self._mined = mined
        self._drawn = drawn
        self._side_px = round(size_px * _OVERSAMPLING)
        self._neutral = neutral

    def run(self, numbers: list[int]) -> Generator[Batch, None, None]:
        """The batches of these numbers, the next one read while one is used."""
        if not numbers:
            return
        with ThreadPoolExecutor(_READERS) as readers, ThreadPoolExecutor(1) as ahead:
            following = [ahead.submit(self._read, number, readers) for number in numbers[:1]]
            ahead_of: list[int | None] = [*numbers[1:], None]
            for number in ahead_of:
                batch = following.pop().result()
                if number is not None:
                    following.append(ahead.submit(self._read, number, readers))
                yield batch

    def _read(self, number: int, readers: ThreadPoolExecutor) -> Batch:
        ids = self._drawn.batch(number)
        read = list(readers.map(lambda place: self._source.pictures(int(place), self._side_px), ids))
        kept = [(place, pictures) for place, pictures in zip(ids, read, strict=True) if pictures is not None]
        if len(kept) < 2:
            raise InputError(None, "the imagery covers hardly any of the places", "choose another region")
        ids = np.array([place for place, _ in kept])
        apart = np.eye(len(ids), dtype=bool)
        matrix = overlapping(self._source.rings(ids)) if self._neutral else apart
        photos, shown = self._photos(ids, np.random.default_rng([self._drawn.seed, 3, number]), readers)
        places = _as_tensor(np.stack([pictures for _, pictures in kept]))
        return Batch(places, torch.from_numpy(matrix), photos, torch.from_numpy(shown))

    def _photos(self, ids: Ids, rng: np.random.Generator, readers: ThreadPoolExecutor) -> tuple[Tensor, Ids]:
        picked, shown = self._mined.pick(ids, rng) if self._mined is not None else ([], np.empty(0, np.int64))
        side = self._side_px
        if not picked:
            return torch.empty((0, 1, 3, side, side), dtype=torch.uint8), np.empty(0, np.int64)
        pixels = readers.map(lambda photo: turn_to_north(photo, read_square(photo.path, side)), picked)
        return _as_tensor(np.stack(list(pixels))[:, None]), shown


def _as_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """(..., h, w, 3) to (..., 3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, -3)))
