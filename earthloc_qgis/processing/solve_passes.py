"""`earthloc:solvepasses`: gives photos that are not located the footprint that their pass says."""

from __future__ import annotations

import os

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
)

from ..contract.parameters import DEFAULT_ELLIPSE_KM, ELLIPSE_KM
from ..contract.passes import PassAnswer, SolvePassesAnswer
from .base import ENGINE, EarthLocAlgorithm, any_file_parameter, engine_parameter


class SolvePassesAlgorithm(EarthLocAlgorithm):
    """Solves the frames of each pass together, and predicts those that are not located."""

    NAME = "solvepasses"
    RESULTS = "RESULTS"
    ORBIT = "ORBIT"
    MAX_ELLIPSE_KM = "MAX_ELLIPSE_KM"
    LEAVE_ONE_OUT = "LEAVE_ONE_OUT"
    FOOTPRINTS = "FOOTPRINTS"
    PASSES = "PASSES"
    BY_PASS = "BY_PASS"  # nosec B105
    MEDIAN_KM = "MEDIAN_KM"
    MESSAGE = "MESSAGE"

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Solve passes")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Locating")

    def groupId(self) -> str:
        """Id of the group."""
        return "locating"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,pass,orbit,footprint,sea,cloud,ellipse,astronaut,iss").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "The frames of one pass share the orbit, the clock, the lens and often a fixed mount. They are solved "
            "together from the located ones. The others, over sea or cloud, get a footprint by the pass. It has a "
            "status of its own and never counts as located; an ellipse says where the middle of the photo lies with "
            "90 %.\n\n"
            "How the camera was held follows from the located photos: fixed, moved smoothly, or held anew for each "
            "photo. In the last case only the nadir is known, and no footprint is given; nor where the ellipse is "
            "larger than the limit, its semi-major axis.\n\n"
            "The results are written to the GeoPackage itself. Photos that a review decided on stay as they are.\n\n"
            "The orbit is a file of two-line elements, OMM or OEM. Without one, the orbit follows from at least two "
            "located photos.\n\n"
            "Leaving one out predicts each located photo from the others, and says how far off that is."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        file = QgsProcessingParameterFile.Behavior.File
        results = self.tr("Results GeoPackage with located photos")
        geopackage = self.tr("GeoPackage (*.gpkg)")
        self.addParameter(QgsProcessingParameterFile(self.RESULTS, results, file, fileFilter=geopackage))
        self.addParameter(any_file_parameter(self.ORBIT, self.tr("Orbit of the station")))
        self.addParameter(
            QgsProcessingParameterNumber(
                self.MAX_ELLIPSE_KM,
                self.tr("Largest ellipse of a footprint in km"),
                QgsProcessingParameterNumber.Type.Double,
                DEFAULT_ELLIPSE_KM,
                minValue=ELLIPSE_KM.low,
                maxValue=ELLIPSE_KM.high,
            )
        )
        self.addParameter(
            QgsProcessingParameterBoolean(
                self.LEAVE_ONE_OUT, self.tr("Also predict located photos, and compare"), False
            )
        )
        self.addParameter(engine_parameter(self.tr("Engine program")))
        self.addOutput(QgsProcessingOutputVectorLayer(self.FOOTPRINTS, self.tr("Footprints")))
        self.addOutput(QgsProcessingOutputNumber(self.PASSES, self.tr("Passes")))
        self.addOutput(QgsProcessingOutputNumber(self.BY_PASS, self.tr("Footprints by the pass")))
        self.addOutput(QgsProcessingOutputNumber(self.MEDIAN_KM, self.tr("Median error of located photos in km")))
        self.addOutput(QgsProcessingOutputString(self.MESSAGE, self.tr("Message")))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Solves the passes."""
        from ..contract.protocol import SolvePasses
        from ..core.words import message_in_words
        from .engine_run import EngineRun

        orbit = self.parameterAsFile(parameters, self.ORBIT, context)
        results = os.path.abspath(self.parameterAsFile(parameters, self.RESULTS, context))
        request = SolvePasses(
            results=results,
            orbit=os.path.abspath(orbit) if orbit else None,
            max_ellipse_km=self.parameterAsDouble(parameters, self.MAX_ELLIPSE_KM, context),
            leave_one_out=self.parameterAsBoolean(parameters, self.LEAVE_ONE_OUT, context),
        )
        with EngineRun(self.parameterAsFile(parameters, ENGINE, context), feedback) as engine:
            answer: SolvePassesAnswer = engine.request(request)
        texts = [message_in_words(one) for one in answer["passes"]]
        for one, text in zip(answer["passes"], texts):
            feedback.pushInfo(f"{one['camera'] or '?'}, {one['first'][:16]}: {text}")
            for photo in one["wrong"]:
                feedback.pushWarning(self.tr("{photo} contradicts the others.").format(photo=photo))
        if answer["left_out"]:
            text = self.tr("{n} photos belong to no pass: they have no time, or cannot be read.")
            feedback.pushWarning(text.format(n=len(answer["left_out"])))
        errors = sorted(error for one in answer["passes"] for error in _errors(one))
        median = {self.MEDIAN_KM: errors[len(errors) // 2]} if errors else {}
        return {
            self.FOOTPRINTS: f"{results}|layername=footprints",
            self.PASSES: len(answer["passes"]),
            self.BY_PASS: sum(photo["given"] for one in answer["passes"] for photo in one["predicted"]),
            self.MESSAGE: "\n".join(texts),
            **median,
        }


def _errors(one: PassAnswer) -> list[float]:
    checked = one["leave_one_out"]
    return [] if checked is None else list(checked["errors_km"].values())
