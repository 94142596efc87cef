"""The folder of installed engines in the QGIS profile, `earthloc/engine`.

An engine is an environment `VERSION-N`, such as `0.1.0-1`. While it is incomplete, a folder `VERSION-N.partial` lies
beside it, which also holds temporary files. An environment contains its own path, so it is made where it stays and not
renamed: removing `VERSION-N.partial` is what makes it an installed engine. `remove` goes the other way.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QLockFile

from .. import resources
from ..words import tr as _tr
from .failures import Failure, InstallError, explain

PARTIAL = ".partial"
RECORD = "earthloc-engine.json"
_NAME = re.compile(r"([0-9][0-9A-Za-z.+]*)-([0-9]+)")


@dataclass(frozen=True)
class InstalledEngine:
    """An installed engine.

    Attributes:
        folder: its environment.
        version: of the engine.
        number: counts installations of this version.
        python: version of its Python; "" if unknown.
        source: path of the pack that it was installed from, "internet", or "" if unknown.
    """

    folder: Path
    version: str
    number: int
    python: str
    source: str

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @property
    def program(self) -> Path:
        """The engine program."""
        return program_in(self.folder)


def engines_folder() -> Path:
    """The folder of installed engines; it may not exist yet."""
    return resources.profile_folder() / "engine"


def python_in(environment: Path) -> Path:
    """The Python of an environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def program_in(environment: Path) -> Path:
    """The engine program of an environment."""
    return environment / ("Scripts/earthloc.exe" if os.name == "nt" else "bin/earthloc")


def site_packages_in(environment: Path) -> Path | None:
    """The folder of packages of an environment; None before it exists."""
    if os.name == "nt":
        return environment / "Lib" / "site-packages"
    return next(iter(environment.glob("lib/python3*/site-packages")), None)


def partial_of(environment: Path) -> Path:
    """The folder that marks an environment as incomplete and holds its temporary files."""
    return environment.with_name(environment.name + PARTIAL)


def installed_engines() -> list[InstalledEngine]:
    """All complete engines, the newest last."""
    found = []
    for folder in _children():
        match = _NAME.fullmatch(folder.name)
        if match is None or not folder.is_dir() or partial_of(folder).exists():
            continue
        record = _read_record(folder)
        found.append(InstalledEngine(
            folder, match[1], int(match[2]), str(record.get("python", "")), str(record.get("source", "")),
        ))  # fmt: skip
    return sorted(found, key=lambda engine: (_version_key(engine.version), engine.number))


def engine_of(program: str) -> InstalledEngine | None:
    """The installed engine to which a program belongs; None for a program from elsewhere."""
    return next((engine for engine in installed_engines() if program and Path(program) == engine.program), None)


def new_environment(version: str) -> Path:
    """Reserves the folder for an environment and returns its path; the folder does not exist yet.

    Raises:
        InstallError: the profile is not writable.
    """
    numbers = [
        int(match[2])
        for folder in _children()
        for match in [_NAME.fullmatch(folder.name.replace(PARTIAL, ""))]
        if match and match[1] == version
    ]
    environment = engines_folder() / f"{version}-{max(numbers, default=0) + 1}"
    try:
        partial_of(environment).mkdir(parents=True)
    except OSError as error:
        raise InstallError(explain("disk_full" if error.errno == 28 else "permission")) from error
    return environment


def complete(environment: Path, record: dict[str, Any]) -> InstalledEngine:
    """Makes an environment an installed engine.

    Raises:
        InstallError: a temporary file cannot be deleted.
    """
    (environment / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    delete(partial_of(environment))
    return next(engine for engine in installed_engines() if engine.folder == environment)


def discard(environment: Path) -> None:
    """Deletes an incomplete environment with its temporary files.

    Raises:
        InstallError: a file is in use.
    """
    delete(environment)
    delete(partial_of(environment))


def remove(environment: Path) -> None:
    """Deletes an installed engine. If that is interrupted, `remove_leftovers` finishes it.

    Raises:
        InstallError: a file is in use.
    """
    if environment.parent != engines_folder() or not _NAME.fullmatch(environment.name):
        raise ValueError(f"{environment} is not an installed engine")
    partial_of(environment).mkdir(exist_ok=True)
    discard(environment)


def remove_with_lock(engine: InstalledEngine) -> None:
    """Deletes an installed engine while nobody installs.

    Raises:
        InstallError: a file is in use, or another QGIS is installing.
    """
    lock = install_lock()
    try:
        remove(engine.folder)
    finally:
        lock.unlock()


def remove_leftovers() -> list[str]:
    """Deletes what an interrupted installation or removal has left. Only with the lock of `install_lock`.

    Returns the names of the deleted environments. What cannot be deleted now is tried again at the next start.
    """
    found = [folder for folder in _children() if folder.name.endswith(PARTIAL)]
    removed = []
    for partial in found:
        environment = partial.with_name(partial.name[: -len(PARTIAL)])
        if _NAME.fullmatch(environment.name):
            with suppress(InstallError):
                discard(environment)
                removed.append(environment.name)
    return removed


def install_lock() -> QLockFile:
    """Locks the folder of engines: one installer at a time, also over several QGIS windows.

    Raises:
        InstallError: another QGIS is installing, or the profile is not writable.
    """
    folder = engines_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InstallError(explain("disk_full" if error.errno == 28 else "permission")) from error
    lock = QLockFile(str(folder / "install.lock"))
    lock.setStaleLockTime(0)  # stale only when the process that holds it has ended
    if lock.tryLock(0):
        return lock
    if lock.error() != QLockFile.LockError.LockFailedError:
        raise InstallError(explain("permission"))
    raise InstallError(Failure(
        "busy", _tr("Another QGIS window is installing or removing an engine."),
        _tr("Wait until it has finished, or close that window."),
    ))  # fmt: skip


def size_bytes(environment: Path) -> int:
    """Size of an environment. Reads thousands of directory entries: not on the main thread."""
    total = 0
    for folder, _, names in os.walk(environment):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_size
    return total


def free_bytes() -> int:
    """Free space where engines are installed."""
    folder = engines_folder()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def delete(folder: Path) -> None:
    """Deletes a folder, and tries for 6 s: an engine that is ending or a virus scanner may still hold a file in it."""
    for attempt in range(30):
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder, onerror=_make_writable)
        if not folder.exists():
            return
        time.sleep(0.2 if attempt else 0.02)
    raise InstallError(Failure(
        "in_use",
        _tr("{folder} could not be deleted, because another program uses a file in it.").format(folder=folder),
        _tr("Close other QGIS windows and programs that use it, then try again."),
    ))  # fmt: skip


def _children() -> list[Path]:
    try:
        return sorted(engines_folder().iterdir())
    except OSError:
        return []


def _read_record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _version_key(version: str) -> list[tuple[int, str]]:
    return [(int(part) if part.isdigit() else -1, part) for part in re.split(r"[.+]", version)]


def _make_writable(function, path, _error) -> None:
    with suppress(OSError):
        os.chmod(path, stat.S_IRWXU)
        function(path)
