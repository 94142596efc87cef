"""Finds photos in the files and folders that the user drops or chooses, including subfolders."""

from __future__ import annotations

from qgis.PyQt.QtCore import QMimeData, QObject, pyqtSignal

from ..core.photo_files import SkippedFile, find_files
from .background import Background

_BATCH = 200


def dropped_paths(mime: QMimeData) -> list[str]:
    """Paths of local files and folders in a drop; [] when there are none."""
    return [url.toLocalFile() for url in mime.urls() if url.isLocalFile()] if mime.hasUrls() else []


class PhotoScanner(QObject):
    """Searches for photos on another thread; reports those of large folders in batches.

    Signals:
        found(paths): a batch of photos.
        skipped(files): the SkippedFile of each file that is left out; emitted once for a search, if there are any.
        finished(count): the search has ended, with the number of photos found.
    """

    found = pyqtSignal(list)
    skipped = pyqtSignal(list)
    finished = pyqtSignal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)

    def scan(self, paths: list[str]) -> None:
        """Start a search. Several searches run one after the other."""
        self._background.run(lambda: self._search(paths), self.finished.emit)

    def close(self) -> None:
        """Stop all searches."""
        self._background.close()

    def _search(self, paths: list[str]) -> int:
        count = 0
        batch: list[str] = []
        skipped: list[SkippedFile] = []
        for file in find_files(paths):
            if self._background.closing:
                break
            if isinstance(file, SkippedFile):
                skipped.append(file)
                continue
            count += 1
            batch.append(file)
            if len(batch) == _BATCH:
                self.found.emit(batch)
                batch = []
        if batch:
            self.found.emit(batch)
        if skipped:
            self.skipped.emit(skipped)
        return count
