"""The local features of a regional index on disk: 24 bytes each, memory-mapped, cell by cell along the Hilbert curve.

`features.bin` holds the features. `features.cells` holds the cells in the same order, with the number of features of
each and the checksums of its pixels and of its bytes. So a circle around a nadir takes a few contiguous reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.contract.parameters import FEATURE_KM
from engine.errors import IndexDamagedError
from engine.retrieval.tiling import Circle
from engine.voting.cells import Cells, Grid, middles, reach_km
from engine.voting.vocabulary import CODE_BYTES, WORDS, vocabulary

if TYPE_CHECKING:  # slow to import
    from engine.voting.cell_features import CellFeatures
    from engine.voting.density import Density

Array = NDArray[np.float64]
Pieces = list[tuple[int, int]]  # of stored features: the first row, and the row after the last one

FEATURES = "features.bin"
FEATURE_CELLS = "features.cells"
FACTS = "features"  # key in the manifest
FEATURE_DTYPE = np.dtype(
    [
        ("north", "<u2"),  # from the cell's south edge to its north edge
        ("east", "<u2"),
        ("size", "u1"),  # logarithm of the diameter on the ground
        ("azimuth", "u1"),
        ("word", "<u2"),
        ("code", "u1", CODE_BYTES),
    ]
)
CELL_ROW_DTYPE = np.dtype([("number", "<i4"), ("count", "<u4"), ("pixels", "<u4"), ("bytes", "<u4")])
# With at most this many features all are compared; with more only those of the words nearest to the query.
MAX_EXHAUSTIVE = 100_000
_PROBES = 32
_QUERIES_PER_CALL = 1024  # photo features; FAISS is slower with many thousands
_SIZE_STEPS_PER_OCTAVE = 14.0  # a step is 5 %
_SIZE_ORIGIN = 8.0  # octaves below 1 km


@dataclass(frozen=True, eq=False)
class FeaturePositions:
    """Positions of features: lat, lon (degrees), size_km (diameters) and azimuth_deg, each (n,)."""

    lat: Array
    lon: Array
    size_km: Array
    azimuth_deg: Array

    def take(self, rows: NDArray[np.int64]) -> FeaturePositions:
        """The positions of some rows."""
        return FeaturePositions(self.lat[rows], self.lon[rows], self.size_km[rows], self.azimuth_deg[rows])

    def __len__(self) -> int:
        return len(self.lat)


def unpack(features: NDArray[np.void], cells: Cells, counts: NDArray[np.int64]) -> FeaturePositions:
    """Positions of stored features (n,), where `counts` are the numbers of features per cell. The inverse of `pack`."""
    at = np.repeat(np.arange(len(cells)), counts)
    height, width = cells["north"] - cells["south"], cells["east"] - cells["west"]
    return FeaturePositions(
        cells["south"][at] + (features["north"] + 0.5) / 65536.0 * height[at],
        cells["west"][at] + (features["east"] + 0.5) / 65536.0 * width[at],
        np.exp2((features["size"] + 0.5) / _SIZE_STEPS_PER_OCTAVE - _SIZE_ORIGIN),
        (features["azimuth"] + 0.5) * (360.0 / 256.0),
    )


def pack(features: CellFeatures, cell: np.void) -> NDArray[np.void]:
    """Features of a cell in the stored form, (n,) of FEATURE_DTYPE."""
    packed = np.empty(len(features.lat), FEATURE_DTYPE)
    north = (features.lat - cell["south"]) / (cell["north"] - cell["south"])
    east = geo.normalise_lon(features.lon - cell["west"]) / (cell["east"] - cell["west"])
    packed["north"], packed["east"] = ((part * 65536.0).clip(0, 65535).astype(np.uint16) for part in (north, east))
    packed["size"] = ((np.log2(features.size_km) + _SIZE_ORIGIN) * _SIZE_STEPS_PER_OCTAVE).clip(0, 255).astype(np.uint8)
    packed["azimuth"] = (features.azimuth_deg * (256.0 / 360.0)).astype(np.int64) % 256
    packed["word"], packed["code"] = vocabulary().encode(features.descriptors)
    return packed


class FeatureIndex:
    """The opened features of an index. Only the table of cells is read at first.

    Args:
        path: named in errors.
        facts: the manifest's entry on the features, checked by `check_features`.
        cell_rows: the table of cells, of CELL_ROW_DTYPE.
        read: reads pieces of the stored features and concatenates them, (n,) of FEATURE_DTYPE.

    Raises:
        IndexDamagedError: the table contradicts the manifest, or the features were encoded with another vocabulary.
    """

    def __init__(
        self,
        path: Path,
        facts: dict[str, Any],
        cell_rows: NDArray[np.void],
        read: Callable[[Pieces], NDArray[np.void]],
    ) -> None:
        self.path = path
        self.count: int = facts["count"]
        self.feature_km: float = facts["feature_km"]
        if facts["vocabulary"] != vocabulary().sha256:
            raise IndexDamagedError.of("index.vocabulary", path=path)
        grid = Grid(self.feature_km)
        numbers, counts = cell_rows["number"], cell_rows["count"].astype(np.int64)
        if (len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(grid)) or counts.sum() != self.count:
            raise IndexDamagedError.of("index.damaged", path=path / FEATURE_CELLS)
        self.cell_rows = cell_rows
        self.cells = grid.numbered(numbers.astype(np.int64))
        self._ends = np.concatenate([[0], np.cumsum(counts)])
        self.read = read

    @classmethod
    def open(cls, path: Path, facts: dict[str, Any]) -> FeatureIndex:
        """Open the features in the folder of an index."""
        try:
            cell_rows = np.fromfile(path / FEATURE_CELLS, CELL_ROW_DTYPE)
        except OSError as error:
            raise IndexDamagedError.of("index.unreadable", path=path / FEATURE_CELLS) from error
        stored = _mapped(path / FEATURES, facts["count"])
        return cls(path, facts, cell_rows, lambda pieces: join_pieces([stored[first:last] for first, last in pieces]))

    def rows_of_cell(self, number: int) -> tuple[np.void, NDArray[np.void]] | None:
        """The row of the table and the stored features of a cell; None if the index does not have the cell."""
        at = np.flatnonzero(self.cell_rows["number"] == number)
        if not len(at):
            return None
        return self.cell_rows[at[0]], self.read([(int(self._ends[at[0]]), int(self._ends[at[0] + 1]))])

    def within(self, circle: Circle) -> FeatureSet:
        """The features in a circle; only its parts of the file are read."""
        lat, lon = middles(self.cells)
        away_km = geo.distance_km(lat, lon, circle.lat, circle.lon)
        near = np.flatnonzero(away_km <= circle.radius_km + reach_km(self.cells))
        breaks = np.flatnonzero(np.diff(near) > 1) + 1
        runs = [run for run in np.split(near, breaks) if len(run)]
        features = self.read([(int(self._ends[run[0]]), int(self._ends[run[-1] + 1])) for run in runs])
        positions = unpack(features, self.cells[near], np.diff(self._ends)[near])
        inside = np.flatnonzero(
            geo.distance_km(positions.lat, positions.lon, circle.lat, circle.lon) <= circle.radius_km
        )
        return FeatureSet(self.path, self.feature_km, features[inside], positions.take(inside))

    @cached_property
    def all(self) -> FeatureSet:
        """All features; kept in memory from first use, at 60 bytes each."""
        features = self.read([(0, self.count)])
        positions = unpack(features, self.cells, np.diff(self._ends))
        return FeatureSet(self.path, self.feature_km, features, positions)


class FeatureSet:
    """Searchable features in memory: their `positions`, the resolution `feature_km`, and their encoded descriptors."""

    def __init__(self, path: Path, feature_km: float, features: NDArray[np.void], positions: FeaturePositions) -> None:
        if len(features) and int(features["word"].max()) >= WORDS:
            raise IndexDamagedError.of("index.damaged", path=path / FEATURES)
        self.positions = positions
        self.feature_km = feature_km
        self._words, self._codes = features["word"], features["code"]

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def density(self) -> Density:
        """The density of the features on the ground."""
        from engine.voting.density import Density

        return Density(self.positions.lat, self.positions.lon)

    @cached_property
    def _searched(self) -> Any:
        if len(self) <= MAX_EXHAUSTIVE:
            return vocabulary().flat_index(self._codes)
        listed = vocabulary().inverted_file(self._words, self._codes)
        listed.nprobe = _PROBES
        return listed

    def nearest(self, numbers: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Rows (m, count) of the features most similar to m descriptors (`to_vocabulary_space`), best first, or -1."""
        found = np.full((len(numbers), count), -1, np.int64)
        most = min(count, len(self))
        for start in range(0, len(numbers) if most else 0, _QUERIES_PER_CALL):
            some = slice(start, start + _QUERIES_PER_CALL)
            found[some, :most] = self._searched.search(numbers[some], most)[1]
        return found


def check_features(facts: Any) -> None:
    """Check a manifest's entry on the features. Raises KeyError, TypeError or ValueError that names the field."""
    count, km = facts["count"], facts["feature_km"]
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 1 << 40:
        raise ValueError("features.count")
    if not isinstance(km, (int, float)) or not FEATURE_KM[0] <= km <= FEATURE_KM[1]:
        raise ValueError("features.feature_km")
    if not isinstance(facts["vocabulary"], str):
        raise TypeError("features.vocabulary")


def check_feature_files(facts: Any, files: dict[str, Any]) -> None:
    """Check a manifest's entries on the files of the features; raises like `check_features`."""
    if files[FEATURES]["bytes"] != facts["count"] * FEATURE_DTYPE.itemsize:
        raise ValueError("features.count")
    if files[FEATURE_CELLS]["bytes"] % CELL_ROW_DTYPE.itemsize:
        raise ValueError("features.cells")


def join_pieces(pieces: list[NDArray[np.void]]) -> NDArray[np.void]:
    """Concatenate pieces of stored features in memory."""
    # As bytes, because concatenating records takes ten times as long.
    parts = [np.ascontiguousarray(piece).view(np.uint8) for piece in pieces]
    return np.concatenate(parts or [np.empty(0, np.uint8)]).view(FEATURE_DTYPE)


def _mapped(path: Path, count: int) -> NDArray[np.void]:
    if not count:  # an empty file cannot be mapped
        return np.empty(0, FEATURE_DTYPE)
    try:
        return np.asarray(np.memmap(path, FEATURE_DTYPE, "r", shape=(count,)))
    except (OSError, ValueError) as error:
        raise IndexDamagedError.of("index.unreadable", path=path) from error
