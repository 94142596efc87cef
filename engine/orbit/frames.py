"""From the frames of orbits to the Earth frame (ECEF), by ERFA, the IAU's SOFA routines under a free licence.

UT1 counts as UTC, and the pole does not move. Both need tables that are published as time goes on. UTC is kept within
0.9 s of UT1, in which the Earth turns by 0.42 km at the equator and 0.44 km at the station's height. The pole moves by
up to 0.6 arc seconds, 0.02 km. Measured against Skyfield with such tables: docs/orbit.md.
"""

from __future__ import annotations

from datetime import UTC, datetime

import erfa
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EARTH_TURN_RAD_S = 7.292115e-5
_TURN = np.array([0.0, 0.0, EARTH_TURN_RAD_S])


def julian_date(moment: datetime) -> tuple[float, float]:
    """Julian date (UTC) in two parts, the second within half a day of 0.

    As ERFA and sgp4 want it. Around a leap second it is off by up to that second.
    """
    moment = moment.astimezone(UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    # Ordinal 1 is 0001-01-01, whose midnight is Julian date 1721425.5.
    return midnight.toordinal() + 1721424.5, (moment - midnight).total_seconds() / 86400.0


def teme_to_earth(moment: datetime) -> Array:
    """(3, 3): rotates the frame of two-line elements (true equator, mean equinox of date) to the Earth frame."""
    return _about_z(float(erfa.gmst82(*julian_date(moment))))


def j2000_to_earth(moment: datetime) -> Array:
    """(3, 3): rotates EME2000 to the Earth frame.

    By IAU 2006/2000A precession and nutation. EME2000 counts as the celestial reference frame (GCRS), from which it
    differs by 0.02 arc seconds, a metre.
    """
    utc = julian_date(moment)
    tt = erfa.taitt(*erfa.utctai(*utc))
    return np.asarray(erfa.c2t06a(*tt, *utc, 0.0, 0.0), np.float64)


def inertial_velocity(position_km: Array, velocity_km_s: Array) -> Array:
    """A velocity relative to the Earth as one relative to the stars, both along the axes of the Earth frame."""
    return velocity_km_s + np.cross(_TURN, position_km)


def earth_velocity(position_km: Array, velocity_km_s: Array) -> Array:
    """A velocity relative to the stars as one relative to the Earth, both along the axes of the Earth frame."""
    return velocity_km_s - np.cross(_TURN, position_km)


def _about_z(angle_rad: float) -> Array:
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
