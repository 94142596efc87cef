"""Finds photo files, says why other files are left out, and names photos in files beside them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..contract.photos import is_photo, photos_among
from .words import tr as _tr

_VIDEO_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".mts", ".m4v", ".webm")
# Files beside photos that nobody expects to be located. They are not reported when a folder is added.
_COMPANIONS = (
    ".xml", ".xmp", ".txt", ".ini", ".db", ".csv", ".json", ".wld", ".jgw", ".tfw", ".pgw", ".points", ".qgz", ".qgs",
    ".qml", ".gpkg", ".gpkg-wal", ".gpkg-shm", ".shp", ".shx", ".dbf", ".prj", ".cpg", ".ovr", ".log", ".md",
)  # fmt: skip


@dataclass(frozen=True)
class SkippedFile:
    """A file or folder that was not added, and the reason as a sentence."""

    path: str
    reason: str


def find_photos(paths: Iterable[str]) -> Iterator[str]:
    """Absolute paths of the photos among `paths` and in the folders among them, with subfolders, in order of name.

    In folders, a camera RAW file is left out if another photo has the same name.
    """
    return (found for found in find_files(paths) if isinstance(found, str))


def find_files(paths: Iterable[str]) -> Iterator[str | SkippedFile]:
    """As `find_photos`, but also yields the files that are left out.

    Hidden files and usual companions of photos, such as .xmp, are reported only if `paths` names them.
    """
    for path in paths:
        path = os.path.abspath(path)
        if not os.path.isdir(path):
            yield _checked(path)
            continue
        problems: list[OSError] = []
        for folder, subfolders, files in os.walk(path, onerror=problems.append):
            subfolders.sort()
            photos = set(photos_among(files))
            for name in sorted(files):
                if name in photos:
                    yield os.path.join(folder, name)
                elif is_photo(name):  # a RAW file beside its JPEG
                    continue
                elif not name.startswith(".") and not name.lower().endswith(_COMPANIONS):
                    yield _checked(os.path.join(folder, name))
        for problem in problems:
            yield SkippedFile(str(problem.filename or path), _tr("The folder cannot be read. Check its permissions."))


def _checked(path: str) -> str | SkippedFile:
    """The path of a photo, or why this file is none."""
    if not os.path.exists(path):
        return SkippedFile(path, _tr("There is no such file."))
    if is_photo(path):
        return path
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".pdf":
        reason = _tr("This is a document. Save the photo in it as JPEG or PNG and add that.")
    elif suffix in (".heic", ".heif"):
        reason = _tr("HEIC photos cannot be read. Save the photo as JPEG and add that.")
    elif suffix in _VIDEO_SUFFIXES:
        reason = _tr("This is a film. Save single pictures of it as JPEG and add them.")
    elif suffix in (".zip", ".7z", ".gz", ".tar", ".rar"):
        reason = _tr("This is an archive. Unpack it and add the photos.")
    else:
        kinds = ", ".join(kind[1:].upper() for kind in (".jpeg", ".png", ".tiff"))
        reason = _tr("This is no photo that EarthLoc can read. It reads files such as {kinds}.").format(kinds=kinds)
    return SkippedFile(path, reason)


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
