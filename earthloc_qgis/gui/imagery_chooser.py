"""Choice of the imagery to which photos are fitted, with a note about its source and attribution."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QInputDialog,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .. import settings
from ..core.engine_client import EngineClient
from ..core.imagery import Imagery, imagery_choices, imagery_named_by, same_imagery, server_imagery
from ..core.imagery_presets import Preset, presets
from .imagery_check import ImageryCheck, PresetDialog
from .plain_text import plain

_FILE, _FOLDER, _ADDRESS = "file", "folder", "address"  # entries of the combo box that open a dialog


class ImageryChooser(QWidget):
    """A combo box of imagery and a note below it. The choice is saved in the settings and the project immediately.

    A project may come from a stranger: a tile server that it names is listed, but only the user can choose it. A preset
    is chosen only after the user has agreed to its server once.

    Args:
        project: the project whose layers are offered.
        client: the engine, for the button that tests a tile server; without it there is no such button.

    Signals:
        chosen_changed(): other imagery was chosen.
        note_changed(): the note, or whether imagery is missing, may have changed.
    """

    chosen_changed = pyqtSignal()
    note_changed = pyqtSignal()

    def __init__(self, project: QgsProject, parent: QWidget | None = None, client: EngineClient | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._client = client
        self.check: ImageryCheck | None = None
        self._items: list[Imagery] = []
        self._offered: list[Imagery] = []  # named by the project, but not trusted
        self._none_available = False
        self.combo = QComboBox(self)
        self.combo.setObjectName("imagery_combo")
        self.combo.setAccessibleName(self.tr("Imagery to fit photos to"))
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setMinimumContentsLength(12)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.activated.connect(self._activated)
        self.note = QLabel(self)
        self.note.setObjectName("imagery_note")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.combo)
        layout.addWidget(self.note)
        if client is not None:
            self.check = ImageryCheck(client, self.chosen, self)
            layout.addWidget(self.check)
        project.layersAdded.connect(self.refresh)
        project.layersRemoved.connect(self.refresh)
        project.readProject.connect(self._project_read)
        self._project_read()

    def close_down(self) -> None:
        """Disconnect from the project."""
        self._project.layersAdded.disconnect(self.refresh)
        self._project.layersRemoved.disconnect(self.refresh)
        self._project.readProject.disconnect(self._project_read)

    def chosen(self) -> Imagery:
        """The chosen imagery."""
        return settings.imagery()

    def choose(self, imagery: Imagery) -> None:
        """Choose imagery, as the user would."""
        settings.choose_imagery(imagery, self._project)
        self.refresh()
        self.chosen_changed.emit()

    def is_missing(self) -> bool:
        """Whether photos cannot be fitted, because no imagery is on this computer."""
        return self.chosen().is_own and self._none_available

    def set_none_available(self, none_available: bool) -> None:
        """Set whether none of the searched indexes has its imagery on this computer."""
        self._none_available = none_available
        self._update_note()

    def refresh(self, *_: object) -> None:
        """Fill the combo box with the current choices."""
        chosen = self.chosen()
        self._items = imagery_choices(self._project, chosen, *self._offered)
        self.combo.clear()
        for imagery in self._items:
            self.combo.addItem(imagery.label or self.tr("The imagery each index was made from"))
            tool_tip = plain(imagery.path or imagery.host)
            self.combo.setItemData(self.combo.count() - 1, tool_tip, Qt.ItemDataRole.ToolTipRole)
        self.combo.setCurrentIndex(next(i for i, imagery in enumerate(self._items) if same_imagery(imagery, chosen)))
        self.combo.insertSeparator(self.combo.count())
        for preset in presets():
            if not any(same_imagery(preset.imagery, imagery) for imagery in self._items):
                self.combo.addItem(preset.title, preset)
        for text, action in (
            (self.tr("Choose a file…"), _FILE),
            (self.tr("Choose a folder of EarthLoc tiles…"), _FOLDER),
            (self.tr("Enter the address of a tile server…"), _ADDRESS),
        ):
            self.combo.addItem(text, action)
        self._update_note()

    # --- user actions ------------------------------------------------------------------------------

    def _activated(self, row: int) -> None:
        if row < len(self._items):
            self.choose(self._items[row])
            return
        action = self.combo.itemData(row)
        if isinstance(action, Preset):
            imagery = self._agreed(action)
        else:
            ask = {_FILE: self._ask_for_file, _FOLDER: self._ask_for_folder, _ADDRESS: self._ask_for_address}
            imagery = ask[action]()
        if imagery is None:
            self.refresh()  # select the chosen imagery again
        else:
            self.choose(imagery)

    def _agreed(self, preset: Preset) -> Imagery | None:
        """The preset's imagery if the user agrees to its server, or has done so before."""
        if preset.imagery.address not in settings.trusted_servers():
            dialog = PresetDialog(preset, self._client, self)
            answer = dialog.exec()
            dialog.deleteLater()
            if answer != QDialog.DialogCode.Accepted:
                return None
        return preset.imagery

    def _ask_for_file(self) -> Imagery | None:
        kinds = self.tr("Rasters, MBTiles, GeoPackages, tile server definitions")
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Imagery to fit photos to"), "", f"{kinds} (*.tif *.tiff *.vrt *.mbtiles *.gpkg *.json);;(*)"
        )
        return Imagery(os.path.basename(path), path=path) if path else None

    def _ask_for_folder(self) -> Imagery | None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Folder of EarthLoc tiles"))
        return Imagery(os.path.basename(path), path=path) if path else None

    def _ask_for_address(self) -> Imagery | None:
        title = self.tr("Tile server")
        url, accepted = QInputDialog.getText(
            self, title, self.tr("Address of the tiles, such as https://host/{z}/{x}/{y}.png, or of WMTS capabilities:")
        )
        url = url.strip()
        if not accepted or not url:
            return None
        attribution, accepted = QInputDialog.getText(
            self, title, self.tr("Attribution and licence of its imagery (if you know them):")
        )
        return server_imagery(_host(url) or url, url, attribution=attribution.strip()) if accepted else None

    # --- the project, the note -----------------------------------------------------------------------

    def _project_read(self, *_: object) -> None:
        """Choose the imagery that the project names, if it is a file or a server that the user has chosen before."""
        named = imagery_named_by(self._project)
        names_server = named.server or named.path.lower().endswith(".json")
        known = named.address in settings.trusted_servers() or same_imagery(named, self.chosen())
        if named.is_own:
            self._offered = []
        elif known or not names_server:
            settings.set_imagery(named)
        else:
            self._offered = [named]
        self.refresh()
        self.chosen_changed.emit()

    def _update_note(self) -> None:
        chosen = self.chosen()
        text = ""
        if chosen.server:
            credit = chosen.credit or self.tr("The attribution is unknown. Look up the terms of the server.")
            text = self.tr("Tiles are downloaded from {host} when needed, and cached. {credit}").format(
                host=chosen.host, credit=credit
            )
        elif self.is_missing():
            text = self.tr(
                "⚠ The imagery of these indexes is not on this computer, so photos cannot be verified and stay"
                " “uncertain”. Choose imagery above: a raster, a layer or a tile server."
            )
        self.note.setText(text)
        self.note.setVisible(bool(text))
        if self.check is not None:
            self.check.clear()
            self.check.setVisible(bool(chosen.server))
        self.note_changed.emit()


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
