"""The row of a photo of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.answer import without_place
from engine.catalogue.row import row_of
from engine.contract.localization import Localization
from engine.contract.status import FAILED
from engine.messages import Message, ids_of
from engine.photo.cloud import cloud_percent
from engine.photo.photo_id import parse_photo_id
from engine.photo.read import PhotoInfo
from engine.run.photos import Listed


@dataclass(frozen=True, eq=False)
class Seen:
    """All that is known of a photo when its row is made.

    Attributes:
        listed: the photo.
        answer: the localization.
        sha256: of the file; None when it could not be read.
        file_bytes: size of the file.
        info: its metadata; None when they could not be read.
        pixels: as they were searched, uint8 RGB (height, width, 3); None when they were not.
    """

    listed: Listed
    answer: Localization
    sha256: str | None = None
    file_bytes: int | None = None
    info: PhotoInfo | None = None
    pixels: NDArray[np.uint8] | None = None


def row_of_photo(seen: Seen) -> dict[str, Any]:
    """The row of a photo, located or not."""
    listed, answer, info = seen.listed, seen.answer, seen.info
    facts: dict[str, Any] = {
        "photo_id": answer["photo_id"] or parse_photo_id(listed.path),
        "sha256": seen.sha256,
        "file_bytes": seen.file_bytes,
        "taken_at": listed.taken_at or (info.taken_at if info is not None else None),
        **_message(answer, listed),
    }
    if info is not None:
        facts.update(width_px=info.width_px, height_px=info.height_px, camera=info.camera)
    if listed.nadir is not None:
        facts["nadir_lat"], facts["nadir_lon"] = listed.nadir
    if seen.pixels is not None and (cloud := cloud_percent(seen.pixels)) is not None:
        facts["cloud_percent"] = round(cloud, 1)
    row = row_of(listed.name, answer, facts)
    if row["focal_length_mm"] is None and info is not None:
        row["focal_length_mm"] = info.focal_length_mm
    return row


def failed_row(listed: Listed, why: Message) -> dict[str, Any]:
    """The row of a photo that no worker could finish."""
    return row_of_photo(Seen(listed, without_place(Path(listed.path), FAILED, why)))


def _message(answer: Localization, listed: Listed) -> dict[str, Any]:
    """The message without the folders of this computer, and its id: the first one of several sentences."""
    first = next(ids_of(answer), None)
    return {"reason": first, "message": str(answer["message"]).replace(listed.path, listed.name)}
