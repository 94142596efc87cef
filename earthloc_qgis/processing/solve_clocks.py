"""`earthloc:solveclocks`: says how wrong cameras' clocks were."""

from __future__ import annotations

import json
import os
from pathlib import Path

from qgis.core import (  # type: ignore[attr-defined]
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from ..contract.clocks import SolveClocksAnswer, known_offset
from .base import ENGINE, EarthLocAlgorithm, any_file_parameter, engine_parameter


class SolveClocksAlgorithm(EarthLocAlgorithm):
    """Estimates the offsets of cameras' clocks from located photos and the station's orbit."""

    NAME = "solveclocks"
    RESULTS = "RESULTS"
    ORBIT = "ORBIT"
    OUTPUT = "OUTPUT"
    SOLVED = "SOLVED"
    MESSAGE = "MESSAGE"

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Solve clocks")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Locating")

    def groupId(self) -> str:
        """Id of the group."""
        return "locating"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,clock,time,orbit,tle,nadir,astronaut,iss").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "The station moves by 7 km a second over the ground, so located photos tell how wrong the clock of their "
            "camera was: 'The clock of NIKON D5 was 3 min 15 s behind'. Photos of one camera count together until a "
            "day passes without one.\n\n"
            "The orbit is a file of two-line elements, OMM or OEM, at most 30 days from the photos. Without one, the "
            "orbit is taken from the nadirs in the photos' tags.\n\n"
            "The offsets that are beyond doubt are written to a file. 'Locate photos' takes it, together with the "
            "orbit, and finds the nadir of other photos of these cameras from their times."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        file = QgsProcessingParameterFile.Behavior.File
        results = self.tr("Results GeoPackage with located photos")
        geopackage = self.tr("GeoPackage (*.gpkg)")
        self.addParameter(QgsProcessingParameterFile(self.RESULTS, results, file, fileFilter=geopackage))
        self.addParameter(any_file_parameter(self.ORBIT, self.tr("Orbit of the station")))
        self.addParameter(engine_parameter(self.tr("Engine program")))
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT, self.tr("Offsets"), self.tr("Clock offsets (*.json)"), optional=True, createByDefault=False
            )
        )
        self.addOutput(QgsProcessingOutputNumber(self.SOLVED, self.tr("Clocks that are known now")))
        self.addOutput(QgsProcessingOutputString(self.MESSAGE, self.tr("Message")))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Solves the clocks."""
        from ..contract.protocol import SolveClocks
        from ..core.atomic_file import write_atomically
        from ..core.export import ExportError
        from ..core.words import message_in_words
        from .engine_run import EngineRun

        orbit = self.parameterAsFile(parameters, self.ORBIT, context)
        request = SolveClocks(
            results=os.path.abspath(self.parameterAsFile(parameters, self.RESULTS, context)),
            orbit=os.path.abspath(orbit) if orbit else None,
        )
        with EngineRun(self.parameterAsFile(parameters, ENGINE, context), feedback) as engine:
            answer: SolveClocksAnswer = engine.request(request)
        texts = [message_in_words(clock) for clock in answer["clocks"]]
        for clock, text in zip(answer["clocks"], texts):
            feedback.pushInfo(f"{clock['first'][:16]} - {clock['last'][:16]}: {text}")
        known = [offset for offset in map(known_offset, answer["clocks"]) if offset is not None]
        found = {self.SOLVED: len(known), self.MESSAGE: "\n".join(texts)}
        out = self.parameterAsFileOutput(parameters, self.OUTPUT, context)
        if not out:
            return found
        try:
            write_atomically(Path(out), json.dumps({"clocks": known}, indent=1).encode())
        except ExportError as error:
            raise QgsProcessingException(str(error)) from error
        return {self.OUTPUT: out, **found}
