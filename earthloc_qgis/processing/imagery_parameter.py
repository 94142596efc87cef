"""Imagery as a parameter of algorithms: a raster layer, or text that names a layer, a file or a tile server."""

from __future__ import annotations

from typing import Optional

from qgis.core import (  # type: ignore[attr-defined]
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QCoreApplication

from .. import settings
from ..core.imagery import imagery_of_layer

OF_EACH_INDEX = "index"  # stands for the imagery from which each index was made


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


def imagery_or_that_of_the_panel(
    text: str, context: QgsProcessingContext, feedback: QgsProcessingFeedback
) -> Optional[str]:
    """`imagery_spec`; without text, the imagery chosen in the panel. The log says which imagery that is.

    The panel's imagery may be a tile server: the user agreed to it when choosing it there.

    Raises:
        QgsProcessingException: the imagery cannot be used.
    """
    if text.strip().lower() == OF_EACH_INDEX:
        return None
    if text.strip():
        return imagery_spec(text, context)
    chosen = settings.imagery()
    if chosen.is_own:
        return None
    try:
        spec = chosen.spec()
    except OSError as error:
        raise QgsProcessingException(str(error)) from error
    note = QCoreApplication.translate("EarthLoc", "Imagery as chosen in the panel: {name}")
    feedback.pushInfo(note.format(name=chosen.label or chosen.host or chosen.path))
    return spec


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
