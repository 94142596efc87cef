"""One child process of the installer: its output line by line, and its end."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from qgis.PyQt.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, pyqtSignal

CHILD = Path(__file__).with_name("child.py")
MAX_OUTPUT = 400_000  # characters that are kept; pip writes some thousands
_CREDENTIALS = re.compile(r"(\w+://)[^/\s@]+@")


@dataclass(frozen=True)
class Outcome:
    """How a process ended.

    Attributes:
        output: stdout and stderr together.
        ok: whether it started and ended with exit code 0.
        crashed: whether it was killed or crashed.
        error: why it did not start; "" if it did.
        timed_out: whether it was killed because it took too long.
    """

    output: str
    ok: bool
    crashed: bool = False
    error: str = ""
    timed_out: bool = False


def module_arguments(module: str, *arguments: str) -> list[str]:
    """Arguments for a Python that make it run a module, isolated from variables and from the user's packages."""
    return ["-I", "-X", "utf8", str(CHILD), module, *arguments]


def without_credentials(text: str) -> str:
    """Hides user names and passwords in URLs, for logs."""
    return _CREDENTIALS.sub(r"\1****@", text)


class ChildProcess(QObject):
    """A process that never blocks QGIS.

    Signals:
        line(text): a line of output, without credentials.
    """

    line = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._on_end: Callable[[Outcome], None] | None = None
        self._output = ""
        self._rest = b""
        self._timed_out = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._time_out)

    def start(
        self, program: str, arguments: list[str], environment: QProcessEnvironment,
        on_end: Callable[[Outcome], None], timeout_s: int = 0,
    ) -> None:  # fmt: skip
        """Starts a process; `on_end` is called once, later. Kills it after `timeout_s` (0: never)."""
        process = self._process = QProcess(self)
        self._on_end, self._output, self._rest, self._timed_out = on_end, "", b"", False
        process.setProcessEnvironment(environment)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.readyReadStandardOutput.connect(lambda: self._read(process))
        process.finished.connect(lambda *_: self._finished(process))
        process.errorOccurred.connect(lambda error: self._error(process, error))
        if timeout_s:
            self._timer.start(1000 * timeout_s)
        process.start(program, arguments)

    @property
    def running(self) -> bool:
        """Whether a process runs."""
        return self._process is not None

    @property
    def process_id(self) -> int:
        """Id of the running process; 0 if none runs."""
        return int(self._process.processId()) if self._process is not None else 0

    def stop(self) -> None:
        """Kills the process and its children. `on_end` is not called."""
        self._on_end = None
        self._timer.stop()
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            _kill(process)
            process.waitForFinished(2000)  # a killed process ends at once
            process.deleteLater()

    def _time_out(self) -> None:
        if self._process is not None:
            self._timed_out = True
            _kill(self._process)

    def _read(self, process: QProcess) -> None:
        *lines, self._rest = (self._rest + bytes(process.readAllStandardOutput())).split(b"\n")
        for raw in lines:
            text = without_credentials(raw.decode("utf-8", errors="replace").rstrip("\r"))
            self._output = (self._output + text + "\n")[-MAX_OUTPUT:]
            self.line.emit(text)

    def _error(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(process, Outcome("", False, error=process.errorString()))

    def _finished(self, process: QProcess) -> None:
        self._read(process)
        if self._rest.strip():
            self._rest += b"\n"
            self._read(process)
        crashed = process.exitStatus() == QProcess.ExitStatus.CrashExit
        code = process.exitCode()
        if crashed or code < 0:  # Windows reports a missing DLL as a negative exit code only
            self._output += f"exit code {code}\n"
        self._end(process, Outcome(self._output, not crashed and code == 0, crashed, timed_out=self._timed_out))

    def _end(self, process: QProcess, outcome: Outcome) -> None:
        process.deleteLater()
        if process is not self._process:
            return
        self._process = None
        self._timer.stop()
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end(outcome)


def _kill(process: QProcess) -> None:
    """Kills a process with its children: venv starts another Python that installs pip."""
    pid = int(process.processId())
    if os.name == "nt":
        if pid:
            QProcess.startDetached("taskkill", ["/PID", str(pid), "/T", "/F"])
    elif pid:
        try:
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # it has ended already
    process.kill()
