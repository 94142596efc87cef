"""`earthloc:mappicture`: draws a results GeoPackage as a PNG for a report."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (  # type: ignore[attr-defined]
    QgsProcessingException,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QSize

from .base import EarthLocAlgorithm


class MapPictureAlgorithm(EarthLocAlgorithm):
    """Draws footprints and candidates of a results GeoPackage on a basemap."""

    NAME = "mappicture"
    INPUT = "INPUT"
    PHOTO = "PHOTO"
    BASEMAP = "BASEMAP"
    WIDTH = "WIDTH"
    HEIGHT = "HEIGHT"
    OUTPUT = "OUTPUT"

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.tr("Draw a map picture")

    def group(self) -> str:
        """Group in the toolbox."""
        return self.tr("Results")

    def groupId(self) -> str:
        """Id of the group."""
        return "results"

    def tags(self) -> list[str]:
        """Search words of the toolbox."""
        return self.tr("earthloc,map,png,report,footprint,astronaut,iss").split(",")

    def shortHelpString(self) -> str:
        """Help shown beside the parameters."""
        return self.tr(
            "Draws the footprints and candidate tiles of a results GeoPackage on a map, with the photo and its data "
            "beside it, and saves the picture as PNG.\n\n"
            "Without a basemap, the countries of QGIS's world map are drawn. Give a photo's id or file name "
            "to show that photo alone; with several photos, only the best candidate of each is drawn."
        )

    def initAlgorithm(self, configuration=None) -> None:
        """Declares the parameters."""
        self.addParameter(
            QgsProcessingParameterFile(
                self.INPUT,
                self.tr("Results GeoPackage"),
                QgsProcessingParameterFile.Behavior.File,
                "gpkg",
            )
        )
        self.addParameter(QgsProcessingParameterString(self.PHOTO, self.tr("Photo (id or file name)"), optional=True))
        self.addParameter(QgsProcessingParameterRasterLayer(self.BASEMAP, self.tr("Basemap"), optional=True))
        integer = QgsProcessingParameterNumber.Type.Integer
        for name, text, default in (
            (self.WIDTH, self.tr("Width in pixels"), 1600),
            (self.HEIGHT, self.tr("Height in pixels"), 1000),
        ):
            self.addParameter(
                QgsProcessingParameterNumber(name, text, integer, default, False, minValue=800, maxValue=10000)
            )
        self.addParameter(
            QgsProcessingParameterFileDestination(self.OUTPUT, self.tr("Picture"), self.tr("PNG files (*.png)"))
        )

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        """Draws and saves the picture."""
        from ..core.export import ExportError
        from ..core.map_picture import draw_map_picture

        results = self.parameterAsFile(parameters, self.INPUT, context)
        wanted = self.parameterAsString(parameters, self.PHOTO, context).strip()
        size = QSize(
            self.parameterAsInt(parameters, self.WIDTH, context),
            self.parameterAsInt(parameters, self.HEIGHT, context),
        )
        target = self.parameterAsFileOutput(parameters, self.OUTPUT, context)
        chosen = self.parameterAsRasterLayer(parameters, self.BASEMAP, context)
        # A copy for this thread: the user's layer belongs to the main thread.
        basemap = None
        if chosen is not None:
            basemap = QgsRasterLayer(chosen.source(), chosen.name(), chosen.providerType())
            basemap.setCrs(chosen.crs())
        try:
            picture = draw_map_picture(results, size, wanted, basemap)
        except ExportError as error:
            raise QgsProcessingException(str(error)) from error
        if not picture.save(target, "PNG"):
            folder = Path(target).parent
            hint = self.tr("choose a folder that exists and that you may write to, with free space")
            raise QgsProcessingException(f"{target}: {self.tr('could not be written')} ({folder}); {hint}.")
        return {self.OUTPUT: target}
