"""Registration without retrieval: photos with imagery of the right place, and of many wrong places.

    python benchmarks/registration.py [EVIDENCE.jsonl] [--data ../shared/data] [--seconds 160] [--seed 0]

Registers photos and appends a line per try to the file. It can be stopped and run again, with another seed for other
places. benchmarks/registration_report.py makes tables from the lines.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import sys
import time
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, which has an engine.py

from engine import geo
from engine.evaluate import Truth, read_truth
from engine.imagery import land
from engine.imagery.raster import RasterSource
from engine.photo.read import Photo, read_photo
from engine.registration import footprint, prepare, register

EVIDENCE, INDEX = Path("build/evidence.jsonl"), Path("resources/indexes/world")
MOSAIC = "imagery/bluemarble_2004-08_z8_webmercator.tif"
POOL_SIZE = 5  # wrong places whose imagery is read once for several photos
RENEWAL_SHARE = 0.05  # share of tries that replace one of these places
FORCED_SHARE = 0.06  # share of tries without the early checks, so that there is evidence of wrong places too


def main() -> None:
    """Runs random tries until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evidence", type=Path, nargs="?", default=EVIDENCE)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EARTHLOC_DATA", "../shared/data")))
    parser.add_argument("--seconds", type=float, default=160.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--kinds", default="right,wrong,alike,negative,simulated", help="one after the other; may be repeated"
    )
    parser.add_argument("--index", type=Path, default=INDEX, help="regional index, for the kind alike")
    arguments = parser.parse_args()
    if not (arguments.data / MOSAIC).is_file():
        print("skipped: needs photos and imagery (set EARTHLOC_DATA)")
        return
    arguments.evidence.parent.mkdir(parents=True, exist_ok=True)
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

    def __init__(self, data: Path, rng: np.random.Generator, index: Path) -> None:
        self.rng = rng
        self.imagery = RasterSource.open(data / MOSAIC)
        self.truths = read_truth(data / "photos" / "truth.csv")
        self.negatives = sorted((data / "photos" / "negatives").glob("*.jpg"))
        self.prepared: dict[str, prepare.PreparedPhoto] = {}
        self.index = index
        self.places = prepare.PlaceCache()
        self.pool: list[tuple[float, float, float]] = []
        self.next_truth = int(rng.integers(1000))
        self.tried: set[tuple] = set()  # wrong pairs of photo and place; each is tried once

    def right(self) -> dict:
        """Tries a photo of the truth table with imagery near its true place, off by a random distance."""
        truth = self.truths[self.next_truth % len(self.truths)]
        self.next_truth += 1
        width_km = float(geo.side_lengths_km(truth.corners).mean())
        x, y = self.rng.normal(0, 0.15 * width_km, 2)
        lat, lon = geo.LocalFrame(*truth.center).to_lat_lon(x, y)
        place = float(lat), float(lon), width_km * self.rng.uniform(0.6, 1.2)
        return self._try(truth.photo.name, self._photo(truth.photo, truth.nadir), place, truth)

    def wrong(self) -> dict:
        """Tries a photo of the truth table with imagery of another place on land."""
        while True:
            truth = self.truths[self.rng.integers(len(self.truths))]
            place = self._elsewhere(truth.center)
            if self._is_new(truth.photo.name, place):
                return self._try(truth.photo.name, self._photo(truth.photo, truth.nadir), place, None)

    def negative(self) -> dict:
        """Tries a photo that shows nothing locatable with imagery of a place on land."""
        while True:
            path = self.negatives[self.rng.integers(len(self.negatives))]
            place = self._elsewhere(None)
            if self._is_new(path.name, place):
                return self._try(path.name, self._photo(path, None), place, None)

    def alike(self) -> dict:
        """Tries a photo with a wrong place that the retrieval proposed."""
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
            # Far enough that the imagery shows nothing of the true place.
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
            if self._is_new(truth.photo.name, self._effective_place(self._photo(truth.photo, truth.nadir), place)):
                return self._try(truth.photo.name, self._photo(truth.photo, truth.nadir), place, None)

    def simulated(self) -> dict:
        """Tries a photo that is simulated from the same imagery, with clouds, with imagery near its place."""
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
    def _effective_place(photo: prepare.PreparedPhoto, place: tuple) -> tuple[float, float, float]:
        """As in engine/registration/candidates.py: a known lens determines the width instead of the tile."""
        width_km = photo.lens_width_km or place[2]
        return (*prepare.snap_to_grid(*place[:2], width_km), width_km)

    def _is_new(self, name: str, place: tuple) -> bool:
        """Tells whether this pair was not tried before, and records it as tried."""
        new = (name, place) not in self.tried
        self.tried.add((name, place))
        return new

    def _elsewhere(self, center: tuple[float, float] | None) -> tuple[float, float, float]:
        """Draws a place on land far from `center`, from a pool that is renewed gradually."""
        if len(self.pool) >= POOL_SIZE and self.rng.random() < RENEWAL_SHARE:
            self.pool.pop(int(self.rng.integers(POOL_SIZE)))
        while len(self.pool) < POOL_SIZE:
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
        forced = bool(self.rng.random() < FORCED_SHARE) and truth is None
        place = self._effective_place(photo, place)
        started, cpu = time.perf_counter(), time.process_time()
        surveyed = self.places.get(place, lambda: prepare.find_place_features(self.imagery, *place))
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


if __name__ == "__main__":
    main()
