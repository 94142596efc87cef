"""Finds photo files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

# As in engine/commands.py.
RAW_SUFFIXES = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".kdc", ".mrw", ".nef", ".nrw"),
    *(".orf", ".pef", ".raf", ".rw2", ".sr2", ".srf", ".srw", ".x3f"),
)
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".avif", ".jp2", *RAW_SUFFIXES)


def is_photo(path: str) -> bool:
    """Whether the ending of a file name is that of a picture format that the engine reads."""
    return path.lower().endswith(PHOTO_SUFFIXES)


def is_raw(path: str) -> bool:
    """Whether the ending of a file name is that of a camera RAW photo, which Qt and GDAL cannot show."""
    return path.lower().endswith(RAW_SUFFIXES)


def find_photos(paths: Iterable[str]) -> Iterator[str]:
    """Absolute paths of the photos among `paths` and in the folders among them, with subfolders, in order of name.

    In folders, a camera RAW file is left out if another photo has the same name.
    """
    for path in paths:
        path = os.path.abspath(path)
        if not os.path.isdir(path):
            if is_photo(path):
                yield path
            continue
        for folder, subfolders, files in os.walk(path):
            subfolders.sort()
            photos = [name for name in sorted(files) if is_photo(name)]
            developed = {os.path.splitext(name)[0] for name in photos if not is_raw(name)}
            for name in photos:
                if not is_raw(name) or os.path.splitext(name)[0] not in developed:
                    yield os.path.join(folder, name)
