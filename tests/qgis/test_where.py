"""Where photos could be, in the panel and on the map."""

from __future__ import annotations

import base64
import json
import os
import re

import pytest
from conftest import wait_for
from panel_kit import add, docked, folder, idle, index, panel, status  # noqa: F401  fixtures
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QLocale, QSize, Qt
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtTest import QTest
from review_results import review_window, write_review_results
from where_results import where_at

from earthloc_qgis import settings
from earthloc_qgis.contract.review import ReviewDecision
from earthloc_qgis.core.engine_client import EngineClient
from earthloc_qgis.core.map_extent import map_extent
from earthloc_qgis.core.pictures import picture_folder, where_path
from earthloc_qgis.core.queue import DONE, Job
from earthloc_qgis.core.report import write_report
from earthloc_qgis.core.result_layer import TABLE_PROPERTY
from earthloc_qgis.core.reviews import ReviewFile
from earthloc_qgis.core.store import ResultStore
from earthloc_qgis.core.where_maps import WhereMaps
from earthloc_qgis.core.where_words import area_text, left_out_in_words, where_in_words

IRAQ, INDUS, FIJI = (36.2, 44.1), (31.0, 70.0), (-17.5, 179.2)
LEFT_OUT = (("geoclip", "its file <b>heads.onnx</b> is missing"),)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "requests.jsonl"


@pytest.fixture
def engine_options(journal):
    return ("--journal", str(journal))


@pytest.fixture
def english(qgis_app):
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def project(panel, english, qgis_canvas, tmp_path):
    """A saved project with a located photo, an uncertain one and one that was not found; all say where they could be.

    Returns their paths in this order.
    """

    def change(number, found):
        places = [(IRAQ,), (IRAQ, INDUS), (IRAQ, INDUS, FIJI)][number]
        found["where"] = where_at(*places, left_out=LEFT_OUT if number == 2 else ())
        if number == 1:
            found["status"] = "uncertain"

    photos = write_review_results(tmp_path / "p_earthloc.gpkg", 3, change=change)
    assert QgsProject.instance().write(str(tmp_path / "p.qgz"))
    reopen(tmp_path)
    QgsProject.instance().setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    qgis_canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    return photos


def reopen(tmp_path) -> None:
    QgsProject.instance().clear()
    assert QgsProject.instance().read(str(tmp_path / "p.qgz"))


def layers(kind) -> dict:
    """{name of the group: whether it is visible} of the search areas or rasters in the project."""
    found = {}
    for node in QgsProject.instance().layerTreeRoot().findLayers():
        if node.layer().customProperty(TABLE_PROPERTY) == kind:
            found[node.parent().name()] = node.isVisible()
    return found


def show(panel, photo) -> None:
    """Show where a photo could be, by its button."""
    panel.list.select([photo])
    QTest.mouseClick(panel.results.where.button, Qt.MouseButton.LeftButton)
    name = os.path.splitext(os.path.basename(photo))[0]
    wait_for(lambda: layers("where").get(name), 20)


# --- words -----------------------------------------------------------------------------------------------


def test_a_search_area_in_words(english):
    where = where_at(IRAQ, INDUS, FIJI)
    where["areas"][1]["area_km2"] = 213_456.0
    for region, probability in zip(where["regions"], (0.62, 0.2, 0.08), strict=True):
        region["probability"] = probability
    assert where_in_words(where) == (
        "Search area, not a location: 90 % within 210,000 km² in 3 regions: 62 % near 36.2° N, 44.1° E; "
        "20 % near 31.0° N, 70.0° E; 8 % near 17.5° S, 179.2° E."
    )
    more = {**where, "regions": [*where["regions"], where["regions"][2]]}
    assert "km², mostly in these 3 regions: 62 %" in where_in_words(more)
    assert "km² in one region: 62 %" in where_in_words({**where, "regions": where["regions"][:1]})
    assert left_out_in_words(where) == ""
    named = left_out_in_words({**where, "left_out": [{"source": "geoclip", "reason": "its file is missing"}]})
    assert named == "Not used: GeoCLIP (its file is missing)."


def test_the_reason_for_a_source_left_out_is_told_in_the_users_language(monkeypatch):
    monkeypatch.setattr("earthloc_qgis.core.where_words._tr", lambda text: f"<{text}>")
    reason = {"source": "geoclip", "reason": "English", "message_id": "where.unreadable"}
    left_out = [{**reason, "message_params": {"path": "a.npy"}}, {**reason, "message_params": {}}]
    assert left_out_in_words({**where_at(IRAQ), "left_out": left_out}) == (
        "<Not used: GeoCLIP (<a.npy: cannot be read; get the where package again.>); GeoCLIP (English).>"
    )


def test_a_photo_of_nothing_is_said_to_give_no_hint(english):
    where = where_at(IRAQ)
    assert "hardly any hint" not in where_in_words(where)
    where["areas"][1]["area_km2"] = 120e6
    assert where_in_words(where) == (
        "Search area, not a location: 90 % within 120,000,000 km². The photo gives hardly any hint."
    )
    assert where_in_words({**where, "areas": where["areas"][:1]}) == ""


def test_areas_are_written_as_the_user_writes_numbers(english):
    assert [area_text(km2) for km2 in (0.0, 3.4, 3277.0, 1_949_000.0)] == ["0", "3", "3,300", "1,900,000"]
    german = QLocale("de_DE")
    german.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)  # QGIS's default
    QLocale.setDefault(german)
    assert area_text(213_456.0) == "210.000"


# --- panel -----------------------------------------------------------------------------------------------


def test_the_panel_says_where_a_photo_could_be_that_is_not_located(panel, project):
    located, uncertain, lost = project
    view = panel.results.where
    panel.list.select([lost])
    assert view.isVisible()
    text = view.text.text()
    assert text.startswith("Search area, not a location: 90 % within 790,000 km² in 3 regions: 30 % near 36.2° N")
    assert "Not used: GeoCLIP (its file &lt;b&gt;heads.onnx&lt;/b&gt; is missing)." in text
    panel.list.select([uncertain])
    assert "2 regions" in view.text.text()
    assert "Not used" not in view.text.text()
    panel.list.select([located])
    assert view.isHidden()


def test_nothing_is_said_of_a_photo_that_a_review_placed(panel, project):
    uncertain = project[1]
    panel.list.select([uncertain])
    assert panel.results.where.isVisible()
    found = panel.controller.localization(uncertain)
    file = ReviewFile(panel.controller.store.path)
    file.write([ReviewDecision(uncertain, "accepted", localization=found)])
    panel.controller.show_reviews({uncertain: "accepted"})
    assert panel.results.where.isHidden()


def test_the_button_is_reached_by_tab_and_explains_itself(panel, project):
    panel.list.select([project[2]])
    button = panel.results.where.button
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert "search" in button.toolTip()
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    wait_for(lambda: layers("where"), 20)


def test_the_setting_is_sent_to_the_engine(panel, folder, journal):
    assert panel.search.where.isChecked()  # by default
    add(panel, folder("lost a.jpg", "lost b.jpg"))
    first, second = (photo.path for photo in panel.controller.model.photos())
    panel.localize([first])
    wait_for(lambda: idle(panel))
    panel.search.where.setChecked(False)
    assert not settings.where()
    panel.localize([second])
    wait_for(lambda: idle(panel))
    sent = [json.loads(line) for line in journal.read_text().splitlines()]
    asked = [message["params"].get("where") for message in sent if message["method"] == "localize"]
    assert asked == [True, None]
    panel.list.select([first])
    assert panel.results.where.isVisible()
    panel.list.select([second])
    assert panel.results.where.isHidden()


# --- map -------------------------------------------------------------------------------------------------


def test_the_areas_and_the_raster_are_shown_below_everything_else(panel, project, qgis_canvas):
    lost = project[2]
    qgis_canvas.setExtent(QgsRectangle(0, 0, 1, 1))
    show(panel, lost)
    group = next(group for group in QgsProject.instance().layerTreeRoot().findGroups(True) if "102" in group.name())
    tables = [node.layer().customProperty(TABLE_PROPERTY) for node in group.findLayers()]
    assert tables[-2:] == ["search_areas", "where"]
    areas, raster = (node.layer() for node in group.findLayers()[-2:])
    assert areas.featureCount() == 3
    assert areas.renderer().type() == "categorizedSymbol"
    assert isinstance(raster, QgsRasterLayer)
    assert raster.renderer().type() == "singlebandpseudocolor"
    extent = qgis_canvas.extent()
    for lat, lon in (IRAQ, INDUS, FIJI):
        assert extent.contains(lon, lat)
    assert not extent.contains(-60, 0)


def test_an_area_that_is_cut_at_180_degrees_does_not_show_the_world(qgis_app):
    extents = []
    across = ((-180, -172), (174, 180))
    for places in (across, (*across, (40, 50))):
        boxes = [QgsGeometry.fromRect(QgsRectangle(west, -20, east, -15)) for west, east in places]
        extents.append(map_extent(QgsGeometry.collectGeometry(boxes), QgsCoordinateTransform(), is_scattered=True))
    assert extents[0].width() == 8
    assert extents[1].width() == 360


def test_only_one_photo_is_shown_at_a_time(panel, project):
    _, uncertain, lost = project
    names = [os.path.splitext(os.path.basename(photo))[0] for photo in (uncertain, lost)]
    show(panel, uncertain)
    show(panel, lost)
    assert layers("search_areas") == layers("where") == dict(zip(names, (False, True), strict=True))
    show(panel, uncertain)
    assert layers("search_areas") == layers("where") == dict(zip(names, (True, False), strict=True))


def test_the_candidates_do_not_cover_the_areas(panel, project):
    uncertain = project[1]
    panel.controller.map.show(uncertain, candidates_visible=True)
    assert list(layers("candidates").values()) == [True]
    show(panel, uncertain)
    assert list(layers("candidates").values()) == [False]
    assert list(layers("footprints").values()).count(True) == 1


def test_the_context_menu_shows_it(panel, project):
    panel.list.select([project[1]])
    menu = panel.list.make_menu()
    action = next(action for action in menu.actions() if action.text() == "Show where it could be")
    assert action.isEnabled()
    action.trigger()
    wait_for(lambda: layers("where"), 20)
    panel.list.select(project)
    menu = panel.list.make_menu()
    assert not next(action for action in menu.actions() if action.text() == "Show where it could be").isEnabled()


def test_it_is_there_again_when_the_project_is_opened_again(panel, project, tmp_path):
    lost = project[2]
    show(panel, lost)
    assert QgsProject.instance().write()
    reopen(tmp_path)
    (name,) = layers("where")
    assert layers("where") == layers("search_areas") == {name: True}
    (raster,) = (layer for layer in QgsProject.instance().mapLayers().values() if isinstance(layer, QgsRasterLayer))
    assert raster.isValid()
    assert raster.renderer().type() == "singlebandpseudocolor"
    panel.list.select([lost])
    assert panel.results.where.isVisible()


def test_a_raster_is_drawn_once(panel, project, journal):
    lost = project[2]
    for _ in range(2):
        show(panel, lost)
    sent = [json.loads(line)["method"] for line in journal.read_text().splitlines()]
    assert sent.count("where/raster") == 1


def test_double_click_zooms_to_where_a_photo_without_footprint_could_be(panel, project, qgis_canvas):
    qgis_canvas.setExtent(QgsRectangle(-60, 0, -59, 1))
    panel.list.zoom_wanted.emit(project[2])
    assert qgis_canvas.extent().contains(IRAQ[1], IRAQ[0])
    assert layers("search_areas") == {"ISS044-E-102": True}
    qgis_canvas.setExtent(QgsRectangle(-60, 0, -59, 1))
    panel.list.zoom_wanted.emit(project[0])  # has a footprint
    assert not qgis_canvas.extent().contains(IRAQ[1], IRAQ[0])


def ended(panel, path, **changes):
    """A run of one photo ends with the localization in the file, changed."""
    found = {**panel.controller.localization(path), "saved_to": str(panel.controller.store.path), "save_error": None}
    panel.controller.map.zoom_to_run({path: Job(path, state=DONE, result={**found, **changes})})
    QTest.qWait(500)


def test_a_run_of_one_photo_without_a_place_ends_with_where_it_could_be(panel, project, qgis_canvas):
    _, uncertain, lost = project
    nowhere = QgsRectangle(-60, 0, -59, 1)
    qgis_canvas.setExtent(nowhere)
    ended(panel, uncertain, confidence=0.001)  # its footprint is no likelier than chance
    assert qgis_canvas.extent().contains(INDUS[1], INDUS[0])
    assert list(layers("search_areas").values()) == [True]
    qgis_canvas.setExtent(nowhere)
    ended(panel, uncertain, confidence=0.4)
    assert not qgis_canvas.extent().contains(INDUS[1], INDUS[0])  # but its footprint
    qgis_canvas.setExtent(nowhere)
    no_hint = where_at(IRAQ)
    no_hint["areas"][1]["area_km2"] = 120e6
    ended(panel, lost, where=no_hint)
    assert qgis_canvas.extent().contains(-59.5, 0.5)


def test_without_an_engine_the_areas_are_shown(panel, project, monkeypatch):
    monkeypatch.setattr(settings, "find_engine", lambda: None)
    panel.show_where(project[1])
    assert list(layers("search_areas").values()) == [True]
    assert layers("where") == {}
    assert panel.notice.isVisible()


def test_a_photo_that_was_not_asked_about_gets_a_hint(panel, project, tmp_path):
    photos = write_review_results(tmp_path / "other.gpkg", 2)
    messages = []
    panel.where_maps.refused.connect(lambda photo, text: messages.append(text))
    panel.where_maps.show(photos[0], ResultStore(tmp_path / "other.gpkg"))
    assert messages == ["It is not known where it could be. Tick “Say where it could be” and locate it again."]
    assert layers("where") == {}


def test_removal_takes_it_away_and_undo_brings_it_back(panel, project):
    lost = project[2]
    show(panel, lost)
    shown = layers("where")
    panel.controller.removal.remove([lost])
    assert layers("where") == layers("search_areas") == {}
    panel.controller.removal.undo()
    assert layers("where") == layers("search_areas") == shown
    assert panel.controller.localization(lost)["where"]["sources"] == ["tiles", "votes"]


def test_raster_and_areas_follow_the_results_to_another_file(panel, project, tmp_path):
    lost = project[2]
    show(panel, lost)
    other = tmp_path / "else where" / "r.gpkg"
    other.parent.mkdir()
    assert panel.save_results_to(other)
    store = panel.controller.store
    assert store.path == other
    raster = where_path(store, lost, store.localization(lost)["where"])
    assert raster.is_file()
    assert raster.parent == picture_folder(store)
    sources = {layer.source().split("|")[0] for layer in QgsProject.instance().mapLayers().values()
               if layer.customProperty(TABLE_PROPERTY) in ("where", "search_areas")}  # fmt: skip
    assert sources == {str(other), str(raster)}


def test_the_engine_writes_a_raster_that_qgis_draws_in_place(project, real_engine, panel, tmp_path):
    _, uncertain, _ = project
    client = EngineClient([real_engine, "serve"])
    maps = WhereMaps(client, QgsProject.instance())
    refused = []
    maps.refused.connect(lambda photo, text: refused.append(text))
    maps.show(uncertain, panel.controller.store)
    wait_for(lambda: layers("where") or refused)
    client.close()
    assert refused == []
    (raster,) = (layer for layer in QgsProject.instance().mapLayers().values() if isinstance(layer, QgsRasterLayer))
    assert raster.crs().authid() == "EPSG:6933"
    to_raster = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), raster.crs(), QgsProject.instance())
    values = [
        raster.dataProvider().sample(to_raster.transform(QgsPointXY(lon, lat)), 1) for lat, lon in (IRAQ, INDUS, FIJI)
    ]
    assert [known for _, known in values] == [True, True, False]
    assert all(value < 20 for value, known in values if known)


# --- review and report -----------------------------------------------------------------------------------


@pytest.fixture
def review(project, qgis_canvas, tmp_path):
    """The review window of the photos of the project."""
    window = review_window(qgis_canvas)
    window.show()
    window.open(tmp_path / "p_earthloc.gpkg", project[2])
    wait_for(lambda: window.controller.working is not None and window.controller.working.path == project[2])
    yield window
    window.close_down()
    window.deleteLater()


def test_the_review_says_where_a_photo_could_be_and_shows_it(review, project, qgis_canvas):
    located = project[0]
    assert review.search_area.view.isVisible()
    assert review.search_area.view.text.text().startswith(
        "Search area, not a location: 90 % within 790,000 km² in 3 regions"
    )
    qgis_canvas.setExtent(QgsRectangle(-60, 0, -59, 1))
    QTest.mouseClick(review.search_area.view.button, Qt.MouseButton.LeftButton)
    for lat, lon in (IRAQ, INDUS, FIJI):
        assert qgis_canvas.extent().contains(lon, lat)
    assert len(review.map.marks._outlines) == 3
    review.controller.select(located)
    wait_for(lambda: review.controller.working is not None and review.controller.working.path == located)
    assert review.search_area.view.isHidden()
    assert len(review.map.marks._outlines) == 1  # of the footprint


def test_the_review_says_nothing_once_a_footprint_is_accepted(review, project):
    uncertain = project[1]
    review.controller.select(uncertain)
    wait_for(lambda: review.controller.working is not None and review.controller.working.path == uncertain)
    assert review.search_area.view.isVisible()
    review.controller.decide("accepted", [uncertain], "")
    wait_for(lambda: review.search_area.view.isHidden())


def test_the_report_shows_where_photos_could_be_that_are_not_located(project, tmp_path):
    target = tmp_path / "report.html"
    results = tmp_path / "p_earthloc.gpkg"
    assert write_report(results, target, only_usable=False) == 3
    articles = target.read_text(encoding="utf-8").split("<article>")[1:]
    said = {re.search("<h2>(.*?)</h2>", text).group(1): "Where it could be" in text for text in articles}
    assert said == {"ISS042-E-100": False, "ISS043-E-101": True, "ISS044-E-102": True}
    lost = next(text for text in articles if "ISS044-E-102" in text)
    assert "90 % within 790,000 km² in 3 regions" in lost
    drawn = QImage.fromData(base64.b64decode(re.findall(r"base64,([^\"]+)", lost)[1]))
    assert drawn.size() == QSize(460, 345)
    colours = {drawn.pixelColor(x, y).name() for x in range(0, 460, 3) for y in range(0, 345, 3)}
    assert len(colours) > 20
    ReviewFile(results).write([ReviewDecision(project[2], "cloud", "Ada")])
    write_report(results, target, only_usable=False)
    assert "790,000" in target.read_text(encoding="utf-8")


# --- language model --------------------------------------------------------------------------------------


def test_a_language_model_is_asked_only_when_ticked(panel, folder, journal):
    options = panel.search.language_model
    assert not options.ask.isChecked()
    assert options.address.isHidden()
    add(panel, folder("lost a.jpg", "lost b.jpg"))
    first, second = (photo.path for photo in panel.controller.model.photos())
    panel.localize([first])
    wait_for(lambda: idle(panel))
    options.ask.setChecked(True)
    assert not options.address.isHidden()
    assert options.address.text() == settings.DEFAULT_LANGUAGE_MODEL
    options.address.setText("http://127.0.0.1:8080")
    options.name.setText("tiny")
    options.address.editingFinished.emit()
    panel.localize([second])
    wait_for(lambda: idle(panel))
    asked = [params for method, params in requests(journal) if method == "localize"]
    assert [params.get("language_model") for params in asked] == [None, "http://127.0.0.1:8080"]
    assert asked[1]["language_model_name"] == "tiny"
    panel.search.where.setChecked(False)
    assert options.isHidden()


def requests(journal) -> list[tuple[str, dict]]:
    sent = [json.loads(line) for line in journal.read_text().splitlines()]
    return [(message["method"], message.get("params")) for message in sent]
