"""Writes a report of reviewed photos: one HTML file with all pictures inside, for the browser and for printing."""

from __future__ import annotations

import base64
import html
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Optional

from qgis.core import QgsFeedback, QgsRasterLayer
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QTransform

from ..contract.localization import Where
from ..contract.status import LOCATED, USABLE
from .atomic_file import write_atomically
from .camera import CornerCamera, offset
from .export import ExportError
from .map_picture import draw_footprint_map, draw_search_areas
from .reviewed_rows import ReviewedRow, reviewed_rows
from .store import ResultStore
from .training_photos import jpeg, read_stored
from .where_words import where_in_words
from .words import in_percent, lat_lon
from .words import tr as _tr

_PHOTO_PX, _MAP_SIZE = 460, QSize(460, 345)
_STYLE = """body{font:14px/1.45 sans-serif;color:#1d2733;max-width:62em;margin:2em auto;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.1em;margin:0 0 .4em}article{border-top:1px solid #b9c3cc;padding:1em 0;
break-inside:avoid}.pair{display:flex;gap:1em;flex-wrap:wrap;align-items:start}.pair img{max-width:100%;height:auto;
background:#222}table{border-collapse:collapse;margin-top:.6em}th{text-align:left;font-weight:normal;color:#5b6875;
padding-right:1.2em;vertical-align:top}td{padding:.05em 0}.review{font-weight:bold}"""


def write_report(
    results: Path, target: Path, only_usable: bool = True, basemap: Optional[QgsRasterLayer] = None,
    feedback: Optional[QgsFeedback] = None,
) -> int:  # fmt: skip
    """Writes the report and returns the number of photos. May run in any thread.

    An existing file is replaced when the new one is complete.

    Args:
        results: path of a results GeoPackage.
        target: the HTML file.
        only_usable: only accepted and corrected photos; else all.
        basemap: imagery under the footprints; without it, the countries of QGIS's world map.
        feedback: receives progress; cancelling it stops the report.

    Raises:
        ExportError: there is no photo to write, the file cannot be written, or the user cancelled.
        StoreError: the results cannot be read.
    """
    rows = reviewed_rows(results, only_usable)
    if not rows:
        raise ExportError(f"{target}: there is no photo to write; accept one first.")
    parts = []
    for number, row in enumerate(rows):
        if feedback is not None:
            if feedback.isCanceled():
                raise ExportError(f"{target}: the report was cancelled; nothing was written.")
            feedback.setProgress(100.0 * number / len(rows))
        parts.append(_article(results, row, basemap))
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    title = _tr("Photos located with EarthLoc")
    summary = _tr("{n} photos, written {when}").format(n=len(rows), when=now)
    page = (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
        f"</head><body><h1>{html.escape(title)}</h1><p>{html.escape(summary)}</p>{''.join(parts)}</body></html>"
    )
    write_atomically(target, page.encode("utf-8"))
    return len(rows)


def _article(results: Path, row: ReviewedRow, basemap: Optional[QgsRasterLayer]) -> str:
    photo = read_stored(row.path, _PHOTO_PX * 2)
    pictures = []
    if photo.isNull():
        pictures.append(f"<p>{html.escape(_tr('{path} cannot be read.').format(path=os.path.basename(row.path)))}</p>")
    else:
        rotated = photo.transformed(QTransform().rotate(_rotation_deg(row)), Qt.TransformationMode.SmoothTransformation)
        rotated = rotated.scaled(_PHOTO_PX, _PHOTO_PX, Qt.AspectRatioMode.KeepAspectRatio,
                               Qt.TransformationMode.SmoothTransformation)  # fmt: skip
        pictures.append(_image(jpeg(rotated, 82), _tr("The photo, north about up")))
    where = _where(results, row)
    if where is not None:
        drawn = draw_search_areas(str(results), row["photo"], _MAP_SIZE, basemap)
        pictures.append(_image(jpeg(drawn, 85), _tr("Where it could be, with 50, 90 and 99 %")))
    elif row["center_lat"] is not None:
        drawn = draw_footprint_map(str(results), row["photo"], _MAP_SIZE, basemap)
        pictures.append(_image(jpeg(drawn, 85), _tr("Its footprint on the map")))
    facts = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
        for name, text in _facts(row, where)
        if text
    )
    return (
        f'<article><h2>{html.escape(row.name)}</h2><div class="pair">{"".join(pictures)}</div>'
        f"<table>{facts}</table></article>"
    )


def _where(results: Path, row: ReviewedRow) -> Optional[Where]:
    """Where a photo could be whose place nothing proves; None where its place is known, or nothing is known of it."""
    if row["review"] in USABLE:
        return None
    found = ResultStore(results).localization(row.path)
    return found.get("where") if found is not None and found["status"] != LOCATED else None


def _rotation_deg(row: ReviewedRow) -> int:
    """Clockwise rotation, a multiple of 90°, that brings north closest to up."""
    if row.corners is None:
        return 0
    camera = CornerCamera(row.corners, (400, 300))
    here = camera.locate(200, 150)
    there = camera.project(*offset(here, 0.0, 1.0)) if here is not None else None
    if there is None:
        return 0
    dx, dy = there[0] - 200, there[1] - 150
    if abs(dx) > abs(dy):
        return 270 if dx > 0 else 90
    return 0 if dy < 0 else 180


def _image(content: bytes, caption: str) -> str:
    coded = base64.b64encode(content).decode("ascii")
    return f'<img src="data:image/jpeg;base64,{coded}" alt="{html.escape(caption, quote=True)}">'


def _facts(row: ReviewedRow, where: Optional[Where]) -> list[tuple[str, str]]:
    def place(lat, lon) -> str:
        return "" if lat is None or lon is None else lat_lon(lat, lon, digits=3)

    def number(name: str, unit: str, digits: int = 1) -> str:
        return "" if row[name] is None else f"{row[name]:.{digits}f}{unit}"

    corners = "; ".join(place(lat, lon) for lat, lon in row.corners or [])
    fit = ", ".join(filter(None, [str(row["inliers"]), number("rms_km", " km", 2)])) if row["inliers"] else ""
    return [
        (_tr("Review"), ", ".join(filter(None, [row["review"], row["reviewer"], row["reviewed_at"], row["note"]]))),
        (_tr("Taken (UTC)"), (row["taken_at"] or "").replace("T", " ")),
        (_tr("Where it could be"), "" if where is None else where_in_words(where)),
        (_tr("Centre"), place(row["center_lat"], row["center_lon"])),
        (_tr("Corners"), corners),
        (_tr("Nadir"), place(row["nadir_lat"], row["nadir_lon"])),
        (_tr("Tie points and their error"), fit),
        (_tr("Camera"), ", ".join(filter(None, [number("camera_altitude_km", " km", 0), number("tilt_deg", "° tilt"),
                                                number("focal_length_mm", " mm", 0)]))),
        (_tr("Confidence of the engine"), "" if row["confidence"] is None else in_percent(row["confidence"])),
        (_tr("Imagery"), ", ".join(filter(None, [row["imagery"], row["imagery_attribution"]]))),
        (_tr("File"), row["photo"]),
    ]  # fmt: skip
