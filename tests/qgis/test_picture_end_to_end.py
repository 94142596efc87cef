"""Registration in the panel and in Processing, and drawing the photo on the map, with the real engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import PHOTO_CENTRES, QUIET_MS, SEEN_FROM_SPACE, wait_for
from osgeo import gdal, ogr
from panel_kit import answer_question
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from test_review import make_canvas, press, settle
from test_review_correct import click_pair, cut_photos, truth, write_wrong_results

from earthloc_qgis import settings
from earthloc_qgis.core.pictures import picture_folder
from earthloc_qgis.core.store import ResultStore
from earthloc_qgis.gui.photo_model import STATUS
from earthloc_qgis.processing.provider import EarthLocProvider

WGS84 = QgsCoordinateReferenceSystem("EPSG:4326")


@pytest.fixture
def project(qgis_app, tmp_path):
    project = QgsProject.instance()
    project.clear()
    assert project.write(str(tmp_path / "Mein Projekt.qgz"))
    yield project
    project.clear()


@pytest.fixture
def panel(qgis_iface, project, real_engine, real_index):
    from earthloc_qgis.gui.panel import EarthLocPanel

    settings.set_engine_setting(real_engine)
    settings.set_index_folder(str(real_index.parent))
    panel = EarthLocPanel(qgis_iface)
    panel.messages = []
    panel.controller.message.connect(lambda text, level: panel.messages.append(text))
    panel.pictures.refused.connect(lambda path, why: panel.messages.append(why))
    panel.resize(460, 800)
    panel.show()
    wait_for(panel.search.indexes.chosen)
    yield panel
    panel.close_down()
    panel.deleteLater()


def add(panel, path):
    panel.add_paths([path])
    wait_for(lambda: panel.controller.model.photos())
    panel.controller.model.update(path, nadir=SEEN_FROM_SPACE, nadir_given=True)
    panel.list.select([path])


def locate(panel):
    QTest.mouseClick(panel.localize_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: not panel.controller.queue.running, 300)


def layers_of(project):
    group = project.layerTreeRoot().findGroup("EarthLoc").children()[0]
    return {node.layer().customProperty("earthloc/table"): node for node in group.findLayers()}


def test_a_photo_is_registered_and_shown_on_the_map(panel, project, photo_from_space, tmp_path, pulse):
    add(panel, photo_from_space)
    messages = set()
    panel.controller.model.dataChanged.connect(lambda *_: messages.add(panel.results.message.text()))
    locate(panel)
    assert panel.controller.model.photo(photo_from_space).status == "located", panel.results.message.text()
    assert any("Comparing with the imagery" in text for text in messages)
    assert "tie points, camera at" in panel.results.message.text()
    assert panel.list.model().index(0, STATUS).data() == "Located"
    nodes = layers_of(project)
    tie_points = nodes["tie_points"].layer()
    assert tie_points.featureCount() > 20
    assert max(feature["residual_km"] for feature in tie_points.getFeatures()) < 5
    assert "picture" not in nodes

    # Draw the photo.
    assert panel.results.picture_button.isVisible()
    shown, stages = [], set()
    panel.pictures.shown.connect(shown.append)
    panel.pictures.progress_changed.connect(stages.add)
    pulse.restart()
    QTest.mouseClick(panel.results.picture_button, Qt.MouseButton.LeftButton)
    assert panel.cancel_button.isVisible()
    assert panel.progress.text.isVisible()
    wait_for(lambda: shown or panel.messages, 120)
    assert shown == [photo_from_space], panel.messages
    assert pulse.stop() < 2.5 * QUIET_MS
    assert not panel.cancel_button.isVisible()
    assert not panel.progress.isVisible()
    assert any("drawing on the ground" in stage for stage in stages)
    node = layers_of(project)["picture"]
    picture = node.layer()
    assert isinstance(picture, QgsRasterLayer)
    assert picture.isValid()
    assert node.isVisible()
    assert picture.customProperty("embeddedWidgets/0/id") == "transparency"
    order = [node.layer().customProperty("earthloc/table") for node in node.parent().findLayers()]
    assert order == ["tie_points", "picture", "footprints", "candidates"]  # the footprint must not tint the photo

    # It is at the right place: opaque at its centre, transparent outside.
    lat, lon = SEEN_FROM_SPACE
    there = QgsCoordinateTransform(WGS84, picture.crs(), project).transform(QgsPointXY(lon, lat))
    value, valid = picture.dataProvider().sample(there, 4)
    assert (value, valid) == (255.0, True)
    west = QgsCoordinateTransform(WGS84, picture.crs(), project).transform(QgsPointXY(lon - 2.5, lat))
    assert picture.dataProvider().sample(west, 4)[0] != 255.0

    # The second time, it is shown at once.
    panel.results.picture_button.click()
    assert len(shown) == 2
    assert len(list(picture_folder(panel.controller.store).glob("*ortho.tif"))) == 1

    # It is still shown after the project was saved and read.
    assert project.write()
    file = project.fileName()
    project.clear()
    assert project.read(file)
    assert layers_of(project)["picture"].layer().isValid()
    panel.list.select([photo_from_space])
    panel.tools.remove.trigger()
    answer_question(panel)
    assert project.layerTreeRoot().findGroup("EarthLoc") is None
    panel.tools.undo.trigger()
    assert layers_of(project)["picture"].layer().isValid()
    panel.tools.remove.trigger()
    answer_question(panel)
    drawn = Path(panel.controller.store.path).parent
    assert list(drawn.glob("*_photos/*.tif"))  # kept as long as the removal can be undone
    project.clear()
    assert not list(drawn.glob("*_photos/*.tif"))


def test_photo_without_registration_cannot_be_drawn(panel, photo_from_space):
    settings.set_register(False)
    add(panel, photo_from_space)
    locate(panel)
    assert panel.controller.model.photo(photo_from_space).status == "uncertain"
    assert not panel.results.picture_button.isVisible()
    (action,) = [action for action in panel.list.make_menu().actions() if action.text() == "Show photo on map"]
    action.trigger()
    assert any("was not fitted to imagery" in text for text in panel.messages)
    assert not panel.pictures.busy


def test_drawing_can_be_cancelled(panel, project, photo_from_space):
    add(panel, photo_from_space)
    locate(panel)
    shown = []
    panel.pictures.shown.connect(shown.append)
    panel.results.picture_button.click()
    assert panel.pictures.busy
    QTest.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: not panel.pictures.busy, 60)
    assert shown == []
    assert pictures_on(project) == []
    assert list(picture_folder(panel.controller.store).glob("*")) == []
    assert not [text for text in panel.messages if "cancel" in text.lower()]


def drawn_of(panel, project, photo) -> QgsRasterLayer:
    """Draws a photo on the map by a click in the panel and returns its layer."""
    shown = []
    panel.pictures.shown.connect(shown.append)
    panel.list.select([photo])
    assert panel.results.picture_button.isVisible()
    QTest.mouseClick(panel.results.picture_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: shown or panel.messages, 120, "the drawn photo")
    panel.pictures.shown.disconnect(shown.append)
    assert shown == [photo], panel.messages
    (layer,) = pictures_on(project)
    return layer


def pictures_on(project) -> list:
    return [layer for layer in project.mapLayers().values() if layer.customProperty("earthloc/table") == "picture"]


def is_drawn(layer, project, place) -> bool:
    """Whether the photo covers a place, (lat, lon)."""
    there = QgsCoordinateTransform(WGS84, layer.crs(), project).transform(QgsPointXY(place[1], place[0]))
    return layer.dataProvider().sample(there, 4) == (255.0, True)


SPOTS = ((200, 150), (1020, 220), (560, 760), (1000, 700))  # pixels of a photo at which tie points are set


@pytest.mark.parametrize("number", [1, 2], ids=["uncertain", "not found"])
def test_photo_corrected_in_a_review_is_drawn_at_its_new_place(panel, project, qgis_iface, imagery, tmp_path, number):
    photos = cut_photos(imagery, tmp_path / "Fotos ü")
    write_wrong_results(panel.controller.store.path, photos)
    photo, (lat, lon) = photos[number], PHOTO_CENTRES[number]
    canvas = make_canvas(qgis_iface, "EPSG:4326")
    project.read(project.fileName())
    wait_for(lambda: panel.controller.model.photo(photo))
    panel.tools.review.trigger()
    window = panel.review.window
    window.canvas = canvas

    def correct(east_deg: float) -> None:
        window.queue.select(photo)
        settle(window)
        canvas.setExtent(QgsRectangle(lon - 3, lat - 2.5, lon + 4, lat + 2.5))
        press(window, Qt.Key.Key_X)
        for x, y in SPOTS:
            at = truth(x, y, number)
            click_pair(window, x, y, (at[0], at[1] + east_deg))
        press(window, Qt.Key.Key_A)
        settle(window)

    window.queue.select(photo)
    settle(window)
    if number == 2:  # it has no place yet: place it at the centre of the map
        press(window, Qt.Key.Key_V)
    press(window, Qt.Key.Key_P)
    window.commands["snap"].setChecked(False)
    correct(0.0)
    first = drawn_of(panel, project, photo)
    source = first.source()
    assert all(is_drawn(first, project, truth(x, y, number)) for x, y in ((100, 100), (1100, 100), (600, 800)))
    # Corrected again, farther east: the old picture is removed and a new one drawn.
    correct(1.0)
    wait_for(lambda: not pictures_on(project), 10, "the outdated picture to go")
    second = drawn_of(panel, project, photo)
    assert second.source() != source
    assert not is_drawn(second, project, truth(100, 450, number))
    east = truth(1100, 450, number)
    assert is_drawn(second, project, (east[0], east[1] + 0.8))
    kept = picture_folder(panel.controller.store).glob("*ortho.tif")
    assert [path.name for path in kept] == [Path(second.source()).name]


# -- algorithms -----------------------------------------------------------------------------------


@pytest.fixture
def run(qgis_app, real_engine):
    """run(name, parameters): runs an algorithm in this thread and returns its results."""
    provider = EarthLocProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    settings.set_engine_setting(real_engine)

    def run(name, parameters):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"earthloc:{name}")
        return algorithm.run(parameters, QgsProcessingContext(), QgsProcessingFeedback(), {}, False)

    yield run
    QgsApplication.processingRegistry().removeProvider(provider)


def test_register_and_georeference(run, photo_from_space, imagery, tmp_path):
    lat, lon = SEEN_FROM_SPACE
    results = str(tmp_path / "results.gpkg")
    extent = f"{lon - 2},{lon + 1.6},{lat - 1.2},{lat + 1.4} [EPSG:4326]"
    known = {"PHOTO": photo_from_space, "IMAGERY": str(imagery), "OUTPUT": results}
    found, succeeded = run("register", {**known, "EXTENT": extent})
    assert succeeded
    assert found["STATUS"] == "located"
    assert found["TIE_POINTS"] > 20
    assert found["CONFIDENCE"] > 0.99
    assert found["RMS_KM"] < 2
    assert ResultStore(Path(results)).localization(photo_from_space)["pose"]["width_px"] == 900
    drawn, succeeded = run(
        "georeference",
        {"PHOTO": photo_from_space, "RESULTS": results, "KIND": "ortho", "OUTPUT": str(tmp_path / "o.tif")},
    )
    assert succeeded
    assert os.path.exists(tmp_path / "o_uncertainty_km.tif")
    assert "Orthorectified" in drawn["MESSAGE"]
    drawn, succeeded = run(
        "georeference",
        {"PHOTO": photo_from_space, "RESULTS": results, "ELEVATION": str(imagery), "OUTPUT": str(tmp_path / "h.tif")},
    )
    assert f"over the heights of {imagery.name}" in drawn["MESSAGE"]
    ortho = gdal.Open(str(tmp_path / "o.tif"))
    assert ortho.RasterCount == 4
    drawn, succeeded = run(
        "georeference",
        {"PHOTO": photo_from_space, "RESULTS": results, "KIND": "gcp", "OUTPUT": str(tmp_path / "g.tif")},
    )
    assert gdal.Open(str(tmp_path / "g.tif")).GetGCPCount() == found["TIE_POINTS"]
    # At another place, given by a point and a length: not found, but no error. Then nothing can be drawn.
    elsewhere, succeeded = run("register", {**known, "PLACE": f"{lon},{lat + 30} [EPSG:4326]", "WIDTH_KM": 300})
    assert succeeded
    assert (elsewhere["STATUS"], elsewhere["TIE_POINTS"]) == ("not_found", 0)
    with pytest.raises(QgsProcessingException, match="its place was not found"):
        run("georeference", {"PHOTO": photo_from_space, "RESULTS": results, "OUTPUT": str(tmp_path / "n.tif")})
    assert ogr.Open(results).GetLayerByName("photos").GetFeatureCount() == 1
    with pytest.raises(QgsProcessingException, match="give an extent, or a point and a length"):
        run("register", known)
