"""Where indexes reach, drawn on the map."""

from __future__ import annotations

import zlib
from pathlib import Path

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFillSymbol,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRendererCategory,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QColor

from ..core.index_files import MANIFEST, IndexFacts

_OWN = "tiles.gpkg"  # within an index that is not compact
_EDGE_POINTS = 24  # along each side of a region, so that it follows the map's projection


class IndexCoverage:
    """Outlines of regions over a map canvas."""

    def __init__(self, canvas) -> None:
        self._canvas = canvas
        self.bands: list[QgsRubberBand] = []

    def show(self, indexes: list[IndexFacts]) -> None:
        """Draws these regions instead of those drawn before."""
        self.clear()
        for outline in self._outlines(indexes):
            band = QgsRubberBand(self._canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
            band.setColor(QColor(0, 90, 181, 40))
            band.setStrokeColor(QColor(0, 90, 181))
            band.setWidth(2)
            band.setToGeometry(outline, None)
            self.bands.append(band)

    def zoom_to(self, indexes: list[IndexFacts]) -> None:
        """Shows all of these regions on the map."""
        outlines = self._outlines(indexes)
        if outlines:
            box = outlines[0].boundingBox()
            for outline in outlines[1:]:
                box.combineExtentWith(outline.boundingBox())
            self._canvas.setExtent(box)
            self._canvas.refresh()

    def clear(self) -> None:
        """Takes everything off the map."""
        for band in self.bands:
            band.reset()
            self._canvas.scene().removeItem(band)
        self.bands.clear()

    def _outlines(self, indexes: list[IndexFacts]) -> list[QgsGeometry]:
        """Regions in the map's coordinates, without those for which its projection has no place."""
        crs = self._canvas.mapSettings().destinationCrs()
        to_map = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), crs, QgsProject.instance())
        outlines = []
        for index in indexes:
            outline = _outline(index)
            try:
                outline.transform(to_map)
            except QgsCsException:
                continue
            outlines.append(outline)
        return outlines


def _outline(index: IndexFacts) -> QgsGeometry:
    """The region of an index in longitude and latitude; east of 180 where it crosses the antimeridian."""
    west, south, east, north = index.region
    span = (east - west) % 360.0 or 360.0
    steps = [number / _EDGE_POINTS for number in range(_EDGE_POINTS)]
    ring = [QgsPointXY(west + span * t, north) for t in steps]
    ring += [QgsPointXY(west + span, north + (south - north) * t) for t in steps]
    ring += [QgsPointXY(west + span * (1 - t), south) for t in steps]
    ring += [QgsPointXY(west, south + (north - south) * t) for t in steps]
    return QgsGeometry.fromPolygonXY([ring])


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
