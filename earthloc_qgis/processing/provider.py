"""The Processing provider `earthloc`."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..core.resources import icon, version
from .build_index import BuildIndexAlgorithm
from .export_footprints import ExportFootprintsAlgorithm
from .georeference import GeoreferenceAlgorithm
from .localize import LocalizeAlgorithm
from .map_picture import MapPictureAlgorithm
from .register import RegisterAlgorithm


class EarthLocProvider(QgsProcessingProvider):
    """EarthLoc's algorithms, for the toolbox, models, scripts and `qgis_process`."""

    def id(self) -> str:
        """Part of every algorithm's id: `earthloc:localize`."""
        return "earthloc"

    def name(self) -> str:
        """Name in the toolbox."""
        return "EarthLoc"

    def icon(self) -> QIcon:
        """EarthLoc's own icon."""
        return icon()

    def versionInfo(self) -> str:
        """The plugin's version."""
        return version()

    def loadAlgorithms(self) -> None:
        """Adds one of each."""
        for algorithm in (
            LocalizeAlgorithm,
            RegisterAlgorithm,
            GeoreferenceAlgorithm,
            ExportFootprintsAlgorithm,
            MapPictureAlgorithm,
            BuildIndexAlgorithm,
        ):
            self.addAlgorithm(algorithm())
