"""One result layer: its properties, its data source, its style, reading its rows again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt.QtXml import QDomDocument

from ..contract.review import photo_key
from .qgis_types import not_none
from .resources import style
from .store import quoted

PHOTO_PROPERTY = "earthloc/photo"  # on groups and layers: the photo's key in the GeoPackage
TABLE_PROPERTY = "earthloc/table"  # on layers: the name of a table, or PICTURE or WHERE
PICTURE = "picture"  # raster of the drawn photo
WHERE = "where"  # raster of where the photo could be


def apply_style(layer: QgsMapLayer, table: str) -> None:
    """Applies the plugin's style of a table or WHERE. Not with loadNamedStyle, which prefers one stored in the file."""
    qml = style(table)
    if qml.is_file():
        document = QDomDocument()
        document.setContent(qml.read_text(encoding="utf-8"))
        layer.importNamedStyle(document)


def source(gpkg: Path, table: str, key: str | None) -> str:
    """Data source of a table; with `key`, of its rows for one photo.

    The filter is part of the source, because after setSubsetString QGIS 3.22 cannot read the file while other layers
    have it open.
    """
    subset = "" if key is None else f'|subset="photo" = {quoted(key)}'
    return f"{gpkg}|layername={table}{subset}"


def reload_layer(layer: QgsVectorLayer) -> None:
    """Reads the rows again after the engine has written to the file."""
    not_none(layer.dataProvider()).reloadData()
    layer.updateExtents()
    layer.triggerRepaint()


def reload_layers(project: QgsProject, photos: Iterable[str], gpkg: Path) -> None:
    """Reloads the layers that show `photos`. Only those, because every reload opens the file."""
    keys = {photo_key(photo, gpkg.parent) for photo in photos} | {None}  # None: the layer with all footprints
    for layer in project.mapLayers().values():
        is_ours = layer.customProperty(TABLE_PROPERTY) in ("footprints", "tie_points")
        if is_ours and layer.customProperty(PHOTO_PROPERTY) in keys:
            reload_layer(layer)
