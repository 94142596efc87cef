"""Recall of narrow footprints: telephoto photos and fine imagery, searched together with the features of the world.

    python benchmarks/narrow.py [--km 0.1] [--json]

Extracts local features from the satellite pictures of EARTHLOC_DATA/pairs and the scenes of imagery/sentinel2: from
each at its own resolution, as `earthloc index build` does by default, or from one mosaic of all at --km per pixel.
Searches each photo of the pairs among them and the million features of the shipped world index, without a nadir.
Reports the rank of the first correct pose by z-score, its z-score and that of the best wrong pose. Then registers the
first ten poses with the imagery that each was found in. "Correct" is defined as in benchmarks/pairs.py. For two photos
the satellite picture shows a different country, so they must not be located. Exit code 1 means that a photo was located
wrongly.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rasterio
from _setting import WORK, setting
from pairs import Pair, is_right, read_pairs
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from shapely import Polygon

from engine.imagery.opening import open_imagery
from engine.imagery.source import ImagerySource
from engine.photo.read import Photo, read_photo
from engine.progress import Progress
from engine.registration import footprint
from engine.registration.prepare import find_place_features, prepare, snap_to_grid
from engine.registration.register import register
from engine.resources import included_indexes
from engine.retrieval.index import RegionalIndex
from engine.voting.build import cells_locally, native_km, write_features
from engine.voting.cells import Cells, Grid, in_order
from engine.voting.feature_index import FeatureIndex
from engine.voting.photo_features import photo_features
from engine.voting.poses import Pose, find_poses

_MAX_REGISTRATIONS = 10
_MIN_CONFIDENCE = 0.99


def picture_files(pairs: list[Pair], scenes: list[Path], folder: Path) -> list[Path]:
    """Writes every satellite picture and scene as a GeoTIFF in Web Mercator."""
    files = []
    for pair in pairs:
        pixels = read_photo(pair.satellite, 1024).pixels
        files.append(folder / f"{pair.name}.tif")
        height, width = pixels.shape[:2]
        profile = {"driver": "GTiff", "width": width, "height": height, "count": 3, "dtype": "uint8"}
        transform = rasterio.transform.from_bounds(*pair.bounds, width, height)
        with rasterio.open(files[-1], "w", crs="EPSG:3857", transform=transform, **profile) as out:
            out.write(np.moveaxis(pixels, -1, 0))
    for scene in scenes:
        files.append(folder / f"{scene.stem}.tif")
        with rasterio.open(scene) as opened:
            warped = WarpedVRT(opened, crs="EPSG:3857", resampling=Resampling.cubic)
            profile = {"driver": "GTiff", "width": warped.width, "height": warped.height, "count": 3, "dtype": "uint8"}
            with rasterio.open(files[-1], "w", crs="EPSG:3857", transform=warped.transform, **profile) as out:
                out.write(warped.read((1, 2, 3)))
    return files


def write_mosaic(files: list[Path], out: Path, pixel_m: float) -> None:
    """Writes a GDAL virtual raster of all pictures in Web Mercator with the given pixel size."""
    boxes = []
    for file in files:
        with rasterio.open(file) as opened:
            boxes.append((*opened.bounds, opened.width, opened.height))
    west, south, east, north = (pick(box[at] for box in boxes) for at, pick in enumerate((min, min, max, max)))
    width, height = (round((high - low) / pixel_m) for low, high in ((west, east), (south, north)))
    lines = [
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><SRS>EPSG:3857</SRS>',
        f"<GeoTransform>{west}, {pixel_m}, 0, {north}, 0, {-pixel_m}</GeoTransform>",
    ]
    for band, colour in enumerate(("Red", "Green", "Blue"), start=1):
        lines.append(f'<VRTRasterBand dataType="Byte" band="{band}"><NoDataValue>0</NoDataValue>')
        lines.append(f"<ColorInterp>{colour}</ColorInterp>")
        for file, (left, bottom, right, top, columns, rows) in zip(files, boxes, strict=True):
            place = [
                (left - west) / pixel_m,
                (north - top) / pixel_m,
                (right - left) / pixel_m,
                (top - bottom) / pixel_m,
            ]
            x, y, x_size, y_size = (round(value) for value in place)
            lines.append(
                f'<SimpleSource resampling="cubic"><SourceFilename relativeToVRT="1">{file.name}</SourceFilename>'
                f'<SourceBand>{band}</SourceBand><SrcRect xOff="0" yOff="0" xSize="{columns}" ySize="{rows}"/>'
                f'<DstRect xOff="{x}" yOff="{y}" xSize="{x_size}" ySize="{y_size}"/></SimpleSource>'
            )
        lines.append("</VRTRasterBand>")
    out.write_text("\n".join([*lines, "</VRTDataset>"]), encoding="utf-8")


def cells_of(files: list[Path], feature_km: float) -> Cells:
    """Returns the cells that intersect any of the pictures."""
    grid, cells = Grid(feature_km), []
    for file in files:
        with rasterio.open(file) as opened:
            cells.append(grid.of(transform_bounds(opened.crs, "EPSG:4326", *opened.bounds)))
    joined = np.concatenate(cells)
    return in_order(joined[np.unique(joined["number"], return_index=True)[1]])


def features_of(imagery_file: Path, files: list[Path], feature_km: float | None, folder: Path) -> FeatureIndex:
    """Extracts the features of imagery that consists of these files, at the given or at its own resolution."""
    folder.mkdir()
    with open_imagery(imagery_file) as imagery:
        km = feature_km or round(native_km(imagery, None), 4)
        cells = cells_of(files, km)
        facts = write_features(folder, cells, km, cells_locally(imagery_file, imagery, cells, km, None), 0, Progress())
    return FeatureIndex.open(folder, facts)


def is_pose_correct(pair: Pair, pose: Pose) -> bool:
    """Tells whether the pose's centre is within half the longer side of the photo's footprint from its centre."""
    if pair.is_elsewhere:
        return False
    corners = pair.corners if pair.corners is not None else pair.catalogue
    (there,) = pair.in_picture(np.array([pose.lat]), np.array([pose.lon]))
    longer = float(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).max())
    centre = np.array(Polygon(corners).centroid.coords[0])
    return bool(np.linalg.norm(there - centre) <= longer / 2)


def registered(pair: Pair, photo: Photo, found: list[tuple[Pose, ImagerySource]]) -> str:
    """Registers the first poses; returns "right", "wrong" or "not located"."""
    prepared = prepare(photo, None)
    for pose, imagery in found[:_MAX_REGISTRATIONS]:
        place = find_place_features(imagery, *snap_to_grid(pose.lat, pose.lon, pose.width_km), pose.width_km)
        registration = register(prepared, place, imagery, pose=pose)
        if registration is not None and registration.confidence > _MIN_CONFIDENCE:
            corners = footprint.corners(registration.camera)
            return "right" if is_right(pair, pair.in_picture(corners[:, 0], corners[:, 1])) else "wrong"
    return "not located"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--km", type=float, help="use one mosaic with this many km per pixel")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    data = chosen.truth.parent.parent if chosen.truth is not None else Path()
    if not (data / "pairs" / "pairs.csv").is_file():
        print("skipped: needs the pairs (set EARTHLOC_DATA)")
        return 0
    pairs = list(read_pairs(data / "pairs"))
    folder = WORK / "narrow"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = picture_files(pairs, sorted((data / "imagery" / "sentinel2").glob("*.tif")), folder)
    start = time.perf_counter()
    if args.km:
        write_mosaic(files, folder / "mosaic.vrt", 1000.0 * args.km)
        fine = {folder / "mosaic.vrt": features_of(folder / "mosaic.vrt", files, args.km, folder / "mosaic")}
    else:
        fine = {file: features_of(file, [file], None, folder / file.stem) for file in files}
    count = sum(features.count for features in fine.values())
    report: dict = {"features": count, "built_s": round(time.perf_counter() - start), "photos": {}}
    world = RegionalIndex.open(next(path for path in included_indexes() if path.name == "world"))
    report["features_of_the_world"] = world.features.count
    searched = {**fine, world.path.parent / world.info["source"]["path"]: world.features}
    with ExitStack() as stack:
        imagery = {file: stack.enter_context(open_imagery(file)) for file in searched}
        for pair in pairs:
            photo = read_photo(pair.photo, max_px=1024)
            features = photo_features(photo.pixels)
            start = time.perf_counter()
            poses = [
                (pose, imagery[file]) for file, index in searched.items() for pose in find_poses(features, index, 100)
            ]
            seconds = time.perf_counter() - start
            poses.sort(key=lambda one: -one[0].z)
            correct = [is_pose_correct(pair, pose) for pose, _ in poses]
            rank = correct.index(True) + 1 if any(correct) else None
            wrong_z = [pose.z for (pose, _), is_correct in zip(poses, correct, strict=True) if not is_correct]
            report["photos"][pair.name] = {
                "shown": not pair.is_elsewhere,
                "rank": rank,
                "z": round(poses[rank - 1][0].z, 1) if rank else None,
                "width_km": round(poses[rank - 1][0].width_km, 1) if rank else None,
                "best_wrong_z": round(max(wrong_z), 1),
                "search_s": round(seconds, 1),
                "registered": registered(pair, photo, poses),
            }
            print(f"measured: {pair.name}", file=sys.stderr)
    failed = any(row["registered"] == "wrong" for row in report["photos"].values())
    if args.json:
        print(json.dumps(report))
        return int(failed)
    print(f"{count} features, extracted in {report['built_s']} s, and {world.features.count} of the world")
    for name, row in report["photos"].items():
        print(f"{name:18} {json.dumps(row)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
