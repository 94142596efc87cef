"""What EarthLoc's algorithms have in common."""

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
ENGINE = "ENGINE"  # names of parameters that some algorithms share
INCLUDE_REVIEWED = "INCLUDE_REVIEWED"


class EarthLocAlgorithm(QgsProcessingAlgorithm):
    """An algorithm of the provider `earthloc`; `NAME` is its id and never changes or gets translated."""

    NAME = ""

    def tr(self, text: str) -> str:
        """The text in the user's language."""
        return QCoreApplication.translate("EarthLoc", text)

    def name(self) -> str:
        """The algorithm's id within the provider."""
        return self.NAME

    def createInstance(self) -> EarthLocAlgorithm:
        """A fresh algorithm; QGIS makes one for every run."""
        return type(self)()

    def icon(self) -> QIcon:
        """EarthLoc's own icon."""
        return icon()

    def helpUrl(self) -> str:
        """The page that explains this algorithm."""
        return f"{HELP_PAGE}#earthloc{self.NAME}"


def engine_parameter(description: str) -> QgsProcessingParameterFile:
    """The advanced parameter ENGINE: another engine program than the one in the options."""
    parameter = QgsProcessingParameterFile(ENGINE, description, QgsProcessingParameterFile.Behavior.File, optional=True)
    advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced  # type: ignore[attr-defined]
    parameter.setFlags(parameter.flags() | advanced)
    return parameter


def include_reviewed_parameter(description: str) -> QgsProcessingParameterBoolean:
    """The parameter INCLUDE_REVIEWED: what a review decided on is replaced, too."""
    return QgsProcessingParameterBoolean(INCLUDE_REVIEWED, description, False)
