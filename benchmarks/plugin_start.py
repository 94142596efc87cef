"""Milliseconds that the plugin adds to the start of QGIS: import, provider, dock and menu, as QGIS does it.

    python benchmarks/plugin_start.py

Runs in QGIS's own Python (QGIS_PYTHON, default /usr/bin/python3), several times in fresh processes.
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
from qgis.gui import QgsDockWidget, QgsMapCanvas  # part of any QGIS that has a window
import qgis.utils, shutil, tempfile  # QGIS and its own plugins have these before any other plugin
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
os._exit(0)  # only the start is measured, not how QGIS takes itself down
"""


def main() -> None:
    python = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(REPOSITORY)}
    times = []
    for _ in range(6):
        done = subprocess.run([python, "-c", MEASURE], env=environment, capture_output=True, text=True)
        if done.returncode:
            print(f"not measured: QGIS cannot be started by {python} ({done.stderr.strip().splitlines()[-1:]})")
            return
        times.append(json.loads(done.stdout.splitlines()[-1]))
    wall, cpu = (statistics.median(column) for column in zip(*times[1:], strict=True))  # the first one compiles
    print(f"plugin adds {wall:.0f} ms to the start of QGIS, {cpu:.0f} ms of them on the processor (aim 50 ms)")


if __name__ == "__main__":
    main()
