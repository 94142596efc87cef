"""Uncovers the ground for setting tie points: hides photos that are drawn on the map."""

from __future__ import annotations

from ....core.qgis_types import layer_tree_root
from ....core.result_layer import PICTURE, TABLE_PROPERTY
from ...compat import current_project


class DrawnPhotos:
    """The layers that “Show photo on map” has added. Hides them, and shows again those that it has hidden."""

    def __init__(self) -> None:
        self._hidden: list[str] = []  # ids of layers

    def hide(self) -> None:
        """Hide the visible ones."""
        for node in layer_tree_root(current_project()).findLayers():
            layer = node.layer()
            if layer is not None and layer.customProperty(TABLE_PROPERTY) == PICTURE and node.itemVisibilityChecked():
                node.setItemVisibilityChecked(False)
                self._hidden.append(layer.id())

    def show_again(self) -> None:
        """Show those that `hide` has hidden, if they still exist."""
        root = layer_tree_root(current_project())
        for name in self._hidden:
            node = root.findLayer(name)
            if node is not None:
                node.setItemVisibilityChecked(True)
        self._hidden = []
