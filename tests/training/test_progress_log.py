"""Output of a training: progress as bars or lines, curves of resumed runs, sheets of predictions."""

from __future__ import annotations

import csv

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.progress import ProgressBars
from training.training_log import TrainingLog, prediction_sheet


def test_without_a_terminal_each_stage_is_one_line(capsys):
    with ProgressBars() as bars:
        bars.show("imagery", 1, 1, "the mosaic m.tif")
        for done in range(3):
            bars.show("train", done, 3, "" if done == 0 else "loss 1.2")
    assert capsys.readouterr().err.splitlines() == ["imagery: the mosaic m.tif", "train: 3"]


def test_terminal_shows_a_bar_with_the_message(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with ProgressBars() as bars:
        for done in range(1, 4):
            bars.show("train", done, 3, f"loss {done}")
    shown = capsys.readouterr().err
    assert "train: 100%" in shown
    assert "loss 3" in shown
    assert "3/3" in shown


def test_only_the_main_process_shows_progress(capsys, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with ProgressBars() as bars:
        bars.show("train", 1, 3, "")
    assert capsys.readouterr().err == ""


def test_curve_continues_at_the_step_of_the_checkpoint(tmp_path):
    first = TrainingLog(tmp_path, ["loss", "recall_at_5"])
    for step in (10, 20, 30):
        first.scalars(step, {"loss": 1 / step})
    first.scalars(30, {"recall_at_5": 12.5})
    first.close()
    again = TrainingLog(tmp_path, ["loss", "recall_at_5"], step=20)  # the checkpoint is older than the curve
    again.scalars(30, {"loss": 0.5})
    again.close()
    with (tmp_path / "curve.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["10", "20", "30"]
    assert rows[0] == {"step": "10", "loss": "0.1", "recall_at_5": ""}
    assert rows[2]["loss"] == "0.5"
    TrainingLog(tmp_path, ["loss", "recall_at_5"]).close()  # a new run removes all rows
    with (tmp_path / "curve.csv").open() as file:
        assert not list(csv.DictReader(file))


def test_sheet_frames_correct_tiles_in_another_colour():
    photo, tile = (np.full((32, 32, 3), level, np.uint8) for level in (10, 200))
    sheet = prediction_sheet([(photo, [tile, tile], [True, False]), (photo, [tile], [False])])
    assert sheet.shape == (2 * 40, 3 * 40, 3)
    assert sheet[20, 20].tolist() == [10, 10, 10]
    right, wrong = sheet[20, 41].tolist(), sheet[20, 81].tolist()
    assert right[1] > right[0]
    assert wrong[0] > wrong[1]
    assert sheet[60, 100].tolist() == [0, 0, 0]  # the second photo has one tile
