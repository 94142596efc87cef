"""`earthloc passes`: results files in, footprints by the pass in them, and what it tells."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from orbit_kit import quick_orbit, two_lines, write_elements
from passes_kit import START, TILTED, answer_of, camera_at, draw, fixed, middle

from engine import geo, geopackage
from engine.answer import photo_facts, without_place
from engine.catalogue.columns import ELLIPSE
from engine.catalogue.parquet import read_rows
from engine.cli import main
from engine.contract.status import BY_PASS, LOCATED, NOT_FOUND
from engine.passes.solved import solve_pass
from engine.results import ResultsFile

SECONDS = [0.0, 33.0, 61.0, 94.0, 122.0]
LOCATED_ONES = (0, 2, 4)


def fill(folder: Path, located=LOCATED_ONES, held=fixed, model="imx477", prefix="frame") -> Path:
    """A results file with a pass."""
    rng = np.random.default_rng(5)
    results = ResultsFile(folder / "results.gpkg")
    for number, second in enumerate(SECONDS):
        photo = draw(folder / f"{prefix}{number}.jpg", second, model)
        answer = without_place(photo, NOT_FOUND, "")
        if number in located:
            answer = answer_of(photo, camera_at(second, held), rng)
        results.save(answer, photo_facts(photo))
    return results.path


def run(capsys, *arguments) -> list[dict]:
    """What the command tells as JSON."""
    assert main(["passes", *map(str, arguments), "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_frames_get_footprints_that_do_not_pretend_to_be_located(tmp_path, capsys):
    path = fill(tmp_path)
    (told,) = run(capsys, path)
    assert told["status"] == "solved"
    assert told["holding"] == "fixed"
    assert [Path(one["photo"]).name for one in told["predicted"] if one["given"]] == ["frame1.jpg", "frame3.jpg"]
    rows = {Path(row["photo"]).name: row for row in ResultsFile(path).rows()}
    assert [rows[f"frame{i}.jpg"]["status"] for i in range(5)] == [LOCATED, BY_PASS, LOCATED, BY_PASS, LOCATED]
    answer = rows["frame1.jpg"]["localization"]
    assert answer["confidence"] is None
    assert answer["pose"] is None
    assert answer["tie_points"] == []
    assert answer["by_pass"]["probability"] == 0.9
    assert geo.distance_km(*middle(camera_at(33.0)), *answer["center"]) < 10.0
    assert "By the pass, not located" in answer["message"]
    with sqlite3.connect(path) as con:
        found = con.execute("SELECT photo, ellipse_major_km FROM footprints ORDER BY photo").fetchall()
    assert [(name, major is not None) for name, major in found] == [(f"frame{i}.jpg", i in (1, 3)) for i in range(5)]


def test_a_catalogue_of_them_keeps_the_status_and_the_ellipse(tmp_path, capsys):
    path = fill(tmp_path)
    (told,) = run(capsys, path)
    assert main(["catalogue", "from-results", str(path), "--out", str(tmp_path / "catalogue"), "--skip-photos"]) == 0
    rows = {row["photo"]: row for row in read_rows(tmp_path / "catalogue")}
    assert {name: row["status"] for name, row in rows.items()} == {
        f"frame{i}.jpg": BY_PASS if i in (1, 3) else LOCATED for i in range(5)
    }
    ellipses = {Path(one["photo"]).name: [one[name] for name in ELLIPSE] for one in told["predicted"] if one["given"]}
    assert {name: [rows[name][column] for column in ELLIPSE] for name in ellipses} == ellipses
    assert rows["frame0.jpg"][ELLIPSE[0]] is None


def test_a_photo_that_is_located_meanwhile_keeps_that(tmp_path, capsys, monkeypatch):
    path = fill(tmp_path)
    photo = tmp_path / "frame1.jpg"

    def solved_while_another_locates(*given):
        found = solve_pass(*given)
        answer = answer_of(photo, camera_at(33.0, fixed), np.random.default_rng(6))
        ResultsFile(path).save(answer, photo_facts(photo))
        return found

    monkeypatch.setattr("engine.passes.results.solve_pass", solved_while_another_locates)
    (told,) = run(capsys, path)
    assert ResultsFile(path).localization(photo)["status"] == LOCATED
    assert [Path(one["photo"]).name for one in told["predicted"] if one["given"]] == ["frame3.jpg"]


def test_a_second_run_changes_nothing_and_a_pass_without_its_frames_takes_footprints_back(tmp_path, capsys):
    path = fill(tmp_path)
    run(capsys, path)
    first = ResultsFile(path).localization(tmp_path / "frame1.jpg")
    run(capsys, path)
    assert ResultsFile(path).localization(tmp_path / "frame1.jpg") == first
    ResultsFile(path).remove([tmp_path / f"frame{i}.jpg" for i in (0, 2)])
    (told,) = run(capsys, path)
    assert told["status"] == "one_located"
    again = ResultsFile(path).localization(tmp_path / "frame1.jpg")
    assert again["status"] == NOT_FOUND
    assert again["footprint"] is None


def test_orbit_limit_and_leaving_one_out(tmp_path, capsys):
    path = fill(tmp_path)
    orbit = write_elements(tmp_path / "station.tle")
    (told,) = run(capsys, path, "--orbit", orbit, "--leave-one-out", "--max-ellipse-km", "0.5", "--dry-run")
    assert told["orbit"] == "given"
    assert abs(told["clock_offset_s"]) < 2.0
    assert told["leave_one_out"]["photos"] == 3
    assert not any(one["given"] for one in told["predicted"])
    assert {row["status"] for row in ResultsFile(path).rows()} == {LOCATED, NOT_FOUND}
    assert main(["passes", str(path), "--max-ellipse-km", "0.5"]) == 0
    assert "no footprint; nadir" in capsys.readouterr().out


def test_an_old_orbit_is_told_and_the_photos_give_it(tmp_path, capsys):
    path = fill(tmp_path)
    old = write_elements(tmp_path / "old.tle", two_lines(START.replace(year=2019)))
    (told,) = run(capsys, path, "--orbit", old)
    assert told["orbit"] == "photos"
    assert "instead of the file" in told["message"]
    assert sum(one["given"] for one in told["predicted"]) == 2


def test_cameras_of_two_models_are_two_passes(tmp_path, capsys):
    fill(tmp_path)
    path = fill(tmp_path, (1, 3), lambda s: np.radians([-20.0, 5.0, 80.0]), "ov5647", "other")
    told = run(capsys, path)
    assert sorted((one["camera"], one["status"], one["located"]) for one in told) == [
        ("imx477", "solved", 3),
        ("ov5647", "solved", 2),
    ]


def test_reviewed_photos_stay_as_they_are(tmp_path, capsys):
    path = fill(tmp_path)
    con = geopackage.connect(path)
    con.execute("UPDATE footprints SET review = 'rejected' WHERE photo = 'frame4.jpg'")
    con.close()
    (told,) = run(capsys, path)
    assert told["located"] == 2
    assert ResultsFile(path).localization(tmp_path / "frame4.jpg")["status"] == LOCATED


def test_photos_without_a_time_or_that_vanished_are_counted(tmp_path, capsys):
    path = fill(tmp_path)
    (tmp_path / "frame0.jpg").unlink()
    from PIL import Image

    Image.new("RGB", (100, 80)).save(tmp_path / "timeless.jpg")
    ResultsFile(path).save(without_place(tmp_path / "timeless.jpg", NOT_FOUND, ""))
    assert main(["passes", str(path)]) == 0
    out = capsys.readouterr().out
    assert "2 photos belong to no pass" in out
    assert "2 located" in out


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_a_file_without_passes_is_refused(tmp_path, capsys, kind):
    path = tmp_path / "results.gpkg"
    if kind == "empty":
        ResultsFile(path).prepare()
    assert main(["passes", str(path)]) == 3
    assert "results.gpkg" in capsys.readouterr().err


def test_the_kit_flies_the_orbit_of_the_elements():
    assert np.degrees(TILTED[0]) == pytest.approx(9.0)
    assert np.allclose(camera_at(0.0).eye, quick_orbit().state(START).position_km)
