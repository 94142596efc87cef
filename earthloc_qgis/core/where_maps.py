"""Maps of where photos could be: the engine writes each as a raster into the folder of drawn photos."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..contract.protocol import WhereRaster
from .engine_client import EngineClient, EngineError
from .layers import ResultLayers
from .pictures import forget_pictures, where_path
from .store import ResultStore, StoreError


class WhereMaps(QObject):
    """Shows where photos could be. Main thread only.

    Signals:
        shown(photo): the search areas are on the map; the raster may follow.
        refused(photo, message): the raster or the areas cannot be shown, and why.
    """

    shown = pyqtSignal(str)
    refused = pyqtSignal(str, str)

    def __init__(self, client: EngineClient, project: QgsProject, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._layers = ResultLayers(project, self)
        self._running: set[str] = set()

    def show(self, photo: str, store: ResultStore, has_engine: bool = True) -> None:
        """Shows search areas at once, and the raster when the engine has drawn it.

        Args:
            photo: its path.
            store: the results file.
            has_engine: False shows a raster only if it was drawn before.
        """
        try:
            found = store.localization(photo)
        except StoreError as error:
            self.refused.emit(photo, str(error))
            return
        where = found.get("where") if found else None
        if not where:
            why = self.tr("It is not known where it could be. Tick “Say where it could be” and locate it again.")
            self.refused.emit(photo, why)
            return
        if not self._layers.where.show_areas(photo, store.path):
            self._layers.show(photo, Path(photo).stem, store.path, candidates_visible=False)
            self._layers.where.show_areas(photo, store.path)
        self.shown.emit(photo)
        raster = where_path(store, photo, where)
        if raster.is_file():
            self._add(photo, store, raster)
        elif has_engine and photo not in self._running:
            self._draw(photo, store, raster)

    def _draw(self, photo: str, store: ResultStore, raster: Path) -> None:
        try:
            raster.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.refused.emit(photo, f"{raster.parent}: {error.strerror}.")
            return
        self._running.add(photo)
        self._client.request(
            WhereRaster(photo, str(store.path), str(raster)),
            on_result=lambda answer: self._drawn(photo, store, raster),
            on_error=lambda error: self._failed(photo, error),
        )

    def _drawn(self, photo: str, store: ResultStore, raster: Path) -> None:
        self._running.discard(photo)
        self._add(photo, store, raster)
        forget_pictures(photo, store, but=raster)  # of an earlier run

    def _failed(self, photo: str, error: EngineError) -> None:
        self._running.discard(photo)
        if error.kind != "cancelled":
            self.refused.emit(photo, error.message)

    def _add(self, photo: str, store: ResultStore, raster: Path) -> None:
        if not self._layers.where.show_raster(photo, store.path, raster):
            self.refused.emit(photo, self.tr("{path}: cannot be opened as a raster.").format(path=raster))
