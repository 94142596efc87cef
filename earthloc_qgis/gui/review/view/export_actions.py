"""Handing on what was reviewed: footprints, catalogue, report, training photos; made on a thread of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional

from qgis.core import QgsFeedback, QgsMapLayer, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QMenu, QProgressDialog, QWidget

from ....core.catalogue import write_catalogue
from ....core.export import ExportError, export_footprints, open_results
from ....core.export_formats import FORMATS, format_for
from ....core.report import write_report
from ....core.reviews import USABLE
from ....core.store import StoreError
from ....core.training_photos import write_training_photos
from ...background import Background

_ACCEPTED = " OR ".join(f"\"review\" = '{decision}'" for decision in USABLE)


class HandOn(QObject):
    """The menu and what it does.

    Args:
        results: tells the results GeoPackage.
        window: that dialogs belong to.

    Signals:
        written(text): what was written.
        told(text): why nothing was.
    """

    written = pyqtSignal(str)
    told = pyqtSignal(str)

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
        """Gives up what is being written."""
        if self._feedback is not None:
            self._feedback.cancel()
        self._background.close()

    def ask_for_footprints(self) -> None:
        """Footprints to a file of the user's choice; shapefile first."""
        kinds = ";;".join(f"{name} (*{known.suffix})" for name, known in FORMATS.items())
        target, kind = self._ask(self.tr("Export footprints"), "footprints.shp", kinds)
        if target is None:
            return
        name = format_for(target) or kind.partition(" (")[0]
        results, wanted = self._results(), _ACCEPTED if self.only_accepted.isChecked() else ""

        def work(feedback: QgsFeedback) -> str:
            # Opened here: a layer belongs to the thread that it is made in.
            report = export_footprints(open_results(str(results)), target, name, wanted, feedback, str(results))
            return " ".join([self._written(report.count, report.path), *report.warnings])

        self._run(target, work)

    def ask_for_catalogue(self) -> None:
        """The catalogue to a file of the user's choice."""
        target, _ = self._ask(self.tr("Write catalogue"), "catalogue.csv", "CSV (*.csv)")
        if target is not None:
            results, only = self._results(), self.only_accepted.isChecked()
            self._run(target, lambda feedback: self._written(write_catalogue(results, target, only), target))

    def ask_for_report(self) -> None:
        """The report to a file of the user's choice, on the map's topmost imagery."""
        target, _ = self._ask(self.tr("Write report"), "report.html", "HTML (*.html)")
        if target is None:
            return
        results, only, ground = self._results(), self.only_accepted.isChecked(), _basemap()

        def work(feedback: QgsFeedback) -> str:
            basemap = QgsRasterLayer(*ground[:2], "gdal") if ground else None
            if basemap is not None:
                basemap.setCrs(ground[2])
            return self._written(write_report(results, target, only, basemap, feedback), target)

        self._run(target, work)

    def ask_for_training(self) -> None:
        """Accepted photos into a folder of the user's choice."""
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Folder for training photos"))
        if not folder:
            return
        results = self._results()

        def work(feedback: QgsFeedback) -> str:
            count, left_out = write_training_photos(results, Path(folder), feedback)
            return " ".join([self._written(count, Path(folder)), *(f"{reason}." for reason in left_out)])

        self._run(Path(folder), work)

    def _ask(self, title: str, name: str, kinds: str) -> tuple[Optional[Path], str]:
        start = str(self._results().parent / name)
        path, kind = QFileDialog.getSaveFileName(self._window, title, start, kinds)
        return (Path(path) if path else None), kind

    def _run(self, target: Path, work: Callable[[QgsFeedback], str]) -> None:
        feedback = self._feedback = QgsFeedback()
        dialog = QProgressDialog(self.tr("Writing…"), self.tr("Cancel"), 0, 100, self._window)
        dialog.setWindowModality(Qt.WindowModality.NonModal)
        dialog.setMinimumDuration(600)
        dialog.canceled.connect(feedback.cancel)
        feedback.progressChanged.connect(lambda percent: dialog.setValue(min(99, int(percent))))

        def guarded() -> tuple[bool, str]:
            try:
                return True, work(feedback)
            except (ExportError, StoreError) as error:
                return False, str(error)

        def done(outcome: tuple[bool, str]) -> None:
            self._feedback = None
            dialog.close()
            dialog.deleteLater()
            is_written, text = outcome
            (self.written if is_written else self.told).emit(text)

        def failed(problem: str) -> None:
            text = self.tr("{path} was not written ({problem}). Try another place; QGIS's log has more.")
            done((False, text.format(path=target, problem=problem)))

        self._background.run(guarded, done, on_error=failed)

    def _written(self, count: int, path: Path) -> str:
        return self.tr("Written: {path} (photos: {n}).").format(path=path, n=count)


def _basemap() -> Optional[tuple]:
    """Source, name and coordinate system of the topmost raster that is a file and is shown; None without any."""
    for node in QgsProject.instance().layerTreeRoot().findLayers():
        layer = node.layer()
        if (layer is not None and layer.type() == QgsMapLayer.LayerType.RasterLayer and node.isVisible()
                and layer.providerType() == "gdal" and layer.isValid()):  # fmt: skip
            return layer.source(), layer.name(), layer.crs()
    return None
