"""`earthloc run` on a Dask cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.localize import Localizer
from engine.run import cluster as cluster_module
from engine.run import locate
from engine.run.setting import Setting
from tests.engine.run_kit import files_of, night_photo, night_photos, rows_of, run

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp://"
    ) as cluster:
        yield cluster


@pytest.fixture
def arguments(tmp_path, small_index_folder, cluster):
    folder = night_photos(tmp_path / "photos", 8)
    index = ("--index", small_index_folder, "--no-register")
    return (folder, "--out", tmp_path / "c", *index, "--scheduler", cluster.scheduler_address)


@pytest.mark.realdata
def test_one_computer_and_a_cluster_give_the_same_bytes(tmp_path, capsys, cluster, data_folder):
    folder = night_photos(tmp_path / "photos", 30)
    (folder / "real.jpg").symlink_to(data_folder / "photos" / "astropi_hq_015.jpg")
    for out, where in (("a", ("--jobs", "1")), ("b", ("--scheduler", cluster.scheduler_address))):
        code, events, errors = run(capsys, folder, "--out", tmp_path / out, *where)
        assert (code, errors) == (0, "")
        assert events[-1]["statuses"] == {"located": 1, "not_found": 30}
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    located = rows_of(tmp_path / "a")[0]
    told = "sha256 file_bytes width_px taken_at camera focal_length_mm lat4 sd_km nadir_lat camera_lat tilt_deg inliers"
    told += " cloud_percent sun_elevation_deg index_name tile model model_sha256 imagery engine geometry"
    assert [name for name in told.split() if located[name] is None] == []
    assert abs(located["center_lat"] - 37.5) < 0.2


def test_file_that_vanishes_while_it_is_read(arguments, capsys, monkeypatch):
    folder = arguments[0]
    read = locate._read

    def vanish(path):
        found = read(path)
        Path(path).unlink(missing_ok=Path(path).name in ("00003.png", "00004.png"))
        return found

    monkeypatch.setattr(locate, "_read", lambda path: vanish(path) if path[-5] in "34" else read(path))
    code, events, _ = run(capsys, *arguments)
    assert code == 3
    assert [(one["reason"], one["photos"]) for one in events[-1]["failures"]] == [("photo.missing", 2)]
    assert events[-1]["tried_again"] == [{"reason": "photo.missing", "tries": 4}]
    assert len(rows_of(arguments[2])) == 8
    for number in (3, 4):
        night_photo(folder / f"pass{number % 3}" / f"{number:05d}.png", number)
    monkeypatch.setattr(locate, "_read", read)
    code, events, _ = run(capsys, *arguments, "--retry", "all")
    assert (code, events[-1]["statuses"]) == (0, {"not_found": 8})


def test_bug_in_one_photo_does_not_stop_the_others(arguments, capsys, monkeypatch):
    localize = Localizer.localize

    def buggy(self, query, *args, **options):
        if query.photo.name == "00005.png":
            raise ZeroDivisionError("division by zero")
        return localize(self, query, *args, **options)

    monkeypatch.setattr(Localizer, "localize", buggy)
    code, events, _ = run(capsys, *arguments)
    assert code == 3
    assert [(one["reason"], one["such_as"]) for one in events[-1]["failures"]] == [("run.bug", "pass2/00005.png")]
    assert "ZeroDivisionError: division by zero" in next(
        row["message"] for row in rows_of(arguments[2]) if row["photo"] == "pass2/00005.png"
    )


def test_cluster_with_another_index_is_refused(arguments, capsys, monkeypatch):
    class Other(locate.Locator):
        def __init__(self, setting: Setting) -> None:
            super().__init__(setting)
            self.identity = {**self.identity, "index": [["another", "00"]]}

    locate._opened.cache_clear()
    monkeypatch.setattr(cluster_module, "locator", Other)
    code, _, errors = run(capsys, *arguments)
    assert code == 3
    assert "a Dask worker has another index than this computer; give all of them the same files" in errors


def test_cluster_that_is_lost_is_told_and_the_run_goes_on_elsewhere(tmp_path, capsys, small_index_folder, monkeypatch):
    monkeypatch.setattr(cluster_module, "_AHEAD", 4)
    monkeypatch.setitem(dask.config.config["distributed"]["comm"]["timeouts"], "connect", "1s")
    folder = night_photos(tmp_path / "photos", 30)
    arguments = (folder, "--out", tmp_path / "c", "--index", small_index_folder, "--no-register")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp://"
    ) as lost:
        there = locate.Locator.locate
        seen = []

        def locate_some(self, job):
            seen.append(job)
            if len(seen) == 10:
                lost.loop.add_callback(lost.scheduler.close)
            return there(self, job)

        monkeypatch.setattr(locate.Locator, "locate", locate_some)
        code, _, errors = run(capsys, *arguments, "--scheduler", lost.scheduler_address)
    assert code == 3
    assert "the Dask cluster failed" in errors
    assert "give the same command again" in errors
    monkeypatch.setattr(locate.Locator, "locate", there)
    code, events, _ = run(capsys, *arguments, "--jobs", "1")
    assert (code, events[-1]["statuses"]) == (0, {"not_found": 30})
    assert len(rows_of(tmp_path / "c")) == 30


def test_no_scheduler_is_told(arguments, capsys):
    code, _, errors = run(capsys, *arguments[:-1], "nonsense://x")
    assert code == 3
    assert "no Dask scheduler answers there" in errors
    assert os.listdir(arguments[2])  # the ledger has the photos already
