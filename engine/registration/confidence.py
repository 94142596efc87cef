"""How probable it is that a registration is right, from what right and wrong ones were seen to look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import geo
from engine.registration.solve import ALTITUDE_KM, CameraPrior, Solution, TiePoints


@dataclass(frozen=True)
class Evidence:
    """What speaks for and against a registration."""

    surplus: float
    inliers: int
    spread: float
    altitude_km: float
    tilt_deg: float
    focal_off: float | None
    nadir_off_km: float | None
    rms_px: float

    @classmethod
    def of(cls, solution, points, prior, surplus):
        camera = solution.camera
        lat, lon, alt = camera.nadir()
        size = max(camera.width_px, camera.height_px)
        cells = np.unique((points.xy_px / size * 6).astype(int) @ [1, 10])
        total = 6 * max(1, round(6 * min(camera.width_px, camera.height_px) / size))
        return cls(surplus, len(points), len(cells) / total, alt, camera.tilt_azimuth_deg()[0],
            float(np.log(camera.focal_px / prior.focal_px)) if prior.focal_px else None,
            float(geo.distance_km(*prior.nadir, lat, lon)) if prior.nadir else None,
            float(np.sqrt(np.mean(solution.residuals_px**2))))


def probability(evidence: Evidence) -> float:
    return 0.0
