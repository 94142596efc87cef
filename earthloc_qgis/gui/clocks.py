"""*Solve clocks*: says how wrong cameras' clocks were, applies the offsets after a question, and undoes that."""

from __future__ import annotations

from qgis.core import Qgis, QgsProject
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QMessageBox, QWidget

from .. import settings
from ..contract.clocks import ClockOffset, SolveClocksAnswer, holds_for, known_offset
from ..contract.protocol import SolveClocks
from ..contract.status import LOCATED
from ..core.clocks import apply_clocks, store_clocks
from ..core.engine_client import EngineError
from ..core.words import message_in_words
from .notice_line import NoticeLine
from .photo_model import QUEUED, RUNNING, Photo
from .plain_text import escaped
from .waiting import request_with_progress


class ClockSolving(QObject):
    """Asks the engine for the clocks of the results, shows what it says, and applies it if the user agrees.

    Args:
        controller: the controller of the panel.
        project: stores the offsets.
        window: the panel, parent of the question and the notice.

    Signals:
        locate_wanted(paths): photos that are not located and have a known clock now.
    """

    locate_wanted = pyqtSignal(list)

    def __init__(self, controller, project: QgsProject, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._project, self._window = controller, project, window
        self._before: list[ClockOffset] = []
        self.notice = NoticeLine("clocks_notice", "mIconInfo", self.tr("Undo"), window)
        self.notice.action_wanted.connect(self.undo)
        controller.restored.connect(lambda: self.notice.show_text(""))

    def ask(self) -> None:
        """Solve the clocks of the photos in the results."""
        if not self._controller.check_engine():
            return
        request = SolveClocks(str(self._controller.store.path), settings.orbit_file() or None)
        client, label = self._controller.client, self.tr("Solving clocks…")
        request_with_progress(client, request, label, self._window, self._solved, self._failed)

    def undo(self) -> None:
        """Forget the offsets that were applied last. Photos that were located meanwhile keep their results."""
        store_clocks(self._project, self._before)
        self.notice.show_text("")
        self._controller.message.emit(self.tr("The offsets are no longer applied."), Qgis.MessageLevel.Info)

    def _solved(self, answer: SolveClocksAnswer) -> None:
        clocks = [known for known in map(known_offset, answer["clocks"]) if known is not None]
        question = QMessageBox(self._window)
        question.setObjectName("clocks_question")
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Information)
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setWindowTitle(self.tr("Solve clocks"))
        question.setText("\n".join(message_in_words(clock) for clock in answer["clocks"]))
        question.setStandardButtons(QMessageBox.StandardButton.Close)
        if clocks and settings.orbit_file():
            waiting = self._unlocated(clocks)
            text = self.tr(
                "Apply takes this into account when photos of these cameras are located, and locates those again that"
                " are not located: {n}."
            )
            question.setInformativeText(text.format(n=len(waiting)))
            button = question.addButton(self.tr("Apply"), QMessageBox.ButtonRole.AcceptRole)
            button.clicked.connect(lambda: self._apply(clocks, waiting))
        elif clocks:
            text = self.tr("To apply this to other photos, choose a file of the station's orbit in the options.")
            question.setInformativeText(text)
        question.open()

    def _failed(self, error: EngineError) -> None:
        self._controller.message.emit(error.message, Qgis.MessageLevel.Warning)

    def _apply(self, clocks: list[ClockOffset], waiting: list[str]) -> None:
        self._before = apply_clocks(self._project, clocks)
        names = ", ".join(sorted({clock["camera"] or "?" for clock in clocks}))
        self.notice.show_text(escaped(self.tr("The clocks are corrected: {names}.").format(names=names)))
        if waiting:
            self.locate_wanted.emit(waiting)

    def _unlocated(self, clocks: list[ClockOffset]) -> list[str]:
        photos = self._controller.model.photos()
        busy = (LOCATED, QUEUED, RUNNING)
        return [one.path for one in photos if one.status not in busy and any(_is_of(one, clock) for clock in clocks)]


def _is_of(photo: Photo, clock: ClockOffset) -> bool:
    """Whether the offset is of the photo's camera and time."""
    try:
        return photo.taken_at is not None and holds_for(clock, photo.camera, photo.taken_at)
    except (ValueError, OverflowError):
        return False
