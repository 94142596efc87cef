"""Refines a guessed camera: tie points all over the photo, and the camera solved from them."""

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
# A photo is refined with pixels that show at least so much of a pixel of the imagery.
_FINER_THAN_IMAGERY = 0.8
# Agreement is being within a fifth of the reach of where the fitted camera has it.
_AGREES = 0.2
_GUIDED_RATIO = 0.9
_REFINE_REACHES_PX = (20.0, 12.0)
_RENDERINGS = 2  # the second time by a camera that is right to a pixel or two
_TIE_POINT_PX = 2.5
# Neighbouring tie points share their errors (terrain, the mosaic's own position): four count as one.
_SHARED_ERRORS = 2.0
_PARTS = 4  # along the longer side: chance is reckoned with in each part of the photo by itself
_PART_ABOVE_CHANCE = 2.0
_CELLS = 24  # tie points kept: one in each cell of a grid, 24 cells along the longer side


@dataclass(frozen=True, eq=False)
class Registration:
    """A photo registered with imagery, right or wrong: `confidence` says which.

    Attributes:
        confidence: probability that the footprint's centre is within half its shorter side of the truth.
        solution: the camera and its covariance.
        tie_points: those that agree, in pixels of the prepared photo.
        evidence: what the confidence rests on.
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


def refined(photo: PreparedPhoto, imagery: ImagerySource, camera: Camera) -> Registration | None:
    """The photo refined at the size that shows about as much as the imagery does; if that is in doubt, at the least.

    Detail that the imagery lacks gives features that match nothing, and crowds out those that would.
    """
    best: Registration | None = None
    for size_px in _sizes(photo, imagery, camera):
        smaller = photo.reduced(size_px)
        found = _refined_once(smaller, imagery, camera.resized(*smaller.size))
        if found is not None and (best is None or found.confidence > best.confidence):
            best = _resized(found, photo.size)
        if best is not None and best.confidence > LOCATED:
            break
    return best


def _sizes(photo: PreparedPhoto, imagery: ImagerySource, camera: Camera) -> list[int]:
    """Lengths of the longer side at which the photo is refined, one after the other."""
    middle, longer = np.array([camera.width_px, camera.height_px]) / 2, max(photo.size)
    lat, lon = camera.locate(middle[0] + np.array([0.0, 10.0]), np.full(2, middle[1]))
    photo_km = (
        float(geo.distance_km(lat[0], lon[0], lat[1], lon[1])) / 10.0 * max(camera.width_px, camera.height_px) / longer
    )
    finer = imagery.pixel_km(float(lat[0]), float(lon[0])) / (_FINER_THAN_IMAGERY * photo_km)
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


def _refined_once(photo: PreparedPhoto, imagery: ImagerySource, camera: Camera) -> Registration | None:
    """Tie points all over the photo and the camera solved from them."""
    for _ in range(_RENDERINGS):
        ground = seen_by(camera, imagery, MAX_FEATURES, photo.extractor)
        tight = tightened(photo.features, ground, camera, photo.prior)
        if tight is None:
            return None
        camera, good, z_score = tight
    return concluded(photo, good, camera, z_score)


def tightened(
    features: Features, ground: GroundFeatures, camera: Camera, prior: CameraPrior
) -> tuple[Camera, TiePoints, float] | None:
    """A camera solved again within ever smaller reach, the tie points that agree, and how far above chance they are."""
    for reach_px in _REFINE_REACHES_PX:
        points = guided(features, ground, camera, reach_px)
        if len(points) < MIN_POINTS:
            return None
        solved = solve_camera(points, camera, prior, 1.5, steps=15)
        camera = solved.camera
    residuals_px = solved.residuals_px
    good = (residuals_px < _TIE_POINT_PX) & _among_like(points.xy_px, residuals_px, reach_px, camera)
    return camera, points[np.flatnonzero(good)], above_chance(residuals_px, reach_px)


def concluded(photo: PreparedPhoto, good: TiePoints, camera: Camera, z_score: float) -> Registration | None:
    """The final camera from tie points spread over the photo, and what it is worth."""
    kept = good[_best_of_each_cell(good.xy_px, max(photo.size))]
    if len(kept) < MIN_POINTS:
        return None
    final = solve_camera(kept, camera, photo.prior, 1.0, robust=True)
    kept = kept[np.flatnonzero(final.residuals_px < _TIE_POINT_PX)]
    if len(kept) < MIN_POINTS:
        return None
    sd_px = _SHARED_ERRORS * max(0.5, float(np.sqrt(np.mean(errors_px(final.camera, kept) ** 2) / 2)))
    final = solve_camera(kept, final.camera, photo.prior, sd_px, robust=False)
    ring = footprint.footprint_ring(final.camera)
    if ring is None:
        return None
    evidence = Evidence.of(final, kept, photo.prior, z_score)
    return Registration(probability(evidence), final, kept, evidence, _rms_km(final.camera, kept), ring)


def seen_by(camera: Camera, imagery: ImagerySource, limit: int, extractor: FeatureExtractor) -> GroundFeatures:
    """Features of the imagery drawn as the camera sees it."""
    pixels, covered = render(imagery, camera)
    features = extractor.find(pixels, covered, limit)
    return GroundFeatures(features, *camera.locate(features.xy[:, 0], features.xy[:, 1]))


def guided(features: Features, ground: GroundFeatures, camera: Camera, reach_px: float) -> TiePoints:
    """Tie points within reach of where the camera sees the ground; the most alike first."""
    expected = np.stack(camera.project(ground.lat, ground.lon), axis=1)
    ours, theirs = match_nearby(features, ground.features, expected, reach_px, _GUIDED_RATIO).T
    return TiePoints(features.xy[ours], ground.lat[theirs], ground.lon[theirs])


def above_chance(residuals_px: Array, reach_px: float) -> float:
    """Standard deviations by which the points that agree exceed what chance leaves there.

    Wrong matches spread evenly over the circle of `reach_px`, so a share of 0.2^2 falls within 0.2 of it.
    """
    expected = len(residuals_px) * _AGREES**2
    agree = int((residuals_px < _AGREES * reach_px).sum())
    return float((agree - expected) / np.sqrt(expected + 1.0))


def _among_like(xy_px: Array, residuals_px: Array, reach_px: float, camera: Camera) -> NDArray[np.bool_]:
    """Which points lie in parts of the photo where more of them agree than chance leaves there.

    Elsewhere, under clouds or where the camera is wrong, those that agree do so by chance, and would make tie points
    seem to be all over the photo.
    """
    part_px = max(camera.width_px, camera.height_px) / _PARTS
    column, row = (xy_px / part_px).astype(np.int64).T
    part = row * (_PARTS + 1) + column
    kept = [n for n in np.unique(part) if above_chance(residuals_px[part == n], reach_px) > _PART_ABOVE_CHANCE]
    return np.isin(part, kept)


def _best_of_each_cell(xy_px: Array, longer: int) -> NDArray[np.int64]:
    """The first (most alike) point of each cell of a grid over the photo."""
    column, row = (xy_px / longer * _CELLS).astype(np.int64).T
    _, first = np.unique(row * (_CELLS + 1) + column, return_index=True)
    return np.sort(first)


def _rms_km(camera: Camera, points: TiePoints) -> float:
    lat, lon = camera.locate(points.xy_px[:, 0], points.xy_px[:, 1])
    away = geo.distance_km(lat, lon, points.lat, points.lon)
    return float(np.sqrt(np.nanmean(away**2)))
