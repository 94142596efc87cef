"""Trains `resources/vocabulary.bin`, the visual vocabulary of all indexes, on the land of the whole world.

    python tools/make_vocabulary.py MOSAIC [--feature-km 1.0] [--features 250000]

MOSAIC is the shipped world mosaic, `resources/indexes/bluemarble_2004-08_1223m.tif`. The same mosaic gives the same
bytes. A new vocabulary makes all indexes unusable until they are built again, so train it only if necessary.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.imagery.opening import open_imagery
from engine.resources import resources_folder
from engine.voting.cell_features import extract_cell_features, read_cell_picture
from engine.voting.cells import Grid
from engine.voting.vocabulary import FILE, train_vocabulary


def main() -> None:
    """Extracts features from every third cell of the mosaic, evenly over the globe, and trains on a sample of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mosaic", type=Path)
    parser.add_argument("--feature-km", type=float, default=1.0)
    parser.add_argument("--features", type=int, default=250_000)
    args = parser.parse_args()
    parts = []
    with open_imagery(args.mosaic) as imagery:
        cells = Grid(args.feature_km).of(imagery.bounds())[::3]
        for number, cell in enumerate(cells):
            picture = read_cell_picture(imagery, cell, args.feature_km)
            if picture is not None:
                parts.append(extract_cell_features(picture).descriptors)
            print(f"\r{number + 1} of {len(cells)} cells", end="", file=sys.stderr)
    descriptors = np.concatenate(parts)
    sample = np.random.default_rng(0).permutation(len(descriptors))[: args.features]
    vocabulary = train_vocabulary(descriptors[np.sort(sample)])
    (resources_folder() / FILE).write_bytes(vocabulary.to_bytes())
    print(f"\n{FILE}: trained on {min(len(descriptors), args.features)} features, sha256 {vocabulary.sha256}")


if __name__ == "__main__":
    main()
