"""The EarthLoc page in the options dialog of QGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from qgis.gui import QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtWidgets import QCheckBox, QDoubleSpinBox, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from .. import settings
from ..core.resources import icon

if TYPE_CHECKING:
    from .engine_installer import EngineInstallerDialog


def radius_box(parent: QWidget) -> QDoubleSpinBox:
    """A spin box for the search radius around the nadir, in km."""
    box = QDoubleSpinBox(parent)
    box.setRange(50, 20000)
    box.setDecimals(0)
    box.setSingleStep(100)
    box.setSuffix(" km")
    box.setValue(settings.radius_km())
    return box


def top_k_box(parent: QWidget) -> QSpinBox:
    """A spin box for the number of candidates."""
    box = QSpinBox(parent)
    box.setRange(1, 100)
    box.setValue(settings.top_k())
    return box


class OptionsPage(QgsOptionsPageWidget):
    """Options for engine, indexes and search. Calls `applied` after saving them."""

    def __init__(self, parent: Optional[QWidget], applied: Callable[[], None],
                 installer: Optional[Callable[[], EngineInstallerDialog]] = None) -> None:  # fmt: skip
        from .engine_options import EngineOptions  # not at the start of QGIS

        super().__init__(parent)
        self._applied = applied
        self.engine_options = EngineOptions(self, installer)
        self.engine_options.removed.connect(applied)
        self.engine = self.engine_options.file
        self.folder = QgsFileWidget(self)
        self.folder.setObjectName("index_folder")
        self.folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.folder.setFilePath(settings.index_folder())
        self.use_nadir = QCheckBox(self.tr("Search only around the nadir if it is known"), self)
        self.use_nadir.setChecked(settings.use_nadir())
        self.radius = radius_box(self)
        self.top_k = top_k_box(self)
        self.orbit = QgsFileWidget(self)
        self.orbit.setObjectName("orbit_file")
        self.orbit.setDialogTitle(self.tr("Orbit of the station: two-line elements, OMM or OEM"))
        self.orbit.setToolTip(self.tr("Gives the nadir of photos from their times. At most 30 days from the photos."))
        self.orbit.setFilePath(settings.orbit_file())
        note = QLabel(
            self.tr("If the engine is empty, it is searched in the environment variable EARTHLOC_ENGINE, beside the"
                    " sources of the plugin and on the PATH."),
            self,
        )  # fmt: skip
        note.setWordWrap(True)
        form = QFormLayout()
        form.addRow(self.tr("Engine"), self.engine_options)
        form.addRow(note)
        form.addRow(self.tr("Folder of indexes"), self.folder)
        form.addRow(self.use_nadir)
        form.addRow(self.tr("Radius around the nadir"), self.radius)
        form.addRow(self.tr("Candidates per photo"), self.top_k)
        form.addRow(self.tr("Orbit of the station"), self.orbit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addStretch(1)

    def apply(self) -> None:
        """Save the options."""
        settings.set_engine_setting(self.engine.filePath())
        settings.set_index_folder(self.folder.filePath())
        settings.set_use_nadir(self.use_nadir.isChecked())
        settings.set_radius_km(self.radius.value())
        settings.set_top_k(self.top_k.value())
        settings.set_orbit_file(self.orbit.filePath())
        self._applied()


class OptionsFactory(QgsOptionsWidgetFactory):
    """Creates the page when the options dialog opens."""

    def __init__(
        self, applied: Callable[[], None], installer: Optional[Callable[[], EngineInstallerDialog]] = None
    ) -> None:
        super().__init__("EarthLoc", icon())
        self._applied = applied
        self._installer = installer

    def icon(self):
        """The icon of the page."""
        return icon()

    def createWidget(self, parent: Optional[QWidget] = None) -> OptionsPage:
        """Create the page."""
        return OptionsPage(parent, self._applied, self._installer)
