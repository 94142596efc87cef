"""EarthLoc's own tile servers: nothing is asked before the user agrees, and a test says what works."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import wait_for
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDialogButtonBox, QLabel
from test_panel import add, engine_options, folder, idle, index, panel  # noqa: F401 - fixtures

from earthloc_qgis import settings
from earthloc_qgis.core.imagery import server_imagery
from earthloc_qgis.core.imagery_presets import presets

NAMES = ["NASA Blue Marble", "NASA Landsat WELD", "EOX Sentinel-2 cloudless 2016"]


@pytest.fixture
def journal(panel, fake_engine, tmp_path):
    """Returns the methods that the engine was asked for so far."""
    path = tmp_path / "journal.txt"
    panel.controller.client.set_command(fake_engine("--journal", str(path)))

    def methods():
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return [json.loads(line)["method"] for line in lines]

    return methods


def pick(panel, text):
    combo = panel.search.imagery.combo
    row = next(row for row in range(combo.count()) if combo.itemText(row).startswith(text))
    combo.setCurrentIndex(row)
    combo.activated[int].emit(row)


def answer_dialog(act) -> list:
    """Runs `act(dialog)` as soon as the dialog of a preset is open. Returns a list that then holds the dialog."""
    seen = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            timer.start(20)
            return
        seen.append(dialog)
        act(dialog)

    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(look)
    timer.start(20)
    seen.append(timer)  # keeps it alive
    return seen


def click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_presets_have_all_that_a_person_must_know():
    assert [preset.imagery.label for preset in presets()] == NAMES
    assert [preset.title for preset in presets()] == [
        "NASA Blue Marble, 611 m (online)",
        "NASA Landsat WELD, 38 m (online)",
        "EOX Sentinel-2 cloudless 2016, 10 m (online)",
    ]
    for preset in presets():
        written = json.loads(Path(preset.imagery.spec()).read_text(encoding="utf-8"))
        assert "notice" not in written
        assert written["max_zoom"] in (8, 12, 14)
        assert preset.imagery.credit == f"{preset.attribution}; {preset.licence}"


def test_a_preset_is_used_after_the_user_has_agreed_once(panel, journal):
    combo, shown = panel.search.imagery.combo, []

    def refuse(dialog) -> None:
        shown.extend(label.text() for label in dialog.findChildren(QLabel))
        assert not dialog.use.isEnabled()
        assert not dialog.check.button.isEnabled()
        click(dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Cancel))

    answer_dialog(refuse)
    pick(panel, "EOX")
    assert settings.imagery().is_own
    assert combo.currentIndex() == 0
    assert settings.trusted_servers() == []
    text = "\n".join(shown)
    for part in ("tiles.maps.eox.at", "CC BY 4.0", "10 m at the equator", "non-commercial", "No photo", "Copernicus"):
        assert part in text

    def agree(dialog) -> None:
        dialog.agree.setChecked(True)
        click(dialog.use)

    answer_dialog(agree)
    pick(panel, "EOX")
    assert settings.imagery().label == "EOX Sentinel-2 cloudless 2016"
    assert combo.currentText() == "EOX Sentinel-2 cloudless 2016"
    assert "CC BY 4.0" in panel.search.imagery.note.text()
    texts = [combo.itemText(row) for row in range(combo.count())]
    assert sum(text.startswith("EOX") for text in texts) == 1
    pick(panel, "The imagery each")
    pick(panel, "EOX")  # does not ask again
    assert settings.imagery().host == "tiles.maps.eox.at"
    assert "imagery/check" not in journal()
    assert "localize" not in journal()


def test_the_dialog_tests_the_server_once_the_user_has_agreed(panel, journal):
    said = []

    def test_it(dialog) -> None:
        click(dialog.check.button)
        assert "imagery/check" not in journal()
        dialog.agree.setChecked(True)
        click(dialog.check.button)
        wait_for(lambda: "works" in dialog.check.answer.text())
        said.append(dialog.check.answer.text())
        dialog.reject()

    answer_dialog(test_it)
    pick(panel, "NASA Landsat")
    assert said == ["NASA Landsat WELD works: a tile came in 12 ms."]
    assert settings.imagery().is_own


def test_any_chosen_tile_server_can_be_tested(panel, folder, journal):
    panel.search_header.setChecked(True)
    add(panel, folder("a.jpg"))
    check = panel.search.imagery.check
    assert not check.isVisible()
    panel.search.imagery.choose(server_imagery("gone", "http://127.0.0.1:9/{z}/{x}/{y}.png"))
    wait_for(check.isVisible)
    click(check.button)
    wait_for(lambda: check.answer.text() == "imagery server gone: cannot be reached; check your connection.")
    assert check.button.isEnabled()
    panel.search.imagery.choose(server_imagery("Served", "http://127.0.0.1:8/{z}/{x}/{y}.png"))
    assert check.answer.text() == ""  # the answer was about other imagery
    click(check.button)
    wait_for(lambda: check.answer.text() == "Served works: a tile came in 12 ms.")
    pick(panel, "The imagery each")
    assert not check.isVisible()


def test_a_project_cannot_choose_a_preset_for_the_user(panel, tmp_path):
    project = QgsProject.instance()
    project.writeEntry("EarthLoc", "imagery", presets()[0].imagery.to_json())
    assert project.write(str(tmp_path / "strange.qgz"))
    project.clear()
    assert project.read(str(tmp_path / "strange.qgz"))
    assert settings.imagery().is_own
