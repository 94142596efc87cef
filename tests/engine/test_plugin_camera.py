"""The plugin's camera equals the engine's. QGIS is not needed: the module is plain Python."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import geo
from engine.ellipsoid import local_axes, surface_normal, surface_point
from engine.registration.camera import Camera


def load():
    path = Path(__file__).resolve().parents[2] / "earthloc_qgis" / "core" / "camera.py"
    spec = importlib.util.spec_from_file_location("plugin_camera", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


plugin = load()


def camera_at(lat, lon, altitude, tilt, azimuth, roll, focal, radial, aspect=1.0) -> Camera:
    east, north, up = local_axes(lat, lon)
    tilt, azimuth, roll = np.radians([tilt, azimuth, roll])
    ahead = np.sin(azimuth) * east + np.cos(azimuth) * north
    z = np.sin(tilt) * ahead - np.cos(tilt) * up
    x = np.cross(z, -up if tilt > 0.05 else -north)
    x /= np.linalg.norm(x)
    y = np.cross(z, x)
    axes = np.stack([np.cos(roll) * x + np.sin(roll) * y, np.cos(roll) * y - np.sin(roll) * x, z])
    eye = surface_point(lat, lon) + altitude * surface_normal(lat, lon)
    return Camera(eye, axes, focal, 1200, 800, radial, aspect)


def pose_of(camera: Camera) -> dict:
    return {
        "width_px": camera.width_px, "height_px": camera.height_px, "focal_px": camera.focal_px,
        "radial": camera.radial, "pixel_aspect": camera.pixel_aspect, "position_ecef_km": camera.eye.tolist(),
        "rotation": camera.axes.tolist(),
    }  # fmt: skip


cameras = st.builds(
    camera_at, st.floats(-75, 75), st.floats(-180, 180), st.floats(300, 480), st.floats(0, 75), st.floats(0, 360),
    st.floats(0, 360), st.floats(800, 30000), st.floats(-0.1, 0.05), st.sampled_from([1.0, 2 / 3, 1.5]),
)  # fmt: skip
pixels = st.tuples(st.floats(0, 1200), st.floats(0, 800))


@settings(max_examples=300, deadline=None)
@given(cameras, pixels)
def test_pinhole_equals_the_engines(camera, pixel):
    ours = plugin.PinholeCamera(pose_of(camera))
    lat, lon = (float(v) for v in camera.locate(*pixel))
    found = ours.locate(*pixel)
    if not np.isfinite(lat):
        assert found is None
        return
    # A tenth of a metre; where a ray grazes the limb, rounding of the root matters and both may be off.
    assert float(geo.distance_km(*found, lat, lon)) < max(1e-4, 0.1 * _grazing(camera, lat, lon))
    x, y = (float(v) for v in camera.project(lat, lon))
    back = ours.project(lat, lon)
    if np.isfinite(x):
        assert back == pytest.approx((x, y), abs=1e-5)
    else:
        assert back is None


def _grazing(camera: Camera, lat: float, lon: float) -> float:
    """Near 1 where the ray only touches the ground, near 0 where it comes from above."""
    ray = surface_point(lat, lon) - camera.eye
    return float(1.0 - abs(ray @ surface_normal(lat, lon)) / np.linalg.norm(ray)) ** 8


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-70, 70), st.floats(-180, 180), st.floats(0, 360), st.floats(0, 30), st.floats(2000, 20000), pixels
)  # fmt: skip
def test_corners_are_used_without_a_pose(lat, lon, azimuth, tilt, focal, pixel):
    camera = camera_at(lat, lon, 415, tilt, azimuth, 77, focal, 0.0)
    four = ((0, 0), (1200, 0), (1200, 800), (0, 800))
    ours = plugin.CornerCamera([tuple(float(v) for v in camera.locate(x, y)) for x, y in four], (1200, 800))
    there = tuple(float(v) for v in camera.locate(*pixel))
    width_km = float(geo.distance_km(*camera.locate(0, 400), *camera.locate(1200, 400)))
    # Four corners do not contain the curvature of the Earth: less than a hundredth of the photo's width.
    assert float(geo.distance_km(*ours.locate(*pixel), *there)) < 0.01 * width_km
    assert ours.project(*ours.locate(*pixel)) == pytest.approx(pixel, abs=1e-3)


def test_tile_corners_equal_the_engines():
    for rotation in (0, 90, 180, 270):
        expected = np.roll(geo.square_corners(44.0, 179.9, 300.0), rotation // 90, axis=0)
        found = plugin.square_corners((44.0, 179.9), 300.0, rotation)
        for (lat, lon), (wanted_lat, wanted_lon) in zip(found, expected, strict=True):
            assert float(geo.distance_km(lat, lon, wanted_lat, wanted_lon)) < 1.5


def test_invalid_cameras():
    assert plugin.camera_of({"pose": None, "corners": None}, (10, 10)) is None
    assert plugin.camera_of({"pose": None, "corners": [[0, 0], [1, 0], [1, 1], [0, 1]]}, None) is None
    assert plugin.camera_of({"pose": None, "corners": [[0, 0], [0, 0], [0, 0], [0, 0]]}, (10, 10)) is None
