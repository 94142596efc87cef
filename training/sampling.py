"""Sampling of the places of a batch by cluster, region and neighbourhood, and of real photos of these places.

A batch is hard if its places look alike. EarthLoc (CVPR 2024) draws each batch from one cluster of the current
descriptors. Other methods draw a batch from one region, or add the neighbours that a search around a nadir must tell
apart. All random choices are seeded by (seed, step), so an interrupted run continues with exactly the same batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from engine.errors import UsageError
from engine.geo import EARTH_RADIUS_KM, LocalFrame, center_of
from training.overlap import iou, square_rings

Ids = NDArray[np.int64]

_KMEANS_ROUNDS = 100
_MAX_POINTS_PER_CENTROID = 1000


@dataclass(frozen=True)
class Places:
    """North-up squares on the ground: centres in degrees and sides in kilometres, (n,) each."""

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    width_km: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.lat)


@dataclass(frozen=True)
class SamplingConfig:
    """Sampling of batches.

    Attributes:
        places_per_batch: different places in a batch.
        descriptor_share, region_share: share of the batches drawn from one cluster of descriptors, and from one region
            of the Earth; the others are drawn from all places.
        clusters, regions: number of clusters and of regions.
        recluster_epochs: epochs between two computations of the clusters; before the first one, batches are drawn from
            all places.
        neighbour_share: share of each batch that are neighbours of its other places: within `neighbour_radius_km`
            and not overlapping.
    """

    places_per_batch: int = 96
    descriptor_share: float = 1.0
    region_share: float = 0.0
    clusters: int = 50
    regions: int = 50
    recluster_epochs: int = 4
    neighbour_share: float = 0.0
    neighbour_radius_km: float = 1000.0

    def __post_init__(self) -> None:
        shares = (self.descriptor_share, self.region_share, self.descriptor_share + self.region_share)
        if min(shares) < 0 or max(shares) > 1:
            raise UsageError(None, "the shares of batches do not add up", "give shares of 0 to 1, at most 1 together")
        if not 0 <= self.neighbour_share < 1:
            raise UsageError(None, f"neighbour_share {self.neighbour_share} is not a share", "give 0 to below 1")
        if min(self.places_per_batch, self.clusters, self.regions, self.recluster_epochs) < 1:
            raise UsageError(None, "sampling counts must be positive", "give 1 or more")


class PlaceBatchSampler:
    """Draws batches of place numbers.

    Args:
        places: all training places.
        config: sampling configuration.
        seed: seed of all random choices.
        weights: (n,) weight of each place in the choice of a cluster or region, for example its number of real photos
            (AstroLoc); None makes all clusters equally likely (EarthLoc).
    """

    def __init__(
        self, places: Places, config: SamplingConfig, seed: int, weights: NDArray[np.float64] | None = None
    ) -> None:
        if len(places) < config.places_per_batch:
            raise UsageError(
                None,
                f"{len(places)} places do not fill a batch of {config.places_per_batch}",
                "use more places or smaller batches",
            )
        self.places = places
        self.config = config
        self.seed = seed
        self.weights = weights
        self._vectors = unit_vectors(places.lat, places.lon)
        self._regions = kmeans(self._vectors, config.regions, seed) if config.region_share else None
        self._clusters: Ids | None = None

    def recluster_due(self, epoch: int) -> bool:
        """Tells whether the caller must call `recluster` before this epoch; the first epoch is 0."""
        return self.config.descriptor_share > 0 and epoch > 0 and epoch % self.config.recluster_epochs == 0

    def recluster(self, descriptors: NDArray[np.float32]) -> None:
        """Clusters the places by their current descriptors, (n, d)."""
        if len(descriptors) != len(self.places):
            raise ValueError(f"{len(descriptors)} descriptors of {len(self.places)} places")
        self._clusters = kmeans(descriptors, self.config.clusters, self.seed)

    def batch(self, step: int) -> Ids:
        """Draws `places_per_batch` different places; the same for the same seed, step and clusters."""
        rng = np.random.default_rng([self.seed, step])
        total = self.config.places_per_batch
        group = self._group(rng)
        near = round(total * self.config.neighbour_share)
        chosen = rng.choice(group, min(total - near, len(group)), replace=False)
        chosen = self._add_neighbours(chosen, near, rng)
        if len(chosen) < total:  # a small cluster
            others = np.setdiff1d(np.arange(len(self.places)), chosen)
            chosen = np.concatenate([chosen, rng.choice(others, total - len(chosen), replace=False)])
        return chosen

    def state_dict(self) -> dict[str, Any]:
        """Returns the state for a checkpoint: the current clusters."""
        return {"clusters": None if self._clusters is None else self._clusters.tolist()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores the clusters of a checkpoint."""
        clusters = state["clusters"]
        if clusters is not None and len(clusters) != len(self.places):
            raise UsageError(None, "the checkpoint has clusters of other places", "resume with the same places")
        self._clusters = None if clusters is None else np.asarray(clusters, np.int64)

    def _group(self, rng: np.random.Generator) -> Ids:
        draw = rng.random()
        labels = None
        if draw < self.config.descriptor_share:
            labels = self._clusters
        elif draw < self.config.descriptor_share + self.config.region_share:
            labels = self._regions
        if labels is None:
            return np.arange(len(self.places))
        weights = np.bincount(labels, self.weights) if self.weights is not None else (np.bincount(labels) > 0) * 1.0
        label = rng.choice(len(weights), p=weights / weights.sum())
        return np.flatnonzero(labels == label)

    def _add_neighbours(self, chosen: Ids, count: int, rng: np.random.Generator) -> Ids:
        used = set(chosen.tolist())
        added: list[int] = []
        for anchor in np.resize(rng.permutation(chosen), count):
            near = neighbours(self.places, int(anchor), self.config.neighbour_radius_km, self._vectors)
            unused = [p for p in near.tolist() if p not in used]
            if unused:
                added.append(int(rng.choice(unused)))
                used.add(added[-1])
        return np.concatenate([chosen, np.asarray(added, np.int64)])


def unit_vectors(lat: ArrayLike, lon: ArrayLike) -> NDArray[np.float32]:
    """Returns positions on the unit sphere, (n, 3)."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1).astype(np.float32)


def kmeans(points: NDArray[np.float32], clusters: int, seed: int) -> Ids:
    """Returns the cluster number of each of the points (n, d) by faiss's k-means; the same for the same seed."""
    points = np.ascontiguousarray(points, np.float32)
    clusters = min(clusters, len(points))
    search = faiss.Kmeans(
        points.shape[1],
        clusters,
        niter=_KMEANS_ROUNDS,
        seed=seed,
        min_points_per_centroid=1,
        max_points_per_centroid=_MAX_POINTS_PER_CENTROID,
    )
    search.train(points)
    labels: Ids = search.index.search(points, 1)[1][:, 0]
    return labels


def neighbours(places: Places, place: int, radius_km: float, vectors: NDArray[np.float32] | None = None) -> Ids:
    """Returns the places within a radius of one place that do not overlap it.

    Overlap is tested for axis-aligned squares in the plane at the place. At high latitudes, where the directions of
    north differ between them, the test may be off by a few per cent.
    """
    vectors = unit_vectors(places.lat, places.lon) if vectors is None else vectors
    within = np.flatnonzero(vectors @ vectors[place] >= np.cos(radius_km / EARTH_RADIUS_KM))
    x, y = LocalFrame(places.lat[place], places.lon[place]).to_xy(places.lat[within], places.lon[within])
    reach = (places.width_km[within] + places.width_km[place]) / 2
    return within[np.maximum(np.abs(x), np.abs(y)) >= reach]


class MinedPhotos:
    """Real photos with known footprints, as further pictures of the places they show (EarthLoc2's query mining).

    Args:
        photos: footprints (m, 4, 2), lat and lon of the corners.
        places: the training places.
        min_iou: a photo shows a place if their intersection over union is above this.

    Attributes:
        by_place: numbers of the photos of each place that has photos.
    """

    def __init__(self, photos: NDArray[np.float64], places: Places, min_iou: float = 0.5) -> None:
        self.by_place: dict[int, list[int]] = {}
        vectors = unit_vectors(places.lat, places.lon)
        for number, corners in enumerate(photos):
            centre = center_of(corners)
            x, y = LocalFrame(*centre).to_xy(corners[:, 0], corners[:, 1])
            side = np.sqrt(shapely.area(shapely.convex_hull(shapely.multipoints(np.stack([x, y], axis=1)))))
            # Cheap tests before the exact one: squares too far away, or with areas whose ratio is below min_iou, cannot
            # reach it.
            reach = np.hypot(x, y).max() + places.width_km * np.sqrt(0.5)
            near = (vectors @ unit_vectors(*centre)) >= np.cos(np.minimum(reach / EARTH_RADIUS_KM, np.pi))
            similar_size = np.abs(np.log(places.width_km / max(side, 1e-9))) <= -np.log(max(min_iou, 1e-9)) / 2 + 0.05
            ids = np.flatnonzero(near & similar_size)
            if not len(ids):
                continue
            rings = square_rings(places.lat[ids], places.lon[ids], places.width_km[ids])
            for place in ids[iou(corners, rings) > min_iou]:
                self.by_place.setdefault(int(place), []).append(number)

    def pick(self, batch: Ids, rng: np.random.Generator) -> tuple[Ids, Ids]:
        """Draws one photo for each place of a batch that has photos, no photo twice.

        Returns:
            Numbers of the photos, and the positions of their places in the batch.
        """
        photos: list[int] = []
        positions: list[int] = []
        for position, place in enumerate(batch.tolist()):
            unused = [p for p in self.by_place.get(place, []) if p not in photos]
            if unused:
                photos.append(int(rng.choice(unused)))
                positions.append(position)
        return np.asarray(photos, np.int64), np.asarray(positions, np.int64)
