"""Progress and cancelling of long functions.

Every long function of the engine takes a `Progress`: the command line, the service and the tests each make one with
their own callback.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from engine.errors import CancelledError

OnProgress = Callable[[str, int, int, str], None]


class Progress:
    """The progress of one job. A bare `Progress()` reports nothing and is never cancelled.

    Args:
        on_progress: called as `on_progress(stage, done, total, message)` from the thread of the job.
        what: name of the job in the message of CancelledError, such as "localize".
    """

    def __init__(self, on_progress: OnProgress | None = None, what: str = "the job") -> None:
        self._on_progress = on_progress
        self._what = what
        self._cancelled = threading.Event()

    def report(self, stage: str, done: int, total: int, message: str = "") -> None:
        """Reports that `done` of `total` units of a stage are finished.

        Raises:
            CancelledError: the job was cancelled.
        """
        self.check()
        if self._on_progress is not None:
            self._on_progress(stage, done, total, message)

    def check(self) -> None:
        """Raises CancelledError when the job was cancelled. Cheap: call it once a batch or block."""
        if self._cancelled.is_set():
            raise CancelledError(self._what)

    def cancel(self) -> None:
        """Asks the job to stop at its next check. May be called from any thread, any number of times."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether cancel() was called."""
        return self._cancelled.is_set()
