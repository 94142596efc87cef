"""Exports a catalogue to other programs: STAC, GeoPackage, GeoParquet, PostGIS, NASA's field names."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.catalogue.columns import Row
from engine.catalogue.nasa import to_nasa
from engine.catalogue.parquet import read_rows, write_merged
from engine.catalogue.stac import COLLECTION_ID, to_stac
from engine.catalogue.to_geopackage import to_geopackage
from engine.errors import InputError, OutputError, UsageError, in_short
from engine.progress import Progress

_REPORT_EVERY = 500
_WRITERS: dict[str, Callable[[Iterable[Row], Path], int]] = {
    "geopackage": to_geopackage,
    "geoparquet": lambda rows, path: write_merged(path, rows),
    "nasa": to_nasa,
}


def export(
    catalogue: Path,
    kind: str,
    out: str,
    progress: Progress,
    statuses: Sequence[str] = (),
    photos: Path | None = None,
    table: str = "earthloc_footprints",
) -> dict[str, Any]:
    """Exports a catalogue.

    Args:
        catalogue: its folder or file.
        kind: "stac", "geopackage", "geoparquet", "postgis" or "nasa".
        out: file or folder to write; for "postgis" the connection, as libpq takes it.
        progress: of the job.
        statuses: only photos of these; empty for all.
        photos: folder that the photos' names are relative to; only STAC links them.
        table: of "postgis", SCHEMA.TABLE or TABLE.

    Returns:
        "photos", how many rows were read, and "written", how many of them the export has.

    Raises:
        InputError: the catalogue cannot be read, or holds no photo.
        OutputError: the export cannot be written.
        UsageError: `out` is something that must not be replaced.
    """
    rows = _Rows(catalogue, statuses, progress)
    if kind == "postgis":
        from engine.catalogue.postgis import to_postgis

        written = to_postgis(rows, out, table)
        return {"photos": rows.count, "written": written}
    path = Path(out)
    if not path.absolute().parent.is_dir():
        raise OutputError(path, "its folder does not exist", "make it first")
    try:
        if kind == "stac":
            written = _stac(rows, path, photos)
        elif kind == "geopackage" and path.suffix.lower() != ".gpkg":
            raise UsageError(path, "a GeoPackage needs the suffix .gpkg", "name it so")
        elif path.is_dir():
            raise UsageError(path, "it is a folder", "name a file")
        else:
            written = _WRITERS[kind](rows, path)
    except OSError as error:
        raise OutputError.from_os_error(path, error) from error
    except sqlite3.Error as error:
        raise OutputError(path, f"it cannot be written ({in_short(error)})", "check space and permissions") from error
    return {"photos": rows.count, "written": written}


def _stac(rows: _Rows, out: Path, photos: Path | None) -> int:
    """Writes the folder beside its place and swaps it in when it is complete."""
    if out.exists() and not _is_ours(out):
        raise UsageError(out, "it exists and is no STAC catalogue of EarthLoc", "name another folder")
    new = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.absolute().parent))
    try:
        new.chmod(0o777 & ~_umask())
        written = to_stac(rows, new, out, photos)
        if out.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.absolute().parent))
            os.replace(out, old / "stac")
            os.replace(new, out)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(new, out)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return written


def _is_ours(folder: Path) -> bool:
    """Whether an earlier export wrote this folder, or it is empty."""
    try:
        if not any(folder.iterdir()):
            return True
        return bool(json.loads((folder / "collection.json").read_text(encoding="utf-8"))["id"] == COLLECTION_ID)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


class _Rows:
    """The rows of a catalogue, checked while they are read. At least one, else InputError."""

    def __init__(self, catalogue: Path, statuses: Sequence[str], progress: Progress) -> None:
        self._catalogue = catalogue
        self._statuses = set(statuses)
        self._progress = progress
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in read_rows(self._catalogue):
            if not isinstance(row.get("photo"), str) or not isinstance(row.get("status"), str):
                raise InputError(self._catalogue, "a row has no photo or no status", "make the catalogue again")
            if not self._statuses or row["status"] in self._statuses:
                self.count += 1
                if self.count % _REPORT_EVERY == 0:
                    self._progress.report("photos", self.count, 0)
                yield {name: _known(value) for name, value in row.items()}
        if self.count == 0:
            raise InputError(
                self._catalogue, "there is no photo to export in it", "choose another --status or catalogue"
            )


def _known(value: Any) -> Any:
    """None for what is not a number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
