"""A simulated camera aboard the ISS: a pinhole above the WGS84 ellipsoid.

Frames, all right-handed and in kilometres:

- Earth: centred and fixed to the Earth (ECEF); x through (0 N, 0 E), z through the north pole.
- Local: east, north, up at the nadir, the foot of the camera's perpendicular on the ellipsoid.
- Camera: x to the right of the picture, y down the picture, z along the line of sight.

The line of sight starts at the nadir and is tilted by `tilt_deg` towards `azimuth_deg` (clockwise from north). The
camera is then rotated about it by `roll_deg`, clockwise as seen through the camera. Without roll the top of the picture
is the side away from the nadir. A camera that looks straight down with azimuth 0 has north at the top and east to the
right.

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
    """Position, orientation and optics of a camera.

    Attributes:
        lat, lon: the nadir, degrees.
        altitude_km: height above the ellipsoid.
        azimuth_deg: direction of the line of sight over the ground, clockwise from north.
        tilt_deg: angle between the line of sight and the nadir, 0 to 90.
        roll_deg: rotation about the line of sight, clockwise as seen through the camera.
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
            raise UsageError(None, f"the tilt {self.tilt_deg} is out of range", "give 0 to 90 degrees")
        for name in ("altitude_km", "focal_length_mm", "sensor_width_mm", "sensor_height_mm"):
            if not getattr(self, name) > 0:
                raise UsageError(None, f"{name} is {getattr(self, name)}", "give a number above 0")

    def position(self) -> Array:
        """Returns the position of the camera in the Earth frame, (3,) km."""
        return surface_point(self.lat, self.lon) + self.altitude_km * surface_normal(self.lat, self.lon)

    def axes(self) -> Array:
        """Returns the x, y and z axes of the camera as rows, (3, 3), unit vectors in the Earth frame."""
        east, north, up = local_axes(self.lat, self.lon)
        azimuth, tilt, roll = np.radians([self.azimuth_deg, self.tilt_deg, self.roll_deg])
        forward = np.cos(azimuth) * north + np.sin(azimuth) * east
        right = np.cos(azimuth) * east - np.sin(azimuth) * north
        sight = np.sin(tilt) * forward - np.cos(tilt) * up
        top = np.cos(tilt) * forward + np.sin(tilt) * up
        x = np.cos(roll) * right - np.sin(roll) * top
        y = -np.sin(roll) * right - np.cos(roll) * top
        return np.stack([x, y, sight])

    def locate(self, x_px: ArrayLike, y_px: ArrayLike, width_px: int, height_px: int) -> tuple[Array, Array, Array]:
        """Returns the ground points seen at pixel positions of a picture of `width_px` by `height_px`.

        Returns:
            lat and lon in degrees and the distance from the camera in km, each in the broadcast shape of the positions;
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
        """Returns lat, lon (degrees) and distance (km) of the ground at each pixel centre, each (height_px, width_px).

        NaN where the ray misses the Earth.
        """
        x, y = np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5)
        return self.locate(x, y, width_px, height_px)

    def project(self, lat: ArrayLike, lon: ArrayLike, width_px: int, height_px: int) -> tuple[Array, Array]:
        """Projects ground points to pixel positions, in their broadcast shape: the inverse of `locate`.

        Positions may lie outside the picture. NaN where the point is behind the horizon or behind the camera.
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
        """Returns the outline of the picture on the ground: (4 * points_per_side, 2) lat, lon.

        The order is top-left, top-right, bottom-right, bottom-left; with one point per side these are the corners. NaN
        where the edge misses the Earth.
        """
        t = np.arange(points_per_side) / points_per_side
        zeros, ones = np.zeros_like(t), np.ones_like(t)
        x = np.concatenate([t, ones, 1 - t, zeros]) * width_px
        y = np.concatenate([zeros, t, ones, 1 - t]) * height_px
        lat, lon, _ = self.locate(x, y, width_px, height_px)
        return np.stack([lat, lon], axis=1)
