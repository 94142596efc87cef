"""First guess of the geometry: affine maps that are consistent with many of thousands of mostly wrong matches.

Each match alone proposes a similarity between photo and map: the sizes of its two keypoints give the scale, their
orientations the rotation, their positions the shift. Every proposal is scored over all matches with a generous
threshold, and the best are refined to affine maps. The usual homography from four random matches would need all four
to be right: with one right match in thirty, that is one draw in a million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Thresholds in parts of the photo's longer side.
_INLIER_SHARE = 0.04
_AFFINE_STEPS = (0.05, 0.04, 0.03, 0.03)
_SAME_PLACE = 0.15
_BLOCK = 256
_CELLS = 40  # unique inliers are counted on a grid of 40 x 40 cells, so that a cluster on one spot counts once
_MIN_INLIERS = 5
_MAX_SHEAR = 4.0
_MAX_PAIRS = 60_000  # pairs of matches
_MIN_PAIR_DISTANCE = 0.1  # a pair further apart than this determines scale and rotation well enough
_MAX_PROPOSALS = 10_000


@dataclass(frozen=True, eq=False)
class AffineGuess:
    """An affine map from photo pixels to map kilometres.

    Attributes:
        matrix: (2, 3): [x_km, y_km] = matrix @ [x_px, y_px, 1]; y_km points north.
        inliers: row numbers of the matches that agree.
        support: how many cells of the photo contain an inlier.
    """

    matrix: Array
    inliers: NDArray[np.int64]
    support: int


def propose_affines(
    photo_xy: Array,
    map_xy_km: Array,
    scale: Array | None,
    rotation_rad: Array | None,
    photo_size: tuple[int, int],
    width_km: tuple[float, float],
    limit: int = 3,
) -> list[AffineGuess]:
    """Affine maps that many matches agree with, best first, all with different places or rotations.

    Args:
        photo_xy: (n, 2) pixel positions in the photo.
        map_xy_km: (n, 2) positions on the map, y to the north.
        scale: (n,) km per photo pixel, from the keypoints' sizes; None for features without sizes, for which pairs of
            matches propose similarities.
        rotation_rad: (n,) angle from the map's x axis counter-clockwise to the photo's x axis; or None.
        photo_size: width, height in pixels.
        width_km: smallest and largest length of the photo's longer side on the ground.
        limit: how many guesses.
    """
    longer = max(photo_size)
    # In complex numbers, with the photo's y axis upwards: map = factor * photo + shift.
    photo = photo_xy[:, 0] - 1j * photo_xy[:, 1]
    ground = map_xy_km[:, 0] + 1j * map_xy_km[:, 1]
    if scale is None or rotation_rad is None:
        factor, at = _pair_proposals(photo, ground, longer)
    else:
        factor, at = scale * np.exp(1j * rotation_rad), np.arange(len(photo))
    width = np.abs(factor) * longer
    plausible = np.flatnonzero((width > width_km[0]) & (width < width_km[1]))[:_MAX_PROPOSALS]
    if len(plausible) < _MIN_INLIERS:
        return []
    factor, at = factor[plausible], at[plausible]
    shift = ground[at] - factor * photo[at]
    cell = _unique_cells(photo_xy, longer)
    counts = np.concatenate(
        [
            _unique_inliers(factor[i : i + _BLOCK], shift[i : i + _BLOCK], photo, ground, cell, _INLIER_SHARE * longer)
            for i in range(0, len(factor), _BLOCK)
        ]
    )
    guesses: list[AffineGuess] = []
    middle = photo_size[0] / 2 - 1j * photo_size[1] / 2
    used_places: list[complex] = []
    used_factors: list[complex] = []
    for i in np.argsort(-counts, kind="stable")[: 20 * limit]:
        if counts[i] < _MIN_INLIERS or len(guesses) == limit:
            break
        place = factor[i] * middle + shift[i]
        reach = _SAME_PLACE * longer * abs(factor[i])
        if any(
            abs(place - other) < reach and abs(np.angle(factor[i] / f)) < 0.35
            for other, f in zip(used_places, used_factors, strict=True)
        ):
            continue
        used_places.append(place)
        used_factors.append(factor[i])
        refined = _refine(factor[i], shift[i], photo_xy, map_xy_km, longer)
        if refined is not None:
            guesses.append(AffineGuess(*refined, len(np.unique(cell[refined[1]]))))
    return sorted(guesses, key=lambda guess: -guess.support)


def _pair_proposals(
    photo: NDArray[np.complex128], ground: NDArray[np.complex128], longer: float
) -> tuple[NDArray[np.complex128], NDArray[np.int64]]:
    """Factors of the similarities given by random pairs of matches, and the first match of each pair."""
    one, other = np.random.default_rng(0).integers(0, len(photo), (2, _MAX_PAIRS))
    apart = np.abs(photo[one] - photo[other])
    far = np.flatnonzero(apart > _MIN_PAIR_DISTANCE * longer)
    one, other = one[far], other[far]
    return (ground[other] - ground[one]) / (photo[other] - photo[one]), one


def _unique_inliers(
    factor: NDArray[np.complex128],
    shift: NDArray[np.complex128],
    photo: NDArray[np.complex128],
    ground: NDArray[np.complex128],
    cell: NDArray[np.int64],
    threshold_px: float,
) -> NDArray[np.int64]:
    """How many cells of the photo contain a match that agrees with each proposal."""
    error = np.abs(factor[:, None] * photo + shift[:, None] - ground)
    agrees = error < threshold_px * np.abs(factor)[:, None]
    counts = np.empty(len(factor), np.int64)
    for row, flags in enumerate(agrees):
        counts[row] = len(np.unique(cell[flags]))
    return counts


def _unique_cells(photo_xy: Array, longer: float) -> NDArray[np.int64]:
    column, row = (photo_xy / longer * _CELLS).astype(np.int64).T
    return row * (_CELLS + 1) + column


def _refine(
    factor: complex, shift: complex, photo_xy: Array, map_xy_km: Array, longer: float
) -> tuple[Array, NDArray[Any]] | None:
    """Least squares over the inliers of a similarity, then of the resulting affine map, with decreasing thresholds."""
    # factor * (x - i y) + shift
    matrix = np.array([[factor.real, factor.imag, shift.real], [factor.imag, -factor.real, shift.imag]])
    design = np.column_stack([photo_xy, np.ones(len(photo_xy))])
    inliers = np.zeros(0, np.int64)
    for part in _AFFINE_STEPS:
        km_per_px = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
        error = np.linalg.norm(design @ matrix.T - map_xy_km, axis=1)
        inliers = np.flatnonzero(error < part * longer * km_per_px)
        if len(inliers) < _MIN_INLIERS:
            return None
        # Four anchor points keep the map near the similarity, because few inliers may lie on a line.
        anchor = np.array([[0.0, 0.0, 1.0], [longer, 0.0, 1.0], [0.0, longer, 1.0], [longer, longer, 1.0]])
        rows = np.vstack([design[inliers], 0.7 * anchor])
        targets = np.vstack([map_xy_km[inliers], 0.7 * anchor @ matrix.T])
        matrix = np.linalg.lstsq(rows, targets, rcond=None)[0].T
        stretch = np.linalg.svd(matrix[:, :2], compute_uv=False)
        # The photo's y axis points down: a map that is not mirrored has a negative determinant.
        if stretch[1] <= 0 or stretch[0] > _MAX_SHEAR * stretch[1] or np.linalg.det(matrix[:, :2]) >= 0:
            return None
    return matrix, inliers
