"""Paths of the files beside the code: styles, icons, metadata."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtGui import QIcon

PLUGIN_FOLDER = Path(__file__).resolve().parents[1]


def version() -> str:
    """Version of the plugin from its metadata.txt; "unknown" if the file is missing."""
    for folder in (PLUGIN_FOLDER, PLUGIN_FOLDER.parent):
        metadata = folder / "metadata.txt"
        if metadata.is_file():
            for line in metadata.read_text(encoding="utf-8").splitlines():
                if line.startswith("version="):
                    return line.partition("=")[2].strip()
    return "unknown"


def resource(*parts: str) -> Path:
    """Path of a file in `resources/`: in the packaged plugin, else in the repository."""
    packaged = PLUGIN_FOLDER.joinpath("resources", *parts)
    return packaged if packaged.exists() else PLUGIN_FOLDER.parent.joinpath("resources", *parts)


def style(name: str) -> Path:
    """Path of the QML style for the table `name`."""
    return resource("styles", f"{name}.qml")


def icon(name: str = "earthloc") -> QIcon:
    """The plugin's icon `name`; if it is missing, a globe of QGIS's theme."""
    path = resource("icons", f"{name}.svg")
    return QIcon(str(path)) if path.is_file() else QgsApplication.getThemeIcon("/mIconGlobe.svg")


def profile_folder() -> Path:
    """Folder `earthloc` in the user's QGIS profile; it may not exist yet."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "earthloc"
