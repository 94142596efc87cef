"""How well two footprints of one photo agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from engine import geo
from engine.catalogue.columns import Row
from engine.catalogue.places import polygons

LatLon = tuple[float, float]
# Footprints whose centres are farther apart than this never overlap: from 420 km the horizon is 2,300 km away.
_APART_KM = 6000.0
_LEAST_KM2 = 1e-3


@dataclass(frozen=True)
class Agreement:
    """Of our footprint with NASA's.

    Attributes:
        iou: area of the intersection over that of the union, 0 to 1.
        distance_km: between the centres, where the photo's middle is.
        corners_km: mean distance of the corners of the same name; None where one of ours shows no ground.
        area_ratio: our area over NASA's.
    """

    iou: float
    distance_km: float
    corners_km: float | None
    area_ratio: float


def agreement(row: Row, ring: Sequence[LatLon]) -> Agreement | None:
    """The agreement of a row, which has a footprint, with corners of NASA's.

    Sides of NASA's footprint are straight in a local plane, nearly great circles.

    Args:
        row: of a catalogue.
        ring: (lat, lon) of top-left, top-right, bottom-right, bottom-left.

    Returns:
        None for a ring that crosses itself or has no area.

    Raises:
        InputError: the row's footprint is no polygon on the Earth.
    """
    footprint = polygons(row)
    assert footprint is not None  # nosec B101 - the caller looked
    lat, lon = center_of(row, footprint)
    frame = _frame(lat, lon)
    ours = _in_frame(footprint, frame)

    apart = float(geo.distance_km(lat, lon, *geo.center_of(ring))) > _APART_KM
    if apart:
        frame = _frame(*geo.center_of(ring))
    corners = np.asarray(ring, np.float64)
    there = np.stack(frame.to_xy(corners[:, 0], corners[:, 1]), axis=1)
    nasa = shapely.Polygon(there)
    if not nasa.is_valid or nasa.area < _LEAST_KM2:
        return None
    common = 0.0 if apart else float(ours.intersection(nasa).area)
    return Agreement(
        iou=min(common / (ours.area + nasa.area - common), 1.0),
        distance_km=float(geo.distance_km(lat, lon, *frame.to_lat_lon(*_diagonals(there, nasa)))),
        corners_km=_corners_km(row, corners),
        area_ratio=ours.area / nasa.area,
    )


def _in_frame(footprint: shapely.MultiPolygon, frame: geo.LocalFrame) -> Any:
    """A footprint in kilometres, in one piece where it is cut at the 180th meridian."""
    parts = shapely.transform(footprint, lambda places: np.stack(frame.to_xy(places[:, 1], places[:, 0]), axis=1))
    return shapely.union_all(shapely.make_valid(shapely.get_parts(parts)))


def _frame(lat: float, lon: float) -> geo.LocalFrame:
    """A frame near a place: photos of about one latitude share its projection, which is slow to make."""
    return geo.LocalFrame(round(lat, 1), lon)


def corners_of(row: Row) -> list[LatLon] | None:
    """(lat, lon) of a row's corners; None where one shows no ground."""
    found = [(row.get(f"lat{n}"), row.get(f"lon{n}")) for n in (1, 2, 3, 4)]
    return None if any(None in corner for corner in found) else found  # type: ignore[return-value]


def center_of(row: Row, footprint: shapely.MultiPolygon) -> LatLon:
    """(lat, lon) of a row's centre, or of its footprint's centroid where the row names none."""
    if row.get("center_lat") is not None and row.get("center_lon") is not None:
        return row["center_lat"], row["center_lon"]
    frame = _frame(*geo.center_of(shapely.get_coordinates(footprint)[:, ::-1]))
    centroid = _in_frame(footprint, frame).centroid
    lat, lon = frame.to_lat_lon(centroid.x, centroid.y)
    return float(lat), float(lon)


def _diagonals(corners: NDArray[np.float64], polygon: shapely.Polygon) -> tuple[float, float]:
    """Where the diagonals meet: a photo's middle, however oblique it is. The centroid of a ring that is not convex."""
    diagonals = shapely.LineString(corners[[0, 2]]), shapely.LineString(corners[[1, 3]])
    crossing: Any = diagonals[0].intersection(diagonals[1])
    point = crossing if isinstance(crossing, shapely.Point) and not crossing.is_empty else polygon.centroid
    return point.x, point.y


def _corners_km(row: Row, nasa: NDArray[np.float64]) -> float | None:
    corners = corners_of(row)
    if corners is None:
        return None
    ours = np.asarray(corners, np.float64)
    return float(geo.distance_km(ours[:, 0], ours[:, 1], nasa[:, 0], nasa[:, 1]).mean())
