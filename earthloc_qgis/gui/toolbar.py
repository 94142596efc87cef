"""The panel's tool bar."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtWidgets import QSizePolicy, QToolBar, QWidget


class PanelTools(QToolBar):
    """Actions on the list of photos: add_files, add_folder, review, remove, undo, zoom, options."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("earthloc_tools")
        self.setIconSize(QSize(18, 18))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add_files = self._action("mActionAddImage", self.tr("Add photos…"), self.tr("Add photos to locate"))
        self.add_folder = self._action(
            "mIconFolderOpen", self.tr("Add folder…"), self.tr("Add all photos in a folder and below")
        )
        spacer = QWidget(self)
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spacer)
        self.review = self._action(
            "mActionShowAllLayers", self.tr("Review…"), self.tr("Check located photos against the map, and sign off")
        )
        self.zoom = self._action("mActionZoomToSelected", self.tr("Zoom to result"), "")
        self.remove = self._action(
            "mActionDeleteSelected", self.tr("Remove"), self.tr("Remove the selected photos and their results")
        )
        self.undo = self._action(
            "mActionUndo", self.tr("Undo removing"), self.tr("Bring back what was removed (Ctrl+Z)")
        )
        self.undo.setEnabled(False)
        self.options = self._action("mActionOptions", self.tr("Options…"), self.tr("Engine and indexes"))
        for action in (self.zoom, self.remove, self.undo, self.options):
            self.widgetForAction(action).setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)

    def _action(self, icon: str, text: str, tool_tip: str):
        action = self.addAction(QgsApplication.getThemeIcon(f"/{icon}.svg"), text)
        action.setToolTip(tool_tip or text)
        self.widgetForAction(action).setAccessibleName(text)
        return action
