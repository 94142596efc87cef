"""Reads reviewed photos with all their data, for export. Plain SQLite, read-only; works in any thread."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..contract.results import FOOTPRINTS
from ..contract.review import DECISION_COLUMNS, DECISION_TABLES
from ..contract.status import UNREVIEWED, USABLE
from .reviews import LOCK_WAIT_S
from .sqlite_uri import sqlite_uri
from .store import StoreError

_OF_PHOTO = ("photo", "photo_id", "taken_at", "nadir_lat", "nadir_lon")
_OF_DECISION = ("review", "reviewer", "reviewed_at", "note")


@dataclass(frozen=True)
class ReviewedRow:
    """A photo.

    Attributes:
        path: absolute.
        values: columns of `photos` and `footprints`; those of the footprint are None without one.
    """

    path: str
    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def name(self) -> str:
        """The photo's id, or the file's name without its suffix."""
        return self["photo_id"] or os.path.splitext(os.path.basename(self.path))[0]

    @property
    def corners(self) -> Optional[list[tuple[float, float]]]:
        """(lat, lon) of top-left, top-right, bottom-right, bottom-left; None when a corner shows no ground."""
        found = [(self[f"lat{n}"], self[f"lon{n}"]) for n in (1, 2, 3, 4)]
        return None if any(None in corner for corner in found) else found


def reviewed_rows(results: Path, only_usable: bool = True) -> list[ReviewedRow]:
    """Photos in the order of photo id, then file name.

    Args:
        results: path of a results GeoPackage.
        only_usable: only photos with a footprint that was accepted or corrected; else all.

    Raises:
        StoreError: the file cannot be read.
    """
    marks = ", ".join("?" * len(USABLE))
    where = f" WHERE f.review IN ({marks})" if only_usable else ""
    try:
        uri = sqlite_uri(Path(results), "ro")
        with closing(sqlite3.connect(uri, uri=True, timeout=LOCK_WAIT_S)) as database:
            database.row_factory = sqlite3.Row
            statement = f"{_select(database)}{where} ORDER BY p.photo_id IS NULL, p.photo_id, p.photo"  # nosec B608
            rows = database.execute(statement, USABLE if only_usable else ()).fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"{results}: the reviews could not be read ({error}).") from error
    folder = Path(results).parent
    return [
        ReviewedRow(os.path.normpath(folder / row["photo"]), {**dict(row), "review": row["review"] or UNREVIEWED})
        for row in rows
    ]


def _select(database: sqlite3.Connection) -> str:
    """SELECT of the photo, its footprint and the decision in effect. Columns that an older file lacks are NULL."""
    present = {row["name"] for row in database.execute("SELECT name FROM pragma_table_info('footprints')")}
    names = [c.name for c in FOOTPRINTS.columns if c.name not in (*_OF_PHOTO, *_OF_DECISION, "confidence")]
    footprint = [f"f.{name}" if name in present else f"NULL AS {name}" for name in names]
    columns = [*(f"p.{name}" for name in _OF_PHOTO), *footprint, DECISION_COLUMNS]
    # A corrected footprint has no confidence: the engine's confidence was for its own footprint.
    confidence = "CASE WHEN f.fid IS NOT NULL THEN f.confidence ELSE p.confidence END AS confidence"
    return f"SELECT {', '.join(columns)}, {confidence} FROM {DECISION_TABLES}"  # nosec B608


def split_photo_id(photo_id: Optional[str]) -> tuple[str, str, str]:
    """Mission, roll and frame of an id such as ISS064-E-48617; "" for all three if it has another form."""
    parts = (photo_id or "").split("-")
    return (parts[0], parts[1], "-".join(parts[2:])) if len(parts) >= 3 else ("", "", "")
