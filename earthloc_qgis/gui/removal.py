"""Removing photos from the panel: the question to the user, the removal, and undo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, cast

from qgis.core import Qgis
from qgis.PyQt.QtCore import QEvent, QObject, Qt, QTemporaryDir, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent, QKeySequence
from qgis.PyQt.QtWidgets import QCheckBox, QMessageBox, QWidget

from ..core.layers import ResultLayers, ShownPhoto
from ..core.pictures import forget_pictures
from ..core.queue import LocalizationQueue
from ..core.reviews import ReviewFile
from ..core.store import LOCK_WAIT_S, ResultStore, StoreError
from .photo_model import NEW, QUEUED, RUNNING, Photo, PhotoModel


@dataclass
class _Removed:
    """The data for undoing a removal: database rows (in the file `backup`), rows of the list, and layers."""

    store: ResultStore
    backup: Path
    photos: dict[int, Photo]  # by row of the list
    shown: dict[str, ShownPhoto]


class PhotoRemoval(QObject):
    """Removes photos with their results and layers, and undoes that. Keeps the photo files. No widgets.

    Args:
        model: the list of photos.
        queue: the queue of photos to locate.
        layers: the layers on the map.
        store: returns the results file.
        previous: state of photos before they were queued, by path.

    Signals:
        removed(paths): photos were removed.
        restored(paths): a removal was undone.
        can_undo_changed(can_undo): whether there is a removal to undo.
        message(text, level): information for the user; level is a Qgis.MessageLevel.
    """

    removed = pyqtSignal(list)
    restored = pyqtSignal(list)
    can_undo_changed = pyqtSignal(bool)
    message = pyqtSignal(str, object)

    def __init__(
        self, model: PhotoModel, queue: LocalizationQueue, layers: ResultLayers, store: Callable[[], ResultStore],
        previous: dict[str, dict], parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._model, self._queue, self._layers, self._store, self._previous = model, queue, layers, store, previous
        self.unwritten: Callable[[], set[str]] = set  # reviewed photos whose decisions are not in the file yet
        self._folder = QTemporaryDir()
        self._count = 0  # numbers the files of removed rows
        self._steps: list[_Removed] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is a removal to undo."""
        return bool(self._steps)

    def reviewed(self, paths: list[str]) -> list[str]:
        """The reviewed ones among some photos. Raises StoreError."""
        found = ReviewFile(self._store().path, LOCK_WAIT_S).reviewed() | self.unwritten()
        return [path for path in paths if path in found]

    def remove(self, paths: list[str], include_reviewed: bool = False) -> None:
        """Remove photos from the list, the results and the map; reviewed photos only if `include_reviewed`."""
        store, backup = self._store(), Path(self._folder.filePath(f"{self._count}.sqlite"))
        try:
            stay = set() if include_reviewed else set(self.reviewed(paths))
            paths = [path for path in paths if path not in stay and self._model.photo(path) is not None]
            if not paths:
                return
            self._count += 1
            store.remove(paths, backup)
        except StoreError as error:
            self.message.emit(str(error), Qgis.MessageLevel.Warning)
            return
        photos = {
            self._model.row(path): self._settled(photo)
            for path, photo in zip(paths, map(self._model.photo, paths))
            if photo
        }
        shown = {}
        for path in paths:
            self._queue.forget(path)
            on_map = self._layers.remove(path, store.path)
            if on_map is not None:
                shown[path] = on_map
        self._model.remove(paths)
        self._steps.append(_Removed(store, backup, photos, shown))
        self.can_undo_changed.emit(True)
        self.removed.emit(paths)

    def undo(self) -> None:
        """Undo the last removal."""
        if not self._steps:
            return
        step = self._steps[-1]
        try:
            step.store.put_back(step.backup)
        except StoreError as error:
            self.message.emit(str(error), Qgis.MessageLevel.Warning)
            return
        self._steps.pop()
        step.backup.unlink(missing_ok=True)
        for photo in step.photos.values():
            self._model.update(photo.path, **self._fields(photo))
        self._model.reinsert(step.photos)
        for path, on_map in step.shown.items():
            self._layers.show_again(path, step.store.path, on_map)
        self.can_undo_changed.emit(self.can_undo)
        self.restored.emit([photo.path for photo in step.photos.values()])

    def forget(self) -> None:
        """Discard the undo data, because the list is about to show other results or none."""
        for step in self._steps:
            step.backup.unlink(missing_ok=True)
            try:
                there = {stored.path for stored in step.store.photos()}
            except StoreError:
                continue
            for photo in step.photos.values():
                if photo.path not in there:
                    forget_pictures(photo.path, step.store)
        if self._steps:
            self._steps = []
            self.can_undo_changed.emit(False)

    def _settled(self, photo: Photo) -> Photo:
        """A copy of a row in its state before it was queued."""
        if photo.status in (QUEUED, RUNNING):
            return replace(photo, progress=0.0, **self._previous.get(photo.path, {"status": NEW, "message": ""}))
        return replace(photo)

    def _fields(self, photo: Photo) -> dict:
        """Fields to restore in a photo that was added again after its removal; {} if it has been located since."""
        now = self._model.photo(photo.path)
        if now is None or now.status != NEW:
            return {}
        return {name: value for name, value in vars(photo).items() if name != "path"}


class RemovalPrompt(QObject):
    """Removes photos after the user has confirmed, and undoes removals with Ctrl+Z.

    Args:
        controller: the controller of the panel.
        window: the panel, parent of the question and source of the key events.
    """

    def __init__(self, controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle Ctrl+Z, with priority over QGIS, while there is a removal to undo."""
        if event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        if not self._controller.removal.can_undo or not cast(QKeyEvent, event).matches(QKeySequence.StandardKey.Undo):
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            self._controller.removal.undo()
        return True

    def ask(self, paths: list[str]) -> None:
        """Ask whether to remove photos from the list, the map and the results."""
        removing, store, model = self._controller.removal, self._controller.store, self._controller.model
        names = [photo.name for photo in map(model.photo, paths) if photo is not None]
        try:
            reviewed = len(removing.reviewed(paths))
            located = len({photo.path for photo in store.photos()}.intersection(paths))
        except StoreError as error:
            self._controller.message.emit(str(error), Qgis.MessageLevel.Warning)
            return
        if names:
            question = RemoveQuestion(names, located, reviewed, store.path, self._window)
            question.confirmed.connect(lambda include_reviewed: removing.remove(paths, include_reviewed))
            question.open()


class RemoveQuestion(QMessageBox):
    """Asks whether to remove photos, and says what is removed and what is kept. The default answer is no.

    Args:
        names: names of the photos.
        located: number of photos with results.
        reviewed: number of reviewed photos.
        results: the results file.

    Signals:
        confirmed(include_reviewed): the user confirmed.
    """

    confirmed = pyqtSignal(bool)

    def __init__(self, names: list[str], located: int, reviewed: int, results: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("remove_question")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Question)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWindowTitle(self.tr("Remove photos"))
        self._total, self._reviewed = len(names), reviewed
        one = self.tr("Remove {name} from the list?").format(name=names[0])
        many = self.tr("Remove {n} photos from the list?").format(n=len(names))
        self.setText(one if len(names) == 1 else many)
        lines = []
        if located:
            text = self.tr("Photos with results, which are removed from the map and from {file}: {n}.")
            lines.append(text.format(n=located, file=results.name))
        lines.append(self.tr("The photo files are kept. Undo (Ctrl+Z in the panel) restores everything."))
        self.setInformativeText("\n".join(lines))
        self.setStandardButtons(QMessageBox.StandardButton.Cancel)
        self.remove_button = self.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)
        self.setEscapeButton(QMessageBox.StandardButton.Cancel)
        self.include_reviewed = QCheckBox(self.tr("Also remove reviewed photos: {n}").format(n=reviewed), self)
        self.include_reviewed.setVisible(bool(reviewed))
        if reviewed:
            self.setCheckBox(self.include_reviewed)
        self.include_reviewed.toggled.connect(self._count)
        self.remove_button.clicked.connect(lambda: self.confirmed.emit(self.include_reviewed.isChecked()))
        self._count()

    def _count(self, *_: object) -> None:
        """Show on the button how many photos will be removed."""
        count = self._total - (0 if self.include_reviewed.isChecked() else self._reviewed)
        self.remove_button.setText(self.tr("Remove {n}").format(n=count))
        self.remove_button.setEnabled(count > 0)
