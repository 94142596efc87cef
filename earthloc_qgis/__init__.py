"""EarthLoc for QGIS: locates astronaut photographs of Earth.

QGIS calls `classFactory`. All other modules are imported when they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .plugin import EarthLocPlugin


def classFactory(iface: QgisInterface) -> EarthLocPlugin:
    """Creates the plugin; `iface` is None in `qgis_process`."""
    from .plugin import EarthLocPlugin

    return EarthLocPlugin(iface)
