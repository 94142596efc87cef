"""Photos that an earlier run located, from the results file: neighbours as good as those of this run."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError, OutputError
from engine.features import FeatureExtractor
from engine.photo.read import PhotoInfo, read_photo
from engine.registration.confidence import LOCATED
from engine.registration.neighbours import (
    ASKED,
    WITHIN_FRAMES,
    WITHIN_S,
    Neighbour,
    Neighbours,
    apart_of,
    roll_and_frame,
)
from engine.registration.pose import solution_of
from engine.registration.prepare import PHOTO_PX, prepare
from engine.results import ResultsFile


def add_saved_neighbours(
    results: Path,
    photo: PhotoInfo,
    extractor: FeatureExtractor,
    imagery: Mapping[str, tuple[Path | None, dict[str, Any]]],
    neighbours: Neighbours,
) -> None:
    """Adds to `neighbours` what the results file holds of photos taken just before and after `photo`.

    Only photos that imagery located and no review has called into question; at most as many as are asked. A file
    that cannot be read, and a photo that is gone or is another one by now, are passed over.

    Args:
        results: the file; need not exist.
        photo: what is known of the photo to be located.
        finder: of its features.
        imagery: of each index, by the index's name: where it is here, and what the index states of it. A results file
            may be a stranger's and is not asked.
        neighbours: gets them.
    """
    file = ResultsFile(results)
    rows: list[dict[str, Any]] = []
    with contextlib.suppress(OutputError):  # told when the answer is saved there
        rows = file.located(*_about(photo))
    apart = []
    for row in rows:
        other = replace(photo, path=file.path.parent / row["photo"], photo_id=row["photo_id"], taken_at=row["taken_at"])
        with contextlib.suppress(ValueError):
            away = apart_of(photo, other)
            if away is not None and row["photo"] != file.key(photo.path):
                apart.append((away, other.path, row["index_name"]))
    for _, path, index in sorted(apart, key=lambda found: found[0])[:ASKED]:
        if neighbours.knows(path):
            continue
        with contextlib.suppress(InputError, OutputError, KeyError, TypeError, ValueError):
            neighbour = _neighbour(file, path, extractor)
            if apart_of(photo, neighbour.info) is not None:  # its camera too, which the file does not hold
                at_hand = [known for known in (imagery.get(index or ""), *imagery.values()) if known and known[0]]
                checked_with, stated = at_hand[0] if at_hand else (None, {})
                neighbours.add(replace(neighbour, imagery=checked_with, stated=stated))


def _about(photo: PhotoInfo) -> tuple[tuple[str, str], list[str]]:
    """Between which times, and under which ids, photos of its pass are found."""
    taken, ids = ("", ""), []
    if photo.taken_at:
        at, reach = datetime.fromisoformat(photo.taken_at).replace(tzinfo=None), timedelta(seconds=WITHIN_S + 1)
        with contextlib.suppress(OverflowError):  # a clock at the beginning of all time, as some programs write it
            taken = (at - reach).isoformat(), (at + reach).isoformat()
    known = roll_and_frame(photo.photo_id)
    if known:
        ids = [f"{known[0]}-{known[1] + step}" for step in range(-WITHIN_FRAMES, WITHIN_FRAMES + 1)]
    return taken, ids


def _neighbour(file: ResultsFile, path: Path, extractor: FeatureExtractor) -> Neighbour:
    """A photo as the file has it; raises KeyError, TypeError or ValueError where that makes no sense."""
    found = file.localization(path)
    if found is None or found["confidence"] <= LOCATED or any(p["origin"] == "neighbour" for p in found["tie_points"]):
        raise ValueError(f"{path} was not located by imagery")
    camera = solution_of(found["pose"]).camera
    photo = read_photo(path, PHOTO_PX)
    if (camera.width_px, camera.height_px) != (photo.width_px, photo.height_px):
        raise ValueError(f"{path} is another photo by now")
    prepared = prepare(photo, None, extractor)
    light = replace(prepared.small, descriptors=prepared.small.descriptors.astype(np.float16))
    info = PhotoInfo(**{name: value for name, value in vars(photo).items() if name != "pixels"})
    return Neighbour(info, camera.resized(*prepared.small_size), light, None, {}, float(found["confidence"]), extractor)
