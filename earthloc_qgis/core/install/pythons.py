"""Finds a Python for the engine: 3.11 or newer, able to make an environment.

`sys.executable` is never used: in QGIS on Windows and macOS it is QGIS itself. QGIS's own Python is only the last
choice, and only as the base of an environment; an update of QGIS may remove it.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from qgis.PyQt.QtCore import QObject, QStandardPaths

from ..child_environment import clean_environment
from ..words import tr as _tr
from .process import ChildProcess, Outcome

VERSIONS = ("3.13", "3.12", "3.11")  # for which all libraries of the engine exist, the preferred one first
UV_VERSION = "3.12"
PROBE_TIMEOUT_S = 20  # the first start of a Python may wait for a virus scanner
# `ensurepip` puts pip into environments; Debian and Ubuntu leave it out. The free-threaded Python has no wheels yet.
_PROBE = """
import importlib.util, json, platform, struct, sys, sysconfig
machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine().lower())
system = {"linux": "linux", "win32": "win", "darwin": "macosx"}.get(sys.platform, sys.platform)
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "platform": "win_amd64" if (system, machine) == ("win", "x86_64") else system + "_" + machine,
    "usual": platform.python_implementation() == "CPython" and struct.calcsize("P") == 8
             and not sysconfig.get_config_var("Py_GIL_DISABLED"),
    "venv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
}))
"""


@dataclass(frozen=True)
class Python:
    """A Python interpreter.

    Attributes:
        program: its path.
        version: such as (3, 11, 2).
        platform: such as `linux_x86_64`.
        problem: why it cannot be used, in one sentence; "" if it can.
    """

    program: str
    version: tuple[int, ...] = ()
    platform: str = ""
    problem: str = ""

    @property
    def minor(self) -> str:
        """Version with two numbers."""
        return ".".join(map(str, self.version[:2]))

    @property
    def label(self) -> str:
        """For the user."""
        return f"Python {'.'.join(map(str, self.version))} · {self.program}"


def candidate_programs(chosen: str) -> list[str]:
    """Programs that may be a fitting Python, the preferred one first; only `chosen` if the user has chosen one."""
    if chosen:
        return [chosen]
    found = []
    for name in (*(f"python{version}" for version in VERSIONS), "python3", "python"):
        found.append(QStandardPaths.findExecutable(name))
    for pattern in _usual_places():
        found += [pattern.format(version=version, short=version.replace(".", "")) for version in VERSIONS]
    found += _qgis_pythons()
    unique = dict.fromkeys(path for path in found if path and os.path.isfile(path))
    return list(unique)


def _usual_places() -> list[str]:
    """Places that are often not on the PATH of QGIS."""
    home = Path.home().as_posix()
    if os.name == "nt":
        local = Path(os.environ.get("LOCALAPPDATA", f"{home}/AppData/Local")).as_posix()
        programs = Path(os.environ.get("PROGRAMFILES", "C:/Program Files")).as_posix()
        return [f"{local}/Programs/Python/Python{{short}}/python.exe", f"{programs}/Python{{short}}/python.exe",
                "C:/Python{short}/python.exe"]  # fmt: skip
    places = [f"{home}/.local/bin/python{{version}}", "/usr/local/bin/python{version}", "/usr/bin/python{version}"]
    if sys.platform == "darwin":
        places += ["/Library/Frameworks/Python.framework/Versions/{version}/bin/python{version}",
                   "/opt/homebrew/bin/python{version}"]  # fmt: skip
    return places


def _qgis_pythons() -> list[str]:
    """QGIS's own Python, as a program beside its libraries (Windows: `apps/Python312` of OSGeo4W)."""
    names = ("python.exe", "bin/python3", f"bin/python{sys.version_info[0]}.{sys.version_info[1]}")
    found = [Path(prefix, name) for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)) for name in names]
    root = os.environ.get("OSGEO4W_ROOT", "")
    if root:
        found += sorted(Path(root).glob("apps/Python3*/python.exe"), reverse=True)
    return [str(path) for path in found]


def launcher_commands(chosen: str) -> list[tuple[str, list[str]]]:
    """Commands that print the path of a Python: the launcher `py` of Windows, and uv for a Python it has installed."""
    if chosen:
        return []
    commands = []
    launcher = QStandardPaths.findExecutable("py") if os.name == "nt" else ""
    if launcher:
        print_path = ["-I", "-c", "import sys; print(sys.executable)"]
        commands += [(launcher, [f"-{version}", *print_path]) for version in VERSIONS]
    uv = uv_program()
    if uv:
        commands.append((uv, ["--offline", "python", "find", "--no-project", "--system", ">=3.11,<3.14"]))
    return commands


def uv_program() -> str:
    """The program uv, which can download a Python; "" if there is none."""
    found = QStandardPaths.findExecutable("uv")
    if found:
        return found
    name = "uv.exe" if os.name == "nt" else "uv"
    places = (Path.home() / ".local" / "bin" / name, Path.home() / ".cargo" / "bin" / name)
    return next((str(path) for path in places if path.is_file()), "")


def checked(program: str, outcome: Outcome) -> Python:
    """The Python that has answered the probe with `outcome`, and whether it can be used."""
    try:
        answer = json.loads(outcome.output.strip().rpartition("\n")[2])
        version, platform = tuple(int(number) for number in answer["version"]), str(answer["platform"])
        usual, has_venv = bool(answer["usual"]), bool(answer["venv"])
    except (ValueError, KeyError, TypeError):
        text = outcome.error or outcome.output.strip()[:200] or _tr("no answer")
        return Python(program, problem=_tr("{program} is not a Python that answers: {text}").format(
            program=program, text=text))  # fmt: skip
    python = Python(program, version, platform)
    problem = ""
    if python.minor not in VERSIONS:
        problem = _tr("{program} is Python {version}; the engine needs 3.11, 3.12 or 3.13.")
    elif not usual:
        problem = _tr("{program} is not a usual 64-bit CPython, for which the engine's libraries exist.")
    elif not has_venv:
        problem = _tr(
            "{program} cannot make environments, because its module venv or ensurepip is missing (Debian, Ubuntu:"
            " sudo apt install python{minor}-venv)."
        )
    problem = problem.format(program=program, version=".".join(map(str, version)), minor=python.minor)
    return Python(program, version, platform, problem)


class PythonFinder(QObject):
    """Asks all candidates one after the other, in processes of their own."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = ChildProcess(self)
        self._on_found: Callable[[list[Python]], None] | None = None
        self._chosen = ""
        self._found: list[Python] = []
        self._programs: list[str] = []
        self._launchers: list[tuple[str, list[str]]] = []

    def find(self, chosen: str, on_found: Callable[[list[Python]], None]) -> None:
        """Calls `on_found(pythons)` later, usable ones first. `chosen` is the only candidate unless it is ""."""
        self.stop()
        self._on_found, self._found = on_found, []
        self._programs, self._launchers = candidate_programs(chosen), launcher_commands(chosen)
        self._next()

    def stop(self) -> None:
        """Ends the search; `on_found` is not called."""
        self._on_found = None
        self._process.stop()

    def _next(self) -> None:
        environment = clean_environment()
        if self._programs:
            program = self._programs.pop(0)
            self._process.start(program, ["-I", "-c", _PROBE], environment,
                                lambda outcome: self._probed(program, outcome), PROBE_TIMEOUT_S)  # fmt: skip
        elif self._launchers:
            command, arguments = self._launchers.pop(0)
            self._process.start(command, arguments, environment, self._located, PROBE_TIMEOUT_S)
        else:
            on_found, self._on_found = self._on_found, None
            if on_found is not None:
                on_found(sorted(self._found, key=lambda python: bool(python.problem)))

    def _probed(self, program: str, outcome: Outcome) -> None:
        self._found.append(checked(program, outcome))
        self._next()

    def _located(self, outcome: Outcome) -> None:
        path = outcome.output.strip().rpartition("\n")[2].strip()
        if outcome.ok and path and os.path.isfile(path) and path not in {python.program for python in self._found}:
            self._programs.append(path)
        self._next()
