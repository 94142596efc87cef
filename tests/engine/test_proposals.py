"""Places to register besides those of the search: regions of the probability, guesses of a language model."""

from __future__ import annotations

import json

import numpy as np
import pytest
from language_model_stub import StubServer
from PIL import Image
from where_kit import IRAQ, mixture

from engine import geo
from engine.candidates import PROPOSED, Candidate
from engine.imagery.raster import RasterSource
from engine.localize import Localizer, Query
from engine.proposals import more_candidates
from engine.retrieval.index import RegionalIndex
from engine.retrieval.tiling import Circle
from engine.where import cells
from engine.where.language_model import LanguageModel

PLACE = 41.6, 1.9  # of the photo
ELSEWHERE = Circle(46.8, 8.7, 120.0)  # so far that registration there does not see it


@pytest.fixture
def server():
    stub = StubServer()
    yield stub
    stub.close()


@pytest.fixture(scope="module")
def fine_raster(tmp_path_factory, make_raster):
    return make_raster(tmp_path_factory.mktemp("fine") / "fine.tif", width=1500, height=1200, seed=4)


@pytest.fixture(scope="module")
def localizer(tmp_path_factory, fine_raster, model):
    from engine.retrieval.build import build_index

    folder = tmp_path_factory.mktemp("index") / "fine"
    build_index(fine_raster, folder, tile_km=(220.0, 313.0), model=model, feature_km=0.0)
    return Localizer([RegionalIndex.open(folder)], [model])


@pytest.fixture(scope="module")
def photo(tmp_path_factory, fine_raster):
    """A photo of 200 km around PLACE."""
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    with RasterSource.open(fine_raster) as raster:
        pixels, _ = raster.square(*PLACE, 200.0, 400)
    Image.fromarray(pixels).save(path)
    return path


def candidate(lat: float, lon: float) -> Candidate:
    return Candidate(None, lat, lon, 300.0, 0.0, 0.5, "tile", None)


def test_the_middle_of_a_probable_region_is_proposed() -> None:
    [new] = more_candidates([candidate(10.0, 10.0)], mixture((IRAQ, 1.0, 80.0)), {}, width_km=250.0)
    assert geo.distance_km(new.lat, new.lon, *IRAQ) < 60.0
    assert (new.found_by, new.width_km) == (PROPOSED, 250.0)


def test_a_place_of_the_search_is_not_proposed_again() -> None:
    assert more_candidates([candidate(IRAQ[0] + 0.3, IRAQ[1])], mixture((IRAQ, 1.0, 80.0)), {}) == []


def test_the_source_that_aligns_photos_and_places_orders_the_guesses() -> None:
    aligned = np.zeros(cells.count(), np.float32)
    aligned[cells.cell_of(20.0, 20.0)] = 5.0
    found = more_candidates(
        [candidate(0.0, 100.0)], mixture((IRAQ, 1.0, 80.0)), {"geoclip": aligned}, [(-30.0, -60.0), (20.0, 20.0)]
    )
    guesses = [(one.lat, one.lon) for one in found if geo.distance_km(one.lat, one.lon, *IRAQ) > 100.0]
    assert guesses == [(20.0, 20.0), (-30.0, -60.0)]


def test_a_language_model_names_a_place_and_registration_proves_it(localizer, photo, server) -> None:
    query = Query(photo, area=ELSEWHERE, top_k=2, search="tiles", where=True, register_s=60.0)
    without = localizer.localize(query)
    assert geo.distance_km(*without["center"], *PLACE) > 150.0
    server.says(json.dumps([{"lat": PLACE[0] + 0.2, "lon": PLACE[1] + 0.2}]))
    model = LanguageModel(server.address)
    found = localizer.localize(
        Query(photo, area=ELSEWHERE, top_k=2, search="tiles", where=True, language_model=model, register_s=60.0)
    )
    assert len(server.asked) == 1
    assert geo.distance_km(*found["center"], *PLACE) < 5.0
    best = max(found["candidates"], key=lambda one: one["inliers"])
    assert best["found_by"] == PROPOSED


def test_a_language_model_that_does_not_answer_loses_nothing(localizer, photo) -> None:
    model = LanguageModel("http://127.0.0.1:9", timeout_s=5.0)  # the discard port: nobody listens
    found = localizer.localize(Query(photo, register=False, search="tiles", where=True, language_model=model))
    assert found["candidates"]
    assert found["where"]["areas"]
    [left] = [left for left in found["where"]["left_out"] if left["source"] == "language_model"]
    assert "cannot be reached" in left["reason"] or "127.0.0.1:9" in left["reason"]


def test_without_an_address_nobody_is_asked(localizer, photo, server) -> None:
    localizer.localize(Query(photo, register=False, search="tiles", where=True))
    assert server.asked == []
