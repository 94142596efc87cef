"""Which imagery candidates are shown from, tie points snap to, and photos are fitted to: that of the panel."""

from __future__ import annotations

import os
from typing import Optional

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QMenu, QWidget

from ... import settings
from ...core.imagery import Imagery, imagery_choices, same_imagery


class ImageryMenu(QObject):
    """A menu with what the panel offers; choosing here chooses there.

    Signals:
        changed(): another one was chosen.
    """

    changed = pyqtSignal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.menu = QMenu(window)
        self.menu.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Lists what there is now."""
        self.menu.clear()
        chosen = settings.imagery()
        for imagery in imagery_choices(QgsProject.instance(), chosen):
            text = imagery.label or self.tr("The imagery each index was made from")
            action = self.menu.addAction(text, lambda imagery=imagery: self._choose(imagery))
            action.setCheckable(True)
            action.setChecked(same_imagery(imagery, chosen))
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Choose a file…"), self.ask)

    def ask(self) -> None:
        """A file of the user's choice."""
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Georeferenced imagery"))
        if path:
            self._choose(Imagery(os.path.basename(path), path=path))

    def _choose(self, imagery: Imagery) -> None:
        settings.choose_imagery(imagery, QgsProject.instance())
        self.changed.emit()


def imagery_of(localization: dict) -> Optional[str]:
    """The imagery to use for a photo: the one chosen, else the one that the engine fitted it to, if it is here."""
    stated = (localization.get("imagery") or {}).get("source")
    return settings.imagery().spec() or (stated if stated and os.path.isfile(stated) else None)
