"""Pictures of all tiles and simulated photos, kept on disk in chunks.

Simulating a photo takes longer than a network takes to learn from it, so pictures are made once and seen several times.
A chunk is drawn from its own seed and gets its name when it is whole: an interrupted run goes on with the next
one, and the chunks are the same in whatever order they are made.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.errors import InputError, OutputError
from engine.progress import Progress
from training.config import TrainingConfig
from training.places.pairs import Imagery

CHUNK = 256
KINDS = ("tiles", "photos", "test")


@dataclass(frozen=True)
class Pictures:
    """Pictures of one kind.

    Attributes:
        pixels: uint8 (n, 1, size_px, size_px), grey, or (n, 3, ...) for a network that sees colours.
        tile: (n,) number of the tile shown, or of the tile that fits the photo best.
        place: float32 (n, 3), latitude and longitude of the middle in degrees, width in km.
    """

    pixels: Tensor
    tile: Tensor
    place: Tensor

    def __len__(self) -> int:
        return len(self.tile)


class PictureCache:
    """The cached pictures of a training.

    Args:
        folder: where the chunks lie.
        config: of the training; chunks of other pictures are refused.
    """

    def __init__(self, folder: Path, config: TrainingConfig) -> None:
        self.folder = folder
        self._config = config
        self._size_px = config.network.size_px
        described = {
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
        self._description = json.dumps(described, sort_keys=True)

    def fill(self, imagery: Imagery, progress: Progress, kinds: Sequence[str] = KINDS) -> None:
        """Makes the chunks of these kinds that are missing.

        Raises:
            InputError: the folder holds chunks of something else. OutputError: they cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            note = self.folder / "made-from.json"
            if note.is_file() and note.read_text(encoding="utf-8") != self._description:
                raise InputError(self.folder, "holds pictures of another configuration", "give another --out folder")
            note.write_text(self._description, encoding="utf-8")
            for kind in kinds:
                self._fill_kind(kind, imagery, progress)
        except OSError as error:
            raise OutputError.from_os_error(self.folder, error) from error

    def _fill_kind(self, kind: str, imagery: Imagery, progress: Progress) -> None:
        places = self._config.places
        total = {"tiles": len(imagery.tiles), "photos": places.photos, "test": places.test_photos}[kind]
        for chunk, start in enumerate(range(0, total, CHUNK)):
            path = self._path(kind, chunk)
            progress.report(f"simulate {kind}", start, total)
            if path.exists():
                continue
            pictures, tiles, spots = [], [], []
            for pixels, tile, place in self._pictures(kind, chunk, min(CHUNK, total - start), imagery):
                pictures.append(self._as_seen(pixels))
                tiles.append(tile)
                spots.append(place)
            partial = path.with_suffix(".partial")
            with partial.open("wb") as file:
                np.savez(
                    file,
                    pixels=np.array(pictures, np.uint8).reshape(len(pictures), -1, self._size_px, self._size_px),
                    tile=np.asarray(tiles, np.int64),
                    place=np.asarray(spots, np.float32).reshape(-1, 3),
                )
            partial.replace(path)
        progress.report(f"simulate {kind}", total, total)

    def _pictures(
        self, kind: str, chunk: int, count: int, imagery: Imagery
    ) -> Iterator[tuple[np.ndarray, int, tuple[float, float, float]]]:
        if kind == "tiles":
            for number in range(chunk * CHUNK, chunk * CHUNK + count):
                pixels = imagery.tile(number)
                if pixels is not None:
                    tile = imagery.tiles[number]
                    yield pixels, number, (float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]))
            return
        photos = imagery.photos(np.random.default_rng([self._config.seed, KINDS.index(kind), chunk]), kind == "test")
        for _ in range(count):
            photo = next(photos)
            yield photo.pixels, photo.tile, (*photo.view.center, photo.view.width_km)

    def _as_seen(self, pixels: np.ndarray) -> np.ndarray:
        """(channels, h, w) of RGB (h, w, 3): grey where the network makes grey of it anyway."""
        if self._config.network.input == "rgb":
            return pixels.transpose(2, 0, 1)
        return np.rint(pixels.mean(axis=2, dtype=np.float32)).astype(np.uint8)[None]

    def load(self, kind: str) -> Pictures:
        """All pictures of a kind. Raises InputError for a damaged chunk."""
        parts: list[tuple[Tensor, Tensor]] = []
        paths = sorted(self.folder.glob(f"{kind}-*.npz"))
        if not paths:
            raise InputError(self.folder, f"holds no {kind}", "choose a larger region, or more photos")
        # Room for all at once: two copies of every picture would not fit in the memory of a small computer.
        channels = 3 if self._config.network.input == "rgb" else 1
        pixels = torch.empty((len(paths) * CHUNK, channels, self._size_px, self._size_px), dtype=torch.uint8)
        filled = 0
        for path in paths:
            try:
                with np.load(path, allow_pickle=False) as chunk:
                    some = torch.from_numpy(chunk["pixels"])
                    pixels[filled : filled + len(some)] = some
                    parts.append((torch.from_numpy(chunk["tile"]), torch.from_numpy(chunk["place"])))
            except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
                raise InputError(path, "is damaged", "delete it; it is made again") from error
            filled += len(some)
        tile, place = (torch.cat(column) for column in zip(*parts, strict=True))
        return Pictures(pixels[:filled], tile, place)

    def _path(self, kind: str, chunk: int) -> Path:
        return self.folder / f"{kind}-{chunk:05d}.npz"
