"""Choosing imagery: in the panel with real widgets, in the project, and as a parameter of an algorithm."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import wait_for
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsSettings,
    QgsVectorLayer,
)
from qgis.PyQt.QtWidgets import QFileDialog, QInputDialog
from test_panel import add, engine_options, folder, idle, index, panel  # noqa: F401 - fixtures
from test_processing import Feedback, provider, run  # noqa: F401 - fixtures

from earthloc_qgis import settings
from earthloc_qgis.core.imagery import Imagery, imagery_of_layer, imagery_of_source, server_imagery

XYZ = "type=xyz&url=http://127.0.0.1:9/%7Bz%7D/%7Bx%7D/%7By%7D.png?a%3D1%26b%3D2&zmax=12&zmin=2"
ADDRESS = "http://127.0.0.1:9/{z}/{x}/{y}.png?a=1&b=2"


@pytest.fixture(autouse=True)
def own_connections(qgis_app):
    """QGIS has no XYZ connections except those of the test."""
    groups = ("qgis/connections-xyz", "connections/xyz")
    for group in groups:
        QgsSettings().remove(group)
    yield
    for group in groups:
        QgsSettings().remove(group)


def texts(panel):
    combo = panel.search.imagery.combo
    return [combo.itemText(row) for row in range(combo.count()) if combo.itemText(row)]


def pick(panel, text):
    """Chooses the row whose text starts with `text`, as a click does."""
    combo = panel.search.imagery.combo
    row = next(row for row in range(combo.count()) if combo.itemText(row).startswith(text))
    combo.setCurrentIndex(row)
    combo.activated[int].emit(row)


def server_file(imagery):
    return json.loads(Path(imagery.spec()).read_text(encoding="utf-8"))


# --- layers and source strings of QGIS --------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (XYZ, {"url": ADDRESS, "min_zoom": 2, "max_zoom": 12}),
        ("type=xyz&url=https://a.b/%7Bq%7D&tilePixelRatio=2", {"url": "https://a.b/{q}", "tile_px": 512}),
        ("url=https://a.b/{z}/{x}/{-y}.png&type=xyz&zmax=-1", {"url": "https://a.b/{z}/{x}/{-y}.png"}),
        (
            "crs=EPSG:3857&format=image/png&layers=ground&styles=default&tileMatrixSet=mercator&url=https://a.b/wmts.xml",
            {"url": "https://a.b/wmts.xml", "layer": "ground", "style": "default", "tile_matrix_set": "mercator"},
        ),
        ("type=xyz&authcfg=abc&url=https://a.b/%7Bz%7D/%7Bx%7D/%7By%7D.png", None),
        ("crs=EPSG:3857&layers=a&styles=&format=image/png&url=https://a.b/wms", None),
        ("contextualWMSLegend=0", None),
    ],
)
def test_source_strings_become_tile_servers(source, expected):
    imagery = imagery_of_source("Ground", source)
    assert (imagery and server_file(imagery)) == (expected and {"name": "Ground", **expected})


def test_only_readable_rasters_are_imagery(imagery):
    assert imagery_of_layer(QgsVectorLayer("Point?crs=EPSG:4326", "points", "memory")) is None
    assert imagery_of_layer(QgsRasterLayer("/nowhere.tif", "gone", "gdal")) is None
    assert imagery_of_layer(QgsRasterLayer(str(imagery), "ground", "gdal")) == Imagery("ground", path=str(imagery))


# --- the panel -----------------------------------------------------------------------------------------


def test_layers_and_connections_are_offered(panel, imagery):
    QgsSettings().setValue("qgis/connections-xyz/Sat/url", "https://sat.example/{z}/{x}/{y}.jpg")
    QgsSettings().setValue("qgis/connections-xyz/Sat/zmax", 11)
    QgsSettings().setValue("qgis/connections-xyz/Locked/url", "https://locked.example/{z}/{x}/{y}.jpg")
    QgsSettings().setValue("qgis/connections-xyz/Locked/authcfg", "abc1234")
    layers = [QgsRasterLayer(str(imagery), "My mosaic", "gdal"), QgsRasterLayer(XYZ, "Served", "wms")]
    layers[1].setAttribution("© Ground Office")
    QgsProject.instance().addMapLayers(layers)
    assert texts(panel)[:4] == ["The imagery each index was made from", "My mosaic", "Served", "Sat"]
    assert not any("Locked" in text for text in texts(panel))
    assert panel.search.imagery.chosen().is_own
    pick(panel, "Served")
    assert settings.imagery().label == "Served"
    assert server_file(settings.imagery())["attribution"] == "© Ground Office"
    note = panel.search.imagery.note
    assert "127.0.0.1" in note.text()
    assert "© Ground Office" in note.text()
    pick(panel, "Sat")
    assert server_file(settings.imagery()) == {
        "name": "Sat", "url": "https://sat.example/{z}/{x}/{y}.jpg", "max_zoom": 11,
    }  # fmt: skip
    assert "The attribution is unknown" in note.text()
    pick(panel, "My mosaic")
    assert settings.imagery().spec() == str(imagery)
    assert note.text() == ""
    QgsProject.instance().removeAllMapLayers()
    assert "My mosaic" in texts(panel)  # the chosen imagery stays
    pick(panel, "The imagery each")
    assert settings.imagery().spec() is None
    assert "My mosaic" not in texts(panel)


def test_files_folders_and_addresses_can_be_chosen(panel, imagery, tmp_path, monkeypatch):
    combo = panel.search.imagery.combo
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    pick(panel, "Choose a file")
    assert combo.currentIndex() == 0  # cancelled: shows the current choice
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(imagery), ""))
    pick(panel, "Choose a file")
    assert (settings.imagery().spec(), combo.currentText()) == (str(imagery), "ground.tif")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    pick(panel, "Choose a folder")
    assert settings.imagery().spec() == str(tmp_path)
    answers = iter([(ADDRESS, True), ("Ground Office, CC BY", True)])
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: next(answers))
    pick(panel, "Enter the address")
    assert server_file(settings.imagery()) == {
        "name": "127.0.0.1", "url": ADDRESS, "attribution": "Ground Office, CC BY",
    }  # fmt: skip
    assert "Ground Office, CC BY" in panel.search.imagery.note.text()


def test_panel_explains_how_to_enable_registration(panel, index, folder, imagery):
    add(panel, folder("a.jpg"))
    wait_for(lambda: "no imagery to fit to" in panel.search_header.text())
    panel.search_header.setChecked(True)
    note = panel.search.imagery.note
    wait_for(note.isVisible)
    assert "not on this computer" in note.text()
    assert "Choose imagery above" in note.text()
    panel.search.register.setChecked(False)
    assert not panel.search.imagery.isVisible()
    panel.search.register.setChecked(True)
    settings.set_imagery(Imagery("ground", path=str(imagery)))
    panel.search.imagery.refresh()
    assert not note.isVisible()
    pick(panel, "The imagery each")
    assert note.isVisible()
    # The imagery of the index is beside it.
    info = json.loads((index / "index.json").read_text())
    (index / "index.json").write_text(json.dumps({**info, "source": {"path": "ground.tif"}}))
    shutil.copy(imagery, index.parent / "ground.tif")
    panel.search.indexes.refresh()
    wait_for(lambda: not note.isVisible())


def test_chosen_imagery_is_sent_to_the_engine(panel, folder, fake_engine, tmp_path, imagery):
    journal = tmp_path / "journal.txt"
    panel.controller.client.set_command(fake_engine("--journal", str(journal)))
    add(panel, folder("a.jpg"))
    for chosen in (Imagery(), Imagery("ground", path=str(imagery)), server_imagery("Served", ADDRESS)):
        panel.search.imagery.choose(chosen)
        panel.localize([panel.controller.model.photos()[0].path])
        wait_for(lambda: idle(panel))
    requests = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    sent = [request["params"].get("imagery") for request in requests if request["method"] == "localize"]
    assert sent[:2] == [None, str(imagery)]
    assert json.loads(Path(sent[2]).read_text())["url"] == ADDRESS


def test_progress_shows_the_number_of_tiles(panel, folder):
    paths = folder("slow tiles.jpg")
    add(panel, paths)
    panel.list.select(paths)
    panel.localize(paths)
    wait_for(lambda: "tiles from Ground" in panel.results.message.text())
    assert "of 40 tiles from Ground" in panel.results.message.text()
    wait_for(lambda: idle(panel))
    assert "tiles from" not in panel.results.message.text()
    assert "Imagery: Ground Office (© Ground; CC BY 4.0)" in panel.results.message.text()


# --- the project -----------------------------------------------------------------------------------------


def test_project_stores_the_imagery(panel, imagery, tmp_path):
    project = QgsProject.instance()
    shutil.copy(imagery, tmp_path / "mosaic.tif")
    file = str(tmp_path / "work.qgz")
    project.setFileName(file)
    panel.search.imagery.choose(Imagery("mosaic.tif", path=str(tmp_path / "mosaic.tif")))
    assert project.write(file)
    settings.set_imagery(Imagery())
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("work.qgz", "mosaic.tif"):
        shutil.move(str(tmp_path / name), moved / name)
    assert project.read(str(moved / "work.qgz"))
    assert Path(settings.imagery().path) == moved / "mosaic.tif"
    assert panel.search.imagery.combo.currentText() == "mosaic.tif"


@pytest.mark.parametrize("known", [False, True])
def test_untrusted_server_of_a_project_is_offered_but_not_chosen(panel, tmp_path, known):
    project = QgsProject.instance()
    project.writeEntry("EarthLoc", "imagery", server_imagery("Spy", "https://spy.example/{z}/{x}/{y}.png").to_json())
    assert project.write(str(tmp_path / "strange.qgz"))
    project.clear()
    if known:
        settings.trust_server("https://spy.example/{z}/{x}/{y}.png")
    assert project.read(str(tmp_path / "strange.qgz"))
    assert (settings.imagery().label == "Spy") == known
    assert "Spy" in texts(panel)
    pick(panel, "Spy")
    assert settings.imagery().host == "spy.example"
    assert settings.trusted_servers() == ["https://spy.example/{z}/{x}/{y}.png"]


def test_server_file_beside_an_untrusted_project_is_not_chosen(panel, tmp_path):
    project = QgsProject.instance()
    (tmp_path / "spy.json").write_text('{"url": "https://spy.example/{z}/{x}/{y}.png"}')
    entry = json.dumps({"label": "mosaic", "path": str(tmp_path / "spy.json"), "server": ""})
    project.writeEntry("EarthLoc", "imagery", entry)
    assert project.write(str(tmp_path / "strange.qgz"))
    project.clear()
    assert project.read(str(tmp_path / "strange.qgz"))
    assert settings.imagery().is_own
    assert "mosaic" in texts(panel)


@pytest.mark.parametrize("entry", ["{", "[1]", '{"server": "{"}', '{"server": "{}"}', '{"path": "/gone.tif"}', "5"])
def test_invalid_imagery_in_a_project_is_ignored(panel, tmp_path, entry):
    project = QgsProject.instance()
    project.writeEntry("EarthLoc", "imagery", entry)
    assert project.write(str(tmp_path / "nonsense.qgz"))
    assert project.read(str(tmp_path / "nonsense.qgz"))
    assert settings.imagery().is_own
    assert panel.search.imagery.combo.currentIndex() == 0


# --- missing indexes ----------------------------------------------------------------------------------------


def test_another_index_is_chosen_if_the_chosen_one_is_missing(panel, index, tmp_path):
    world = tmp_path / "engine" / "world"
    shutil.copytree(index, world)
    panel.search.indexes.offer([str(world)])
    wait_for(lambda: panel.search.indexes.combo.count() == 2)
    (index.parent / "asia").mkdir()
    shutil.copy(world / "index.json", index.parent / "asia")
    shutil.rmtree(index)
    panel.search.indexes.refresh()
    wait_for(lambda: panel.search.indexes.chosen() == [str(world)])
    assert settings.chosen_indexes() == [str(index)]  # it may come back, for example on a removable drive


# --- Processing ----------------------------------------------------------------------------------------------


@pytest.fixture
def index_alone(real_index, tmp_path):
    """A copy of the index without the imagery beside it."""
    shutil.copytree(real_index, tmp_path / "passed on")
    return tmp_path / "passed on"


def message(results):
    with closing(sqlite3.connect(str(results))) as database:
        return database.execute("SELECT message FROM photos").fetchone()[0]


def test_localize_uses_the_given_imagery(run, index_alone, real_photos, imagery, tmp_path):
    def located_with(text):
        out = tmp_path / "results.gpkg"
        given = {"PHOTOS": real_photos[:1], "INDEX": str(index_alone), "OUTPUT": str(out), "REGISTER": True, "TOP_K": 1}
        run("localize", {**given, "IMAGERY": text})
        return message(out)

    assert "is not here" in located_with("")
    assert "Not checked" not in located_with(str(imagery))
    refused = located_with("http://127.0.0.1:9/{z}/{x}/{y}.png")
    assert "Not checked: imagery server 127.0.0.1: cannot be reached" in refused


def test_imagery_can_be_the_name_of_a_layer(qgis_app, imagery):
    from earthloc_qgis.processing.imagery_parameter import imagery_spec

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    layers = [QgsRasterLayer(str(imagery), "My mosaic", "gdal"), QgsRasterLayer(XYZ, "Served", "wms"),
              QgsVectorLayer("Point?crs=EPSG:4326", "points", "memory")]  # fmt: skip
    QgsProject.instance().addMapLayers(layers)
    assert imagery_spec("My mosaic", context) == str(imagery)
    assert json.loads(Path(imagery_spec(layers[1].id(), context)).read_text())["url"] == ADDRESS
    assert imagery_spec(" ", context) is None
    with pytest.raises(QgsProcessingException, match="points: cannot serve as imagery"):
        imagery_spec("points", context)
    QgsProject.instance().clear()


def test_index_of_a_tile_server_requires_attribution_and_licence(run, tmp_path):
    layer = QgsRasterLayer(XYZ, "Served", "wms")
    QgsProject.instance().addMapLayer(layer)
    given = {"SOURCE": layer, "EXTENT": "0,5,40,44 [EPSG:4326]", "TILE_KM": "220", "OUTPUT": str(tmp_path / "index")}
    with pytest.raises(QgsProcessingException, match="Served: does not say whom to credit"):
        run("buildindex", given)
    credit = {"ATTRIBUTION": "Ground Office", "LICENCE": "CC BY 4.0"}
    feedback = Feedback()
    with pytest.raises(QgsProcessingException, match="imagery server Served .* cannot be reached"):
        run("buildindex", {**given, **credit}, feedback)
    assert any("Served; Ground Office; CC BY 4.0" in line for line in feedback.lines)
    QgsProject.instance().clear()
