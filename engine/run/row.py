"""The row of a photo in a catalogue (engine/catalogue/columns.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine.catalogue.columns import GEOMETRY
from engine.contract.localization import Localization
from engine.contract.status import FAILED
from engine.messages import Message, put_message
from engine.photo.photo_id import parse_photo_id
from engine.photo.read import PhotoInfo
from engine.run.photos import Listed


@dataclass(frozen=True, eq=False)
class Seen:
    """All that is known of a photo when its row is made.

    Attributes:
        listed: the photo.
        sha256: of the file; None when it could not be read.
        info: its metadata; None when they could not be read.
        pixels: as they were searched, uint8 RGB (height, width, 3); None when they were not. What is estimated from
            pixels takes these, so that a photo is decoded once.
        answer: the localization.
    """

    listed: Listed
    sha256: str | None
    info: PhotoInfo | None
    pixels: NDArray[np.uint8] | None
    answer: Localization


def row_of(seen: Seen) -> dict[str, Any]:
    """The row of a located photo, or of one that was not."""
    answer, info = seen.answer, seen.info
    row: dict[str, Any] = {
        **_named(seen.listed),
        "photo_id": answer["photo_id"] or parse_photo_id(seen.listed.path),
        "sha256": seen.sha256,
        "status": answer["status"],
        "confidence": answer["confidence"],
        **_message(answer, seen.listed),
        "engine": answer["engine"],
        GEOMETRY: answer["footprint"],
    }
    if info is not None:
        row.update(
            width_px=info.width_px,
            height_px=info.height_px,
            taken_at=seen.listed.taken_at or info.taken_at,
            camera=info.camera,
            focal_length_mm=info.focal_length_mm,
        )
    if answer["center"] is not None:
        row["center_lat"], row["center_lon"] = answer["center"]
    for number, (lat, lon) in enumerate(answer["corners"] or (), start=1):
        row[f"lat{number}"], row[f"lon{number}"] = lat, lon
    if answer["nadir"] is not None:
        row["nadir_lat"], row["nadir_lon"] = answer["nadir"]
    if answer["model"] is not None:
        row.update(model=f"{answer['model']['name']} {answer['model']['version']}")
        row.update(model_sha256=answer["model"]["sha256"])
    if answer["candidates"]:
        candidate = answer["candidates"][_rank(answer) - 1]
        row.update(index_name=candidate["index"], tile=candidate["tile"])
    return row | _registered(answer)


def failed_row(listed: Listed, why: Message) -> dict[str, Any]:
    """The row of a photo that no worker could finish."""
    answer: dict[str, Any] = {}
    put_message(answer, why)
    return {
        **_named(listed),
        "photo_id": parse_photo_id(listed.path),
        "status": FAILED,
        "confidence": 0.0,
        **_message(answer, listed),
        "engine": engine.__version__,
        GEOMETRY: None,
    }


def _named(listed: Listed) -> dict[str, Any]:
    row: dict[str, Any] = {"photo": listed.name, "taken_at": listed.taken_at}
    if listed.nadir is not None:
        row["nadir_lat"], row["nadir_lon"] = listed.nadir
    return row


def _registered(answer: Localization) -> dict[str, Any]:
    """What only a registered photo has."""
    row: dict[str, Any] = {}
    camera, pose = answer["camera"], answer["pose"]
    if camera is not None:
        row.update(camera_lat=camera["lat"], camera_lon=camera["lon"], camera_altitude_km=camera["altitude_km"])
        row.update(tilt_deg=camera["tilt_deg"], azimuth_deg=camera["azimuth_deg"])
    if pose is not None:
        row.update(sd_km=pose["pixel_sd_km"]["center"], inliers=answer["inliers"], rms_km=answer["rms_km"])
    if answer["imagery"] is not None:
        row.update(imagery=answer["imagery"]["source"], imagery_attribution=answer["imagery"]["attribution"])
    return row


def _message(answer: Any, listed: Listed) -> dict[str, Any]:
    """The message without the folders of this computer, and its id: the first one of several sentences."""
    first = next(messages_in(answer.get("message_id"), answer.get("message_params")), None)
    return {"reason": first, "message": str(answer["message"]).replace(listed.path, listed.name)}


def messages_in(message_id: str | None, params: Any) -> Iterator[str]:
    """Ids of a message and of those inside it; "sentences" itself says nothing."""
    if message_id is not None and message_id != "sentences":
        yield message_id
    for value in (params or {}).values():
        for nested in value if isinstance(value, list) else [value]:
            if isinstance(nested, dict):
                yield from messages_in(nested.get("id"), nested.get("params"))


def _rank(answer: Localization) -> int:
    """Rank of the candidate that the footprint comes from: the message names the one that was registered."""
    return next(_ranks(answer.get("message_id"), answer.get("message_params")), 1) if answer["pose"] is not None else 1


def _ranks(message_id: str | None, params: Any) -> Iterator[int]:
    if message_id == "part.candidate":
        yield int(params["rank"])
    for value in (params or {}).values():
        for nested in value if isinstance(value, list) else [value]:
            if isinstance(nested, dict):
                yield from _ranks(nested.get("id"), nested.get("params"))


