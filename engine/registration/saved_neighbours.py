"""Neighbours from the results file: photos that an earlier run located, as useful as those of this run."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from engine.contract.localization import Localization
from engine.errors import InputError, OutputError
from engine.features import FeatureExtractor
from engine.photo.read import PhotoInfo, read_photo
from engine.registration.confidence import LOCATED
from engine.registration.neighbours import (
    MAX_NEIGHBOURS,
    PASS_FRAMES,
    PASS_SECONDS,
    Neighbour,
    Neighbours,
    pass_distance,
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
    """Add photos taken just before and after `photo` from the results file to `neighbours`.

    Only photos that imagery located and that no review has questioned are added, at most MAX_NEIGHBOURS. A file that
    cannot be read is ignored, and so is a photo that is missing or was replaced by another one.

    Args:
        results: the file; need not exist.
        photo: metadata of the photo to be located.
        extractor: of its features.
        imagery: for each index, by name: where its imagery is on this computer, and what the index states about it. The
            results file may be untrusted, so it is not asked for this.
        neighbours: receives them.
    """
    file = ResultsFile(results)
    rows: list[dict[str, Any]] = []
    with contextlib.suppress(OutputError):  # reported when the answer is saved there
        rows = file.located(*_about(photo))
    apart = []
    for row in rows:
        other = replace(photo, path=file.path.parent / row["photo"], photo_id=row["photo_id"], taken_at=row["taken_at"])
        with contextlib.suppress(ValueError):
            away = pass_distance(photo, other)
            if away is not None and row["photo"] != file.key(photo.path):
                apart.append((away, other.path, row["index_name"]))
    for _, path, index in sorted(apart, key=lambda found: found[0])[:MAX_NEIGHBOURS]:
        if neighbours.knows(path):
            continue
        with contextlib.suppress(InputError, OutputError, KeyError, TypeError, ValueError):
            neighbour = _neighbour(file, path, extractor)
            if pass_distance(photo, neighbour.info) is not None:  # also compares the camera, which the file lacks
                at_hand = [known for known in (imagery.get(index or ""), *imagery.values()) if known and known[0]]
                checked_with, source_info = at_hand[0] if at_hand else (None, {})
                neighbours.add(replace(neighbour, imagery=checked_with, source_info=source_info))


def _about(photo: PhotoInfo) -> tuple[tuple[str, str], list[str]]:
    """The range of times and the ids under which photos of its pass are found."""
    taken, ids = ("", ""), []
    if photo.taken_at:
        at, reach = datetime.fromisoformat(photo.taken_at).replace(tzinfo=None), timedelta(seconds=PASS_SECONDS + 1)
        with contextlib.suppress(OverflowError):  # a date at the limits of the calendar, as some programs write it
            taken = (at - reach).isoformat(), (at + reach).isoformat()
    known = roll_and_frame(photo.photo_id)
    if known:
        ids = [f"{known[0]}-{known[1] + step}" for step in range(-PASS_FRAMES, PASS_FRAMES + 1)]
    return taken, ids


def _neighbour(file: ResultsFile, path: Path, extractor: FeatureExtractor) -> Neighbour:
    """A photo as the file has it. Raises KeyError, TypeError or ValueError where the file is inconsistent."""
    found = file.localization(path)
    confidence = (found["confidence"] or 0.0) if found is not None else 0.0
    if found is None or found["pose"] is None or confidence <= LOCATED or _is_carried_over(found):
        raise ValueError(f"{path} was not located by imagery")
    camera = solution_of(found["pose"]).camera
    photo = read_photo(path, PHOTO_PX)
    if (camera.width_px, camera.height_px) != (photo.width_px, photo.height_px):
        raise ValueError(f"{path} has been replaced by another photo")
    prepared = prepare(photo, None, extractor)
    light = replace(prepared.small, descriptors=prepared.small.descriptors.astype(np.float16))
    info = PhotoInfo(**{name: value for name, value in vars(photo).items() if name != "pixels"})
    return Neighbour(info, camera.resized(*prepared.small_size), light, None, {}, confidence, extractor)


def _is_carried_over(found: Localization) -> bool:
    """Whether a photo was located by way of a neighbour rather than by imagery."""
    return any(point["origin"] == "neighbour" for point in found["tie_points"])
