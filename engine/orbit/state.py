"""Where the station was at a time, and how well that is known: what every source of an orbit answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.ellipsoid import to_geodetic

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrbitState:
    """The station at one moment, in the Earth frame (ECEF, WGS84).

    Attributes:
        position_km: (3,).
        velocity_km_s: (3,), relative to the stars (inertial), with its components along the axes of the Earth frame of
            that moment.
        sd_km: (3,) standard deviations of the position: along the track, across it, and in height.
    """

    position_km: Array
    velocity_km_s: Array
    sd_km: Array

    def altitude_km(self) -> float:
        """Height above the ellipsoid."""
        return to_geodetic(self.position_km)[2]

    def nadir(self) -> tuple[float, float]:
        """Latitude and longitude (degrees) of the point below the station."""
        lat, lon, _ = to_geodetic(self.position_km)
        return lat, lon


class Ephemeris(Protocol):
    """A source of the orbit: two-line elements, a file of states, or an arc fitted to located photos."""

    def state(self, when: datetime) -> OrbitState:
        """The station at a time with a time zone.

        Raises:
            InputError: the source says nothing about that time.
        """
        ...
