"""The panel with real widgets and a fake engine: adding, keys, editing, locating, faults."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys

import pytest
from conftest import QUIET_MS, wait_for
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qgis.PyQt.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QLineEdit

from earthloc_qgis import settings
from earthloc_qgis.gui.photo_model import CONFIDENCE, NADIR, PHOTO, STATUS, TAKEN, format_lat_lon, parse_nadir


@pytest.fixture
def index(tmp_path):
    """A folder of indexes with one in it (only what the list reads), and one that is damaged."""
    folder = tmp_path / "indexes"
    (folder / "europe").mkdir(parents=True)
    info = {"format": 1, "name": "europe", "count": 3478, "region": [-12.5, 0, 80, 60.0123]}
    (folder / "europe" / "index.json").write_text(json.dumps(info))
    (folder / "broken").mkdir()
    (folder / "broken" / "index.json").write_text("{")
    settings.set_index_folder(str(folder))
    return folder / "europe"


@pytest.fixture
def engine_options():
    return ()


@pytest.fixture
def panel(qgis_iface, monkeypatch, fake_engine, index, engine_options):
    from earthloc_qgis.gui.panel import EarthLocPanel

    QgsProject.instance().clear()
    monkeypatch.setattr(settings, "engine_command", lambda program=None: fake_engine(*engine_options))
    monkeypatch.setattr(settings, "find_engine", lambda: sys.executable)
    panel = EarthLocPanel(qgis_iface)
    panel.told = []
    panel.controller.told.connect(lambda text, level: panel.told.append(text))
    panel.resize(460, 800)
    panel.show()
    wait_for(lambda: panel.search.indexes.chosen())
    yield panel
    panel.close_down()
    panel.deleteLater()
    QgsProject.instance().clear()


@pytest.fixture
def folder(tmp_path):
    """Photos with the names that tell the fake engine what to do; small real JPEG files."""
    folder = tmp_path / "pho tos"
    folder.mkdir()

    def make(*names):
        paths = []
        for number, name in enumerate(names):
            image = QImage(320, 240, QImage.Format.Format_RGB32)
            image.fill(QColor.fromHsv(40 * number % 360, 200, 200))
            path = folder / name
            path.parent.mkdir(exist_ok=True, parents=True)
            assert image.save(str(path), "JPEG")
            paths.append(str(path))
        return paths

    make.path = folder
    return make


def add(panel, paths) -> None:
    panel.add_paths(paths)
    wait_for(lambda: {photo.path for photo in panel.controller.model.photos()} >= set(paths))


def status(panel) -> dict:
    return {os.path.basename(photo.path): photo.status for photo in panel.controller.model.photos()}


def idle(panel) -> bool:
    return not panel.controller.queue.running


def cell(panel, row, column):
    return panel.list.model().index(row, column)


# --- empty state and engine --------------------------------------------------------------------------


def test_empty_panel_says_what_to_do(panel):
    assert panel.stack.currentWidget() is panel.empty
    assert not panel.localize_button.isVisible()
    assert panel.empty.findChild(object, "empty_add_files").isVisible()
    assert not panel.notice.isVisible()
    assert panel.controller.client.state == "stopped"  # nothing is started for an empty list


def test_missing_engine_is_explained_and_chosen(panel, monkeypatch, tmp_path, fake_engine):
    monkeypatch.setattr(settings, "find_engine", lambda: None)
    panel.controller.check_engine()
    assert panel.notice.isVisible()
    monkeypatch.setattr(settings, "find_engine", lambda: sys.executable)
    panel.notice.engine_chosen.emit(str(tmp_path / "earthloc"))
    assert settings.engine_setting() == str(tmp_path / "earthloc")
    assert not panel.notice.isVisible()


@pytest.mark.parametrize("engine_options", [("--die",)])
def test_engine_that_does_not_start(panel, folder):
    add(panel, folder("a.jpg", "b.jpg"))
    wait_for(lambda: panel.notice.isVisible())
    assert "libopenblas" in panel.notice.text.text()
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert status(panel) == {"a.jpg": "new", "b.jpg": "new"}


# --- adding ------------------------------------------------------------------------------------------


def drop(panel, paths) -> bool:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    position = QPoint(20, 20)
    entered = QDragEnterEvent(
        position, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    panel.dragEnterEvent(entered)
    if not entered.isAccepted():
        return False
    panel.dropEvent(QDropEvent(
        QPointF(position), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    ))  # fmt: skip
    return True


def test_drop_files_and_folders(panel, folder, tmp_path):
    folder("deep/er/x.JPG", "y.jpg", "deep/z.jpeg")
    (folder.path / "notes.txt").write_text("no photo")
    other = tmp_path / "other.jpg"
    QImage(8, 8, QImage.Format.Format_RGB32).save(str(other))
    assert drop(panel, [folder.path, other, other])
    wait_for(lambda: len(status(panel)) == 4)
    assert list(status(panel)) == ["y.jpg", "z.jpeg", "x.JPG", "other.jpg"]
    assert panel.stack.currentWidget() is panel.list
    assert panel.list.selected() == [panel.controller.model.photos()[0].path]
    drop(panel, [other])  # not twice
    QTest.qWait(100)
    assert len(status(panel)) == 4


def test_drop_on_the_list_reaches_the_panel(panel, folder):
    paths = folder("a.jpg", "b.jpg")
    add(panel, paths[:1])
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(paths[1])])
    button, key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    target = panel.list.viewport()  # what is under the mouse; Qt passes a drop on to who takes drops
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(20, 20), Qt.DropAction.CopyAction, mime, button, key))
    QApplication.sendEvent(target, QDropEvent(QPointF(20, 20), Qt.DropAction.CopyAction, mime, button, key))
    wait_for(lambda: len(status(panel)) == 2)


def test_drop_of_text_is_refused(panel):
    mime = QMimeData()
    mime.setText("ISS042-E-104433")
    event = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    event.ignore()
    panel.dragEnterEvent(event)
    assert not event.isAccepted()


def test_folder_without_photos_is_told(panel, tmp_path):
    (tmp_path / "empty").mkdir()
    told = []
    panel._tell = lambda text, level: told.append(text)
    panel.add_paths([str(tmp_path / "empty")])
    wait_for(lambda: told)
    assert "No photos found" in told[0]
    assert not status(panel)


def test_large_folder_does_not_block(panel, tmp_path, pulse):
    big = tmp_path / "big"
    for sub in range(20):
        (big / str(sub)).mkdir(parents=True)
        for number in range(100):
            (big / str(sub) / f"p{number:03}.jpg").write_bytes(b"")
    pulse.restart()
    panel.add_paths([str(big)])
    wait_for(lambda: len(panel.controller.model.photos()) == 2000)
    assert pulse.stop() < QUIET_MS


def test_thumbnails_arrive_upright(panel, folder):
    path = folder("a.jpg")[0]
    add(panel, [path])
    placeholder = panel.controller.thumbnails._placeholder.cacheKey()
    wait_for(lambda: panel.controller.thumbnails.pixmap(path).cacheKey() != placeholder)
    pixmap = cell(panel, 0, PHOTO).data(Qt.ItemDataRole.DecorationRole)
    colour = pixmap.toImage().pixelColor(32, 24)
    assert colour.red() > 150 > colour.green()


@pytest.mark.parametrize(("orientation", "upright"), [(1, True), (3, True), (6, False), (8, False)])
def test_thumbnail_is_turned_as_exif_says(tmp_path, orientation, upright):
    from earthloc_qgis.gui.thumbnail import SIZE, read_thumbnail

    path = tmp_path / "a.jpg"
    image = QImage(1200, 800, QImage.Format.Format_RGB32)
    image.fill(QColor("navy"))
    image.save(str(path), "JPEG")
    tag = (0x0112).to_bytes(2, "big") + (3).to_bytes(2, "big") + (1).to_bytes(4, "big") + orientation.to_bytes(2, "big")
    exif = b"Exif\0\0MM\0*" + (8).to_bytes(4, "big") + (1).to_bytes(2, "big") + tag + b"\0\0" + bytes(4)
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    thumbnail = read_thumbnail(str(path))
    assert (thumbnail.width() > thumbnail.height()) == upright
    assert thumbnail.width() <= SIZE.width()
    assert thumbnail.height() <= SIZE.height()
    assert thumbnail.width() == SIZE.width() or thumbnail.height() == SIZE.height()  # as large as it can be


def test_metadata_comes_from_the_engine(panel, folder):
    add(panel, folder("a.jpg"))
    wait_for(lambda: cell(panel, 0, TAKEN).data() == "2015-02-01 10:22")
    assert cell(panel, 0, PHOTO).data() == "ISS042-E-104433"
    assert cell(panel, 0, NADIR).data() == "41.50° N, 12.25° E"
    assert "NIKON D4" in cell(panel, 0, PHOTO).data(Qt.ItemDataRole.ToolTipRole)
    assert "640 x 480" in cell(panel, 0, PHOTO).data(Qt.ItemDataRole.ToolTipRole)


# --- the nadir ---------------------------------------------------------------------------------------


def edit_nadir(panel, row, text) -> QLineEdit:
    panel.list.setCurrentIndex(cell(panel, row, NADIR))
    panel.list.edit(cell(panel, row, NADIR))
    (editor,) = [editor for editor in panel.list.findChildren(QLineEdit, "nadir_editor") if editor.isVisible()]
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.qWait(50)  # Qt takes the text from the event loop
    return editor


def test_typed_nadir_is_checked_and_sent(panel, folder, tmp_path, fake_engine):
    journal = tmp_path / "journal"
    panel.controller.client.set_command(fake_engine("--journal", str(journal)))
    add(panel, folder("a.jpg"))
    editor = edit_nadir(panel, 0, "95, 10")
    assert editor.isVisible()  # not taken: there is no such latitude
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    photo = panel.controller.model.photos()[0]
    assert not photo.nadir_given
    edit_nadir(panel, 0, "-33.5, 151.25")
    wait_for(lambda: photo.nadir == (-33.5, 151.25))
    assert cell(panel, 0, NADIR).data() == "33.50° S, 151.25° E"
    panel.localize_button.click()
    wait_for(lambda: status(panel)["a.jpg"] == "uncertain")
    sent = [json.loads(line) for line in journal.read_text().splitlines()]
    (request,) = [message for message in sent if message["method"] == "localize"]
    assert request["params"]["nadir"] == [-33.5, 151.25]
    assert request["params"]["radius_km"] == 1000.0
    assert request["params"]["out"].endswith("unsaved.gpkg")
    assert request["params"]["register"] is True
    panel.search.use_nadir.setChecked(False)
    panel.search.register.setChecked(False)
    panel.search.top_k.setValue(3)
    QTest.keyClick(panel.list, Qt.Key.Key_F5)
    wait_for(lambda: idle(panel))
    last = json.loads(journal.read_text().splitlines()[-1])
    assert last["params"]["radius_km"] == settings.WHOLE_EARTH_KM
    assert last["params"]["top_k"] == 3
    assert last["params"]["register"] is False


@pytest.mark.parametrize(
    ("text", "nadir"),
    [
        ("41.2, 28.9", (41.2, 28.9)),
        ("41.2 28.9", (41.2, 28.9)),
        (" -41.2 ; +28 ", (-41.2, 28.0)),
        ("41.2° S, 28.9° w", (-41.2, -28.9)),
        ("0,0", (0.0, 0.0)),
    ],
)
def test_parse_nadir(text, nadir):
    assert parse_nadir(text) == nadir
    assert parse_nadir(format_lat_lon(*nadir)) == nadir


@pytest.mark.parametrize("text", ["", "41.2", "91, 0", "0, 181", "a, b", "41,2, 28,9", "1, 2, 3"])
def test_parse_nadir_refuses(text):
    with pytest.raises(ValueError, match=r"^.*$"):
        parse_nadir(text)


# --- locating ----------------------------------------------------------------------------------------


def test_localize_all(panel, folder, pulse):
    paths = folder("a.jpg", "b.jpg", "unreadable.jpg")
    add(panel, paths)
    assert panel.localize_button.text() == "Localize"
    pulse.restart()
    QTest.mouseClick(panel.localize_button, Qt.MouseButton.LeftButton)
    assert panel.cancel_button.isVisible()
    assert panel.progress.isVisible()
    wait_for(lambda: idle(panel))
    assert status(panel) == {"a.jpg": "uncertain", "b.jpg": "uncertain", "unreadable.jpg": "failed"}
    assert cell(panel, 0, STATUS).data() == "Uncertain"
    assert cell(panel, 0, CONFIDENCE).data() == "50 %"
    assert cell(panel, 2, CONFIDENCE).data() == ""
    assert any("unreadable.jpg" in text for text in panel.told)
    assert not panel.cancel_button.isVisible()
    assert not panel.progress.isVisible()
    assert pulse.stop() < QUIET_MS


def test_results_of_the_current_photo(panel, folder):
    add(panel, folder("a.jpg", "unreadable.jpg"))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    panel.list.setCurrentIndex(cell(panel, 0, 0))
    assert panel.results.list.topLevelItemCount() == settings.DEFAULT_TOP_K
    first = panel.results.list.topLevelItem(0)
    assert [first.text(column) for column in range(6)] == ["1", "0.900", "-", "313 km", "90°", "40.0° N, 11.0° E"]
    assert "Uncertain" in panel.results.message.text()
    panel.list.setCurrentIndex(cell(panel, 1, 0))
    assert panel.results.list.topLevelItemCount() == 0
    assert "cannot be read" in panel.results.message.text().replace("\u200b", "")


def test_progress_is_shown_for_photo_and_run(panel, folder):
    from earthloc_qgis.gui.photo_model import PROGRESS_ROLE

    add(panel, folder("a.jpg", "slow1.jpg", "slow2.jpg"))
    bars, texts = set(), set()
    # Connected after the panel's own slots: what is shown is looked at each time that it changes.
    panel.controller.progress_changed.connect(lambda *_: texts.add(panel.progress.text.text()))
    panel.controller.model.dataChanged.connect(lambda *_: bars.add(cell(panel, 1, STATUS).data(PROGRESS_ROLE)))
    panel.localize_button.click()
    wait_for(lambda: idle(panel) and len(panel.controller.queue.jobs) == 3, 60)
    panel.list.viewport().repaint()
    assert len(bars) > 4
    of_run = {text.partition(" · ")[0] for text in texts}
    assert "0 of 3" in of_run
    assert any(text.startswith("2 of 3, about ") and text.endswith((" s left", " min left")) for text in of_run)


def test_selection_decides_what_is_located(panel, folder):
    paths = folder("a.jpg", "b.jpg", "c.jpg")
    add(panel, paths)
    panel.list.select(paths[:2])
    assert panel.localize_button.text() == "Localize 2 selected"
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert list(status(panel).values()) == ["uncertain", "uncertain", "new"]
    panel.list.select(paths[:1])
    assert panel.localize_button.text() == "Localize 1 new"
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert panel.localize_button.text() == "Localize again"


def test_no_index_ticked(panel, folder):
    add(panel, folder("a.jpg"))
    panel.search.indexes.combo.deselectAllOptions()
    assert not panel.localize_button.isEnabled()
    QTest.keyClick(panel.list, Qt.Key.Key_F5)
    assert status(panel) == {"a.jpg": "new"}


def test_index_list_skips_what_is_no_index(panel, index):
    combo = panel.search.indexes.combo
    assert combo.count() == 1
    assert combo.itemText(0) == "europe (3,478 tiles, 12.5° W to 80° E, 0° N to 60° N)"
    assert panel.search.indexes.chosen() == [str(index)]


def test_indexes_that_come_along_with_the_engine_are_listed(panel, index, tmp_path):
    world = tmp_path / "engine" / "world"
    shutil.copytree(index, world)
    (world / "index.json").write_text((index / "index.json").read_text().replace("europe", "world"))
    panel.controller.client.own_indexes = [str(world)]
    panel.controller.client.ready.emit()
    combo = panel.search.indexes.combo
    wait_for(lambda: combo.count() == 2)
    assert combo.itemText(1).startswith("world (")
    assert panel.search.indexes.chosen() == [str(index)]  # what was ticked stays


def test_the_index_manager_opens_from_the_menu(panel, index):
    panel.search.indexes.manage_wanted.emit()
    manager = panel.index_manager
    wait_for(lambda: manager.isVisible())
    (index.parent / "new").mkdir()
    info = {"format": 1, "name": "asia", "count": 5, "region": [60, 0, 80, 60]}
    (index.parent / "new" / "index.json").write_text(json.dumps(info))
    manager.indexes_changed.emit()
    wait_for(lambda: panel.search.indexes.combo.count() == 2)
    assert panel.search.indexes.chosen() == [str(index)]


def test_browse_for_an_index(panel, tmp_path, monkeypatch):
    elsewhere = tmp_path / "else where" / "asia"
    elsewhere.mkdir(parents=True)
    info = {"format": 1, "name": "asia", "count": 5, "region": [60, 0, 80, 60]}
    (elsewhere / "index.json").write_text(json.dumps(info))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(elsewhere))
    panel.search.indexes.button.menu().actions()[0].trigger()
    wait_for(lambda: len(panel.search.indexes.chosen()) == 2)
    assert str(elsewhere) in settings.known_indexes()


def test_nothing_is_said_to_be_certain(panel, folder):
    (path,) = folder("a.jpg")
    add(panel, [path])
    for confidence, said in ((0.9999, "> 99 %"), (1.0, "> 99 %"), (0.42, "42 %"), (0.0, "0 %")):
        panel.controller.model.update(path, status="located", confidence=confidence)
        assert cell(panel, 0, CONFIDENCE).data() == said


def test_cancel_all_and_go_on(panel, folder):
    add(panel, folder("slow1.jpg", "slow2.jpg", "slow3.jpg"))
    panel.localize_button.click()
    wait_for(lambda: panel.controller.model.photos()[0].progress > 0.1)
    QTest.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: idle(panel))
    assert set(status(panel).values()) == {"cancelled"}
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert set(status(panel).values()) == {"uncertain"}


def test_cancelling_a_second_try_keeps_the_first_result(panel, folder):
    (path,) = folder("slow.jpg")
    add(panel, [path])
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    panel.localize([path])
    wait_for(lambda: status(panel)["slow.jpg"] == "running")
    panel.controller.cancel([path])
    wait_for(lambda: idle(panel))
    assert status(panel)["slow.jpg"] == "uncertain"
    assert cell(panel, 0, CONFIDENCE).data() == "50 %"


def test_engine_killed_in_the_middle(panel, folder):
    add(panel, folder("slow1.jpg", "slow2.jpg", "slow3.jpg"))
    panel.localize_button.click()
    wait_for(lambda: panel.controller.model.photos()[1].progress > 0.1)
    os.kill(panel.controller.client.process_id, signal.SIGKILL)
    wait_for(lambda: idle(panel))
    assert set(status(panel).values()) == {"uncertain"}
    assert any("Starting it again" in text for text in panel.told)


def test_many_failures_are_one_message(panel, folder):
    add(panel, folder("unreadable1.jpg", "unreadable2.jpg", "a.jpg"))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert panel.told == ["2 of 3 photos failed; their rows and the log say why."]


def test_damaged_index_stops_the_run_with_one_message(panel, folder):
    add(panel, folder("damaged.jpg", "b.jpg"))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert status(panel) == {"damaged.jpg": "new", "b.jpg": "new"}
    assert [text for text in panel.told if "build it again" in text] == [
        "/indexes/europe: descriptors.f32 is damaged; build it again."
    ]


def test_full_disk_is_told_and_the_candidates_are_shown(panel, folder):
    add(panel, folder("full.jpg"))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert status(panel) == {"full.jpg": "failed"}
    assert any("the disk is full" in text for text in panel.told)
    assert panel.results.list.topLevelItemCount() == settings.DEFAULT_TOP_K
    panel.told.clear()
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert panel.told == ["There is no result to zoom to yet."]


# --- keys and menu -----------------------------------------------------------------------------------


def test_delete_key_removes_also_while_running(panel, folder):
    paths = folder("slow.jpg", "b.jpg", "c.jpg")
    add(panel, paths)
    panel.localize_button.click()
    wait_for(lambda: panel.controller.model.photos()[0].progress > 0.2)
    panel.list.select(paths[:2])
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert list(status(panel)) == ["c.jpg"]
    wait_for(lambda: idle(panel))
    assert status(panel) == {"c.jpg": "uncertain"}
    QTest.keyClick(panel.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert panel.stack.currentWidget() is panel.empty


def test_context_menu(panel, folder, monkeypatch):
    opened = []
    monkeypatch.setattr(
        "earthloc_qgis.gui.photo_list.QDesktopServices.openUrl",
        lambda url: opened.append(url.toLocalFile()),
    )
    paths = folder("a.jpg", "b.jpg")
    add(panel, paths)
    panel.list.select(paths[:1])
    actions = {action.text(): action for action in panel.list.make_menu().actions()}
    assert not actions["Zoom to result"].isEnabled()
    actions["Open photo"].trigger()
    actions["Show in folder"].trigger()
    assert opened == [paths[0], str(folder.path)]
    actions["Localize"].trigger()
    wait_for(lambda: idle(panel))
    actions = {action.text(): action for action in panel.list.make_menu().actions()}
    assert actions["Zoom to result"].isEnabled()
    assert "Locate again" in actions
    actions["Remove"].trigger()
    assert list(status(panel)) == ["b.jpg"]
    assert os.path.exists(paths[0])  # the file stays


def test_sorting_does_not_mix_rows_up(panel, folder):
    paths = folder("c.jpg", "a.jpg", "b.jpg")
    add(panel, paths)
    wait_for(lambda: all(photo.size_px for photo in panel.controller.model.photos()))
    for name, path in zip("cab", paths, strict=True):
        panel.controller.model.update(path, photo_id=f"ISS-{name}")
    panel.list.sortByColumn(PHOTO, Qt.SortOrder.AscendingOrder)
    assert [cell(panel, row, 0).data() for row in range(3)] == ["ISS-a", "ISS-b", "ISS-c"]
    panel.list.select([paths[0]])
    assert panel.list.current() == paths[0]
    assert panel.list.currentIndex().row() == 2


def test_widgets_have_names_for_screen_readers(panel, folder):
    add(panel, folder("a.jpg"))
    for widget in (panel.list, panel.results.list, panel.search.indexes.combo, panel.search.radius, panel.search.top_k,
                   panel.progress, panel.localize_button):  # fmt: skip
        assert widget.accessibleName()
    assert cell(panel, 0, STATUS).data(Qt.ItemDataRole.AccessibleTextRole) == "New"
