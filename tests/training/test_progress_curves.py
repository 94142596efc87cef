"""What a training shows: bars or lines of progress, curves that go on where a run does, sheets of predictions."""

from __future__ import annotations

import csv

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.curves import TrainingLog, prediction_sheet
from training.progress import ProgressBars


def test_elsewhere_than_on_a_terminal_each_stage_is_a_line(capsys):
    with ProgressBars() as bars:
        bars.show("imagery", 1, 1, "the mosaic m.tif")
        for done in range(3):
            bars.show("train", done, 3, "" if done == 0 else "loss 1.2")
    assert capsys.readouterr().err.splitlines() == ["imagery: the mosaic m.tif", "train: 3"]


def test_a_terminal_has_a_bar_with_what_is_told(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with ProgressBars() as bars:
        for done in range(1, 4):
            bars.show("train", done, 3, f"loss {done}")
    shown = capsys.readouterr().err
    assert "train: 100%" in shown
    assert "loss 3" in shown
    assert "3/3" in shown


def test_of_several_processes_the_first_alone_shows_anything(capsys, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with ProgressBars() as bars:
        bars.show("train", 1, 3, "")
    assert capsys.readouterr().err == ""


def test_a_curve_goes_on_where_the_run_does(tmp_path):
    first = TrainingLog(tmp_path, ["loss", "recall_at_5"])
    for step in (10, 20, 30):
        first.scalars(step, {"loss": 1 / step})
    first.scalars(30, {"recall_at_5": 12.5})
    first.close()
    again = TrainingLog(tmp_path, ["loss", "recall_at_5"], step=20)  # the checkpoint was older than the curve
    again.scalars(30, {"loss": 0.5})
    again.close()
    with (tmp_path / "curve.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["10", "20", "30"]
    assert rows[0] == {"step": "10", "loss": "0.1", "recall_at_5": ""}
    assert rows[2]["loss"] == "0.5"
    TrainingLog(tmp_path, ["loss", "recall_at_5"]).close()  # a run that starts anew has nothing to keep
    with (tmp_path / "curve.csv").open() as file:
        assert not list(csv.DictReader(file))


def test_a_sheet_frames_what_is_right_in_another_colour():
    photo, tile = (np.full((32, 32, 3), level, np.uint8) for level in (10, 200))
    sheet = prediction_sheet([(photo, [tile, tile], [True, False]), (photo, [tile], [False])])
    assert sheet.shape == (2 * 40, 3 * 40, 3)
    assert sheet[20, 20].tolist() == [10, 10, 10]
    right, wrong = sheet[20, 41].tolist(), sheet[20, 81].tolist()
    assert right[1] > right[0]
    assert wrong[0] > wrong[1]
    assert sheet[60, 100].tolist() == [0, 0, 0]  # the second photo has one tile
