"""`earthloc:localize`: locates photos and writes footprints and ranked candidates to a GeoPackage."""

from __future__ import annotations

import os
from pathlib import Path

from qgis.core import (  # type: ignore[attr-defined]
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterPoint,
    QgsProcessingParameterString,
)

from ..contract.parameters import TOP_K
from ..settings import DEFAULT_RADIUS_KM, DEFAULT_TOP_K, chosen_indexes
from .base import (
    ENGINE,
    INCLUDE_REVIEWED,
    EarthLocAlgorithm,
    any_file_parameter,
    engine_parameter,
    include_reviewed_parameter,
)
from .imagery_parameter import imagery_or_that_of_the_panel

MANIFEST = "index.json"  # a folder with this file is a regional index


class LocalizeAlgorithm(EarthLocAlgorithm):
    """Finds the ground that photos show."""

    NAME = "localize"
    PHOTOS = "PHOTOS"
    FOLDER = "FOLDER"
    INDEX = "INDEX"
    NADIR = "NADIR"
    RECORDS = "RECORDS"
    RADIUS_KM = "RADIUS_KM"
    TOP_K = "TOP_K"
    REGISTER = "REGISTER"
    IMAGERY = "IMAGERY"
    MATCHER = "MATCHER"
    WHERE = "WHERE"
    ORBIT = "ORBIT"
    CLOCKS = "CLOCKS"
    LANGUAGE_MODEL = "LANGUAGE_MODEL"
    LANGUAGE_MODEL_NAME = "LANGUAGE_MODEL_NAME"
    OUTPUT = "OUTPUT"
    SEARCH_AREAS = "SEARCH_AREAS"
    COUNTS = ("PHOTO_COUNT", "LOCATED", "UNCERTAIN", "NOT_FOUND", "FAILED", "SKIPPED")

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Locate photos")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Locating")

    def groupId(self) -> str:
        """Id of the group."""
        return "locating"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,astronaut,iss,photo,localize,georeference,footprint").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "Finds the ground that astronauts' photographs show and writes a footprint and ranked candidate "
            "tiles for each to a GeoPackage. If the GeoPackage exists, results are added. A photo that it already "
            "holds is located again. A photo that a review decided on is skipped unless reviewed photos are "
            "included.\n\n"
            "Choose photos, or a folder that holds photos (subfolders included). The index is the folder of a "
            "regional index, or a folder that holds several; without one, those chosen in the panel are searched.\n\n"
            "The nadir is the point under the station (x,y = longitude,latitude). It restricts the search to a circle "
            "around it. Without it, the position in the photo's EXIF tags is used, if there is one. Catalogues (see "
            "'Read a catalogue of photos') give nadir, time, lens and altitude to the photos that they name.\n\n"
            "Fitting photos to imagery makes footprints exact and takes seconds per photo; without it, no photo gets "
            "the status 'located'. Imagery is a raster file, the name of a raster layer of the project (also XYZ or "
            "WMTS), a folder of EarthLoc tiles, the address of a tile server with {z}, {x} and {y} in it, a JSON file "
            "that describes a tile server, or preset:NAME. Without imagery, the one chosen in the panel is used, and "
            "the log says which. The word 'index' stands for the imagery from which each index was made.\n\n"
            "A feature extractor is the folder of a package with a network; without one, RootSIFT is used.\n\n"
            "The orbit of the station (two-line elements, OMM or OEM) gives the nadir of photos from their times. "
            "Offsets of clocks, which 'Solve clocks' writes, correct these times.\n\n"
            "Saying where photos could be also writes, for each, the areas that hold it with 50, 90 and 99 %: search "
            "areas for photos that cannot be located. If the address of a language model is given, such as "
            "http://127.0.0.1:11434, it gets a small copy of each of these photos, and the places that it names are "
            "tried too. An address of another computer is refused.\n\n"
            "A photo that cannot be read does not stop the others; the log ends with a table of the failed photos and "
            "the reasons. Check a footprint of status 'uncertain' against a basemap before you rely on it."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        folder = QgsProcessingParameterFile.Behavior.Folder
        files = QgsProcessing.SourceType.TypeFile  # type: ignore[attr-defined]
        self.addParameter(QgsProcessingParameterMultipleLayers(self.PHOTOS, self.tr("Photos"), files, optional=True))
        self.addParameter(QgsProcessingParameterFile(self.FOLDER, self.tr("Folder of photos"), folder, optional=True))
        self.addParameter(QgsProcessingParameterFile(self.INDEX, self.tr("Regional index"), folder, optional=True))
        self.addParameter(QgsProcessingParameterPoint(self.NADIR, self.tr("Nadir of these photos"), optional=True))
        self.addParameter(
            QgsProcessingParameterMultipleLayers(
                self.RECORDS, self.tr("Catalogues that name these photos"), files, optional=True
            )
        )
        number = QgsProcessingParameterNumber.Type
        self.addParameter(
            QgsProcessingParameterNumber(
                self.RADIUS_KM,
                self.tr("Radius around the nadir in km"),
                number.Double,
                DEFAULT_RADIUS_KM,
                minValue=1.0,
                maxValue=20000.0,
            )
        )
        self.addParameter(
            QgsProcessingParameterNumber(
                self.TOP_K,
                self.tr("Candidates per photo"),
                number.Integer,
                DEFAULT_TOP_K,
                minValue=int(TOP_K.low),
                maxValue=int(TOP_K.high),
            )
        )
        self.addParameter(QgsProcessingParameterBoolean(self.REGISTER, self.tr("Fit photos to the imagery"), True))
        self.addParameter(
            QgsProcessingParameterString(
                self.IMAGERY,
                self.tr("Imagery to fit to"),
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterFile(
                self.MATCHER,
                self.tr("Feature extractor"),
                folder,
                optional=True,
            )
        )
        self.addParameter(QgsProcessingParameterBoolean(self.WHERE, self.tr("Say where photos could be"), False))
        file = QgsProcessingParameterFile.Behavior.File
        self.addParameter(any_file_parameter(self.ORBIT, self.tr("Orbit of the station")))
        self.addParameter(
            QgsProcessingParameterFile(self.CLOCKS, self.tr("Offsets of clocks"), file, "json", optional=True)
        )
        address = self.tr("Address of a local language model")
        self.addParameter(QgsProcessingParameterString(self.LANGUAGE_MODEL, address, optional=True))
        name = self.tr("Name of that language model")
        self.addParameter(QgsProcessingParameterString(self.LANGUAGE_MODEL_NAME, name, optional=True))
        self.addParameter(include_reviewed_parameter(self.tr("Also locate reviewed photos again")))
        self.addParameter(engine_parameter(self.tr("Engine program")))
        self.addParameter(
            QgsProcessingParameterFileDestination(
                self.OUTPUT, self.tr("Results GeoPackage"), self.tr("GeoPackage (*.gpkg)")
            )
        )
        self.addOutput(QgsProcessingOutputVectorLayer(self.SEARCH_AREAS, self.tr("Search areas")))
        for name in self.COUNTS:
            self.addOutput(QgsProcessingOutputNumber(name, name.replace("_", " ").capitalize()))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Locates one photo after the other. A photo that fails does not stop the others; the log names it."""
        from ..contract.protocol import Localize
        from .locating import locate, summarise
        from .result_layers import load_tables

        out = self.parameterAsFileOutput(parameters, self.OUTPUT, context)
        nadir = None
        if parameters.get(self.NADIR):
            wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
            point = self.parameterAsPoint(parameters, self.NADIR, context, wgs84)
            nadir = (point.y(), point.x())
        photos = self._photos(parameters, context)
        matcher = self.parameterAsFile(parameters, self.MATCHER, context)
        options = Localize(
            photo="",  # the queue sets it
            indexes=self._indexes(self.parameterAsFile(parameters, self.INDEX, context)),
            radius_km=self.parameterAsDouble(parameters, self.RADIUS_KM, context),
            top_k=self.parameterAsInt(parameters, self.TOP_K, context),
            register=self.parameterAsBoolean(parameters, self.REGISTER, context),
            imagery=imagery_or_that_of_the_panel(
                self.parameterAsString(parameters, self.IMAGERY, context), context, feedback
            ),
            matcher=os.path.abspath(matcher) if matcher else None,
            out=os.path.abspath(out),
            where=self.parameterAsBoolean(parameters, self.WHERE, context),
            **self._orbit(parameters, context),
            language_model=self.parameterAsString(parameters, self.LANGUAGE_MODEL, context).strip() or None,
            language_model_name=self.parameterAsString(parameters, self.LANGUAGE_MODEL_NAME, context).strip(),
        )
        engine_program = self.parameterAsFile(parameters, ENGINE, context)
        include_reviewed = self.parameterAsBoolean(parameters, INCLUDE_REVIEWED, context)
        given = self.parameterAsFileList(parameters, self.RECORDS, context)
        catalogues = [os.path.abspath(path) for path in given if path]
        jobs = locate(photos, options, nadir, engine_program, feedback, include_reviewed, catalogues)
        has_areas = any(job.result is not None and job.result.get("where") for job in jobs)
        if Path(out).is_file():
            tables = ("candidates", "footprints")
            load_tables(context, out, ("search_areas", *tables) if has_areas else tables, Path(out).stem)
        layers = {self.SEARCH_AREAS: f"{out}|layername=search_areas"} if has_areas else {}
        return {self.OUTPUT: out, **layers, **dict(zip(self.COUNTS, summarise(jobs, feedback)))}

    def _orbit(self, parameters, context) -> dict:
        """The parameters `orbit` and `clocks` of the request, as far as they are given."""
        from ..core.clocks import read_clocks

        orbit, clocks = (self.parameterAsFile(parameters, name, context) for name in (self.ORBIT, self.CLOCKS))
        if clocks and not orbit:
            raise QgsProcessingException(self.tr("Offsets of clocks need the orbit of the station; give both."))
        try:
            known = read_clocks(Path(clocks)) if clocks else []
        except (OSError, ValueError) as error:
            problem = self.tr("is no file of clock offsets; give one that 'Solve clocks' wrote")
            raise QgsProcessingException(f"{clocks}: {problem}.") from error
        return {"orbit": os.path.abspath(orbit), "clocks": tuple(known)} if orbit else {}

    def _photos(self, parameters, context) -> list[str]:
        """Absolute paths of the chosen photos and those in the chosen folder, without duplicates."""
        from ..core.photo_files import find_photos

        given = self.parameterAsFileList(parameters, self.PHOTOS, context)
        chosen = [os.path.abspath(path) for path in given if path]  # QGIS 3.22 gives [""] for none
        folder = self.parameterAsFile(parameters, self.FOLDER, context)
        if folder and not Path(folder).is_dir():
            raise QgsProcessingException(f"{folder}: {self.tr('there is no such folder; choose another')}.")
        photos = list(dict.fromkeys([*chosen, *find_photos([folder] if folder else [])]))
        if not photos:
            hint = self.tr(
                "no photos were given; choose photos, or a folder with JPEG, PNG, TIFF, WebP, AVIF or JPEG 2000 files"
            )
            raise QgsProcessingException(f"{folder}: {hint}." if folder else f"{hint.capitalize()}.")
        return photos

    def _indexes(self, folder: str) -> list[str]:
        """The folder if it is an index, else the indexes in it; without a folder, those chosen in the panel."""
        if not folder:
            indexes = list(chosen_indexes())
            if not indexes:
                problem = self.tr("No index was given and none is chosen in the panel; choose the folder of an index.")
                raise QgsProcessingException(problem)
            return indexes
        path = Path(folder).absolute()
        if not path.is_dir():
            raise QgsProcessingException(f"{folder}: {self.tr('there is no such index; build or choose one')}.")
        indexes = sorted(str(entry.parent) for entry in path.glob(f"*/{MANIFEST}"))
        # If the folder is no index, the engine says what is wrong with it.
        return indexes if indexes and not (path / MANIFEST).is_file() else [str(path)]
