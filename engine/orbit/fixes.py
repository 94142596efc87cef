"""Located photos as fixes of their camera's position, sorted by camera and session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from engine.contract.localization import Localization
from engine.contract.status import LOCATED
from engine.ellipsoid import local_axes
from engine.errors import InputError
from engine.orbit.clock import Fix
from engine.orbit.times import utc_of
from engine.photo.read import PhotoInfo, read_photo_info
from engine.progress import Progress
from engine.registration.pose import solution_of
from engine.registration.solve import CameraPrior, Solution, TiePoints, solve_camera

MATCHED = "matched"
_SESSION_GAP_S = 86400.0  # clocks drift by about a second a day, and are set anew at times
_MIN_POINTS = 8


@dataclass(frozen=True, eq=False)
class Session:
    """Photos of one camera whose clock counts as one.

    Attributes:
        camera: model by EXIF; "" where unknown.
        infos: all its photos that have a time.
        fixes: those that are located.
    """

    camera: str
    infos: Sequence[PhotoInfo]
    fixes: Sequence[Fix]

    @property
    def from_until(self) -> tuple[datetime, datetime]:
        """Times of the first and the last photo, by its clock."""
        times = [utc_of(info.taken_at) for info in self.infos if info.taken_at]
        return min(times), max(times)


def sessions_of(
    answers: Iterable[Localization], folder: Path = Path(), progress: Progress | None = None
) -> list[Session]:
    """The photos of these answers by camera and session; photos without a time are left out.

    Args:
        answers: of any status.
        folder: that relative paths of photos start at.
        progress: may be cancelled.
    """
    by_camera: dict[str, list[tuple[datetime, PhotoInfo, Localization]]] = {}
    for answer in answers:
        if progress is not None:
            progress.check()
        try:
            info = read_photo_info(folder / answer["photo"])
            taken = utc_of(info.taken_at) if info.taken_at else None
        except (InputError, ValueError, OverflowError):
            continue
        if taken is not None:
            by_camera.setdefault(info.camera or "", []).append((taken, info, answer))
    return [session for camera, photos in sorted(by_camera.items()) for session in _split(camera, photos)]


@dataclass(frozen=True, eq=False)
class Measured:
    """What the tie points of a located photo say of its camera, without the nadir stated for it.

    Attributes:
        points: its tie points, in pixels of the stored array.
        sd_px: standard deviation of one.
        prior: what is known of the lens.
        solution: the camera that they give.
    """

    points: TiePoints
    sd_px: float
    prior: CameraPrior
    solution: Solution


def measured(answer: Localization) -> Measured | None:
    """The camera of a located photo, solved once more from its tie points; None for any other photo.

    Without the stated nadir: one that a wrong clock made would draw the camera towards itself.
    """
    pose = answer["pose"]
    points = [point for point in answer["tie_points"] if point["origin"] == MATCHED]
    if answer["status"] != LOCATED or pose is None or len(points) < _MIN_POINTS:
        return None
    ties = TiePoints(
        np.array([(point["x_px"], point["y_px"]) for point in points], np.float64),
        np.array([point["lat"] for point in points], np.float64),
        np.array([point["lon"] for point in points], np.float64),
    )
    residuals = [point["residual_px"] for point in points if point["residual_px"] is not None]
    # As in registration/pose.py: neighbouring tie points share their errors, so four count as one.
    sd_px = 2.0 * max(0.5, float(np.sqrt(np.mean(np.square(residuals)) / 2))) if residuals else 2.0
    stated = pose["prior"]
    prior = CameraPrior(stated["focal_px"], stated["focal_sd"] or CameraPrior.focal_sd)
    return Measured(ties, sd_px, prior, solve_camera(ties, solution_of(pose).camera, prior, sd_px, robust=False))


def fix_of(answer: Localization, taken: datetime) -> Fix | None:
    """Where the camera of a located photo was; None for any other photo."""
    found = measured(answer)
    if found is None:
        return None
    axes = local_axes(*found.solution.camera.nadir()[:2])
    covariance = axes.T @ found.solution.covariance[:3, :3] @ axes
    return Fix(answer["photo"], taken, found.solution.camera.eye, covariance)


def _split(camera: str, photos: list[tuple[datetime, PhotoInfo, Localization]]) -> Iterator[Session]:
    photos.sort(key=lambda photo: photo[0])
    session: list[tuple[datetime, PhotoInfo, Localization]] = []
    for photo in photos:
        if session and (photo[0] - session[-1][0]).total_seconds() > _SESSION_GAP_S:
            yield _session(camera, session)
            session = []
        session.append(photo)
    yield _session(camera, session)


def _session(camera: str, photos: Sequence[tuple[datetime, PhotoInfo, Localization]]) -> Session:
    fixes = [fix_of(answer, taken) for taken, _, answer in photos]
    return Session(camera, [info for _, info, _ in photos], [fix for fix in fixes if fix is not None])
