"""Retrieval metrics: recall over all photos, and by footprint width, tilt and cloud cover."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import geo

RANKS = (1, 5, 10, 20, 100)
# Lower bounds of the classes of the tables; the last class has no upper bound.
WIDTHS_KM = (0, 100, 150, 220, 313, 443, 626)
TILTS_DEG = (0, 10, 20, 30, 40, 50)
CLOUDS_PERCENT = (0, 5, 20, 40, 60)

_ALTITUDE_KM = 410.0
# Of 255: clouds and snow are brighter than this in every channel, and their channels differ by less than this.
_MIN_CLOUD_VALUE, _MAX_CLOUD_CHROMA = 165, 45


@dataclass(frozen=True)
class PhotoResult:
    """Retrieval result of one photo.

    Attributes:
        rank: rank of the first tile that is correct by EarthLoc's rule (it intersects the footprint), from 1; None if
            there is none.
        rank_strict: rank of the first tile that is correct by the strict rule, whose centre is also near (docs/cli.md);
            None if there is none, or if it was not computed.
        width_km: square root of the area of the footprint.
        tilt_deg: angle at the camera between the nadir and the centre of the footprint; None if the nadir is unknown.
        cloud_percent: share of the photo under cloud, from its metadata or estimated by `cloud_percent`.
    """

    rank: int | None
    rank_strict: int | None = None
    width_km: float = 0.0
    tilt_deg: float | None = None
    cloud_percent: float | None = None


def recalls(first_ranks: Sequence[int | None]) -> dict[str, float]:
    """Returns recall at 1, 5, 10, 20 and 100 in percent; 0 for no photos."""
    count = max(1, len(first_ranks))
    return {str(k): round(100.0 * sum(r is not None and r <= k for r in first_ranks) / count, 1) for k in RANKS}


def breakdown(results: Sequence[PhotoResult], strict: bool = False) -> dict[str, dict[str, dict[str, Any]]]:
    """Returns recall by class: {"width_km" | "tilt_deg" | "cloud_percent": {"100-150": {"photos", "recall"}}}.

    A table leaves out photos whose value is unknown, and classes without photos.
    """
    kinds: dict[str, tuple[tuple[int, ...], Callable[[PhotoResult], float | None]]] = {
        "width_km": (WIDTHS_KM, lambda result: result.width_km),
        "tilt_deg": (TILTS_DEG, lambda result: result.tilt_deg),
        "cloud_percent": (CLOUDS_PERCENT, lambda result: result.cloud_percent),
    }
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, (bounds, value_of) in kinds.items():
        ranks: dict[int, list[int | None]] = {}
        for result in results:
            value = value_of(result)
            if value is not None:
                number = int(np.searchsorted(bounds, value, side="right")) - 1
                ranks.setdefault(max(0, number), []).append(result.rank_strict if strict else result.rank)
        names = [*(f"{low}-{high}" for low, high in pairwise(bounds)), f"{bounds[-1]} or more"]
        tables[kind] = {
            names[number]: {"photos": len(found), "recall": recalls(found)} for number, found in sorted(ranks.items())
        }
    return tables


def tilt_deg(nadir: tuple[float, float] | None, center: tuple[float, float]) -> float | None:
    """Returns the angle at a camera 410 km up between the nadir and a place on the ground; None without a nadir."""
    if nadir is None:
        return None
    angle = float(geo.distance_km(*nadir, *center)) / geo.EARTH_RADIUS_KM
    height = 1.0 + _ALTITUDE_KM / geo.EARTH_RADIUS_KM
    return float(np.degrees(np.arctan2(np.sin(angle), height - np.cos(angle))))


def cloud_percent(pixels: NDArray[np.uint8]) -> float:
    """Estimates cloud cover as the share of bright, colourless pixels of a picture (h, w, 3); counts snow as cloud."""
    low, high = pixels.min(axis=2), pixels.max(axis=2)
    return float(100.0 * ((low > _MIN_CLOUD_VALUE) & (high - low < _MAX_CLOUD_CHROMA)).mean())


def format_tables(tables: dict[str, dict[str, dict[str, Any]]]) -> list[str]:
    """Formats the tables of `breakdown` as lines of text."""
    lines = []
    for kind, classes in tables.items():
        lines.append(f"{kind:16} {'photos':>7}  " + " ".join(f"{f'R@{k}':>5}" for k in RANKS))
        lines += [f"  {name:14} {row['photos']:7}  {format_recalls(row['recall'])}" for name, row in classes.items()]
    return lines


def format_recalls(recall: dict[str, float]) -> str:
    """Formats recall at all ranks in columns."""
    return " ".join(f"{value:5.1f}" for value in recall.values())
