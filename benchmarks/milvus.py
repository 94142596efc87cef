"""Checks that an index on Milvus gives the same candidates as the index on disk, with real photos and the world index.

    python benchmarks/milvus.py [--graph]    # needs the milvus extra and real data; some minutes

Pushes the world index to Milvus Lite and compares the tiles found in a circle around the nadir. Then compares the first
ten candidates (tiles and poses) in their order: within 1,000 km of the nadir, everywhere with the nadir known, and with
nothing known. Exit code 1 means that the candidates of a photo differ. --graph lets Milvus choose the kind of index; it
then builds a graph.

A separate process pushes the index: the server of Milvus Lite ends with it, and after a restart a search in a graph
finds less.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np
from _setting import WORK, setting

from engine.candidates import find_candidates
from engine.evaluate import read_truth
from engine.localize import model_of
from engine.photo.read import read_photo
from engine.resources import included_indexes
from engine.retrieval.index import RegionalIndex
from engine.retrieval.milvus import MilvusIndex, push
from engine.retrieval.photo_views import PhotoViews, embed_views
from engine.retrieval.ranking import Expectation
from engine.retrieval.tiling import Circle
from engine.voting.photo_features import PhotoFeatures, photo_features

_RADIUS_KM, _EVERYWHERE_KM = 1000.0, 20_040.0
_TOP_K = 10


def push_world(address: str, graph: bool) -> None:
    """Pushes the world index; with `graph`, lets Milvus choose the kind of index, which is a graph."""
    from pymilvus.milvus_client.index import IndexParams

    add = IndexParams.add_index
    chosen = mock.patch.object(
        IndexParams, "add_index", lambda self, name, **_: add(self, name, index_type="AUTOINDEX", metric_type="IP")
    )
    with chosen if graph else contextlib.nullcontext():
        push(RegionalIndex.open(included_indexes()[0]), address)


def compare_circles(here: RegionalIndex, there: RegionalIndex, photos: list) -> None:
    """Prints the share of tiles in the photos' circles that Milvus finds, and how many of the best ten it misses."""
    shares, missing = [], []
    for views, _, nadir in photos:
        if nadir is not None:
            circle = Circle(*nadir, _RADIUS_KM)
            rows, _, _ = here.tiles_to_compare(views.whole, circle)
            found, _, _ = there.tiles_to_compare(views.whole, circle)
            best = rows[np.argsort(-here.similarity(views.whole, rows))[:_TOP_K]]
            shares.append(len(found) / len(rows))
            missing.append(int(np.isin(best, found, invert=True).sum()))
    print(f"Milvus finds {min(shares):.1%} to {max(shares):.1%} of the tiles in a circle", end="; ")
    print(f"of the ten best it misses at most {max(missing)}, and any for {sum(map(bool, missing))} photos")


def count_differences(here: RegionalIndex, there: RegionalIndex, photos: list) -> int:
    """Counts photos with different candidates over all settings; prints counts and seconds for each setting."""
    model = here.info["model"]["sha256"]
    settings = {"near the nadir": _RADIUS_KM, "everywhere, nadir known": _EVERYWHERE_KM, "nothing known": None}
    differences = 0
    for name, radius_km in settings.items():
        same, total, seconds = 0, 0, [0.0, 0.0]
        for views, features, nadir in photos:
            if radius_km is not None and nadir is None:
                continue
            circle = None if radius_km is None else Circle(*nadir, radius_km)
            expected = Expectation(None if radius_km is None else nadir, None)
            answers = []
            for number, index in enumerate((here, there)):
                start = time.perf_counter()
                found = find_candidates([index], {model: views}, features, _TOP_K, circle, expected)
                seconds[number] += time.perf_counter() - start
                answers.append([(one.tile, one.rotation_deg, one.pose) for one in found])
            same += answers[0] == answers[1]
            total += 1
        differences += total - same
        times = f"{seconds[0] / total:.3f} s per search on disk, {seconds[1] / total:.3f} s on Milvus"
        print(f"{name}: {same} of {total} photos have the same candidates; {times}")
    return differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graph", action="store_true")
    args = parser.parse_args()
    truth = setting().truth
    if truth is None:
        print("skipped: needs real photos (set EARTHLOC_DATA)")
        return 0
    here = RegionalIndex.open(included_indexes()[0])
    model = model_of(here)
    photos: list[tuple[PhotoViews, PhotoFeatures, tuple[float, float] | None]] = []
    for entry in read_truth(truth):
        pixels = read_photo(entry.photo, max_px=4 * model.input.size_px).pixels
        photos.append((embed_views(model, pixels), photo_features(pixels), entry.nadir))
    with tempfile.TemporaryDirectory(dir=WORK) as scratch:
        address = f"milvus://{Path(scratch) / 'world.db'}/world"
        start = time.perf_counter()
        process = multiprocessing.get_context("spawn").Process(target=push_world, args=(address, args.graph))
        process.start()
        process.join()
        counts = f"{here.count} tiles and {here.features.count} local features"
        print(f"{counts} pushed in {time.perf_counter() - start:.0f} s")
        there = MilvusIndex(address)
        start = time.perf_counter()
        same = np.array_equal(there.features.all.positions.lat, here.features.all.positions.lat)
        print(f"all features fetched in {time.perf_counter() - start:.1f} s; {'the same' if same else 'DIFFERENT'}")
        compare_circles(here, there, photos)
        return 1 if count_differences(here, there, photos) else 0


if __name__ == "__main__":
    sys.exit(main())
