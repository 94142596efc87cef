"""The choices of *Add from catalogue…*: which catalogue, where the photos are, and what may be asked of whom."""

from __future__ import annotations

from urllib.parse import urlsplit

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ..contract.parameters import NASA_API, NASA_ARCHIVE

_EXAMPLE = "nadir|pdate|eq|20240115"


def host_of(address: str) -> str:
    """The host of an address, as the user must know it; "" if it has none."""
    try:
        return urlsplit(address.strip()).hostname or ""
    except ValueError:
        return ""


class CatalogueForm(QGroupBox):
    """A catalogue: files, or NASA's Photos Database after the user has agreed to ask it.

    Signals:
        changed(): any choice changed.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Catalogue"))
        self.from_file = QRadioButton(self.tr("From &files"), self)
        self.from_file.setObjectName("catalogue_from_file")
        self.from_file.setChecked(True)
        self.files = QgsFileWidget(self)
        self.files.setObjectName("catalogue_files")
        self.files.setStorageMode(QgsFileWidget.StorageMode.GetMultipleFiles)
        self.files.setDialogTitle(self.tr("Catalogues of photos"))
        self.files.setFilter(self.tr("Catalogues and lists (*.csv *.tsv *.txt *.json *.gz)") + ";;*")
        self.kind = QComboBox(self)
        self.kind.setObjectName("catalogue_kind")
        for kind, text in (
            ("auto", self.tr("Find out")),
            ("nasa", self.tr("NASA: answer of the Photos Database (JSON)")),
            ("tsv", self.tr("NASA: table, such as frames or mlcoord (TSV)")),
            ("earthkam", self.tr("ISS EarthKAM (CSV)")),
            ("ids", self.tr("List of photo ids or file names")),
            ("list", self.tr("List written by EarthLoc (CSV)")),
        ):
            self.kind.addItem(text, kind)
        self.from_api = QRadioButton(self.tr("From &NASA's Photos Database, over the internet"), self)
        self.from_api.setObjectName("catalogue_from_api")
        self.query = QLineEdit(self)
        self.query.setObjectName("catalogue_query")
        self.query.setPlaceholderText(_EXAMPLE)
        self.query.setToolTip(
            self.tr(
                "table|field|operator|value, several joined by |\nOperators: eq, ne, gt, ge, lt, le, like, not like"
            )
        )
        self.key = QLineEdit(self)
        self.key.setObjectName("catalogue_key")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(self.tr("from NASA; forgotten when QGIS ends"))
        self.address = QLineEdit(NASA_API, self)
        self.address.setObjectName("catalogue_address")
        self.address.setCursorPosition(0)
        self.agree = QCheckBox(self)
        self.agree.setObjectName("catalogue_agree")
        self._lay_out()
        for radio in (self.from_file, self.from_api):
            radio.toggled.connect(self._update)
        self.files.fileChanged.connect(lambda _: self.changed.emit())
        self.kind.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.query.textChanged.connect(lambda _: self.changed.emit())
        self.key.textChanged.connect(lambda _: self.changed.emit())
        self.address.textChanged.connect(self._address_changed)
        self.agree.toggled.connect(lambda _: self.changed.emit())
        self._address_changed()
        self._update()

    def paths(self) -> list[str]:
        """The chosen files; none if the database is to be asked."""
        if self.from_api.isChecked():
            return []
        return [path for path in QgsFileWidget.splitFilePaths(self.files.filePath()) if path]

    def missing(self) -> str:
        """What is missing to read the catalogue, as a sentence; "" for nothing."""
        if self.from_file.isChecked():
            return "" if self.paths() else self.tr("Choose a file.")
        if not self.query.text().strip():
            return self.tr("Type a query, such as {example}.").format(example=_EXAMPLE)
        if not host_of(self.address.text()):
            return self.tr("Type the address of the database, which begins with https://.")
        return "" if self.agree.isChecked() else self.tr("Agree to what is sent, or choose files.")

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(20, 0, 0, 0)
        form.addRow(self.tr("Files"), self.files)
        form.addRow(self.tr("Kind"), self.kind)
        self._file_rows = QWidget(self)
        self._file_rows.setLayout(form)
        form = QFormLayout()
        form.setContentsMargins(20, 0, 0, 0)
        form.addRow(self.tr("Query"), self.query)
        form.addRow(self.tr("Key"), self.key)
        form.addRow(self.tr("Address"), self.address)
        form.addRow(self.agree)
        self._api_rows = QWidget(self)
        self._api_rows.setLayout(form)
        layout = QVBoxLayout(self)
        for widget in (self.from_file, self._file_rows, self.from_api, self._api_rows):
            layout.addWidget(widget)

    def _update(self, *_: object) -> None:
        self._file_rows.setVisible(self.from_file.isChecked())
        self._api_rows.setVisible(self.from_api.isChecked())
        self.changed.emit()

    def _address_changed(self, *_: object) -> None:
        """Another host needs another consent."""
        host = host_of(self.address.text())
        text = self.tr("I agree that EarthLoc sends this query and the key to {host}").format(host=host or "…")
        if text != self.agree.text():
            self.agree.setChecked(False)
            self.agree.setText(text)
        self.agree.setEnabled(bool(host))
        self.changed.emit()


class PhotosForm(QGroupBox):
    """Where the photos of a catalogue are, and whether missing ones may be fetched.

    Signals:
        changed(): any choice changed.
        folder_changed(): another folder was chosen.
    """

    changed = pyqtSignal()
    folder_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Photos"))
        self.folder = QgsFileWidget(self)
        self.folder.setObjectName("catalogue_folder")
        self.folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.folder.setDialogTitle(self.tr("Folder of the photos"))
        self.folder.setToolTip(self.tr("Photos in it and its subfolders are found by the ids in their file names"))
        self.size_box = QComboBox(self)
        self.size_box.setObjectName("catalogue_size")
        self.size_box.setAccessibleName(self.tr("Size of the photos"))
        self.size_box.addItem(self.tr("large, several MB each"), "large")
        self.size_box.addItem(self.tr("small, for a quick look"), "small")
        self.archive = QLineEdit(NASA_ARCHIVE, self)
        self.archive.setObjectName("catalogue_archive")
        self.archive.setAccessibleName(self.tr("Address of the archive"))
        self.agree = QCheckBox(self)
        self.agree.setObjectName("catalogue_fetch_agree")
        form = QFormLayout(self)
        form.addRow(self.tr("In the folder"), self.folder)
        form.addRow(self.agree)
        line = QHBoxLayout()
        line.addWidget(self.archive, 1)
        line.addWidget(self.size_box)
        form.addRow(self.tr("From"), line)
        self.folder.fileChanged.connect(lambda _: self.folder_changed.emit())
        self.archive.textChanged.connect(self._address_changed)
        self.agree.toggled.connect(lambda _: self.changed.emit())
        self._address_changed()

    def path(self) -> str:
        """The folder; "" without one."""
        return self.folder.filePath().strip()

    def _address_changed(self, *_: object) -> None:
        """Another host needs another consent."""
        host = host_of(self.archive.text())
        text = self.tr("Missing photos may be fetched from {host}, one at a time, into this folder")
        text = text.format(host=host or "…")
        if text != self.agree.text():
            self.agree.setChecked(False)
            self.agree.setText(text)
        self.changed.emit()


def note(text: str, parent: QWidget) -> QLabel:
    """A line of plain text that breaks where it must."""
    label = QLabel(text, parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
