"""The camera's altitude as the tie points and the lens alone have it, on photos whose footprint is known.

    python benchmarks/registration_altitude.py [--data ../shared/data]

Registers the photos of truth.csv whose lens is known at their true place, then solves the camera once more from the
tie points without what is known of the station's altitude. Photos tilted by more than 20 degrees are left out.
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
STATION_KM = 418.0  # above the ellipsoid, in the years and at the latitudes of these photos; good to 2 %
ANY_KM = 1e6  # a standard deviation that says nothing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EARTHLOC_DATA", "../shared/data")))
    data = parser.parse_args().data
    if not (data / MOSAIC).is_file():
        print("skipped: photos and imagery are not at hand (EARTHLOC_DATA)")
        return
    as_used, alone = [], []
    known_sd_km = solve.ALTITUDE_SD_KM
    with RasterSource.open(data / MOSAIC) as imagery:
        for truth in read_truth(data / "photos" / "truth.csv"):
            photo = prepare.prepare(read_photo(truth.photo, prepare.PHOTO_PX), truth.nadir)
            if photo.lens_width_km is None:
                continue
            found = register(photo, prepare.find_place_features(imagery, *truth.center, photo.lens_width_km), imagery)
            if found is None or found.confidence <= LOCATED or found.evidence.tilt_deg > 20.0:
                continue
            sd_px = 2.0 * max(0.5, found.evidence.rms_px / 2**0.5)
            solve.ALTITUDE_SD_KM = ANY_KM
            free = solve.solve_camera(found.tie_points, found.camera, photo.prior, sd_px, robust=False)
            solve.ALTITUDE_SD_KM = known_sd_km
            as_used.append(found.evidence.altitude_km)
            alone.append(free.camera.nadir()[2])
            said = float(np.sqrt(free.covariance[2, 2]))
            text = f"{as_used[-1]:.0f} km; without the prior {alone[-1]:.0f} ± {said:.0f}"
            print(f"{truth.photo.name}: {text}", flush=True)
    for name, found_km in (("as used", as_used), ("without the prior", alone)):
        off = np.abs(np.array(found_km) / STATION_KM - 1.0)
        print(
            f"{name}: {min(found_km):.0f} to {max(found_km):.0f} km, median {np.median(found_km):.0f}; "
            f"{(off < 0.05).sum()} of {len(off)} within 5 % of {STATION_KM:.0f} km"
        )


if __name__ == "__main__":
    main()
