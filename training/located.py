"""Located photos of an analyst: read from a results file or a truth table, checked, and grouped into passes.

A photo that cannot be used is left out and counted with its reason. Two photos are of one pass if they were taken
within ten minutes of each other, or, where a time is missing, if their file names begin in the same way: an orbit takes
93 minutes, and neighbouring frames show the same ground in the same light.
"""

from __future__ import annotations

import csv
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from engine import geo, geopackage
from engine.contract.localization import read_localization
from engine.contract.review import DECISION_COLUMNS, DECISION_TABLES, EFFECTIVE_REVIEW
from engine.contract.status import ACCEPTED, CORRECTED, LOCATED, UNREVIEWED
from engine.contract.validation import InvalidValueError
from engine.errors import InputError
from engine.photo.read import read_photo_info

PASS_GAP_MINUTES = 10.0
# Areas of photos that a search for tiles can find, square kilometres.
_MIN_AREA_KM2, _MAX_AREA_KM2 = 400.0, 4_000_000.0
# A longer side is this many times the shorter one at most, even for a view to the horizon.
_MAX_SIDE_RATIO = 6.0
_HINT_RESULTS = "give a results file (.gpkg) or a truth table (.csv; docs/cli.md names its columns)"
_NAME_PREFIX = re.compile(r"[^_\-\s.]+")


@dataclass(frozen=True, eq=False)
class LocatedPhoto:
    """A photo with its true footprint.

    Attributes:
        path: the file.
        corners: (4, 2) lat, lon of top-left, top-right, bottom-right, bottom-left of the stored pixels.
        pass_name: name of its pass.
        taken_at: ISO 8601, or None.
    """

    path: Path
    corners: geo.Corners
    pass_name: str
    taken_at: str | None = None

    @property
    def center(self) -> tuple[float, float]:
        """The middle of the footprint, lat, lon."""
        return geo.center_of(self.corners)


@dataclass(frozen=True)
class LocatedPhotos:
    """The photos that can be used, and how many could not be used for which reason."""

    photos: list[LocatedPhoto]
    left_out: dict[str, int]


def read_located(path: Path, pass_column: str | None = None) -> LocatedPhotos:
    """Reads the photos of a results file or a truth table whose footprints are known.

    Of a results file these are photos that a review accepted or corrected, and located photos that no review decided
    on. Of a truth table they are all photos.

    Args:
        path: .gpkg or .csv.
        pass_column: column with the name of the pass, of the truth table or of the table `footprints`; None groups
            photos by time and name.

    Raises:
        InputError: the file cannot be read, lacks a column, or has no photo that can be used.
    """
    path = Path(path)
    left_out: Counter[str] = Counter()
    is_table = path.suffix.lower() == ".csv"
    found = _of_table(path, pass_column, left_out) if is_table else _of_results(path, pass_column, left_out)
    usable = []
    for photo in found:
        reason = problem_of(photo.corners)
        if reason is None and not photo.path.is_file():
            reason = "the photo's file is missing"
        if reason is not None:
            left_out[reason] += 1
        else:
            usable.append(photo)
    if not usable:
        reasons = "; ".join(f"{reason} ({count})" for reason, count in left_out.items()) or "it is empty"
        raise InputError(path, f"has no photo to learn from: {reasons}", "accept some located photos in the review")
    if pass_column is None:
        names = pass_names(usable)
        usable = [replace(photo, pass_name=name) for photo, name in zip(usable, names, strict=True)]
    return LocatedPhotos(usable, dict(left_out))


def problem_of(corners: geo.Corners) -> str | None:
    """Why a footprint, (4, 2) lat and lon, cannot be that of a photo; None if it can."""
    if corners.shape != (4, 2) or not np.isfinite(corners).all() or np.abs(corners[:, 0]).max() > 90:
        return "its corners are no places"
    x, y = geo.LocalFrame(*geo.center_of(corners)).to_xy(corners[:, 0], corners[:, 1])
    east, north = np.roll(x, -1) - x, np.roll(y, -1) - y
    turns = east * np.roll(north, -1) - north * np.roll(east, -1)
    if not (np.isfinite(turns).all() and (turns < 0).all()):
        # Corners clockwise on the map; a mirrored or crossed outline has other turns.
        return "its corners do not go once around it, clockwise"
    sides = np.hypot(east, north)
    if sides.max() > _MAX_SIDE_RATIO * sides.min():
        return f"a side is more than {_MAX_SIDE_RATIO:g} times another"
    area = 0.5 * abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()))
    if not _MIN_AREA_KM2 <= area <= _MAX_AREA_KM2:
        return f"its area is outside {_MIN_AREA_KM2:,.0f} to {_MAX_AREA_KM2:,.0f} km2"
    return None


def pass_names(photos: Sequence[LocatedPhoto]) -> list[str]:
    """The name of each photo's pass: of its first photo by time, or the beginning of its file name."""
    times = [_time(photo.taken_at) for photo in photos]
    dated = sorted((time, row) for row, time in enumerate(times) if time is not None)
    names = [name_prefix(photo.path) for photo in photos]
    start, last = "", None
    for time, row in dated:
        if last is None or (time - last).total_seconds() > PASS_GAP_MINUTES * 60:
            start = f"{time:%Y-%m-%d %H:%M}"
        names[row], last = start, time
    return names


def name_prefix(path: Path) -> str:
    """The beginning of a file name, up to the first hyphen, underscore, space or dot, in lower case."""
    found = _NAME_PREFIX.match(path.name)
    return found.group().lower() if found else path.name.lower()


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None


def _taken_at(path: Path) -> str | None:
    try:
        return read_photo_info(path).taken_at
    except InputError:
        return None


def _of_table(path: Path, pass_column: str | None, left_out: Counter[str]) -> list[LocatedPhoto]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as table:
            rows = list(csv.DictReader(table))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, "cannot be read as a truth table (CSV)", _HINT_RESULTS) from error
    needed = ["photo", *(f"{axis}{corner}" for corner in (1, 2, 3, 4) for axis in ("lat", "lon"))]
    missing = [name for name in (*needed, *([pass_column] if pass_column else [])) if not rows or name not in rows[0]]
    if missing:
        raise InputError(path, f"has no column {missing[0]!r}", "docs/cli.md names the columns of a truth table")
    photos = []
    for row in rows:
        try:
            corners = np.array([[float(row[f"lat{i}"]), float(row[f"lon{i}"])] for i in (1, 2, 3, 4)])
            file = path.parent / str(row["photo"])
        except (TypeError, ValueError):
            left_out["its corners are no places"] += 1
            continue
        name = str(row[pass_column] or "") if pass_column else ""
        photos.append(LocatedPhoto(file, corners, name, _taken_at(file) if not pass_column else None))
    return photos


# The columns of `footprints` may be named by the user; a question mark cannot stand for a name.
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PHOTOS = f"""SELECT p.photo, p.status, p.taken_at, decided.review, coalesce(e.localization, p.localization) AS answer
    FROM photos p LEFT JOIN (SELECT p.photo AS photo, {DECISION_COLUMNS} FROM {DECISION_TABLES}) decided
    ON decided.photo = p.photo LEFT JOIN reviews e ON e.fid = {EFFECTIVE_REVIEW} ORDER BY p.fid"""  # nosec B608


def _of_results(path: Path, pass_column: str | None, left_out: Counter[str]) -> list[LocatedPhoto]:
    if not path.is_file():
        raise InputError(path, "no such file", _HINT_RESULTS)
    try:
        with closing(geopackage.connect(path)) as con:
            tables = {name for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            lacking = [table for table in ("photos", "footprints", "reviews") if table not in tables]
            if lacking:
                raise InputError(path, f"is not a results file: it has no table {lacking[0]!r}", _HINT_RESULTS)
            rows = con.execute(_PHOTOS).fetchall()
            passes = _pass_column(con, path, pass_column)
    except sqlite3.Error as error:
        raise InputError(path, "is not a results file, or is damaged", _HINT_RESULTS) from error
    photos = []
    for key, status, taken_at, review, answer in rows:
        reason, corners = _usable(status, review, answer)
        if reason is not None or corners is None:
            left_out[reason or "it has no footprint"] += 1
            continue
        # An absolute path stays itself.
        photos.append(LocatedPhoto(path.parent / key, corners, str(passes.get(key) or ""), taken_at))
    return photos


def _pass_column(con: sqlite3.Connection, path: Path, column: str | None) -> dict[str, Any]:
    if column is None:
        return {}
    known = {name for _, name, *_ in con.execute("PRAGMA table_info(footprints)")}
    if column not in known or not _COLUMN.fullmatch(column):
        raise InputError(path, f"its table 'footprints' has no column {column!r}", "name one of its columns")
    return dict(con.execute(f'SELECT photo, "{column}" FROM footprints').fetchall())  # nosec B608 - checked above


def _usable(status: str, review: str | None, answer: str | None) -> tuple[str | None, geo.Corners | None]:
    """Why a photo of a results file cannot be used, and its corners."""
    if review not in (None, UNREVIEWED, ACCEPTED, CORRECTED):
        return f"the review says {review}", None
    if review in (None, UNREVIEWED) and status != LOCATED:
        return f"it is {status} and not accepted", None
    try:
        localization = read_localization(answer or "")
    except InvalidValueError:
        return "its localization is damaged", None
    if localization["corners"] is None:
        return "it has no footprint", None
    if review != CORRECTED and not (localization["inliers"] or localization.get("by_hand")):
        return "nothing proves its footprint", None  # the outline of a tile, turned by quarters
    return None, np.array(localization["corners"], np.float64)
