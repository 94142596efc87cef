"""A simulated camera aboard the ISS: a pinhole above the WGS84 ellipsoid.

Frames, all right-handed and in kilometres:

- Earth: centred and fixed to the Earth (ECEF); x through (0 N, 0 E), z through the north pole.
- Local: east, north, up at the nadir, the foot of the camera's perpendicular on the ellipsoid.
- Camera: x to the right of the picture, y down the picture, z along the line of sight.

The line of sight starts at the nadir, is tilted by `tilt_deg` towards `azimuth_deg` (clockwise from north),
and the camera is then turned about it by `roll_deg`, clockwise for whoever looks through it. Without roll the
top of the picture is the side away from the nadir; a camera that looks straight down with azimuth 0 has north
at the top and east to the right.

Pixel positions are x to the right and y down from the outer corner of the top-left pixel, so that the middle
of the first pixel is (0.5, 0.5) and the picture ends at (width_px, height_px). The principal point is the
middle of the picture. There is no lens distortion, no refraction and no terrain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.ellipsoid import local_axes, range_to_ellipsoid, surface_lat_lon, surface_normal, surface_point
from engine.errors import UsageError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class IssCamera:
    """Where the camera is, how it is held, and what it sees.

    Attributes:
        lat, lon: the nadir, degrees.
        altitude_km: height above the ellipsoid.
        azimuth_deg: direction over the ground of the line of sight, clockwise from north.
        tilt_deg: angle between the line of sight and the nadir, 0 to 90.
        roll_deg: turn about the line of sight, clockwise as seen through the camera.
        focal_length_mm: true focal length.
        sensor_width_mm, sensor_height_mm: size of the sensor; by default a full-frame Nikon's.
    """

    lat: float
    lon: float
    altitude_km: float = 420.0
    azimuth_deg: float = 0.0
    tilt_deg: float = 0.0
    roll_deg: float = 0.0
    focal_length_mm: float = 50.0
    sensor_width_mm: float = 36.0
    sensor_height_mm: float = 23.9

    def __post_init__(self) -> None:
        if not abs(self.lat) <= 90:
            raise UsageError(None, f"the latitude {self.lat} is not on the Earth", "give -90 to 90")
        if not 0 <= self.tilt_deg <= 90:
            raise UsageError(None, f"the tilt {self.tilt_deg} does not look at the Earth", "give 0 to 90 degrees")
        for name in ("altitude_km", "focal_length_mm", "sensor_width_mm", "sensor_height_mm"):
            if not getattr(self, name) > 0:
                raise UsageError(None, f"{name} is {getattr(self, name)}", "give a number above 0")

    def position(self) -> Array:
        """The camera in the Earth frame, (3,) km."""
        return surface_point(self.lat, self.lon) + self.altitude_km * surface_normal(self.lat, self.lon)

    def axes(self) -> Array:
        """(3, 3): the camera's x, y and z axes as rows, unit vectors in the Earth frame."""
        east, north, up = local_axes(self.lat, self.lon)
        azimuth, tilt, roll = np.radians([self.azimuth_deg, self.tilt_deg, self.roll_deg])
        ahead = np.cos(azimuth) * north + np.sin(azimuth) * east
        right = np.cos(azimuth) * east - np.sin(azimuth) * north
        sight = np.sin(tilt) * ahead - np.cos(tilt) * up
        top = np.cos(tilt) * ahead + np.sin(tilt) * up
        x = np.cos(roll) * right - np.sin(roll) * top
        y = -np.sin(roll) * right - np.cos(roll) * top
        return np.stack([x, y, sight])

    def locate(self, x_px: ArrayLike, y_px: ArrayLike, width_px: int, height_px: int) -> tuple[Array, Array, Array]:
        """The ground seen at pixel positions of a picture of `width_px` by `height_px`.

        Returns:
            lat, lon in degrees and the distance from the camera in km, each of the positions' broadcast shape;
            NaN where the ray misses the Earth.
        """
        x, y = np.broadcast_arrays(np.asarray(x_px, np.float64), np.asarray(y_px, np.float64))
        on_sensor = np.stack(
            [
                (x / width_px - 0.5) * self.sensor_width_mm,
                (y / height_px - 0.5) * self.sensor_height_mm,
                np.full(x.shape, self.focal_length_mm),
            ],
            axis=-1,
        )
        rays = (on_sensor / np.linalg.norm(on_sensor, axis=-1, keepdims=True)) @ self.axes()
        eye = self.position()
        range_km = range_to_ellipsoid(eye, rays)
        lat, lon = surface_lat_lon(eye + range_km[..., None] * rays)
        return lat, lon, range_km

    def ground_points(self, width_px: int, height_px: int) -> tuple[Array, Array, Array]:
        """lat, lon (degrees) and distance (km) of the ground at each pixel's middle, each (height_px, width_px).

        NaN where the ray misses the Earth.
        """
        x, y = np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5)
        return self.locate(x, y, width_px, height_px)

    def project(self, lat: ArrayLike, lon: ArrayLike, width_px: int, height_px: int) -> tuple[Array, Array]:
        """Pixel positions of points on the ground, of their broadcast shape: the inverse of `locate`.

        Positions beside the picture are given too. NaN where the point is behind the horizon or the camera.
        """
        ground = surface_point(lat, lon)
        eye = self.position()
        in_camera = (ground - eye) @ self.axes().T
        is_seen = ((eye - ground) * surface_normal(lat, lon)).sum(-1) > 0
        depth = np.where(is_seen & (in_camera[..., 2] > 0), in_camera[..., 2], np.nan)
        scale = self.focal_length_mm / depth
        x = (in_camera[..., 0] * scale / self.sensor_width_mm + 0.5) * width_px
        y = (in_camera[..., 1] * scale / self.sensor_height_mm + 0.5) * height_px
        return x, y

    def footprint(self, width_px: int, height_px: int, points_per_side: int = 1) -> Array:
        """Outline on the ground of the picture's outer edges: (4 * points_per_side, 2) lat, lon.

        Starts at the top-left corner and runs over top-right, bottom-right and bottom-left; with one point a
        side these are the corners. NaN where the edge misses the Earth.
        """
        t = np.arange(points_per_side) / points_per_side
        none, full = np.zeros_like(t), np.ones_like(t)
        x = np.concatenate([t, full, 1 - t, none]) * width_px
        y = np.concatenate([none, t, full, 1 - t]) * height_px
        lat, lon, _ = self.locate(x, y, width_px, height_px)
        return np.stack([lat, lon], axis=1)
