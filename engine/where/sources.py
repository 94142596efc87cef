"""Sources that follow from the search and from what is stated of a photo: tiles, votes, orbit, nadir, daylight."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.where import prior
from engine.where.density import kernel_density
from engine.where.evidence import Evidence
from engine.where.package import PackagedSource

Array = NDArray[np.float64]
Places = tuple[Array, Array, Array, Array]  # lat, lon, width_km, score; (n,) each, best first


class Source(Protocol):
    """One way to tell where a photo could have been taken."""

    @property
    def name(self) -> str:
        """Such as "tiles"."""

    def log_density(self, evidence: Evidence) -> NDArray[np.floating] | None:
        """What it adds to the log density of the finest cells (cells,), up to a constant; None if it says nothing."""


@dataclass(frozen=True)
class Kernels:
    """How ranked places become a density: a constant, exp(background), plus a kernel at each of the best places.

    Attributes:
        count: of the best places.
        gain: of the logarithm of a kernel's weight for each unit of the place's score.
        background: logarithm of the weight of all other places; the higher, the less certain the answer.
        bandwidth: of a kernel, as a share of the place's width.
        tail: share of a kernel's probability that is spread wider, 0 to 1. The middle of an oblique photo's footprint
            is not the middle of the picture, which is what a search finds.
        tail_bandwidth: of this share.
    """

    count: int
    gain: float
    background: float
    bandwidth: float
    tail: float = 0.0
    tail_bandwidth: float = 1.0

    @classmethod
    def of(cls, entry: PackagedSource) -> Kernels:
        """From the settings `count`, `gain`, `background` and `bandwidth` of a source, and, if there, the tail's two.

        Raises:
            ModelError: one is missing or makes no sense.
        """
        return cls(
            entry.whole_number("count", 1, 10_000),
            entry.number("gain", 0.0, 1000.0),
            entry.number("background", -1000.0, 1000.0),
            entry.number("bandwidth", 0.0, 10.0),
            entry.number("tail", 0.0, 1.0) if "tail" in entry.settings else 0.0,
            entry.number("tail_bandwidth", 0.0, 10.0) if "tail_bandwidth" in entry.settings else 1.0,
        )

    def log_density(self, places: Places) -> Array:
        """Log density (cells,) over that of the prior, from at least one place.

        A kernel holds exp(gain * score - background) times as much probability as all other places together.
        """
        lat, lon, width_km, score = (values[: self.count] for values in places)
        log_weight = self.gain * score
        highest = max(self.background, float(log_weight.max()))
        weight = np.exp(log_weight - highest)
        density = kernel_density(lat, lon, (1.0 - self.tail) * weight, self.bandwidth * width_km)
        if self.tail > 0.0:
            density += kernel_density(lat, lon, self.tail * weight, self.tail_bandwidth * width_km)
        return np.log(np.exp(self.background - highest) + density / prior.orbit_probability())


def tile_places(evidence: Evidence) -> Places | None:
    """The most similar tiles, with their cosine similarities as scores."""
    tiles = evidence.tiles
    if tiles is None or not len(tiles.similarity):
        return None
    order = np.argsort(-tiles.similarity, kind="stable")
    lat, lon, width_km = (tiles.tiles[column][order].astype(np.float64) for column in ("lat", "lon", "width_km"))
    return lat, lon, width_km, tiles.similarity[order]


def vote_places(evidence: Evidence) -> Places | None:
    """The poses that local features vote for, with the logarithms of their z-scores as scores."""
    if not evidence.poses:
        return None
    poses = sorted(evidence.poses, key=lambda pose: -pose.z)
    lat, lon, width_km, z = np.array([(pose.lat, pose.lon, pose.width_km, pose.z) for pose in poses]).T
    return lat, lon, width_km, np.log(np.maximum(z, 1.0))


@dataclass(frozen=True)
class TilesSource:
    """Kernel density over the most similar tiles (Im2GPS in the deep-learning era, ICCV 2017)."""

    kernels: Kernels
    name: str = "tiles"

    def log_density(self, evidence: Evidence) -> Array | None:
        """See `Source`."""
        places = tile_places(evidence)
        return None if places is None else self.kernels.log_density(places)


@dataclass(frozen=True)
class VotesSource:
    """Kernel density over the poses that local features vote for."""

    kernels: Kernels
    name: str = "votes"

    def log_density(self, evidence: Evidence) -> Array | None:
        """See `Source`."""
        places = vote_places(evidence)
        return None if places is None else self.kernels.log_density(places)


@dataclass(frozen=True)
class NadirSource:
    """Distance from the stated nadir, which may be wrong."""

    name: str = "nadir"

    def log_density(self, evidence: Evidence) -> Array | None:
        """See `Source`."""
        return None if evidence.nadir is None else prior.nadir_log_density(evidence.nadir, evidence.nadir_sd_km)


@dataclass(frozen=True)
class DaylightSource:
    """Where the Sun was up when the photo was taken."""

    name: str = "daylight"

    def log_density(self, evidence: Evidence) -> Array | None:
        """See `Source`."""
        if evidence.taken_at is not None:
            with contextlib.suppress(ValueError, OverflowError):
                return prior.daylight_log_density(evidence.taken_at)
        return None
