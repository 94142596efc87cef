"""Results on the map: layers over a basemap, and zooming to them."""

from __future__ import annotations

import os
from typing import Callable

from qgis.core import Qgis, QgsProject
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..contract.localization import Localization
from ..contract.status import CHANCE, UNCERTAIN
from ..core.basemap import ensure_basemap
from ..core.engine_client import EngineClient
from ..core.layers import ResultLayers
from ..core.queue import Job
from ..core.store import StoreError
from ..core.where_words import gives_a_hint
from .photo_model import PhotoModel
from .project_results import ProjectResults

_FIRST_LAYERS_MS = 400


def is_a_place(found: Localization) -> bool:
    """Whether a localization has a footprint that means something."""
    by_chance = found["status"] == UNCERTAIN and found["confidence"] is not None and found["confidence"] < CHANCE
    return bool(found["footprint"]) and not by_chance


def is_to_search(found: Localization) -> bool:
    """Whether a localization has no footprint that means something, but says where to look."""
    where = found.get("where")
    return where is not None and not is_a_place(found) and gives_a_hint(where)


class ResultMap(QObject):
    """Shows the results of photos on the map. No widgets but the map canvas.

    Args:
        project: the QGIS project.
        canvas: the map canvas.
        layers: the layers of the results.
        results: the results file.
        model: the list of photos, which has their names.
        client: of the engine, which has a mosaic of the world.

    Signals:
        message(text, level): information for the user; level is a Qgis.MessageLevel.
    """

    message = pyqtSignal(str, object)

    def __init__(
        self, project: QgsProject, canvas, layers: ResultLayers, results: ProjectResults, model: PhotoModel,
        client: EngineClient, parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._project, self._canvas, self._layers = project, canvas, layers
        self._results, self._model, self._client = results, model, client
        self._to_show: list[str] = []
        self._to_search: list[str] = []
        self._zoom_timer = QTimer(self)
        self._zoom_timer.setSingleShot(True)
        self._zoom_timer.timeout.connect(self._zoom_now)
        self.may_zoom: Callable[[], bool] = lambda: True  # whether the map may move when a run ends

    def show(self, path: str, candidates_visible: bool, areas_visible: bool = False) -> None:
        """Show the layers of a photo, over a basemap if the project has no other layer."""
        photo = self._model.photo(path)
        name = photo.name if photo is not None else os.path.basename(path)
        ensure_basemap(self._project, self._client.included_indexes)
        self._layers.show(path, name, self._results.store.path, candidates_visible, areas_visible)

    def zoom(self, path: str, rank: int | None = None) -> None:
        """Zoom the map to the footprint of a photo, or to one of its candidates. Without any, to where it could be."""
        store = self._results.store
        if self._layers.zoom_to(path, store.path, self._canvas, rank):
            return
        try:
            answer = store.localization(path)  # an unsaved result is not on the map
        except StoreError as error:
            self.message.emit(str(error), Qgis.MessageLevel.Warning)
            return
        if answer and answer.get("footprint"):
            self.show(path, candidates_visible=rank is not None)
            if self._layers.zoom_to(path, store.path, self._canvas, rank):
                return
            self._cannot_show()
        elif answer and answer.get("where") and rank is None:
            self.zoom_to_where(path)
        else:
            self.message.emit(self.tr("There is no result to zoom to yet."), Qgis.MessageLevel.Info)

    def zoom_to_where(self, path: str) -> None:
        """Show the search areas of a photo, over a basemap, and zoom to that of 90 %."""
        gpkg = self._results.store.path
        ensure_basemap(self._project, self._client.included_indexes)
        if not self._layers.where.zoom_to(path, gpkg, self._canvas):
            self.show(path, candidates_visible=False)  # it is not on the map yet
            if not self._layers.where.zoom_to(path, gpkg, self._canvas):
                self._cannot_show()

    def _cannot_show(self) -> None:
        text = self.tr("The coordinate system of the map cannot show this position.")
        self.message.emit(text, Qgis.MessageLevel.Warning)

    def zoom_to_run(self, jobs: dict[str, Job]) -> None:
        """Show all footprints that a run has found, or where a single photo without one could be."""
        results = {path: job.result for path, job in jobs.items() if job.result is not None}
        saved = {path: result for path, result in results.items() if result["saved_to"]}
        found = [path for path, result in saved.items() if is_a_place(result)]
        lost = [path for path, result in saved.items() if len(results) == 1 and is_to_search(result)]
        if not (found or lost) or not self.may_zoom():
            return
        self._to_show, self._to_search = found, lost
        # QGIS zooms to the first layers of a project itself, some time after they were added.
        self._zoom_timer.start(0 if self._canvas.layers() else _FIRST_LAYERS_MS)

    def _zoom_now(self) -> None:
        photos = self._to_show
        for lost in self._to_search:
            self.zoom_to_where(lost)
        if len(photos) == 1:
            self.zoom(photos[0])
        elif photos:
            self._layers.zoom_to_all(photos, self._results.store.path, self._canvas)
