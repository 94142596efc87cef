"""The station's path during a pass: a reference orbit, and the small corrections that the pass's photos determine.

An orbit near another one differs from it by six numbers, the relative orbital elements of D'Amico (2010, "Autonomous
Formation Flying in Low Earth Orbit", chapter 2). Along the track, across it and in height the difference is linear in
them, to first order for a nearly circular orbit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from engine.orbit.clock import Fix
from engine.orbit.fit import ECCENTRICITY_SD, INCLINATION, TURNS, FittedOrbit, fit_orbit
from engine.orbit.frames import inertial_velocity
from engine.orbit.state import Array, Ephemeris
from engine.orbit.track import Track

ELEMENTS = 6  # all in km at the station: semi-major axis, mean longitude, eccentricity (2), inclination (2)
_RADIUS_KM = 6790.0
_RATE_RAD_S = 2 * math.pi * TURNS[0] / 86400.0
_REACH_S = 60.0  # around the frames, for corrections of their times
_ANYWHERE_KM = 700.0
_TIME_KM = 3.0  # deviation of a camera's position because photos state whole seconds


@dataclass(frozen=True, eq=False)
class Arc:
    """The station's path around the times of a pass.

    Attributes:
        track: the reference orbit.
        middle_s: Unix time, by the true clock, from which the correction of the period counts.
        offset_s: true time minus the camera's, to begin with.
        offset_sd_s: its standard deviation; 0 where the orbit itself was fitted to the camera's times.
        mean_km: (6,) corrections that are expected, see `ELEMENTS`.
        sd_km: (6,) their standard deviations.
    """

    track: Track
    middle_s: float
    offset_s: float
    offset_sd_s: float
    mean_km: Array
    sd_km: Array

    def states(self, at_s: Array, elements_km: Array) -> tuple[Array, Array]:
        """Positions (n, 3) in km and axes (n, 3, 3) along the track, across it to the right, and down, as rows.

        Args:
            at_s: (n,) Unix times by the true clock.
            elements_km: (6,) corrections.
        """
        position = self.track.position(at_s)
        velocity = inertial_velocity(position, self.track.velocity(at_s))
        along, across, up = _axes(position, velocity)
        # The argument of latitude: the angle from the ascending node.
        node = np.stack([-across[:, 1], across[:, 0], np.zeros(len(at_s))], axis=1)
        node /= np.linalg.norm(node, axis=1, keepdims=True)
        u = np.arctan2((up * np.cross(across, node)).sum(1), (up * node).sum(1))
        cos, sin = np.cos(u), np.sin(u)
        axis, longitude, e_x, e_y, i_x, i_y = elements_km
        turned = _RATE_RAD_S * (at_s - self.middle_s)
        off = (
            (axis - e_x * cos - e_y * sin)[:, None] * up
            + (longitude - 1.5 * axis * turned + 2.0 * (e_x * sin - e_y * cos))[:, None] * along
            + (i_x * sin - i_y * cos)[:, None] * across
        )
        along, across, up = _axes(position + off, velocity)
        return position + off, np.stack([along, -across, -up], axis=1)


def arc_of_ephemeris(orbit: Ephemeris, at_s: Array, offset_s: float, offset_sd_s: float) -> Arc:
    """The path by an orbit that is known.

    Args:
        orbit: where the station was.
        at_s: (n,) times of the pass by the camera's clock.
        offset_s: true time minus the camera's, and its standard deviation.

    Raises:
        InputError: the orbit says nothing about these times.
    """
    track = Track(orbit, at_s + offset_s, _REACH_S)
    along, across, up = track.sd_km
    sd_km = np.array([up, along, up, up, across, across])
    return Arc(track, float(np.median(at_s)) + offset_s, offset_s, offset_sd_s, np.zeros(ELEMENTS), sd_km)


def arc_of_fixes(fixes: Sequence[Fix], at_s: Array) -> Arc:
    """The path through the cameras of located photos, with what is known of the station's orbit.

    The camera's clock then counts as right: the orbit is fitted in its time.

    Raises:
        InputError: no orbit of the station passes there.
    """
    times = [datetime.fromtimestamp(fix.taken.timestamp(), UTC) for fix in fixes]
    covariances = np.array([fix.covariance + _TIME_KM**2 * np.eye(3) for fix in fixes])
    orbit = fit_orbit(times, np.array([fix.position_km for fix in fixes]), covariances)
    track = Track(orbit, at_s, _REACH_S)
    return Arc(track, float(np.median(at_s)), 0.0, 0.0, *_station(orbit))


def _station(orbit: FittedOrbit) -> tuple[Array, Array]:
    """What is known of the station's orbit without the photos, as corrections of a fitted one, with deviations."""
    inclination, _, _, turns, *eccentricity = (float(number) for number in orbit.numbers)
    mean = np.array(
        [
            -2.0 / 3.0 * (TURNS[0] - turns) / turns,
            0.0,
            -eccentricity[0],
            -eccentricity[1],
            math.radians(INCLINATION[0]) - inclination,
            0.0,
        ]
    )
    anywhere = _ANYWHERE_KM / _RADIUS_KM
    sd = [2.0 / 3.0 * TURNS[1] / TURNS[0], anywhere, ECCENTRICITY_SD, ECCENTRICITY_SD, math.radians(INCLINATION[1])]
    return mean * _RADIUS_KM, np.array([*sd, anywhere]) * _RADIUS_KM


def _axes(position: Array, velocity: Array) -> tuple[Array, Array, Array]:
    """Unit vectors (n, 3) along the track, across it to the left (the orbit's pole), and up."""
    up = position / np.linalg.norm(position, axis=1, keepdims=True)
    across = np.cross(position, velocity)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return np.cross(across, up), across, up
