"""A part of the panel that can be folded away."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QSizePolicy, QToolButton, QWidget

from .. import settings
from .plain_text import plain


class SectionHeader(QToolButton):
    """A line with an arrow and a text, which opens and closes a widget. QGIS remembers whether it is open.

    Args:
        name: of the section in the settings, and of this button.

    Signals:
        opened(is_open): the section was opened or closed.
    """

    opened = pyqtSignal(bool)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setObjectName(f"{name}_section")
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.toggled.connect(self._toggled)
        self.setChecked(settings.is_open(name))
        self._show_arrow()

    def show_title(self, text: str) -> None:
        """Show the title, cut at the right if the panel is narrow; the tool tip has all of it."""
        self.setText(text.replace("&", "&&"))
        self.setAccessibleName(text)
        self.setToolTip(plain(text))

    def minimumSizeHint(self) -> QSize:
        """Narrow: a long title does not widen the panel."""
        return QSize(60, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """As `minimumSizeHint`; the layout gives it more."""
        return QSize(60, super().sizeHint().height())

    def _toggled(self, is_open: bool) -> None:
        settings.set_open(self._name, is_open)
        self._show_arrow()
        self.opened.emit(is_open)

    def _show_arrow(self) -> None:
        self.setArrowType(Qt.ArrowType.DownArrow if self.isChecked() else Qt.ArrowType.RightArrow)
