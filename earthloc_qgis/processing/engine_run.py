"""Runs the engine inside an algorithm, with its own client and a local event loop, in any thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional

from qgis.core import QgsProcessingException, QgsProcessingFeedback  # type: ignore[attr-defined]
from qgis.PyQt.QtCore import QEventLoop, QTimer

from ..contract.protocol import Request
from ..core.engine_client import EngineClient
from ..settings import engine_command

CANCEL_POLL_MS = 200


class EngineRun:
    """A context manager that provides an engine process.

    Args:
        program: the engine program, or "" for the one in the options.
        feedback: `wait` polls it for a cancel.

    Raises:
        QgsProcessingException: the program does not exist.
    """

    def __init__(self, program: str, feedback: QgsProcessingFeedback) -> None:
        if program and not Path(program).is_file():
            raise QgsProcessingException(f"{program}: there is no such program; choose the EarthLoc engine.")
        self.client = EngineClient(engine_command(program))
        self._feedback = feedback

    def __enter__(self) -> EngineRun:
        return self

    def __exit__(self, *exception: object) -> None:
        self.client.close()

    def wait(self, begin: Callable[[QEventLoop], None], cancel: Callable[[], None]) -> None:
        """Runs a local event loop until its `quit()` is called.

        Args:
            begin: starts the work; must arrange that `loop.quit()` is called at its end.
            cancel: called once when the user cancels. The loop still runs until `quit()`.
        """
        loop = QEventLoop()
        poll = QTimer()
        poll.setInterval(CANCEL_POLL_MS)

        def check_cancel() -> None:
            if self._feedback.isCanceled():
                poll.stop()
                cancel()

        poll.timeout.connect(check_cancel)
        poll.start()
        begin(loop)
        loop.exec()
        poll.stop()

    def request(self, request: Request, on_progress: Optional[Callable[[dict], None]] = None) -> Any:
        """Sends a request and waits for its result.

        Raises:
            QgsProcessingException: the request failed; the message is the engine's.
        """
        answer: dict[str, Any] = {}

        def begin(loop: QEventLoop) -> None:
            def done(key: str, value: Any) -> None:
                answer[key] = value
                loop.quit()

            answer["id"] = self.client.request(
                request,
                on_result=lambda result: done("result", result),
                on_error=lambda error: done("error", error),
                on_progress=on_progress,
            )

        self.wait(begin, lambda: self.client.cancel(answer["id"]))
        if "error" in answer:
            raise QgsProcessingException(answer["error"].message)
        return answer["result"]
