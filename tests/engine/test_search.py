import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import geo
from engine.candidates import find_candidates
from engine.retrieval import tiling
from engine.retrieval.descriptors import to_float32, to_int8
from engine.retrieval.index import RegionalIndex
from engine.retrieval.lookup import TileLookup
from engine.retrieval.photo_views import QUARTER_SHIFT, QUARTERS, PhotoViews
from engine.retrieval.ranking import Expectation, distinct_places_first, ground_width_km, log_prior
from engine.retrieval.search import Circle, Shortlist, quarters_similarity, shortlist
from engine.retrieval.tiling import tile_name


@pytest.fixture(scope="module")
def index(small_index_folder):
    return RegionalIndex.open(small_index_folder)


def views_of(index, queries):
    """Views of a photo whose quarters are similar to nothing, by the index's model."""
    return {index.info["model"]["sha256"]: PhotoViews(queries, np.zeros((4, 4, queries.shape[1]), np.float32))}


def random_queries(index, seed, count=12):
    rng = np.random.default_rng(seed)
    queries = rng.standard_normal((count, index.dimension)).astype(np.float32)
    queries += 20 * index.descriptors[rng.integers(index.count, size=count)]
    return queries / np.linalg.norm(queries, axis=1, keepdims=True)


def brute_force(index, queries, count, circle):
    """Every tile with every query in plain numpy."""
    best = (queries.astype(np.float64) @ index.descriptors.astype(np.float64).T).max(axis=0)
    if circle is not None:
        away = geo.distance_km(index.tiles["lat"], index.tiles["lon"], circle.lat, circle.lon)
        best[away > circle.radius_km] = -np.inf
    rows = [row for row in np.argsort(-best, kind="stable") if np.isfinite(best[row])][:count]
    return rows, best


@given(
    st.integers(0, 10_000),
    st.integers(1, 60),
    st.one_of(st.none(), st.tuples(st.floats(38, 50), st.floats(-2, 12), st.floats(50, 1500))),
)
@settings(deadline=None, max_examples=60)
def test_shortlist_equals_brute_force(index, seed, count, nadir):
    queries = random_queries(index, seed)
    circle = None if nadir is None else Circle(*nadir)
    found = shortlist(index, queries, count, circle)
    rows, similarity = found.rows, found.similarity
    expected, best = brute_force(index, queries, count, circle)
    assert similarity == pytest.approx([best[row] for row in expected], abs=1e-5)
    assert similarity == pytest.approx(best[rows], abs=1e-5)  # ties at the cut may fall either way
    assert len(set(rows.tolist())) == len(rows)


def test_only_rows_in_the_circle(index):
    circle = Circle(44.0, 5.0, 300.0)
    rows = np.flatnonzero(geo.distance_km(index.tiles["lat"], index.tiles["lon"], 44.0, 5.0) <= 300.0)
    assert 0 < len(rows) < index.count
    found = find_candidates([index], views_of(index, np.tile(index.descriptors[0], (4, 1))), None, 1000, circle)
    assert sorted(c.tile for c in found) == sorted(tile_name(index.tiles[row]) for row in rows)


def test_an_empty_circle_gives_nothing(index):
    views = views_of(index, np.tile(index.descriptors[0], (4, 1)))
    assert find_candidates([index], views, None, 10, Circle(-60, -120, 500)) == []


def test_several_indexes_give_one_ranked_answer(index):
    alike = views_of(index, np.tile(index.descriptors[3], (4, 1)))
    found = find_candidates([index, index], alike, None, 2 * index.count)
    assert len(found) == 2 * index.count
    assert sorted(c.tile for c in found) == sorted([tile_name(tile) for tile in index.tiles] * 2)
    assert found[0].tile == tile_name(index.tiles[3])
    # Distinct places first, each by its score; then those that overlap them, by theirs.
    falls = sum(a.score < b.score for a, b in itertools.pairwise(found))
    assert falls == 1


@pytest.mark.parametrize("quarter", range(4))
def test_rotation_is_the_one_that_matches_the_tile(index, quarter):
    queries = random_queries(index, 5, 12)
    queries[quarter] = index.descriptors[7]
    best = find_candidates([index], views_of(index, queries), None, 1)[0]
    if best.tile == tile_name(index.tiles[7]):
        assert best.rotation_deg == 90 * quarter
    assert shortlist(index, queries, 1).rows.tolist() == [7]


def test_cost_of_a_distant_nadir_is_limited(index):
    """Twice the similarity wins over nearness, wherever the stated nadir is."""
    queries = np.tile(index.descriptors[5], (4, 1))
    tile = index.tiles[5]
    far = (float(tile["lat"]) - 13.5, float(tile["lon"]))  # 1,500 km
    best = find_candidates([index], views_of(index, queries), None, 1, Circle(*far, 3000.0), Expectation(far))[0]
    assert best.tile == tile_name(index.tiles[5])


def test_the_prior_prefers_near_the_nadir_and_the_width_of_the_lens():
    lat = np.full(5, 40.0)
    lon = np.array([10.0, 12.0, 14.0, 18.0, 30.0])
    width_km = np.full(5, 313.0)
    near = log_prior(lat, lon, width_km, Expectation((40.0, 10.0)))
    assert near[0] == pytest.approx(0.0, abs=1e-3)
    assert (np.diff(near) < 0).all()
    widths = np.array([78.0, 156.0, 313.0, 626.0, 1252.0])
    # A field of 0.75 shows 311 km straight down.
    straight = log_prior(lat, np.full(5, 10.0), widths, Expectation((40.0, 10.0), 0.75))
    assert straight.argmax() == 2
    assert log_prior(lat, lon, widths, Expectation()).tolist() == [0.0] * 5


def test_a_tilted_photo_shows_more_ground():
    widths = ground_width_km(0.5, np.array([0.0, 300.0, 600.0, 900.0, 5000.0]))
    assert widths[0] == pytest.approx(0.5 * 415.0)
    assert (np.diff(widths) > 0).all()


def test_distinct_places_come_first():
    """Four tiles of one place, then two others: each place's best comes before any second."""
    lat = np.array([45.0, 45.1, 45.0, 45.2, 20.0, -30.0])
    lon = np.array([179.9, -179.9, 179.8, -179.95, 0.0, 10.0])
    width_km = np.array([220.0, 313.0, 220.0, 156.0, 220.0, 220.0])
    assert distinct_places_first(lat, lon, width_km, 6).tolist() == [0, 4, 5, 1, 2, 3]
    assert distinct_places_first(lat, lon, width_km, 2).tolist() == [0, 4]


def test_a_wide_tile_is_not_the_same_place_as_a_small_one_in_it():
    assert distinct_places_first(np.zeros(3), np.zeros(3), np.array([156.0, 886.0, 170.0]), 3).tolist() == [0, 1, 2]


def test_quarters_are_compared_at_their_positions(world_of_random_tiles):
    """A photo made of four smaller tiles: its quarters match them at every rotation, and no other place does."""
    index, lookup = world_of_random_tiles, world_of_random_tiles.lookup
    rows = np.flatnonzero((index.tiles["width_km"] == 626.0) & (np.abs(index.tiles["lat"]) < 50))
    row = int(rows[len(rows) // 2])
    tile = index.tiles[row]
    for quarter in range(4):
        quarters = np.zeros((4, 4, index.dimension), np.float32)
        for number, (right, up) in enumerate(QUARTERS):
            for _ in range(quarter):
                right, up = -up, right
            shift = QUARTER_SHIFT * 626.0
            lat, lon = geo.LocalFrame(float(tile["lat"]), float(tile["lon"])).to_lat_lon([right * shift], [up * shift])
            near = lookup.rows_of(tiling.cells_around(lat, lon, 443.0))[0]
            away = geo.distance_km(index.tiles["lat"][near], index.tiles["lon"][near], lat[0], lon[0])
            quarters[number, quarter] = index.descriptors[near[away.argmin()]]
        found = Shortlist(rows, index.tiles[rows], np.zeros(len(rows)), np.zeros(len(rows)), lookup, rows)
        similarity = quarters_similarity(index, found, np.full(len(rows), quarter), quarters)
        assert similarity[rows == row] == pytest.approx([1.0], abs=1e-5)
        assert (similarity > 0.99).sum() == 1


@pytest.fixture(scope="module")
def world_of_random_tiles():
    """An index in memory of 443 and 626 km with descriptors at random, some tiles left out."""
    rng = np.random.default_rng(2)
    tiles = tiling.tile_grid((-180.0, -60.0, 180.0, 60.0), (443.0, 626.0))
    tiles = tiles[rng.random(len(tiles)) < 0.97]
    descriptors = rng.standard_normal((len(tiles), 64)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    made = RegionalIndex.__new__(RegionalIndex)
    made.tiles, made.count, made.dimension = tiles, len(tiles), 64
    made.dtype = "float32"
    made.__dict__["_stored"] = descriptors
    return made


def test_tiles_are_found_by_their_keys(world_of_random_tiles):
    index = world_of_random_tiles
    lookup = TileLookup(lambda: (index.tiles, np.arange(index.count)))
    assert lookup.rows_of(tiling.tile_keys(index.tiles)).tolist() == list(range(index.count))
    assert lookup.rows_of(np.array([[-1, 0], [2**60, 5]])).tolist() == [[-1, -1], [-1, -1]]


@given(st.floats(-89.9, 89.9), st.floats(-180, 179.999), st.sampled_from([156.0, 443.0, 886.0]))
@settings(deadline=None)
def test_cells_around_a_point_are_near_it(lat, lon, width_km):
    keys = tiling.cells_around(np.array([lat]), np.array([lon]), width_km)[0]
    tiles = tiling.tile_grid((-180.0, max(lat - 15, -90.0), 180.0, min(lat + 15, 90.0)), (width_km,))
    near = tiles[np.isin(tiling.tile_keys(tiles), keys)]
    assert len(near) == len(set(keys.tolist()))
    away = geo.distance_km(tiles["lat"], tiles["lon"], lat, lon)
    best = geo.distance_km(near["lat"], near["lon"], lat, lon)
    assert best.min() == pytest.approx(away.min(), abs=0.05 * width_km)
    assert best.max() < 1.2 * width_km


@given(st.integers(0, 2**32 - 1))
def test_eight_bits_keep_the_direction(seed):
    rows = np.random.default_rng(seed).standard_normal((50, 256)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert (to_float32(to_int8(rows)) * rows).sum(axis=1).min() > 0.9995


def test_eight_bits_of_zeros():
    assert to_float32(to_int8(np.zeros((2, 8), np.float32))).tolist() == [[0.0] * 8] * 2
