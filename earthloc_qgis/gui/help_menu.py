"""The menu *Help* of the panel's tool bar and of the plugin's menu."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtWidgets import QDialog, QMenu, QWidget

from ..core.engine_client import EngineClient
from ..core.imagery_presets import presets
from ..core.resources import version
from ..core.words import tr as _tr

_LICENCE = "GPL-2.0-or-later"
_HOME_PAGE = "https://github.com/earthloc/earthloc-qgis"


class HelpMenu(QMenu):
    """Help, keyboard map, diagnostics, about. The dialogs are made when they are first needed.

    Args:
        client: the engine, for the diagnostics; may be None.
    """

    def __init__(self, client: EngineClient | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.dialog: QDialog | None = None  # the last one
        self.setObjectName("earthloc_help_menu")
        self.setTitle(self.tr("Help"))
        for name, text, callback in (
            ("guide", self.tr("User guide"), self.show_guide),
            ("keyboard", self.tr("Keyboard map"), self.show_keyboard),
            ("diagnostics", self.tr("Copy diagnostics…"), self.show_diagnostics),
            ("about", self.tr("About EarthLoc"), self.show_about),
        ):
            action = self.addAction(text)
            action.setObjectName(f"earthloc_help_{name}")
            action.triggered.connect(lambda *_, callback=callback: callback())

    def show_guide(self) -> None:
        """Show the user guide, which comes with the plugin."""
        from .help_dialogs import TextDialog

        dialog = TextDialog(self.tr("EarthLoc user guide"), "earthloc_user_guide", self.parentWidget())
        dialog.show_page("user-guide")
        self._show(dialog)

    def show_keyboard(self) -> None:
        """Show all keys."""
        from .help_dialogs import KeyboardDialog

        self._show(KeyboardDialog(self.parentWidget()))

    def show_diagnostics(self) -> None:
        """Show the diagnostics, to be copied."""
        from .help_dialogs import DiagnosticsDialog

        self._show(DiagnosticsDialog(self._client, self.parentWidget()))

    def show_about(self) -> None:
        """Show version, licence and credits."""
        from .help_dialogs import TextDialog

        dialog = TextDialog(self.tr("About EarthLoc"), "earthloc_about", self.parentWidget())
        dialog.browser.setMarkdown(about_text())
        self._show(dialog)

    def _show(self, dialog: QDialog) -> None:
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
        self.dialog = dialog
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()


def about_text() -> str:
    """Version, licence and credits as Markdown."""
    credits = [
        _tr("Included index, mosaic and models: Blue Marble Next Generation, NASA Earth Observatory (public domain)"),
        _tr("Network of the included model: MobileNetV2 with ImageNet weights (Apache-2.0), fine-tuned"),
        *(f"{preset.imagery.label}: {preset.attribution}. {_tr(preset.licence)}" for preset in presets()),
    ]
    return "\n\n".join(
        [
            f"# EarthLoc {version()}",
            _tr("Finds where an astronaut's photograph of Earth was taken and draws its footprint."),
            f"{_tr('Licence')}: {_LICENCE}. [{_HOME_PAGE}]({_HOME_PAGE})",
            f"## {_tr('Credits')}",
            "\n".join(f"- {line}" for line in credits),
            _tr("The servers among them are contacted only after you have chosen one."),
        ]
    )


def help_icon():
    """QGIS's icon of help."""
    return QgsApplication.getThemeIcon("/mActionHelpContents.svg")
