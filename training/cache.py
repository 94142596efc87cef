"""Disk cache of tile pictures and simulated photos, in chunks.

Simulating a photo takes longer than training on it, so pictures are made once and used several times. Every chunk has
its own seed and gets its final name only when it is complete. An interrupted run therefore continues with the next
chunk, and the chunks do not depend on the order in which they are made.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import InputError, OutputError
from engine.progress import Progress
from training.config import TrainingConfig
from training.places.pairs import Imagery

CHUNK_SIZE = 256  # pictures
KINDS = ("tiles", "photos", "test")


@dataclass(frozen=True)
class Pictures:
    """Pictures of one kind.

    Attributes:
        pixels: uint8 (n, 1, size_px, size_px), grey, or (n, 3, size_px, size_px) for a network with colour input.
        tile: (n,) number of the tile shown, or of the tile that fits the photo best.
        place: float32 (n, 3), latitude and longitude of the centre in degrees, width in km.
    """

    pixels: Tensor
    tile: Tensor
    place: Tensor

    def __len__(self) -> int:
        return len(self.tile)


class PictureCache:
    """The cached pictures of a training run.

    Args:
        folder: folder of the chunks.
        config: training configuration; chunks made with other settings are an error.
    """

    def __init__(self, folder: Path, config: TrainingConfig) -> None:
        self.folder = folder
        self._config = config
        self._size_px = config.network.size_px
        settings = {
            "seed": config.seed,
            "size_px": config.network.size_px,
            "input": config.network.input,
            "imagery": {k: v for k, v in asdict(config.imagery).items() if k != "photo_weights"},
            "tile_km": config.places.tile_km,
            "bbox": config.places.bbox,
            "min_land": config.places.min_land,
            "photographed": config.places.photographed,
            "views": asdict(config.views),
        }
        self._settings_json = json.dumps(settings, sort_keys=True)

    def fill(self, imagery: Imagery, progress: Progress, kinds: Sequence[str] = KINDS) -> None:
        """Makes the missing chunks of the given kinds.

        Raises:
            InputError: the folder holds chunks made with other settings. OutputError: they cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            manifest = self.folder / "made-from.json"
            if manifest.is_file() and manifest.read_text(encoding="utf-8") != self._settings_json:
                raise InputError(self.folder, "holds pictures of another configuration", "give another --out folder")
            manifest.write_text(self._settings_json, encoding="utf-8")
            for kind in kinds:
                self._fill_kind(kind, imagery, progress)
        except OSError as error:
            raise OutputError.from_os_error(self.folder, error) from error

    def _fill_kind(self, kind: str, imagery: Imagery, progress: Progress) -> None:
        places = self._config.places
        total = {"tiles": len(imagery.tiles), "photos": places.photos, "test": places.test_photos}[kind]
        for chunk, start in enumerate(range(0, total, CHUNK_SIZE)):
            path = self._path(kind, chunk)
            progress.report(f"simulate {kind}", start, total)
            if path.exists():
                continue
            pictures, tile_numbers, centres = [], [], []
            for pixels, tile, place in self._pictures(kind, chunk, min(CHUNK_SIZE, total - start), imagery):
                pictures.append(self._to_channels(pixels))
                tile_numbers.append(tile)
                centres.append(place)
            partial = path.with_suffix(".partial")
            with partial.open("wb") as file:
                np.savez(
                    file,
                    pixels=np.array(pictures, np.uint8).reshape(len(pictures), -1, self._size_px, self._size_px),
                    tile=np.asarray(tile_numbers, np.int64),
                    place=np.asarray(centres, np.float32).reshape(-1, 3),
                )
            partial.replace(path)
        progress.report(f"simulate {kind}", total, total)

    def _pictures(
        self, kind: str, chunk: int, count: int, imagery: Imagery
    ) -> Iterator[tuple[NDArray[np.uint8], int, tuple[float, float, float]]]:
        if kind == "tiles":
            for number in range(chunk * CHUNK_SIZE, chunk * CHUNK_SIZE + count):
                pixels = imagery.tile(number)
                if pixels is not None:
                    tile = imagery.tiles[number]
                    yield pixels, number, (float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]))
            return
        photos = imagery.photos(np.random.default_rng([self._config.seed, KINDS.index(kind), chunk]), kind == "test")
        for _ in range(count):
            photo = next(photos)
            yield photo.pixels, photo.tile, (*photo.view.center, photo.view.width_km)

    def _to_channels(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """RGB (h, w, 3) to (channels, h, w): one grey channel if the network converts its input to grey anyway."""
        if self._config.network.input == "rgb":
            return pixels.transpose(2, 0, 1)
        return np.rint(pixels.mean(axis=2, dtype=np.float32)).astype(np.uint8)[None]

    def load(self, kind: str) -> Pictures:
        """Reads all pictures of a kind.

        Raises:
            InputError: there is no chunk of this kind, or a chunk is damaged.
        """
        parts: list[tuple[Tensor, Tensor]] = []
        paths = sorted(self.folder.glob(f"{kind}-*.npz"))
        if not paths:
            raise InputError(self.folder, f"holds no {kind}", "choose a larger region, or more photos")
        # Allocated once: joining the chunks would need two copies of every picture, too much for a small computer.
        channels = 3 if self._config.network.input == "rgb" else 1
        pixels = torch.empty((len(paths) * CHUNK_SIZE, channels, self._size_px, self._size_px), dtype=torch.uint8)
        filled = 0
        for path in paths:
            try:
                with np.load(path, allow_pickle=False) as chunk:
                    chunk_pixels = torch.from_numpy(chunk["pixels"])
                    pixels[filled : filled + len(chunk_pixels)] = chunk_pixels
                    parts.append((torch.from_numpy(chunk["tile"]), torch.from_numpy(chunk["place"])))
            except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
                raise InputError(path, "is damaged", "delete it; the next run makes it again") from error
            filled += len(chunk_pixels)
        tile, place = (torch.cat(column) for column in zip(*parts, strict=True))
        return Pictures(pixels[:filled], tile, place)

    def _path(self, kind: str, chunk: int) -> Path:
        return self.folder / f"{kind}-{chunk:05d}.npz"
