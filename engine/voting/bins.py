"""Bins that gather votes for about the same pose, and how far above chance each of them is.

A bin is a third of the ground width wide either way, two thirds of an octave in width and 40 degrees in turn. A pose
may lie on the edge of one, so all bins are laid out 16 times, each dimension also shifted by half.
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

_SHARE = 1 / 3
_OCTAVES = 2 / 3
_TURNS = 9
_STEEPEST = 85.0  # degrees of latitude up to which columns get fewer
_JUDGED = 600  # of each layout, those of the most votes
_KEPT = 40
_THREADS = min(4, os.cpu_count() or 1)
# Bits of a key: below are 20 for the match, and 4 for the turn.
_MATCH_BITS, _TURN_BITS, _COLUMN_BITS, _ROW_BITS = 20, 4, 17, 16


@dataclass(frozen=True, eq=False)
class Bin:
    """Votes for about one pose.

    Attributes:
        z: standard deviations by which they exceed what chance puts there.
        rows: of Votes, one for each photo feature.
    """

    z: float
    rows: NDArray[np.int64]


def best_bins(votes: Votes, density: Density) -> list[Bin]:
    """The bins furthest above chance of every layout, best first; the same pose is in many of them."""
    by_match = np.zeros(int(votes.match[-1]) + 1)
    by_match[votes.match] = votes.weight
    layouts = itertools.product((0.0, 0.5), repeat=4)
    with ThreadPoolExecutor(_THREADS, "bins") as pool:  # NumPy sorts and counts without holding the other threads up
        found = list(pool.map(lambda layout: _bins(votes, by_match, density, layout), layouts))
    return sorted(itertools.chain.from_iterable(found), key=lambda one: -one.z)


def _bins(votes: Votes, by_match: Array, density: Density, shift: tuple[float, ...]) -> list[Bin]:
    """The best bins of one layout, shifted in width, latitude, longitude and turn.

    `by_match` has the weights by the number of the match. Sorting numbers that hold the bin above and the match below
    brings together what belongs together.
    """
    octave = np.floor(np.log2(votes.width_km) / _OCTAVES + shift[0]).astype(np.int64)
    first = octave.min()
    level = octave - first
    width_km = np.exp2((np.arange(first, octave.max() + 1) - shift[0] + 0.5) * _OCTAVES)
    side_deg = (_SHARE * width_km / geo.KM_PER_DEGREE)[level]
    row = np.floor((votes.lat + 90.0) / side_deg + shift[1])
    middle = ((row - shift[1] + 0.5) * side_deg - 90.0).clip(-_STEEPEST, _STEEPEST)
    columns = np.maximum(1.0, np.rint(360.0 * np.cos(np.radians(middle)) / side_deg))
    column = np.floor((votes.lon + 180.0) / 360.0 * columns + shift[2]) % columns
    turn = np.floor(votes.rotation_deg / (360.0 / _TURNS) + shift[3]).astype(np.int64) % _TURNS
    key = (level << _ROW_BITS) + row.astype(np.int64)
    key = (key << _COLUMN_BITS) + column.astype(np.int64)
    key = ((key << _TURN_BITS) + turn << _MATCH_BITS) + votes.match
    key.sort()
    bins, match = key >> _MATCH_BITS, key & ((1 << _MATCH_BITS) - 1)
    new = np.diff(bins, prepend=-1) != 0
    # Of several votes of a photo feature in a bin the first has the nearest neighbour.
    once = new | (np.diff(match // votes.neighbours, prepend=-1) != 0)
    match, starts = match[once], np.flatnonzero(new[once])
    weight = by_match[match]
    sums = np.add.reduceat(weight, starts)
    ends = np.append(starts[1:], len(match))
    most = np.argpartition(-sums, _JUDGED)[:_JUDGED] if len(sums) > _JUDGED else np.arange(len(sums))
    some = np.searchsorted(votes.match, match[starts[most]])
    of_level = np.bincount(level, weights=votes.weight)
    area = (_SHARE * width_km) ** 2
    expected = np.empty(len(some))
    for one in np.unique(level[some]):
        here = level[some] == one
        share = density.at(votes.lat[some[here]], votes.lon[some[here]], float(width_km[one]))
        expected[here] = of_level[one] * area[one] / _TURNS * share
    z = (sums[most] - expected) / np.sqrt(expected + 1.0)
    return [
        Bin(float(z[best]), np.searchsorted(votes.match, match[starts[most[best]] : ends[most[best]]]))
        for best in np.argsort(-z, kind="stable")[:_KEPT]
    ]
