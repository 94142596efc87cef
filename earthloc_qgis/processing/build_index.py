"""`earthloc:buildindex`: builds a regional index from reference imagery."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.core import (  # type: ignore[attr-defined]
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..contract.parameters import DEFAULT_TILE_KM, FEATURE_KM
from ..core.words import outlook_in_words
from .base import ENGINE, EarthLocAlgorithm, engine_parameter
from .imagery_parameter import layer_spec

# First and last percent of each stage in the progress bar.
_SHARES = {"embed": (0.0, 60.0), "features": (60.0, 100.0)}
_WIDTHS = ",".join(f"{width:g}" for width in DEFAULT_TILE_KM)


class BuildIndexAlgorithm(EarthLocAlgorithm):
    """Builds a regional index from a georeferenced raster."""

    NAME = "buildindex"
    SOURCE = "SOURCE"
    EXTENT = "EXTENT"
    TILE_KM = "TILE_KM"
    FEATURE_KM = "FEATURE_KM"
    MODEL = "MODEL"
    INCLUDE_OCEAN = "INCLUDE_OCEAN"
    ATTRIBUTION = "ATTRIBUTION"
    LICENCE = "LICENCE"
    OUTPUT = "OUTPUT"
    TILES = "TILES"
    FEATURES = "FEATURES"

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Build a regional index")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Preparation")

    def groupId(self) -> str:
        """Id of the group."""
        return "preparation"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,index,tiles,imagery,region,astronaut,iss").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "Cuts reference imagery into overlapping square tiles of several ground widths and computes a "
            "descriptor of each with the model, so that photos can be searched in it. Any georeferenced raster that "
            "GDAL opens can be used. Without a region, all of it is indexed. Choose the region that your photos show: "
            "a smaller region is searched faster and more reliably.\n\n"
            "Choose ground widths around those of your photos: a telephoto frame shows 20 to 100 km, a 24 mm "
            "lens about 500 km.\n\n"
            "Local features are details of the ground that are recognised in photos, also in photos without a nadir. "
            "They find a photo if its shorter side shows about 256 of their pixels or more: with 0.05 km per pixel, "
            "photos 13 km wide and wider. Without a number, the pixels are so small that a photo as wide as the "
            "smallest tile shows 256 of them, if the imagery is fine enough. 0: no local features. Before the build, "
            "the log shows the estimated size of the index.\n\n"
            "Without a model package, the engine's own model is used.\n\n"
            "XYZ and WMTS layers can be used, too: their tiles are downloaded once and stored. Read the terms of the "
            "server first, enter attribution and licence, and restrict the extent.\n\n"
            "If a build was cancelled or interrupted, run it again with the same parameters: it continues where it "
            "stopped. The index appears only when it is complete."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        self.addParameter(QgsProcessingParameterRasterLayer(self.SOURCE, self.tr("Reference imagery")))
        self.addParameter(QgsProcessingParameterExtent(self.EXTENT, self.tr("Region"), optional=True))
        self.addParameter(
            QgsProcessingParameterString(self.TILE_KM, self.tr("Ground widths of the tiles in km"), _WIDTHS)
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.FEATURE_KM,
                self.tr("Pixel size of local features in km"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0.0,
                maxValue=FEATURE_KM.high,
            )
        )
        self.addParameter(
            QgsProcessingParameterBoolean(self.INCLUDE_OCEAN, self.tr("Include tiles of open sea"), False)
        )
        self.addParameter(
            QgsProcessingParameterFile(
                self.MODEL,
                self.tr("Model package"),
                QgsProcessingParameterFile.Behavior.File,
                optional=True,
                fileFilter=self.tr("Model packages (*.json)"),
            )
        )
        for name, text in (
            (self.ATTRIBUTION, self.tr("Attribution of the imagery")),
            (self.LICENCE, self.tr("Licence of the imagery")),
        ):
            self.addParameter(QgsProcessingParameterString(name, text, optional=True))
        self.addParameter(engine_parameter(self.tr("Engine program")))
        self.addParameter(QgsProcessingParameterFolderDestination(self.OUTPUT, self.tr("Index folder")))
        self.addOutput(QgsProcessingOutputNumber(self.TILES, self.tr("Number of tiles")))
        self.addOutput(QgsProcessingOutputNumber(self.FEATURES, self.tr("Number of local features")))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Builds the index. After a cancel, the next run continues where this one stopped."""
        from ..contract.protocol import BuildIndex
        from ..core.tile_style import style_tiles
        from .engine_run import EngineRun
        from .result_layers import load_layer

        layer = self.parameterAsRasterLayer(parameters, self.SOURCE, context)
        imagery = layer_spec(layer, parameters[self.SOURCE])
        out = self.parameterAsString(parameters, self.OUTPUT, context)
        wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
        extent = self.parameterAsExtent(parameters, self.EXTENT, context, wgs84)
        bbox = (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())
        build = BuildIndex(
            source=imagery,
            out=out,
            bbox=None if extent.isNull() else bbox,
            tile_km=self._widths(self.parameterAsString(parameters, self.TILE_KM, context)),
            include_ocean=self.parameterAsBool(parameters, self.INCLUDE_OCEAN, context),
            feature_km=self._feature_km(parameters, context),
            model=self.parameterAsFile(parameters, self.MODEL, context) or None,
            resume=True,
            attribution=self.parameterAsString(parameters, self.ATTRIBUTION, context),
            licence=self.parameterAsString(parameters, self.LICENCE, context),
        )
        reported: set[str] = set()

        def on_progress(progress: dict) -> None:
            stage, total = progress.get("stage", ""), progress.get("total") or 0
            if stage in _SHARES and total:
                first, last = _SHARES[stage]
                feedback.setProgress(first + (last - first) * progress.get("done", 0) / total)
            if stage not in reported:
                reported.add(stage)
                feedback.pushInfo(str(progress.get("message") or stage))

        with EngineRun(self.parameterAsFile(parameters, ENGINE, context), feedback) as engine:
            feedback.pushInfo(outlook_in_words(engine.request(build.plan())))
            info = engine.request(build, on_progress)
        tiles, features = info["count"], (info.get("features") or {"count": 0})["count"]
        text = self.tr("{n} tiles and {f} local features: {path}")
        feedback.pushInfo(text.format(n=f"{tiles:,}", f=f"{features:,}", path=out))
        outlines = Path(out) / "tiles.gpkg"
        if outlines.is_file():
            group, widths = self.tr("EarthLoc: indexes"), list(info["tile_km"])
            title = self.tr("Tiles of {name}").format(name=info["name"])
            load_layer(context, f"{outlines}|layername=tiles", title, group, lambda layer: style_tiles(layer, widths))
        return {self.OUTPUT: out, self.TILES: tiles, self.FEATURES: features}

    def _feature_km(self, parameters: dict, context: QgsProcessingContext) -> Optional[float]:
        """None without a value. Text that is not a number is refused: QGIS would read it as 0: no features."""
        given = parameters.get(self.FEATURE_KM)
        if given is None or given == "":
            return None
        if isinstance(given, str):
            try:
                float(given)
            except ValueError as error:
                hint = self.tr("is not a pixel size; give kilometres, such as 0.05")
                raise QgsProcessingException(f"{given}: {hint}.") from error
        return self.parameterAsDouble(parameters, self.FEATURE_KM, context)

    def _widths(self, text: str) -> tuple[float, ...]:
        try:
            widths = tuple(float(part) for part in text.replace(";", ",").split(","))
        except ValueError as error:
            hint = self.tr("are not ground widths; give kilometres separated by commas, such as 313,626")
            raise QgsProcessingException(f"{text}: {hint}.") from error
        return widths
