"""Writes footprints to the formats that analysts hand on: shapefile, GeoPackage, GeoJSON, KML, CSV.

Everything is written to a folder beside the target first and moved into place when it is complete, so a full
disk, a file that another program holds open or a folder without write access leaves the old files as they were.
Output is EPSG:4326; docs/export.md says what each format carries.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Optional

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
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

LAYER_NAME = "footprints"
DBF_TEXT_BYTES = 254  # the widest text a DBF field holds

# Column of the results GeoPackage -> name in a shapefile. DBF allows ten characters.
SHAPEFILE_NAMES = {
    "photo": "photo",
    "photo_id": "photo_id",
    "status": "status",
    "confidence": "confidence",
    "center_lat": "center_lat",
    "center_lon": "center_lon",
    "lat1": "lat1",
    "lon1": "lon1",
    "lat2": "lat2",
    "lon2": "lon2",
    "lat3": "lat3",
    "lon3": "lon3",
    "lat4": "lat4",
    "lon4": "lon4",
    "nadir_distance_km": "nadir_km",
    "rotation_deg": "rotat_deg",
    "width_km": "width_km",
    "inliers": "inliers",
    "rms_km": "rms_km",
    "camera_altitude_km": "cam_alt_km",
    "tilt_deg": "tilt_deg",
    "azimuth_deg": "azim_deg",
    "focal_length_mm": "focal_mm",
    "index_name": "index_name",
    "tile": "tile",
    "model": "model",
    "model_sha256": "model_sha",
    "engine": "engine",
    "located_at": "located_at",
    "message": "message",
    "review": "review",
    "reviewer": "reviewer",
    "reviewed_at": "reviewd_at",
    "note": "note",
}


@dataclass(frozen=True)
class ExportFormat:
    """A format: GDAL's driver for it, the ending of its main file, the files it consists of, its options."""

    driver: str
    suffix: str
    parts: tuple[str, ...]
    layer_options: tuple[str, ...] = ()


_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".qpj")

FORMATS = {
    "ESRI Shapefile": ExportFormat("ESRI Shapefile", ".shp", _SHAPEFILE_PARTS, ("ENCODING=UTF-8",)),
    "GeoPackage": ExportFormat("GPKG", ".gpkg", (".gpkg", ".gpkg-wal", ".gpkg-shm")),
    "GeoJSON": ExportFormat("GeoJSON", ".geojson", (".geojson",), ("RFC7946=YES", "WRITE_BBOX=YES")),
    "KML": ExportFormat("KML", ".kml", (".kml",)),
    "CSV": ExportFormat("CSV", ".csv", (".csv",), ("GEOMETRY=AS_WKT", "STRING_QUOTING=IF_NEEDED")),
}


class ExportError(Exception):
    """The export could not be made; the message names the file and the mend. Old files are untouched."""


@dataclass
class ExportReport:
    """What an export left behind: the main file, how many footprints, what had to be changed on the way."""

    path: Path
    count: int = 0
    warnings: list[str] = field(default_factory=list)


def format_for(path: Path) -> Optional[str]:
    """The name in `FORMATS` that goes with the ending of `path`, or None."""
    ending = ".geojson" if path.suffix.lower() == ".json" else path.suffix.lower()
    return next((name for name, known in FORMATS.items() if known.suffix == ending), None)


def shapefile_names(names: Iterable[str]) -> dict[str, str]:
    """Field names of at most ten characters, unique whatever their case, for any list of columns.

    Columns of the results GeoPackage get the names documented in `SHAPEFILE_NAMES`; others are cut and, where
    that makes two alike, numbered.
    """
    names = list(names)
    short = {name: SHAPEFILE_NAMES[name] for name in names if name in SHAPEFILE_NAMES}
    taken = {name.lower() for name in short.values()}
    for name in names:
        if name in short:
            continue
        candidate, number = name[:10], 1
        while candidate.lower() in taken:
            number += 1
            candidate = f"{name[: 9 - len(str(number))]}_{number}"
        short[name] = candidate
        taken.add(candidate.lower())
    return short


def open_results(path: str, table: str = LAYER_NAME) -> QgsVectorLayer:
    """The layer `table` of a results GeoPackage.

    Raises:
        ExportError: the file is missing, or is no results GeoPackage.
    """
    if not Path(path).is_file():
        raise ExportError(f"{path}: there is no such file; choose a results GeoPackage.")
    layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
    if not layer.isValid():
        raise ExportError(f"{path}: holds no table '{table}'; choose a GeoPackage that EarthLoc wrote.")
    return layer


def export_footprints(
    source: QgsFeatureSource,
    target: Path,
    format_name: str,
    expression: str = "",
    feedback: Optional[QgsFeedback] = None,
    origin: str = "",
) -> ExportReport:
    """Writes the footprints of `source` to `target`, replacing what is there when all went well.

    Args:
        source: a layer or processing source with polygons in any coordinate system.
        target: the main file; the format's ending is added when missing.
        format_name: a key of `FORMATS`.
        expression: QGIS expression that chooses features; empty for all.
        feedback: told of progress; its cancel stops the export.
        origin: file that `source` reads, which is never written over; "" when it is no file.

    Raises:
        ExportError: nothing was written, and what was there before is still there.
    """
    chosen = FORMATS[format_name]
    if format_for(target) != format_name:
        target = target.with_name(target.name + chosen.suffix)
    if origin and target.is_file() and Path(origin).is_file() and target.samefile(origin):
        raise ExportError(f"{target}: is the file the footprints come from; choose another name.")
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{target.stem}-", suffix=".partial", dir=target.parent))
    except OSError as error:
        raise ExportError(_refusal(target, error)) from error
    try:
        report = _write(source, work / target.name, chosen, expression, feedback)
        _move_into_place(work, target, chosen)
    except OSError as error:
        raise ExportError(_refusal(target, error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report.path = target
    return report


def _refusal(target: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{target.parent}: there is no such folder; make it first or choose another."
    if isinstance(error, PermissionError):
        return (
            f"{target}: cannot be written, it is open in another program or its folder is read-only; "
            "close the file or choose another folder. What was there is unchanged."
        )
    reason = error.strerror or str(error)
    return f"{target}: could not be written ({reason}); choose another place. What was there is unchanged."


def _write(
    source: QgsFeatureSource,
    path: Path,
    chosen: ExportFormat,
    expression: str,
    feedback: Optional[QgsFeedback],
) -> ExportReport:
    names = [f.name() for f in source.fields() if f.name().lower() not in ("fid", "ogc_fid")]
    renamed = shapefile_names(names) if chosen.driver == "ESRI Shapefile" else {n: n for n in names}
    indexes = [source.fields().indexOf(name) for name in names]
    fields = QgsFields()
    if chosen.driver == "KML":  # what Google Earth shows in its list and in the balloon
        fields.append(QgsField("Name", QVariant.String))
        fields.append(QgsField("Description", QVariant.String))
    for name in names:
        described = source.fields().field(name)
        length = DBF_TEXT_BYTES if described.type() == QVariant.String and chosen.suffix == ".shp" else 0
        fields.append(QgsField(renamed[name], described.type(), "", length))

    wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = chosen.driver
    options.fileEncoding = "UTF-8"
    options.layerName = LAYER_NAME
    options.layerOptions = list(chosen.layer_options)
    writer = QgsVectorFileWriter.create(
        str(path), fields, QgsWkbTypes.Type.MultiPolygon, wgs84, QgsCoordinateTransformContext(), options
    )
    if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
        raise OSError(writer.errorMessage())

    report = ExportReport(path)
    to_wgs84 = QgsCoordinateTransform(source.sourceCrs(), wgs84, QgsProject.instance().transformContext())
    request = QgsFeatureRequest()
    if expression:
        request.setFilterExpression(expression)
    shorten = _shortener(report) if chosen.suffix == ".shp" else None
    total = max(source.featureCount(), 1)
    for feature in source.getFeatures(request):
        if feedback is not None and feedback.isCanceled():
            raise ExportError(f"{path.name}: the export was cancelled; nothing was written.")
        values = [feature.attribute(i) for i in indexes]
        if shorten is not None:
            values = [shorten(value, name) for value, name in zip(values, names)]
        if chosen.driver == "KML":
            values = [_title(feature), _description(feature), *values]
        written = QgsFeature(fields)
        written.setAttributes(values)
        written.setGeometry(_polygon(feature.geometry(), to_wgs84))
        if not writer.addFeature(written):
            raise OSError(writer.errorMessage())
        report.count += 1
        if feedback is not None:
            feedback.setProgress(100.0 * report.count / total)
    if not writer.flushBuffer():
        raise OSError(writer.errorMessage())
    del writer  # closes the file
    return report


def _polygon(geometry: QgsGeometry, to_wgs84: QgsCoordinateTransform) -> QgsGeometry:
    """A valid MultiPolygon in EPSG:4326; null stays null."""
    if geometry.isNull():
        return geometry
    geometry.transform(to_wgs84)
    if not geometry.isGeosValid():
        geometry = geometry.makeValid()
        geometry.convertGeometryCollectionToSubclass(QgsWkbTypes.GeometryType.PolygonGeometry)
    geometry.convertToMultiType()
    return geometry


def _shortener(report: ExportReport) -> Callable[[object, str], object]:
    """A function that cuts text to what a DBF field holds, never inside a character, and says so once a field."""
    told: set[str] = set()

    def shorten(value: object, name: str) -> object:
        if not isinstance(value, str):
            return value
        encoded = value.encode("utf-8")
        if len(encoded) <= DBF_TEXT_BYTES:
            return value
        if name not in told:
            told.add(name)
            report.warnings.append(
                f"{name}: text longer than {DBF_TEXT_BYTES} bytes was cut, shapefiles hold no more; "
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
    """Swaps the new files in; when one cannot be moved, every old file is put back."""
    old = work / "old"
    old.mkdir()
    saved: list[tuple[Path, Path]] = []
    placed: list[Path] = []
    try:
        for part in chosen.parts:
            here = target.with_suffix(part)
            if here.is_file():
                os.replace(here, old / here.name)
                saved.append((old / here.name, here))
        for new in sorted(p for p in work.iterdir() if p.is_file()):
            os.replace(new, target.with_name(new.name))
            placed.append(target.with_name(new.name))
    except OSError:
        for path in placed:
            path.unlink()
        for kept, here in saved:
            os.replace(kept, here)
        raise
