"""Bins that collect votes for about the same pose, and the z-score of each.

A bin spans a third of the ground width in latitude and in longitude, two thirds of an octave in width, and 40 degrees
in rotation. A pose may lie on the edge of a bin, so there are 16 layouts of bins, with each dimension shifted by half a
bin or not.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.voting.density import Density
from engine.voting.votes import Votes

Array = NDArray[np.float64]

_BIN_SHARE = 1 / 3
_OCTAVES = 2 / 3
_ROTATION_BINS = 9
_MAX_LATITUDE = 85.0  # up to here, rows nearer to a pole have fewer columns
_SCORED_BINS = 600  # of each layout, those with the most votes
_KEPT_BINS = 40  # of each layout, those with the highest z-scores
_THREADS = min(4, os.cpu_count() or 1)
# Bits of the parts of a key, from the lowest: 20 for the match, 4 for the rotation, 17 for the column, 16 for the row.
_MATCH_BITS, _ROTATION_BITS, _COLUMN_BITS, _ROW_BITS = 20, 4, 17, 16


@dataclass(frozen=True, eq=False)
class Bin:
    """Votes for about the same pose.

    Attributes:
        z: z-score: by how many standard deviations they exceed what chance gives.
        rows: of Votes, one for each photo feature.
    """

    z: float
    rows: NDArray[np.int64]


def best_bins(votes: Votes, density: Density) -> list[Bin]:
    """The bins with the highest z-scores of every layout, best first; one pose is usually in several of them."""
    by_match = np.zeros(int(votes.match[-1]) + 1)
    by_match[votes.match] = votes.weight
    layouts = itertools.product((0.0, 0.5), repeat=4)
    with ThreadPoolExecutor(_THREADS, "bins") as pool:  # NumPy releases the interpreter lock when it sorts and counts
        found = list(pool.map(lambda layout: _bins(votes, by_match, density, layout), layouts))
    return sorted(itertools.chain.from_iterable(found), key=lambda candidate: -candidate.z)


def _bins(votes: Votes, by_match: Array, density: Density, shift: tuple[float, ...]) -> list[Bin]:
    """The best bins of one layout, shifted in width, latitude, longitude and rotation.

    `by_match` has the weights by the number of the match. Each vote gets a key with the bin in the high bits and the
    match in the low bits, so that sorting the keys groups the votes by bin.
    """
    octave = np.floor(np.log2(votes.width_km) / _OCTAVES + shift[0]).astype(np.int64)
    first = octave.min()
    level = octave - first
    width_km = np.exp2((np.arange(first, octave.max() + 1) - shift[0] + 0.5) * _OCTAVES)
    side_deg = (_BIN_SHARE * width_km / geo.KM_PER_DEGREE)[level]
    row = np.floor((votes.lat + 90.0) / side_deg + shift[1])
    middle = ((row - shift[1] + 0.5) * side_deg - 90.0).clip(-_MAX_LATITUDE, _MAX_LATITUDE)
    columns = np.maximum(1.0, np.rint(360.0 * np.cos(np.radians(middle)) / side_deg))
    column = np.floor((votes.lon + 180.0) / 360.0 * columns + shift[2]) % columns
    rotation = np.floor(votes.rotation_deg / (360.0 / _ROTATION_BINS) + shift[3]).astype(np.int64) % _ROTATION_BINS
    key = (level << _ROW_BITS) + row.astype(np.int64)
    key = (key << _COLUMN_BITS) + column.astype(np.int64)
    key = ((key << _ROTATION_BITS) + rotation << _MATCH_BITS) + votes.match
    key.sort()
    bins, match = key >> _MATCH_BITS, key & ((1 << _MATCH_BITS) - 1)
    new = np.diff(bins, prepend=-1) != 0
    # Of several votes of a photo feature in a bin, the first one has the nearest neighbour.
    first_of_feature = new | (np.diff(match // votes.neighbours, prepend=-1) != 0)
    match, first_votes = match[first_of_feature], np.flatnonzero(new[first_of_feature])
    weight = by_match[match]
    sums = np.add.reduceat(weight, first_votes)
    last_votes = np.append(first_votes[1:], len(match))
    largest = np.argpartition(-sums, _SCORED_BINS)[:_SCORED_BINS] if len(sums) > _SCORED_BINS else np.arange(len(sums))
    first_rows = np.searchsorted(votes.match, match[first_votes[largest]])
    level_weights = np.bincount(level, weights=votes.weight)
    area = (_BIN_SHARE * width_km) ** 2
    expected = np.empty(len(first_rows))
    for bin_level in np.unique(level[first_rows]):
        here = level[first_rows] == bin_level
        share = density.at(votes.lat[first_rows[here]], votes.lon[first_rows[here]], float(width_km[bin_level]))
        expected[here] = level_weights[bin_level] * area[bin_level] / _ROTATION_BINS * share
    z = (sums[largest] - expected) / np.sqrt(expected + 1.0)
    return [
        Bin(float(z[best]), np.searchsorted(votes.match, match[first_votes[largest[best]] : last_votes[largest[best]]]))
        for best in np.argsort(-z, kind="stable")[:_KEPT_BINS]
    ]
