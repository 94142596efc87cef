"""Shows where a photo could be on the map: search areas, and the raster they follow from."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsGeometry,
    QgsLayerTreeGroup,
    QgsLayerTreeLayer,
    QgsProject,
    QgsRasterLayer,
)

from ..contract.review import photo_key
from .map_extent import map_extent
from .result_layer import PHOTO_PROPERTY, TABLE_PROPERTY, WHERE, apply_style
from .result_tree import ResultTree
from .words import tr as _tr

AREAS = "search_areas"
_ZOOM_PERCENT = 90
_MARGIN = 1.2  # width of the map relative to the area after zooming


class WhereLayers:
    """Search areas and rasters in the groups of their photos. One photo at a time: those of others are hidden."""

    def __init__(self, project: QgsProject) -> None:
        self._project = project
        self._tree = ResultTree(project)

    def show_areas(self, photo: str, gpkg: Path) -> bool:
        """Makes the search areas of a photo visible, and hides its candidates, which would cover them.

        Returns False when its group has none.
        """
        group = self._tree.group(photo_key(photo, gpkg.parent))
        layer = self._tree.table(group, AREAS) if group is not None else None
        if group is None or layer is None:
            return False
        self._hide_others(group)
        self._hide(group, "candidates")
        self._tree.node(layer).setItemVisibilityCheckedParentRecursive(True)
        group.setExpanded(True)
        return True

    def show_raster(self, photo: str, gpkg: Path, path: Path) -> bool:
        """Adds the raster at the bottom of the photo's group.

        Returns False when the photo has no group or the raster cannot be opened.
        """
        group = self._tree.group(photo_key(photo, gpkg.parent))
        if group is None:
            return False
        raster = QgsRasterLayer(str(path), _tr("Where it could be"), "gdal")
        if not raster.isValid():
            return False
        apply_style(raster, WHERE)
        older = self._tree.layer(group, WHERE)
        if older is not None:
            self._project.removeMapLayer(older.id())
        raster.setCustomProperty(TABLE_PROPERTY, WHERE)
        self._project.addMapLayer(raster, False)
        node = QgsLayerTreeLayer(raster)
        node.setExpanded(False)
        group.insertChildNode(-1, node)
        self._hide_others(group)
        node.setItemVisibilityCheckedParentRecursive(True)
        return True

    def raster_of(self, photo: str, gpkg: Path) -> Path | None:
        """Path of the raster on the map, or None."""
        group = self._tree.group(photo_key(photo, gpkg.parent))
        layer = self._tree.layer(group, WHERE) if group is not None else None
        return Path(layer.source()) if layer is not None else None

    def zoom_to(self, photo: str, gpkg: Path, canvas) -> bool:
        """Zooms to the area that holds the photo with 90 %, and makes it visible.

        Returns False when there is none, or the map's coordinate reference system cannot show it.
        """
        group = self._tree.group(photo_key(photo, gpkg.parent))
        layer = self._tree.table(group, AREAS) if group is not None else None
        if layer is None or not self.show_areas(photo, gpkg):
            return False
        request = QgsFeatureRequest().setFilterExpression(f'"percent" = {_ZOOM_PERCENT}')
        shapes: list[QgsGeometry] = [shape.geometry() for shape in layer.getFeatures(request) if shape.hasGeometry()]
        if not shapes:
            return False
        transform = QgsCoordinateTransform(
            layer.crs(), canvas.mapSettings().destinationCrs(), self._project.transformContext()
        )
        extent = map_extent(shapes[0], transform, is_scattered=True)
        if extent is None:
            return False
        extent.scale(_MARGIN)
        canvas.setExtent(extent)
        canvas.refresh()
        return True

    def _hide_others(self, shown: QgsLayerTreeGroup) -> None:
        """Hides search areas and rasters of other photos: on top of each other they cannot be told apart."""
        key = shown.customProperty(PHOTO_PROPERTY)
        for group in self._tree.photo_groups():
            if group.customProperty(PHOTO_PROPERTY) != key:
                self._hide(group, AREAS)
                self._hide(group, WHERE)

    def _hide(self, group: QgsLayerTreeGroup, table: str) -> None:
        layer = self._tree.layer(group, table)
        if layer is not None:
            self._tree.node(layer).setItemVisibilityChecked(False)
