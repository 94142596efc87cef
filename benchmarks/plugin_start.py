"""Milliseconds that the plugin adds to the start of QGIS: import, provider, dock and menu.

    python benchmarks/plugin_start.py

Runs in QGIS's Python (QGIS_PYTHON, default /usr/bin/python3), several times in new processes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess

from _setting import REPOSITORY

MEASURE = """
import json, sys, time
from qgis.core import QgsApplication
application = QgsApplication([], True)
application.initQgis()
from qgis.gui import QgsDockWidget, QgsMapCanvas  # already loaded in any QGIS with a window
import qgis.utils, shutil, tempfile  # already loaded by QGIS and its own plugins
from osgeo import gdal, ogr, osr
from qgis.PyQt.QtWidgets import QMainWindow
class Iface:
    window = QMainWindow()
    def mainWindow(self): return self.window
    def addDockWidget(self, area, dock): self.window.addDockWidget(area, dock)
    def __getattr__(self, name): return lambda *a, **k: None
start, cpu = time.perf_counter(), time.process_time()
import earthloc_qgis
plugin = earthloc_qgis.classFactory(Iface())
plugin.initGui()
print(json.dumps([(time.perf_counter() - start) * 1000, (time.process_time() - cpu) * 1000]))
import os
sys.stdout.flush()
os._exit(0)  # the shutdown of QGIS is not measured
"""


def main() -> None:
    python = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(REPOSITORY)}
    times = []
    for _ in range(6):
        done = subprocess.run([python, "-c", MEASURE], env=environment, capture_output=True, text=True)
        if done.returncode:
            print(f"skipped: {python} cannot start QGIS ({done.stderr.strip().splitlines()[-1:]})")
            return
        times.append(json.loads(done.stdout.splitlines()[-1]))
    wall, cpu = (statistics.median(column) for column in zip(*times[1:], strict=True))  # the first run compiles
    print(f"the plugin adds {wall:.0f} ms to the start of QGIS, {cpu:.0f} ms of it processor time (target: 50 ms)")


if __name__ == "__main__":
    main()
