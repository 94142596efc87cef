"""A probability over the cells of the globe: areas to search, recall against area, and its code in a file."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from engine.contract.validation import InvalidValueError
from engine.where import cells

Array = NDArray[np.float64]

SEARCH_PERCENT = (50, 90, 99)
# The code of a cell is -8 times the natural logarithm of its probability over the highest one, at most this.
_STEPS_PER_UNIT = 8.0
_LOWEST_CODE = 255
_MOST_CODED_BYTES = 4 * cells.count()


@dataclass(frozen=True, eq=False)
class Region:
    """A connected part of an area to search.

    Attributes:
        probability: that the photo was taken there.
        area_km2: of it.
        center: (lat, lon) of its most probable cell.
    """

    probability: float
    area_km2: float
    center: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Distribution:
    """The probability of every cell of the finest level.

    Attributes:
        probability: (rows, columns), never negative, sums to 1.
    """

    probability: Array

    @classmethod
    def from_log(cls, log_density: NDArray[np.floating]) -> Distribution:
        """From the logarithm of a density, up to a constant, (cells,) or (rows, columns) of the finest level.

        Raises:
            ValueError: no cell is possible, or a value is not a number.
        """
        log_density = np.asarray(log_density, np.float64).reshape(cells.shape())
        highest = log_density.max()
        if not np.isfinite(highest):
            raise ValueError("no cell is possible, or a value is not a number")
        density = np.exp(log_density - highest)
        return cls(density / density.sum())

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        return np.argsort(-self.probability, axis=None, kind="stable")

    @cached_property
    def _accumulated(self) -> Array:
        return np.cumsum(self.probability.ravel()[self._order])

    @cached_property
    def percent(self) -> Array:
        """The percentage above which the area to search holds each cell, (rows, columns).

        It is the probability of all cells that are searched before: a cell below 50 belongs to the area of 50 %.
        """
        found = np.empty(self.probability.size)
        found[self._order] = 100.0 * np.concatenate([[0.0], self._accumulated[:-1]]) / self._accumulated[-1]
        return found.reshape(self.probability.shape)

    def search_area(self, percent: float) -> NDArray[np.bool_]:
        """The smallest set of cells, (rows, columns), that holds the photo with this probability."""
        needed = int(np.searchsorted(self._accumulated, percent / 100.0 * self._accumulated[-1])) + 1
        chosen = np.zeros(self.probability.size, bool)
        chosen[self._order[:needed]] = True
        return chosen.reshape(self.probability.shape)

    def area_km2(self, percent: float) -> float:
        """Size of the area to search."""
        return float(self.search_area(percent).sum() * cells.area_km2())

    def percent_at(self, lat: float, lon: float) -> float:
        """The percentage above which the area to search holds this place."""
        return float(self.percent.ravel()[int(cells.cell_of(lat, lon))])

    def area_until_km2(self, lat: float, lon: float) -> float:
        """Area that is searched, most probable cells first, until this place is found: RvA's measure.

        Recall against area: arXiv 2407.13862. Of the cells that are as probable as the one looked for, half count.
        """
        values = self.probability.ravel()
        here = values[int(cells.cell_of(lat, lon))]
        before, equal = int((values > here).sum()), int((values == here).sum())
        return (before + (equal + 1) / 2) * cells.area_km2()

    def log_probability_at(self, lat: float, lon: float) -> float:
        """Natural logarithm of the probability of the cell that holds this place."""
        return float(np.log(max(self.probability.ravel()[int(cells.cell_of(lat, lon))], 1e-300)))

    def regions(self, percent: float, most: int = 5) -> list[Region]:
        """Connected parts of the area to search, the most probable first. Cells may be connected by corners."""
        labels, found = _connected(self.search_area(percent))
        if not found:
            return []
        numbers = np.arange(1, found + 1)
        probability = ndimage.sum_labels(self.probability, labels, numbers)
        sizes = ndimage.sum_labels(np.ones_like(self.probability), labels, numbers)
        peaks = ndimage.maximum_position(self.probability, labels, numbers)
        lat, lon = cells.centers()
        columns = self.probability.shape[1]
        best = np.argsort(-probability, kind="stable")[:most]
        return [
            Region(
                float(probability[at]),
                float(sizes[at] * cells.area_km2()),
                (float(lat[peaks[at][0] * columns + peaks[at][1]]), float(lon[peaks[at][0] * columns + peaks[at][1]])),
            )
            for at in best
        ]

    def outline(self, percent: float) -> shapely.MultiPolygon:
        """The area to search as polygons, x = longitude, y = latitude. None of them crosses 180 degrees."""
        return _outline(self.search_area(percent))

    def encoded(self) -> str:
        """The distribution as text: base64 of zlib of one byte a cell (docs/where.md). Loses what is below e^-31."""
        with np.errstate(divide="ignore"):
            depth = np.log(self.probability.max()) - np.log(self.probability)
        codes = np.minimum(np.rint(depth * _STEPS_PER_UNIT), _LOWEST_CODE).astype(np.uint8)
        return base64.b64encode(zlib.compress(codes.tobytes(), 6)).decode("ascii")

    @classmethod
    def decoded(cls, text: str) -> Distribution:
        """The distribution that was encoded, to a twelfth of each probability.

        Raises:
            InvalidValueError: the text is no encoded distribution.
        """
        try:
            unpacker = zlib.decompressobj()
            data = unpacker.decompress(base64.b64decode(text, validate=True), _MOST_CODED_BYTES)
        except (ValueError, zlib.error):
            raise InvalidValueError("", "is not an encoded map of probability") from None
        if len(data) != cells.count():
            raise InvalidValueError("", f"has {len(data)} cells instead of {cells.count()}")
        depth = np.frombuffer(data, np.uint8).astype(np.float64) / _STEPS_PER_UNIT
        density = np.where(depth < _LOWEST_CODE / _STEPS_PER_UNIT, np.exp(-depth), 0.0)
        if not density.any():
            raise InvalidValueError("", "has no possible cell")
        return cls((density / density.sum()).reshape(cells.shape()))


def _connected(chosen: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Numbers (rows, columns) of the connected parts from 1 on, 0 elsewhere, also across 180 degrees; and how many."""
    labels, found = ndimage.label(chosen, structure=np.ones((3, 3)))
    joined = np.arange(found + 1)

    def root(label: int) -> int:
        while joined[label] != label:
            label = joined[label]
        return label

    for row in range(len(labels)):
        for other in range(max(row - 1, 0), min(row + 2, len(labels))):
            west, east = labels[row, 0], labels[other, -1]
            if west and east:
                joined[max(root(west), root(east))] = min(root(west), root(east))
    roots = np.array([root(label) for label in range(found + 1)])
    numbers = np.unique(roots)
    return np.searchsorted(numbers, roots)[labels].astype(np.int32), len(numbers) - 1


def _outline(chosen: NDArray[np.bool_]) -> shapely.MultiPolygon:
    """The cells as merged rectangles. Rows of cells are straight in longitude and latitude, so nothing is lost."""
    lat_edges, lon_edges = cells.edges()
    runs = []
    for row in np.flatnonzero(chosen.any(axis=1)):
        steps = np.diff(chosen[row].astype(np.int8), prepend=0, append=0)
        for start, stop in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
            runs.append((lon_edges[start], lat_edges[row + 1], lon_edges[stop], lat_edges[row]))
    merged = shapely.union_all(shapely.box(*np.array(runs).reshape(-1, 4).T))
    parts = [merged] if merged.geom_type == "Polygon" else list(getattr(merged, "geoms", []))
    return shapely.MultiPolygon([part for part in parts if not part.is_empty])
