"""An orbit fitted to where the station was at some times: mean elements for SGP4, by least squares.

For nadirs that a computer aboard wrote into its photos: it made them from elements and its own clock, so they tell the
orbit as its clock saw it. Also for photos that were located, where no elements are at hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from scipy.optimize import least_squares
from sgp4.api import WGS72, Satrec

from engine.errors import InputError
from engine.orbit import ALTITUDE_KM, ALTITUDE_SD_KM
from engine.orbit.elements import STATION
from engine.orbit.frames import julian_date, teme_to_earth
from engine.orbit.state import Array, OrbitState

# The station's mean elements, with their deviations over the years: inclination, turns a day, and eccentricity as
# e cos w and e sin w.
INCLINATION = 51.64, 0.01  # mean and deviation, degrees
TURNS = 15.5, 0.06  # a day
ECCENTRICITY_SD = 5e-4
_BSTAR = 2e-4
_SGP4_EPOCH = 2433281.5  # Julian date of SGP4's day 0
_UNITS = np.array([math.radians(INCLINATION[1]), 0.01, 0.01, TURNS[1], ECCENTRICITY_SD, ECCENTRICITY_SD])
_MIN_SD_KM = 0.3
_FITS_KM = 200.0  # of half of the positions: otherwise the station was not there
# Of derivatives, in units. SGP4 takes eccentricities below 1e-6 for 1e-6, so that smaller steps would tell nothing.
_STEP = 0.05
# Of the search, in units: no orbit that falls, and no half turn round the Earth. SGP4 refuses the former.
_REACH = np.array([10.0, 100.0, 100.0, 10.0, 10.0, 10.0])


@dataclass(frozen=True, eq=False)
class FittedOrbit:
    """An orbit with the covariance of its parameters.

    Attributes:
        epoch: of the elements.
        numbers: (6,) inclination, node, argument of latitude (rad), turns a day, e cos w, e sin w.
        covariance: (6, 6).
        residuals_km: (n,) distance of each position from the orbit.
    """

    epoch: datetime
    numbers: Array
    covariance: Array
    residuals_km: Array

    def state(self, when: datetime) -> OrbitState:
        """See `Ephemeris`."""
        state = _state(self.epoch, self.numbers, when)
        along = state.velocity_km_s / np.linalg.norm(state.velocity_km_s)
        up = state.position_km / np.linalg.norm(state.position_km)
        axes = np.stack([along, np.cross(up, along), up])
        moved = np.empty((3, 6))
        for row in range(6):
            step = np.zeros(6)
            step[row] = _STEP * _UNITS[row]
            ahead, back = (_state(self.epoch, self.numbers + one, when).position_km for one in (step, -step))
            moved[:, row] = axes @ (ahead - back) / (2 * step[row])
        variance = np.einsum("ij,jk,ik->i", moved, self.covariance, moved)
        return replace(state, sd_km=np.sqrt(np.maximum(variance, _MIN_SD_KM**2)))

    def satellite(self) -> Satrec:
        """The elements as `sgp4` has them, to be written as two lines."""
        return _satellite(self.epoch, self.numbers)


def fit_orbit(times: Sequence[datetime], positions_km: Array, covariances: Array) -> FittedOrbit:
    """The station's orbit through positions of less than a day.

    Args:
        times: (n,), with a time zone.
        positions_km: (n, 3) in the Earth frame.
        covariances: (n, 3, 3), km2.

    Raises:
        InputError: no orbit of the station passes there.
    """
    epoch = times[len(times) // 2]
    roots = np.stack([np.linalg.cholesky(np.linalg.inv(one)).T for one in covariances])

    def residuals(scaled: Array) -> Array:
        numbers = scaled * _UNITS
        off = np.array([_state(epoch, numbers, when).position_km for when in times]) - positions_km
        return np.concatenate([np.einsum("nij,nj->ni", roots, off).ravel(), *_of_prior(numbers)])

    def derivatives(scaled: Array) -> Array:
        steps = _STEP * np.eye(6)
        return np.stack([(residuals(scaled + one) - residuals(scaled - one)) / (2 * _STEP) for one in steps], axis=1)

    best: Any = None
    for ascending in (True, False):
        start = _start(epoch, positions_km[len(times) // 2], ascending) / _UNITS
        limits = start - _REACH, start + _REACH
        found = least_squares(residuals, start, derivatives, limits, loss="soft_l1", max_nfev=60)
        if best is None or found.cost < best.cost:
            best = found
    numbers = best.x * _UNITS
    off = np.array([_state(epoch, numbers, when).position_km for when in times]) - positions_km
    if not np.median(np.linalg.norm(off, axis=1)) < _FITS_KM:
        raise InputError.of("orbit.no_fit", n=len(times))
    covariance = np.linalg.inv(best.jac.T @ best.jac) * np.outer(_UNITS, _UNITS)
    return FittedOrbit(epoch, numbers, covariance, np.linalg.norm(off, axis=1))


def orbit_of_nadirs(times: Sequence[datetime], nadirs: Sequence[tuple[float, float]], sd_km: float) -> FittedOrbit:
    """The orbit through points below the station, (lat, lon) in degrees, whose deviation is `sd_km`.

    Raises:
        InputError: no orbit of the station passes there.
    """
    from engine.ellipsoid import local_axes, surface_normal, surface_point

    positions, covariances = [], []
    for nadir in nadirs:
        positions.append(surface_point(*nadir) + ALTITUDE_KM * surface_normal(*nadir))
        axes = local_axes(*nadir)
        covariances.append(axes.T @ np.diag([sd_km**2, sd_km**2, ALTITUDE_SD_KM**2]) @ axes)
    return fit_orbit(times, np.array(positions), np.array(covariances))


def _of_prior(numbers: Array) -> list[Array]:
    inclination, _, _, turns, *eccentricity = numbers
    return [
        np.array([(inclination - math.radians(INCLINATION[0])) / math.radians(INCLINATION[1])]),
        np.array([(turns - TURNS[0]) / TURNS[1]]),
        np.array(eccentricity) / ECCENTRICITY_SD,
    ]


def _start(epoch: datetime, position_km: Array, ascending: bool) -> Array:
    """Elements of the circular orbit that passes a position, northward or southward."""
    x, y, z = teme_to_earth(epoch).T @ position_km
    inclination = math.radians(INCLINATION[0])
    latitude = math.atan2(z, math.hypot(x, y))
    argument = math.asin(max(-1.0, min(1.0, math.sin(latitude) / math.sin(inclination))))
    if not ascending:
        argument = math.pi - argument
    from_node = math.atan2(math.cos(inclination) * math.sin(argument), math.cos(argument))
    return np.array([inclination, math.atan2(y, x) - from_node, argument, TURNS[0], 0.0, 0.0])


def _state(epoch: datetime, numbers: Array, when: datetime) -> OrbitState:
    code, position, velocity = _satellite(epoch, numbers).sgp4(*julian_date(when))
    if code:
        raise ValueError(code)
    to_earth = teme_to_earth(when)
    return OrbitState(to_earth @ np.array(position), to_earth @ np.array(velocity), np.zeros(3))


def _satellite(epoch: datetime, numbers: Array) -> Satrec:
    inclination, node, argument, turns, across, along = (float(number) for number in numbers)
    eccentricity = math.hypot(across, along)
    perigee = math.atan2(along, across) % (2 * math.pi)
    day, part = julian_date(epoch)
    one = Satrec()
    one.sgp4init(
        WGS72,
        "i",
        STATION,
        day - _SGP4_EPOCH + part,
        _BSTAR,
        0.0,
        0.0,
        eccentricity,
        perigee,
        inclination,
        (argument - perigee) % (2 * math.pi),
        turns * 2 * math.pi / 1440.0,
        node % (2 * math.pi),
    )
    return one
