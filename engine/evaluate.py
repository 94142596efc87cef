"""Measures recall and registration on photos whose footprint is known (the truth tables of docs/cli.md).

There are two criteria for a right candidate. `recall`: its tile intersects the true footprint (the EarthLoc protocol).
`recall_strict`: in addition, its centre lies within half the true footprint's longer side of the true centre.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from engine import geo
from engine.candidates import BOTH, VOTES
from engine.contract.localization import Candidate, Localization
from engine.contract.status import FAILED, LOCATED
from engine.errors import InputError, UsageError
from engine.localize import Localizer, Query
from engine.progress import Progress
from engine.where.estimator import Estimator
from engine.where.recall import AreaRecall

RANKS = (1, 5, 10, 20, 100)
_HINT = "docs/cli.md names the columns"


@dataclass(frozen=True)
class Truth:
    """A photo with its true corners (4, 2) lat, lon and, where known, the nadir (lat, lon)."""

    photo: Path
    corners: geo.Corners
    nadir: tuple[float, float] | None

    @property
    def center(self) -> tuple[float, float]:
        """The middle of the true footprint, lat, lon."""
        return geo.center_of(self.corners)


def read_truth(path: str | Path) -> list[Truth]:
    """Read a truth table: photo (relative to the table), lat1, lon1 ... lat4, lon4, nadir_lat, nadir_lon.

    Raises:
        InputError: missing, without these columns, or with a value that is not a number.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, "cannot be read as a truth table (CSV)", _HINT) from error
    if not rows:
        raise InputError(path, "contains no photo", _HINT)
    return [_read_row(path, number, row) for number, row in enumerate(rows, start=2)]


def _read_row(path: Path, number: int, row: dict[str, str]) -> Truth:
    try:
        corners = np.array([[float(row[f"lat{i}"]), float(row[f"lon{i}"])] for i in (1, 2, 3, 4)])
        if not np.isfinite(corners).all() or np.abs(corners[:, 0]).max() > 90:
            raise ValueError("corners")
        nadir = None
        if (row.get("nadir_lat") or "").strip() and (row.get("nadir_lon") or "").strip():
            nadir = (float(row["nadir_lat"]), float(row["nadir_lon"]))
        return Truth(path.parent / row["photo"], corners, nadir)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(path, f"line {number} has no valid {error}", _HINT) from error


def evaluate(
    truth_csv: str | Path,
    localizer: Localizer,
    *,
    use_nadir: bool = True,
    radius_km: float = 1000.0,
    search: str = BOTH,
    register: bool = True,
    imagery: str | Path | None = None,
    estimator: Estimator | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Locate every photo of a truth table and compute the metrics.

    Args:
        truth_csv: the table.
        localizer: what is evaluated.
        use_nadir: restrict the search to radius_km around the nadir where the table gives one.
        radius_km: of that circle.
        search: which candidates to search for; see `Query`.
        register: False measures retrieval alone, which is faster.
        imagery: used for registration instead of the indexes' own; see `open_imagery`.
        estimator: also measure the area that is searched until the photo's place is found (recall against area).
        progress: reports stage `evaluate`; may be cancelled.

    Raises:
        InputError: the table or a photo of it cannot be read. UsageError: no index has features that could vote.

    Returns:
        photos, recall and recall_strict {"1", "5", "10", "20", "100"} in percent, located, wrong,
        median_center_error_km and median_iou (of located photos, None without any), seconds_per_photo; with an
        estimator also what `AreaRecall.summary` returns.
    """
    progress = progress or Progress()
    if search == VOTES and all(index.features is None for index in localizer.indexes):
        hint = "build one with --feature-km, or leave out --search votes"
        raise UsageError(localizer.indexes[0].path, "has no local features that could vote", hint)
    truths = read_truth(truth_csv)
    first_hits, errors, ious, wrong = [], [], [], 0
    area = AreaRecall(estimator) if estimator is not None else None
    started = time.perf_counter()
    for number, truth in enumerate(truths):
        progress.report("evaluate", number, len(truths), truth.photo.name)
        nadir = truth.nadir if use_nadir else None
        query = Query(
            truth.photo,
            nadir,
            radius_km,
            max(RANKS),
            use_nadir=nadir is not None,
            search=search,
            register=register,
            imagery=imagery,
        )
        on_evidence = partial(area.add, place=truth.center) if area is not None else None
        answer = localizer.localize(query, progress, on_evidence)
        if answer["status"] == FAILED:
            raise InputError(truth.photo, answer["message"], "correct the truth table or the photo")
        first_hits.append(first_right_ranks(truth, answer["candidates"]))
        if answer["status"] == LOCATED:
            error_km, iou = judge(truth, answer)
            errors.append(error_km)
            ious.append(iou)
            wrong += error_km > float(geo.side_lengths_km(truth.corners).min()) / 2
    seconds = (time.perf_counter() - started) / len(truths)
    loose, strict = zip(*first_hits, strict=True)
    return {
        "photos": len(truths),
        "recall": _recalls(loose),
        "recall_strict": _recalls(strict),
        "located": len(errors),
        "wrong": wrong,
        "median_center_error_km": round(float(np.median(errors)), 2) if errors else None,
        "median_iou": round(float(np.median(ious)), 3) if ious else None,
        "seconds_per_photo": round(seconds, 3),
        **(area.summary() if area is not None else {}),
    }


def first_right_ranks(truth: Truth, candidates: Sequence[Candidate]) -> tuple[int | None, int | None]:
    """Rank of the first right candidate by the EarthLoc criterion and by the strict one; None if there is none."""
    frame = geo.LocalFrame(*truth.center)
    footprint = geo.polygon_in_frame(truth.corners, frame)
    reach_km = float(geo.side_lengths_km(truth.corners).max()) / 2
    loose = None
    for candidate in candidates:
        lat, lon = candidate["center"]
        away = float(geo.distance_km(*truth.center, lat, lon))
        if away > 3000.0:  # no tile and no photo is that wide, and the local frame is not accurate there
            continue
        tile = geo.polygon_in_frame(geo.square_ring(lat, lon, candidate["width_km"]), frame)
        if not shapely.intersects(tile, footprint):
            continue
        loose = loose or candidate["rank"]
        if away <= reach_km:
            return loose, candidate["rank"]
    return loose, None


def judge(truth: Truth, answer: Localization) -> tuple[float, float]:
    """Distance between true and found centre in km, and intersection over union of the footprints."""
    if answer["footprint"] is None or answer["center"] is None:
        raise ValueError("a localization without a place cannot be judged")
    frame = geo.LocalFrame(*truth.center)
    true_polygon = geo.polygon_in_frame(truth.corners, frame)
    found = shapely.union_all([geo.polygon_in_frame(ring, frame) for ring in _rings(answer["footprint"])])
    union = shapely.union(true_polygon, found).area
    iou = shapely.intersection(true_polygon, found).area / union if union else 0.0
    return float(geo.distance_km(*truth.center, answer["center"][0], answer["center"][1])), float(iou)


def _rings(geojson: dict[str, Any]) -> list[list[list[float]]]:
    """Outer rings of a footprint as lat, lon; two where it is cut at the antimeridian."""
    polygons = geojson["coordinates"] if geojson["type"] == "MultiPolygon" else [geojson["coordinates"]]
    return [[[lat, lon] for lon, lat in polygon[0]] for polygon in polygons]


def _recalls(first_ranks: Sequence[int | None]) -> dict[str, float]:
    """Percentage of photos whose first right candidate is among the first 1, 5, ... candidates."""
    n = len(first_ranks)
    return {str(k): round(100.0 * sum(r is not None and r <= k for r in first_ranks) / n, 1) for k in RANKS}
