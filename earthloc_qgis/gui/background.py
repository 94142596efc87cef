"""Runs small tasks on other threads and calls back on the main thread."""

from __future__ import annotations

import traceback
from typing import Any, Callable, Optional

from qgis.core import Qgis, QgsMessageLog
from qgis.PyQt.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal

from ..core.engine_client import LOG_TAG


def log_unexpected(error: Exception) -> str:
    """Log an unexpected error with its traceback. Returns it as one line. Thread-safe."""
    QgsMessageLog.logMessage("".join(traceback.format_exception(type(error), error, error.__traceback__)), LOG_TAG,
                             Qgis.MessageLevel.Warning)  # fmt: skip
    return f"{type(error).__name__}: {error}"


class _Task(QRunnable):
    def __init__(self, background: Background, task: Callable[[], Any], on_done: Callable[[Any], None],
                 on_error: Optional[Callable[[str], None]]) -> None:  # fmt: skip
        super().__init__()
        self._background = background
        self._task = task
        self._on_done = on_done
        self._on_error = on_error

    def run(self) -> None:
        if self._background.closing:
            return
        callback: Optional[Callable[[Any], None]] = self._on_done
        try:
            result = self._task()
        except Exception as error:  # nothing above a thread would catch it
            callback, result = self._on_error, log_unexpected(error)
        if callback is not None and not self._background.closing:
            self._background.done.emit(callback, result)


class Background(QObject):
    """A thread pool of our own, which keeps the global pool free for QGIS."""

    done = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None, threads: int = 1) -> None:
        super().__init__(parent)
        self.closing = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._priority = 0
        self.done.connect(self._call)

    def run(self, task: Callable[[], Any], on_done: Callable[[Any], None], newest_first: bool = False,
            on_error: Optional[Callable[[str], None]] = None) -> None:  # fmt: skip
        """Run `task()` on another thread, then `on_done(result)` on this one.

        An exception in `task` is logged, and `on_error` is called on this thread with the error as one line. Without
        `on_error` nothing is called then, so a caller that waits for the result needs it.
        """
        self._priority += 1 if newest_first else 0
        self._pool.start(_Task(self, task, on_done, on_error), self._priority if newest_first else 0)

    def close(self) -> None:
        """Discard tasks that have not started and wait 0.5 s for running ones. No callbacks are called afterwards."""
        self.closing = True
        self._pool.clear()
        self._pool.waitForDone(500)

    def _call(self, on_done: Callable[[Any], None], result: Any) -> None:
        if not self.closing:
            on_done(result)
