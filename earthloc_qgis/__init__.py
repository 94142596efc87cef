"""EarthLoc for QGIS: finds where an astronaut's photograph of Earth was taken.

QGIS calls `classFactory`; everything else is imported when it is needed.
"""

from __future__ import annotations


def classFactory(iface):
    """Makes the plugin; `iface` is the QgisInterface, or None under `qgis_process`."""
    from .plugin import EarthLocPlugin

    return EarthLocPlugin(iface)
