"""Writes where a photo could be as a raster for GIS programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

import engine
from engine.contract.answers import WhereRasterAnswer
from engine.contract.validation import InvalidValueError
from engine.errors import InputError
from engine.georeference.files import written
from engine.results import ResultsFile
from engine.where import cells
from engine.where.distribution import Distribution

NODATA = -1.0
_MOST_PERCENT = 99.9  # cells beyond have no percentage
_DENSITY_KM2 = 1000.0


def write_raster(distribution: Distribution, path: Path, photo: str = "", kept: tuple[Path, ...] = ()) -> None:
    """Writes a GeoTIFF in EPSG:6933, 608 x 256 cells of 3,265 km2, float32. An existing file is replaced at the end.

    Band 1 is `Distribution.percent`, without a value from 99.9 % on. Band 2 is the probability per 1,000 km2.

    Args:
        distribution: of the photo.
        path: file to write.
        photo: its name, for the file's tags.
        kept: files that must not be overwritten.

    Raises:
        OutputError: it cannot be written. UsageError: it is one of `kept`.
    """
    rows, columns = cells.shape()
    percent = distribution.percent.astype(np.float32)
    percent[percent >= _MOST_PERCENT] = NODATA
    density = (distribution.probability * (_DENSITY_KM2 / cells.area_km2())).astype(np.float32)
    transform = from_origin(-cells.HALF_WIDTH_M, cells.HALF_HEIGHT_M, *cells.cell_size_m())
    profile = {
        "driver": "GTiff", "width": columns, "height": rows, "count": 2, "dtype": "float32", "crs": cells.CRS,
        "transform": transform, "nodata": NODATA, "compress": "deflate", "predictor": 3, "interleave": "band",
    }  # fmt: skip
    with MemoryFile() as memory:  # GDAL reports nothing when the disk fills up while it closes a file
        with memory.open(**profile) as raster:
            raster.write(percent, 1)
            raster.write(density, 2)
            raster.set_band_description(1, "Smallest percentage whose search area holds the cell")
            raster.set_band_description(2, "Probability per 1,000 km2")
            raster.update_tags(
                TIFFTAG_SOFTWARE=f"EarthLoc {engine.__version__}",
                TIFFTAG_IMAGEDESCRIPTION="Where the photo could be: a search area, not a location",
                **({"EARTHLOC_PHOTO": photo} if photo else {}),
            )
        content = memory.read()
    with written(path, kept) as partial:
        partial.write_bytes(content)


def write_raster_of(photo: Path, results: Path, out: Path) -> WhereRasterAnswer:
    """Writes the raster of a photo from its localization in a results file.

    Raises:
        InputError: the file has no such photo, does not say where it could be, or what it says is damaged.
        UsageError: `out` is the photo or the results file. OutputError: it cannot be written.
    """
    file = ResultsFile(results)
    found = file.localization(photo)
    if found is None:
        raise InputError.of("results.no_photo", path=results, photo=photo.name)
    where = found.get("where")
    if not where:
        raise InputError.of("results.no_where", path=results, photo=photo.name)
    try:
        distribution = Distribution.decoded(where["map"])
    except InvalidValueError as error:
        raise InputError.of("results.damaged_photo", path=results, photo=photo.name, reason=str(error)) from error
    write_raster(distribution, out, found["photo_id"] or photo.name, (photo, results))
    areas = {area["percent"]: area["area_km2"] for area in where["areas"]}
    return {"photo": str(photo), "out": str(out), "area_km2": areas.get(90)}
