"""Which imagery candidates are shown from, tie points snap to, and photos are fitted to."""

from __future__ import annotations

import os
from typing import Optional

from qgis.core import QgsMapLayer, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QMenu, QWidget

from ... import settings


class ImageryMenu(QObject):
    """A menu with the imagery of the panel, the raster files of the project, and any other file.

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
        chosen = settings.review_imagery()
        self._add(self.tr("What the panel fits photos to"), "", not chosen)
        rasters = {source: name for name, source in project_rasters()}
        if chosen and chosen not in rasters:
            rasters[chosen] = os.path.basename(chosen)
        for source, name in rasters.items():
            self._add(name, source, source == chosen)
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Choose a raster file…"), self.ask)

    def ask(self) -> None:
        """A file of the user's choice."""
        path, _ = QFileDialog.getOpenFileName(self._window, self.tr("Georeferenced imagery"))
        if path:
            self._choose(path)

    def _add(self, text: str, source: str, is_chosen: bool) -> None:
        action = self.menu.addAction(text, lambda: self._choose(source))
        action.setCheckable(True)
        action.setChecked(is_chosen)

    def _choose(self, source: str) -> None:
        settings.set_review_imagery(source)
        self.changed.emit()


def project_rasters() -> list[tuple[str, str]]:
    """Name and file of the project's rasters that are files of their own."""
    return [
        (layer.name(), layer.source())
        for layer in QgsProject.instance().mapLayers().values()
        if layer.type() == QgsMapLayer.LayerType.RasterLayer and os.path.isfile(layer.source())
    ]


def imagery_of(localization: dict) -> Optional[str]:
    """The imagery to use for a photo: the one chosen, else the one that the engine fitted it to, if it is here."""
    stated = (localization.get("imagery") or {}).get("source")
    return settings.imagery_for_review() or (stated if stated and os.path.isfile(stated) else None)
