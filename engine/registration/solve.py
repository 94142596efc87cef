"""The camera's pose from tie points: robust least squares with what is known of the station and the lens.

Eight unknowns: the camera's position (3), its attitude (3), the focal length, and one radial term. Tie points
alone do not always determine them: seen through a long lens the Earth is flat and far, and distance and focal
length trade against each other. What is known beforehand enters as weighted observations, and the solution
says which of the unknowns the tie points determined themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from engine.geo import LocalFrame
from engine.registration.camera import Camera, foot_of, local_axes, surface_point

Array = NDArray[np.float64]

ALTITUDE_KM = 415.0
ALTITUDE_SD_KM = 15.0  # of most photos; with a heavy tail, for the station has been at 350 and at 460 km too
NADIR_SD_KM = 30.0  # orbit elements and clocks; a stated nadir may also be altogether wrong, hence a heavy tail
FOCAL_UNKNOWN_SD = 1.5  # of its logarithm: a factor of four either way
RADIAL_SD = 0.03
_RADIAL_NEEDS_POINTS = 40
_RADIAL_NEEDS_SPREAD = 0.3
_TAIL = 2.0  # residuals beyond this many standard deviations lose weight
_UNSEEN = 100.0  # residual, in standard deviations, of a point that the camera cannot see
_STEP = 1e-6  # of differences, in the units below; through a long lens a larger one is no longer linear
# What the solver's numbers are measured in, so that a step of one means about the same for each.
_UNITS = np.array([100.0, 100.0, 100.0, 0.1, 0.1, 0.1, 0.1, 0.05])
_POSITION, _ATTITUDE, _FOCAL, _RADIAL = slice(0, 3), slice(3, 6), 6, 7


@dataclass(frozen=True)
class CameraPrior:
    """What is known of the camera before the tie points.

    Attributes:
        focal_px: focal length in pixels, and the standard deviation of its logarithm; None when unknown.
        nadir: (lat, lon) stated for the photo, or None.
    """

    focal_px: float | None = None
    focal_sd: float = 0.03
    nadir: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class TiePoints:
    """Where the same spot is in the photo, (n, 2) pixels, and on the ground, (n,) degrees."""

    xy_px: Array
    lat: Array
    lon: Array

    def __len__(self) -> int:
        return len(self.lat)

    def __getitem__(self, rows: NDArray) -> TiePoints:
        return TiePoints(self.xy_px[rows], self.lat[rows], self.lon[rows])


@dataclass(frozen=True, eq=False)
class Solution:
    """A solved camera.

    Attributes:
        camera: the most probable one.
        covariance: (8, 8) of `parameters`: position east, north, up in km at the camera's nadir, attitude as a
            small turn (rad) about the camera's axes, logarithm of the focal length, radial term.
        determined: names of what the tie points determined without help: "altitude", "position",
            "focal length", "radial term".
        residuals_px: (n,) distance of each tie point from where the camera sees its ground; inf where it does not.
    """

    camera: Camera
    covariance: Array
    determined: tuple[str, ...]
    residuals_px: Array


def starts_from_affine(
    matrix: Array, frame: LocalFrame, photo_size: tuple[int, int], prior: CameraPrior
) -> list[Camera]:
    """Cameras that see the ground about as an affine map has it; none when the map is mirrored.

    From far away a tilted view is affine: the photo's two axes on the ground give scale, turn and how much the
    ground is foreshortened, but not towards which side it is tilted. So there are two tilted starts and one
    that looks straight down on the middle.

    Args:
        matrix: (2, 3) photo pixels to km of `frame`.
        frame: of the map.
        photo_size: width, height in pixels.
        prior: its focal length is used where known.
    """
    width, height = photo_size
    step = max(photo_size) / 20.0
    steps = np.array([[0.0, 0.0], [step, 0.0], [0.0, step]])
    xy = np.column_stack([steps + np.array([width, height]) / 2, np.ones(3)]) @ matrix.T
    lat, lon = frame.to_lat_lon(xy[:, 0], xy[:, 1])
    axes = local_axes(float(lat[0]), float(lon[0]))
    ground = surface_point(lat, lon)
    px_per_km = np.linalg.inv(((ground[1:] - ground[0]) @ axes[:2].T).T / step)
    # Rows: the photo's axes along the ground, in pixels a kilometre east and north.
    if np.linalg.det(px_per_km) >= 0:
        return []
    larger, smaller = np.linalg.svd(px_per_km, compute_uv=False)
    starts = []
    for squeeze, signs in ((smaller / larger, (1.0, -1.0)), (1.0, (1.0,))):
        scale = larger if squeeze < 1.0 else np.sqrt(larger * smaller)
        rows = px_per_km / scale
        up_2 = np.clip(1.0 - (rows * rows).sum(axis=1), 0.0, None) if squeeze < 1.0 else np.zeros(2)
        up = np.sqrt(up_2) * [1.0, -1.0 if rows[0] @ rows[1] > 0 else 1.0]
        range_km = _slant_range_km(squeeze, ALTITUDE_KM)
        for sign in signs:
            # The nearest orthonormal axes.
            x_y = np.column_stack([rows, sign * up])
            u, _, vt = np.linalg.svd(x_y, full_matrices=False)
            x, y = u @ vt
            z = np.cross(x, y)
            if z[2] >= 0:  # looks up: foreshortened beyond what noise allows
                continue
            attitude = np.stack([x, y, z]) @ axes
            focal = prior.focal_px or float(scale * range_km)
            starts.append(Camera(ground[0] - range_km * attitude[2], attitude, focal, width, height))
    return starts


def solve_camera(
    points: TiePoints, start: Camera, prior: CameraPrior, sd_px: float, robust: bool = True, steps: int = 30
) -> Solution:
    """The camera that fits the tie points and the prior best, from a start nearby.

    Args:
        points: at least 4.
        start: where the search begins; gives the picture's size.
        prior: what is known beforehand.
        sd_px: standard deviation of a tie point in the photo.
        robust: points beyond two standard deviations lose weight, as Cauchy's distribution has it.
        steps: evaluations of the model at most.
    """
    problem = _Problem(points, start, prior, sd_px, robust)
    evaluations = steps * (problem.n + 1)  # a step takes a gradient by differences
    found = least_squares(
        problem.residuals, np.zeros(problem.n), method="lm", max_nfev=evaluations, ftol=1e-6, xtol=1e-6, diff_step=_STEP
    )
    camera = problem.camera(found.x)
    at_solution = _Problem(points, camera, prior, sd_px, robust)
    covariance, determined = at_solution.covariance()
    return Solution(camera, covariance, determined, errors_px(camera, points))


def errors_px(camera: Camera, points: TiePoints) -> Array:
    """(n,) distance in pixels of each tie point from where the camera sees its ground; inf where it does not."""
    x, y = camera.project(points.lat, points.lon)
    error = np.hypot(x - points.xy_px[:, 0], y - points.xy_px[:, 1])
    return np.where(np.isfinite(error), error, np.inf)


def ground_deviation_km(solution: Solution, x_px: Array, y_px: Array) -> Array:
    """Standard deviation in km, (n,), of the ground found at pixel positions; NaN where there is none.

    The root of the sum of the variances along the two axes of the ground, from the solution's covariance.
    """
    camera = solution.camera
    lat, lon = camera.locate(x_px, y_px)
    here = surface_point(lat, lon)
    n = solution.covariance.shape[0]
    axes = local_axes(*camera.nadir()[:2])
    jacobian = np.empty((*here.shape, n))
    for i in range(n):
        step = np.zeros(n)
        step[i] = 1e-4
        moved = surface_point(*_moved(camera, step * _UNITS, axes).locate(x_px, y_px))
        jacobian[..., i] = (moved - here) / (1e-4 * _UNITS[i])
    return np.sqrt(np.einsum("nij,jk,nik->n", jacobian, solution.covariance, jacobian))


class _Problem:
    """Residuals of a camera near `start`, as a function of 7 or 8 numbers."""

    def __init__(self, points: TiePoints, start: Camera, prior: CameraPrior, sd_px: float, robust: bool) -> None:
        self._start, self._prior = start, prior
        self._ground = surface_point(points.lat, points.lon)
        lat, lon = np.radians(points.lat), np.radians(points.lon)
        self._up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
        self._xy = points.xy_px
        self._sd_px, self._robust = sd_px, robust
        start_lat, start_lon, _ = start.nadir()
        self._axes = local_axes(start_lat, start_lon)
        if prior.nadir is not None:
            self._nadir, self._nadir_axes = surface_point(*prior.nadir), local_axes(*prior.nadir)
        size = np.array([start.width_px, start.height_px])
        spread = (np.std(points.xy_px, axis=0) / size).min() if len(points) else 0.0
        is_supported = len(points) >= _RADIAL_NEEDS_POINTS and spread > _RADIAL_NEEDS_SPREAD * 0.577
        self.n = 8 if is_supported else 7

    def camera(self, numbers: Array) -> Camera:
        full = np.zeros(8)
        full[: self.n] = numbers
        return _moved(self._start, full * _UNITS, self._axes)

    def residuals(self, numbers: Array) -> Array:
        camera = self.camera(numbers)
        return np.concatenate([self._of_points(camera), self._of_prior(camera)])

    def _of_points(self, camera: Camera) -> Array:
        to_point = self._ground - camera.eye
        in_camera = to_point @ camera.axes.T
        seen = ((to_point * self._up).sum(-1) < 0) & (in_camera[:, 2] > 0)
        u_v = in_camera[:, :2] / np.where(seen, in_camera[:, 2], 1.0)[:, None]
        stretch = camera.focal_px * (1.0 + camera.radial * (u_v * u_v).sum(-1, keepdims=True))
        error = u_v * stretch + [camera.width_px / 2, camera.height_px / 2] - self._xy
        error = np.where(seen[:, None], error / self._sd_px, _UNSEEN)
        if self._robust:
            error = error * _cauchy_weight(np.linalg.norm(error, axis=1, keepdims=True), _TAIL)
        return error.ravel()

    def _of_prior(self, camera: Camera) -> Array:
        altitude_km = foot_of(camera.eye)[2]
        too_high = (altitude_km - ALTITUDE_KM) / ALTITUDE_SD_KM
        found = [float(too_high * _cauchy_weight(abs(too_high), _TAIL)), camera.radial / RADIAL_SD]
        if self._prior.focal_px:
            off = np.log(camera.focal_px / self._prior.focal_px) / self._prior.focal_sd
            found.append(float(off * _cauchy_weight(abs(off), _TAIL)))  # EXIF may be wrong
        if self._prior.nadir is not None:
            away: Array = self._nadir_axes[:2] @ (camera.eye - self._nadir) / NADIR_SD_KM
            found.extend(away * _cauchy_weight(float(np.linalg.norm(away)), _TAIL))
        return np.array(found)

    def covariance(self) -> tuple[Array, tuple[str, ...]]:
        """(8, 8) in the parameters' own units, and what the points determined."""
        jacobian = np.empty((len(self.residuals(np.zeros(self.n))), self.n))
        for i in range(self.n):
            step = np.zeros(self.n)
            step[i] = _STEP
            jacobian[:, i] = (self.residuals(step) - self.residuals(-step)) / (2 * _STEP)
        of_points = jacobian[: 2 * len(self._ground)]
        # An unknown without any hold gets a wide variance instead of an infinite one.
        alone = np.linalg.inv(of_points.T @ of_points + 1e-6 * np.eye(self.n))
        together = np.linalg.inv(jacobian.T @ jacobian + 1e-6 * np.eye(self.n))
        units = _UNITS[: self.n]
        full = np.zeros((8, 8))
        full[: self.n, : self.n] = together * np.outer(units, units)
        deviation = np.sqrt(np.diag(alone)) * units
        determined = []
        if deviation[2] < ALTITUDE_SD_KM / 2:
            determined.append("altitude")
        if np.hypot(deviation[0], deviation[1]) < NADIR_SD_KM:
            determined.append("position")
        if deviation[_FOCAL] < 0.03:
            determined.append("focal length")
        if self.n == 8 and deviation[_RADIAL] < RADIAL_SD / 2:
            determined.append("radial term")
        return full, tuple(determined)


def _moved(camera: Camera, change: Array, axes: Array) -> Camera:
    """A camera changed by (8,): km along `axes`, turn about its own axes (rad), log focal length, radial term."""
    eye = camera.eye + change[_POSITION] @ axes
    turn = cv2.Rodrigues(np.asarray(change[_ATTITUDE], np.float64))[0]
    focal_px = camera.focal_px * float(np.exp(np.clip(change[_FOCAL], -5.0, 5.0)))
    radial = float(np.clip(camera.radial + change[_RADIAL], -0.5, 0.5))
    return Camera(eye, turn @ camera.axes, focal_px, camera.width_px, camera.height_px, radial)


def _cauchy_weight(deviation: Array | float, tail: float) -> Array:
    """Factor that makes a squared residual grow like a logarithm beyond `tail`."""
    square = np.maximum(np.square(np.asarray(deviation, np.float64) / tail), 1e-12)
    return np.sqrt(np.log1p(square) / square)


def _slant_range_km(cos_incidence: float, altitude_km: float) -> float:
    """Distance to a camera at an altitude that is seen from the ground at an angle from the vertical."""
    radius = 6371.0
    along = radius * cos_incidence
    return float(np.sqrt(along * along + 2 * radius * altitude_km + altitude_km**2) - along)
