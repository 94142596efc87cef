"""The sources of a where package, opened for an engine, and what is left out of them."""

import json
import shutil

import numpy as np
import pytest

from engine.contract.messages import in_words
from engine.errors import ModelError
from engine.resources import resources_folder
from engine.where import prior
from engine.where.estimator import Estimator, Expert
from engine.where.evidence import Evidence
from engine.where.opening import open_estimator
from engine.where.sources import Kernels, VotesSource

NOTHING = Evidence(np.zeros((64, 64, 3), np.uint8))
KERNELS = {"count": 100, "gain": 8.0, "background": 15.0, "bandwidth": 0.1, "exponent": 0.5}


@pytest.fixture
def package(tmp_path):
    """package(sources) writes a where package of these entries and opens it."""

    def write(sources: dict, models=frozenset(), **card) -> Estimator:
        fields = {"format": 1, "name": "n", "version": "1", "license": "l", "origin": "o", "sources": sources, **card}
        (tmp_path / "where.json").write_text(json.dumps(fields), encoding="utf-8")
        return open_estimator.__wrapped__(models, tmp_path)

    return write


def test_the_shipped_package_opens_for_the_shipped_model() -> None:
    from engine.retrieval.model import ModelPackage

    estimator = open_estimator(frozenset({ModelPackage.open().photo_sha256}))
    assert estimator.left_out == []
    assert {"tiles", "votes", "nadir", "daylight"} <= {expert.source.name for expert in estimator.experts}
    files = [file.stat().st_size for file in (resources_folder() / "where").iterdir()]
    assert sum(files) <= 30_000_000


def test_sources_of_another_model_are_left_out_by_name() -> None:
    estimator = open_estimator(frozenset({"0" * 64}))
    assert {"tiles", "votes"} <= {expert.source.name for expert in estimator.experts}
    for left in estimator.left_out:
        assert "for another model" in left["reason"]


def test_settings_of_a_source_are_read(package) -> None:
    estimator = package({"votes": {"kind": "votes", "settings": KERNELS}}, wrong=0.05)
    assert estimator.experts == [Expert(VotesSource(Kernels(100, 8.0, 15.0, 0.1)), 0.5)]
    assert estimator.wrong == 0.05


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"kind": "oracle"}, "unknown kind oracle"),
        ({"kind": "votes", "settings": {**KERNELS, "gain": "much"}}, "gain"),
        ({"kind": "votes", "settings": {**KERNELS, "count": 0}}, "count"),
        ({"kind": "votes", "settings": {**KERNELS, "exponent": -1}}, "exponent"),
        ({"kind": "votes", "settings": 3}, "settings"),
        ({"kind": "gallery", "model_sha256": "x"}, "model_sha256"),
    ],
)
def test_a_source_that_cannot_be_used_is_left_out_by_name(package, entry, why) -> None:
    estimator = package({"bad": entry, "nadir": {"kind": "nadir"}})
    assert [expert.source.name for expert in estimator.experts] == ["nadir"]
    [left] = estimator.left_out
    assert left["source"] == "bad"
    assert why in left["reason"]
    assert in_words(left["message_id"], left["message_params"], "") == left["reason"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 99}', '{"format": 1}'])
def test_without_a_package_the_answer_is_the_prior_and_says_so(tmp_path, monkeypatch, text) -> None:
    (tmp_path / "where").mkdir()
    (tmp_path / "where" / "where.json").write_text(text)
    with pytest.raises(ModelError):
        open_estimator.__wrapped__(frozenset(), tmp_path / "where")  # a package that somebody chose
    monkeypatch.setattr("engine.where.package.resources_folder", lambda: tmp_path)
    found = open_estimator.__wrapped__(frozenset()).estimate(NOTHING)
    assert found.distribution.probability.ravel() == pytest.approx(prior.orbit_probability())
    assert [left["source"] for left in found.left_out] == ["all"]


def test_a_missing_file_leaves_out_its_source_only(tmp_path) -> None:
    from engine.retrieval.model import ModelPackage

    shutil.copytree(resources_folder() / "where", tmp_path / "where")
    files = [file for file in (tmp_path / "where").iterdir() if file.suffix in (".onnx", ".npy")]
    for file in files:
        file.unlink()
    estimator = open_estimator.__wrapped__(frozenset({ModelPackage.open().photo_sha256}), tmp_path / "where")
    assert {"tiles", "votes", "nadir", "daylight"} == {expert.source.name for expert in estimator.experts}
    assert bool(estimator.left_out) == bool(files)


def test_a_source_that_fails_on_a_photo_is_left_out_of_its_answer() -> None:
    class Failing:
        name = "failing"

        def log_density(self, evidence):
            raise ModelError("head.onnx", "does not fit its trunk", "get the where package again")

    found = Estimator([Expert(Failing(), 1.0)]).estimate(NOTHING)
    assert found.left_out[0]["source"] == "failing"
    assert "head.onnx" in found.left_out[0]["reason"]
