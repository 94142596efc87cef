"""The installer dialog and the engine's part of the options page, by clicks, with a small pack."""

from __future__ import annotations

import pytest
from conftest import wait_for
from installer_kit import (  # noqa: F401
    PYTHON,
    assert_refused,
    flip_byte,
    make_pack,
    prepared_environment,
    quick_environments,
    remains,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QMessageBox, QPushButton

from earthloc_qgis import settings
from earthloc_qgis.core.install import folders, pack
from earthloc_qgis.core.install.engine_check import EngineCheck
from earthloc_qgis.core.install.failures import explain
from earthloc_qgis.gui.engine_installer import EngineInstallerDialog
from earthloc_qgis.gui.options_page import OptionsFactory


@pytest.fixture
def dialog(qgis_app):
    dialog = EngineInstallerDialog()
    dialog.open_for()
    wait_for(lambda: "Looking" not in dialog.form.found.text())
    dialog.form.python.setFilePath(PYTHON)
    wait_for(lambda: dialog.form.found.text().replace("\u200b", "").endswith(PYTHON))
    dialog.results = []
    dialog.installed.connect(dialog.results.append)
    yield dialog
    dialog.close_down()
    dialog.deleteLater()


def click(widget, name: str | None = None) -> None:
    button = widget if name is None else widget.findChild(QPushButton, name)
    assert button.isEnabled(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def question(window, name: str = "install_question") -> QMessageBox | None:
    return next((box for box in window.findChildren(QMessageBox, name) if box.isVisible()), None)


def answer(window, yes: bool, name: str = "install_question") -> str:
    """Answers the question by mouse, and returns its text."""
    wait_for(lambda: question(window, name), 60, "a question")
    box = question(window, name)
    role = QMessageBox.ButtonRole.AcceptRole if yes else QMessageBox.ButtonRole.RejectRole
    text = box.text()
    click(next(button for button in box.buttons() if box.buttonRole(button) == role))
    wait_for(lambda: question(window, name) is None, 10)
    return text


def install(dialog, path, agree: bool | None = True) -> str:
    """Installs a pack by clicks; `agree` answers the question about its checksum, None expects no question."""
    dialog.form.pack.setFilePath(str(path))
    assert dialog.form.from_file.isChecked()
    click(dialog, "install_button")
    assert dialog.running
    if agree is not None:
        answer(dialog, agree)
    wait_for(lambda: not dialog.running, 120, "the end of the installation")
    return dialog.outcome.text()


def test_an_engine_is_installed_by_clicks(dialog, tmp_path, pulse):
    path = make_pack(tmp_path)
    dialog.form.pack.setFilePath(str(path))
    click(dialog, "install_button")
    assert pack.read_pack(path, lambda _: None).sha256 in answer(dialog, True)
    wait_for(lambda: dialog.installer.running)
    assert dialog.bar.isVisible()
    assert not dialog.form.isEnabled()
    wait_for(lambda: not dialog.running, 120)
    assert dialog.outcome.text() == "Engine 0.1.0 is installed and in use."
    program = str(folders.engines_folder() / "0.1.0-1" / "bin" / "earthloc")
    assert dialog.results == [program]
    assert settings.find_engine() == program
    assert "Successfully installed earthloc-0.1.0" in dialog.log.toPlainText()
    click(dialog, "install_copy_log")
    assert "Successfully" in QGuiApplication.clipboard().text()
    assert not dialog.log.isVisible()
    dialog.show_log.click()
    assert dialog.log.isVisible()
    assert pulse.stop() < 500


def test_a_pack_that_is_not_confirmed_is_not_installed(dialog, tmp_path):
    assert "cancelled" in install(dialog, make_pack(tmp_path), agree=False)
    assert remains() == set()
    assert settings.engine_setting() == ""


@pytest.mark.usefixtures("quick_environments")
def test_a_released_pack_needs_no_confirmation(dialog, tmp_path, monkeypatch):
    path = make_pack(tmp_path)
    sha256 = pack.read_pack(path, lambda _: None).sha256
    monkeypatch.setattr(pack, "released_packs", lambda: {path.name: {"sha256": sha256}})
    assert "is installed" in install(dialog, path, agree=None)


def test_cancel_by_click(dialog, tmp_path):
    dialog.form.pack.setFilePath(str(make_pack(tmp_path)))
    click(dialog, "install_button")
    answer(dialog, True)
    wait_for(lambda: dialog.installer.process.running, 30)
    click(dialog, "install_cancel_button")
    wait_for(lambda: not dialog.running, 20)
    assert "cancelled" in dialog.outcome.text()
    assert_refused(explain("cancelled"), "cancelled")
    assert settings.engine_setting() == ""


@pytest.mark.parametrize("moment", ["at once", "question"])
def test_cancel_before_anything_is_installed(dialog, tmp_path, moment):
    dialog.form.pack.setFilePath(str(make_pack(tmp_path)))
    click(dialog, "install_button")
    if moment == "question":
        wait_for(lambda: question(dialog))
    dialog._cancel()
    assert not dialog.running
    assert question(dialog) is None
    assert "cancelled" in dialog.outcome.text()


def test_a_failure_is_shown_in_two_sentences_also_after_the_dialog_was_closed(dialog, tmp_path):
    path = make_pack(tmp_path)
    flip_byte(path)
    dialog.form.pack.setFilePath(str(path))
    click(dialog, "install_button")
    answer(dialog, True)
    dialog.close()
    wait_for(lambda: not dialog.running, 60)
    assert dialog.isVisible()
    problem, hint = dialog.outcome.text().split("\n")
    assert path.name in problem
    assert hint == "Download or copy the pack again."
    assert remains() == set()


def test_packs_for_another_computer_and_missing_choices_are_explained(dialog, tmp_path):
    text = install(dialog, make_pack(tmp_path, platform="win_amd64"), agree=None)
    assert "win_amd64" in text
    assert "linux_x86_64" in text
    text = install(dialog, make_pack(tmp_path, contents={"python": ["3.99"]}), agree=None)
    assert "Python 3.99" in text
    dialog.form.pack.setFilePath("")
    dialog.form.from_file.setChecked(True)
    click(dialog, "install_button")
    assert dialog.outcome.text() == "Choose the pack file first."
    dialog.form.from_internet.setChecked(True)
    dialog.form.python.setFilePath("/bin/ls")
    click(dialog, "install_button")
    wait_for(lambda: not dialog.running, 20)
    assert "/bin/ls is not a Python" in dialog.outcome.text()


@pytest.mark.usefixtures("quick_environments")
def test_an_upgrade_switches_and_removes_the_earlier_engine_if_wanted(dialog, tmp_path):
    install(dialog, make_pack(tmp_path, "0.1.0"))
    dialog.open_for()
    assert dialog.remove_earlier.isVisible()
    assert not dialog.remove_earlier.isChecked()
    assert "0.2.0 is installed" in install(dialog, make_pack(tmp_path, "0.2.0"))
    assert remains() == {"0.1.0-1", "0.2.0-1"}
    dialog.open_for()
    assert "0.2.0-1" in dialog.remove_earlier.text()
    dialog.remove_earlier.setChecked(True)
    install(dialog, make_pack(tmp_path, "0.3.0"))
    wait_for(lambda: remains() == {"0.1.0-1", "0.3.0-1"}, 20)
    assert "0.3.0-1" in settings.engine_setting()


@pytest.mark.usefixtures("quick_environments")
def test_a_failed_upgrade_keeps_the_earlier_engine(dialog, tmp_path):
    install(dialog, make_pack(tmp_path, "0.1.0"))
    before = settings.engine_setting()
    path = make_pack(tmp_path, "0.2.0", requirements="earthloc==0.2.0 --hash=sha256:" + "0" * 64 + "\n")
    assert "checksum differs" in install(dialog, path)
    assert settings.engine_setting() == before
    assert remains() == {"0.1.0-1"}


@pytest.mark.usefixtures("quick_environments")
def test_options_page_installs_tests_repairs_and_removes(dialog, tmp_path):
    applied = []
    page = OptionsFactory(lambda: applied.append(1), lambda: dialog).createWidget(None)
    page.show()
    options = page.engine_options
    assert not options.buttons["repair"].isEnabled()
    assert not options.buttons["remove"].isEnabled()
    click(options, "engine_install_button")
    assert dialog.isModal()
    path = make_pack(tmp_path)
    install(dialog, path)
    assert page.engine.filePath() == settings.engine_setting() != ""

    click(options, "engine_test_button")
    wait_for(lambda: "works" in options.state.text(), 30)
    assert "engine 0.1.0" in options.state.text()

    click(options, "engine_repair_button")
    assert dialog.form.pack.filePath() == str(path)
    assert dialog.remove_earlier.isChecked()
    wait_for(lambda: "Looking" not in dialog.form.found.text())
    click(dialog, "install_button")
    answer(dialog, True)
    wait_for(lambda: not dialog.running and remains() == {"0.1.0-2"}, 120)
    assert page.engine.filePath().endswith("0.1.0-2/bin/earthloc")

    click(options, "engine_remove_button")
    assert "0.1.0-2" in answer(options, False, "engine_remove_question")
    assert remains() == {"0.1.0-2"}
    click(options, "engine_remove_button")
    answer(options, True, "engine_remove_question")
    wait_for(lambda: "was removed" in options.state.text(), 20)
    assert remains() == set()
    assert settings.engine_setting() == page.engine.filePath() == ""
    assert applied == [1]
    page.deleteLater()


def test_options_page_refuses_another_program_at_once(qgis_app, pulse):
    page = OptionsFactory(lambda: None).createWidget(None)
    page.show()
    options = page.engine_options
    page.engine.setFilePath("/bin/ls")
    click(options, "engine_test_button")
    wait_for(lambda: "Testing" not in options.state.text(), 5)
    assert "/bin/ls is not an EarthLoc engine" in options.state.text()
    assert not options.buttons["install"].isEnabled()  # no plugin is loaded
    page.deleteLater()


@pytest.mark.usefixtures("quick_environments")
def test_the_notice_of_the_panel_opens_the_installer(qgis_iface, monkeypatch, tmp_path):
    from earthloc_qgis import classFactory

    monkeypatch.setenv("EARTHLOC_ENGINE", str(tmp_path / "gone"))
    for name in ("registerOptionsWidgetFactory", "unregisterOptionsWidgetFactory", "removeDockWidget"):
        if not hasattr(qgis_iface, name):
            monkeypatch.setattr(qgis_iface, name, lambda *_: None, raising=False)
    plugin = classFactory(qgis_iface)
    plugin.initGui()
    qgis_iface.mainWindow().show()
    plugin.dock.show()
    wait_for(lambda: plugin.panel is not None)
    plugin.panel.steps.take("engine")
    click(plugin.panel.notice, "install_engine_button")
    dialog = plugin.installer()
    assert dialog.isVisible()
    dialog.form.python.setFilePath(PYTHON)
    install(dialog, make_pack(tmp_path))
    wait_for(lambda: not plugin.panel.notice.isVisible(), 10)
    assert plugin.panel.controller.client._command[0] == settings.engine_setting()
    plugin.unload()


def test_a_closed_check_calls_nobody(qgis_app):
    check, answers = EngineCheck(), []
    check.check("/bin/cat", lambda *answer: answers.append(answer))
    check.stop()
    assert answers == []
