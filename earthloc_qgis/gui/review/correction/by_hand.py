"""Footprints placed by hand, for where there is nothing to match: moved, turned, scaled, put somewhere."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Optional

from ....core.camera import CornerCamera, Point, away_km, offset
from ....core.footprint import center_of, corners_of, outline, to_geojson
from ..model.working import Working


def corners_now(working: Working) -> Optional[list[Point]]:
    """The corners [(lat, lon)] of what is on the table; None where it has none on the ground."""
    camera = working.camera()
    found = corners_of(camera) if camera is not None else None
    return None if found is None else [(lat, lon) for lat, lon in found]


def moved(corners: list[Point], to: Point, turn_deg: float = 0.0, scale: float = 1.0) -> list[Point]:
    """Corners with their middle at another place, turned clockwise and scaled about it."""
    middle = center_of(corners)
    angle = math.radians(turn_deg)
    found = []
    for corner in corners:
        east, north = away_km(middle, corner)
        found.append(offset(
            to,
            scale * (east * math.cos(angle) + north * math.sin(angle)),
            scale * (north * math.cos(angle) - east * math.sin(angle)),
        ))  # fmt: skip
    return found


def first_corners(size_px: tuple[int, int], center: Point, width_km: float) -> list[Point]:
    """A photo laid north up at a place where there was none."""
    half, high = width_km / 2, width_km / 2 * size_px[1] / size_px[0]
    return [offset(center, east * half, north * high) for east, north in ((-1, 1), (1, 1), (1, -1), (-1, -1))]


def placed(working: Working, corners: list[Point]) -> Working:
    """The same photo with its corners somewhere else; it has no camera then, and no tie points."""
    camera = CornerCamera(corners, working.size_px)
    middle = center_of(corners)
    shown = {
        **working.shown,
        "footprint": to_geojson(outline(camera) or corners),
        "corners": [[round(lat, 6), round(lon, 6)] for lat, lon in corners],
        "center": [round(v, 6) for v in middle],
        "camera": None, "pose": None, "tie_points": [], "imagery": None, "inliers": 0, "rms_km": None,
        "confidence": None, "message": "Placed by hand.", "by_hand": True,
    }  # fmt: skip
    return replace(working, shown=shown)
