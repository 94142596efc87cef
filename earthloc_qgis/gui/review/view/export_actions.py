"""Exports of a review: footprints, catalogue, report, training photos. Files are written on a thread."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsFeedback, QgsRasterLayer
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QMenu, QProgressDialog, QWidget

from ....contract.status import USABLE
from ....core.catalogue import write_catalogue
from ....core.export import ExportError, export_footprints, open_results
from ....core.export_formats import FORMATS, format_for
from ....core.report import write_report
from ....core.store import StoreError
from ....core.training_photos import write_training_photos
from ...background import Background
from ...compat import current_project

_ACCEPTED = " OR ".join(f"\"review\" = '{decision}'" for decision in USABLE)


class ExportActions(QObject):
    """The export menu and its actions.

    Args:
        results: returns the path of the results GeoPackage.
        window: parent of the dialogs.

    Signals:
        written(text): a file was written.
        message(text): a file was not written, and why.
    """

    written = pyqtSignal(str)
    message = pyqtSignal(str)

    def __init__(self, results: Callable[[], Path], window: QWidget) -> None:
        super().__init__(window)
        self._results, self._window = results, window
        self._background = Background(self)
        self._feedback: Optional[QgsFeedback] = None
        self.menu = QMenu(window)
        self.only_accepted = self.menu.addAction(self.tr("Accepted photos only"))
        self.only_accepted.setCheckable(True)
        self.only_accepted.setChecked(True)
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Footprints: shapefile, GeoPackage, KML…"), self.ask_for_footprints)
        self.menu.addAction(self.tr("Catalogue (CSV)…"), self.ask_for_catalogue)
        self.menu.addAction(self.tr("Report with pictures (HTML)…"), self.ask_for_report)
        self.menu.addAction(self.tr("Accepted photos for training…"), self.ask_for_training)

    def close(self) -> None:
        """Cancel a running export."""
        if self._feedback is not None:
            self._feedback.cancel()
        self._background.close()

    def ask_for_footprints(self) -> None:
        """Ask for a file and export the footprints; the first format offered is shapefile."""
        kinds = ";;".join(f"{name} (*{known.suffix})" for name, known in FORMATS.items())
        target, kind = self._ask_for_path(self.tr("Export footprints"), "footprints.shp", kinds)
        if target is None:
            return
        name = format_for(target) or kind.partition(" (")[0]
        results, expression = self._results(), _ACCEPTED if self.only_accepted.isChecked() else ""

        def task(feedback: QgsFeedback) -> str:
            # Open the layer here: a layer belongs to the thread that created it.
            report = export_footprints(open_results(str(results)), target, name, expression, feedback, str(results))
            return " ".join([self._written(report.count, report.path), *report.warnings])

        self._run(target, task)

    def ask_for_catalogue(self) -> None:
        """Ask for a file and write the catalogue."""
        target, _ = self._ask_for_path(self.tr("Write catalogue"), "catalogue.csv", "CSV (*.csv)")
        if target is not None:
            results, only = self._results(), self.only_accepted.isChecked()
            self._run(target, lambda feedback: self._written(write_catalogue(results, target, only), target))

    def ask_for_report(self) -> None:
        """Ask for a file and write the report, with the topmost imagery of the map as basemap."""
        target, _ = self._ask_for_path(self.tr("Write report"), "report.html", "HTML (*.html)")
        if target is None:
            return
        results, only, source = self._results(), self.only_accepted.isChecked(), _basemap()

        def task(feedback: QgsFeedback) -> str:
            basemap = None
            if source is not None:
                path, name, crs = source
                basemap = QgsRasterLayer(path, name, "gdal")
                basemap.setCrs(crs)
            return self._written(write_report(results, target, only, basemap, feedback), target)

        self._run(target, task)

    def ask_for_training(self) -> None:
        """Ask for a folder and write the accepted photos for training."""
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Folder for training photos"))
        if not folder:
            return
        results = self._results()

        def task(feedback: QgsFeedback) -> str:
            count, left_out = write_training_photos(results, Path(folder), feedback)
            return " ".join([self._written(count, Path(folder)), *(f"{reason}." for reason in left_out)])

        self._run(Path(folder), task)

    def _ask_for_path(self, title: str, name: str, kinds: str) -> tuple[Optional[Path], str]:
        start = str(self._results().parent / name)
        path, kind = QFileDialog.getSaveFileName(self._window, title, start, kinds)
        return (Path(path) if path else None), kind

    def _run(self, target: Path, task: Callable[[QgsFeedback], str]) -> None:
        feedback = self._feedback = QgsFeedback()
        dialog = QProgressDialog(self.tr("Writing…"), self.tr("Cancel"), 0, 100, self._window)
        dialog.setWindowModality(Qt.WindowModality.NonModal)
        dialog.setMinimumDuration(600)
        dialog.canceled.connect(feedback.cancel)
        feedback.progressChanged.connect(lambda percent: dialog.setValue(min(99, int(percent))))

        def guarded() -> tuple[bool, str]:
            try:
                return True, task(feedback)
            except (ExportError, StoreError) as error:
                return False, str(error)

        def done(outcome: tuple[bool, str]) -> None:
            self._feedback = None
            dialog.close()
            dialog.deleteLater()
            is_written, text = outcome
            (self.written if is_written else self.message).emit(text)

        def failed(problem: str) -> None:
            text = self.tr(
                "{path} could not be written ({problem}). Choose another place; the log of QGIS has the details."
            )
            done((False, text.format(path=target, problem=problem)))

        self._background.run(guarded, done, on_error=failed)

    def _written(self, count: int, path: Path) -> str:
        return self.tr("Written: {path} (photos: {n}).").format(path=path, n=count)


def _basemap() -> Optional[tuple[str, str, QgsCoordinateReferenceSystem]]:
    """Source, name and coordinate system of the topmost visible raster file of the map; None without one."""
    root = current_project().layerTreeRoot()
    for node in root.findLayers() if root is not None else []:
        layer = node.layer()
        if (isinstance(layer, QgsRasterLayer) and node.isVisible()
                and layer.providerType() == "gdal" and layer.isValid()):  # fmt: skip
            return layer.source(), layer.name(), layer.crs()
    return None
