"""Choice of the indexes to search."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

from qgis.core import QgsApplication
from qgis.gui import QgsCheckableComboBox
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QMessageBox, QSizePolicy, QToolButton, QWidget

from .. import settings
from ..core.index_files import IndexFacts, find_indexes
from .background import Background
from .plain_text import plain


class Listed(NamedTuple):
    """An entry of the index list; `server` is that of IndexFacts."""

    path: str
    text: str
    has_imagery: bool
    server: str


def list_indexes(folder: str, further: list[str]) -> list[Listed]:
    """The indexes in `folder`, and those at the paths `further`. Thread-safe."""
    found = []
    for facts in find_indexes(folder, further):
        west, south, east, north = facts.region
        text = QCoreApplication.translate("EarthLoc", "{n} tiles, {west} to {east}, {south} to {north}").format(
            n=f"{facts.tiles:,}", west=_side(west, "EW"), east=_side(east, "EW"), south=_side(south, "NS"),
            north=_side(north, "NS"),
        )  # fmt: skip
        if facts.server:
            text += f", {facts.server}"
        here = imagery_is_here(Path(facts.path), facts.imagery)
        found.append(Listed(facts.path, f"{facts.name} ({text})", here, facts.server))
    return found


def _side(degrees: float, letters: str) -> str:
    """A boundary of a region, to a tenth of a degree, such as 12.5° W."""
    return f"{abs(round(degrees, 1)):g}° {letters[degrees < 0]}"


def imagery_is_here(index: Path, stated: str) -> bool:
    """Whether the engine will find the imagery of an index. Uses the rules of engine/imagery/location.py."""
    places = [index.parent / stated] if stated not in ("", "..") and Path(stated).name == stated else []
    note = index.with_name(index.name + ".imagery.txt")
    if note.is_file():
        places.append(Path(note.read_text(encoding="utf-8").strip()))
    return any(place.suffix.lower() != ".json" and place.exists() for place in places)


class IndexChooser(QWidget):
    """A combo box with a tick for each index, and a button with a menu: browse, manage, refresh.

    Signals:
        chosen_changed(): the ticked indexes changed.
        manage_wanted(): the user wants the index manager.
    """

    chosen_changed = pyqtSignal()
    manage_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._filling = False
        self._offered: list[str] = []
        self._without_imagery: set[str] = set()
        self.combo = QgsCheckableComboBox(self)
        self.combo.setObjectName("index_combo")
        self.combo.setAccessibleName(self.tr("Indexes to search"))
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setMinimumContentsLength(12)
        self.combo.checkedItemsChanged.connect(self._ticked)
        self.button = QToolButton(self)
        self.button.setObjectName("index_menu_button")
        self.button.setIcon(QgsApplication.getThemeIcon("/mIconFolderOpen.svg"))
        self.button.setToolTip(self.tr("Find or build an index"))
        self.button.setAccessibleName(self.tr("Find or build an index"))
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.button)
        menu.addAction(self.tr("Browse for an index…"), self._browse)
        menu.addAction(self.tr("Manage and build indexes…"), self.manage_wanted.emit)
        menu.addAction(self.tr("Refresh the list of indexes"), self.refresh)
        self.button.setMenu(menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.combo)
        layout.addWidget(self.button)
        self._fill([])

    def chosen(self) -> list[str]:
        """Folders of the ticked indexes."""
        return [path for path in self.combo.checkedItemsData() if path]

    def known(self) -> list[str]:
        """Folders of all indexes listed, ticked or not."""
        return [path for path in (self.combo.itemData(row) for row in range(self.combo.count())) if path]

    def none_has_imagery(self) -> bool:
        """Whether there are ticked indexes and the imagery of none of them is on this computer."""
        chosen = self.chosen()
        return bool(chosen) and self._without_imagery.issuperset(chosen)

    def refresh(self) -> None:
        """List the indexes again, on another thread."""
        # Include the chosen ones at any location, such as an index of an engine that has not started yet.
        further = [*settings.known_indexes(), *self._offered, *settings.chosen_indexes()]
        folder = settings.index_folder()
        self._background.run(lambda: list_indexes(folder, further), self._fill)

    def offer(self, paths: list[str]) -> None:
        """Add the indexes that are bundled with the engine."""
        if paths != self._offered:
            self._offered = list(paths)
            self.refresh()

    def add(self, paths: list[str]) -> None:
        """Add indexes that the user has chosen, and tick them."""
        for path in paths:
            settings.remember_index(path)
        settings.set_chosen_indexes([*settings.chosen_indexes(), *paths])
        self.refresh()

    def close_threads(self) -> None:
        """End the thread."""
        self._background.close()

    def _fill(self, indexes: list[Listed]) -> None:
        paths = [index.path for index in indexes]
        saved = settings.chosen_indexes()
        chosen = [path for path in saved if path in paths]
        if not chosen:  # none was chosen yet, or all chosen ones are gone
            own = [path for path in self._offered if path in paths]
            # Contact no server before the user has ticked its index.
            only = [index.path for index in indexes if not index.server] if len(indexes) == 1 else []
            chosen = only or (own[:1] if saved else [])
            if chosen and not saved:
                settings.set_chosen_indexes(chosen)
        self._without_imagery = {index.path for index in indexes if not index.has_imagery}
        self._filling = True
        self.combo.clear()
        for row, index in enumerate(indexes):
            state = Qt.CheckState.Checked if index.path in chosen else Qt.CheckState.Unchecked
            self.combo.addItemWithCheckState(index.text, state, index.path)
            self.combo.setItemData(row, plain(index.path), Qt.ItemDataRole.ToolTipRole)
        self.combo.setDefaultText(
            self.tr("Tick an index to search") if indexes else self.tr("No index yet: browse or build one")
        )
        self._filling = False
        self.chosen_changed.emit()

    def _ticked(self, *_: object) -> None:
        if not self._filling:
            settings.set_chosen_indexes(self.chosen())
            self.chosen_changed.emit()

    def _browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Folder of the regional index"), settings.index_folder())
        if path:
            # Accept the folder of an index, and a folder that contains indexes.
            self._background.run(lambda: find_indexes("", [path]) or find_indexes(path, []), partial(self._found, path))

    def _found(self, path: str, indexes: list[IndexFacts]) -> None:
        if indexes:
            self.add([facts.path for facts in indexes])
        else:
            text = self.tr("{path} is not an index. Choose the folder that contains its index.json.")
            QMessageBox.warning(self, "EarthLoc", plain(text.format(path=path)))
