"""The photo under review: which localization is looked at, and its camera."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Optional

from .... import settings
from ....core.camera import Point, camera_of, offset, square_corners
from ....core.footprint import outline


@dataclass(frozen=True)
class Working:
    """What is on the table for one photo; edits make another one.

    Attributes:
        path: of the photo.
        size_px: its stored width and height; None when it cannot be read.
        engine: the engine's own answer.
        held: the localization that holds, as the file has it.
        shown: what is looked at and would be accepted.
        rank: candidate that `shown` rests on; 0 for none.
    """

    path: str
    size_px: Optional[tuple[int, int]]
    engine: dict
    held: dict
    shown: dict
    rank: int

    @property
    def is_changed(self) -> bool:
        """Whether what would be accepted is not the engine's own footprint."""
        return self.shown.get("footprint") != self.engine.get("footprint")

    @property
    def is_unsaved(self) -> bool:
        """Whether what is shown is not what the file holds."""
        return self.shown.get("footprint") != self.held.get("footprint")

    @property
    def is_by_hand(self) -> bool:
        """Whether what is shown was laid on the map by hand."""
        return bool(self.shown.get("by_hand"))

    def candidate(self) -> Optional[dict]:
        """The candidate that `shown` rests on."""
        return next((c for c in self.shown.get("candidates") or [] if c["rank"] == self.rank), None)

    def camera(self):
        """Camera of what is shown, or None."""
        return camera_of(self.shown, self.size_px)


def fitted_rank(localization: dict) -> int:
    """Rank of the candidate that a camera was fitted to; the first one's where none was; 0 without candidates."""
    candidates = localization.get("candidates") or []
    if not candidates:
        return 0
    return max(candidates, key=lambda candidate: candidate.get("inliers") or 0)["rank"]


def start_of(path: str, size_px: Optional[tuple[int, int]], held: dict, engine: dict) -> Working:
    """A photo as it comes from the file."""
    rank = int(held.get("reviewed_rank") or fitted_rank(held))
    return Working(path, size_px, engine, held, held, rank)


def chosen(working: Working, rank: int) -> Working:
    """The same photo at another candidate: fitted as the engine did it there, or else as the candidate has it."""
    candidates = working.shown.get("candidates") or []
    candidate = next((c for c in candidates if c["rank"] == rank), None)
    if candidate is None:
        return working
    for known in (working.held, working.engine):
        if known.get("footprint") and rank == (known.get("reviewed_rank") or fitted_rank(known)):
            return Working(working.path, working.size_px, working.engine, working.held, known, rank)
    corners = candidate.get("corners") or square_corners(  # results of earlier versions name no corners
        tuple(candidate["center"]), candidate["width_km"], candidate["rotation_deg"]
    )
    shown = {
        **working.engine,
        "candidates": candidates,
        "footprint": candidate["footprint"],
        "corners": [[round(lat, 6), round(lon, 6)] for lat, lon in corners],
        "center": candidate["center"],
        "camera": None, "pose": None, "tie_points": [], "imagery": None,
        "inliers": candidate.get("inliers", 0), "rms_km": None, "reviewed_rank": rank,
        "confidence": None, "message": f"Candidate {rank}, chosen by hand.",  # the engine spoke of its own choice
    }  # fmt: skip
    return Working(working.path, working.size_px, working.engine, working.held, shown, rank)


def ring_of(localization: dict, camera) -> list[Point]:
    """Outline [(lat, lon)] of a localization: of its camera, else of its footprint's first ring; [] without any."""
    if camera is not None:
        ring = outline(camera)
        if ring:
            return ring
    shape = localization.get("footprint")
    if not shape:
        return []
    rings = shape["coordinates"] if shape["type"] == "Polygon" else shape["coordinates"][0]
    return [(lat, lon) for lon, lat in rings[0]]


def north_up_deg(camera) -> float:
    """How far a photo must be turned clockwise for north to be up in its middle; 0.0 where that cannot be said."""
    if camera is None:
        return 0.0
    x, y = camera.size_px[0] / 2, camera.size_px[1] / 2
    here = camera.locate(x, y)
    there = camera.project(*offset(here, 0.0, 1.0)) if here is not None else None
    if there is None:
        return 0.0
    return -math.degrees(math.atan2(there[0] - x, y - there[1]))


def imagery_of(localization: dict) -> Optional[str]:
    """The imagery to use for a photo: the one chosen, else the one that the engine fitted it to, if it is here."""
    stated = (localization.get("imagery") or {}).get("source")
    return settings.imagery().spec() or (stated if stated and os.path.isfile(stated) else None)
