"""Rotating the photo compared with rotating every tile: recall, size and time of both on real photos.

EarthLoc stores every tile at 0, 90, 180 and 270 degrees and searches with the photo at one rotation. We store tiles
once and search with the photo at four rotations. Usage:

    python benchmarks/rotations.py [TRUTH.csv --index DIR --imagery RASTER] [--json]

Uses the real photos of EARTHLOC_DATA by default; without real photos it is skipped.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from _setting import index_of, setting

from engine import geo
from engine.evaluate import RANKS, first_right_ranks, read_truth
from engine.imagery.raster import RasterSource
from engine.localize import model_of
from engine.photo.read import read_photo
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ROTATIONS_DEG, ModelPackage


def embed_rotated_tiles(index: RegionalIndex, imagery: Path, model: ModelPackage) -> np.ndarray:
    """Computes descriptors (4, count, dimension) of every tile rotated by 0, 90, 180 and 270 degrees."""
    descriptors = np.empty((4, index.count, model.dimension), np.float32)
    with RasterSource.open(imagery) as source:
        for start in range(0, index.count, 16):
            tiles = index.tiles[start : start + 16]
            squares = np.stack(
                [
                    source.square(float(t["lat"]), float(t["lon"]), float(t["width_km"]), model.input.size_px)[0]
                    for t in tiles
                ]
            )
            for k in range(4):
                descriptors[k, start : start + len(tiles)] = model.embed(np.rot90(squares, k, axes=(1, 2)))
    return descriptors


def recalls(scores: np.ndarray, index: RegionalIndex, truths: list, use_nadir: bool) -> dict[str, dict[str, float]]:
    """Computes recall by both rules from a score matrix (photos, tiles)."""
    hits = []
    for truth, row_scores in zip(truths, scores, strict=True):
        if use_nadir and truth.nadir is not None:
            away = geo.distance_km(index.tiles["lat"], index.tiles["lon"], *truth.nadir)
            row_scores = np.where(away <= 1000.0, row_scores, -np.inf)
        best = np.argsort(-row_scores, kind="stable")[: max(RANKS)]
        candidates = [
            {"rank": rank, "center": [float(t["lat"]), float(t["lon"])], "width_km": float(t["width_km"])}
            for rank, t in enumerate(index.tiles[best], start=1)
        ]
        hits.append(first_right_ranks(truth, candidates))
    loose, strict = zip(*hits, strict=True)
    return {
        name: {str(k): round(100 * sum(r is not None and r <= k for r in ranks) / len(ranks), 1) for k in RANKS}
        for name, ranks in (("recall", loose), ("recall_strict", strict))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path, nargs="?")
    parser.add_argument("--index", type=Path)
    parser.add_argument("--imagery", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()

    chosen = setting()
    truth_csv = args.truth or chosen.truth
    if truth_csv is None or len(read_truth(truth_csv)) < 10:
        print("skipped: needs real photos (set EARTHLOC_DATA)")
        return
    index = RegionalIndex.open(args.index or index_of(chosen))
    model = model_of(index)
    imagery = args.imagery or chosen.imagery
    truths = read_truth(truth_csv)
    photos = [read_photo(truth.photo).pixels for truth in truths]
    start = time.perf_counter()
    squares = [model.prepare(model.photo_light(pixels)) for pixels in photos]
    rotations = range(len(ROTATIONS_DEG))
    photo_vectors = np.stack(
        [model.embed_photo(np.stack([np.rot90(square, k) for k in rotations])) for square in squares]
    )
    embed_s = (time.perf_counter() - start) / len(photos)
    tile_vectors = embed_rotated_tiles(index, imagery, model)
    rotated_photo_scores = np.einsum("prd,nd->prn", photo_vectors, index.descriptors).max(axis=1)
    rotated_tile_scores = np.einsum("pd,knd->pkn", photo_vectors[:, 0], tile_vectors).max(axis=1)
    result = {"photos": len(truths), "tiles": index.count, "embed_four_s": round(embed_s, 3)}
    for name, scores, rows in (
        ("photo turned", rotated_photo_scores, index.count),
        ("tiles turned", rotated_tile_scores, 4 * index.count),
    ):
        result[name] = {
            "megabytes": round(rows * model.dimension * 4 / 1e6, 1),
            "everywhere": recalls(scores, index, truths, use_nadir=False),
            "within 1000 km of the nadir": recalls(scores, index, truths, use_nadir=True),
        }
    print(json.dumps(result) if args.json else json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
