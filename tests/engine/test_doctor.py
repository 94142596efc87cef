"""`earthloc doctor`: a healthy installation, damaged ones, and a report without paths."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

import engine.resources
import engine.retrieval.model
from engine import doctor
from engine.cli import main
from engine.resources import resources_folder


@pytest.fixture
def state(tmp_path, monkeypatch) -> Path:
    """Folder for log and cache."""
    folder = tmp_path / "state é"
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    return folder


@pytest.fixture
def resources(tmp_path, monkeypatch) -> Path:
    """A copy of the resources that a test may damage."""
    folder = tmp_path / "resources"
    for name in ("models/earthloc-default", "indexes"):
        shutil.copytree(resources_folder() / name, folder / name)
    for module in (engine.resources, doctor, engine.retrieval.model):
        monkeypatch.setattr(module, "resources_folder", lambda: folder)
    return folder


def problems(report: doctor.Report) -> dict[str, doctor.Check]:
    return {check.name: check for check in report.checks if not check.ok}


def test_healthy_installation_has_no_problems(earthloc):
    done = earthloc("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "No problems."
    assert all(line.startswith("OK") for line in done.stdout.splitlines()[:-1])


def test_json_report_has_versions_and_no_paths(earthloc):
    done = earthloc("doctor", "--json")
    report = json.loads(done.stdout)
    assert report["ok"] is True
    found = {check["name"]: check["found"] for check in report["checks"]}
    for name in ("engine", "memory", "numpy", "onnxruntime", "faiss", "opencv", "model", "index world", "log folder"):
        assert found[name]
    assert "GDAL" in found["rasterio"]
    assert "Python 3." in found["engine"]
    for private in (str(Path.home()), str(resources_folder()), sys.prefix):
        assert private not in done.stdout
    assert str(resources_folder()) in earthloc("doctor", "--json", "--paths").stdout


def test_damaged_files_are_named_with_what_to_do(state, resources, capsys):
    model = resources / "models" / "earthloc-default" / "earthloc-default.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"!")
    mosaic = resources / "indexes" / "bluemarble_2004-08_1223m.tif"
    mosaic.unlink()
    assert main(["doctor"]) == doctor.EXIT_PROBLEM
    words = capsys.readouterr().out
    assert "PROBLEM model: earthloc-default.onnx does not match the sha256 in its card" in words
    assert "PROBLEM imagery of world: bluemarble_2004-08_1223m.tif is missing" in words
    assert "What to do: get the model package again." in words
    assert words.endswith("2 problems.\n")
    assert str(resources) not in words


def test_deep_check_finds_a_changed_byte(state, resources):
    descriptors = resources / "indexes" / "world" / "descriptors.i8"
    with descriptors.open("r+b") as file:
        file.seek(1000)
        file.write(b"\x55\xaa\x55\xaa")
    assert not problems(doctor.examine())
    (check,) = problems(doctor.examine(deep=True)).values()
    assert check.name == "index world"
    assert check.found == "descriptors.i8 is damaged (its checksum differs)"
    assert check.path == str(descriptors)


def test_missing_index_is_a_problem(state, resources):
    shutil.rmtree(resources / "indexes" / "world")
    assert problems(doctor.examine())["index"].found == "none is included"


def test_library_that_does_not_load_is_a_problem(state, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    check = problems(doctor.examine())["faiss"]
    assert check.found == "is missing"
    assert check.hint


def test_folder_that_cannot_be_written_is_a_problem(state, monkeypatch):
    state.write_text("a file where the folder should be")
    found = problems(doctor.examine())
    assert set(found) == {"log folder", "cache folder"}
    assert found["log folder"].path.startswith(str(state))
    assert str(state) not in found["log folder"].found


def test_little_memory_is_a_problem(state, monkeypatch):
    monkeypatch.setattr(doctor, "_total_memory_gb", lambda: 1.0)
    assert problems(doctor.examine())["memory"].found == "1.0 GB"
