"""The queue of `earthloc catalogue compare` in the review: NASA's footprint is a candidate that can be chosen."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing

from qgis.PyQt.QtCore import Qt
from review_results import write_review_results
from test_review import canvas, open_window, press, results, settle  # noqa: F401  fixtures

from earthloc_qgis import settings


def run(*arguments) -> None:
    command = [settings.engine_command()[0], "catalogue", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_nasas_footprint_is_chosen_in_the_review(open_window, tmp_path):
    found = tmp_path / "found.gpkg"
    write_review_results(found, 3)
    run("from-results", found, "--out", tmp_path / "catalogue", "--skip-photos")
    entries = []
    with closing(sqlite3.connect(found)) as database:
        for number, (photo_id, text) in enumerate(database.execute("SELECT photo_id, localization FROM photos")):
            entry = dict(zip(("frames.mission", "frames.roll", "frames.frame"), photo_id.split("-"), strict=True))
            corners = json.loads(text)["corners"] or [[0, 0], [0, 1], [-1, 1], [-1, 0]]
            for name, (lat, lon) in zip(("ul", "ur", "lr", "ll"), corners, strict=True):
                entry[f"mlcoord.{name}_lat"], entry[f"mlcoord.{name}_lon"] = str(lat + 30 * (number == 1)), str(lon)
            entries.append(entry)
    (tmp_path / "nasa.json").write_text(json.dumps(entries))
    run("compare", tmp_path / "catalogue", tmp_path / "nasa.json", "--out", tmp_path / "compared", "--photos", tmp_path)

    queue = tmp_path / "compared" / "differing.gpkg"
    window = open_window(queue)
    assert window.controller.model.counts() == (0, 1)
    assert os.path.basename(window.controller.current) == "ISS043-E-101.jpg"
    assert window.controller.working.rank == 1
    assert "candidate 2" in window.controller.model.item(window.controller.current).message
    window.controller.choose(2)
    press(window, Qt.Key.Key_A)
    settle(window)
    with closing(sqlite3.connect(queue)) as database:
        ((decision, rank, index, text),) = database.execute(
            "SELECT decision, candidate_rank, index_name, localization FROM reviews"
        ).fetchall()
    assert (rank, index) == (2, "mlcoord")
    assert decision in ("accepted", "corrected")
    assert abs(json.loads(text)["corners"][0][0] - float(entries[1]["mlcoord.ul_lat"])) < 1e-4
    run("from-results", queue, "--out", tmp_path / "reviewed", "--skip-photos")
