"""Photos of one pass: a located photo helps to locate the others, and errors do not propagate."""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_registration import SIZE, photo_of, take_photo, texture
from test_registration_solve import camera_at, overlap

from engine import geopackage
from engine.imagery.raster import RasterSource
from engine.localize import Localizer, Query
from engine.photo.read import PhotoInfo, read_photo, read_photo_info
from engine.register_at import Place as Known
from engine.register_at import register_at
from engine.registration import footprint
from engine.registration.confidence import LOCATED
from engine.registration.neighbours import Neighbours, pass_distance, register_with_neighbour
from engine.registration.prepare import PHOTO_PX, ROOT_SIFT, find_place_features, prepare
from engine.registration.register import register
from engine.registration.saved_neighbours import add_saved_neighbours
from engine.results import ResultsFile
from engine.retrieval.build import build_index
from engine.retrieval.index import RegionalIndex

FIRST = {"lat": 43.0, "lon": 5.0, "tilt_deg": 15, "azimuth_deg": 20}
SECOND = {"lat": 43.6, "lon": 6.2, "tilt_deg": 18, "azimuth_deg": 25, "roll_deg": 8}


def info(name="a.jpg", taken_at="2020-01-01T00:00:00", photo_id=None, camera="NIKON D4"):
    return PhotoInfo(Path(name), 640, 425, photo_id, taken_at, camera, 24.0, 1, None)


@pytest.fixture(scope="module")
def land(tmp_path_factory, make_raster):
    folder = tmp_path_factory.mktemp("land")
    bounds = (0.0, 40.0, 12.0, 48.0)
    return (
        make_raster(folder / "land.tif", bounds, pixels=texture(5)),
        make_raster(folder / "other.tif", bounds, pixels=texture(55)),
    )


@pytest.fixture(scope="module")
def passed(land):
    """The first photo, located with its imagery and remembered; and the second, prepared."""
    one, other = (camera_at(**angles) for angles in (FIRST, SECOND))
    first = prepare(photo_of(take_photo(land[0], one)), None)
    second = prepare(photo_of(take_photo(land[0], other, seed=1)), None)
    with RasterSource.open(land[0]) as source:
        found = register(first, find_place_features(source, 43.9, 5.4, 380.0), source)
    assert found.confidence > LOCATED
    neighbours = Neighbours()
    neighbours.remember(info(), first, found, land[0])
    return neighbours, first, second, found


def test_place_is_found_through_a_neighbour_and_confirmed_by_imagery(passed, land):
    neighbours, _, second, _ = passed
    (known,) = neighbours.of(info("b.jpg", "2020-01-01T00:00:20"), ROOT_SIFT)
    with RasterSource.open(land[0]) as source:
        found = register(second, known.place(), source)
    assert found.confidence > LOCATED
    assert found.origin == "matched"
    truth = footprint.footprint_ring(camera_at(**SECOND).resized(*SIZE))
    assert overlap(truth, found.ring) > 0.97


def test_unconfirmed_place_is_marked_and_never_located(passed, land):
    neighbours, _, second, _ = passed
    (known,) = neighbours.of(info("b.jpg", "2020-01-01T00:00:20"), ROOT_SIFT)
    with RasterSource.open(land[1]) as source:
        unconfirmed = register(second, known.place(), source)
    assert unconfirmed is None or unconfirmed.confidence < 0.5
    carried = register_with_neighbour(second, known)
    assert carried.origin == "neighbour"
    assert 0.5 < carried.confidence < LOCATED
    truth = footprint.footprint_ring(camera_at(**SECOND).resized(*SIZE))
    assert overlap(truth, carried.ring) > 0.9
    # It has no further effect: it is not remembered, and not used where the photos do not overlap.
    neighbours.remember(info("c.jpg"), second, carried, land[0])
    assert [n.info.path for n in neighbours.of(info("d.jpg"), ROOT_SIFT)] == [Path("a.jpg")]
    elsewhere = prepare(photo_of(take_photo(land[1], camera_at(**SECOND))), None)
    assert register_with_neighbour(elsewhere, known) is None


def test_uncertain_registrations_are_not_remembered(passed, land):
    _, first, _, found = passed
    neighbours = Neighbours()
    neighbours.remember(info(), first, replace(found, confidence=0.98), land[0])
    assert neighbours.of(info("b.jpg"), ROOT_SIFT) == []


# -- photos of an earlier run, from the results file ----------------------------------------------


@pytest.fixture(scope="module")
def index(land, tmp_path_factory, model):
    """An index without the right place: its candidates are all wrong."""
    folder = tmp_path_factory.mktemp("indexes") / "east"
    box = (10.0, 40.2, 11.8, 41.5)
    credit = {"attribution": "Ground Office", "licence": "CC BY 4.0"}
    build_index(land[0], folder, bbox=box, tile_km=(110.0,), model=model, include_ocean=True, **credit)
    return folder


@pytest.fixture(scope="module")
def first_run(land, tmp_path_factory):
    """A results file with the first photo, and the second beside it."""
    folder = tmp_path_factory.mktemp("first run")
    for angles, frame in ((FIRST, 101), (SECOND, 103)):
        Image.fromarray(take_photo(land[0], camera_at(**angles))).save(folder / f"ISS064-E-{frame}.png")
    answer = register_at(Known(folder / "ISS064-E-101.png", 43.9, 5.4, 380.0, land[0]))
    assert answer["status"] == "located"
    ResultsFile(folder / "results.gpkg").save(answer)
    return folder


@pytest.fixture
def earlier(first_run, tmp_path):
    """The same at another path, to be damaged: the results, and the second photo."""
    shutil.copytree(first_run, tmp_path, dirs_exist_ok=True)
    return tmp_path / "results.gpkg", tmp_path / "ISS064-E-103.png"


def test_a_photo_located_in_an_earlier_run_helps(earlier, index, model):
    results, photo = earlier
    localizer = Localizer([RegionalIndex.open(index)], [model])
    assert localizer.localize(Query(photo, top_k=1))["status"] == "uncertain"
    answer = localizer.localize(Query(photo, top_k=1, results=results))
    assert answer["status"] == "located"
    assert "found by way of the neighbouring photo ISS064-E-101." in answer["message"]
    assert {point["origin"] for point in answer["tie_points"]} == {"matched"}
    assert (answer["imagery"]["attribution"], answer["imagery"]["licence"]) == ("Ground Office", "CC BY 4.0")
    truth = footprint.footprint_ring(camera_at(**SECOND).resized(*SIZE))
    assert overlap(truth, np.array(answer["footprint"]["coordinates"][0])[:, ::-1]) > 0.97


def test_command_line_uses_neighbours_of_its_results_file(earlier, index, earthloc):
    results, photo = earlier
    done = earthloc("localize", photo, "--index", index, "--out", results, "--json")
    assert done.returncode == 0, done.stderr
    (answer,) = map(json.loads, done.stdout.splitlines())  # no second look at what is known already
    assert answer["status"] == "located"
    assert [row["status"] for row in ResultsFile(results).rows()] == ["located", "located"]


def review(results, decision):
    with contextlib.closing(geopackage.connect(results)) as database:
        database.execute("UPDATE footprints SET review = ?", (decision,))


def stored_as(results, change):
    """Alters the localization that the file holds."""
    with contextlib.closing(geopackage.connect(results)) as database:
        (text,) = database.execute("SELECT localization FROM photos").fetchone()
        database.execute("UPDATE photos SET localization = ?", (json.dumps({**json.loads(text), **change}),))


NO_HELP = {
    "rejected in review": lambda results, first: review(results, "rejected"),
    "unsure in review": lambda results, first: review(results, "unsure"),
    "moved in review": lambda results, first: review(results, "corrected"),
    "uncertain after all": lambda results, first: stored_as(results, {"confidence": 0.9}),
    "without a camera": lambda results, first: stored_as(results, {"pose": None}),
    "with half a camera": lambda results, first: stored_as(results, {"pose": {"focal_px": "long"}}),
    "photo gone": lambda results, first: first.unlink(),
    "photo damaged": lambda results, first: first.write_bytes(b"\xff\xd8\xff"),
    "another photo": lambda results, first: Image.new("RGB", (99, 99)).save(first),
    "not a results file": lambda results, first: results.write_bytes(b"no database" * 100),
    "no results file": lambda results, first: results.unlink(),
}


@pytest.mark.parametrize("case", NO_HELP)
def test_unreliable_saved_photos_are_ignored(earlier, case):
    results, photo = earlier
    wanted = read_photo_info(photo)
    asked = Neighbours()
    add_saved_neighbours(results, wanted, ROOT_SIFT, {}, asked)
    assert [known.name for known in asked.of(wanted, ROOT_SIFT)] == ["ISS064-E-101"]
    NO_HELP[case](results, photo.with_name("ISS064-E-101.png"))
    asked = Neighbours()
    add_saved_neighbours(results, wanted, ROOT_SIFT, {}, asked)
    assert asked.of(wanted, ROOT_SIFT) == []


def test_photo_is_not_its_own_neighbour(earlier, monkeypatch):
    results, photo = earlier
    monkeypatch.chdir(photo.parent)
    first = read_photo_info(Path("..") / photo.parent.name / "ISS064-E-101.png")
    asked = Neighbours()
    add_saved_neighbours(results, first, ROOT_SIFT, {}, asked)
    add_saved_neighbours(results, read_photo_info(photo), ROOT_SIFT, {}, asked)
    assert asked.of(first, ROOT_SIFT) == []


def test_relocating_adds_no_second_neighbour(earlier, index, land, model, monkeypatch):
    results, photo = earlier
    monkeypatch.chdir(photo.parent)
    localizer = Localizer([RegionalIndex.open(index)], [model])
    asked = Query(Path(photo.name), results=results)
    known = localizer.neighbours_of(asked)
    assert known == {photo.with_name("ISS064-E-101.png")}
    again = Path("ISS064-E-101.png")
    with RasterSource.open(land[0]) as source:
        prepared = prepare(read_photo(again, PHOTO_PX), None)
        found = register(prepared, find_place_features(source, 43.9, 5.4, 380.0), source)
    localizer.memory.neighbours.remember(read_photo_info(again), prepared, found, land[0])
    assert localizer.neighbours_of(asked) == known


@pytest.mark.parametrize("taken_at", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_unset_clock_falls_back_to_frame_numbers(earlier, taken_at):
    results, photo = earlier
    asked = Neighbours()
    add_saved_neighbours(results, replace(read_photo_info(photo), taken_at=taken_at), ROOT_SIFT, {}, asked)
    assert [known.name for known in asked.of(read_photo_info(photo), ROOT_SIFT)] == ["ISS064-E-101"]


# -- of one pass ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ({}, {"taken_at": "2020-01-01T00:00:45"}, 0.5),
        ({}, {"taken_at": "2020-01-01T00:05:00"}, None),
        ({}, {"camera": "NIKON D5"}, None),
        ({"photo_id": "ISS042-E-1"}, {"photo_id": "ISS043-E-1"}, None),
        ({"photo_id": "ISS042-E-104"}, {"photo_id": "ISS042-E-107", "taken_at": None}, 0.25),
        ({"photo_id": "ISS042-E-104"}, {"photo_id": "ISS042-E-904", "taken_at": None}, None),
        ({"taken_at": None}, {"taken_at": None}, None),
        ({"taken_at": "2020-01-01T00:00:00+00:00"}, {"taken_at": "2020-01-01T00:00:00"}, 0.0),
    ],
)
def test_which_photos_are_of_one_pass(one, other, apart):
    assert pass_distance(info(**one), info("b.jpg", **{"taken_at": "2020-01-01T00:00:00", **other})) == (
        None if apart is None else pytest.approx(apart)
    )


def test_features_of_a_neighbour_are_on_the_ground(passed):
    """A neighbour's place is a north-up picture: features keep their position and their direction on the ground."""
    neighbours, first, _, found = passed
    (known,) = neighbours.of(info("b.jpg"), ROOT_SIFT)
    place = known.place()
    ground = place.ground()
    small = found.camera.resized(*first.small_size)
    lat, lon = small.locate(first.small.xy[:, 0], first.small.xy[:, 1])
    assert ground.lat == pytest.approx(lat, abs=1e-6)
    assert ground.lon == pytest.approx(lon, abs=1e-6)
    assert np.median(ground.features.size_px) == pytest.approx(np.median(first.small.size_px), rel=0.3)
