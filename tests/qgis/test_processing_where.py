"""Where photos could be, in Processing."""

from __future__ import annotations

from pathlib import Path

import pytest
from language_model_stub import StubServer
from processing_kit import Feedback, provider, run  # noqa: F401  fixtures
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from review_results import write_review_results
from where_results import where_at

from earthloc_qgis.core.result_layer import TABLE_PROPERTY
from earthloc_qgis.processing import engine_run

IRAQ = (36.2, 44.1)


@pytest.fixture
def results(tmp_path):
    """Three photos; the last was not found, and the results say where it could be."""

    def change(number, found):
        if number == 2:
            found["where"] = where_at(IRAQ)

    return write_review_results(tmp_path / "results.gpkg", 3, change=change)


@pytest.fixture
def load(provider):
    """load(name, parameters): runs an algorithm as the toolbox does. Returns the layers in the project, by kind."""

    def load(name, parameters):
        QgsProject.instance().clear()
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"earthloc:{name}")
        context, feedback = QgsProcessingContext(), Feedback()
        context.setProject(QgsProject.instance())
        outputs, ok = algorithm.run(parameters, context, feedback, {}, False)
        assert ok, feedback.lines
        for source, details in context.layersToLoadOnCompletion().items():
            layer = QgsProcessingUtils.mapLayerFromString(source, context)
            QgsProject.instance().addMapLayer(context.temporaryLayerStore().takeMapLayer(layer) or layer)
            details.setOutputLayerName(layer)
            details.postProcessor().postProcessLayer(layer, context, feedback)
        layers = QgsProject.instance().mapLayers().values()
        return outputs, {layer.customProperty(TABLE_PROPERTY): layer for layer in layers}

    yield load
    QgsProject.instance().clear()


def test_the_map_of_a_photo_is_written(run, results, tmp_path):
    out = tmp_path / "where it is.tif"
    given = {"RESULTS": str(tmp_path / "results.gpkg"), "OUTPUT": str(out)}
    outputs = run("wheremap", {**given, "PHOTO": results[2]})
    assert outputs["OUTPUT"] == str(out)
    assert outputs["AREA_KM2"] == pytest.approx(81 * 3265.0)
    raster = QgsRasterLayer(str(out), "where")
    assert (raster.width(), raster.height(), raster.bandCount()) == (608, 256, 2)
    assert raster.crs().authid() == "EPSG:6933"
    del raster  # the traceback of the error below would keep it until after QGIS has ended, which crashes
    with pytest.raises(QgsProcessingException, match="does not say where ISS042-E-100.jpg could be"):
        run("wheremap", {**given, "PHOTO": results[0]})


def test_the_map_is_loaded_with_its_style(load, real_engine, results, tmp_path):
    given = {"RESULTS": str(tmp_path / "results.gpkg"), "ENGINE": real_engine}
    asked = QgsProcessingOutputLayerDefinition("TEMPORARY_OUTPUT", QgsProject.instance())
    _, layers = load("wheremap", {**given, "PHOTO": results[2], "OUTPUT": asked})
    assert set(layers) == {"where"}
    assert layers["where"].name() == Path(results[2]).stem
    assert layers["where"].renderer().type() == "singlebandpseudocolor"


def test_located_photos_give_a_styled_layer_of_search_areas(load, results, fake_engine, monkeypatch, tmp_path):
    monkeypatch.setattr(engine_run, "engine_command", lambda program="": fake_engine())
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "index.json").write_text("{}")
    lost = tmp_path / "lost.jpg"
    lost.write_bytes(b"")
    given = {"PHOTOS": [str(lost)], "INDEX": str(tmp_path / "index"), "OUTPUT": str(tmp_path / "results.gpkg")}
    outputs, layers = load("localize", {**given, "WHERE": True, "IMAGERY": "index"})
    assert set(layers) == {"search_areas", "candidates", "footprints"}
    assert layers["search_areas"].renderer().type() == "categorizedSymbol"
    found = QgsVectorLayer(outputs["SEARCH_AREAS"], "areas", "ogr")
    assert found.featureCount() == 3
    outputs, layers = load("localize", {**given, "IMAGERY": "index"})
    assert "SEARCH_AREAS" not in outputs
    assert set(layers) == {"candidates", "footprints"}


def test_the_engine_says_where_a_photo_could_be(run, real_photos, real_index, tmp_path):
    out = tmp_path / "results.gpkg"
    given = {"PHOTOS": real_photos[:1], "INDEX": str(real_index), "OUTPUT": str(out)}
    outputs = run("localize", {**given, "WHERE": True})
    areas = list(QgsVectorLayer(outputs["SEARCH_AREAS"], "areas", "ogr").getFeatures())
    sizes = [area["area_km2"] for area in sorted(areas, key=lambda area: area["percent"])]
    assert len(sizes) == 3
    assert sizes == sorted(sizes)
    assert all(area.geometry().isGeosValid() for area in areas)
    raster = run("wheremap", {"PHOTO": real_photos[0], "RESULTS": str(out), "OUTPUT": str(tmp_path / "where.tif")})
    assert raster["AREA_KM2"] == sizes[1]
    assert "SEARCH_AREAS" not in run("localize", given)
    assert QgsVectorLayer(f"{out}|layername=search_areas", "areas", "ogr").featureCount() == 0


@pytest.mark.parametrize("ending", ["shp", "gpkg", "geojson", "kml", "csv"])
def test_search_areas_are_exported_like_footprints(run, results, tmp_path, ending):
    layer = QgsVectorLayer(f"{tmp_path / 'results.gpkg'}|layername=search_areas", "areas", "ogr")
    out = tmp_path / f"areas.{ending}"
    assert run("exportfootprints", {"INPUT": layer, "OUTPUT": str(out)})["COUNT"] == 3
    written = QgsVectorLayer(str(out), "written", "ogr")
    assert sorted(float(feature["percent"]) for feature in written.getFeatures()) == [50, 90, 99]
    assert all(float(feature["area_km2"]) > 0 for feature in written.getFeatures())


def test_a_language_model_is_asked_only_if_its_address_is_given(run, real_photos, real_index, tmp_path):
    server = StubServer()
    try:
        server.says('[{"lat": 36.2, "lon": 44.1}]')
        given = {"PHOTOS": real_photos[:1], "INDEX": str(real_index), "REGISTER": False, "WHERE": True}
        run("localize", {**given, "OUTPUT": str(tmp_path / "without.gpkg")})
        assert server.asked == []
        asked = {"LANGUAGE_MODEL": server.address, "LANGUAGE_MODEL_NAME": "tiny"}
        run("localize", {**given, **asked, "OUTPUT": str(tmp_path / "with.gpkg")})
        ((path, question),) = server.asked
        assert (path, question["model"]) == ("/v1/chat/completions", "tiny")
        feedback = Feedback()
        elsewhere = {"LANGUAGE_MODEL": "http://192.0.2.1:11434", "OUTPUT": str(tmp_path / "refused.gpkg")}
        assert run("localize", {**given, **elsewhere}, feedback)["FAILED"] == 1
        assert "is not on this computer" in "\n".join(feedback.errors)
    finally:
        server.close()
