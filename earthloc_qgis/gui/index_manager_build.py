"""Building an index from a layer of the project: where of, how it goes on, pause and resume."""

from __future__ import annotations

import re
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsMapLayerProxyModel,
    QgsProject,
)
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from .. import settings
from ..core.engine_client import EngineClient, EngineError

DEFAULT_TILE_KM = "156, 313, 626"


class IndexBuilder(QGroupBox):
    """Controls that have the engine build an index. A pause keeps what is done, also over a restart of QGIS.

    Args:
        client: an engine of its own, so that photos can be located meanwhile.
        canvas: whose extent can be the region.

    Signals:
        built(path): an index is complete.
        failed(message): the engine could not build it.
    """

    built = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, client: EngineClient, canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Build an index"))
        self._client = client
        self._canvas = canvas
        self._request: int | None = None
        self.layer = QgsMapLayerComboBox(self)
        self.layer.setObjectName("build_layer_combo")
        self.layer.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.name = QLineEdit(self)
        self.name.setObjectName("build_name_edit")
        self.name.setPlaceholderText(self.tr("Name of the index"))
        self.extent = QCheckBox(self.tr("Only what the map shows"), self)
        self.extent.setObjectName("build_extent_box")
        self.widths = QLineEdit(DEFAULT_TILE_KM, self)
        self.widths.setObjectName("build_widths_edit")
        self.widths.setToolTip(self.tr("Ground widths of the tiles in km: about those of the photos to be located"))
        self.attribution = QLineEdit(self)
        self.attribution.setObjectName("build_attribution_edit")
        self.attribution.setPlaceholderText(self.tr("What the imagery's own tags say"))
        self.licence = QLineEdit(self)
        self.licence.setObjectName("build_licence_edit")
        self.licence.setPlaceholderText(self.tr("What the imagery's own tags say"))
        self.button = QPushButton(self.tr("Build"), self)
        self.button.setObjectName("build_button")
        self.progress = QProgressBar(self)
        self.progress.setObjectName("build_progress")
        self.progress.hide()
        self.state = QLabel(self)
        self.state.setObjectName("build_state_label")
        self.state.setWordWrap(True)
        form = QFormLayout(self)
        form.addRow(self.tr("Imagery"), self.layer)
        form.addRow("", self.extent)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Tile widths in km"), self.widths)
        form.addRow(self.tr("Attribution"), self.attribution)
        form.addRow(self.tr("Licence"), self.licence)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self.progress, 1)
        form.addRow(row)
        form.addRow(self.state)
        self.button.clicked.connect(self._clicked)
        for edit in (self.name, self.widths):
            edit.textChanged.connect(self._update)
        self.layer.layerChanged.connect(self._update)
        self._update()

    @property
    def running(self) -> bool:
        """Whether an index is being built."""
        return self._request is not None

    def out(self) -> Path:
        """The folder of the index to build; its work lies in `<folder>.partial`."""
        name = re.sub(r"[^\w .-]", "_", self.name.text()).strip(" .")
        return Path(settings.index_folder()) / name

    def pause(self) -> None:
        """Stops at the next batch; what is done is kept."""
        if self._request is not None:
            self.button.setEnabled(False)
            self._client.cancel(self._request)

    def _clicked(self) -> None:
        if self.running:
            self.pause()
        else:
            self._start()

    def _start(self) -> None:
        layer = self.layer.currentLayer()
        if layer is None or layer.providerType() != "gdal":
            self._say(self.tr("Choose a raster file with a coordinate system, not a web service."))
            return
        try:
            bbox = self._map_extent() if self.extent.isChecked() else None
        except QgsCsException:
            self._say(self.tr("What the map shows lies outside the Earth; move the map."))
            return
        self.out().parent.mkdir(parents=True, exist_ok=True)
        params = {
            "source": layer.source(),
            "out": str(self.out()),
            "bbox": bbox,
            "tile_km": self._tile_km(),
            "resume": True,
            "attribution": self.attribution.text().strip(),
            "licence": self.licence.text().strip(),
        }
        self._request = self._client.request("index/build", params, self._done, self._stopped, self._progressed)
        self.progress.setRange(0, 0)
        self.progress.show()
        self._say(self.tr("The engine plans the tiles."))
        self._update()

    def _map_extent(self) -> list[float]:
        """West, south, east, north of the map's view, cut to the Earth."""
        wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
        crs = self._canvas.mapSettings().destinationCrs()
        to_wgs84 = QgsCoordinateTransform(crs, wgs84, QgsProject.instance())
        box = to_wgs84.transformBoundingBox(self._canvas.extent())
        return [
            max(-180.0, box.xMinimum()), max(-90.0, box.yMinimum()),
            min(180.0, box.xMaximum()), min(90.0, box.yMaximum()),
        ]  # fmt: skip

    def _tile_km(self) -> list[float]:
        try:
            return [float(part) for part in self.widths.text().replace(";", ",").split(",")]
        except ValueError:
            return []

    def _progressed(self, progress: dict) -> None:
        total = int(progress.get("total") or 0)
        if progress.get("stage") == "embed" and total:
            self.progress.setRange(0, total)
            self.progress.setValue(int(progress.get("done") or 0))
        self._say(str(progress.get("message") or ""))

    def _done(self, info: dict) -> None:
        path = str(self.out())
        self._end(self.tr("{name}: {n} tiles.").format(name=self.name.text(), n=info.get("count", 0)))
        self.built.emit(path)

    def _stopped(self, error: EngineError) -> None:
        if error.kind == "cancelled":
            self._end(self.tr("Paused. Build with the same choices goes on where it stopped."))
        else:
            self._end(error.message)
            self.failed.emit(error.message)

    def _end(self, text: str) -> None:
        self._request = None
        self.progress.hide()
        self._say(text)
        self._update()

    def _say(self, text: str) -> None:
        self.state.setText(text)

    def _update(self, *_: object) -> None:
        named = bool(self.name.text().strip(" ."))
        half = named and Path(f"{self.out()}.partial").is_dir()
        there = named and self.out().exists()
        for widget in (self.layer, self.extent, self.name, self.widths, self.attribution, self.licence):
            widget.setEnabled(not self.running)
        if self.running:
            self.button.setText(self.tr("Pause"))
        else:
            self.button.setText(self.tr("Resume") if half else self.tr("Build"))
        ready = named and not there and self.layer.currentLayer() is not None and bool(self._tile_km())
        self.button.setEnabled(self.running or ready)
        self.button.setToolTip(self.tr("An index of this name is there already") if there else "")
