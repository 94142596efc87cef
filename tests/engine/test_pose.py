"""A registration in the photo's full-size pixels: the camera in the answer, and reading it back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_registration_solve import HEIGHT, WIDTH, camera_at, tie_points

from engine import geo
from engine.photo.read import PhotoInfo
from engine.registration.by_hand import solve_by_hand
from engine.registration.pose import Pose, in_full_pixels, pose_json, solution_of, tie_points_json
from engine.registration.solve import CameraPrior, Solution, TiePoints, ground_deviation_km, solve_camera

FULL = (4928, 3279)  # at 1,024 pixels it is 681.35 rows high, rounded to 681: the two scales differ


@pytest.fixture(
    scope="module", params=[{"tilt_deg": 30}, {"tilt_deg": 72, "azimuth_deg": 200}], ids=["oblique", "limb"]
)
def posed(request):
    """The true full-size camera and the pose found from tie points in a small picture of it."""
    small = camera_at(10.0, 179.0, roll_deg=80, focal_px=900.0, **request.param)
    camera = small.resized(*FULL)
    rng = np.random.default_rng(4)
    full = tie_points(small, rng, n=150)
    xy = np.stack(camera.project(full.lat, full.lon), axis=1)
    shrunk = TiePoints(xy * [WIDTH / FULL[0], HEIGHT / FULL[1]], full.lat, full.lon)
    found = solve_camera(shrunk, small, CameraPrior(), 1.0, robust=False)
    photo = PhotoInfo(Path("a.jpg"), *FULL, None, None, None, None, 1, None)
    return camera, in_full_pixels(found, shrunk, photo, (11.0, 178.0)), xy


def test_pose_is_in_pixels_of_the_stored_array(posed):
    camera, pose, xy = posed
    found = pose.camera
    assert (found.width_px, found.height_px) == FULL
    assert pose.tie_points.xy_px == pytest.approx(xy, abs=1e-6)
    lat, lon = camera.locate(xy[:, 0], xy[:, 1])
    seen = np.stack(found.project(lat, lon), axis=1)
    # The small picture was squeezed by 0.2 % along one side; the camera of the full one must not be.
    assert np.median(np.hypot(*(seen - xy).T)) < 0.5
    assert np.hypot(*(seen - xy).T).max() < 3.0


def test_pose_round_trip_gives_the_same_camera(posed):
    _, pose, _ = posed
    written = json.loads(json.dumps(pose_json(pose), allow_nan=False))
    again = solution_of(written)
    x, y = np.meshgrid(np.linspace(0, FULL[0], 9), np.linspace(0, FULL[1], 9))
    here, there = pose.camera.locate(x, y), again.camera.locate(x, y)
    seen = np.isfinite(here[0])
    assert (np.isfinite(there[0]) == seen).mean() > 0.98
    away_km = geo.distance_km(here[0][seen], here[1][seen], there[0][seen], there[1][seen])
    assert np.nanmedian(away_km) < 1e-5
    assert np.nanmax(away_km) < 0.05  # next to the horizon a millimetre of attitude is metres on the ground
    middle = np.array([FULL[0] / 2]), np.array([FULL[1] / 2])
    if np.isfinite(pose.camera.locate(*middle)[0]).all():
        assert written["pixel_sd_km"]["center"] == pytest.approx(
            float(ground_deviation_km(again, *middle)[0]), rel=1e-3
        )
    corners = [(0, 0), (FULL[0], 0), FULL, (0, FULL[1])]
    on_earth = [bool(np.isfinite(pose.camera.locate(*corner)[0])) for corner in corners]
    assert [sd is not None for sd in written["pixel_sd_km"]["corners"]] == on_earth


def test_rotation_and_position_follow_the_documentation(posed):
    """`camera = rotation @ (ground - position)`, from the written numbers alone."""
    _, pose, _ = posed
    written = pose_json(pose)
    rotation, position = np.array(written["rotation"]), np.array(written["position_ecef_km"])
    a, f = 6378.137, 1 / 298.257223563
    for point in tie_points_json(pose)[:20]:
        phi, lam = np.radians([point["lat"], point["lon"]])
        n = a / np.sqrt(1 - f * (2 - f) * np.sin(phi) ** 2)
        ground = [n * np.cos(phi) * np.cos(lam), n * np.cos(phi) * np.sin(lam), n * (1 - f) ** 2 * np.sin(phi)]
        u, v, w = rotation @ (ground - position)
        stretch = written["focal_px"] * (1 + written["radial"] * (u * u + v * v) / w**2)
        x, y = u / w * stretch + written["width_px"] / 2, v / w * stretch + written["height_px"] / 2
        off = np.hypot(x - point["x_px"], y - point["y_px"])
        assert off == pytest.approx(point["residual_px"], abs=0.05)
    assert written["prior"] == {"focal_px": None, "focal_sd": None, "nadir": [11.0, 178.0], "nadir_sd_km": 30.0}


def test_a_squashed_photo_corrected_by_hand_keeps_its_lens():
    """A portrait photo of 1000 x 1500 pixels that was made square: the lens still covers 1500 of them."""
    focal_px = 50.0 / 36.0 * 1500
    camera = replace(camera_at(10.0, 20.0, tilt_deg=15), width_px=1000, height_px=1500, focal_px=focal_px)
    camera = camera.squashed(1000, 1000)
    xy = np.array([[200.0, 150], [850, 250], [800, 900], [150, 800], [500, 520]])
    photo = PhotoInfo(Path("a.jpg"), 1000, 1000, None, None, "NIKON D4", 50.0, 1, None)
    points = TiePoints(xy, *camera.locate(xy[:, 0], xy[:, 1]))
    began = Pose(Solution(camera, np.eye(8), (), np.zeros(5)), points, CameraPrior())
    answer = solve_by_hand(photo, points, ["manual"] * 5, None, pose_json(began), None)
    assert answer["pose"]["prior"]["focal_px"] == pytest.approx(focal_px, abs=0.01)
    assert answer["camera"]["focal_length_mm"] == pytest.approx(50.0, rel=0.01)
    assert answer["camera"]["altitude_km"] == pytest.approx(camera.nadir()[2], rel=0.01)
