"""The camera solved from tie points that were made with a known camera."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import geo
from engine.ellipsoid import local_axes, surface_normal, surface_point, to_geodetic
from engine.orbit import ALTITUDE_KM, ALTITUDE_SD_KM
from engine.registration import footprint
from engine.registration.camera import Camera
from engine.registration.initial_poses import initial_poses_from_affine
from engine.registration.solve import (
    CameraPrior,
    Solution,
    TiePoints,
    errors_px,
    ground_deviation_km,
    solve_camera,
)

WIDTH, HEIGHT = 1024, 680


def camera_at(lat, lon, altitude_km=415.0, azimuth_deg=0.0, tilt_deg=0.0, roll_deg=0.0, focal_px=1000.0, radial=0.0):
    """A camera given by angles: azimuth, tilt from straight down, rotation about its line of sight."""
    east, north, up = local_axes(lat, lon)
    azimuth, tilt, roll = np.radians([azimuth_deg, tilt_deg, roll_deg])
    ahead = np.cos(azimuth) * north + np.sin(azimuth) * east
    right = np.cos(azimuth) * east - np.sin(azimuth) * north
    sight = np.sin(tilt) * ahead - np.cos(tilt) * up
    down = -np.cos(tilt) * ahead - np.sin(tilt) * up
    x = np.cos(roll) * right + np.sin(roll) * down
    y = -np.sin(roll) * right + np.cos(roll) * down
    eye = surface_point(lat, lon) + altitude_km * surface_normal(lat, lon)
    return Camera(eye, np.stack([x, y, sight]), focal_px, WIDTH, HEIGHT, radial)


def tie_points(camera, rng, n=120, noise_px=0.0, wrong=0.0):
    """Points all over the Earth's part of the picture; a share of them entirely wrong."""
    x, y = rng.uniform(0, WIDTH, 6 * n), rng.uniform(0, HEIGHT, 6 * n)
    lat, lon = camera.locate(x, y)
    seen = np.flatnonzero(np.isfinite(lat))[:n]
    xy = np.stack([x, y], axis=1)[seen] + rng.normal(0, noise_px, (len(seen), 2)) * (noise_px > 0)
    bad = rng.random(len(seen)) < wrong
    xy[bad] = rng.uniform(0, [WIDTH, HEIGHT], (bad.sum(), 2))
    return TiePoints(xy, lat[seen], lon[seen])


def disturbed(camera, rng):
    """An initial camera some distance away."""
    import cv2

    quarter = cv2.Rodrigues(rng.normal(0, 0.03, 3))[0]
    return Camera(camera.eye + rng.normal(0, 15, 3), quarter @ camera.axes, camera.focal_px * 1.03, WIDTH, HEIGHT)


def overlap(one, other):
    frame = geo.LocalFrame(*geo.center_of(one))
    a, b = geo.polygon_in_frame(one, frame), geo.polygon_in_frame(other, frame)
    return shapely.intersection(a, b).area / shapely.union(a, b).area


VIEWS = {
    "looking down": camera_at(20, 30),
    "across the antimeridian": camera_at(-16, 179.5, azimuth_deg=80, tilt_deg=25),
    "over the north pole": camera_at(89.5, 40, tilt_deg=10, azimuth_deg=200),
    "over the south pole": camera_at(-90, 0, tilt_deg=5),
    "tilted by 60 degrees": camera_at(45, -100, azimuth_deg=300, tilt_deg=60, roll_deg=10, focal_px=2500),
    "the limb in view": camera_at(0, -60, azimuth_deg=45, tilt_deg=62, focal_px=1100),
    "upside down": camera_at(10, 10, tilt_deg=20, roll_deg=180),
    "a barrel": camera_at(35, 60, tilt_deg=8, focal_px=800, radial=-0.04),
}


@pytest.mark.parametrize("name", VIEWS)
def test_camera_and_footprint_are_recovered(name):
    rng = np.random.default_rng(1)
    truth = VIEWS[name]
    points = tie_points(truth, rng, noise_px=0.5, wrong=0.2)
    solved = solve_camera(points, disturbed(truth, rng), CameraPrior(truth.focal_px, 0.01), 0.5)
    assert np.linalg.norm(solved.camera.eye - truth.eye) < 12
    ring, true_ring = footprint.footprint_ring(solved.camera), footprint.footprint_ring(truth)
    assert overlap(true_ring, ring) > (0.93 if "limb" in name else 0.985)
    assert np.median(solved.residuals_px) < 1.5
    if name == "a barrel":
        assert solved.camera.radial == pytest.approx(-0.04, abs=0.01)
        assert "radial term" in solved.determined


@given(
    lat=st.floats(-89, 89),
    lon=st.floats(-180, 180),
    altitude=st.floats(380, 450),
    azimuth=st.floats(0, 360),
    tilt=st.floats(0, 55),
    roll=st.floats(-180, 180),
    focal=st.floats(700, 4000),
)
@settings(max_examples=25, deadline=None)
def test_initial_poses_from_an_affine_map_suffice(lat, lon, altitude, azimuth, tilt, roll, focal):
    truth = camera_at(lat, lon, altitude, azimuth, tilt, roll, focal)
    rng = np.random.default_rng(0)
    if not np.isfinite(footprint.corners(truth)).all():
        return
    points = tie_points(truth, rng, 150, 0.3)
    middle = truth.locate(WIDTH / 2, HEIGHT / 2)
    frame = geo.LocalFrame(float(middle[0]) + 0.3, float(middle[1]))
    near = np.linalg.norm(points.xy_px - [WIDTH / 2, HEIGHT / 2], axis=1) < 300
    design = np.column_stack([points.xy_px, np.ones(len(points))])[near]
    km = np.stack(frame.to_xy(points.lat, points.lon), axis=1)[near]
    matrix = np.linalg.lstsq(design, km, rcond=None)[0].T
    prior = CameraPrior(focal, 0.02)
    solved = [
        solve_camera(points, solve_camera(points, start, prior, 30.0).camera, prior, 0.5)
        for start in initial_poses_from_affine(matrix, frame, (WIDTH, HEIGHT), prior)
    ]
    best = min(solved, key=lambda solution: np.median(solution.residuals_px))
    assert np.median(best.residuals_px) < 1.0
    assert overlap(footprint.footprint_ring(truth), footprint.footprint_ring(best.camera)) > 0.98


def test_a_mirrored_map_has_no_camera():
    matrix = np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]])  # y down the photo goes north
    assert initial_poses_from_affine(matrix, geo.LocalFrame(10, 10), (WIDTH, HEIGHT), CameraPrior()) == []
    upright = np.array([[0.5, 0.0, 0.0], [0.0, -0.5, 0.0]])
    assert initial_poses_from_affine(upright, geo.LocalFrame(10, 10), (WIDTH, HEIGHT), CameraPrior())


def test_covariance_agrees_with_monte_carlo():
    """Cameras drawn from the prior: errors over many draws agree with each solution's covariance."""
    rng = np.random.default_rng(7)
    errors, said, ground_errors, ground_said = [], [], [], []
    for _ in range(60):
        focal = 900 * float(np.exp(rng.normal(0, 0.03)))
        truth = camera_at(30, 20, ALTITUDE_KM + ALTITUDE_SD_KM * rng.normal(), 70, 25, 15, focal)
        points = tie_points(truth, rng, 100, noise_px=1.0)
        solved = solve_camera(points, disturbed(truth, rng), CameraPrior(900.0, 0.03), 1.0, robust=False)
        errors.append(to_geodetic(solved.camera.eye)[2] - to_geodetic(truth.eye)[2])
        said.append(np.sqrt(solved.covariance[2, 2]))
        at = np.array([30.0]), np.array([30.0])
        ground_errors.append(geo.distance_km(*truth.locate(*at), *solved.camera.locate(*at))[0])
        ground_said.append(ground_deviation_km(solved, *at)[0])
    # 60 draws determine a standard deviation to 9 %.
    assert np.std(errors) == pytest.approx(np.mean(said), rel=0.35)
    assert np.sqrt(np.mean(np.square(ground_errors))) == pytest.approx(np.mean(ground_said), rel=0.35)


def test_solution_states_what_the_points_determined():
    rng = np.random.default_rng(3)
    wide = solve_camera(
        tie_points(VIEWS["looking down"], rng, 150, 0.5), VIEWS["looking down"], CameraPrior(1000.0), 0.5
    )
    assert "position" in wide.determined
    long_lens = camera_at(20, 30, focal_px=40000)
    narrow = solve_camera(tie_points(long_lens, rng, 150, 0.5), long_lens, CameraPrior(None), 0.5)
    assert isinstance(narrow, Solution)
    assert not {"altitude", "focal length", "radial term"} & set(narrow.determined)
    # What the points do not determine keeps its prior value.
    assert abs(to_geodetic(narrow.camera.eye)[2] - ALTITUDE_KM) < ALTITUDE_SD_KM


def test_hills_do_not_move_a_camera_with_a_long_lens():
    """They shift points by many pixels, and those of a slope alike, just as another distance would."""
    rng = np.random.default_rng(2)
    truth = camera_at(36, 37, tilt_deg=20, azimuth_deg=40, focal_px=32000)
    flat = tie_points(truth, rng, 200, 0.5)
    east, north = geo.LocalFrame(*(float(v) for v in truth.locate(WIDTH / 2, HEIGHT / 2))).to_xy(flat.lat, flat.lon)
    height_km = 0.25 * np.sin((east + 2 * north) / 4.0)
    ground = surface_point(flat.lat, flat.lon) + height_km[:, None] * surface_normal(flat.lat, flat.lon)
    x, y, depth = ((ground - truth.eye) @ truth.axes.T).T
    shift = truth.focal_px * np.stack([x, y], axis=1) / depth[:, None] + [WIDTH / 2, HEIGHT / 2] - flat.xy_px
    points = TiePoints(flat.xy_px + shift, flat.lat, flat.lon)
    solved = solve_camera(points, disturbed(truth, rng), CameraPrior(None), 1.5)
    assert to_geodetic(solved.camera.eye)[2] == pytest.approx(ALTITUDE_KM, abs=2 * ALTITUDE_SD_KM)
    assert overlap(footprint.footprint_ring(truth), footprint.footprint_ring(solved.camera)) > 0.95
    assert "altitude" not in solved.determined


def test_wrong_prior_does_not_displace_a_well_determined_camera():
    rng = np.random.default_rng(5)
    truth = camera_at(33, 41, 420, 210, 9, 120, 820)
    points = tie_points(truth, rng, 200, 0.7)
    fair = solve_camera(points, truth, CameraPrior(820.0, 0.03), 0.7)
    astray = solve_camera(points, truth, CameraPrior(820.0 * 1.5, 0.03, nadir=(20.0, 35.0)), 0.7)
    for solved in (fair, astray):
        assert np.median(errors_px(solved.camera, points)) < 1.5
        assert overlap(footprint.footprint_ring(truth), footprint.footprint_ring(solved.camera)) > 0.98


def test_footprint_follows_the_horizon_where_the_limb_is_in_view():
    camera = VIEWS["the limb in view"]
    corners = footprint.corners(camera)
    assert np.isnan(corners[:2]).all()
    assert np.isfinite(corners[2:]).all()
    ring = footprint.footprint_ring(camera)
    assert np.isfinite(ring).all()
    lat, lon, altitude_km = camera.nadir()
    away = geo.distance_km(lat, lon, ring[:, 0], ring[:, 1])
    horizon_km = 6371 * np.arccos(6371 / (6371 + altitude_km))
    assert away.max() == pytest.approx(horizon_km, rel=0.01)
    assert footprint.footprint_ring(camera_at(0, 0, tilt_deg=89, focal_px=9000)) is None


@pytest.mark.parametrize("name", ["across the antimeridian", "over the north pole"])
def test_footprint_as_geojson(name):
    ring = footprint.footprint_ring(VIEWS[name])
    assert shapely.geometry.shape(geo.to_geojson(ring)).is_valid
    assert overlap(ring, footprint.corners(VIEWS[name])) > 0.9
