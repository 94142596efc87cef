"""Makes a catalogue from a results file, with what its reviews decided."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.answer import photo_facts
from engine.catalogue.parquet import write_parquet
from engine.catalogue.row import row_of
from engine.contract.localization import read_localization
from engine.contract.review import DECISION_COLUMNS, DECISION_TABLES, EFFECTIVE_REVIEW
from engine.contract.status import CLOUD, NIGHT, NOT_FOUND, NOT_LAND, REJECTED, UNREVIEWED, UNSURE
from engine.contract.validation import InvalidValueError
from engine.errors import EarthLocError, InputError, OutputError, in_short
from engine.photo.cloud import cloud_percent
from engine.photo.read import read_photo
from engine.progress import Progress

ROWS_A_FILE = 5000
_CLOUD_PX = 512
# Decisions that say that the footprint is wrong, or that the photo shows no ground. Such a photo has no place.
_TAKES_THE_PLACE = {REJECTED, NOT_LAND, CLOUD, NIGHT}
_PLACE = ("geometry", "center_lat", "center_lon", "sd_km", "rms_km", "index_name", "tile", "imagery",
          "imagery_attribution", "camera_lat", "camera_lon", "camera_altitude_km", "tilt_deg", "azimuth_deg",
          "sun_azimuth_deg", "sun_elevation_deg", "confidence", "reason",
          *(f"{axis}{number}" for number in (1, 2, 3, 4) for axis in ("lat", "lon")))  # fmt: skip


def from_results(results: Path, out: Path, read_photos: bool, progress: Progress) -> dict[str, Any]:
    """Writes `part-*.parquet` into the folder `out`, replacing those of an earlier call.

    Args:
        results: a results GeoPackage; it is only read.
        out: folder of the catalogue, made when missing.
        read_photos: also read the photos' files, for checksum, size, camera and cloud.
        progress: of the job.

    Returns:
        "photos", "placed" and "unreadable": counts.

    Raises:
        InputError: not a results file, or it holds no photo.
        OutputError: the catalogue cannot be written.
    """
    counts = {"photos": 0, "placed": 0, "unreadable": 0}
    try:
        out.mkdir(parents=True, exist_ok=True)
        written: list[Path] = []
        rows: list[dict[str, Any]] = []

        def write() -> None:
            written.append(out / f"part-{len(written):05d}.parquet")
            write_parquet(written[-1], rows)
            rows.clear()

        for row, total in _rows(results):
            if read_photos and not _add_facts_of_file(row, results.parent):
                counts["unreadable"] += 1
            rows.append(row)
            counts["photos"] += 1
            counts["placed"] += row["geometry"] is not None
            progress.report("photos", counts["photos"], total)
            if len(rows) == ROWS_A_FILE:
                write()
        if rows:
            write()
        if not written:
            raise InputError(results, "it holds no photo", "locate photos first")
        for old in set(out.glob("part-*.parquet")) - set(written):
            old.unlink()
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error
    return counts


def _rows(results: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """The rows in the order of their names, each with the number of all."""
    if not results.is_file():
        raise InputError(results, "there is no such file", "give a results GeoPackage")
    statement = f"""SELECT p.photo, p.photo_id, p.taken_at, coalesce(e.localization, p.localization) AS localization,
        {DECISION_COLUMNS}, f.focal_length_mm, (SELECT count(*) FROM photos) AS total
        FROM {DECISION_TABLES} LEFT JOIN reviews e ON e.fid = {EFFECTIVE_REVIEW} ORDER BY p.photo"""  # nosec B608
    try:
        con = sqlite3.connect(f"{results.absolute().as_uri()}?mode=ro", uri=True)
        try:
            con.row_factory = sqlite3.Row
            for found in con.execute(statement):
                yield _row(results, found), found["total"]
        finally:
            con.close()
    except sqlite3.Error as error:
        hint = "give a results GeoPackage of EarthLoc; one of an older version is updated when it is next written to"
        raise InputError(results, f"it is not a results file that can be read ({in_short(error)})", hint) from error


def _row(results: Path, found: sqlite3.Row) -> dict[str, Any]:
    try:
        localization = read_localization(found["localization"])
    except (InvalidValueError, TypeError) as error:
        problem = f"the row of {found['photo']} is damaged ({error})"
        raise InputError(results, problem, "locate this photo again") from error
    review = None if found["review"] in (None, UNREVIEWED) else found["review"]
    known = {"photo_id": found["photo_id"], "taken_at": found["taken_at"], "review": review}
    row = row_of(found["photo"], localization, known)
    if row["focal_length_mm"] is None:
        row["focal_length_mm"] = found["focal_length_mm"]
    if review in _TAKES_THE_PLACE:
        row.update(dict.fromkeys(_PLACE), status=NOT_FOUND, message=f"review: {review}", inliers=0)
    elif review == UNSURE and row["geometry"] is not None:
        row["status"] = "uncertain"
    return row


def _add_facts_of_file(row: dict[str, Any], folder: Path) -> bool:
    """Fills the columns that the photo's file tells; False, with nothing filled, if it cannot be read."""
    path = folder / row["photo"]
    try:
        facts = photo_facts(path)
        if facts is None:
            return False
        with open(path, "rb") as file:
            row["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
            row["file_bytes"] = file.seek(0, 2)
        for name in ("width_px", "height_px", "camera", "focal_length_mm"):
            if row.get(name) is None:
                row[name] = facts[name]
        cloud = cloud_percent(read_photo(path, _CLOUD_PX).pixels)
    except (OSError, EarthLocError):
        return row.get("sha256") is not None
    row["cloud_percent"] = None if cloud is None else round(cloud, 1)
    return True
