import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from engine import geo

latitudes = st.floats(-89.5, 89.5)
longitudes = st.floats(-180, 180, exclude_max=True)
widths = st.floats(5, 900)


@given(latitudes, longitudes, widths)
@settings(deadline=None)
def test_square_sides_have_the_requested_width(lat, lon, width_km):
    sides = geo.side_lengths_km(geo.square_corners(lat, lon, width_km))
    # Great-circle chords of a square this wide, on the mean sphere, are within 1.5 % of its sides.
    assert sides == pytest.approx([width_km] * 4, rel=0.015)


@given(latitudes, longitudes, st.floats(-400, 400), st.floats(-400, 400))
@settings(deadline=None)
def test_local_frame_round_trip_and_true_distance(lat, lon, x_km, y_km):
    frame = geo.LocalFrame(lat, lon)
    found_lat, found_lon = frame.to_lat_lon(x_km, y_km)
    x, y = frame.to_xy(found_lat, found_lon)
    assert (x, y) == (pytest.approx(x_km, abs=1e-6), pytest.approx(y_km, abs=1e-6))
    _, _, metres = Geod(ellps="WGS84").inv(lon, lat, float(found_lon), float(found_lat))
    assert metres / 1000 == pytest.approx(np.hypot(x_km, y_km), abs=1e-3)


@given(latitudes, longitudes, latitudes, longitudes)
@settings(deadline=None)
def test_distance_is_within_one_percent_of_the_ellipsoid(lat1, lon1, lat2, lon2):
    _, _, metres = Geod(ellps="WGS84").inv(lon1, lat1, lon2, lat2)
    assert geo.distance_km(lat1, lon1, lat2, lon2) == pytest.approx(metres / 1000, rel=0.01, abs=1e-6)


@given(latitudes, longitudes, widths)
@settings(deadline=None)
def test_polygons_are_valid_cut_at_180_and_contain_their_centre(lat, lon, width_km):
    polygon = shapely.geometry.shape(geo.to_geojson(geo.square_ring(lat, lon, width_km)))
    assert polygon.is_valid
    west, south, east, north = polygon.bounds
    assert west >= -180
    assert east <= 180
    assert -90 <= south < north <= 90
    assert polygon.buffer(1e-6).contains(shapely.Point(lon, lat))
    # Only a cap around a pole is wider than half the world, and each part is the small one.
    if abs(lat) + width_km / 111 < 85:
        area = sum(abs(Geod(ellps="WGS84").geometry_area_perimeter(part)[0]) for part in shapely.get_parts(polygon))
        # Sides are cut at 16 points; meridian parts of the cut are straight in longitude, hence the tolerance.
        assert area / 1e6 == pytest.approx(width_km**2, rel=0.03)


@pytest.mark.parametrize(("lat", "lon"), [(89.0, 10.0), (-89.0, 179.9), (90.0, 0.0)])
def test_square_over_a_pole_contains_the_pole(lat, lon):
    polygon = shapely.geometry.shape(geo.to_geojson(geo.square_ring(lat, lon, 600)))
    assert polygon.is_valid
    assert polygon.bounds[0] == -180
    assert polygon.bounds[2] == 180
    assert polygon.bounds[3 if lat > 0 else 1] == np.sign(lat) * 90


def test_square_across_the_antimeridian_is_a_multipolygon():
    assert geo.to_geojson(geo.square_ring(52, 179.5, 300))["type"] == "MultiPolygon"


@given(latitudes, longitudes, widths, st.integers(2, 40))
@settings(deadline=None, max_examples=50)
def test_square_grid_is_centred_and_north_up(lat, lon, width_km, size_px):
    lats, lons = geo.square_grid(lat, lon, width_km, size_px)
    frame = geo.LocalFrame(lat, lon)
    x, y = frame.to_xy(lats, lons)
    step = width_km / size_px
    expected = (np.arange(size_px) + 0.5) * step - width_km / 2
    assert np.allclose(x, expected[None, :], atol=1e-6)
    assert np.allclose(y, -expected[:, None], atol=1e-6)


@given(st.floats(-85, 85), longitudes, st.floats(5, 500))
@settings(deadline=None)
def test_center_of_a_square_is_its_centre(lat, lon, width_km):
    found = geo.center_of(geo.square_ring(lat, lon, width_km))
    assert float(geo.distance_km(lat, lon, *found)) < width_km * 0.03
