"""Initial poses for the camera solver, derived from an affine map from photo to ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.ellipsoid import local_axes, surface_point
from engine.geo import LocalFrame
from engine.orbit import ALTITUDE_KM
from engine.registration.camera import Camera
from engine.registration.solve import CameraPrior

Array = NDArray[np.float64]

_OBLIQUE_COS = 0.7  # cosine of the incidence angle; below it, beyond 45 degrees, a view is oblique
_AZIMUTHS = 8


def initial_poses_from_affine(
    matrix: Array, frame: LocalFrame, photo_size: tuple[int, int], prior: CameraPrior
) -> list[Camera]:
    """Cameras that see the ground about as an affine map shows it; none when the map is mirrored.

    From far away, a tilted view is affine. The photo's two axes on the ground give scale, rotation and foreshortening,
    but not the side to which the camera is tilted. So there are two tilted poses and one that looks straight down on
    the middle. A strongly tilted view is not affine, and the map fits only a part of it. With a known lens, the scale
    then gives the distance to the ground and thus the tilt, and poses tilted towards all sides are added.

    Args:
        matrix: (2, 3) photo pixels to km of `frame`.
        frame: of the map.
        photo_size: width, height in pixels.
        prior: its focal length is used where known.
    """
    width, height = photo_size
    step = max(photo_size) / 20.0
    steps = np.array([[0.0, 0.0], [step, 0.0], [0.0, step]])
    xy = np.column_stack([steps + np.array([width, height]) / 2, np.ones(3)]) @ matrix.T
    lat, lon = frame.to_lat_lon(xy[:, 0], xy[:, 1])
    axes = local_axes(float(lat[0]), float(lon[0]))
    ground = surface_point(lat, lon)
    px_per_km = np.linalg.inv(((ground[1:] - ground[0]) @ axes[:2].T).T / step)
    # Rows: the photo's axes along the ground, in pixels per kilometre east and north.
    if np.linalg.det(px_per_km) >= 0:
        return []
    larger, smaller = np.linalg.svd(px_per_km, compute_uv=False)
    poses = []
    for squeeze, signs in ((smaller / larger, (1.0, -1.0)), (1.0, (1.0,))):
        scale = larger if squeeze < 1.0 else np.sqrt(larger * smaller)
        rows = px_per_km / scale
        up_2 = np.clip(1.0 - (rows * rows).sum(axis=1), 0.0, None) if squeeze < 1.0 else np.zeros(2)
        up = np.sqrt(up_2) * [1.0, -1.0 if rows[0] @ rows[1] > 0 else 1.0]
        range_km = _slant_range_km(squeeze, ALTITUDE_KM)
        for sign in signs:
            # The nearest orthonormal axes.
            x_y = np.column_stack([rows, sign * up])
            u, _, vt = np.linalg.svd(x_y, full_matrices=False)
            x, y = u @ vt
            z = np.cross(x, y)
            if z[2] >= 0:  # looks up: foreshortened more than noise allows
                continue
            attitude = np.stack([x, y, z]) @ axes
            focal = prior.focal_px or float(scale * range_km)
            poses.append(Camera(ground[0] - range_km * attitude[2], attitude, focal, width, height))
    if prior.focal_px:
        poses.extend(_oblique_poses(px_per_km, prior.focal_px, axes, ground[0], photo_size))
    return poses


def _oblique_poses(
    px_per_km: Array, focal_px: float, axes: Array, ground: Array, photo_size: tuple[int, int]
) -> list[Camera]:
    """Cameras all around a point of the ground, at the distance given by lens and scale; none where that is near.

    Args:
        px_per_km: (2, 2), the photo's axes along the ground, in pixels per kilometre east and north.
        focal_px: of the lens.
        axes: (3, 3) east, north, up at the point.
        ground: (3,) the point.
        photo_size: width, height in pixels.
    """
    cos = np.linspace(1.0, 0.1, 91)
    # The mean of both axes' scales, one of which is foreshortened.
    scale = focal_px * np.sqrt(cos) / np.array([_slant_range_km(c, ALTITUDE_KM) for c in cos])
    down = float(np.interp(-np.sqrt(abs(np.linalg.det(px_per_km))), -scale, cos))
    if down > _OBLIQUE_COS:
        return []
    u, _, vt = np.linalg.svd(px_per_km)
    rotation = u @ vt  # the photo's axes along the ground, without foreshortening
    poses = []
    for azimuth in np.arange(_AZIMUTHS) * 2 * np.pi / _AZIMUTHS:
        ahead = np.array([np.sin(azimuth), np.cos(azimuth)])
        side = np.array([ahead[1], -ahead[0]])
        # The ground ahead and to the right of the line of sight must appear where the map has it.
        up_photo, right_photo = rotation @ ahead, rotation @ side
        sine = np.sqrt(1.0 - down * down)
        sight, right = np.append(sine * ahead, -down), np.append(side, 0.0)
        up = np.append(down * ahead, sine)
        attitude = np.stack([right_photo[i] * right + up_photo[i] * up for i in (0, 1)] + [sight]) @ axes
        eye = ground - _slant_range_km(down, ALTITUDE_KM) * attitude[2]
        poses.append(Camera(eye, attitude, focal_px, *photo_size))
    return poses


def _slant_range_km(cos_incidence: float, altitude_km: float) -> float:
    """Distance from the ground to a camera at `altitude_km` that is seen at this angle from the vertical."""
    radius = 6371.0
    along = radius * cos_incidence
    return float(np.sqrt(along * along + 2 * radius * altitude_km + altitude_km**2) - along)
