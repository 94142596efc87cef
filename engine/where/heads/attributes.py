"""What can be known of any place from a picture, compared with maps of the same: the attribute ensemble.

The paper on recall against area (arXiv 2407.13862) multiplies maps of where predicted attributes of a picture hold.
Here attributes such as the share of land, greenness and snow are predicted by one small network from descriptors
and colours, and a Gaussian with a fitted covariance tells how probable the prediction is at each cell. Some maps have
twelve months: the month of the photo is used where it is known, otherwise all months are averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.retrieval.photo_views import PhotoViews
from engine.where import cells
from engine.where.evidence import Evidence
from engine.where.heads import colours
from engine.where.package import PackagedSource

Array = NDArray[np.float32]

MONTHS = 12
# Pairs of rows of PhotoViews.whole: a photo and itself upside down. Attributes do not depend on where north is, so what
# the network predicts from the mean of each pair is averaged.
TURNS = ((0, 2), (1, 3))
# Cells without maps have this share of the background of the others: the open sea.
_OUTSIDE = 0.1


def features(views: PhotoViews, pixels: NDArray[np.uint8]) -> Array:
    """Inputs (pairs, dimension + colours.COUNT) of the network: means of two descriptors, and colour statistics."""
    descriptors = np.stack([views.whole[list(pair)].mean(axis=0) for pair in TURNS])
    colour = colours.colour_statistics(pixels)
    return joined_features(descriptors, np.broadcast_to(colour, (len(TURNS), len(colour))))


def joined_features(descriptor: Array, colour: Array) -> Array:
    """Descriptors (..., dimension) and colours (..., COUNT) as one input."""
    return np.concatenate([descriptor, colour], axis=-1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Maps:
    """Attributes of cells, standardised so that the differences between prediction and truth have deviation 1.

    Attributes:
        level: of the cells.
        numbers: (n,) of the cells.
        fixed: (n, a) attributes without seasons.
        monthly: (MONTHS, n, b) attributes with seasons, January first.
    """

    level: int
    numbers: NDArray[np.int64]
    fixed: Array
    monthly: Array

    def of_month(self, month: int) -> Array:
        """All attributes (n, a + b) of a month, 1 to 12."""
        return np.concatenate([self.fixed, self.monthly[month - 1]], axis=1)

    def shares(self, predicted: Array, whiten: Array, month: int | None) -> NDArray[np.float64]:
        """Probability (n,) of the cells under a Gaussian around the prediction; adds up to 1.

        Args:
            predicted: (a + b,) attributes of the photo.
            whiten: (a + b, c) maps differences to independent ones of deviation 1.
            month: 1 to 12, or None where unknown.
        """
        months = range(1, MONTHS + 1) if month is None else (month,)
        squares = np.empty((len(months), len(self.numbers)))
        for row, one in enumerate(months):
            apart = (self.of_month(one) - predicted) @ whiten
            squares[row] = np.einsum("ij,ij->i", apart, apart)
        odds = np.exp(-0.5 * (squares - squares.min())).sum(axis=0)
        return np.asarray(odds / odds.sum())

    def log_density(self, shares: NDArray[np.float64], background: float) -> Array:
        """Log density (cells,) of the finest cells from `shares`, with a share `background` that is spread evenly."""
        count = len(self.numbers)
        inside = np.log((1.0 - background) * shares + background / count)
        values = np.full(cells.count(self.level), np.log(_OUTSIDE * background / count), np.float32)
        values[self.numbers] = inside
        return np.asarray(cells.finer(values.reshape(cells.shape(self.level)), cells.FINEST - self.level)).ravel()


@dataclass(frozen=True, eq=False)
class Predictor:
    """A network with one hidden layer: features to attributes.

    Attributes:
        first: (features + 1, hidden), the last row is the bias; followed by ReLU.
        second: (hidden + 1, attributes), likewise.
    """

    first: Array
    second: Array

    def __call__(self, inputs: Array) -> Array:
        """Attributes (n, attributes) of inputs (n, features)."""
        hidden = np.maximum(inputs @ self.first[:-1] + self.first[-1], 0.0)
        return np.asarray(hidden @ self.second[:-1] + self.second[-1], np.float32)


def month_of(taken_at: str | None) -> int | None:
    """Month, 1 to 12, of an ISO 8601 time; None where it is unknown."""
    try:
        return datetime.fromisoformat(taken_at).month if taken_at else None
    except ValueError:
        return None


class Attributes:
    """The source `attributes` of a where package.

    Its files are `cells` (uint16), `fixed` (uint8, cells by attributes), `monthly` (uint8, MONTHS by cells by
    attributes), `first`, `second` (float16) and `whiten` (float32). Its settings are `level`, `background`, and `low`
    and `high`, the attributes that the codes 0 and 255 stand for.

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
        level = source.whole_number("level", 0, cells.FINEST)
        self._background = source.number("background", 1e-9, 1.0)
        numbers = source.array("cells", np.uint16, 1).astype(np.int64)
        fixed, monthly = source.array("fixed", np.uint8, 2), source.array("monthly", np.uint8, 3)
        self._whiten = source.array("whiten", np.float32, 2)
        first, second = (source.array(role, np.float16, 2).astype(np.float32) for role in ("first", "second"))
        count, attributes = len(numbers), fixed.shape[1] + monthly.shape[2]
        fits = (
            count > 0
            and numbers.max() < cells.count(level)
            and len(fixed) == count
            and monthly.shape[:2] == (MONTHS, count)
            and second.shape == (first.shape[1] + 1, attributes)
            and len(self._whiten) == attributes
        )
        if not fits:
            raise ModelError.of("where.unfit", path=source.path("fixed"))
        low, high = (np.array(source.numbers(key, attributes), np.float32) for key in ("low", "high"))
        step, split = (high - low) / 255.0, fixed.shape[1]
        self._maps = Maps(level, numbers, fixed * step[:split] + low[:split], monthly * step[split:] + low[split:])
        self._predict = Predictor(first, second)

    def log_density(self, evidence: Evidence) -> Array | None:
        """Log density (cells,) over the finest cells; None if the photo has no descriptors of the model."""
        views = evidence.views.get(self.model_sha256)
        if (
            views is None
            or len(views.whole) < 4
            or views.whole.shape[1] + colours.COUNT != len(self._predict.first) - 1
        ):
            return None
        return self.from_features(features(views, evidence.pixels), month_of(evidence.taken_at))

    def from_features(self, inputs: Array, month: int | None) -> Array:
        """The same from `features` (pairs, n) that were computed before."""
        predicted = self._predict(inputs).mean(axis=0)
        return self._maps.log_density(self._maps.shares(predicted, self._whiten, month), self._background)
