"""`earthloc:register`: fits a photo to imagery at a known place, without searching."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

from qgis.core import (  # type: ignore[attr-defined]
    QgsCoordinateReferenceSystem,
    QgsDistanceArea,
    QgsPointXY,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterPoint,
    QgsProcessingParameterRasterLayer,
    QgsRectangle,
)

from ..contract.answers import LocalizeAnswer
from ..contract.parameters import TILE_KM
from ..contract.status import FAILED
from ..core.words import in_a_sentence, message_in_words
from .base import ENGINE, INCLUDE_REVIEWED, EarthLocAlgorithm, engine_parameter, include_reviewed_parameter
from .imagery_parameter import imagery_or_that_of_the_panel, layer_spec

_WGS84 = "EPSG:4326"


class RegisterAlgorithm(EarthLocAlgorithm):
    """Fits one photo to imagery and adds it to a results GeoPackage."""

    NAME = "register"
    PHOTO = "PHOTO"
    EXTENT = "EXTENT"
    PLACE = "PLACE"
    WIDTH_KM = "WIDTH_KM"
    IMAGERY = "IMAGERY"
    NADIR = "NADIR"
    OUTPUT = "OUTPUT"
    STATUS = "STATUS"
    MESSAGE = "MESSAGE"
    NUMBERS = ("CONFIDENCE", "TIE_POINTS", "RMS_KM")

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Register a photo at a place")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Locating")

    def groupId(self) -> str:
        """Id of the group."""
        return "locating"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,astronaut,iss,photo,register,match,tie points,camera,georeference").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "Fits a photo to imagery at a place that you know roughly, without searching an index: it finds tie "
            "points, solves the camera, and computes a confidence. The result is added to a results GeoPackage, from "
            "which the photo can then be georeferenced.\n\n"
            "Give the approximate extent of the ground that the photo shows (such as that of a footprint, or of the "
            "map), or its centre and the length of the photo's longer side on the ground. Half or twice the true "
            "length is close enough.\n\n"
            "The nadir is the point under the station (x,y = longitude,latitude), if you know it. It is only a "
            "hint.\n\n"
            "Without imagery, the one chosen in the panel is used, and the log says which.\n\n"
            "A photo that a review decided on is refused unless reviewed photos are included.\n\n"
            "A photo that does not fit there gets the status 'not_found'."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        self.addParameter(QgsProcessingParameterFile(self.PHOTO, self.tr("Photo")))
        self.addParameter(QgsProcessingParameterRasterLayer(self.IMAGERY, self.tr("Reference imagery"), optional=True))
        self.addParameter(
            QgsProcessingParameterExtent(self.EXTENT, self.tr("Rough extent of its ground"), optional=True)
        )
        self.addParameter(
            QgsProcessingParameterPoint(self.PLACE, self.tr("Or the centre of its ground"), optional=True)
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.WIDTH_KM,
                self.tr("And its longer side in km"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=TILE_KM.low,
                maxValue=TILE_KM.high,
            )
        )
        self.addParameter(QgsProcessingParameterPoint(self.NADIR, self.tr("Nadir"), optional=True))
        self.addParameter(include_reviewed_parameter(self.tr("Also replace a reviewed result")))
        self.addParameter(engine_parameter(self.tr("Engine program")))
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT, self.tr("Results GeoPackage"), self.tr("GeoPackage (*.gpkg)")
            )
        )
        self.addOutput(QgsProcessingOutputString(self.STATUS, self.tr("Status")))
        self.addOutput(QgsProcessingOutputString(self.MESSAGE, self.tr("What was found")))
        for name in self.NUMBERS:
            self.addOutput(QgsProcessingOutputNumber(name, name.replace("_", " ").capitalize()))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Registers the photo."""
        from ..contract.protocol import Register
        from .engine_run import EngineRun
        from .result_layers import load_tables

        imagery = self._imagery(parameters, context, feedback)
        out = os.path.abspath(self.parameterAsFileOutput(parameters, self.OUTPUT, context))
        at, width_km = self._place(parameters, context)
        request = Register(
            photo=os.path.abspath(self.parameterAsFile(parameters, self.PHOTO, context)),
            at=at,
            width_km=width_km,
            imagery=imagery,
            nadir=self._lat_lon(parameters, self.NADIR, context),
            out=out,
            include_reviewed=self.parameterAsBoolean(parameters, INCLUDE_REVIEWED, context),
        )
        with EngineRun(self.parameterAsFile(parameters, ENGINE, context), feedback) as engine:
            answer: LocalizeAnswer = engine.request(request)
        if answer["status"] == FAILED:
            raise QgsProcessingException(message_in_words(answer))
        if answer["save_error"]:
            raise QgsProcessingException(in_a_sentence(answer["save_error"]))
        feedback.pushInfo(f"{answer['status']}: {message_in_words(answer)}")
        if answer["footprint"]:
            load_tables(context, out, ("footprints", "tie_points"), Path(out).stem)
        numbers = (answer["confidence"], answer["inliers"], answer["rms_km"])
        return {
            self.OUTPUT: out,
            self.STATUS: answer["status"],
            self.MESSAGE: answer["message"],
            **dict(zip(self.NUMBERS, numbers)),
        }

    def _imagery(self, parameters, context, feedback) -> str:
        """The given raster layer, else the imagery chosen in the panel, in the form that the engine takes."""
        given = parameters.get(self.IMAGERY)
        if given:
            return layer_spec(self.parameterAsRasterLayer(parameters, self.IMAGERY, context), given)
        spec = imagery_or_that_of_the_panel("", context, feedback)
        if spec is None:
            raise QgsProcessingException(
                self.tr("No imagery was given and none is chosen in the panel; choose a raster layer.")
            )
        return spec

    def _place(self, parameters, context) -> tuple[tuple[float, float], float]:
        """The centre (lat, lon), and the length of the photo's longer side in km."""
        extent = self.parameterAsExtent(parameters, self.EXTENT, context, QgsCoordinateReferenceSystem(_WGS84))
        if parameters.get(self.EXTENT) and not extent.isEmpty():
            return (extent.center().y(), extent.center().x()), _longer_side_km(extent)
        at = self._lat_lon(parameters, self.PLACE, context)
        width_km = self.parameterAsDouble(parameters, self.WIDTH_KM, context)
        if at is None or not width_km:
            raise QgsProcessingException(
                self.tr("The place of the photo is missing; give an extent, or a point and a length.")
            )
        return at, width_km

    def _lat_lon(self, parameters, name: str, context) -> Optional[tuple[float, float]]:
        if not parameters.get(name):
            return None
        point = self.parameterAsPoint(parameters, name, context, QgsCoordinateReferenceSystem(_WGS84))
        return point.y(), point.x()


def _longer_side_km(extent: QgsRectangle) -> float:
    measure = QgsDistanceArea()
    measure.setEllipsoid("WGS84")
    middle = extent.center()
    across = measure.measureLine(QgsPointXY(extent.xMinimum(), middle.y()), QgsPointXY(extent.xMaximum(), middle.y()))
    down = measure.measureLine(QgsPointXY(middle.x(), extent.yMinimum()), QgsPointXY(middle.x(), extent.yMaximum()))
    return max(across, down) / 1000.0
