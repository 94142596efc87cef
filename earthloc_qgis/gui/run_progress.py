"""How far the work is: a bar over all photos, and in words what is going on."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from .plain_text import plain


class RunProgress(QWidget):
    """A thin bar and a line of text; hidden while nothing is done."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar(self)
        self.bar.setObjectName("progress_bar")
        self.bar.setAccessibleName(self.tr("Progress over all photos"))
        self.setAccessibleName(self.bar.accessibleName())
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(8)
        self.text = QLabel(self)
        self.text.setObjectName("progress_text")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # long texts are cut
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar)
        layout.addWidget(self.text)
        self._of_run = self._stage = self._drawing = ""
        self.show_work(locating=False, drawing=False)

    def show_work(self, locating: bool, drawing: bool) -> None:
        """Shows what there is to show while photos are located, or drawn on the map."""
        self.setVisible(locating or drawing)
        self.bar.setVisible(locating)
        if not locating:
            self._of_run = self._stage = ""
        if not drawing:
            self._drawing = ""
        self._tell()

    def show_run(self, done: int, total: int, seconds_left: float) -> None:
        """How many photos of the run are done; `seconds_left` is negative while unknown."""
        self.bar.setRange(0, 100 * total)
        self.bar.setValue(100 * done)
        self._of_run = self.tr("{done} of {total}").format(done=done, total=total)
        if done < total and seconds_left >= 0:
            self._of_run += self.tr(", about {time} left").format(time=duration_text(seconds_left))
        self._tell()

    def show_stage(self, text: str) -> None:
        """What is being done with the photo that is being located."""
        self._stage = text
        self._tell()

    def show_drawing(self, text: str) -> None:
        """What is being done with the photo that is being drawn."""
        self._drawing = text
        self._tell()

    def _tell(self) -> None:
        text = " · ".join(part for part in (self._of_run, self._stage, self._drawing) if part)
        self.text.setText(text)
        self.text.setToolTip(plain(text))


def duration_text(seconds: float) -> str:
    """A duration in the words of a progress line."""
    if seconds < 90:
        return QCoreApplication.translate("EarthLoc", "{n} s").format(n=max(1, round(seconds)))
    if seconds < 5400:
        return QCoreApplication.translate("EarthLoc", "{n} min").format(n=round(seconds / 60))
    return QCoreApplication.translate("EarthLoc", "{n} h").format(n=round(seconds / 3600))
