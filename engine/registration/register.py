"""Registers a photo with reference imagery around a candidate place.

    matches -> similarity -> camera -> imagery seen by that camera -> tie points -> camera

The first matches only need to be good for a guess. What proves a guess is the imagery drawn as the guessed
camera would see it: at the right place hundreds of features lie within a pixel or two of where they should, at
a wrong one no more than chance puts there. The same comparison, repeated on finer pictures, gives tie points
all over the photo.
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
from engine.registration.prepare import SMALL_FEATURES, GroundFeatures, Place, PreparedPhoto
from engine.registration.refine import (
    MIN_POINTS,
    Registration,
    above_chance,
    concluded,
    guided,
    refined,
    seen_by,
    tightened,
)
from engine.registration.similarity import AffineGuess, guess_affines
from engine.registration.solve import CameraPrior, TiePoints, errors_px, solve_camera
from engine.voting.poses import Pose

Array = NDArray[np.float64]

_GUESSES = 5
_STARTS = 5  # of a guess: those nearest to its matches
_SIDES = 2  # of the starts of a guess: tilted one way and the other, it often fits both till more matches decide

# What a pose may be off: positions in parts of the photo's longer side, and the width by this factor.
_POSE_REACH = 0.2
_POSE_WIDTHS = 1.5
# A footprint is the one voted for when its middle is so near, in parts of the width, and its width so alike.
_AS_VOTED_OFF = 0.15
_AS_VOTED_WIDTHS = 1.3

# A guess is checked within this reach.
_CHECK_REACH_PX = 18.0
# Seen at right places: 8 to 35 standard deviations above chance; at wrong ones 2 to 13.
_WORTH_A_LOOK = 4.0
_LOOKS = 2
_AS_GOOD = 0.7  # the second best guess gets its look when it is nearly as good
_PROMISING = 4.0  # standard deviations above chance from which a guess is worth refining


def register(
    photo: PreparedPhoto,
    place: Place,
    imagery: ImagerySource,
    keep_any: bool = False,
    pose: Pose | None = None,
) -> Registration | None:
    """Registers the photo with the imagery of a place, from a pose if one is known there.

    None when nothing there fits, which is the usual answer at a wrong place. With `keep_any` the best guess is
    followed to its end however poor it is, to learn what wrong registrations look like.
    """
    found = _register_unstretched(photo, place, imagery, keep_any, pose)
    for shape in photo.stretched:
        other = _register_unstretched(shape, place, imagery, keep_any, pose)
        if other is not None and (found is None or _worth(other) > _worth(found)):
            found = _squashed(other, photo.size)
    return found if found is None or pose is None else _voted_for(found, pose)


def _voted_for(found: Registration, pose: Pose) -> Registration:
    """The same registration with what the votes say of it, if they are for the same footprint."""
    ring = geo.polygon_in_frame(found.ring, geo.LocalFrame(pose.lat, pose.lon))
    off_km = float(np.hypot(ring.centroid.x, ring.centroid.y))
    sides = found.camera.width_px, found.camera.height_px
    wide = float(np.sqrt(ring.area * max(sides) / min(sides))) / pose.width_km
    if off_km > _AS_VOTED_OFF * pose.width_km or not 1 / _AS_VOTED_WIDTHS < wide < _AS_VOTED_WIDTHS:
        return found
    evidence = replace(found.evidence, voted_z=pose.z)
    return replace(found, evidence=evidence, confidence=probability(evidence))


def _worth(found: Registration) -> tuple[float, float]:
    return found.confidence, found.evidence.z_score


def _squashed(found: Registration, size: tuple[int, int]) -> Registration:
    """A registration of a stretched picture in pixels of the photo."""
    camera = found.camera.squashed(*size)
    scale = np.array(size) / [found.camera.width_px, found.camera.height_px]
    points = replace(found.tie_points, xy_px=found.tie_points.xy_px * scale)
    solution = replace(found.solution, camera=camera, residuals_px=errors_px(camera, points))
    return replace(found, solution=solution, tie_points=points)


def _register_unstretched(
    photo: PreparedPhoto, place: Place, imagery: ImagerySource, keep_any: bool, pose: Pose | None
) -> Registration | None:
    """As `register`, for the picture in the shape that it has."""
    ground = place.ground()
    promising = _first_look(photo, place, ground, pose)
    for first_z_score, camera in promising[:_LOOKS]:
        if first_z_score < max(_WORTH_A_LOOK, _AS_GOOD * promising[0][0]) and not keep_any:
            break
        z_score, camera = _check(photo, imagery, camera)
        if z_score > _PROMISING or keep_any:
            return refined(photo, imagery, camera)
    return None


def carry_over(photo: PreparedPhoto, place: Place) -> Registration | None:
    """Registers the photo with the features of a place alone, which are those of another photo.

    Without imagery to look at; at half size. None when nothing fits.
    """
    ground = place.ground()
    promising = _first_look(photo, place, ground)
    if not promising or promising[0][0] < _PROMISING:
        return None
    tight = tightened(photo.small, ground, promising[0][1], photo.small_prior)
    if tight is None:
        return None
    camera, good, z_score = tight
    scale = np.array(photo.size) / photo.small_size
    return concluded(photo, replace(good, xy_px=good.xy_px * scale), camera.resized(*photo.size), z_score)


def _first_look(
    photo: PreparedPhoto, place: Place, ground: GroundFeatures, pose: Pose | None = None
) -> list[tuple[float, Camera]]:
    """Cameras of the small picture that the place suggests, with how far each is above chance; best first."""
    guesses = [guess for features in photo.turned for guess in _guesses(photo, features, place, ground, pose)]
    guesses.sort(key=lambda found: -found[0].support)
    promising: list[tuple[float, Camera]] = []
    for guess, points, features in guesses[:_GUESSES]:
        camera = _camera_of_guess(photo.small_size, photo.small_prior, guess, place.frame, points)
        if camera is not None:
            promising.append(_improved(features, ground, camera, photo.small_prior, _CHECK_REACH_PX))
    return sorted(promising, key=lambda found: -found[0])


def _guesses(
    photo: PreparedPhoto, features: Features, place: Place, ground: GroundFeatures, pose: Pose | None
) -> list[tuple[AffineGuess, TiePoints, Features]]:
    """Affine guesses in pixels of the small picture, each with all the matches (of which its inliers are rows).

    Where a pose is known, only matches about where it has them count, which leaves few wrong ones.
    """
    reference = ground.features
    width_range_km = photo.width_range_km(place.width_km)
    pairs = match_mutually(features, reference)
    if pose is not None:
        away_px = features.xy[pairs[:, 0]] - _as_posed(ground, pose, photo.small_size)[pairs[:, 1]]
        pairs = pairs[np.linalg.norm(away_px, axis=1) < _POSE_REACH * max(photo.small_size)]
        width_range_km = pose.width_km / _POSE_WIDTHS, pose.width_km * _POSE_WIDTHS
    if len(pairs) < MIN_POINTS:
        return []
    ours, theirs = pairs.T
    scale = turn_rad = None
    if features.size_px is not None and reference.size_px is not None:
        scale = reference.size_px[theirs] / features.size_px[ours] * place.km_per_px
    if features.angle_rad is not None and reference.angle_rad is not None:
        turn_rad = features.angle_rad[ours] - reference.angle_rad[theirs]
    guesses = guess_affines(
        features.xy[ours],
        place.to_km(reference.xy[theirs]),
        scale,
        turn_rad,
        photo.small_size,
        width_range_km,
        _GUESSES,
    )
    points = TiePoints(features.xy[ours], ground.lat[theirs], ground.lon[theirs])
    return [(guess, points, features) for guess in guesses]


def _as_posed(ground: GroundFeatures, pose: Pose, size: tuple[int, int]) -> Array:
    """Where the photo shows features of the ground, (n, 2) in pixels, if it looks straight down on its pose."""
    x_km, y_km = geo.LocalFrame(pose.lat, pose.lon).to_xy(ground.lat, ground.lon)
    turn = np.radians(pose.rotation_deg)
    right_km, up_km = x_km * np.cos(turn) + y_km * np.sin(turn), y_km * np.cos(turn) - x_km * np.sin(turn)
    px_per_km = max(size) / pose.width_km
    return np.stack([size[0] / 2 + right_km * px_per_km, size[1] / 2 - up_km * px_per_km], axis=1)


def _camera_of_guess(
    size: tuple[int, int], prior: CameraPrior, guess: AffineGuess, frame: geo.LocalFrame, points: TiePoints
) -> Camera | None:
    """The camera that fits an affine guess, then the matches that agree with that camera."""
    longer = max(size)

    def agreeing(camera: Camera) -> NDArray[np.int64]:
        return np.flatnonzero(errors_px(camera, points) < longer / 50)

    def by_agreement(cameras: list[Camera]) -> list[Camera]:
        return sorted(cameras, key=lambda camera: -len(agreeing(camera)))

    starts = initial_poses_from_affine(guess.matrix, frame, size, prior)
    starts.sort(key=lambda start: float(np.median(errors_px(start, points[guess.inliers]))))
    starts = starts[:_STARTS]
    cameras = [solve_camera(points[guess.inliers], start, prior, longer / 120, steps=10).camera for start in starts]
    grown = []
    for camera in by_agreement(cameras)[:_SIDES]:
        inliers = agreeing(camera)
        if len(inliers) >= MIN_POINTS:
            camera = solve_camera(points[inliers], camera, prior, longer / 200, steps=10).camera
        grown.append(camera)
    return by_agreement(grown)[0] if grown else None


def _check(photo: PreparedPhoto, imagery: ImagerySource, camera: Camera) -> tuple[float, Camera]:
    """How far above chance a guessed camera is, on small pictures, and the camera improved by the way."""
    ground = seen_by(camera, imagery, SMALL_FEATURES, photo.extractor)
    z_score, camera = _improved(photo.small, ground, camera, photo.small_prior, _CHECK_REACH_PX)
    if z_score > _PROMISING / 2:
        z_score, camera = _improved(photo.small, ground, camera, photo.small_prior, _CHECK_REACH_PX * 0.67)
    return z_score, camera


def _improved(
    features: Features, ground: GroundFeatures, camera: Camera, prior: CameraPrior, reach_px: float
) -> tuple[float, Camera]:
    """How far above chance the features agree with a camera solved from those that are about in place."""
    points = guided(features, ground, camera, reach_px)
    if len(points) < MIN_POINTS:
        return 0.0, camera
    solved = solve_camera(points, camera, prior, reach_px / 10, steps=12)
    return above_chance(solved.residuals_px, reach_px), solved.camera
