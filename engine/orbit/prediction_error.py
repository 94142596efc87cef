"""How far the station strays from an orbit that was determined some days ago."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Beyond this age elements say little more than which way the station flies round the Earth.
MAX_AGE_DAYS = 30.0
# Satellites leave their two-line elements by 1 to 3 km a day (documentation of python-sgp4), nearly all of it along the
# track: drag changes the period. A reboost does so at once, by more; whoever uses these deviations needs a heavy tail.
_START_KM = np.array([1.0, 0.5, 0.5])
_PER_DAY_KM = np.array([2.0, 0.1, 0.1])


def sd_after(age_days: float) -> NDArray[np.float64]:
    """Standard deviations (3,) in km along the track, across it, and in height, so many days before or after."""
    return np.hypot(_START_KM, _PER_DAY_KM * abs(age_days))
