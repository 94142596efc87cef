"""Where a photo could be: recall against area and calibration, for each source, without each source, and together.

    python benchmarks/where.py [--simulated 150] [--seed 902] [--nadir] [--plot FILE.png] [--json]

Uses the where package, model and index that ship, the photos and passes of EARTHLOC_DATA, one crop of each of them, and
photos simulated of places that no model was trained on (needs the training extra and the 611 m mosaic). Prints the area
(km2) that is searched, most probable cells first, until 50 and 90 % of the photos are found; the share of the photos in
their areas of 50, 90 and 99 %; and the milliseconds of each source. By default no nadir is known.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from _setting import WORK, setting

from engine.localize import model_of
from engine.resources import included_indexes, resources_folder
from engine.retrieval.index import RegionalIndex
from engine.where.opening import open_estimator
from engine.where.recall import ALL, AreaRecall
from training.config import read_config
from training.places.pairs import Imagery
from training.where.examples import Example, Examples

_CROP_SEED = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulated", type=int, default=150)
    parser.add_argument("--seed", type=int, default=902)
    parser.add_argument("--nadir", action="store_true", help="the nadir is known")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="curves of recall against area")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    if chosen.truth is None:
        print("skipped: needs real photos (set EARTHLOC_DATA)")
        return 0
    data = chosen.truth.parent.parent
    index = RegionalIndex.open(next(folder for folder in included_indexes() if folder.name == "world"))
    model = model_of(index)
    estimator = open_estimator(frozenset({model.sha256}))
    examples = Examples([index], {model.sha256: model})
    tables = {name: data / name / "truth.csv" for name in ("photos", "passes")}
    sets: dict[str, Iterable[Example]] = {name: examples.real(table) for name, table in tables.items()}
    sets |= {f"crops of {name}": examples.crops(table, _CROP_SEED) for name, table in tables.items()}
    if args.simulated:
        config = read_config(Path("default.toml"))
        imagery = Imagery(config.imagery, config.places, 480, config.views, data, WORK)
        sets["simulated"] = examples.simulated(imagery, args.simulated, args.seed)
    report, curves = {}, {}
    for name, photos in sets.items():
        known = photos if args.nadir else _without_nadir(photos)
        area = AreaRecall(estimator)
        for example in known:
            area.add(example.evidence, example.place)
        report[name] = area.summary()
        curves[name] = area.areas_km2
        print(f"measured: {name}", file=sys.stderr)
        last = example
    report["ms"] = _milliseconds(estimator, last)
    report["bytes"] = sum(file.stat().st_size for file in (resources_folder() / "where").iterdir())
    if args.plot is not None:
        _plot(curves, args.plot)
    if args.json:
        print(json.dumps(report))
        return 0
    _print(report, list(sets))
    return 0


def _without_nadir(photos: Iterable[Example]) -> Iterator[Example]:
    for example in photos:
        yield dataclasses.replace(example, evidence=dataclasses.replace(example.evidence, nadir=None))


def _milliseconds(estimator, example: Example) -> dict[str, float]:
    """The fastest of five runs; sources that share a trunk share its time, which the first of them shows."""
    found = {}
    for expert in estimator.experts:
        times = []
        for _ in range(5):
            # A copy, so that a trunk does not know the photo.
            evidence = dataclasses.replace(example.evidence, pixels=example.evidence.pixels.copy())
            start = time.perf_counter()
            expert.source.log_density(evidence)
            times.append(1000 * (time.perf_counter() - start))
        found[expert.source.name] = round(min(times), 1)
    start = time.perf_counter()
    estimator.estimate(example.evidence).as_json()
    found[ALL] = round(1000 * (time.perf_counter() - start), 1)
    return found


def _print(report: dict, sets: list[str]) -> None:
    print(f"\n{'km2 until 50 / 90 % are found':34}" + "".join(f"{name:>26}" for name in sets))
    for row in report[sets[0]]["area_by_source"]:
        cells = [report[name]["area_by_source"][row] for name in sets]
        print(f"{row:34}" + "".join(f"{one['50']:>13,}{one['90']:>13,}" for one in cells))
    for name in sets:
        inside = ", ".join(f"{share} % in {percent} %" for percent, share in report[name]["area_calibration"].items())
        count = len(report[name]["area_curve"])
        print(f"{name}: {count} photos, {inside}; log probability {report[name]['mean_log_probability']}")
    print(f"ms: {report['ms']}; the where package has {report['bytes'] / 1e6:.1f} MB")


def _plot(curves: dict[str, dict[str, list[float]]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(curves), figsize=(4 * len(curves), 4), sharey=True, squeeze=False)
    for axis, (name, by_source) in zip(axes[0], curves.items(), strict=True):
        for source, areas in by_source.items():
            if "without" not in source:
                recall = 100 * np.arange(1, len(areas) + 1) / len(areas)
                axis.step(np.sort(areas), recall, where="post", label=source, linewidth=2.5 if source == ALL else 1)
        axis.set(xscale="log", xlabel="km² searched", title=name, xlim=(3e3, 5e8), ylim=(0, 100))
        axis.grid(alpha=0.3)
    axes[0][0].set_ylabel("photos found, %")
    axes[0][-1].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=80)


if __name__ == "__main__":
    sys.exit(main())
