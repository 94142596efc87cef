import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import geo
from engine.retrieval import tiling

WORLD = (-180.0, -90.0, 180.0, 90.0)


@given(st.floats(-70, 70), st.floats(-180, 180, exclude_max=True), st.floats(100, 886))
@settings(deadline=None, max_examples=60)
def test_every_place_is_near_the_middle_of_a_tile(lat, lon, width_km):
    """50 % overlap: no place is further than a quarter tile, in each direction, from some tile's centre."""
    tiles = tiling.tile_grid(WORLD, [width_km])
    near = tiles[np.abs(tiles["lat"] - lat) < width_km / 111]
    x, y = geo.LocalFrame(lat, lon).to_xy(near["lat"], near["lon"])
    assert np.maximum(np.abs(x), np.abs(y)).min() <= width_km / 4 * 1.15


def test_the_grid_does_not_depend_on_the_region():
    world = {tiling.tile_name(t): (t["lat"], t["lon"]) for t in tiling.tile_grid(WORLD, [626])}
    region = tiling.tile_grid((170, -20, -170, 20), [626])
    assert len(region) > 10
    assert np.all((region["lon"] >= 170) | (region["lon"] <= -170))
    for tile in region:
        assert world[tiling.tile_name(tile)] == (tile["lat"], tile["lon"])


def test_names_are_unique():
    tiles = tiling.tile_grid(WORLD, [313, 626, 442.5])
    assert len({tiling.tile_name(t) for t in tiles}) == len(tiles)


def test_number_of_tiles_fits_the_area():
    tiles = tiling.tile_grid(WORLD, [313.0])
    earth_km2 = 4 * np.pi * geo.EARTH_RADIUS_KM**2
    assert len(tiles) == pytest.approx(earth_km2 / (313 / 2) ** 2, rel=0.02)


def test_hilbert_order_makes_a_circle_a_few_contiguous_ranges():
    tiles = tiling.tile_grid((0, 0, 80, 60), [220, 313, 443, 626])
    order = tiling.hilbert_order(tiles)
    assert sorted(order.tolist()) == list(range(len(tiles)))
    rng = np.random.default_rng(0)
    ranges, ranges_unsorted = [], []
    for _ in range(20):
        lat, lon = rng.uniform(10, 50), rng.uniform(10, 70)
        for sorted_tiles, counts in ((tiles[order], ranges), (tiles, ranges_unsorted)):
            rows = np.flatnonzero(geo.distance_km(sorted_tiles["lat"], sorted_tiles["lon"], lat, lon) < 1000)
            counts.append(1 + int((np.diff(rows) > 1).sum()))
    assert np.mean(ranges) < 60
    assert np.mean(ranges) < 0.7 * np.mean(ranges_unsorted)


def test_land_fraction():
    tiles = tiling.tile_grid((0, 44, 12, 50), [313])
    assert tiling.land_fraction(tiles).mean() > 0.7
    ocean = tiling.tile_grid((-40, 30, -30, 36), [313])
    assert tiling.land_fraction(ocean).max() < tiling.MIN_LAND


@given(st.floats(-88, 88), st.floats(-180, 179), st.floats(100, 886))
@settings(deadline=None, max_examples=20)
def test_land_fraction_of_many_tiles_equals_each(lat, lon, width_km):
    tiles = tiling.tile_grid((lon, max(lat - 6, -90), lon + 20, min(lat + 6, 90)), [width_km, 1.5 * width_km])
    for order in (np.arange(len(tiles)), tiling.hilbert_order(tiles)):
        together = tiling.land_fraction(tiles[order])
        assert np.array_equal(together, np.array([tiling.land_fraction(tile[None])[0] for tile in tiles[order]]))
