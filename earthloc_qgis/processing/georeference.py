"""`earthloc:georeference`: writes a registered photo as a georeferenced file."""

from __future__ import annotations

import os
from typing import cast

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)

from ..contract.answers import GeoreferenceAnswer
from ..contract.parameters import GEOREFERENCED, GROUND_CRS, RESOLUTION_M, GeoreferencedKind, GroundCrs
from .base import ENGINE, EarthLocAlgorithm, engine_parameter

_RASTERS = ("ortho", "gcp", "warped", "affine")


class GeoreferenceAlgorithm(EarthLocAlgorithm):
    """Writes a registered photo as a GeoTIFF, its ground control points, or a world file."""

    NAME = "georeference"
    PHOTO = "PHOTO"
    RESULTS = "RESULTS"
    KIND = "KIND"
    CRS = "CRS"
    RESOLUTION_M = "RESOLUTION_M"
    ELEVATION = "ELEVATION"
    OUTPUT = "OUTPUT"
    MESSAGE = "MESSAGE"
    RESIDUAL_PX = "RESIDUAL_PX"

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Georeference a photo")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Export")

    def groupId(self) -> str:
        """Id of the group."""
        return "handingon"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,georeference,orthorectify,warp,gcp,geotiff,world file,astronaut,iss").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "Writes a photo that was fitted to imagery as a georeferenced file.\n\n"
            "ortho: orthorectified with the photo's camera. A cloud-optimised GeoTIFF, transparent outside the photo, "
            "and a second raster with the uncertainty of each position in km. Also for oblique photos, over a pole, "
            "across the antimeridian, and with the limb in view.\n"
            "gcp: the unchanged pixels, with the tie points as ground control points.\n"
            "warped, affine: warped with the tie points alone, by a thin-plate spline or an affine transformation.\n"
            "points: the tie points for the Georeferencer.\n"
            "worldfile: refused, with the residual, if an affine transformation is not accurate enough.\n\n"
            "Without a pixel size, it is that of the photo at its centre. Without heights, the ground is taken as "
            "flat.\n\n"
            "The photo must be the file that was located, and the results GeoPackage must hold its result. A photo "
            "that was found but not fitted to imagery is refused: register it first."
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
        self.addParameter(
            QgsProcessingParameterEnum(
                self.KIND,
                self.tr("Kind of file"),
                list(GEOREFERENCED),
                defaultValue=GEOREFERENCED[0],
                usesStaticStrings=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterEnum(
                self.CRS,
                self.tr("Coordinate reference system"),
                list(GROUND_CRS),
                defaultValue=GROUND_CRS[0],
                usesStaticStrings=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.RESOLUTION_M,
                self.tr("Pixel size in metres"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=RESOLUTION_M.low,
                maxValue=RESOLUTION_M.high,
            )
        )
        self.addParameter(
            QgsProcessingParameterRasterLayer(self.ELEVATION, self.tr("Heights in metres, for ortho"), optional=True)
        )
        self.addParameter(engine_parameter(self.tr("Engine program")))
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT,
                self.tr("Georeferenced photo"),
                self.tr("GeoTIFF (*.tif);;Georeferencer points (*.points);;World files (*.jgw *.pgw *.tfw *.wld)"),
            )
        )
        self.addOutput(QgsProcessingOutputString(self.MESSAGE, self.tr("What was written")))
        self.addOutput(QgsProcessingOutputNumber(self.RESIDUAL_PX, self.tr("Residual in pixels")))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Writes the file. After a cancel, no incomplete file stays behind."""
        from ..contract.protocol import Georeference
        from .engine_run import EngineRun
        from .result_layers import load_layer

        out = os.path.abspath(self.parameterAsFileOutput(parameters, self.OUTPUT, context))
        kind = cast(GeoreferencedKind, self.parameterAsEnumString(parameters, self.KIND, context))
        resolution_m = None
        if parameters.get(self.RESOLUTION_M) is not None:
            resolution_m = self.parameterAsDouble(parameters, self.RESOLUTION_M, context)
        heights = self.parameterAsRasterLayer(parameters, self.ELEVATION, context)
        request = Georeference(
            photo=os.path.abspath(self.parameterAsFile(parameters, self.PHOTO, context)),
            results=os.path.abspath(self.parameterAsFile(parameters, self.RESULTS, context)),
            kind=kind,
            out=out,
            crs=cast(GroundCrs, self.parameterAsEnumString(parameters, self.CRS, context)),
            resolution_m=resolution_m,
            elevation=heights.source() if heights is not None else None,
        )

        def on_progress(progress: dict) -> None:
            total = progress.get("total") or 0
            if total > 1:
                feedback.setProgress(100.0 * progress.get("done", 0) / total)

        with EngineRun(self.parameterAsFile(parameters, ENGINE, context), feedback) as engine:
            answer: GeoreferenceAnswer = engine.request(request, on_progress)
        feedback.pushInfo("\n".join([*answer["files"], answer["message"]]))
        if kind in _RASTERS:
            name = os.path.splitext(os.path.basename(out))[0]
            load_layer(context, out, name, self.tr("EarthLoc: georeferenced photos"))
        return {self.OUTPUT: out, self.MESSAGE: answer["message"], self.RESIDUAL_PX: answer["residual_px"]}
