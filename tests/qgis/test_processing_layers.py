"""What algorithms load into the project: styled layers with plain names in a group of their own. And their imagery."""

from __future__ import annotations

from pathlib import Path

import pytest
from processing_kit import Feedback, provider, rows, run  # noqa: F401  fixtures
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
)
from sample_results import write_results

from earthloc_qgis import settings
from earthloc_qgis.core.imagery import Imagery, server_imagery
from earthloc_qgis.core.layers import TABLE_PROPERTY


@pytest.fixture
def project(qgis_app):
    project = QgsProject.instance()
    project.clear()
    yield project
    project.clear()


@pytest.fixture
def run_and_load(provider, real_engine, project):
    """Runs an algorithm as QGIS's window does, and loads its layers as QGIS's window does. Returns results and log."""
    settings.set_engine_setting(real_engine)

    def act(name, parameters):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"earthloc:{name}")
        context, feedback = QgsProcessingContext(), Feedback()
        context.setProject(project)
        results, ok = algorithm.run(parameters, context, feedback, {}, False)
        assert ok, feedback.lines
        for source, details in context.layersToLoadOnCompletion().items():
            layer = QgsProcessingUtils.mapLayerFromString(source, context, True)
            details.setOutputLayerName(layer)
            taken = context.temporaryLayerStore().takeMapLayer(layer)
            if taken is not None:  # else it is in the project already
                project.addMapLayer(taken)
            details.postProcessor().postProcessLayer(layer, context, feedback)
        return results, feedback.lines

    return act


def tree(project) -> dict[str, list[str]]:
    """Names of the layers of each group, top to bottom; "" for those in no group."""
    root = project.layerTreeRoot()
    groups = {group.name(): [node.name() for node in group.findLayers()] for group in root.findGroups()}
    loose = [child.name() for child in root.children() if hasattr(child, "layerId")]
    return {**groups, **({"": loose} if loose else {})}


def layer_called(project, name):
    return project.mapLayersByName(name)[0]


def test_located_photos_are_loaded_styled_in_one_group(run_and_load, project, real_photos, real_index, tmp_path):
    out = tmp_path / "pass 12.gpkg"
    given = {"PHOTOS": real_photos[:2], "INDEX": str(real_index), "REGISTER": False, "OUTPUT": str(out)}
    run_and_load("localize", given)
    assert tree(project) == {"EarthLoc: pass 12": ["Footprints", "Candidates"]}
    footprints = layer_called(project, "Footprints")
    assert footprints.renderer().type() == "RuleRenderer"
    assert footprints.customProperty(TABLE_PROPERTY) == "footprints"
    assert layer_called(project, "Candidates").renderer().type() != "singleSymbol"
    run_and_load("localize", {**given, "PHOTOS": real_photos[1:3]})  # replaces the layers of the same file
    assert tree(project) == {"EarthLoc: pass 12": ["Footprints", "Candidates"]}
    assert layer_called(project, "Footprints").featureCount() == 3


def test_registered_and_georeferenced_photos_are_loaded_in_groups(
    run_and_load, project, photo_from_space, imagery, tmp_path
):
    out = tmp_path / "results.gpkg"
    given = {"PHOTO": photo_from_space, "PLACE": "5.1,44.2 [EPSG:4326]", "WIDTH_KM": 300, "OUTPUT": str(out)}
    run_and_load("register", {**given, "IMAGERY": str(imagery)})
    assert tree(project) == {"EarthLoc: results": ["Tie points", "Footprints"]}
    ortho = {"PHOTO": photo_from_space, "RESULTS": str(out), "KIND": "gcp", "OUTPUT": str(tmp_path / "photo 1.tif")}
    run_and_load("georeference", ortho)
    assert tree(project)["EarthLoc: georeferenced photos"] == ["photo 1"]
    assert isinstance(layer_called(project, "photo 1"), QgsRasterLayer)


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".geojson", ".kml"])
def test_exports_are_loaded_styled(run_and_load, project, tmp_path, suffix):
    results = write_results(tmp_path / "results.gpkg")
    run_and_load("exportfootprints", {"INPUT": str(results), "OUTPUT": str(tmp_path / f"for Ada{suffix}")})
    assert tree(project) == {"EarthLoc: exported footprints": ["for Ada"]}
    assert layer_called(project, "for Ada").renderer().type() == "RuleRenderer"


def test_tiles_of_a_new_index_are_loaded(run_and_load, project, imagery, tmp_path):
    given = {"SOURCE": str(imagery), "TILE_KM": "220,313", "FEATURE_KM": 0.0, "INCLUDE_OCEAN": True}
    run_and_load("buildindex", {**given, "OUTPUT": str(tmp_path / "alps")})
    assert tree(project) == {"EarthLoc: indexes": ["Tiles of alps"]}
    categories = layer_called(project, "Tiles of alps").renderer().categories()
    assert [category.label() for category in categories] == ["313 km", "220 km"]
    assert [category.renderState() for category in categories] == [True, False]


def test_labels_are_short_enough_for_a_narrow_window(provider):
    for algorithm in provider.algorithms():
        for definition in algorithm.parameterDefinitions():
            assert len(definition.description()) <= 40, (algorithm.id(), definition.description())


# --- imagery -----------------------------------------------------------------------------------------


def message(results):
    return rows(results, "SELECT message FROM photos")[0][0]


def test_localize_uses_the_imagery_of_the_panel_and_says_so(run, real_photos, real_index, imagery, tmp_path):
    import shutil

    alone = tmp_path / "passed on"
    shutil.copytree(real_index, alone)  # without its imagery

    def located(text):
        feedback, out = Feedback(), tmp_path / "results.gpkg"
        given = {"PHOTOS": real_photos[:1], "INDEX": str(alone), "OUTPUT": str(out), "REGISTER": True, "TOP_K": 1}
        run("localize", {**given, "IMAGERY": text}, feedback)
        return message(out), [line for line in feedback.lines if line.startswith("Imagery as chosen")]

    assert "is not here" in located("")[0]  # nothing is chosen in the panel
    settings.set_imagery(Imagery("My mosaic", path=str(imagery)))
    text, log = located("")
    assert "Not checked" not in text
    assert log == ["Imagery as chosen in the panel: My mosaic"]
    text, log = located("index")
    assert "is not here" in text
    assert log == []


def test_register_uses_the_imagery_of_the_panel(run, photo_from_space, imagery, tmp_path):
    given = {"PHOTO": photo_from_space, "PLACE": "5.1,44.2 [EPSG:4326]", "WIDTH_KM": 300}
    given["OUTPUT"] = str(tmp_path / "results.gpkg")
    with pytest.raises(QgsProcessingException, match="No imagery was given and none is chosen in the panel"):
        run("register", given)
    settings.set_imagery(Imagery("My mosaic", path=str(imagery)))
    feedback = Feedback()
    assert run("register", given, feedback)["STATUS"] == "located"
    assert "Imagery as chosen in the panel: My mosaic" in feedback.lines
    settings.set_imagery(server_imagery("Served", "http://127.0.0.1:9/{z}/{x}/{y}.png"))
    with pytest.raises(QgsProcessingException, match="imagery server Served .* cannot be reached"):
        run("register", given)
    assert Path(given["OUTPUT"]).is_file()
