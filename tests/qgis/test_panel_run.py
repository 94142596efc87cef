"""Locating with the panel and a fake engine: progress, indexes, cancelling, faults."""

from __future__ import annotations

import json
import os
import shutil
import signal

from conftest import QUIET_MS, wait_for
from panel_kit import add, cell, engine_options, folder, idle, index, panel, status  # noqa: F401  fixtures
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QFileDialog, QMessageBox

from earthloc_qgis import settings
from earthloc_qgis.gui.photo_model import CONFIDENCE, STATUS


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
    assert any("unreadable.jpg" in text for text in panel.messages)
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
    # Connected after the slots of the panel, so that each displayed value is seen.
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
    assert panel.localize_button.text() == "Localize 1 again"


def test_no_index_ticked(panel, folder):
    add(panel, folder("a.jpg"))
    panel.search.indexes.combo.deselectAllOptions()
    assert not panel.localize_button.isEnabled()
    QTest.keyClick(panel.list, Qt.Key.Key_F5)
    assert status(panel) == {"a.jpg": "new"}


def test_index_list_skips_damaged_indexes(panel, index):
    combo = panel.search.indexes.combo
    assert combo.count() == 1
    assert combo.itemText(0) == "europe (3,478 tiles, 12.5° W to 80° E, 0° N to 60° N)"
    assert panel.search.indexes.chosen() == [str(index)]


def test_bundled_indexes_are_listed(panel, index, tmp_path):
    world = tmp_path / "engine" / "world"
    shutil.copytree(index, world)
    (world / "index.json").write_text((index / "index.json").read_text().replace("europe", "world"))
    panel.controller.client.included_indexes = [str(world)]
    panel.controller.client.ready.emit()
    combo = panel.search.indexes.combo
    wait_for(lambda: combo.count() == 2)
    assert combo.itemText(1).startswith("world (")
    assert panel.search.indexes.chosen() == [str(index)]  # the ticked index stays ticked


def another_index(like, folder):
    folder.mkdir(parents=True)
    info = json.loads((like / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**info, "name": "asia", "region": [60, 0, 80, 60]}))


def test_the_index_manager_opens_from_the_menu(panel, index):
    panel.search.indexes.manage_wanted.emit()
    manager = panel.index_manager
    wait_for(lambda: manager.isVisible())
    another_index(index, index.parent / "new")
    manager.indexes_changed.emit()
    wait_for(lambda: panel.search.indexes.combo.count() == 2)
    assert panel.search.indexes.chosen() == [str(index)]


def test_browse_for_an_index(panel, index, tmp_path, monkeypatch):
    elsewhere = tmp_path / "else where" / "asia"
    another_index(index, elsewhere)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(elsewhere))
    panel.search.indexes.button.menu().actions()[0].trigger()
    wait_for(lambda: len(panel.search.indexes.chosen()) == 2)
    assert str(elsewhere) in settings.known_indexes()


def test_no_server_is_contacted_before_its_index_is_ticked(panel, index):
    settings.set_chosen_indexes([])
    info = json.loads((index / "index.json").read_text())
    (index / "index.json").write_text(json.dumps({**info, "milvus": "milvus://host:1/x"}))
    panel.search.indexes.refresh()
    wait_for(lambda: "milvus://host:1/x" in panel.search.indexes.combo.itemText(0))
    assert panel.search.indexes.chosen() == []
    (index / "index.json").write_text(json.dumps(info))
    panel.search.indexes.refresh()
    wait_for(lambda: panel.search.indexes.chosen() == [str(index)])


def test_browse_accepts_a_folder_of_indexes_and_rejects_others(panel, index, tmp_path, monkeypatch):
    for name in ("asia", "africa"):
        another_index(index, tmp_path / "more" / name)
    warnings = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *texts: warnings.append(texts[-1]))
    browse = panel.search.indexes.button.menu().actions()[0]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "more"))
    browse.trigger()
    wait_for(lambda: len(panel.search.indexes.chosen()) == 3)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    browse.trigger()
    wait_for(lambda: warnings)
    assert str(tmp_path) in warnings[0]
    assert str(tmp_path) not in settings.known_indexes()


def test_confidence_is_never_shown_as_100_or_0_percent(panel, folder):
    (path,) = folder("a.jpg")
    add(panel, [path])
    for confidence, shown in ((0.9999, "> 99 %"), (1.0, "> 99 %"), (0.42, "42 %"), (0.0, "< 1 %")):
        panel.controller.model.update(path, status="located", confidence=confidence)
        assert cell(panel, 0, CONFIDENCE).data() == shown


def test_cancel_all_and_locate_again(panel, folder):
    add(panel, folder("slow1.jpg", "slow2.jpg", "slow3.jpg"))
    panel.localize_button.click()
    wait_for(lambda: panel.controller.model.photos()[0].progress > 0.1)
    QTest.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    wait_for(lambda: idle(panel))
    assert set(status(panel).values()) == {"cancelled"}
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert set(status(panel).values()) == {"uncertain"}


def test_cancelling_a_second_run_keeps_the_first_result(panel, folder):
    (path,) = folder("slow.jpg")
    add(panel, [path])
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    panel.localize([path])
    wait_for(lambda: status(panel)["slow.jpg"] == "running")
    panel.controller.cancel([path])
    wait_for(lambda: idle(panel))
    assert panel.controller.queue.jobs[path].state == "cancelled"
    assert status(panel)["slow.jpg"] == "uncertain"
    assert cell(panel, 0, CONFIDENCE).data() == "50 %"


def test_killed_engine_is_restarted(panel, folder):
    add(panel, folder("slow1.jpg", "slow2.jpg", "slow3.jpg"))
    panel.localize_button.click()
    wait_for(lambda: panel.controller.model.photos()[1].progress > 0.1)
    os.kill(panel.controller.client.process_id, signal.SIGKILL)
    wait_for(lambda: idle(panel))
    assert set(status(panel).values()) == {"uncertain"}
    assert any("Starting it again" in text for text in panel.messages)


def test_many_failures_are_one_message(panel, folder):
    add(panel, folder("unreadable1.jpg", "unreadable2.jpg", "a.jpg"))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert panel.messages == ["2 of 3 photos failed. Their rows and the log give the reasons."]


def test_damaged_index_stops_the_run_with_one_message(panel, folder):
    add(panel, folder("damaged.jpg", "b.jpg"))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert status(panel) == {"damaged.jpg": "new", "b.jpg": "new"}
    assert [text for text in panel.messages if "build it again" in text] == [
        "/indexes/europe: descriptors.f32 is damaged; build it again."
    ]


def test_full_disk_is_reported_and_candidates_are_shown(panel, folder):
    add(panel, folder("full.jpg"))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    assert status(panel) == {"full.jpg": "failed"}
    assert any("the disk is full" in text for text in panel.messages)
    assert panel.results.list.topLevelItemCount() == settings.DEFAULT_TOP_K
    panel.messages.clear()
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert panel.messages == ["There is no result to zoom to yet."]
