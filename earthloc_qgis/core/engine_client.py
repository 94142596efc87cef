"""Talks to the engine, a process of its own: JSON-RPC 2.0, one message a line, over stdin and stdout.

Nothing here waits: answers come as calls on the thread the client lives in, which must run an event loop
(QGIS's own, or a local one in a worker thread). The process starts with the first request.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable

from qgis.core import Qgis, QgsMessageLog
from qgis.PyQt.QtCore import QObject, QProcess, QTimer, pyqtSignal

from ..contract.protocol import PROTOCOL, Cancel, Initialize, Request
from ..contract.validation import InvalidValueError, validated
from .child_environment import clean_environment
from .resources import version

LOG_TAG = "EarthLoc"
START_TICKS = 120  # seconds an engine may take to start: a virus scanner may read it all the first time
MAX_LINE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class EngineError:
    """Why a request came to nothing.

    `kind` is one of the engine's kinds (docs/protocol.md) or `crashed` (the process ended or hung while
    the request was pending) or `unavailable` (no engine, it does not start, or it speaks another protocol).
    """

    kind: str
    message: str


@dataclass
class _Pending:
    id: int
    request: Request
    on_result: Callable[[Any], None] | None
    on_error: Callable[[EngineError], None] | None
    on_progress: Callable[[dict], None] | None
    sent: bool = False


class EngineClient(QObject):
    """One engine process, started when first needed and again after it has crashed or hung.

    States, told by `state_changed`: `stopped`, `starting`, `ready`, `failed` (it cannot be had; the next
    request tries again).

    Args:
        command: program and arguments; [] when no engine is known.
        watchdog_s: seconds of silence (no heartbeat either) after which a busy engine is killed.
    """

    ready = pyqtSignal()
    state_changed = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, command: list[str], parent: QObject | None = None, watchdog_s: int = 30) -> None:
        super().__init__(parent)
        self._command = list(command)
        self._watchdog_s = watchdog_s
        self._process: QProcess | None = None
        self._buffer = b""
        self._stderr_tail = ""
        self._requests: dict[int, _Pending] = {}
        self._next_id = 1  # 0 is `initialize`
        self._silent_ticks = 0
        self._why_killed = ""
        self.state = "stopped"
        self.own_indexes: list[str] = []  # folders of the indexes that come along with the engine, once it is ready
        # Ticks are counted, not seconds: a laptop that slept, or a QGIS that was busy, ticks only once.
        self._ticker = QTimer(self)
        self._ticker.setInterval(1000)
        self._ticker.timeout.connect(self._tick)
        self._starter = QTimer(self)  # starts the process from the event loop, so nobody is called back early
        self._starter.setSingleShot(True)
        self._starter.setInterval(0)
        self._starter.timeout.connect(self._start)

    def set_command(self, command: list[str]) -> None:
        """Uses another engine from the next request on; a running one is stopped."""
        if list(command) != self._command:
            self.stop()
            self._command = list(command)

    @property
    def process_id(self) -> int:
        """Process id of the running engine, 0 when none runs."""
        return int(self._process.processId()) if self._process is not None else 0

    def request(
        self,
        request: Request,
        on_result: Callable[[Any], None] | None = None,
        on_error: Callable[[EngineError], None] | None = None,
        on_progress: Callable[[dict], None] | None = None,
    ) -> int:
        """Sends a request, starting the engine if need be, and returns its id at once.

        Exactly one of `on_result(result)` and `on_error(EngineError)` is called later, never before this
        returns; `on_progress({"stage", "done", "total", "message"})` any number of times before that. A result is of
        the type that the request's class says (`request.ANSWER`); one that is not counts as an error.
        """
        pending = _Pending(self._next_id, request, on_result, on_error, on_progress)
        self._next_id += 1
        self._requests[pending.id] = pending
        if self.state == "ready":
            self._send(pending)
        elif self._process is None:
            self._starter.start()
        return pending.id

    def cancel(self, request_id: int) -> None:
        """Asks for a request to be given up; it then ends with error kind `cancelled`. Unknown ids: no-op."""
        request = self._requests.get(request_id)
        if request is None:
            return
        if request.sent:
            self.request(Cancel(request_id))
        else:
            del self._requests[request_id]
            self._fail([request], EngineError("cancelled", self.tr("The work was cancelled.")))

    def stop(self) -> None:
        """Lets the process go without waiting for it; pending requests end with kind `cancelled`."""
        process, self._process = self._process, None
        if process is not None:
            process.closeWriteChannel()  # the engine ends when its stdin closes
            QTimer.singleShot(3000, process.kill)
        self._ended("stopped", EngineError("cancelled", self.tr("The engine was stopped.")))

    def close(self) -> None:
        """Ends the process, as a rule within a second; for when the plugin is unloaded. Calls nobody back."""
        self._requests.clear()
        self._starter.stop()
        self._ticker.stop()
        for process in self.findChildren(QProcess):
            process.blockSignals(True)  # should it outlive us, nobody is there to hear of its end
            process.closeWriteChannel()
            if not process.waitForFinished(700):
                process.kill()
                process.waitForFinished(5000)  # at once, unless the machine is so busy that it cannot even die
        self._process = None
        self.state = "stopped"

    # --- the process -------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._process is not None or not self._requests:
            return
        if not self._command:
            self._give_up(self.tr("The EarthLoc engine was not found. Choose it in Settings, Options, EarthLoc."))
            return
        process = QProcess(self)
        process.setProcessEnvironment(clean_environment())
        process.setProgram(self._command[0])
        process.setArguments(self._command[1:])
        process.readyReadStandardOutput.connect(lambda: self._read(process))
        process.readyReadStandardError.connect(lambda: self._read_log(process))
        process.errorOccurred.connect(lambda error: self._process_error(process, error))
        process.finished.connect(lambda *_: self._finished(process))
        self._process = process
        self._buffer = b""
        self._stderr_tail = ""
        self._why_killed = ""
        self._silent_ticks = 0
        self._set_state("starting")
        process.start()
        self._ticker.start()
        self._write_request(0, Initialize(PROTOCOL, f"earthloc_qgis {version()}"))

    def _process_error(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if not self._is_current(process) or error != QProcess.ProcessError.FailedToStart:
            return
        self._process = None
        process.deleteLater()
        self._give_up(
            self.tr("The EarthLoc engine {path} could not be started: {reason}.").format(
                path=self._command[0], reason=process.errorString()
            )
        )

    def _is_current(self, process: QProcess) -> bool:
        """Whether `process` is the engine in use, not one that was stopped."""
        return process is self._process

    def _finished(self, process: QProcess) -> None:
        process.deleteLater()
        if not self._is_current(process):
            return
        self._read(process)
        self._read_log(process)
        if not self._is_current(process):  # the last words it said made us let it go
            return
        self._process = None
        last_words = self._stderr_tail.strip().rpartition("\n")[2]
        if self.state == "starting":
            reason = self._why_killed or last_words or self.tr("exit code {n}").format(n=process.exitCode())
            self._give_up(
                self.tr("The EarthLoc engine {path} ended before it was ready: {reason}").format(
                    path=self._command[0], reason=reason
                )
            )
            return
        message = self._why_killed or self.tr("The EarthLoc engine stopped unexpectedly.")
        self._log(f"{message} {last_words}".strip(), Qgis.MessageLevel.Warning)
        self._ended("stopped", EngineError("crashed", message))

    def _tick(self) -> None:
        if self._process is None or not (self._requests or self.state == "starting"):
            self._silent_ticks = 0
            return
        self._silent_ticks += 1
        limit = START_TICKS if self.state == "starting" else self._watchdog_s
        if self._silent_ticks >= limit:
            self._why_killed = self.tr("The EarthLoc engine gave no sign of life for {n} s.").format(n=limit)
            self._process.kill()

    def _give_up(self, message: str) -> None:
        """The engine cannot be had: everything pending fails; the next request tries again."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
        self._log(message, Qgis.MessageLevel.Critical)
        self.failed.emit(message)
        self._ended("failed", EngineError("unavailable", message))

    def _ended(self, state: str, error: EngineError) -> None:
        self._ticker.stop()
        pending, self._requests = list(self._requests.values()), {}
        self._set_state(state)
        self._fail(pending, error)

    def _fail(self, requests: list[_Pending], error: EngineError) -> None:
        for request in requests:
            if request.on_error is not None:
                request.on_error(error)

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    # --- messages ----------------------------------------------------------------------------------

    def _send(self, pending: _Pending) -> None:
        pending.sent = True
        self._write_request(pending.id, pending.request)

    def _write_request(self, request_id: int, request: Request) -> None:
        if self._process is not None:
            message = {"jsonrpc": "2.0", "id": request_id, "method": request.METHOD, "params": request.params()}
            # ASCII, since a file name that is not valid UTF-8 could not be sent otherwise
            self._process.write(json.dumps(message).encode("ascii") + b"\n")

    def _read(self, process: QProcess) -> None:
        data = bytes(process.readAllStandardOutput())
        if not self._is_current(process):
            return
        self._buffer += data
        while b"\n" in self._buffer and self._is_current(process):
            line, _, self._buffer = self._buffer.partition(b"\n")
            self._take(line)
        if len(self._buffer) > MAX_LINE_BYTES:
            self._buffer = b""
            self._why_killed = self.tr("The EarthLoc engine sent something that is not a message.")
            process.kill()

    def _take(self, line: bytes) -> None:
        try:
            message = json.loads(line.decode("utf-8"))
        except ValueError:
            message = None
        if not isinstance(message, dict):
            if line.strip():
                self._log(f"Not a message: {line[:200]!r}", Qgis.MessageLevel.Info)
            return
        self._silent_ticks = 0
        if "method" in message:
            self._take_notification(message)
        elif message.get("id") == 0:
            self._take_initialize(message)
        else:
            self._take_answer(message)

    def _take_notification(self, message: dict) -> None:
        params = message.get("params")
        if message["method"] == "progress" and isinstance(params, dict):
            request_id = params.get("id")
            request = self._requests.get(request_id) if isinstance(request_id, int) else None
            if request is not None and request.on_progress is not None:
                request.on_progress(params)

    def _take_initialize(self, message: dict) -> None:
        result = message.get("result")
        spoken = result.get("protocol") if isinstance(result, dict) else None
        if spoken != PROTOCOL:
            self._give_up(
                self.tr(
                    "The EarthLoc engine {path} speaks protocol {theirs}, this plugin speaks {ours}. "
                    "Update whichever is older."
                ).format(path=self._command[0], theirs=spoken or "?", ours=PROTOCOL)
            )
            return
        own = result.get("indexes") if isinstance(result, dict) else None
        self.own_indexes = [path for path in own if isinstance(path, str)] if isinstance(own, list) else []
        self._set_state("ready")
        self.ready.emit()
        for request in list(self._requests.values()):
            if not request.sent:
                self._send(request)

    def _take_answer(self, message: dict) -> None:
        request_id = message.get("id")
        request = self._requests.pop(request_id, None) if isinstance(request_id, int) else None
        if request is None:
            return
        error = message.get("error")
        if error is None:
            self._deliver(request, message.get("result"))
            return
        error = error if isinstance(error, dict) else {"message": str(error)}
        data = error.get("data")
        kind = data.get("kind", "internal") if isinstance(data, dict) else "internal"
        self._fail([request], EngineError(str(kind), str(error.get("message", error))))

    def _deliver(self, pending: _Pending, result: Any) -> None:
        try:
            answer = result if pending.request.ANSWER is None else validated(result, pending.request.ANSWER)
        except InvalidValueError as error:
            why = self.tr("The answer of the EarthLoc engine is invalid: {why}.").format(why=error)
            self._fail([pending], EngineError("internal", why))
            return
        if pending.on_result is not None:
            pending.on_result(answer)

    # --- the log -----------------------------------------------------------------------------------

    def _read_log(self, process: QProcess) -> None:
        text = bytes(process.readAllStandardError()).decode("utf-8", errors="replace")
        if text.strip():
            self._stderr_tail = (self._stderr_tail + text)[-2000:]
            self._log(text.rstrip(), Qgis.MessageLevel.Info)

    @staticmethod
    def _log(text: str, level: Qgis.MessageLevel) -> None:
        QgsMessageLog.logMessage(text, LOG_TAG, level)
