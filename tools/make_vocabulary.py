"""Trains `resources/vocabulary.bin`, the words that all indexes tell their features in, on the world's land.

    python tools/make_vocabulary.py MOSAIC [--feature-km 1.0] [--features 250000]

MOSAIC is the imagery of the world that comes along, `resources/indexes/bluemarble_2004-08_1223m.tif`. The same mosaic
gives the same bytes. Indexes made with another vocabulary have to be built again: do not train it without need.
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
    """Reads every third cell of the mosaic, evenly over the globe, and trains on a part of its features."""
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
    some = np.random.default_rng(0).permutation(len(descriptors))[: args.features]
    made = train_vocabulary(descriptors[np.sort(some)])
    (resources_folder() / FILE).write_bytes(made.to_bytes())
    print(f"\n{FILE}: trained on {min(len(descriptors), args.features)} features, sha256 {made.sha256}")


if __name__ == "__main__":
    main()
