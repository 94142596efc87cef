"""The working state of the photo under review: the displayed localization and its camera."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Optional

from .... import settings
from ....contract.localization import Candidate, Localization
from ....contract.messages import MESSAGES
from ....core.camera import Point, camera_of, offset, square_corners
from ....core.footprint import outline


@dataclass(frozen=True)
class WorkingState:
    """The displayed localization of one photo and what it is compared with. Immutable: an edit makes a new one.

    Attributes:
        path: the photo.
        size_px: stored width and height of the photo; None when it cannot be read.
        engine: the localization that the engine found.
        saved: the effective localization in the file.
        shown: the displayed localization, which accepting saves.
        rank: rank of the candidate on which `shown` is based; 0 for none.
    """

    path: str
    size_px: Optional[tuple[int, int]]
    engine: Localization
    saved: Localization
    shown: Localization
    rank: int

    @property
    def is_changed(self) -> bool:
        """Whether the displayed footprint differs from that of the engine."""
        return self.shown.get("footprint") != self.engine.get("footprint")

    @property
    def is_unsaved(self) -> bool:
        """Whether the displayed footprint differs from the saved one."""
        return self.shown.get("footprint") != self.saved.get("footprint")

    @property
    def is_by_hand(self) -> bool:
        """Whether the displayed footprint was placed by hand."""
        return bool(self.shown.get("by_hand"))

    def candidate(self) -> Optional[Candidate]:
        """The candidate on which `shown` is based, or None."""
        return next((c for c in self.shown.get("candidates") or [] if c["rank"] == self.rank), None)

    def camera(self):
        """Camera of the displayed localization, or None."""
        return camera_of(self.shown, self.size_px)


def fitted_rank(localization: Localization) -> int:
    """Rank of the candidate to which a camera was fitted, else of the first candidate; 0 without candidates."""
    candidates = localization.get("candidates") or []
    if not candidates:
        return 0
    return max(candidates, key=lambda candidate: candidate.get("inliers") or 0)["rank"]


def from_saved(
    path: str, size_px: Optional[tuple[int, int]], saved: Localization, engine: Localization
) -> WorkingState:
    """The working state of a photo as it is in the file."""
    rank = int(saved.get("reviewed_rank") or fitted_rank(saved))
    return WorkingState(path, size_px, engine, saved, saved, rank)


def with_candidate(working: WorkingState, rank: int) -> WorkingState:
    """The same photo at another candidate.

    Uses the camera that was fitted at this candidate, if there is one, else the outline of the candidate.
    """
    candidates = working.shown.get("candidates") or []
    candidate = next((c for c in candidates if c["rank"] == rank), None)
    if candidate is None:
        return working
    for known in (working.saved, working.engine):
        if known.get("footprint") and rank == (known.get("reviewed_rank") or fitted_rank(known)):
            return WorkingState(working.path, working.size_px, working.engine, working.saved, known, rank)
    corners = candidate.get("corners") or square_corners(  # results of earlier versions have no corners
        (candidate["center"][0], candidate["center"][1]), candidate["width_km"], candidate["rotation_deg"]
    )
    shown: Localization = {
        **working.engine,
        "candidates": candidates,
        "footprint": candidate["footprint"],
        "corners": [[round(lat, 6), round(lon, 6)] for lat, lon in corners],
        "center": candidate["center"],
        "camera": None, "pose": None, "tie_points": [], "imagery": None,
        "inliers": candidate.get("inliers", 0), "rms_km": None, "reviewed_rank": rank,
        "confidence": None, "message": MESSAGES["chosen"].format(rank=rank),  # those of the engine are for its choice
        "message_id": "chosen", "message_params": {"rank": rank},
    }  # fmt: skip
    return WorkingState(working.path, working.size_px, working.engine, working.saved, shown, rank)


def outline_ring(localization: Localization, camera) -> list[Point]:
    """Outline [(lat, lon)] of a localization, from its camera or the first ring of its footprint; [] for none."""
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
    """Clockwise rotation of a photo in degrees that puts north up at its centre; 0.0 when that is unknown."""
    if camera is None:
        return 0.0
    x, y = camera.size_px[0] / 2, camera.size_px[1] / 2
    center = camera.locate(x, y)
    north = camera.project(*offset(center, 0.0, 1.0)) if center is not None else None
    if north is None:
        return 0.0
    return -math.degrees(math.atan2(north[0] - x, y - north[1]))


def imagery_for(localization: Localization) -> Optional[str]:
    """Imagery to use for a photo: the chosen one, else the file to which the engine fitted it, if that exists here."""
    imagery = localization["imagery"]
    stated = imagery["source"] if imagery is not None else None
    return settings.imagery().spec() or (stated if stated and os.path.isfile(stated) else None)
