"""The style of the tile outlines of an index."""

from __future__ import annotations

from collections.abc import Iterable

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsMapLayer,
    QgsRendererCategory,
    QgsVectorLayer,
)


def style_tiles(layer: QgsMapLayer, tile_km: Iterable[float]) -> None:
    """Draws outlines by their widths, with only the widest tiles visible: all at once would cover the map."""
    if not isinstance(layer, QgsVectorLayer):
        return
    categories: list[QgsRendererCategory] = []
    for width in sorted(tile_km, reverse=True):
        # Visible on sea and on forest.
        symbol = QgsFillSymbol.createSimple({"style": "no", "outline_color": "255,214,0", "outline_width": "0.3"})
        categories.append(QgsRendererCategory(width, symbol, f"{width:g} km", not categories))
    layer.setRenderer(QgsCategorizedSymbolRenderer("width_km", categories))
