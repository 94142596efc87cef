"""The camera from tie points that somebody set by hand: few of them, and meant.

With three or more the points and what is known of station and lens decide. With fewer the camera begun with fills in
what the points leave open: one point shifts it, two also turn and scale it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.ellipsoid import surface_normal
from engine.errors import UsageError
from engine.photo.read import PhotoInfo
from engine.registration import footprint
from engine.registration.camera import Camera
from engine.registration.initial_poses import initial_poses_from_affine
from engine.registration.pose import Pose, pose_json, prior_of, solution_of, tie_points_json, view_json
from engine.registration.prior import camera_prior
from engine.registration.solve import CameraPrior, Solution, TiePoints, errors_px, solve_camera

Array = NDArray[np.float64]

_HAND_SD = 1 / 800  # of the photo's longer side: how well somebody hits a spot
_CHECKED = 4  # points: from so many on they say how far the camera is off
_ENOUGH = 3  # points: with them and what is known of the station the camera is there
_OUTVOTED = 7  # from so many points on, one that contradicts the others loses weight
_IN_LINE = 0.02  # of the longer side: points this near to one line leave the rest open


def solve_by_hand(
    info: PhotoInfo,
    points: TiePoints,
    origins: Sequence[str],
    nadir: tuple[float, float] | None,
    pose: dict[str, Any] | None,
    corners: Array | None,
) -> dict[str, Any]:
    """What a camera solved from tie points gives of a localization (docs/architecture.md).

    `confidence` is None, for it was that of another camera; so is `rms_km` where the points are too few to tell.

    Args:
        info: of the photo: its full size, and what EXIF says of the lens.
        points: one or more, in the photo's full-size pixels.
        origins: of each point, as in `tie_points`.
        nadir: (lat, lon) stated for the photo, a hint.
        pose: the camera to begin with, of a localization, or None.
        corners: (4, 2) lat, lon to begin with where there is no pose; may be None from three points on.

    Raises:
        UsageError: nothing to begin with, or no camera sees all of the points.
    """
    size = info.width_px, info.height_px
    sd_px = max(size) * _HAND_SD
    found: list[Pose] = []
    for start in _starts(points, size, camera_prior(info, *size, nadir), pose, corners):
        prior = prior_of(start, info, nadir)
        solution = solve_camera(_held_by(points, start), start, prior, sd_px, robust=len(points) >= _OUTVOTED, steps=40)
        off = errors_px(solution.camera, points)
        if np.isfinite(off).all():
            solution = Solution(solution.camera, solution.covariance, solution.determined, off)
            found.append(Pose(solution, points, prior))
    if not found:
        raise UsageError(None, "no camera sees the tie points like this", "move or remove the one that is off")
    best = _most_probable(found, sd_px)
    return _answer(info, best, origins)


def _most_probable(found: list[Pose], sd_px: float) -> Pose:
    """The camera that fits best; of several that fit alike, the one nearer to the nadir stated, or with less tilt.

    Seen from far away a few points look the same from one side as from the opposite one.
    """
    least = min(_rms(pose.solution.residuals_px) for pose in found)
    alike = [pose for pose in found if _rms(pose.solution.residuals_px) <= max(1.5 * least, sd_px)]

    def oddness(pose: Pose) -> float:
        if pose.prior.nadir is None:
            return pose.camera.tilt_azimuth_deg()[0]
        return float(geo.distance_km(*pose.prior.nadir, *pose.camera.nadir()[:2]))

    return min(alike, key=oddness)


def initial_camera(
    info: PhotoInfo, nadir: tuple[float, float] | None, pose: dict[str, Any] | None, corners: Array | None
) -> Camera | None:
    """The camera of a pose, else one that looks straight down on four corners; None without either."""
    size = info.width_px, info.height_px
    if pose is not None:
        return solution_of(pose).camera.resized(*size)
    if corners is None:
        return None
    frame = geo.LocalFrame(*geo.center_of(corners))
    starts = initial_poses_from_affine(_upright(corners, size, frame), frame, size, camera_prior(info, *size, nadir))
    return starts[-1] if starts else None


def _starts(
    points: TiePoints, size: tuple[int, int], prior: CameraPrior, pose: dict[str, Any] | None, corners: Array | None
) -> list[Camera]:
    """Cameras to begin with: the one there is, carried to the points, and those that fit three or more of them."""
    starts = []
    frame = geo.LocalFrame(*geo.center_of(np.column_stack([points.lat, points.lon])))
    if pose is not None:
        starts.append(_carried(solution_of(pose).camera.resized(*size), points))
    elif corners is not None:
        matrix = _fitted_to(points, _upright(corners, size, frame), frame)
        starts.extend(initial_poses_from_affine(matrix, frame, size, prior)[-1:])
    if len(points) >= 3:
        with_ones = np.column_stack([points.xy_px, np.ones(len(points))])
        spread = np.linalg.svd(points.xy_px - points.xy_px.mean(axis=0), compute_uv=False)
        if spread[1] > _IN_LINE * max(size):
            ground = np.column_stack(frame.to_xy(points.lat, points.lon))
            matrix = np.asarray(np.linalg.lstsq(with_ones, ground, rcond=None)[0].T, np.float64)
            starts.extend(initial_poses_from_affine(matrix, frame, size, prior))
    return starts


def _upright(corners: Array, size: tuple[int, int], frame: geo.LocalFrame) -> Array:
    """(2, 3) pixels to km of the frame: turn, scale and place of four corners, without their tilt."""
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
    """The map shifted to the points and, where there are two, turned and scaled to them."""
    ground = np.column_stack(frame.to_xy(points.lat, points.lon))
    found = matrix.copy()
    if len(points) == 2:
        was = complex(*(found[:, :2] @ (points.xy_px[1] - points.xy_px[0])))
        if was != 0:
            turn = complex(*(ground[1] - ground[0])) / was
            found[:, :2] = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]]) @ found[:, :2]
    found[:, 2] = (ground - points.xy_px @ found[:, :2].T).mean(axis=0)
    return found


def _carried(camera: Camera, points: TiePoints) -> Camera:
    """The camera carried round the Earth so that it sees the middle of the points where they are in the photo."""
    lat, lon = camera.locate(*points.xy_px.mean(axis=0))
    if not np.isfinite(lat):
        return camera
    here = surface_normal(float(lat), float(lon))
    there = surface_normal(*geo.center_of(np.column_stack([points.lat, points.lon])))
    axis = np.cross(here, there)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-12:
        return camera
    turn = cv2.Rodrigues(axis / sine * np.arctan2(sine, float(here @ there)))[0]
    return replace(camera, eye=turn @ camera.eye, axes=camera.axes @ turn.T)


def _held_by(points: TiePoints, start: Camera) -> TiePoints:
    """The points; where they are too few, also four spots of the start, shifted, turned and scaled along with them."""
    if len(points) >= _ENOUGH:
        return points
    xy = np.array([[0.15, 0.15], [0.85, 0.15], [0.85, 0.85], [0.15, 0.85]]) * [start.width_px, start.height_px]
    lat, lon = start.locate(xy[:, 0], xy[:, 1])
    seen_lat, seen_lon = start.locate(points.xy_px[:, 0], points.xy_px[:, 1])
    kept = np.isfinite(lat)
    if not np.isfinite(seen_lat).all():
        return points
    frame = geo.LocalFrame(*geo.center_of(np.column_stack([points.lat, points.lon])))
    ground, seen, held = (
        np.column_stack(frame.to_xy(a, b)) @ [1, 1j]
        for a, b in ((points.lat, points.lon), (seen_lat, seen_lon), (lat[kept], lon[kept]))
    )
    turn = (ground[1] - ground[0]) / (seen[1] - seen[0]) if len(points) == 2 and seen[1] != seen[0] else 1.0
    held = ground.mean() + turn * (held - seen.mean())
    held_lat, held_lon = frame.to_lat_lon(held.real, held.imag)
    return TiePoints(
        np.vstack([points.xy_px, xy[kept]]),
        np.concatenate([points.lat, held_lat]),
        np.concatenate([points.lon, held_lon]),
    )


def _answer(info: PhotoInfo, pose: Pose, origins: Sequence[str]) -> dict[str, Any]:
    camera = pose.camera
    ring = footprint.footprint_ring(camera)
    if ring is None:
        raise UsageError(None, "the camera that fits the tie points sees no ground", "check the tie points")
    points = tie_points_json(pose)
    for point, origin in zip(points, origins, strict=True):
        point["origin"] = origin
    is_checked = len(points) >= _CHECKED
    rms_km = round(_rms(np.array([point["residual_km"] for point in points], np.float64)), 3)
    said = f"Corrected by hand: {len(points)} tie point{'s' if len(points) > 1 else ''}"
    return {
        **view_json(camera, ring, info),
        "pose": pose_json(pose),
        "tie_points": points,
        "inliers": len(points),
        "rms_km": rms_km if is_checked else None,
        "confidence": None,
        "message": f"{said}." if is_checked else f"{said}, too few to tell the error.",
    }


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
