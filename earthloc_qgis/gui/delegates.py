"""How cells of the photo list are drawn and edited."""

from __future__ import annotations

from qgis.PyQt.QtCore import QModelIndex, QSize, Qt
from qgis.PyQt.QtGui import QPainter, QValidator
from qgis.PyQt.QtWidgets import (
    QApplication,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionProgressBar,
    QStyleOptionViewItem,
    QWidget,
)

from .photo_model import PROGRESS_ROLE, parse_nadir


class StatusDelegate(QStyledItemDelegate):
    """Icon and word; a progress bar while the photo is being located."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """A small icon: the size that the list sets is that of the thumbnails."""
        super().initStyleOption(option, index)
        option.decorationSize = QSize(16, 16)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draws the bar, or the cell as usual."""
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
        """Nonsense counts as unfinished, so that it can be typed through."""
        try:
            if text.strip():
                parse_nadir(text)
        except ValueError:
            return QValidator.State.Intermediate, text, position
        return QValidator.State.Acceptable, text, position


class NadirDelegate(QStyledItemDelegate):
    """Edits a nadir as "lat, lon"; what makes no sense turns the field red and is not taken."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> QLineEdit:
        """A line edit that takes only a nadir."""
        editor = QLineEdit(parent)
        editor.setObjectName("nadir_editor")
        editor.setAccessibleName(self.tr("Nadir"))
        editor.setPlaceholderText(self.tr("lat, lon"))
        editor.setToolTip(self.tr("Latitude and longitude of the point under the station: 41.2, 28.9"))
        editor.setValidator(_NadirValidator(editor))
        editor.textChanged.connect(
            lambda: editor.setStyleSheet("" if editor.hasAcceptableInput() else "color: #c0392b")
        )
        return editor

    def setEditorData(self, editor: QLineEdit, index: QModelIndex) -> None:
        """The cell's text, unless the user has begun to type: rows change while photos are located."""
        if not editor.isModified():
            super().setEditorData(editor, index)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Wide enough to type in."""
        return super().sizeHint(option, index).expandedTo(QSize(120, 0))
