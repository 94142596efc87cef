"""Registration apart from retrieval: photos against imagery of the right place, and of many wrong ones.

    python benchmarks/registration.py collect EVIDENCE.jsonl --data ../shared/data [--seconds 160] [--seed 0]
    python benchmarks/registration.py report EVIDENCE.jsonl

`collect` registers photos and adds a line for each try; it can be stopped and run again, with another seed for
other places. `report` prints what docs/registration.md quotes: located, wrong, IoU, centre error, seconds, a
reliability table, and the coefficients that engine/registration/confidence.py holds.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import math
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, which has an engine.py

from engine import geo
from engine.evaluate import Truth, read_truth
from engine.imagery import land
from engine.imagery.raster import RasterSource
from engine.photo.read import Photo, read_photo
from engine.registration import confidence, footprint, prepare, register

MOSAIC = "imagery/bluemarble_2004-08_z8_webmercator.tif"
POOL = 5  # wrong places whose imagery is read once for several photos
RENEWED = 0.05  # share of tries at which one of them gives way to a new one
EVEN_FRAMES = {f"astropi_hq_{number:03}.jpg" for number in range(0, 100, 2)}
FORCED = 0.06  # share of tries in which the early checks are left out, so that wrong places leave evidence too


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    collecting = commands.add_parser("collect")
    collecting.add_argument("evidence", type=Path)
    collecting.add_argument("--data", type=Path, default=Path("../shared/data"))
    collecting.add_argument("--seconds", type=float, default=160.0)
    collecting.add_argument("--seed", type=int, default=0)
    collecting.add_argument("--kinds", default="right,wrong,alike,negative,simulated")
    collecting.add_argument("--index", type=Path, help="regional index, for look-alikes")
    collecting.set_defaults(run=collect)
    reporting = commands.add_parser("report")
    reporting.add_argument("evidence", type=Path)
    reporting.set_defaults(run=report)
    arguments = parser.parse_args()
    arguments.run(arguments)


# -- collecting ---------------------------------------------------------------------------------------


def collect(arguments: argparse.Namespace) -> None:
    """Registers until the time is up, one random try after the other."""
    tries = Tries(arguments.data, np.random.default_rng(arguments.seed), arguments.index)
    end = time.monotonic() + arguments.seconds
    kinds = arguments.kinds.split(",")
    with arguments.evidence.open("a", encoding="utf-8") as out:
        while time.monotonic() < end:
            for kind in kinds:
                out.write(json.dumps({"kind": kind, "seed": arguments.seed, **getattr(tries, kind)()}) + "\n")
                out.flush()


class Tries:
    """Makes one try of each kind at a time."""

    def __init__(self, data: Path, rng: np.random.Generator, index: Path | None) -> None:
        self.rng = rng
        self.imagery = RasterSource.open(data / MOSAIC)
        self.truths = read_truth(data / "photos" / "truth.csv")
        self.negatives = sorted((data / "photos" / "negatives").glob("*.jpg"))
        self.prepared: dict[str, prepare.PreparedPhoto] = {}
        self.index = index
        self.places = prepare.Places()
        self.pool: list[tuple[float, float, float]] = []
        self.turn = int(rng.integers(1000))
        self.seen: set[tuple] = set()  # wrong pairs of photo and place, each of which is tried once

    def right(self) -> dict:
        """A photo of the truth table against imagery round its true place, a tile off to the side."""
        truth = self.truths[self.turn % len(self.truths)]
        self.turn += 1
        width_km = float(geo.side_lengths_km(truth.corners).mean())
        x, y = self.rng.normal(0, 0.15 * width_km, 2)
        lat, lon = geo.LocalFrame(*truth.center).to_lat_lon(x, y)
        place = float(lat), float(lon), width_km * self.rng.uniform(0.6, 1.2)
        return self._try(truth.photo.name, self._photo(truth.photo, truth.nadir), place, truth)

    def wrong(self) -> dict:
        """A photo of the truth table against imagery of some other land."""
        while True:
            truth = self.truths[self.rng.integers(len(self.truths))]
            place = self._elsewhere(truth.center)
            if self._is_new(truth.photo.name, place):
                return self._try(truth.photo.name, self._photo(truth.photo, truth.nadir), place, None)

    def negative(self) -> dict:
        """A photo that shows nothing that could be located, against imagery of some land."""
        while True:
            path = self.negatives[self.rng.integers(len(self.negatives))]
            place = self._elsewhere(None)
            if self._is_new(path.name, place):
                return self._try(path.name, self._photo(path, None), place, None)

    def alike(self) -> dict:
        """A photo against a wrong place that the retrieval proposed."""
        from engine.localize import Localizer, Query, models_of
        from engine.retrieval.index import RegionalIndex

        if not hasattr(self, "localizer"):
            indexes = [RegionalIndex.open(self.index)]
            self.localizer = Localizer(indexes, models_of(indexes))
            self.proposed: dict[str, list[dict]] = {}
        while True:
            truth = self.truths[self.rng.integers(len(self.truths))]
            if truth.photo.name not in self.proposed:
                query = Query(truth.photo, None, top_k=100, use_nadir=False, register=False)
                self.proposed[truth.photo.name] = self.localizer.localize(query)["candidates"]
            # Far enough that the imagery looked at shows nothing of the true place.
            reach = 2.2 * float(geo.side_lengths_km(truth.corners).max())
            far = [
                c
                for c in self.proposed[truth.photo.name]
                if float(geo.distance_km(*truth.center, *c["center"])) > reach
            ]
            if not far:
                continue
            chosen = far[self.rng.integers(len(far))]
            place = (*chosen["center"], chosen["width_km"])
            if self._is_new(truth.photo.name, self._looked_at(self._photo(truth.photo, truth.nadir), place)):
                return self._try(truth.photo.name, self._photo(truth.photo, truth.nadir), place, None)

    def simulated(self) -> dict:
        """A photo simulated from the same imagery, with clouds, against imagery round its place."""
        from training.places.camera import IssCamera
        from training.places.simulate import simulate_photo
        from training.places.weather import Weather

        while True:
            lat, lon, _ = self._new_place(None)
            camera = IssCamera(
                lat,
                lon,
                self.rng.uniform(405, 430),
                self.rng.uniform(0, 360),
                self.rng.uniform(0, 50),
                self.rng.uniform(-180, 180),
                self.rng.choice([24.0, 35.0, 50.0]),
            )
            shot = simulate_photo(self.imagery, camera, 1024, 680, self.rng, Weather.draw(self.rng))
            if np.isfinite(shot.corners).all() and shot.coverage > 0.9 and land.is_land(*shot.center):
                break
        nadir = (lat, lon) if self.rng.random() < 0.5 else None
        photo = Photo(
            Path("simulated"), 1024, 680, None, None, "NIKON D4", camera.focal_length_mm, 1, nadir, shot.pixels
        )
        truth = Truth(Path("simulated"), shot.corners, nadir)
        width_km = float(geo.side_lengths_km(truth.corners).mean())
        x, y = self.rng.normal(0, 0.15 * width_km, 2)
        near = geo.LocalFrame(*truth.center).to_lat_lon(x, y)
        place = float(near[0]), float(near[1]), width_km * self.rng.uniform(0.6, 1.2)
        return self._try("simulated", prepare.prepare(photo, nadir), place, truth)

    def _photo(self, path: Path, nadir: tuple[float, float] | None) -> prepare.PreparedPhoto:
        if path.name not in self.prepared:
            self.prepared[path.name] = prepare.prepare(read_photo(path, prepare.PHOTO_PX), nadir)
        return self.prepared[path.name]

    @staticmethod
    def _looked_at(photo: prepare.PreparedPhoto, place: tuple) -> tuple[float, float, float]:
        """As engine/registration/candidates.py has it: a lens that is known counts instead of the tile's width."""
        width_km = photo.lens_width_km or place[2]
        return (*prepare.on_grid(*place[:2], width_km), width_km)

    def _is_new(self, name: str, place: tuple) -> bool:
        """Whether this pair was not tried yet; from now on it was."""
        new = (name, place) not in self.seen
        self.seen.add((name, place))
        return new

    def _elsewhere(self, center: tuple[float, float] | None) -> tuple[float, float, float]:
        """A place on land, far from `center`, one of the pool that is renewed little by little."""
        if len(self.pool) >= POOL and self.rng.random() < RENEWED:
            self.pool.pop(int(self.rng.integers(POOL)))
        while len(self.pool) < POOL:
            self.pool.append(self._new_place(None))
        far = [p for p in self.pool if center is None or float(geo.distance_km(*center, *p[:2])) > 1500]
        return far[self.rng.integers(len(far))] if far else self._new_place(center)

    def _new_place(self, center: tuple[float, float] | None) -> tuple[float, float, float]:
        while True:
            lat = math.degrees(math.asin(self.rng.uniform(-0.85, 0.93)))
            lon = float(self.rng.uniform(-180, 180))
            if land.is_land(lat, lon) and (center is None or float(geo.distance_km(*center, lat, lon)) > 1500):
                return lat, lon, float(self.rng.choice([220.0, 313.0, 443.0, 626.0]))

    def _try(self, name: str, photo: prepare.PreparedPhoto, place: tuple, truth: Truth | None) -> dict:
        forced = bool(self.rng.random() < FORCED) and truth is None
        place = self._looked_at(photo, place)
        started, cpu = time.perf_counter(), time.process_time()
        surveyed = self.places.get(place, lambda: prepare.survey(self.imagery, *place))
        found = register.register(photo, surveyed, self.imagery, keep_any=forced)
        line: dict = {
            "photo": name,
            "place": [round(v, 4) for v in place],
            "forced": forced,
            "seconds": round(time.perf_counter() - started, 2),
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "evidence": None,
        }
        if found is None:
            return line
        line["evidence"] = dataclasses.asdict(found.evidence)
        if truth is not None:
            frame = geo.LocalFrame(*truth.center)
            true, ours = geo.polygon_in_frame(truth.corners, frame), geo.polygon_in_frame(found.ring, frame)
            center = footprint.center(found.camera, found.ring)
            line["center_error_km"] = round(float(geo.distance_km(*truth.center, *center)), 2)
            line["half_side_km"] = float(geo.side_lengths_km(truth.corners).min()) / 2
            line["iou"] = round(float(shapely.intersection(true, ours).area / shapely.union(true, ours).area), 4)
        return line


# -- reporting ----------------------------------------------------------------------------------------


def report(arguments: argparse.Namespace) -> None:
    """Prints the tables."""
    lines = [json.loads(line) for line in arguments.evidence.read_text(encoding="utf-8").splitlines()]
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
    held_out = [line for line in lines if line["evidence"] and not _is_for_fitting(line)]
    print("\nreliability on what was held out:\nprobability   tries  right  mean probability")
    edges = [0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 1.0]
    for low, high in itertools.pairwise(edges):
        inside = [line for line in held_out if low <= _probability(line) < high or (high == 1.0 == _probability(line))]
        if inside:
            rights = sum(_is_right(line) for line in inside)
            mean = np.mean([_probability(line) for line in inside])
            print(f"{low:.2f} to {high:.2f}  {len(inside):5}  {rights:5}  {mean:.3f}")
    fitting = [line for line in lines if line["evidence"] and _is_for_fitting(line)]
    weights = _fit([confidence.Evidence(**line["evidence"]) for line in fitting], [_is_right(line) for line in fitting])
    print(f"\nfitted on {len(fitting)} tries:", ", ".join(f"{w:.3f}" for w in weights))


def _is_right(line: dict) -> bool:
    return "center_error_km" in line and line["center_error_km"] <= line["half_side_km"]


def _is_for_fitting(line: dict) -> bool:
    """Simulated photos, those of one camera and every second of another; the rest is kept for checking."""
    name = line["photo"]
    return name == "simulated" or name.startswith("astropi_mk1") or name in EVEN_FRAMES


def _probability(line: dict) -> float:
    return confidence.probability(confidence.Evidence(**line["evidence"]))


def _fit(evidence: list[confidence.Evidence], right: list[bool]) -> np.ndarray:
    """Logistic regression with a weak pull to zero, so that separable tries do not end in certainty."""
    from scipy.optimize import minimize

    x = np.array([confidence.features(e) for e in evidence])
    y = np.array(right, float)

    def cost(weights: np.ndarray) -> float:
        z = x @ weights
        return float(np.sum(np.logaddexp(0, z) - y * z) + 0.0003 * np.sum(weights[1:] ** 2))

    return minimize(cost, np.zeros(x.shape[1]), method="BFGS").x


if __name__ == "__main__":
    main()
