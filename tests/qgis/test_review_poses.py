"""A candidate found by local features in the review: its outline and its description."""

import pytest

from earthloc_qgis.gui.review.model.working_state import from_saved, with_candidate
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
    return from_saved("photo.jpg", (3000, 2000), ANSWER, ANSWER)


def test_pose_candidate_is_drawn_at_its_corners(working):
    assert with_candidate(working, 2).shown["corners"] == CORNERS
    # A tile of an earlier version has no corners: use those of the square, rotated in steps of 90 degrees.
    corners = with_candidate(working, 3).shown["corners"]
    assert len(corners) == 4
    assert corners[0][1] < 10.0
    assert corners[0][0] < 10.0  # rotated by 90 degrees, the top left corner is in the south west


def test_status_line_names_what_found_the_candidate(working, qgis_app):
    line = StatusLine()
    line.describe(with_candidate(working, 2), None, editing=False)
    assert "Located by local features (z-score 12.3), not fitted" in line.text()
    line.describe(with_candidate(working, 3), None, editing=False)
    assert "tile that looks like the photo, not fitted" in line.text()
