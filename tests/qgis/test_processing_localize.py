"""Locating photos and building indexes in Processing, with the real engine, also in a worker thread."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest
from conftest import PHOTO_CENTRES, wait_for
from processing_kit import Feedback, provider, rows, run  # noqa: F401  fixtures
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProject,
    QgsVectorLayer,
)
from sample_results import write_results

from earthloc_qgis import settings
from earthloc_qgis.processing import engine_run


def test_localize_photos_of_a_folder(run, real_photos, real_index, tmp_path):
    out = tmp_path / "Ergebnisse ü" / "results.gpkg"
    out.parent.mkdir()
    feedback = Feedback()
    folder = str(Path(real_photos[0]).parent)
    results = run("localize", {"FOLDER": folder, "INDEX": str(real_index), "TOP_K": 5, "OUTPUT": str(out)}, feedback)
    assert results["OUTPUT"] == str(out)
    assert results["PHOTO_COUNT"] == len(PHOTO_CENTRES)
    assert results["UNCERTAIN"] + results["NOT_FOUND"] == len(PHOTO_CENTRES)
    assert results["FAILED"] == results["LOCATED"] == 0
    assert feedback.highest == 100.0
    assert feedback.errors == []
    assert rows(out, "SELECT count(*), count(DISTINCT photo) FROM footprints") == [(6, 6)]
    assert rows(out, "SELECT max(rank), count(*) FROM candidates") == [(5, 30)]
    found = rows(out, "SELECT photo_id, center_lat, center_lon FROM footprints ORDER BY photo_id")
    right = sum(
        abs(lat - true[0]) < 1.2 and abs(lon - true[1]) < 1.6
        for (_, lat, lon), true in zip(found, PHOTO_CENTRES, strict=True)
    )
    assert right >= 4, found


def test_results_open_in_qgis_with_their_style(run, real_photos, real_index, tmp_path):
    out = tmp_path / "results.gpkg"
    run("localize", {"PHOTOS": real_photos[:1], "INDEX": str(real_index), "OUTPUT": str(out)})
    layer = QgsVectorLayer(f"{out}|layername=footprints", "plain", "ogr")
    assert layer.isValid()
    assert layer.renderer().type() == "RuleRenderer"
    assert layer.labelsEnabled()
    assert all(feature.geometry().isGeosValid() for feature in layer.getFeatures())


def test_unreadable_photos_are_reported_and_do_not_stop_the_others(run, real_photos, real_index, tmp_path):
    broken = tmp_path / "kaputt ü.jpg"
    broken.write_bytes(Path(real_photos[0]).read_bytes()[:500])
    feedback = Feedback()
    out = tmp_path / "results.gpkg"
    photos = [real_photos[0], str(broken), str(tmp_path / "gone.jpg"), real_photos[1]]
    results = run("localize", {"PHOTOS": photos, "INDEX": str(real_index), "OUTPUT": str(out)}, feedback)
    assert (results["PHOTO_COUNT"], results["FAILED"]) == (4, 2)
    table = "\n".join(feedback.errors)
    assert "2 of 4 photos failed" in table
    assert "kaputt ü.jpg | " in table
    assert "gone.jpg | " in table
    assert rows(out, "SELECT count(*) FROM footprints") == [(2,)]


def test_second_run_adds_to_the_results(run, real_photos, real_index, tmp_path):
    out = tmp_path / "results.gpkg"
    for photos in (real_photos[:2], real_photos[1:3]):
        run("localize", {"PHOTOS": photos, "INDEX": str(real_index), "OUTPUT": str(out)})
    assert rows(out, "SELECT count(*), count(DISTINCT photo) FROM footprints") == [(3, 3)]


def test_nadir_restricts_the_search(run, real_photos, real_index, tmp_path):
    out = tmp_path / "results.gpkg"
    lat, lon = PHOTO_CENTRES[1]
    run(
        "localize",
        {
            "PHOTOS": real_photos[1:2],
            "INDEX": str(real_index.parent),  # a folder of indexes
            "NADIR": f"{lon},{lat} [EPSG:4326]",
            "RADIUS_KM": 150,
            "OUTPUT": str(out),
        },
    )
    assert rows(out, "SELECT nadir_lat, nadir_lon FROM photos") == [(lat, lon)]
    assert rows(out, "SELECT max(nadir_distance_km) <= 150 FROM candidates") == [(1,)]


def test_index_chosen_in_the_panel_is_used_when_none_is_given(run, real_photos, real_index, tmp_path):
    out = tmp_path / "results.gpkg"
    with pytest.raises(QgsProcessingException, match="No index was given"):
        run("localize", {"PHOTOS": real_photos[:1], "OUTPUT": str(out)})
    settings.set_chosen_indexes([str(real_index)])
    run("localize", {"PHOTOS": real_photos[:1], "OUTPUT": str(out)})
    assert rows(out, "SELECT index_name FROM footprints") == [(real_index.name,)]


@pytest.mark.parametrize("given", [True, False])
def test_feature_extractor_is_passed_to_the_engine(run, fake_engine, monkeypatch, tmp_path, given):
    journal = tmp_path / "journal"
    monkeypatch.setattr(engine_run, "engine_command", lambda program: fake_engine("--journal", str(journal)))
    for name in ("index", "extractor"):
        (tmp_path / name).mkdir()
    chosen = {"MATCHER": str(tmp_path / "extractor")} if given else {}
    output = str(tmp_path / "results.gpkg")
    run("localize", {"PHOTOS": ["a.jpg"], "INDEX": str(tmp_path / "index"), "OUTPUT": output, **chosen})
    requests = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    (parameters,) = [request["params"] for request in requests if request["method"] == "localize"]
    assert parameters.get("matcher") == chosen.get("MATCHER")


def test_damaged_index_is_refused_with_its_name(run, real_photos, real_index, tmp_path):
    damaged = tmp_path / "damaged"
    shutil.copytree(real_index, damaged)
    manifest = json.loads((damaged / "index.json").read_text(encoding="utf-8"))
    manifest["format"] = 99
    (damaged / "index.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(QgsProcessingException, match="damaged"):
        run("localize", {"PHOTOS": real_photos[:1], "INDEX": str(damaged), "OUTPUT": str(tmp_path / "r.gpkg")})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"FOLDER": "nowhere"}, "there is no such folder"),
        ({}, "No photos were given"),
        ({"PHOTOS": ["a.jpg"], "INDEX": "nowhere"}, "there is no such index"),
        ({"PHOTOS": ["a.jpg"], "ENGINE": "nowhere"}, "there is no such program"),
    ],
)
def test_missing_input_is_reported(run, real_index, tmp_path, given, message):
    parameters = {"INDEX": str(real_index), "OUTPUT": str(tmp_path / "r.gpkg"), **given}
    with pytest.raises(QgsProcessingException, match=message):
        run("localize", parameters)


def test_missing_engine_is_reported(run, real_photos, real_index, tmp_path):
    settings.set_engine_setting(str(tmp_path / "gone"))
    with pytest.raises(QgsProcessingException, match="engine was not found"):
        run("localize", {"PHOTOS": real_photos[:1], "INDEX": str(real_index), "OUTPUT": str(tmp_path / "r.gpkg")})


def test_cancel_keeps_finished_photos(run, real_photos, real_index, tmp_path):
    feedback = Feedback()
    feedback.cancel_when = Path(real_photos[0]).name
    out = tmp_path / "results.gpkg"
    photos = real_photos + [str(_copy(real_photos[0], tmp_path / f"copy{i}.jpg")) for i in range(10)]
    results = run("localize", {"PHOTOS": photos, "INDEX": str(real_index), "OUTPUT": str(out)}, feedback)
    done = rows(out, "SELECT count(*) FROM photos")[0][0]
    assert 1 <= done < len(photos)
    assert results["UNCERTAIN"] + results["NOT_FOUND"] == done
    assert any("cancelled" in line for line in feedback.lines)


def _copy(source, target) -> Path:
    shutil.copy(source, target)
    return target


def test_qgis_stays_responsive_during_a_run_in_a_thread(
    provider, real_engine, real_photos, real_index, tmp_path, pulse
):
    settings.set_engine_setting(real_engine)
    project = QgsProject.instance()
    context = QgsProcessingContext()
    context.setProject(project)
    feedback = Feedback()
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("earthloc:localize")
    out = tmp_path / "results.gpkg"
    parameters = {"PHOTOS": real_photos, "INDEX": str(real_index), "OUTPUT": str(out), "REGISTER": False}
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
    ended = []
    task.executed.connect(lambda succeeded, results: ended.append((succeeded, results)))
    QgsApplication.taskManager().addTask(task)
    wait_for(lambda: ended, 120, "the algorithm")
    succeeded, results = ended[0]
    assert succeeded
    assert results["PHOTO_COUNT"] == len(real_photos)
    assert pulse.stop() < 1000
    loaded = context.layersToLoadOnCompletion()
    assert [Path(uri.split("|")[0]) for uri in loaded] == [out, out]
    assert {details.name for details in loaded.values()} == {"Footprints", "Candidates"}


def test_crashed_engine_is_started_again(run, real_photos, real_index, tmp_path, monkeypatch):
    from earthloc_qgis.core.engine_client import EngineClient

    clients = []
    original = EngineClient.__init__

    def remember(self, *arguments, **named):
        original(self, *arguments, **named)
        clients.append(self)

    monkeypatch.setattr(EngineClient, "__init__", remember)

    class Killer(Feedback):
        killed = 0

        def _receive(self, text):
            super()._receive(text)
            if not self.killed and Path(real_photos[0]).name in text:
                self.killed = clients[0].process_id
                os.kill(self.killed, signal.SIGKILL)

    feedback = Killer()
    out = tmp_path / "results.gpkg"
    results = run("localize", {"PHOTOS": real_photos, "INDEX": str(real_index), "OUTPUT": str(out)}, feedback)
    assert feedback.killed
    assert results["FAILED"] == 0
    assert rows(out, "SELECT count(*) FROM photos") == [(len(real_photos),)]
    assert not os.path.exists(f"/proc/{clients[0].process_id}") or clients[0].process_id == 0


def test_build_index_of_an_extent(run, imagery, tmp_path):
    feedback = Feedback()
    out = tmp_path / "indexes" / "südwest"
    out.parent.mkdir()
    parameters = {
        "SOURCE": str(imagery),
        "EXTENT": "0,5,40,44 [EPSG:4326]",
        "TILE_KM": "220, 313",
        "INCLUDE_OCEAN": True,
        "OUTPUT": str(out),
    }
    results = run("buildindex", parameters, feedback)
    info = json.loads((out / "index.json").read_text(encoding="utf-8"))
    assert results == {"OUTPUT": str(out), "TILES": info["count"], "FEATURES": info["features"]["count"]}
    assert info["count"] > 4
    assert info["features"]["feature_km"] == pytest.approx(1.0, abs=0.15)  # the resolution of the imagery
    assert info["region"] == [0.0, 40.0, 5.0, 44.0]
    assert info["tile_km"] == [220.0, 313.0]
    assert feedback.highest > 0
    with pytest.raises(QgsProcessingException, match="südwest: already exists"):
        run("buildindex", parameters)


def built_with(run, imagery, out, feature_km, feedback):
    given = {"SOURCE": str(imagery), "EXTENT": "2,4,42,44 [EPSG:4326]", "TILE_KM": "313", "INCLUDE_OCEAN": True}
    results = run("buildindex", {**given, "FEATURE_KM": feature_km, "OUTPUT": str(out)}, feedback)
    return results, json.loads((out / "index.json").read_text(encoding="utf-8"))


def test_build_index_with_and_without_features(run, imagery, tmp_path):
    """The log shows the estimated size; smaller pixels give more features, and 0 gives none."""
    feedback = Feedback()
    coarse, info = built_with(run, imagery, tmp_path / "coarse", 4, feedback)
    assert info["features"]["feature_km"] == 4.0
    assert coarse["FEATURES"] == info["features"]["count"] > 50
    estimate = re.compile(r"Up to \d+ tiles and [\d,]+ local features, .*\nFeatures at 4,000 m .* about 1,020 km wide")
    assert any(estimate.match(line) for line in feedback.lines)
    fine, _ = built_with(run, imagery, tmp_path / "fine", 2, Feedback())
    assert fine["FEATURES"] > 1.5 * coarse["FEATURES"]
    feedback = Feedback()
    none, info = built_with(run, imagery, tmp_path / "none", 0, feedback)
    assert none["FEATURES"] == 0
    assert none["TILES"] == fine["TILES"]
    assert "features" not in info
    assert not (tmp_path / "none" / "features.bin").exists()
    assert any("no local features" in line for line in feedback.lines)


@pytest.mark.parametrize("feature_km", [-1, 0.001, 21, "fine"])
def test_invalid_feature_resolution_is_refused(run, imagery, tmp_path, feature_km):
    message = r"FEATURE_KM|0\.001 km a pixel are not from 0\.002 to 20 km|fine: is not a pixel size"
    with pytest.raises(QgsProcessingException, match=message):
        built_with(run, imagery, tmp_path / "i", feature_km, Feedback())
    assert os.listdir(tmp_path) == []


def test_cancelled_build_continues_where_it_stopped(run, imagery, tmp_path):
    out = tmp_path / "index"
    parameters = {"SOURCE": str(imagery), "TILE_KM": "60", "INCLUDE_OCEAN": True, "OUTPUT": str(out)}

    class CancelsEarly(Feedback):
        def _on_progress(self, percent):
            super()._on_progress(percent)
            if percent > 5:
                self.cancel()

    with pytest.raises(QgsProcessingException, match="cancelled"):
        run("buildindex", parameters, CancelsEarly())
    assert not out.exists()
    assert out.with_name("index.partial").is_dir()
    lowest = []
    feedback = Feedback()
    feedback.progressChanged.connect(lowest.append)
    run("buildindex", parameters, feedback)
    assert (out / "index.json").is_file()
    assert min(lowest) > 1  # it did not start from the beginning


@pytest.mark.parametrize(("widths", "message"), [("wide", "are not ground widths"), ("-3", "tile_km")])
def test_invalid_widths_are_refused(run, imagery, tmp_path, widths, message):
    with pytest.raises(QgsProcessingException, match=message):
        run("buildindex", {"SOURCE": str(imagery), "TILE_KM": widths, "OUTPUT": str(tmp_path / "i")})


def test_vector_layer_is_refused_as_imagery(run, tmp_path):
    results = write_results(tmp_path / "results.gpkg")
    with pytest.raises(QgsProcessingException, match=r"results\.gpkg"):
        run("buildindex", {"SOURCE": str(results), "OUTPUT": str(tmp_path / "i")})
