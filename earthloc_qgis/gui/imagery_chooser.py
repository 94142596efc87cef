"""Choosing the imagery that photos are fitted to, and saying whom to credit for it."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QInputDialog, QLabel, QSizePolicy, QVBoxLayout, QWidget

from .. import settings
from ..core.imagery import Imagery, imagery_choices, imagery_named_by, same_imagery, server_imagery
from .plain_text import plain

_FILE, _FOLDER, _ADDRESS = "file", "folder", "address"  # things to do rather than imagery


class ImageryChooser(QWidget):
    """A combo box of imagery and a note under it; the choice is kept in the settings and the project at once.

    A project may come from a stranger: a tile server that it names is offered, but chosen only by the user.

    Signals:
        chosen_changed(): other imagery is chosen.
    """

    chosen_changed = pyqtSignal()

    def __init__(self, project: QgsProject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._items: list[Imagery] = []
        self._offered: list[Imagery] = []  # named by the project, not chosen
        self._none_at_hand = False
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
        project.layersAdded.connect(self.refresh)
        project.layersRemoved.connect(self.refresh)
        project.readProject.connect(self._project_read)
        self._project_read()

    def close_down(self) -> None:
        """Lets go of the project."""
        self._project.layersAdded.disconnect(self.refresh)
        self._project.layersRemoved.disconnect(self.refresh)
        self._project.readProject.disconnect(self._project_read)

    def chosen(self) -> Imagery:
        """What is chosen."""
        return settings.imagery()

    def choose(self, imagery: Imagery) -> None:
        """Chooses imagery, as the user does."""
        settings.choose_imagery(imagery, self._project)
        self.refresh()
        self.chosen_changed.emit()

    def tell_at_hand(self, none_at_hand: bool) -> None:
        """Whether the imagery of not a single index that is searched is on this computer."""
        self._none_at_hand = none_at_hand
        self._update_note()

    def refresh(self, *_: object) -> None:
        """Lists again what there is to choose from."""
        chosen = self.chosen()
        self._items = imagery_choices(self._project, chosen, *self._offered)
        self.combo.clear()
        for imagery in self._items:
            self.combo.addItem(imagery.label or self.tr("The imagery each index was made from"))
            tool_tip = plain(imagery.path or imagery.host)
            self.combo.setItemData(self.combo.count() - 1, tool_tip, Qt.ItemDataRole.ToolTipRole)
        self.combo.setCurrentIndex(next(i for i, imagery in enumerate(self._items) if same_imagery(imagery, chosen)))
        self.combo.insertSeparator(self.combo.count())
        for text, deed in (
            (self.tr("Choose a file…"), _FILE),
            (self.tr("Choose a folder of EarthLoc tiles…"), _FOLDER),
            (self.tr("Enter the address of a tile server…"), _ADDRESS),
        ):
            self.combo.addItem(text, deed)
        self._update_note()

    # --- what the user does ------------------------------------------------------------------------

    def _activated(self, row: int) -> None:
        if row < len(self._items):
            self.choose(self._items[row])
            return
        ask = {_FILE: self._ask_for_file, _FOLDER: self._ask_for_folder, _ADDRESS: self._ask_for_address}
        imagery = ask[self.combo.itemData(row)]()
        if imagery is None:
            self.refresh()  # shows what is chosen
        else:
            self.choose(imagery)

    def _ask_for_file(self) -> Imagery | None:
        kinds = self.tr("Rasters, MBTiles, GeoPackages, settings of a tile server")
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Imagery to fit photos to"), "", f"{kinds} (*.tif *.tiff *.vrt *.mbtiles *.gpkg *.json);;(*)"
        )
        return Imagery(os.path.basename(path), path=path) if path else None

    def _ask_for_folder(self) -> Imagery | None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Folder of EarthLoc tiles"))
        return Imagery(os.path.basename(path), path=path) if path else None

    def _ask_for_address(self) -> Imagery | None:
        title = self.tr("Tile server")
        url, fine = QInputDialog.getText(
            self, title, self.tr("Address, such as https://host/{z}/{x}/{y}.png, or of WMTS capabilities:")
        )
        url = url.strip()
        if not fine or not url:
            return None
        attribution, fine = QInputDialog.getText(
            self, title, self.tr("Whom to credit for its imagery, and under which licence it is (if you know):")
        )
        return server_imagery(_host(url) or url, url, attribution=attribution.strip()) if fine else None

    # --- the project, the note -----------------------------------------------------------------------

    def _project_read(self, *_: object) -> None:
        """Takes what the project names: a file that is there, or a server that the user has chosen before."""
        named = imagery_named_by(self._project)
        about_server = named.server or named.path.lower().endswith(".json")
        known = named.address in settings.trusted_servers() or same_imagery(named, self.chosen())
        if named.is_own:
            self._offered = []
        elif known or not about_server:
            settings.set_imagery(named)
        else:
            self._offered = [named]
        self.refresh()
        self.chosen_changed.emit()

    def _update_note(self) -> None:
        chosen = self.chosen()
        text = ""
        if chosen.server:
            credit = chosen.credit or self.tr("Whom to credit is not known: look up the terms of the server.")
            text = self.tr("Tiles are fetched from {host} when they are needed, and kept. {credit}").format(
                host=chosen.host, credit=credit
            )
        elif chosen.is_own and self._none_at_hand:
            text = self.tr(
                "⚠ The imagery of these indexes is not on this computer, so no photo can be checked and all stay"
                " “uncertain”. Choose imagery above: a raster, a layer or a tile server."
            )
        self.note.setText(text)
        self.note.setVisible(bool(text))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
