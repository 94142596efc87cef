"""`earthloc:wheremap`: writes where a located photo could be as a raster."""

from __future__ import annotations

import os

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterDestination,
)

from ..contract.answers import WhereRasterAnswer
from .base import ENGINE, EarthLocAlgorithm, engine_parameter


class WhereMapAlgorithm(EarthLocAlgorithm):
    """Writes the probability of every place on Earth for one photo."""

    NAME = "wheremap"
    PHOTO = "PHOTO"
    RESULTS = "RESULTS"
    OUTPUT = "OUTPUT"
    AREA_KM2 = "AREA_KM2"

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Map where a photo could be")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Results")

    def groupId(self) -> str:
        """Id of the group."""
        return "results"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,where,probability,search area,astronaut,iss").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "Writes where a photo could be as a GeoTIFF in EPSG:6933 with cells of 3,265 km². Band 1 is the smallest "
            "percentage whose search area holds a cell: all cells below 90 make up the area that holds the photo with "
            "90 %. Beyond 99.9 % there is no value. Band 2 is the probability per 1,000 km².\n\n"
            "It is a search area, not a location. The results GeoPackage must hold the photo, located with 'Say where "
            "photos could be'."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        self.addParameter(QgsProcessingParameterFile(self.PHOTO, self.tr("Photo")))
        self.addParameter(
            QgsProcessingParameterFile(
                self.RESULTS,
                self.tr("Results GeoPackage that holds its result"),
                fileFilter=self.tr("GeoPackage (*.gpkg)"),
            )
        )
        self.addParameter(engine_parameter(self.tr("Engine program")))
        self.addParameter(QgsProcessingParameterRasterDestination(self.OUTPUT, self.tr("Where it could be")))
        self.addOutput(QgsProcessingOutputNumber(self.AREA_KM2, self.tr("Area of 90 % in km²")))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Writes the raster."""
        from ..contract.protocol import WhereRaster
        from ..core.result_layer import WHERE
        from .engine_run import EngineRun
        from .result_layers import load_layer, styled_as

        out = self.parameterAsOutputLayer(parameters, self.OUTPUT, context)
        photo = os.path.abspath(self.parameterAsFile(parameters, self.PHOTO, context))
        request = WhereRaster(
            photo=photo,
            results=os.path.abspath(self.parameterAsFile(parameters, self.RESULTS, context)),
            out=os.path.abspath(out),
        )
        with EngineRun(self.parameterAsFile(parameters, ENGINE, context), feedback) as engine:
            answer: WhereRasterAnswer = engine.request(request)
        if context.willLoadLayerOnCompletion(out):
            name = os.path.splitext(os.path.basename(photo))[0]
            load_layer(context, out, name, self.tr("EarthLoc: where photos could be"), styled_as(WHERE))
        return {self.OUTPUT: out, self.AREA_KM2: answer["area_km2"]}
