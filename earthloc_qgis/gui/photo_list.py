"""The photo list widget: selection, keys, context menu, and the delegates of its cells."""

from __future__ import annotations

import os

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices, QIcon, QKeyEvent, QPainter, QPixmap, QValidator
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLineEdit,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionProgressBar,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from ..contract.status import BY_PASS, LOCATED, NOT_FOUND, UNCERTAIN
from .photo_model import (
    NADIR,
    NEW,
    PATH_ROLE,
    PHOTO,
    PROGRESS_ROLE,
    QUEUED,
    REVIEW,
    RUNNING,
    STATUS,
    PhotoModel,
    parse_nadir,
)
from .thumbnail import SIZE


class PhotoList(QTreeView):
    """Photos in a sortable table. All paths are those of the model.

    Signals:
        locate_wanted(paths), cancel_wanted(paths), remove_wanted(paths), zoom_wanted(path), picture_wanted(paths),
        where_wanted(path)
        current_changed(path): another photo is current; "" for none.
        selection_changed()
    """

    locate_wanted = pyqtSignal(list)
    cancel_wanted = pyqtSignal(list)
    remove_wanted = pyqtSignal(list)
    zoom_wanted = pyqtSignal(str)
    picture_wanted = pyqtSignal(list)
    where_wanted = pyqtSignal(str)
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
        self.setItemDelegateForColumn(PHOTO, ThumbnailDelegate(self))
        self.setItemDelegateForColumn(STATUS, StatusDelegate(self))
        self.setItemDelegateForColumn(REVIEW, SmallIconDelegate(self))
        self.setItemDelegateForColumn(NADIR, NadirDelegate(self))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate((160, 92, 78, 100, 140, 125)):
            header.resizeSection(column, width)
        self.customContextMenuRequested.connect(self._show_menu)
        self.doubleClicked.connect(self._double_clicked)
        self.selectionModel().currentChanged.connect(lambda *_: self.current_changed.emit(self.current()))
        model.modelReset.connect(lambda: self.current_changed.emit(self.current()))  # a reset emits no currentChanged
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())

    def current(self) -> str:
        """Path of the current photo, or ""."""
        index = self.currentIndex()
        return index.data(PATH_ROLE) if index.isValid() else ""

    def selected(self) -> list[str]:
        """Paths of the selected photos, in display order."""
        spans = self.selectionModel().selection()
        rows = sorted({row for span in spans for row in range(span.top(), span.bottom() + 1)})  # type: ignore[attr-defined]
        photos = self._photos.photos()
        return [photos[row].path for row in rows]

    def select(self, paths: list[str]) -> None:
        """Select photos; the first becomes current."""
        rows = [row for row in map(self._photos.row, paths) if row >= 0]
        selection = QItemSelection()
        for row in rows:
            selection.select(self._photos.index(row, 0), self._photos.index(row, 0))
        if rows:
            first = self._photos.index(rows[0], 0)
            self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().select(selection, flags)

    def minimumSizeHint(self) -> QSize:
        """The header and three rows; a panel that is higher shows more."""
        return QSize(super().minimumSizeHint().width(), 3 * (SIZE.height() + 2) + self.header().sizeHint().height())

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
        """The context menu for the selected photos; None without selection."""
        paths = self.selected()
        if not paths:
            return None
        photos = [photo for photo in map(self._photos.photo, paths) if photo is not None]
        statuses = {photo.status for photo in photos}
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def add(icon: str, text: str, callback, enabled: bool = True) -> None:
            action = menu.addAction(QgsApplication.getThemeIcon(f"/{icon}.svg"), text)
            action.triggered.connect(lambda: callback())
            action.setEnabled(enabled)

        one = len(paths) == 1
        add("mActionZoomToSelected", self.tr("Zoom to result"), lambda: self.zoom_wanted.emit(paths[0]),
            one and not statuses & {NEW, QUEUED, RUNNING})  # fmt: skip
        add("mActionAddRasterLayer", self.tr("Show photo on map"), lambda: self.picture_wanted.emit(paths),
            bool(statuses & {LOCATED, UNCERTAIN, NOT_FOUND}))  # fmt: skip
        add("mActionZoomToArea", self.tr("Show where it could be"), lambda: self.where_wanted.emit(paths[0]),
            one and bool(statuses & {LOCATED, BY_PASS, UNCERTAIN, NOT_FOUND}))  # fmt: skip
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


class ThumbnailDelegate(QStyledItemDelegate):
    """Draws the thumbnail of a selected photo in its own colours, too."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Use the same picture for selected rows: otherwise Qt tints it."""
        super().initStyleOption(option, index)
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(picture, QPixmap):
            icon = QIcon(picture)
            icon.addPixmap(picture, QIcon.Mode.Selected)
            option.icon = icon


class SmallIconDelegate(QStyledItemDelegate):
    """Draws a small icon: the icon size of the list is that of the thumbnails."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Set the size."""
        super().initStyleOption(option, index)
        option.decorationSize = QSize(20, 16)


class StatusDelegate(SmallIconDelegate):
    """Draws icon and status; a progress bar while the photo is being located."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Use a square icon."""
        super().initStyleOption(option, index)
        option.decorationSize = QSize(16, 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw the progress bar, or the cell as usual."""
        progress = index.data(PROGRESS_ROLE)
        if progress is None:
            super().paint(painter, option, index)
            return
        bar = QStyleOptionProgressBar()
        if option.widget is not None:
            bar.initFrom(option.widget)
        height = min(option.rect.height() - 4, option.fontMetrics.height() + 6)
        bar.rect = option.rect.adjusted(4, (option.rect.height() - height) // 2, -4, 0)
        bar.rect.setHeight(height)
        bar.state = QStyle.StateFlag.State_Enabled | QStyle.StateFlag.State_Horizontal
        bar.minimum, bar.maximum, bar.progress = 0, 100, round(100 * progress)
        bar.text = f"{bar.progress} %"
        bar.textVisible = True
        bar.textAlignment = Qt.AlignmentFlag.AlignCenter
        style = option.widget.style() if option.widget is not None else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ProgressBar, bar, painter, option.widget)


class _NadirValidator(QValidator):
    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Accept a nadir; treat anything else as unfinished, so that typing can continue."""
        try:
            if text.strip():
                parse_nadir(text)
        except ValueError:
            return QValidator.State.Intermediate, text, position
        return QValidator.State.Acceptable, text, position


class NadirDelegate(QStyledItemDelegate):
    """Edits a nadir as "lat, lon". An invalid text turns red and is not accepted."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> QLineEdit:
        """A line edit that accepts only a nadir."""
        editor = QLineEdit(parent)
        editor.setObjectName("nadir_editor")
        editor.setAccessibleName(self.tr("Nadir"))
        editor.setPlaceholderText(self.tr("lat, lon"))
        editor.setToolTip(self.tr("Latitude and longitude of the point below the station, such as 41.2, 28.9"))
        editor.setValidator(_NadirValidator(editor))
        editor.textChanged.connect(
            lambda: editor.setStyleSheet("" if editor.hasAcceptableInput() else "color: #c0392b")
        )
        return editor

    def setEditorData(self, editor: QLineEdit, index: QModelIndex) -> None:  # type: ignore[override]
        """Set the text of the cell, unless the user has begun to type: rows change while photos are located."""
        if not editor.isModified():
            super().setEditorData(editor, index)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Wide enough for typing."""
        return super().sizeHint(option, index).expandedTo(QSize(120, 0))
