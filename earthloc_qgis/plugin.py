"""The plugin object for QGIS: adds a dock, a Processing provider and an options page.

Slow modules are imported when they are first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer

from . import settings
from .core.qgis_types import not_none
from .core.resources import icon
from .core.translation import install_translation

if TYPE_CHECKING:
    from qgis.gui import QgisInterface, QgsDockWidget

    from .gui.compat import QAction
    from .gui.engine_installer import EngineInstallerDialog
    from .gui.help_menu import HelpMenu
    from .gui.options_page import OptionsFactory
    from .gui.panel import EarthLocPanel
    from .processing.provider import EarthLocProvider

_BESIDE_TOOLS_PX = 32  # margins and scroll bar


class EarthLocPlugin:
    """Created by QGIS at its start. In `qgis_process`, `iface` is None and only `initProcessing` is called."""

    def __init__(self, iface: QgisInterface) -> None:
        self._iface = iface
        self._translator = install_translation()
        self._provider: EarthLocProvider | None = None
        self._options: OptionsFactory | None = None
        self._help: QAction | None = None
        self._help_menu: HelpMenu | None = None
        self.dock: QgsDockWidget | None = None
        self.panel: EarthLocPanel | None = None
        self._installer: EngineInstallerDialog | None = None

    def initProcessing(self) -> None:
        """Registers the Processing provider."""
        from .processing.provider import EarthLocProvider

        self._provider = EarthLocProvider()
        not_none(QgsApplication.processingRegistry()).addProvider(self._provider)

    def initGui(self) -> None:
        """Adds the dock, its button and menu entry, and the options page. The dock stays empty until it is visible."""
        from qgis.gui import QgsDockWidget

        from .gui.compat import QAction
        from .gui.options_page import OptionsFactory

        self.initProcessing()
        self.dock = QgsDockWidget("EarthLoc", self._iface.mainWindow())
        self.dock.setObjectName("EarthLocPanel")
        self.dock.visibilityChanged.connect(self._visibility_changed)
        self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.hide()  # QGIS shows it again if the user had it open
        action = self.dock.toggleViewAction()
        action.setIcon(icon())
        action.setText(QCoreApplication.translate("EarthLoc", "EarthLoc: locate astronaut photos"))
        action.setObjectName("earthloc_toggle")
        self._iface.addToolBarIcon(action)
        self._iface.addPluginToMenu("EarthLoc", action)
        self._help = QAction(QCoreApplication.translate("EarthLoc", "EarthLoc user guide"), self._iface.mainWindow())
        self._help.setObjectName("earthloc_guide")
        self._help.triggered.connect(self._show_guide)
        self._iface.addPluginToMenu("EarthLoc", self._help)
        self._options = OptionsFactory(self._settings_changed, self.installer)
        self._options.setTitle("EarthLoc")
        self._iface.registerOptionsWidgetFactory(self._options)
        if not settings.panel_offered():
            QTimer.singleShot(0, self._offer_panel)  # after QGIS has placed its docks

    def _offer_panel(self) -> None:
        """Shows the panel once after the plugin was installed; its first steps say how to go on."""
        if self.dock is not None:
            settings.set_panel_offered(True)
            self.dock.show()
            self.dock.raise_()

    def unload(self) -> None:
        """Removes everything and ends the engine process."""
        if self._provider is not None:
            not_none(QgsApplication.processingRegistry()).removeProvider(self._provider)
            self._provider = None
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None
        if self._options is not None:
            self._iface.unregisterOptionsWidgetFactory(self._options)
            self._options = None
        if self._help is not None:
            self._iface.removePluginMenu("EarthLoc", self._help)
            self._help.deleteLater()
            self._help = self._help_menu = None
        if self._installer is not None:
            self._installer.close_down()
            self._installer.deleteLater()
            self._installer = None
        if self.dock is not None:
            action = self.dock.toggleViewAction()
            self._iface.removeToolBarIcon(action)
            self._iface.removePluginMenu("EarthLoc", action)
            if self.panel is not None:
                self.panel.close_down()
                self.panel = None
            self._iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
            self.dock = None

    def _show_guide(self, *_: object) -> None:
        from .gui.help_menu import HelpMenu

        self._help_menu = self._help_menu or HelpMenu(None, self._iface.mainWindow())
        self._help_menu.show_guide()

    def installer(self) -> EngineInstallerDialog:
        """The dialog that installs engines, the same for panel and options page."""
        if self._installer is None:
            from .gui.engine_installer import EngineInstallerDialog

            self._installer = EngineInstallerDialog(self._iface.mainWindow())
            self._installer.installed.connect(lambda _: self._settings_changed())
        return self._installer

    def _visibility_changed(self, visible: bool) -> None:
        if visible and self.panel is None and self.dock is not None:
            from .gui.panel import EarthLocPanel

            self.panel = EarthLocPanel(self._iface, self.dock)
            self.panel.notice.install_wanted.connect(lambda: self.installer().open_for())
            self.dock.setWidget(self.panel)
            QTimer.singleShot(0, self._widen)  # the buttons have their size only now, which depends on the theme

    def _widen(self) -> None:
        """Makes the dock wide enough for all buttons."""
        main = self._iface.mainWindow()
        if main is None or self.dock is None or self.panel is None or not hasattr(main, "resizeDocks"):
            return
        wanted = self.panel.tools.sizeHint().width() + _BESIDE_TOOLS_PX
        if self.dock.width() < wanted:
            main.resizeDocks([self.dock], [wanted], Qt.Orientation.Horizontal)

    def _settings_changed(self) -> None:
        if self.panel is not None:
            self.panel.settings_changed()
