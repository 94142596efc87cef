"""Solves the camera from tie points set by hand. They are few, and each one is deliberate.

Three or more points, together with what is known of the station and the lens, determine the camera. With fewer points
the initial camera supplies what they leave open: one point shifts it, two points also rotate and scale it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.contract.answers import SolveAnswer
from engine.contract.localization import Pose as PoseJson
from engine.ellipsoid import surface_normal
from engine.errors import UsageError
from engine.messages import Message
from engine.photo.read import PhotoInfo
from engine.registration import footprint
from engine.registration.camera import Camera
from engine.registration.initial_poses import initial_poses_from_affine
from engine.registration.pose import Pose, pose_json, prior_of, solution_of, tie_points_json, view_json
from engine.registration.prior import camera_prior
from engine.registration.solve import CameraPrior, Solution, TiePoints, errors_px, solve_camera

Array = NDArray[np.float64]

_HAND_SD = 1 / 800  # standard deviation of a point set by hand, in parts of the photo's longer side
_MIN_POINTS_FOR_RMS = 4  # with fewer points the residuals say nothing about the camera's error
_MIN_POINTS_FOR_POSE = 3  # with what is known of the station and the lens, this many determine the camera
_MIN_POINTS_FOR_ROBUST = 7  # from here on, a point that contradicts the others loses weight
_COLLINEAR = 0.02  # of the longer side: points this close to one line do not determine an affine map


def solve_by_hand(
    info: PhotoInfo,
    points: TiePoints,
    origins: Sequence[str],
    nadir: tuple[float, float] | None,
    pose: PoseJson | None,
    corners: Array | None,
) -> SolveAnswer:
    """Solve a camera from tie points, as the fields of a localization that change (docs/localization.md).

    `confidence` is None, because the old value belonged to another camera. `rms_km` is None where the points are too
    few to estimate the error.

    Args:
        info: the photo: its full size, and what EXIF says of the lens.
        points: one or more, in the photo's full-size pixels.
        origins: of each point, as in `tie_points`.
        nadir: (lat, lon) stated for the photo, used as a hint.
        pose: the initial camera, as in a localization, or None.
        corners: (4, 2) lat, lon, the initial footprint where there is no pose. May be None with three or more points.

    Raises:
        UsageError: there is no initial camera, or no camera sees all of the points.
    """
    size = info.width_px, info.height_px
    sd_px = max(size) * _HAND_SD
    found: list[Pose] = []
    for initial in _initial_poses(points, size, camera_prior(info, *size, nadir), pose, corners):
        prior = prior_of(initial, info, nadir)
        solution = solve_camera(
            _with_anchors(points, initial),
            initial,
            prior,
            sd_px,
            robust=len(points) >= _MIN_POINTS_FOR_ROBUST,
            max_evaluations=40,
        )
        off = errors_px(solution.camera, points)
        if np.isfinite(off).all():
            solution = Solution(solution.camera, solution.covariance, solution.determined, off)
            found.append(Pose(solution, points, prior))
    if not found:
        raise UsageError.of("ties.no_camera")
    best = _most_probable(found, sd_px)
    return _answer(info, best, origins)


def _most_probable(found: list[Pose], sd_px: float) -> Pose:
    """The camera that fits best. Of several that fit about equally, the one nearest the stated nadir or least tilted.

    Seen from far away, a few points look the same from one side as from the opposite side.
    """
    least = min(_rms(pose.solution.residuals_px) for pose in found)
    alike = [pose for pose in found if _rms(pose.solution.residuals_px) <= max(1.5 * least, sd_px)]

    def implausibility(pose: Pose) -> float:
        if pose.prior.nadir is None:
            return pose.camera.tilt_azimuth_deg()[0]
        return float(geo.distance_km(*pose.prior.nadir, *pose.camera.nadir()[:2]))

    return min(alike, key=implausibility)


def initial_camera(
    info: PhotoInfo, nadir: tuple[float, float] | None, pose: PoseJson | None, corners: Array | None
) -> Camera | None:
    """The camera of a pose, otherwise one that looks straight down on four corners; None without either."""
    size = info.width_px, info.height_px
    if pose is not None:
        return solution_of(pose).camera.resized(*size)
    if corners is None:
        return None
    frame = geo.LocalFrame(*geo.center_of(corners))
    poses = initial_poses_from_affine(_upright(corners, size, frame), frame, size, camera_prior(info, *size, nadir))
    return poses[-1] if poses else None


def _initial_poses(
    points: TiePoints, size: tuple[int, int], prior: CameraPrior, pose: PoseJson | None, corners: Array | None
) -> list[Camera]:
    """Initial cameras: the given one rotated to the points, and those suggested by an affine map through the points."""
    poses = []
    frame = geo.LocalFrame(*geo.center_of(np.column_stack([points.lat, points.lon])))
    if pose is not None:
        poses.append(_rotated_to(solution_of(pose).camera.resized(*size), points))
    elif corners is not None:
        matrix = _fitted_to(points, _upright(corners, size, frame), frame)
        poses.extend(initial_poses_from_affine(matrix, frame, size, prior)[-1:])
    if len(points) >= 3:
        with_ones = np.column_stack([points.xy_px, np.ones(len(points))])
        singular_values = np.linalg.svd(points.xy_px - points.xy_px.mean(axis=0), compute_uv=False)
        if singular_values[1] > _COLLINEAR * max(size):
            ground = np.column_stack(frame.to_xy(points.lat, points.lon))
            matrix = np.asarray(np.linalg.lstsq(with_ones, ground, rcond=None)[0].T, np.float64)
            poses.extend(initial_poses_from_affine(matrix, frame, size, prior))
    return poses


def _upright(corners: Array, size: tuple[int, int], frame: geo.LocalFrame) -> Array:
    """(2, 3) pixels to km of the frame: the rotation, scale and position of four corners, without their tilt."""
    width, height = size
    pixels = np.array([[0.0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]])
    ground = np.column_stack(frame.to_xy(corners[:, 0], corners[:, 1]))
    matrix = np.asarray(np.linalg.lstsq(pixels, ground, rcond=None)[0].T, np.float64)
    middle = matrix @ [width / 2, height / 2, 1.0]
    u, scales, vt = np.linalg.svd(matrix[:, :2])
    matrix[:, :2] = np.sqrt(scales.prod()) * u @ vt
    matrix[:, 2] = middle - matrix[:, :2] @ [width / 2, height / 2]
    return matrix


def _fitted_to(points: TiePoints, matrix: Array, frame: geo.LocalFrame) -> Array:
    """The map shifted to the points and, with two points, also rotated and scaled to them."""
    ground = np.column_stack(frame.to_xy(points.lat, points.lon))
    found = matrix.copy()
    if len(points) == 2:
        was = complex(*(found[:, :2] @ (points.xy_px[1] - points.xy_px[0])))
        if was != 0:
            rotation = complex(*(ground[1] - ground[0])) / was
            found[:, :2] = np.array([[rotation.real, -rotation.imag], [rotation.imag, rotation.real]]) @ found[:, :2]
    found[:, 2] = (ground - points.xy_px @ found[:, :2].T).mean(axis=0)
    return found


def _rotated_to(camera: Camera, points: TiePoints) -> Camera:
    """The camera rotated about the Earth's centre so that it sees the points' centroid where it lies in the photo."""
    lat, lon = camera.locate(*points.xy_px.mean(axis=0))
    if not np.isfinite(lat):
        return camera
    here = surface_normal(float(lat), float(lon))
    there = surface_normal(*geo.center_of(np.column_stack([points.lat, points.lon])))
    axis = np.cross(here, there)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-12:
        return camera
    rotation = cv2.Rodrigues(axis / sine * np.arctan2(sine, float(here @ there)))[0]
    return replace(camera, eye=rotation @ camera.eye, axes=camera.axes @ rotation.T)


def _with_anchors(points: TiePoints, initial: Camera) -> TiePoints:
    """The points; if they are too few, also four anchors that the initial camera sees, moved along with the points."""
    if len(points) >= _MIN_POINTS_FOR_POSE:
        return points
    xy = np.array([[0.15, 0.15], [0.85, 0.15], [0.85, 0.85], [0.15, 0.85]]) * [initial.width_px, initial.height_px]
    lat, lon = initial.locate(xy[:, 0], xy[:, 1])
    seen_lat, seen_lon = initial.locate(points.xy_px[:, 0], points.xy_px[:, 1])
    kept = np.isfinite(lat)
    if not np.isfinite(seen_lat).all():
        return points
    frame = geo.LocalFrame(*geo.center_of(np.column_stack([points.lat, points.lon])))
    ground, seen, anchors = (
        np.column_stack(frame.to_xy(a, b)) @ [1, 1j]
        for a, b in ((points.lat, points.lon), (seen_lat, seen_lon), (lat[kept], lon[kept]))
    )
    rotation = (ground[1] - ground[0]) / (seen[1] - seen[0]) if len(points) == 2 and seen[1] != seen[0] else 1.0
    anchors = ground.mean() + rotation * (anchors - seen.mean())
    anchor_lat, anchor_lon = frame.to_lat_lon(anchors.real, anchors.imag)
    return TiePoints(
        np.vstack([points.xy_px, xy[kept]]),
        np.concatenate([points.lat, anchor_lat]),
        np.concatenate([points.lon, anchor_lon]),
    )


def _answer(info: PhotoInfo, pose: Pose, origins: Sequence[str]) -> SolveAnswer:
    camera = pose.camera
    ring = footprint.footprint_ring(camera)
    if ring is None:
        raise UsageError.of("ties.no_ground")
    points = tie_points_json(pose)
    for point, origin in zip(points, origins, strict=True):
        point["origin"] = origin
    is_checked = len(points) >= _MIN_POINTS_FOR_RMS
    rms_km = round(_rms(np.array([point["residual_km"] for point in points], np.float64)), 3)
    message_id = "corrected" if is_checked else "corrected.few" if len(points) > 1 else "corrected.one"
    message = Message(message_id, {"n": len(points)} if len(points) > 1 else {})
    return {
        **view_json(camera, ring, info),
        "pose": pose_json(pose),
        "tie_points": points,
        "inliers": len(points),
        "rms_km": rms_km if is_checked else None,
        "confidence": None,
        "message": str(message),
        "message_id": message.id,
        "message_params": message.json_params(),
    }


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
