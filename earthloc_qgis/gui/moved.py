"""Photos of the list whose files were moved: reports them, searches for them, and undoes what it changed."""

from __future__ import annotations

from functools import partial

from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from ..core.moved_photos import Moved, find_moved, missing_files, rename_photos
from ..core.store import StoreError
from .background import Background
from .notice_line import NoticeLine


class MovedPhotos(QObject):
    """Checks in the background whether the photos of the results exist, and finds those that were moved.

    Args:
        controller: the controller of the panel.
        window: the panel, parent of the dialog and the notice.

    Signals:
        message(text, level): information for the user; level is a Qgis.MessageLevel.
    """

    message = pyqtSignal(str, object)

    def __init__(self, controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        self._background = Background(self)
        self.missing: list[str] = []
        self._renamed: dict[str, str] = {}  # the last change, for undo
        self.notice = NoticeLine("moved_photos", "mIconWarning", "", window)
        self.notice.action_wanted.connect(self._notice_pressed)
        controller.restored.connect(self.check)

    def check(self) -> None:
        """Look which files are missing."""
        self._renamed = {}
        photos = [photo.path for photo in self._controller.model.photos()]
        self._background.run(lambda: missing_files(photos), self._checked)

    def ask(self) -> None:
        """Ask for the folder to search."""
        if self._controller.queue.running:
            self.message.emit(self.tr("Wait until no photo is being located."), Qgis.MessageLevel.Info)
            return
        title = self.tr("Folder in which to search for the photos, with its subfolders")
        folder = QFileDialog.getExistingDirectory(self._window, title)
        if folder:
            self.search(folder)

    def search(self, folder: str) -> None:
        """Search a folder for the photos whose files are missing, on another thread."""
        photos, store = [photo.path for photo in self._controller.model.photos()], self._controller.store

        def find() -> tuple[Moved, str]:
            try:
                missing = missing_files(photos)
                return find_moved(store, missing, folder, lambda: self._background.closing), ""
            except StoreError as error:
                return Moved(), str(error)

        self.notice.button.setEnabled(False)
        self._background.run(find, partial(self._found, store), on_error=self._failed)

    def undo(self) -> None:
        """Undo the last change."""
        renamed, self._renamed = self._renamed, {}
        if renamed and self._rename({new: old for old, new in renamed.items()}):
            self.check()

    def close(self) -> None:
        """End the thread."""
        self._background.close()

    def _checked(self, missing: list[str]) -> None:
        self.missing = [path for path in missing if self._controller.model.photo(path) is not None]
        self.notice.button.setText(self.tr("Find photos…"))
        one = self.tr("1 photo is not where it was.")
        many = self.tr("{n} photos are not where they were.").format(n=len(self.missing))
        self.notice.show_text("" if not self.missing else one if len(self.missing) == 1 else many)

    def _found(self, store, answer: tuple[Moved, str]) -> None:
        moved, problem = answer
        self.notice.button.setEnabled(True)
        if problem:
            self.message.emit(problem, Qgis.MessageLevel.Warning)
            return
        if store is not self._controller.store:  # another project was opened meanwhile
            return
        if moved.different:
            text = self.tr("Not taken because their pixels differ or there are several files of that name: {names}.")
            names = ", ".join(sorted({path.replace("\\", "/").rsplit("/", 1)[-1] for path in moved.different})[:5])
            self.message.emit(text.format(names=names), Qgis.MessageLevel.Warning)
        if not moved.photos:
            if not moved.different:
                self.message.emit(self.tr("None of the missing photos is in that folder."), Qgis.MessageLevel.Info)
            return
        if self._rename(moved.photos):
            self._renamed = moved.photos
            left = len(self.missing) - len(moved.photos)
            text = self.tr("{n} photos found.").format(n=len(moved.photos))
            if left > 0:
                text += " " + self.tr("{n} are still missing.").format(n=left)
            self.missing = [path for path in self.missing if path not in moved.photos]
            self.notice.button.setText(self.tr("Undo"))
            self.notice.show_text(text)

    def _failed(self, _: str) -> None:
        self.notice.button.setEnabled(True)

    def _notice_pressed(self) -> None:
        if self._renamed:
            self.undo()
        else:
            self.ask()

    def _rename(self, photos: dict[str, str]) -> bool:
        """Change paths in the results, the list and the map. Returns False, after a message, if that failed."""
        controller = self._controller
        controller.store_leaving.emit()  # decisions that wait would be written for the old paths
        try:
            rename_photos(controller.store.path, photos)
        except StoreError as error:
            self.message.emit(str(error), Qgis.MessageLevel.Warning)
            return False
        controller.rename(photos)
        return True
