"""Finds photo files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".avif", ".jp2")


def is_photo(path: str) -> bool:
    """Whether the ending of a file name is that of a picture format that the engine reads."""
    return path.lower().endswith(PHOTO_SUFFIXES)


def find_photos(paths: Iterable[str]) -> Iterator[str]:
    """Absolute paths of the photos among `paths` and in the folders among them, with subfolders, in order of name."""
    for path in paths:
        path = os.path.abspath(path)
        if not os.path.isdir(path):
            if is_photo(path):
                yield path
            continue
        for folder, subfolders, files in os.walk(path):
            subfolders.sort()
            yield from (os.path.join(folder, name) for name in sorted(files) if is_photo(name))
