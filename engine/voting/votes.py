"""Votes: if a feature of the photo is that feature on the ground, the photo lies just there, so wide and so turned.

A feature has a place, a size and an orientation, so a single match tells all of a pose but its tilt (Lowe 2004,
section 7.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.voting.feature_index import FeaturePositions
from engine.voting.photo_features import PhotoFeatures

Array = NDArray[np.float64]

_BURST = 0.5  # docs/voting.md has what it is worth


@dataclass(frozen=True, eq=False)
class Votes:
    """Poses (n) of a photo, each told by one match.

    Attributes:
        neighbours: how many matches each photo feature has.
        match: (n,) ascending: number of the photo feature times `neighbours`, plus the rank of the neighbour.
        lat, lon: (n,) the middle of the photo, degrees.
        width_km: (n,) ground along its longer side.
        rotation_deg: (n,) by how much the photo has to be turned counter-clockwise to be north-up.
        weight: (n,) what each counts: the less, the more other neighbours its feature looks more like, and the more
            features of the photo look like the one on the ground.
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
    """The votes of matches.

    Args:
        photo: its features (m).
        positions: of the features on the ground.
        rows: (m, neighbours) of `positions`, nearest first; -1 for none.
        width_km: least and greatest ground width that counts.
    """
    neighbours = rows.shape[1]
    match = np.flatnonzero(rows.ravel() >= 0)
    ours, theirs = match // neighbours, rows.ravel()[match]
    width = positions.size_km[theirs] / photo.size[ours]
    kept = (width > width_km[0]) & (width < width_km[1])
    match, ours, theirs, width = match[kept], ours[kept], theirs[kept], width[kept]
    # Noise and the edge of a window look like the same few features on the ground (Jegou, Douze, Schmid 2009).
    bursts = np.bincount(theirs)[theirs]
    weight = 1.0 / np.sqrt(1.0 + match % neighbours) / bursts**_BURST
    # A north-up photo has azimuth 90 along its x axis.
    rotation = 90.0 + photo.angle_deg[ours] - positions.azimuth_deg[theirs]
    far = np.hypot(photo.x, photo.y)[ours] * width
    towards = 90.0 + np.degrees(np.arctan2(-photo.y, -photo.x))[ours] - rotation
    lat, lon, turned = destination(positions.lat[theirs], positions.lon[theirs], towards, far)
    # On the way to the middle north has turned by as much as the course has.
    return Votes(neighbours, match, lat, lon, width, (rotation - turned) % 360.0, weight)


def destination(lat: Array, lon: Array, azimuth_deg: Array, far_km: Array) -> tuple[Array, Array, Array]:
    """Where great circles (n,) lead: latitude, longitude, and by how many degrees their azimuth grows on the way."""
    angle, start, course = far_km / geo.EARTH_RADIUS_KM, np.radians(lat), np.radians(azimuth_deg)
    sin_angle, cos_angle = np.sin(angle), np.cos(angle)
    sin_start, cos_start = np.sin(start), np.cos(start)
    sin_course, cos_course = np.sin(course), np.cos(course)
    sin_end = np.clip(sin_start * cos_angle + cos_start * sin_angle * cos_course, -1.0, 1.0)
    along = np.arctan2(sin_course * sin_angle * cos_start, cos_angle - sin_start * sin_end)
    there = np.arctan2(sin_course * cos_start, cos_start * cos_angle * cos_course - sin_start * sin_angle)
    return np.degrees(np.arcsin(sin_end)), geo.normalise_lon(lon + np.degrees(along)), np.degrees(there - course)
