"""Registers a photo with reference imagery around a candidate place.

    matches -> similarity -> camera -> imagery rendered with that camera -> tie points -> camera

The first matches only need to give a rough camera. It is verified with the imagery rendered as that camera would see
it: at the right place hundreds of features lie within a pixel or two of their expected positions, at a wrong place no
more than by chance. The same comparison on larger pictures gives tie points all over the photo.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.features import Features
from engine.imagery.source import ImagerySource
from engine.registration.camera import Camera
from engine.registration.confidence import probability
from engine.registration.initial_poses import initial_poses_from_affine
from engine.registration.matching import match_mutually
from engine.registration.prepare import SMALL_FEATURES, GroundFeatures, PlaceFeatures, PreparedPhoto
from engine.registration.refine import (
    MIN_POINTS,
    Registration,
    agreement_z,
    finish_registration,
    guided_tie_points,
    refine_camera,
    rendered_features,
    tighten_camera,
)
from engine.registration.similarity import AffineGuess, propose_affines
from engine.registration.solve import CameraPrior, TiePoints, errors_px, solve_camera
from engine.voting.poses import Pose

Array = NDArray[np.float64]

_MAX_GUESSES = 5
_MAX_INITIAL_POSES = 5  # of a guess: those nearest to its matches
_KEPT_CAMERAS = 2  # of a guess: opposite tilts often fit about equally until more matches decide

# Tolerances of a pose: positions in parts of the photo's longer side, and a factor for the width.
_POSE_TOLERANCE = 0.2
_POSE_WIDTH_FACTOR = 1.5
# A footprint is the voted one if its middle is this close, in parts of the width, and its width differs by no more.
_SAME_FOOTPRINT_OFFSET = 0.15
_SAME_FOOTPRINT_WIDTHS = 1.3

# Search radius when a guess is checked.
_CHECK_REACH_PX = 18.0
# z-scores seen at right places: 8 to 35; at wrong ones: 2 to 13.
_MIN_CHECK_Z = 4.0
_MAX_CHECKS = 2
_RUNNER_UP_SHARE = 0.7  # the second best guess is checked if its z-score is at least this share of the best one's
_MIN_REFINE_Z = 4.0  # z-score from which a guess is worth refining


def register(
    photo: PreparedPhoto,
    place: PlaceFeatures,
    imagery: ImagerySource,
    keep_any: bool = False,
    pose: Pose | None = None,
) -> Registration | None:
    """Register the photo with the imagery of a place, starting from a pose if one is known there.

    None when nothing there fits, which is the usual result at a wrong place. With `keep_any` the best guess is refined
    to the end however poor it is, to collect examples of wrong registrations.
    """
    found = _register_shape(photo, place, imagery, keep_any, pose)
    for shape in photo.stretched:
        other = _register_shape(shape, place, imagery, keep_any, pose)
        if other is not None and (found is None or _rank_key(other) > _rank_key(found)):
            found = _in_photo_shape(other, photo.size)
    return found if found is None or pose is None else _with_votes(found, pose)


def _with_votes(found: Registration, pose: Pose) -> Registration:
    """The same registration with the votes as evidence, if they are for the same footprint."""
    ring = geo.polygon_in_frame(found.ring, geo.LocalFrame(pose.lat, pose.lon))
    off_km = float(np.hypot(ring.centroid.x, ring.centroid.y))
    sides = found.camera.width_px, found.camera.height_px
    width_ratio = float(np.sqrt(ring.area * max(sides) / min(sides))) / pose.width_km
    if (
        off_km > _SAME_FOOTPRINT_OFFSET * pose.width_km
        or not 1 / _SAME_FOOTPRINT_WIDTHS < width_ratio < _SAME_FOOTPRINT_WIDTHS
    ):
        return found
    evidence = replace(found.evidence, voted_z=pose.z)
    return replace(found, evidence=evidence, confidence=probability(evidence))


def _rank_key(found: Registration) -> tuple[float, float]:
    return found.confidence, found.evidence.z_score


def _in_photo_shape(found: Registration, size: tuple[int, int]) -> Registration:
    """A registration of a stretched picture, converted to pixels of the photo."""
    camera = found.camera.squashed(*size)
    scale = np.array(size) / [found.camera.width_px, found.camera.height_px]
    points = replace(found.tie_points, xy_px=found.tie_points.xy_px * scale)
    solution = replace(found.solution, camera=camera, residuals_px=errors_px(camera, points))
    return replace(found, solution=solution, tie_points=points)


def _register_shape(
    photo: PreparedPhoto, place: PlaceFeatures, imagery: ImagerySource, keep_any: bool, pose: Pose | None
) -> Registration | None:
    """Like `register`, for the picture in its present shape only."""
    ground = place.ground()
    promising = _initial_cameras(photo, place, ground, pose)
    for first_z_score, camera in promising[:_MAX_CHECKS]:
        if first_z_score < max(_MIN_CHECK_Z, _RUNNER_UP_SHARE * promising[0][0]) and not keep_any:
            break
        z_score, camera = _check_with_imagery(photo, imagery, camera)
        if z_score > _MIN_REFINE_Z or keep_any:
            return refine_camera(photo, imagery, camera)
    return None


def register_with_features(photo: PreparedPhoto, place: PlaceFeatures) -> Registration | None:
    """Register the photo with the features of a place alone, which are those of another photo.

    Works at half size and without imagery. None when nothing fits.
    """
    ground = place.ground()
    promising = _initial_cameras(photo, place, ground)
    if not promising or promising[0][0] < _MIN_REFINE_Z:
        return None
    tightened = tighten_camera(photo.small, ground, promising[0][1], photo.small_prior)
    if tightened is None:
        return None
    camera, agreeing, z_score = tightened
    agreeing = replace(agreeing, xy_px=agreeing.xy_px * (np.array(photo.size) / photo.small_size))
    return finish_registration(photo, agreeing, camera.resized(*photo.size), z_score)


def _initial_cameras(
    photo: PreparedPhoto, place: PlaceFeatures, ground: GroundFeatures, pose: Pose | None = None
) -> list[tuple[float, Camera]]:
    """Cameras of the small picture that the place suggests, with the z-score of each; best first."""
    guesses = [guess for features in photo.rotated for guess in _guesses(photo, features, place, ground, pose)]
    guesses.sort(key=lambda found: -found[0].support)
    promising: list[tuple[float, Camera]] = []
    for guess, points, features in guesses[:_MAX_GUESSES]:
        camera = _camera_of_guess(photo.small_size, photo.small_prior, guess, place.frame, points)
        if camera is not None:
            promising.append(_improve_camera(features, ground, camera, photo.small_prior, _CHECK_REACH_PX))
    return sorted(promising, key=lambda found: -found[0])


def _guesses(
    photo: PreparedPhoto, features: Features, place: PlaceFeatures, ground: GroundFeatures, pose: Pose | None
) -> list[tuple[AffineGuess, TiePoints, Features]]:
    """Affine guesses in pixels of the small picture, each with all matches (its inliers are rows of them).

    Where a pose is known, only matches near the positions that it predicts are used, which leaves few wrong ones.
    """
    reference = ground.features
    width_range_km = photo.width_range_km(place.width_km)
    pairs = match_mutually(features, reference)
    if pose is not None:
        away_px = features.xy[pairs[:, 0]] - _expected_positions(ground, pose, photo.small_size)[pairs[:, 1]]
        pairs = pairs[np.linalg.norm(away_px, axis=1) < _POSE_TOLERANCE * max(photo.small_size)]
        width_range_km = pose.width_km / _POSE_WIDTH_FACTOR, pose.width_km * _POSE_WIDTH_FACTOR
    if len(pairs) < MIN_POINTS:
        return []
    ours, theirs = pairs.T
    scale = rotation_rad = None
    if features.size_px is not None and reference.size_px is not None:
        scale = reference.size_px[theirs] / features.size_px[ours] * place.km_per_px
    if features.angle_rad is not None and reference.angle_rad is not None:
        rotation_rad = features.angle_rad[ours] - reference.angle_rad[theirs]
    guesses = propose_affines(
        features.xy[ours],
        place.to_km(reference.xy[theirs]),
        scale,
        rotation_rad,
        photo.small_size,
        width_range_km,
        _MAX_GUESSES,
    )
    points = TiePoints(features.xy[ours], ground.lat[theirs], ground.lon[theirs])
    return [(guess, points, features) for guess in guesses]


def _expected_positions(ground: GroundFeatures, pose: Pose, size: tuple[int, int]) -> Array:
    """Positions (n, 2) in pixels of ground features in the photo, if the camera looks straight down at the pose."""
    x_km, y_km = geo.LocalFrame(pose.lat, pose.lon).to_xy(ground.lat, ground.lon)
    rotation = np.radians(pose.rotation_deg)
    right_km, up_km = (
        x_km * np.cos(rotation) + y_km * np.sin(rotation),
        y_km * np.cos(rotation) - x_km * np.sin(rotation),
    )
    px_per_km = max(size) / pose.width_km
    return np.stack([size[0] / 2 + right_km * px_per_km, size[1] / 2 - up_km * px_per_km], axis=1)


def _camera_of_guess(
    size: tuple[int, int], prior: CameraPrior, guess: AffineGuess, frame: geo.LocalFrame, points: TiePoints
) -> Camera | None:
    """The camera that fits an affine guess, refined with the matches that agree with it."""
    longer = max(size)

    def agreeing(camera: Camera) -> NDArray[np.int64]:
        return np.flatnonzero(errors_px(camera, points) < longer / 50)

    def by_agreement(cameras: list[Camera]) -> list[Camera]:
        return sorted(cameras, key=lambda camera: -len(agreeing(camera)))

    poses = initial_poses_from_affine(guess.matrix, frame, size, prior)
    poses.sort(key=lambda pose: float(np.median(errors_px(pose, points[guess.inliers]))))
    poses = poses[:_MAX_INITIAL_POSES]
    cameras = [
        solve_camera(points[guess.inliers], pose, prior, longer / 120, max_evaluations=10).camera for pose in poses
    ]
    candidates = []
    for camera in by_agreement(cameras)[:_KEPT_CAMERAS]:
        inliers = agreeing(camera)
        if len(inliers) >= MIN_POINTS:
            camera = solve_camera(points[inliers], camera, prior, longer / 200, max_evaluations=10).camera
        candidates.append(camera)
    return by_agreement(candidates)[0] if candidates else None


def _check_with_imagery(photo: PreparedPhoto, imagery: ImagerySource, camera: Camera) -> tuple[float, Camera]:
    """The z-score of an approximate camera, from small pictures, and the camera improved in the process."""
    ground = rendered_features(camera, imagery, SMALL_FEATURES, photo.extractor)
    z_score, camera = _improve_camera(photo.small, ground, camera, photo.small_prior, _CHECK_REACH_PX)
    if z_score > _MIN_REFINE_Z / 2:
        z_score, camera = _improve_camera(photo.small, ground, camera, photo.small_prior, _CHECK_REACH_PX * 0.67)
    return z_score, camera


def _improve_camera(
    features: Features, ground: GroundFeatures, camera: Camera, prior: CameraPrior, reach_px: float
) -> tuple[float, Camera]:
    """The camera solved from the features near their expected positions, and the z-score of their agreement."""
    points = guided_tie_points(features, ground, camera, reach_px)
    if len(points) < MIN_POINTS:
        return 0.0, camera
    solved = solve_camera(points, camera, prior, reach_px / 10, max_evaluations=12)
    return agreement_z(solved.residuals_px, reach_px), solved.camera
