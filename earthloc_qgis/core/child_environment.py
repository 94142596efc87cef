"""Environment variables for the engine process."""

from __future__ import annotations

from qgis.PyQt.QtCore import QProcessEnvironment

# QGIS sets these for itself. Another Python that inherits them would load QGIS's libraries and crash.
_FOREIGN_PREFIXES = ("PYTHON", "GDAL", "PROJ", "QGIS", "QT_", "QML", "OSGEO4W", "VIRTUAL_ENV", "CONDA")
_FOREIGN_NAMES = {"LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "CPL_DEBUG"}


def clean_environment() -> QProcessEnvironment:
    """The user's environment without the variables that QGIS has set for its own Python and libraries."""
    environment = QProcessEnvironment.systemEnvironment()
    for name in environment.keys():  # noqa: SIM118  not a dict
        if name.upper().startswith(_FOREIGN_PREFIXES) or name in _FOREIGN_NAMES:
            environment.remove(name)
    environment.insert("PYTHONUTF8", "1")
    return environment
