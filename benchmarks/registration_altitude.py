"""Altitude of the camera from tie points and lens alone, on photos with known footprints.

    python benchmarks/registration_altitude.py [--data ../shared/data]

Registers the photos of truth.csv with a known lens at their true place. Then solves the camera again from the tie
points, without the prior on the altitude of the station. Photos tilted by more than 20 degrees are left out.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # before this folder, which has an engine.py

import numpy as np

from engine.evaluate import read_truth
from engine.imagery.raster import RasterSource
from engine.photo.read import read_photo
from engine.registration import prepare, solve
from engine.registration.confidence import LOCATED
from engine.registration.register import register

MOSAIC = "imagery/bluemarble_2004-08_z8_webmercator.tif"
STATION_KM = 418.0  # above the ellipsoid, in the years and at the latitudes of these photos; accurate to 2 %
NO_PRIOR_SD_KM = 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EARTHLOC_DATA", "../shared/data")))
    data = parser.parse_args().data
    if not (data / MOSAIC).is_file():
        print("skipped: needs photos and imagery (set EARTHLOC_DATA)")
        return
    with_prior, without_prior = [], []
    prior_sd_km = solve.ALTITUDE_SD_KM
    with RasterSource.open(data / MOSAIC) as imagery:
        for truth in read_truth(data / "photos" / "truth.csv"):
            photo = prepare.prepare(read_photo(truth.photo, prepare.PHOTO_PX), truth.nadir)
            if photo.lens_width_km is None:
                continue
            found = register(photo, prepare.find_place_features(imagery, *truth.center, photo.lens_width_km), imagery)
            if found is None or found.confidence <= LOCATED or found.evidence.tilt_deg > 20.0:
                continue
            sd_px = 2.0 * max(0.5, found.evidence.rms_px / 2**0.5)
            solve.ALTITUDE_SD_KM = NO_PRIOR_SD_KM
            free = solve.solve_camera(found.tie_points, found.camera, photo.prior, sd_px, robust=False)
            solve.ALTITUDE_SD_KM = prior_sd_km
            with_prior.append(found.evidence.altitude_km)
            without_prior.append(free.camera.nadir()[2])
            sd_km = float(np.sqrt(free.covariance[2, 2]))
            text = f"{with_prior[-1]:.0f} km; without the prior {without_prior[-1]:.0f} ± {sd_km:.0f}"
            print(f"{truth.photo.name}: {text}", flush=True)
    for name, altitudes_km in (("with the prior", with_prior), ("without the prior", without_prior)):
        error = np.abs(np.array(altitudes_km) / STATION_KM - 1.0)
        print(
            f"{name}: {min(altitudes_km):.0f} to {max(altitudes_km):.0f} km, median {np.median(altitudes_km):.0f}; "
            f"{(error < 0.05).sum()} of {len(error)} within 5 % of {STATION_KM:.0f} km"
        )


if __name__ == "__main__":
    main()
