"""The offset of a camera's clock, from located photos and the orbit.

The station moves by 7.4 km a second over the ground, so a located camera gives the time to a second or two. A wrong
location must not matter, so each photo either fits an offset or is an outlier: the likelihood of its position is a
normal one with a small, constant floor. The offsets to test are those at which the orbit passes a photo's camera. Which
revolution it was follows from the Earth's turn below the orbit. Offsets that fit about equally are all told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.messages import Text
from engine.orbit.state import Array, Ephemeris
from engine.orbit.track import Track

WINDOW_S = 26 * 3600.0  # offsets that are searched: zones of up to 14 hours, and a wrong day
_REACH_KM = 300.0  # a photo's camera cannot be further from the orbit than this
_STEP_S = 20.0
_MAX_HYPOTHESES_FROM = 40  # photos
_MERGED_S = 3.0  # offsets that are the same
_STEPS, _MAX_STEPS = 4, 20  # of Newton
# Poses share errors with their imagery and with the flat ground, which their covariances do not know.
_POSE_FLOOR_KM = 3.0
_WRONG = 0.1  # share of wrong locations to expect
_ANYWHERE = 1.0 / 9e10  # density of a wrong position, per km3: the shell below 52 degrees, 200 km thick
# How probable offsets are before anything is known: a drifting clock, a zone, or anything.
_NEAR, _ZONE, _ANY = 0.6, 0.3, 0.1
_DRIFT_S = 60.0
_ZONES_H = np.arange(-14, 15)
_CERTAIN = 0.95  # posterior probability of an offset that is told as the only one
_OTHER_CLOCK = 0.25  # share of the photos that must agree on another offset to be called another clock

Status = Literal["solved", "one_photo", "ambiguous", "two_clocks", "none"]


@dataclass(frozen=True, eq=False)
class Fix:
    """A located camera.

    Attributes:
        name: of the photo.
        taken: when, by the camera's clock, with a time zone.
        position_km: (3,) in the Earth frame.
        covariance: (3, 3) of it, km2, in the Earth frame.
    """

    name: str
    taken: datetime
    position_km: Array
    covariance: Array


@dataclass(frozen=True, eq=False)
class Offset:
    """An offset that fits: the true time minus the time that the clock shows.

    Attributes:
        seconds: positive for a clock that is behind.
        sd_s: standard error, with that of the orbit along the track.
        probability: of this offset among all that fit.
        fits: whether each photo fits it.
        away_km: (n,) distance of each camera from the orbit at that offset.
    """

    seconds: float
    sd_s: float
    probability: float
    fits: NDArray[np.bool_]
    away_km: Array

    @property
    def agreeing(self) -> int:
        """How many photos fit it."""
        return int(self.fits.sum())


@dataclass(frozen=True, eq=False)
class ClockSolution:
    """What the located photos say of a clock.

    Attributes:
        camera: its name, for messages.
        status: "solved": one offset explains most photos. "one_photo": it rests on a single one. "ambiguous": several
            offsets fit about equally. "two_clocks": the photos follow two offsets. "none": no offset fits.
        photos: how many located photos there were.
        best: the most probable offset; None for "none".
        others: further offsets: the ambiguous ones, or the one of the other clock.
        wrong: names of the photos that do not fit `best`.
    """

    camera: str
    status: Status
    photos: int
    best: Offset | None = None
    others: tuple[Offset, ...] = ()
    wrong: tuple[str, ...] = field(default=())

    @property
    def seconds(self) -> float | None:
        """The offset, where it is solved."""
        return self.best.seconds if self.best is not None and self.status == "solved" else None

    def message(self) -> Text:
        """The result as a sentence."""
        from engine.orbit.clock_messages import describe

        return describe(self)


def solve_clock(fixes: Sequence[Fix], orbit: Ephemeris, camera: str = "", window_s: float = WINDOW_S) -> ClockSolution:
    """The offset of the clock that took these photos.

    Args:
        fixes: located photos of one clock, at least one; a minority may be wrong.
        orbit: where the station was.
        camera: name for messages.
        window_s: largest offset, either way.

    Raises:
        InputError: the orbit says nothing about the times of the photos.
    """
    problem = _Problem(fixes, orbit, window_s)
    found = problem.offsets()
    n = len(fixes)
    if not found:
        return ClockSolution(camera, "none", n)
    best = found[0]
    wrong = tuple(fix.name for fix, fits in zip(fixes, best.fits, strict=True) if not fits)
    likely = tuple(one for one in found[1:] if one.probability > 1.0 - _CERTAIN)
    if best.probability < _CERTAIN and likely:
        return ClockSolution(camera, "ambiguous", n, best, likely, wrong)
    rest = [fix for fix, fits in zip(fixes, best.fits, strict=True) if not fits]
    if len(rest) >= max(2.0, _OTHER_CLOCK * n):
        second = next(iter(_Problem(rest, orbit, window_s).offsets()), None)
        if second is not None and second.agreeing >= max(2.0, _OTHER_CLOCK * n):
            return ClockSolution(camera, "two_clocks", n, best, (second,), wrong)
    if best.agreeing == 1 and n == 1:
        return ClockSolution(camera, "one_photo", n, best)
    if best.agreeing < 2 or 2 * best.agreeing <= n:
        return ClockSolution(camera, "none", n)
    return ClockSolution(camera, "solved", n, best, (), wrong)


class _Problem:
    """The photos against the track of the station."""

    def __init__(self, fixes: Sequence[Fix], orbit: Ephemeris, window_s: float) -> None:
        self._window_s = window_s
        times_s = np.array([fix.taken.timestamp() for fix in fixes])
        self._track = Track(orbit, times_s, window_s)
        self._at = times_s
        self._positions = np.stack([fix.position_km for fix in fixes])
        covariances = np.stack([fix.covariance for fix in fixes]) + _POSE_FLOOR_KM**2 * np.eye(3)
        _, across_km, up_km = self._track.sd_km
        self._weights = np.linalg.inv(covariances + max(across_km, up_km) ** 2 * np.eye(3))

    def offsets(self) -> list[Offset]:
        """Distinct offsets that at least one photo fits, the most probable first."""
        modes: list[tuple[float, float]] = []  # seconds, log probability
        for seconds in self._hypotheses():
            refined = self._refined(seconds)
            if refined is not None and all(abs(refined[0] - one) > _MERGED_S for one, _ in modes):
                modes.append(refined)
        if not modes:
            return []
        modes.sort(key=lambda mode: -mode[1])
        log = np.array([mode[1] for mode in modes])
        share = np.exp(log - log.max())
        share /= share.sum()
        return [self._offset(mode[0], float(one)) for mode, one in zip(modes[:10], share, strict=False)]

    def _hypotheses(self) -> list[float]:
        """Offsets at which the orbit passes one of the cameras, each once, rising."""
        rows = np.unique(np.linspace(0, len(self._at) - 1, min(len(self._at), _MAX_HYPOTHESES_FROM)).astype(int))
        grid = np.arange(-self._window_s - _STEP_S, self._window_s + 2 * _STEP_S, _STEP_S)
        found: list[float] = []
        for row in rows:
            away = np.linalg.norm(self._track.position(self._at[row] + grid) - self._positions[row], axis=1)
            away = np.where(np.isfinite(away), away, np.inf)
            lowest = (away[1:-1] <= away[:-2]) & (away[1:-1] <= away[2:]) & (away[1:-1] < _REACH_KM)
            for seconds in grid[1:-1][lowest]:
                at = np.array([self._at[row] + seconds])
                for _ in range(_STEPS):  # to the point of the track nearest to the camera
                    velocity = self._track.velocity(at)[0]
                    at += float((self._positions[row] - self._track.position(at)[0]) @ velocity / (velocity @ velocity))
                found.append(float(at[0]) - float(self._at[row]))
        found.sort()
        return [one for last, one in zip([-np.inf, *found], found, strict=False) if one - last > _MERGED_S / 3]

    def _refined(self, seconds: float) -> tuple[float, float] | None:
        """The nearest maximum of the probability, and its logarithm integrated over the maximum; None for none."""
        for _ in range(_MAX_STEPS):
            errors, velocity = self._errors(seconds)
            if not np.isfinite(errors).all() or abs(seconds) > self._window_s:
                return None
            shares = self._shares(errors)
            if shares.max() < 0.5:
                return None
            along = np.einsum("ni,nij->nj", velocity, self._weights)
            information = float(shares @ np.einsum("nj,nj->n", along, velocity))
            change = float(shares @ np.einsum("nj,nj->n", along, errors)) / information
            seconds += change
            if abs(change) < 1e-3:
                break
        errors, _ = self._errors(seconds)
        width = 0.5 * np.log(2 * np.pi / information)
        return seconds, self._log_likelihood(errors) + float(np.log(_prior(seconds, self._window_s))) + width

    def _errors(self, seconds: float) -> tuple[Array, Array]:
        """Positions of the cameras minus those of the orbit, and the orbit's velocity relative to the Earth, (n, 3)."""
        at = self._at + seconds
        return self._positions - self._track.position(at), self._track.velocity(at)

    def _log_normal(self, errors: Array) -> Array:
        square = np.einsum("ni,nij,nj->n", errors, self._weights, errors)
        return 0.5 * (np.linalg.slogdet(self._weights)[1] - square - 3 * np.log(2 * np.pi))

    def _shares(self, errors: Array) -> Array:
        """Probability (n,) that each photo fits."""
        log_odds = np.clip(self._log_normal(errors) + np.log((1 - _WRONG) / (_WRONG * _ANYWHERE)), -50, 50)
        return 1.0 / (1.0 + np.exp(-log_odds))

    def _log_likelihood(self, errors: Array) -> float:
        right = np.log(1 - _WRONG) + self._log_normal(errors)
        return float(np.logaddexp(right, np.log(_WRONG * _ANYWHERE)).sum())

    def _offset(self, seconds: float, probability: float) -> Offset:
        errors, velocity = self._errors(seconds)
        share = self._shares(errors)
        square = np.einsum("ni,nij,nj->n", errors, self._weights, errors)
        information = float(share @ np.einsum("ni,nij,nj->n", velocity, self._weights, velocity))
        freedom = max(1.0, 3.0 * float(share.sum()) - 1.0)
        inflation = max(1.0, float(share @ square) / freedom)  # where the poses are worse than they say
        speed = float(np.linalg.norm(velocity, axis=1).mean())
        sd_s = float(np.hypot(np.sqrt(inflation / information), self._track.sd_km[0] / speed))
        return Offset(seconds, sd_s, probability, share > 0.5, np.linalg.norm(errors, axis=1))


def _prior(seconds: float, window_s: float) -> float:
    """Density of an offset before anything is known, per second."""
    zones = _cauchy(np.asarray(seconds - 3600.0 * _ZONES_H)).mean()
    return float(_NEAR * _cauchy(np.array([seconds]))[0] + _ZONE * zones + _ANY / (2 * window_s))


def _cauchy(seconds: Array) -> Array:
    return 1.0 / (np.pi * _DRIFT_S * (1.0 + (seconds / _DRIFT_S) ** 2))
