"""Sources that compare a photo's descriptor with an embedding of every place: GeoCLIP, SatCLIP, RANGE.

They differ in how the embeddings are made (training/where/: geoclip.py, satclip.py, retrieved.py), and not here. The
location encoders that made them are not needed any more, for the places are fixed: the cells of one level on land and
near it. A photo's descriptors go through the image head, two small matrices, and are compared with all of them. The
photo's rotation is unknown: every rotation is a hypothesis, and their probabilities are added.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.where import cells
from engine.where.evidence import Evidence
from engine.where.package import PackagedSource

Array = NDArray[np.float32]

# Cells outside the gallery have this share of the background of those inside: the open sea.
OUTSIDE = 0.1


@dataclass(frozen=True, eq=False)
class ImageHead:
    """Maps descriptors to the space of the gallery: linear, ReLU, linear; or only the first if there is no second.

    Attributes:
        first: (dimension + 1, width); the last row is the bias.
        second: (width + 1, out), likewise, or None.
    """

    first: Array
    second: Array | None = None

    def __call__(self, descriptors: Array) -> Array:
        """Descriptors (n, dimension) to vectors (n, out) of length 1."""
        values = descriptors @ self.first[:-1] + self.first[-1]
        if self.second is not None:
            values = np.maximum(values, 0.0) @ self.second[:-1] + self.second[-1]
        norms = np.linalg.norm(values, axis=1, keepdims=True)
        return np.asarray(values / np.maximum(norms, 1e-12), np.float32)


@dataclass(frozen=True, eq=False)
class Gallery:
    """Embeddings of cells.

    Attributes:
        level: of the cells.
        numbers: (n,) of the cells.
        embeddings: (n, dimension), each of length 1.
        scale: of the similarity: the inverse of the softmax's temperature.
        background: share of the probability that is spread evenly, because the head may be wrong, 0 to 1.
    """

    level: int
    numbers: NDArray[np.int64]
    embeddings: Array
    scale: float
    background: float

    def log_density(self, queries: Array) -> Array:
        """Log density (cells,) of the finest cells.

        Args:
            queries: (views, dimension), each of length 1: one photo in several rotations.
        """
        similarity = self.scale * (self.embeddings @ queries.T)
        odds = np.exp(similarity - similarity.max()).sum(axis=1)
        count = len(odds)
        inside = np.log((1.0 - self.background) * odds / odds.sum() + self.background / count)
        values = np.full(cells.count(self.level), np.log(OUTSIDE * self.background / count), np.float32)
        values[self.numbers] = inside
        return np.asarray(cells.finer(values.reshape(cells.shape(self.level)), cells.FINEST - self.level)).ravel()


class GallerySource:
    """A source of a where package with the files `cells` (uint16), `embeddings` (int8), `first` and `second` (float16).

    Its settings are `level`, `scale`, `background`, `layers` (1 or 2) of the image head, and `views`, the number of the
    photo's views that are used: 8 for the whole at rotations by 45 degrees, 12 with the closer view.

    Attributes:
        name: of the source.
        model_sha256: of the model whose descriptors it takes.

    Raises:
        ModelError: a file or a setting cannot be used.
    """

    def __init__(self, source: PackagedSource) -> None:
        self.name = source.name
        if source.model_sha256 is None:
            raise ModelError.of("where.lacks", path=source.card, what=f"sources.{source.name}.model_sha256")
        self.model_sha256 = source.model_sha256
        self._views = source.whole_number("views", 1, 64)
        level = source.whole_number("level", 0, cells.FINEST)
        numbers = source.array("cells", np.uint16, 1).astype(np.int64)
        embeddings = source.array("embeddings", np.int8, 2).astype(np.float32)
        if len(numbers) != len(embeddings) or not len(numbers) or numbers.max() >= cells.count(level):
            raise ModelError.of("where.unfit", path=source.path("cells"))
        norms = np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
        self._gallery = Gallery(
            level, numbers, embeddings / norms, source.number("scale", 0, 1e4), source.number("background", 1e-9, 1.0)
        )
        first = source.array("first", np.float16, 2).astype(np.float32)
        second = None
        if source.whole_number("layers", 1, 2) == 2:
            second = source.array("second", np.float16, 2).astype(np.float32)
        widths = [first.shape[1], *([] if second is None else [second.shape[0] - 1, second.shape[1]])]
        if widths[-1] != embeddings.shape[1] or (second is not None and widths[0] != widths[1]):
            raise ModelError.of("where.unfit", path=source.path("first"))
        self._head = ImageHead(first, second)

    def log_density(self, evidence: Evidence) -> Array | None:
        """Log density (cells,) over the finest cells; None if the photo has no descriptors of the model."""
        views = evidence.views.get(self.model_sha256)
        if views is None or views.whole.shape[1] != len(self._head.first) - 1:
            return None
        return self._gallery.log_density(self._head(views.whole[: self._views]))
