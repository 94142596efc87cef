"""Probability that the first candidate is correct, from the z-score of the votes: fit and cross-validation by pass.

    python benchmarks/probability.py [--picture FILE.png] [--json]

Searches every photo with a known footprint five times: in the world and near its own place, where the first candidate
is mostly correct; and in the world without 1,500 km around its place, and near the places of two other photos, where it
is certainly wrong. A candidate for a photo that shows nothing is always wrong. Fits a logistic regression on the
logarithms of the first candidate's z-score and of its margin over the next place to all results (engine/candidates.py
has its weights). The reliability table is of predictions for passes that were left out of the fit.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
from pathlib import Path

import numpy as np
from _setting import setting

from engine import geo
from engine.candidates import find_candidates, first_candidate_evidence
from engine.evaluate import read_truth
from engine.localize import model_of
from engine.photo.read import read_photo
from engine.resources import included_indexes
from engine.retrieval.index import RegionalIndex
from engine.retrieval.photo_views import embed_views
from engine.retrieval.ranking import NO_EXPECTATION, Expectation
from engine.retrieval.tiling import Circle
from engine.voting.photo_features import photo_features

_AWAY_KM = 1500.0
_EDGES = (0.0, 0.02, 0.1, 0.3, 0.7, 0.9, 0.98, 1.0)


def answers(index: RegionalIndex, data: Path) -> list[tuple[str, tuple[float, float], bool]]:
    """Returns the pass, the predictors, and whether it is correct, of the first candidate of every search."""
    model = model_of(index)
    known = [(truth, name) for name in ("photos", "passes") for truth in read_truth(data / name / "truth.csv")]
    rng = np.random.default_rng(0)
    found = []

    def search(pixels, circle: Circle | None, near: tuple[float, float] | None):
        views = {model.sha256: embed_views(model, pixels)}
        expected = Expectation(near) if near else NO_EXPECTATION
        return find_candidates([index], views, photo_features(pixels), 50, circle, expected)

    for truth, _ in known:
        photo = read_photo(truth.photo, max_px=1024)
        reach_km = float(geo.side_lengths_km(truth.corners).max()) / 2
        pass_name = pass_of(truth.photo)
        nadir = truth.nadir or truth.center
        others = [known[int(rng.integers(len(known)))][0].center for _ in range(2)]
        world = search(photo.pixels, None, None)
        away = [one for one in world if geo.distance_km(one.lat, one.lon, *truth.center) > _AWAY_KM]
        tries = [world, away, search(photo.pixels, Circle(*nadir, 1000.0), nadir)]
        for other in others:
            if geo.distance_km(*other, *truth.center) > _AWAY_KM + 1000.0:
                tries.append(search(photo.pixels, Circle(*other, 1000.0), other))
        for candidates in tries:
            if candidates:
                off_km = float(geo.distance_km(candidates[0].lat, candidates[0].lon, *truth.center))
                found.append((pass_name, first_candidate_evidence(candidates), off_km <= reach_km))
    for file in sorted((data / "photos" / "negatives").iterdir()):
        candidates = search(read_photo(file, max_px=1024).pixels, None, None)
        if candidates:
            found.append((pass_of(file), first_candidate_evidence(candidates), False))
    return found


def pass_of(photo: Path) -> str:
    """Returns the pass of a photo, from the prefix of its name: photos of one pass show nearly the same."""
    return re.match(r"astropi_\w+?(?=_)|[A-Za-z0-9]+", photo.name)[0].lower()


def fit(predictors: np.ndarray, correct: np.ndarray) -> np.ndarray:
    """Fits a logistic regression by Newton's method; returns its weights, constant first.

    A small ridge penalty keeps the weights finite.
    """
    design = np.column_stack([np.ones(len(predictors)), predictors])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (correct - p) - 0.1 * np.array([0, *weights[1:]])
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 0.1 * np.eye(len(weights))
        weights += np.linalg.solve(hessian, gradient)
    return weights


def draw(rows: list[tuple], file: Path) -> None:
    """Draws the reliability diagram: predicted probability and share of correct answers, with two standard errors."""
    from matplotlib import pyplot as plt

    counts, predicted, correct = (np.array([row[at] for row in rows], float) for at in (2, 3, 4))
    error = 2 * np.sqrt(np.maximum(predicted * (1 - predicted), 1e-4) / counts)
    figure, axes = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.errorbar(predicted, correct, [np.minimum(error, correct), np.minimum(error, 1 - correct)], fmt="o", capsize=3)
    for x, y, count in zip(predicted, correct, counts, strict=True):
        axes.annotate(f"{count:.0f}", (x, y), (6, -10), textcoords="offset points", fontsize=8)
    axes.set(xlabel="predicted probability", ylabel="share correct", xlim=(-0.03, 1.12), ylim=(-0.05, 1.05))
    figure.savefig(file, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, help="draw the reliability diagram (needs the training extra)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    if chosen.truth is None or not (chosen.truth.parent.parent / "passes").is_dir():
        print("skipped: needs real photos of several passes (set EARTHLOC_DATA)")
        return
    found = answers(RegionalIndex.open(included_indexes()[0]), chosen.truth.parent.parent)
    passes = np.array([name for name, _, _ in found])
    predictors = np.array([values for _, values, _ in found])
    correct = np.array([is_correct for _, _, is_correct in found], float)
    weights = fit(predictors, correct)
    predicted = np.empty(len(found))
    for name in np.unique(passes):
        left_out = passes == name
        design = np.column_stack([np.ones(left_out.sum()), predictors[left_out]])
        predicted[left_out] = 1 / (1 + np.exp(-design @ fit(predictors[~left_out], correct[~left_out])))
    rows = []
    for low, high in itertools.pairwise(_EDGES):
        in_bin = (predicted >= low) & ((predicted < high) | (high == 1.0))
        if in_bin.any():
            means = round(float(predicted[in_bin].mean()), 3), round(float(correct[in_bin].mean()), 3)
            rows.append((low, high, int(in_bin.sum()), *means))
    if args.picture is not None:
        draw(rows, args.picture)
    brier = float(np.mean((predicted - correct) ** 2))
    if args.json:
        print(json.dumps({"weights": weights.tolist(), "reliability": rows, "brier": brier}))
        return
    print(f"{len(found)} answers, {int(correct.sum())} correct, of {len(np.unique(passes))} passes")
    print(f"weights: {', '.join(f'{weight:.2f}' for weight in weights)}; Brier score {brier:.4f}")
    print("predicted       answers  mean predicted  correct")
    for low, high, count, mean, share in rows:
        print(f"{low:5.2f} to {high:4.2f} {count:9d} {mean:15.3f} {share:6.3f}")


if __name__ == "__main__":
    main()
