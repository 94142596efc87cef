"""Script that `make run` executes in QGIS: makes a project with the results, as the panel does, and shows the panel.

Environment variables: EARTHLOC_PROJECT (the project file to write, next to its results), EARTHLOC_BASEMAP and
EARTHLOC_INDEX.
"""

import os
from pathlib import Path

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QTimer
from qgis.utils import iface, plugins

from earthloc_qgis import settings
from earthloc_qgis.core.layers import ResultLayers
from earthloc_qgis.core.store import ResultStore, results_path

settings.set_index_folder(str(Path(os.environ["EARTHLOC_INDEX"]).parent))
settings.set_chosen_indexes([os.environ["EARTHLOC_INDEX"]])

project = QgsProject.instance()
project.setFileName(os.environ["EARTHLOC_PROJECT"])
results = results_path(project)
project.addMapLayer(QgsRasterLayer(os.environ["EARTHLOC_BASEMAP"], "Basemap"))
layers = ResultLayers(project)
photos = [photo for photo in ResultStore(results).photos() if photo.status != "failed"]
for photo in reversed(photos):
    layers.show(photo.path, photo.photo_id or Path(photo.path).name, results, candidates_visible=len(photos) == 1)
project.write()
plugins["earthloc_qgis"].dock.show()
if photos:  # after QGIS has zoomed to the whole basemap
    QTimer.singleShot(1500, lambda: layers.zoom_to(photos[0].path, results, iface.mapCanvas()))
