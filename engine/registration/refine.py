"""Refines an approximate camera: finds tie points all over the photo and solves the camera from them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.features import MAX_FEATURES, FeatureExtractor, Features
from engine.imagery.source import ImagerySource
from engine.registration import footprint
from engine.registration.camera import Camera
from engine.registration.confidence import LOCATED, Evidence, probability
from engine.registration.matching import match_nearby
from engine.registration.prepare import GroundFeatures, PreparedPhoto
from engine.registration.rendering import render
from engine.registration.solve import CameraPrior, Solution, TiePoints, errors_px, solve_camera

Array = NDArray[np.float64]

MIN_POINTS = 8
# A photo is refined at a size whose pixels show at least this share of a pixel of the imagery.
_MIN_IMAGERY_PIXEL_SHARE = 0.8
# A point agrees if it lies within this share of the reach from where the fitted camera projects it.
_AGREEMENT_SHARE = 0.2
_GUIDED_RATIO = 0.9
_REFINE_REACHES_PX = (20.0, 12.0)
_MAX_RENDERINGS = 2  # the second one with a camera that is right to a pixel or two
_TIE_POINT_PX = 2.5
# Neighbouring tie points share their errors (terrain, the mosaic's own position), so four count as one.
_SHARED_ERROR_FACTOR = 2.0
_PARTS_PER_SIDE = 4  # along the longer side; each part of the photo is tested against chance on its own
_MIN_PART_Z = 2.0
_CELLS_PER_SIDE = 24  # along the longer side; one tie point is kept in each cell


@dataclass(frozen=True, eq=False)
class Registration:
    """A photo registered with imagery, right or wrong; `confidence` says how probably right.

    Attributes:
        confidence: probability that the footprint's centre is within half its shorter side of the truth.
        solution: the camera and its covariance.
        tie_points: those that agree, in pixels of the prepared photo.
        evidence: what the confidence is computed from.
        rms_km: of the tie points on the ground.
        ring: dense outline (n, 2) lat, lon.
        origin: of the tie points: "matched" with imagery, or "neighbour": with another photo.
    """

    confidence: float
    solution: Solution
    tie_points: TiePoints
    evidence: Evidence
    rms_km: float
    ring: Array
    origin: str = "matched"

    @property
    def camera(self) -> Camera:
        """The solved camera."""
        return self.solution.camera


def refine_camera(photo: PreparedPhoto, imagery: ImagerySource, camera: Camera) -> Registration | None:
    """Refine the photo at the size whose detail matches the imagery's; if that is uncertain, at the smallest size.

    Detail that the imagery lacks gives features that match nothing and displace those that would match.
    """
    best: Registration | None = None
    for size_px in _refinement_sizes(photo, imagery, camera):
        smaller = photo.reduced(size_px)
        found = _refine_once(smaller, imagery, camera.resized(*smaller.size))
        if found is not None and (best is None or found.confidence > best.confidence):
            best = _resized(found, photo.size)
        if best is not None and best.confidence > LOCATED:
            break
    return best


def _refinement_sizes(photo: PreparedPhoto, imagery: ImagerySource, camera: Camera) -> list[int]:
    """Lengths of the longer side at which the photo is refined, in order."""
    middle, longer = np.array([camera.width_px, camera.height_px]) / 2, max(photo.size)
    lat, lon = camera.locate(middle[0] + np.array([0.0, 10.0]), np.full(2, middle[1]))
    photo_km = (
        float(geo.distance_km(lat[0], lon[0], lat[1], lon[1])) / 10.0 * max(camera.width_px, camera.height_px) / longer
    )
    finer = imagery.pixel_km(float(lat[0]), float(lon[0])) / (_MIN_IMAGERY_PIXEL_SHARE * photo_km)
    matched = round(longer / max(finer, 1.0)) if np.isfinite(finer) else longer
    least = min(max(photo.small_size), longer)
    return list(dict.fromkeys([max(matched, least), least]))


def _resized(found: Registration, size: tuple[int, int]) -> Registration:
    """A registration in pixels of the photo at another size."""
    scale = np.array(size) / [found.camera.width_px, found.camera.height_px]
    camera = found.camera.resized(*size)
    points = replace(found.tie_points, xy_px=found.tie_points.xy_px * scale)
    solution = replace(found.solution, camera=camera, residuals_px=errors_px(camera, points))
    return replace(found, solution=solution, tie_points=points)


def _refine_once(photo: PreparedPhoto, imagery: ImagerySource, camera: Camera) -> Registration | None:
    """Tie points all over the photo and the camera solved from them."""
    for _ in range(_MAX_RENDERINGS):
        ground = rendered_features(camera, imagery, MAX_FEATURES, photo.extractor)
        tightened = tighten_camera(photo.features, ground, camera, photo.prior)
        if tightened is None:
            return None
        camera, agreeing, z_score = tightened
    return finish_registration(photo, agreeing, camera, z_score)


def tighten_camera(
    features: Features, ground: GroundFeatures, camera: Camera, prior: CameraPrior
) -> tuple[Camera, TiePoints, float] | None:
    """The camera solved again within a decreasing reach, the tie points that agree, and their z-score."""
    for reach_px in _REFINE_REACHES_PX:
        points = guided_tie_points(features, ground, camera, reach_px)
        if len(points) < MIN_POINTS:
            return None
        solved = solve_camera(points, camera, prior, 1.5, max_evaluations=15)
        camera = solved.camera
    residuals_px = solved.residuals_px
    agreeing = (residuals_px < _TIE_POINT_PX) & _in_supported_parts(points.xy_px, residuals_px, reach_px, camera)
    return camera, points[np.flatnonzero(agreeing)], agreement_z(residuals_px, reach_px)


def finish_registration(
    photo: PreparedPhoto, agreeing: TiePoints, camera: Camera, z_score: float
) -> Registration | None:
    """The final camera from tie points distributed over the photo, with its confidence."""
    kept = agreeing[_best_of_each_cell(agreeing.xy_px, max(photo.size))]
    if len(kept) < MIN_POINTS:
        return None
    final = solve_camera(kept, camera, photo.prior, 1.0, robust=True)
    kept = kept[np.flatnonzero(final.residuals_px < _TIE_POINT_PX)]
    if len(kept) < MIN_POINTS:
        return None
    sd_px = _SHARED_ERROR_FACTOR * max(0.5, float(np.sqrt(np.mean(errors_px(final.camera, kept) ** 2) / 2)))
    final = solve_camera(kept, final.camera, photo.prior, sd_px, robust=False)
    ring = footprint.footprint_ring(final.camera)
    if ring is None:
        return None
    evidence = Evidence.of(final, kept, photo.prior, z_score)
    return Registration(probability(evidence), final, kept, evidence, _rms_km(final.camera, kept), ring)


def rendered_features(
    camera: Camera, imagery: ImagerySource, limit: int, extractor: FeatureExtractor
) -> GroundFeatures:
    """Features of the imagery rendered as the camera sees it."""
    pixels, covered = render(imagery, camera)
    features = extractor.find(pixels, covered, limit)
    return GroundFeatures(features, *camera.locate(features.xy[:, 0], features.xy[:, 1]))


def guided_tie_points(features: Features, ground: GroundFeatures, camera: Camera, reach_px: float) -> TiePoints:
    """Tie points within reach of where the camera projects the ground; the most similar first."""
    expected = np.stack(camera.project(ground.lat, ground.lon), axis=1)
    ours, theirs = match_nearby(features, ground.features, expected, reach_px, _GUIDED_RATIO).T
    return TiePoints(features.xy[ours], ground.lat[theirs], ground.lon[theirs])


def agreement_z(residuals_px: Array, reach_px: float) -> float:
    """z-score of the points that agree: by how many standard deviations they exceed what chance gives.

    Wrong matches are uniform over the circle of `reach_px`, so a share of 0.2^2 of them falls within 0.2 of it.
    """
    expected = len(residuals_px) * _AGREEMENT_SHARE**2
    agree = int((residuals_px < _AGREEMENT_SHARE * reach_px).sum())
    return float((agree - expected) / np.sqrt(expected + 1.0))


def _in_supported_parts(xy_px: Array, residuals_px: Array, reach_px: float, camera: Camera) -> NDArray[np.bool_]:
    """Which points lie in parts of the photo where more of them agree than by chance.

    Elsewhere, under clouds or where the camera is wrong, points agree by chance only. They would make the tie points
    seem to cover the whole photo.
    """
    part_px = max(camera.width_px, camera.height_px) / _PARTS_PER_SIDE
    column, row = (xy_px / part_px).astype(np.int64).T
    part = row * (_PARTS_PER_SIDE + 1) + column
    kept = [n for n in np.unique(part) if agreement_z(residuals_px[part == n], reach_px) > _MIN_PART_Z]
    return np.isin(part, kept)


def _best_of_each_cell(xy_px: Array, longer: int) -> NDArray[np.int64]:
    """The first (most similar) point of each cell of a grid over the photo."""
    column, row = (xy_px / longer * _CELLS_PER_SIDE).astype(np.int64).T
    _, first = np.unique(row * (_CELLS_PER_SIDE + 1) + column, return_index=True)
    return np.sort(first)


def _rms_km(camera: Camera, points: TiePoints) -> float:
    lat, lon = camera.locate(points.xy_px[:, 0], points.xy_px[:, 1])
    away = geo.distance_km(lat, lon, points.lat, points.lon)
    return float(np.sqrt(np.nanmean(away**2)))
