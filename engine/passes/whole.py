"""Solves a pass: which frames are wrong, how the camera was held, and the cameras of all frames.

Every prior of the attitudes is tried. A frame that no prior can reconcile with the others is wrong: it pays for being
free of them, and is left out. How the camera was held follows from the evidence of all priors of a kind, and the
predictions are the mean over all priors, weighted by their evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.orbit import ALTITUDE_SD_KM
from engine.orbit.fixes import Measured
from engine.orbit.state import Array
from engine.passes.attitude import HOLDINGS, PRIORS, Attitudes, Holding
from engine.passes.model import Fit, PassModel, change_between, fit_of
from engine.passes.solving import Linearized, Solved, linearized, solve
from engine.registration.camera import Camera
from engine.registration.solve import RADIAL_SD

_ROUNDS = 3  # of linearization at the solution
_WRONG = 0.05  # share of wrong locations among those that count as located
# How far the camera of a wrong location may be from the right one: anywhere below the station, held in any way.
_ANY = np.array([3000.0, 3000.0, ALTITUDE_SD_KM, 1.0, 1.0, 1.0, 0.03, RADIAL_SD])
_SUSPECT = 4.0  # misfit of a frame that may be wrong
_LEAST_WEIGHT = 1e-3  # of a prior that predictions take into account


@dataclass(frozen=True, eq=False)
class Weighted:
    """A pass solved for one prior, and the probability of that prior."""

    solved: Solved
    weight: float


@dataclass(frozen=True, eq=False)
class Whole:
    """A solved pass.

    Attributes:
        solutions: the most probable first; their weights sum to 1.
        holdings: probability of each way to hold the camera.
        wrong: whether each located frame is at odds with the others, (n,).
    """

    solutions: Sequence[Weighted]
    holdings: dict[Holding, float]
    wrong: NDArray[np.bool_]

    @property
    def best(self) -> Solved:
        """The pass by its most probable prior."""
        return self.solutions[0].solved

    @property
    def holding(self) -> Holding:
        """The most probable way in which the camera was held."""
        return max(self.holdings, key=lambda one: self.holdings[one])

    def predict(self, times: Array) -> tuple[list[Camera], Array]:
        """The cameras at times (m,) by their clock, with the covariances (m, 8, 8) of their parameters.

        The parameters are those of `model.Fit`. The covariances are those of all solutions together.
        """
        cameras, covariances = self.best.predict(times)
        shares = np.array([one.weight for one in self.solutions])
        changes, within = [np.zeros((len(times), 8))], shares[0] * covariances
        for one in self.solutions[1:]:
            others, its = one.solved.predict(times)
            changes.append(np.array([change_between(*pair) for pair in zip(cameras, others, strict=True)]))
            within = within + one.weight * its
        off = np.array(changes) - np.einsum("k,kmi->mi", shares, np.array(changes))
        return cameras, within + np.einsum("k,kmi,kmj->mij", shares, off, off)


def solve_whole(model: PassModel, located: Sequence[Measured], at_s: Array) -> Whole:
    """Solves a pass from its located frames.

    Args:
        model: the pass.
        located: the frames' cameras by their own tie points, at least one.
        at_s: (n,) their times by the camera's clock.
    """
    common, own = model.begin([one.solution.camera for one in located], at_s)
    fits = [fit_of(one.points, one.sd_px, one.solution.camera) for one in located]
    alone = np.array([_alone(fit) for fit in fits])
    found = _compare(linearized(model, fits, at_s, common, own), alone, np.ones(len(fits), bool))
    for _ in range(_ROUNDS - 1):
        best, used = found.best, ~found.wrong
        common, own[used] = best.common, best.own
        for i, camera in zip(np.flatnonzero(used).tolist(), best.cameras(), strict=True):
            fits[i] = fit_of(located[i].points, located[i].sd_px, camera)
        found = _compare(linearized(model, fits, at_s, common, own), alone, used)
    return found


def _compare(near: Linearized, alone: Array, right: NDArray[np.bool_]) -> Whole:
    """Solves the pass for all priors, each without the frames that are wrong by it.

    Args:
        near: the pass.
        alone: (n,) logarithm of the probability of each frame if it is wrong.
        right: frames that are not wrong so far.
    """
    tried = [(*_without_wrong(near, alone, prior, right), share) for prior, share in PRIORS.items()]
    log = np.array([log_evidence + np.log(share) for _, _, log_evidence, share in tried])
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    order = np.argsort(-weights)
    used = tried[order[0]][1]
    holdings = dict.fromkeys(HOLDINGS, 0.0)
    for weight, prior in zip(weights, PRIORS, strict=True):
        holdings[prior.holding] += float(weight)
    # A prediction mixes only solutions that rest on the same frames as the most probable one.
    kept = [i for i in order if weights[i] > _LEAST_WEIGHT and (tried[i][1] == used).all()]
    total = weights[kept].sum()
    return Whole([Weighted(tried[i][0], float(weights[i] / total)) for i in kept], holdings, ~used)


def _without_wrong(
    near: Linearized, alone: Array, prior: Attitudes, right: NDArray[np.bool_]
) -> tuple[Solved, NDArray[np.bool_], float]:
    """The solution without the frames that are more probably wrong, the others, and the evidence of all."""

    def tried(used: NDArray[np.bool_]) -> tuple[Solved, float]:
        solved = solve(near.part(used), prior)
        return solved, solved.log_evidence + float(alone[~used].sum() + used.sum() * np.log(1.0 - _WRONG))

    used = right
    solved, log_evidence = tried(used)
    while used.sum() > 1 and solved.misfit.max() > _SUSPECT:
        fewer = used.copy()
        fewer[np.flatnonzero(used)[np.argmax(solved.misfit)]] = False
        other, other_evidence = tried(fewer)
        if other_evidence <= log_evidence:
            break
        used, solved, log_evidence = fewer, other, other_evidence
    return solved, used, log_evidence


def _alone(fit: Fit) -> float:
    """Logarithm of the probability of a frame's tie points if its location has nothing to do with the pass."""
    precision = np.diag(1.0 / _ANY**2)
    logs = np.linalg.slogdet(fit.information + precision)[1] - np.linalg.slogdet(precision)[1]
    return float(np.log(_WRONG) - 0.5 * (fit.least + logs))
