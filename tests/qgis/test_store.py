"""The results store: paths, reading, removing and copying results."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest
from osgeo import gdal
from qgis.core import QgsProject, QgsVectorLayer
from review_results import localization_of, pose_over
from sample_results import write_results

from earthloc_qgis.contract.review import photo_key
from earthloc_qgis.core.store import ResultStore, StoreError, results_path, unsaved_path

NAMES = ["ISS042-E-104433.jpg", "Straße am Golf 湾.jpg", "ISS064-E-513.jpg", "night.jpg"]


@pytest.fixture
def store(tmp_path) -> ResultStore:
    folder = tmp_path / "pro'ject"
    folder.mkdir()
    return ResultStore(write_results(folder / "results.gpkg"))


def photos_of(store: ResultStore) -> list[str]:
    return [str(store.path.parent / "photos" / name) for name in NAMES]


def rows(path: Path, table: str) -> int:
    return QgsVectorLayer(f"{path}|layername={table}", table, "ogr").featureCount()


def test_path_of_results(tmp_path):
    project = QgsProject()
    assert results_path(project) == unsaved_path()
    project.setFileName(str(tmp_path / "Mein Projekt.qgz"))
    assert results_path(project) == tmp_path / "Mein Projekt_earthloc.gpkg"


def test_key_is_relative_only_below_the_folder(tmp_path):
    assert photo_key(str(tmp_path / "a" / "b.jpg"), tmp_path) == "a/b.jpg"
    assert photo_key("/elsewhere/b.jpg", tmp_path) == "/elsewhere/b.jpg"
    assert photo_key(str(tmp_path) + "2/b.jpg", tmp_path) == str(tmp_path) + "2/b.jpg"


def test_photos_are_read(store):
    photos = store.photos()
    assert sorted(photo.path for photo in photos) == sorted(photos_of(store))
    first = next(photo for photo in photos if photo.photo_id == "ISS042-E-104433")
    assert (first.status, first.confidence, first.nadir) == ("located", 0.93, (37.0, 31.7))
    night = next(photo for photo in photos if photo.path.endswith("night.jpg"))
    assert night.nadir is None


def test_missing_file_is_empty_and_damaged_file_is_refused(tmp_path):
    store = ResultStore(tmp_path / "none.gpkg")
    assert store.photos() == []
    assert store.localization("/p/a.jpg") is None
    store.remove(["/p/a.jpg"])
    assert not store.path.exists()  # reading does not create it
    store.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match=r"none\.gpkg"):
        store.photos()
    with pytest.raises(StoreError, match=r"none\.gpkg"):
        store.remove(["/p/a.jpg"])


def test_localization_is_read(store):
    photo = Path(photos_of(store)[1])
    answer = localization_of(photo, pose_over(27.5, 50.0), 0.99, "")
    layer = QgsVectorLayer(f"{store.path}|layername=photos", "p", "ogr")
    field = layer.fields().indexOf("localization")
    changes = {feature.id(): {field: json.dumps(answer)} for feature in layer.getFeatures()}
    assert layer.dataProvider().changeAttributeValues(changes)
    assert store.localization(str(photo)) == answer
    assert store.localization("/not/there.jpg") is None


def test_remove_deletes_all_rows_but_reviews(store):
    photos = photos_of(store)
    store.remove([photos[0], photos[1], "/not/there.jpg"])
    assert sorted(photo.path for photo in store.photos()) == sorted(photos[2:])
    assert rows(store.path, "photos") == 2
    assert rows(store.path, "footprints") == 1
    assert rows(store.path, "candidates") == rows(store.path, "tie_points") == 0
    assert rows(store.path, "reviews") == 1
    layer = QgsVectorLayer(f"{store.path}|layername=footprints", "f", "ogr")
    assert layer.featureCount() == len(list(layer.getFeatures(layer.extent().buffered(1))))  # the R-tree is updated


def test_remove_fails_while_another_program_writes(store):
    writer = sqlite3.connect(store.path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"results\.gpkg"):
        store.remove(photos_of(store))
    writer.execute("ROLLBACK")
    writer.close()
    assert len(store.photos()) == 4


def test_remove_works_while_qgis_has_the_file_open(store):
    layer = QgsVectorLayer(f"{store.path}|layername=footprints", "f", "ogr")
    assert len(list(layer.getFeatures())) == 3
    store.remove(photos_of(store)[:1])
    layer.dataProvider().reloadData()
    assert len(list(layer.getFeatures())) == 2


def test_carry_over_to_a_new_file(store, tmp_path):
    target = tmp_path / "target" / "b_earthloc.gpkg"
    target.parent.mkdir()
    photos = photos_of(store)
    store.carry_over(photos[:2], target)
    carried = ResultStore(target)
    assert sorted(photo.path for photo in carried.photos()) == sorted(photos[:2])
    assert rows(target, "footprints") == 2
    for table in ("candidates", "tie_points", "reviews"):
        assert rows(target, table) == rows(store.path, table) > 0
    assert len(store.photos()) == 4
    assert [path.name for path in target.parent.iterdir()] == ["b_earthloc.gpkg"]
    # In a file one folder up, keys are relative to that folder.
    above = tmp_path / "above.gpkg"
    store.carry_over(photos, above)
    with sqlite3.connect(above) as database:
        keys = {key for (key,) in database.execute("SELECT photo FROM footprints")}
    assert keys == {f"pro'ject/photos/{name}" for name in NAMES[:3]}


def test_carry_over_into_a_file_with_results(store, tmp_path):
    other = ResultStore(tmp_path / "b_earthloc.gpkg")
    store.carry_over(photos_of(store)[1:3], other.path)
    store.carry_over(photos_of(store)[:2], other.path)
    assert sorted(photo.path for photo in other.photos()) == sorted(photos_of(store)[:3])
    assert rows(other.path, "footprints") == 3
    assert rows(other.path, "candidates") == rows(store.path, "candidates")
    store.carry_over(photos_of(store)[:2], other.path)
    assert rows(other.path, "tie_points") == 3
    assert rows(other.path, "reviews") == 1  # copied twice, stored once


def test_results_without_search_areas_are_copied_into_a_file_of_version_3(store, tmp_path):
    old = ResultStore(write_results(tmp_path / "old.gpkg"))
    dataset = gdal.OpenEx(str(old.path), gdal.OF_VECTOR | gdal.OF_UPDATE)
    dataset.DeleteLayer("search_areas")
    del dataset
    store.carry_over(photos_of(store)[:2], old.path)
    assert len(old.photos()) == 6
    with pytest.raises(StoreError, match=r"old\.gpkg.*written by an older EarthLoc"):
        store.carry_over(photos_of(store)[3:], old.path)  # has search areas
    old.remove([str(tmp_path / "photos" / NAMES[3])])
    assert len(old.photos()) == 5


def test_files_of_version_1_work(store, tmp_path):
    """They have neither tie points nor reviews."""
    old = ResultStore(write_results(tmp_path / "old.gpkg"))
    dataset = gdal.OpenEx(str(old.path), gdal.OF_VECTOR | gdal.OF_UPDATE)
    dataset.DeleteLayer("tie_points")
    dataset.DeleteLayer("reviews")
    del dataset
    old.remove([str(tmp_path / "photos" / NAMES[0])])
    assert len(old.photos()) == 3
    with pytest.raises(StoreError, match=r"old\.gpkg.*written by an older EarthLoc"):
        store.carry_over(photos_of(store)[:1], old.path)
    assert len(old.photos()) == 3
    old.carry_over([str(tmp_path / "photos" / NAMES[1])], store.path)
    assert rows(store.path, "reviews") == 1


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write anywhere")
def test_carry_over_to_a_read_only_folder(store, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.raises(StoreError, match="locked"):
        store.carry_over(photos_of(store), folder / "b.gpkg")
    assert len(store.photos()) == 4


def test_carry_over_to_a_missing_folder(store, tmp_path):
    with pytest.raises(StoreError, match="missing"):
        store.carry_over(photos_of(store), tmp_path / "missing" / "b.gpkg")
    assert len(store.photos()) == 4
