"""Photos drawn on the map: where their files are, and when they are deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from osgeo import gdal, osr
from qgis.core import QgsProject
from review_results import localization_of, pose_over
from sample_results import write_results

from earthloc_qgis.contract.review import ReviewDecision
from earthloc_qgis.core import pictures
from earthloc_qgis.core.layers import ResultLayers
from earthloc_qgis.core.pictures import forget_pictures, picture_folder, picture_path
from earthloc_qgis.core.reviews import ReviewFile
from earthloc_qgis.core.store import ResultStore, unsaved_path
from earthloc_qgis.gui.controller import Controller


def photo_path() -> str:
    """Path of a photo whose camera a review has corrected."""
    return str(unsaved_path().parent / "photos" / "ISS042-E-104433.jpg")


def corrected(focal_px: float = 900.0) -> dict:
    """The localization that a review corrected."""
    return localization_of(Path(photo_path()), pose_over(38.0, 32.5, focal_px=focal_px), 0.99, "ISS042-E-104433")


def draw(path: Path) -> None:
    """Writes rasters in place of a drawn photo and its uncertainty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    wgs84 = osr.SpatialReference()
    wgs84.ImportFromEPSG(4326)
    for file in (path, path.with_name(f"{path.stem}_uncertainty_km.tif")):
        raster = gdal.GetDriverByName("GTiff").Create(str(file), 8, 8, 4)
        raster.SetGeoTransform((30, 0.5, 0, 40, 0, -0.5))
        raster.SetProjection(wgs84.ExportToWkt())
        del raster


@pytest.fixture
def controller(qgis_app, qgis_canvas):
    QgsProject.instance().clear()
    unsaved_path().parent.mkdir(parents=True, exist_ok=True)
    write_results(unsaved_path())
    ReviewFile(unsaved_path()).write([ReviewDecision(photo_path(), "corrected", localization=corrected())])
    controller = Controller(QgsProject.instance(), qgis_canvas)
    controller.restore_leftovers()
    yield controller
    controller.close()
    QgsProject.instance().clear()
    unsaved_path().unlink()


@pytest.fixture
def drawn(controller):
    """A photo that is drawn on the map, and its raster."""
    photo = photo_path()
    picture = picture_path(controller.store, photo, corrected())
    draw(picture)
    layers = ResultLayers(QgsProject.instance())
    layers.show(photo, "ISS042-E-104433", controller.store.path, candidates_visible=False)
    assert layers.show_picture(photo, controller.store.path, picture)
    return photo, picture


@pytest.mark.parametrize("linked", [True, False], ids=["same disk", "another disk"])
def test_drawn_photo_moves_with_the_results_into_a_saved_project(controller, drawn, tmp_path, monkeypatch, linked):
    photo, _picture = drawn
    if not linked:
        monkeypatch.setattr(pictures.os, "link", lambda *_: (_ for _ in ()).throw(OSError("another disk")))
    assert QgsProject.instance().write(str(tmp_path / "first.qgz"))
    assert not picture_folder(ResultStore(unsaved_path())).exists()
    there = picture_path(controller.store, photo, corrected())
    assert there.parent == tmp_path / "first_earthloc_photos"
    assert {file.name for file in there.parent.iterdir()} == {there.name, f"{there.stem}_uncertainty_km.tif"}
    again = QgsProject()
    assert again.read(str(tmp_path / "first.qgz"))
    (layer,) = [layer for layer in again.mapLayers().values() if layer.name() == "Photo"]
    assert layer.isValid()
    assert Path(layer.source()) == there
    # Saved under another name: both projects have their own file.
    assert QgsProject.instance().write(str(tmp_path / "second.qgz"))
    assert there.is_file()
    assert picture_path(controller.store, photo, corrected()).is_file()
    forget_pictures(photo, controller.store)
    assert there.is_file()
    assert not (tmp_path / "second_earthloc_photos").exists()


def test_drawn_photo_stays_on_the_map_if_it_cannot_be_copied(controller, drawn, tmp_path):
    _, picture = drawn
    (tmp_path / "first_earthloc_photos").write_text("a file where the folder should be")
    assert QgsProject.instance().write(str(tmp_path / "first.qgz"))
    assert picture.is_file()
    (layer,) = [layer for layer in QgsProject.instance().mapLayers().values() if layer.name() == "Photo"]
    assert layer.isValid()
    forget_pictures(photo_path(), ResultStore(unsaved_path()))
    assert not picture.exists()


def test_incomplete_copy_is_deleted(controller, drawn, tmp_path, monkeypatch):
    _, picture = drawn

    def full(source, target, **_):
        Path(target).write_bytes(Path(source).read_bytes()[:50])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pictures.os, "link", lambda *_: (_ for _ in ()).throw(OSError("another disk")))
    monkeypatch.setattr(pictures.shutil, "copyfile", full)
    assert QgsProject.instance().write(str(tmp_path / "first.qgz"))
    assert list((tmp_path / "first_earthloc_photos").iterdir()) == []
    assert picture.is_file()
    (layer,) = [layer for layer in QgsProject.instance().mapLayers().values() if layer.name() == "Photo"]
    assert layer.isValid()


def test_file_drawn_with_an_older_camera_is_deleted(controller, drawn):
    photo, _picture = drawn
    newer = picture_path(controller.store, photo, corrected(focal_px=950.0))
    draw(newer)
    forget_pictures(photo, controller.store, but=newer)
    assert {file.name for file in newer.parent.iterdir()} == {newer.name, f"{newer.stem}_uncertainty_km.tif"}
