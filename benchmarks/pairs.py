"""Registration of telephoto photos with Sentinel-2 imagery of their surroundings, by different matching methods.

    python benchmarks/pairs.py [--data ../shared/data] [--matcher DIR ...]

Prints a table with located pairs, inliers and seconds: RootSIFT and each package of learned features, all with the
verifier of engine/registration, and plain SIFT with a homography as EarthMatch runs it (Berton et al. 2024): ratio
test, MAGSAC, then warping the picture by the homography and matching again, up to four times.

The photos were squashed to squares. A satellite picture shows the first candidate of the list earthmatch_paths with its
neighbours, three by three tiles. A result is correct as follows: if the corners of the photo are known, the mean corner
error is below 5 % of the mean side of the footprint. Otherwise, the centre is within half the shorter side of the
centre of the catalogue's footprint, and the areas agree within a factor of 1.5. Two satellite pictures show a different
country; for these only "not found" is correct.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, which has an engine.py

import cv2
import numpy as np
import rasterio
from pyproj import Transformer
from shapely import Polygon

from engine.imagery.raster import RasterSource
from engine.photo.read import read_photo
from engine.registration import footprint
from engine.registration.learned import LearnedFeatures
from engine.registration.prepare import ROOT_SIFT, find_place_features, prepare
from engine.registration.register import register

VIEW_WIDTHS = 2.4  # as prepare.py
HOMOGRAPHY_INLIERS = 25  # EarthMatch and similar methods use a threshold of 25 to 30
LAT_LON = ("lat", "lon")
MERCATOR = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)


@dataclass(frozen=True, eq=False)
class Pair:
    """A photo and a satellite picture of its surroundings.

    Attributes:
        name: name of the photo.
        photo, satellite: files.
        bounds: west, south, east, north of the satellite picture in Web Mercator.
        corners: (4, 2) corners of the photo, as shares of the picture's sides, x right and y down; or None.
        catalogue: (4, 2) corners of the catalogue's footprint, starting at any corner.
    """

    name: str
    photo: Path
    satellite: Path
    bounds: tuple[float, float, float, float]
    corners: np.ndarray | None
    catalogue: np.ndarray

    @property
    def is_elsewhere(self) -> bool:
        """Whether the satellite picture shows a different country than the photo."""
        return bool(np.abs(self.catalogue - 0.5).max() > 1.0)

    def in_picture(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        """Converts ground points to shares of the picture's sides, (n, 2)."""
        x, y = MERCATOR.transform(lon, lat)
        west, south, east, north = self.bounds
        return np.stack([(np.asarray(x) - west) / (east - west), (north - np.asarray(y)) / (north - south)], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EARTHLOC_DATA", "../shared/data")))
    parser.add_argument("--matcher", type=Path, action="append", default=[])
    arguments = parser.parse_args()
    if not (arguments.data / "pairs" / "pairs.csv").is_file():
        print("skipped: needs the pairs (set EARTHLOC_DATA)")
        return
    pairs = list(read_pairs(arguments.data / "pairs"))
    methods = {"SIFT and homography (EarthMatch)": by_homography, "RootSIFT": by_register(ROOT_SIFT)}
    for folder in arguments.matcher:
        extractor = LearnedFeatures(folder, threads=1)
        methods[extractor.name] = by_register(extractor)
    print("inliers of each pair, located right or wrong; (inliers): registered but not located; -: not registered")
    print("| | " + " | ".join(pair.name + " (elsewhere)" * pair.is_elsewhere for pair in pairs), end="")
    print(" | right | wrong | median s |\n|" + "---|" * (len(pairs) + 4))
    for name, method in methods.items():
        cells, right, wrong, seconds = [], 0, 0, []
        for pair in pairs:
            started = time.process_time()
            corners, inliers, is_located = method(pair)
            seconds.append(time.process_time() - started)
            is_correct = corners is not None and is_right(pair, corners)
            right += is_correct and is_located
            wrong += is_located and not is_correct
            not_located = f"({inliers}{' right' * is_correct})" if inliers else "-"
            cells.append(not_located if not is_located else f"{'right' if is_correct else 'wrong'} {inliers}")
        print(f"| {name} | " + " | ".join(cells) + f" | {right} | {wrong} | {np.median(seconds):.1f} |", flush=True)


def read_pairs(folder: Path):
    """Yields the pairs of pairs.csv."""
    tiles = first_candidates(folder.parent / "earthmatch_paths.txt.gz")
    with (folder / "pairs.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            south, west, north, east = tiles[row["id"]]
            (left, right), (bottom, top) = MERCATOR.transform([west, east], [south, north])
            side = right - left
            bounds = left - side, bottom - side, right + side, top + side
            pair = Pair(row["id"], folder / row["photo"], folder / row["satellite"], bounds, None, np.empty((4, 2)))
            corners, catalogue = (
                pair.in_picture(*(np.array([float(row[f"{of}{axis}{n}"]) for n in (1, 2, 3, 4)]) for axis in LAT_LON))
                if row[f"{of}lat1"]
                else None
                for of in ("", "catalogue_")
            )
            yield replace(pair, corners=corners, catalogue=catalogue)


def first_candidates(path: Path) -> dict[str, tuple[float, ...]]:
    """South, west, north, east of the first candidate in EarthMatch's list, by photo."""
    found = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            name, _, rest = line.partition("/")
            if rest.startswith("pred_0_"):
                lat, lon = (np.array(rest.split("@")[first:9:2], float) for first in (1, 2))
                found[name] = (lat.min(), lon.min(), lat.max(), lon.max())
    return found


def is_right(pair: Pair, corners: np.ndarray) -> bool:
    """Tells whether the corners (4, 2), as shares of the picture's sides, are correct."""
    if pair.is_elsewhere:
        return False
    if pair.corners is not None:
        side = np.linalg.norm(np.roll(pair.corners, -1, axis=0) - pair.corners, axis=1).mean()
        return bool(np.linalg.norm(corners - pair.corners, axis=1).mean() < 0.05 * side)
    ours, theirs = Polygon(corners), Polygon(pair.catalogue)
    shorter = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).min()
    return ours.centroid.distance(theirs.centroid) < shorter / 2 and 2 / 3 < ours.area / theirs.area < 3 / 2


def by_register(extractor):
    """Makes a method that registers with the verifier of the engine, with unknown lens and nadir."""

    def method(pair: Pair):
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
            found = register(
                prepare(photo, None, extractor), find_place_features(raster, lat, lon, width_km, extractor), raster
            )
        if found is None:
            return None, 0, False
        corners = footprint.corners(found.camera)
        return pair.in_picture(corners[:, 0], corners[:, 1]), len(found.tie_points), found.confidence > 0.99

    return method


def by_homography(pair: Pair):
    """SIFT, ratio test and homography by MAGSAC; then warps the picture to the photo and repeats."""
    photo = cv2.imread(str(pair.photo), cv2.IMREAD_GRAYSCALE)
    picture = cv2.imread(str(pair.satellite), cv2.IMREAD_GRAYSCALE)
    sift = cv2.SIFT.create(nfeatures=2048)
    size = photo.shape[1], photo.shape[0]
    points, descriptors = sift.detectAndCompute(photo, None)
    to_picture = np.eye(3)
    inliers = 0
    for step in range(4):
        warped = picture if step == 0 else cv2.warpPerspective(picture, np.linalg.inv(to_picture), size)
        picture_points, picture_descriptors = sift.detectAndCompute(warped, None)
        if picture_descriptors is None or len(picture_descriptors) < 2:
            return None, 0, False
        pairs = cv2.BFMatcher().knnMatch(descriptors, picture_descriptors, k=2)
        matches = [best for best, second in pairs if best.distance < 0.9 * second.distance]
        if len(matches) < 4:
            return None, len(matches), False
        from_xy = np.array([points[match.queryIdx].pt for match in matches])
        to_xy = np.array([picture_points[match.trainIdx].pt for match in matches])
        homography, mask = cv2.findHomography(from_xy, to_xy, cv2.USAC_MAGSAC, 3.0, maxIters=20_000, confidence=0.999)
        if homography is None or abs(np.linalg.det(homography)) < 1e-9:
            return None, 0, False
        to_picture = to_picture @ homography
        inliers = int(mask.sum())
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float64)[:, None]
    shares = cv2.perspectiveTransform(corners, to_picture)[:, 0] / [picture.shape[1], picture.shape[0]]
    return shares, inliers, inliers >= HOMOGRAPHY_INLIERS


if __name__ == "__main__":
    main()
