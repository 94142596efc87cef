"""Profile of registration: seconds of each stage, at a wrong place and at the right place.

    python benchmarks/registration_time.py [--data ../shared/data] [--photos 3]

Reports processor seconds of one thread, as medians over photos of the truth table. The cost of the first line occurs
once per photo, that of the second once per place (places are cached for the next photos), and the others at each try.
Without data it is skipped.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("GDAL_CACHEMAX", "64")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, which has an engine.py

import cv2
import faiss
import numpy as np

from engine.evaluate import read_truth
from engine.imagery.raster import RasterSource
from engine.photo.read import read_photo
from engine.registration import prepare, refine, register

MOSAIC = "imagery/bluemarble_2004-08_z8_webmercator.tif"
TARGET_S = 1.5
# Stages by the function of register.py or refine.py that does the work.
STAGES = {
    "_guesses": "matches and affine guesses",
    "_camera_of_guess": "cameras of the guesses",
    "_improved": "agreement with a camera",
    "seen_by": "imagery as the camera sees it, and its features",
    "concluded": "final camera and its covariance",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("EARTHLOC_DATA", "../shared/data"))
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--photos", type=int, default=3)
    arguments = parser.parse_args()
    if not (arguments.data / MOSAIC).is_file():
        print("skipped: needs the imagery (set EARTHLOC_DATA)")
        return
    cv2.setNumThreads(1)
    faiss.omp_set_num_threads(1)
    spent: dict[str, list[float]] = defaultdict(list)
    for name, stage in STAGES.items():
        for module in (register, refine):
            if hasattr(module, name):
                setattr(module, name, timed(getattr(module, name), spent, stage))
    truths = read_truth(arguments.data / "photos" / "truth.csv")
    tries: dict[str, dict[str, list[float]]] = {"wrong": defaultdict(list), "right": defaultdict(list)}
    imagery = RasterSource.open(arguments.data / MOSAIC)
    for truth in truths[:: max(1, len(truths) // arguments.photos)][: arguments.photos]:
        started = time.process_time()
        photo = prepare.prepare(read_photo(truth.photo, prepare.PHOTO_PX), truth.nadir)
        photo.rotated  # noqa: B018 - computes the features
        photo_s = time.process_time() - started
        width_km = photo.lens_width_km or 443.0
        for kind, lat, lon in (("wrong", truth.center[0] + 8, truth.center[1] - 9), ("right", *truth.center)):
            started = time.process_time()
            place = prepare.find_place_features(imagery, lat, lon, width_km)
            place_s = time.process_time() - started
            spent.clear()
            started = time.process_time()
            register.register(photo, place, imagery)
            total = time.process_time() - started
            seconds = tries[kind]
            seconds["features of the small photo"].append(photo_s)
            seconds["imagery around the place and its features"].append(place_s)
            for stage in STAGES.values():
                seconds[stage].append(sum(spent[stage]))
            seconds["the rest"].append(total - sum(map(sum, spent.values())))
            seconds["one candidate, with its imagery"].append(total + place_s)
    print(f"{'seconds of CPU':50} wrong place  right place")
    for stage in tries["wrong"]:
        wrong, right = (float(np.median(tries[kind][stage])) for kind in ("wrong", "right"))
        print(f"{stage:50} {wrong:11.2f}  {right:11.2f}")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"target for a candidate: {TARGET_S} s; peak memory {peak_mb:.0f} MB")


def timed(function: Callable[..., Any], spent: dict[str, list[float]], stage: str) -> Callable[..., Any]:
    """Wraps a function to record its processor seconds."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        started = time.process_time()
        result = function(*args, **kwargs)
        spent[stage].append(time.process_time() - started)
        return result

    return wrapped


if __name__ == "__main__":
    main()
