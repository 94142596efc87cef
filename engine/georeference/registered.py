"""A photo with a solved camera, read from the results GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.contract.localization import Localization, Pose
from engine.contract.status import BY_PASS, NOT_FOUND, UNCERTAIN
from engine.errors import InputError
from engine.photo.read import PhotoInfo, read_photo_info
from engine.registration.camera import Camera
from engine.registration.footprint import footprint_ring
from engine.registration.pose import solution_of
from engine.registration.solve import Solution, TiePoints
from engine.results import ResultsFile

Array = NDArray[np.float64]

_GRID = 65  # points along each side of the photo at which the ground is computed


@dataclass(frozen=True, eq=False)
class RegisteredPhoto:
    """A photo and its camera.

    Attributes:
        info: metadata of the file.
        localization: the whole answer.
        solution: its camera, in pixels of the stored array at full size.
        tie_points: in the same pixels.
        seen: (n, 2) lat, lon of points all over the ground that it shows, outline included.
    """

    info: PhotoInfo
    localization: Localization
    solution: Solution
    tie_points: TiePoints
    seen: Array

    @property
    def pose(self) -> Pose:
        """The pose of the localization, which every placed photo has."""
        pose = self.localization["pose"]
        if pose is None:  # `of` refuses such photos
            raise ValueError(f"{self.info.path} has no pose")
        return pose

    @classmethod
    def load(cls, photo: Path, results: Path) -> RegisteredPhoto:
        """Read the camera of `photo` from the GeoPackage `results`.

        Raises:
            InputError: it is not in there, has no camera, or is not the file that was located.
        """
        found = ResultsFile(results).localization(photo)
        if found is None:
            raise InputError.of("photo.not_in_results", path=photo, results=results)
        return cls.of(read_photo_info(photo), found)

    @classmethod
    def of(cls, info: PhotoInfo, localization: Localization) -> RegisteredPhoto:
        """The same from a given localization."""
        pose = localization["pose"]
        if pose is None:
            why = {
                UNCERTAIN: "its place is a guess from similar tiles and was not fitted to imagery",
                NOT_FOUND: "its place was not found",
                BY_PASS: "its place follows from its pass and was not fitted to imagery",
            }.get(localization["status"], "it was not located")
            raise InputError(info.path, why, "locate it with imagery at hand, or register it at a place you know")
        if (info.width_px, info.height_px) != (pose["width_px"], pose["height_px"]):
            raise InputError.of(
                "photo.other_size",
                path=info.path,
                width=info.width_px,
                height=info.height_px,
                then_width=pose["width_px"],
                then_height=pose["height_px"],
            )
        solution = solution_of(pose)
        points = localization["tie_points"]
        column = {name: np.array([point[name] for point in points]) for name in ("x_px", "y_px", "lat", "lon")}
        tie_points = TiePoints(np.stack([column["x_px"], column["y_px"]], axis=1), column["lat"], column["lon"])
        return cls(info, localization, solution, tie_points, _seen_by(solution.camera, info.path))

    @property
    def camera(self) -> Camera:
        """The solved camera."""
        return self.solution.camera

    @property
    def shows_limb(self) -> bool:
        """Whether an edge of the photo extends beyond the Earth."""
        t = np.linspace(0.0, 1.0, _GRID)
        x = np.concatenate([t, t, np.zeros_like(t), np.ones_like(t)]) * self.camera.width_px
        y = np.concatenate([np.zeros_like(t), np.ones_like(t), t, t]) * self.camera.height_px
        return not np.isfinite(self.camera.locate(x, y)[0]).all()

    def shows(self, lat: float, lon: float) -> bool:
        """Whether a place is in the picture."""
        x, y = self.camera.project(lat, lon)
        return bool(0 <= x <= self.camera.width_px and 0 <= y <= self.camera.height_px)  # False for NaN


def _seen_by(camera: Camera, path: Path) -> Array:
    x, y = np.meshgrid(np.linspace(0, camera.width_px, _GRID), np.linspace(0, camera.height_px, _GRID))
    lat, lon = (values.ravel() for values in camera.locate(x, y))
    ring = footprint_ring(camera)
    is_finite = np.isfinite(lat)
    if ring is None or not is_finite.any():
        raise InputError.of("photo.no_ground", path=path)
    return np.concatenate([np.stack([lat[is_finite], lon[is_finite]], axis=1), ring])
