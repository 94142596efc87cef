"""Where the Sun stands, by the low-precision formulas of the Astronomical Almanac, section C."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def sun_position(lat: ArrayLike, lon: ArrayLike, moment: datetime) -> tuple[Array, Array]:
    """Azimuth and elevation of the Sun as seen from places, to a few hundredths of a degree.

    Args:
        lat, lon: degrees, any shape.
        moment: with a time zone.

    Returns:
        azimuth from north over east, 0 to 360, and elevation above the horizon without refraction; degrees.
    """
    days = (moment - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400.0
    mean_longitude = np.radians((280.460 + 0.9856474 * days) % 360.0)
    anomaly = np.radians((357.528 + 0.9856003 * days) % 360.0)
    ecliptic = mean_longitude + np.radians(1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.radians(23.439 - 0.0000004 * days)
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    right_ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    sidereal = np.radians((280.46062 + 360.98564737 * days) % 360.0)
    hour_angle = sidereal + np.radians(lon) - right_ascension
    phi = np.radians(lat)
    up = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    east = -np.cos(declination) * np.sin(hour_angle)
    north = np.cos(phi) * np.sin(declination) - np.sin(phi) * np.cos(declination) * np.cos(hour_angle)
    elevation = np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))
    return np.degrees(np.arctan2(east, north)) % 360.0, elevation
