"""Writes reviewed photos as a CSV catalogue, one row per photo, with the field names of NASA's Photos Database."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from .atomic_file import write_atomically
from .export import ExportError
from .photo_files import stored_path_for
from .reviewed_rows import ReviewedRow, reviewed_rows, split_photo_id

# NASA's names: pdate YYYYMMDD and ptime HHMMSS are GMT; nlat, nlon is the nadir; fclt the focal length in mm; ul, ur,
# lr, ll are the corners of the stored picture. cldp (per cent of cloud) stays empty: it is not estimated here, and the
# decision "cloud" of a review only says that too little ground is visible. The fields after `ll_lon` are our own.
FIELDS = (
    "mission", "roll", "frame", "pdate", "ptime", "lat", "lon", "nlat", "nlon", "tilt", "fclt", "cldp",
    "ul_lat", "ul_lon", "ur_lat", "ur_lon", "lr_lat", "lr_lon", "ll_lat", "ll_lon",
    "azimuth", "altitude_km", "tie_points", "rms_km", "confidence", "review", "reviewer", "reviewed_at", "note",
    "imagery", "file",
)  # fmt: skip


def write_catalogue(results: Path, target: Path, only_usable: bool = True) -> int:
    """Writes the catalogue and returns the number of photos. An existing file is replaced when the new one is complete.

    Raises:
        ExportError: there is no photo to write, or the file cannot be written.
        StoreError: the results cannot be read.
    """
    rows = reviewed_rows(results, only_usable)
    if not rows:
        raise ExportError(f"{target}: there is no photo to write; accept one first.")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, FIELDS, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**_entry(row), "file": stored_path_for(row["photo"], results.parent, target.parent)})
    write_atomically(target, text.getvalue().encode("utf-8-sig"))  # byte order mark: else spreadsheets read Latin-1
    return len(rows)


def _entry(row: ReviewedRow) -> dict[str, Any]:
    mission, roll, frame = split_photo_id(row["photo_id"])
    taken = "".join(c for c in row["taken_at"] or "" if c.isdigit())
    entry = {
        "mission": mission, "roll": roll, "frame": frame, "pdate": taken[:8], "ptime": taken[8:14],
        "lat": _degrees(row["center_lat"]), "lon": _degrees(row["center_lon"]),
        "nlat": _degrees(row["nadir_lat"]), "nlon": _degrees(row["nadir_lon"]),
        "tilt": _rounded(row["tilt_deg"], 1), "fclt": _rounded(row["focal_length_mm"], 1),
        "azimuth": _rounded(row["azimuth_deg"], 1), "altitude_km": _rounded(row["camera_altitude_km"], 1),
        "tie_points": row["inliers"] or "", "rms_km": _rounded(row["rms_km"], 3),
        "confidence": _rounded(row["confidence"], 3), "review": row["review"], "reviewer": row["reviewer"] or "",
        "reviewed_at": row["reviewed_at"] or "", "note": row["note"] or "", "imagery": row["imagery"] or "",
    }  # fmt: skip
    for corner, (lat, lon) in zip(("ul", "ur", "lr", "ll"), row.corners or []):
        entry[f"{corner}_lat"], entry[f"{corner}_lon"] = _degrees(lat), _degrees(lon)
    return entry


def _degrees(value: Any) -> str:
    return "" if value is None else f"{value:.5f}"


def _rounded(value: Any, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
