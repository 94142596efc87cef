"""A line in the panel that reports something and offers what to do about it."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget


class NoticeLine(QFrame):
    """An icon, a text, a button and a cross that closes it. Hidden while it has no text.

    Args:
        name: object name; the names of the text and the button are derived from it.
        icon: name of an icon of QGIS's theme.
        button: text of the button.

    Signals:
        action_wanted(): the button was pressed.
        link_activated(link): a link in the text was followed.
        closed(): the cross was pressed.
    """

    action_wanted = pyqtSignal()
    link_activated = pyqtSignal(str)
    closed = pyqtSignal()

    def __init__(self, name: str, icon: str, button: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        sign = QLabel(self)
        sign.setPixmap(QgsApplication.getThemeIcon(f"/{icon}.svg").pixmap(QSize(16, 16)))
        self.text = QLabel(self)
        self.text.setObjectName(f"{name}_text")
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # never pushes the button out
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.text.linkActivated.connect(self.link_activated)
        self.button = QPushButton(button, self)
        self.button.setObjectName(f"{name}_button")
        self.button.clicked.connect(lambda: self.action_wanted.emit())
        cross = QToolButton(self)
        cross.setObjectName(f"{name}_close")
        cross.setAutoRaise(True)
        cross.setIcon(QgsApplication.getThemeIcon("/mIconClose.svg"))
        cross.setToolTip(self.tr("Close this message"))
        cross.setAccessibleName(self.tr("Close this message"))
        cross.clicked.connect(self._close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 2, 2)
        layout.addWidget(sign)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.button)
        layout.addWidget(cross)
        self.hide()

    def show_text(self, text: str) -> None:
        """Show a text in HTML; "" hides the line. File names in it must be escaped."""
        self.text.setText(text)
        self.setVisible(bool(text))

    def _close(self) -> None:
        self.show_text("")
        self.closed.emit()
