"""What the panel says when there is nothing to show: no photos yet, no engine."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..core.resources import icon


class EmptyState(QFrame):
    """Shown while the list has no photos: says what to do.

    Signals:
        files_wanted(), folder_wanted(): add photos.
        leftovers_wanted(): list the results that belong to no saved project.
    """

    files_wanted = pyqtSignal()
    folder_wanted = pyqtSignal()
    leftovers_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("empty_state")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        picture = QLabel(self)
        picture.setPixmap(icon().pixmap(QSize(64, 64)))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel(self.tr("Drop astronaut photos or folders here"), self)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        title.setFont(font)
        explanation = QLabel(
            self.tr("Then tick an index of the region to search and press Localize. Footprints appear on the map"
                    " and are saved beside your project."),
            self,
        )  # fmt: skip
        files = QPushButton(self.tr("Add photos…"), self)
        files.setObjectName("empty_add_files")
        files.clicked.connect(self.files_wanted)
        folder = QPushButton(self.tr("Add folder…"), self)
        folder.setObjectName("empty_add_folder")
        folder.clicked.connect(self.folder_wanted)
        self.leftovers = QPushButton(self)
        self.leftovers.setObjectName("leftovers_button")
        self.leftovers.setFlat(True)
        self.leftovers.clicked.connect(self.leftovers_wanted)
        self.leftovers.hide()
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(files)
        buttons.addWidget(folder)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(10)
        layout.addStretch(1)
        layout.addWidget(picture)
        for label in (title, explanation):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addLayout(buttons)
        layout.addWidget(self.leftovers)
        layout.addStretch(2)

    def show_leftovers(self, count: int) -> None:
        """Offers to list `count` photos that were located without a saved project; 0 offers nothing."""
        self.leftovers.setVisible(count > 0)
        self.leftovers.setText(self.tr("Bring back {n} located earlier and not saved").format(n=count))


class EngineNotice(QFrame):
    """A strip that says why there is no engine, with what to do about it; hidden when there is one.

    Signals:
        engine_chosen(path): the user has pointed at the program.
        options_wanted(): open the options page.
    """

    engine_chosen = pyqtSignal(str)
    options_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("engine_notice")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        sign = QLabel(self)
        sign.setPixmap(QgsApplication.getThemeIcon("/mIconWarning.svg").pixmap(QSize(24, 24)))
        sign.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.text = QLabel(self)
        self.text.setObjectName("engine_notice_text")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        choose = QPushButton(self.tr("Choose the engine…"), self)
        choose.setObjectName("choose_engine_button")
        choose.clicked.connect(self._choose)
        options = QPushButton(self.tr("Options…"), self)
        options.clicked.connect(self.options_wanted)
        buttons = QHBoxLayout()
        buttons.addWidget(choose)
        buttons.addWidget(options)
        buttons.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self.text)
        right.addLayout(buttons)
        layout = QHBoxLayout(self)
        layout.addWidget(sign)
        layout.addLayout(right, 1)
        self.hide()

    def show_problem(self, message: str) -> None:
        """Shows the strip with `message`, or hides it when that is empty."""
        hint = self.tr("It is a program of its own, called earthloc; the README says how to install it.")
        self.text.setText(f"{message}\n{hint}")
        self.setVisible(bool(message))

    def _choose(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("The engine: the program earthloc"))
        if path:
            self.engine_chosen.emit(path)
