"""Votes for poses: a match of a photo feature with a feature on the ground implies a pose of the photo.

A feature has a position, a size and an orientation. So a single match determines the whole pose except the tilt (Lowe
2004, section 7.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.voting.feature_index import FeaturePositions
from engine.voting.photo_features import PhotoFeatures

Array = NDArray[np.float64]

_BURST = 0.5  # docs/voting.md has its effect


@dataclass(frozen=True, eq=False)
class Votes:
    """Poses (n) of a photo, each implied by one match.

    Attributes:
        neighbours: number of matches per photo feature.
        match: (n,) ascending: number of the photo feature times `neighbours`, plus the rank of the neighbour.
        lat, lon: (n,) the middle of the photo, degrees.
        width_km: (n,) ground along its longer side.
        rotation_deg: (n,) counter-clockwise rotation that makes the photo north-up.
        weight: (n,) of each vote; lower for a neighbour of a higher rank, and for a feature on the ground that matches
            many features of the photo.
    """

    neighbours: int
    match: NDArray[np.int64]
    lat: Array
    lon: Array
    width_km: Array
    rotation_deg: Array
    weight: Array

    def __len__(self) -> int:
        return len(self.match)


def cast_votes(
    photo: PhotoFeatures, positions: FeaturePositions, rows: NDArray[np.int64], width_km: tuple[float, float]
) -> Votes:
    """Convert matches to votes.

    Args:
        photo: its features (m).
        positions: of the features on the ground.
        rows: (m, neighbours) of `positions`, nearest first; -1 for none.
        width_km: smallest and largest ground width that is allowed.
    """
    neighbours = rows.shape[1]
    match = np.flatnonzero(rows.ravel() >= 0)
    ours, theirs = match // neighbours, rows.ravel()[match]
    width = positions.size_km[theirs] / photo.size[ours]
    kept = (width > width_km[0]) & (width < width_km[1])
    match, ours, theirs, width = match[kept], ours[kept], theirs[kept], width[kept]
    # Noise and the edge of a window match the same few features on the ground (Jegou, Douze, Schmid 2009).
    bursts = np.bincount(theirs)[theirs]
    weight = 1.0 / np.sqrt(1.0 + match % neighbours) / bursts**_BURST
    # A north-up photo has azimuth 90 along its x axis.
    rotation = 90.0 + photo.angle_deg[ours] - positions.azimuth_deg[theirs]
    distance_km = np.hypot(photo.x, photo.y)[ours] * width
    azimuth_deg = 90.0 + np.degrees(np.arctan2(-photo.y, -photo.x))[ours] - rotation
    lat, lon, change_deg = destination(positions.lat[theirs], positions.lon[theirs], azimuth_deg, distance_km)
    # Along the great circle to the middle, the direction of north changes by as much as the azimuth.
    return Votes(neighbours, match, lat, lon, width, (rotation - change_deg) % 360.0, weight)


def destination(lat: Array, lon: Array, azimuth_deg: Array, distance_km: Array) -> tuple[Array, Array, Array]:
    """End points of great circles (n,): latitude, longitude, and the change of their azimuth on the way, in degrees."""
    angle, start, course = distance_km / geo.EARTH_RADIUS_KM, np.radians(lat), np.radians(azimuth_deg)
    sin_angle, cos_angle = np.sin(angle), np.cos(angle)
    sin_start, cos_start = np.sin(start), np.cos(start)
    sin_course, cos_course = np.sin(course), np.cos(course)
    sin_end = np.clip(sin_start * cos_angle + cos_start * sin_angle * cos_course, -1.0, 1.0)
    along = np.arctan2(sin_course * sin_angle * cos_start, cos_angle - sin_start * sin_end)
    there = np.arctan2(sin_course * cos_start, cos_start * cos_angle * cos_course - sin_start * sin_angle)
    return np.degrees(np.arcsin(sin_end)), geo.normalise_lon(lon + np.degrees(along)), np.degrees(there - course)
