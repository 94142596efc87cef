"""Retrieval worldwide and near the nadir: EarthLoc's method, tiles, votes of local features, and both.

    python benchmarks/world.py [--simulated 60] [--seed 501] [--locate] [--wrong 11] [--json]

Reports, with the shipped world index, strict recall (docs/cli.md) at 1, 5, 10, 20 and 100 and milliseconds per photo,
in the whole world and within 1,000 km of the nadir. Uses the photos and passes of EARTHLOC_DATA, and photos simulated
of places that no model was trained on (needs the training extra and the 611 m mosaic). "EarthLoc way" is the cosine
similarity of tiles alone, with the photo at four rotations. --locate also registers the photos with the shipped mosaic.
--wrong N also registers each photo at its N best poses that are 1,500 km or more from the true place, and photos that
show nothing at their N best poses. Exit code 1 means that a photo was located wrongly, or at a wrong place. Finally
reports memory and bytes on disk.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _setting import setting

from engine import geo
from engine.candidates import find_candidates
from engine.evaluate import RANKS, Truth, evaluate, read_truth
from engine.imagery.opening import open_imagery
from engine.localize import Localizer, model_of
from engine.photo.read import read_photo
from engine.registration.confidence import LOCATED
from engine.registration.prepare import find_place_features, prepare, snap_to_grid
from engine.registration.prior import camera_prior
from engine.registration.register import register
from engine.resources import included_indexes
from engine.retrieval.index import RegionalIndex
from engine.retrieval.photo_views import PhotoViews, embed_views
from engine.retrieval.ranking import Expectation
from engine.retrieval.search import shortlist
from engine.retrieval.tiling import Circle
from engine.voting.photo_features import PhotoFeatures, photo_features
from engine.voting.poses import find_poses

_RADIUS_KM = 1000.0
_AWAY_KM = 1500.0


@dataclasses.dataclass(frozen=True)
class Photo:
    truth: Truth
    views: PhotoViews
    features: PhotoFeatures
    field: float | None
    features_ms: float


Places = list[tuple[float, float]]  # lat, lon, best first


def prepared(truth: Truth, pixels, field, model) -> Photo:
    start = time.perf_counter()
    features = photo_features(pixels)
    ms = 1000 * (time.perf_counter() - start)
    return Photo(truth, embed_views(model, pixels), features, field, ms)


def real_photos(table: Path, model) -> list[Photo]:
    found = []
    for truth in read_truth(table):
        photo = read_photo(truth.photo, max_px=1024)
        height, width = photo.pixels.shape[:2]
        focal_px = camera_prior(photo, width, height, truth.nadir).focal_px
        found.append(prepared(truth, photo.pixels, min(height, width) / focal_px if focal_px else None, model))
    return found


def simulated_photos(imagery: Path, count: int, seed: int, model) -> list[Photo]:
    from _setting import WORK

    from training.config import read_config
    from training.places.oblong import oblong_photos
    from training.places.pairs import Imagery

    config = read_config(Path("default.toml"))
    scenes = Imagery(config.imagery, config.places, 512, config.views, imagery.parent.parent, WORK)
    found = []
    for pixels, corners, camera in oblong_photos(scenes, np.random.default_rng(seed)):
        height, width = pixels.shape[:2]
        truth = Truth(Path(f"simulated {len(found)}"), corners, (camera.lat, camera.lon))
        field = min(height, width) / max(height, width) * camera.sensor_width_mm / camera.focal_length_mm
        found.append(prepared(truth, pixels, field, model))
        if len(found) == count:
            break
    return found


def methods(index: RegionalIndex) -> dict[str, Callable[[Photo, Circle | None, Expectation], Places]]:
    sha256 = index.info["model"]["sha256"]

    def earthloc(photo, circle, _):
        found = shortlist(index, photo.views.whole[:4], max(RANKS), circle)
        return [(float(tile["lat"]), float(tile["lon"])) for tile in found.tiles]

    def tiles(photo, circle, expected):
        found = find_candidates([index], {sha256: photo.views}, None, max(RANKS), circle, expected)
        return [(one.lat, one.lon) for one in found]

    def votes(photo, circle, _):
        return [(pose.lat, pose.lon) for pose in find_poses(photo.features, index.features, max(RANKS), circle)]

    def both(photo, circle, expected):
        views = {sha256: photo.views}
        found = find_candidates([index], views, photo.features, max(RANKS), circle, expected)
        return [(one.lat, one.lon) for one in found]

    def both_no_lens(photo, circle, expected):
        return both(photo, circle, Expectation(expected.nadir, None))

    return {"EarthLoc way": earthloc, "tiles": tiles, "votes": votes, "both": both, "both, lens unknown": both_no_lens}


def measured(photos: list[Photo], method, near: bool) -> dict:
    ranks, times = [], []
    for photo in photos:
        truth = photo.truth
        if near and truth.nadir is None:
            continue
        circle = Circle(*truth.nadir, _RADIUS_KM) if near else None
        start = time.perf_counter()
        places = method(photo, circle, Expectation(truth.nadir if near else None, photo.field))
        times.append(1000 * (time.perf_counter() - start))
        reach_km = float(geo.side_lengths_km(truth.corners).max()) / 2
        distances = geo.distance_km(*np.array(places).reshape(-1, 2).T, *truth.center)
        ranks.append(next(iter(np.flatnonzero(distances <= reach_km) + 1), None))
    recall = [round(100 * sum(r is not None and r <= k for r in ranks) / len(ranks), 1) for k in RANKS]
    return {"photos": len(ranks), "recall_strict": recall, "ms": round(float(np.median(times)))}


def wrong_tries(index: RegionalIndex, data: Path, tables: list[Path], count: int) -> dict:
    """Registers photos at wrong places; returns the numbers of tries and registrations, and the highest confidence."""
    photos = [(truth.photo, truth.center) for table in tables for truth in read_truth(table)]
    photos += [(file, None) for file in sorted((data / "photos" / "negatives").iterdir())]
    tries, confidences = 0, []
    with open_imagery(index.path.parent / index.info["source"]["path"]) as imagery:
        for file, center in photos:
            photo = read_photo(file, max_px=1024)
            poses = find_poses(photo_features(photo.pixels), index.features, 400)
            wrong = [
                pose for pose in poses if center is None or geo.distance_km(pose.lat, pose.lon, *center) > _AWAY_KM
            ]
            prepared_photo = prepare(photo, None)
            for pose in wrong[:count]:
                tries += 1
                place = find_place_features(imagery, *snap_to_grid(pose.lat, pose.lon, pose.width_km), pose.width_km)
                found = register(prepared_photo, place, imagery, pose=pose)
                if found is not None:
                    confidences.append(round(found.confidence, 4))
    return {"tries": tries, "registered": len(confidences), "highest_confidence": max(confidences, default=None)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulated", type=int, default=60)
    parser.add_argument("--seed", type=int, default=501)
    parser.add_argument("--locate", action="store_true", help="also register the photos")
    parser.add_argument("--wrong", type=int, default=0, metavar="N", help="tries per photo at wrong places")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    data = chosen.truth.parent.parent if chosen.truth is not None else Path()
    tables = {name: data / name / "truth.csv" for name in ("photos", "passes")}
    if not any(table.is_file() for table in tables.values()):
        print("skipped: needs real photos (set EARTHLOC_DATA)")
        return 0
    start = time.perf_counter()
    index = RegionalIndex.open(next(folder for folder in included_indexes() if folder.name == "world"))
    opened_ms = 1000 * (time.perf_counter() - start)
    start = time.perf_counter()
    index.features.all.nearest(np.zeros((1, 128), np.float32), 1)
    read_ms = 1000 * (time.perf_counter() - start)
    model = model_of(index)
    sets = {name: real_photos(table, model) for name, table in tables.items() if table.is_file()}
    if args.simulated:
        sets["simulated"] = simulated_photos(chosen.imagery, args.simulated, args.seed, model)
    report: dict = {"opened_ms": round(opened_ms, 1), "features_read_ms": round(read_ms), "recall": {}, "located": {}}
    for name, photos in sets.items():
        for where, near in (("whole world", False), ("near the nadir", True)):
            if near and not any(photo.truth.nadir for photo in photos):
                continue
            found = {method: measured(photos, function, near) for method, function in methods(index).items()}
            print(f"measured: {name}, {where}", file=sys.stderr)
            report["recall"][f"{name}, {where}"] = found
        report["features_ms"] = round(float(np.median([photo.features_ms for photo in photos])))
    if args.locate:
        for name, table in tables.items():
            if table.is_file():
                report["located"][name] = evaluate(table, Localizer([index], [model]), use_nadir=False)
    if args.wrong:
        report["wrong"] = wrong_tries(index, data, [table for table in tables.values() if table.is_file()], args.wrong)
    report["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
    report["bytes"] = {"index": sum(entry["bytes"] for entry in index.info["files"].values())}
    report["bytes"]["mosaic"] = (index.path.parent / index.info["source"]["path"]).stat().st_size
    highest = report.get("wrong", {}).get("highest_confidence") or 0.0
    failed = highest >= LOCATED or any(found["wrong"] for found in report["located"].values())
    if args.json:
        print(json.dumps(report))
        return int(failed)
    print(f"index opened in {opened_ms:.0f} ms; its features read once in {read_ms:.0f} ms")
    print(f"features of a photo: {report['features_ms']} ms")
    for name, found in report["recall"].items():
        print(f"\n{name}: strict recall at {', '.join(map(str, RANKS))}; ms; photos")
        for method, metrics in found.items():
            recall = "".join(f"{value:7.1f}" for value in metrics["recall_strict"])
            print(f"  {method:20}{recall}{metrics['ms']:7d}{metrics['photos']:5d}")
    for name, found in report["located"].items():
        print(f"\n{name}, registered with the shipped mosaic: {json.dumps(found)}")
    if args.wrong:
        print(f"\nat wrong places: {json.dumps(report['wrong'])}")
    print(f"\npeak memory {report['peak_memory_mb']} MB; bytes {report['bytes']}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
