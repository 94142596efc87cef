"""Adding photos: the file dialogs, the search in folders, and the list of files that were left out."""

from __future__ import annotations

import os
import shutil

from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..contract.answers import FoundPhoto
from ..contract.photos import PHOTO_SUFFIXES
from ..core import resources
from ..core.photo_files import SkippedFile
from .catalogue_dialog import CatalogueDialog
from .notice_line import NoticeLine
from .photo_scanner import PhotoScanner
from .plain_text import escaped, plain

SAMPLE = "earthloc-sample.jpg"


class PhotoAdding(QObject):
    """Adds photos to the list.

    Args:
        controller: the controller of the panel.
        window: the panel, parent of the dialogs.

    Signals:
        added(paths): new photos are in the list.
        message(text, level): information for the user; level is a Qgis.MessageLevel.
    """

    added = pyqtSignal(list)
    message = pyqtSignal(str, object)

    def __init__(self, controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window
        self._skipped: list[SkippedFile] = []
        self._new = 0  # photos that the search has added
        self._catalogue: CatalogueDialog | None = None
        self.notice = NoticeLine("skipped_files", "mIconWarning", self.tr("Show…"), window)
        self.notice.action_wanted.connect(self.show_skipped)
        self._scanner = PhotoScanner(self)
        self._scanner.found.connect(self._found)
        self._scanner.skipped.connect(self._report_skipped)
        self._scanner.finished.connect(self._finished)

    def add_paths(self, paths: list[str]) -> None:
        """Add photo files, and the photos in folders and their subfolders, which another thread searches."""
        self.notice.show_text("")
        self._new = 0
        self._scanner.scan(paths)

    def ask_for_files(self) -> None:
        """Ask the user for photos."""
        pattern = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in PHOTO_SUFFIXES)
        paths, _ = QFileDialog.getOpenFileNames(
            self._window, self.tr("Add photos"), "", self.tr("Photos ({pattern})").format(pattern=pattern)
        )
        if paths:
            self.add_paths(paths)

    def ask_for_folder(self) -> None:
        """Ask the user for a folder of photos."""
        title = self.tr("Add all photos in a folder and its subfolders")
        path = QFileDialog.getExistingDirectory(self._window, title)
        if path:
            self.add_paths([path])

    def ask_for_catalogue(self) -> None:
        """Ask the user for a catalogue of photos, and add those that are on this computer."""
        if self._catalogue is None:  # kept, with what was typed, until QGIS ends
            self._catalogue = CatalogueDialog(self._controller.client, self._window)
            self._catalogue.photos_wanted.connect(self._add_from_catalogue)
        if self._controller.check_engine():
            self._catalogue.show()
            self._catalogue.raise_()

    def add_sample(self) -> str:
        """Add the sample photo. Returns its path, or "" if it cannot be copied.

        It is copied to the profile: an update of the plugin replaces the plugin's own files.
        """
        target = resources.profile_folder() / "sample" / SAMPLE
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(resources.resource("sample", SAMPLE), target)
        except OSError as error:
            text = self.tr("{path}: the sample photo could not be copied there ({error}).")
            self.message.emit(text.format(path=target, error=error.strerror), Qgis.MessageLevel.Warning)
            return ""
        self._found([str(target)])
        return os.path.normpath(target)

    def close(self) -> None:
        """Stop all searches."""
        self._scanner.close()
        if self._catalogue is not None:
            self._catalogue.close_down()

    def show_skipped(self) -> None:
        """List the files that were left out, with the reasons."""
        SkippedFiles(self._skipped, self._window).open()

    def _found(self, paths: list[str]) -> None:
        new = self._controller.add_photos(paths)
        self._new += len(new)
        self.added.emit(new)

    def _add_from_catalogue(self, found: list[FoundPhoto]) -> None:
        """Add photos with what a catalogue says about them. A typed nadir takes precedence."""
        new = self._controller.add_photos([photo["photo"] for photo in found])
        model = self._controller.model
        for stated in found:
            path, nadir, hints = os.path.normpath(stated["photo"]), stated["nadir"], stated["hints"]
            photo = model.photo(path)
            if photo is not None:
                model.update(path, hints=hints, taken_at=photo.taken_at or hints.get("taken_at"))
                if nadir is not None and not photo.nadir_given:  # sent with the photo, like a typed one
                    model.update(path, nadir=(nadir[0], nadir[1]), nadir_given=True)
        self.added.emit(new)
        known = len(found) - len(new)
        text = self.tr("Added from the catalogue: {n}.").format(n=f"{len(new):,}")
        if known:
            text += " " + self.tr("In the list already: {n}.").format(n=f"{known:,}")
        self.message.emit(text, Qgis.MessageLevel.Info)

    def _report_skipped(self, files: list[SkippedFile]) -> None:
        self._skipped = files
        first = escaped(os.path.basename(files[0].path))
        one = self.tr("{name} was left out.").format(name=first)
        many = self.tr("{n} files were left out.").format(n=len(files))
        self.notice.show_text(one if len(files) == 1 else many)

    def _finished(self, count: int) -> None:
        if count == 0 and self.notice.isHidden():
            kinds = ", ".join(suffix[1:].upper() for suffix in (".jpeg", ".png", ".tiff"))
            text = self.tr("No photos were found there. EarthLoc reads files such as {kinds}.")
            self.message.emit(text.format(kinds=kinds), Qgis.MessageLevel.Info)
        elif count and not self._new:
            self.message.emit(self.tr("These photos are in the list already."), Qgis.MessageLevel.Info)


class SkippedFiles(QDialog):
    """A list of files with reasons."""

    def __init__(self, files: list[SkippedFile], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("skipped_files_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Files that were left out"))
        self.list = QTreeWidget(self)
        self.list.setAccessibleName(self.windowTitle())
        self.list.setRootIsDecorated(False)
        self.list.setAlternatingRowColors(True)
        self.list.setHeaderLabels([self.tr("File"), self.tr("Why")])
        self.list.setColumnWidth(0, 240)
        for file in files:
            item = QTreeWidgetItem([os.path.basename(file.path), file.reason])
            item.setToolTip(0, plain(file.path))
            item.setToolTip(1, plain(file.reason))
            self.list.addTopLevelItem(item)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list)
        layout.addWidget(buttons)
        self.resize(720, 320)
