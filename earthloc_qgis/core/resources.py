"""Where the files beside the code are: styles, icons, and the repository the plugin may lie in."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtGui import QIcon

PLUGIN_FOLDER = Path(__file__).resolve().parents[1]


def version() -> str:
    """Version of the plugin, from its metadata.txt; "unknown" when the file is missing."""
    for folder in (PLUGIN_FOLDER, PLUGIN_FOLDER.parent):
        metadata = folder / "metadata.txt"
        if metadata.is_file():
            for line in metadata.read_text(encoding="utf-8").splitlines():
                if line.startswith("version="):
                    return line.partition("=")[2].strip()
    return "unknown"


def resource(*parts: str) -> Path:
    """Path of a file under `resources/`: inside the packaged plugin, else in the repository around it."""
    packaged = PLUGIN_FOLDER.joinpath("resources", *parts)
    return packaged if packaged.exists() else PLUGIN_FOLDER.parent.joinpath("resources", *parts)


def style(name: str) -> Path:
    """Path of the QML style `name` ("footprints" or "candidates")."""
    return resource("styles", f"{name}.qml")


def icon(name: str = "earthloc") -> QIcon:
    """Our own icon `name`; a globe of QGIS's theme when it is missing."""
    path = resource("icons", f"{name}.svg")
    return QIcon(str(path)) if path.is_file() else QgsApplication.getThemeIcon("/mIconGlobe.svg")


def profile_folder() -> Path:
    """Folder `earthloc` in the user's QGIS profile; it may not exist yet."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "earthloc"
