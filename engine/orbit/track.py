"""The station's path over the Earth around some times, quick to evaluate at many moments."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from engine.errors import InputError
from engine.orbit.frames import earth_velocity
from engine.orbit.state import Array, Ephemeris, OrbitState

_STEP_S = 120.0  # cubic between two states: 8 metres


class Track:
    """Positions of the station in the Earth frame, NaN where the orbit says nothing.

    Args:
        orbit: where it was.
        times_s: (n,) Unix times.
        reach_s: how far around them.

    Attributes:
        sd_km: (3,) deviations of the orbit at the middle of the times: along the track, across it, in height.

    Raises:
        InputError: the orbit says nothing about any of these times.
    """

    def __init__(self, orbit: Ephemeris, times_s: Array, reach_s: float) -> None:
        first, last = float(times_s.min()) - reach_s, float(times_s.max()) + reach_s
        knots = np.arange(first - _STEP_S, last + 2 * _STEP_S, _STEP_S)
        states = [_state(orbit, at) for at in knots]
        known = [state for state in states if state is not None]
        if not known:
            orbit.state(datetime.fromtimestamp(float(np.median(times_s)), UTC))  # raises
        nothing = np.full(3, np.nan)
        position = np.array([nothing if state is None else state.position_km for state in states])
        velocity = np.array(
            [nothing if state is None else earth_velocity(state.position_km, state.velocity_km_s) for state in states]
        )
        self._path = CubicHermiteSpline(knots, position, velocity)
        self._velocity = self._path.derivative()
        middle = int(np.clip(np.searchsorted(knots, np.median(times_s)), 0, len(states) - 1))
        at_middle = states[middle] or known[len(known) // 2]
        self.sd_km = at_middle.sd_km

    def position(self, at_s: Array) -> Array:
        """(n, 3) km."""
        return np.asarray(self._path(at_s))

    def velocity(self, at_s: Array) -> Array:
        """(n, 3) km/s relative to the Earth."""
        return np.asarray(self._velocity(at_s))


def _state(orbit: Ephemeris, at_s: float) -> OrbitState | None:
    try:
        return orbit.state(datetime.fromtimestamp(at_s, UTC))
    except (InputError, OverflowError, OSError, ValueError):
        return None
