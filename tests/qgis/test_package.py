"""The plugin's zip: its contents, that it is reproducible, and that QGIS runs it."""

from __future__ import annotations

import configparser
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import REPOSITORY

ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | {"QT_QPA_PLATFORM": "offscreen"}


@pytest.fixture(scope="module")
def packaging(tmp_path_factory):
    """tools/package.py, set to write to a temporary folder."""
    spec = importlib.util.spec_from_file_location("package", REPOSITORY / "tools" / "package.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("package")
    module.STAGE = folder / "build" / module.PLUGIN
    module.DIST = folder / "dist"
    return module


@pytest.fixture(scope="module")
def archive(packaging):
    return packaging.write_zip(packaging.stage())


def test_zip_meets_the_rules_of_the_plugin_repository(packaging, archive):
    assert packaging.faults(packaging.STAGE) == []
    assert archive.stat().st_size < 1_000_000
    with zipfile.ZipFile(archive) as file:
        names = file.namelist()
        assert {name.split("/")[0] for name in names} == {"earthloc_qgis"}
        for wanted in ("__init__.py", "metadata.txt", "LICENSE", "CHANGELOG.md", "resources/styles/footprints.qml",
                       "contract/protocol.py", "help/user-guide.md",
                       "resources/imagery/nasa-blue-marble.json"):  # fmt: skip
            assert f"earthloc_qgis/{wanted}" in names
        for name in names:
            assert "__pycache__" not in name
            assert "onnx" not in name
            has_text = not name.startswith("earthloc_qgis/i18n/") and not name.endswith("earthloc-sample.jpg")
            assert b"\0" not in file.read(name) or not has_text
        about = configparser.ConfigParser(interpolation=None)
        about.read_file(io.StringIO(file.read("earthloc_qgis/metadata.txt").decode("utf-8")))
        general = about["general"]
        assert f"earthloc_qgis/{general['icon']}" in names
        assert general["hasProcessingProvider"] == "yes"
        assert general["qgisMinimumVersion"] == "3.22"
        assert archive.name == f"earthloc_qgis-{general['version']}.zip"


def test_plugin_and_engine_have_the_same_version(packaging):
    text = (REPOSITORY / "engine" / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{packaging.metadata(REPOSITORY)["version"]}"' in text


def test_same_sources_give_the_same_zip(packaging, archive):
    first = archive.read_bytes()
    for path in packaging.stage().rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert packaging.write_zip(packaging.STAGE).read_bytes() == first


def test_violations_of_the_rules_are_found(packaging, tmp_path):
    folder = tmp_path / "earthloc_qgis"
    shutil.copytree(packaging.stage(), folder)
    (folder / "library.so").write_bytes(b"\x7fELF\0")
    (folder / "LICENSE").unlink()
    (folder / "resources" / "icons" / "earthloc.svg").unlink()
    (folder / "resources" / "sample" / "more.jpg").write_bytes(b"\xff\xd8\xff\0")
    (folder / "resources" / "sample" / "earthloc-sample.jpg").write_bytes(b"\x7fELF\0")
    faults = "\n".join(packaging.faults(folder))
    assert "library.so: is no text" in faults
    assert "more.jpg: is no text" in faults  # only the one picture is allowed
    assert "earthloc-sample.jpg: is no JPEG" in faults
    assert "LICENSE: is missing" in faults
    assert "resources/icons/earthloc.svg: is missing" in faults


def test_packaged_code_imports_only_the_standard_library_and_qgis(packaging):
    allowed = set(sys.stdlib_module_names) - {"subprocess", "pickle", "socket", "ctypes"} | {"qgis", "osgeo"}
    imported = set()
    for path in packaging.stage().rglob("*.py"):
        import ast

        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(node.module.split(".")[0])
    assert imported <= allowed, imported - allowed


def qgis_process() -> str:
    # Debian 12's wrapper passes the program an option that it refuses.
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.skip("no qgis_process on this machine")
    return program


def test_unzipped_plugin_is_enabled_and_lists_its_algorithms(archive, tmp_path):
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path / "plugins")
    environment = ENVIRONMENT | {
        "QGIS_PLUGINPATH": str(tmp_path / "plugins"),
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile"),
    }

    def call(*arguments):
        return subprocess.run(
            [qgis_process(), *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    assert call("plugins", "enable", "earthloc_qgis").returncode == 0
    listed = call("list").stdout
    names = ("localize", "register", "georeference", "exportfootprints", "mappicture", "wheremap", "buildindex")
    for name in (*names, "readcatalogue"):
        assert f"earthloc:{name}" in listed
    described = call("help", "earthloc:localize").stdout
    assert "NADIR" in described
    assert "Regional index" in described
