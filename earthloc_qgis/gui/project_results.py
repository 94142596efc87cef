"""The results file of the project: follows the project when it is saved, and moves the results to another file."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from qgis.core import Qgis, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..contract.status import DecisionKind
from ..core.layers import ResultLayers
from ..core.pictures import carry_pictures, forget_pictures
from ..core.reviews import ReviewFile
from ..core.store import (
    LOCK_WAIT_S,
    ResultStore,
    StoreError,
    check_writable,
    choose_results_path,
    results_path,
    unsaved_path,
)

_ORDER = ("EarthLoc", "photo_order")  # entry of a project: the photos of the list, by their keys in the results


class ProjectResults(QObject):
    """Holds `store`, the results file in use.

    Args:
        project: the QGIS project.
        layers: the layers on the map.
        located: returns the photos of the list that have results.

    Signals:
        leaving(): the results are about to be copied to another file.
        changed(): `store` is another file now.
        extended(): `store` may have results of further photos, because it existed already.
        message(text, level): information for the user; level is a Qgis.MessageLevel.
    """

    leaving = pyqtSignal()
    changed = pyqtSignal()
    extended = pyqtSignal()
    message = pyqtSignal(str, object)

    def __init__(
        self, project: QgsProject, layers: ResultLayers, located: Callable[[], list[str]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._project, self._layers, self._located = project, layers, located
        self.store = ResultStore(results_path(project))

    def reopen(self) -> None:
        """Use the file of the project that was just opened."""
        self.store = ResultStore(results_path(self._project))

    def follow(self) -> None:
        """Follow a project that is saved for the first time or under another name."""
        self._move_to(ResultStore(results_path(self._project)))

    def save_to(self, path: Path) -> bool:
        """Save results to another file from now on, and copy the existing ones there. Returns False if that failed."""
        try:
            check_writable(path)
        except StoreError as error:
            self.message.emit(str(error), Qgis.MessageLevel.Warning)
            return False
        if path != self.store.path and self._move_to(ResultStore(path)):
            choose_results_path(self._project, path)
            self.extended.emit()
        return self.store.path == path

    def carry_over(self, old: ResultStore, photos: list[str]) -> bool:
        """Copy results of photos from `old` into `store`. On failure, `old` stays in use, and the result is False."""
        try:
            old.carry_over(photos, self.store.path)
        except StoreError as error:
            self.message.emit(str(error), Qgis.MessageLevel.Critical)
            self.store = old  # results and layers stay where they are
            return False
        pictures = carry_pictures(photos, old, self.store)
        self._layers.repoint(old.path, self.store.path, photos, pictures)
        if old.path == unsaved_path():
            for photo in pictures:
                forget_pictures(photo, old)
            try:
                old.remove(photos)
            except StoreError as error:
                self.message.emit(str(error), Qgis.MessageLevel.Warning)
        text = self.tr("The results are now kept in {path}.")
        self.message.emit(text.format(path=self.store.path), Qgis.MessageLevel.Info)
        return True

    def decisions(self) -> dict[str, DecisionKind]:
        """The decisions of the review that are in effect, by photo; empty if they cannot be read."""
        try:
            return ReviewFile(self.store.path, LOCK_WAIT_S).decisions()
        except StoreError:  # the list works without them
            return {}

    def save_order(self, photos: list[str]) -> None:
        """Store the order of the list in the project."""
        keys = [self.store.key(photo) for photo in photos]
        if keys != self._project.readListEntry(*_ORDER)[0]:
            self._project.writeEntry(*_ORDER, keys)

    def in_order(self, stored: list) -> list:
        """Stored photos in the order of the list that the project was saved with; others follow."""
        places = {key: place for place, key in enumerate(self._project.readListEntry(*_ORDER)[0])}
        return sorted(stored, key=lambda row: places.get(self.store.key(row.path), len(places)))

    def _move_to(self, target: ResultStore) -> bool:
        """Use `target` from now on. Returns False if the results could not be copied to it."""
        if target.path == self.store.path:
            return True
        self.leaving.emit()
        old, self.store = self.store, target
        located = self._located()
        done = not (located and old.path.is_file()) or self.carry_over(old, located)
        self.changed.emit()
        return done
