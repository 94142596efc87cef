"""The formats to which footprints are exported, and the field names of shapefiles.

QGIS imports this module at its start, so it imports nothing slow; export.py writes the files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..contract.results import FOOTPRINTS

# Column of the results GeoPackage -> name in a shapefile. DBF allows ten characters.
SHAPEFILE_NAMES = {column.name: column.short or column.name for column in FOOTPRINTS.columns}


@dataclass(frozen=True)
class ExportFormat:
    """An export format.

    Attributes:
        driver: name of GDAL's driver.
        suffix: ending of the main file.
        parts: endings of all files that belong to it.
        layer_options: options for the driver.
    """

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


def format_for(path: Path) -> Optional[str]:
    """The key of `FORMATS` for the ending of `path`, or None."""
    ending = ".geojson" if path.suffix.lower() == ".json" else path.suffix.lower()
    return next((name for name, known in FORMATS.items() if known.suffix == ending), None)


def shapefile_names(names: Iterable[str]) -> dict[str, str]:
    """Field names for any list of columns: at most ten characters, unique even if case is ignored.

    Columns of the results GeoPackage get the documented names of `SHAPEFILE_NAMES`. Other names are cut, and numbered
    if that makes two equal.
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
