"""Measures the cloud estimate (engine/photo/cloud.py) against shares that a person estimated by eye.

cloud_labels.csv: photo below EARTHLOC_DATA, pass, share in per cent (empty: night, limb or cabin), whether snow shows.
The weights are fitted to the passes of FIT only and measured on the others. `--fit` fits them anew.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from _setting import REPOSITORY
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import spearmanr

from engine.photo.cloud import WEIGHTS, cloud_features, cloud_percent, cloud_share
from engine.photo.read import read_photo

DATA = Path(os.environ.get("EARTHLOC_DATA", REPOSITORY.parent / "shared" / "data"))
LABELS = Path(__file__).with_name("cloud_labels.csv")
FIT = {"aacoders1", "negatives", "arrakis", "coderdojo", "glasgow22", "glasgow1", "pairs", "astropi_hq", "formats"}
MAX_PX = 512
Array = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="fit the weights and measure with them")
    args = parser.parse_args()
    with LABELS.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (DATA / row["photo"]).is_file()]
    pixels = [read_photo(DATA / row["photo"], MAX_PX).pixels for row in rows]
    blind = [i for i, row in enumerate(rows) if not row["cloud_percent"]]
    print(f"no estimate, as it should be: {sum(cloud_percent(pixels[i]) is None for i in blind)} of {len(blind)}")

    seen = [i for i, row in enumerate(rows) if row["cloud_percent"]]
    features = [cloud_features(pixels[i]) for i in seen]
    kept = [k for k, feature in enumerate(features) if feature is not None]
    print(f"no estimate, though one was expected: {len(seen) - len(kept)} of {len(seen)}")
    found = [features[k] for k in kept]
    truth = np.array([float(rows[seen[k]]["cloud_percent"]) for k in kept])
    passes = np.array([rows[seen[k]]["pass"] for k in kept])
    snow = np.array([rows[seen[k]]["snow"] == "1" for k in kept])
    fitted = np.isin(passes, list(FIT))

    weights = np.asarray(WEIGHTS)
    if args.fit:
        weights = fit([found[k] for k in np.flatnonzero(fitted)], truth[fitted], passes[fitted])
        print("weights:", ", ".join(f"{weight:.2f}" for weight in weights))
    error = np.array([100 * cloud_share(feature, weights) for feature in found]) - truth
    for name, those in (("fit", fitted), ("check", ~fitted), ("with snow", snow), ("without snow", ~snow)):
        print(f"{name:13} {describe(error[those], truth[those])}")
    for name in sorted(set(passes)):
        print(f"  {name:11} {describe(error[passes == name], truth[passes == name])}")


def fit(features: Sequence[Array], truth: Array, passes: NDArray[np.str_]) -> Array:
    """Least squares of the shares, every pass with the same weight."""
    weight = np.array([1.0 / np.sqrt((passes == name).sum()) for name in passes]) * 3.0
    thinned = [feature[::3] for feature in features]

    def residuals(weights: Array) -> Array:
        share = np.array([cloud_share(feature, weights) for feature in thinned])
        return np.concatenate([(share - truth / 100.0) * weight, 0.01 * weights])

    return least_squares(residuals, np.array([6.0, 6.0, -4.0, -8.0, 2.0, -6.0]), max_nfev=60).x


def describe(error: Array, truth: Array) -> str:
    text = f"{len(error):3} photos, mean absolute error {np.abs(error).mean():4.1f}, mean error {error.mean():+5.1f}"
    if len(error) > 9:
        text += f", rank correlation {spearmanr(error + truth, truth)[0]:.2f}"
    return text


if __name__ == "__main__":
    main()
