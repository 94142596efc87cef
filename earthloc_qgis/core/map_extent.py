"""The extent of a footprint in the coordinates of a map."""

from __future__ import annotations

from qgis.core import (  # type: ignore[attr-defined]  # the stubs lack QgsCsException
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsRectangle,
)


def map_extent(geometry: QgsGeometry, transform: QgsCoordinateTransform) -> QgsRectangle | None:
    """Extent of a geometry in map coordinates; None when the map cannot show it.

    A polygon cut at the antimeridian has parts at both ends of most maps. Then the extent is that of the larger part,
    not of the whole world. A map centred on the Pacific shows both parts together.
    """
    boxes = []
    for part in geometry.asGeometryCollection():
        try:
            box = transform.transformBoundingBox(part.boundingBox())
        except QgsCsException:
            continue
        if box.isFinite() and not box.isEmpty():
            boxes.append(box)
    if not boxes:
        return None
    combined = QgsRectangle(boxes[0])
    for box in boxes[1:]:
        combined.combineExtentWith(box)
    if combined.width() > 2 * sum(box.width() for box in boxes):
        return max(boxes, key=lambda box: box.width() * box.height())
    return combined
