"""Which photos to run: a folder with all that is below it, or a list."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.contract.parameters import LAT, LON
from engine.contract.photos import PHOTO_SUFFIXES, photos_among
from engine.errors import InputError

_MAX_LIST_BYTES = 2_000_000_000
_COLUMN = "photo"
_HINT = "give a text file with one path a line, or a CSV with a column photo"


@dataclass(frozen=True)
class Listed:
    """A photo to locate.

    Attributes:
        name: value of the column `photo`.
        path: absolute path of the file.
        nadir: (lat, lon) as the list states it, or None.
        taken_at: ISO 8601 as the list states it, or None.
    """

    name: str
    path: str
    nadir: tuple[float, float] | None = None
    taken_at: str | None = None


@dataclass(frozen=True)
class Photos:
    """All photos of a run, in order.

    Attributes:
        source: absolute path of the folder or list.
        photos: no two have the same name.
        problems: what was left out or not used, with how often.
    """

    source: Path
    photos: list[Listed]
    problems: Counter[str] = field(default_factory=Counter)


def find_photos(source: Path) -> Photos:
    """The photos of a folder, or of a list.

    Raises:
        InputError: it cannot be read, or holds no photo.
    """
    source = Path(os.path.abspath(source))
    problems: Counter[str] = Counter()
    found: dict[str, Listed] = {}
    for listed in _below(source, problems) if source.is_dir() else _of_list(source, problems):
        if listed.name in found:
            problems["paths that are listed twice"] += 1
        else:
            found[listed.name] = listed
    if not found:
        what = f"holds no photo ({', '.join(PHOTO_SUFFIXES)})" if source.is_dir() else "lists no photo"
        raise InputError(source, what, "name another folder or list")
    return Photos(source, list(found.values()), problems)


def _below(folder: Path, problems: Counter[str]) -> Iterator[Listed]:
    def unreadable(_: OSError) -> None:
        problems["folders that cannot be read"] += 1

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        folders.sort()  # os.walk goes on in this order
        below = Path(parent).relative_to(folder).as_posix()
        for name in photos_among(files):
            path = name if below == "." else f"{below}/{name}"
            yield Listed(printable(path), os.path.join(parent, name))


def _of_list(path: Path, problems: Counter[str]) -> Iterator[Listed]:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_LIST_BYTES)
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror})", _HINT) from error
    # Paths of any bytes come through, as they do from the file system.
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    header = next(csv.reader([text.partition("\n")[0].strip()]), [])
    if path.suffix.lower() == ".csv" or _COLUMN in header:
        rows = _csv_rows(path, text)
    else:
        rows = ({_COLUMN: line} for line in text.split("\n"))
    for row in rows:
        photo = (row.get(_COLUMN) or "").strip()
        if photo:
            yield Listed(
                printable(photo.replace("\\", "/") if os.sep == "\\" else photo),
                os.path.join(path.parent, photo),
                _nadir(row, problems),
                _taken_at(row, problems),
            )


def _csv_rows(path: Path, text: str) -> Iterator[dict[str, str | None]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if _COLUMN not in (reader.fieldnames or ()):
            raise InputError(path, f"has no column {_COLUMN}", _HINT)
        yield from reader
    except csv.Error as error:
        raise InputError(path, f"cannot be read as CSV ({error})", _HINT) from error


def _nadir(row: dict[str, str | None], problems: Counter[str]) -> tuple[float, float] | None:
    lat, lon = ((row.get(name) or "").strip() for name in ("nadir_lat", "nadir_lon"))
    if not lat and not lon:
        return None
    try:
        nadir = float(lat), float(lon)
    except ValueError:
        nadir = float("nan"), float("nan")
    if LAT[0] <= nadir[0] <= LAT[1] and LON[0] <= nadir[1] <= LON[1]:
        return nadir
    problems["nadirs that are no place; the photos are located without them"] += 1
    return None


def _taken_at(row: dict[str, str | None], problems: Counter[str]) -> str | None:
    stated = (row.get("taken_at") or "").strip()
    if not stated:
        return None
    try:
        return datetime.fromisoformat(stated).isoformat()
    except ValueError:
        problems["times that are not ISO 8601; they are not used"] += 1
        return None


def printable(path: str) -> str:
    """A path as text: bytes of a file's name that are not UTF-8 become `\\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace") if os.sep == "/" else path
