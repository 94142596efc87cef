"""The encoding of a feature's descriptor: the nearest of 4,096 visual words, and a code of 16 bytes.

`resources/vocabulary.bin` holds the words (uint8, 4096 x 128) and the codebook (float32, 32 x 16 x 4). Both were
trained once on the features of the world's land by tools/make_vocabulary.py. All indexes share it. So building an index
needs no training, a feature's bytes depend on its pixels alone, and several indexes can be searched together.

The code is that of a product quantiser (Jegou, Douze, Schmid 2011) with 4 bits for each of 32 parts, which FAISS
compares in registers (Andre, Kermarrec, Le Scouarnec 2015). A part is one gradient direction in 2 x 2 neighbouring
cells of the SIFT descriptor, whose values are correlated. docs/voting.md compares other codes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.resources import resources_folder

if TYPE_CHECKING:
    import faiss  # heavy: imported by what needs it

FILE = "vocabulary.bin"
WORDS = 4096
NUMBERS = 128
PARTS = 32
CODE_BYTES = 16
_BITS = 4
_LEVELS = 255.0  # descriptors have length 1; the vocabulary uses their numbers times this
_TRAINED_STEPS = 10
# Numbers of a SIFT descriptor (4 x 4 cells of 8 directions) in the order of the parts.
_ORDER = np.arange(NUMBERS).reshape(2, 2, 2, 2, 8).transpose(0, 2, 4, 1, 3).ravel()


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words (4096, 128) and codebook (32, 16, 4), both float32 with the numbers in the order of the parts."""

    words: NDArray[np.float32]
    book: NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """The content of `resources/vocabulary.bin`."""
        return self.words.astype(np.uint8).tobytes() + self.book.astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> Vocabulary:
        """The inverse of `to_bytes`."""
        size = WORDS * NUMBERS
        words = np.frombuffer(content[:size], np.uint8).reshape(WORDS, NUMBERS).astype(np.float32)
        return cls(words, np.frombuffer(content[size:], "<f4").reshape(PARTS, 16, NUMBERS // PARTS))

    @cached_property
    def sha256(self) -> str:
        """Hash of its bytes; an index states the vocabulary with which it was made."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @cached_property
    def quantiser(self) -> faiss.ProductQuantizer:
        """FAISS's product quantiser with this codebook."""
        import faiss

        made = faiss.ProductQuantizer(NUMBERS, PARTS, _BITS)
        faiss.copy_array_to_vector(np.ascontiguousarray(self.book, np.float32).ravel(), made.centroids)
        return made

    @cached_property
    def word_index(self) -> faiss.IndexFlatL2:
        """FAISS's index of the words."""
        import faiss

        made = faiss.IndexFlatL2(NUMBERS)
        made.add(np.ascontiguousarray(self.words))
        return made

    def encode(self, descriptors: NDArray[np.float32]) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """Nearest word (n,) and code (n, 16) of RootSIFT descriptors (n, 128)."""
        numbers = to_vocabulary_space(descriptors)
        if not len(numbers):
            return np.zeros(0, np.uint16), np.zeros((0, CODE_BYTES), np.uint8)
        _, words = self.word_index.search(numbers, 1)
        return words[:, 0].astype(np.uint16), np.asarray(self.quantiser.compute_codes(numbers))

    def flat_index(self, codes: NDArray[np.uint8]) -> faiss.IndexPQFastScan:
        """An index that compares all of these codes (n, 16)."""
        import faiss

        plain = faiss.IndexPQ(NUMBERS, PARTS, _BITS)
        faiss.copy_array_to_vector(np.ascontiguousarray(self.book, np.float32).ravel(), plain.pq.centroids)
        faiss.copy_array_to_vector(np.ascontiguousarray(codes).ravel(), plain.codes)
        plain.ntotal, plain.is_trained = len(codes), True
        kind: Any = faiss.IndexPQFastScan  # its stubs lack the constructor that takes an IndexPQ
        return kind(plain)

    def inverted_file(self, words: NDArray[np.uint16], codes: NDArray[np.uint8]) -> faiss.IndexIVFPQFastScan:
        """An index that compares only codes (n, 16) whose words (n,) are nearest to the query."""
        import faiss

        plain: Any = faiss.IndexIVFPQ(self.word_index, NUMBERS, WORDS, PARTS, _BITS)
        plain.by_residual, plain.own_fields = False, False
        faiss.copy_array_to_vector(np.ascontiguousarray(self.book, np.float32).ravel(), plain.pq.centroids)
        order = np.argsort(words, kind="stable").astype(np.int64)
        sorted_codes = np.ascontiguousarray(codes[order])
        ends = np.searchsorted(words[order], np.arange(WORDS + 1))
        for word in range(WORDS):
            first, last = int(ends[word]), int(ends[word + 1])
            if first < last:
                rows, block = order[first:last], sorted_codes[first:last]
                plain.invlists.add_entries(word, last - first, faiss.swig_ptr(rows), faiss.swig_ptr(block))
        plain.ntotal, plain.is_trained = len(words), True
        kind: Any = faiss.IndexIVFPQFastScan
        return kind(plain)


def to_vocabulary_space(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    """RootSIFT descriptors (n, 128) of length 1 in the vocabulary's form: 0 to 255, in the order of the parts."""
    return np.ascontiguousarray(np.rint(descriptors[:, _ORDER] * _LEVELS), np.float32)


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary in EarthLoc's resources."""
    return Vocabulary.from_bytes((resources_folder() / FILE).read_bytes())


def train_vocabulary(descriptors: NDArray[np.float32], seed: int = 0) -> Vocabulary:
    """Train a vocabulary on RootSIFT descriptors (n, 128). One thread is used, so equal inputs give equal bytes."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # sums of several threads round differently
    try:
        numbers = to_vocabulary_space(descriptors)
        means = faiss.Kmeans(NUMBERS, WORDS, niter=_TRAINED_STEPS, seed=seed, max_points_per_centroid=64)
        means.train(numbers)
        quantiser = faiss.ProductQuantizer(NUMBERS, PARTS, _BITS)
        quantiser.train(numbers)
        book = faiss.vector_to_array(quantiser.centroids).reshape(PARTS, 16, NUMBERS // PARTS)
        return Vocabulary(np.rint(np.asarray(means.centroids)).astype(np.float32), book.astype(np.float32))
    finally:
        faiss.omp_set_num_threads(threads)
