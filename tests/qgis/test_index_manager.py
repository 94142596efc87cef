"""The index manager: facts, coverage on the map, building with pause and resume, zip files, deleting."""

from __future__ import annotations

import json
import random
import re
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import wait_for
from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsRasterLayer, QgsRectangle
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QInputDialog, QMessageBox

from earthloc_qgis import settings
from earthloc_qgis.core import index_files
from earthloc_qgis.core.engine_client import EngineClient
from earthloc_qgis.core.index_files import IndexFileError
from earthloc_qgis.gui import index_map


def write_index(folder, name, region=(0, 40, 10, 48), size=1000, features=0):
    """Write the files of an index that manager and export need. The engine would reject it."""
    folder.mkdir(parents=True)
    info = {
        "format": 1, "name": name, "count": 5, "region": list(region), "tile_km": [156.0, 313.0],
        "model": {"name": "m", "version": "1", "sha256": "0"},
        "source": {"path": "ground.tif", "attribution": "made up", "licence": "public domain"},
    }  # fmt: skip
    if features:
        info |= {"format": 2, "features": {"count": features, "feature_km": 0.05, "vocabulary": "0"}}
        (folder / "features.bin").write_bytes(b"f" * 24 * features)
        (folder / "features.cells").write_bytes(b"c" * 20)
    (folder / "index.json").write_text(json.dumps(info), encoding="utf-8")
    (folder / "tiles.bin").write_bytes(b"t" * 100)
    (folder / "descriptors.i8").write_bytes(bytes(range(250)) * (size // 250))
    return folder


@pytest.fixture
def indexes(tmp_path):
    folder = tmp_path / "ïndexes"
    settings.set_index_folder(str(folder))
    write_index(folder / "europe", "europe", features=1200)
    write_index(folder / "damaged one", "pacific", (170, -20, -170, 10))
    (folder / "broken").mkdir()
    (folder / "broken" / "index.json").write_text("{")
    return folder


@pytest.fixture
def manager(qgis_iface, monkeypatch, fake_engine, indexes):
    from earthloc_qgis.gui.index_manager import IndexManager

    monkeypatch.setattr(settings, "engine_command", lambda program=None: fake_engine())
    QgsProject.instance().clear()
    canvas = qgis_iface.mapCanvas()
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    client = EngineClient(fake_engine("--indexes", str(indexes / "damaged one")))
    manager = IndexManager(canvas, client)
    manager.open()
    wait_for(lambda: client.state == "ready" and manager.table.rowCount() == 2)
    yield manager
    manager.close_threads()
    client.close()
    manager.deleteLater()
    QgsProject.instance().clear()


def select(manager, name):
    row = next(i for i in range(manager.table.rowCount()) if manager.table.item(i, 0).text() == name)
    manager.table.selectRow(row)
    return manager.table.chosen()[0]


def test_hint_tells_the_next_step(manager, tmp_path):
    assert "Choose an index" in manager.hint.text()
    select(manager, "europe")
    assert not manager.hint.isVisible()
    settings.set_index_folder(str(tmp_path / "none"))
    manager._client.included_indexes = []
    manager.refresh()
    wait_for(lambda: manager.table.rowCount() == 0)
    assert manager.hint.isVisible()
    assert "Build one" in manager.hint.text()


def test_bundled_indexes_are_listed_before_any_photo_is_loaded(qgis_iface, monkeypatch, fake_engine, indexes, tmp_path):
    from earthloc_qgis.gui.index_manager import IndexManager

    world = write_index(tmp_path / "engine" / "world", "world")
    client = EngineClient(fake_engine("--indexes", str(world)))
    manager = IndexManager(qgis_iface.mapCanvas(), client)
    try:
        manager.open()
        wait_for(lambda: manager.table.rowCount() == 3)
        select(manager, "world")
        assert not manager.buttons["delete"].isEnabled()
        select(manager, "europe")
        assert manager.buttons["delete"].isEnabled()
    finally:
        manager.close_threads()
        client.close()
        manager.deleteLater()


def test_facts_and_coverage(manager):
    texts = [manager.table.item(0, column).text() for column in range(8)]
    assert texts[:4] == ["europe", "5", "156, 313", "1,200 at 50 m"]
    assert texts[4].endswith("MB")
    assert texts[6:] == ["made up", "public domain"]
    assert manager.table.item(1, 3).text() == "none"
    select(manager, "europe")
    (band,) = manager.coverage.bands
    box = band.asGeometry().boundingBox()
    assert box.xMaximum() == pytest.approx(1_113_195, rel=1e-3)
    manager.buttons["show"].click()
    assert manager.builder._canvas.extent().contains(QgsRectangle(1e5, 5e6, 1e6, 6e6))
    select(manager, "pacific")  # crosses the antimeridian, and is bundled with the engine
    assert len(manager.coverage.bands) == 1
    assert not manager.buttons["delete"].isEnabled()
    manager.close()
    assert manager.coverage.bands == []


def test_check_reports_intact_and_damaged_indexes(manager):
    select(manager, "europe")
    manager.buttons["verify"].click()
    wait_for(lambda: "all intact" in manager.state.text())
    select(manager, "pacific")
    manager.buttons["verify"].click()
    wait_for(lambda: "tiles.bin is damaged" in manager.state.text())


def test_exported_index_is_imported_unchanged(manager, indexes, tmp_path):
    index = select(manager, "europe")
    archive = tmp_path / "europe.zip"
    manager.export_to(index, str(archive))
    wait_for(lambda: str(archive) in manager.state.text())
    manager.import_from(str(archive))
    wait_for(lambda: "all intact" in manager.state.text())
    wait_for(lambda: manager.table.rowCount() == 3)
    names = ["descriptors.i8", "features.bin", "features.cells", "index.json", "tiles.bin"]
    copy = indexes / "europe 2"  # the existing index is not overwritten
    assert sorted(p.name for p in copy.iterdir()) == names
    assert all((copy / name).read_bytes() == (indexes / "europe" / name).read_bytes() for name in names)


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        (["../evil/index.json"], "no zipped index"),
        (["a/index.json", "b/tiles.bin"], "no zipped index"),
        (["a/index.json", "a/run.exe"], "no zipped index"),
        (["a/b/index.json"], "no zipped index"),
        ([], "no zipped index"),
        (["a/tiles.bin"], "not a readable index"),
    ],
)
def test_unsafe_zip_file_is_rejected_without_leftovers(members, problem, tmp_path):
    """The manifest is valid; only the layout of the zip file is wrong."""
    archive, into = tmp_path / "x.zip", tmp_path / "into"
    into.mkdir()
    manifest = (write_index(tmp_path / "good", "good") / "index.json").read_text(encoding="utf-8")
    with zipfile.ZipFile(archive, "w") as packed:
        for name in members:
            packed.writestr(name, manifest)
    with pytest.raises(IndexFileError, match=problem):
        index_files.unpack(str(archive), str(into))
    assert list(into.iterdir()) == []
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "change",
    [
        '"count": Infinity',
        '"region": [0, 0, NaN, 1]',
        '"tile_km": [1e999]',
        '"features": 7',
        '"features": {"count": 1e999, "feature_km": 1}',
        '"features": {"count": 3, "feature_km": NaN}',
        "[" * 99_999,
    ],
)
def test_hostile_index_does_not_hide_other_indexes(change, manager, indexes):
    folder = write_index(indexes / "hostile", "hostile", features=3)
    manifest = (folder / "index.json").read_text(encoding="utf-8")
    if change.startswith("["):
        hostile = change
    else:
        hostile = re.sub(rf"{change.split(':')[0]}: (\[[^]]*\]|\{{[^}}]*\}}|\d+)", change, manifest, count=1)
    assert hostile != manifest
    (folder / "index.json").write_text(hostile, encoding="utf-8")
    listed = []
    manager._background.run(lambda: index_files.find_indexes(str(indexes), []), listed.append)
    wait_for(lambda: listed)
    assert [facts.name for facts in listed[0]] == ["europe", "pacific"]


def test_index_whose_name_is_not_a_file_name_survives_export_and_import(tmp_path):
    folder = write_index(tmp_path / "here", "../a/b: c?")
    index_files.pack(str(folder), str(tmp_path / "x.zip"))
    copy = index_files.unpack(str(tmp_path / "x.zip"), str(tmp_path / "into"))
    assert Path(copy).parent == tmp_path / "into"
    assert index_files.read_facts(copy).name == "../a/b: c?"


@pytest.mark.parametrize("field", ["flag_bits", "compress_type"])
def test_unsupported_zip_file_is_rejected(field, tmp_path):
    """An encrypted file, and one with an unknown compression method."""
    folder = write_index(tmp_path / "europe", "europe")
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in folder.iterdir():
            packed.write(file, f"europe/{file.name}")
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for match in re.finditer(re.escape(signature), bytes(content)):
            at = match.start() + offset + (2 if field == "compress_type" else 0)
            content[at] = 1 if field == "flag_bits" else 77
    archive.write_bytes(content)
    with pytest.raises(IndexFileError, match="is damaged or no zip file"):
        index_files.unpack(str(archive), str(tmp_path / "into"))
    assert list((tmp_path / "into").iterdir()) == []


def test_corrupted_zip_files_are_rejected(tmp_path):
    folder = write_index(tmp_path / "europe", "europe", size=100_000)
    archive = tmp_path / "x.zip"
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        with zipfile.ZipFile(archive, "w", method) as packed:
            for file in sorted(folder.iterdir()):
                packed.write(file, f"europe/{file.name}")
        content = archive.read_bytes()
        for seed in range(40):
            rng = random.Random(seed)
            broken = bytearray(content)
            for _ in range(3):
                broken[rng.randrange(len(broken))] ^= rng.randrange(1, 256)
            archive.write_bytes(broken)
            try:
                index_files.unpack(str(archive), str(tmp_path / f"{method} {seed}"))
            except IndexFileError:
                assert not list((tmp_path / f"{method} {seed}").glob("*"))


def test_damaged_zip_file_is_rejected(tmp_path):
    folder = write_index(tmp_path / "europe", "europe", size=100_000)
    archive = tmp_path / "x.zip"
    index_files.pack(str(folder), str(archive))
    content = bytearray(archive.read_bytes())
    content[60_000] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(IndexFileError, match="is damaged"):
        index_files.unpack(str(archive), str(tmp_path / "into"))
    assert list((tmp_path / "into").iterdir()) == []
    archive.write_bytes(content[:500])
    with pytest.raises(IndexFileError, match="is damaged"):
        index_files.unpack(str(archive), str(tmp_path / "into"))


def test_index_on_milvus(manager, indexes, monkeypatch, tmp_path):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" milvus://host:19530/europe ", True))
    manager.buttons["server"].click()
    wait_for(lambda: manager.table.rowCount() == 3 and len(manager.table.chosen()) == 1)  # filled, then selected
    (chosen,) = manager.table.chosen()
    assert chosen.path == str(indexes / "europe 2")  # "europe" already exists
    assert chosen.server == "milvus://host:19530/europe"
    row = manager.table.currentRow() if manager.table.currentRow() >= 0 else manager.table.selectedItems()[0].row()
    assert manager.table.item(row, 4).text() == "on a server"
    assert "milvus://host:19530/europe" in manager.table.item(row, 0).toolTip()
    enabled = {name for name, button in manager.buttons.items() if button.isEnabled()}
    assert enabled == {"show", "verify", "import", "server", "delete"}
    manager.buttons["verify"].click()
    wait_for(lambda: "the server has all tiles" in manager.state.text())
    # An imported zip file would make the importing computer contact that server.
    index_files.pack(chosen.path, str(tmp_path / "x.zip"))
    with pytest.raises(IndexFileError, match="milvus://host:19530/europe"):
        index_files.unpack(str(tmp_path / "x.zip"), str(tmp_path / "into"))
    assert list((tmp_path / "into").iterdir()) == []
    asked = []
    monkeypatch.setattr(
        QMessageBox, "question", lambda *words: asked.append(words[-1]) or QMessageBox.StandardButton.Yes
    )
    manager.buttons["delete"].click()
    wait_for(lambda: manager.table.rowCount() == 2)
    assert "It stays on its server" in asked[0]
    assert "removed from this list" in manager.state.text()
    manager.add_server("milvus://gone:1/x")
    wait_for(lambda: "no Milvus answers there" in manager.state.text())
    assert not (indexes / "x").exists()


def test_deleting_removes_only_files_of_the_index(manager, indexes, monkeypatch):
    (indexes / "europe" / "notes.txt").write_text("mine")
    select(manager, "europe")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    manager.buttons["delete"].click()
    assert (indexes / "europe" / "index.json").exists()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    manager.buttons["delete"].click()
    wait_for(lambda: manager.table.rowCount() == 1)
    assert [p.name for p in (indexes / "europe").iterdir()] == ["notes.txt"]
    with pytest.raises(IndexFileError):
        index_files.delete(str(indexes.parent))  # not an index


def test_build_can_be_paused_and_resumed(manager, indexes, imagery):
    layer = QgsRasterLayer(str(imagery), "ground")
    QgsProject.instance().addMapLayer(layer)
    builder = manager.builder
    assert not builder.button.isEnabled()  # no name yet
    builder.layer.setLayer(layer)
    builder.name.setText("europe")
    assert not builder.button.isEnabled()
    assert "already" in builder.name_taken.text()
    builder.name.setText("made here")
    assert builder.name_taken.isHidden()
    builder.licence.setText("CC BY 4.0")
    builder.extent.setChecked(True)
    manager.builder._canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    manager.builder._canvas.setExtent(QgsRectangle(2, 42, 6, 46))
    builder.button.click()
    assert builder.running
    assert builder.button.text() == "Pause"
    wait_for(lambda: builder.progress.value() >= 2 and builder.progress.maximum() == 10)
    assert re.search(r"[2-9] of 10 tiles, about \d s left", builder.state.text())
    builder.button.click()
    wait_for(lambda: not builder.running)
    assert "Paused" in builder.state.text()
    assert builder.button.text() == "Resume"
    assert (indexes / "made here.partial").is_dir()
    done = len(list((indexes / "made here.partial").iterdir()))
    builder.button.click()
    wait_for(lambda: builder.progress.value() >= done > 0, what="the build to continue where it stopped")
    wait_for(lambda: manager.table.rowCount() == 3)
    assert [index.name for index in manager.table.chosen()] == ["made here"]
    assert builder.name.text() == ""
    assert "10 tiles" in builder.state.text()
    info = json.loads((indexes / "made here" / "index.json").read_text(encoding="utf-8"))
    assert info["source"]["licence"] == "CC BY 4.0"
    assert info["tile_km"] == [156.0, 313.0, 626.0]
    west, south, east, north = info["region"]
    assert west <= 2 < 6 <= east
    assert south <= 42 < 46 <= north


def test_size_is_estimated_before_building(manager, imagery):
    layer = QgsRasterLayer(str(imagery), "ground")
    QgsProject.instance().addMapLayer(layer)
    builder = manager.builder
    builder.layer.setLayer(layer)
    wait_for(lambda: builder.estimate.text().startswith("Up to 30 tiles and 207 local features, 3.0 MB."))
    assert builder.estimate.text().endswith("at 609.375 m a pixel are for photos about 156 km wide and wider.")
    builder.widths.setText("100, 200")
    assert builder.estimate.text() == ""
    wait_for(lambda: builder.estimate.text().startswith("Up to 20 tiles and 504 local features, 2.0 MB."))
    builder.widths.setText("100, x")
    manager.builder._canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    manager.builder._canvas.setExtent(QgsRectangle(2, 42, 6, 46))
    assert builder.estimate.text() == ""
    builder.widths.setText("100")
    wait_for(lambda: builder.estimate.text().startswith("Up to 10 tiles and"))
    builder.extent.setChecked(True)
    manager.builder._canvas.setExtent(QgsRectangle(2, -80, 6, -75))  # move the map
    wait_for(lambda: "No tile" in builder.estimate.text())
    manager.close()
    builder.widths.setText("100, 300")
    assert not builder._plan_timer.isActive()  # hidden: no estimate needed


def choose_features(manager, entry, metres=""):
    """Choose an entry by keyboard and type the number, as a user would."""
    combo, box = (manager.findChild(kind, f"build_features_{name}") for kind, name in KINDS)
    QTest.keyClick(combo, Qt.Key.Key_Home)
    while combo.currentText() != entry:
        before = combo.currentIndex()
        QTest.keyClick(combo, Qt.Key.Key_Down)
        assert combo.currentIndex() > before, f"no entry {entry}"
    if metres:
        box.selectAll()
        QTest.keyClicks(box, metres)
        QTest.keyClick(box, Qt.Key.Key_Return)
    return box


KINDS = ((QComboBox, "combo"), (QDoubleSpinBox, "box"))


def test_finer_features_and_no_features(manager, indexes, imagery):
    layer = QgsRasterLayer(str(imagery), "ground")
    QgsProject.instance().addMapLayer(layer)
    builder = manager.builder
    builder.layer.setLayer(layer)
    wait_for(lambda: "207 local features" in builder.estimate.text())
    box = choose_features(manager, "No local features")
    assert builder.estimate.text() == ""
    assert not box.isVisible()
    wait_for(lambda: builder.estimate.text() == "Up to 30 tiles, no local features, 3.0 MB.")
    assert choose_features(manager, "As fine as").isVisible()
    wait_for(lambda: "30,769 local features, 3.7 MB.\nFeatures at 50 m a pixel" in builder.estimate.text())
    assert "for photos about 12.8 km wide" in builder.estimate.text()
    choose_features(manager, "As fine as", "12.5")
    wait_for(lambda: "492,308 local features, 14.8 MB.\nFeatures at 12.5 m a pixel" in builder.estimate.text())
    for widget in (box, manager.findChild(QComboBox, "build_features_combo")):
        assert "256 of these pixels" in widget.toolTip()
        assert "Narrow photos need finer ones" in widget.toolTip()
    builder.name.setText("fine")
    QTest.mouseClick(builder.button, Qt.MouseButton.LeftButton)
    assert not box.isEnabled()
    wait_for(lambda: not builder.running and manager.table.rowCount() == 3)
    assert box.isEnabled()
    assert builder.state.text() == "fine: 10 tiles and 3,077 local features."
    assert select(manager, "fine").feature_m == 12.5
    assert manager.table.item(manager.table.selectedItems()[0].row(), 3).text() == "3,077 at 12.5 m"
    choose_features(manager, "No local features")
    builder.name.setText("without")
    QTest.mouseClick(builder.button, Qt.MouseButton.LeftButton)
    wait_for(lambda: not builder.running and manager.table.rowCount() == 4)
    assert builder.state.text() == "without: 10 tiles."
    assert "features" not in json.loads((indexes / "without" / "index.json").read_text(encoding="utf-8"))


def test_enter_in_a_field_does_not_press_a_button(manager, indexes, imagery):
    """Enter confirms a number. It must not start a build."""
    layer = QgsRasterLayer(str(imagery), "ground")
    QgsProject.instance().addMapLayer(layer)
    manager.builder.layer.setLayer(layer)
    manager.builder.name.setText("fine")
    select(manager, "europe")
    choose_features(manager, "As fine as", "20")  # ends with Enter
    for field in (manager.builder.name, manager.builder.widths):
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert not manager.builder.running
    assert manager.state.text() == ""


def test_feature_resolution_is_limited_to_the_range_of_the_engine(manager):
    box = choose_features(manager, "As fine as", "0.5")
    assert box.value() >= 2.0
    choose_features(manager, "As fine as", "99999999")
    assert box.value() <= 20_000.0
    assert manager.builder.features.feature_km() <= 20.0


def test_tiles_are_added_to_the_map(manager, indexes):
    index = select(manager, "europe")
    manager.buttons["tiles"].click()
    wait_for(lambda: "was added to the map" in manager.state.text())
    (layer,) = QgsProject.instance().mapLayers().values()
    assert layer.name() == "Tiles of europe"
    assert layer.featureCount() == 2
    categories = layer.renderer().categories()
    assert [(c.label(), c.renderState()) for c in categories] == [("313 km", True), ("156 km", False)]
    path, there = index_map.outlines_path(index, str(indexes))
    assert there
    assert Path(layer.source().split("|")[0]) == path
    manager.delete(index)  # the file stays, because a layer uses it
    wait_for(lambda: manager.table.rowCount() == 1)
    assert path.exists()
    select(manager, "pacific")
    manager.buttons["tiles"].click()
    wait_for(lambda: "tiles.bin is damaged" in manager.state.text())


def test_outlines_in_the_index_are_used_if_present(manager, indexes):
    (indexes / "europe" / "tiles.gpkg").write_bytes(b"no GeoPackage")
    select(manager, "europe")
    manager.buttons["tiles"].click()
    assert "tiles.gpkg is damaged" in manager.state.text()
    assert not QgsProject.instance().mapLayers()


def test_refresh_keeps_the_selection(manager, indexes):
    select(manager, "pacific")
    write_index(indexes / "atlas", "atlas")
    manager.refresh()
    wait_for(lambda: manager.table.rowCount() == 3)
    assert [index.name for index in manager.table.chosen()] == ["pacific"]


def test_engine_that_does_not_start_is_reported(manager, imagery):
    builder = manager.builder
    layer = QgsRasterLayer(str(imagery), "ground")
    QgsProject.instance().addMapLayer(layer)
    builder.layer.setLayer(layer)
    builder.name.setText("other")
    manager._client.set_command([sys.executable, "-c", "raise SystemExit(3)"])
    builder.button.click()
    wait_for(lambda: not builder.running and bool(builder.state.text()))
    assert builder.button.isEnabled()
