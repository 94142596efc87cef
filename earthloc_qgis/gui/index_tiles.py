"""The tiles of an index as a layer of the map: outlines, a category for each width."""

from __future__ import annotations

import zlib
from pathlib import Path

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsProject,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QCoreApplication

from ..core.index_files import MANIFEST, IndexFacts

_OWN = "tiles.gpkg"  # within an index that is not compact


def outlines_path(index: IndexFacts, folder: str) -> tuple[Path, bool]:
    """Where the outlines of an index lie, and whether they are there: its own, or those written beside the indexes."""
    own = Path(index.path) / _OWN
    if own.exists():
        return own, True
    number = zlib.crc32(index.path.encode("utf-8"))  # folders in two places may have one name
    written = Path(folder) / f"{Path(index.path).name}-{number:08x}.tiles.gpkg"
    try:
        current = written.stat().st_mtime >= (Path(index.path) / MANIFEST).stat().st_mtime
    except OSError:
        current = False
    return written, current


def add_to_map(index: IndexFacts, path: Path) -> QgsVectorLayer | None:
    """Adds the outlines to the project, the widest tiles switched on; None where QGIS cannot read them."""
    title = QCoreApplication.translate("EarthLoc", "Tiles of {name}").format(name=index.name)
    layer = QgsVectorLayer(f"{path}|layername=tiles", title, "ogr")
    if not layer.isValid():
        return None
    categories = []
    for width in sorted(index.tile_km, reverse=True):
        # Bright enough for sea and forest.
        symbol = QgsFillSymbol.createSimple({"style": "no", "outline_color": "255,214,0", "outline_width": "0.3"})
        # All widths at once would cover the map.
        shown = not categories
        categories.append(QgsRendererCategory(width, symbol, f"{width:g} km", shown))
    layer.setRenderer(QgsCategorizedSymbolRenderer("width_km", categories))
    QgsProject.instance().addMapLayer(layer)
    return layer


def in_project(path: Path) -> bool:
    """Whether a layer of the project shows this file."""
    layers = QgsProject.instance().mapLayers().values()
    return any(layer.source().split("|")[0] == str(path) for layer in layers)
