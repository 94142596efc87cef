"""Responsiveness of a review (5,000 photos in the list, 50,000 candidate tiles on the map), and its duration.

    python benchmarks/review.py

Runs in QGIS's Python with pytest (QGIS_PYTHON, default .venv-qgis/bin/python), with the engine of EARTHLOC_ENGINE or
.venv. "Stalled" is the longest time that the event loop of the window was blocked, without waiting for other programs;
this is the delay that a user notices. The target is 50 ms. The walk-throughs send real key and mouse events, each as
soon as the window is ready for it, so their duration is the time that the window itself needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile

from _setting import REPOSITORY

HEAD = """
import json, os, statistics, sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests/qgis"]
from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsProject, QgsRectangle, QgsVectorLayer
application = QgsApplication([], True)
application.initQgis()
from osgeo import gdal, ogr
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from conftest import Pulse, wait_for
from review_results import draw_photo, write_review_results
from earthloc_qgis.core.resources import style
from earthloc_qgis.gui.review.window import ReviewWindow
from earthloc_qgis import settings
folder = Path(sys.argv[2])
results = folder / "r.gpkg"
canvas = QgsMapCanvas()
canvas.resize(760, 640)
canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))

def opened():
    window = ReviewWindow(canvas, list)
    window.resize(600, 640)
    window.show()
    window.open(results)
    wait_for(lambda: window.controller.working is not None, 60)
    window.activateWindow()
    window.photo.setFocus()
    return window
"""

SMOOTH = """
settings.find_engine = lambda: None
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
tiles = QgsVectorLayer(f"{results}|layername=candidates", "candidates", "ogr")
tiles.loadNamedStyle(str(style("candidates")))
count = tiles.featureCount()
QgsProject.instance().addMapLayer(tiles)
canvas.setLayers([tiles])
canvas.show()
pulse = Pulse()
found = {"photos": len(photos), "tiles": count}

def measure(name, action, until=lambda: True, quiet_s=0.3):
    times = []
    for _ in range(3):
        pulse.restart()
        action()
        wait_for(until, 120, name)
        end = time.monotonic() + quiet_s
        wait_for(lambda: time.monotonic() > end)
        times.append(pulse.longest_ms)
    found[name] = round(sorted(times)[1], 1)

pulse.restart()
start = time.perf_counter()
window = opened()
found["list loaded after ms"] = round(1000 * (time.perf_counter() - start))
found["loading the list"] = round(pulse.longest_ms, 1)
ready = lambda: window.controller.working is not None and not window.controller.recorder._entries
measure("next photo", lambda: window.queue.step(1), ready)
measure("decision", lambda: window.decide("accepted"), ready)
measure("order by date", lambda: window.queue.order.setCurrentIndex(1 - window.queue.order.currentIndex()), ready)
canvas.setExtent(QgsRectangle(-180, -90, 180, 90))
canvas.refresh()
wait_for(lambda: not canvas.isDrawing(), 120)
pulse.restart()
start = time.perf_counter()
refreshes = []
canvas.mapCanvasRefreshed.connect(lambda: refreshes.append(1))
canvas.refreshAllLayers()
wait_for(lambda: refreshes, 120)
found["all tiles drawn in ms (on other threads)"] = round(1000 * (time.perf_counter() - start))
def pan():
    extent = canvas.extent()
    canvas.setExtent(QgsRectangle(extent.xMinimum() + 5, extent.yMinimum(), extent.xMaximum() + 5, extent.yMaximum()))
    refreshes.clear()
    canvas.refresh()
measure("pan of the map with all tiles", pan, lambda: refreshes)
"""

CLEAR = """
k = 7.7  # photos of 18 megapixels, with cameras scaled accordingly

def larger(number, found):
    if found["pose"]:
        for name in ("width_px", "height_px", "focal_px"):
            found["pose"][name] = round(k * found["pose"][name])
        for point in found["tie_points"]:
            point.update(x_px=k * point["x_px"], y_px=k * point["y_px"])

(folder / "photos").mkdir()
for number in range(100):
    draw_photo(folder / "photos" / f"ISS0{42 + number % 3}-E-{100 + number}.jpg", number % 10, (4928, 3696))
write_review_results(results, 100, change=larger)
settings.find_engine = lambda: None  # no tile pictures of candidates, as nothing waits for them
layer = QgsVectorLayer(f"{results}|layername=footprints", "footprints", "ogr")
layer.loadNamedStyle(str(style("footprints")))
QgsProject.instance().addMapLayer(layer)
canvas.setLayers([layer])
canvas.show()
window = opened()
window.actions["overlay"].setChecked(True)
ready = lambda: window.controller.working is not None and window.photo._picture is not None and not canvas.isDrawing()
wait_for(ready, 60)
times, start = [], time.perf_counter()
for number in range(100):
    before, begun = window.controller.current, time.perf_counter()
    QTest.keyClick(window.photo, Qt.Key.Key_A)
    if number < 99:
        wait_for(lambda: window.controller.current != before and ready(), 60)
    times.append(time.perf_counter() - begun)
wait_for(lambda: not window.controller.recorder._entries, 60)
found = {
    "photos": window.queue.count.text(), "seconds for all": round(time.perf_counter() - start, 1),
    "seconds a decision, median": round(statistics.median(times), 2), "longest": round(max(times), 2),
}
"""

CORRECT = """
from conftest import write_ground
from test_review_correct import SIZE, cut_photos, on_map, truth, write_wrong_results
from earthloc_qgis.core.camera import distance_km
from earthloc_qgis.core.imagery import Imagery
ground = folder / "ground.tif"
write_ground(ground)
photos = cut_photos(ground, folder / "photos")
write_wrong_results(results, photos)
settings.imagery = lambda: Imagery("ground", path=str(ground))
canvas.show()
window = opened()
window.canvas = canvas
window.queue.select(photos[1])
wait_for(lambda: window.controller.working is not None and window.photo._picture is not None, 60)
wait_for(lambda: any(window.strip.candidates._tiles.values()), 120, "the engine")
corners = [(x, y) for x in (0, SIZE[0]) for y in (0, SIZE[1])]

def off_km():
    camera = window.controller.working.camera()
    return round(max(distance_km(camera.locate(*corner), truth(*corner)) for corner in corners))

before_km = off_km()
QTest.keyClick(window.photo, Qt.Key.Key_P)
start = time.perf_counter()
for x, y in ((200, 150), (1020, 220), (560, 760)):
    before = window.controller.undo_stack.count()
    QTest.mouseClick(window.photo, Qt.MouseButton.LeftButton, pos=window.photo.to_screen(x, y).toPoint())
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=on_map(window, *truth(x, y)))
    wait_for(lambda: window.controller.undo_stack.count() > before, 60)
after_km = off_km()
QTest.keyClick(window.photo, Qt.Key.Key_A)
wait_for(lambda: not window.controller.recorder._entries, 60)
found = {
    "seconds for three tie points with snap, solved and accepted": round(time.perf_counter() - start, 2),
    "km off at the worst corner before, after": [before_km, after_km],
}
"""

TAIL = """
print(json.dumps(found))
sys.stdout.flush()
os._exit(0)
"""


def measured(script: str) -> dict | None:
    """Runs a script in QGIS's Python and returns what it prints; prints the reason and returns None if it fails."""
    own = REPOSITORY / ".venv-qgis" / "bin" / "python"
    python = os.environ.get("QGIS_PYTHON") or (str(own) if own.is_file() else "/usr/bin/python3")
    environment = {"EARTHLOC_ENGINE": str(REPOSITORY / ".venv" / "bin" / "earthloc"), **os.environ}
    environment["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory(prefix="earthloc-bench-") as folder:
        done = subprocess.run(
            [python, "-c", HEAD + script + TAIL, str(REPOSITORY), folder],
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
    if done.returncode:
        print(f"skipped: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    found = measured(SMOOTH)
    if found is not None:
        print(f"{found.pop('photos'):,} photos in the list, {found.pop('tiles'):,} candidate tiles on the map")
        durations = {name: value for name, value in found.items() if name.endswith((" ms", "threads)"))}
        for name, value in durations.items():
            print(f"  {name}: {value}")
        for name, value in found.items():
            if name not in durations:
                print(f"  {name}: stalled {value} ms")
    for title, script in (("100 located photos accepted one by one", CLEAR), ("one photo corrected", CORRECT)):
        print(title)
        for name, value in (measured(script) or {}).items():
            print(f"  {name}: {value}")


if __name__ == "__main__":
    main()
