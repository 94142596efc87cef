"""Runs one slow function on another thread; reports progress and can be cancelled."""

from __future__ import annotations

from typing import Any, Callable

from qgis.PyQt.QtCore import QObject, QThread, pyqtSignal

from .failures import InstallError, explain
from .pack import Progress, cancelled


class Worker(QThread):
    """Calls `task(progress)` once. `progress(fraction)` raises when the user has cancelled.

    Signals:
        progressed(fraction): of the task, at most a hundred times.
        ended(result): what the task returned, or the `Failure` that ended it.
    """

    progressed = pyqtSignal(float)
    ended = pyqtSignal(object)

    def __init__(self, task: Callable[[Progress], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task = task
        self._percent = -1

    def run(self) -> None:
        """Runs on the other thread."""
        try:
            result: Any = self._task(self._progress)
        except InstallError as error:
            result = error.failure
        except Exception as error:  # nothing above a thread would catch it
            result = explain("unknown", f"{type(error).__name__}: {error}")
        self.ended.emit(result)

    def cancel(self) -> None:
        """Ends the task at its next progress."""
        self.requestInterruption()

    def _progress(self, fraction: float) -> None:
        if self.isInterruptionRequested():
            raise cancelled()
        percent = int(100 * fraction)
        if percent != self._percent:
            self._percent = percent
            self.progressed.emit(fraction)
