"""Finds the groups and layers of results in the layer tree of a project."""

from __future__ import annotations

from qgis.core import QgsLayerTreeGroup, QgsLayerTreeLayer, QgsMapLayer, QgsProject, QgsVectorLayer

from .qgis_types import layer_tree_root, not_none
from .result_layer import PHOTO_PROPERTY, TABLE_PROPERTY

ROLE_PROPERTY = "earthloc/role"  # on the top group


class ResultTree:
    """The part of a project's layer tree that holds results: a group "EarthLoc" with a group for each photo."""

    def __init__(self, project: QgsProject) -> None:
        self._project = project

    def top(self) -> QgsLayerTreeGroup | None:
        """The group of all results, or None."""
        for child in layer_tree_root(self._project).findGroups(True):
            if child.customProperty(ROLE_PROPERTY) == "results":
                return child
        return None

    def top_group(self) -> QgsLayerTreeGroup:
        """The group of all results; added if it is missing."""
        top = self.top()
        if top is None:
            top = not_none(layer_tree_root(self._project).insertGroup(0, "EarthLoc"))
            top.setCustomProperty(ROLE_PROPERTY, "results")
        return top

    def group(self, key: str) -> QgsLayerTreeGroup | None:
        """The group of the photo with this key, or None."""
        return next((group for group in self.photo_groups() if group.customProperty(PHOTO_PROPERTY) == key), None)

    def photo_groups(self) -> list[QgsLayerTreeGroup]:
        """The groups of all photos."""
        groups = layer_tree_root(self._project).findGroups(True)
        return [group for group in groups if group.customProperty(PHOTO_PROPERTY)]

    def layer(self, group: QgsLayerTreeGroup, table: str) -> QgsMapLayer | None:
        """The layer of a group that shows a table or raster, or None."""
        for node in group.findLayers():
            layer = node.layer()
            if layer is not None and layer.customProperty(TABLE_PROPERTY) == table:
                return layer
        return None

    def table(self, group: QgsLayerTreeGroup, table: str) -> QgsVectorLayer | None:
        """The layer of a group that shows a table, or None."""
        layer = self.layer(group, table)
        return layer if isinstance(layer, QgsVectorLayer) else None

    def node(self, layer: QgsMapLayer) -> QgsLayerTreeLayer:
        """The node of a layer of the project."""
        return not_none(layer_tree_root(self._project).findLayer(layer.id()))

    def is_checked(self, group: QgsLayerTreeGroup, table: str) -> bool:
        """Whether a group has this layer, with its box ticked."""
        layer = self.layer(group, table)
        return layer is not None and self.node(layer).itemVisibilityChecked()


def remove_group(group: QgsLayerTreeGroup) -> None:
    """Removes a group from the layer tree."""
    parent = group.parent()
    if isinstance(parent, QgsLayerTreeGroup):
        parent.removeChildNode(group)
