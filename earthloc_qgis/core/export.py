"""Exports footprints as shapefile, GeoPackage, GeoJSON, KML or CSV.

GDAL writes the files in memory, because some of its drivers do not notice a full disk. Then they are written to a
folder beside the target and moved into place when all are complete. If the disk is full, another program has a file
open, or the folder is read-only, the old files stay as they were. Output is in EPSG:4326; docs/export.md says what each
format holds.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSource,
    QgsFeedback,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from .export_formats import FORMATS, ExportFormat, format_for, shapefile_names
from .photo_files import stored_path_for
from .qgis_types import TEXT_FIELD, current_project

_POLYGON = QgsWkbTypes.GeometryType.PolygonGeometry  # type: ignore[attr-defined]
LAYER_NAME = "footprints"
DBF_TEXT_BYTES = 254  # longest text of a DBF field


class ExportError(Exception):
    """The export failed; the message names the file and the fix. Old files are unchanged."""


@dataclass
class ExportReport:
    """The outcome of an export.

    Attributes:
        path: the main file.
        count: number of footprints written.
        warnings: what had to be changed to fit the format, for the user.
    """

    path: Path
    count: int = 0
    warnings: list[str] = field(default_factory=list)


def open_results(path: str, table: str = LAYER_NAME) -> QgsVectorLayer:
    """The layer `table` of a results GeoPackage.

    Raises:
        ExportError: the file is missing or is not a results GeoPackage.
    """
    if not Path(path).is_file():
        raise ExportError(f"{path}: there is no such file; choose a results GeoPackage.")
    layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
    if not layer.isValid():
        raise ExportError(f"{path}: has no table '{table}'; choose a GeoPackage that EarthLoc wrote.")
    return layer


def export_footprints(
    source: QgsFeatureSource,
    target: Path,
    format_name: str,
    expression: str = "",
    feedback: Optional[QgsFeedback] = None,
    origin: str = "",
) -> ExportReport:
    """Writes the footprints of `source` to `target`. Existing files are replaced only if everything succeeds.

    Args:
        source: a layer or Processing source with polygons in any coordinate reference system.
        target: the main file; the ending of the format is added if missing.
        format_name: a key of `FORMATS`.
        expression: QGIS expression that selects features; empty for all.
        feedback: receives progress; cancelling it stops the export.
        origin: the file that `source` reads, which is never overwritten; "" when there is none. Relative paths of
            photos are relative to its folder; in the export they are relative to the folder of `target`.

    Raises:
        ExportError: nothing was written; old files are unchanged.
    """
    chosen = FORMATS[format_name]
    if format_for(target) != format_name:
        target = target.with_name(target.name + chosen.suffix)
    if origin and target.is_file() and Path(origin).is_file() and target.samefile(origin):
        raise ExportError(f"{target}: is the file the footprints come from; choose another name.")
    files, report = _write_in_memory(source, target, chosen, expression, feedback, origin)
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{target.stem}-", suffix=".partial", dir=target.parent))
    except OSError as error:
        raise ExportError(_write_problem(target, error)) from error
    try:
        for name, content in files.items():
            with open(work / name, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        _move_into_place(work, target, chosen)
    except OSError as error:
        raise ExportError(_write_problem(target, error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return report


def _write_problem(target: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{target.parent}: there is no such folder; create it first or choose another."
    if isinstance(error, PermissionError):
        return (
            f"{target}: cannot be written, it is open in another program or its folder is read-only; "
            "close the file or choose another folder. The old file is unchanged."
        )
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{target}: the disk is full; free some space. The old file is unchanged."
    return f"{target}: could not be written ({reason}); choose another folder. The old file is unchanged."


def _write_in_memory(
    source: QgsFeatureSource,
    target: Path,
    chosen: ExportFormat,
    expression: str,
    feedback: Optional[QgsFeedback],
    origin: str,
) -> tuple[dict[str, bytes], ExportReport]:
    """Writes the files of the export in GDAL's memory; returns their contents by name, and the report."""
    folder = f"/vsimem/earthloc-{uuid.uuid4().hex}"
    report = ExportReport(target)
    gdal.Mkdir(folder, 0o700)
    try:
        _write(source, f"{folder}/{target.name}", chosen, expression, feedback, report, origin)
        return {name: _bytes(f"{folder}/{name}") for name in _names(folder)}, report
    finally:
        for name in _names(folder):
            gdal.Unlink(f"{folder}/{name}")
        gdal.Rmdir(folder)


def _names(folder: str) -> list[str]:
    return [name for name in gdal.ReadDir(folder) or [] if name not in (".", "..")]


def _bytes(path: str) -> bytes:
    file = gdal.VSIFOpenL(path, "rb")
    try:
        return bytes(gdal.VSIFReadL(1, gdal.VSIStatL(path).size, file) or b"")
    finally:
        gdal.VSIFCloseL(file)


def _write(
    source: QgsFeatureSource,
    path: str,
    chosen: ExportFormat,
    expression: str,
    feedback: Optional[QgsFeedback],
    report: ExportReport,
    origin: str,
) -> None:
    names = [name for name in source.fields().names() if name.lower() not in ("fid", "ogc_fid")]
    renamed = shapefile_names(names) if chosen.driver == "ESRI Shapefile" else {n: n for n in names}
    indexes = [source.fields().indexOf(name) for name in names]
    fields = QgsFields()
    if chosen.driver == "KML":  # shown by Google Earth in its list and in the balloon
        fields.append(QgsField("Name", TEXT_FIELD))
        fields.append(QgsField("Description", TEXT_FIELD))
    for name in names:
        described = source.fields().field(name)
        is_text = described.type() == TEXT_FIELD
        length = DBF_TEXT_BYTES if is_text and chosen.suffix == ".shp" else 0
        fields.append(QgsField(renamed[name], described.type(), "", length))

    wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = chosen.driver
    options.fileEncoding = "UTF-8"
    options.layerName = LAYER_NAME
    options.layerOptions = list(chosen.layer_options)
    writer = QgsVectorFileWriter.create(
        path, fields, QgsWkbTypes.Type.MultiPolygon, wgs84, QgsCoordinateTransformContext(), options
    )
    if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
        raise ExportError(f"{report.path}: {writer.errorMessage()}")

    to_wgs84 = QgsCoordinateTransform(source.sourceCrs(), wgs84, current_project().transformContext())
    request = QgsFeatureRequest()
    if expression:
        request.setFilterExpression(expression)
    shorten = _shortener(report) if chosen.suffix == ".shp" else None
    photo_at = names.index("photo") if "photo" in names and Path(origin).is_file() else None
    total = max(source.featureCount(), 1)
    for feature in source.getFeatures(request):
        if feedback is not None and feedback.isCanceled():
            raise ExportError(f"{report.path}: the export was cancelled; nothing was written.")
        values = [feature.attribute(i) for i in indexes]
        if photo_at is not None and isinstance(values[photo_at], str):
            values[photo_at] = stored_path_for(values[photo_at], Path(origin).parent, report.path.parent)
        if shorten is not None:
            values = [shorten(value, name) for value, name in zip(values, names)]
        if chosen.driver == "KML":
            values = [_title(feature), _description(feature), *values]
        written = QgsFeature(fields)
        written.setAttributes(values)
        written.setGeometry(_polygon(feature.geometry(), to_wgs84))
        if not writer.addFeature(written):
            raise ExportError(f"{report.path}: {writer.errorMessage()}")
        report.count += 1
        if feedback is not None:
            feedback.setProgress(100.0 * report.count / total)
    del writer  # closes the file


def _polygon(geometry: QgsGeometry, to_wgs84: QgsCoordinateTransform) -> QgsGeometry:
    """A valid MultiPolygon in EPSG:4326; null stays null."""
    if geometry.isNull():
        return geometry
    geometry.transform(to_wgs84)
    if not geometry.isGeosValid():
        geometry = geometry.makeValid()
        geometry.convertGeometryCollectionToSubclass(_POLYGON)
    geometry.convertToMultiType()
    return geometry


def _shortener(report: ExportReport) -> Callable[[object, str], object]:
    """A function that cuts text to the length of a DBF field, between characters, and warns once per field."""
    warned: set[str] = set()

    def shorten(value: object, name: str) -> object:
        if not isinstance(value, str):
            return value
        encoded = value.encode("utf-8")
        if len(encoded) <= DBF_TEXT_BYTES:
            return value
        if name not in warned:
            warned.add(name)
            report.warnings.append(
                f"{name}: text longer than {DBF_TEXT_BYTES} bytes was cut, because shapefiles hold no more; "
                "export to GeoPackage to keep all of it."
            )
        return encoded[:DBF_TEXT_BYTES].decode("utf-8", errors="ignore")

    return shorten


def _title(feature: QgsFeature) -> str:
    for name in ("photo_id", "photo"):
        value = feature.attribute(name) if feature.fieldNameIndex(name) >= 0 else None
        if isinstance(value, str) and value:
            return value.replace("\\", "/").rsplit("/", 1)[-1]
    return f"footprint {feature.id()}"


def _description(feature: QgsFeature) -> str:
    parts = []
    for name in ("status", "confidence", "review", "message"):
        value = feature.attribute(name) if feature.fieldNameIndex(name) >= 0 else None
        if isinstance(value, (str, float, int)) and value != "":
            parts.append(f"{name}: {value:.2f}" if isinstance(value, float) else f"{name}: {value}")
    return ", ".join(parts)


def _move_into_place(work: Path, target: Path, chosen: ExportFormat) -> None:
    """Replaces the old files by the new ones. If a file cannot be moved, all old files are restored."""
    old = work / "old"
    old.mkdir()
    saved: list[tuple[Path, Path]] = []
    placed: list[Path] = []
    try:
        for part in chosen.parts:
            current = target.with_suffix(part)
            if current.is_file():
                os.replace(current, old / current.name)
                saved.append((old / current.name, current))
        for new in sorted(p for p in work.iterdir() if p.is_file()):
            os.replace(new, target.with_name(new.name))
            placed.append(target.with_name(new.name))
    except OSError:
        for path in placed:
            path.unlink()
        for backup, current in saved:
            os.replace(backup, current)
        raise
