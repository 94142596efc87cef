"""A row of a catalogue from what the engine knows of a photo."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import Any

from engine.catalogue.columns import ELLIPSE
from engine.contract.localization import Localization
from engine.contract.results import best_candidate
from engine.orbit.times import utc_of
from engine.sun import sun_position


def row_of(photo: str, localization: Localization, facts: dict[str, Any]) -> dict[str, Any]:
    """A row: values by column, and `geometry`.

    Args:
        photo: as the catalogue names it.
        localization: the answer in effect.
        facts: values of columns that the answer does not carry, such as `sha256` and `taken_at`; they come first.
    """
    camera: Mapping[str, Any] = localization["camera"] or {}
    pose = localization["pose"]
    model: Mapping[str, Any] = localization["model"] or {}
    imagery: Mapping[str, Any] = localization["imagery"] or {}
    by_pass: Mapping[str, Any] = localization.get("by_pass") or {}
    placed = localization["footprint"] is not None
    candidate = best_candidate(localization) if placed else {}
    nadir = localization["nadir"] or (None, None)
    center = localization["center"] or (None, None)
    row: dict[str, Any] = {
        "photo": photo,
        "photo_id": localization["photo_id"],
        "width_px": pose["width_px"] if pose else None,
        "height_px": pose["height_px"] if pose else None,
        "status": localization["status"],
        "confidence": localization["confidence"],
        "reason": localization.get("message_id"),
        "message": localization["message"],
        "center_lat": center[0],
        "center_lon": center[1],
        "sd_km": pose["pixel_sd_km"]["center"] if pose else None,
        **{name: by_pass.get(name) for name in ELLIPSE},
        "nadir_lat": nadir[0],
        "nadir_lon": nadir[1],
        "camera_lat": camera.get("lat"),
        "camera_lon": camera.get("lon"),
        "camera_altitude_km": camera.get("altitude_km"),
        "tilt_deg": camera.get("tilt_deg"),
        "azimuth_deg": camera.get("azimuth_deg"),
        "focal_length_mm": camera.get("focal_length_mm"),
        "inliers": localization["inliers"],
        "rms_km": localization["rms_km"],
        "index_name": candidate.get("index"),
        "tile": candidate.get("tile"),
        "model": model.get("name"),
        "model_sha256": model.get("sha256"),
        "imagery": imagery.get("source"),
        "imagery_attribution": imagery.get("attribution"),
        "engine": localization["engine"],
        "geometry": localization["footprint"],
    }
    for number, corner in enumerate(localization["corners"] or [], 1):
        row[f"lat{number}"], row[f"lon{number}"] = corner
    row.update({name: value for name, value in facts.items() if value is not None})
    row["sun_azimuth_deg"], row["sun_elevation_deg"] = sun_of(row)
    return row


def sun_of(row: dict[str, Any]) -> tuple[float | None, float | None]:
    """Azimuth and elevation (degrees) of the Sun at the centre of a row's footprint; None where place or time fail."""
    if row.get("center_lat") is not None and row.get("taken_at"):
        with contextlib.suppress(ValueError, OverflowError):
            azimuth, elevation = sun_position(row["center_lat"], row["center_lon"], utc_of(row["taken_at"]))
            if math.isfinite(float(azimuth)):
                return round(float(azimuth), 2), round(float(elevation), 2)
    return None, None
