"""Loads the results of algorithms into the project: with the plugin's style, in a group of their own."""

from __future__ import annotations

from typing import Callable, Optional

from qgis.core import (
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsVectorLayer,
)

from ..core.result_layer import TABLE_PROPERTY, apply_style, reload_layer
from ..core.words import tr as _tr

# QGIS does not take ownership of these objects, and it needs them after the algorithm has ended.
_kept: list[QgsProcessingLayerPostProcessorInterface] = []


def load_tables(context: QgsProcessingContext, gpkg: str, tables: tuple[str, ...], name: str) -> None:
    """Loads tables of a results GeoPackage when the algorithm ends, the first one at the bottom.

    Args:
        context: of the algorithm. Nothing is loaded without a project, as in `qgis_process`.
        gpkg: the results GeoPackage.
        tables: "footprints", "candidates", "tie_points" or "search_areas".
        name: the file's name for the group, without its ending.
    """
    titles = {
        "footprints": _tr("Footprints"),
        "candidates": _tr("Candidates"),
        "tie_points": _tr("Tie points"),
        "search_areas": _tr("Search areas"),
    }
    group = _tr("EarthLoc: {name}").format(name=name)
    for position, table in enumerate(tables):
        load_layer(context, f"{gpkg}|layername={table}", titles[table], group, styled_as(table), position)


def load_layer(
    context: QgsProcessingContext,
    source: str,
    title: str,
    group: str,
    prepare: Optional[Callable[[QgsMapLayer], None]] = None,
    position: int = 0,
) -> None:
    """Loads one layer when the algorithm ends.

    Args:
        context: of the algorithm.
        source: its data source.
        title: its name.
        group: the group for it; made when it is missing.
        prepare: styles the layer; called in the main thread.
        position: layers with a larger number are drawn above the others of the run.
    """
    project = context.project()
    if project is None:
        return
    details = QgsProcessingContext.LayerDetails(title, project, title)
    details.forceName = True
    if hasattr(details, "groupName"):  # since QGIS 3.32
        details.groupName = group
        details.layerSortKey = position
    processor = _StyleAndGroup(project, group, prepare)
    _kept.append(processor)
    details.setPostProcessor(processor)
    context.addLayerToLoadOnCompletion(source, details)


def footprints_style(layer: QgsMapLayer) -> None:
    """Styles an exported file of footprints."""
    if isinstance(layer, QgsVectorLayer):
        apply_style(layer, "footprints")


def styled_as(table: str) -> Callable[[QgsMapLayer], None]:
    """A function that marks a layer as one of ours and applies the plugin's style: for a table, or for WHERE."""

    def prepare(layer: QgsMapLayer) -> None:
        layer.setCustomProperty(TABLE_PROPERTY, table)
        apply_style(layer, table)

    return prepare


class _StyleAndGroup(QgsProcessingLayerPostProcessorInterface):
    """Styles a layer, removes an older layer of the same source from its group, and moves it there."""

    def __init__(self, project: QgsProject, group: str, prepare: Optional[Callable[[QgsMapLayer], None]]) -> None:
        super().__init__()
        self._project, self._group, self._prepare = project, group, prepare

    def postProcessLayer(
        self, layer: Optional[QgsMapLayer], context: QgsProcessingContext, feedback: Optional[QgsProcessingFeedback]
    ) -> None:
        """Called by QGIS in the main thread."""
        root = self._project.layerTreeRoot()
        if layer is None or root is None:
            return
        if self._prepare is not None:
            self._prepare(layer)
        if isinstance(layer, QgsVectorLayer):  # QGIS loads a source that is in the project only once
            reload_layer(layer)
        group = root.findGroup(self._group)
        if group is not None:
            nodes = [node.layer() for node in group.findLayers()]
            older = [known.id() for known in nodes if known is not None and known.source() == layer.source()]
            self._project.removeMapLayers([known for known in older if known != layer.id()])
        node = root.findLayer(layer.id())
        if node is None:
            return  # newer versions of QGIS put the layer into the group of its details
        group = group or root.insertGroup(0, self._group)
        parent = node.parent()
        if group is not None and parent is not group and isinstance(parent, QgsLayerTreeGroup):
            group.insertChildNode(0, node.clone())
            parent.removeChildNode(node)
