"""`earthloc:readcatalogue`: what catalogues say about photos, as a list or layers; fetches photos by their ids."""

from __future__ import annotations

import os
from typing import Optional

from qgis.core import (  # type: ignore[attr-defined]
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
)

from ..contract.answers import RecordsAnswer
from ..contract.parameters import NASA_API, NASA_ARCHIVE
from .base import ENGINE, EarthLocAlgorithm, engine_parameter

_KINDS = ("auto", "nasa", "tsv", "earthkam", "ids", "list")
_SIZES = ("large", "small")


class ReadCatalogueAlgorithm(EarthLocAlgorithm):
    """Reads catalogues. Asks a server only for a query, and fetches photos only on request."""

    NAME = "readcatalogue"
    SOURCES = "SOURCES"
    KIND = "KIND"
    QUERY = "QUERY"
    KEY_ENV = "KEY_ENV"
    ADDRESS = "ADDRESS"
    FOLDER = "FOLDER"
    FETCH = "FETCH"
    ARCHIVE = "ARCHIVE"
    SIZE = "SIZE"
    OUTPUT = "OUTPUT"
    RECORD_COUNT = "RECORD_COUNT"
    PHOTO_COUNT = "PHOTO_COUNT"
    REJECTED_COUNT = "REJECTED_COUNT"

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Read a catalogue of photos")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Preparation")

    def groupId(self) -> str:
        """Id of the group."""
        return "preparation"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,nasa,catalogue,earthkam,mlcoord,ids,download,astronaut,iss").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "Reads what catalogues say about photos: id, time, nadir, centre, footprint, lens, altitude, cloud. "
            "It reads tables and saved answers of NASA's Photos Database, the ISS EarthKAM catalogue, lists of "
            "photo ids, and its own lists. Several catalogues are combined.\n\n"
            "The output is a list (.csv, .json) or layers (.gpkg): nadirs, centers, footprints.\n\n"
            "With a folder, the photos in it are found by the ids in their names, and only they are written.\n\n"
            "With a query, NASA's Photos Database at the given address is asked. With 'Fetch photos that are missing "
            "in it', they are fetched from the archive into the folder, one at a time; a download that was stopped "
            "continues in the next run. Otherwise no server is asked.\n\n"
            "Rows with missing or impossible values are counted in the log; the other rows are read."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        self.addParameter(
            QgsProcessingParameterMultipleLayers(
                self.SOURCES,
                self.tr("Catalogues"),
                QgsProcessing.SourceType.TypeFile,  # type: ignore[attr-defined]
                optional=True,
            )
        )
        kinds = QgsProcessingParameterEnum(
            self.KIND, self.tr("Kind of catalogue"), list(_KINDS), defaultValue=_KINDS[0]
        )
        sizes = QgsProcessingParameterEnum(
            self.SIZE, self.tr("Size of the photos"), list(_SIZES), defaultValue=_SIZES[0]
        )
        for choice in (kinds, sizes):
            choice.setUsesStaticStrings(True)
        self.addParameter(kinds)
        self.addParameter(
            QgsProcessingParameterString(self.QUERY, self.tr("Query to NASA's Photos Database"), optional=True)
        )
        self.addParameter(
            QgsProcessingParameterFile(
                self.FOLDER, self.tr("Folder of photos"), QgsProcessingParameterFile.Behavior.Folder, optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterBoolean(self.FETCH, self.tr("Fetch photos that are missing in it"), False)
        )
        self.addParameter(sizes)
        for name, text, default in (
            (self.KEY_ENV, self.tr("Environment variable with your key"), "EARTHLOC_NASA_KEY"),
            (self.ADDRESS, self.tr("Address of the database"), NASA_API),
            (self.ARCHIVE, self.tr("Address of the archive"), NASA_ARCHIVE),
        ):
            parameter = QgsProcessingParameterString(name, text, default, optional=True)
            advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced  # type: ignore[attr-defined]
            parameter.setFlags(parameter.flags() | advanced)
            self.addParameter(parameter)
        self.addParameter(engine_parameter(self.tr("Engine program")))
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT,
                self.tr("List or layers"),
                self.tr("GeoPackage (*.gpkg)") + ";;" + self.tr("List (*.csv)") + ";;JSON (*.json)",
            )
        )
        for name, text in (
            (self.RECORD_COUNT, self.tr("Number of photos in the catalogue")),
            (self.PHOTO_COUNT, self.tr("Number of photos in the folder")),
            (self.REJECTED_COUNT, self.tr("Number of rows that were left out")),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, text))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Reads, pairs, fetches and writes."""
        from ..contract.protocol import ReadRecords, RecordsQuery
        from .engine_run import EngineRun
        from .locating import report_complaints

        def text(name: str) -> str:
            return self.parameterAsString(parameters, name, context).strip()

        folder, fetch = text(self.FOLDER), self.parameterAsBoolean(parameters, self.FETCH, context)
        if fetch and not folder:
            raise QgsProcessingException(self.tr("To fetch photos, choose a folder for them."))
        folder = os.path.abspath(folder) if folder else ""
        query: Optional[RecordsQuery] = None
        if text(self.QUERY):
            query = {"address": text(self.ADDRESS) or NASA_API, "query": text(self.QUERY)}
            if text(self.KEY_ENV):
                query["key_env"] = text(self.KEY_ENV)
        out = os.path.abspath(self.parameterAsFileOutput(parameters, self.OUTPUT, context))
        request = ReadRecords(
            sources=[
                os.path.abspath(path) for path in self.parameterAsFileList(parameters, self.SOURCES, context) if path
            ],
            kind=text(self.KIND),  # type: ignore[arg-type]  # checked by the engine
            api=query,
            match=folder if os.path.isdir(folder) else None,
            photos=folder if fetch else None,
            archive=text(self.ARCHIVE) or None,
            size=text(self.SIZE),  # type: ignore[arg-type]
            out=out,
            preview=0,
        )

        def on_progress(progress: dict) -> None:
            done, total = progress.get("done") or 0, progress.get("total") or 0
            if total:
                feedback.setProgress(100.0 * done / total)
            if progress.get("stage") == "photos" and progress.get("message"):
                feedback.pushInfo(str(progress["message"]))

        with EngineRun(self.parameterAsFile(parameters, ENGINE, context), feedback) as engine:
            answer: RecordsAnswer = engine.request(request, on_progress)
        report_complaints(answer, feedback)
        counts = {name: f"{answer[name]:,}" for name in ("rows", "records", "with_nadir", "with_footprint")}
        summary = self.tr(
            "{rows} rows, {records} photos, {with_nadir} with a nadir, {with_footprint} with a footprint."
        )
        feedback.pushInfo(summary.format(**counts))
        for outcome, count in sorted(answer["outcomes"].items()):
            feedback.pushInfo(f"{outcome}: {count:,}")
        self._load(context, out)
        return {
            self.OUTPUT: out,
            self.RECORD_COUNT: answer["records"],
            self.PHOTO_COUNT: len(answer["photos"]),
            self.REJECTED_COUNT: sum(one["count"] for one in answer["complaints"] if one["rejected"]),
        }

    def _load(self, context, out: str) -> None:
        """Loads the layers of a GeoPackage."""
        from .result_layers import load_layer

        if not out.lower().endswith(".gpkg"):
            return
        layers = (
            ("footprints", self.tr("Footprints in the catalogue")),
            ("centers", self.tr("Centres in the catalogue")),
            ("nadirs", self.tr("Nadirs in the catalogue")),
        )
        for position, (table, title) in enumerate(layers):
            group = self.tr("EarthLoc: catalogue {name}").format(name=os.path.splitext(os.path.basename(out))[0])
            load_layer(context, f"{out}|layername={table}", title, group, position=position)
