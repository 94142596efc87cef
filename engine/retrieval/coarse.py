"""Short codes for searching a large index as a whole: 4 bits for each of 64 parts of a descriptor, 32 bytes per tile.

Product quantisation (Jegou, Douze, Schmid 2011) with tables kept in registers (Andre, Kermarrec, Le Scouarnec 2015),
both from FAISS. The codes find a few hundred tiles for each query, which are then compared by their full descriptors.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import IndexDamagedError
from engine.retrieval.descriptors import to_float32

if TYPE_CHECKING:
    import faiss  # heavy: imported by what needs it

CODES = "codes.pq4"
# With fewer tiles all descriptors are compared, which is fast enough without another file.
MIN_TILES_FOR_CODES = 100_000
# Tiles found for each query; a larger number changes no candidate (docs/search.md).
FOUND = 300
_PARTS = 64
_BITS = 4
_TRAINING_ROWS = 20_000
_BLOCK = 16_384
# FAISS's number for comparing each code with several queries at once: a fifth faster than its own choice.
_IMPLEM_SEVERAL_QUERIES = 15


class CoarseCodes:
    """The codes of an index, in memory."""

    def __init__(self, index: faiss.IndexPQFastScan) -> None:
        self._index = index

    def search(self, queries: NDArray[np.float32], count: int = FOUND) -> NDArray[np.int64]:
        """Rows, ascending, that contain the tiles most similar to any of the queries (n, dimension)."""
        _, rows = self._index.search(np.ascontiguousarray(queries, np.float32), min(count, self._index.ntotal))
        rows = np.sort(rows, axis=None)
        return np.asarray(rows[np.diff(rows, prepend=-1) > 0])  # each once, and without -1, which means none found

    @classmethod
    def read(cls, path: Path, count: int, dimension: int) -> CoarseCodes:
        """Read `codes.pq4`: the codebook, float32 (64, 16, dimension / 64), then 32 bytes for each tile.

        Raises:
            IndexDamagedError: it cannot be read, or contains invalid numbers.
        """
        import faiss

        try:
            content = np.fromfile(path, np.uint8)
        except OSError as error:
            raise IndexDamagedError.of("index.unreadable", path=path) from error
        book = content[: _book_bytes(dimension)].view("<f4")
        if len(content) != codes_bytes(count, dimension) or not np.isfinite(book).all():
            raise IndexDamagedError.of("index.damaged", path=path)
        made = faiss.IndexPQ(dimension, _PARTS, _BITS, faiss.METRIC_INNER_PRODUCT)
        faiss.copy_array_to_vector(np.ascontiguousarray(book, np.float32), made.pq.centroids)
        faiss.copy_array_to_vector(np.ascontiguousarray(content[_book_bytes(dimension) :]), made.codes)
        made.ntotal, made.is_trained = count, True
        kind: Any = faiss.IndexPQFastScan  # its stubs lack the constructor that takes an IndexPQ
        packed = kind(made)
        packed.implem = _IMPLEM_SEVERAL_QUERIES
        return cls(packed)


def has_codes(count: int, dimension: int) -> bool:
    """Whether an index of this size gets codes."""
    return count >= MIN_TILES_FOR_CODES and dimension % _PARTS == 0


def codes_bytes(count: int, dimension: int) -> int:
    """Size of `codes.pq4`."""
    return _book_bytes(dimension) + count * _PARTS * _BITS // 8


def write_codes(path: Path, descriptors: NDArray[Any]) -> None:
    """Write `codes.pq4` of stored descriptors (count, dimension), memory-mapped, float32 or int8.

    The same descriptors give the same bytes: training uses evenly spaced rows and one thread.
    """
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # sums of several threads round differently
    try:
        quantiser = faiss.ProductQuantizer(descriptors.shape[1], _PARTS, _BITS)
        step = max(1, len(descriptors) // _TRAINING_ROWS)
        quantiser.train(to_float32(descriptors[::step]))
        book = faiss.vector_to_array(quantiser.centroids).astype("<f4")
        with path.open("wb") as file:
            file.write(book.tobytes())
            for start in range(0, len(descriptors), _BLOCK):
                file.write(quantiser.compute_codes(to_float32(descriptors[start : start + _BLOCK])).tobytes())
    finally:
        faiss.omp_set_num_threads(threads)


def _book_bytes(dimension: int) -> int:
    return dimension * (1 << _BITS) * 4
