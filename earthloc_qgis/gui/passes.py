"""*Solve passes*: photos that are not located get the footprint that their pass says, and a box tells how that went."""

from __future__ import annotations

from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QMessageBox, QWidget

from .. import settings
from ..contract.passes import SolvePassesAnswer
from ..contract.protocol import SolvePasses
from ..contract.status import BY_PASS
from ..core.engine_client import EngineError
from ..core.store import StoreError
from ..core.words import message_in_words
from .waiting import request_with_progress


class PassSolving(QObject):
    """Asks the engine to solve the passes of the results, and shows what it says and the new footprints.

    Args:
        controller: the controller of the panel.
        window: the panel, parent of the box.

    Signals:
        changed(paths): photos whose result is another one now.
    """

    changed = pyqtSignal(list)

    def __init__(self, controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._window = controller, window

    def ask(self) -> None:
        """Solve the passes of the photos in the results."""
        if not self._controller.check_engine():
            return
        request = SolvePasses(str(self._controller.store.path), settings.orbit_file() or None)
        client, label = self._controller.client, self.tr("Solving passes…")
        request_with_progress(client, request, label, self._window, self._solved, self._failed)

    def _solved(self, answer: SolvePassesAnswer) -> None:
        self._show(self._update())
        box = QMessageBox(self._window)
        box.setObjectName("passes_box")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Information)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(self.tr("Solve passes"))
        given = sum(photo["given"] for one in answer["passes"] for photo in one["predicted"])
        box.setText(self.tr("{n} photos have a footprint by the pass.").format(n=given))
        lines = [f"{one['first'][:16].replace('T', ' ')}: {message_in_words(one)}" for one in answer["passes"]]
        if answer["left_out"]:
            text = self.tr("{n} photos belong to no pass: they have no time, or cannot be read.")
            lines.append(text.format(n=len(answer["left_out"])))
        box.setInformativeText("\n".join(lines))
        box.setStandardButtons(QMessageBox.StandardButton.Close)
        box.open()

    def _failed(self, error: EngineError) -> None:
        self._controller.message.emit(error.message, Qgis.MessageLevel.Warning)

    def _update(self) -> list[str]:
        """Bring the list up to date; returns the photos whose result is another one now."""
        model, changed = self._controller.model, []
        try:
            stored = self._controller.store.photos()
        except StoreError as error:
            self._controller.message.emit(str(error), Qgis.MessageLevel.Warning)
            return []
        for row in stored:
            photo = model.photo(row.path)
            if photo is None or (photo.status, photo.message) == (row.status, row.message):
                continue
            if BY_PASS in (photo.status, row.status):
                model.update(row.path, status=row.status, confidence=row.confidence, message=row.message)
                changed.append(row.path)
        return changed

    def _show(self, changed: list[str]) -> None:
        for path in changed:
            self._controller.map.show(path, candidates_visible=False)
        if changed:
            self.changed.emit(changed)
