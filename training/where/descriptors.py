"""Descriptors and colours of simulated and real photos: what the sources on descriptors are trained and measured on."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.errors import InputError
from engine.photo.read import read_photo
from engine.progress import Progress
from engine.retrieval.model import ROTATIONS_DEG, ModelPackage
from engine.retrieval.photo_views import embed_views
from engine.where.heads.colours import colour_statistics
from training.where import simulated

# Photos are read at this size, as the engine does before it embeds them.
_PHOTO_PX = 1024
# Photos to train on are embedded as they are and upside down: half the work of four rotations.
_TURN_STEP = 2


@dataclass(frozen=True, eq=False)
class Described:
    """Photos as their descriptors.

    Attributes:
        views: float32 (n, views, dimension): PhotoViews.whole, or a training photo as it is and upside down.
        colours: float32 (n, colours), colour_statistics.
        place: float32 (n, 3), latitude and longitude of the middle of the footprint in degrees, width in km.
        month: (n,), 1 to 12; 0 where unknown.
    """

    views: NDArray[np.float32]
    colours: NDArray[np.float32]
    place: NDArray[np.float32]
    month: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.place)

    def part(self, rows: NDArray[np.int64] | slice) -> Described:
        """The photos of these rows."""
        return Described(self.views[rows], self.colours[rows], self.place[rows], self.month[rows])


def describe_chunk(model: ModelPackage, path: Path, all_views: bool) -> Described:
    """Descriptors of a chunk of simulated photos, kept in a file beside it for each model.

    Args:
        model: embeds the photos.
        path: of the chunk (training.where.simulated).
        all_views: all views that the engine searches, and not only the photo as it is and upside down.

    Raises:
        InputError: the chunk or the file of its descriptors is damaged.
    """
    kept = path.with_name(f"{path.stem}.{model.photo_sha256[:12]}.{'views' if all_views else 'turns'}")
    if not kept.exists():
        photos = simulated.read(path)
        views = np.stack([_views(model, pixels, all_views) for pixels in photos.pixels])
        colours = np.stack([colour_statistics(pixels) for pixels in photos.pixels])
        partial = kept.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, views=views.astype(np.float16), colours=colours, place=photos.place, month=photos.month)
        partial.replace(kept)
    try:
        with np.load(kept, allow_pickle=False) as stored:
            return Described(stored["views"].astype(np.float32), stored["colours"], stored["place"], stored["month"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise InputError(kept, "is damaged", "delete it; the next run makes it again") from error


def describe(model: ModelPackage, folder: Path, kind: str, progress: Progress | None = None) -> Described:
    """Descriptors of all simulated photos of a kind in a folder; test and fit photos with all views.

    Raises:
        InputError: there is no photo of this kind, or a file is damaged.
    """
    progress = progress or Progress()
    paths = simulated.chunks(folder, kind)
    if not paths:
        raise InputError(folder, f"holds no {kind} photos", "simulate them first")
    parts = []
    for number, path in enumerate(paths):
        progress.report(f"embed {kind}", number, len(paths))
        parts.append(describe_chunk(model, path, all_views=kind != "train"))
    return joined(parts)


def joined(parts: list[Described]) -> Described:
    """All photos of several parts."""
    return Described(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Described)))


def describe_truth(model: ModelPackage, truth: Path) -> Described:
    """Descriptors of the real photos of a truth table (docs/cli.md), in the folder of the table.

    Raises:
        InputError: the table or a photo cannot be read.
    """
    try:
        with truth.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        rings = [np.array([[float(row[f"{axis}{n}"]) for axis in ("lat", "lon")] for n in range(1, 5)]) for row in rows]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(truth, "is no table of footprints", "give a truth.csv") from error
    parts = []
    for row, ring in zip(rows, rings, strict=True):
        photo = read_photo(truth.parent / row["photo"], max_px=_PHOTO_PX)
        center = geo.center_of(ring)
        width = geo.polygon_in_frame(ring, geo.LocalFrame(*center)).area ** 0.5
        month = int(photo.taken_at[5:7]) if photo.taken_at else 0
        parts.append(
            Described(
                _views(model, photo.pixels, True)[None],
                colour_statistics(photo.pixels)[None],
                np.array([[*center, width]], np.float32),
                np.array([month]),
            )
        )
    return joined(parts)


def _views(model: ModelPackage, pixels: NDArray[np.uint8], all_views: bool) -> NDArray[np.float32]:
    if all_views:
        return embed_views(model, pixels).whole
    square = model.prepare(model.photo_light(pixels))
    return model.embed(np.stack([np.rot90(square, turns) for turns in range(0, len(ROTATIONS_DEG), _TURN_STEP)]))
