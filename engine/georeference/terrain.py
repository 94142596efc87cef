"""Orthorectification over terrain: the position of a place in the photo depends on its height."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.ellipsoid import range_to_ellipsoid, surface_lat_lon, surface_normal, surface_point
from engine.errors import InputError
from engine.georeference.grid import GroundCrs
from engine.georeference.mappings import MIN_POINTS, ToPhoto
from engine.georeference.registered import RegisteredPhoto
from engine.imagery.raster import RasterSource
from engine.orbit import NADIR_SD_KM
from engine.registration.camera import Camera
from engine.registration.solve import CameraPrior, TiePoints, errors_px, solve_camera

Array = NDArray[np.float64]

_TIE_POINTS_KM = 1.0  # resolution of heights at tie points, which are no more accurate than the imagery
_ABOVE_SEEN_KM = 1.0  # allowance for peaks between the points at which the photo's ground was computed
_STEPS = 3  # the camera moves by about the mean height in the first step, by metres in the second
_GRAZING = 0.1  # cosine; limits how far ground seen at a flatter angle extends the area beyond the flat footprint


class Elevation(RasterSource):
    """A raster of heights in metres, sampled as any raster but not converted to colours; 0 where it has no data."""

    def heights_km(self, lat: Array, lon: Array, resolution_km: float) -> Array:
        """Heights of points (h, w) in degrees, at a ground resolution."""
        if not np.isfinite(lat).any():
            return np.zeros(lat.shape)
        metres, covered = self.sample(lat, lon, resolution_km)
        return np.where(covered, metres[..., 0] / 1000.0, 0.0)

    def _stretch_range(self) -> None:
        """None: heights are not converted to grey levels, and finding their range would read all of a large raster."""

    def _pixels(self, data: NDArray[Any], mask: NDArray[np.uint8] | None) -> NDArray[Any]:
        there = np.isfinite(data[0]) if mask is None else np.isfinite(data[0]) & (mask > 0)
        return np.repeat(np.where(there, data[0], 0).astype(np.float32)[..., None], 3, axis=2)


def over_terrain(registered: RegisteredPhoto, elevation: Elevation) -> RegisteredPhoto:
    """The photo with its camera solved again from the tie points at their heights, if there are enough of them.

    A registration assumes that all ground is on the ellipsoid, so its camera is too low by about the ground's mean
    height.

    Raises:
        InputError: the raster has no height anywhere in the photo.
    """
    points, seen = registered.tie_points, registered.seen
    stated = registered.pose["prior"]
    metres, known = elevation.sample(seen[None, :, 0], seen[None, :, 1], _TIE_POINTS_KM)
    if not known.any():
        raise InputError.of("georeference.no_heights", path=elevation.path)
    highest_km = max(0.0, float(metres.max()) / 1000.0) + _ABOVE_SEEN_KM
    heights = elevation.heights_km(points.lat[None], points.lon[None], _TIE_POINTS_KM)[0]
    nadir = (stated["nadir"][0], stated["nadir"][1]) if stated["nadir"] else None
    nadir_sd_km = stated.get("nadir_sd_km", NADIR_SD_KM)
    prior = CameraPrior(stated["focal_px"], stated["focal_sd"] or CameraPrior.focal_sd, nadir, nadir_sd_km)
    solution = registered.solution
    for _ in range(_STEPS):
        flat = TiePoints(points.xy_px, *seen_in_line(solution.camera, points.lat, points.lon, heights))
        flat = flat[np.flatnonzero(np.isfinite(flat.lat))]  # near the limb a raised point may have no ground behind it
        if len(flat) < MIN_POINTS:
            break
        # As for the first solution, four neighbouring tie points count as one.
        sd_px = 2.0 * max(0.5, float(np.sqrt(np.mean(errors_px(solution.camera, flat) ** 2) / 2)))
        solution = solve_camera(flat, solution.camera, prior, sd_px, robust=False)
    # A ray meets high ground nearer to the camera than flat ground.
    ground = surface_point(seen[:, 0], seen[:, 1])
    rays = ground - solution.camera.eye
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    steep = np.maximum(_GRAZING, -(rays * surface_normal(seen[:, 0], seen[:, 1])).sum(-1))
    nearer = np.stack(surface_lat_lon(ground - rays * (highest_km / steep)[:, None]), axis=1)
    return replace(registered, solution=solution, seen=np.concatenate([seen, nearer]))


def through_camera(
    registered: RegisteredPhoto, ground: GroundCrs, elevation: Elevation, resolution_km: float
) -> ToPhoto:
    """The mapping through the solved camera, with each place at its height. Hidden places show what hides them."""

    def to_photo(x: Array, y: Array) -> tuple[Array, Array]:
        lat, lon = ground.to_lat_lon(x, y)
        heights = elevation.heights_km(lat, lon, resolution_km)
        return registered.camera.project(*seen_in_line(registered.camera, lat, lon, heights))

    return to_photo


def seen_in_line(camera: Camera, lat: Array, lon: Array, height_km: Array) -> tuple[Array, Array]:
    """The points of the ellipsoid that a camera sees in line with points above it; NaN where there are none."""
    up = surface_normal(lat, lon)
    rays = surface_point(lat, lon) + height_km[..., None] * up - camera.eye
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    rays = np.where(((rays * up).sum(-1) < 0)[..., None], rays, np.nan)  # else it is beyond the horizon
    return surface_lat_lon(camera.eye + range_to_ellipsoid(camera.eye, rays)[..., None] * rays)
