"""Run inside QGIS by `make run`: loads the basemap and the results, and opens the EarthLoc panel."""

import os

from qgis.core import QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.utils import iface, plugins

results = os.environ["EARTHLOC_SHOW"]
project = QgsProject.instance()
project.addMapLayer(QgsRasterLayer(os.environ["EARTHLOC_BASEMAP"], "Basemap"))
for table in ("candidates", "footprints", "photos"):
    layer = QgsVectorLayer(f"{results}|layername={table}", table.capitalize(), "ogr")
    project.addMapLayer(layer)
    if table == "footprints":
        iface.setActiveLayer(layer)
        iface.zoomToActiveLayer()
plugins["earthloc_qgis"].dock.show()
