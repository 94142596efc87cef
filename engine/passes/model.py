"""The cameras of a pass as functions of few numbers, and how well these numbers fit the tie points.

Common numbers: the clock's offset, six corrections of the orbit, the mean attitude relative to the track and the
vertical, the focal length, the radial term. Numbers of each frame: the error of its time, its attitude.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from engine.ellipsoid import local_axes, surface_point
from engine.orbit import ALTITUDE_SD_KM
from engine.orbit.state import Array
from engine.passes.arc import ELEMENTS, Arc
from engine.registration.camera import Camera
from engine.registration.solve import RADIAL_SD, RELIEF_KM, CameraPrior, TiePoints, linearized

CLOCK, ORBIT, MEAN, FOCAL, RADIAL = 0, slice(1, 1 + ELEMENTS), slice(7, 10), 10, 11
COMMON = 12  # numbers
OWN = 4  # numbers of a frame: its time, and its attitude (3)
# Photos state whole seconds, and programs write them a moment before or after the shutter.
TIME_SD_S = 0.3
_TAIL = 2.0  # residuals beyond this many standard deviations lose weight, as in registration/solve.py
_CLOCK_FIXED_SD_S = 1e-3
_ATTITUDE_SD_RAD = 2.0  # of the mean attitude: any
_FAR_KM = 3000.0
_FOCAL_SD = 0.5  # where EXIF says nothing
_STEP = np.array([0.1, *np.full(ELEMENTS, 1.0)])  # of derivatives: seconds, km


@dataclass(frozen=True, eq=False)
class Lens:
    """What the cameras of a pass have in common.

    Attributes:
        width_px, height_px, pixel_aspect: of the picture.
        focal_px: focal length to begin with.
        mount: (3, 3) attitude to begin with: the camera's axes in the frame of the track and the vertical.
        prior: what EXIF says of the lens.
    """

    width_px: int
    height_px: int
    pixel_aspect: float
    focal_px: float
    mount: Array
    prior: CameraPrior


@dataclass(frozen=True, eq=False)
class Fit:
    """What a frame's tie points say of its camera near a camera, in the parameters of `Solution.covariance`.

    Half of `chi2` + 2 `gradient` d + d `information` d is the negative logarithm of the likelihood of a change d.
    """

    camera: Camera
    chi2: float
    gradient: Array
    information: Array

    def covariance(self, prior: CameraPrior) -> Array:
        """(8, 8) of the camera's parameters by its tie points, its lens, and the station's usual height."""
        focal_sd = prior.focal_sd if prior.focal_px else _FOCAL_SD
        sd = np.array([_FAR_KM, _FAR_KM, ALTITUDE_SD_KM, 1.0, 1.0, 1.0, focal_sd, RADIAL_SD])
        return np.asarray(np.linalg.inv(self.information + np.diag(1.0 / sd**2)))

    @property
    def least(self) -> float:
        """`chi2` of the camera that fits these tie points best."""
        step = np.linalg.solve(self.information + 1e-9 * np.diag(np.diag(self.information)), self.gradient)
        return self.chi2 - float(self.gradient @ step)


def fit_of(points: TiePoints, sd_px: float, camera: Camera) -> Fit:
    """See `Fit`; distant points lose weight, as for a Cauchy distribution.

    Neighbouring tie points share their errors: heights of the ground, bends of the imagery. These look like another
    camera. So a smooth error of the whole picture, of second and third order and as large as heights make it, is
    allowed for and integrated out.
    """
    errors, derivatives = linearized(points, camera)
    errors, derivatives = errors / sd_px, derivatives / sd_px
    square = (errors**2).sum(1) / _TAIL**2
    weight = 1.0 / (1.0 + square)
    range_km = np.linalg.norm(surface_point(points.lat, points.lon) - camera.eye, axis=1)
    bend_px = RELIEF_KM * camera.focal_px / float(np.median(range_km))
    x, y = (points.xy_px / [camera.width_px, camera.height_px] * 2.0 - 1.0).T
    shapes = np.stack([x * x, x * y, y * y, x**3, x * x * y, x * y * y, y**3], axis=-1) * bend_px / sd_px
    bends = np.einsum("nk,ij->nijk", shapes, np.eye(2)).reshape(len(points), 2, -1)
    rows = np.concatenate([derivatives, bends], axis=2)
    information = np.einsum("n,nij,nik->jk", weight, rows, rows)
    gradient = np.einsum("n,nij,ni->j", weight, rows, errors)
    of_bends = np.linalg.inv(information[8:, 8:] + np.eye(bends.shape[2]))
    across = information[:8, 8:] @ of_bends
    return Fit(
        camera,
        float(_TAIL**2 * np.log1p(square).sum() - gradient[8:] @ of_bends @ gradient[8:]),
        gradient[:8] - across @ gradient[8:],
        information[:8, :8] - across @ information[8:, :8],
    )


@dataclass(frozen=True, eq=False)
class PassModel:
    """Cameras at given times.

    Attributes:
        arc: the station's path.
        lens: what the cameras have in common.
    """

    arc: Arc
    lens: Lens

    def start(self) -> Array:
        """(COMMON,) numbers to begin with."""
        common = np.zeros(COMMON)
        common[ORBIT] = self.arc.mean_km
        return common

    def begin(self, cameras: Sequence[Camera], at_s: Array) -> tuple[Array, Array]:
        """Numbers to begin with, common (COMMON,) and own (n, OWN), for cameras at times by the camera's clock."""
        _, track_axes = self.arc.states(at_s + self.arc.offset_s, np.zeros(ELEMENTS))
        mounts = np.array([camera.axes for camera in cameras]) @ track_axes.transpose(0, 2, 1)
        own = np.zeros((len(cameras), OWN))
        own[:, 1:] = Rotation.from_matrix(mounts @ self.lens.mount.T).as_rotvec()
        return self.start(), own

    def prior(self) -> tuple[Array, Array]:
        """Means and standard deviations, (COMMON,) each, of the common numbers without any tie point."""
        mean, sd = self.start(), np.empty(COMMON)
        sd[CLOCK] = max(self.arc.offset_sd_s, _CLOCK_FIXED_SD_S)
        sd[ORBIT], sd[MEAN], sd[RADIAL] = self.arc.sd_km, _ATTITUDE_SD_RAD, RADIAL_SD
        known = self.lens.prior.focal_px
        mean[FOCAL] = np.log(known / self.lens.focal_px) if known else 0.0
        sd[FOCAL] = self.lens.prior.focal_sd if known else _FOCAL_SD
        return mean, sd

    def cameras(self, at_s: Array, common: Array, late_s: Array, attitudes: Array) -> list[Camera]:
        """The cameras at times by the camera's clock.

        Args:
            at_s: (n,) Unix times.
            common: (COMMON,).
            late_s: (n,) errors of the times.
            attitudes: (n, 3) rotation vectors from the mount that `lens` begins with.
        """
        eyes, axes = self._placed(at_s + late_s + self.arc.offset_s + common[CLOCK], common[ORBIT], attitudes)
        lens, focal_px = self.lens, self.lens.focal_px * float(np.exp(np.clip(common[FOCAL], -2.0, 2.0)))
        radial = float(np.clip(common[RADIAL], -0.5, 0.5))
        return [
            Camera(eye, axis, focal_px, lens.width_px, lens.height_px, radial, lens.pixel_aspect)
            for eye, axis in zip(eyes, axes, strict=True)
        ]

    def derivatives(self, cameras: Sequence[Camera], at_s: Array, common: Array, own: Array) -> Array:
        """(n, 8, COMMON + OWN): of the parameters of the cameras (see `Fit`) by their numbers.

        Args:
            cameras: at these numbers.
            at_s: (n,) Unix times by the camera's clock.
            common: (COMMON,).
            own: (n, OWN).
        """
        n, attitudes = len(at_s), own[:, 1:]
        rows = np.zeros((n, 8, COMMON + OWN))
        eyes = np.array([camera.eye for camera in cameras])
        axes = np.array([camera.axes for camera in cameras])
        local = np.array([local_axes(*camera.nadir()[:2]) for camera in cameras])
        true_s = at_s + own[:, 0] + self.arc.offset_s + common[CLOCK]
        for column, step in enumerate(_STEP):
            elements = common[ORBIT].copy()
            if column:
                elements[column - 1] += step
            there, turned = self._placed(true_s + (0.0 if column else step), elements, attitudes)
            rows[:, :3, column] = np.einsum("nij,nj->ni", local, there - eyes) / step
            rows[:, 3:6, column] = Rotation.from_matrix(turned @ axes.transpose(0, 2, 1)).as_rotvec() / step
        rows[:, :, COMMON] = rows[:, :, CLOCK]
        for column in range(3):
            change = np.zeros(3)
            change[column] = 1e-4
            turned = Rotation.from_rotvec(attitudes + change) * Rotation.from_rotvec(attitudes).inv()
            rows[:, 3:6, COMMON + 1 + column] = turned.as_rotvec() / 1e-4
        rows[:, 6, FOCAL] = 1.0
        rows[:, 7, RADIAL] = 1.0
        return rows

    def _placed(self, true_s: Array, elements_km: Array, attitudes: Array) -> tuple[Array, Array]:
        eyes, track_axes = self.arc.states(true_s, elements_km)
        return eyes, Rotation.from_rotvec(attitudes).as_matrix() @ self.lens.mount @ track_axes


def change_between(start: Camera, end: Camera) -> Array:
    """(8,) by which a camera differs from another one, in the parameters of `Fit`."""
    return np.array(
        [
            *(local_axes(*start.nadir()[:2]) @ (end.eye - start.eye)),
            *Rotation.from_matrix(end.axes @ start.axes.T).as_rotvec(),
            np.log(end.focal_px / start.focal_px),
            end.radial - start.radial,
        ]
    )
