"""Where the time of registration goes: seconds for each stage, at a wrong place and at the right one.

    python benchmarks/registration_time.py [--data ../shared/data] [--photos 3]

Seconds of CPU of one thread, medians over photos of the truth table; the first line is paid once a photo, the
second once a place (places are kept for the next photos), the others at each try. Without data at hand it is skipped.
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
from engine.registration import prepare, register

MOSAIC = "imagery/bluemarble_2004-08_z8_webmercator.tif"
AIM_S = 1.5
# Stages by the function that is called for them.
STAGES = {
    "_guesses": "matches and affine guesses",
    "_camera_of_guess": "cameras of the guesses",
    "_improved": "agreement with a camera",
    "_seen_by": "imagery as the camera sees it, and its features",
    "_concluded": "final camera and its covariance",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("EARTHLOC_DATA", "../shared/data"))
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--photos", type=int, default=3)
    arguments = parser.parse_args()
    if not (arguments.data / MOSAIC).is_file():
        print("skipped: the imagery is not at hand (EARTHLOC_DATA)")
        return
    cv2.setNumThreads(1)
    faiss.omp_set_num_threads(1)
    spent: dict[str, list[float]] = defaultdict(list)
    for name, stage in STAGES.items():
        setattr(register, name, timed(getattr(register, name), spent, stage))
    truths = read_truth(arguments.data / "photos" / "truth.csv")
    tries: dict[str, dict[str, list[float]]] = {"wrong": defaultdict(list), "right": defaultdict(list)}
    imagery = RasterSource.open(arguments.data / MOSAIC)
    for truth in truths[:: max(1, len(truths) // arguments.photos)][: arguments.photos]:
        started = time.process_time()
        photo = prepare.prepare(read_photo(truth.photo, prepare.PHOTO_PX), truth.nadir)
        photo.rotated  # noqa: B018 - finds the features
        once = time.process_time() - started
        width_km = photo.lens_width_km or 443.0
        for kind, lat, lon in (("wrong", truth.center[0] + 8, truth.center[1] - 9), ("right", *truth.center)):
            started = time.process_time()
            place = prepare.find_place_features(imagery, lat, lon, width_km)
            surveyed = time.process_time() - started
            spent.clear()
            started = time.process_time()
            register.register(photo, place, imagery)
            total = time.process_time() - started
            seconds = tries[kind]
            seconds["features of the small photo"].append(once)
            seconds["imagery round the place and its features"].append(surveyed)
            for stage in STAGES.values():
                seconds[stage].append(sum(spent[stage]))
            seconds["the rest"].append(total - sum(map(sum, spent.values())))
            seconds["one candidate, with its imagery"].append(total + surveyed)
    print(f"{'seconds of CPU':50} wrong place  right place")
    for stage in tries["wrong"]:
        wrong, right = (float(np.median(tries[kind][stage])) for kind in ("wrong", "right"))
        print(f"{stage:50} {wrong:11.2f}  {right:11.2f}")
    print(
        f"aim for a candidate: {AIM_S} s; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB"
    )


def timed(function: Callable[..., Any], spent: dict[str, list[float]], stage: str) -> Callable[..., Any]:
    """The function, with its seconds noted."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        started = time.process_time()
        result = function(*args, **kwargs)
        spent[stage].append(time.process_time() - started)
        return result

    return wrapped


if __name__ == "__main__":
    main()
