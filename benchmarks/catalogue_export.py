"""Measures time and memory of each export of a catalogue, and of the comparison with NASA's footprints.

    python benchmarks/catalogue_export.py [--rows 100000] [--postgis CONNECTION]

The catalogue is made up: footprints of 32 points all over the Earth, in files of 5,000 rows. Each export is a process
of its own; memory is its highest.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from _setting import REPOSITORY, WORK

FOLDER = WORK / "export"
ROWS_A_FILE = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--postgis", metavar="CONNECTION", help="database to write to; its table is replaced")
    args = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    catalogue = FOLDER / "catalogue"
    catalogue.mkdir(parents=True)
    # In another process: the highest memory of a new one begins with that of its parent.
    maker = multiprocessing.get_context("spawn").Process(target=make, args=(catalogue, args.rows))
    maker.start()
    maker.join()
    print(f"catalogue of {args.rows:,} rows: {size_mb(catalogue):.0f} MB", flush=True)
    for kind, name in (
        ("geoparquet", "out.parquet"),
        ("geopackage", "out.gpkg"),
        ("nasa", "out.tsv"),
        ("stac", "stac"),
    ):
        out = FOLDER / name
        measure(kind, ["catalogue", "export", str(catalogue), "--to", kind, "--out", str(out)], out)
    compared = ["catalogue", "compare", str(catalogue), str(FOLDER / "out.tsv"), "--out", str(FOLDER / "compared")]
    measure("compare", compared, FOLDER / "compared")
    if args.postgis:
        for when in ("postgis, new table", "postgis, all rows replaced"):
            measure(when, ["catalogue", "export", str(catalogue), "--to", "postgis", "--out", args.postgis])


def make(catalogue: Path, count: int) -> None:
    """Writes the catalogue."""
    from engine.catalogue.parquet import write_parquet

    for first in range(0, count, ROWS_A_FILE):
        rows = [made_up(number) for number in range(first, min(first + ROWS_A_FILE, count))]
        write_parquet(catalogue / f"part-{first:09d}.parquet", rows)


def made_up(number: int) -> dict[str, Any]:
    """A row; every tenth photo has no place."""
    import numpy as np

    from engine import geo

    rng = np.random.default_rng(number)
    row: dict[str, Any] = {
        "photo": f"pass-{number // 200:05d}/ISS064-E-{number + 1}.jpg", "photo_id": f"ISS064-E-{number + 1}",
        "sha256": f"{number:064x}", "file_bytes": 4_000_000, "width_px": 5568, "height_px": 3712,
        "taken_at": f"2021-03-{1 + number % 28:02d}T10:{number // 60 % 60:02d}:{number % 60:02d}+00:00",
        "camera": "NIKON D5", "focal_length_mm": 50.0, "engine": "0.1.0", "status": "not_found", "geometry": None,
        "message": "Nothing fits.", "cloud_percent": round(float(rng.uniform(0, 100)), 1),
    }  # fmt: skip
    if number % 10 == 0:
        return row
    lat, lon = float(round(rng.uniform(-52, 52), 1)), float(rng.uniform(-180, 180))
    row.update(
        status="located", message="41 tie points, camera at 418 km.", confidence=0.9996, center_lat=lat, center_lon=lon,
        sd_km=0.4, nadir_lat=lat, nadir_lon=lon, camera_lat=lat, camera_lon=lon, camera_altitude_km=418.0,
        tilt_deg=24.6, azimuth_deg=351.2, inliers=41, rms_km=0.31, sun_azimuth_deg=140.2, sun_elevation_deg=38.7,
        imagery="mosaic.tif", imagery_attribution="NASA", geometry=geo.to_geojson(geo.square_ring(lat, lon, 300.0)),
    )  # fmt: skip
    for corner, (at, on) in enumerate(geo.square_corners(lat, lon, 300.0).tolist(), 1):
        row[f"lat{corner}"], row[f"lon{corner}"] = at, on
    return row


def measure(name: str, arguments: list[str], out: Path | None = None) -> None:
    """Runs the program and prints time, processor time, highest memory, size of what it wrote."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "engine", *arguments], stdout=subprocess.DEVNULL, cwd=REPOSITORY)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{name} failed")
    size = f", {size_mb(out):7.1f} MB" if out is not None else ""
    print(
        f"{name:28} {time.perf_counter() - started:6.1f} s, {used.ru_utime + used.ru_stime:6.1f} s of processor, "
        f"{used.ru_maxrss / 1024:5.0f} MB of memory{size}",
        flush=True,
    )


def size_mb(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


if __name__ == "__main__":
    main()
