"""Matches between local features of a photo and of reference imagery.

Between a hazy photo and a mosaic only about one match in thirty is right. So matches are only proposals;
engine.registration.similarity finds the right ones among them.
"""

from __future__ import annotations

import faiss
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engine.features import Features

Array = NDArray[np.float64]

# Nearest over second nearest distance. Loose, because right matches between a photo and a mosaic are rarely distinct.
RATIO = 0.95
_NEIGHBOURS_GUIDED = 24  # reference features near the expected position that are compared
_BLOCK_FEATURES = 500


def match_mutually(photo: Features, reference: Features, ratio: float = RATIO) -> NDArray[np.int64]:
    """Pairs (n, 2) of row numbers: each the other's nearest, and clearly nearer than the second."""
    if len(photo) < 2 or len(reference) < 2:
        return np.zeros((0, 2), np.int64)
    # Descriptors have length 1: the largest products are the smallest distances.
    similarity, nearest = faiss.knn(photo.descriptors, reference.descriptors, 2, metric=faiss.METRIC_INNER_PRODUCT)
    _, back = faiss.knn(reference.descriptors, photo.descriptors, 1, metric=faiss.METRIC_INNER_PRODUCT)
    distance = np.sqrt(np.maximum(2.0 - 2.0 * similarity, 0.0))
    rows = np.arange(len(photo))
    kept = (back[nearest[:, 0], 0] == rows) & (distance[:, 0] < ratio * distance[:, 1])
    return np.stack([rows[kept], nearest[kept, 0]], axis=1).astype(np.int64)


def match_nearby(
    photo: Features, reference: Features, reference_xy: Array, reach_px: float, ratio: float = RATIO
) -> NDArray[np.int64]:
    """Pairs (n, 2) where the approximate position of each reference feature in the photo is known; most similar first.

    Args:
        photo, reference: features.
        reference_xy: (len(reference), 2) their expected positions in the photo; NaN for none.
        reach_px: search radius around these positions.
        ratio: nearest over second nearest distance, within the radius.
    """
    positioned = np.flatnonzero(np.isfinite(reference_xy).all(axis=1))
    if len(photo) < 2 or len(positioned) < 2:
        return np.zeros((0, 2), np.int64)
    k = min(_NEIGHBOURS_GUIDED, len(positioned))
    separation, near = cKDTree(reference_xy[positioned]).query(photo.xy, k, distance_upper_bound=reach_px)
    with_neighbours = np.flatnonzero(np.isfinite(separation[:, 0]))
    separation, near = separation[with_neighbours], positioned[np.minimum(near[with_neighbours], len(positioned) - 1)]
    similarity = np.empty(near.shape, np.float32)
    for start in range(0, len(near), _BLOCK_FEATURES):  # all at once would take 100 MB
        block = slice(start, start + _BLOCK_FEATURES)
        ours, theirs = photo.descriptors[with_neighbours[block]], reference.descriptors[near[block]]
        similarity[block] = np.einsum("nd,nkd->nk", ours, theirs)
    similarity[np.isinf(separation)] = -1.0
    rows = np.arange(len(with_neighbours))
    first = similarity.argmax(axis=1)
    best, best_row = similarity[rows, first], near[rows, first]
    similarity[rows, first] = -1.0
    second = similarity.max(axis=1)
    kept = (best > 0) & (np.sqrt(2 - 2 * np.minimum(best, 1)) < ratio * np.sqrt(2 - 2 * np.minimum(second, 1)))
    # Where several photo features match one reference feature, the most similar one keeps it.
    order = np.argsort(-best[kept], kind="stable")
    pairs = np.stack([with_neighbours[kept], best_row[kept]], axis=1)[order]
    _, firsts = np.unique(pairs[:, 1], return_index=True)
    return pairs[np.sort(firsts)].astype(np.int64)
