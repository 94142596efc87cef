"""A candidate that local features vote for, under review: where it lies, and what is said of it."""

import pytest

from earthloc_qgis.gui.review.model.working import chosen, start_of
from earthloc_qgis.gui.review.view.decision_bar import StatusLine

CORNERS = [[46.0, 8.0], [45.0, 9.0], [44.2, 8.2], [45.2, 7.2]]
RING = {"type": "Polygon", "coordinates": [[[lon, lat] for lat, lon in (*CORNERS, CORNERS[0])]]}
TILE = {"rank": 1, "index": "world", "tile": "156_1_1", "found_by": "tiles", "z": None, "score": 0.6, "inliers": 0,
        "rotation_deg": 90, "center": [10.0, 10.0], "width_km": 156.0, "footprint": RING}  # fmt: skip
POSE = {**TILE, "rank": 2, "tile": None, "found_by": "votes", "z": 12.34, "rotation_deg": 143, "corners": CORNERS,
        "center": [45.1, 8.1]}  # fmt: skip
CANDIDATES = [TILE, POSE, {**TILE, "rank": 3}]
ANSWER = {"candidates": CANDIDATES, "footprint": RING, "corners": None, "center": [10.0, 10.0], "pose": None}


@pytest.fixture
def working(qgis_app):
    return start_of("photo.jpg", (3000, 2000), ANSWER, ANSWER)


def test_a_pose_is_drawn_where_it_lies(working):
    assert chosen(working, 2).shown["corners"] == CORNERS
    # A tile of an earlier version names no corners: those of the square, turned by quarters.
    corners = chosen(working, 3).shown["corners"]
    assert len(corners) == 4
    assert corners[0][1] < 10.0
    assert corners[0][0] < 10.0  # turned by 90 degrees the top left is in the south west


def test_it_is_said_what_found_a_candidate(working, qgis_app):
    line = StatusLine()
    line.describe(chosen(working, 2), None, editing=False)
    assert "local features point (z-score 12.3), not fitted" in line.text()
    line.describe(chosen(working, 3), None, editing=False)
    assert "tile that looks alike, not fitted" in line.text()
