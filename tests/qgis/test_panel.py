"""The panel with real widgets and a fake engine: empty, without an engine, adding photos."""

from __future__ import annotations

import sys

import pytest
from conftest import QUIET_MS, wait_for
from panel_kit import add, cell, engine_options, folder, idle, index, panel, status  # noqa: F401  fixtures
from qgis.PyQt.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qgis.PyQt.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from earthloc_qgis import settings
from earthloc_qgis.gui.photo_model import NADIR, PHOTO, TAKEN


def test_empty_panel_explains_what_to_do(panel):
    assert panel.stack.currentWidget() is panel.empty
    assert not panel.localize_button.isVisible()
    assert panel.empty.findChild(object, "empty_add_files").isVisible()
    assert not panel.notice.isVisible()
    assert panel.controller.client.state == "stopped"  # an empty list starts no engine


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
    drop(panel, [other])  # already in the list
    QTest.qWait(100)
    assert len(status(panel)) == 4


def test_all_supported_photo_formats_can_be_dropped(panel, folder):
    kinds = ["a.avif", "b.jp2", "c.WEBP", "d.png", "e.tiff"]
    folder(*kinds)
    assert drop(panel, [folder.path])
    wait_for(lambda: len(status(panel)) == len(kinds))
    assert list(status(panel)) == kinds


def test_drop_on_the_list_reaches_the_panel(panel, folder):
    paths = folder("a.jpg", "b.jpg")
    add(panel, paths[:1])
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(paths[1])])
    button, key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    target = panel.list.viewport()  # the widget under the mouse; Qt forwards the drop to a parent that accepts drops
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(20, 20), Qt.DropAction.CopyAction, mime, button, key))
    QApplication.sendEvent(target, QDropEvent(QPointF(20, 20), Qt.DropAction.CopyAction, mime, button, key))
    wait_for(lambda: len(status(panel)) == 2)


def test_drop_of_text_is_rejected(panel):
    mime = QMimeData()
    mime.setText("ISS042-E-104433")
    event = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    event.ignore()
    panel.dragEnterEvent(event)
    assert not event.isAccepted()


def test_folder_without_photos_is_reported(panel, tmp_path):
    (tmp_path / "empty").mkdir()
    messages = []
    panel.adding.message.connect(lambda text, level: messages.append(text))
    panel.add_paths([str(tmp_path / "empty")])
    wait_for(lambda: messages)
    assert "No photos were found" in messages[0]
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
def test_thumbnail_follows_exif_orientation(tmp_path, orientation, upright):
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
    assert thumbnail.width() == SIZE.width() or thumbnail.height() == SIZE.height()  # as large as fits


def test_metadata_is_read_by_the_engine(panel, folder):
    add(panel, folder("a.jpg"))
    wait_for(lambda: cell(panel, 0, TAKEN).data() == "2015-02-01 10:22")
    assert cell(panel, 0, PHOTO).data() == "ISS042-E-104433"
    assert cell(panel, 0, NADIR).data() == "41.50° N, 12.25° E"
    assert "NIKON D4" in cell(panel, 0, PHOTO).data(Qt.ItemDataRole.ToolTipRole)
    assert "640 x 480" in cell(panel, 0, PHOTO).data(Qt.ItemDataRole.ToolTipRole)
