"""The photo list as a widget: selecting, keys, context menu."""

from __future__ import annotations

import os

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices, QKeyEvent
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTreeView, QWidget

from .delegates import NadirDelegate, StatusDelegate
from .photo_model import (
    LOCATED,
    NADIR,
    NEW,
    NOT_FOUND,
    PATH_ROLE,
    QUEUED,
    RUNNING,
    STATUS,
    UNCERTAIN,
    PhotoModel,
)
from .thumbnail import SIZE


class PhotoList(QTreeView):
    """Photos in a sortable table. Paths below are those of the model.

    Signals:
        locate_wanted(paths), cancel_wanted(paths), remove_wanted(paths), zoom_wanted(path), picture_wanted(paths)
        current_changed(path): another photo is current; "" for none.
        selection_changed()
    """

    locate_wanted = pyqtSignal(list)
    cancel_wanted = pyqtSignal(list)
    remove_wanted = pyqtSignal(list)
    zoom_wanted = pyqtSignal(str)
    picture_wanted = pyqtSignal(list)
    current_changed = pyqtSignal(str)
    selection_changed = pyqtSignal()

    def __init__(self, model: PhotoModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("photo_list")
        self.setAccessibleName(self.tr("Photos"))
        self._photos = model
        self.setModel(model)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setIconSize(SIZE)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setItemDelegateForColumn(STATUS, StatusDelegate(self))
        self.setItemDelegateForColumn(NADIR, NadirDelegate(self))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate((185, 96, 82, 140, 125)):
            header.resizeSection(column, width)
        self.customContextMenuRequested.connect(self._show_menu)
        self.doubleClicked.connect(self._double_clicked)
        self.selectionModel().currentChanged.connect(lambda *_: self.current_changed.emit(self.current()))
        model.modelReset.connect(lambda: self.current_changed.emit(self.current()))  # else nobody tells
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())

    def current(self) -> str:
        """Path of the current photo, or ""."""
        index = self.currentIndex()
        return index.data(PATH_ROLE) if index.isValid() else ""

    def selected(self) -> list[str]:
        """Paths of the selected photos, in the order shown."""
        spans = self.selectionModel().selection()
        rows = sorted({row for span in spans for row in range(span.top(), span.bottom() + 1)})
        photos = self._photos.photos()
        return [photos[row].path for row in rows]

    def select(self, paths: list[str]) -> None:
        """Selects photos; the first becomes current."""
        rows = [row for row in map(self._photos.row, paths) if row >= 0]
        wanted = QItemSelection()
        for row in rows:
            wanted.select(self._photos.index(row, 0), self._photos.index(row, 0))
        if rows:
            first = self._photos.index(rows[0], 0)
            self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().select(wanted, flags)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Del removes, Enter zooms, F5 locates again."""
        selected = self.selected()
        if event.key() == Qt.Key.Key_Delete and selected:
            self.remove_wanted.emit(selected)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current():
            self.zoom_wanted.emit(self.current())
        elif event.key() == Qt.Key.Key_F5 and selected:
            self.locate_wanted.emit(selected)
        else:
            super().keyPressEvent(event)

    def _double_clicked(self, index) -> None:
        if index.column() != NADIR:
            self.zoom_wanted.emit(index.data(PATH_ROLE))

    def _show_menu(self, position: QPoint) -> None:
        menu = self.make_menu()
        if menu is not None:
            menu.popup(self.viewport().mapToGlobal(position))

    def make_menu(self) -> QMenu | None:
        """The context menu for the selected photos, or None when none is selected."""
        paths = self.selected()
        if not paths:
            return None
        statuses = {self._photos.photo(path).status for path in paths}
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def add(icon: str, text: str, deed, enabled: bool = True) -> None:
            action = menu.addAction(QgsApplication.getThemeIcon(f"/{icon}.svg"), text)
            action.triggered.connect(lambda: deed())
            action.setEnabled(enabled)

        one = len(paths) == 1
        add("mActionZoomToSelected", self.tr("Zoom to result"), lambda: self.zoom_wanted.emit(paths[0]),
            one and not statuses & {NEW, QUEUED, RUNNING})  # fmt: skip
        add("mActionAddRasterLayer", self.tr("Show photo on map"), lambda: self.picture_wanted.emit(paths),
            bool(statuses & {LOCATED, UNCERTAIN, NOT_FOUND}))  # fmt: skip
        text = self.tr("Localize") if statuses <= {NEW} else self.tr("Locate again")
        add("mActionRefresh", text, lambda: self.locate_wanted.emit(paths))
        if statuses & {QUEUED, RUNNING}:
            add("mActionStop", self.tr("Cancel"), lambda: self.cancel_wanted.emit(paths))
        menu.addSeparator()
        add("mActionAddImage", self.tr("Open photo"), lambda: _open(paths[0]), one)
        add("mIconFolderOpen", self.tr("Show in folder"), lambda: _open(os.path.dirname(paths[0])), one)
        menu.addSeparator()
        add("mActionDeleteSelected", self.tr("Remove"), lambda: self.remove_wanted.emit(paths))
        return menu


def _open(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
