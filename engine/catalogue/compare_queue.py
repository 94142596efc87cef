"""Photos on which our footprint and NASA's differ, as a results file that the plugin's review opens.

Each photo has two candidates: ours and NASA's. Whoever reviews it accepts ours, chooses NASA's, or corrects.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import shapely

from engine import geo
from engine.answer import without_place
from engine.catalogue.agreement import LatLon, center_of, corners_of
from engine.catalogue.columns import Row
from engine.catalogue.compare import Compared
from engine.catalogue.places import polygons, text_of
from engine.contract.answers import PhotoInfoAnswer
from engine.contract.localization import Candidate, Localization
from engine.contract.status import STATUSES, UNCERTAIN
from engine.messages import Message
from engine.progress import Progress
from engine.results import ResultsFile

NASA = "mlcoord"  # in the place of an index, for candidates that are NASA's


def write_queue(path: Path, differing: Sequence[Compared], photos: Path, progress: Progress) -> int:
    """Saves the photos into a results file, in their order; returns how many photos it holds then.

    Photos of an earlier comparison leave the file, but those that a review decided on stay as they are.

    Args:
        path: of the results file; an existing one is kept up to date.
        differing: photos.
        photos: folder that the rows' photos are relative to.
        progress: of the job.

    Raises:
        OutputError: the file cannot be written.
    """
    results = ResultsFile(path)
    results.prepare()
    present = [path.parent / row["photo"] for row in results.rows()]
    results.remove([photo for photo in present if results.reviewed(photo) is None])
    for done, compared in enumerate(differing, 1):
        localization = _localization(compared, photos)
        results.save(localization, _info(compared.row, localization["photo"]))
        progress.report("review queue", done, len(differing))
    return len(results.rows())


def _localization(compared: Compared, photos: Path) -> Localization:
    row, ring, found = compared.row, compared.ring, compared.agreement
    footprint = polygons(row)
    assert footprint is not None  # nosec B101 - it was compared
    corners = corners_of(row)
    center = center_of(row, footprint)
    nadir = None if row.get("nadir_lat") is None or row.get("nadir_lon") is None else _place(row, "nadir")
    status = row["status"] if row["status"] in STATUSES else UNCERTAIN
    params = {"iou": f"{found.iou:.2f}", "km": f"{found.distance_km:,.0f}"}
    answer = without_place(photos / row["photo"], status, Message("compare.differs", params))
    answer.update({
        "photo_id": row.get("photo_id"), "confidence": row.get("confidence"), "footprint": geo.geometry_json(footprint),
        "corners": None if corners is None else _lists(corners), "center": list(center), "nadir": nadir,
        "inliers": row.get("inliers") or 0, "rms_km": row.get("rms_km"), "engine": row.get("engine") or "",
        "candidates": [_ours(row, footprint, center, corners), _candidate(2, NASA, row, geo.center_of(ring), ring)],
    })  # fmt: skip
    if row.get("imagery"):
        answer["imagery"] = {
            "source": row["imagery"], "attribution": row.get("imagery_attribution"), "licence": None
        }  # fmt: skip
    return answer


def _ours(row: Row, footprint: shapely.MultiPolygon, center: LatLon, corners: Sequence[LatLon] | None) -> Candidate:
    west, south, east, north = footprint.bounds
    around = corners or [(north, west), (north, east), (south, east), (south, west)]
    made = _candidate(1, row.get("index_name") or "", row, center, around)
    made.update({
        "tile": row.get("tile"), "score": row.get("confidence") or 0.0, "footprint": geo.geometry_json(footprint),
        "inliers": row.get("inliers") or 0,
    })  # fmt: skip
    if corners is None:
        del made["corners"]
    return made


def _candidate(rank: int, index: str, row: Row, center: LatLon, corners: Sequence[LatLon]) -> Candidate:
    nadir_km = None
    if row.get("nadir_lat") is not None and row.get("nadir_lon") is not None:
        nadir_km = round(float(geo.distance_km(row["nadir_lat"], row["nadir_lon"], *center)), 1)
    return {
        "rank": rank,
        "index": index,
        "tile": None,
        "score": 0.0,
        "rotation_deg": _rotation_deg(corners),
        "center": list(center),
        "width_km": round(float(geo.side_lengths_km(corners).mean()), 1),
        "nadir_distance_km": nadir_km,
        "footprint": geo.to_geojson(corners),
        "inliers": 0,
        "found_by": None,
        "corners": _lists(corners),
    }


def _rotation_deg(corners: Sequence[LatLon]) -> float:
    """The counter-clockwise rotation, 0 to 360, that brings the photo's top to the north."""
    places = np.asarray(corners, np.float64)
    x, y = geo.LocalFrame(*geo.center_of(places)).to_xy(places[:, 0], places[:, 1])
    return round(math.degrees(math.atan2(x[:2].mean() - x[2:].mean(), y[:2].mean() - y[2:].mean()))) % 360.0


def _info(row: Row, photo: str) -> PhotoInfoAnswer:
    return {
        "photo": photo,
        "photo_id": row.get("photo_id"),
        "width_px": row.get("width_px") or 0,
        "height_px": row.get("height_px") or 0,
        "taken_at": text_of(row.get("taken_at")),
        "camera": row.get("camera"),
        "focal_length_mm": row.get("focal_length_mm"),
        "nadir": None,
    }


def _place(row: Row, name: str) -> list[float]:
    return [row[f"{name}_lat"], row[f"{name}_lon"]]


def _lists(places: Iterable[LatLon]) -> list[list[float]]:
    return [list(place) for place in places]
