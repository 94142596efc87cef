"""Tables and reliability diagram of the tries collected by benchmarks/registration.py.

    python benchmarks/registration_report.py [EVIDENCE.jsonl ...] [--diagram FILE.png]

Reports located and wrong tries, IoU, centre error and seconds; an upper bound on how often a wrong place is located; a
reliability table and its diagram (needs matplotlib); and coefficients for engine/registration/confidence.py.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, which has an engine.py

from engine.registration import confidence

WRONG_KINDS = ("wrong", "alike", "negative")
EVEN_FRAMES = {f"astropi_hq_{number:03}.jpg" for number in range(0, 100, 2)}


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evidence", type=Path, nargs="*", default=[Path("build/evidence.jsonl")])
    parser.add_argument("--diagram", type=Path, help="PNG file for the reliability diagram")
    arguments = parser.parse_args()
    if not all(path.is_file() for path in arguments.evidence):
        print("skipped: no tries collected yet (run benchmarks/registration.py)")
        return
    lines = [json.loads(line) for path in arguments.evidence for line in path.read_text(encoding="utf-8").splitlines()]
    for kind, count in Counter(line["kind"] for line in lines).items():
        of_kind = [line for line in lines if line["kind"] == kind]
        registered = [line for line in of_kind if line["evidence"]]
        located = [line for line in registered if _probability(line) > confidence.LOCATED]
        wrong = [line for line in located if not _is_right(line)]
        print(
            f"{kind}: {count} tries, {len(registered)} registered, {len(located)} located, {len(wrong)} wrong", end=""
        )
        good = [line for line in located if "iou" in line]
        if good:
            iou, error = (float(np.median([line[key] for line in good])) for key in ("iou", "center_error_km"))
            print(f", median IoU {iou:.3f}, median centre error {error:.1f} km", end="")
        print(f", median {np.median([line['cpu_seconds'] for line in of_kind]):.1f} s of CPU")
    elsewhere = [line for line in lines if line["kind"] in WRONG_KINDS]
    if elsewhere:
        located = sum(bool(line["evidence"]) and _probability(line) > confidence.LOCATED for line in elsewhere)
        forced = sum(line["forced"] for line in elsewhere)
        pairs = len({(line["photo"], *line["place"]) for line in elsewhere})
        photos, places = len({line["photo"] for line in elsewhere}), len({tuple(line["place"]) for line in elsewhere})
        print(
            f"\n{len(elsewhere)} tries at wrong places, {forced} of them without the early checks: {pairs} pairs of "
            f"{photos} photos and {places} places;\n{located} located: with 95 % confidence fewer than "
            f"{100 * _upper_bound(located, len(elsewhere)):.2f} in 100, if the tries are independent"
        )
    registered = [line for line in lines if line["evidence"]]
    for right in (False, True):
        z_score = [line["evidence"]["z_score"] for line in registered if _is_right(line) == right]
        if z_score:
            print(
                f"z-score of {len(z_score)} {'right' if right else 'wrong'}: {min(z_score):.1f} to {max(z_score):.1f}"
            )
    held_out = [line for line in registered if not _is_for_fitting(line)]
    print("\nreliability on held-out tries:\nprobability   tries  right  mean probability")
    for (low, high), inside in _bins(held_out):
        rights = sum(_is_right(line) for line in inside)
        mean = np.mean([_probability(line) for line in inside])
        print(f"{low:.2f} to {high:.2f}  {len(inside):5}  {rights:5}  {mean:.3f}")
    if arguments.diagram:
        _draw(registered, held_out, arguments.diagram)
    fitting = [line for line in lines if line["evidence"] and _is_for_fitting(line)]
    rights = [_is_right(line) for line in fitting]
    if all(rights) or not any(rights):
        print(f"\nnothing to fit: all {len(fitting)} tries are {'right' if any(rights) else 'wrong'}")
        return
    weights = _fit([confidence.Evidence(**line["evidence"]) for line in fitting], rights)
    print(f"\nfitted on {len(fitting)} tries:", ", ".join(f"{w:.3f}" for w in weights))


def _bins(lines: list[dict]) -> list[tuple[tuple[float, float], list[dict]]]:
    """Bins the tries by probability; leaves out empty bins."""
    edges = [0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 1.0]
    bins = []
    for low, high in itertools.pairwise(edges):
        inside = [line for line in lines if low <= _probability(line) < high or (high == 1.0 == _probability(line))]
        if inside:
            bins.append(((low, high), inside))
    return bins


def _upper_bound(count: int, tries: int) -> float:
    """Upper end of the one-sided 95 % interval (Clopper and Pearson) of a share; about 3 / tries if count is 0."""
    from scipy.stats import beta

    return 1.0 if count == tries else float(beta.ppf(0.95, count + 1, tries - count))


def _draw(registered: list[dict], held_out: list[dict], path: Path) -> None:
    """Draws the reliability diagram, and the histogram of z-scores beside it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from scipy.stats import beta

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for _, inside in _bins(held_out):
        n, k = len(inside), sum(_is_right(line) for line in inside)
        mean = float(np.mean([_probability(line) for line in inside]))
        low = beta.ppf(0.025, k, n - k + 1) if k else 0.0
        high = beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
        left.errorbar(mean, k / n, [[k / n - low], [high - k / n]], fmt="o", color="tab:blue", capsize=3)
        up = k / n < 0.5  # the count is at the end of the bar that is inside the diagram
        left.annotate(
            f" {k} of {n} ",
            (mean, high if up else low),
            ha="left" if mean < 0.5 else "right",
            va="bottom" if up else "top",
        )
    left.set(xlabel="confidence", ylabel="share that is right (95 % interval)", title="Held-out tries")
    edges = np.concatenate([np.linspace(-5.0, 0.5, 12), np.geomspace(1.0, 300.0, 26)])
    for is_right, colour in ((False, "tab:red"), (True, "tab:green")):
        of_kind = [line["evidence"]["z_score"] for line in registered if _is_right(line) == is_right]
        label = f"{'right' if is_right else 'wrong'} ({len(of_kind)})"
        right.hist(np.clip(of_kind, -4.9, 299.0), edges, color=colour, alpha=0.7, label=label)
    right.set_xscale("symlog", linthresh=1.0)
    right.set(xlabel="z-score", ylabel="tries", title="All registered tries")
    right.axvline(_min_z_score(), color="0.3", linestyle="--", label="located from here, if the camera is as expected")
    right.legend(fontsize="small")
    figure.savefig(path, dpi=80)


def _min_z_score() -> float:
    """The lowest z-score of a located registration with the expected altitude and lens."""
    expected = confidence.Evidence(0.0, 100, 1.0, confidence.ALTITUDE_KM, 0.0, None, None, 1.0)
    z_scores = np.arange(0.0, 50.0, 0.05)
    return float(
        next(
            z for z in z_scores if confidence.probability(dataclasses.replace(expected, z_score=z)) > confidence.LOCATED
        )
    )


def _is_right(line: dict) -> bool:
    return "center_error_km" in line and line["center_error_km"] <= line["half_side_km"]


def _is_for_fitting(line: dict) -> bool:
    """Tells whether a try is for fitting: simulated photos, those of one camera, and every second of another.

    The other tries are held out.
    """
    name = line["photo"]
    return name == "simulated" or name.startswith("astropi_mk1") or name in EVEN_FRAMES


def _probability(line: dict) -> float:
    return confidence.probability(confidence.Evidence(**line["evidence"]))


def _fit(evidence: list[confidence.Evidence], right: list[bool]) -> np.ndarray:
    """Fits a logistic regression with weak regularisation, so that separable tries do not give infinite weights."""
    from scipy.optimize import minimize

    x = np.array([confidence.features(e) for e in evidence])
    y = np.array(right, float)

    def cost(weights: np.ndarray) -> float:
        z = x @ weights
        return float(np.sum(np.logaddexp(0, z) - y * z) + 0.0003 * np.sum(weights[1:] ** 2))

    return minimize(cost, np.zeros(x.shape[1]), method="BFGS").x


if __name__ == "__main__":
    main()
