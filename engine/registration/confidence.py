"""The probability that a registration is right, estimated from registrations known to be right or wrong.

A logistic regression over a few interpretable numbers. benchmarks/registration.py and registration_report.py fit and
check it; docs/registration.md has the figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine import geo
from engine.orbit import ALTITUDE_KM
from engine.registration.solve import CameraPrior, Solution, TiePoints

LOCATED = 0.99  # a photo counts as located above this probability

# No station has been outside this range; wrong tie points put a camera there.
_ALTITUDE_RANGE_KM = (330.0, 480.0)
_MAX_TILT_DEG = 75.0
_ALTITUDE_UNIT_KM = 25.0
_MIN_SPREAD = 0.4  # a camera tilted to the wrong side agrees with the ground along one edge of the photo
_VOTED = 15.0  # z-score; no wrong pose had more (docs/voting.md)
_MIN_SPREAD_VOTED = 0.2
_EVENLY = 12**-0.5  # standard deviation of the uniform distribution on 0 to 1
# Constant, z-score, implausibility; see features().
_WEIGHTS = (-6.98, 5.29, -1.49)


@dataclass(frozen=True)
class Evidence:
    """The evidence for and against a registration.

    Attributes:
        z_score: by how many standard deviations the features that agree exceed what chance would give.
        inliers: tie points.
        spread: extent of the tie points in the direction in which it is smallest; 1 when they cover the whole photo.
        altitude_km: of the camera.
        tilt_deg: of the line of sight from straight down.
        focal_off: logarithm of found over expected focal length; None when nothing was expected.
        nadir_off_km: distance from the stated nadir; None when none was stated.
        rms_px: of the tie points in the photo.
        voted_z: z-score of the votes of local features for this same footprint; 0 where they voted for another or none.
    """

    z_score: float
    inliers: int
    spread: float
    altitude_km: float
    tilt_deg: float
    focal_off: float | None
    nadir_off_km: float | None
    rms_px: float
    voted_z: float = 0.0

    @classmethod
    def of(cls, solution: Solution, points: TiePoints, prior: CameraPrior, z_score: float) -> Evidence:
        """The evidence for a solved camera and its tie points."""
        camera = solution.camera
        lat, lon, altitude_km = camera.nadir()
        across = np.linalg.eigvalsh(np.cov(points.xy_px.T / np.array([[camera.width_px], [camera.height_px]])))[0]
        return cls(
            z_score=float(z_score),
            inliers=len(points),
            spread=float(np.sqrt(max(across, 0.0))) / _EVENLY,
            altitude_km=altitude_km,
            tilt_deg=camera.tilt_azimuth_deg()[0],
            focal_off=float(np.log(camera.focal_px / prior.focal_px)) if prior.focal_px else None,
            nadir_off_km=float(geo.distance_km(*prior.nadir, lat, lon)) if prior.nadir else None,
            rms_px=float(np.sqrt(np.mean(np.square(solution.residuals_px)))),
        )


def features(evidence: Evidence) -> tuple[float, ...]:
    """The regressors, the first one always 1.

    The count of tie points is not among them: chance alone leaves 20 to 60 at a wrong place. The z-score measures what
    exceeds chance.
    """
    altitude = abs(evidence.altitude_km - ALTITUDE_KM) / _ALTITUDE_UNIT_KM
    focal = abs(evidence.focal_off or 0.0) / 0.1
    return 1.0, math.log1p(max(evidence.z_score, 0.0)), min(altitude, 4.0) + min(focal, 4.0)


def probability(evidence: Evidence) -> float:
    """Probability that the footprint's centre is within half its shorter side of the truth."""
    low, high = _ALTITUDE_RANGE_KM
    if not low <= evidence.altitude_km <= high or evidence.tilt_deg > _MAX_TILT_DEG:
        return 0.0
    # Votes come from all over the photo, so the tie points may then cover less of it.
    if evidence.spread < (_MIN_SPREAD if evidence.voted_z < _VOTED else _MIN_SPREAD_VOTED):
        return 0.0
    z = sum(w * x for w, x in zip(_WEIGHTS, features(evidence), strict=True))
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, z))))
