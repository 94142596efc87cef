"""Simulated photos in colour, with place and month, for the sources that look at colour or at descriptors.

They are made once, in chunks of JPEG files packed into one array, so that another model only needs to embed them again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, UsageError
from engine.progress import Progress
from training.config import TrainingConfig
from training.places.pairs import Imagery
from training.places.seasons import Seasons

CHUNK = 128  # photos in a file
# "train" and "fit" photos touch no held-out place; "test" photos show held-out places (training.places.pairs.held_out).
KINDS = ("train", "fit", "test")
_JPEG_QUALITY = 95


@dataclass(frozen=True, eq=False)
class Photos:
    """A chunk of simulated photos.

    Attributes:
        pixels: uint8 RGB (n, size_px, size_px, 3); north is within 45 degrees of up.
        place: float32 (n, 3), latitude and longitude of the middle of the footprint in degrees, width in km.
        month: (n,), 1 to 12.
    """

    pixels: NDArray[np.uint8]
    place: NDArray[np.float32]
    month: NDArray[np.int64]


class RecordedSeasons:
    """Seasons that remember the month they were last asked for.

    Args:
        seasons: the seasons of the imagery.
        own_month: month of the imagery, 1 to 12: that of a photo whose season was not changed.
    """

    def __init__(self, seasons: Seasons, own_month: int) -> None:
        self._seasons = seasons
        self._own = own_month
        self._last: int | None = None

    def change(self, month: int, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float32]:
        """See Seasons."""
        self._last = month + 1
        return self._seasons.change(month, lat, lon)

    def taken(self) -> int:
        """The month, 1 to 12, since the last call of this method."""
        month, self._last = self._last or self._own, None
        return month


def make(
    config: TrainingConfig, data: Path, folder: Path, kind: str, count: int, progress: Progress | None = None
) -> None:
    """Makes the missing chunks of `count` photos of a kind in a folder.

    Args:
        config: configuration of the training; its texture is left off, as real photos have none.
        data: folder that relative paths of the configuration start from.
        folder: of the chunks.
        kind: one of KINDS.
        count: number of photos, rounded up to whole chunks.
        progress: reports, and may cancel.

    Raises:
        InputError: the imagery cannot be used, or has no seasons.
    """
    if not config.imagery.seasons:
        raise InputError(None, "the configuration has no seasons", "set imagery.seasons")
    progress = progress or Progress()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        views = replace(config.views, texture=False)
        imagery = Imagery(config.imagery, config.places, config.network.size_px, views, data, Path(scratch))
        try:
            if imagery.seasons is None:
                raise UsageError(None, "the configuration has no imagery.seasons", "name the folder of the seasons")
            recorded = RecordedSeasons(imagery.seasons, config.imagery.own_month)
            imagery.seasons = recorded  # type: ignore[assignment]  # it has the one method that is used
            for chunk in range(-(-count // CHUNK)):
                progress.report(f"simulate {kind}", chunk * CHUNK, count)
                path = _path(folder, kind, chunk)
                if not path.exists():
                    _make_chunk(path, imagery, recorded, np.random.default_rng([77, KINDS.index(kind), chunk]), kind)
        finally:
            imagery.close()


def _make_chunk(path: Path, imagery: Imagery, recorded: RecordedSeasons, rng: np.random.Generator, kind: str) -> None:
    photos = imagery.photos(rng, test=kind == "test")
    files, places, months = [], [], []
    for _ in range(CHUNK):
        photo = next(photos)
        # A photo that was drawn but refused may have asked for a month before; each rendered one asks after it.
        months.append(recorded.taken())
        _, data = cv2.imencode(
            ".jpg", cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        )
        files.append(data.ravel())
        places.append((*photo.view.center, photo.view.width_km))
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(
            file,
            jpeg=np.concatenate(files),
            ends=np.cumsum([len(data) for data in files]),
            place=np.array(places, np.float32),
            month=np.array(months, np.int64),
        )
    partial.replace(path)


def chunks(folder: Path, kind: str) -> list[Path]:
    """The finished chunks of a kind, in order."""
    return sorted(folder.glob(f"{kind}-*.npz"))


def read(path: Path) -> Photos:
    """Reads a chunk.

    Raises:
        InputError: it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as chunk:
            pixels = np.stack(list(_decoded(chunk["jpeg"], chunk["ends"])))
            return Photos(pixels, chunk["place"], chunk["month"])
    except (OSError, ValueError, KeyError, EOFError, cv2.error) as error:
        raise InputError(path, "is damaged", "delete it; the next run makes it again") from error


def _decoded(jpeg: NDArray[np.uint8], ends: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        picture = np.asarray(cv2.imdecode(jpeg[start:end], cv2.IMREAD_COLOR), np.uint8)
        yield np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _path(folder: Path, kind: str, chunk: int) -> Path:
    return folder / f"{kind}-{chunk:05d}.npz"
