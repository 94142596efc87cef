"""Draws a results GeoPackage as a picture: a map with footprints and candidates, the photo, a legend.

It needs neither widgets nor a project, so it works in `qgis_process` and in a worker thread.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Optional

from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsGeometry,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsRasterLayer,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QPoint, QRect, QSize
from qgis.PyQt.QtGui import QColor, QImage, QPainter

from ..contract.status import LOCATED
from .basemap import COUNTRY_STYLE, countries_layer
from .export import ExportError, open_results
from .picture_panel import DPI, INK, MapSubject, draw_panel, font
from .qgis_types import current_project, not_none
from .resources import style
from .store import quoted

SEA = "#dfeaf2"
PANEL_PX = 400  # minimum width of the panel with the legend
_SHOWN_PERCENT = 90  # of the search areas, the largest that the map is as wide as
FAR_DEG = 60.0  # farther than this from its centre, a map in a local projection is too distorted to read


def choose_photos(results: str, wanted: str = "") -> MapSubject:
    """The photos of a results GeoPackage; with `wanted`, those with that id, file name or path.

    Raises:
        ExportError: the file is not a results GeoPackage, or has no such photo.
    """
    rows = list(open_results(results, "photos").getFeatures())
    if wanted:
        name = wanted.replace("\\", "/").rsplit("/", 1)[-1]
        rows = [r for r in rows if wanted == r["photo_id"] or str(r["photo"]).rsplit("/", 1)[-1] == name]
        if not rows:
            raise ExportError(f"{results}: has no photo '{wanted}'; give its id or its file name.")
    if not rows:
        raise ExportError(f"{results}: has no photos yet; locate one first.")
    return MapSubject(rows, Path(results).parent)


def draw_map_picture(results: str, size: QSize, wanted: str = "", basemap: Optional[QgsRasterLayer] = None) -> QImage:
    """The picture, `size` pixels: the map on the right, the photo and its data on the left.

    Args:
        results: path of a results GeoPackage.
        wanted: id or file name of the photo to show; all photos when empty.
        basemap: imagery under the footprints; without it, the countries of QGIS's world map.

    Raises:
        ExportError: there is nothing to draw, or the basemap cannot be drawn.
    """
    subject = choose_photos(results, wanted)
    layers = _result_layers(results, subject)
    settings = QgsMapSettings()
    settings.setBackgroundColor(QColor(SEA))
    settings.setOutputDpi(DPI)
    panel = max(round(size.width() * 0.27), PANEL_PX)
    settings.setOutputSize(QSize(size.width() - panel, size.height()))
    _set_projection_and_extent(settings, _framed_layers(layers))
    map_image = _canvas(settings.outputSize())
    painter = QPainter(map_image)
    with tempfile.TemporaryDirectory(prefix="earthloc-") as folder:
        ground = _warped(basemap, settings, Path(folder) / "ground.tif") if basemap else _countries(settings)
        settings.setLayers([*layers, ground] if ground is not None else layers)
        QgsMapRendererCustomPainterJob(settings, painter).renderSynchronously()
        del ground  # closes the file before its folder is deleted
    _draw_scale_bar(painter, settings)
    painter.end()

    picture = _canvas(size)
    painter = QPainter(picture)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QPoint(panel, 0), map_image)
    draw_panel(painter, QRect(0, 0, panel, size.height()), subject, layers)
    painter.end()
    return picture


def draw_footprint_map(results: str, photo: str, size: QSize, basemap: Optional[QgsRasterLayer] = None) -> QImage:
    """The footprint of one photo on a map.

    Args:
        results: path of a results GeoPackage.
        photo: its key in the tables.
        size: pixels.
        basemap: imagery under the footprint; without it, the countries of QGIS's world map.
    """
    return _draw_layer(_styled(results, "footprints", photo), size, basemap)


def draw_search_areas(results: str, photo: str, size: QSize, basemap: Optional[QgsRasterLayer] = None) -> QImage:
    """The search areas of one photo on a map, which shows that of 90 %. Arguments as in `draw_footprint_map`."""
    areas = _styled(results, "search_areas", photo)
    likely = not_none(areas.materialize(QgsFeatureRequest().setFilterExpression(f'"percent" <= {_SHOWN_PERCENT}')))
    return _draw_layer(areas, size, basemap, likely)


def _styled(results: str, table: str, photo: str) -> QgsVectorLayer:
    """The rows of a photo, without labels."""
    layer = _rows_in_memory(results, table, f'"photo" = {quoted(photo)}')
    layer.loadNamedStyle(str(style(table)))
    layer.setLabelsEnabled(False)
    return layer


def _draw_layer(
    layer: QgsVectorLayer, size: QSize, basemap: Optional[QgsRasterLayer], framed: Optional[QgsVectorLayer] = None
) -> QImage:
    """A map of a layer, as wide as `framed` or else the layer."""
    settings = QgsMapSettings()
    settings.setBackgroundColor(QColor(SEA))
    settings.setOutputDpi(DPI)
    settings.setOutputSize(size)
    _set_projection_and_extent(settings, [framed or layer])
    image = _canvas(size)
    painter = QPainter(image)
    with tempfile.TemporaryDirectory(prefix="earthloc-") as folder:
        ground = _warped(basemap, settings, Path(folder) / "ground.tif") if basemap else _countries(settings)
        settings.setLayers([layer, ground] if ground is not None else [layer])
        QgsMapRendererCustomPainterJob(settings, painter).renderSynchronously()
        del ground  # closes the file before its folder is deleted
    _draw_scale_bar(painter, settings)
    painter.end()
    return image


def _canvas(size: QSize) -> QImage:
    image = QImage(size, QImage.Format.Format_RGB32)
    image.setDotsPerMeterX(round(DPI / 0.0254))
    image.setDotsPerMeterY(round(DPI / 0.0254))
    image.fill(QColor(SEA))
    return image


def _rows_in_memory(results: str, table: str, condition: str) -> QgsVectorLayer:
    """A layer in memory with the rows of a table that satisfy an expression."""
    request = QgsFeatureRequest().setFilterExpression(condition)
    return not_none(open_results(results, table).materialize(request))


def _result_layers(results: str, subject: MapSubject) -> list[QgsVectorLayer]:
    """Styled layers of the photos' nadirs, footprints and candidates, topmost first; copies in memory."""
    layers = []
    for table in ("photos", "footprints", "candidates"):
        condition = subject.where()
        if table == "candidates" and len(subject.photos) > 1:
            condition += ' AND "rank" = 1'  # candidates of many photos would cover each other
        layer = _rows_in_memory(results, table, condition)
        layer.loadNamedStyle(str(style(table)))
        layers.append(layer)
    return layers


def _countries(settings: QgsMapSettings) -> Optional[QgsVectorLayer]:
    """QGIS's own world map, without the countries around the antipode of the map's centre.

    A local projection draws its antipode as a circle around the whole map.
    """
    layer = countries_layer("countries")
    if layer is None:
        return None
    to_wgs84 = QgsCoordinateTransform(settings.destinationCrs(), layer.crs(), QgsCoordinateTransformContext())
    centre = to_wgs84.transform(settings.visibleExtent().center())
    antipode = f"make_point({(centre.x() + 360) % 360 - 180}, {-centre.y()})"
    request = QgsFeatureRequest().setFilterExpression(f"NOT intersects($geometry, buffer({antipode}, 15))")
    countries = not_none(layer.materialize(request))
    countries.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(COUNTRY_STYLE)))
    return countries


def _warped(basemap: QgsRasterLayer, settings: QgsMapSettings, path: Path) -> QgsRasterLayer:
    """The basemap, warped to the map's projection by GDAL because QGIS's own warping fails at the antimeridian."""
    extent, size = settings.visibleExtent(), settings.outputSize()
    wkt = QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED_GDAL  # type: ignore[attr-defined]
    try:
        warped = gdal.Warp(
            str(path),
            basemap.source(),
            srcSRS=basemap.crs().toWkt(wkt),
            dstSRS=settings.destinationCrs().toWkt(wkt),
            outputBounds=(extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()),
            width=size.width(),
            height=size.height(),
            resampleAlg="bilinear",
            dstAlpha=True,
        )
    except RuntimeError:  # gdal.UseExceptions() is in effect; else Warp returns None
        warped = None
    if warped is None:
        raise ExportError(f"{basemap.source()}: could not be drawn as a basemap; choose another.")
    del warped  # closes the file
    return QgsRasterLayer(str(path), basemap.name(), "gdal")


def _framed_layers(layers: list[QgsVectorLayer]) -> list[QgsVectorLayer]:
    """The layers that determine the map's extent: candidates only if a photo is not located.

    Candidates of a photo without a nadir lie all over the world.
    """
    found = {feature["status"] for feature in layers[1].getFeatures()}
    return layers[:2] if found == {LOCATED} else layers


def _set_projection_and_extent(settings: QgsMapSettings, layers: list[QgsVectorLayer]) -> None:
    """Chooses a projection that is accurate around the results, also at the antimeridian, and the extent."""
    wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
    shapes = [f.geometry() for layer in layers for f in layer.getFeatures() if not f.geometry().isNull()]
    if not shapes:
        settings.setDestinationCrs(wgs84)
        settings.setExtent(QgsRectangle(-180, -90, 180, 90))
        return
    lat, lon = _centre(shapes)
    farthest = max(_angular_distance_deg(lat, lon, v.y(), v.x()) for g in shapes for v in g.vertices())
    local = f"+proj=laea +lat_0={lat:.4f} +lon_0={lon:.4f}"
    kind = local if farthest < FAR_DEG else "+proj=eqearth +lon_0=0"
    crs = QgsCoordinateReferenceSystem.fromProj(f"{kind} +datum=WGS84 +units=m +no_defs")
    transform = QgsCoordinateTransform(wgs84, crs, QgsCoordinateTransformContext())
    extent = QgsRectangle()
    for shape in shapes:
        copy = QgsGeometry(shape)
        copy.transform(transform)
        box = copy.boundingBox()
        extent = box if extent.isNull() else extent
        extent.combineExtentWith(box)
    extent.grow(max(extent.width(), extent.height()) * 0.08 + 60_000)
    settings.setDestinationCrs(crs)
    settings.setTransformContext(current_project().transformContext())
    settings.setExtent(extent)


def _centre(shapes: list[QgsGeometry]) -> tuple[float, float]:
    """Latitude and longitude of the centre: the mean of vectors from the Earth's centre."""
    x = y = z = 0.0
    for shape in shapes:
        for vertex in shape.vertices():
            lat, lon = math.radians(vertex.y()), math.radians(vertex.x())
            x += math.cos(lat) * math.cos(lon)
            y += math.cos(lat) * math.sin(lon)
            z += math.sin(lat)
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _angular_distance_deg(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    a, b, d = math.radians(lat1), math.radians(lat2), math.radians(lon2 - lon1)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(d)
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _draw_scale_bar(painter: QPainter, settings: QgsMapSettings) -> None:
    """Draws a scale bar of a round number of kilometres at the lower left."""
    km_per_px = settings.mapUnitsPerPixel() / 1000.0
    if settings.destinationCrs().isGeographic() or km_per_px <= 0:
        return
    longest = settings.outputSize().width() / 5 * km_per_px
    power = 10 ** math.floor(math.log10(longest))
    length_km = max(step * power for step in (1, 2, 5) if step * power <= longest)
    width, x, y = round(length_km / km_per_px), 24, settings.outputSize().height() - 28
    painter.setFont(font(9, bold=True))
    text = f"{length_km:g} km"
    painter.fillRect(QRect(x - 10, y - 26, max(width, 60) + 20, 42), QColor(255, 255, 255, 200))
    painter.fillRect(QRect(x, y + 2, width, 5), INK)
    painter.setPen(INK)
    painter.drawText(QPoint(x, y - 6), text)
