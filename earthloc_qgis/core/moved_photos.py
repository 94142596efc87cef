"""Photos of the results whose files were moved: finds them in another folder and writes their new paths.

A file is taken for a photo if it has the same name and, where the results know the size of the photo, as many pixels.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from osgeo import gdal
from qgis.PyQt.QtGui import QImageReader

from ..contract.results import LAYERS, REVIEWS
from .store import LOCK_WAIT_S, ResultStore, StoreError, open_for_writing

_DRIVERS = ["JPEG", "PNG", "GTiff", "WEBP", "JP2OpenJPEG"]  # read nothing but the file itself


@dataclass(frozen=True)
class Moved:
    """What a search found.

    Attributes:
        photos: new path of each photo that was found, by its old path.
        different: photos of which there are files with the same name, but with other pixels or more than one.
    """

    photos: dict[str, str] = field(default_factory=dict)
    different: list[str] = field(default_factory=list)


def missing_files(photos: Iterable[str]) -> list[str]:
    """The photos whose files do not exist. May take long on network drives."""
    return [photo for photo in photos if not os.path.isfile(photo)]


def find_moved(store: ResultStore, photos: list[str], folder: str, stopped: Callable[[], bool]) -> Moved:
    """Searches `folder` and its subfolders for photos by file name. For a background thread.

    Args:
        store: the results, which know the sizes of registered photos.
        photos: paths of the photos whose files are missing.
        folder: where to search.
        stopped: returns whether to end the search early.

    Raises:
        StoreError: the results could not be read.
    """
    names: dict[str, list[str]] = {os.path.basename(photo).lower(): [] for photo in photos}
    for parent, _, files in os.walk(folder):
        if stopped():
            return Moved()
        for name in files:
            if name.lower() in names:
                names[name.lower()].append(os.path.normpath(os.path.join(parent, name)))
    known = {stored.path for stored in store.photos()}
    moved = Moved()
    taken: set[str] = set()
    for photo in photos:
        there = [path for path in names[os.path.basename(photo).lower()] if path not in known and path not in taken]
        size = _stored_size(store, photo)
        same = [path for path in there if size is None or pixel_size(path) == size]
        if len(same) > 1:
            same = _most_alike(photo, same)
        if len(same) == 1:
            moved.photos[photo] = same[0]
            taken.add(same[0])
        elif there:
            moved.different.append(photo)
    return moved


def rename_photos(path: Path, photos: dict[str, str]) -> None:
    """Gives photos of a results file new paths, in one transaction. Reviews follow their photos.

    Args:
        path: the results file.
        photos: new path of each photo, by its old path.

    Raises:
        StoreError: nothing was changed.
    """
    store = ResultStore(path)
    keys = [(store.key(new), store.key(old)) for old, new in photos.items()]
    try:
        with closing(open_for_writing(path, LOCK_WAIT_S)) as database:
            database.execute("BEGIN IMMEDIATE")
            there = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table in (*LAYERS, REVIEWS):
                if table.name in there:
                    database.executemany(f"UPDATE {table.name} SET photo = ? WHERE photo = ?", keys)  # nosec B608
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: the new paths of the photos could not be saved ({error}).") from error


def pixel_size(path: str) -> Optional[tuple[int, int]]:
    """Width and height of the stored pixels; None if the file cannot be read."""
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    if size.isValid():
        return size.width(), size.height()
    try:
        dataset = gdal.OpenEx(path, gdal.OF_RASTER, allowed_drivers=_DRIVERS)
    except RuntimeError:  # gdal.UseExceptions() is in effect; else OpenEx returns None
        return None
    return None if dataset is None else (dataset.RasterXSize, dataset.RasterYSize)


def _stored_size(store: ResultStore, photo: str) -> Optional[tuple[int, int]]:
    """Size of a photo in the results; None if it was not registered."""
    found = store.localization(photo)
    pose = found["pose"] if found is not None else None
    return (pose["width_px"], pose["height_px"]) if pose is not None else None


def _most_alike(photo: str, paths: list[str]) -> list[str]:
    """The paths that share the most folders with the old path, counted from the file upwards."""
    old = Path(photo).parts[::-1]

    def shared(path: str) -> int:
        count = 0
        for a, b in zip(old, Path(path).parts[::-1]):
            if a != b:
                break
            count += 1
        return count

    best = max(map(shared, paths))
    return [path for path in paths if shared(path) == best]
