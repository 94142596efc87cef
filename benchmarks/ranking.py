"""Ablation of the ranking of candidates: recall with all parts, and without each part.

    python benchmarks/ranking.py [--simulated 150] [--seed 501] [--imagery RASTER] [--codes] [--json]

Uses the real photos of EARTHLOC_DATA, and photos simulated of places that no model was trained on (needs the training
extra and the mosaic). Reports strict recall (docs/cli.md) at 1, 5, 10, 20 and 100, and the mean logarithm of the first
correct rank (200 if there is none among the first 100), worldwide and near the nadir, with the shipped world index.
Then compares, for photos with a nadir, the search radius: everywhere, to the horizon, or near the nadir, each with and
without the distance from the nadir in the ranking. With --codes the index is searched by short codes first, like an
index of 100,000 tiles.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
from _setting import REPOSITORY, WORK, setting

from engine import candidates
from engine.evaluate import RANKS, Truth, first_right_ranks, read_truth
from engine.localize import model_of
from engine.photo.read import read_photo
from engine.registration.prior import camera_prior
from engine.resources import included_indexes
from engine.retrieval import coarse
from engine.retrieval.index import RegionalIndex, file_sha256
from engine.retrieval.manifest import MANIFEST
from engine.retrieval.model import ModelPackage
from engine.retrieval.photo_views import PhotoViews, embed_views
from engine.retrieval.ranking import Expectation
from engine.retrieval.tiling import Circle
from engine.voting.feature_index import FACTS, FEATURE_CELLS, FEATURES

_MISSED_RANK = 200
_RADIUS_KM = 1000.0
_HORIZON_KM = 2300.0
_SIMULATED_PX = 480


@dataclasses.dataclass(frozen=True)
class Photo:
    truth: Truth
    views: PhotoViews
    field: float | None


Change = Callable[[PhotoViews, Expectation], tuple[PhotoViews, Expectation]]
VARIANTS: dict[str, Change] = {
    "all": lambda views, expected: (views, expected),
    "no rotations by 45 degrees": lambda views, expected: (
        dataclasses.replace(views, whole=np.delete(views.whole, slice(4, 8), axis=0)),
        expected,
    ),
    "no closer views": lambda views, expected: (dataclasses.replace(views, whole=views.whole[:8]), expected),
    "no further rotations and views": lambda views, expected: (
        dataclasses.replace(views, whole=views.whole[:4]),
        expected,
    ),
    "no quarters": lambda views, expected: (
        dataclasses.replace(views, quarters=np.zeros_like(views.quarters)),
        expected,
    ),
    "no width of the lens": lambda views, expected: (views, Expectation(expected.nadir, None)),
    "no distance from the nadir": lambda views, expected: (views, Expectation(None, expected.field)),
    "places not spread": lambda views, expected: (views, expected),
    "none of it": lambda views, _: (PhotoViews(views.whole[:4], np.zeros_like(views.quarters)), Expectation()),
}
_NOT_SPREAD = ("places not spread", "none of it")


def real_photos(truth_csv: Path, model: ModelPackage) -> list[Photo]:
    found = []
    for truth in read_truth(truth_csv):
        photo = read_photo(truth.photo, max_px=4 * model.input.size_px)
        height, width = photo.pixels.shape[:2]
        focal_px = camera_prior(photo, width, height, truth.nadir).focal_px
        field = min(height, width) / focal_px if focal_px else None
        found.append(Photo(truth, embed_views(model, photo.pixels), field))
    return found


def simulated_photos(imagery: Path, count: int, seed: int, model: ModelPackage) -> list[Photo]:
    """Simulates 3:2 photos of held-out places, rotated by a multiple of 90 degrees plus or minus up to 45 degrees."""
    from training.config import read_config
    from training.places.oblong import oblong_photos
    from training.places.pairs import Imagery

    config = read_config(Path("default.toml"))
    data = imagery.parent.parent
    scenes = Imagery(config.imagery, config.places, _SIMULATED_PX, config.views, data, WORK)
    rng = np.random.default_rng(seed)
    found = []
    for photo in itertools.islice(oblong_photos(scenes, rng, _SIMULATED_PX), count):
        pixels, corners, camera = photo
        height, width = pixels.shape[:2]
        truth = Truth(Path(f"simulated {len(found)}"), corners, (camera.lat, camera.lon))
        field = min(height, width) / max(height, width) * camera.sensor_width_mm / camera.focal_length_mm
        found.append(Photo(truth, embed_views(model, pixels), field))
    return found


def with_codes(index: RegionalIndex) -> RegionalIndex:
    """Copies a compact index and adds short codes."""
    folder = WORK / "with-codes"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(index.path, folder)
    coarse.write_codes(folder / coarse.CODES, np.asarray(index._stored))
    size = (folder / coarse.CODES).stat().st_size
    files = {**index.info["files"], coarse.CODES: {"sha256": file_sha256(folder / coarse.CODES), "bytes": size}}
    for name in (FEATURES, FEATURE_CELLS):
        files.pop(name, None)
    info = {key: value for key, value in index.info.items() if key != FACTS}  # without local features
    (folder / MANIFEST).write_text(json.dumps({**info, "files": files}), encoding="utf-8")
    return RegionalIndex.open(folder)


def measure(photos: list[Photo], index: RegionalIndex, use_nadir: bool) -> dict[str, dict]:
    """Measures each variant; near the nadir only with photos that have a nadir."""
    if use_nadir:
        photos = [photo for photo in photos if photo.truth.nadir is not None]
    return {
        name: measured(photos, index, name, _RADIUS_KM if use_nadir else None, use_nadir)
        for name in VARIANTS
        if use_nadir or name != "no distance from the nadir"
    }


def measure_reach(photos: list[Photo], index: RegionalIndex) -> dict[str, dict]:
    """Measures photos with a nadir for different search radii, with and without the distance from the nadir."""
    photos = [photo for photo in photos if photo.truth.nadir is not None]
    result = {}
    for reach, radius_km in (("everywhere", None), ("horizon", _HORIZON_KM), ("near", _RADIUS_KM)):
        for variant in ("no distance from the nadir", "all"):
            result[f"{reach}, {variant}"] = measured(photos, index, variant, radius_km, True)
    return result


def measured(photos: list[Photo], index: RegionalIndex, variant: str, radius_km: float | None, use_nadir: bool) -> dict:
    """{"recall_strict": [at RANKS], "log_rank", "ms"} of a variant; without a radius everywhere."""
    ranks, times = [], []
    for photo in photos:
        nadir = photo.truth.nadir if use_nadir else None
        views, expected = VARIANTS[variant](photo.views, Expectation(nadir, photo.field))
        circle = None if nadir is None or radius_km is None else Circle(*nadir, radius_km)
        start = time.perf_counter()
        with mock.patch.object(
            candidates,
            "distinct_places_first",
            _without_spreading if variant in _NOT_SPREAD else candidates.distinct_places_first,
        ):
            all_views = {index.info["model"]["sha256"]: views}
            found = candidates.find_candidates([index], all_views, None, max(RANKS), circle, expected)
        times.append(time.perf_counter() - start)
        ranks.append(first_right_ranks(photo.truth, [_candidate(rank, one) for rank, one in enumerate(found, 1)])[1])
    return {
        "recall_strict": [round(100 * sum(r is not None and r <= k for r in ranks) / len(ranks), 1) for k in RANKS],
        "log_rank": round(float(np.mean([math.log(r or _MISSED_RANK) for r in ranks])), 3),
        "ms": round(1000 * float(np.median(times)), 1),
    }


def _without_spreading(lat, lon, width_km, count):
    return np.arange(min(count, len(lat)))


def _candidate(rank: int, found: candidates.Candidate) -> dict:
    return {"rank": rank, "center": [found.lat, found.lon], "width_km": found.width_km}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulated", type=int, default=150)
    parser.add_argument("--seed", type=int, default=501)
    parser.add_argument("--imagery", type=Path)
    parser.add_argument("--codes", action="store_true", help="search by short codes first")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    index = RegionalIndex.open(included_indexes()[0])
    model = model_of(index)
    if args.codes:
        index = with_codes(index)
    sets: dict[str, list[Photo]] = {}
    if chosen.truth is not None and len(read_truth(chosen.truth)) >= 10:
        sets["real photos"] = real_photos(chosen.truth, model)
        if args.simulated:
            sets["simulated photos"] = simulated_photos(
                args.imagery or chosen.imagery, args.simulated, args.seed, model
            )
    if not sets:
        print("skipped: needs real photos and their mosaic (set EARTHLOC_DATA)")
        return
    report: dict[str, dict] = {}
    for name, photos in sets.items():
        for where, use_nadir in (("whole world", False), ("near the nadir", True)):
            report[f"{name}, {where}"] = measure(photos, index, use_nadir)
        report[f"{name}, with a nadir"] = measure_reach(photos, index)
    if args.json:
        print(json.dumps(report))
        return
    print(f"index {index.path.relative_to(REPOSITORY)}, {index.count} tiles")
    for name, variants in report.items():
        print(f"\n{name}: strict recall at {', '.join(map(str, RANKS))}; mean log rank; ms")
        for variant, found in variants.items():
            recall = "".join(f"{value:7.1f}" for value in found["recall_strict"])
            print(f"  {variant:38}{recall}{found['log_rank']:9.3f}{found['ms']:8.1f}")


if __name__ == "__main__":
    main()
