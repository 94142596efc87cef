"""How the sources of a probability over the cells are fitted, on examples made by hand."""

import json

import numpy as np
import pytest

from engine import geo
from engine.errors import UsageError
from engine.voting.poses import Pose
from engine.where import cells, prior
from engine.where.estimator import Estimator, Expert
from engine.where.evidence import Evidence
from engine.where.sources import Kernels, VotesSource, vote_places

pytest.importorskip("torch")
from training.where.ensemble import densities, fit, write
from training.where.examples import Example
from training.where.kernels import fit_kernels, log_probability

NO_PIXELS = np.zeros((8, 8, 3), np.uint8)


class Told:
    """A source that is told the place for some photos, and another place for the rest."""

    def __init__(self, name: str, right: float, seed: int) -> None:
        self.name = name
        self._right, self._rng = right, np.random.default_rng(seed)

    def log_density(self, evidence: Evidence) -> np.ndarray:
        lat, lon = evidence.nadir
        if self._rng.random() > self._right:
            lat, lon = self._rng.uniform(-50, 50), self._rng.uniform(-180, 180)
        return np.log(np.exp(-0.5 * (geo.distance_km(*cells.centers(), lat, lon) / 300.0) ** 2) + 1e-3)


def examples(count: int) -> list[Example]:
    rng = np.random.default_rng(3)
    places = [(float(rng.uniform(10, 55)), float(rng.uniform(0, 100))) for _ in range(count)]
    return [Example(Evidence(NO_PIXELS, nadir=place), place, str(at)) for at, place in enumerate(places)]


def test_a_source_that_is_right_counts_more_than_one_that_is_not() -> None:
    estimator = Estimator([Expert(Told("good", 0.95, 1), 1.0), Expert(Told("noise", 0.0, 2), 1.0)])
    found = [densities(example, estimator) for example in examples(30)]
    fitted = fit(found, ["good", "noise"])
    assert fitted.exponents["good"] > 2 * fitted.exponents["noise"]
    alone = fit([type(one)(one.sources[:1], one.cell) for one in found], ["good"])
    assert fitted.log_probability >= alone.log_probability - 0.1
    before = np.mean([np.log(prior.orbit_probability()[one.cell]) for one in found])
    assert fitted.log_probability > before + 3.0


@pytest.mark.parametrize("shows_nothing", [False, True])
def test_gradient_of_the_fit_is_that_of_the_likelihood(shows_nothing) -> None:
    from training.where.ensemble import _loss_of

    estimator = Estimator([Expert(Told("a", 0.5, 1), 1.0), Expert(Told("b", 0.5, 2), 1.0)])
    one = densities(examples(1)[0], estimator)
    if shows_nothing:
        one = type(one)(one.sources, None)
    at = np.array([0.7, 0.4, 0.05])
    _, slope = _loss_of(one, at[:2], at[2])
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = 1e-3
        above, below = (_loss_of(one, moved[:2], moved[2])[0] for moved in (at + step, at - step))
        assert (above - below) / 2e-3 == pytest.approx(slope[axis], rel=0.02, abs=1e-3)


def test_photos_that_show_nothing_make_the_answer_less_certain() -> None:
    estimator = Estimator([Expert(Told("a", 1.0, 1), 1.0)])
    found = [densities(example, estimator) for example in examples(20)]
    nothing = [type(one)(one.sources, None) for one in found]
    certain = fit(found, ["a"])
    careful = fit([*found, *nothing], ["a"])
    assert careful.wrong > certain.wrong or careful.exponents["a"] < certain.exponents["a"]


def test_nothing_to_fit_on_is_an_error() -> None:
    with pytest.raises(UsageError, match="no photos"):
        fit([], ["tiles"])
    with pytest.raises(UsageError, match="votes"):
        fit_kernels("votes", examples(2))


def test_kernels_are_fitted_to_how_far_votes_are_off() -> None:
    rng = np.random.default_rng(4)
    found = []
    for _ in range(60):
        lat, lon = float(rng.uniform(10, 50)), float(rng.uniform(0, 100))
        east, north = rng.normal(0, 90.0, 2)  # km; 0.3 of the width
        there = geo.LocalFrame(lat, lon).to_lat_lon([east], [north])
        right = Pose(float(there[0][0]), float(there[1][0]), 300.0, 0.0, 30.0, 50)
        wrong = [Pose(*rng.uniform(-50, 50, 2), 300.0, 0.0, float(z), 9) for z in rng.uniform(3, 6, 20)]
        found.append(Example(Evidence(NO_PIXELS, poses=[right, *wrong]), (lat, lon), "a"))
    kernels, mean = fit_kernels("votes", found)
    assert kernels.bandwidth == pytest.approx(0.3, rel=0.25)
    assert mean > -6.0
    narrow = Kernels(kernels.count, kernels.gain, kernels.background, 0.14)
    places = [(vote_places(one.evidence), one.place) for one in found]
    assert np.mean([log_probability(narrow, *one) for one in places]) < mean


def test_log_probability_of_kernels_is_that_of_the_distribution() -> None:
    evidence = Evidence(NO_PIXELS, poses=[Pose(45.0, 10.0, 900.0, 0.0, 9.0, 40), Pose(-20.0, 30.0, 900.0, 0.0, 5.0, 9)])
    kernels = Kernels(10, 4.0, 5.0, 0.3)
    found = Estimator([Expert(VotesSource(kernels), 1.0)]).estimate(evidence).distribution
    for place in ((45.5, 11.0), (44.0, 14.0), (10.0, 20.0)):
        assert found.log_probability_at(*place) == pytest.approx(
            log_probability(kernels, vote_places(evidence), place), abs=0.1
        )


def test_exponents_are_written_into_the_card(tmp_path) -> None:
    card = {"sources": {"good": {"settings": {"exponent": 1.0}}, "noise": {"settings": {}}}}
    (tmp_path / "where.json").write_text(json.dumps(card))
    estimator = Estimator([Expert(Told("good", 1.0, 1), 1.0), Expert(Told("noise", 0.0, 2), 1.0)])
    fitted = fit([densities(example, estimator) for example in examples(4)], ["good", "noise"])
    write(tmp_path, fitted)
    written = json.loads((tmp_path / "where.json").read_text())
    assert {name: one["settings"]["exponent"] for name, one in written["sources"].items()} == fitted.exponents
    assert written["wrong"] == fitted.wrong
