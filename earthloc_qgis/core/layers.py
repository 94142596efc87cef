"""Shows results as map layers: one group per photo under "EarthLoc"; all layers read the same GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsLayerTreeGroup,
    QgsLayerTreeLayer,
    QgsMapLayerLegendUtils,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QObject

from ..contract.review import photo_key
from .map_extent import map_extent
from .qgis_types import not_none
from .result_layer import PHOTO_PROPERTY, PICTURE, TABLE_PROPERTY, WHERE, apply_style, reload_layer, source
from .result_tree import ResultTree, remove_group
from .where_layers import WhereLayers
from .words import tr as _tr

_MARGIN = 1.3  # width of the map relative to the footprint after zooming


@dataclass(frozen=True)
class ShownPhoto:
    """How a photo was shown on the map.

    Attributes:
        name: of its group.
        candidates_visible: whether the layer of candidates was checked.
        picture: raster of the drawn photo, or None.
        areas_visible: whether the layer of search areas was checked.
        where: raster of where it could be, or None.
    """

    name: str
    candidates_visible: bool
    picture: Path | None
    areas_visible: bool = False
    where: Path | None = None


class ResultLayers(QObject):
    """Adds, refreshes and removes the layers of located photos in a project. Main thread only."""

    def __init__(self, project: QgsProject, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._tree = ResultTree(project)
        self.where = WhereLayers(project)

    def show(self, photo: str, name: str, gpkg: Path, candidates_visible: bool, areas_visible: bool = False) -> None:
        """Shows the rows of `photo` in `gpkg`: adds a group called `name`, or refreshes the existing one.

        Args:
            photo: its path.
            name: of a new group.
            gpkg: the results file.
            candidates_visible: whether the map shows candidates and tie points, if their layers are new.
            areas_visible: whether the map shows the search areas, if their layer is new.
        """
        key = photo_key(photo, gpkg.parent)
        group = self._tree.group(key)
        if group is None:
            group = not_none(self._tree.top_group().insertGroup(0, name))
            group.setCustomProperty(PHOTO_PROPERTY, key)
            group.setExpanded(False)
        titles = {
            "search_areas": _tr("Search area"),
            "candidates": _tr("Candidates"),
            "footprints": _tr("Footprint"),
            "tie_points": _tr("Tie points"),
        }
        for table, title in titles.items():
            layer = self._tree.table(group, table)
            if layer is None:
                layer = self._add_layer(group, title, table, gpkg, key)
                if table != "footprints" and layer is not None:
                    visible = areas_visible if table == "search_areas" else candidates_visible
                    self._tree.node(layer).setItemVisibilityChecked(visible)
            else:
                reload_layer(layer)
        for table in ("tie_points", "search_areas"):  # not fitted to imagery; not asked where it could be
            layer = self._tree.table(group, table)
            if layer is not None and layer.featureCount() == 0:
                self._project.removeMapLayer(layer.id())
        for raster in (PICTURE, WHERE):
            self._drop_raster(group, raster)  # its place may have changed
        self._show_all_footprints(gpkg)

    def show_picture(self, photo: str, gpkg: Path, picture: Path) -> bool:
        """Adds the drawn photo to the photo's group, with an opacity slider.

        Returns False when the photo has no group or the raster cannot be opened.
        """
        group = self._tree.group(photo_key(photo, gpkg.parent))
        if group is None:
            return False
        raster = QgsRasterLayer(str(picture), _tr("Photo"), "gdal")
        if not raster.isValid():
            return False
        self._drop_raster(group, PICTURE)
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
        group = self._tree.group(photo_key(photo, gpkg.parent))
        layer = self._tree.layer(group, PICTURE) if group is not None else None
        return Path(layer.source()) if layer is not None else None

    def drop_picture(self, photo: str, gpkg: Path) -> None:
        """Removes the drawn photo from the map."""
        group = self._tree.group(photo_key(photo, gpkg.parent))
        if group is not None:
            self._drop_raster(group, PICTURE)

    def ensure(self, photo: str, name: str, gpkg: Path) -> None:
        """Shows the rows of a photo unless they are shown already."""
        if self._tree.group(photo_key(photo, gpkg.parent)) is None:
            self.show(photo, name, gpkg, candidates_visible=False)

    def remove(self, photo: str, gpkg: Path) -> ShownPhoto | None:
        """Removes the group of `photo` and its layers. Returns how it was shown; None when it was not."""
        group = self._tree.group(photo_key(photo, gpkg.parent))
        if group is None:
            return None
        picture, where = (self._tree.layer(group, raster) for raster in (PICTURE, WHERE))
        shown = ShownPhoto(
            group.name(),
            self._tree.is_checked(group, "candidates"),
            None if picture is None else Path(picture.source()),
            self._tree.is_checked(group, "search_areas"),
            None if where is None else Path(where.source()),
        )
        self._project.removeMapLayers(group.findLayerIds())
        remove_group(group)
        top = self._tree.top()
        if top is not None and not any(isinstance(child, QgsLayerTreeGroup) for child in top.children()):
            self._project.removeMapLayers(top.findLayerIds())
            remove_group(top)
        else:
            self._refresh_all_footprints()
        return shown

    def show_again(self, photo: str, gpkg: Path, shown: ShownPhoto) -> None:
        """Shows `photo` as before `remove`."""
        self.show(photo, shown.name, gpkg, shown.candidates_visible, shown.areas_visible)
        if shown.picture is not None and shown.picture.is_file():
            self.show_picture(photo, gpkg, shown.picture)
        if shown.where is not None and shown.where.is_file():
            self.where.show_raster(photo, gpkg, shown.where)

    def repoint(self, old: Path, new: Path, photos: list[str], rasters: dict[str, dict[str, Path]]) -> None:
        """Makes the layers read from another GeoPackage.

        Args:
            old: the GeoPackage that they read now.
            new: the GeoPackage to which the results of `photos` were copied.
            photos: their paths.
            rasters: new paths of the drawn rasters of each photo, by the value of their TABLE_PROPERTY.
        """
        for photo in photos:
            group = self._tree.group(photo_key(photo, old.parent))
            if group is None:
                continue
            key = photo_key(photo, new.parent)
            group.setCustomProperty(PHOTO_PROPERTY, key)
            for node in group.findLayers():
                layer = node.layer()
                table = str(layer.customProperty(TABLE_PROPERTY) or "") if layer is not None else ""
                raster = rasters.get(photo, {}).get(table)
                if isinstance(layer, QgsVectorLayer) and table:
                    self._set_source(layer, new, key)
                elif isinstance(layer, QgsRasterLayer) and raster is not None:
                    layer.setDataSource(str(raster), layer.name(), "gdal", False)
        layer = self._all_footprints()
        if layer is not None:
            self._set_source(layer, new, None)

    def zoom_to(self, photo: str, gpkg: Path, canvas, rank: int | None = None) -> bool:
        """Zooms to the footprint of `photo`, or to its candidate `rank`, and flashes it.

        Returns False when there is no such shape, or the map's coordinate reference system cannot show it.
        """
        group = self._tree.group(photo_key(photo, gpkg.parent))
        layer = self._tree.table(group, "footprints" if rank is None else "candidates") if group is not None else None
        if layer is None:
            return False
        request = QgsFeatureRequest()
        if rank is not None:
            request.setFilterExpression(f'"rank" = {int(rank)}')
        geometries = [feature.geometry() for feature in layer.getFeatures(request) if feature.hasGeometry()]
        if not geometries:
            return False
        self._tree.node(layer).setItemVisibilityCheckedParentRecursive(True)
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
            group = self._tree.group(photo_key(old, gpkg.parent))
            if group is None:
                continue
            key = photo_key(new, gpkg.parent)
            group.setCustomProperty(PHOTO_PROPERTY, key)
            for node in group.findLayers():
                layer = node.layer()
                if isinstance(layer, QgsVectorLayer) and layer.customProperty(TABLE_PROPERTY):
                    self._set_source(layer, gpkg, key)
        self._refresh_all_footprints()

    def _drop_raster(self, group: QgsLayerTreeGroup, kind: str) -> None:
        layers = (node.layer() for node in group.findLayers())
        rasters = [layer for layer in layers if layer is not None and layer.customProperty(TABLE_PROPERTY) == kind]
        self._project.removeMapLayers([layer.id() for layer in rasters])

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
        at_the_bottom = key is None or table == "search_areas"
        node = not_none(group.addLayer(layer) if at_the_bottom else group.insertLayer(0, layer))
        node.setExpanded(False)
        return layer

    def _set_source(self, layer: QgsVectorLayer, gpkg: Path, key: str | None) -> None:
        if key is not None:
            layer.setCustomProperty(PHOTO_PROPERTY, key)
        layer.setDataSource(source(gpkg, layer.customProperty(TABLE_PROPERTY), key), layer.name(), "ogr", False)

    def _all_footprints(self) -> QgsVectorLayer | None:
        top = self._tree.top()
        for node in top.children() if top is not None else []:
            layer = node.layer() if isinstance(node, QgsLayerTreeLayer) else None
            if isinstance(layer, QgsVectorLayer) and layer.customProperty(TABLE_PROPERTY) == "footprints":
                return layer
        return None

    def _show_all_footprints(self, gpkg: Path) -> None:
        if self._all_footprints() is not None:
            self._refresh_all_footprints()
            return
        layer = self._add_layer(self._tree.top_group(), _tr("All footprints"), "footprints", gpkg, None)
        if layer is not None:  # hidden: the groups already draw these polygons
            self._tree.node(layer).setItemVisibilityChecked(False)

    def _refresh_all_footprints(self) -> None:
        layer = self._all_footprints()
        if layer is not None:
            reload_layer(layer)
