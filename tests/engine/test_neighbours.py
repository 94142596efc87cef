"""Photos of one pass: a located one says where the others are, and a mistake does not travel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_registration import SIZE, photo_of, take_photo, texture
from test_registration_solve import camera_at, overlap

from engine.imagery.raster import RasterSource
from engine.photo.read import PhotoInfo
from engine.registration import footprint
from engine.registration.confidence import LOCATED
from engine.registration.neighbours import Neighbours, apart_of, carried_over
from engine.registration.prepare import ROOT_SIFT, prepare, survey
from engine.registration.register import register

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
    """The first photo as its imagery located it, remembered; and the second, prepared."""
    one, other = (camera_at(**angles) for angles in (FIRST, SECOND))
    first = prepare(photo_of(take_photo(land[0], one)), None)
    second = prepare(photo_of(take_photo(land[0], other, seed=1)), None)
    with RasterSource.open(land[0]) as source:
        found = register(first, survey(source, 43.9, 5.4, 380.0), source)
    assert found.confidence > LOCATED
    neighbours = Neighbours()
    neighbours.remember(info(), first, found, land[0])
    return neighbours, first, second, found


def test_the_place_is_carried_over_and_confirmed_by_imagery(passed, land):
    neighbours, _, second, _ = passed
    (known,) = neighbours.of(info("b.jpg", "2020-01-01T00:00:20"), ROOT_SIFT)
    with RasterSource.open(land[0]) as source:
        found = register(second, known.place(), source)
    assert found.confidence > LOCATED
    assert found.origin == "matched"
    truth = footprint.footprint_ring(camera_at(**SECOND).resized(*SIZE))
    assert overlap(truth, found.ring) > 0.97


def test_where_imagery_cannot_confirm_it_is_marked_and_never_located(passed, land):
    neighbours, _, second, _ = passed
    (known,) = neighbours.of(info("b.jpg", "2020-01-01T00:00:20"), ROOT_SIFT)
    with RasterSource.open(land[1]) as source:
        unconfirmed = register(second, known.place(), source)
    assert unconfirmed is None or unconfirmed.confidence < 0.5
    carried = carried_over(second, known)
    assert carried.origin == "neighbour"
    assert 0.5 < carried.confidence < LOCATED
    truth = footprint.footprint_ring(camera_at(**SECOND).resized(*SIZE))
    assert overlap(truth, carried.ring) > 0.9
    # It goes no further: neither remembered itself, nor found where the photos do not overlap.
    neighbours.remember(info("c.jpg"), second, carried, land[0])
    assert [n.info.path for n in neighbours.of(info("d.jpg"), ROOT_SIFT)] == [Path("a.jpg")]
    elsewhere = prepare(photo_of(take_photo(land[1], camera_at(**SECOND))), None)
    assert carried_over(elsewhere, known) is None


def test_what_is_not_beyond_doubt_is_not_remembered(passed, land):
    _, first, _, found = passed
    neighbours = Neighbours()
    neighbours.remember(info(), first, replace(found, confidence=0.98), land[0])
    assert neighbours.of(info("b.jpg"), ROOT_SIFT) == []


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
    assert apart_of(info(**one), info("b.jpg", **{"taken_at": "2020-01-01T00:00:00", **other})) == (
        None if apart is None else pytest.approx(apart)
    )


def test_its_features_lie_on_the_ground(passed):
    """A neighbour's place is a north-up picture: features keep their position, and point the same way over ground."""
    neighbours, first, _, found = passed
    (known,) = neighbours.of(info("b.jpg"), ROOT_SIFT)
    place = known.place()
    ground = place.ground()
    small = found.camera.resized(*first.small_size)
    lat, lon = small.locate(first.small.xy[:, 0], first.small.xy[:, 1])
    assert ground.lat == pytest.approx(lat, abs=1e-6)
    assert ground.lon == pytest.approx(lon, abs=1e-6)
    assert np.median(ground.features.size_px) == pytest.approx(np.median(first.small.size_px), rel=0.3)
