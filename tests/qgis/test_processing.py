"""The Processing algorithms, with the real engine: in this process, in a worker thread, and in `qgis_process`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from conftest import PHOTO_CENTRES, REPOSITORY, wait_for
from osgeo import ogr
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor, QImage
from sample_results import write_results

from earthloc_qgis import settings
from earthloc_qgis.processing.provider import EarthLocProvider


@pytest.fixture
def provider(qgis_app):
    provider = EarthLocProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    yield provider
    QgsApplication.processingRegistry().removeProvider(provider)


class Feedback(QgsProcessingFeedback):
    """Keeps what it is told; `when(text)` cancels as soon as something with that text is told."""

    def __init__(self):
        super().__init__(False)
        self.lines = []
        self.errors = []
        self.highest = 0.0
        self.cancel_when = None
        self.progressChanged.connect(self._progressed)

    def _progressed(self, percent):
        self.highest = max(self.highest, percent)

    def pushInfo(self, text):
        self._take(text)

    def pushWarning(self, text):
        self._take(text)

    def reportError(self, text, fatal=False):
        self.errors.append(text)
        self._take(text)

    def _take(self, text):
        self.lines.append(text)
        if self.cancel_when and self.cancel_when in text:
            self.cancel()


@pytest.fixture
def run(provider, real_engine):
    """run(name, parameters, feedback=None): results of an algorithm, run in this thread."""
    settings.set_engine_setting(real_engine)

    def run(name, parameters, feedback=None):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"earthloc:{name}")
        context = QgsProcessingContext()
        feedback = feedback or Feedback()
        if name == "localize":
            parameters = {"REGISTER": False, **parameters}  # seconds a photo, which the engine's own tests see to
        good, message = algorithm.checkParameterValues(parameters, context)
        if not good:
            raise QgsProcessingException(message)
        results, ok = algorithm.run(parameters, context, feedback, {}, False)
        assert ok
        return results

    return run


def rows(results, sql):
    with closing(sqlite3.connect(str(results))) as database:
        return database.execute(sql).fetchall()


# --- what the toolbox shows ------------------------------------------------------------------------


def test_algorithms_have_names_that_stay_and_help(provider):
    algorithms = {algorithm.id(): algorithm for algorithm in provider.algorithms()}
    parameters = {
        name: [definition.name() for definition in algorithm.parameterDefinitions()]
        for name, algorithm in algorithms.items()
    }
    assert parameters == {
        "earthloc:localize": [
            "PHOTOS",
            "FOLDER",
            "INDEX",
            "NADIR",
            "RADIUS_KM",
            "TOP_K",
            "REGISTER",
            "IMAGERY",
            "ENGINE",
            "OUTPUT",
        ],
        "earthloc:exportfootprints": ["INPUT", "FORMAT", "STATUS", "REVIEW", "OUTPUT"],
        "earthloc:register": [
            "PHOTO", "IMAGERY", "EXTENT", "PLACE", "WIDTH_KM", "NADIR", "ENGINE", "OUTPUT",
        ],
        "earthloc:georeference": ["PHOTO", "RESULTS", "KIND", "CRS", "RESOLUTION_M", "ENGINE", "OUTPUT"],
        "earthloc:mappicture": ["INPUT", "PHOTO", "BASEMAP", "WIDTH", "HEIGHT", "OUTPUT"],
        "earthloc:buildindex": [
            "SOURCE",
            "EXTENT",
            "TILE_KM",
            "INCLUDE_OCEAN",
            "MODEL",
            "ATTRIBUTION",
            "LICENCE",
            "ENGINE",
            "OUTPUT",
        ],
    }
    page = (REPOSITORY / "docs" / "processing.md").read_text(encoding="utf-8")
    for name, algorithm in algorithms.items():
        assert algorithm.displayName()
        assert algorithm.group()
        assert len(algorithm.shortHelpString()) > 100
        assert not algorithm.icon().isNull()
        anchor = algorithm.helpUrl().rpartition("#")[2]
        assert f"## {name}\n" in page
        assert anchor == name.replace(":", "")
        for parameter in parameters[name]:
            assert f"`{parameter}`" in page
        assert not algorithm.flags() & algorithm.Flag.FlagNoThreading


# --- localize --------------------------------------------------------------------------------------


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


def test_a_photo_that_cannot_be_read_is_named_and_the_others_go_on(run, real_photos, real_index, tmp_path):
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


def test_damaged_index_is_refused_with_its_name(run, real_photos, real_index, tmp_path):
    damaged = tmp_path / "damaged"
    shutil.copytree(real_index, damaged)
    manifest = json.loads((damaged / "index.json").read_text(encoding="utf-8"))
    manifest["format"] = 99
    (damaged / "index.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(QgsProcessingException, match="damaged"):
        run("localize", {"PHOTOS": real_photos[:1], "INDEX": str(damaged), "OUTPUT": str(tmp_path / "r.gpkg")})


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"FOLDER": "nowhere"}, "there is no such folder"),
        ({}, "No photos were given"),
        ({"PHOTOS": ["a.jpg"], "INDEX": "nowhere"}, "there is no such index"),
        ({"PHOTOS": ["a.jpg"], "ENGINE": "nowhere"}, "ENGINE"),
    ],
)
def test_what_is_missing_is_said(run, real_index, tmp_path, given, complaint):
    parameters = {"INDEX": str(real_index), "OUTPUT": str(tmp_path / "r.gpkg"), **given}
    with pytest.raises(QgsProcessingException, match=complaint):
        run("localize", parameters)


def test_without_an_engine_the_mend_is_said(run, real_photos, real_index, tmp_path):
    settings.set_engine_setting(str(tmp_path / "gone"))
    with pytest.raises(QgsProcessingException, match="engine was not found"):
        run("localize", {"PHOTOS": real_photos[:1], "INDEX": str(real_index), "OUTPUT": str(tmp_path / "r.gpkg")})


def test_cancelling_keeps_what_is_done(run, real_photos, real_index, tmp_path):
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


def test_in_a_worker_thread_qgis_stays_responsive(provider, real_engine, real_photos, real_index, tmp_path, pulse):
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
    task.executed.connect(lambda good, results: ended.append((good, results)))
    QgsApplication.taskManager().addTask(task)
    wait_for(lambda: ended, 120, "the algorithm")
    good, results = ended[0]
    assert good
    assert results["PHOTO_COUNT"] == len(real_photos)
    assert pulse.stop() < 1000
    loaded = context.layersToLoadOnCompletion()
    assert [Path(uri.split("|")[0]) for uri in loaded] == [out, out]
    assert {details.name for details in loaded.values()} == {"Footprints", "Candidates"}


def test_engine_that_dies_is_started_again(run, real_photos, real_index, tmp_path, monkeypatch):
    from earthloc_qgis.core.engine_client import EngineClient

    clients = []
    original = EngineClient.__init__

    def remember(self, *arguments, **named):
        original(self, *arguments, **named)
        clients.append(self)

    monkeypatch.setattr(EngineClient, "__init__", remember)

    class Killer(Feedback):
        killed = 0

        def _take(self, text):
            super()._take(text)
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


# --- build index -----------------------------------------------------------------------------------


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
    assert results == {"OUTPUT": str(out), "TILES": info["count"]}
    assert info["count"] > 4
    assert info["region"] == [0.0, 40.0, 5.0, 44.0]
    assert info["tile_km"] == [220.0, 313.0]
    assert feedback.highest > 0
    with pytest.raises(QgsProcessingException, match="südwest: already exists"):
        run("buildindex", parameters)


def test_cancelled_build_goes_on_where_it_stopped(run, imagery, tmp_path):
    out = tmp_path / "index"
    parameters = {"SOURCE": str(imagery), "TILE_KM": "60", "INCLUDE_OCEAN": True, "OUTPUT": str(out)}

    class Impatient(Feedback):
        def _progressed(self, percent):
            super()._progressed(percent)
            if percent > 5:
                self.cancel()

    with pytest.raises(QgsProcessingException, match="cancelled"):
        run("buildindex", parameters, Impatient())
    assert not out.exists()
    assert out.with_name("index.partial").is_dir()
    lowest = []
    feedback = Feedback()
    feedback.progressChanged.connect(lowest.append)
    run("buildindex", parameters, feedback)
    assert (out / "index.json").is_file()
    assert min(lowest) > 1  # not from the start


@pytest.mark.parametrize(("widths", "complaint"), [("wide", "are no ground widths"), ("-3", "tile_km")])
def test_nonsense_widths_are_refused(run, imagery, tmp_path, widths, complaint):
    with pytest.raises(QgsProcessingException, match=complaint):
        run("buildindex", {"SOURCE": str(imagery), "TILE_KM": widths, "OUTPUT": str(tmp_path / "i")})


def test_a_vector_is_no_imagery(run, tmp_path):
    results = write_results(tmp_path / "results.gpkg")
    with pytest.raises(QgsProcessingException, match=r"results\.gpkg"):
        run("buildindex", {"SOURCE": str(results), "OUTPUT": str(tmp_path / "i")})


# --- export ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".geojson", ".kml", ".csv"])
def test_export_by_ending(run, tmp_path, suffix):
    results = write_results(tmp_path / "results.gpkg")
    out = tmp_path / f"export{suffix}"
    assert run("exportfootprints", {"INPUT": str(results), "OUTPUT": str(out)}) == {"OUTPUT": str(out), "COUNT": 3}
    exported = ogr.Open(str(out))
    assert exported.GetLayer(0).GetFeatureCount() == 3


def test_export_by_status_and_review_in_a_named_format(run, tmp_path):
    results = write_results(tmp_path / "results.gpkg")
    ogr.Open(str(results), 1).ExecuteSQL("UPDATE footprints SET review = 'accepted' WHERE photo_id = 'ISS064-E-513'")
    given = {
        "INPUT": str(results),
        "FORMAT": "KML",
        "STATUS": ["uncertain"],
        "REVIEW": ["accepted", "corrected"],
        "OUTPUT": str(tmp_path / "for google"),
    }
    exported = run("exportfootprints", given)
    assert exported == {"OUTPUT": str(tmp_path / "for google.kml"), "COUNT": 1}


def test_export_of_selected_features_of_a_layer(run, tmp_path):
    results = write_results(tmp_path / "results.gpkg")
    layer = QgsVectorLayer(f"{results}|layername=footprints", "footprints", "ogr")
    QgsProject.instance().addMapLayer(layer)
    layer.selectByExpression("\"photo_id\" = 'ISS042-E-104433'")
    from qgis.core import QgsProcessingFeatureSourceDefinition

    source = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("earthloc:exportfootprints")
    parameters = {"INPUT": source, "OUTPUT": str(tmp_path / "one.csv")}
    exported, good = algorithm.run(parameters, context, Feedback())
    QgsProject.instance().removeMapLayer(layer)
    assert good
    assert exported["COUNT"] == 1


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"OUTPUT": "export.xyz"}, r"export\.xyz: choose a format or a name that ends with one of \.shp"),
        ({"INPUT": "nothing.gpkg"}, r"nothing\.gpkg"),
        ({"OUTPUT": "away/export.shp"}, "away: there is no such folder"),
        ({"OUTPUT": "results.gpkg"}, "is the file the footprints come from"),
    ],
)
def test_export_says_what_is_wrong(run, tmp_path, given, complaint):
    write_results(tmp_path / "results.gpkg")
    parameters = {"INPUT": "results.gpkg", "OUTPUT": "export.shp", **given}
    parameters = {name: str(tmp_path / value) for name, value in parameters.items()}
    with pytest.raises(QgsProcessingException, match=complaint):
        run("exportfootprints", parameters)


# --- map picture -----------------------------------------------------------------------------------


def test_map_picture_shows_map_and_photo(run, tmp_path, imagery):
    results = write_results(tmp_path / "results.gpkg")
    photo = QImage(600, 400, QImage.Format.Format_RGB32)
    photo.fill(QColor("#ff00ff"))
    (tmp_path / "photos").mkdir()
    photo.save(str(tmp_path / "photos" / "ISS042-E-104433.jpg"))
    for name, given in {"one": {"PHOTO": "ISS042-E-104433"}, "all": {}, "fiji": {"PHOTO": "ISS064-E-513"}}.items():
        out = tmp_path / f"{name}.png"
        run("mappicture", {"INPUT": str(results), "WIDTH": 1000, "HEIGHT": 800, "OUTPUT": str(out), **given})
        picture = QImage(str(out))
        assert (picture.width(), picture.height()) == (1000, 800)
        colours = [QColor(picture.pixel(x, y)) for x in range(0, 1000, 2) for y in range(0, 800, 2)]
        blues = sum(abs(c.red() - 0) + abs(c.green() - 114) + abs(c.blue() - 178) < 30 for c in colours)
        oranges = sum(abs(c.red() - 213) + abs(c.green() - 94) + abs(c.blue() - 0) < 30 for c in colours)
        pinks = sum(c.red() > 240 and c.green() < 20 and c.blue() > 240 for c in colours)
        assert (blues > 15) == (name != "fiji")
        assert (oranges > 15) == (name != "one")
        assert (pinks > 1000) == (name == "one")


def test_map_picture_draws_the_basemap_across_the_antimeridian(run, tmp_path):
    from osgeo import gdal

    world = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "world.tif"), 360, 180, 3, gdal.GDT_Byte)
    world.SetGeoTransform((-180, 1, 0, 90, 0, -1))
    world.SetProjection(QgsVectorLayer("Point?crs=EPSG:4326", "", "memory").crs().toWkt())
    for band, value in enumerate((200, 30, 30), start=1):
        world.GetRasterBand(band).Fill(value)
    del world
    results = write_results(tmp_path / "results.gpkg")
    out = tmp_path / "fiji.png"
    basemap = QgsRasterLayer(str(tmp_path / "world.tif"))
    assert basemap.isValid()
    run(
        "mappicture",
        {
            "INPUT": str(results),
            "PHOTO": "ISS064-E-513.jpg",
            "BASEMAP": str(tmp_path / "world.tif"),
            "OUTPUT": str(out),
        },
    )
    picture = QImage(str(out))
    edges = [QColor(picture.pixel(x, y)) for x in (700, 1590) for y in (10, 500, 890)]
    assert all(colour.red() > 190 and colour.green() < 40 for colour in edges)  # on both sides of 180 degrees


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"PHOTO": "ISS001-E-1"}, "holds no photo 'ISS001-E-1'"),
        ({"INPUT": "gone.gpkg"}, r"gone\.gpkg: there is no such file"),
        ({"OUTPUT": "away/map.png"}, r"map\.png: could not be written"),
    ],
)
def test_map_picture_says_what_is_wrong(run, tmp_path, given, complaint):
    write_results(tmp_path / "results.gpkg")
    parameters = {"INPUT": "results.gpkg", "OUTPUT": "map.png", **given}
    for name in ("INPUT", "OUTPUT"):
        parameters[name] = str(tmp_path / parameters[name])
    with pytest.raises(QgsProcessingException, match=complaint):
        run("mappicture", parameters)


# --- from the command line -------------------------------------------------------------------------


def test_qgis_process_from_photo_to_shapefile(real_engine, real_photos, real_index, tmp_path):
    """As in a script on a server: no window, no panel, the staged plugin, a profile of its own."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.skip("no qgis_process on this machine")
    stage = tmp_path / "plugins" / "earthloc_qgis"
    shutil.copytree(REPOSITORY / "earthloc_qgis", stage, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REPOSITORY / "resources" / "styles", stage / "resources" / "styles")
    shutil.copy(REPOSITORY / "metadata.txt", stage)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_PLUGINPATH": str(tmp_path / "plugins"),
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile"),
        "EARTHLOC_ENGINE": real_engine,
    }

    def call(*arguments):
        return subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, timeout=180, check=False
        )

    assert call("plugins", "enable", "earthloc_qgis").returncode == 0
    out, shapefile = tmp_path / "results.gpkg", tmp_path / "footprints.shp"
    photos = [f"PHOTOS={photo}" for photo in real_photos[:2]]
    search = [*photos, f"INDEX={real_index}", f"OUTPUT={out}", "REGISTER=false"]
    located = call("--json", "run", "earthloc:localize", "--", *search)
    assert located.returncode == 0, located.stderr
    answer = json.loads(located.stdout[located.stdout.index("{") :])
    assert answer["results"]["PHOTO_COUNT"] == 2
    exported = call("run", "earthloc:exportfootprints", "--", f"INPUT={out}", f"OUTPUT={shapefile}")
    assert exported.returncode == 0, exported.stderr
    written = ogr.Open(str(shapefile))
    assert written.GetLayer(0).GetFeatureCount() == 2
    refused = call("run", "earthloc:localize", "--", *photos, f"INDEX={tmp_path / 'none'}", f"OUTPUT={out}")
    assert refused.returncode != 0
    assert "there is no such index" in refused.stdout + refused.stderr
