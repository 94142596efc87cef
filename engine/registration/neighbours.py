"""Photos of one pass overlap: a photo that is located says where those taken just before and after it are.

A located photo is itself a picture whose pixels know where they are on the ground. So the next one is compared
with it as with imagery, and far better than with imagery, for light, season and haze are the same. What comes
out is checked with imagery as any candidate is. Where imagery cannot confirm it, as under clouds, the place is
carried over from photo to photo, marked as such, and never counts as located. Only photos that imagery confirmed
pass their place on, so a mistake does not travel.
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
from engine.registration.prepare import Place, Places, PreparedPhoto
from engine.registration.refine import Registration
from engine.registration.register import carry_over

WITHIN_S = 90.0  # the station moves 7.4 km a second over ground
WITHIN_FRAMES = 12
ASKED = 3  # neighbours of a photo that are compared with it
_KEPT = 48  # at 1 MB each
# What a place carried over from photo to photo is worth at most: less than what counts as located.
_CARRIED = 0.95
_OVERLAPS = 25.0  # standard deviations above chance; photos that overlap were seen to be 85 to 171 above it


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A photo that imagery has confirmed.

    Attributes:
        info: of the photo.
        camera: the one solved, for its small picture.
        small: features of that picture.
        imagery: what to check its neighbours with; None when that is not here.
        stated: what an index states of that imagery: its attribution and licence.
        confidence: of its registration.
        finder: of its features.
    """

    info: PhotoInfo
    camera: Camera
    small: Features
    imagery: str | Path | None
    stated: dict[str, Any]
    confidence: float
    extractor: FeatureExtractor

    @property
    def name(self) -> str:
        """The photo's id, or the file's name."""
        return self.info.photo_id or self.info.path.name

    def place(self) -> Place:
        """Its features as those of a north-up picture of the ground, for the next photo to be registered with."""
        seen = np.isfinite(self.camera.locate(self.small.xy[:, 0], self.small.xy[:, 1])[0])
        middle = self.center
        frame = LocalFrame(*middle)
        small = self.small[np.flatnonzero(seen)]
        x, y = small.xy.T
        angle = small.angle_rad if small.angle_rad is not None else np.zeros(len(small))
        here = np.stack(frame.to_xy(*self.camera.locate(x, y)), axis=1)
        # Size and direction of each feature on the ground, from a point one pixel along it.
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
        return Place(frame, width_km, km_per_px, half_px, features[np.flatnonzero(whole)])

    @property
    def center(self) -> tuple[float, float]:
        """Latitude and longitude of the middle of what it shows."""
        ring = footprint.footprint_ring(self.camera)
        if ring is None:
            raise ValueError("a registered photo shows ground")
        return footprint.center(self.camera, ring)


class Neighbours:
    """The photos located last. May be used by several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Neighbour] = OrderedDict()
        self._lock = threading.Lock()

    def remember(
        self,
        info: PhotoInfo,
        photo: PreparedPhoto,
        found: Registration,
        imagery: str | Path,
        stated: dict[str, Any] | None = None,
    ) -> None:
        """Keeps a photo for those to come, if imagery has confirmed it beyond doubt."""
        if found.confidence <= LOCATED or found.origin != "matched":
            return
        small = replace(photo.small, descriptors=photo.small.descriptors.astype(np.float16))
        camera = found.camera.resized(*photo.small_size)
        self.add(Neighbour(info, camera, small, imagery, stated or {}, found.confidence, photo.extractor))

    def add(self, known: Neighbour) -> None:
        """Keeps a photo that is known to be located."""
        path = os.path.abspath(known.info.path)
        with self._lock:
            self._kept[path] = known
            self._kept.move_to_end(path)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    def knows(self, path: Path) -> bool:
        """Whether a photo is kept."""
        with self._lock:
            return os.path.abspath(path) in self._kept

    def of(self, info: PhotoInfo, extractor: FeatureExtractor) -> list[Neighbour]:
        """Other photos taken just before or after, with features of the same kind; the nearest first."""
        with self._lock:
            others = [known for path, known in self._kept.items() if path != os.path.abspath(info.path)]
        others = [known for known in others if known.extractor.sha256 == extractor.sha256]
        apart = [(apart_of(info, known.info), known) for known in others]
        near = [(away, known) for away, known in apart if away is not None]
        return [known for _, known in sorted(near, key=lambda pair: pair[0])[:ASKED]]


@dataclass(frozen=True, eq=False)
class Memory:
    """What the photos of a run leave to those after them."""

    places: Places
    neighbours: Neighbours

    @classmethod
    def empty(cls) -> Memory:
        """Before the first photo."""
        return cls(Places(), Neighbours())


def apart_of(one: PhotoInfo, other: PhotoInfo) -> float | None:
    """How far apart two photos were taken, from 0 to 1; None when they are not of one pass as far as known.

    By the clock of the camera, which may be wrong but is so for both; without it by frame numbers of one roll.
    """
    if one.camera != other.camera:
        return None
    frames = roll_and_frame(one.photo_id), roll_and_frame(other.photo_id)
    if frames[0] and frames[1] and frames[0][0] != frames[1][0]:
        return None
    if one.taken_at and other.taken_at:
        times = [datetime.fromisoformat(at).replace(tzinfo=None) for at in (one.taken_at, other.taken_at)]
        seconds = abs((times[1] - times[0]).total_seconds())
        return seconds / WITHIN_S if seconds <= WITHIN_S else None
    if frames[0] and frames[1]:
        between = abs(frames[0][1] - frames[1][1])
        return between / WITHIN_FRAMES if between <= WITHIN_FRAMES else None
    return None


def carried_over(photo: PreparedPhoto, neighbour: Neighbour) -> Registration | None:
    """The photo registered with its neighbour alone; never certain."""
    found = carry_over(photo, neighbour.place())
    if found is None or found.evidence.z_score < _OVERLAPS:
        return None
    return replace(found, confidence=_CARRIED * found.confidence * neighbour.confidence, origin="neighbour")


def roll_and_frame(photo_id: str | None) -> tuple[str, int] | None:
    """Mission with roll, and frame number, of a photo's id."""
    match = re.fullmatch(r"(.+)-(\d+)[A-Z]*", photo_id or "")
    return (match[1], int(match[2])) if match else None
