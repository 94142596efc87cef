"""Poses of a photo that its local features vote for: photo features -> neighbours -> votes -> bins -> poses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine import geo
from engine.retrieval.tiling import Circle
from engine.voting.bins import Bin, best_bins
from engine.voting.feature_index import FeatureIndex, FeatureSet
from engine.voting.photo_features import PhotoFeatures
from engine.voting.votes import Votes, cast_votes

# Neighbours of a photo feature, more for a larger index: near a nadir more than a few are noise (docs/voting.md).
_NEIGHBOURS = 4, 30
_ROOT_PER_NEIGHBOUR = 35.0
_MAX_WIDTH_KM = 2500.0
_MIN_WIDTH_PX = 60.0  # of the imagery
_MIN_WIDTH_KM = 1.0  # the longest lens aboard shows 13 km; the bins cannot hold less
_REACH_KM = 300.0  # features this far outside a circle may belong to a photo inside it
_SAME_PLACE = 0.3


@dataclass(frozen=True)
class Pose:
    """A hypothesis for the position and orientation of a photo.

    Attributes:
        lat, lon: of its middle, degrees.
        width_km: ground along its longer side.
        rotation_deg: counter-clockwise rotation that makes it north-up, 0 to 360.
        z: z-score of its votes: by how many standard deviations they exceed chance.
        votes: number of photo features that vote for it.
    """

    lat: float
    lon: float
    width_km: float
    rotation_deg: float
    z: float
    votes: int


def find_poses(photo: PhotoFeatures, index: FeatureIndex, count: int, circle: Circle | None = None) -> list[Pose]:
    """The `count` poses with the highest z-scores, best first, of distinct places, with their middles in the circle."""
    if circle is None:
        features = index.all
    else:
        features = index.within(Circle(circle.lat, circle.lon, circle.radius_km + _REACH_KM))
    votes = _votes(photo, features)
    if not len(votes):
        return []
    bins = best_bins(votes, features.density)
    return distinct_poses((_pose(votes, one) for one in bins), count, circle)


def _votes(photo: PhotoFeatures, features: FeatureSet) -> Votes:
    neighbours = int(np.clip(round(np.sqrt(len(features)) / _ROOT_PER_NEIGHBOUR), *_NEIGHBOURS))
    rows = features.nearest(photo.numbers, neighbours)
    return cast_votes(
        photo, features.positions, rows, (max(_MIN_WIDTH_PX * features.feature_km, _MIN_WIDTH_KM), _MAX_WIDTH_KM)
    )


def _pose(votes: Votes, found: Bin) -> Pose:
    """The weighted mean of the votes of a bin."""
    rows = found.rows
    weight = votes.weight[rows] / votes.weight[rows].sum()
    lat, lon, rotation = votes.lat[rows], votes.lon[rows], votes.rotation_deg[rows]
    return Pose(
        float(weight @ lat),
        float(geo.normalise_lon(lon[0] + weight @ geo.normalise_lon(lon - lon[0]))),
        float(np.exp2(weight @ np.log2(votes.width_km[rows]))),
        float((rotation[0] + weight @ geo.normalise_lon(rotation - rotation[0])) % 360.0),
        found.z,
        len(rows),
    )


def distinct_poses(poses: Iterable[Pose], count: int, circle: Circle | None) -> list[Pose]:
    """The first `count` poses in the circle whose place differs from that of every earlier pose."""
    kept: list[Pose] = []
    places = np.empty((count, 3))
    for pose in poses:
        if circle is not None and float(geo.distance_km(pose.lat, pose.lon, circle.lat, circle.lon)) > circle.radius_km:
            continue
        lat, lon, width_km = places[: len(kept)].T
        near_km = _SAME_PLACE * np.minimum(width_km, pose.width_km)
        if not (geo.distance_km(pose.lat, pose.lon, lat, lon) <= near_km).any():
            places[len(kept)] = pose.lat, pose.lon, pose.width_km
            kept.append(pose)
        if len(kept) == count:
            break
    return kept
