"""The photo list of the panel: typed nadirs, sorting, keys, context menu."""

from __future__ import annotations

import json
import os

import pytest
from conftest import QUIET_MS, wait_for
from panel_kit import add, answer_question, cell, engine_options, folder, idle, index, panel, status  # noqa: F401  fixtures
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QModelIndex, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QLineEdit
from review_results import write_review_results

from earthloc_qgis import settings
from earthloc_qgis.contract.protocol import Localize
from earthloc_qgis.contract.validation import parsed
from earthloc_qgis.core.words import lat_lon
from earthloc_qgis.gui.photo_model import CONFIDENCE, NADIR, PHOTO, STATUS, Photo, parse_nadir


def edit_nadir(panel, row, text) -> QLineEdit:
    panel.list.setCurrentIndex(cell(panel, row, NADIR))
    panel.list.edit(cell(panel, row, NADIR))
    (editor,) = [editor for editor in panel.list.findChildren(QLineEdit, "nadir_editor") if editor.isVisible()]
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.qWait(50)  # Qt commits the text in the event loop
    return editor


def test_typed_nadir_is_checked_and_sent(panel, folder, tmp_path, fake_engine):
    journal = tmp_path / "journal"
    panel.controller.client.set_command(fake_engine("--journal", str(journal)))
    add(panel, folder("a.jpg"))
    editor = edit_nadir(panel, 0, "95, 10")
    assert editor.isVisible()  # rejected: no valid latitude
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
    request = parsed(request["params"], Localize)
    assert request.radius_km == 1000.0
    assert request.out.endswith("unsaved.gpkg")
    assert request.register is True
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
    assert parse_nadir(lat_lon(*nadir)) == nadir


@pytest.mark.parametrize("text", ["", "41.2", "91, 0", "0, 181", "a, b", "41,2, 28,9", "1, 2, 3"])
def test_parse_nadir_rejects_invalid_text(text):
    with pytest.raises(ValueError, match=r"^.*$"):
        parse_nadir(text)


def test_delete_key_removes_photos_during_a_run(panel, folder):
    paths = folder("slow.jpg", "b.jpg", "c.jpg")
    add(panel, paths)
    panel.localize_button.click()
    wait_for(lambda: panel.controller.model.photos()[0].progress > 0.2)
    panel.list.select(paths[:2])
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    answer_question(panel)
    assert list(status(panel)) == ["c.jpg"]
    wait_for(lambda: idle(panel))
    assert status(panel) == {"c.jpg": "uncertain"}
    QTest.keyClick(panel.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    answer_question(panel)
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
    answer_question(panel)
    assert list(status(panel)) == ["b.jpg"]
    assert os.path.exists(paths[0])  # the file is kept


def test_sorting_keeps_current_and_selected_photos(panel, folder):
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
    panel.list.sortByColumn(PHOTO, Qt.SortOrder.DescendingOrder)
    assert [cell(panel, row, 0).data() for row in range(3)] == ["ISS-c", "ISS-b", "ISS-a"]
    assert (panel.list.current(), panel.list.selected()) == (paths[0], [paths[0]])
    assert panel.list.currentIndex().row() == 0


def test_sorting_and_removing_5000_photos_does_not_block_the_window(panel, pulse):
    model = panel.controller.model
    photos = [Photo(f"/p/ISS{n % 7}-E-{n}.jpg", confidence=n % 97 / 97, nadir=(n % 50, n % 70)) for n in range(5000)]
    model.add(photos)
    panel.list.select([photos[7].path])
    longest = []
    for _ in range(3):  # best of three: any run may be delayed once
        wait_for(lambda: True)
        pulse.restart()
        for column in (PHOTO, STATUS, CONFIDENCE, NADIR):
            panel.list.sortByColumn(column, Qt.SortOrder.DescendingOrder)
            QTest.qWait(30)
        longest.append(pulse.longest_ms)
    assert min(longest) < QUIET_MS / 2, longest
    assert panel.list.selected() == [photos[7].path]
    gone = [photo.path for photo in photos[::5]]
    panel.controller.removal.remove(gone)
    assert len(model.photos()) == 4000
    assert {model.row(path) for path in gone} == {-1}
    assert all(model.row(photo.path) == row for row, photo in enumerate(model.photos()))


def test_typed_nadirs_of_a_reopened_project_are_distinguished_from_those_in_the_photos(panel, tmp_path, fake_engine):
    """The fake engine reads 41.5 N, 12.25 E from every photo."""

    def nadir(number: int, found: dict) -> None:
        found["nadir"] = [41.5, 12.25] if number == 0 else [43.0, 11.0]

    photos = write_review_results(tmp_path / "p_earthloc.gpkg", 2, change=nadir)
    journal = tmp_path / "journal"
    panel.controller.client.set_command(fake_engine("--journal", str(journal)))
    assert QgsProject.instance().write(str(tmp_path / "p.qgz"))
    assert QgsProject.instance().read(str(tmp_path / "p.qgz"))
    model = panel.controller.model

    def bold() -> list[bool]:
        return [cell(panel, row, NADIR).data(Qt.ItemDataRole.FontRole) is not None for row in range(2)]

    assert [photo.path for photo in model.photos()] == photos
    assert bold() == [False, False]  # metadata not read yet
    wait_for(lambda: all(photo.size_px for photo in model.photos()))
    assert bold() == [False, True]
    assert model.photo(photos[1]).nadir == (43.0, 11.0)  # a typed nadir takes precedence over that of the photo
    panel.localize(photos)
    wait_for(lambda: idle(panel))
    sent = [json.loads(line) for line in journal.read_text().splitlines()]
    nadirs = [message["params"].get("nadir") for message in sent if message["method"] == "localize"]
    assert nadirs == [None, [43.0, 11.0]]


def test_hint_is_shown_without_a_current_photo(panel, tmp_path):
    write_review_results(tmp_path / "p_earthloc.gpkg", 2)
    assert QgsProject.instance().write(str(tmp_path / "p.qgz"))
    assert QgsProject.instance().read(str(tmp_path / "p.qgz"))
    panel.list.setCurrentIndex(QModelIndex())
    assert panel.results.message.isVisible()
    assert panel.results.message.text() == "Choose a photo to see its result."


def test_widgets_have_names_for_screen_readers(panel, folder):
    add(panel, folder("a.jpg"))
    for widget in (panel.list, panel.results.list, panel.search.indexes.combo, panel.search.radius, panel.search.top_k,
                   panel.progress, panel.localize_button):  # fmt: skip
        assert widget.accessibleName()
    assert cell(panel, 0, STATUS).data(Qt.ItemDataRole.AccessibleTextRole) == "New"
