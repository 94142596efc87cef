"""Pairs records with photos on this computer, by the ids in the photos' file names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.contract.photos import photos_among
from engine.errors import InputError
from engine.messages import Message
from engine.photo.photo_id import parse_photo_id
from engine.progress import Progress
from engine.records.record import Tally


def photos_in(folder: Path, progress: Progress) -> Iterator[Path]:
    """The photos in a folder and its subfolders, in the order of their paths.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError.of("records.no_folder", path=folder)
    for directory, subfolders, files in os.walk(folder):
        progress.check()
        subfolders.sort()
        yield from (Path(directory, name) for name in photos_among(files))


def photos_by_id(photos: Iterable[Path], tally: Tally) -> dict[str, Path]:
    """Photos by their ids.

    Of several files of one photo the first is taken, and the others are tallied, as are files without an id.
    """
    found: dict[str, Path] = {}
    for path in photos:
        photo_id = parse_photo_id(path.name)
        if photo_id is None:
            tally.drop(Message("record.file_no_id"), path.name)
        elif photo_id not in found:
            found[photo_id] = path
        elif found[photo_id] != path:
            tally.drop(Message("record.further_file"), path.name)
    return found
