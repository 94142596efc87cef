"""Finds photo files, and names them in files beside which they are."""

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


def stored_path_for(stored: str, folder: str | os.PathLike[str], new_folder: str | os.PathLike[str]) -> str:
    """How a file in `new_folder` names a photo that a file in `folder` names `stored`.

    A relative path stays relative, so that a folder with photos, results and exports can be moved as a whole. An
    absolute path stays as it is.
    """
    if not stored or os.path.isabs(stored) or stored[1:3] in (":/", ":\\"):
        return stored
    path = os.path.abspath(os.path.join(folder, stored))
    try:
        return os.path.relpath(path, os.path.abspath(new_folder)).replace(os.sep, "/")
    except ValueError:  # on another drive
        return path.replace(os.sep, "/")
