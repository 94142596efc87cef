"""A report about the plugin and the engine for questions and bug reports. It holds no photo and no result."""

from __future__ import annotations

import os
import platform
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from qgis.core import Qgis, QgsApplication
from qgis.PyQt.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, QLocale, QObject, QProcess, QSysInfo, QTimer

from .. import settings
from . import resources
from .child_environment import clean_environment
from .engine_client import EngineClient
from .index_files import MANIFEST

_LOG_LINES = 40
_LOG_BYTES = 100_000
# From a slash that starts a path to the last folder of the line; folder names may contain spaces.
_FOLDERS = re.compile(r"""(?<![\w.…~])(?:[A-Za-z]:)?[\\/](?:[^\\/:*?"<>|\r\n\t,;()]+[\\/])+""")
_SHORTENED = re.compile(r"""…(?:[\\/]+[^\\/\r\n:"',;()…]+)*[\\/]+""")  # what follows a known folder
_ADDRESS = re.compile(r"([a-z][a-z0-9+]*://)([^\s/@]+@)?([^\s/:]+)[^\s,;)\"']*")


@dataclass
class Facts:
    """What the report says, by section: pairs of a name and a value.

    Attributes:
        sections: the sections that are known at once.
        engine: version and state of the engine, and the answer of its self-test; filled in later.
        log: the last lines of the engine's log.
    """

    sections: dict[str, list[tuple[str, str]]]
    engine: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)


def gather(client: EngineClient | None) -> Facts:
    """All facts that need no other program."""
    program = settings.find_engine()
    chosen = settings.imagery()
    imagery = chosen.host or os.path.basename(chosen.path) or "of each index"
    facts = Facts(
        {
            "Versions": [
                ("EarthLoc plugin", resources.version()),
                ("QGIS", Qgis.version()),
                ("Qt", f"{QT_VERSION_STR}, PyQt {PYQT_VERSION_STR}"),
                ("Python", platform.python_version()),
                ("System", f"{QSysInfo.prettyProductName()}, {QSysInfo.currentCpuArchitecture()}"),
                ("Language", f"{QgsApplication.locale()}, numbers as in {QLocale().name()}"),
            ],
            "Indexes": [
                ("chosen", _names(settings.chosen_indexes())),
                ("in the folder of indexes", _names(_indexes_in(settings.index_folder()))),
                ("added", _names(settings.known_indexes())),
                ("included in the engine", _names(client.included_indexes if client is not None else [])),
            ],
            "Settings": [
                ("use the nadir", f"{settings.use_nadir()}, within {settings.radius_km():g} km"),
                ("candidates", str(settings.top_k())),
                ("fit to imagery", f"{settings.register()}, imagery {imagery}"),
                ("agreed tile servers", _names(settings.trusted_servers(), _host)),
            ],
        }
    )
    facts.engine["program"] = program or "not found"
    facts.engine["state"] = client.state if client is not None else "not started"
    if client is not None and client.engine_version:
        facts.engine["version of the running engine"] = client.engine_version
    facts.log = _tail(resources.profile_folder() / "engine.log")
    return facts


def as_markdown(facts: Facts, include_paths: bool) -> str:
    """The report. Without `include_paths`, paths are shortened to file names and addresses to their hosts."""
    lines = ["## EarthLoc diagnostics"]
    sections = {**facts.sections, "Engine": [pair for pair in facts.engine.items() if "\n" not in pair[1]]}
    for title, pairs in sections.items():
        lines += ["", f"### {title}", *(f"- {name}: {value or 'none'}" for name, value in pairs)]
    for name, text in (*facts.engine.items(), ("last lines of the log", "\n".join(facts.log) or "empty")):
        if "\n" in text or name == "last lines of the log":
            lines += ["", f"### {name[0].upper()}{name[1:]}", "```", text.replace("```", "'''"), "```"]
    text = "\n".join(lines) + "\n"
    return text if include_paths else without_paths(text)


def without_paths(text: str) -> str:
    """The text with paths shortened to file names and addresses to their hosts."""
    text = _ADDRESS.sub(lambda found: f"{found[1]}{found[3]}", text)
    known = [str(resources.profile_folder()), str(Path.home()), tempfile.gettempdir()]
    for folder in sorted(known, key=len, reverse=True):
        if len(folder) > 1:
            for spelling in {folder, folder.replace("\\", "/"), folder.replace("/", "\\"), folder.replace("\\", r"\\")}:
                text = text.replace(spelling, "…")
    # Addresses are protected from the pattern for paths.
    parts = re.split(r"([a-z][a-z0-9+]*://[^\s/]+)", text)
    for number in range(0, len(parts), 2):
        parts[number] = _SHORTENED.sub("…/", _FOLDERS.sub("…/", parts[number]))
    return "".join(parts)


class ProgramRun(QObject):
    """Runs a program with a time limit, without blocking.

    Args:
        command: program and arguments.
        on_done: called once with the exit code (None: it did not start or took too long) and its standard output.
        limit_ms: how long it may take.
    """

    def __init__(
        self, command: list[str], on_done: Callable[[int | None, str], None], limit_ms: int, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._on_done = on_done
        self._process = QProcess(self)
        self._process.setProcessEnvironment(clean_environment())
        self._process.finished.connect(lambda code, status: self._end(int(code) if _is_normal(status) else None))
        self._process.errorOccurred.connect(self._failed)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(lambda: self._end(None))
        self._limit.start(limit_ms)
        self._process.start(command[0], command[1:])

    def stop(self) -> None:
        """Ends the program; `on_done` is not called."""
        self._on_done = lambda _code, _text: None
        self._end(None)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(None)

    def _end(self, code: int | None) -> None:
        if not self._limit.isActive() and code is not None:
            return  # too late
        self._limit.stop()
        on_done, self._on_done = self._on_done, lambda _code, _text: None
        text = bytes(self._process.readAllStandardOutput()).decode("utf-8", "replace").strip()
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(1000)
        on_done(code, text)


def _is_normal(status: QProcess.ExitStatus) -> bool:
    return status == QProcess.ExitStatus.NormalExit


def _names(values: list[str], name_of: Callable[[str], str] = lambda path: os.path.basename(path.rstrip("\\/"))) -> str:
    return ", ".join(sorted({name_of(value) for value in values}))


def _host(address: str) -> str:
    found = _ADDRESS.match(address)
    return found[3] if found else "?"


def _indexes_in(folder: str) -> list[str]:
    try:
        return [str(path.parent) for path in Path(folder).glob(f"*/{MANIFEST}")]
    except OSError:
        return []


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LOG_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()[-_LOG_LINES:]
    except OSError:
        return []
