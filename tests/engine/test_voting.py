"""Local features vote for a photo's pose: geometry, the index on disk, and the answers of the command line."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from test_registration import PLACES, take_photo, texture
from test_registration_solve import camera_at

from engine import geo
from engine.candidates import Candidate, combined_score, probability_of_first
from engine.cli import main
from engine.errors import IndexDamagedError, UsageError
from engine.localize import Localizer, Query
from engine.photo.read import read_photo
from engine.registration import footprint
from engine.resources import included_indexes
from engine.retrieval.build import build_index
from engine.retrieval.index import RegionalIndex
from engine.retrieval.tiling import Circle
from engine.voting.bins import best_bins
from engine.voting.cells import Grid
from engine.voting.density import Density
from engine.voting.feature_index import FEATURE_CELLS, FEATURES, MAX_EXHAUSTIVE, FeaturePositions, FeatureSet
from engine.voting.photo_features import PhotoFeatures, photo_features
from engine.voting.poses import Pose, find_poses
from engine.voting.vocabulary import vocabulary
from engine.voting.votes import Votes, cast_votes

CAMERA = camera_at(**PLACES["oblique"][2])
SPHERE = pyproj.Geod(a=6371008.8, b=6371008.8)


# -- geometry -----------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    lat=st.floats(-88, 88),
    lon=st.sampled_from([-180.0, -179.99, -60.0, 0.0, 30.0, 179.99]),
    width_km=st.floats(5, 2400),
    rotation_deg=st.floats(0, 359.9),
    seed=st.integers(0, 1000),
)
def test_right_matches_vote_for_the_pose(lat, lon, width_km, rotation_deg, seed):
    """The ground by pyproj on the sphere, at any rotation and width, at the antimeridian and near the poles."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-0.5, 0.5, 20), rng.uniform(-0.33, 0.33, 20)
    size, angle = rng.uniform(0.005, 0.1, 20), rng.uniform(0, 360, 20)
    outward = np.degrees(np.arctan2(y, x))
    azimuth, away_m = 90 + outward - rotation_deg, np.hypot(x, y) * width_km * 1000
    there_lon, there_lat, back = SPHERE.fwd(np.full(20, lon), np.full(20, lat), azimuth, away_m)
    azimuth_there = (np.array(back) + 180 + angle - outward) % 360
    places = FeaturePositions(np.array(there_lat), np.array(there_lon), size * width_km, azimuth_there)
    photo = PhotoFeatures(x, y, size, angle, np.zeros((20, 128), np.float32), 2 / 3, True)
    votes = cast_votes(photo, places, np.arange(20)[:, None], (1.0, 2500.0))
    assert len(votes) == 20
    assert geo.distance_km(votes.lat, votes.lon, lat, lon).max() < 1e-3 * width_km + 0.01
    np.testing.assert_allclose(votes.width_km, width_km, rtol=1e-9)
    assert np.abs(geo.normalise_lon(votes.rotation_deg - rotation_deg)).max() < 0.01


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    lat=st.floats(-89, 89),
    lon=st.sampled_from([-180.0, -60.0, 0.0, 179.9999]),
    width_km=st.sampled_from([1.01, 1.3, 30.0, 2400.0]),
    rotation_deg=st.floats(0, 359.9),
    seed=st.integers(0, 1000),
)
def test_votes_for_one_pose_fall_into_one_bin(lat, lon, width_km, rotation_deg, seed):
    """Among as many votes spread over the Earth, at the smallest and the largest ground width."""
    rng = np.random.default_rng(seed)
    right, wrong = np.full(40, 1.0), rng.uniform(-1.0, 1.0, 40)
    votes = Votes(
        1,
        np.arange(80),
        np.concatenate([lat * right, 80 * wrong]),
        np.concatenate([lon * right, 179 * rng.permutation(wrong)]),
        np.concatenate([width_km * right, np.exp2(rng.uniform(0.1, 11.0, 40))]),
        np.concatenate([rotation_deg * right, rng.uniform(0, 360, 40)]),
        np.ones(80),
    )
    density = Density(np.linspace(-80, 80, 400), np.linspace(-179, 179, 400))
    best = best_bins(votes, density)[0]
    assert set(range(40)) <= set(best.rows.tolist())


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    feature_km=st.sampled_from([0.5, 1.0, 3.0, 20.0]),
    lat=st.floats(-90, 89.999),
    lon=st.floats(-180, 179.999),
)
def test_every_point_is_in_exactly_one_cell(feature_km, lat, lon):
    grid = Grid(feature_km)
    cells = grid.of((lon - 0.01, max(lat - 0.01, -90.0), lon + 0.01, min(lat + 0.01, 90.0)))
    inside = (cells["south"] <= lat) & (lat < cells["north"])
    inside &= (cells["west"] <= lon) & (lon < cells["east"])
    assert inside.sum() == 1
    np.testing.assert_array_equal(grid.numbered(cells["number"].astype(np.int64)), cells)


@pytest.mark.parametrize("middle_lon", [10.0, 180.0])
def test_chance_is_estimated_over_the_ground_seen(middle_lon):
    """Features of a square of 40 degrees on the equator: at its edge there are half as many, far outside none."""
    rng = np.random.default_rng(0)
    lat, lon = rng.uniform(-20, 20, 200_000), geo.normalise_lon(middle_lon + rng.uniform(-20, 20, 200_000))
    if middle_lon == 180.0:  # the whole circle of longitudes
        lat, lon = np.append(lat, [0.0, 0.0]), np.append(lon, [-180.0, 179.99])
    density = Density(lat, lon)
    inside = 1 / (40 * geo.KM_PER_DEGREE) ** 2
    for width_km in (300.0, 600.0, 1200.0):
        east = geo.normalise_lon(middle_lon + np.array([0.0, 19.0, 20.0, 20.0, 0.0]))
        north = np.array([0.0, 0.0, 0.0, 20.0, 20.0 + 1.6 * width_km / geo.KM_PER_DEGREE])
        shares = density.at(north, east, width_km) * np.cos(np.radians(north)) / inside
        assert shares[0] == pytest.approx(1.0, abs=0.1)
        assert 0.5 < shares[1] < 1.1
        assert shares[2] == pytest.approx(0.5, abs=0.17)
        assert shares[3] == pytest.approx(0.25, abs=0.17)
        assert shares[4] < 1e-3


def test_corners_of_a_pose_are_those_of_the_rotated_photo():
    """Turned clockwise by 90 degrees the photo's top left corner lies in the north east."""
    pose = Pose(10.0, 20.0, 300.0, 90.0, 20.0, 50)
    candidate = Candidate(None, 10.0, 20.0, 200.0, 90.0, 0.9, None, pose, (1.0, 2 / 3))
    frame = geo.LocalFrame(10.0, 20.0)
    x, y = frame.to_xy(*candidate.corners().T)
    np.testing.assert_allclose(
        np.stack([x, y], axis=1), [[-100, -150], [-100, 150], [100, 150], [100, -150]], atol=0.01
    )
    assert candidate.found_by == "votes"


def test_more_votes_give_a_higher_score():
    assert combined_score(0.5, 3.0) == 0.5 < combined_score(0.5, 6.0) < combined_score(0.5, 30.0) <= 1.0
    here = [Candidate(None, 0.0, 0.0, 100.0, 0.0, 1.0, None, Pose(0, 0, 150, 0, z, 9)) for z in (5.0, 30.0)]
    other = Candidate(None, 40.0, 0.0, 100.0, 0.0, 0.5, None, Pose(40, 0, 150, 0, 4.8, 9))
    doubtful, sure = (probability_of_first([one, other]) for one in here)
    assert 0 < doubtful < 0.3 < 0.9 < sure < 1


# -- the index ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def land(tmp_path_factory, make_raster):
    return make_raster(tmp_path_factory.mktemp("land") / "land.tif", PLACES["oblique"][0], pixels=texture(0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, land, model):
    """Tiles of other land, which match nothing, and features of all of it."""
    out = tmp_path_factory.mktemp("indexes") / "land"
    build_index(land, out, tile_km=(626.0,), model=model, include_ocean=True, feature_km=1.0)
    return out


@pytest.fixture(scope="module")
def photo_file(tmp_path_factory, land):
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(take_photo(land, CAMERA)).save(path)
    return path


def test_features_are_only_on_land(folder, land):
    index = RegionalIndex.open(folder, verify=True)
    places = index.features.all.positions
    assert index.info["format"] == 2
    assert len(places) == index.info["features"]["count"] > 1000
    west, south, east, north = index.info["region"]
    assert west <= places.lon.min() < west + 1
    assert east - 1 < places.lon.max() <= east
    assert south <= places.lat.min()
    assert places.lat.max() <= north
    assert np.histogram2d(places.lat, places.lon, bins=4)[0].min() > 0  # by the sea a few
    assert (places.size_km > 1.0).all()


def test_a_photo_votes_for_its_pose(folder, photo_file):
    poses = find_poses(photo_features(read_photo(photo_file).pixels), RegionalIndex.open(folder).features, 10)
    ring = footprint.footprint_ring(CAMERA)
    true_lat, true_lon = footprint.center(CAMERA, ring)
    best = poses[0]
    assert float(geo.distance_km(best.lat, best.lon, true_lat, true_lon)) < 0.15 * best.width_km
    sides = geo.side_lengths_km(footprint.corners(CAMERA))
    assert 0.8 * sides.min() < best.width_km < 1.2 * sides.max()
    assert best.z > 20 > 2 * poses[1].z


@pytest.mark.parametrize("circle", [Circle(44.0, 5.0, 150.0), Circle(43.0, 8.0, 400.0), Circle(-40.0, 170.0, 500.0)])
def test_features_within_a_circle_equal_brute_force(folder, photo_file, circle):
    features = RegionalIndex.open(folder).features
    everywhere = features.all.positions
    inside = geo.distance_km(everywhere.lat, everywhere.lon, circle.lat, circle.lon) <= circle.radius_km
    found = features.within(circle)
    np.testing.assert_array_equal(found.positions.lat, everywhere.lat[inside])
    np.testing.assert_array_equal(found.positions.size_km, everywhere.size_km[inside])
    numbers = photo_features(read_photo(photo_file).pixels).numbers[:50]
    rows = found.nearest(numbers, 5)
    if not len(found):
        assert (rows == -1).all()
        return
    codes = features.read([(0, features.count)])["code"][inside]
    told = vocabulary().quantiser.decode(np.ascontiguousarray(codes))
    away = ((numbers[:, None] - told[None]) ** 2).sum(axis=2)
    nearest = np.sort(away, axis=1)[:, :5]
    # FAISS compares with tables of 8 bits, so it may swap features of nearly equal distance.
    np.testing.assert_allclose(np.take_along_axis(away, rows, axis=1), nearest, rtol=0.03)


def test_inverted_file_finds_the_same_as_exhaustive_search(folder, photo_file, monkeypatch):
    features = RegionalIndex.open(folder).features
    photo = photo_features(read_photo(photo_file).pixels)
    all_compared = find_poses(photo, features, 1)[0]
    assert len(features.all) < MAX_EXHAUSTIVE
    monkeypatch.setattr("engine.voting.feature_index.MAX_EXHAUSTIVE", 10)
    by_words = find_poses(photo, RegionalIndex.open(folder).features, 1)[0]
    assert float(geo.distance_km(by_words.lat, by_words.lon, all_compared.lat, all_compared.lon)) < 20
    assert by_words.z > 0.7 * all_compared.z


def test_update_reuses_unchanged_cells(folder, land, model, tmp_path, monkeypatch):
    plan = {"tile_km": (626.0,), "model": model, "include_ocean": True, "feature_km": 1.0}
    monkeypatch.setattr(
        "engine.voting.build.extract_cell_features", lambda picture: pytest.fail("a known cell was read again")
    )
    build_index(land, tmp_path / "land", reuse=RegionalIndex.open(folder), **plan)
    for name in (FEATURES, FEATURE_CELLS, "index.json"):
        assert (tmp_path / "land" / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("feature_km", [0.001, 21.0, -1.0])
def test_invalid_feature_resolution_is_refused(land, model, tmp_path, feature_km):
    with pytest.raises(UsageError, match="km a pixel"):
        build_index(land, tmp_path / "i", model=model, feature_km=feature_km)


def damaged(folder, tmp_path, change):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    change(copy)
    return copy


def edit(copy, **facts):
    info = json.loads((copy / "index.json").read_text())
    info["features"].update(facts)
    (copy / "index.json").write_text(json.dumps(info))


def overwrite(copy, name, at, content):
    with (copy / name).open("r+b") as file:
        file.seek(at)
        file.write(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda copy: (copy / FEATURES).unlink(),
        lambda copy: (copy / FEATURE_CELLS).write_bytes(b"short"),
        lambda copy: edit(copy, count=3),
        lambda copy: edit(copy, feature_km=0),
        lambda copy: edit(copy, feature_km="1"),
        lambda copy: edit(copy, vocabulary="of another EarthLoc"),
        lambda copy: overwrite(copy, FEATURE_CELLS, 0, b"\xff\xff\xff\x7f"),
        lambda copy: overwrite(copy, FEATURE_CELLS, 4, b"\xff\xff"),
        lambda copy: overwrite(copy, FEATURES, 6, b"\xff\xff"),
    ],
)
def test_damaged_features_are_refused(folder, photo_file, model, tmp_path, change):
    copy = damaged(folder, tmp_path, change)
    with pytest.raises(IndexDamagedError, match="copy"):
        Localizer([RegionalIndex.open(copy)], [model]).localize(Query(photo_file, register=False))


# -- the answer ---------------------------------------------------------------------------------------


def test_a_photo_is_located_from_its_votes(folder, photo_file, model):
    answer = Localizer([RegionalIndex.open(folder)], [model]).localize(Query(photo_file))
    assert answer["status"] == "located"
    first = answer["candidates"][0]
    assert first["found_by"] in ("votes", "both")
    assert first["z"] > 20
    assert first["inliers"] > 20
    assert len(first["corners"]) == 4
    json.dumps(answer, allow_nan=False)


def test_tiles_and_votes_can_be_evaluated_separately(folder, land, model, photo_file, tmp_path, capsys, monkeypatch):
    """On the command line; both together by default."""
    corners = ",".join(str(value) for value in footprint.corners(CAMERA).ravel())
    columns = ",".join(f"{axis}{corner}" for corner in (1, 2, 3, 4) for axis in ("lat", "lon"))
    truth = tmp_path / "truth.csv"
    truth.write_text(f"photo,{columns},nadir_lat,nadir_lon\n{photo_file},{corners},,\n", encoding="utf-8")
    bare = tmp_path / "bare"
    build_index(land, bare, tile_km=(626.0,), model=model, include_ocean=True, feature_km=0)

    def evaluated(index, *options):
        assert main(["evaluate", str(truth), "--index", str(index), "--no-register", "--json", *options]) == 0
        found = json.loads(capsys.readouterr().out)
        del found["seconds_per_photo"]
        return found

    assert evaluated(folder, "--search", "both") == evaluated(folder)
    with monkeypatch.context() as patched:
        patched.setattr("engine.localize.photo_features", lambda *_: pytest.fail("votes were counted"))
        assert evaluated(folder, "--search", "tiles") == evaluated(bare)
    with monkeypatch.context() as patched:
        patched.setattr("engine.localize.embed_views", lambda *_: pytest.fail("tiles were searched"))
        assert evaluated(folder, "--search", "votes")["recall_strict"]["1"] == 100.0
    assert main(["evaluate", str(truth), "--index", str(bare), "--search", "votes"]) == 2
    complaint = capsys.readouterr().err
    assert "bare: has no local features that could vote; build one with --feature-km" in complaint
    localizer = Localizer([RegionalIndex.open(folder)], [model])
    for search in ("votes", "tiles"):
        answer = localizer.localize(Query(photo_file, search=search, register=False))
        assert {candidate["found_by"] for candidate in answer["candidates"]} == {search}


def test_uncertain_registration_is_kept_despite_many_votes(folder, photo_file, model, monkeypatch):
    """It is more informative than "nothing fits", which would be the answer without it."""
    monkeypatch.setattr("engine.registration.refine.probability", lambda evidence: 0.95)
    monkeypatch.setattr("engine.registration.register.probability", lambda evidence: 0.95)
    answer = Localizer([RegionalIndex.open(folder)], [model]).localize(Query(photo_file))
    assert (answer["status"], answer["confidence"]) == ("uncertain", 0.95)
    assert answer["camera"] is not None
    assert answer["inliers"] > 20


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[:, ::-1],  # mirrored
        lambda p: np.full_like(p, 250) - np.random.default_rng(0).integers(0, 9, p.shape, dtype=np.uint8),  # cloud
        lambda p: np.random.default_rng(0).integers(0, 9, p.shape, dtype=np.uint8),  # night
        lambda p: np.random.default_rng(0).integers(0, 255, p.shape, dtype=np.uint8),
        lambda p: p[:3, :3],
        lambda p: np.tile(p[:8, :8], (60, 90, 1)),
    ],
)
def test_photos_of_other_ground_are_not_located(folder, photo_file, model, tmp_path, change):
    pixels = np.ascontiguousarray(change(np.asarray(Image.open(photo_file).convert("RGB"))))
    Image.fromarray(pixels).save(tmp_path / "bad.png")
    answer = Localizer([RegionalIndex.open(folder)], [model]).localize(Query(tmp_path / "bad.png"))
    assert answer["status"] in ("uncertain", "not_found", "failed")
    assert answer["confidence"] < 0.7
    assert answer["message"]


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[:, :, ::-1],  # red and blue swapped
        lambda p: np.where(disc(p), p, 3).astype(np.uint8),  # through a round window
        lambda p: np.rot90(p),
    ],
)
def test_recognisable_photos_are_located(folder, photo_file, model, tmp_path, change):
    pixels = np.ascontiguousarray(change(np.asarray(Image.open(photo_file).convert("RGB"))))
    Image.fromarray(pixels).save(tmp_path / "odd.png")
    answer = Localizer([RegionalIndex.open(folder)], [model]).localize(Query(tmp_path / "odd.png"))
    assert answer["status"] == "located"
    lat, lon = footprint.center(CAMERA, footprint.footprint_ring(CAMERA))
    assert float(geo.distance_km(*answer["center"], lat, lon)) < 20


def disc(pixels):
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    return (np.hypot(x - width / 2, y - height / 2) < 0.5 * width)[..., None]


def test_world_index_is_included():
    """Opened fast, searched offline, with the imagery for registration beside it."""
    (world,) = [folder for folder in included_indexes() if folder.name == "world"]
    index = RegionalIndex.open(world, verify=True)
    assert index.features.count > 1_000_000
    assert (world.parent / index.info["source"]["path"]).is_file()
    size = sum(file.stat().st_size for file in world.parent.rglob("*") if file.is_file())
    assert size < 60e6
    rome = index.features.within(Circle(41.9, 12.5, 300.0))
    assert isinstance(rome, FeatureSet)
    assert 500 < len(rome) < 5000
    assert math.isclose(float(np.median(rome.positions.lat)), 42.3, abs_tol=1.0)
