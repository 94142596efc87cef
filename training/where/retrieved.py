"""RANGE: location embeddings that retrieve what pictures look like there (Dhakal et al., CVPR 2025, arXiv 2502.19781).

Written from the formulas, with the temperatures of the package `rangegeo` (MIT), which a test compares it with. Keys
are a location encoder's embeddings of tiles (training/where/satclip.py), values are the tiles' descriptors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.ellipsoid import surface_normal
from engine.where import cells
from engine.where.heads.gallery import Gallery, ImageHead
from training.where.contrast import Pairs
from training.where.galleries import LEVEL

Array = NDArray[np.float32]

# Temperatures of the paper, as factors on cosines.
RANGE_SCALE, SEMANTIC_SCALE, GEOGRAPHIC_SCALE = 15.0, 12.0, 40.0
_ROWS = 512  # places at a time: each is compared with all tiles


def softmax_mean(queries: Array, keys: Array, values: Array, scale: float) -> Array:
    """RANGE: softmax(scale * q.k) V. Queries (n, d) and keys (m, d) of length 1, values (m, v); returns (n, v)."""
    parts = []
    for start in range(0, len(queries), _ROWS):
        odds = scale * (queries[start : start + _ROWS] @ keys.T)
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        parts.append((odds @ values) / odds.sum(axis=1, keepdims=True))
    return np.concatenate(parts)


def range_plus(
    queries: Array,
    points: Array,
    keys: Array,
    tile_points: Array,
    values: Array,
    beta: float = 0.5,
    semantic_scale: float = SEMANTIC_SCALE,
    geographic_scale: float = GEOGRAPHIC_SCALE,
) -> Array:
    """RANGE+: (1 - beta) softmax(geographic * x.x_db) V + beta softmax(semantic * q.k) V.

    Args:
        queries, points: (n, d) embeddings of the places, of length 1, and (n, 3) their unit vectors on the globe.
        keys, tile_points, values: (m, ...) the same of the tiles, and their descriptors.
        beta: 0 is smooth on the globe, 1 follows what places look like.
        semantic_scale, geographic_scale: the higher, the fewer tiles count.
    """
    near = softmax_mean(points, tile_points, values, geographic_scale)
    alike = softmax_mean(queries, keys, values, semantic_scale)
    return (1.0 - beta) * near + beta * alike


def range_gallery(
    encoded: Gallery, keys: Array, tiles: Pairs, beta: float, semantic_scale: float, geographic_scale: float
) -> tuple[Gallery, Array]:
    """The gallery of RANGE+ embeddings of the cells, without their mean, which photos of all places share.

    Args:
        encoded: gallery of the location encoder.
        keys: the encoder's embeddings of the tiles.
        tiles: the tiles.
        beta, semantic_scale, geographic_scale: see range_plus.

    Returns:
        The gallery, not yet fitted, and the mean (dimension,).
    """
    points = cells.center_vectors(LEVEL)[encoded.numbers].astype(np.float32)
    tile_points = np.asarray(surface_normal(tiles.place[:, 0], tiles.place[:, 1]), np.float32)
    found = range_plus(
        encoded.embeddings, points, keys, tile_points, tiles.descriptors, beta, semantic_scale, geographic_scale
    )
    mean = found.mean(axis=0)
    found = found - mean
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    return Gallery(LEVEL, encoded.numbers, found, 1.0, 0.5), mean


def centring_head(mean: Array) -> ImageHead:
    """The image head that only takes the mean of `range_gallery` from descriptors."""
    return ImageHead(np.concatenate([np.eye(len(mean)), -mean[None]]).astype(np.float32))
