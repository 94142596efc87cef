"""Builds an index from a layer of the project: options, size estimate, progress, pause and resume."""

from __future__ import annotations

import re
import time
from pathlib import Path

from qgis.core import (  # type: ignore[attr-defined]  # the stubs lack QgsCsException
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsMapLayerProxyModel,
)
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
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
from ..contract.protocol import BuildIndex, PlanIndex
from ..core.engine_client import EngineError, EngineSession
from ..core.words import outlook_in_words
from .compat import current_project
from .feature_choice import FeatureChoice
from .panel_parts import duration_text
from .plain_text import plain

DEFAULT_TILE_KM = "156, 313, 626"
_PLAN_DELAY_MS = 500  # from the last change of the options to the request for a size estimate


class IndexBuilder(QGroupBox):
    """Controls for building an index with the engine. A paused build can be resumed, even after a restart of QGIS.

    Args:
        client: a separate engine, so that photos can be located during the build.
        canvas: the map canvas, whose extent can be the region.

    Signals:
        built(path): the index is complete.
        failed(message): the engine could not build the index.
    """

    built = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, client: EngineSession, canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Build an index"))
        self._client = client
        self._canvas = canvas
        self._request: int | None = None
        self._plan_request: int | None = None  # id of the request for the size estimate
        self._stage = ""
        self._stage_start: tuple[float, int] | None = None  # start time of the stage, and items done then
        self._plan_timer = QTimer(self)
        self._plan_timer.setSingleShot(True)
        self._plan_timer.setInterval(_PLAN_DELAY_MS)
        self._plan_timer.timeout.connect(self._plan)
        self.layer = QgsMapLayerComboBox(self)
        self.layer.setObjectName("build_layer_combo")
        self.layer.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.name = QLineEdit(self)
        self.name.setObjectName("build_name_edit")
        self.name.setPlaceholderText(self.tr("Name of the index"))
        self.name_taken = QLabel(self)
        self.name_taken.setObjectName("build_taken_label")
        self.name_taken.setTextFormat(Qt.TextFormat.PlainText)
        self.extent = QCheckBox(self.tr("Only what the map shows"), self)
        self.extent.setObjectName("build_extent_box")
        self.widths = QLineEdit(DEFAULT_TILE_KM, self)
        self.widths.setObjectName("build_widths_edit")
        self.widths.setToolTip(self.tr("Ground widths of the tiles in km, similar to those of the photos to locate"))
        self.features = FeatureChoice(self)
        self.attribution = QLineEdit(self)
        self.attribution.setObjectName("build_attribution_edit")
        self.attribution.setPlaceholderText(self.tr("As stated in the imagery file"))
        self.licence = QLineEdit(self)
        self.licence.setObjectName("build_licence_edit")
        self.licence.setPlaceholderText(self.tr("As stated in the imagery file"))
        self.estimate = QLabel(self)
        self.estimate.setObjectName("build_outlook_label")
        self.estimate.setWordWrap(True)
        self.estimate.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton(self.tr("Build"), self)
        self.button.setObjectName("build_button")
        self.button.setAutoDefault(False)  # Enter must confirm the typed text, not start a build of hours
        self.why = QLabel(self)
        self.why.setObjectName("build_why_label")
        self.why.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setObjectName("build_progress")
        self.progress.hide()
        self.state = QLabel(self)
        self.state.setObjectName("build_state_label")
        self.state.setWordWrap(True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        form = QFormLayout(self)
        form.addRow(self.tr("Imagery"), self.layer)
        form.addRow("", self.extent)
        form.addRow(self.tr("Name"), self.name)
        form.addRow("", self.name_taken)
        form.addRow(self.tr("Tile widths in km"), self.widths)
        form.addRow(self.tr("Local features"), self.features)
        form.addRow(self.tr("Attribution"), self.attribution)
        form.addRow(self.tr("Licence"), self.licence)
        form.addRow("", self.estimate)
        form.addRow(self.why)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self.progress, 1)
        form.addRow(row)
        form.addRow(self.state)
        self.button.clicked.connect(self._clicked)
        for edit in (self.name, self.widths):
            edit.textChanged.connect(self._update)
        self.layer.layerChanged.connect(self._update)
        self.widths.textChanged.connect(self._replan)
        self.layer.layerChanged.connect(self._replan)
        self.extent.toggled.connect(self._replan)
        self.features.changed.connect(self._replan)
        canvas.extentsChanged.connect(self._map_moved)
        self._update()

    @property
    def running(self) -> bool:
        """Whether an index is being built."""
        return self._request is not None

    def out(self) -> Path:
        """Folder of the index to build. The unfinished build is in `<folder>.partial`."""
        name = re.sub(r"[^\w .-]", "_", self.name.text()).strip(" .")
        return Path(settings.index_folder()) / name

    def pause(self) -> None:
        """Pause the build after the current batch. Finished work is kept."""
        if self._request is not None:
            self.button.setEnabled(False)
            self._client.cancel(self._request)

    def _clicked(self) -> None:
        if self.running:
            self.pause()
        else:
            self._start()

    def _start(self) -> None:
        try:
            options = self._options()
        except ValueError as error:
            self._show_state(str(error))
            return
        self._drop_plan()
        self.out().parent.mkdir(parents=True, exist_ok=True)
        build = BuildIndex(
            **options.params(),
            out=str(self.out()),
            resume=True,
            attribution=self.attribution.text().strip(),
            licence=self.licence.text().strip(),
        )
        self._stage, self._stage_start = "", None
        self._request = self._client.request(build, self._done, self._stopped, self._progressed)
        self.progress.setRange(0, 0)
        self.progress.show()
        self._show_state(self.tr("The engine is planning the tiles."))
        self._update()

    def _options(self) -> PlanIndex:
        """Imagery, region, widths and features for the engine. Raises ValueError with a message for the user."""
        layer = self.layer.currentLayer()
        if layer is None or layer.providerType() != "gdal":
            raise ValueError(
                self.tr("This layer cannot be used. Choose a raster file with a coordinate system, not a web service.")
            )
        try:
            bbox = self._map_extent() if self.extent.isChecked() else None
        except QgsCsException as error:
            raise ValueError(self.tr("The map shows an area outside the Earth. Move the map.")) from error
        return PlanIndex(layer.source(), bbox, tuple(self._tile_km()), feature_km=self.features.feature_km())

    # --- size estimate -----------------------------------------------------------------------------

    def showEvent(self, event) -> None:
        """Request a size estimate; none is needed while the window is hidden."""
        super().showEvent(event)
        self._replan()

    def hideEvent(self, event) -> None:
        """Cancel the request for a size estimate."""
        self._drop_plan()
        super().hideEvent(event)

    def _map_moved(self) -> None:
        if self.extent.isChecked():
            self._replan()

    def _replan(self, *_: object) -> None:
        self._drop_plan()
        self.estimate.setText("")
        if self.isVisible() and not self.running:
            self._plan_timer.start()

    def _drop_plan(self) -> None:
        self._plan_timer.stop()
        if self._plan_request is not None:
            request, self._plan_request = self._plan_request, None
            self._client.cancel(request)

    def _plan(self) -> None:
        if not self._tile_km() or self.layer.currentLayer() is None:
            return
        try:
            options = self._options()
        except ValueError as error:
            self.estimate.setText(str(error))
            return

        def answered(text: str) -> None:
            if self._plan_request == request:
                self._plan_request = None
                self.estimate.setText(text)

        request = self._client.request(
            options,
            lambda found: answered(outlook_in_words(found)),
            lambda error: answered(error.message),
        )
        self._plan_request = request

    def _map_extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the visible map in degrees, clipped to the Earth."""
        wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
        crs = self._canvas.mapSettings().destinationCrs()
        to_wgs84 = QgsCoordinateTransform(crs, wgs84, current_project())
        box = to_wgs84.transformBoundingBox(self._canvas.extent())
        west, south = max(-180.0, box.xMinimum()), max(-90.0, box.yMinimum())
        return west, south, min(180.0, box.xMaximum()), min(90.0, box.yMaximum())

    def _tile_km(self) -> list[float]:
        try:
            return [float(part) for part in self.widths.text().replace(";", ",").split(",")]
        except ValueError:
            return []

    def _progressed(self, progress: dict) -> None:
        total = int(progress.get("total") or 0)
        done, text = int(progress.get("done") or 0), str(progress.get("message") or "")
        if total > 1:
            self.progress.setRange(0, total)
            self.progress.setValue(done)
        stage = str(progress.get("stage"))
        if stage in ("embed", "features") and total:
            now = time.monotonic()
            if stage != self._stage:
                self._stage, self._stage_start = stage, None
            begun, first = self._stage_start = self._stage_start or (now, done)
            if first < done < total:
                left = (now - begun) * (total - done) / (done - first)
                text += self.tr(", about {time} left").format(time=duration_text(left))
        if text:
            self._show_state(text)

    def _done(self, info: dict) -> None:
        path = str(self.out())
        name = self.name.text()
        self.name.clear()  # the next index needs another name
        features = info.get("features") or {}
        text = self.tr("{name}: {n} tiles and {f} local features.") if features else self.tr("{name}: {n} tiles.")
        self._end(text.format(name=name, n=f"{info.get('count', 0):,}", f=f"{features.get('count', 0):,}"))
        self.built.emit(path)

    def _stopped(self, error: EngineError) -> None:
        if error.kind == "cancelled":
            self._end(self.tr("Paused. Press Resume to continue with the same options."))
        else:
            self._end(error.message)
            self.failed.emit(error.message)

    def _end(self, text: str) -> None:
        self._request = None
        self.progress.hide()
        self._show_state(text)
        self._update()
        self._replan()

    def _show_state(self, text: str) -> None:
        self.state.setText(text)

    def _update(self, *_: object) -> None:
        named = bool(self.name.text().strip(" ."))
        is_partial = named and Path(f"{self.out()}.partial").is_dir()
        exists = named and self.out().exists()
        choices = (
            self.layer, self.extent, self.name, self.widths, self.features, self.attribution, self.licence,
        )  # fmt: skip
        for widget in choices:
            widget.setEnabled(not self.running)
        if self.running:
            self.button.setText(self.tr("Pause"))
        else:
            self.button.setText(self.tr("Resume") if is_partial else self.tr("Build"))
        missing = self._missing(named)
        self.button.setEnabled(self.running or not (missing or exists))
        self.why.setText("" if self.running else missing)
        self.why.setVisible(bool(self.why.text()))
        taken = exists and not self.running
        text = self.tr("An index with this name already exists. Choose another name.") if taken else ""
        self.button.setToolTip(plain(text or self.why.text()))
        self.name_taken.setText(text)
        self.name_taken.setVisible(taken)

    def _missing(self, named: bool) -> str:
        """What is missing for a build, as a sentence; "" for nothing."""
        if self.layer.currentLayer() is None:
            return self.tr("To build an index, add a raster layer of the region to the project.")
        if not named:
            return self.tr("To build an index, type a name for it.")
        if not self._tile_km():
            return self.tr("To build an index, type tile widths in km, such as {example}.").format(
                example=DEFAULT_TILE_KM
            )
        return ""
