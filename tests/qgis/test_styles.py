"""The layer styles: they load without warnings, and features can be told apart on the map."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import pytest
from conftest import REPOSITORY
from qgis.core import (
    QgsApplication,
    QgsExpression,
    QgsFeatureRequest,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsRectangle,
    QgsRenderContext,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage, QPainter
from sample_results import write_results

from earthloc_qgis.core.export import open_results
from earthloc_qgis.core.resources import icon, resource, style

TABLES = ("photos", "footprints", "candidates", "tie_points", "search_areas")


@pytest.fixture
def styled(qgis_app, tmp_path):
    """styled(table): a layer of the sample results with its style."""
    results = str(write_results(tmp_path / "results.gpkg"))

    def load(table, condition=""):
        layer = open_results(results, table)
        if condition:
            layer = layer.materialize(QgsFeatureRequest().setFilterExpression(condition))
        message, loaded = layer.loadNamedStyle(str(style(table)))
        assert loaded, message
        return layer

    return load


def paint(layer, extent, labels=True, background="black") -> QImage:
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setExtent(QgsRectangle(*extent))
    settings.setBackgroundColor(QColor(background))
    settings.setOutputSize(QSize(400, 400))
    settings.setDestinationCrs(layer.crs())
    settings.setFlag(QgsMapSettings.Flag.DrawLabeling, labels)
    image = QImage(400, 400, QImage.Format.Format_RGB32)
    image.fill(QColor(background))
    painter = QPainter(image)
    QgsMapRendererCustomPainterJob(settings, painter).renderSynchronously()
    painter.end()
    return image


def drawn_pixels(image: QImage) -> int:
    """Number of pixels that are not background."""
    black = QColor("black").rgb()
    return sum(image.pixel(x, y) != black for y in range(image.height()) for x in range(image.width()))


def brightness(image: QImage) -> list[int]:
    """Grey values, as in a black-and-white print."""
    return [QColor(image.pixel(x, y)).lightness() for y in range(image.height()) for x in range(image.width())]


@pytest.mark.parametrize("table", TABLES)
def test_style_loads_without_warnings_and_draws(styled, table):
    messages = []
    log = QgsApplication.messageLog()
    log.messageReceived.connect(lambda text, tag, level: messages.append((tag, text)))
    layer = styled(table)
    extent = layer.extent()
    extent.scale(1.3)
    image = paint(layer, (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()))
    assert drawn_pixels(image) > 20
    assert [message for message in messages if message[0] not in ("", "Qt")] == []


@pytest.mark.parametrize("table", TABLES)
def test_every_feature_has_a_symbol_and_every_symbol_a_label(styled, table):
    layer = styled(table)
    renderer = layer.renderer().clone()
    context = QgsRenderContext()
    renderer.startRender(context, layer.fields())
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        assert renderer.willRenderFeature(feature, context)
    renderer.stopRender(context)
    assert all(item.label() for item in renderer.legendSymbolItems())


@pytest.mark.parametrize("table", TABLES)
def test_style_holds_symbols_and_labels_only(table):
    """A style with data sources, forms or fields would overwrite those of the layer."""
    root = ET.parse(style(table)).getroot()
    assert root.get("styleCategories") == "Symbology|Labeling"
    assert {child.tag for child in root} == {"renderer-v2", "labeling"}
    names = {symbol.get("name") for symbol in root.findall("renderer-v2/symbols/symbol")}
    used = {rule.get("symbol") for rule in root.iter("rule") if rule.get("symbol")}
    used |= {entry.get("symbol") for name in ("range", "category") for entry in root.iter(name)}
    assert used == names


def test_statuses_differ_without_colour(styled):
    """The same square as located, uncertain and reviewed: in grey, the pictures differ in their pattern."""
    layer = styled("footprints", "\"photo_id\" = 'ISS042-E-104433'")
    pictures = {}
    for status, review in (
        ("located", "unreviewed"), ("by_pass", "unreviewed"), ("uncertain", "unreviewed"), ("located", "rejected"),
        ("located", "accepted"),
        ("located", "corrected"), ("located", "unsure"), ("located", "cloud"),
    ):  # fmt: skip
        fid = next(layer.getFeatures()).id()
        fields = layer.fields()
        values = {fields.indexOf("status"): status, fields.indexOf("review"): review}
        layer.dataProvider().changeAttributeValues({fid: values})
        pictures[status, review] = paint(layer, (29, 35, 36, 41), labels=False)
    located = QImage.copy(pictures["located", "unreviewed"], 90, 110, 70, 70)
    uncertain = QImage.copy(pictures["uncertain", "unreviewed"], 90, 110, 70, 70)
    rejected = QImage.copy(pictures["located", "rejected"], 90, 110, 70, 70)
    assert len(set(brightness(located))) == 1  # an even fill
    assert len(set(brightness(uncertain))) > 1  # a hatch
    assert set(brightness(rejected)) == {0}  # no fill; the cross is at the centre
    grey = {key: tuple(value > 11 for value in brightness(QImage.copy(picture, 60, 60, 280, 280)))
            for key, picture in pictures.items()}  # fmt: skip
    equal = [(a, b) for a in grey for b in grey if a < b and grey[a] == grey[b]]
    assert equal == []


def test_a_footprint_no_likelier_than_chance_is_faint(styled):
    layer = styled("footprints", "\"photo_id\" = 'ISS042-E-104433'")
    fields, fid = layer.fields(), next(layer.getFeatures()).id()
    ink = {}
    for confidence in (0.006, 0.004):
        values = {"status": "uncertain", "review": "unreviewed", "confidence": confidence}
        layer.dataProvider().changeAttributeValues({fid: {fields.indexOf(name): values[name] for name in values}})
        ink[confidence] = sum(brightness(paint(layer, (29, 35, 36, 41), labels=False)))
    assert 0 < ink[0.004] < ink[0.006] / 5


def test_likelier_search_areas_are_darker_in_grey_and_let_the_map_through(styled):
    layer = styled("search_areas")
    for background in ("#b0b0b0", "#2d5a2d", "#0b1a3a"):  # such as desert, forest, sea
        image = paint(layer, (2, 37, 18, 53), labels=False, background=background)
        inner, middle, outer, outside = (QColor(image.pixel(200, 200 + y)).lightness() for y in (0, 60, 135, 190))
        assert outside == QColor(background).lightness()
        if background == "#b0b0b0":
            assert 60 < inner < middle < outer < outside  # not opaque
        casing = [QColor(image.pixel(200, y)).lightness() > 150 for y in range(200, 400)]
        edges = sum(now and not before for before, now in itertools.pairwise(casing))
        assert edges >= 3  # a white line at every edge


def test_better_ranks_have_thicker_lines(styled):
    weights = []
    for rank in (1, 2, 5, 12):
        layer = styled("candidates", f'"rank" = {rank}')
        extent = layer.extent()
        extent.scale(1.2)
        box = (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())
        weights.append(sum(brightness(paint(layer, box, labels=False))))
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 2 * weights[2]


def test_label_is_the_photo_id_or_the_file_name(styled):
    layer = styled("footprints")
    expression = QgsExpression(layer.labeling().settings().fieldName)
    context = layer.createExpressionContext()
    labels = []
    for feature in layer.getFeatures():
        context.setFeature(feature)
        labels.append(expression.evaluate(context))
    assert labels == ["ISS042-E-104433", "Straße am Golf 湾.jpg", "ISS064-E-513"]


def test_icon_is_readable_at_24_pixels(qgis_app):
    path = resource("icons", "earthloc.svg")
    assert path == REPOSITORY / "resources" / "icons" / "earthloc.svg"
    image = icon().pixmap(24, 24).toImage()
    colours = {QColor(image.pixelColor(x, y)).name() for x in range(24) for y in range(24)}
    assert len(colours) > 10
    assert path.stat().st_size < 2000
