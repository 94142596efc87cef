"""Photos registered with imagery, right and wrong, and the resulting answers."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from test_registration_solve import camera_at, overlap

from engine import geo
from engine.candidates import Candidate
from engine.evaluate import read_truth
from engine.imagery.raster import RasterSource
from engine.localize import Localizer, Query
from engine.photo.read import Photo, read_photo
from engine.registration import footprint
from engine.registration.candidates import new_places_first
from engine.registration.confidence import LOCATED
from engine.registration.pose import in_full_pixels, pose_json, solution_of
from engine.registration.prepare import find_place_features, prepare, snap_to_grid
from engine.registration.register import register
from engine.registration.rendering import render
from engine.registration.solve import ground_deviation_km
from engine.retrieval.index import RegionalIndex

SIZE = (640, 425)
PLACES = {
    "oblique": ((0.0, 40.0, 12.0, 48.0), "EPSG:4326", {"lat": 42.6, "lon": 5.0, "tilt_deg": 25, "azimuth_deg": 20}),
    "antimeridian": ((174.0, -20.0, 186.0, -12.0), "EPSG:4326", {"lat": -16.0, "lon": 179.9, "roll_deg": 100}),
    "pole": ((-6e5, -6e5, 6e5, 6e5), "EPSG:3413", {"lat": 89.4, "lon": 10.0, "tilt_deg": 5, "roll_deg": 40}),
}


def texture(seed, height=1400, width=2100):
    """Landscape from noise with the same amount of detail at every scale, as real land has."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.standard_normal((height, width))) / frequency**1.1
    field = np.fft.irfft2(spectrum, (height, width))
    field = np.clip((field - field.mean()) / field.std() * 40 + 110, 15, 250).astype(np.uint8)
    return np.stack([field, np.roll(field, 3, axis=1), np.full_like(field, 90)])


@pytest.fixture(scope="module")
def rasters(tmp_path_factory, make_raster):
    """One raster for each place, and "other": the bounds of the oblique place, with different land."""
    folder = tmp_path_factory.mktemp("imagery")
    made = {}
    for seed, (name, (bounds, crs, _)) in enumerate(PLACES.items()):
        made[name] = make_raster(folder / f"{name}.tif", bounds, crs, pixels=texture(seed))
    made["other"] = make_raster(folder / "other.tif", PLACES["oblique"][0], pixels=texture(99))
    return made


def take_photo(raster, camera, seed=0):
    """What the camera sees, through haze, blurred and noisy, in other colours."""
    with RasterSource.open(raster) as source:
        pixels, covered = render(source, camera.resized(*SIZE))
    assert covered.mean() > 0.95
    return hazy(pixels, seed)


def hazy(pixels, seed=0):
    rng = np.random.default_rng(seed)
    colours = np.array([[0.6, 0.3, 0.2], [0.3, 0.5, 0.2], [0, 0, 1]])
    hazed = 70.0 + 0.45 * cv2.GaussianBlur(pixels, (0, 0), 0.8) @ colours
    return np.clip(hazed + rng.normal(0, 3, hazed.shape), 0, 255).astype(np.uint8)


def photo_of(pixels, focal_mm=36 * 1000 / 1024, nadir=None):
    height, width = pixels.shape[:2]
    return Photo(Path("photo.jpg"), width, height, None, None, "NIKON D4", focal_mm, 1, nadir, pixels)


def near(camera, x_km=25.0, y_km=-15.0):
    lat, lon = camera.locate(camera.width_px / 2, camera.height_px / 2)
    there = geo.LocalFrame(float(lat), float(lon)).to_lat_lon(x_km, y_km)
    return float(there[0]), float(there[1])


@pytest.mark.parametrize("place", PLACES)
def test_a_photo_is_registered_where_it_was_taken(place, rasters):
    camera = camera_at(**PLACES[place][2])
    photo = prepare(photo_of(take_photo(rasters[place], camera)), None)
    with RasterSource.open(rasters[place]) as source:
        found = register(photo, find_place_features(source, *near(camera), 380.0), source)
    assert found.confidence > LOCATED
    true_ring = footprint.footprint_ring(camera)
    assert overlap(true_ring, found.ring) > 0.97
    true_center = footprint.center(camera, true_ring)
    assert float(geo.distance_km(*true_center, *footprint.center(found.camera, found.ring))) < 3.0
    assert found.camera.nadir()[2] == pytest.approx(415, rel=0.05)
    assert found.rms_km < 1.5
    assert found.evidence.spread > 0.5
    assert float(ground_deviation_km(found.solution, np.array([320.0]), np.array([212.0]))[0]) < 1.0


def test_the_wrong_land_and_the_mirrored_photo_are_not_located(rasters):
    camera = camera_at(**PLACES["oblique"][2])
    pixels = take_photo(rasters["oblique"], camera)
    tries = [(pixels, "other"), (np.ascontiguousarray(pixels[:, ::-1]), "oblique"), (pixels, "pole")]
    for seen, raster in tries:
        with RasterSource.open(rasters[raster]) as source:
            place = near(camera) if raster != "pole" else (88.0, 10.0)
            found = register(prepare(photo_of(seen), None), find_place_features(source, *place, 380.0), source)
        assert found is None or found.confidence < 0.5


def test_wrong_registration_has_low_confidence(rasters):
    camera = camera_at(**PLACES["oblique"][2])
    photo = prepare(photo_of(take_photo(rasters["oblique"], camera)), None)
    with RasterSource.open(rasters["other"]) as source:
        found = register(photo, find_place_features(source, *near(camera), 380.0), source, keep_any=True)
    assert found is None or found.confidence < 0.5


def test_featureless_photos(rasters):
    """Blank, black, and pure noise; and a place without imagery."""
    rng = np.random.default_rng(0)
    camera = camera_at(**PLACES["oblique"][2])
    with RasterSource.open(rasters["oblique"]) as source:
        for pixels in (
            np.full((300, 400, 3), 120, np.uint8),
            np.zeros((300, 400, 3), np.uint8),
            rng.integers(0, 255, (300, 400, 3), dtype=np.uint8),
        ):
            found = register(prepare(photo_of(pixels), None), find_place_features(source, *near(camera), 380.0), source)
            assert found is None or found.confidence < 0.5
        photo = prepare(photo_of(take_photo(rasters["oblique"], camera)), None)
        assert register(photo, find_place_features(source, -40.0, 100.0, 380.0), source) is None


# -- through the localizer ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def textured_index(tmp_path_factory, rasters, model):
    from engine.retrieval.build import build_index

    folder = tmp_path_factory.mktemp("indexes") / "textured"
    build_index(rasters["oblique"], folder, tile_km=(313.0,), model=model, include_ocean=True)
    return folder


@pytest.fixture
def photo_file(tmp_path, rasters):
    Image.fromarray(take_photo(rasters["oblique"], camera_at(**PLACES["oblique"][2]))).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_localization_is_extended(photo_file, textured_index, model):
    localizer = Localizer([RegionalIndex.open(textured_index)], [model])
    camera = camera_at(**PLACES["oblique"][2])
    wrong_nadir = (33.0, 5.0)
    answer = localizer.localize(Query(photo_file, wrong_nadir, radius_km=2000, top_k=40, register_s=60))
    assert answer["status"] == "located"
    assert answer["confidence"] > LOCATED
    assert answer["camera"]["tilt_deg"] == pytest.approx(25, abs=6)
    assert answer["inliers"] == max(c["inliers"] for c in answer["candidates"]) > 20
    said = re.match(rf"{answer['inliers']} tie points, camera at (\d+) km", answer["message"])
    assert said is not None
    assert float(said[1]) == pytest.approx(answer["camera"]["altitude_km"], abs=0.6)
    assert "nadir given seems to be wrong" in answer["message"]
    assert answer["timings_ms"]["register"] > 0
    true_ring = footprint.footprint_ring(camera)
    assert overlap(true_ring, np.array(answer["corners"])) > 0.95
    polygon = shapely.geometry.shape(answer["footprint"])
    assert polygon.contains(shapely.Point(answer["center"][1], answer["center"][0]))
    assert answer["pose"]["width_px"] == SIZE[0]
    assert len(answer["tie_points"]) == answer["inliers"]
    assert max(point["residual_km"] for point in answer["tie_points"]) < 10 * answer["rms_km"]
    assert answer["imagery"]["source"].endswith("oblique.tif")
    json.dumps(answer, allow_nan=False)


def test_without_imagery_it_is_uncertain_and_says_why(photo_file, textured_index, rasters, model, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(textured_index, moved)  # as when it is passed on: what lies beside it stays behind
    localizer = Localizer([RegionalIndex.open(moved)], [model])
    answer = localizer.localize(Query(photo_file))
    assert answer["status"] == "uncertain"
    assert answer["camera"] is None
    assert "(oblique.tif) is not here" in answer["message"]
    gone = localizer.localize(Query(photo_file, imagery=tmp_path / "gone.tif"))
    assert "gone.tif: no such file" in gone["message"]
    shutil.copy(rasters["oblique"], tmp_path)  # beside the index it is found by itself
    assert localizer.localize(Query(photo_file, top_k=40, register_s=60))["status"] == "located"


def test_damaged_imagery_is_reported_not_raised(photo_file, textured_index, rasters, model, tmp_path):
    damaged = tmp_path / "damaged.tif"
    content = rasters["oblique"].read_bytes()
    damaged.write_bytes(content[: len(content) // 8])
    answer = Localizer([RegionalIndex.open(textured_index)], [model]).localize(Query(photo_file, imagery=damaged))
    assert answer["status"] == "uncertain"
    assert "damaged.tif" in answer["message"]


def test_no_register_skips_registration(photo_file, textured_index, model):
    answer = Localizer([RegionalIndex.open(textured_index)], [model]).localize(Query(photo_file, register=False))
    assert (answer["status"], answer["camera"], answer["timings_ms"]["register"]) == ("uncertain", None, 0.0)


# -- real photos ----------------------------------------------------------------------------------


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["astropi_hq_017.jpg", "astropi_mk1_0669.jpg", "ISS042-E-104453.jpg"])
def test_real_photos(name, data_folder):
    truth = next(t for t in read_truth(data_folder / "photos" / "truth.csv") if t.photo.name == name)
    photo = prepare(read_photo(truth.photo, 1024), truth.nadir)
    with RasterSource.open(data_folder / "imagery" / "bluemarble_2004-08_z8_webmercator.tif") as source:
        found = register(photo, find_place_features(source, *truth.center, 443.0), source)
        elsewhere = register(
            photo, find_place_features(source, truth.center[0] + 10, truth.center[1] + 5, 443.0), source
        )
    assert found.confidence > LOCATED
    assert overlap(truth.corners, found.ring) > 0.9
    assert found.camera.nadir()[2] == pytest.approx(418, rel=0.08)
    assert elsewhere is None or elsewhere.confidence < LOCATED


@pytest.mark.realdata
def test_real_negatives(data_folder):
    with RasterSource.open(data_folder / "imagery" / "bluemarble_2004-08_z8_webmercator.tif") as source:
        for path in sorted((data_folder / "photos" / "negatives").glob("*_0*1.jpg")):
            found = register(
                prepare(read_photo(path, 1024), None), find_place_features(source, 40.0, 30.0, 443.0), source
            )
            assert found is None or found.confidence < 0.5


def test_candidates_that_show_other_ground_are_tried_first(small_index_folder):
    index = RegionalIndex.open(small_index_folder)
    order = list(range(index.count))
    places = [(float(tile["lat"]), float(tile["lon"]), float(tile["width_km"])) for tile in index.tiles]
    candidates = [Candidate(index, *places[row], 0.0, 1.0 - row / 1000, "tile", None) for row in order]
    looks = new_places_first(candidates, None)
    tried = [row for row, _ in looks]
    assert sorted(tried) == order
    assert tried[0] == 0
    ascents = [a < b for a, b in itertools.pairwise(tried)]
    assert ascents.count(False) == 1  # two rounds, each by rank
    first_round = looks[: ascents.index(False) + 1]
    for (_, (lat, lon, width_km)), (row, _) in itertools.combinations(first_round, 2):
        tile = index.tiles[row]
        assert float(geo.distance_km(lat, lon, tile["lat"], tile["lon"])) > 0.5 * width_km
    # A known lens replaces the widths of the tiles, and fewer areas show all the ground.
    by_lens = new_places_first(candidates, 400.0)
    assert {look[2] for _, look in by_lens} == {400.0}
    assert sorted(row for row, _ in by_lens) == order


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 179.99), width=st.floats(50, 900))
@settings(max_examples=60, deadline=None)
def test_place_grid_is_fixed_to_the_globe(lat, lon, width):
    there = snap_to_grid(lat, lon, width)
    assert float(geo.distance_km(lat, lon, *there)) <= 0.25 * width
    assert snap_to_grid(*there, width) == pytest.approx(there, abs=1e-9)


# -- unusual photos ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def far_raster(tmp_path_factory, make_raster):
    path = tmp_path_factory.mktemp("far") / "far.tif"
    return make_raster(path, (-25.0, 35.0, 40.0, 66.0), pixels=texture(7, 2600, 4200))


@pytest.mark.parametrize(
    ("tilt_deg", "azimuth_deg", "roll_deg", "focal_px", "lens_is_known"),
    [
        (60.0, 10.0, 0.0, 2600.0, True),
        (57.0, 85.0, 108.0, 1230.0, False),
        (59.0, 295.0, -26.0, 2120.0, True),
        (63.0, 10.0, 0.0, 1100.0, False),
    ],
    ids=["long lens", "rotated", "westward", "limb"],
)
def test_oblique_photos(tilt_deg, azimuth_deg, roll_deg, focal_px, lens_is_known, far_raster):
    away = np.radians(azimuth_deg)
    lat, lon = geo.LocalFrame(50.0, 7.0).to_lat_lon(-800 * np.sin(away), -800 * np.cos(away))
    camera = camera_at(float(lat), float(lon), 415.0, azimuth_deg, tilt_deg, roll_deg, focal_px)
    ring = footprint.footprint_ring(camera)
    with RasterSource.open(far_raster) as source:
        pixels, covered = render(source, camera.resized(*SIZE))
        photo = photo_of(hazy(pixels) * covered[..., None], focal_px * 36 / 1024 if lens_is_known else None)
        place = find_place_features(source, *footprint.center(camera, ring), 2 * 415 * 1024 / focal_px)
        found = register(prepare(photo, None), place, source)
    assert covered.mean() > 0.5
    assert found is not None
    assert found.confidence > LOCATED
    assert overlap(ring, found.ring) > 0.9


def test_too_oblique_photos_are_not_located_wrongly(far_raster):
    """A camera tilted to the wrong side may agree with the ground along one edge of the photo."""
    focal_px = 5000.0
    camera = camera_at(40.0, 5.0, tilt_deg=60.0, azimuth_deg=10.0, focal_px=focal_px)
    ring = footprint.footprint_ring(camera)
    with RasterSource.open(far_raster) as source:
        pixels, _ = render(source, camera.resized(*SIZE))
        place = find_place_features(source, *footprint.center(camera, ring), 1e6 / focal_px)
        found = register(prepare(photo_of(pixels, focal_px * 36 / 1024), None), place, source)
    assert found is None or found.confidence <= LOCATED or overlap(ring, found.ring) > 0.9


@pytest.mark.parametrize("is_portrait", [False, True])
def test_squashed_photos(is_portrait, rasters):
    """As in collections for training: square, whatever their sensor."""
    camera = camera_at(**PLACES["oblique"][2], roll_deg=90.0 * is_portrait)
    pixels = take_photo(rasters["oblique"], camera)
    if is_portrait:
        pixels = np.ascontiguousarray(np.rot90(pixels))
    photo = photo_of(cv2.resize(pixels, (500, 500), interpolation=cv2.INTER_AREA), focal_mm=None)
    with RasterSource.open(rasters["oblique"]) as source:
        found = register(prepare(photo, None), find_place_features(source, *near(camera), 380.0), source)
    assert found.confidence > LOCATED
    assert overlap(footprint.footprint_ring(camera), found.ring) > 0.97
    pose = in_full_pixels(found.solution, found.tie_points, photo, None)
    assert pose.camera.pixel_aspect == pytest.approx(3 / 2 if is_portrait else 2 / 3, rel=0.01)
    assert pose.camera.nadir()[2] == pytest.approx(415, rel=0.05)
    assert np.median(pose.solution.residuals_px) < 1.5
    again = solution_of(json.loads(json.dumps(pose_json(pose)))).camera
    assert again.locate(0.0, 0.0) == pytest.approx(pose.camera.locate(0.0, 0.0), abs=1e-6)
