"""Recall by class, tilt and cloud cover."""

from __future__ import annotations

import numpy as np
import pytest

from training.metrics import PhotoResult, breakdown, cloud_percent, format_tables, tilt_deg


def test_photos_are_counted_in_their_classes():
    results = [
        PhotoResult(1, None, 120.0, 5.0, 0.0),
        PhotoResult(7, 30, 120.0, 35.0, 90.0),
        PhotoResult(None, None, 700.0, None, 10.0),
    ]
    tables = breakdown(results)
    assert {name: row["photos"] for name, row in tables["width_km"].items()} == {"100-150": 2, "626 or more": 1}
    assert tables["width_km"]["100-150"]["recall"] == {"1": 50.0, "5": 50.0, "10": 100.0, "20": 100.0, "100": 100.0}
    assert tables["width_km"]["626 or more"]["recall"]["100"] == 0.0
    assert list(tables["tilt_deg"]) == ["0-10", "30-40"]  # that of the third photo is unknown
    assert list(tables["cloud_percent"]) == ["0-5", "5-20", "60 or more"]
    assert breakdown(results, strict=True)["width_km"]["100-150"]["recall"]["20"] == 0.0
    assert sum("-" in line for line in format_tables(tables)) == 5


def test_tilt_is_the_angle_at_the_camera():
    assert tilt_deg((0.0, 0.0), (0.0, 0.0)) == pytest.approx(0)
    assert tilt_deg(None, (0.0, 0.0)) is None
    # 410 km off the nadir, 410 km up: just under 45 degrees, because the Earth is curved.
    assert tilt_deg((0.0, 0.0), (0.0, 3.687)) == pytest.approx(44.1, abs=0.5)


def test_bright_and_colourless_pixels_count_as_cloud():
    ground = np.full((10, 10, 3), (60, 90, 40), np.uint8)
    sand = np.full((10, 10, 3), (230, 200, 150), np.uint8)
    assert cloud_percent(ground) == cloud_percent(sand) == 0.0
    ground[:3] = (220, 225, 235)
    assert cloud_percent(ground) == pytest.approx(30.0)
