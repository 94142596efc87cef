"""Simulated photos for testing: as in training, but with sides 3:2, rotated at random, of held-out places only."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import geo
from training.places.camera import IssCamera
from training.places.pairs import Imagery, held_out
from training.places.views import draw_view, look, render_view


def oblong_photos(
    imagery: Imagery, rng: np.random.Generator, size_px: int = 480
) -> Iterator[tuple[NDArray[np.uint8], geo.Corners, IssCamera]]:
    """Pixels (uint8 RGB, shorter side size_px), corners (4, 2) lat, lon, and camera, without end.

    The corners are in the order of the picture before its rotation, which is a multiple of 90 degrees.
    """
    while True:
        number = imagery.draw_tile(rng)
        tile = imagery.tiles[number]
        width = float(tile["width_km"])
        east, north = rng.uniform(-width / 2, width / 2, 2)
        lat, lon = geo.LocalFrame(float(tile["lat"]), float(tile["lon"])).to_lat_lon([east], [north])
        width_km = width * 2 ** rng.uniform(-0.25, 0.25)
        square = draw_view(rng, imagery.footprints, float(lat[0]), float(lon[0]), width_km)
        if square is None or not held_out(*square.center):
            continue
        view = look(dataclasses.replace(square.camera, sensor_width_mm=1.5 * square.camera.sensor_height_mm))
        if view is None:
            continue
        pixels = render_view(imagery.source, view, size_px, rng, imagery.seasons)
        if pixels is None:
            continue
        corners = np.array([[view.lat[at], view.lon[at]] for at in ((0, 0), (0, -1), (-1, -1), (-1, 0))])
        wide = np.asarray(cv2.resize(pixels, (size_px * 3 // 2, size_px)), np.uint8)
        yield np.ascontiguousarray(np.rot90(wide, int(rng.integers(4)))), corners, view.camera
