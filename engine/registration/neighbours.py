"""Neighbouring photos: those taken just before or after, which overlap on the ground.

A located photo gives a ground position for each of its pixels. So the next photo can be registered with it as with
imagery, and far better, because light, season and haze are the same. The result is then checked with imagery, as any
candidate is. Where imagery cannot confirm it, as under clouds, the position is transferred from photo to photo. Such a
registration is marked and never counts as located. Only photos that imagery confirmed are used for others, so errors
do not propagate.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from engine.features import FeatureExtractor, Features
from engine.geo import LocalFrame
from engine.photo.read import PhotoInfo
from engine.registration import footprint
from engine.registration.camera import Camera
from engine.registration.confidence import LOCATED
from engine.registration.prepare import PlaceCache, PlaceFeatures, PreparedPhoto
from engine.registration.refine import Registration
from engine.registration.register import register_with_features

PASS_SECONDS = 90.0  # the station moves 7.4 km a second over ground
PASS_FRAMES = 12
MAX_NEIGHBOURS = 3  # neighbours that are compared with a photo
_MAX_KEPT = 48  # at 1 MB each
# Upper bound of a transferred position's confidence: less than what counts as located.
_TRANSFER_FACTOR = 0.95
_MIN_OVERLAP_Z = 25.0  # z-score; overlapping photos had 85 to 171


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A photo that imagery has confirmed.

    Attributes:
        info: metadata of the photo.
        camera: the solved camera, for the small picture.
        small: features of that picture.
        imagery: what to check its neighbours with; None when it is not on this computer.
        source_info: what an index states about that imagery: its attribution and licence.
        confidence: of its registration.
        extractor: of its features.
    """

    info: PhotoInfo
    camera: Camera
    small: Features
    imagery: str | Path | None
    source_info: dict[str, Any]
    confidence: float
    extractor: FeatureExtractor

    @property
    def name(self) -> str:
        """The photo's id, or the file's name."""
        return self.info.photo_id or self.info.path.name

    def place(self) -> PlaceFeatures:
        """Its features as if taken from a north-up picture of the ground, to register the next photo with."""
        seen = np.isfinite(self.camera.locate(self.small.xy[:, 0], self.small.xy[:, 1])[0])
        middle = self.center
        frame = LocalFrame(*middle)
        small = self.small[np.flatnonzero(seen)]
        x, y = small.xy.T
        angle = small.angle_rad if small.angle_rad is not None else np.zeros(len(small))
        here = np.stack(frame.to_xy(*self.camera.locate(x, y)), axis=1)
        # The size and direction of each feature on the ground follow from a point one pixel along it.
        there = np.stack(frame.to_xy(*self.camera.locate(x + np.cos(angle), y + np.sin(angle))), axis=1)
        east, north = (there - here).T
        km_per_px = float(np.nanmedian(np.hypot(east, north)))
        width_km = km_per_px * max(self.camera.width_px, self.camera.height_px)
        half_px = float(np.nanmax(np.abs(here))) / km_per_px
        features = Features(
            here / [km_per_px, -km_per_px] + half_px,
            None if small.size_px is None else small.size_px * np.hypot(east, north) / km_per_px,
            None if small.angle_rad is None else np.arctan2(-north, east),
            small.descriptors,
        )
        whole = np.isfinite(there).all(axis=1)
        return PlaceFeatures(frame, width_km, km_per_px, half_px, features[np.flatnonzero(whole)])

    @property
    def center(self) -> tuple[float, float]:
        """Latitude and longitude of the middle of its footprint."""
        ring = footprint.footprint_ring(self.camera)
        if ring is None:
            raise ValueError("a registered photo shows ground")
        return footprint.center(self.camera, ring)


class Neighbours:
    """The most recently located photos. Thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Neighbour] = OrderedDict()
        self._lock = threading.Lock()

    def remember(
        self,
        info: PhotoInfo,
        photo: PreparedPhoto,
        found: Registration,
        imagery: str | Path,
        source_info: dict[str, Any] | None = None,
    ) -> None:
        """Keep a photo for later ones, if imagery has confirmed it with certainty."""
        if found.confidence <= LOCATED or found.origin != "matched":
            return
        small = replace(photo.small, descriptors=photo.small.descriptors.astype(np.float16))
        camera = found.camera.resized(*photo.small_size)
        self.add(Neighbour(info, camera, small, imagery, source_info or {}, found.confidence, photo.extractor))

    def add(self, known: Neighbour) -> None:
        """Keep a photo that is known to be located."""
        path = os.path.abspath(known.info.path)
        with self._lock:
            self._kept[path] = known
            self._kept.move_to_end(path)
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)

    def knows(self, path: Path) -> bool:
        """Whether a photo is kept."""
        with self._lock:
            return os.path.abspath(path) in self._kept

    def of(self, info: PhotoInfo, extractor: FeatureExtractor) -> list[Neighbour]:
        """Other photos taken just before or after, with features of the same extractor; the nearest first."""
        with self._lock:
            others = [known for path, known in self._kept.items() if path != os.path.abspath(info.path)]
        others = [known for known in others if known.extractor.sha256 == extractor.sha256]
        apart = [(pass_distance(info, known.info), known) for known in others]
        near = [(away, known) for away, known in apart if away is not None]
        return [known for _, known in sorted(near, key=lambda pair: pair[0])[:MAX_NEIGHBOURS]]


@dataclass(frozen=True, eq=False)
class Memory:
    """What the photos of a run leave to later ones."""

    places: PlaceCache
    neighbours: Neighbours

    @classmethod
    def empty(cls) -> Memory:
        """The memory before the first photo."""
        return cls(PlaceCache(), Neighbours())


def pass_distance(one: PhotoInfo, other: PhotoInfo) -> float | None:
    """How far apart two photos were taken, 0 to 1; None when they are not known to be of one pass.

    Measured by the camera's clock, whose error is the same for both photos, otherwise by frame numbers of one roll.
    """
    if one.camera != other.camera:
        return None
    frames = roll_and_frame(one.photo_id), roll_and_frame(other.photo_id)
    if frames[0] and frames[1] and frames[0][0] != frames[1][0]:
        return None
    if one.taken_at and other.taken_at:
        times = [datetime.fromisoformat(at).replace(tzinfo=None) for at in (one.taken_at, other.taken_at)]
        seconds = abs((times[1] - times[0]).total_seconds())
        return seconds / PASS_SECONDS if seconds <= PASS_SECONDS else None
    if frames[0] and frames[1]:
        between = abs(frames[0][1] - frames[1][1])
        return between / PASS_FRAMES if between <= PASS_FRAMES else None
    return None


def register_with_neighbour(photo: PreparedPhoto, neighbour: Neighbour) -> Registration | None:
    """Register a photo with its neighbour alone; never certain."""
    found = register_with_features(photo, neighbour.place())
    if found is None or found.evidence.z_score < _MIN_OVERLAP_Z:
        return None
    return replace(found, confidence=_TRANSFER_FACTOR * found.confidence * neighbour.confidence, origin="neighbour")


def roll_and_frame(photo_id: str | None) -> tuple[str, int] | None:
    """Mission with roll, and frame number, of a photo's id."""
    match = re.fullmatch(r"(.+)-(\d+)[A-Z]*", photo_id or "")
    return (match[1], int(match[2])) if match else None
