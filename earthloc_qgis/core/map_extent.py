"""The extent of a footprint in the coordinates of a map."""

from __future__ import annotations

from qgis.core import (  # type: ignore[attr-defined]  # the stubs lack QgsCsException
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsRectangle,
)


def map_extent(
    geometry: QgsGeometry, transform: QgsCoordinateTransform, is_scattered: bool = False
) -> QgsRectangle | None:
    """Extent of a geometry in map coordinates; None when the map cannot show it.

    A polygon cut at the antimeridian has parts at both ends of most maps. Then the extent is that of the larger part,
    not of the whole world. A map centred on the Pacific shows both parts together.

    Args:
        geometry: in the coordinates that `transform` takes.
        transform: to the map.
        is_scattered: the geometry is several areas far from each other, all of which shall be seen.
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
    if is_scattered and not _all_at_the_edge(geometry):
        return combined
    if combined.width() > 2 * sum(box.width() for box in boxes):
        return max(boxes, key=lambda box: box.width() * box.height())
    return combined


def _all_at_the_edge(geometry: QgsGeometry) -> bool:
    """Whether every part of a geometry in degrees touches the antimeridian: it is one area that was cut there."""
    boxes = [part.boundingBox() for part in geometry.asGeometryCollection()]
    return all(box.xMinimum() <= -180 or box.xMaximum() >= 180 for box in boxes)
