"""Builds the localization of docs/localization.md from what search and registration found."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

import engine
from engine import geo
from engine.candidates import Candidate
from engine.contract.answers import PhotoInfoAnswer
from engine.contract.localization import Candidate as CandidateJson
from engine.contract.localization import Localization, Timings
from engine.contract.status import CHANCE, FAILED, Status
from engine.errors import EarthLocError, InputError
from engine.messages import Message, Text, put_message, sentences
from engine.photo.read import read_photo_info
from engine.retrieval.tiling import Circle

# A first candidate less probable than this gets a warning.
_IMPROBABLE = 0.05


def photo_info(photo: Path) -> PhotoInfoAnswer:
    """What is known of a photo without decoding it. Raises InputError when it cannot be read."""
    info = read_photo_info(photo)
    return {
        "photo": str(info.path),
        "photo_id": info.photo_id,
        "width_px": info.width_px,
        "height_px": info.height_px,
        "taken_at": info.taken_at,
        "camera": info.camera,
        "focal_length_mm": info.focal_length_mm,
        "nadir": list(info.nadir) if info.nadir is not None else None,
    }


def photo_facts(photo: Path) -> PhotoInfoAnswer | None:
    """`photo_info`, or None when the photo cannot be read."""
    try:
        return photo_info(photo)
    except InputError:
        return None


def failed(photo: Path, error: EarthLocError) -> Localization:
    """A localization of status `failed` for a photo that never reached the model."""
    return without_place(photo, FAILED, error.text())


def without_place(photo: Path, status: Status, message: Text) -> Localization:
    """A localization without any place; `message` says why."""
    answer: Localization = {
        "photo": str(photo),
        "photo_id": None,
        "status": status,
        "confidence": 0.0,
        "footprint": None,
        "corners": None,
        "center": None,
        "camera": None,
        "pose": None,
        "tie_points": [],
        "imagery": None,
        "inliers": 0,
        "rms_km": None,
        "candidates": [],
        "nadir": None,
        "model": None,
        "engine": engine.__version__,
        "timings_ms": Clock().timings(),
        "message": "",
    }
    put_message(answer, message)
    return answer


def candidate_json(rank: int, candidate: Candidate, nadir: tuple[float, float] | None) -> CandidateJson:
    """A candidate of a localization."""
    lat, lon, width_km = candidate.lat, candidate.lon, candidate.width_km
    distance_km = None if nadir is None else round(float(geo.distance_km(*nadir, lat, lon)), 1)
    pose = candidate.pose
    ring = geo.square_ring(lat, lon, width_km) if pose is None else candidate.corners()
    return {
        "rank": rank,
        "index": candidate.index.name,
        "tile": candidate.tile,
        "found_by": candidate.found_by,
        "score": round(candidate.score, 4),
        "z": round(pose.z, 2) if pose is not None else None,
        "rotation_deg": round(candidate.rotation_deg) % 360,
        "center": [round(lat, 6), round(lon, 6)],
        "width_km": round(width_km, 3),
        "nadir_distance_km": distance_km,
        "footprint": geo.to_geojson(ring),
        "corners": rounded(candidate.corners()),
        "inliers": 0,
    }


def describe(best: Candidate, nadir: tuple[float, float] | None, probability: float) -> Text:
    """The best guess in words, with a warning where it is improbable."""
    params = {"place": place(best.lat, best.lon)}
    message_id = "guess.tile" if best.pose is None else "guess.votes"
    if nadir is not None:
        message_id += "_from_nadir"
        params["km"] = f"{float(geo.distance_km(*nadir, best.lat, best.lon)):.0f}"
    doubt = [Message("guess.improbable")] if CHANCE <= probability < _IMPROBABLE else []
    return sentences(Message(message_id, params), *doubt, Message("guess.compare"))


def why_nothing(circle: Circle | None) -> Message:
    """The message for a photo without candidates."""
    if circle is None:
        return Message("search.no_tile")
    return Message("search.no_tile_near", {"km": f"{circle.radius_km:.0f}", "place": place(circle.lat, circle.lon)})


def place(lat: float, lon: float) -> str:
    """Such as "41.9°N 12.5°E"."""
    return f"{abs(lat):.1f}°{'N' if lat >= 0 else 'S'} {abs(lon):.1f}°{'E' if lon >= 0 else 'W'}"


def rounded(corners: NDArray[np.float64]) -> list[list[float]]:
    """Corners (4, 2) as JSON has them."""
    return [[round(float(lat), 6), round(float(lon), 6)] for lat, lon in corners]


class Clock:
    """Milliseconds spent in each stage."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._timings: Timings = {
            "read": 0.0,
            "embed": 0.0,
            "search": 0.0,
            "register": 0.0,
            "where": 0.0,
            "total": 0.0,
        }

    def lap(self, stage: Literal["read", "embed", "search", "register", "where"]) -> None:
        """Ends a stage."""
        now = time.perf_counter()
        self._timings[stage] = round(self._timings[stage] + (now - self._last) * 1000, 1)
        self._last = now

    def timings(self) -> Timings:
        """Milliseconds of each stage and in total."""
        total = (time.perf_counter() - self._start) * 1000
        return {**self._timings, "total": round(total, 1)}
