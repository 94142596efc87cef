"""The engine inside an algorithm: a client of its own and a local event loop, in whatever thread runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional

from qgis.core import QgsProcessingException, QgsProcessingFeedback  # type: ignore[attr-defined]
from qgis.PyQt.QtCore import QEventLoop, QTimer

from ..contract.protocol import Request
from ..core.engine_client import EngineClient
from ..settings import engine_command

CANCEL_LOOK_MS = 200


class EngineRun:
    """An engine for the length of a `with` block.

    Args:
        program: the engine program, or "" for the one in the options.
        feedback: watched for cancelling while `wait` waits.
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
        """Runs a local event loop until `begin` has seen to it that `loop.quit()` was called.

        `cancel` is called once when the user cancels; the loop goes on until the work says it has ended.
        """
        loop = QEventLoop()
        look = QTimer()
        look.setInterval(CANCEL_LOOK_MS)

        def look_for_cancel() -> None:
            if self._feedback.isCanceled():
                look.stop()
                cancel()

        look.timeout.connect(look_for_cancel)
        look.start()
        begin(loop)
        loop.exec()
        look.stop()

    def request(self, request: Request, on_progress: Optional[Callable[[dict], None]] = None) -> Any:
        """The result of one request; raises QgsProcessingException with the engine's sentence."""
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
