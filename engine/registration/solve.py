"""Solves a camera from tie points: robust least squares with what is known of the station and the lens.

Eight unknowns: the camera's position (3), its attitude (3), the focal length, and one radial term. Tie points alone do
not always determine them. Through a long lens the Earth looks flat and far, and distance and focal length trade off
against each other. Prior knowledge enters as weighted observations, and the solution states which unknowns the tie
points determined by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from engine.ellipsoid import local_axes, surface_normal, surface_point
from engine.orbit import ALTITUDE_KM, ALTITUDE_SD_KM, NADIR_SD_KM
from engine.registration.camera import Camera

Array = NDArray[np.float64]

RADIAL_SD = 0.03
RELIEF_KM = 0.3  # typical height of the ground above or below the ellipsoid
_RADIAL_MIN_POINTS = 40
_RADIAL_MIN_DISPERSION = 0.3
_TAIL = 2.0  # residuals beyond this many standard deviations lose weight
_UNSEEN_RESIDUAL = 100.0  # residual, in standard deviations, of a point that the camera cannot see
# Scales of the solver's parameters, so that a step of one means about the same for each.
_UNITS = np.array([100.0, 100.0, 100.0, 0.1, 0.1, 0.1, 0.1, 0.05])
_POSITION, _ATTITUDE, _FOCAL, _RADIAL = slice(0, 3), slice(3, 6), 6, 7


@dataclass(frozen=True)
class CameraPrior:
    """What is known of the camera without the tie points.

    Attributes:
        focal_px: focal length in pixels, and the standard deviation of its logarithm; None when unknown.
        nadir: (lat, lon) stated for the photo, or None.
        nadir_sd_km: its standard deviation in each direction.
        altitude_km: of the station, as stated or usual.
    """

    focal_px: float | None = None
    focal_sd: float = 0.03
    nadir: tuple[float, float] | None = None
    nadir_sd_km: float = NADIR_SD_KM
    altitude_km: float = ALTITUDE_KM


@dataclass(frozen=True, eq=False)
class TiePoints:
    """Positions of the same spots in the photo, (n, 2) pixels, and on the ground, (n,) degrees."""

    xy_px: Array
    lat: Array
    lon: Array

    def __len__(self) -> int:
        return len(self.lat)

    def __getitem__(self, rows: NDArray[Any]) -> TiePoints:
        return TiePoints(self.xy_px[rows], self.lat[rows], self.lon[rows])


@dataclass(frozen=True, eq=False)
class Solution:
    """A solved camera.

    Attributes:
        camera: the most probable one.
        covariance: (8, 8) of the parameters: position east, north, up in km at the camera's nadir, attitude as a
            small rotation (rad) about the camera's axes, logarithm of the focal length, radial term.
        determined: names of what the tie points determined without the prior: "altitude", "position",
            "focal length", "radial term".
        residuals_px: (n,) distance of each tie point from where the camera projects its ground; inf where it does not.
    """

    camera: Camera
    covariance: Array
    determined: tuple[str, ...]
    residuals_px: Array


def solve_camera(
    points: TiePoints, initial: Camera, prior: CameraPrior, sd_px: float, robust: bool = True, max_evaluations: int = 30
) -> Solution:
    """The camera that fits the tie points and the prior best, searched from an initial camera nearby.

    Args:
        points: at least 4.
        initial: where the search begins; gives the picture's size.
        prior: what is known without the points.
        sd_px: standard deviation of a tie point in the photo.
        robust: points beyond two standard deviations lose weight, as for a Cauchy distribution.
        max_evaluations: limit of evaluations of the model.
    """
    problem = _Problem(points, initial, prior, sd_px, robust)
    zeros = np.zeros(problem.n)
    result = least_squares(
        problem.residuals, zeros, problem.jacobian, method="lm", max_nfev=max_evaluations, ftol=1e-6, xtol=1e-6
    )
    camera = problem.camera(result.x)
    at_solution = _Problem(points, camera, prior, sd_px, robust)
    covariance, determined = at_solution.covariance()
    return Solution(camera, covariance, determined, errors_px(camera, points))


def errors_px(camera: Camera, points: TiePoints) -> Array:
    """(n,) distance in pixels of each tie point from where the camera projects its ground; inf where it does not."""
    x, y = camera.project(points.lat, points.lon)
    error = np.hypot(x - points.xy_px[:, 0], y - points.xy_px[:, 1])
    return np.where(np.isfinite(error), error, np.inf)


def linearized(points: TiePoints, camera: Camera) -> tuple[Array, Array]:
    """How far each tie point lies from where the camera projects its ground, and how that depends on the camera.

    Returns:
        Errors (n, 2) in pixels, and their derivatives (n, 2, 8) by the parameters of `Solution.covariance`. Both are 0
        for points that the camera does not see.
    """
    problem = _Problem(points, camera, CameraPrior(), 1.0, robust=False)
    errors, seen = problem._of_points(camera)
    derivatives = problem._derivatives(camera, np.zeros(8), seen)
    return np.where(seen[:, None], errors, 0.0), np.where(seen[:, None, None], derivatives, 0.0)


def moved(camera: Camera, change: Array) -> Camera:
    """The camera changed by (8,) in the parameters of `Solution.covariance`."""
    return _moved(camera, change, local_axes(*camera.nadir()[:2]))


def ground_deviation_km(solution: Solution, x_px: Array, y_px: Array) -> Array:
    """Standard deviation in km, (n,), of the ground position at pixel positions; NaN where there is no ground.

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
    """Residuals of a camera near `initial`, as a function of 7 or 8 parameters."""

    def __init__(self, points: TiePoints, initial: Camera, prior: CameraPrior, sd_px: float, robust: bool) -> None:
        self._initial, self._prior = initial, prior
        self._ground = surface_point(points.lat, points.lon)
        lat, lon = np.radians(points.lat), np.radians(points.lon)
        self._up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
        self._xy = points.xy_px
        self._sd_px, self._robust = sd_px, robust
        initial_lat, initial_lon, _ = initial.nadir()
        self._axes = local_axes(initial_lat, initial_lon)
        if prior.nadir is not None:
            self._nadir, self._nadir_axes = surface_point(*prior.nadir), local_axes(*prior.nadir)
        size = np.array([initial.width_px, initial.height_px])
        dispersion = (np.std(points.xy_px, axis=0) / size).min() if len(points) else 0.0
        is_supported = len(points) >= _RADIAL_MIN_POINTS and dispersion > _RADIAL_MIN_DISPERSION * 0.577
        self.n = 8 if is_supported else 7
        # In an oblique view through a long lens, hills shift points by far more than a pixel, and all points of a slope
        # alike. Then the points count for less relative to the prior.
        to_eye = initial.eye - self._ground
        range_km = np.linalg.norm(to_eye, axis=1)
        across = np.linalg.norm(np.cross(to_eye, self._up), axis=1) / range_km  # sine of the angle from straight down
        relief_px = RELIEF_KM * initial.focal_px * float(np.median(across / range_km))
        self._prior_weight = float(np.hypot(sd_px, relief_px)) / sd_px

    def camera(self, numbers: Array) -> Camera:
        full = np.zeros(8)
        full[: self.n] = numbers
        return _moved(self._initial, full * _UNITS, self._axes)

    def residuals(self, numbers: Array) -> Array:
        camera = self.camera(numbers)
        of_points = self._of_points(camera)[0]
        if self._robust:
            of_points = of_points * _cauchy_weight(np.linalg.norm(of_points, axis=1, keepdims=True))
        of_prior = [
            self._prior_weight * residual * float(_cauchy_weight(away)) for residual, away, _ in self._of_prior(camera)
        ]
        return np.concatenate([of_points.ravel(), of_prior])

    def jacobian(self, numbers: Array) -> Array:
        """Derivatives (residuals, n) of `residuals`."""
        camera = self.camera(numbers)
        of_points, seen = self._of_points(camera)
        rows = self._derivatives(camera, numbers, seen) / self._sd_px
        rows[~seen] = 0.0
        if self._robust:
            size = np.linalg.norm(of_points, axis=1)
            # Derivative of e w(|e|): w times the derivative of e, plus e times the change of w along e.
            along = np.einsum("ni,nij->nj", of_points, rows)
            rows = _cauchy_weight(size)[:, None, None] * rows + of_points[:, :, None] * (
                _cauchy_slope(size)[:, None, None] * along[:, None, :]
            )
        of_prior = np.zeros((0, 8))
        for residual, away, row in self._of_prior(camera):
            # The nadir's two residuals share a weight; the derivative ignores that it decreases along both.
            slope = _cauchy_weight(away) + _cauchy_slope(away) * min(residual**2, away**2)
            of_prior = np.vstack([of_prior, self._prior_weight * float(slope) * row])
        return (np.vstack([rows.reshape(-1, 8), of_prior]) * _UNITS)[:, : self.n]

    def _of_points(self, camera: Camera) -> tuple[Array, NDArray[np.bool_]]:
        """Errors (points, 2) in standard deviations, and which points the camera sees."""
        to_point = self._ground - camera.eye
        in_camera = to_point @ camera.axes.T
        seen = ((to_point * self._up).sum(-1) < 0) & (in_camera[:, 2] > 0)
        u_v = in_camera[:, :2] / np.where(seen, in_camera[:, 2], 1.0)[:, None]
        stretch = camera.focal_px * (1.0 + camera.radial * (u_v * u_v).sum(-1, keepdims=True))
        error = u_v * stretch / [1.0, camera.pixel_aspect] + [camera.width_px / 2, camera.height_px / 2] - self._xy
        return np.where(seen[:, None], error / self._sd_px, _UNSEEN_RESIDUAL), seen

    def _derivatives(self, camera: Camera, numbers: Array, seen: NDArray[np.bool_]) -> Array:
        """Derivatives (points, 2, 8) of pixel positions with respect to the parameters of `_moved`."""
        x, y, z = ((self._ground - camera.eye) @ camera.axes.T).T
        z = np.where(seen, z, 1.0)
        u, v, zero = x / z, y / z, np.zeros_like(z)
        r_2 = u * u + v * v
        stretch = camera.focal_px * (1.0 + camera.radial * r_2)
        bend = 2.0 * camera.focal_px * camera.radial
        # Derivatives with respect to u and v, and of these with respect to the point in the camera's frame.
        by_u_v = np.stack([stretch + bend * u * u, bend * u * v, bend * u * v, stretch + bend * v * v], axis=-1)
        u_v_by_point = np.stack([1 / z, zero, -u / z, zero, 1 / z, -v / z], axis=-1).reshape(-1, 2, 3)
        by_point = by_u_v.reshape(-1, 2, 2) @ u_v_by_point
        minus_cross = np.stack([zero, z, -y, -z, zero, x, y, -x, zero], axis=-1).reshape(-1, 3, 3)  # -[point] x
        columns = np.empty((len(z), 2, 8))
        columns[..., _POSITION] = by_point @ (-camera.axes @ self._axes.T)
        columns[..., _ATTITUDE] = by_point @ minus_cross @ _left_jacobian(numbers[_ATTITUDE] * _UNITS[_ATTITUDE])
        columns[..., _FOCAL] = np.stack([u, v], axis=-1) * stretch[:, None]
        columns[..., _RADIAL] = np.stack([u, v], axis=-1) * (camera.focal_px * r_2)[:, None]
        return columns / np.array([1.0, camera.pixel_aspect])[:, None]

    def _of_prior(self, camera: Camera) -> list[tuple[float, float, Array]]:
        """Residual, the deviation that its weight depends on, and derivatives (8,), for each part of the prior.

        Any part may be wrong, EXIF and orbit elements too, hence the weights.
        """
        lat, lon, altitude_km = camera.nadir()
        too_high = (altitude_km - self._prior.altitude_km) / ALTITUDE_SD_KM
        by_position = np.zeros(8)
        by_position[_POSITION] = self._axes @ surface_normal(lat, lon) / ALTITUDE_SD_KM
        terms = [
            (too_high, abs(too_high), by_position),
            (camera.radial / RADIAL_SD, 0.0, np.eye(8)[_RADIAL] / RADIAL_SD),
        ]
        if self._prior.focal_px:
            off = float(np.log(camera.focal_px / self._prior.focal_px)) / self._prior.focal_sd
            terms.append((off, abs(off), np.eye(8)[_FOCAL] / self._prior.focal_sd))
        if self._prior.nadir is not None:
            away = self._nadir_axes[:2] @ (camera.eye - self._nadir) / self._prior.nadir_sd_km
            for residual, axis in zip(away, self._nadir_axes[:2], strict=True):
                row = np.zeros(8)
                row[_POSITION] = self._axes @ axis / self._prior.nadir_sd_km
                terms.append((float(residual), float(np.linalg.norm(away)), row))
        return terms

    def covariance(self) -> tuple[Array, tuple[str, ...]]:
        """(8, 8) in the parameters' own units, and the names of what the points determined."""
        jacobian = self.jacobian(np.zeros(self.n))
        of_points = jacobian[: 2 * len(self._ground)]
        # A parameter that nothing constrains gets a wide variance instead of an infinite one.
        points_only = np.linalg.inv(of_points.T @ of_points + 1e-6 * np.eye(self.n)) * self._prior_weight**2
        combined = np.linalg.inv(jacobian.T @ jacobian + 1e-6 * np.eye(self.n)) * self._prior_weight**2
        units = _UNITS[: self.n]
        full = np.zeros((8, 8))
        full[: self.n, : self.n] = combined * np.outer(units, units)
        deviation = np.sqrt(np.diag(points_only)) * units
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
    """A camera changed by (8,): km along `axes`, rotation about its own axes (rad), log focal length, radial term."""
    eye = camera.eye + change[_POSITION] @ axes
    rotation = cv2.Rodrigues(np.asarray(change[_ATTITUDE], np.float64))[0]
    focal_px = camera.focal_px * float(np.exp(np.clip(change[_FOCAL], -5.0, 5.0)))
    radial = float(np.clip(camera.radial + change[_RADIAL], -0.5, 0.5))
    return replace(camera, eye=eye, axes=rotation @ camera.axes, focal_px=focal_px, radial=radial)


def _left_jacobian(rotation: Array) -> Array:
    """(3, 3): maps a small d to the small rotation vector by which R(rotation + d) differs from R(rotation)."""
    angle = float(np.linalg.norm(rotation))
    cross = np.array(
        [[0.0, -rotation[2], rotation[1]], [rotation[2], 0.0, -rotation[0]], [-rotation[1], rotation[0], 0.0]]
    )
    if angle < 1e-4:
        return np.eye(3) + cross / 2
    return np.eye(3) + (1 - np.cos(angle)) / angle**2 * cross + (angle - np.sin(angle)) / angle**3 * cross @ cross


def _cauchy_weight(deviation: Array | float) -> Array:
    """Factor that makes a squared residual grow logarithmically beyond the tail."""
    square = np.maximum(np.square(np.asarray(deviation, np.float64) / _TAIL), 1e-9)
    return np.sqrt(np.log1p(square) / square)


def _cauchy_slope(deviation: Array | float) -> Array:
    """Derivative of that factor, divided by the deviation."""
    square = np.maximum(np.square(np.asarray(deviation, np.float64) / _TAIL), 1e-9)
    weight = np.sqrt(np.log1p(square) / square)
    slope = np.where(square < 1e-4, -0.25, (1 / (1 + square) - weight**2) / (2 * weight * square))
    return slope * 2 / _TAIL**2
