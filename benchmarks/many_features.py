"""Cost and recall of voting with many more local features than the world index has at 1 km.

    python benchmarks/many_features.py [--million 20] [--every 3] [--json]

Adds synthetic features to those of the shipped world index, up to the given number. Each is a copy of a real feature
with a quarter of its code changed at random, a random azimuth, and a position within half a degree. Searches the photos
of EARTHLOC_DATA by votes alone, without a nadir and within 1,000 km of it. Reports strict recall at 1, 5 and 10, the
margin (mean of log2 of the correct place's z-score over that of the best wrong place), seconds and memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import time
from pathlib import Path

import numpy as np
from _setting import WORK, setting
from codes import measured

from engine import geo
from engine.evaluate import read_truth
from engine.photo.read import read_photo
from engine.resources import included_indexes
from engine.retrieval.index import RegionalIndex
from engine.voting.cells import Grid, in_order
from engine.voting.feature_index import (
    CELL_ROW_DTYPE,
    FEATURE_CELLS,
    FEATURE_DTYPE,
    FEATURES,
    FeatureIndex,
)
from engine.voting.photo_features import photo_features
from engine.voting.vocabulary import vocabulary

_RADIUS_KM = 1000.0
_FEATURE_KM = 0.25  # resolution of the cells; about right for this many features
_CHANGED_SHARE = 1 / 4


def write_many(world: FeatureIndex, count: int, folder: Path) -> FeatureIndex:
    """Writes an index of `count` features: those of the world and synthetic ones."""
    rng = np.random.default_rng(0)
    real = world.read([(0, world.count)])
    places = world.all.positions
    rows = np.concatenate([np.arange(world.count), rng.integers(world.count, size=count - world.count)])
    features = real[rows]
    synthetic = slice(world.count, None)
    codes = features["code"][synthetic]
    others = real["code"][rng.integers(world.count, size=len(codes))]
    changed = rng.random(codes.shape) < _CHANGED_SHARE
    codes[changed] = others[changed]
    features["code"][synthetic] = codes
    features["azimuth"][synthetic] = rng.integers(256, size=len(codes))
    lat, lon = places.lat[rows], places.lon[rows]
    lat[synthetic] = (lat[synthetic] + rng.uniform(-0.5, 0.5, len(codes))).clip(-89.9, 89.9)
    lon[synthetic] = geo.normalise_lon(lon[synthetic] + rng.uniform(-0.5, 0.5, len(codes)))
    cells = in_order(Grid(_FEATURE_KM).of((-180.0, -90.0, 180.0, 90.0)))
    at = cell_of(cells, lat, lon)
    order = np.argsort(at, kind="stable")
    features, at, lat, lon = features[order], at[order], lat[order], lon[order]
    north = (lat - cells["south"][at]) / (cells["north"] - cells["south"])[at]
    east = (lon - cells["west"][at]) / (cells["east"] - cells["west"])[at]
    for name, part in (("north", north), ("east", east)):
        features[name] = (part * 65536.0).clip(0, 65535).astype(np.uint16)
    counts = np.bincount(at, minlength=len(cells))
    table = np.zeros(int((counts > 0).sum()), CELL_ROW_DTYPE)
    table["number"], table["count"] = cells["number"][counts > 0], counts[counts > 0]
    features.tofile(folder / FEATURES)
    table.tofile(folder / FEATURE_CELLS)
    facts = {"count": count, "feature_km": _FEATURE_KM, "vocabulary": vocabulary().sha256}
    return FeatureIndex.open(folder, facts)


def cell_of(cells: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Rows (n,) of the cells that contain the places."""
    by_number = np.argsort(cells["number"])
    souths, starts = np.unique(cells["south"][by_number], return_index=True)
    columns = np.diff([*starts, len(cells)])
    row = np.searchsorted(souths, lat, side="right") - 1
    column = np.floor((lon + 180.0) / 360.0 * columns[row]).astype(np.int64).clip(0, columns[row] - 1)
    return by_number[starts[row] + column]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--million", type=float, default=20.0)
    parser.add_argument("--every", type=int, default=3, help="use one in this many photos of the truth tables")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    tables = [chosen.truth.parent.parent / name / "truth.csv" for name in ("photos", "passes")] if chosen.truth else []
    photos = [
        (truth, photo_features(read_photo(truth.photo, max_px=1024).pixels))
        for table in tables
        if table.is_file()
        for truth in read_truth(table)[:: args.every]
    ]
    if not photos:
        print("skipped: needs real photos (set EARTHLOC_DATA)")
        return
    world = RegionalIndex.open(next(folder for folder in included_indexes() if folder.name == "world")).features
    folder = WORK / "many_features"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    many = write_many(world, int(args.million * 1e6), folder)
    report: dict = {"bytes": (folder / FEATURES).stat().st_size, "a_feature": FEATURE_DTYPE.itemsize}
    report["near_the_nadir"] = {str(index.count): measured(photos, index, _RADIUS_KM) for index in (world, many)}
    start = time.perf_counter()
    many.all.nearest(np.zeros((1, 128), np.float32), 1)
    report["read_s"] = round(time.perf_counter() - start, 1)
    report["whole"] = {str(index.count): measured(photos, index) for index in (world, many)}
    report["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
    if args.json:
        print(json.dumps(report))
        return
    print(f"{report['bytes'] / 1e6:.0f} MB on disk, read once in {report['read_s']} s; near a nadir only its circle")
    for where in ("near_the_nadir", "whole"):
        for count, metrics in report[where].items():
            print(f"{where}, {count} features: {json.dumps(metrics)}")
    print(f"peak memory {report['peak_memory_mb']} MB, including the creation of the synthetic features")


if __name__ == "__main__":
    main()
