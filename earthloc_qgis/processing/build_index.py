"""`earthloc:buildindex`: reference imagery cut into tiles and described, for searching."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..core.imagery import imagery_of_layer
from .base import ENGINE, EarthLocAlgorithm, engine_parameter

# Of the progress bar, in percent.
_SHARES = {"embed": (0.0, 60.0), "features": (60.0, 100.0)}
DEFAULT_TILE_KM = "156,313,626"  # as the engine has it


class BuildIndexAlgorithm(EarthLocAlgorithm):
    """Builds a regional index from a georeferenced raster."""

    NAME = "buildindex"
    SOURCE = "SOURCE"
    EXTENT = "EXTENT"
    TILE_KM = "TILE_KM"
    MODEL = "MODEL"
    INCLUDE_OCEAN = "INCLUDE_OCEAN"
    ATTRIBUTION = "ATTRIBUTION"
    LICENCE = "LICENCE"
    OUTPUT = "OUTPUT"
    TILES = "TILES"

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
        """Words by which the toolbox finds it."""
        return self.tr("earthloc,index,tiles,imagery,region,astronaut,iss").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "Cuts reference imagery into overlapping square tiles of several ground widths and describes each "
            "with the model, so that photos can be searched in it. Any georeferenced raster that GDAL opens will "
            "do. Restrict the extent to the region your photos show: the smaller, the faster and the surer.\n\n"
            "Choose ground widths around those of your photos: a telephoto frame shows 20 to 100 km, a 24 mm "
            "lens about 500 km.\n\n"
            "XYZ and WMTS layers will do, too: their tiles are fetched once and kept. Look up the terms of the "
            "server first, state whom to credit and the licence, and restrict the extent.\n\n"
            "A build that was cancelled or interrupted goes on where it stopped when it is run again with the "
            "same parameters. The index appears only when it is complete."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        self.addParameter(QgsProcessingParameterRasterLayer(self.SOURCE, self.tr("Reference imagery")))
        self.addParameter(
            QgsProcessingParameterExtent(self.EXTENT, self.tr("Region (else all of the imagery)"), optional=True)
        )
        self.addParameter(
            QgsProcessingParameterString(self.TILE_KM, self.tr("Ground widths of the tiles in km"), DEFAULT_TILE_KM)
        )
        self.addParameter(
            QgsProcessingParameterBoolean(self.INCLUDE_OCEAN, self.tr("Include tiles of open sea"), False)
        )
        self.addParameter(
            QgsProcessingParameterFile(
                self.MODEL,
                self.tr("Model package (else the engine's own)"),
                QgsProcessingParameterFile.Behavior.File,
                optional=True,
                fileFilter=self.tr("Model packages (*.json)"),
            )
        )
        for name, text in (
            (self.ATTRIBUTION, self.tr("Whom to credit for the imagery (needed for a tile server)")),
            (self.LICENCE, self.tr("Licence of the imagery (needed for a tile server)")),
        ):
            self.addParameter(QgsProcessingParameterString(name, text, optional=True))
        self.addParameter(engine_parameter(self.tr("Engine program (else the one in the options)")))
        self.addParameter(QgsProcessingParameterFolderDestination(self.OUTPUT, self.tr("Index folder")))
        self.addOutput(QgsProcessingOutputNumber(self.TILES, self.tr("Number of tiles")))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Builds the index with progress; cancelling leaves what is done for the next run."""
        from .engine_run import EngineRun

        layer = self.parameterAsRasterLayer(parameters, self.SOURCE, context)
        imagery = None if layer is None else imagery_of_layer(layer)
        if imagery is None:
            name = layer.name() if layer is not None else parameters[self.SOURCE]
            mend = self.tr("is no raster file and no XYZ or WMTS layer; choose one with a coordinate system")
            raise QgsProcessingException(f"{name}: {mend}.")
        out = self.parameterAsString(parameters, self.OUTPUT, context)
        wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
        extent = self.parameterAsExtent(parameters, self.EXTENT, context, wgs84)
        bbox = [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()]
        params = {
            "source": imagery.spec(),
            "out": out,
            "bbox": None if extent.isNull() else bbox,
            "tile_km": self._widths(self.parameterAsString(parameters, self.TILE_KM, context)),
            "model": self.parameterAsFile(parameters, self.MODEL, context) or None,
            "resume": True,
            "attribution": self.parameterAsString(parameters, self.ATTRIBUTION, context),
            "licence": self.parameterAsString(parameters, self.LICENCE, context),
            "include_ocean": self.parameterAsBool(parameters, self.INCLUDE_OCEAN, context),
        }
        said: set[str] = set()

        def on_progress(progress: dict) -> None:
            stage, total = progress.get("stage", ""), progress.get("total") or 0
            if stage in _SHARES and total:
                first, last = _SHARES[stage]
                feedback.setProgress(first + (last - first) * progress.get("done", 0) / total)
            if stage not in said:
                said.add(stage)
                feedback.pushInfo(str(progress.get("message") or stage))

        with EngineRun(self.parameterAsFile(parameters, ENGINE, context), feedback) as engine:
            info = engine.request("index/build", params, on_progress)
        feedback.pushInfo(self.tr("{n} tiles: {path}").format(n=info["count"], path=out))
        return {self.OUTPUT: out, self.TILES: info["count"]}

    def _widths(self, text: str) -> list[float]:
        try:
            widths = [float(part) for part in text.replace(";", ",").split(",")]
        except ValueError as error:
            mend = self.tr("are no ground widths; give kilometres with commas between them, such as 313,626")
            raise QgsProcessingException(f"{text}: {mend}.") from error
        return widths
