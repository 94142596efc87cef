"""Indexes on the map: outlines of their regions, and their tiles as a layer."""

from __future__ import annotations

import zlib
from pathlib import Path

from qgis.core import (  # type: ignore[attr-defined]  # the stubs lack QgsCsException
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QColor

from ..core.index_files import MANIFEST, IndexFacts
from ..core.tile_style import style_tiles
from .compat import current_project

_OWN = "tiles.gpkg"  # exists in an index that is not compact
_EDGE_POINTS = 24  # per side of a region, so that the outline follows the projection of the map


class IndexCoverage:
    """Outlines of index regions on the map canvas."""

    def __init__(self, canvas) -> None:
        self._canvas = canvas
        self.bands: list[QgsRubberBand] = []

    def show(self, indexes: list[IndexFacts]) -> None:
        """Draw the regions of these indexes instead of the previous ones."""
        self.clear()
        for outline in self._outlines(indexes):
            band = QgsRubberBand(self._canvas, QgsWkbTypes.GeometryType.PolygonGeometry)  # type: ignore[attr-defined]
            band.setColor(QColor(0, 90, 181, 40))
            band.setStrokeColor(QColor(0, 90, 181))
            band.setWidth(2)
            band.setToGeometry(outline, None)
            self.bands.append(band)

    def zoom_to(self, indexes: list[IndexFacts]) -> None:
        """Zoom the map to the regions of these indexes."""
        outlines = self._outlines(indexes)
        if outlines:
            box = outlines[0].boundingBox()
            for outline in outlines[1:]:
                box.combineExtentWith(outline.boundingBox())
            self._canvas.setExtent(box)
            self._canvas.refresh()

    def clear(self) -> None:
        """Remove all outlines from the map."""
        for band in self.bands:
            band.reset()
            self._canvas.scene().removeItem(band)
        self.bands.clear()

    def _outlines(self, indexes: list[IndexFacts]) -> list[QgsGeometry]:
        """Regions in map coordinates, without those that the projection cannot show."""
        crs = self._canvas.mapSettings().destinationCrs()
        to_map = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), crs, current_project())
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
    """Path of the tile outlines of an index, and whether they exist and are current.

    They are in the index itself, or in a file beside the indexes.
    """
    own = Path(index.path) / _OWN
    if own.exists():
        return own, True
    number = zlib.crc32(index.path.encode("utf-8"))  # folders at two places may have the same name
    written = Path(folder) / f"{Path(index.path).name}-{number:08x}.tiles.gpkg"
    try:
        current = written.stat().st_mtime >= (Path(index.path) / MANIFEST).stat().st_mtime
    except OSError:
        current = False
    return written, current


def add_to_map(index: IndexFacts, path: Path) -> QgsVectorLayer | None:
    """Add tile outlines to the project, with only the widest tiles visible. Returns None if QGIS cannot read them."""
    title = QCoreApplication.translate("EarthLoc", "Tiles of {name}").format(name=index.name)
    layer = QgsVectorLayer(f"{path}|layername=tiles", title, "ogr")
    if not layer.isValid():
        return None
    style_tiles(layer, index.tile_km)
    current_project().addMapLayer(layer)
    return layer


def in_project(path: Path) -> bool:
    """Whether a layer of the project uses this file."""
    layers = current_project().mapLayers().values()
    return any(layer.source().split("|")[0] == str(path) for layer in layers)
