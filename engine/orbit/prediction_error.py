"""How far the station strays from an orbit that was determined some days ago."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Beyond this age elements say little more than which way the station flies round the Earth.
MAX_AGE_DAYS = 30.0
# Satellites leave their two-line elements by 1 to 3 km a day (documentation of python-sgp4), nearly all of it along the
# track. Drag shortens the period, so what is not known of it grows with the square of the time: the station gains about
# 1.6e-4 revolutions a day each day, models of the thermosphere are right to 10 to 15 %, and half of that is 0.5 km. A
# reboost does more at once; whoever uses these deviations needs a heavy tail.
_START_KM = np.array([1.0, 0.5, 0.5])
_PER_DAY_KM = np.array([2.0, 0.1, 0.1])
_PER_SQUARE_DAY_KM = np.array([0.5, 0.0, 0.0])


def sd_after(age_days: float) -> NDArray[np.float64]:
    """Standard deviations (3,) in km along the track, across it, and in height, so many days before or after."""
    days = abs(age_days)
    return np.hypot(_START_KM, np.hypot(_PER_DAY_KM * days, _PER_SQUARE_DAY_KM * days**2))
