"""How smooth a review stays: 5,000 photos in the list, 50,000 candidate tiles on the map.

    python benchmarks/review.py

Runs in QGIS's own Python (QGIS_PYTHON, default /usr/bin/python3). "Stalled" is the longest that the window's event loop
stood still, which is what a user feels; the aim is 50 ms.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile

from _setting import REPOSITORY

MEASURE = """
import json, os, sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests/qgis"]
from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsProject, QgsVectorLayer
application = QgsApplication([], True)
application.initQgis()
from osgeo import gdal, ogr
from qgis.gui import QgsMapCanvas
from conftest import Pulse, wait_for
from review_results import write_review_results
from earthloc_qgis.core.camera import offset
from earthloc_qgis.core.resources import style
from earthloc_qgis.gui.review.window import ReviewWindow
from earthloc_qgis import settings
settings.find_engine = lambda: None
folder = Path(sys.argv[2])
results = folder / "r.gpkg"
start = time.perf_counter()
photos = write_review_results(results, 5000, only_first_is_drawn=True)
source = ogr.Open(str(results), 1)
layer = source.GetLayerByName("candidates")
have = layer.GetFeatureCount()
layer.StartTransaction()
for n in range(50000 - have):
    lat, lon = -60 + 120 * (n * 0.6180339887 % 1), -180 + 360 * (n * 0.7548776662 % 1)
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetField("photo", "other"), feature.SetField("rank", n % 10 + 1), feature.SetField("score", 0.5)
    feature.SetGeometry(ogr.CreateGeometryFromWkt(
        f"MULTIPOLYGON((({lon} {lat},{lon + 3} {lat},{lon + 3} {lat + 2},{lon} {lat + 2},{lon} {lat})))"))
    layer.CreateFeature(feature)
layer.CommitTransaction()
del layer, source
canvas = QgsMapCanvas()
canvas.resize(760, 640)
canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
tiles = QgsVectorLayer(f"{results}|layername=candidates", "candidates", "ogr")
tiles.loadNamedStyle(str(style("candidates")))
count = tiles.featureCount()
QgsProject.instance().addMapLayer(tiles)
canvas.setLayers([tiles])
canvas.show()
pulse = Pulse()
found = {"photos": len(photos), "tiles": count}

def measure(name, deed, until=lambda: True, quiet_s=0.3):
    times = []
    for _ in range(3):
        pulse.restart()
        deed()
        wait_for(until, 120, name)
        end = time.monotonic() + quiet_s
        wait_for(lambda: time.monotonic() > end)
        times.append(pulse.longest_ms)
    found[name] = round(sorted(times)[1], 1)

window = ReviewWindow(canvas, list)
window.resize(600, 640)
window.show()
pulse.restart()
start = time.perf_counter()
window.open(results)
wait_for(lambda: window.bench.working is not None, 60)
found["list there after ms"] = round(1000 * (time.perf_counter() - start))
found["stalled meanwhile"] = round(pulse.longest_ms, 1)
ready = lambda: window.bench.working is not None and not window.bench.recorder._entries
measure("next photo", lambda: window.queue.step(1), ready)
measure("decision", lambda: window.decide("accepted"), ready)
measure("order by date, back", lambda: window.queue.order.setCurrentIndex(1 - window.queue.order.currentIndex()), ready)
from qgis.core import QgsRectangle
canvas.setExtent(QgsRectangle(-180, -90, 180, 90))
canvas.refresh()
wait_for(lambda: not canvas.isDrawing(), 120)
pulse.restart()
start = time.perf_counter()
drawn = []
canvas.mapCanvasRefreshed.connect(lambda: drawn.append(1))
canvas.refreshAllLayers()
wait_for(lambda: drawn, 120)
found["all tiles drawn in ms (on other threads)"] = round(1000 * (time.perf_counter() - start))
def pan():
    extent = canvas.extent()
    canvas.setExtent(QgsRectangle(extent.xMinimum() + 5, extent.yMinimum(), extent.xMaximum() + 5, extent.yMaximum()))
    drawn.clear()
    canvas.refresh()
measure("pan of the map with all tiles", pan, lambda: drawn)
print(json.dumps(found))
sys.stdout.flush()
os._exit(0)
"""


def main() -> None:
    python = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with tempfile.TemporaryDirectory(prefix="earthloc-bench-") as folder:
        done = subprocess.run(
            [python, "-c", MEASURE, str(REPOSITORY), folder], env=environment, capture_output=True,
            text=True, timeout=300,
        )
    if done.returncode:
        print(f"not measured: {done.stderr.strip().splitlines()[-1:]}")
        return
    found = json.loads(done.stdout.splitlines()[-1])
    print(f"{found.pop('photos'):,} photos in the list, {found.pop('tiles'):,} candidate tiles on the map")
    ways = {name: value for name, value in found.items() if name.endswith((" ms", "threads)"))}
    for name, value in ways.items():
        print(f"  {name}: {value}")
    for name, value in found.items():
        if name not in ways:
            print(f"  {name}: stalled {value} ms")


if __name__ == "__main__":
    main()
