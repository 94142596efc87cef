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
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from _setting import WORK, setting

from engine.localize import model_of
from engine.resources import included_indexes, resources_folder
from engine.retrieval.index import RegionalIndex
from engine.where import cells, prior
from engine.where.distribution import SEARCH_PERCENT
from engine.where.opening import open_estimator
from engine.where.recall import ALL, AreaRecall
from training.config import read_config
from training.places.pairs import Imagery
from training.plots import plot_area
from training.where.examples import SIMULATED_PX, Example, Examples

_CROP_SEED = 5
SIMULATED = "simulated"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulated", type=int, default=150)
    parser.add_argument("--seed", type=int, default=902)
    parser.add_argument("--package", type=Path, help="where package (default: the shipped one)")
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
    estimator = open_estimator(frozenset({model.photo_sha256}), args.package)
    examples = Examples([index], {model.sha256: model})
    tables = {name: data / name / "truth.csv" for name in ("photos", "passes")}
    sets: dict[str, Iterable[Example]] = {name: examples.real(table) for name, table in tables.items()}
    sets |= {f"crops of {name}": examples.crops(table, _CROP_SEED) for name, table in tables.items()}
    if args.simulated:
        config = read_config(Path("default.toml"))
        imagery = Imagery(config.imagery, config.places, SIMULATED_PX, config.views, data, WORK)
        sets[SIMULATED] = examples.simulated(imagery, args.simulated, args.seed)
    report, curves = {}, {}
    for name, photos in sets.items():
        area, places = AreaRecall(estimator), []
        for example in photos:
            places.append(example.place)
            area.add(example.evidence if args.nadir else example.evidence.without_nadir(), example.place)
        report[name] = area.summary()
        if name == SIMULATED:
            report[name]["as_photographed"] = _as_photographed(area.percent_at, places)
        curves[name] = area.areas_km2
        print(f"measured: {name}", file=sys.stderr)
        last = example
    report["ms"] = _milliseconds(estimator, last)
    report["bytes"] = sum(file.stat().st_size for file in (args.package or resources_folder() / "where").iterdir())
    if args.plot is not None:
        plot_area(curves, args.plot)
    if args.json:
        print(json.dumps(report))
        return 0
    _print(report, list(sets))
    return 0


def _as_photographed(percent_at: list[float], places: list[tuple[float, float]]) -> dict[str, float]:
    """The share inside the areas if the places were as frequent as those of real photos, and the effective number.

    Simulated photos show any land alike, and more of the sea and of the north than astronauts do.
    """
    lat, lon = np.array(places).T
    weight = prior.orbit_probability()[cells.cell_of(lat, lon)]
    inside = {
        str(percent): round(100 * float(np.average(np.array(percent_at) < percent, weights=weight)), 1)
        for percent in SEARCH_PERCENT
    }
    return {**inside, "effective_photos": round(float(weight.sum() ** 2 / (weight**2).sum()))}


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
        if "as_photographed" in report[name]:
            print(f"    as often as such places are photographed: {report[name]['as_photographed']}")
    print(f"ms: {report['ms']}; the where package has {report['bytes'] / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(main())
