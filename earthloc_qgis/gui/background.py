"""Small work on other threads, answered on the main thread."""

from __future__ import annotations

from typing import Any, Callable

from qgis.core import Qgis, QgsMessageLog
from qgis.PyQt.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal

from ..core.engine_client import LOG_TAG


class _Work(QRunnable):
    def __init__(self, pool: Background, work: Callable[[], Any], on_done: Callable[[Any], None]) -> None:
        super().__init__()
        self._background = pool
        self._work = work
        self._on_done = on_done

    def run(self) -> None:
        if self._background.closing:
            return
        try:
            result = self._work()
        except Exception as error:  # a thread has nobody above it who could catch this
            QgsMessageLog.logMessage(f"{type(error).__name__}: {error}", LOG_TAG, Qgis.MessageLevel.Warning)
            return
        if not self._background.closing:
            self._background.done.emit(self._on_done, result)


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

    def run(self, work: Callable[[], Any], on_done: Callable[[Any], None], newest_first: bool = False) -> None:
        """Calls `on_done(work())`: `work` on another thread, `on_done` here. An error in `work` is logged."""
        self._priority += 1 if newest_first else 0
        self._pool.start(_Work(self, work, on_done), self._priority if newest_first else 0)

    def close(self) -> None:
        """Forgets what has not begun and gives what has half a second; nothing is called afterwards."""
        self.closing = True
        self._pool.clear()
        self._pool.waitForDone(500)

    def _call(self, on_done: Callable[[Any], None], result: Any) -> None:
        if not self.closing:
            on_done(result)
