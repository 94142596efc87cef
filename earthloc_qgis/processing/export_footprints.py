"""`earthloc:exportfootprints`: exports footprints as shapefile, GeoPackage, GeoJSON, KML or CSV. Needs no engine."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (  # type: ignore[attr-defined]
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
)

from ..contract.status import DECISIONS, STATUSES
from ..core.export_formats import FORMATS, format_for
from .base import EarthLocAlgorithm


class ExportFootprintsAlgorithm(EarthLocAlgorithm):
    """Exports the footprints of a results GeoPackage or of a footprints layer."""

    NAME = "exportfootprints"
    INPUT = "INPUT"
    FORMAT = "FORMAT"
    STATUS = "STATUS"
    REVIEW = "REVIEW"
    OUTPUT = "OUTPUT"
    COUNT = "COUNT"

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Export footprints")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Results")

    def groupId(self) -> str:
        """Id of the group."""
        return "results"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,export,shapefile,kml,geojson,csv,footprint,astronaut,iss").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "Writes the footprints of a results GeoPackage, or of a footprints layer (also its selected features "
            "only). Without a format, the ending of the output determines it: .shp, .gpkg, .geojson, .kml or .csv. The "
            "coordinates are in EPSG:4326; footprints across the 180th meridian have two parts.\n\n"
            "Shapefiles get short field names from a documented table, a .prj and a UTF-8 .cpg; text longer than 254 "
            "bytes is cut, and the log names the fields. KML names each footprint after its photo. CSV holds the "
            "outline as WKT, the centre and the four corners.\n\n"
            "An existing file is replaced when the new one is complete."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                self.INPUT,
                self.tr("Results GeoPackage or footprints layer"),
                [QgsProcessing.SourceType.TypeVectorPolygon],  # type: ignore[attr-defined]
            )
        )
        for name, text, options, multiple in (
            (self.FORMAT, self.tr("Format"), tuple(FORMATS), False),
            (self.STATUS, self.tr("Only footprints with status"), STATUSES, True),
            (self.REVIEW, self.tr("Only footprints with review"), DECISIONS, True),
        ):
            self.addParameter(
                QgsProcessingParameterEnum(
                    name, text, options, multiple, defaultValue=None, optional=True, usesStaticStrings=True
                )
            )
        endings = ";;".join(f"{name} (*{known.suffix})" for name, known in FORMATS.items())
        self.addParameter(QgsProcessingParameterFileDestination(self.OUTPUT, self.tr("Exported footprints"), endings))
        self.addOutput(QgsProcessingOutputNumber(self.COUNT, self.tr("Number of footprints")))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Exports the footprints."""
        from ..core.export import ExportError, export_footprints
        from .result_layers import footprints_style, load_layer

        target = Path(self.parameterAsFileOutput(parameters, self.OUTPUT, context))
        format_name = self.parameterAsEnumString(parameters, self.FORMAT, context) or format_for(target)
        if format_name is None:
            endings = ", ".join(known.suffix for known in FORMATS.values())
            hint = self.tr("choose a format or a name that ends with one of")
            raise QgsProcessingException(f"{target}: {hint} {endings}.")
        conditions = [
            _one_of(column, self.parameterAsEnumStrings(parameters, name, context))
            for column, name in (("status", self.STATUS), ("review", self.REVIEW))
        ]
        try:
            source, origin = self._source(parameters, context)
            report = export_footprints(
                source, target, format_name, " AND ".join(filter(None, conditions)), feedback, origin
            )
        except ExportError as error:
            raise QgsProcessingException(str(error)) from error
        for warning in report.warnings:
            feedback.pushWarning(warning)
        feedback.pushInfo(self.tr("{n} footprints: {path}").format(n=report.count, path=report.path))
        load_layer(
            context, str(report.path), report.path.stem, self.tr("EarthLoc: exported footprints"), footprints_style
        )
        return {self.OUTPUT: str(report.path), self.COUNT: report.count}

    def _source(self, parameters, context):
        """The footprints, and the file that holds them ("" if there is none)."""
        from ..core.export import open_results

        given = parameters[self.INPUT]
        if isinstance(given, str) and given.lower().endswith(".gpkg"):
            return open_results(given), given  # of its tables, the one with footprints
        source = self.parameterAsSource(parameters, self.INPUT, context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, self.INPUT))
        layer = self.parameterAsVectorLayer(parameters, self.INPUT, context)
        return source, layer.source().split("|")[0] if layer is not None else ""


def _one_of(column: str, values: list[str]) -> str:
    """Expression that is true if the column holds one of the values; "" if there are none."""
    values = [value for value in values if value]  # QGIS 3.22 gives [""] for nothing chosen
    return f'"{column}" IN ({", ".join(repr(value) for value in values)})' if values else ""
