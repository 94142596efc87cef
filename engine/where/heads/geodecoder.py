"""GeoDecoder: cells of several levels by a network of queries (Clark et al., CVPR 2023, arXiv 2303.04249).

The network (training/where/geodecoder.py) gives each kind of ground, the paper's scenes, a confidence, and for each
scene the probabilities of the cells of every level. The scene with the highest confidence decides. The probability of a
cell of the finest level is multiplied by those of the coarser cells that hold it.

Files of the source: `trunk` (engine/where/heads/trunk.py); `head`, an ONNX network `maps` (n, positions, channels) to
`scenes` (n, scenes) and `cells` (n, scenes, classes), natural logarithms; `cells`, int32 (classes,), the cells of all
levels in a row, ascending in each. Settings: `levels` and `classes`, the levels from coarse to fine and how many cells
of each there are; `exponents` of their probabilities in the product; `floor`, the share of the prior in the answer, for
photos that the network misjudges.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.onnx_package import open_session
from engine.where import cells, prior
from engine.where.evidence import Evidence
from engine.where.heads.trunk import OUTPUT as MAPS
from engine.where.heads.trunk import Trunk
from engine.where.package import PackagedSource

SCENES, CELLS = "scenes", "cells"
KIND = "geodecoder"


class Hierarchy:
    """The cells of several levels, of which each finer one lies in one of every coarser level.

    Args:
        levels: from coarse to fine.
        numbers: of the cells of each level, ascending.

    Raises:
        ValueError: the numbers do not fit the levels, or a cell has no coarser one.
    """

    def __init__(self, levels: Sequence[int], numbers: Sequence[NDArray[np.integer]]) -> None:
        if list(levels) != sorted(set(levels)) or len(levels) != len(numbers) or levels[0] < 0:
            raise ValueError("levels")
        if levels[-1] > cells.FINEST:
            raise ValueError("levels")
        for level, of_level in zip(levels, numbers, strict=True):
            if not len(of_level) or (np.diff(of_level) <= 0).any():
                raise ValueError("cells")
            if of_level[0] < 0 or of_level[-1] >= cells.count(level):
                raise ValueError("cells")
        finest = levels[-1]
        row, column = np.divmod(np.asarray(numbers[-1], np.int64), cells.shape(finest)[1])
        self.finest = finest
        self.counts = [len(of_level) for of_level in numbers]
        self._parents = []  # for each level, the place of the cell that holds each finest cell
        for level, of_level in zip(levels, numbers, strict=True):
            step = finest - level
            parent = (row >> step) * cells.shape(level)[1] + (column >> step)
            at = np.minimum(np.searchsorted(of_level, parent), len(of_level) - 1)
            if (np.asarray(of_level)[at] != parent).any():
                raise ValueError("cells")
            self._parents.append(at)
        # The finest cells of the hierarchy as cells of the finest level of the grid.
        table = np.full(cells.count(finest), -1.0)
        table[np.asarray(numbers[-1], np.int64)] = np.arange(len(numbers[-1]))
        fine = cells.finer(table.reshape(cells.shape(finest)), cells.FINEST - finest)
        self._table = fine.ravel().astype(np.int64)

    def product(self, logs: NDArray[np.floating], exponents: Sequence[float]) -> NDArray[np.float64]:
        """Logarithms of the probabilities of the finest cells, (n, finest), times those of the cells that hold them.

        Args:
            logs: (n, all), logarithms of the probabilities of the cells of all levels in a row.
            exponents: of each level's probabilities; 1 in the paper.
        """
        total = np.zeros((len(logs), self.counts[-1]))
        start = 0
        for count, parents, exponent in zip(self.counts, self._parents, exponents, strict=True):
            total += exponent * logs[:, start : start + count].astype(np.float64)[:, parents]
            start += count
        total -= total.max(axis=1, keepdims=True)
        return np.asarray(total - np.log(np.exp(total).sum(axis=1, keepdims=True)))

    def over_the_globe(self, probability: NDArray[np.floating]) -> NDArray[np.float64]:
        """Probability (cells,) of the finest cells of the grid, from that of the finest of the hierarchy (finest,)."""
        share = probability / 4 ** (cells.FINEST - self.finest)
        return np.where(self._table >= 0, share[self._table], 0.0)


class GeoDecoder:
    """The source `geodecoder`.

    Raises:
        ModelError: its files or settings cannot be used.
    """

    name = KIND

    def __init__(self, source: PackagedSource, trunk: Trunk, threads: int = 1) -> None:
        self._path = source.path("head")
        self._trunk = trunk
        levels = [int(level) for level in source.numbers("levels", None, 0, cells.FINEST)]
        counts = [int(count) for count in source.numbers("classes", len(levels), 1, cells.count())]
        numbers = source.array("cells", np.int32, 1)
        if len(numbers) != sum(counts):
            raise ModelError.of("where.unfit", path=source.path("cells"))
        try:
            self._hierarchy = Hierarchy(levels, np.split(numbers, np.cumsum(counts)[:-1]))
        except ValueError as error:
            raise ModelError.of("where.unfit", path=source.path("cells")) from error
        self._exponents = source.numbers("exponents", len(levels), 0.0, 10.0)
        self._floor = source.number("floor", 1e-6, 1.0)
        self._session = open_session(self._path, source.content("head"), threads)
        if {o.name for o in self._session.get_outputs()} != {SCENES, CELLS}:
            raise ModelError.of("where.unfit", path=self._path)

    def log_density(self, evidence: Evidence) -> NDArray[np.float64]:
        """What the photo adds to the log density of the finest cells (cells,): the mean over four rotations.

        The network gives probabilities; what they add is their ratio to those of the prior.

        Raises:
            ModelError: the networks do not fit together.
        """
        logs = self.cells_of(self._trunk.of_photo(evidence.pixels))
        found = np.exp(self._hierarchy.product(logs, self._exponents)).mean(axis=0)
        ratio = self._hierarchy.over_the_globe(found) / prior.orbit_probability()
        return np.asarray(np.log(self._floor + (1.0 - self._floor) * ratio))

    def cells_of(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logarithms of the probabilities of the cells of all levels, (n, all), by the most confident scene."""
        try:
            scenes, found = self._session.run([SCENES, CELLS], {MAPS: maps})
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise ModelError.of("where.unfit", path=self._path) from error
        if found.shape != (len(maps), scenes.shape[1], sum(self._hierarchy.counts)) or not np.isfinite(found).all():
            raise ModelError.of("where.unfit", path=self._path)
        return np.asarray(found[np.arange(len(maps)), scenes.argmax(axis=1)], np.float32)
