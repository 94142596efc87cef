"""The simulated ISS camera compared with closed forms, with pyproj and with itself."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from engine.ellipsoid import surface_normal, surface_point
from engine.errors import UsageError
from engine.geo import LocalFrame, normalise_lon, polygon_in_frame, side_lengths_km, to_geojson
from training.places.camera import IssCamera

cameras = st.builds(
    IssCamera,
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    altitude_km=st.floats(330, 460),
    azimuth_deg=st.floats(0, 360),
    tilt_deg=st.floats(0, 60),
    roll_deg=st.floats(-180, 180),
    focal_length_mm=st.floats(20, 1600),
)


@given(cameras, st.integers(2, 60), st.integers(2, 60))
def test_project_inverts_ground_points(camera, width, height):
    lat, lon, range_km = camera.ground_points(width, height)
    assert lat.shape == lon.shape == range_km.shape == (height, width)
    x, y = camera.project(lat, lon, width, height)
    seen = np.isfinite(lat)
    expected_x, expected_y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    # At the horizon the ray only touches the ground; rounding may put the point just behind it.
    assume(seen.any())
    grazing = np.zeros(lat.shape, bool)
    up = surface_normal(lat[seen], lon[seen])
    to_eye = (camera.position() - surface_point(lat[seen], lon[seen])) / range_km[seen][:, None]
    grazing[seen] = (up * to_eye).sum(-1) < 1e-3
    clear = seen & ~grazing
    np.testing.assert_allclose(x[clear], expected_x[clear], atol=1e-6 * max(width, height))
    np.testing.assert_allclose(y[clear], expected_y[clear], atol=1e-6 * max(width, height))
    assert np.isnan(x[~seen]).all()


@given(cameras)
def test_range_is_the_distance_to_the_ground_in_an_independent_geodesy(camera):
    lat, lon, range_km = camera.ground_points(5, 4)
    assume(np.isfinite(lat).all())
    to_ecef = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    eye = np.array(to_ecef.transform(camera.lon, camera.lat, camera.altitude_km * 1000.0))
    ground = np.stack(to_ecef.transform(lon, lat, np.zeros_like(lat)), axis=-1)
    np.testing.assert_allclose(np.linalg.norm(ground - eye, axis=-1) / 1000.0, range_km, atol=1e-6)
    assert (range_km >= camera.altitude_km - 1e-9).all()


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(300, 500), st.floats(50, 800))
def test_width_on_the_ground_of_a_nadir_view_matches_the_closed_form(lat, lon, altitude, focal):
    camera = IssCamera(lat, lon, altitude, focal_length_mm=focal)
    (left_lat, right_lat), (left_lon, right_lon), _ = camera.locate([0, 300], [100, 100], 300, 200)
    _, _, width_m = Geod(ellps="WGS84").inv(left_lon, left_lat, right_lon, right_lat)
    # On a sphere with the east-west curvature of the ellipsoid at the nadir.
    radius = 6378.137 / np.sqrt(1 - 0.00669437999014 * np.sin(np.radians(lat)) ** 2)
    half = np.arctan(18.0 / focal)
    angle = np.arcsin(np.clip(np.sin(half) * (radius + altitude) / radius, -1, 1)) - half
    assert width_m / 1000.0 == pytest.approx(2 * radius * angle, rel=2e-4)


def test_north_is_up_and_east_is_right():
    camera = IssCamera(40.0, 15.0)
    top_left, top_right, bottom_right, bottom_left = camera.footprint(360, 239)
    assert top_left[0] > 40 > bottom_left[0]
    assert top_left[1] < 15 < top_right[1]
    assert top_right[0] == pytest.approx(top_left[0], abs=1e-9)
    assert bottom_right[1] == pytest.approx(30 - bottom_left[1], abs=1e-9)
    lat, lon, _ = camera.locate(180, 119.5, 360, 239)
    assert (float(lat), float(lon)) == pytest.approx((40.0, 15.0), abs=1e-9)


def test_tilt_is_towards_the_azimuth_with_the_far_side_at_the_top():
    for azimuth, dx, dy in ((0, 0, 1), (90, 1, 0), (180, 0, -1), (270, -1, 0)):
        camera = IssCamera(0.0, 0.0, azimuth_deg=azimuth, tilt_deg=45)
        lat, lon, range_km = camera.locate([50, 50, 50], [50, 0, 100], 100, 100)
        x, y = LocalFrame(0.0, 0.0).to_xy(lat, lon)
        assert np.hypot(x[0], y[0]) == pytest.approx(x[0] * dx + y[0] * dy, rel=1e-4)
        assert 420 < np.hypot(x[0], y[0]) < 520
        assert range_km[1] > range_km[0] > range_km[2]


@given(st.floats(-80, 80), st.floats(0, 360))
def test_roll_of_a_nadir_camera_equals_azimuth(lat, angle):
    rolled = IssCamera(lat, 10.0, roll_deg=angle).footprint(30, 20)
    rotated = IssCamera(lat, 10.0, azimuth_deg=angle).footprint(30, 20)
    np.testing.assert_allclose(rolled, rotated, atol=1e-9)


def test_clockwise_roll_rotates_the_scene_counter_clockwise():
    straight = IssCamera(0.0, 0.0)
    rolled = IssCamera(0.0, 0.0, roll_deg=90)
    # The ground at the right edge moves to the top.
    x, y = rolled.project(*straight.locate(100, 50, 100, 100)[:2], 100, 100)
    assert float(x) == pytest.approx(50, abs=1e-6)
    assert float(y) < 50


def test_camera_works_across_the_antimeridian():
    here = IssCamera(-16.0, 179.5, azimuth_deg=80, tilt_deg=20)
    there = IssCamera(-16.0, 19.5, azimuth_deg=80, tilt_deg=20)
    lat, lon, range_km = here.ground_points(40, 30)
    lat2, lon2, range2 = there.ground_points(40, 30)
    assert lon.min() < -179
    assert lon.max() > 179
    np.testing.assert_allclose(lat, lat2, atol=1e-9)
    np.testing.assert_allclose(range_km, range2, atol=1e-9)
    np.testing.assert_allclose(normalise_lon(lon - lon2 - 160), 0, atol=1e-9)
    assert to_geojson(here.footprint(40, 30))["type"] == "MultiPolygon"


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_camera_works_over_a_pole(pole):
    camera = IssCamera(pole, 0.0, focal_length_mm=100)
    ring = camera.footprint(300, 300, points_per_side=10)
    assert ring.shape == (40, 2)
    total_longitude = normalise_lon(np.diff(ring[:, 1], append=ring[0, 1])).sum()
    assert abs(total_longitude) == pytest.approx(360)
    assert to_geojson(ring)["type"] == "Polygon"
    widths = side_lengths_km(camera.footprint(300, 300))
    assert widths[0] == pytest.approx(widths[2], rel=1e-6)
    assert widths[0] == pytest.approx(420 * 36 / 100, rel=0.02)


def test_footprint_contains_the_ground_of_every_pixel():
    camera = IssCamera(30.0, 60.0, azimuth_deg=130, tilt_deg=40, roll_deg=20, focal_length_mm=85)
    lat, lon, _ = camera.ground_points(12, 8)
    frame = LocalFrame(float(lat[4, 6]), float(lon[4, 6]))
    outline = polygon_in_frame(camera.footprint(12, 8, points_per_side=16), frame)
    x, y = frame.to_xy(lat, lon)
    assert shapely.contains_xy(outline, x.ravel(), y.ravel()).all()
    corners = camera.footprint(12, 8)
    np.testing.assert_array_equal(corners, camera.footprint(12, 8, points_per_side=16)[::16])


def test_pixels_above_the_horizon_have_no_ground():
    camera = IssCamera(0.0, 0.0, tilt_deg=70, focal_length_mm=35)
    lat, _, range_km = camera.ground_points(60, 40)
    assert np.isnan(lat[0]).all()
    assert np.isfinite(lat[-1]).all()
    assert np.array_equal(np.isnan(lat), np.isnan(range_km))
    # From an altitude of 420 km the horizon is 2,352 km away.
    assert np.nanmax(range_km) < 2352
    assert np.isnan(camera.footprint(60, 40)[:2]).all()


def test_points_behind_the_horizon_or_the_camera_are_not_projected():
    camera = IssCamera(10.0, 20.0)
    lat = np.array([10.0, -10.0, 25.0, 31.0])
    lon = np.array([20.0, -160.0, 20.0, 20.0])
    x, _ = camera.project(lat, lon, 100, 100)
    # 15 degrees away is 1,668 km, before the horizon at 20 degrees; 21 degrees is beyond it.
    assert np.isfinite(x).tolist() == [True, False, True, False]
    level = IssCamera(10.0, 20.0, tilt_deg=90)
    assert np.isnan(level.project(5.0, 20.0, 100, 100)[0])


def test_real_camera_with_known_lens_and_sensor():
    """The Astro Pi HQ camera: the sides of its footprints are always about 510, 382, 577 and 438 km."""
    camera = IssCamera(
        *(37.0, 36.4, 410.0),
        tilt_deg=8.0,
        roll_deg=135.0,
        focal_length_mm=5.0,
        sensor_width_mm=6.287,
        sensor_height_mm=4.712,
    )
    assert side_lengths_km(camera.footprint(2028, 1520)) == pytest.approx([510, 382, 577, 438], rel=0.03)


@pytest.mark.parametrize(
    "bad", [{"lat": 91.0}, {"tilt_deg": -1.0}, {"altitude_km": 0.0}, {"focal_length_mm": float("nan")}]
)
def test_impossible_cameras_are_refused(bad):
    with pytest.raises(UsageError):
        IssCamera(**({"lat": 0.0, "lon": 0.0} | bad))
