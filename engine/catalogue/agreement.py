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

    Sides of NASA's footprint are taken as great circles.

    Args:
        row: of a catalogue.
        ring: (lat, lon) of top-left, top-right, bottom-right, bottom-left.

    Returns:
        None for a ring that crosses itself or has no area.

    Raises:
        InputError: the row's footprint is no polygon on the Earth.
    """
    nasa_lat, nasa_lon = geo.center_of(ring)
    there = _plane(ring, geo.LocalFrame(nasa_lat, nasa_lon))
    nasa = shapely.Polygon(there)
    if not nasa.is_valid or nasa.area < _LEAST_KM2:
        return None
    nasa_center = _diagonals(there, nasa)
    nasa_lat, nasa_lon = (float(value) for value in geo.LocalFrame(nasa_lat, nasa_lon).to_lat_lon(*nasa_center))

    footprint = polygons(row)
    assert footprint is not None  # nosec B101 - the caller looked
    lat, lon = center_of(row, footprint)
    frame = geo.LocalFrame(lat, lon)
    ours = shapely.transform(footprint, lambda places: np.stack(frame.to_xy(places[:, 1], places[:, 0]), axis=1))
    ours = shapely.make_valid(shapely.union_all(shapely.make_valid(shapely.get_parts(ours))))
    distance_km = float(geo.distance_km(lat, lon, nasa_lat, nasa_lon))
    iou = 0.0
    if distance_km < _APART_KM:
        here = geo.polygon_in_frame(ring, frame)
        common = ours.intersection(here).area
        iou = common / (ours.area + here.area - common) if common > 0 else 0.0
    return Agreement(min(iou, 1.0), distance_km, _corners_km(row, ring), ours.area / nasa.area)


def corners_of(row: Row) -> list[LatLon] | None:
    """(lat, lon) of a row's corners; None where one shows no ground."""
    found = [(row.get(f"lat{n}"), row.get(f"lon{n}")) for n in (1, 2, 3, 4)]
    return None if any(None in corner for corner in found) else found  # type: ignore[return-value]


def center_of(row: Row, footprint: shapely.MultiPolygon) -> LatLon:
    """(lat, lon) of a row's centre, or of the middle of its outline where the row names none."""
    if row.get("center_lat") is not None and row.get("center_lon") is not None:
        return row["center_lat"], row["center_lon"]
    return geo.center_of(shapely.get_coordinates(footprint)[:, ::-1])


def _plane(ring: Sequence[LatLon], frame: geo.LocalFrame) -> NDArray[np.float64]:
    places = np.asarray(ring, np.float64)
    return np.stack(frame.to_xy(places[:, 0], places[:, 1]), axis=1)


def _diagonals(corners: NDArray[np.float64], polygon: shapely.Polygon) -> tuple[float, float]:
    """Where the diagonals meet: a photo's middle, however oblique it is. The centroid of a ring that is not convex."""
    diagonals = shapely.LineString(corners[[0, 2]]), shapely.LineString(corners[[1, 3]])
    crossing: Any = diagonals[0].intersection(diagonals[1])
    point = crossing if isinstance(crossing, shapely.Point) and not crossing.is_empty else polygon.centroid
    return point.x, point.y


def _corners_km(row: Row, ring: Sequence[LatLon]) -> float | None:
    corners = corners_of(row)
    if corners is None:
        return None
    ours, nasa = np.asarray(corners, np.float64), np.asarray(ring, np.float64)
    return float(geo.distance_km(ours[:, 0], ours[:, 1], nasa[:, 0], nasa[:, 1]).mean())
