"""Writes accepted photos as training data: JPEG files whose names give the ground that they show.

The names have the form of the EarthLoc dataset, which training/places/earthloc_dataset.py reads:
`@lat1@lon1@...@lat4@lon4@id@date@nadir_lat@nadir_lon@area_km2@orientation_deg@.jpg`, corners top-left, bottom-left,
bottom-right, top-right of the stored picture. Orientation is the clockwise rotation that brings north up.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Optional

from qgis.core import QgsFeedback
from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from qgis.PyQt.QtGui import QImage, QImageReader

from ..contract.photos import is_raw
from .atomic_file import write_atomically
from .camera import Point, away_km
from .export import ExportError
from .footprint import center_of
from .reviewed_rows import ReviewedRow, reviewed_rows

_LONGER_SIDE_PX = 1024
_QUALITY = 92


def write_training_photos(results: Path, folder: Path, feedback: Optional[QgsFeedback] = None) -> tuple[int, list[str]]:
    """Writes one JPEG per photo to `folder`.

    Returns:
        The number of files, and for each omitted photo the reason.

    Raises:
        ExportError: the folder cannot be written, or there is nothing to write.
        StoreError: the results cannot be read.
    """
    rows = reviewed_rows(results)
    if not rows:
        raise ExportError(f"{folder}: there is no photo to write; accept one first.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{folder}: cannot be created ({error.strerror}); choose another folder.") from error
    written, omitted = 0, []
    for number, row in enumerate(rows):
        if feedback is not None:
            if feedback.isCanceled():
                break
            feedback.setProgress(100.0 * number / len(rows))
        if row.corners is None:
            omitted.append(f"{row.name}: part of it shows no ground")
            continue
        image = read_stored(row.path, _LONGER_SIDE_PX)
        if image.isNull():
            omitted.append(f"{row.name}: {row.path} cannot be read")
            continue
        write_atomically(folder / earthloc_name(row, row.corners), jpeg(image, _QUALITY))
        written += 1
    return written, omitted


def earthloc_name(row: ReviewedRow, corners: list[Point]) -> str:
    """File name of a photo in the EarthLoc dataset; `corners` as in `ReviewedRow.corners`."""
    top_left, top_right, bottom_right, bottom_left = corners
    center = center_of(corners)
    plane = [away_km(center, corner) for corner in corners]
    area = abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(plane, plane[1:] + plane[:1]))) / 2
    east = plane[0][0] + plane[1][0] - plane[2][0] - plane[3][0]
    north = plane[0][1] + plane[1][1] - plane[2][1] - plane[3][1]
    fields = [f"{v:.5f}" for corner in (top_left, bottom_left, bottom_right, top_right) for v in corner]
    date = "".join(c for c in row["taken_at"] or "" if c.isdigit())[:8]
    nadir = ["" if row[name] is None else f"{row[name]:.4f}" for name in ("nadir_lat", "nadir_lon")]
    orientation = round(math.degrees(math.atan2(east, north))) % 360
    name = row.name.replace("@", "_").replace("/", "_").replace("\\", "_")
    return "@" + "@".join([*fields, name, date, *nadir, str(round(area)), str(orientation)]) + "@.jpg"


def read_stored(path: str, longer_px: int) -> QImage:
    """Reads a photo as stored, ignoring its EXIF orientation; at most `longer_px` long. A null image if unreadable.

    Camera RAW files count as unreadable, because Qt would read the thumbnail in them.
    """
    if is_raw(path):
        return QImage()
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(False)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > longer_px:
        reader.setScaledSize(
            size.scaled(longer_px, longer_px, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
        )
    return reader.read()


def jpeg(image: QImage, quality: int) -> bytes:
    """Encodes a picture as JPEG."""
    array = QByteArray()
    buffer = QBuffer(array)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.convertToFormat(QImage.Format.Format_RGB888).save(buffer, "JPEG", quality)
    return bytes(array.data())
