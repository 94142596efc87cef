"""Small engine packs for tests of the installer: a tiny engine as a wheel, made without any network."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import wait_for

from earthloc_qgis.contract.protocol import PROTOCOL
from earthloc_qgis.core.install import folders
from earthloc_qgis.core.install.failures import Failure
from earthloc_qgis.core.install.installer import EngineInstaller, InstallPlan
from earthloc_qgis.core.install.pack import read_pack
from earthloc_qgis.core.install.pythons import Python
from earthloc_qgis.core.install.source_settings import Sources

PYTHON = next(path for path in ("/usr/bin/python3.11", "/usr/bin/python3.12", "/usr/bin/python3.13", sys.executable)
              if Path(path).is_file())  # fmt: skip
PLATFORM = "linux_x86_64"

ENGINE = """
import json, sys

def main():
    if "--version" in sys.argv:
        print("earthloc {version}")
        return
    for line in sys.stdin:
        message = json.loads(line)
        if message["method"] == "initialize":
            result = {{"protocol": {protocol}, "engine": "{version}", "capabilities": [], "heartbeat_ms": 1000,
                       "indexes": []}}
        else:
            result = {{"engine": "{version}", "uptime_s": 0.0, "busy": [], "model": None, "indexes_open": [],
                       "memory_mb": None}}
        print(json.dumps({{"jsonrpc": "2.0", "id": message["id"], "result": result}}), flush=True)
"""


def make_wheel(folder: Path, version: str = "0.1.0", name: str = "earthloc", code: str = ENGINE,
               tag: str = "py3-none-any") -> Path:  # fmt: skip
    """Writes a wheel with the module NAME_tiny and, for `earthloc`, the engine program."""
    module, info = f"{name}_tiny", f"{name}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": code.format(version=version, protocol=PROTOCOL),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if name == "earthloc":
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\nearthloc = {module}:main\n"
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def requirement(wheel: Path) -> str:
    name, version = wheel.name.split("-")[:2]
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def make_pack(folder: Path, version: str = "0.1.0", *, platform: str = PLATFORM, requirements: str = "",
              contents: dict | None = None, extra: dict | None = None, wheels: list | None = None,
              code: str = ENGINE) -> Path:  # fmt: skip
    """Writes a pack. `contents` changes pack.json, `extra` adds files to the zip that pack.json does not list."""
    wheels = wheels or [make_wheel(folder / "wheels made", version, code=code)]
    files = {"requirements.txt": (requirements or "# locked\n" + "".join(map(requirement, wheels))).encode()}
    files.update({f"wheels/{wheel.name}": wheel.read_bytes() for wheel in wheels})
    listed = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()
    }  # fmt: skip
    about = {"format": 1, "engine": version, "platform": platform, "python": ["3.11", "3.12", "3.13"], "files": listed}
    about.update(contents or {})
    pack = folder / f"earthloc-engine-{version}-{platform}.zip"
    with zipfile.ZipFile(pack, "w") as archive:
        archive.writestr("pack.json", json.dumps(about))
        for name, data in {**files, **(extra or {})}.items():
            archive.writestr(name, data)
    return pack


def flip_byte(pack: Path, of: str = "wheels/") -> None:
    """Changes one byte of a file in the zip, without changing its stated checksum in pack.json."""
    with zipfile.ZipFile(pack) as archive:
        entry = next(entry for entry in archive.infolist() if entry.filename.startswith(of))
        start = entry.header_offset + 30 + len(entry.filename) + 60
    data = bytearray(pack.read_bytes())
    data[start] ^= 1
    pack.write_bytes(bytes(data))


@pytest.fixture(scope="session")
def prepared_environment(tmp_path_factory) -> Path:
    """An environment with pip."""
    folder = tmp_path_factory.mktemp("prepared") / "environment"
    subprocess.run([PYTHON, "-I", "-m", "venv", str(folder)], check=True)
    return folder


@pytest.fixture
def quick_environments(prepared_environment, monkeypatch):
    """Copies an environment instead of making one, which takes seconds."""

    def copy(installer: EngineInstaller) -> None:
        shutil.copytree(prepared_environment, installer._environment_path, symlinks=True)
        installer._install_packages()

    monkeypatch.setattr(EngineInstaller, "_make_environment", copy)


def no_progress(_fraction: float) -> None:
    pass


def plan(source, python: str = PYTHON, **sources: str) -> InstallPlan:
    source = read_pack(source, no_progress) if isinstance(source, Path) else source
    return InstallPlan(Python(python, (3, 11, 2), PLATFORM), source, Sources(**sources))


class Run:
    """One installation and what it reported."""

    def __init__(self, chosen: InstallPlan) -> None:
        self.installer = EngineInstaller()
        self.stages, self.fractions, self.lines, self.results = [], [], [], []
        self.installer.stage_changed.connect(self.stages.append)
        self.installer.progressed.connect(self.fractions.append)
        self.installer.line.connect(self.lines.append)
        self.installer.finished.connect(self.results.append)
        self.installer.start(chosen)

    def result(self, seconds: float = 120):
        wait_for(lambda: self.results, seconds, "the end of the installation")
        assert len(self.results) == 1
        return self.results[0]


def install(source, **sources: str):
    """Installs and returns the engine, or the failure."""
    return Run(plan(source, **sources)).result()


def remains() -> set[str]:
    """What is in the folder of engines, without the lock."""
    folder = folders.engines_folder()
    return {path.name for path in folder.iterdir()} - {"install.lock"} if folder.is_dir() else set()


def assert_refused(failure, kind: str, *words: str) -> None:
    """A failure of a kind with two sentences that name `words`, and nothing half-installed."""
    assert isinstance(failure, Failure), failure
    assert failure.kind == kind, failure
    for sentence in (failure.problem, failure.hint):
        assert sentence.strip().endswith((".", "message")), sentence
    for word in words:
        assert word in str(failure)
    assert remains() - {"downloads"} == set()
