"""How a camera may have been held during a pass, as priors of its attitudes.

A camera on a mount keeps its attitude relative to the track and the vertical, for the station does. A camera in a hand,
or on a mount that slips, moves on smoothly, or is held anew for each frame. Each is a Gaussian process: a common mean
attitude, an amplitude with a time after which the camera may be held otherwise, and independent errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.orbit.state import Array

Holding = Literal["fixed", "smooth", "free"]
# How probable each is before the frames are looked at.
HOLDINGS: dict[Holding, float] = {"fixed": 0.5, "smooth": 0.3, "free": 0.2}
_FREE_RAD = np.radians(40.0)


@dataclass(frozen=True)
class Attitudes:
    """A prior of the attitudes of a pass.

    Attributes:
        holding: what kind it is.
        jitter_rad: standard deviation of independent errors about each axis: of the mount, of the tie points' ground.
        amplitude_rad: of the smooth motion.
        seconds: its correlation time.
    """

    holding: Holding
    jitter_rad: float
    amplitude_rad: float = 0.0
    seconds: float = 1.0

    def covariance(self, one_s: Array, other_s: Array) -> Array:
        """(n, m) covariance of the smooth motion about an axis at two sets of times: Matérn's with exponent 3/2."""
        apart = np.sqrt(3.0) * np.abs(one_s[:, None] - other_s[None, :]) / self.seconds
        return np.asarray(self.amplitude_rad**2 * (1.0 + apart) * np.exp(-apart))


def _grid() -> dict[Attitudes, float]:
    grid: dict[Attitudes, float] = {}
    kinds: dict[Holding, list[Attitudes]] = {
        "fixed": [Attitudes("fixed", np.radians(jitter)) for jitter in (0.03, 0.06, 0.12, 0.25, 0.5, 1.0)],
        "smooth": [
            Attitudes("smooth", np.radians(jitter), np.radians(amplitude), seconds)
            for jitter in (0.06, 0.25)
            for amplitude in (0.5, 1.5, 5.0, 15.0)
            for seconds in (60.0, 300.0, 1200.0)
        ],
        "free": [Attitudes("free", _FREE_RAD)],
    }
    for holding, members in kinds.items():
        grid.update(dict.fromkeys(members, HOLDINGS[holding] / len(members)))
    return grid


# Priors to compare, with their probabilities before the frames are looked at.
PRIORS: dict[Attitudes, float] = _grid()
