"""Base class and shared parameters of EarthLoc's algorithms."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFile,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from ..core.resources import icon

HELP_PAGE = "https://github.com/earthloc/earthloc-qgis/blob/main/docs/processing.md"
ENGINE = "ENGINE"  # parameters that several algorithms share
INCLUDE_REVIEWED = "INCLUDE_REVIEWED"


class EarthLocAlgorithm(QgsProcessingAlgorithm):
    """An algorithm of the provider `earthloc`. Its id `NAME` never changes and is not translated."""

    NAME = ""

    def tr(self, text: str) -> str:
        """Translates a text."""
        return QCoreApplication.translate("EarthLoc", text)

    def name(self) -> str:
        """The algorithm's id within the provider."""
        return self.NAME

    def createInstance(self) -> EarthLocAlgorithm:
        """A new instance; QGIS creates one for every run."""
        return type(self)()

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return icon()

    def helpUrl(self) -> str:
        """URL of the page that explains this algorithm."""
        return f"{HELP_PAGE}#earthloc{self.NAME}"


def engine_parameter(description: str) -> QgsProcessingParameterFile:
    """The advanced parameter ENGINE: an engine program to use instead of the one in the options."""
    parameter = any_file_parameter(ENGINE, description)
    advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced  # type: ignore[attr-defined]
    parameter.setFlags(parameter.flags() | advanced)
    return parameter


def any_file_parameter(name: str, description: str) -> QgsProcessingParameterFile:
    """An optional file of any name. The default of QGIS 3.22, *.*, refuses names without a dot."""
    file = QgsProcessingParameterFile.Behavior.File
    any_name = QCoreApplication.translate("EarthLoc", "All files (*)")
    return QgsProcessingParameterFile(name, description, file, optional=True, fileFilter=any_name)


def include_reviewed_parameter(description: str) -> QgsProcessingParameterBoolean:
    """The parameter INCLUDE_REVIEWED: also replace results that a review decided on."""
    return QgsProcessingParameterBoolean(INCLUDE_REVIEWED, description, False)
