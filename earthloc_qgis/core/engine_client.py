"""Client of the engine process: JSON-RPC 2.0 over stdin and stdout, one message per line.

Only `EngineClient.close` blocks. Answers arrive as callbacks on the client's thread, which must run an event loop
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
from .words import translated

LOG_TAG = "EarthLoc"
START_TICKS = 120  # timeout for the start, s: a virus scanner may read all files of the engine the first time
MAX_LINE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class EngineError:
    """Why a request failed.

    Attributes:
        kind: one of the engine's kinds (docs/protocol.md), or `crashed` (the process ended or hung while the request
            was pending), or `unavailable` (there is no engine, it does not start, or it speaks another protocol).
        message: for the user.
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
    """One engine process. It is started for the first request, and again after a crash or a hang.

    States: `stopped`, `starting`, `ready`, `failed` (the engine cannot be started; the next request tries again).

    Args:
        command: program and arguments; [] when no engine is known.
        watchdog_s: a busy engine that sends nothing for so many seconds, not even a heartbeat, is killed.

    Signals:
        ready(): the engine has answered `initialize`.
        state_changed(state): the new state.
        failed(message): the engine cannot be started.
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
        self._kill_reason = ""
        self.state = "stopped"
        self.included_indexes: list[str] = []  # folders of the indexes included in the engine; known when it is ready
        self.engine_version = ""  # known when it is ready
        # Ticks are counted, not seconds: after a laptop slept or QGIS was busy, the timer fires only once, so the
        # watchdog does not trigger.
        self._ticker = QTimer(self)
        self._ticker.setInterval(1000)
        self._ticker.timeout.connect(self._tick)
        # Starts the process from the event loop, so that no callback runs inside `request`.
        self._starter = QTimer(self)
        self._starter.setSingleShot(True)
        self._starter.setInterval(0)
        self._starter.timeout.connect(self._start)

    def set_command(self, command: list[str]) -> None:
        """Uses another engine from the next request on. A running engine is stopped."""
        if list(command) != self._command:
            self.stop()
            self._command = list(command)

    @property
    def process_id(self) -> int:
        """Process id of the running engine; 0 when none is running."""
        return int(self._process.processId()) if self._process is not None else 0

    def request(
        self,
        request: Request,
        on_result: Callable[[Any], None] | None = None,
        on_error: Callable[[EngineError], None] | None = None,
        on_progress: Callable[[dict], None] | None = None,
    ) -> int:
        """Sends a request and returns its id at once. Starts the engine if it is not running.

        Exactly one of `on_result(result)` and `on_error(EngineError)` is called later, never before this method
        returns. Before that, `on_progress({"stage", "done", "total", "message"})` may be called several times. A result
        that does not have the type `request.ANSWER` is reported as an error.
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
        """Cancels a request, which then ends with an error of kind `cancelled`. Unknown ids are ignored."""
        request = self._requests.get(request_id)
        if request is None:
            return
        if request.sent:
            self.request(Cancel(request_id))
        else:
            del self._requests[request_id]
            self._fail([request], EngineError("cancelled", self.tr("The request was cancelled.")))

    def stop(self) -> None:
        """Stops the process without waiting for its end. Pending requests fail with kind `cancelled`."""
        process, self._process = self._process, None
        if process is not None:
            process.closeWriteChannel()  # the engine ends when its stdin closes
            QTimer.singleShot(3000, process.kill)
        self._end_requests("stopped", EngineError("cancelled", self.tr("The engine was stopped.")))

    def close(self) -> None:
        """Ends the process and waits for its end, normally within a second. No callback is called.

        For use when the plugin is unloaded.
        """
        self._requests.clear()
        self._starter.stop()
        self._ticker.stop()
        for process in self.findChildren(QProcess):
            process.blockSignals(True)  # the process may outlive this object
            process.closeWriteChannel()
            if not process.waitForFinished(700):
                process.kill()
                process.waitForFinished(5000)  # at once, unless the machine is very busy
        self._process = None
        self.state = "stopped"

    # --- process -----------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._process is not None or not self._requests:
            return
        if not self._command:
            self._fail_start(self.tr("The EarthLoc engine was not found. Choose it in Settings, Options, EarthLoc."))
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
        self._kill_reason = ""
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
        self._fail_start(
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
        if not self._is_current(process):  # its last message made us drop it
            return
        self._process = None
        last_line = self._stderr_tail.strip().rpartition("\n")[2]
        if self.state == "starting":
            reason = self._kill_reason or last_line or self.tr("exit code {n}").format(n=process.exitCode())
            self._fail_start(
                self.tr("The EarthLoc engine {path} ended before it was ready: {reason}").format(
                    path=self._command[0], reason=reason
                )
            )
            return
        message = self._kill_reason or self.tr("The EarthLoc engine stopped unexpectedly.")
        self._log(f"{message} {last_line}".strip(), Qgis.MessageLevel.Warning)
        self._end_requests("stopped", EngineError("crashed", message))

    def _tick(self) -> None:
        if self._process is None or not (self._requests or self.state == "starting"):
            self._silent_ticks = 0
            return
        self._silent_ticks += 1
        limit = START_TICKS if self.state == "starting" else self._watchdog_s
        if self._silent_ticks >= limit:
            self._kill_reason = self.tr("The EarthLoc engine did not respond for {n} s.").format(n=limit)
            self._process.kill()

    def _fail_start(self, message: str) -> None:
        """Fails all pending requests because the engine cannot be started. The next request tries again."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
        self._log(message, Qgis.MessageLevel.Critical)
        self.failed.emit(message)
        self._end_requests("failed", EngineError("unavailable", message))

    def _end_requests(self, state: str, error: EngineError) -> None:
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
            # ASCII with escapes: file names that are not valid UTF-8 could not be sent otherwise.
            self._process.write(json.dumps(message).encode("ascii") + b"\n")

    def _read(self, process: QProcess) -> None:
        data = bytes(process.readAllStandardOutput())
        if not self._is_current(process):
            return
        self._buffer += data
        while b"\n" in self._buffer and self._is_current(process):
            line, _, self._buffer = self._buffer.partition(b"\n")
            self._receive(line)
        if len(self._buffer) > MAX_LINE_BYTES:
            self._buffer = b""
            self._kill_reason = self.tr("The EarthLoc engine sent data that is not a message.")
            process.kill()

    def _receive(self, line: bytes) -> None:
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
            self._receive_notification(message)
        elif message.get("id") == 0:
            self._receive_initialize(message)
        else:
            self._receive_answer(message)

    def _receive_notification(self, message: dict) -> None:
        params = message.get("params")
        if message["method"] == "progress" and isinstance(params, dict):
            request_id = params.get("id")
            request = self._requests.get(request_id) if isinstance(request_id, int) else None
            if request is not None and request.on_progress is not None:
                request.on_progress(params)

    def _receive_initialize(self, message: dict) -> None:
        result = message.get("result")
        protocol = result.get("protocol") if isinstance(result, dict) else None
        if protocol != PROTOCOL:
            self._fail_start(
                self.tr(
                    "The EarthLoc engine {path} speaks protocol {theirs}, this plugin speaks {ours}. "
                    "Update the older one."
                ).format(path=self._command[0], theirs="?" if protocol is None else protocol, ours=PROTOCOL)
            )
            return
        indexes = result.get("indexes") if isinstance(result, dict) else None
        self.included_indexes = [path for path in indexes if isinstance(path, str)] if isinstance(indexes, list) else []
        self.engine_version = str(result.get("engine", "")) if isinstance(result, dict) else ""
        self._set_state("ready")
        self.ready.emit()
        for request in list(self._requests.values()):
            if not request.sent:
                self._send(request)

    def _receive_answer(self, message: dict) -> None:
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
        text = str(error.get("message", error))
        self._fail([request], EngineError(str(kind), translated(data, text) if isinstance(data, dict) else text))

    def _deliver(self, pending: _Pending, result: Any) -> None:
        try:
            answer = result if pending.request.ANSWER is None else validated(result, pending.request.ANSWER)
        except InvalidValueError as error:
            why = self.tr("The answer of the EarthLoc engine is invalid: {why}.").format(why=error)
            self._fail([pending], EngineError("internal", why))
            return
        if pending.on_result is not None:
            pending.on_result(answer)

    # --- log ---------------------------------------------------------------------------------------

    def _read_log(self, process: QProcess) -> None:
        text = bytes(process.readAllStandardError()).decode("utf-8", errors="replace")
        if text.strip():
            self._stderr_tail = (self._stderr_tail + text)[-2000:]
            self._log(text.rstrip(), Qgis.MessageLevel.Info)

    @staticmethod
    def _log(text: str, level: Qgis.MessageLevel) -> None:
        QgsMessageLog.logMessage(text, LOG_TAG, level)


class EngineSession:
    """The requests of one window. Closing it cancels them and calls nobody back; the engine keeps running for others.

    Args:
        client: of the engine that all windows share.
    """

    def __init__(self, client: EngineClient) -> None:
        self._client = client
        self._pending: set[int] = set()

    def request(
        self,
        request: Request,
        on_result: Callable[[Any], None] | None = None,
        on_error: Callable[[EngineError], None] | None = None,
        on_progress: Callable[[dict], None] | None = None,
    ) -> int:
        """As `EngineClient.request`."""

        def ended(callback: Callable[[Any], None] | None, value: Any) -> None:
            if request_id in self._pending:
                self._pending.discard(request_id)
                if callback is not None:
                    callback(value)

        def progressed(params: dict) -> None:
            if on_progress is not None and request_id in self._pending:
                on_progress(params)

        request_id = self._client.request(
            request,
            on_result=lambda result: ended(on_result, result),
            on_error=lambda error: ended(on_error, error),
            on_progress=progressed,
        )
        self._pending.add(request_id)
        return request_id

    def cancel(self, request_id: int) -> None:
        """As `EngineClient.cancel`."""
        self._client.cancel(request_id)

    def close(self) -> None:
        """Cancels what is not answered yet."""
        pending, self._pending = self._pending, set()
        for request_id in pending:
            self._client.cancel(request_id)
