"""Imagery as a parameter of algorithms: a raster layer, or text that names a layer, a file or a tile server."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsProcessingContext, QgsProcessingException, QgsProcessingUtils, QgsRasterLayer  # type: ignore[attr-defined]
from qgis.PyQt.QtCore import QCoreApplication

from ..core.imagery import imagery_of_layer


def imagery_spec(text: str, context: QgsProcessingContext) -> Optional[str]:
    """The imagery that `text` names, in the form that the engine takes; None without text.

    Raises:
        QgsProcessingException: it is a layer that the engine cannot use.
    """
    text = text.strip()
    if not text:
        return None
    project = context.project()
    layer = None
    if project is not None:
        layer = project.mapLayer(text) or next(iter(project.mapLayersByName(text)), None)
    if layer is None:
        layer = QgsProcessingUtils.mapLayerFromString(text, context, False)
    if layer is None:
        return text  # a file, a folder or an address, which the engine checks
    imagery = imagery_of_layer(layer)
    if imagery is None:
        hint = QCoreApplication.translate(
            "EarthLoc", "cannot serve as imagery; choose a raster file, or an XYZ or WMTS layer without a login"
        )
        raise QgsProcessingException(f"{layer.name()}: {hint}.")
    return imagery.spec()


def layer_spec(layer: Optional[QgsRasterLayer], given: object) -> str:
    """The raster layer of a parameter in the form that the engine takes.

    Args:
        layer: the layer; None when QGIS found none.
        given: the value of the parameter, for the message.

    Raises:
        QgsProcessingException: there is no layer, or the engine cannot use it.
    """
    imagery = imagery_of_layer(layer) if layer is not None else None
    spec = imagery.spec() if imagery is not None else None
    if spec is None:
        name = layer.name() if layer is not None else given
        hint = QCoreApplication.translate(
            "EarthLoc",
            "is neither a raster file nor an XYZ or WMTS layer; choose one with a coordinate reference system",
        )
        raise QgsProcessingException(f"{name}: {hint}.")
    return spec
