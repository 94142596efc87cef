"""The first steps in the panel: engine, imagery, first photo. Each can be skipped, and they can be shown again."""

from __future__ import annotations

from dataclasses import dataclass, field

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from .. import settings

ENGINE, IMAGERY, PHOTO = "engine", "imagery", "photo"
STEPS = (ENGINE, IMAGERY, PHOTO)


@dataclass
class _Step:
    """The widgets of a step; `details` are visible only while it is the current one."""

    mark: QLabel
    title: QLabel
    details: QWidget
    skip: QPushButton
    buttons: dict[str, QPushButton] = field(default_factory=dict)


class FirstSteps(QScrollArea):
    """Three steps, of which the first unfinished one is open.

    Signals:
        install_wanted(): the user wants to install the engine.
        engine_wanted(): the user wants to choose an engine that is installed.
        imagery_wanted(): the user wants to add imagery of a region.
        sample_wanted(), files_wanted(), folder_wanted(): the user wants to add a photo.
        step_changed(): another step is open.
        finished(): all steps are finished or skipped.
    """

    install_wanted = pyqtSignal()
    engine_wanted = pyqtSignal()
    imagery_wanted = pyqtSignal()
    sample_wanted = pyqtSignal()
    files_wanted = pyqtSignal()
    folder_wanted = pyqtSignal()
    step_changed = pyqtSignal()
    finished = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("first_steps")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._taken = settings.first_steps_taken()
        self._steps: dict[str, _Step] = {}
        title = QLabel(self.tr("First steps"), self)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        title.setFont(font)
        close = QPushButton(self.tr("Skip all"), self)
        close.setObjectName("first_steps_skip_all")
        close.setFlat(True)
        close.clicked.connect(self._finish)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(close)
        content = QWidget(self)
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(12, 12, 12, 12)
        self._column.setSpacing(10)
        self._column.addLayout(head)
        self._add(
            ENGINE,
            self.tr("Engine"),
            self.tr("The engine is a separate program, which does the searching on this computer."),
            {
                "engine_install": (self.tr("Install engine…"), self.install_wanted.emit),
                "engine_choose": (self.tr("Choose the engine…"), self.engine_wanted.emit),
            },
        )
        self._add(
            IMAGERY,
            self.tr("Imagery"),
            self.tr("The engine includes imagery of the whole world. It is enough for photos that show about 150 km of"
                    " ground or more. For photos of narrower ground, add imagery of their region. You can also do that"
                    " later, with the button beside the indexes."),
            {
                "imagery_world": (self.tr("Use the world"), lambda: self.take(IMAGERY)),
                "imagery_add": (self.tr("Add imagery…"), self._imagery),
            },
        )  # fmt: skip
        self._add(
            PHOTO,
            self.tr("First photo"),
            self.tr("Drop a photo here, or try the sample: a simulated photo of Sinai and the Nile delta. Its result"
                    " appears on the map after some seconds."),
            {
                "photo_sample": (self.tr("Locate the sample photo"), self.sample_wanted.emit),
                "photo_files": (self.tr("Add photos…"), self.files_wanted.emit),
                "photo_folder": (self.tr("Add folder…"), self.folder_wanted.emit),
            },
        )  # fmt: skip
        self._column.addStretch(1)
        self.setWidget(content)
        self._show_steps()

    def current(self) -> str:
        """Name of the open step; "" when all are finished."""
        return next((name for name in STEPS if name not in self._taken), "")

    def button(self, name: str) -> QPushButton:
        """A button by its object name."""
        return next(step.buttons[name] for step in self._steps.values() if name in step.buttons)

    def start_again(self) -> None:
        """Begin with the first step."""
        self._taken = set()
        settings.set_first_steps_done(False)
        self._show_steps()

    def show_engine(self, found: bool) -> None:
        """Tick the first step when there is an engine."""
        if found and self.current() == ENGINE:
            self.take(ENGINE)

    def take(self, name: str) -> None:
        """Mark a step as finished or skipped."""
        self._taken.add(name)
        if self.current():
            settings.set_first_steps_taken(self._taken)
            self._show_steps()
        else:
            self._finish()

    def _add(self, name: str, title: str, text: str, buttons: dict) -> None:
        mark, heading, details = QLabel(self), QLabel(title, self), QWidget(self)
        mark.setFixedWidth(22)
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        explanation = QLabel(text, details)
        explanation.setWordWrap(True)
        explanation.setMinimumWidth(240)
        column = QVBoxLayout(details)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(explanation)
        skip = QPushButton(self.tr("Skip"), self)
        skip.setObjectName(f"first_steps_{name}_skip")
        skip.setFlat(True)
        skip.clicked.connect(lambda: self.take(name))
        step = _Step(mark, heading, details, skip)
        for key, (label, callback) in buttons.items():
            button = QPushButton(label, details)
            button.setObjectName(f"first_steps_{key}")
            button.clicked.connect(lambda _=False, callback=callback: callback())
            step.buttons[key] = button
        pressed = list(step.buttons.values())
        for first in range(0, len(pressed), 2):  # two in a row: translations are long
            row = QHBoxLayout()
            for button in pressed[first : first + 2]:
                row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.addWidget(mark, 0, 0)
        grid.addWidget(heading, 0, 1)
        grid.addWidget(skip, 0, 2)
        grid.addWidget(details, 1, 1, 1, 2)
        self._column.addLayout(grid)
        self._steps[name] = step

    def _show_steps(self) -> None:
        current = self.current()
        for number, name in enumerate(STEPS, start=1):
            step = self._steps[name]
            font = step.title.font()
            font.setBold(name == current)
            step.title.setFont(font)
            step.title.setEnabled(name == current)
            step.details.setVisible(name == current)
            step.skip.setVisible(name == current)
            if name in self._taken:
                step.mark.setPixmap(QgsApplication.getThemeIcon("/mIconSuccess.svg").pixmap(QSize(16, 16)))
            else:
                step.mark.setText(f"{number}.")
        self.step_changed.emit()

    def _imagery(self) -> None:
        self.take(IMAGERY)
        self.imagery_wanted.emit()

    def _finish(self) -> None:
        self._taken = set(STEPS)
        settings.set_first_steps_taken(self._taken)
        settings.set_first_steps_done(True)
        self._show_steps()
        self.finished.emit()
