"""The choice among places of several sources."""

from __future__ import annotations

import numpy as np
import pytest

from engine.where import cells
from engine.where.distribution import Distribution
from engine.where.verify import GUESS_PRIOR, Proposal, proposals, verify

UNIFORM = Distribution.from_log(np.zeros(cells.count()))


def peak(lat: float, lon: float, height: float) -> np.ndarray:
    values = np.zeros(cells.count(), np.float32)
    values[cells.cell_of(lat, lon)] = height
    return values


def test_aligned_similarity_chooses_between_equal_proposals():
    places = proposals("tiles", [(10.0, 20.0)]) + proposals("votes", [(40.0, -100.0)])
    chosen = verify(places, UNIFORM, aligned=peak(40.0, -100.0, 2.0))
    assert [(p.lat, p.lon) for p in chosen] == [(40.0, -100.0), (10.0, 20.0)]
    # By hand: their log weights differ by 2, and the shares add up to 1.
    assert chosen[0].score - chosen[1].score == pytest.approx(2.0)
    assert np.exp([p.score for p in chosen]).sum() == pytest.approx(1.0)


def test_the_ensemble_counts_as_well():
    ensemble = Distribution.from_log(peak(10.0, 20.0, 3.0))
    places = proposals("tiles", [(40.0, -100.0)]) + proposals("votes", [(10.0, 20.0)])
    chosen = verify(places, ensemble, aligned=peak(40.0, -100.0, 2.0))
    assert chosen[0].lat == 10.0
    assert chosen[0].score - chosen[1].score == pytest.approx(1.0)


def test_a_guess_comes_after_a_place_that_was_found_unless_evidence_is_for_it():
    places = proposals("language_model", [(40.0, -100.0)]) + proposals("tiles", [(10.0, 20.0)])
    chosen = verify(places, UNIFORM)
    assert [p.guess for p in chosen] == [False, True]
    assert chosen[0].score - chosen[1].score == pytest.approx(-np.log(GUESS_PRIOR))
    assert verify(places, UNIFORM, aligned=peak(40.0, -100.0, 8.0))[0].guess


def test_places_next_to_each_other_are_one_and_name_their_sources():
    places = [Proposal(10.0, 20.0, "tiles"), Proposal(10.3, 20.2, "votes"), Proposal(10.1, 20.1, "language_model")]
    chosen = verify([*places, Proposal(-30.0, 20.0, "tiles")], UNIFORM)
    assert len(chosen) == 2
    assert chosen[0].sources == ("tiles", "votes", "language_model")
    assert not chosen[0].guess
    assert chosen[0].score - chosen[1].score == pytest.approx(np.log(2.0))  # two sources that search


def test_later_proposals_of_a_source_weigh_less():
    chosen = verify(proposals("tiles", [(0.0, 0.0), (0.0, 50.0), (0.0, 100.0)]), UNIFORM)
    assert [p.lon for p in chosen] == [0.0, 50.0, 100.0]
    assert chosen[0].score - chosen[2].score == pytest.approx(np.log(3.0))


def test_no_source_forbids_a_place():
    aligned = np.full(cells.count(), -1e6, np.float32)
    aligned[0] = 0.0
    chosen = verify(proposals("tiles", [(0.0, 0.0), (0.0, 90.0)]), UNIFORM, aligned)
    assert np.isfinite([p.score for p in chosen]).all()


def test_nothing_proposed_and_places_off_the_earth():
    assert verify([], UNIFORM) == []
    assert verify(proposals("language_model", [(95.0, 0.0), (float("nan"), 1.0)]), UNIFORM) == []
