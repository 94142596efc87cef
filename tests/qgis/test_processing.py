"""The Processing algorithms: names and parameters, export of footprints and maps, `qgis_process`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from conftest import REPOSITORY
from osgeo import ogr
from processing_kit import Feedback, provider, rows, run  # noqa: F401  fixtures
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor, QImage
from sample_results import write_results

from earthloc_qgis.core.picture_panel import facts_of


def test_algorithms_have_stable_names_and_help(provider):
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
            "RECORDS",
            "RADIUS_KM",
            "TOP_K",
            "REGISTER",
            "IMAGERY",
            "MATCHER",
            "WHERE",
            "ORBIT",
            "CLOCKS",
            "LANGUAGE_MODEL",
            "LANGUAGE_MODEL_NAME",
            "INCLUDE_REVIEWED",
            "ENGINE",
            "OUTPUT",
        ],
        "earthloc:exportfootprints": ["INPUT", "FORMAT", "STATUS", "REVIEW", "OUTPUT"],
        "earthloc:register": [
            "PHOTO",
            "IMAGERY",
            "EXTENT",
            "PLACE",
            "WIDTH_KM",
            "NADIR",
            "INCLUDE_REVIEWED",
            "ENGINE",
            "OUTPUT",
        ],
        "earthloc:georeference": ["PHOTO", "RESULTS", "KIND", "CRS", "RESOLUTION_M", "ELEVATION", "ENGINE", "OUTPUT"],
        "earthloc:solvepasses": ["RESULTS", "ORBIT", "MAX_ELLIPSE_KM", "LEAVE_ONE_OUT", "ENGINE"],
        "earthloc:solveclocks": ["RESULTS", "ORBIT", "ENGINE", "OUTPUT"],
        "earthloc:wheremap": ["PHOTO", "RESULTS", "ENGINE", "OUTPUT"],
        "earthloc:readcatalogue": [
            "SOURCES",
            "KIND",
            "QUERY",
            "FOLDER",
            "FETCH",
            "SIZE",
            "KEY_ENV",
            "ADDRESS",
            "ARCHIVE",
            "ENGINE",
            "OUTPUT",
        ],
        "earthloc:mappicture": ["INPUT", "PHOTO", "BASEMAP", "WIDTH", "HEIGHT", "OUTPUT"],
        "earthloc:buildindex": [
            "SOURCE",
            "EXTENT",
            "TILE_KM",
            "FEATURE_KM",
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


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".geojson", ".kml", ".csv"])
def test_ending_determines_the_export_format(run, tmp_path, suffix):
    results = write_results(tmp_path / "results.gpkg")
    out = tmp_path / f"export{suffix}"
    assert run("exportfootprints", {"INPUT": str(results), "OUTPUT": str(out)}) == {"OUTPUT": str(out), "COUNT": 3}
    exported = ogr.Open(str(out))
    assert exported.GetLayer(0).GetFeatureCount() == 3


def test_export_filters_by_status_and_review_in_a_given_format(run, tmp_path):
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
    exported, succeeded = algorithm.run(parameters, context, Feedback())
    QgsProject.instance().removeMapLayer(layer)
    assert succeeded
    assert exported["COUNT"] == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"OUTPUT": "export.xyz"}, r"export\.xyz: choose a format or a name that ends with one of \.shp"),
        ({"INPUT": "nothing.gpkg"}, r"nothing\.gpkg"),
        ({"OUTPUT": "away/export.shp"}, "away: there is no such folder"),
        ({"OUTPUT": "results.gpkg"}, "is the file the footprints come from"),
    ],
)
def test_export_reports_invalid_input(run, tmp_path, given, message):
    write_results(tmp_path / "results.gpkg")
    parameters = {"INPUT": "results.gpkg", "OUTPUT": "export.shp", **given}
    parameters = {name: str(tmp_path / value) for name, value in parameters.items()}
    with pytest.raises(QgsProcessingException, match=message):
        run("exportfootprints", parameters)


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


@pytest.mark.parametrize(("altitude_km", "widths"), [(None, 1), (412.0, 0)], ids=["a tile", "fitted"])
def test_map_picture_gives_the_tile_width_only_without_a_fitted_camera(altitude_km, widths):
    photo = {"confidence": 0.5, "center_lat": 10.0, "center_lon": 20.0, "nadir_lat": None, "message": ""}
    facts = facts_of(photo, {"width_km": 313.0, "camera_altitude_km": altitude_km})
    assert len([fact for fact in facts if "313 km" in fact]) == widths


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
    ("given", "message"),
    [
        ({"PHOTO": "ISS001-E-1"}, "has no photo 'ISS001-E-1'"),
        ({"INPUT": "gone.gpkg"}, r"gone\.gpkg: there is no such file"),
        ({"OUTPUT": "away/map.png"}, r"map\.png: could not be written"),
    ],
)
def test_map_picture_reports_invalid_input(run, tmp_path, given, message):
    write_results(tmp_path / "results.gpkg")
    parameters = {"INPUT": "results.gpkg", "OUTPUT": "map.png", **given}
    for name in ("INPUT", "OUTPUT"):
        parameters[name] = str(tmp_path / parameters[name])
    with pytest.raises(QgsProcessingException, match=message):
        run("mappicture", parameters)


def test_qgis_process_locates_and_exports_to_a_shapefile(real_engine, real_photos, real_index, tmp_path):
    """As in a script on a server: no window, no panel, a staged plugin, a new profile."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.skip("no qgis_process on this machine")
    stage = tmp_path / "plugins" / "earthloc_qgis"
    shutil.copytree(REPOSITORY / "earthloc_qgis", stage, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REPOSITORY / "engine" / "contract", stage / "contract", dirs_exist_ok=True)
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
