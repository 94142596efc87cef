"""How the descriptors of local features are kept: what each way finds of the world, its bytes and its seconds.

    python benchmarks/codes.py [--json]

The features of the index of the world that comes along are read again from its mosaic, with their whole descriptors,
which takes some minutes. Each way is searched by the photos of EARTHLOC_DATA,
without a nadir, by votes alone: strict recall at 1, 5, 10, and the margin, the mean of log2 of the right place's
z-score over the best wrong one's. All ways file features under the words of the vocabulary and look into the same 32.
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
from engine.resources import own_indexes
from engine.retrieval.index import RegionalIndex
from engine.retrieval.tiling import Circle
from engine.voting.cell_features import extract_cell_features, read_cell_picture
from engine.voting.feature_index import FeatureIndex, FeatureSet, join_pieces, pack
from engine.voting.photo_features import photo_features
from engine.voting.poses import find_poses
from engine.voting.vocabulary import NUMBERS, PARTS, WORDS, to_vocabulary_space, vocabulary

Nearest = Callable[[np.ndarray, int], np.ndarray]
_PROBES = 32
_TRAINING_ROWS = 100_000
_AT_ONCE = 1024
_PLAIN_ORDER = np.argsort(to_vocabulary_space(np.arange(NUMBERS, dtype=np.float32)[None] / 255.0)[0])


def read_again(features: FeatureIndex, mosaic: Path) -> tuple[FeatureIndex, np.ndarray]:
    """The cells of an index read again, as an index in memory, and its descriptors, uint8 (count, 128)."""
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


def filed(index: faiss.IndexIVF, numbers: np.ndarray, order: np.ndarray | None = None) -> Nearest:
    """Nearest neighbours by an inverted file over descriptors, whose numbers may be put in another order."""
    shaped = (lambda some: np.ascontiguousarray(some, np.float32)) if order is None else (
        lambda some: np.ascontiguousarray(some[:, order], np.float32)
    )  # fmt: skip
    step = max(1, len(numbers) // _TRAINING_ROWS)
    index.train(shaped(numbers[::step]))
    for start in range(0, len(numbers), 100_000):
        index.add(shaped(numbers[start : start + 100_000]))
    index.nprobe = _PROBES

    def nearest(looked_for: np.ndarray, count: int) -> np.ndarray:
        looked_for = shaped(looked_for)
        parts = [index.search(looked_for[at : at + _AT_ONCE], count)[1] for at in range(0, len(looked_for), _AT_ONCE)]
        return np.concatenate(parts)

    return nearest


def words(order: np.ndarray | None = None) -> faiss.IndexFlatL2:
    """The words of the vocabulary, kept for as long as the program runs."""
    flat = faiss.IndexFlatL2(NUMBERS)
    flat.add(np.ascontiguousarray(vocabulary().words if order is None else vocabulary().words[:, order]))
    _KEPT.append(flat)
    return flat


_KEPT: list[faiss.IndexFlatL2] = []


def ways(numbers: np.ndarray) -> dict[str, tuple[int, Callable[[], Nearest] | None]]:
    """Bytes, and what makes the search."""

    def eight_bits() -> Nearest:
        kind = faiss.ScalarQuantizer.QT_8bit_direct
        return filed(faiss.IndexIVFScalarQuantizer(words(), NUMBERS, WORDS, kind, faiss.METRIC_L2, False), numbers)

    def product(parts: int, order: np.ndarray | None = None) -> Nearest:
        index = faiss.IndexIVFPQFastScan(words(order), NUMBERS, WORDS, parts, 4)
        index.by_residual = False
        return filed(index, numbers, order)

    return {
        "8 bits a number": (NUMBERS, eight_bits),
        "64 parts of 4 bits": (32, lambda: product(64)),
        "32 parts of 4 bits, in SIFT's order": (16, lambda: product(PARTS, _PLAIN_ORDER)),
        "32 parts of 4 bits, shipped": (16, None),
    }


def measured(photos: list, features: FeatureIndex, radius_km: float | None = None) -> dict:
    """Strict recall, margin and seconds by votes alone: of all photos anywhere, or within a radius of a known nadir."""
    ranks, margins, seconds = [], [], []
    for truth, found in photos:
        if radius_km is not None and truth.nadir is None:
            continue
        start = time.perf_counter()
        poses = find_poses(found, features, 100, Circle(*truth.nadir, radius_km) if radius_km is not None else None)
        seconds.append(time.perf_counter() - start)
        reach_km = float(geo.side_lengths_km(truth.corners).max()) / 2
        right = [float(geo.distance_km(*truth.center, pose.lat, pose.lon)) <= reach_km for pose in poses]
        ranks.append(right.index(True) + 1 if any(right) else np.inf)
        best = {True: 1.0, False: 1.0}
        for pose, is_right in zip(poses, right, strict=True):
            best[is_right] = max(best[is_right], pose.z)
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
        print("not measured: it takes real photos (set EARTHLOC_DATA)")
        return
    index = RegionalIndex.open(next(folder for folder in own_indexes() if folder.name == "world"))
    features, numbers = read_again(index.features, index.path.parent / index.info["source"]["path"])
    report: dict = {}
    shipped = FeatureSet.nearest
    for name, (size, make) in ways(numbers).items():
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
