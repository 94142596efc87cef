"""Small work on other threads, answered on the main thread."""

from __future__ import annotations

import traceback
from typing import Any, Callable, Optional

from qgis.core import Qgis, QgsMessageLog
from qgis.PyQt.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal

from ..core.engine_client import LOG_TAG


def log_unforeseen(error: Exception) -> str:
    """Logs an error that nobody foresaw, with where it was raised; returns it in a line. On any thread."""
    QgsMessageLog.logMessage("".join(traceback.format_exception(type(error), error, error.__traceback__)), LOG_TAG,
                             Qgis.MessageLevel.Warning)  # fmt: skip
    return f"{type(error).__name__}: {error}"


class _Work(QRunnable):
    def __init__(self, pool: Background, work: Callable[[], Any], on_done: Callable[[Any], None],
                 on_error: Optional[Callable[[str], None]]) -> None:  # fmt: skip
        super().__init__()
        self._background = pool
        self._work = work
        self._on_done = on_done
        self._on_error = on_error

    def run(self) -> None:
        if self._background.closing:
            return
        answer: Optional[Callable[[Any], None]] = self._on_done
        try:
            result = self._work()
        except Exception as error:  # a thread has nobody above it who could catch this
            answer, result = self._on_error, log_unforeseen(error)
        if answer is not None and not self._background.closing:
            self._background.done.emit(answer, result)


class Background(QObject):
    """A few threads of our own, so that QGIS's shared ones stay free."""

    done = pyqtSignal(object, object)

    def __init__(self, parent: QObject | None = None, threads: int = 1) -> None:
        super().__init__(parent)
        self.closing = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._priority = 0
        self.done.connect(self._call)

    def run(self, work: Callable[[], Any], on_done: Callable[[Any], None], newest_first: bool = False,
            on_error: Optional[Callable[[str], None]] = None) -> None:  # fmt: skip
        """Calls `on_done(work())`: `work` on another thread, `on_done` here.

        What `work` raises is logged, and `on_error` called here with it in a line. Whoever waits for an answer needs
        that: without it nothing is called.
        """
        self._priority += 1 if newest_first else 0
        self._pool.start(_Work(self, work, on_done, on_error), self._priority if newest_first else 0)

    def close(self) -> None:
        """Forgets what has not begun and gives what has half a second; nothing is called afterwards."""
        self.closing = True
        self._pool.clear()
        self._pool.waitForDone(500)

    def _call(self, on_done: Callable[[Any], None], result: Any) -> None:
        if not self.closing:
            on_done(result)
