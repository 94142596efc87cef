"""Overlap of places: compared with another computation, at the poles and across the antimeridian."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.geo import LocalFrame, polygon_in_frame, square_corners, square_ring
from training.overlap import iou, overlap_matrix, overlapping


def test_neighbours_in_a_grid_touch_but_do_not_overlap():
    frame = LocalFrame(10.0, 20.0)
    x, y = np.meshgrid([-100.0, 0.0, 100.0], [-100.0, 0.0, 100.0])
    lat, lon = frame.to_lat_lon(x.ravel(), y.ravel())
    assert overlap_matrix(lat, lon, 99.0).tolist() == np.eye(9, dtype=bool).tolist()
    assert overlap_matrix(lat, lon, 102.0)[4].tolist() == [True] * 9


@pytest.mark.parametrize(("lat", "lon"), [(0, 179.9), (60, -179.9), (-70, 180)])
def test_overlap_works_across_the_antimeridian(lat, lon):
    other = float((lon + 0.5 + 180) % 360 - 180)
    assert overlap_matrix([lat, lat], [lon, other], 200.0).all()
    assert not overlap_matrix([lat, lat], [lon, other + 30], 200.0)[0, 1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-75, 75), st.floats(-180, 180), st.floats(50, 900)), min_size=2, max_size=2, unique=True
    ),
    st.floats(0, 1.2),
    st.floats(0, 360),
)
def test_squares_overlap_when_their_outlines_share_area(places, apart, azimuth):
    (lat, lon, width), (_, _, other_width) = places
    step = apart * (width + other_width) / 2
    other = LocalFrame(lat, lon).to_lat_lon(step * np.sin(np.radians(azimuth)), step * np.cos(np.radians(azimuth)))
    frame = LocalFrame(lat, lon)
    polygons = [
        polygon_in_frame(square_ring(float(a), float(b), w, 16), frame)
        for a, b, w in ((lat, lon, width), (*other, other_width))
    ]
    shared = shapely.intersection(*polygons).area / min(p.area for p in polygons)
    matrix = overlap_matrix([lat, float(other[0])], [lon, float(other[1])], [width, other_width])
    assert (matrix == matrix.T).all()
    assert matrix.diagonal().all()
    if shared > 1e-3:
        assert matrix[0, 1]
    elif shapely.distance(*polygons) > 1:
        assert not matrix[0, 1]


def test_iou_of_shifted_squares():
    frame = LocalFrame(45.0, 179.9)
    here = square_corners(45.0, 179.9, 100.0)
    shifted = np.stack([square_corners(*map(float, frame.to_lat_lon(x, 0.0)), 100.0) for x in (0, 25, 50, 150)])
    assert iou(here, shifted) == pytest.approx([1, 3 / 5, 1 / 3, 0], abs=0.01)


def test_self_intersecting_footprint_is_repaired():
    corners = square_corners(10.0, 10.0, 100.0)
    bow_tie = corners[[0, 2, 1, 3]]
    assert overlapping(np.stack([bow_tie, corners])).all()
    assert 0.3 < iou(corners, bow_tie[None])[0] < 0.7
