"""A pinhole camera above the WGS84 ellipsoid.

Frames, all right-handed and in kilometres:

- Earth: centred and fixed to the Earth (ECEF); x through (0 N, 0 E), z through the north pole.
- Local: east, north, up at a point of the ellipsoid.
- Camera: x to the right of the picture, y down the picture, z along the line of sight.

Pixel positions are x to the right and y down from the outer corner of the top-left pixel, so that the middle
of the first pixel is (0.5, 0.5) and the picture ends at (width_px, height_px). The principal point is the
middle of the picture. Refraction and terrain are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.ellipsoid import local_axes, range_to_ellipsoid, surface_lat_lon, surface_normal, surface_point, to_geodetic

# Iterations that invert the radial term: the error is 1e-9 for |k1| r^2 up to 0.1.
_UNDISTORT_STEPS = 10

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Camera:
    """Position, attitude and optics of a camera.

    Attributes:
        eye: position in the Earth frame, (3,) km.
        axes: (3, 3), its x, y and z axes as rows, unit vectors in the Earth frame.
        focal_px: focal length in pixels.
        width_px, height_px: size of the picture.
        radial: k1 of x_d = x (1 + k1 r^2) in units of the focal length; negative for barrel distortion.
        pixel_aspect: height over width of a pixel: 1 unless the picture was squashed after it was taken.
    """

    eye: Array
    axes: Array
    focal_px: float
    width_px: int
    height_px: int
    radial: float = 0.0
    pixel_aspect: float = 1.0

    def locate(self, x_px: ArrayLike, y_px: ArrayLike) -> tuple[Array, Array]:
        """Latitude and longitude (degrees) seen at pixel positions; NaN where the ray misses the Earth."""
        x, y = np.broadcast_arrays(np.asarray(x_px, np.float64), np.asarray(y_px, np.float64))
        u = (x - self.width_px / 2) / self.focal_px
        v = (y - self.height_px / 2) / self.focal_px * self.pixel_aspect
        if self.radial:
            distorted_2 = u * u + v * v
            squeeze = np.ones_like(u)
            for _ in range(_UNDISTORT_STEPS):
                squeeze = 1.0 / (1.0 + self.radial * distorted_2 * squeeze * squeeze)
            u, v = u * squeeze, v * squeeze
        in_camera = np.stack([u, v, np.ones_like(u)], axis=-1)
        rays = (in_camera / np.linalg.norm(in_camera, axis=-1, keepdims=True)) @ self.axes
        return surface_lat_lon(self.eye + range_to_ellipsoid(self.eye, rays)[..., None] * rays)

    def project(self, lat: ArrayLike, lon: ArrayLike) -> tuple[Array, Array]:
        """Pixel positions of points on the ground: the inverse of `locate`.

        Points outside the picture have positions too. NaN where the point is behind the horizon or behind the camera,
        or so far outside that the radial term would fold it back.
        """
        ground = surface_point(lat, lon)
        is_seen = ((self.eye - ground) * surface_normal(lat, lon)).sum(-1) > 0
        x, y, depth = np.moveaxis((ground - self.eye) @ self.axes.T, -1, 0)
        depth = np.where(is_seen & (depth > 0), depth, np.nan)
        u, v = x / depth, y / depth
        bend = self.radial * (u * u + v * v)
        stretch = self.focal_px * np.where(1.0 + 3.0 * bend > 0, 1.0 + bend, np.nan)
        return u * stretch + self.width_px / 2, v * stretch / self.pixel_aspect + self.height_px / 2

    def nadir(self) -> tuple[float, float, float]:
        """Latitude, longitude (degrees) below the camera and its altitude in km."""
        return to_geodetic(self.eye)

    def tilt_azimuth_deg(self) -> tuple[float, float]:
        """Angle between the line of sight and straight down, and its direction clockwise from north."""
        lat, lon, _ = self.nadir()
        east, north, up = local_axes(lat, lon) @ self.axes[2]
        return float(np.degrees(np.arctan2(np.hypot(east, north), -up))), float(
            np.degrees(np.arctan2(east, north)) % 360.0
        )

    def resized(self, width_px: int, height_px: int) -> Camera:
        """The same camera with a picture of another size and, except for rounding, the same shape."""
        focal_px = self.focal_px * max(width_px, height_px) / max(self.width_px, self.height_px)
        return replace(self, focal_px=focal_px, width_px=width_px, height_px=height_px)

    def squashed(self, width_px: int, height_px: int) -> Camera:
        """The same camera after its picture was resampled to another shape."""
        across, down = width_px / self.width_px, height_px / self.height_px
        aspect = self.pixel_aspect * across / down
        return replace(
            self, focal_px=self.focal_px * across, width_px=width_px, height_px=height_px, pixel_aspect=aspect
        )
