"""Solves a pass for one prior of its attitudes: Gauss-Newton from the tie points of all frames, with the evidence.

Each frame's tie points enter as a quadratic function of the numbers of the pass. So the priors are compared without
going back to the tie points, and exactly but for the curvature of the cameras, for which the whole is repeated around
the solution. Laplace's approximation gives the evidence, by which priors of the attitudes are compared (MacKay
2003, "Information Theory, Inference, and Learning Algorithms", chapters 27 and 28).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from engine.orbit.state import Array
from engine.passes.attitude import Attitudes
from engine.passes.model import COMMON, MEAN, OWN, TIME_SD_S, Fit, PassModel, change_between
from engine.registration.camera import Camera


@dataclass(frozen=True, eq=False)
class Solved:
    """A pass solved for one prior of its attitudes.

    Attributes:
        model: the pass.
        prior: of the attitudes.
        at_s: (n,) times of its located frames by the camera's clock.
        common: (COMMON,) see `model`.
        own: (n, OWN) of each frame.
        covariance: (COMMON + OWN n,) squared, of the common numbers, then those of each frame.
        log_evidence: logarithm of the probability of the tie points.
        misfit: (n,) how badly each frame fits the others, in the units of the evidence.
    """

    model: PassModel
    prior: Attitudes
    at_s: Array
    common: Array
    own: Array
    covariance: Array
    log_evidence: float
    misfit: Array

    def cameras(self) -> list[Camera]:
        """Those of its located frames."""
        return self.model.cameras(self.at_s, self.common, self.own[:, 0], self.own[:, 1:])

    def predict(self, times: Array) -> tuple[list[Camera], Array]:
        """The cameras of other frames, with the covariances (m, 8, 8) of their parameters (see `Fit`).

        Args:
            times: (m,) of these frames, by the camera's clock.
        """
        m, n = len(times), len(self.at_s)
        weights, extra = self._interpolation(times)
        rest = 1.0 - weights.sum(1)
        own = np.zeros((m, OWN))
        own[:, 1:] = weights @ self.own[:, 1:] + rest[:, None] * self.common[MEAN]
        cameras = self.model.cameras(times, self.common, own[:, 0], own[:, 1:])
        rows = self.model.derivatives(cameras, times, self.common, own)
        by_time, by_attitude = rows[:, :, COMMON], rows[:, :, COMMON + 1 :]
        by_all = np.zeros((m, 8, COMMON + OWN * n))
        by_all[:, :, :COMMON] = rows[:, :, :COMMON]
        by_all[:, :, MEAN] += by_attitude * rest[:, None, None]
        for frame in range(n):
            first = COMMON + OWN * frame + 1
            by_all[:, :, first : first + 3] = by_attitude * weights[:, frame, None, None]
        covariances = by_all @ self.covariance @ by_all.transpose(0, 2, 1)
        covariances += TIME_SD_S**2 * by_time[:, :, None] * by_time[:, None, :]
        return cameras, covariances + extra[:, None, None] * (by_attitude @ by_attitude.transpose(0, 2, 1))

    def _interpolation(self, times: Array) -> tuple[Array, Array]:
        """Weights (m, n) of the frames' attitudes in those at other times, and the variances (m,) that remain."""
        prior, n = self.prior, len(self.at_s)
        if prior.amplitude_rad == 0.0:
            return np.zeros((len(times), n)), np.full(len(times), prior.jitter_rad**2)
        to = prior.covariance(times, self.at_s)
        weights = np.asarray(np.linalg.solve(_among(prior, self.at_s), to.T).T, np.float64)
        remaining = prior.amplitude_rad**2 - (weights * to).sum(1) + prior.jitter_rad**2
        return weights, np.asarray(remaining, np.float64)


@dataclass(frozen=True, eq=False)
class Linearized:
    """What the tie points of the located frames say of the numbers of a pass, near some numbers.

    Attributes:
        model: the pass.
        at_s: (n,) times of the frames by the camera's clock.
        common: (COMMON,) the numbers, and
        own: (n, OWN) those of each frame.
        information: (n, COMMON + OWN, COMMON + OWN) of each frame's tie points.
        gradient: (n, COMMON + OWN).
        chi2: (n,) at these numbers.
        least: (n,) of the camera that fits each frame's tie points best.
    """

    model: PassModel
    at_s: Array
    common: Array
    own: Array
    information: Array
    gradient: Array
    chi2: Array
    least: Array

    def part(self, used: NDArray[np.bool_]) -> Linearized:
        """That of some frames."""
        arrays = (self.at_s, self.own, self.information, self.gradient, self.chi2, self.least)
        at_s, own, *others = (array[used] for array in arrays)
        return Linearized(self.model, at_s, self.common, own, *others)


def linearized(model: PassModel, fits: Sequence[Fit], at_s: Array, common: Array, own: Array) -> Linearized:
    """The tie points of all frames as functions of the pass's numbers, near some of them."""
    cameras = model.cameras(at_s, common, own[:, 0], own[:, 1:])
    rows = model.derivatives(cameras, at_s, common, own)
    changes = np.array([change_between(fit.camera, camera) for fit, camera in zip(fits, cameras, strict=True)])
    information = np.array([fit.information for fit in fits])
    gradient = np.array([fit.gradient for fit in fits])
    slope = gradient + np.einsum("nij,nj->ni", information, changes)
    chi2 = np.array([fit.chi2 for fit in fits]) + (changes * (gradient + slope)).sum(1)
    return Linearized(
        model,
        at_s,
        common,
        own,
        rows.transpose(0, 2, 1) @ information @ rows,
        np.einsum("nij,ni->nj", rows, slope),
        chi2,
        np.array([fit.least for fit in fits]),
    )


def solve(near: Linearized, prior: Attitudes) -> Solved:
    """The most probable numbers of a pass, by a step of Gauss and Newton."""
    n, at_s = len(near.at_s), near.at_s
    size = COMMON + OWN * n
    information, gradient = np.zeros((size, size)), np.zeros(size)
    for frame in range(n):
        where = np.r_[0:COMMON, COMMON + OWN * frame : COMMON + OWN * (frame + 1)]
        information[np.ix_(where, where)] += near.information[frame]
        gradient[where] += near.gradient[frame]
    precision, mean = _prior(near.model, at_s, prior)
    start = np.concatenate([near.common, near.own.ravel()])
    posterior = information + precision
    factor = cho_factor(posterior)
    step = cho_solve(factor, -gradient - precision @ (start - mean))
    common, own = near.common + step[:COMMON], near.own + step[COMMON:].reshape(n, OWN)
    steps = np.hstack([np.tile(step[:COMMON], (n, 1)), step[COMMON:].reshape(n, OWN)])
    chi2 = near.chi2 + 2.0 * (near.gradient * steps).sum(1) + np.einsum("ni,nij,nj->n", steps, near.information, steps)
    off = start + step - mean
    logs = 2.0 * np.log(np.diag(factor[0])).sum() - np.linalg.slogdet(precision)[1]
    log_evidence = -0.5 * float(chi2.sum() + off @ precision @ off + logs)
    misfit = 0.5 * (chi2 - near.least) + 0.5 * (own[:, 0] / TIME_SD_S) ** 2 + _surprise(prior, at_s, own, common)
    return Solved(
        near.model, prior, at_s, common, own, np.asarray(np.linalg.inv(posterior), np.float64), log_evidence, misfit
    )


def _prior(model: PassModel, at_s: Array, prior: Attitudes) -> tuple[Array, Array]:
    """Precision and mean of all numbers without tie points."""
    n = len(at_s)
    mean, sd = model.prior()
    precision = np.zeros((COMMON + OWN * n, COMMON + OWN * n))
    precision[:COMMON, :COMMON] = np.diag(1.0 / sd**2)
    inverse = np.linalg.inv(_among(prior, at_s))
    for axis in range(3):
        mine = COMMON + 1 + axis + OWN * np.arange(n)
        centre = MEAN.start + axis
        precision[np.ix_(mine, mine)] = inverse
        precision[centre, mine] = precision[mine, centre] = -inverse.sum(0)
        precision[centre, centre] += inverse.sum()
    late = COMMON + OWN * np.arange(n)
    precision[late, late] = 1.0 / TIME_SD_S**2
    return precision, np.concatenate([mean, np.zeros(OWN * n)])


def _among(prior: Attitudes, at_s: Array) -> Array:
    return prior.covariance(at_s, at_s) + prior.jitter_rad**2 * np.eye(len(at_s))


def _surprise(prior: Attitudes, at_s: Array, own: Array, common: Array) -> Array:
    """(n,) half the squared deviations of each attitude from what the others let expect."""
    inverse = np.linalg.inv(_among(prior, at_s))
    off = inverse @ (own[:, 1:] - common[MEAN])
    return np.asarray(0.5 * (off**2).sum(1) / np.diag(inverse))
