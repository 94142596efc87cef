"""Footprints placed by hand, for photos that cannot be matched: move, rotate, scale."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Optional

from ....contract.localization import Localization
from ....contract.messages import MESSAGES
from ....core.camera import CornerCamera, Point, away_km, offset
from ....core.footprint import center_of, corners_of, outline, to_geojson
from ..model.working_state import WorkingState


def current_corners(working: WorkingState) -> Optional[list[Point]]:
    """The corners [(lat, lon)] of the displayed footprint; None if they do not all lie on the ground."""
    camera = working.camera()
    found = corners_of(camera) if camera is not None else None
    return None if found is None else [(lat, lon) for lat, lon in found]


def transform_corners(corners: list[Point], to: Point, rotation_deg: float = 0.0, scale: float = 1.0) -> list[Point]:
    """Move corners to a new centre, and rotate them clockwise and scale them about it."""
    middle = center_of(corners)
    angle = math.radians(rotation_deg)
    found = []
    for corner in corners:
        east, north = away_km(middle, corner)
        found.append(offset(
            to,
            scale * (east * math.cos(angle) + north * math.sin(angle)),
            scale * (north * math.cos(angle) - east * math.sin(angle)),
        ))  # fmt: skip
    return found


def initial_corners(size_px: tuple[int, int], center: Point, width_km: float) -> list[Point]:
    """Corners of a photo at a position, with north up."""
    half_width = width_km / 2
    half_height = half_width * size_px[1] / size_px[0]
    signs = ((-1, 1), (1, 1), (1, -1), (-1, -1))
    return [offset(center, east * half_width, north * half_height) for east, north in signs]


def place_by_hand(working: WorkingState, corners: list[Point]) -> WorkingState:
    """The photo with new corners. It then has neither camera nor tie points. Needs the size of the photo."""
    if working.size_px is None:
        raise ValueError("the size of the photo is unknown")
    camera = CornerCamera(corners, working.size_px)
    middle = center_of(corners)
    shown: Localization = {
        **working.shown,
        "footprint": to_geojson(outline(camera) or corners),
        "corners": [[round(lat, 6), round(lon, 6)] for lat, lon in corners],
        "center": [round(v, 6) for v in middle],
        "camera": None, "pose": None, "tie_points": [], "imagery": None, "inliers": 0, "rms_km": None,
        "confidence": None, "message": MESSAGES["placed"], "message_id": "placed", "message_params": {},
        "by_hand": True,
    }  # fmt: skip
    return replace(working, shown=shown)
