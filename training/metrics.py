"""How photos were found, one by one, and recall over all of them and by footprint, tilt and cloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import geo

RANKS = (1, 5, 10, 20, 100)
# Lower bounds of the classes of the tables; the last one is open.
WIDTHS_KM = (0, 100, 150, 220, 313, 443, 626)
TILTS_DEG = (0, 10, 20, 30, 40, 50)
CLOUDS_PERCENT = (0, 5, 20, 40, 60)

_ALTITUDE_KM = 410.0
# Of 255: clouds, and snow, are brighter than this in every channel, and nearly colourless.
_BRIGHT, _COLOURLESS = 165, 45


@dataclass(frozen=True)
class Outcome:
    """How one photo was found.

    Attributes:
        rank: of the first tile that is right by EarthLoc's rule (it touches the footprint), from 1; None for none.
        rank_strict: of the first whose middle is near besides (docs/cli.md); None also where it was not asked.
        width_km: square root of the footprint's area.
        tilt_deg: angle at the camera between nadir and the middle of the footprint, where the nadir is known.
        cloud_percent: share of the photo covered by cloud, as noted, or else as `cloud_percent` estimates it.
    """

    rank: int | None
    rank_strict: int | None = None
    width_km: float = 0.0
    tilt_deg: float | None = None
    cloud_percent: float | None = None


def recalls(first_ranks: Sequence[int | None]) -> dict[str, float]:
    """Percentage whose first right tile is among the first 1, 5, 10, 20, 100; nothing for no photo at all."""
    count = max(1, len(first_ranks))
    return {str(k): round(100.0 * sum(r is not None and r <= k for r in first_ranks) / count, 1) for k in RANKS}


def breakdown(outcomes: Sequence[Outcome], strict: bool = False) -> dict[str, dict[str, dict[str, Any]]]:
    """Recall by class: {"width_km" | "tilt_deg" | "cloud_percent": {"100-150": {"photos", "recall"}}}.

    Photos of which a value is not known are left out of its table, and so are classes without a photo.
    """
    kinds: dict[str, tuple[tuple[int, ...], Callable[[Outcome], float | None]]] = {
        "width_km": (WIDTHS_KM, lambda o: o.width_km),
        "tilt_deg": (TILTS_DEG, lambda o: o.tilt_deg),
        "cloud_percent": (CLOUDS_PERCENT, lambda o: o.cloud_percent),
    }
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, (bounds, value_of) in kinds.items():
        ranks: dict[int, list[int | None]] = {}
        for outcome in outcomes:
            value = value_of(outcome)
            if value is not None:
                number = int(np.searchsorted(bounds, value, side="right")) - 1
                ranks.setdefault(max(0, number), []).append(outcome.rank_strict if strict else outcome.rank)
        names = [*(f"{low}-{high}" for low, high in pairwise(bounds)), f"{bounds[-1]} or more"]
        tables[kind] = {
            names[number]: {"photos": len(found), "recall": recalls(found)} for number, found in sorted(ranks.items())
        }
    return tables


def tilt_deg(nadir: tuple[float, float] | None, center: tuple[float, float]) -> float | None:
    """Angle at the camera, 410 km up, between nadir and a place on the ground; None without a nadir."""
    if nadir is None:
        return None
    angle = float(geo.distance_km(*nadir, *center)) / geo.EARTH_RADIUS_KM
    height = 1.0 + _ALTITUDE_KM / geo.EARTH_RADIUS_KM
    return float(np.degrees(np.arctan2(np.sin(angle), height - np.cos(angle))))


def cloud_percent(pixels: NDArray[np.uint8]) -> float:
    """Share of a picture (h, w, 3) that is bright and colourless: an estimate, which takes snow for cloud."""
    low, high = pixels.min(axis=2), pixels.max(axis=2)
    return float(100.0 * ((low > _BRIGHT) & (high - low < _COLOURLESS)).mean())


def table_lines(tables: dict[str, dict[str, dict[str, Any]]]) -> list[str]:
    """A breakdown as lines of text."""
    lines = []
    for kind, classes in tables.items():
        lines.append(f"{kind:16} {'photos':>7}  " + " ".join(f"{f'R@{k}':>5}" for k in RANKS))
        lines += [f"  {name:14} {row['photos']:7}  {figures(row['recall'])}" for name, row in classes.items()]
    return lines


def figures(recall: dict[str, float]) -> str:
    """Recall at all ranks in columns."""
    return " ".join(f"{value:5.1f}" for value in recall.values())
