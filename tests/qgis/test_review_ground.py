"""Setting tie points where others are, and without a photo in the way; the index manager beside the map."""

from __future__ import annotations

import pytest
from conftest import wait_for
from osgeo import gdal
from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QPoint, QRect, QSize, Qt
from qgis.PyQt.QtTest import QTest
from test_review import canvas, open_window, press, results, settle  # noqa: F401  fixtures

from earthloc_qgis.core.qgis_types import layer_tree_root
from earthloc_qgis.core.result_layer import PICTURE, TABLE_PROPERTY
from earthloc_qgis.gui.window_place import place_beside


def first_point_on_photo(window) -> QPoint:
    point = window.controller.working.shown["tie_points"][0]
    return window.photo.to_screen(point["x_px"], point["y_px"]).toPoint()


def first_point_on_map(window) -> QPoint:
    point = window.controller.working.shown["tie_points"][0]
    place = window.map.frame.to_map(point["lat"], point["lon"])
    return window.map.canvas.getCoordinateTransform().transform(place).toQPointF().toPoint()


@pytest.fixture
def tying(open_window):
    """A review in which tie points are set; the current photo has some of the engine's."""
    window = open_window()
    while not window.controller.working.shown["tie_points"]:
        press(window, Qt.Key.Key_Right)
        settle(window)
    press(window, Qt.Key.Key_P)
    assert "Hold Ctrl" in window.status.text()
    return window


def test_ctrl_sets_a_point_where_another_one_is(tying):
    ties = tying.correct.tie_points
    at = first_point_on_photo(tying)
    QTest.mouseClick(tying.photo, Qt.MouseButton.LeftButton, pos=at)
    assert ties.open_pixel is None  # the existing point was selected
    assert ties.selected == 0
    QTest.mouseClick(tying.photo, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, at)
    assert ties.open_pixel is not None
    assert ties.selected == -1
    press(tying, Qt.Key.Key_Escape)
    viewport, at = tying.map.canvas.viewport(), first_point_on_map(tying)
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=at)
    assert ties.open_ground is None
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, at)
    assert ties.open_ground is not None


def test_the_other_end_of_an_open_point_can_be_set_on_an_existing_one(tying):
    ties = tying.correct.tie_points
    completed = []
    ties._complete = lambda pixel, ground: completed.append((pixel, ground))
    QTest.mouseClick(tying.photo, Qt.MouseButton.LeftButton, pos=tying.photo.to_screen(300, 200).toPoint())
    assert ties.open_pixel is not None
    QTest.mouseClick(tying.map.canvas.viewport(), Qt.MouseButton.LeftButton, pos=first_point_on_map(tying))
    assert len(completed) == 1


def test_photos_on_the_map_do_not_hide_the_ground_while_tie_points_are_set(open_window, tmp_path):
    window = open_window()
    path = tmp_path / "drawn.tif"
    gdal.GetDriverByName("GTiff").Create(str(path), 4, 4, 3).SetGeoTransform((0, 1, 0, 50, 0, -1))
    layer = QgsRasterLayer(str(path), "Photo", "gdal")
    layer.setCustomProperty(TABLE_PROPERTY, PICTURE)
    QgsProject.instance().addMapLayer(layer)
    node = layer_tree_root(QgsProject.instance()).findLayer(layer.id())
    window.commands["overlay"].setChecked(True)
    press(window, Qt.Key.Key_P)
    assert not window.commands["overlay"].isChecked()
    assert not node.itemVisibilityChecked()
    press(window, Qt.Key.Key_O)  # the user may still look at it
    assert window.commands["overlay"].isChecked()
    press(window, Qt.Key.Key_P)
    assert window.commands["overlay"].isChecked()
    assert node.itemVisibilityChecked()
    node.setItemVisibilityChecked(False)
    press(window, Qt.Key.Key_P)
    press(window, Qt.Key.Key_P)
    assert not node.itemVisibilityChecked()  # the user has hidden it


@pytest.mark.parametrize("map_rect", [QRect(300, 100, 590, 640), QRect(500, 100, 860, 640)])
def test_a_window_beside_the_map_does_not_cover_it(map_rect):
    screen = QRect(0, 0, 1366, 768)
    place = place_beside(map_rect, screen, QSize(400, 500), QSize(960, 640))
    assert not place.intersects(map_rect)
    assert screen.contains(place)
    assert place.height() == 640


def test_index_manager_opens_beside_the_map(qgis_iface, client):
    from earthloc_qgis.gui.index_manager import IndexManager

    main, map_canvas = qgis_iface.mainWindow(), qgis_iface.mapCanvas()
    main.show()
    wait_for(map_canvas.isVisible)
    manager = IndexManager(map_canvas, client)
    manager.open()
    assert manager.minimumSizeHint().width() <= 520
    assert manager.minimumSizeHint().height() <= 700
    manager.close_threads()
    manager.deleteLater()


def test_builder_says_why_it_cannot_build(qgis_iface, client, tmp_path):
    from earthloc_qgis.core.engine_client import EngineSession
    from earthloc_qgis.gui.index_builder import IndexBuilder

    QgsProject.instance().clear()
    builder = IndexBuilder(EngineSession(client), qgis_iface.mapCanvas())
    assert not builder.button.isEnabled()
    assert "add a raster layer" in builder.why.text()
    path = tmp_path / "ground.tif"
    gdal.GetDriverByName("GTiff").Create(str(path), 4, 4, 3).SetGeoTransform((0, 1, 0, 50, 0, -1))
    QgsProject.instance().addMapLayer(QgsRasterLayer(str(path), "ground", "gdal"))
    wait_for(lambda: "type a name" in builder.why.text(), 5)
    builder.name.setText("alps")
    builder.widths.setText("wide")
    assert "156, 313, 626" in builder.why.text()
    builder.widths.setText("100")
    assert builder.why.text() == ""
    assert builder.button.isEnabled()
    builder.deleteLater()
    QgsProject.instance().clear()
