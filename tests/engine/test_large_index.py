"""Layout and codes of large indexes: circles as few reads, short codes without relevant loss."""

import json
import shutil
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import geo
from engine.errors import IndexDamagedError
from engine.resources import included_indexes
from engine.retrieval import coarse, tiling
from engine.retrieval.descriptors import to_float32, to_int8
from engine.retrieval.index import RegionalIndex, file_sha256
from engine.retrieval.ranking import LOG_WEIGHT, Expectation, log_prior
from engine.retrieval.search import _QUARTERS_WEIGHT, Circle, shortlist


def write_index(folder, tiles, descriptors, codes=True):
    """An index of these tiles and descriptors in 8 bits, as the builder would write it."""
    folder.mkdir(parents=True)
    order = tiling.hilbert_order(tiles)
    (folder / "tiles.bin").write_bytes(tiles[order].tobytes())
    (folder / "descriptors.i8").write_bytes(to_int8(descriptors[order]).tobytes())
    names = ["tiles.bin", "descriptors.i8"]
    if codes:
        coarse.write_codes(folder / coarse.CODES, to_int8(descriptors[order]))
        names.append(coarse.CODES)
    info = json.loads((included_indexes()[0] / "index.json").read_text(encoding="utf-8"))
    info.update(name=folder.name, count=len(tiles), dimension=descriptors.shape[1])
    info.pop("features", None)  # tiles alone
    info["files"] = {n: {"sha256": file_sha256(folder / n), "bytes": (folder / n).stat().st_size} for n in names}
    (folder / "index.json").write_text(json.dumps(info), encoding="utf-8")
    return RegionalIndex.open(folder)


@pytest.fixture(scope="module")
def world():
    return RegionalIndex.open(included_indexes()[0])


@pytest.fixture(scope="module")
def sampled(world, tmp_path_factory):
    """An index with codes of half of the world's tiles; the other half are queries: real descriptors on both sides."""
    rng = np.random.default_rng(0)
    kept = rng.random(world.count) < 0.5
    rows = np.flatnonzero(kept)
    index = write_index(tmp_path_factory.mktemp("large") / "half", world.tiles_at(rows), world.descriptors_at(rows))
    return index, rng.choice(np.flatnonzero(~kept), 300, replace=False)


def recall_at(ranked, tiles, truth, k=10):
    """Share of queries with a tile within half a width of their own middle among the first k."""
    hits = 0
    for rows, query in zip(ranked, truth, strict=True):
        best = tiles[rows[:k]]
        away = geo.distance_km(best["lat"], best["lon"], query["lat"], query["lon"])
        hits += bool((away <= 0.5 * query["width_km"]).any())
    return 100.0 * hits / len(truth)


def test_included_indexes_are_named_like_their_folders():
    assert [RegionalIndex.open(folder).name for folder in included_indexes()] == [
        folder.name for folder in included_indexes()
    ]


def test_short_codes_and_eight_bits_lose_at_most_half_a_point(world, sampled):
    index, held_out = sampled
    truth = world.tiles_at(held_out)
    queries = world.descriptors_at(held_out)
    exact = to_float32(np.asarray(index._stored))
    by_codes = [shortlist(index, query[None], 10).rows for query in queries]
    by_all = [np.argsort(-(exact @ query))[:10] for query in queries]
    wanted = recall_at(by_all, index.tiles, truth)
    assert wanted > 50.0
    assert recall_at(by_codes, index.tiles, truth) >= wanted - 0.5
    # int8 itself, against the descriptors before the second rounding
    full = world.descriptors
    rounded = to_float32(to_int8(full))
    assert (full * rounded).sum(axis=1).min() > 0.9995


def test_the_same_descriptors_give_the_same_codes(sampled, tmp_path):
    index, _ = sampled
    coarse.write_codes(tmp_path / "again", np.asarray(index._stored))
    assert (tmp_path / "again").read_bytes() == (index.path / coarse.CODES).read_bytes()


def test_damaged_codes_are_refused(sampled, tmp_path):
    index, _ = sampled
    content = bytearray((index.path / coarse.CODES).read_bytes())
    content[:4] = np.float32(np.nan).tobytes()
    (tmp_path / "codes").write_bytes(content)
    with pytest.raises(IndexDamagedError, match="is damaged"):
        coarse.CoarseCodes.read(tmp_path / "codes", index.count, index.dimension)


def test_flipped_bytes_of_a_large_index_are_refused_or_harmless(sampled, tmp_path):
    """Checksums detect them; without verifying, the answers are finite numbers or an error."""
    original, _ = sampled
    folder = shutil.copytree(original.path, tmp_path / "copy")
    queries = original.descriptors_at(np.array([0, 9000]))
    rng = np.random.default_rng(6)
    for name in ("tiles.bin", "descriptors.i8", coarse.CODES):
        intact = (folder / name).read_bytes()
        for _ in range(10):
            content = bytearray(intact)
            # At the start are the tiles that the queries find, and the codebook.
            content[rng.integers(len(content) if rng.random() < 0.5 else 2000)] ^= 1 << int(rng.integers(8))
            (folder / name).write_bytes(content)
            index = RegionalIndex.open(folder)
            with pytest.raises(IndexDamagedError, match="checksum"):
                index.verify()
            for circle in (None, Circle(0.0, 0.0, 20_100.0)):
                try:
                    found = shortlist(index, queries, 50, circle)
                except IndexDamagedError:
                    continue
                assert np.isfinite(found.similarity).all()
                assert np.abs(found.similarity).max() <= 1.001
        (folder / name).write_bytes(intact)


@given(st.floats(-90, 90), st.floats(-180, 179.9), st.floats(1, 20_000))
@settings(deadline=None, max_examples=150)
def test_circle_is_covered_by_a_few_contiguous_reads(world, lat, lon, radius_km):
    ranges, order = tiling.hilbert_ranges(lat, lon, radius_km)
    assert (np.diff(ranges.ravel()) > 0).all()
    rows = np.concatenate([np.arange(*piece) for piece in world.rows_in_keys(ranges, order)] or [np.empty(0, int)])
    inside = np.flatnonzero(geo.distance_km(world.tiles["lat"], world.tiles["lon"], lat, lon) <= radius_km)
    assert np.isin(inside, rows).all()
    assert len(ranges) <= 200


@given(st.floats(-90, 90), st.floats(-180, 179.9), st.integers(0, 53_000), st.floats(-1e-6, 1e-6))
@settings(deadline=None, max_examples=60)
def test_circle_contains_tiles_within_its_radius(world, lat, lon, number, more_km):
    """Also if a tile is on its edge."""
    away_km = geo.distance_km(world.tiles["lat"], world.tiles["lon"], lat, lon)
    circle = Circle(lat, lon, float(away_km[number % world.count]) + more_km)
    np.testing.assert_array_equal(circle.holds(world.tiles_at(slice(None))), away_km <= circle.radius_km)


@pytest.mark.parametrize(("lat", "lon"), [(40.0, 30.0), (-20.0, -60.0), (60.0, 179.9), (10.0, 20.0)])
def test_a_search_near_the_nadir_equals_brute_force_and_reads_little(world, lat, lon):
    circle = Circle(lat, lon, 1000.0)
    queries = world.descriptors_at(np.arange(5, 3000, 700))
    found = shortlist(world, queries, 50, circle)
    cosines = (queries @ world.descriptors.T).max(axis=0)
    cosines[geo.distance_km(world.tiles["lat"], world.tiles["lon"], lat, lon) > 1000.0] = -np.inf
    np.testing.assert_allclose(found.similarity, np.sort(cosines)[::-1][:50], atol=1e-4)
    pieces = world.rows_in_keys(*tiling.hilbert_ranges(lat, lon, 1000.0))
    assert len(pieces) < 60
    read = sum(last - first for first, last in pieces)
    assert read < 2.5 * np.isfinite(cosines).sum()


@pytest.mark.parametrize(("lat", "lon"), [(40.0, 30.0), (-20.0, -60.0), (60.0, 100.0)])
def test_global_search_includes_tiles_near_the_nadir(sampled, lat, lon):
    """A tile near the nadir may be the best one without having the highest similarity."""
    index, _ = sampled
    rng = np.random.default_rng(8)
    queries = rng.standard_normal((4, index.dimension)).astype(np.float32)
    queries += 6 * index.descriptors_at(rng.integers(index.count, size=4))
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    tiles = index.tiles_at(slice(None))
    prior = log_prior(tiles["lat"], tiles["lon"], tiles["width_km"].astype(float), Expectation((lat, lon)))
    scores = index.similarity(queries, np.arange(index.count)) + LOG_WEIGHT / (1 - _QUARTERS_WEIGHT) * prior
    best = np.argsort(-scores, kind="stable")[:20]
    assert (geo.distance_km(tiles["lat"][best], tiles["lon"][best], lat, lon) < 1000).sum() > 0
    for circle in (None, Circle(lat, lon, 20_040.0)):
        found = shortlist(index, queries, 20, circle, Expectation((lat, lon)))
        np.testing.assert_array_equal(np.sort(found.rows), np.sort(best))


def test_index_of_a_million_tiles_opens_fast(tmp_path):
    tiles = tiling.tile_grid((-180.0, -85.0, 180.0, 85.0), (44.0,))[:1_000_000]
    assert len(tiles) == 1_000_000 or len(tiles) > 900_000
    folder = tmp_path / "million"
    folder.mkdir()
    (folder / "tiles.bin").write_bytes(tiles.tobytes())
    for name, row_bytes in (("descriptors.i8", 256), (coarse.CODES, 32)):
        with (folder / name).open("wb") as file:  # sparse: nothing of it may be read
            file.truncate(len(tiles) * row_bytes + (0 if row_bytes == 256 else coarse.codes_bytes(0, 256)))
    info = json.loads((included_indexes()[0] / "index.json").read_text(encoding="utf-8"))
    info.pop("features", None)
    sizes = {p.name: {"sha256": "", "bytes": p.stat().st_size} for p in folder.iterdir()}
    (folder / "index.json").write_text(json.dumps({**info, "count": len(tiles), "files": sizes}), encoding="utf-8")
    times = []
    for _ in range(3):
        start = time.process_time()
        assert RegionalIndex.open(folder).count == len(tiles)
        times.append(time.process_time() - start)
    assert min(times) < 0.1
