"""Compression of the descriptors of local features: recall, bytes and seconds of each method, in the world index.

    python benchmarks/codes.py [--json]

Extracts the features of the shipped world index again from its mosaic, with full descriptors, which takes some minutes.
Searches them with the photos of EARTHLOC_DATA, without a nadir and by votes alone. Reports strict recall at 1, 5 and
10, and the margin: the mean of log2 of the correct place's z-score over the z-score of the best wrong place. All
methods use an inverted file with the words of the vocabulary, and search the same 32 lists.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import faiss
import numpy as np
from _setting import setting

from engine import geo
from engine.evaluate import read_truth
from engine.imagery.opening import open_imagery
from engine.photo.read import read_photo
from engine.resources import included_indexes
from engine.retrieval.index import RegionalIndex
from engine.retrieval.tiling import Circle
from engine.voting.cell_features import extract_cell_features, read_cell_picture
from engine.voting.feature_index import FeatureIndex, FeatureSet, join_pieces, pack
from engine.voting.photo_features import photo_features
from engine.voting.poses import find_poses
from engine.voting.vocabulary import NUMBERS, PARTS, WORDS, to_vocabulary_space, vocabulary

Nearest = Callable[[np.ndarray, int], np.ndarray]
_PROBES = 32
_TRAINING_DESCRIPTORS = 100_000
_BATCH = 1024
_PLAIN_ORDER = np.argsort(to_vocabulary_space(np.arange(NUMBERS, dtype=np.float32)[None] / 255.0)[0])


def extract_again(features: FeatureIndex, mosaic: Path) -> tuple[FeatureIndex, np.ndarray]:
    """Extracts the features of an index's cells again: an index in memory, and descriptors, uint8 (count, 128)."""
    rows = features.cell_rows.copy()
    packed, numbers = [], []
    with open_imagery(mosaic) as imagery:
        for number, (cell, row) in enumerate(zip(features.cells, rows, strict=True)):
            picture = read_cell_picture(imagery, cell, features.feature_km)
            found = extract_cell_features(picture) if picture is not None else None
            row["count"] = len(found.lat) if found is not None else 0
            if found is not None:
                packed.append(pack(found, cell))
                numbers.append(to_vocabulary_space(found.descriptors).astype(np.uint8))
            print(f"\r{number + 1} of {len(features.cells)} cells", end="", file=sys.stderr)
    print(file=sys.stderr)
    stored = join_pieces(packed)
    facts = {"count": len(stored), "feature_km": features.feature_km, "vocabulary": vocabulary().sha256}
    index = FeatureIndex(features.path, facts, rows, lambda pieces: join_pieces([stored[a:b] for a, b in pieces]))
    return index, np.concatenate(numbers)


def inverted_file_search(index: faiss.IndexIVF, numbers: np.ndarray, order: np.ndarray | None = None) -> Nearest:
    """Makes a nearest-neighbour search by an inverted file, optionally with reordered descriptor dimensions."""
    reordered = (lambda rows: np.ascontiguousarray(rows, np.float32)) if order is None else (
        lambda rows: np.ascontiguousarray(rows[:, order], np.float32)
    )  # fmt: skip
    step = max(1, len(numbers) // _TRAINING_DESCRIPTORS)
    index.train(reordered(numbers[::step]))
    for start in range(0, len(numbers), 100_000):
        index.add(reordered(numbers[start : start + 100_000]))
    index.nprobe = _PROBES

    def nearest(queries: np.ndarray, count: int) -> np.ndarray:
        queries = reordered(queries)
        parts = [index.search(queries[at : at + _BATCH], count)[1] for at in range(0, len(queries), _BATCH)]
        return np.concatenate(parts)

    return nearest


def coarse_quantizer(order: np.ndarray | None = None) -> faiss.IndexFlatL2:
    """Returns a flat index of the words of the vocabulary; FAISS needs it as long as the inverted file."""
    flat = faiss.IndexFlatL2(NUMBERS)
    flat.add(np.ascontiguousarray(vocabulary().words if order is None else vocabulary().words[:, order]))
    _QUANTIZERS.append(flat)
    return flat


_QUANTIZERS: list[faiss.IndexFlatL2] = []  # keeps the Python objects alive


def methods(numbers: np.ndarray) -> dict[str, tuple[int, Callable[[], Nearest] | None]]:
    """Bytes per descriptor, and a function that makes the search (None: the shipped one), by name."""

    def eight_bits() -> Nearest:
        kind = faiss.ScalarQuantizer.QT_8bit_direct
        return inverted_file_search(
            faiss.IndexIVFScalarQuantizer(coarse_quantizer(), NUMBERS, WORDS, kind, faiss.METRIC_L2, False), numbers
        )

    def product(parts: int, order: np.ndarray | None = None) -> Nearest:
        index = faiss.IndexIVFPQFastScan(coarse_quantizer(order), NUMBERS, WORDS, parts, 4)
        index.by_residual = False
        return inverted_file_search(index, numbers, order)

    return {
        "8 bits a number": (NUMBERS, eight_bits),
        "64 parts of 4 bits": (32, lambda: product(64)),
        "32 parts of 4 bits, in SIFT's order": (16, lambda: product(PARTS, _PLAIN_ORDER)),
        "32 parts of 4 bits, shipped": (16, None),
    }


def measured(photos: list, features: FeatureIndex, radius_km: float | None = None) -> dict:
    """Strict recall, margin and seconds by votes alone, for all photos everywhere or within a radius of the nadir."""
    ranks, margins, seconds = [], [], []
    for truth, found in photos:
        if radius_km is not None and truth.nadir is None:
            continue
        start = time.perf_counter()
        poses = find_poses(found, features, 100, Circle(*truth.nadir, radius_km) if radius_km is not None else None)
        seconds.append(time.perf_counter() - start)
        reach_km = float(geo.side_lengths_km(truth.corners).max()) / 2
        correct = [float(geo.distance_km(*truth.center, pose.lat, pose.lon)) <= reach_km for pose in poses]
        ranks.append(correct.index(True) + 1 if any(correct) else np.inf)
        best = {True: 1.0, False: 1.0}
        for pose, is_correct in zip(poses, correct, strict=True):
            best[is_correct] = max(best[is_correct], pose.z)
        margins.append(np.log2(best[True] / best[False]))
    return {
        "photos": len(ranks),
        "recall_strict": [round(100 * float(np.mean([rank <= k for rank in ranks])), 1) for k in (1, 5, 10)],
        "margin": round(float(np.mean(margins)), 2),
        "seconds": round(float(np.median(seconds)), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    tables = [chosen.truth.parent.parent / name / "truth.csv" for name in ("photos", "passes")] if chosen.truth else []
    sets = {
        table.parent.name: [
            (truth, photo_features(read_photo(truth.photo, max_px=1024).pixels)) for truth in read_truth(table)
        ]
        for table in tables
        if table.is_file()
    }
    if not sets:
        print("skipped: needs real photos (set EARTHLOC_DATA)")
        return
    index = RegionalIndex.open(next(folder for folder in included_indexes() if folder.name == "world"))
    features, numbers = extract_again(index.features, index.path.parent / index.info["source"]["path"])
    report: dict = {}
    shipped = FeatureSet.nearest
    for name, (size, make) in methods(numbers).items():
        nearest = make() if make is not None else None
        patched = shipped if nearest is None else lambda _, *given, search=nearest: search(*given)
        with mock.patch.object(FeatureSet, "nearest", patched):
            report[name] = {"bytes": size, **{of: measured(photos, features) for of, photos in sets.items()}}
        if not args.json:
            print(f"{name}: {json.dumps(report[name])}", flush=True)
    if args.json:
        print(json.dumps(report))


if __name__ == "__main__":
    main()
