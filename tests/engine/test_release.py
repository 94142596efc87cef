"""A release (tools/release.py), without the network: with made-up wheels."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import engine

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools"))
import pack
import package
import release

WHEEL = "numpy-2.0-cp311-abi3-any.whl"


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    """Folders `dist`, `locks` and `wheels`; the plugin is staged below the folder."""
    for name in ("dist", "locks", "wheels"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(package, "STAGE", tmp_path / "build" / package.PLUGIN)
    monkeypatch.setattr(package, "DIST", tmp_path / "dist")
    if not package.translations.compile_into(tmp_path / "translations"):
        pytest.skip("Qt's lrelease is not installed: a release needs it")
    (tmp_path / "dist" / f"earthloc-{engine.__version__}-py3-none-any.whl").write_bytes(b"engine")
    (tmp_path / "wheels" / WHEEL).write_bytes(b"numpy")
    requirements = {"numpy==2.0": (hashlib.sha256(b"numpy").hexdigest(),)}
    for name in pack.PLATFORMS:
        text = pack.write_lock(requirements, name, {"dependencies": 5})
        pack.lock_path(name, tmp_path / "locks").write_text(text, encoding="utf-8")
    return tmp_path


def make(workplace: Path) -> dict[str, bytes]:
    platforms = ["linux_x86_64", "win_amd64"]
    files = release.release(platforms, workplace / "dist", workplace / "locks", workplace / "wheels")
    return {path.name: path.read_bytes() for path in files}


def test_release_has_all_files_and_their_sums(workplace):
    files = make(workplace)
    version = engine.__version__
    assert set(files) == {
        f"earthloc_qgis-{version}.zip",
        f"earthloc-{version}-py3-none-any.whl",
        f"earthloc-engine-{version}-linux_x86_64.zip",
        f"earthloc-engine-{version}-win_amd64.zip",
        "RELEASE_NOTES.md",
        "SHA256SUMS",
    }
    sums = dict(reversed(line.split("  ")) for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def test_locks_and_packs_are_pinned(workplace):
    files = make(workplace)
    pins = json.loads((workplace / "locks" / "packs.json").read_text(encoding="utf-8"))
    assert set(pins) == {name for name in files if name.startswith("earthloc-engine-")}
    for name, facts in pins.items():
        assert facts["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert facts["bytes"] == len(files[name])
    for name in pack.PLATFORMS:  # also those without a pack: they can be installed from the internet
        lock = pack.lock_path(name, workplace / "locks")
        assert pack.read_lock(lock)[f"earthloc=={engine.__version__}"] == (hashlib.sha256(b"engine").hexdigest(),)
        assert "# download: 11 bytes\n" in lock.read_text(encoding="utf-8")


def test_pins_are_not_taken_for_secrets(workplace):
    """The plugin repository blocks uploads in which detect-secrets finds something."""
    secrets = pytest.importorskip("detect_secrets")
    make(workplace)
    found = secrets.SecretsCollection()
    with secrets.settings.default_settings():
        for path in (workplace / "locks").iterdir():
            found.scan_file(str(path))
    assert not found.json()


def test_plugin_contains_locks_and_pins(workplace):
    make(workplace)
    with zipfile.ZipFile(workplace / "dist" / f"earthloc_qgis-{engine.__version__}.zip") as archive:
        names = archive.namelist()
    assert "earthloc_qgis/resources/engine/packs.json" in names
    for name in pack.PLATFORMS:
        assert f"earthloc_qgis/resources/engine/requirements-{name}.txt" in names


def test_second_release_has_the_same_bytes(workplace):
    assert make(workplace) == make(workplace)


def test_release_notes_are_the_section_of_the_version():
    text = "# Changelog\n\n## [0.2.0] - 2027-01-01\n\n### Added\n- new\n\n## [0.1.0] - 2026-12-01\n\n- old\n"
    assert release.notes(text, "0.2.0") == "### Added\n- new\n"
    assert release.notes(text, "0.1.0") == "- old\n"
    with pytest.raises(pack.PackError, match="no entry for version 0.3.0"):
        release.notes(text, "0.3.0")


def test_files_that_are_not_committed_are_found(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "resources" / "engine").mkdir(parents=True)
    (tmp_path / "resources" / "engine" / "packs.json").write_text("{}")  # written by a release itself
    assert release.changed_files(tmp_path) == []
    (tmp_path / "new.py").write_text("")
    assert release.changed_files(tmp_path) == ["new.py"]
