"""The plugin in QGIS: start, first use, unloading; the options page; settings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import REPOSITORY, wait_for
from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtTest import QTest

from earthloc_qgis import classFactory, settings
from earthloc_qgis.core.resources import style, version
from earthloc_qgis.gui.options_page import OptionsFactory


@pytest.fixture
def plugin(qgis_iface):
    for name in ("registerOptionsWidgetFactory", "unregisterOptionsWidgetFactory", "removeDockWidget"):
        if not hasattr(qgis_iface, name):
            setattr(qgis_iface, name, lambda *_: None)
    plugin = classFactory(qgis_iface)
    plugin.initGui()
    yield plugin
    plugin.unload()


def test_start_and_unload(plugin):
    registry = QgsApplication.processingRegistry()
    assert registry.providerById("earthloc") is not None
    assert plugin.dock.objectName() == "EarthLocPanel"
    assert plugin.panel is None  # not created yet
    plugin.unload()
    assert registry.providerById("earthloc") is None
    assert plugin.dock is None


def test_panel_is_created_when_first_visible_also_without_engine(plugin, monkeypatch, tmp_path):
    monkeypatch.setenv("EARTHLOC_ENGINE", str(tmp_path / "gone"))
    plugin._iface.mainWindow().show()
    plugin.dock.show()
    wait_for(lambda: plugin.panel is not None)
    assert not plugin.panel.notice.isVisibleTo(plugin.panel)  # the first step says the same
    plugin.panel.steps.take("engine")
    assert plugin.panel.notice.isVisibleTo(plugin.panel)
    assert "not found" in plugin.panel.notice.text.text()


def test_panel_is_shown_once_after_the_installation(plugin):
    plugin._iface.mainWindow().show()
    for offered in (True, False):
        settings.set_panel_offered(offered)
        plugin.unload()
        plugin.initGui()
        QTest.qWait(50)
        assert plugin.dock.isVisible() is not offered
    assert settings.panel_offered()


def test_unload_ends_the_engine(plugin, monkeypatch, fake_engine, tmp_path):
    monkeypatch.setattr(settings, "engine_command", lambda program=None: fake_engine())
    monkeypatch.setattr(settings, "find_engine", lambda: sys.executable)
    plugin._iface.mainWindow().show()
    plugin.dock.show()
    wait_for(lambda: plugin.panel is not None)
    photo = tmp_path / "hang.jpg"
    photo.write_bytes(b"")
    plugin.panel.controller.add_photos([str(photo)])
    client = plugin.panel.controller.client
    wait_for(lambda: client.state == "ready")
    pid = client.process_id
    plugin.unload()
    assert not os.path.exists(f"/proc/{pid}")


def test_plugin_works_without_iface_in_qgis_process():
    plugin = classFactory(None)
    plugin.initProcessing()
    assert QgsApplication.processingRegistry().providerById("earthloc") is not None
    plugin.unload()


START = """
import os, sys
sys.path.insert(0, sys.argv[1])
from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtTest import QTest
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtWidgets import QMainWindow
app = QgsApplication([], True)
app.initQgis()

class Iface:
    window = QMainWindow()
    mainWindow = lambda self: self.window
    addDockWidget = lambda self, area, dock: self.window.addDockWidget(area, dock)
    __getattr__ = lambda self, name: lambda *a: None

before = set(sys.modules)  # QGIS 3.40 itself imports numpy
from earthloc_qgis import classFactory
classFactory(Iface()).initGui()
print(*sorted(set(sys.modules) - before), flush=True)
os._exit(0)
"""


def test_start_imports_no_slow_modules():
    """Slow modules are imported when they are needed; benchmarks/plugin_start.py measures the start."""
    answer = subprocess.run(
        [sys.executable, "-c", START, str(REPOSITORY)], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(answer.stdout.splitlines()[-1].split())
    assert "earthloc_qgis.plugin" in loaded
    assert not loaded & {"numpy", "onnxruntime", "rasterio", "processing", "sqlite3", "earthloc_qgis.gui.panel"}
    assert "earthloc_qgis.contract.protocol" not in loaded, "the requests are made when one is sent"


def test_find_engine_order(tmp_path, monkeypatch):
    program = tmp_path / "with space" / "earthloc"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(settings, "PLUGIN_FOLDER", tmp_path / "repo" / "earthloc_qgis")
    monkeypatch.setenv("PATH", "")
    assert settings.find_engine() is None
    assert settings.engine_command() == []
    monkeypatch.setenv("PATH", str(program.parent))
    assert settings.find_engine() == str(program)
    beside = tmp_path / "repo" / ".venv" / "bin" / "earthloc"
    beside.parent.mkdir(parents=True)
    beside.write_text("")
    assert settings.find_engine() == str(beside)
    monkeypatch.setenv("EARTHLOC_ENGINE", str(program))
    assert settings.find_engine() == str(program)
    settings.set_engine_setting(str(beside))
    assert settings.find_engine() == str(beside)
    assert settings.engine_command()[:2] == [str(beside), "serve"]
    settings.set_engine_setting(str(tmp_path / "gone"))
    assert settings.find_engine() is None  # a wrong setting is not hidden


def test_lists_are_read_from_an_ini_file(qgis_app):
    assert settings.known_indexes() == []
    settings.remember_index("/indexes/a")
    settings.remember_index("/indexes/a")
    assert settings.known_indexes() == ["/indexes/a"]
    QgsSettings().setValue("earthloc/known_indexes", "/indexes/a")  # how QGIS reads a list with one entry
    assert settings.known_indexes() == ["/indexes/a"]
    settings.remember_index("/indexes/b, c")
    assert settings.known_indexes() == ["/indexes/a", "/indexes/b, c"]


def test_options_page_stores_the_settings(qgis_app, tmp_path):
    applied = []
    page = OptionsFactory(lambda: applied.append(1)).createWidget(None)
    page.engine.setFilePath(str(tmp_path / "earthloc"))
    page.folder.setFilePath(str(tmp_path))
    page.radius.setValue(750)
    page.top_k.setValue(5)
    page.use_nadir.setChecked(False)
    assert settings.radius_km() == settings.DEFAULT_RADIUS_KM
    page.apply()
    assert applied == [1]
    assert settings.engine_setting() == str(tmp_path / "earthloc")
    assert settings.index_folder() == str(tmp_path)
    assert (settings.radius_km(), settings.top_k(), settings.use_nadir()) == (750.0, 5, False)
    again = OptionsFactory(lambda: None).createWidget(None)
    assert again.radius.value() == 750
    assert not again.use_nadir.isChecked()


def test_version_and_styles_are_found():
    assert version()[0].isdigit()
    assert style("footprints").is_file()
    assert style("candidates").is_file()
