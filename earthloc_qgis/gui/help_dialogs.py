"""The dialogs of the menu *Help*: the documentation, the keyboard map, the diagnostics, about."""

from __future__ import annotations

from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices, QTextCursor
from qgis.PyQt.QtWidgets import (
    QApplication,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from .. import settings
from ..core.diagnostics import ProgramRun, as_markdown, gather
from ..core.engine_client import EngineClient
from ..core.help_pages import PAGES, page_text, slug
from .keyboard_map import keyboard_map

_LIMIT_MS = 30_000


class TextDialog(QDialog):
    """Shows a text with links.

    Args:
        title: of the window.
        name: object name.
    """

    def __init__(self, title: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setObjectName(name)
        self.browser = QTextBrowser(self)
        self.browser.setObjectName(f"{name}_text")
        self.browser.setAccessibleName(title)
        self.browser.setOpenLinks(False)
        self.browser.anchorClicked.connect(self._follow)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.browser, 1)
        layout.addWidget(buttons)
        self.resize(760, 620)

    def show_page(self, name: str, fragment: str = "") -> None:
        """Show a page of the documentation, from a heading on."""
        try:
            self.browser.setMarkdown(page_text(name))
        except OSError as error:
            self.browser.setPlainText(str(error))
        self.go_to(fragment)

    def go_to(self, fragment: str) -> None:
        """Scroll to the heading with a fragment; "" for the beginning."""
        document = self.browser.document()
        block = document.begin() if document is not None else None
        while block is not None and block.isValid():
            if not fragment or (block.blockFormat().headingLevel() and slug(block.text()) == fragment):
                self.browser.moveCursor(QTextCursor.MoveOperation.End)  # so that the heading ends up at the top
                self.browser.setTextCursor(QTextCursor(block))
                return
            block = block.next()

    def _follow(self, link: QUrl) -> None:
        name, fragment = link.path(), link.fragment()
        if link.scheme():
            QDesktopServices.openUrl(link)
        elif name.endswith(".md") and name[:-3] in PAGES:
            self.show_page(name[:-3], fragment)
        elif not name:
            self.go_to(fragment)


class KeyboardDialog(TextDialog):
    """All keys of the panel and the review."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "earthloc_keyboard_map", parent)
        self.setWindowTitle(self.tr("Keyboard map"))
        self.browser.setAccessibleName(self.windowTitle())
        parts = []
        for title, rows in keyboard_map():
            table = "\n".join(f"| **{keys}** | {text} |" for keys, text in rows)
            parts.append(f"## {title}\n\n| {self.tr('Key')} | {self.tr('Action')} |\n|---|---|\n{table}\n")
        self.browser.setMarkdown("\n".join(parts))


class DiagnosticsDialog(QDialog):
    """Shows what is copied, and copies it. The engine is asked for its version and its self-test meanwhile."""

    def __init__(self, client: EngineClient | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("earthloc_diagnostics")
        self.setWindowTitle(self.tr("Diagnostics"))
        self._facts = gather(client)
        self._runs: list[ProgramRun] = []
        self._waiting = 0
        explanation = QLabel(
            self.tr("This report helps others to answer a question about EarthLoc. It holds no photo and no result."
                    " Check it before you send it."),
            self,
        )  # fmt: skip
        explanation.setWordWrap(True)
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("earthloc_diagnostics_text")
        self.text.setAccessibleName(self.windowTitle())
        self.text.setReadOnly(True)
        self.include_paths = QCheckBox(self.tr("Include paths and addresses"), self)
        self.include_paths.setObjectName("include_paths_box")
        self.include_paths.toggled.connect(self._update)
        self.state = QLabel(self)
        self.state.setObjectName("earthloc_diagnostics_state")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        self.copy = QPushButton(self.tr("Copy diagnostics"), self)
        self.copy.setObjectName("copy_diagnostics_button")
        self.copy.clicked.connect(self._copy)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        layout = QVBoxLayout(self)
        layout.addWidget(explanation)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.include_paths)
        layout.addWidget(self.state)
        layout.addWidget(buttons)
        self.resize(720, 560)
        self.finished.connect(self._stop)
        self._ask_engine()
        self._update()

    @property
    def waiting(self) -> bool:
        """Whether an answer of the engine is still missing."""
        return self._waiting > 0

    def _ask_engine(self) -> None:
        program = settings.find_engine()
        if program is None:
            return

        def version_known(code: int | None, text: str) -> None:
            self._answered("version", text.splitlines()[0] if code == 0 and text else "no answer")

        def checked(code: int | None, text: str) -> None:
            if code is None:
                text = "no answer in time"
            elif not text:
                text = "not available in this engine"
            self._answered("self-test (earthloc doctor)", text)

        self._waiting = 2
        self._runs = [
            ProgramRun([program, "--version"], version_known, _LIMIT_MS, self),
            ProgramRun([program, "doctor", "--json"], checked, _LIMIT_MS, self),
        ]

    def _answered(self, name: str, text: str) -> None:
        self._waiting -= 1
        self._facts.engine[name] = text
        self._update()

    def _update(self, *_: object) -> None:
        self.text.setPlainText(as_markdown(self._facts, self.include_paths.isChecked()))
        self.state.setText(self.tr("Asking the engine…") if self.waiting else "")

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.text.toPlainText())
        self.state.setText(self.tr("Copied."))

    def _stop(self, *_: object) -> None:
        for run in self._runs:
            run.stop()
        self._runs = []
