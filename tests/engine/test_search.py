import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import geo
from engine.retrieval.index import RegionalIndex, compress, expand
from engine.retrieval.search import Circle, rows_in_circle, search


@pytest.fixture(scope="module")
def index(small_index_folder):
    return RegionalIndex.open(small_index_folder)


def brute_force(index, queries, top_k, circle):
    """Every tile at every rotation in plain numpy."""
    scores = queries.astype(np.float64) @ index.descriptors.astype(np.float64).T
    if circle is not None:
        away = geo.distance_km(index.tiles["lat"], index.tiles["lon"], circle.lat, circle.lon)
        scores[:, away > circle.radius_km] = -np.inf
    best = scores.max(axis=0)
    rows = [row for row in np.argsort(-best, kind="stable") if np.isfinite(best[row])][:top_k]
    return [(int(row), float(best[row]), int(scores[:, row].argmax()) * 90) for row in rows]


@given(
    st.integers(0, 10_000),
    st.integers(1, 60),
    st.one_of(st.none(), st.tuples(st.floats(38, 50), st.floats(-2, 12), st.floats(50, 1500))),
)
@settings(deadline=None, max_examples=60)
def test_search_equals_brute_force(index, seed, top_k, nadir):
    rng = np.random.default_rng(seed)
    queries = rng.standard_normal((4, index.dimension)).astype(np.float32)
    queries += 20 * index.descriptors[rng.integers(index.count, size=4)]
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    circle = None if nadir is None else Circle(*nadir)
    found = search([index], queries, top_k, circle)
    expected = brute_force(index, queries, top_k, circle)
    assert [m.score for m in found] == pytest.approx([score for _, score, _ in expected], abs=1e-5)
    by_row = {row: (score, rotation) for row, score, rotation in expected}
    for match in found:
        if match.row in by_row:  # ties at the cut may fall either way
            assert match.rotation_deg == by_row[match.row][1]
    assert len({m.row for m in found}) == len(found)


def test_only_rows_in_the_circle(index):
    circle = Circle(44.0, 5.0, 300.0)
    rows = rows_in_circle(index, circle)
    assert 0 < len(rows) < index.count
    queries = np.tile(index.descriptors[0], (4, 1))
    found = search([index], queries, 1000, circle)
    assert sorted(m.row for m in found) == rows.tolist()


def test_an_empty_circle_gives_nothing(index):
    assert search([index], np.tile(index.descriptors[0], (4, 1)), 10, Circle(-60, -120, 500)) == []


def test_several_indexes_give_one_ranked_answer(index):
    queries = np.tile(index.descriptors[3], (4, 1))
    found = search([index, index], queries, 6)
    assert len(found) == 6
    assert [m.row for m in found[:2]] == [3, 3]
    assert all(a.score >= b.score for a, b in itertools.pairwise(found))


@given(st.integers(0, 2**32 - 1))
def test_eight_bits_keep_the_direction(seed):
    rows = np.random.default_rng(seed).standard_normal((50, 256)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert (expand(compress(rows)) * rows).sum(axis=1).min() > 0.9995


def test_eight_bits_of_nothing():
    assert expand(compress(np.zeros((2, 8), np.float32))).tolist() == [[0.0] * 8] * 2
