"""Shows results as map layers: one group per photo under "EarthLoc"; all layers read the same GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsLayerTreeGroup,
    QgsLayerTreeLayer,
    QgsMapLayer,
    QgsMapLayerLegendUtils,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QObject

from ..contract.review import photo_key
from .map_extent import map_extent
from .qgis_types import layer_tree_root, not_none
from .result_layer import PHOTO_PROPERTY, PICTURE, TABLE_PROPERTY, apply_style, reload_layer, source
from .words import tr as _tr

ROLE_PROPERTY = "earthloc/role"  # on the top group

_MARGIN = 1.3  # width of the map relative to the footprint after zooming


@dataclass(frozen=True)
class ShownPhoto:
    """How a photo was shown on the map.

    Attributes:
        name: of its group.
        candidates_visible: whether the layer of candidates was checked.
        picture: raster of the drawn photo, or None.
    """

    name: str
    candidates_visible: bool
    picture: Path | None


class ResultLayers(QObject):
    """Adds, refreshes and removes the layers of located photos in a project. Main thread only."""

    def __init__(self, project: QgsProject, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project

    def show(self, photo: str, name: str, gpkg: Path, candidates_visible: bool) -> None:
        """Shows the rows of `photo` in `gpkg`: adds a group called `name`, or refreshes the existing one."""
        key = photo_key(photo, gpkg.parent)
        group = self._group(key)
        if group is None:
            group = not_none(self._top_group().insertGroup(0, name))
            group.setCustomProperty(PHOTO_PROPERTY, key)
            group.setExpanded(False)
        titles = {
            "candidates": _tr("Candidates"),
            "footprints": _tr("Footprint"),
            "tie_points": _tr("Tie points"),
        }
        for table, title in titles.items():
            layer = self._table(group, table)
            if layer is None:
                layer = self._add_layer(group, title, table, gpkg, key)
                if table != "footprints" and layer is not None:
                    self._node(layer).setItemVisibilityChecked(candidates_visible)
            else:
                reload_layer(layer)
        tie_points = self._table(group, "tie_points")
        if tie_points is not None and tie_points.featureCount() == 0:  # the photo was not fitted to imagery
            self._project.removeMapLayer(tie_points.id())
        self._drop_picture(group)  # its place may have changed
        self._show_all_footprints(gpkg)

    def show_picture(self, photo: str, gpkg: Path, picture: Path) -> bool:
        """Adds the drawn photo to the photo's group, with an opacity slider.

        Returns False when the photo has no group or the raster cannot be opened.
        """
        group = self._group(photo_key(photo, gpkg.parent))
        if group is None:
            return False
        raster = QgsRasterLayer(str(picture), _tr("Photo"), "gdal")
        if not raster.isValid():
            return False
        self._drop_picture(group)
        raster.setCustomProperty(TABLE_PROPERTY, PICTURE)
        raster.setCustomProperty("embeddedWidgets/count", 1)
        raster.setCustomProperty("embeddedWidgets/0/id", "transparency")
        self._project.addMapLayer(raster, False)
        # Below the tie points, but above the footprint, whose colour would tint it.
        shown = (child.layer() for child in group.findLayers())
        tables = [layer.customProperty(TABLE_PROPERTY) for layer in shown if layer is not None]
        node = QgsLayerTreeLayer(raster)
        QgsMapLayerLegendUtils.setLegendNodeOrder(node, [])  # no legend of bands
        node.setExpanded(True)  # shows the slider
        group.insertChildNode(1 if tables[:1] == ["tie_points"] else 0, node)
        group.setExpanded(True)
        node.setItemVisibilityCheckedParentRecursive(True)
        return True

    def picture_of(self, photo: str, gpkg: Path) -> Path | None:
        """Path of the drawn photo on the map, or None."""
        group = self._group(photo_key(photo, gpkg.parent))
        layer = self._layer(group, PICTURE) if group is not None else None
        return Path(layer.source()) if layer is not None else None

    def drop_picture(self, photo: str, gpkg: Path) -> None:
        """Removes the drawn photo from the map."""
        group = self._group(photo_key(photo, gpkg.parent))
        if group is not None:
            self._drop_picture(group)

    def ensure(self, photo: str, name: str, gpkg: Path) -> None:
        """Shows the rows of a photo unless they are shown already."""
        if self._group(photo_key(photo, gpkg.parent)) is None:
            self.show(photo, name, gpkg, candidates_visible=False)

    def remove(self, photo: str, gpkg: Path) -> ShownPhoto | None:
        """Removes the group of `photo` and its layers. Returns how it was shown; None when it was not."""
        group = self._group(photo_key(photo, gpkg.parent))
        if group is None:
            return None
        candidates, picture = self._layer(group, "candidates"), self._layer(group, PICTURE)
        node = None if candidates is None else group.findLayer(candidates.id())
        shown = ShownPhoto(
            group.name(), node is not None and node.itemVisibilityChecked(),
            None if picture is None else Path(picture.source()),
        )  # fmt: skip
        self._project.removeMapLayers(group.findLayerIds())
        _remove_group(group)
        top = self._top()
        if top is not None and not any(isinstance(child, QgsLayerTreeGroup) for child in top.children()):
            self._project.removeMapLayers(top.findLayerIds())
            _remove_group(top)
        else:
            self._refresh_all_footprints()
        return shown

    def show_again(self, photo: str, gpkg: Path, shown: ShownPhoto) -> None:
        """Shows `photo` as before `remove`."""
        self.show(photo, shown.name, gpkg, shown.candidates_visible)
        if shown.picture is not None and shown.picture.is_file():
            self.show_picture(photo, gpkg, shown.picture)

    def repoint(self, old: Path, new: Path, photos: list[str], pictures: dict[str, Path]) -> None:
        """Makes the layers read from another GeoPackage.

        Args:
            old: the GeoPackage that they read now.
            new: the GeoPackage to which the results of `photos` were copied.
            photos: their paths.
            pictures: new path of each drawn photo, by photo.
        """
        for photo in photos:
            group = self._group(photo_key(photo, old.parent))
            if group is None:
                continue
            key = photo_key(photo, new.parent)
            group.setCustomProperty(PHOTO_PROPERTY, key)
            for node in group.findLayers():
                layer = node.layer()
                if isinstance(layer, QgsVectorLayer) and layer.customProperty(TABLE_PROPERTY):
                    self._set_source(layer, new, key)
                elif isinstance(layer, QgsRasterLayer) and photo in pictures:
                    layer.setDataSource(str(pictures[photo]), layer.name(), "gdal", False)
        layer = self._all_footprints()
        if layer is not None:
            self._set_source(layer, new, None)

    def zoom_to(self, photo: str, gpkg: Path, canvas, rank: int | None = None) -> bool:
        """Zooms to the footprint of `photo`, or to its candidate `rank`, and flashes it.

        Returns False when there is no such shape, or the map's coordinate reference system cannot show it.
        """
        group = self._group(photo_key(photo, gpkg.parent))
        layer = self._table(group, "footprints" if rank is None else "candidates") if group is not None else None
        if layer is None:
            return False
        request = QgsFeatureRequest()
        if rank is not None:
            request.setFilterExpression(f'"rank" = {int(rank)}')
        geometries = [feature.geometry() for feature in layer.getFeatures(request) if feature.hasGeometry()]
        if not geometries:
            return False
        self._node(layer).setItemVisibilityCheckedParentRecursive(True)
        transform = QgsCoordinateTransform(
            layer.crs(), canvas.mapSettings().destinationCrs(), self._project.transformContext()
        )
        extent = map_extent(geometries[0], transform)
        if extent is None:
            return False
        extent.scale(_MARGIN)
        canvas.setExtent(extent)
        canvas.refresh()
        canvas.flashGeometries(geometries, layer.crs())
        return True

    def zoom_to_all(self, photos: list[str], gpkg: Path, canvas) -> bool:
        """Zooms to the footprints of all `photos`. Returns False when there is none that the map can show."""
        layer = self._all_footprints()
        if layer is None:
            return False
        keys = {photo_key(photo, gpkg.parent) for photo in photos}
        transform = QgsCoordinateTransform(
            layer.crs(), canvas.mapSettings().destinationCrs(), self._project.transformContext()
        )
        shapes = (feature.geometry() for feature in layer.getFeatures() if feature["photo"] in keys)
        boxes = [box for box in (map_extent(shape, transform) for shape in shapes) if box is not None]
        if not boxes:
            return False
        extent = QgsRectangle(boxes[0])
        for box in boxes[1:]:
            extent.combineExtentWith(box)
        extent.scale(_MARGIN)
        canvas.setExtent(extent)
        canvas.refresh()
        return True

    def rename(self, photos: dict[str, str], gpkg: Path) -> None:
        """Makes the layers of photos show the rows of these photos under their new paths.

        Args:
            photos: new path of each photo, by its old path.
            gpkg: the results file, which has the new paths already.
        """
        for old, new in photos.items():
            group = self._group(photo_key(old, gpkg.parent))
            if group is None:
                continue
            key = photo_key(new, gpkg.parent)
            group.setCustomProperty(PHOTO_PROPERTY, key)
            for node in group.findLayers():
                layer = node.layer()
                if isinstance(layer, QgsVectorLayer) and layer.customProperty(TABLE_PROPERTY):
                    self._set_source(layer, gpkg, key)
        self._refresh_all_footprints()

    # --- layer tree --------------------------------------------------------------------------------

    def _top(self) -> QgsLayerTreeGroup | None:
        for child in layer_tree_root(self._project).findGroups(True):
            if child.customProperty(ROLE_PROPERTY) == "results":
                return child
        return None

    def _top_group(self) -> QgsLayerTreeGroup:
        top = self._top()
        if top is None:
            top = not_none(layer_tree_root(self._project).insertGroup(0, "EarthLoc"))
            top.setCustomProperty(ROLE_PROPERTY, "results")
        return top

    def _group(self, key: str) -> QgsLayerTreeGroup | None:
        for group in layer_tree_root(self._project).findGroups(True):
            if group.customProperty(PHOTO_PROPERTY) == key:
                return group
        return None

    def _layer(self, group: QgsLayerTreeGroup, table: str) -> QgsMapLayer | None:
        for node in group.findLayers():
            layer = node.layer()
            if layer is not None and layer.customProperty(TABLE_PROPERTY) == table:
                return layer
        return None

    def _table(self, group: QgsLayerTreeGroup, table: str) -> QgsVectorLayer | None:
        layer = self._layer(group, table)
        return layer if isinstance(layer, QgsVectorLayer) else None

    def _node(self, layer: QgsMapLayer) -> QgsLayerTreeLayer:
        return not_none(layer_tree_root(self._project).findLayer(layer.id()))

    def _drop_picture(self, group: QgsLayerTreeGroup) -> None:
        layers = (node.layer() for node in group.findLayers())
        pictures = [layer for layer in layers if layer is not None and layer.customProperty(TABLE_PROPERTY) == PICTURE]
        self._project.removeMapLayers([layer.id() for layer in pictures])

    def _add_layer(
        self, group: QgsLayerTreeGroup, title: str, table: str, gpkg: Path, key: str | None
    ) -> QgsVectorLayer | None:
        # The style stored in the file may be old; apply_style loads the plugin's own.
        options = QgsVectorLayer.LayerOptions(loadDefaultStyle=False)
        layer = QgsVectorLayer(source(gpkg, table, key), title, "ogr", options)
        if not layer.isValid():
            return None
        if key is not None:
            layer.setCustomProperty(PHOTO_PROPERTY, key)
        layer.setCustomProperty(TABLE_PROPERTY, table)
        apply_style(layer, table)
        self._project.addMapLayer(layer, False)
        node = not_none(group.insertLayer(0, layer) if key is not None else group.addLayer(layer))
        node.setExpanded(False)
        return layer

    def _set_source(self, layer: QgsVectorLayer, gpkg: Path, key: str | None) -> None:
        if key is not None:
            layer.setCustomProperty(PHOTO_PROPERTY, key)
        layer.setDataSource(source(gpkg, layer.customProperty(TABLE_PROPERTY), key), layer.name(), "ogr", False)

    def _all_footprints(self) -> QgsVectorLayer | None:
        top = self._top()
        for node in top.children() if top is not None else []:
            layer = node.layer() if isinstance(node, QgsLayerTreeLayer) else None
            if isinstance(layer, QgsVectorLayer) and layer.customProperty(TABLE_PROPERTY) == "footprints":
                return layer
        return None

    def _show_all_footprints(self, gpkg: Path) -> None:
        if self._all_footprints() is not None:
            self._refresh_all_footprints()
            return
        layer = self._add_layer(self._top_group(), _tr("All footprints"), "footprints", gpkg, None)
        if layer is not None:  # hidden: the groups already draw these polygons
            self._node(layer).setItemVisibilityChecked(False)

    def _refresh_all_footprints(self) -> None:
        layer = self._all_footprints()
        if layer is not None:
            reload_layer(layer)


def _remove_group(group: QgsLayerTreeGroup) -> None:
    """Removes a group from the layer tree."""
    parent = group.parent()
    if isinstance(parent, QgsLayerTreeGroup):
        parent.removeChildNode(group)
