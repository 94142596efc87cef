"""The choices of the engine installer: where from, and under Advanced with which Python and through which mirror."""

from __future__ import annotations

import os
from pathlib import Path

from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFormLayout, QLabel, QLineEdit, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from .. import settings
from ..core.install.pythons import Python
from ..core.install.source_settings import Sources
from ..core.install.sources import default_find_links


class InstallForm(QWidget):
    """Widgets for an installation.

    Signals:
        python_changed(): the user has chosen another Python.
    """

    python_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.from_internet = QRadioButton(self.tr("From the &internet"), self)
        self.from_internet.setObjectName("install_from_internet")
        self.from_internet.setChecked(True)
        self.from_file = QRadioButton(self.tr("From a pack &file, without the internet"), self)
        self.from_file.setObjectName("install_from_file")
        self.pack = QgsFileWidget(self)
        self.pack.setObjectName("install_pack_file")
        self.pack.setDialogTitle(self.tr("Install engine from file"))
        self.pack.setFilter(self.tr("Engine packs (earthloc-engine-*.zip)") + ";;*.zip")
        self.pack.fileChanged.connect(self._pack_chosen)
        self.python = QgsFileWidget(self)
        self.python.setObjectName("install_python")
        self.python.setDialogTitle(self.tr("Python 3.11, 3.12 or 3.13"))
        self.found = QLabel(self)
        self.found.setObjectName("install_python_found")
        self.found.setWordWrap(True)
        self.found.setTextFormat(Qt.TextFormat.PlainText)
        self.index_url = QLineEdit(self)
        self.index_url.setObjectName("install_index_url")
        self.index_url.setPlaceholderText(self.tr("as pip is set up on this computer"))
        self.find_links = QLineEdit(self)
        self.find_links.setObjectName("install_find_links")
        self.find_links.setPlaceholderText(default_find_links())
        self.certificate = QgsFileWidget(self)
        self.certificate.setObjectName("install_certificate")
        self.certificate.setFilter(self.tr("Certificates (*.pem *.crt)"))
        self._lay_out()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)  # the dialog grows with Advanced
        self.load()
        self.python.fileChanged.connect(lambda _: self.python_changed.emit())

    def _lay_out(self) -> None:
        self.advanced = QgsCollapsibleGroupBox(self.tr("Advanced"), self)
        self.advanced.setObjectName("install_advanced")
        form = QFormLayout(self.advanced)
        form.addRow(self.tr("Python"), self.python)
        form.addRow(self.found)
        form.addRow(self.tr("Package index (mirror)"), self.index_url)
        form.addRow(self.tr("Engine files: page or folder"), self.find_links)
        form.addRow(self.tr("Certificate file"), self.certificate)
        form.addRow(QLabel(self.tr("The proxy is the one set in QGIS under Settings, Options, Network."), self))
        self.advanced.setCollapsed(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.from_internet)
        layout.addWidget(self.from_file)
        layout.addWidget(self.pack)
        layout.addWidget(self.advanced)

    def load(self) -> None:
        """Show the stored choices."""
        chosen = settings.engine_sources()
        self.python.setFilePath(settings.engine_python())
        self.index_url.setText(chosen.index_url)
        self.find_links.setText(chosen.find_links)
        self.certificate.setFilePath(chosen.certificate)

    def save(self) -> None:
        """Store the choices."""
        settings.set_engine_python(self.python.filePath())
        settings.set_engine_sources(self.sources())

    def sources(self) -> Sources:
        """Where packages come from."""
        return Sources(
            self.index_url.text().strip(), self.find_links.text().strip(), self.certificate.filePath().strip()
        )

    def pack_path(self) -> Path | None:
        """The pack to install; None for an installation from the internet."""
        return Path(self.pack.filePath().strip()) if self.from_file.isChecked() else None

    def choose_pack(self, path: str) -> None:
        """Choose a pack for the user."""
        self.pack.setFilePath(path)

    def show_pythons(self, pythons: list[Python]) -> None:
        """Show which Python will be used, or why there is none."""
        if pythons and not pythons[0].problem:
            self._show_found(pythons[0].label)
        elif pythons:
            self._show_found(pythons[0].problem)
        else:
            self._show_found(self.tr("No Python was found."))

    def _show_found(self, text: str) -> None:
        self.found.setText(text.replace(os.sep, os.sep + "\u200b"))  # allows line breaks in long paths

    def _pack_chosen(self, path: str) -> None:
        if path:
            self.from_file.setChecked(True)
