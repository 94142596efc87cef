"""What is known of a photo when its place is estimated: pixels, descriptors, search results, time and nadir."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.photo_views import PhotoViews
from engine.retrieval.search import Ranked
from engine.voting.poses import Pose


@dataclass(frozen=True, eq=False)
class Evidence:
    """The evidence of one photo.

    Attributes:
        pixels: uint8 RGB (height, width, 3), as stored.
        views: descriptors by the sha256 of the network that made them.
        tiles: the most similar tiles of all indexes; None where tiles were not searched.
        poses: that local features vote for, of all indexes; None where there are no features.
        nadir: (lat, lon) stated for the photo, or None.
        nadir_sd_km: its standard deviation, where that is large.
        taken_at: ISO 8601, in UTC, from EXIF; None where unknown.
    """

    pixels: NDArray[np.uint8]
    views: Mapping[str, PhotoViews] = field(default_factory=dict)
    tiles: Ranked | None = None
    poses: Sequence[Pose] | None = None
    nadir: tuple[float, float] | None = None
    taken_at: str | None = None
    nadir_sd_km: float = 0.0

    def without_nadir(self) -> Evidence:
        """The same where no nadir is known."""
        return replace(self, nadir=None)
