"""A map below the first results: the engine's mosaic of the world, and QGIS's own outlines of the countries."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsFillSymbol,
    QgsMapLayer,
    QgsProject,
    QgsRasterLayer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)

from .index_files import IndexFileError, read_facts
from .qgis_types import layer_tree_root, not_none
from .result_layer import TABLE_PROPERTY
from .words import tr as _tr

BASEMAP = "basemap"  # value of TABLE_PROPERTY
# On smaller scales the outlines are drawn alone: the mosaic has no overviews, so drawing all of it takes seconds.
_MOSAIC_MIN_SCALE = 30_000_000
COUNTRY_STYLE = {"color": "#f4f1ea", "outline_color": "#b9b2a3", "outline_width": "0.2"}
_ENTRY = ("EarthLoc", "basemap")  # in the project: a basemap was added once


def countries_layer(name: str) -> QgsVectorLayer | None:
    """The countries of the world map that QGIS includes; None if QGIS lacks it."""
    world = Path(QgsApplication.pkgDataPath()) / "resources" / "data" / "world_map.gpkg"
    layer = QgsVectorLayer(f"{world}|layername=countries", name, "ogr")
    if not layer.isValid():
        return None
    layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(COUNTRY_STYLE)))
    return layer


def mosaic_of(indexes: list[str]) -> Path | None:
    """The mosaic beside one of the engine's own indexes; None if there is none on this computer."""
    for index in indexes:
        try:
            stated = read_facts(index).imagery
        except IndexFileError:
            continue
        path = Path(index).parent / stated
        if stated and Path(stated).name == stated and path.is_file():
            return path
    return None


def ensure_basemap(project: QgsProject, included_indexes: list[str]) -> None:
    """Adds a basemap at the bottom of a project without layers of the user. Only once: the user may remove it."""
    if any(not layer.customProperty(TABLE_PROPERTY) for layer in project.mapLayers().values()):
        return
    if project.readBoolEntry(*_ENTRY)[0]:
        return
    layers: list[QgsMapLayer] = []
    mosaic = mosaic_of(included_indexes)
    if mosaic is not None:
        raster = QgsRasterLayer(str(mosaic), _tr("World (Blue Marble)"), "gdal")
        raster.setScaleBasedVisibility(True)
        raster.setMinimumScale(_MOSAIC_MIN_SCALE)
        layers.append(raster)
    countries = countries_layer(_tr("World"))
    if countries is not None:
        layers.append(countries)
    for layer in layers:
        if layer.isValid():
            layer.setCustomProperty(TABLE_PROPERTY, BASEMAP)
            project.addMapLayer(layer, False)
            not_none(layer_tree_root(project).addLayer(layer)).setExpanded(False)
    project.writeEntry(*_ENTRY, True)
