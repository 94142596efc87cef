"""Results as map layers in a project."""

from __future__ import annotations

import shutil

import pytest
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsGeometry,
    QgsLayerTreeGroup,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from sample_results import FIJI, write_results

from earthloc_qgis.core.layers import PHOTO_PROPERTY, ResultLayers, map_extent

LOCATED, GOLF, FIJI_PHOTO = "ISS042-E-104433.jpg", "Straße am Golf 湾.jpg", "ISS064-E-513.jpg"


@pytest.fixture
def gpkg(tmp_path):
    folder = tmp_path / "it's here"
    folder.mkdir()
    return write_results(folder / "results.gpkg")


@pytest.fixture
def project(qgis_app):
    project = QgsProject.instance()
    project.clear()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    yield project
    project.clear()


@pytest.fixture
def layers(project):
    return ResultLayers(project)


@pytest.fixture
def canvas(qgis_canvas):
    before = qgis_canvas.mapSettings().destinationCrs()
    qgis_canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    yield qgis_canvas
    qgis_canvas.setDestinationCrs(before)


def photo(gpkg, name: str) -> str:
    return str(gpkg.parent / "photos" / name)


def tree(project) -> dict:
    """{group: {layer title: number of features}} under EarthLoc; layers outside a photo's group have the key ""."""
    (top,) = [group for group in project.layerTreeRoot().children() if group.name() == "EarthLoc"]
    found = {"": {}}
    for child in top.children():
        if isinstance(child, QgsLayerTreeGroup):
            found[child.name()] = {node.name(): node.layer().featureCount() for node in child.findLayers()}
        else:
            found[""][child.name()] = child.layer().featureCount()
    return found


def test_every_photo_has_a_group(layers, project, gpkg):
    layers.show(photo(gpkg, LOCATED), "ISS042-E-104433", gpkg, True)
    layers.show(photo(gpkg, GOLF), "Golf", gpkg, False)
    assert tree(project) == {
        "": {"All footprints": 3},
        "ISS042-E-104433": {"Tie points": 3, "Footprint": 1, "Candidates": 12},
        "Golf": {"Footprint": 1, "Candidates": 0},
    }
    assert project.crs().authid() == "EPSG:3857"
    for layer in project.mapLayers().values():
        assert layer.isValid()
        assert layer.renderer().type() != "singleSymbol"  # the style is applied


def test_located_again_refreshes_the_layers(layers, project, gpkg):
    layers.show(photo(gpkg, LOCATED), "a", gpkg, True)
    before = set(project.mapLayers())
    layers.show(photo(gpkg, LOCATED), "a", gpkg, True)
    assert set(project.mapLayers()) == before
    assert tree(project)["a"] == {"Tie points": 3, "Footprint": 1, "Candidates": 12}


def test_style_of_the_plugin_wins_over_one_stored_in_the_file(layers, project, gpkg):
    old = QgsVectorLayer(f"{gpkg}|layername=tie_points", "t", "ogr")
    assert old.renderer().type() == "singleSymbol"
    assert old.saveStyleToDatabase("tie_points", "", True, "") == ""
    layers.show(photo(gpkg, LOCATED), "a", gpkg, True)
    (shown,) = [layer for layer in project.mapLayers().values() if layer.name() == "Tie points"]
    assert shown.renderer().type() == "RuleRenderer"


def test_drawn_photo_is_between_tie_points_and_footprint(layers, project, gpkg, tmp_path):
    picture = tmp_path / "picture.tif"
    raster = gdal.GetDriverByName("GTiff").Create(str(picture), 20, 10, 4)
    raster.SetGeoTransform((30, 0.25, 0, 40, 0, -0.4))
    del raster
    assert not layers.show_picture(photo(gpkg, LOCATED), gpkg, picture)  # the photo has no group yet
    layers.show(photo(gpkg, LOCATED), "a", gpkg, True)
    for _ in range(2):
        assert layers.show_picture(photo(gpkg, LOCATED), gpkg, picture)
        assert list(tree_order(project)["a"]) == ["Tie points", "Photo", "Footprint", "Candidates"]
    assert not layers.show_picture(photo(gpkg, LOCATED), gpkg, tmp_path / "none.tif")
    layers.show(photo(gpkg, LOCATED), "a", gpkg, True)  # located again: its place may have changed
    assert list(tree_order(project)["a"]) == ["Tie points", "Footprint", "Candidates"]
    layers.show_picture(photo(gpkg, LOCATED), gpkg, picture)
    layers.remove(photo(gpkg, LOCATED), gpkg)
    assert not project.mapLayers()


def tree_order(project):
    top = project.layerTreeRoot().findGroup("EarthLoc")
    groups = [child for child in top.children() if isinstance(child, QgsLayerTreeGroup)]
    return {group.name(): [node.name() for node in group.children()] for group in groups}


def test_search_areas_are_at_the_bottom_and_hidden(layers, project, gpkg):
    layers.show(photo(gpkg, "night.jpg"), "night", gpkg, True)
    assert tree(project)["night"] == {"Footprint": 0, "Candidates": 0, "Search area": 3}
    assert list(tree_order(project)["night"])[-1] == "Search area"
    (areas,) = (layer for layer in project.mapLayers().values() if layer.name() == "Search area")
    node = project.layerTreeRoot().findLayer(areas.id())
    assert not node.itemVisibilityChecked()
    layers.show(photo(gpkg, "night.jpg"), "night", gpkg, True, areas_visible=True)
    assert not node.itemVisibilityChecked()  # the user may have hidden it
    layers.remove(photo(gpkg, "night.jpg"), gpkg)
    layers.show(photo(gpkg, "night.jpg"), "night", gpkg, False, areas_visible=True)
    (areas,) = (layer for layer in project.mapLayers().values() if layer.name() == "Search area")
    assert project.layerTreeRoot().findLayer(areas.id()).itemVisibilityChecked()


def test_a_file_of_version_3_has_no_search_areas_to_show(layers, project, gpkg):
    dataset = gdal.OpenEx(str(gpkg), gdal.OF_VECTOR | gdal.OF_UPDATE)
    dataset.DeleteLayer("search_areas")
    del dataset
    layers.show(photo(gpkg, "night.jpg"), "night", gpkg, True)
    assert tree(project)["night"] == {"Footprint": 0, "Candidates": 0}
    assert not layers.where.show_areas(photo(gpkg, "night.jpg"), gpkg)


def test_changed_rows_are_shown(layers, project, gpkg):
    from earthloc_qgis.core.store import ResultStore

    layers.show(photo(gpkg, LOCATED), "a", gpkg, True)
    ResultStore(gpkg).remove([photo(gpkg, LOCATED)])
    layers.show(photo(gpkg, LOCATED), "a", gpkg, True)
    assert tree(project)["a"] == {"Footprint": 0, "Candidates": 0}


def test_remove_deletes_group_and_layers(layers, project, gpkg):
    layers.show(photo(gpkg, LOCATED), "a", gpkg, True)
    layers.show(photo(gpkg, GOLF), "b", gpkg, True)
    layers.remove(photo(gpkg, LOCATED), gpkg)
    assert set(tree(project)) == {"", "b"}
    assert len(project.mapLayers()) == 3
    layers.remove("/not/there.jpg", gpkg)
    layers.remove(photo(gpkg, GOLF), gpkg)
    assert not project.mapLayers()
    assert not project.layerTreeRoot().children()


def test_groups_are_found_after_saving_and_renaming(layers, project, gpkg, tmp_path):
    layers.show(photo(gpkg, LOCATED), "a", gpkg, True)
    project.layerTreeRoot().children()[0].setName("My results")
    path = str(gpkg.parent / "p.qgz")
    assert project.write(path)
    again = QgsProject()
    assert again.read(path)
    ResultLayers(again).show(photo(gpkg, LOCATED), "a", gpkg, True)
    assert len(again.mapLayers()) == 4
    assert [child.name() for child in again.layerTreeRoot().children()] == ["My results"]


def test_repoint_makes_layers_read_another_file(layers, project, gpkg, tmp_path):
    layers.show(photo(gpkg, GOLF), "b", gpkg, True)
    ids = set(project.mapLayers())
    moved = tmp_path / "new folder" / "p_earthloc.gpkg"
    moved.parent.mkdir()
    from earthloc_qgis.core.store import ResultStore

    ResultStore(gpkg).carry_over([photo(gpkg, GOLF)], moved)
    layers.repoint(gpkg, moved, [photo(gpkg, GOLF)], {})
    shutil.rmtree(gpkg.parent)
    assert set(project.mapLayers()) == ids
    assert tree(project) == {"": {"All footprints": 1}, "b": {"Footprint": 1, "Candidates": 0}}
    for layer in project.mapLayers().values():
        assert layer.isValid()
        assert str(moved) in layer.source()
    group = project.layerTreeRoot().findGroup("b")
    assert group.customProperty(PHOTO_PROPERTY) == photo(gpkg, GOLF)


def test_zoom_to_footprint_and_candidate(layers, gpkg, canvas):
    layers.show(photo(gpkg, LOCATED), "a", gpkg, False)
    assert layers.zoom_to(photo(gpkg, LOCATED), gpkg, canvas)
    degrees = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:3857"), QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject()
    ).transformBoundingBox(canvas.extent())
    assert degrees.contains(QgsRectangle(30, 36, 35, 40))
    assert degrees.width() < 30  # the canvas is wider than high
    assert layers.zoom_to(photo(gpkg, LOCATED), gpkg, canvas, rank=3)
    assert not layers.zoom_to(photo(gpkg, LOCATED), gpkg, canvas, rank=99)
    assert not layers.zoom_to("/not/there.jpg", gpkg, canvas)


def test_zoom_shows_hidden_candidates(layers, project, gpkg, canvas):
    layers.show(photo(gpkg, LOCATED), "a", gpkg, False)
    (node,) = [node for node in project.layerTreeRoot().findLayers() if node.name() == "Candidates"]
    assert not node.isVisible()
    layers.zoom_to(photo(gpkg, LOCATED), gpkg, canvas, rank=1)
    assert node.isVisible()


@pytest.mark.parametrize(
    ("crs", "at_most", "middle"),
    [
        ("EPSG:4326", 20, QgsPointXY(178.5, -17.5)),  # the larger part
        ("EPSG:3832", 20 * 111_000, None),  # Mercator of the Pacific: both parts together
        ("EPSG:3857", 20 * 111_000, None),
    ],
)
def test_zoom_across_the_antimeridian(layers, gpkg, canvas, crs, at_most, middle):
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem(crs))
    layers.show(photo(gpkg, FIJI_PHOTO), "f", gpkg, False)
    assert layers.zoom_to(photo(gpkg, FIJI_PHOTO), gpkg, canvas)
    assert canvas.extent().width() < at_most
    if middle:
        assert canvas.extent().contains(middle)


def test_extent_of_both_parts_on_a_map_of_the_pacific():
    transform = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4326"), QgsCoordinateReferenceSystem("EPSG:3832"), QgsProject()
    )
    extent = map_extent(QgsGeometry.fromWkt(FIJI), transform)
    assert 4.5 * 111_000 < extent.width() < 5.7 * 111_000


def test_extent_outside_of_the_projection():
    transform = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4326"), QgsCoordinateReferenceSystem("EPSG:32633"), QgsProject()
    )
    far = QgsGeometry.fromRect(QgsRectangle(-90, 0, -80, 10))
    extent = map_extent(far, transform)
    assert extent is None or extent.isFinite()


def test_zoom_in_a_polar_projection(layers, gpkg, canvas):
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3031"))
    layers.show(photo(gpkg, FIJI_PHOTO), "f", gpkg, False)
    assert layers.zoom_to(photo(gpkg, FIJI_PHOTO), gpkg, canvas)
