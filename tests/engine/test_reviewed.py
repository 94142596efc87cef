"""Photos that a review decided on are left alone when photos are located again, at every door of the engine."""

import json
import sqlite3
from contextlib import closing

import pytest

from engine import geopackage
from engine.results import ResultsFile
from tests.engine.test_results import check_intact, decide, localization, query
from tests.engine.test_service import localize_params, service  # noqa: F401  a fixture

LATER = "2999-01-01T00:00:00Z"  # than anything is located here
ONE_HISTORY = "SELECT decision, reviewer, localization FROM reviews ORDER BY fid"


def mark(results, photo, decision, message="coast fits"):
    """The photo's footprint gets the columns that the plugin fills."""
    with closing(geopackage.connect(results.path)) as con:
        con.execute(
            "UPDATE footprints SET review = ?, reviewer = 'Ada', reviewed_at = ?, message = ? WHERE photo = ?",
            (decision, LATER, message, results.key(photo)),
        )


def correct(results, photo, lat=12.0):
    """A photo that somebody corrected by hand, as the plugin writes it."""
    found = {**localization(photo, lat=lat), "message": "placed by hand"}
    decide(results, photo, "corrected", LATER, found)
    mark(results, photo, "corrected", "placed by hand")


def dump(path):
    with sqlite3.connect(path) as con:
        return [line for line in con.iterdump() if "last_change" not in line]


@pytest.mark.parametrize("status", ["uncertain", "not_found"])
@pytest.mark.parametrize("decision", ["corrected", "accepted", "rejected", "unsure", "not_land", "cloud", "night"])
def test_every_decision_is_kept(tmp_path, status, decision):
    results, photo = ResultsFile(tmp_path / "results.gpkg"), tmp_path / "a.jpg"
    found = localization(photo, status, candidates=3 if status == "uncertain" else 0)
    assert results.save(found)
    assert results.reviewed(photo) is None
    decide(results, photo, decision, LATER)
    mark(results, photo, decision)
    before = dump(results.path)
    assert results.reviewed(photo) == found
    assert not results.save(localization(photo, lat=20.0))
    assert dump(results.path) == before
    assert results.save(localization(tmp_path / "b.jpg"))


def test_an_undone_decision_protects_nothing(tmp_path):
    results, photo = ResultsFile(tmp_path / "results.gpkg"), tmp_path / "a.jpg"
    results.save(localization(photo))
    correct(results, photo)
    decide(results, photo, "unreviewed", LATER, localization(photo))
    mark(results, photo, "unreviewed")
    assert results.reviewed(photo) is None
    assert results.save(localization(photo, lat=20.0))


def test_including_reviewed_photos_keeps_the_reviewed_localization_in_the_history(tmp_path):
    """Also of photos that were accepted many at a time, whose rows in the history name no localization."""
    results, photo = ResultsFile(tmp_path / "results.gpkg"), tmp_path / "a.jpg"
    first = localization(photo, lat=12.0)
    results.save(first)
    decide(results, photo, "accepted", LATER)
    mark(results, photo, "accepted")
    assert results.save(localization(photo, lat=20.0), include_reviewed=True)
    assert query(results.path, "SELECT review, round(center_lat) FROM footprints") == [("unreviewed", 20.0)]
    rows = query(results.path, ONE_HISTORY)
    assert [row[:2] for row in rows] == [("accepted", "Ada")] * 2
    assert json.loads(rows[1][2]) == first
    check_intact(results.path)


def test_a_decision_with_a_localization_is_in_the_history_once(tmp_path):
    results, photo = ResultsFile(tmp_path / "results.gpkg"), tmp_path / "a.jpg"
    results.save(localization(photo))
    correct(results, photo)
    assert results.save(localization(photo, lat=20.0), include_reviewed=True)
    assert len(query(results.path, ONE_HISTORY)) == 1


def test_a_file_without_results_holds_no_reviews(tmp_path):
    assert ResultsFile(tmp_path / "none.gpkg").reviewed(tmp_path / "a.jpg") is None
    sqlite3.connect(tmp_path / "other.gpkg").execute("CREATE TABLE roads (fid INTEGER)")
    assert ResultsFile(tmp_path / "other.gpkg").reviewed(tmp_path / "a.jpg") is None


# -- the doors ----------------------------------------------------------------------------------------


@pytest.fixture
def corrected(photo, tmp_path):
    """Results in which `photo` was corrected by hand."""
    results = ResultsFile(tmp_path / "results.gpkg")
    results.save(localization(photo))
    correct(results, photo)
    return results


def footprint(results):
    return query(results.path, "SELECT review, message FROM footprints")


def test_the_service_skips_them(service, photo, small_index_folder, corrected):  # noqa: F811
    params = localize_params(photo, small_index_folder, out=str(corrected.path))
    answer = service.call(1, "localize", params)["result"]
    assert answer["skipped"] is True
    assert (answer["saved_to"], answer["save_error"]) == (None, None)
    assert (answer["photo"], answer["message"]) == (str(photo), "placed by hand")
    assert footprint(corrected) == [("corrected", "placed by hand")]
    again = service.call(2, "localize", {**params, "include_reviewed": True})["result"]
    assert "skipped" not in again
    assert again["saved_to"] == str(corrected.path)
    assert footprint(corrected)[0][0] == "unreviewed"


def test_the_service_does_not_register_over_them(service, photo, land_raster, corrected):  # noqa: F811
    params = {"photo": str(photo), "at": [44.0, 5.0], "width_km": 300.0, "imagery": str(land_raster)}
    error = service.call(1, "register", {**params, "out": str(corrected.path)})["error"]
    assert (error["data"]["kind"], error["data"]["path"]) == ("output", str(corrected.path))
    assert photo.name in error["message"]
    assert footprint(corrected) == [("corrected", "placed by hand")]


def test_the_command_skips_them_and_says_how_many(earthloc, photo, small_index_folder, corrected, tmp_path):
    other = tmp_path / "b.jpg"
    other.write_bytes(photo.read_bytes())
    command = ("localize", photo, other, "--index", small_index_folder, "--out", corrected.path, "--no-register")
    done = earthloc(*command)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{photo}: skipped" in done.stdout
    assert "2 photos: 1 skipped, 1 uncertain" in done.stdout
    assert "--include-reviewed" in done.stdout
    assert ("corrected", "placed by hand") in footprint(corrected)
    answers = [json.loads(line) for line in earthloc(*command, "--json").stdout.splitlines()]
    assert [(answer["photo"], answer.get("skipped", False)) for answer in answers] == [
        (str(photo), True), (str(other), False)
    ]  # fmt: skip
    done = earthloc(*command, "--include-reviewed")
    assert "skipped" not in done.stdout
    assert [row[0] for row in footprint(corrected)] == ["unreviewed", "unreviewed"]


def test_the_command_does_not_register_over_them(earthloc, photo, land_raster, corrected):
    command = ("register", photo, "--at", "44,5", "--width-km", "300", "--imagery", land_raster, "--out")
    done = earthloc(*command, corrected.path)
    assert done.returncode == 5
    assert done.stderr.startswith(f"earthloc: {corrected.path}: holds what a review decided on {photo.name}")
    assert footprint(corrected) == [("corrected", "placed by hand")]
    assert earthloc(*command, corrected.path, "--include-reviewed").returncode == 0
