"""Fits how the sources of an estimator are combined: their exponents, and how often they are wrong together.

The likelihood of the photos' true cells is maximised (maximum likelihood of a product of experts, Hinton 2002). The
photos must be others than the sources were trained on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from engine.errors import OutputError, UsageError
from engine.where import cells, prior
from engine.where.estimator import Estimator
from engine.where.package import CARD
from engine.where.sources import Kernels
from training.where.examples import Example

Array = NDArray[np.floating]

# Pull of the exponents towards the middle: a source that the photos say nothing about keeps this exponent.
_USUAL_EXPONENT, _PULL = 0.5, 0.01
_MOST_EXPONENT, _LEAST_WRONG, _MOST_WRONG = 2.0, 1e-3, 0.2


@dataclass(frozen=True, eq=False)
class Densities:
    """Log densities of one photo, without exponents.

    Attributes:
        sources: (sources, cells); 0 everywhere where a source has nothing to say.
        cell: number of the true cell; None for a photo that shows nothing.
    """

    sources: NDArray[np.float32]
    cell: int | None


@dataclass(frozen=True)
class Fitted:
    """The result of a fit.

    Attributes:
        exponents: of the sources by name.
        wrong: share of the prior.
        log_probability: mean natural logarithm of the probability of the true cell.
    """

    exponents: dict[str, float]
    wrong: float
    log_probability: float


def densities(example: Example, estimator: Estimator) -> Densities:
    """What each source says of a photo."""
    rows = np.zeros((len(estimator.experts), cells.count()), np.float32)
    for row, expert in zip(rows, estimator.experts, strict=True):
        density = expert.source.log_density(example.evidence)
        if density is not None:
            row[:] = density - density.max()
    return Densities(rows, None if example.place is None else int(cells.cell_of(*example.place)))


def fit(found: Sequence[Densities], names: Sequence[str], weights: Sequence[float] | None = None) -> Fitted:
    """Exponents with the highest likelihood.

    Args:
        found: of the photos.
        names: of the sources, in the order of `Densities.sources`.
        weights: of the photos; None for equal ones.

    Raises:
        UsageError: there are no photos.
    """
    if not found:
        raise UsageError(None, "there are no photos to fit the sources on", "give a truth table or simulate photos")
    share = np.ones(len(found)) if weights is None else np.asarray(weights, np.float64)
    share = share / share.sum()
    count = len(names)

    def loss(values: Array) -> tuple[float, Array]:
        exponents, wrong = values[:count], values[count]
        total, gradient = 0.0, np.zeros(count + 1)
        for part, one in zip(share, found, strict=True):
            value, slope = _loss_of(one, exponents, wrong)
            total += part * value
            gradient += part * slope
        away = exponents - _USUAL_EXPONENT
        total += _PULL * float(away @ away)
        gradient[:count] += 2 * _PULL * away
        return total, gradient

    start = np.append(np.full(count, _USUAL_EXPONENT), 0.02)
    bounds = [(0.0, _MOST_EXPONENT)] * count + [(_LEAST_WRONG, _MOST_WRONG)]
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 60})
    exponents = {name: round(float(value), 3) for name, value in zip(names, best.x[:count], strict=True)}
    rounded = np.append(list(exponents.values()), round(float(best.x[count]), 4))
    losses = [_loss_of(one, rounded[:count], rounded[count])[0] for one in found]
    return Fitted(exponents, float(rounded[count]), round(-float(share @ losses), 3))


def _loss_of(one: Densities, exponents: Array, wrong: float) -> tuple[float, Array]:
    """Negative logarithm of the probability of the true cell, and its gradient (sources + 1,).

    For a photo that shows nothing, their means over the prior.
    """
    before = prior.orbit_probability().astype(np.float32)
    logs = prior.orbit_log_density().astype(np.float32) + exponents.astype(np.float32) @ one.sources
    product = np.exp(logs - logs.max())
    product /= product.sum(dtype=np.float64)
    middle = one.sources @ product
    if one.cell is not None:
        probability = (1.0 - wrong) * float(product[one.cell]) + wrong * float(before[one.cell])
        slope = (1.0 - wrong) * float(product[one.cell]) * (one.sources[:, one.cell] - middle)
        last = float(before[one.cell]) - float(product[one.cell])
        return -float(np.log(probability)), -np.append(slope, last) / probability
    everywhere = (1.0 - wrong) * product + wrong * before
    share = before / everywhere
    slope = (1.0 - wrong) * (one.sources @ (share * product) - middle * float(share @ product))
    return -float(before @ np.log(everywhere)), -np.append(slope, float(share @ (before - product)))


def write(folder: Path, fitted: Fitted, kernels: Mapping[str, Kernels] | None = None) -> None:
    """Puts exponents, `wrong` and, if given, kernels by source into the card of a where package.

    Raises:
        OutputError: it cannot be written.
    """
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        card["wrong"] = fitted.wrong
        for name, exponent in fitted.exponents.items():
            card["sources"][name]["settings"]["exponent"] = exponent
        for name, kernel in (kernels or {}).items():
            card["sources"][name]["settings"].update(asdict(kernel))
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError.from_os_error(path, error) from error
