"""Photos orthorectified over terrain: places are where the camera saw them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from georeference_kit import (
    SIZE,
    camera_of,
    check_positions,
    ground_of,
    place,
    seen_at,
    stripes,
)
from test_results import localization

from engine.errors import InputError, UsageError
from engine.georeference.write import OutputSpec, georeference
from engine.registration.pose import Pose, pose_json, tie_points_json
from engine.registration.solve import CameraPrior, TiePoints, solve_camera
from engine.results import ResultsFile


def heights_round(place):
    """A function of (lat, lon): a plateau of 1.2 km, a mountain of another 3.5 km, and a plain below the sea."""

    def heights_m(lat, lon):
        north, east = lat - place[0], (lon - place[1]) * np.cos(np.radians(place[0]))
        mountain = np.exp(-(((north - 0.1) ** 2 + east**2) / 0.35**2))
        return 1200 + 3500 * mountain - 1400 / (1 + np.exp((east + 0.7) * 20))

    return heights_m


def write_heights(folder, place):
    """The heights within 3 degrees of a place as a raster, 30 arc seconds a pixel."""
    path = folder / "heights.tif"
    bounds = place[1] - 3, place[0] - 3, place[1] + 3, place[0] + 3
    profile = {"driver": "GTiff", "width": 720, "height": 720, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(path, "w+", transform=rasterio.transform.from_bounds(*bounds, 720, 720), **profile) as file:
        file.write(heights_round(place)(*ground_of(file))[None].astype(np.float32))
    return path


@pytest.mark.parametrize(("tilt_deg", "crs"), [(30.0, "auto"), (45.0, "EPSG:4326")])
def test_places_over_terrain_are_where_the_camera_saw_them(tmp_path, tilt_deg, crs):
    """The camera as a registration finds it, for flat ground, from tie points of the true camera."""
    size = (900, 600)
    true = camera_of({"lat": 20.0, "lon": 30.3, "tilt_deg": tilt_deg, "azimuth_deg": 50.0, "focal_px": 2400.0}, size)
    middle = [float(v) for v in true.locate(size[0] / 2, size[1] / 2)]
    elevation, heights_m = write_heights(tmp_path, middle), heights_round(middle)
    rng = np.random.default_rng(3)
    lat, lon = (v + rng.uniform(-2, 2, 4000) for v in middle)
    x, y = seen_at(true, lat, lon, heights_m(lat, lon))
    shown = np.flatnonzero((x > 0) & (y > 0) & (x < size[0]) & (y < size[1]))[:200]
    points = TiePoints(np.stack([x, y], axis=1)[shown], lat[shown], lon[shown])
    prior = CameraPrior(2400.0, 0.001)
    flat = solve_camera(points, true, prior, 1.0, robust=False)
    photo, _ = place(tmp_path / "in", true, stripes(*size, False))
    pose = Pose(flat, points, prior)
    ResultsFile(tmp_path / "in" / "results.gpkg").save(
        {**localization(photo), "pose": pose_json(pose), "tie_points": tie_points_json(pose)}
    )
    wanted = OutputSpec("ortho", tmp_path / "out.tif", crs, elevation=elevation)
    answer = georeference(photo, tmp_path / "in" / "results.gpkg", wanted)
    assert "over the heights of heights.tif" in answer["message"]
    n = check_positions(tmp_path / "out.tif", true, False, 1.0, heights_m)
    assert n > 0.3 * size[0] * size[1]
    # Everything that the camera saw is there, and nothing else.
    with rasterio.open(tmp_path / "out.tif") as drawn:
        alpha, (lat, lon) = drawn.read(4) > 0, ground_of(drawn)
    x, y = seen_at(true, lat, lon, heights_m(lat, lon))
    assert alpha[(x > 2) & (y > 2) & (x < size[0] - 2) & (y < size[1] - 2)].all()
    assert not alpha[(x < -2) | (y < -2) | (x > size[0] + 2) | (y > size[1] + 2)].any()
    # Flat ground would have been kilometres off.
    georeference(photo, tmp_path / "in" / "results.gpkg", OutputSpec("ortho", tmp_path / "flat.tif", crs))
    with pytest.raises(AssertionError):
        check_positions(tmp_path / "flat.tif", true, False, 3.0, heights_m)


def test_photo_without_tie_points_uses_its_camera_over_terrain(tmp_path):
    camera = camera_of({"lat": 5.0, "lon": 100.0, "focal_px": 2000.0})
    photo, results = place(tmp_path / "in", camera, stripes(*SIZE, True))
    ResultsFile(results).save({**ResultsFile(results).localization(photo), "tie_points": []})
    elevation = write_heights(tmp_path, (5.0, 100.0))
    georeference(photo, results, OutputSpec("ortho", tmp_path / "out.tif", elevation=elevation))
    assert check_positions(tmp_path / "out.tif", camera, True, 1.0, heights_round((5.0, 100.0))) > 1000


def test_tie_points_whose_heights_rise_above_the_limb(tmp_path):
    camera = camera_of({"lat": 5.0, "lon": 100.0, "tilt_deg": 66.0, "focal_px": 500.0})
    photo, results = place(tmp_path / "in", camera, stripes(*SIZE, True))
    found = ResultsFile(results).localization(photo)
    lat, lon = (float(v) for v in camera.locate(180.0, 88.0))
    found["tie_points"].append({**found["tie_points"][0], "x_px": 180.0, "y_px": 88.0, "lat": lat, "lon": lon})
    ResultsFile(results).save(found)
    profile = {"driver": "GTiff", "width": 360, "height": 180, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    everywhere = rasterio.transform.from_bounds(-180, -90, 180, 90, 360, 180)
    with rasterio.open(tmp_path / "heights.tif", "w", transform=everywhere, **profile) as file:
        file.write(np.full((1, 180, 360), 9000, np.float32))
    wanted = OutputSpec("ortho", tmp_path / "out.tif", elevation=tmp_path / "heights.tif")
    assert "over the heights" in georeference(photo, results, wanted)["message"]
    with rasterio.open(tmp_path / "out.tif") as drawn:
        assert drawn.read(4).any()


@pytest.fixture
def registered(tmp_path):
    camera = camera_of({"lat": 5.0, "lon": 100.0, "focal_px": 500.0})
    return place(tmp_path / "in", camera, stripes(*SIZE, True))


def test_heights_that_cannot_be_used(registered, tmp_path):
    photo, results = registered
    elevation = write_heights(tmp_path, (50.0, 30.0))
    wanted = OutputSpec("ortho", tmp_path / "out.tif", elevation=elevation)
    with pytest.raises(InputError, match=r"heights\.tif: has no heights of what the photo shows"):
        georeference(photo, results, wanted)
    with rasterio.open(elevation, "r+") as file:
        file.write(np.full((1, 720, 720), np.nan, np.float32))
    with pytest.raises(InputError, match=r"heights\.tif: has no heights of what the photo shows"):
        georeference(photo, results, wanted)
    with pytest.raises(InputError, match="none.tif: no such file"):
        georeference(photo, results, replace(wanted, elevation=tmp_path / "none.tif"))
    with pytest.raises(UsageError, match=r"heights\.tif: is not used for the kind gcp"):
        georeference(photo, results, replace(wanted, kind="gcp"))
    with pytest.raises(UsageError, match=r"heights\.tif: is one of the files that it is made from"):
        georeference(photo, results, replace(wanted, out=elevation))
    assert {path.name for path in tmp_path.iterdir()} == {"in", "heights.tif"}


# -- bad input, no room, stopping -----------------------------------------------------------------
