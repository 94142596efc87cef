"""Whether narrow ground is found: telephoto photos and finer imagery, beside the features of the whole world.

    python benchmarks/narrow.py [--km 0.1] [--json]

The satellite pictures of EARTHLOC_DATA/pairs and the scenes of imagery/sentinel2 are read for local features: each as
finely as it is, as `earthloc index build` does by default, or all as one mosaic at --km a pixel. Each photo of the
pairs is looked for among them and the million features of the index of the world that comes along, without a nadir:
rank of the first right pose by z-score, its z-score and the best wrong one's; then the first ten are registered with
the imagery that each was found in. Right means as in benchmarks/pairs.py; of two photos the satellite picture shows
another land, so they must not be found. Ends with 1 when a photo is located wrongly.
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
from engine.resources import own_indexes
from engine.retrieval.index import RegionalIndex
from engine.voting.build import cells_locally, native_km, write_features
from engine.voting.cells import Cells, Grid, in_order
from engine.voting.feature_index import FeatureIndex
from engine.voting.photo_features import photo_features
from engine.voting.poses import Pose, find_poses

_REGISTERED = 10
_SURE = 0.99


def picture_files(pairs: list[Pair], scenes: list[Path], folder: Path) -> list[Path]:
    """Every satellite picture and scene as a GeoTIFF in Web Mercator."""
    made = []
    for pair in pairs:
        pixels = read_photo(pair.satellite, 1024).pixels
        made.append(folder / f"{pair.name}.tif")
        height, width = pixels.shape[:2]
        profile = {"driver": "GTiff", "width": width, "height": height, "count": 3, "dtype": "uint8"}
        transform = rasterio.transform.from_bounds(*pair.bounds, width, height)
        with rasterio.open(made[-1], "w", crs="EPSG:3857", transform=transform, **profile) as out:
            out.write(np.moveaxis(pixels, -1, 0))
    for scene in scenes:
        made.append(folder / f"{scene.stem}.tif")
        with rasterio.open(scene) as opened:
            warped = WarpedVRT(opened, crs="EPSG:3857", resampling=Resampling.cubic)
            profile = {"driver": "GTiff", "width": warped.width, "height": warped.height, "count": 3, "dtype": "uint8"}
            with rasterio.open(made[-1], "w", crs="EPSG:3857", transform=warped.transform, **profile) as out:
                out.write(warped.read((1, 2, 3)))
    return made


def mosaic_of(files: list[Path], out: Path, pixel_m: float) -> None:
    """One GDAL virtual raster of pictures in Web Mercator, of pixels of this size."""
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
    """The cells that any of the pictures touches."""
    grid, found = Grid(feature_km), []
    for file in files:
        with rasterio.open(file) as opened:
            found.append(grid.of(transform_bounds(opened.crs, "EPSG:4326", *opened.bounds)))
    joined = np.concatenate(found)
    return in_order(joined[np.unique(joined["number"], return_index=True)[1]])


def features_of(imagery_file: Path, files: list[Path], feature_km: float | None, folder: Path) -> FeatureIndex:
    """The features of imagery that consists of these files, read at this resolution or as finely as it is."""
    folder.mkdir()
    with open_imagery(imagery_file) as imagery:
        km = feature_km or round(native_km(imagery, None), 4)
        cells = cells_of(files, km)
        facts = write_features(folder, cells, km, cells_locally(imagery_file, imagery, cells, km, None), 0, Progress())
    return FeatureIndex.open(folder, facts)


def right_pose(pair: Pair, pose: Pose) -> bool:
    """Whether the middle is inside the photo's footprint and the ground is about as wide."""
    if pair.is_elsewhere:
        return False
    corners = pair.corners if pair.corners is not None else pair.catalogue
    (there,) = pair.in_picture(np.array([pose.lat]), np.array([pose.lon]))
    longer = float(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).max())
    centre = np.array(Polygon(corners).centroid.coords[0])
    return bool(np.linalg.norm(there - centre) <= longer / 2)


def registered(pair: Pair, photo: Photo, found: list[tuple[Pose, ImagerySource]]) -> str:
    """What registration makes of the first poses: "right", "wrong" or "not located"."""
    ready = prepare(photo, None)
    for pose, imagery in found[:_REGISTERED]:
        place = find_place_features(imagery, *snap_to_grid(pose.lat, pose.lon, pose.width_km), pose.width_km)
        fit = register(ready, place, imagery, pose=pose)
        if fit is not None and fit.confidence > _SURE:
            corners = footprint.corners(fit.camera)
            return "right" if is_right(pair, pair.in_picture(corners[:, 0], corners[:, 1])) else "wrong"
    return "not located"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--km", type=float, help="one mosaic, read at so many km a pixel")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    data = chosen.truth.parent.parent if chosen.truth is not None else Path()
    if not (data / "pairs" / "pairs.csv").is_file():
        print("not measured: it takes the pairs (set EARTHLOC_DATA)")
        return 0
    pairs = list(read_pairs(data / "pairs"))
    folder = WORK / "narrow"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = picture_files(pairs, sorted((data / "imagery" / "sentinel2").glob("*.tif")), folder)
    start = time.perf_counter()
    if args.km:
        mosaic_of(files, folder / "mosaic.vrt", 1000.0 * args.km)
        fine = {folder / "mosaic.vrt": features_of(folder / "mosaic.vrt", files, args.km, folder / "mosaic")}
    else:
        fine = {file: features_of(file, [file], None, folder / file.stem) for file in files}
    count = sum(features.count for features in fine.values())
    report: dict = {"features": count, "built_s": round(time.perf_counter() - start), "photos": {}}
    world = RegionalIndex.open(next(path for path in own_indexes() if path.name == "world"))
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
            right = [right_pose(pair, pose) for pose, _ in poses]
            rank = right.index(True) + 1 if any(right) else None
            report["photos"][pair.name] = {
                "shown": not pair.is_elsewhere,
                "rank": rank,
                "z": round(poses[rank - 1][0].z, 1) if rank else None,
                "width_km": round(poses[rank - 1][0].width_km, 1) if rank else None,
                "best_wrong_z": round(max(pose.z for (pose, _), good in zip(poses, right, strict=True) if not good), 1),
                "search_s": round(seconds, 1),
                "registered": registered(pair, photo, poses),
            }
            print(f"measured: {pair.name}", file=sys.stderr)
    failed = any(row["registered"] == "wrong" for row in report["photos"].values())
    if args.json:
        print(json.dumps(report))
        return int(failed)
    print(f"{count} features, read in {report['built_s']} s, beside {world.features.count} of the world")
    for name, row in report["photos"].items():
        print(f"{name:18} {json.dumps(row)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
