"""The menu Help: the guide without the internet, all keys, diagnostics without private paths, about."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import wait_for
from qgis.core import Qgis
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from test_panel import engine_options, index, panel  # noqa: F401 - fixtures
from test_plugin import plugin  # noqa: F401 - fixture
from test_review import canvas, open_window, results  # noqa: F401 - fixtures

from earthloc_qgis import settings
from earthloc_qgis.core.diagnostics import ProgramRun, without_paths
from earthloc_qgis.core.help_pages import PAGES, page_path, page_text, slug
from earthloc_qgis.core.imagery import server_imagery
from earthloc_qgis.core.resources import version
from earthloc_qgis.gui.help_menu import HelpMenu
from earthloc_qgis.gui.keyboard_map import keyboard_map


@pytest.fixture
def help_menu(panel):
    menu = panel.tools.help.menu()
    assert isinstance(menu, HelpMenu)
    yield menu
    if menu.dialog is not None:
        menu.dialog.close()


def trigger(menu, name):
    next(action for action in menu.actions() if action.objectName() == f"earthloc_help_{name}").trigger()
    return menu.dialog


# --- the guide -------------------------------------------------------------------------------------


def test_guide_opens_offline_and_follows_its_links(help_menu, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    dialog = trigger(help_menu, "guide")
    assert dialog.isVisible()
    text = dialog.browser.toPlainText()
    assert "Using EarthLoc in QGIS, task by task" in text
    assert "￼" not in text  # no pictures
    before = dialog.browser.verticalScrollBar().value()
    dialog.browser.anchorClicked.emit(QUrl("#photos-of-narrow-ground"))
    assert dialog.browser.textCursor().block().text() == "Photos of narrow ground"
    assert dialog.browser.verticalScrollBar().value() > before
    dialog.browser.anchorClicked.emit(QUrl("imagery.md#presets"))
    assert dialog.browser.textCursor().block().text() == "Presets"
    assert opened == []
    dialog.browser.anchorClicked.emit(QUrl("https://github.com/earthloc/earthloc-qgis"))
    assert opened == ["https://github.com/earthloc/earthloc-qgis"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_have_no_pictures_and_no_dead_links(name):
    import re

    text = page_text(name)
    assert "![" not in text
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        page, _, fragment = link.partition("#")
        if page.startswith("https://"):
            continue
        target = page_text(page[:-3] if page else name)  # raises if there is no such page
        headings = {
            slug(re.sub(r"[`*]", "", line.lstrip("# "))) for line in target.splitlines() if line.startswith("#")
        }
        assert not fragment or fragment in headings, link


def test_guide_is_in_the_plugin_menu(plugin):
    plugin._help.trigger()
    dialog = plugin._help_menu.dialog
    assert "Using EarthLoc in QGIS" in dialog.browser.toPlainText()
    dialog.close()


def test_missing_page_is_reported(help_menu, monkeypatch):
    from earthloc_qgis.core import help_pages

    monkeypatch.setattr(help_pages, "page_path", lambda name: Path("/nowhere") / name)
    assert "nowhere" in trigger(help_menu, "guide").browser.toPlainText()


# --- keys, about -----------------------------------------------------------------------------------


def test_keyboard_map_names_every_key_of_the_review(open_window, help_menu):
    named = {key for _, rows in keyboard_map()[1:] for keys, _ in rows for key in keys.split(", ")}
    actions = open_window().commands._by_name.values()
    used = {sequence.toString() for action in actions for sequence in action.shortcuts()}
    assert used - named == set()
    assert named - used == set()
    by_key = {sequence.toString(): action.text() for action in actions for sequence in action.shortcuts()}
    for _, rows in keyboard_map()[1:]:
        for keys, text in rows:
            if not keys.startswith("1"):
                assert by_key[keys.split(", ")[0]] == text
    shown = trigger(help_menu, "keyboard").browser.toPlainText()
    for text in ("F5", "Ctrl+Shift+Z", "Bring back", "In the review: correct"):
        assert text in shown


def test_about_names_version_licence_and_credits(help_menu):
    text = trigger(help_menu, "about").browser.toPlainText()
    for part in (
        version(),
        "GPL-2.0-or-later",
        "NASA Earth Observatory",
        "EOX IT Services",
        "MobileNetV2",
        "CC BY 4.0",
    ):
        assert part in text


# --- diagnostics -----------------------------------------------------------------------------------


def test_diagnostics_are_copied_without_paths_unless_asked(help_menu, own_profile, index):
    own_profile.mkdir(parents=True, exist_ok=True)
    (own_profile / "engine.log").write_text(
        f"start\nphoto {Path.home()}/mission 64/ISS064-E-1.jpg: cannot be read; try /data/a b/c.tif\n", encoding="utf-8"
    )
    settings.set_imagery(server_imagery("Served", "https://tiles.example/key-secret/{z}/{x}/{y}.png"))
    settings.trust_server("https://tiles.example/key-secret/{z}/{x}/{y}.png")
    dialog = trigger(help_menu, "diagnostics")
    wait_for(lambda: not dialog.waiting)
    dialog.copy.click()
    copied = QApplication.clipboard().text()
    for part in (version(), Qgis.version(), "europe", "tiles.example", "ISS064-E-1.jpg", "candidates: 10",
                 "state: ", "self-test (earthloc doctor)", "not available in this engine", "program: …/"):  # fmt: skip
        assert part in copied, part
    for private in (str(Path.home()) + "/", "mission 64", "secret", "/data/", str(index.parent), sys.executable):
        assert private not in copied, private
    dialog.include_paths.setChecked(True)
    dialog.copy.click()
    copied = QApplication.clipboard().text()
    assert "mission 64/ISS064-E-1.jpg" in copied
    assert sys.executable in copied


def test_diagnostics_include_the_self_test_when_the_engine_has_one(help_menu, tmp_path, monkeypatch):
    program = tmp_path / "earthloc"
    program.write_text(
        '#!/bin/sh\nif [ "$1" = doctor ]; then echo \'{"ok": true, "cache": "/home/ada/x/tiles.sqlite"}\';'
        ' else echo "earthloc 9.9"; fi\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(settings, "find_engine", lambda: str(program))
    dialog = trigger(help_menu, "diagnostics")
    wait_for(lambda: not dialog.waiting)
    text = dialog.text.toPlainText()
    assert "- version: earthloc 9.9" in text
    assert '"ok": true' in text
    assert "ada" not in text


def test_diagnostics_work_without_an_engine(help_menu, monkeypatch):
    monkeypatch.setattr(settings, "find_engine", lambda: None)
    dialog = trigger(help_menu, "diagnostics")
    assert not dialog.waiting
    assert "program: not found" in dialog.text.toPlainText()


def test_a_program_that_hangs_is_ended(qgis_app, tmp_path):
    from qgis.PyQt.QtCore import QObject

    owner, done = QObject(), []
    ProgramRun([sys.executable, "-c", "import time; time.sleep(60)"], lambda *got: done.append(got), 200, owner)
    wait_for(lambda: done)
    ProgramRun([str(tmp_path / "gone")], lambda *got: done.append(got), 5000, owner)
    wait_for(lambda: len(done) == 2)
    assert done == [(None, ""), (None, "")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/data/a b/c.tif: no", "…/c.tif: no"),
        (r"C:\Users\Ada B\x.jpg failed", "…/x.jpg failed"),
        ('"D:/a/b.gpkg"', '"…/b.gpkg"'),
        ("https://user:pw@host.example/a/b?key=1, n/a and 3/4", "https://host.example, n/a and 3/4"),
        ("photos/a.jpg", "photos/a.jpg"),
    ],
)
def test_paths_and_addresses_are_shortened(text, expected):
    assert without_paths(text) == expected


def test_home_folder_is_not_named():
    assert (
        str(Path.home().name) not in without_paths(f"in {Path.home()} and {Path.home()}/a/b.txt")
        or len(Path.home().name) < 2
    )


def test_help_widgets_have_accessible_names(help_menu):
    for name in ("guide", "keyboard", "diagnostics", "about"):
        dialog = trigger(help_menu, name)
        for widget in dialog.findChildren(QWidget):
            if widget.focusPolicy() and widget.isVisible() and not widget.objectName().startswith("qt_"):
                named = widget.accessibleName() or (isinstance(widget, (QAbstractButton, QLabel)) and widget.text())
                assert named, (name, type(widget).__name__)


def test_packaged_help_is_used_first(tmp_path, monkeypatch):
    from earthloc_qgis.core import help_pages

    (tmp_path / "help").mkdir()
    (tmp_path / "help" / "user-guide.md").write_text("# Packaged\n\n![a](b.jpg)\n\ntext [x](voting.md)\n")
    monkeypatch.setattr(help_pages, "PLUGIN_FOLDER", tmp_path)
    assert page_path("user-guide") == tmp_path / "help" / "user-guide.md"
    assert page_text("user-guide") == (
        "# Packaged\n\ntext [x](https://github.com/earthloc/earthloc-qgis/blob/main/docs/voting.md)\n"
    )
