"""Writes a registered photo in formats that other programs can georeference (docs/georeferencing.md)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from engine.contract.answers import GeoreferenceAnswer
from engine.contract.parameters import GEOREFERENCED, GROUND_CRS
from engine.contract.status import LOCATED
from engine.errors import InputError, UsageError
from engine.georeference import mappings
from engine.georeference.cog import copy_to_cog
from engine.georeference.files import tags, writing, written
from engine.georeference.grid import Grid, GroundCrs
from engine.georeference.pixels import PhotoPixels
from engine.georeference.registered import RegisteredPhoto
from engine.georeference.terrain import Elevation, over_terrain
from engine.georeference.terrain import through_camera as through_camera_over
from engine.georeference.warp import draw
from engine.photo import gdal_pixels
from engine.photo.read import is_raw
from engine.progress import Progress
from engine.registration.solve import ground_deviation_km

Array = NDArray[np.float64]
Answer = dict[str, Any]

_UNCERTAINTY_PX = 256  # longer side of the raster of position uncertainty
_STRIP_ROWS = 256
# A world file is affine. It is written where the affine error is at most this share of the photo's shorter side.
_AFFINE_IS_FINE = 0.005
_FOR_STORED_PIXELS = ("gcp", "points", "worldfile")  # kinds that place the pixels as they are in the photo's file
_TILED = {"tiled": True, "blockxsize": 512, "blockysize": 512, "BIGTIFF": "IF_SAFER"}


@dataclass(frozen=True)
class OutputSpec:
    """What to write.

    Attributes:
        kind: one of GEOREFERENCED.
        out: the file.
        crs: one of GROUND_CRS.
        resolution_m: ground size of a pixel of a warped photo; by default that in the middle of the photo.
        elevation: a raster of heights in metres, for an orthorectified photo; by default the ground is flat.
    """

    kind: str
    out: Path
    crs: str = "auto"
    resolution_m: float | None = None
    elevation: Path | None = None

    def kept(self, *inputs: Path) -> tuple[Path, ...]:
        """The files that must not be overwritten."""
        return inputs if self.elevation is None else (*inputs, self.elevation)


def georeference(photo: Path, results: Path, spec: OutputSpec, progress: Progress | None = None) -> GeoreferenceAnswer:
    """Write `photo` as `spec` says, with the camera and tie points from the GeoPackage `results`.

    Args:
        photo: the file that was located.
        results: written by `localize` or `register`.
        spec: what to write, and where; an existing file is replaced when the new one is complete.
        progress: reports stages `read`, `draw`, `write`; may be cancelled, which leaves no file behind.

    Returns:
        {"photo", "kind", "out", "files": all that were written, "crs", "width_px", "height_px", "resolution_m",
        "residual_px", "message"}; null for what the kind does not have.

    Raises:
        InputError: the photo was not registered, or is not the one that was.
        UsageError: the kind does not suit the photo (camera RAW included), or `out` is one of the inputs.
        OutputError: it cannot be written.
    """
    if spec.kind not in _WRITERS:
        raise UsageError(None, f"{spec.kind!r} is not a kind of file", f"give one of {', '.join(GEOREFERENCED)}")
    if spec.crs not in GROUND_CRS:
        raise UsageError(None, f"{spec.crs!r} is no known CRS", f"give one of {', '.join(GROUND_CRS)}")
    if spec.elevation is not None and spec.kind != "ortho":
        raise UsageError(spec.elevation, f"is not used for the kind {spec.kind}", "leave it out, or choose ortho")
    registered = RegisteredPhoto.load(photo, results)
    if spec.kind in _FOR_STORED_PIXELS and is_raw(photo):
        raise UsageError(
            photo,
            f"is a camera RAW file; no other program shows its pixels where a file of the kind {spec.kind} needs them",
            "choose ortho, warped or affine, or locate a JPEG or TIFF of this photo",
        )
    with written(spec.out, spec.kept(photo, results)) as partial:
        answer = _WRITERS[spec.kind](registered, spec, partial, progress or Progress())
    if registered.localization["status"] != LOCATED:
        answer["message"] += " The registration is uncertain: compare it with a basemap."
    return {
        "photo": str(photo),
        "kind": spec.kind,
        "out": str(spec.out),
        "files": answer.get("files", [str(spec.out)]),
        "crs": answer.get("crs"),
        "width_px": answer.get("width_px"),
        "height_px": answer.get("height_px"),
        "resolution_m": answer.get("resolution_m"),
        "residual_px": answer.get("residual_px"),
        "message": answer["message"],
    }


def _ortho(registered: RegisteredPhoto, spec: OutputSpec, partial: Path, progress: Progress) -> Answer:
    """The photo warped through its camera, with a second raster of the position's uncertainty."""
    with contextlib.ExitStack() as opened:
        elevation = opened.enter_context(Elevation.open(spec.elevation)) if spec.elevation else None
        if elevation:
            registered = over_terrain(registered, elevation)
        ground = GroundCrs.choose(registered, spec.crs)
        grid = Grid.over(registered, ground, spec.resolution_m)
        to_photo = mappings.through_camera(registered, ground)
        if elevation:
            to_photo = through_camera_over(registered, ground, elevation, grid.resolution_m / 1000.0)
        _drawn(registered, spec, to_photo, grid, partial, progress)
    beside = spec.out.with_name(f"{spec.out.stem}_uncertainty_km.tif")
    with written(beside, spec.kept(registered.info.path)) as partial_beside:
        _write_uncertainty(registered, grid.at_most(_UNCERTAINTY_PX), partial_beside)
    over = f" over the heights of {spec.elevation.name}" if spec.elevation else ""
    answer = _of_grid(grid, f"Orthorectified through the camera{over} at {grid.resolution_m:.3g} m a pixel.")
    if registered.shows_limb:
        answer["message"] += " Only its Earth part is drawn."
    return {**answer, "files": [str(spec.out), str(beside)]}


def _warped(registered: RegisteredPhoto, spec: OutputSpec, partial: Path, progress: Progress) -> Answer:
    """The photo warped by its tie points with a thin-plate spline."""
    mappings.check_tie_points(registered, "a warp by tie points")
    ground = _ground_in_one_piece(registered, spec)
    grid = Grid.over(registered, ground, spec.resolution_m)
    _drawn(registered, spec, mappings.thin_plate(registered, ground), grid, partial, progress)
    n = len(registered.tie_points)
    return _of_grid(grid, f"Warped by {n} tie points with a thin-plate spline at {grid.resolution_m:.3g} m a pixel.")


def _affine(registered: RegisteredPhoto, spec: OutputSpec, partial: Path, progress: Progress) -> Answer:
    """The photo warped by the affine map that fits its tie points best."""
    mappings.check_tie_points(registered, "an affine warp")
    ground = _ground_in_one_piece(registered, spec)
    grid = Grid.over(registered, ground, spec.resolution_m)
    points = registered.tie_points
    fit = mappings.AffineFit.of_points(points.xy_px, *ground.to_xy(points.lat, points.lon))
    _drawn(registered, spec, fit.to_photo, grid, partial, progress)
    text = f"Warped by an affine map, which is {fit.rms_px:.1f} px off at the tie points."
    return {**_of_grid(grid, text), "residual_px": round(fit.rms_px, 2)}


def _gcp(registered: RegisteredPhoto, spec: OutputSpec, partial: Path, progress: Progress) -> Answer:
    """The stored pixels unchanged, with the tie points as ground control points."""
    ground = _ground_of_points(registered, spec)
    points = registered.tie_points
    x, y = ground.to_xy(points.lat, points.lon)
    control = [
        GroundControlPoint(row=float(py), col=float(px), x=float(gx), y=float(gy), z=0.0, id=str(n))
        for n, ((px, py), gx, gy) in enumerate(zip(points.xy_px, x, y, strict=True), 1)
    ]
    with gdal_pixels.stored(registered.info.path) as source:
        profile = {
            "driver": "GTiff", "width": source.width, "height": source.height, "count": source.count,
            "dtype": source.dtypes[0], "compress": "deflate", **_TILED,
        }  # fmt: skip
        with writing(spec.out), rasterio.open(partial, "w", **profile) as target:
            target.gcps = (control, ground.crs.to_wkt())
            target.update_tags(**source.tags(), **tags(registered))
            if source.colorinterp[0] == ColorInterp.palette:
                target.write_colormap(1, source.colormap(1))
            target.colorinterp = source.colorinterp
            for top in range(0, source.height, _STRIP_ROWS):
                progress.report("write", top, source.height)
                strip = Window(0, top, source.width, min(_STRIP_ROWS, source.height - top))
                target.write(_read(source, strip, registered), window=strip)
            progress.report("write", source.height, source.height)
        size = {"width_px": source.width, "height_px": source.height}
    return {"crs": ground.name, **size, "message": f"The pixels unchanged, with {len(points)} control points."}


def _read(source: rasterio.DatasetReader, window: Window, registered: RegisteredPhoto) -> NDArray[Any]:
    try:
        return source.read(window=window)
    except rasterio.errors.RasterioError as error:
        raise InputError.of("photo.damaged", path=registered.info.path) from error


def _points(registered: RegisteredPhoto, spec: OutputSpec, partial: Path, progress: Progress) -> Answer:
    """The tie points for QGIS's Georeferencer, which counts y upwards from the top of the picture."""
    ground = _ground_of_points(registered, spec)
    points = registered.tie_points
    x, y = ground.to_xy(points.lat, points.lon)
    seen = np.stack(registered.camera.project(points.lat, points.lon), axis=1) - points.xy_px
    lines = [f"#CRS: {ground.crs.to_wkt()}", "mapX,mapY,sourceX,sourceY,enable,dX,dY,residual"]
    for gx, gy, (px, py), (dx, dy) in zip(x, y, points.xy_px, np.nan_to_num(seen), strict=True):
        lines.append(f"{gx:.9f},{gy:.9f},{px:.3f},{-py:.3f},1,{dx:.4f},{-dy:.4f},{np.hypot(dx, dy):.4f}")
    partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    progress.report("write", 1, 1)
    return {"crs": ground.name, "message": f"{len(points)} tie points for the Georeferencer of QGIS."}


def _worldfile(registered: RegisteredPhoto, spec: OutputSpec, partial: Path, progress: Progress) -> Answer:
    """A world file, for photos that an affine map fits well enough."""
    path, camera = registered.info.path, registered.camera
    if registered.shows_limb:
        raise UsageError.of("georeference.limb", path=path)
    ground = _ground_in_one_piece(registered, spec)
    fit = mappings.AffineFit.of_camera(registered, ground)
    limit = _AFFINE_IS_FINE * min(camera.width_px, camera.height_px)
    if fit.worst_px > limit:
        raise UsageError.of("georeference.affine", path=path, off=f"{fit.worst_px:.1f}", limit=f"{limit:.1f}")
    (a, b, c), (d, e, f) = fit.matrix
    # A world file gives the position of the first pixel's centre, and lists its numbers by columns.
    numbers = (a, d, b, e, c + (a + b) / 2, f + (d + e) / 2)
    partial.write_text("".join(f"{number:.12g}\n" for number in numbers), encoding="ascii")
    projection = spec.out.with_suffix(".prj")
    with written(projection, (path,)) as partial_projection:
        partial_projection.write_text(ground.crs.to_wkt("WKT1_ESRI") + "\n", encoding="utf-8")
    progress.report("write", 1, 1)
    return {
        "crs": ground.name,
        "files": [str(spec.out), str(projection)],
        "residual_px": round(fit.worst_px, 2),
        "message": f"At most {fit.worst_px:.1f} px off; its coordinate system is {ground.name}.",
    }


_WRITERS: dict[str, Callable[[RegisteredPhoto, OutputSpec, Path, Progress], Answer]] = {
    "gcp": _gcp,
    "warped": _warped,
    "affine": _affine,
    "ortho": _ortho,
    "points": _points,
    "worldfile": _worldfile,
}


def _drawn(
    registered: RegisteredPhoto,
    spec: OutputSpec,
    to_photo: mappings.ToPhoto,
    grid: Grid,
    partial: Path,
    progress: Progress,
) -> None:
    """The photo through `to_photo` as a cloud-optimised GeoTIFF, transparent where it shows nothing."""
    blocks = spec.out.with_name(f"{spec.out.name}.partial.blocks")
    profile = {
        "driver": "GTiff", "width": grid.width, "height": grid.height, "count": 4, "dtype": "uint8",
        "crs": grid.ground.crs.to_wkt(), "transform": grid.transform, "photometric": "RGB", "alpha": "YES",
        "compress": "deflate", "zlevel": 1, "SPARSE_OK": "TRUE", **_TILED,
    }  # fmt: skip
    unpacked = spec.out.with_name(f"{spec.out.name}.partial.photo")
    with rasterio.Env(GDAL_CACHEMAX=128, GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        with (
            PhotoPixels(registered.info, unpacked, progress) as pixels,
            rasterio.open(blocks, "w", **profile) as target,
        ):
            target.update_tags(**tags(registered))
            draw(pixels, to_photo, grid, target, progress)
        copy_to_cog(blocks, partial, progress)


def _write_uncertainty(registered: RegisteredPhoto, grid: Grid, partial: Path) -> None:
    """Standard deviation of the ground's position in km, NaN outside the photo."""
    columns, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    x, y = mappings.through_camera(registered, grid.ground)(*grid.coordinates(columns, rows))
    inside = (x >= 0) & (y >= 0) & (x <= registered.camera.width_px) & (y <= registered.camera.height_px)
    km = np.full(x.shape, np.nan, np.float32)
    if inside.any():
        km[inside] = ground_deviation_km(registered.solution, x[inside], y[inside])
    profile = {
        "driver": "GTiff", "width": grid.width, "height": grid.height, "count": 1, "dtype": "float32",
        "crs": grid.ground.crs.to_wkt(), "transform": grid.transform, "nodata": float("nan"), "compress": "deflate",
    }  # fmt: skip
    with rasterio.open(partial, "w", **profile) as target:
        target.write(km, 1)
        target.set_band_description(1, "standard deviation of the position in km")
        target.update_tags(**tags(registered))


def _ground_in_one_piece(registered: RegisteredPhoto, spec: OutputSpec) -> GroundCrs:
    """The coordinate system for a map fitted in it, which must be continuous: degrees are not at a pole."""
    ground = GroundCrs.choose(registered, spec.crs)
    if ground.is_degrees and (registered.shows(90.0, 0.0) or registered.shows(-90.0, 0.0)):
        raise UsageError.of("georeference.pole", path=registered.info.path)
    return ground


def _ground_of_points(registered: RegisteredPhoto, spec: OutputSpec) -> GroundCrs:
    """The coordinate system of control points: degrees, unless the spec names another or the photo is near a pole."""
    near_pole = float(np.abs(registered.seen[:, 0]).max()) > 80.0
    crs = "EPSG:4326" if spec.crs == "auto" and not near_pole else spec.crs
    return GroundCrs.choose(registered, crs)


def _of_grid(grid: Grid, message: str) -> Answer:
    return {
        "crs": grid.ground.name,
        "width_px": grid.width,
        "height_px": grid.height,
        "resolution_m": round(grid.resolution_m, 3),
        "message": message,
    }
