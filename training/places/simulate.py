"""Simulates astronaut photos from satellite imagery and a simulated camera.

`python -m training.places.simulate` makes one photo from the command line.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ExifTags import IFD, Base

from engine.ellipsoid import surface_normal, surface_point
from engine.errors import EarthLocError, InputError, OutputError, UsageError
from engine.imagery.raster import RasterSource
from training.places import weather as effects
from training.places.camera import IssCamera
from training.places.weather import Weather

NOTICE = "Simulated photo, not taken by an astronaut"
_MIN_COVERAGE = 0.5


class Imagery(Protocol):
    """Source of the ground colours, such as `engine.imagery.raster.RasterSource`."""

    def sample(
        self, lat: NDArray[np.float64], lon: NDArray[np.float64], resolution_km: float | None = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Returns RGB (h, w, 3) and coverage (h, w) at points in degrees (h, w), NaN where there is no ground."""
        ...


@dataclass(frozen=True, eq=False)
class SimulatedPhoto:
    """A simulated photo and its true footprint.

    Attributes:
        pixels: uint8 RGB (height, width, 3).
        corners: (4, 2) lat, lon of the outer corners, top-left, top-right, bottom-right, bottom-left; NaN where the ray
            of a corner misses the Earth.
        center: lat, lon of the ground at the centre of the picture.
        coverage: share of the visible ground that the imagery covers.
    """

    pixels: NDArray[np.uint8]
    corners: NDArray[np.float64]
    center: tuple[float, float]
    coverage: float


def simulate_photo(
    source: Imagery,
    camera: IssCamera,
    width_px: int,
    height_px: int,
    rng: np.random.Generator,
    weather: Weather | None = None,
) -> SimulatedPhoto:
    """Simulates the photo that `camera` takes of the imagery, the same for the same state of `rng`.

    Args:
        source: imagery of the ground.
        camera: the camera.
        width_px, height_px: size of the photo.
        rng: source of the clouds, the noise and, if `weather` is None, the weather.
        weather: clouds, light and camera settings; None draws them at random.

    Raises:
        UsageError: no part of the picture shows the Earth.
    """
    weather = weather or Weather.draw(rng)
    lat, lon, range_km = camera.ground_points(width_px, height_px)
    is_ground = np.isfinite(lat)
    if not is_ground.any():
        raise UsageError(None, "the camera looks past the Earth", "give it less tilt")
    normal = surface_normal(lat, lon)
    point = surface_point(lat, lon)
    to_eye = (camera.position() - point) / range_km[..., None]
    cos_view = (normal * to_eye).sum(-1)

    pixel_km = range_km * camera.sensor_width_mm / (camera.focal_length_mm * width_px)
    resolution_km = float(np.nanmedian(pixel_km / np.sqrt(cos_view)))
    rgb, covered = source.sample(lat, lon, resolution_km)

    plane = _GroundPlane(camera, lat, lon)
    x, y = plane.position(point)
    water = effects.water_share(rgb)
    texture = effects.Noise(rng, 60.0 * resolution_km, 2 * resolution_km, 0.6)(x, y)
    ground = effects.paint_water(effects.reflectance(rgb), water, rng, texture)
    sun = plane.direction(weather.sun_azimuth_deg, weather.sun_elevation_deg)
    ground += (water * _glint(normal, to_eye, sun, weather))[..., None]

    clouds = effects.Clouds(weather, rng, x, y, is_ground, resolution_km)
    # Parallax: a cloud hides ground farther from the camera, and shades ground farther from the Sun.
    eye_x, eye_y = plane.components(to_eye)
    rise = np.nan_to_num(weather.cloud_height_km / np.maximum(cos_view, 0.1)).astype(np.float32)
    opacity, thickness = clouds(x + eye_x * rise, y + eye_y * rise)
    reach = weather.cloud_height_km / np.tan(np.radians(max(weather.sun_elevation_deg, 5.0)))
    azimuth = np.radians(weather.sun_azimuth_deg)
    shadow, _ = clouds(x + np.float32(reach * np.sin(azimuth)), y + np.float32(reach * np.cos(azimuth)))

    scene = effects.add_clouds(ground, opacity, thickness, shadow)
    air_mass = np.nan_to_num(1.0 / (cos_view + 0.03), nan=1.0).astype(np.float32)
    scene = effects.add_air(scene, weather, air_mass)
    scene[~is_ground] = 0.0  # space
    center_lat, center_lon, _ = camera.locate(width_px / 2, height_px / 2, width_px, height_px)
    return SimulatedPhoto(
        pixels=effects.develop(scene, weather, rng),
        corners=camera.footprint(width_px, height_px),
        center=(float(center_lat), float(center_lon)),
        coverage=float(covered[is_ground].mean()),
    )


class _GroundPlane:
    """A tangent plane in km at the centre of the picture, x east, y north: accurate enough for clouds."""

    def __init__(self, camera: IssCamera, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> None:
        rows, columns = np.nonzero(np.isfinite(lat))
        middle = len(rows) // 2
        self._lat, self._lon = lat[rows[middle], columns[middle]], lon[rows[middle], columns[middle]]
        phi, lam = np.radians(self._lat), np.radians(self._lon)
        self._origin = surface_point(self._lat, self._lon)
        self._east = np.array([-np.sin(lam), np.cos(lam), 0.0])
        self._north = np.array([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)])

    def components(self, vectors: NDArray[np.float64]) -> tuple[effects.Image, effects.Image]:
        """Returns east and north components of vectors (h, w, 3) in the Earth frame; 0 where there is no ground."""
        east = np.nan_to_num(vectors @ self._east).astype(np.float32)
        return east, np.nan_to_num(vectors @ self._north).astype(np.float32)

    def position(self, points: NDArray[np.float64]) -> tuple[effects.Image, effects.Image]:
        """Returns x, y in km of points (h, w, 3) in the Earth frame."""
        return self.components(points - self._origin)

    def direction(self, azimuth_deg: float, elevation_deg: float) -> NDArray[np.float64]:
        """Returns the unit vector (3,) in the Earth frame that points to an azimuth and elevation."""
        azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
        level = np.sin(azimuth) * self._east + np.cos(azimuth) * self._north
        return np.cos(elevation) * level + np.sin(elevation) * surface_normal(self._lat, self._lon)


def _glint(
    normal: NDArray[np.float64], to_eye: NDArray[np.float64], sun: NDArray[np.float64], weather: Weather
) -> effects.Image:
    """Returns the brightness of sun glint, (h, w): high where a small slope of the waves mirrors the Sun."""
    half_vector = to_eye + sun
    half_vector /= np.linalg.norm(half_vector, axis=-1, keepdims=True)
    tilt = np.arccos(np.clip((normal * half_vector).sum(-1), -1.0, 1.0))
    return np.nan_to_num(0.6 * weather.glint * np.exp(-((tilt / np.radians(11.0)) ** 2))).astype(np.float32)


def write_photo(path: Path, photo: SimulatedPhoto, camera: IssCamera, quality: int = 92) -> None:
    """Writes a JPEG whose EXIF data hold the focal length and state that the photo is simulated."""
    exif = Image.Exif()
    exif[Base.ImageDescription] = NOTICE
    exif[Base.Model] = "Simulated camera"
    exif.get_ifd(IFD.Exif)[Base.FocalLength] = camera.focal_length_mm
    exif.get_ifd(IFD.Exif)[Base.UserComment] = b"ASCII\0\0\0" + NOTICE.encode()
    try:
        Image.fromarray(photo.pixels).save(path, "JPEG", quality=quality, exif=exif)
    except OSError as error:
        raise OutputError.from_os_error(path, error) from error


def write_truth(path: Path, photo_path: Path, photo: SimulatedPhoto, camera: IssCamera) -> None:
    """Writes a truth table of one row for `earthloc evaluate`; the path of the photo is relative to the table."""
    names = ["photo", *(f"{part}{i}" for i in range(1, 5) for part in ("lat", "lon")), "nadir_lat", "nadir_lon"]
    relative = Path(os.path.relpath(photo_path.resolve(), path.resolve().parent)).as_posix()
    values = [f"{value:.6f}" for value in (*photo.corners.ravel(), camera.lat, camera.lon)]
    try:
        with path.open("w", newline="", encoding="utf-8") as table:
            csv.writer(table).writerows([names, [relative, *values]])
    except OSError as error:
        raise OutputError.from_os_error(path, error) from error


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.places.simulate", description=__doc__.splitlines()[0])
    parser.add_argument("--imagery", type=Path, required=True, help="georeferenced raster")
    parser.add_argument("--out", type=Path, required=True, help="JPEG to write")
    parser.add_argument("--truth", type=Path, help="truth table (CSV) to write")
    parser.add_argument("--lat", type=float, required=True, help="nadir, degrees north")
    parser.add_argument("--lon", type=float, required=True, help="nadir, degrees east")
    parser.add_argument("--altitude-km", type=float, default=420.0)
    parser.add_argument("--tilt-deg", type=float, default=0.0, help="angle between line of sight and nadir")
    parser.add_argument("--azimuth-deg", type=float, default=0.0, help="viewing direction, clockwise from north")
    parser.add_argument("--roll-deg", type=float, default=0.0, help="rotation about the line of sight")
    parser.add_argument("--focal-mm", type=float, default=50.0, help="on a full-frame sensor, 36 x 23.9 mm")
    parser.add_argument("--width-px", type=int, default=2400)
    parser.add_argument("--cloud", type=float, help="share under cloud, 0 to 1 (default: random)")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Makes one simulated photo; returns the exit code."""
    args = _arguments(argv)
    try:
        if not 16 <= args.width_px <= 20_000:
            raise UsageError(None, f"--width-px is {args.width_px}", "give 16 to 20000")
        if args.cloud is not None and not 0 <= args.cloud <= 1:
            raise UsageError(None, f"--cloud is {args.cloud}", "give a share from 0 to 1")
        camera = IssCamera(
            lat=args.lat,
            lon=args.lon,
            altitude_km=args.altitude_km,
            azimuth_deg=args.azimuth_deg,
            tilt_deg=args.tilt_deg,
            roll_deg=args.roll_deg,
            focal_length_mm=args.focal_mm,
        )
        height_px = round(args.width_px * camera.sensor_height_mm / camera.sensor_width_mm)
        rng = np.random.default_rng(args.seed)
        weather = Weather.draw(rng)
        if args.cloud is not None:
            weather = replace(weather, cloud=args.cloud)
        with RasterSource.open(args.imagery) as source:
            photo = simulate_photo(source, camera, args.width_px, height_px, rng, weather)
        if not np.isfinite(photo.corners).all():
            raise UsageError(None, "a corner of the photo looks past the Earth", "give the camera less tilt")
        if photo.coverage < _MIN_COVERAGE:
            raise InputError(args.imagery, "does not cover the visible ground", "choose a place inside the imagery")
        write_photo(args.out, photo, camera)
        if args.truth:
            write_truth(args.truth, args.out, photo, camera)
    except EarthLocError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{args.out}: {NOTICE.lower()}; middle at {photo.center[0]:.4f}, {photo.center[1]:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
