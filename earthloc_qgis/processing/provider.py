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
from .read_catalogue import ReadCatalogueAlgorithm
from .register import RegisterAlgorithm
from .solve_clocks import SolveClocksAlgorithm
from .solve_passes import SolvePassesAlgorithm
from .where_map import WhereMapAlgorithm


class EarthLocProvider(QgsProcessingProvider):
    """EarthLoc's algorithms, for the toolbox, models, scripts and `qgis_process`."""

    def id(self) -> str:
        """First part of every algorithm's id, as in `earthloc:localize`."""
        return "earthloc"

    def name(self) -> str:
        """Name in the toolbox."""
        return "EarthLoc"

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return icon()

    def versionInfo(self) -> str:
        """The plugin's version."""
        return version()

    def loadAlgorithms(self) -> None:
        """Adds all algorithms."""
        for algorithm in (
            LocalizeAlgorithm,
            RegisterAlgorithm,
            SolveClocksAlgorithm,
            SolvePassesAlgorithm,
            GeoreferenceAlgorithm,
            ExportFootprintsAlgorithm,
            MapPictureAlgorithm,
            WhereMapAlgorithm,
            BuildIndexAlgorithm,
            ReadCatalogueAlgorithm,
        ):
            self.addAlgorithm(algorithm())
