"""Overlap of footprints on the ellipsoid, also across the antimeridian."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from engine.geo import LocalFrame, center_of, distance_km, square_ring

# Squares are shrunk by this share, so that neighbours with a common edge do not overlap.
_SHRINK_SHARE = 1e-4


def square_rings(lat: ArrayLike, lon: ArrayLike, width_km: ArrayLike) -> NDArray[np.float64]:
    """Returns the outlines (n, 16, 2), lat and lon, of the north-up squares of places."""
    places = np.broadcast_arrays(np.atleast_1d(lat), np.atleast_1d(lon), np.atleast_1d(width_km))
    return np.stack([square_ring(float(a), float(b), float(w), 4) for a, b, w in zip(*places, strict=True)])


def overlap_matrix(lat: ArrayLike, lon: ArrayLike, width_km: ArrayLike) -> NDArray[np.bool_]:
    """Tells which north-up squares overlap: (n, n), symmetric, True on the diagonal.

    Squares that only touch do not overlap.

    Args:
        lat, lon: (n,) centres in degrees.
        width_km: sides on the ground, (n,) or one value for all.
    """
    return overlapping(square_rings(lat, lon, np.asarray(width_km, np.float64) * (1 - _SHRINK_SHARE)))


def overlapping(rings: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tells which footprints overlap or touch: (n, n) for rings (n, k, 2) of lat and lon."""
    centres = np.array([center_of(ring) for ring in rings])
    radii = distance_km(centres[:, :1], centres[:, 1:], rings[:, :, 0], rings[:, :, 1]).max(axis=1)
    matrix = np.zeros((len(rings), len(rings)), bool)
    for i, centre in enumerate(centres):
        distances = distance_km(centre[0], centre[1], centres[i:, 0], centres[i:, 1])
        # distance_km works on a sphere, which differs from the ellipsoid by up to 0.6 %.
        near = i + np.flatnonzero(distances <= 1.02 * (radii[i] + radii[i:]))
        polygons = _polygons(rings[near], centre)
        shapely.prepare(polygons[0])
        matrix[i, near] = matrix[near, i] = shapely.intersects(polygons[0], polygons)
    return matrix


def iou(ring: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the intersection over union, (n,), of one footprint (k, 2) with others (n, m, 2), lat and lon."""
    centre = np.array(center_of(ring))
    polygon, polygons = _polygons(ring[None], centre)[0], _polygons(others, centre)
    intersection = shapely.area(shapely.intersection(polygon, polygons))
    return intersection / np.maximum(shapely.area(polygon) + shapely.area(polygons) - intersection, 1e-12)


def _polygons(rings: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.object_]:
    x, y = LocalFrame(centre[0], centre[1]).to_xy(rings[..., 0], rings[..., 1])
    polygons = shapely.polygons(np.stack([x, y], axis=-1))
    invalid = ~shapely.is_valid(polygons)
    polygons[invalid] = shapely.make_valid(polygons[invalid])
    return polygons
