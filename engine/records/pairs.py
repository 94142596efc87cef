"""Pairs records with the photos in a folder, by the ids in the photos' file names."""

from __future__ import annotations

import os
from pathlib import Path

from engine.contract.photos import photos_among
from engine.errors import InputError
from engine.messages import Message
from engine.photo.photo_id import parse_photo_id
from engine.progress import Progress
from engine.records.record import Tally


def photos_by_id(folder: Path, tally: Tally, progress: Progress) -> dict[str, Path]:
    """The photos in a folder and its subfolders by their ids, in the order of their paths.

    Of several files of one photo the first is taken, and the others are tallied, as are files without an id.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError.of("records.no_folder", path=folder)
    found: dict[str, Path] = {}
    for directory, subfolders, files in os.walk(folder):
        progress.check()
        subfolders.sort()
        for name in photos_among(files):
            path = Path(directory, name)
            photo_id = parse_photo_id(name)
            where = str(path.relative_to(folder))
            if photo_id is None:
                tally.drop(Message("record.file_no_id"), where)
            elif photo_id in found:
                tally.drop(Message("record.further_file"), where)
            else:
                found[photo_id] = path
    return found
