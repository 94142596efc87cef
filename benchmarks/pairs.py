"""Telephoto photos and the Sentinel-2 mosaic round them: what each way of matching makes of them.

    python benchmarks/pairs.py [--data ../shared/data] [--matcher DIR ...]

Prints a table: pairs located, inliers and seconds for RootSIFT and each package of learned features, all with the
verifier of engine/registration, beside plain SIFT with a homography as EarthMatch runs it (Berton et al. 2024):
ratio test, MAGSAC, the picture warped by the homography and matched again, up to four times.

The photos were squashed to squares and their satellite pictures carry no position in five of eight pairs. So the
position is made up there, and right means: where bounds and corners are known, the mean corner error is below 5 %
of the footprint's mean side; elsewhere, the photo lies in the middle of the picture, a third of it wide, about
north up, as it was cut.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, which has an engine.py

import cv2
import numpy as np
import rasterio
from pyproj import Transformer

from engine.imagery.raster import RasterSource
from engine.photo.read import read_photo
from engine.registration import footprint
from engine.registration.learned import LearnedFeatures
from engine.registration.prepare import ROOT_SIFT, prepare, survey
from engine.registration.register import register

VIEW_WIDTHS = 2.4  # as prepare.py
MADE_UP = (10.0, 20.0, 60.0)  # latitude, longitude and width (km) of a picture whose place is not known
HOMOGRAPHY_INLIERS = 25  # EarthMatch and its kin cut off at 25 to 30
MERCATOR = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)


@dataclass(frozen=True, eq=False)
class Pair:
    """A photo and the satellite picture round it.

    Attributes:
        name: of the photo.
        photo, satellite: files.
        bounds: west, south, east, north of the satellite picture in Web Mercator, made up or not.
        truth: (4, 2) corners of the photo in parts of the picture's sides, x right and y down; or None.
    """

    name: str
    photo: Path
    satellite: Path
    bounds: tuple[float, float, float, float]
    truth: np.ndarray | None

    def in_picture(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        """Points on the ground in parts of the picture's sides, (n, 2)."""
        x, y = MERCATOR.transform(lon, lat)
        west, south, east, north = self.bounds
        return np.stack([(np.asarray(x) - west) / (east - west), (north - np.asarray(y)) / (north - south)], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EARTHLOC_DATA", "../shared/data")))
    parser.add_argument("--matcher", type=Path, action="append", default=[])
    arguments = parser.parse_args()
    if not (arguments.data / "pairs" / "pairs.csv").is_file():
        print("skipped: the pairs are not at hand (EARTHLOC_DATA)")
        return
    pairs = list(read_pairs(arguments.data / "pairs"))
    ways = {"SIFT and homography (EarthMatch)": by_homography, "RootSIFT": by_register(ROOT_SIFT)}
    for folder in arguments.matcher:
        finder = LearnedFeatures(folder, threads=1)
        ways[finder.name] = by_register(finder)
    print("right, found but wrong, -: not found; inliers; s of CPU")
    print("| | " + " | ".join(pair.name for pair in pairs) + " | right | wrong | median s |")
    for name, way in ways.items():
        cells, right, wrong, seconds = [], 0, 0, []
        for pair in pairs:
            started = time.process_time()
            corners, inliers, is_sure = way(pair)
            seconds.append(time.process_time() - started)
            good = corners is not None and is_right(pair, corners)
            right += good and is_sure
            wrong += is_sure and not good
            verdict = "-" if not is_sure else "right" if good else "wrong"
            cells.append(f"{verdict} {inliers}")
        print(f"| {name} | " + " | ".join(cells) + f" | {right} | {wrong} | {np.median(seconds):.1f} |", flush=True)


def read_pairs(folder: Path):
    """The pairs of pairs.csv; positions are made up where they are not given."""
    with (folder / "pairs.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            truth = None
            if row["sat_west"]:
                west, south, east, north = (float(row[f"sat_{side}"]) for side in ("west", "south", "east", "north"))
                (left, right), (bottom, top) = MERCATOR.transform([west, east], [south, north])
            else:
                x, y = MERCATOR.transform(MADE_UP[1], MADE_UP[0])
                half = MADE_UP[2] * 500 / math.cos(math.radians(MADE_UP[0]))
                left, right, bottom, top = x - half, x + half, y - half, y + half
            pair = Pair(row["id"], folder / row["photo"], folder / row["satellite"], (left, bottom, right, top), None)
            if row["lat1"]:
                lat, lon = (np.array([float(row[f"{axis}{n}"]) for n in (1, 2, 3, 4)]) for axis in ("lat", "lon"))
                truth = pair.in_picture(lat, lon)
            yield Pair(pair.name, pair.photo, pair.satellite, pair.bounds, truth)


def is_right(pair: Pair, corners: np.ndarray) -> bool:
    """Whether the photo's corners (4, 2), in parts of the picture's sides, are where they should be."""
    if pair.truth is not None:
        side = np.linalg.norm(np.roll(pair.truth, -1, axis=0) - pair.truth, axis=1).mean()
        return bool(np.linalg.norm(corners - pair.truth, axis=1).mean() < 0.05 * side)
    middle = corners.mean(axis=0)
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    area = abs(across[0] * down[1] - across[1] * down[0])
    north_up = abs(math.atan2(across[1], across[0])) < math.pi / 4 and abs(math.atan2(down[0], down[1])) < math.pi / 4
    return bool(np.abs(middle - 0.5).max() < 0.2 and 0.03 < area < 0.3 and north_up)


def by_register(finder):
    """Registers with the verifier of the engine; the lens is unknown and the picture's shape is not its own."""

    def way(pair: Pair):
        photo = read_photo(pair.photo, 1024)
        with rasterio.MemoryFile() as file:
            pixels = read_photo(pair.satellite, 1024).pixels
            height, width = pixels.shape[:2]
            transform = rasterio.transform.from_bounds(*pair.bounds, width, height)
            with file.open(
                driver="GTiff", width=width, height=height, count=3, dtype="uint8", crs="EPSG:3857", transform=transform
            ) as out:
                out.write(np.moveaxis(pixels, -1, 0))
            raster = RasterSource(pair.satellite, file.open())
            west, south, east, north = raster.bounds()
            lat, lon = (south + north) / 2, (west + east) / 2
            width_km = (north - south) * 111.2 / VIEW_WIDTHS
            found = register(prepare(photo, None, finder), survey(raster, lat, lon, width_km, finder), raster)
        if found is None:
            return None, 0, False
        corners = footprint.corners(found.camera)
        return pair.in_picture(corners[:, 0], corners[:, 1]), len(found.tie_points), found.confidence > 0.99

    return way


def by_homography(pair: Pair):
    """SIFT, ratio test, homography by MAGSAC; then the photo's part of the picture warped, and again."""
    photo = cv2.imread(str(pair.photo), cv2.IMREAD_GRAYSCALE)
    picture = cv2.imread(str(pair.satellite), cv2.IMREAD_GRAYSCALE)
    sift = cv2.SIFT.create(nfeatures=2048)
    size = photo.shape[1], photo.shape[0]
    points, descriptors = sift.detectAndCompute(photo, None)
    to_picture = np.eye(3)
    inliers = 0
    for step in range(4):
        seen = picture if step == 0 else cv2.warpPerspective(picture, np.linalg.inv(to_picture), size)
        their_points, theirs = sift.detectAndCompute(seen, None)
        if theirs is None or len(theirs) < 2:
            return None, 0, False
        pairs = cv2.BFMatcher().knnMatch(descriptors, theirs, k=2)
        good = [one for one, other in pairs if one.distance < 0.9 * other.distance]
        if len(good) < 4:
            return None, len(good), False
        ours = np.array([points[match.queryIdx].pt for match in good])
        there = np.array([their_points[match.trainIdx].pt for match in good])
        found, mask = cv2.findHomography(ours, there, cv2.USAC_MAGSAC, 3.0, maxIters=20_000, confidence=0.999)
        if found is None or abs(np.linalg.det(found)) < 1e-9:
            return None, 0, False
        to_picture = to_picture @ found
        inliers = int(mask.sum())
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float64)[:, None]
    there = cv2.perspectiveTransform(corners, to_picture)[:, 0] / [picture.shape[1], picture.shape[0]]
    return there, inliers, inliers >= HOMOGRAPHY_INLIERS


if __name__ == "__main__":
    main()
