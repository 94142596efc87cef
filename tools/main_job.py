"""The whole workflow of `make run`: imagery, index, photos, footprints, shapefile and map pictures.

    python tools/main_job.py [--photo FILE]

Locates real photos in real imagery if data are available (EARTHLOC_DATA, default ../shared/data). Otherwise simulates a
photo from the shipped world mosaic and locates it in the whole world. All results are in build/run; an index that was
built there is used again. QGIS runs without a window, with a separate profile.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BUILD = REPOSITORY / "build"
RUN = BUILD / "run"
PROFILE = BUILD / "profile"
PROJECT = RUN / "run.qgz"
RESULTS = RUN / "run_earthloc.gpkg"  # the panel expects the results of that project here
ENGINE = REPOSITORY / ".venv" / ("Scripts/earthloc.exe" if os.name == "nt" else "bin/earthloc")
EARTH_RADIUS_KM = 6371.0
SIMULATED_NADIR = (31.0, 32.0)
WEATHER = ("--cloud", "0.1", "--seed", "2")

# Debian 12 wraps `qgis_process` in a script that passes an unsupported option, so the program itself is called.
QGIS_PROCESS = shutil.which("qgis_process.bin") or "qgis_process"
WORLD = REPOSITORY / "resources" / "indexes" / "world"
MOSAIC = WORLD.parent / "bluemarble_2004-08_1223m.tif"


@dataclass(frozen=True)
class Setting:
    """Data of the workflow: imagery, region and tile widths of its index, photos, and their truth table.

    `bbox` is west, south, east, north in degrees. If `index` is given, it is searched and no index is built.
    """

    name: str
    imagery: Path
    bbox: tuple[float, float, float, float]
    tile_km: str
    photos: tuple[Path, ...]
    remark: str
    truth: Path | None = None
    index: Path | None = None


def main() -> int:
    """Runs the workflow. Returns 0 if its files were written, even if no photo was located."""
    arguments = argparse.ArgumentParser(description="Locates a photo, from imagery to map.")
    arguments.add_argument("--photo", type=Path, help="locate this photo instead")
    photo = arguments.parse_args().photo
    if photo is not None and not photo.is_file():
        print(f"{photo}: no such file. Give the path of a photo.", file=sys.stderr)
        return 2
    RUN.mkdir(parents=True, exist_ok=True)
    environment = prepare_qgis()
    setting = real_setting() or simulated_setting()
    if photo is not None:
        remark = f"{photo}, located in {setting.imagery.name}."
        setting = replace(setting, photos=(photo.resolve(),), remark=remark, truth=None)
    print(setting.remark)
    index = setting.index or build_index(setting, environment)
    pictures = []
    for old in (*RUN.glob(f"{RESULTS.name}*"), *RUN.glob("map-*.png")):
        old.unlink(missing_ok=True)
    done = process("localize", environment, PHOTOS=list(setting.photos), INDEX=index, OUTPUT=RESULTS)
    shapefile = RUN / "footprints.shp"
    exported = process("exportfootprints", environment, INPUT=RESULTS, OUTPUT=shapefile)
    for located in setting.photos:
        picture = RUN / f"map-{located.stem}.png"
        process(
            "mappicture",
            environment,
            INPUT=RESULTS,
            PHOTO=located.name,
            BASEMAP=setting.imagery,
            OUTPUT=picture,
        )
        pictures.append(picture)
    print_results(setting, done)
    print(f"Footprints in the shapefile: {exported['COUNT']:g}")
    print("\nFiles written:")
    for path in (RESULTS, shapefile, *pictures):
        print(f"  {path}")
    open_qgis(environment, setting, index)
    return 0


# --- data ------------------------------------------------------------------------------------------


def real_setting() -> Setting | None:
    """Returns the setting with real photos and imagery, or None if they are not available."""
    data = Path(os.environ.get("EARTHLOC_DATA", REPOSITORY.parent / "shared" / "data")).resolve()
    truth = data / "photos" / "truth.csv"
    imagery = data / "imagery" / "bluemarble_2004-08_z8_webmercator.tif"
    if not (truth.is_file() and imagery.is_file()):
        return None
    names = ("ISS042-E-104433.jpg", "astropi_hq_015.jpg", "astropi_hq_017.jpg")
    return Setting(
        name="near-east",
        imagery=imagery,
        bbox=(10.0, 25.0, 50.0, 48.0),
        tile_km="313,443,626",
        photos=tuple(data / "photos" / name for name in names),
        truth=truth,
        remark=f"Real photos from the ISS, located in NASA's Blue Marble ({data}).",
    )


def simulated_setting() -> Setting:
    """Returns the setting with the shipped world index and mosaic, and a photo simulated from that mosaic."""
    photo, truth = RUN / "simulated.jpg", RUN / "simulated.csv"
    if not photo.is_file() or not truth.is_file():
        lat, lon = SIMULATED_NADIR
        view = f"--lat {lat} --lon {lon} --tilt-deg 15 --azimuth-deg 90 --roll-deg 160 --focal-mm 20"
        RUN.mkdir(parents=True, exist_ok=True)  # the benchmarks call this function without main()
        command = [sys.executable, "-m", "training.places.simulate", *view.split(), *WEATHER]
        run([*command, "--imagery", str(MOSAIC), "--out", str(photo), "--truth", str(truth)])
    return Setting(
        name="mediterranean",
        imagery=MOSAIC,
        bbox=(-10.0, 30.0, 40.0, 55.0),
        tile_km="443,626,886",
        photos=(photo,),
        truth=truth,
        index=WORLD,
        remark=(
            "No real photos are available. This photo is SIMULATED: rendered from the same imagery that is searched,\n"
            "with a camera at the altitude of the station, with haze and clouds. It is searched in the whole world,\n"
            "without a nadir. It shows how the program works, not how well: the view is an easy one."
        ),
    )


# --- steps -----------------------------------------------------------------------------------------


def prepare_qgis() -> dict[str, str]:
    """Stages the plugin, enables it in a separate profile, and returns the environment for QGIS."""
    run([sys.executable, str(REPOSITORY / "tools" / "package.py"), "--stage"], quiet=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_"))}
    environment |= {
        "QGIS_PLUGINPATH": str(BUILD),
        "QGIS_CUSTOM_CONFIG_PATH": str(PROFILE),
        "EARTHLOC_ENGINE": str(ENGINE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    headless = {**environment, "QT_QPA_PLATFORM": "offscreen"}
    if not any(PROFILE.rglob("QGIS*.ini")):  # QGIS fails if the plugin is already enabled
        run([QGIS_PROCESS, "plugins", "enable", "earthloc_qgis"], headless, quiet=True)
    return environment


def build_index(setting: Setting, environment: dict[str, str]) -> Path:
    """Returns the index of the setting; builds it if it is missing, and resumes an interrupted build."""
    index = RUN / "indexes" / setting.name
    if (index / "index.json").is_file():
        print(f"Using the existing index: {index}")
        return index
    west, south, east, north = setting.bbox
    print(f"Building the index of {west:g} to {east:g} E, {south:g} to {north:g} N, at {setting.tile_km} km ...")
    index.parent.mkdir(exist_ok=True)
    process(
        "buildindex",
        environment,
        SOURCE=setting.imagery,
        EXTENT=f"{west},{east},{south},{north} [EPSG:4326]",
        TILE_KM=setting.tile_km,
        OUTPUT=index,
    )
    return index


def process(algorithm: str, environment: dict[str, str], **parameters: object) -> dict:
    """Runs an algorithm of EarthLoc in `qgis_process` and returns its results."""
    command = [QGIS_PROCESS, "--json", "run", f"earthloc:{algorithm}", "--"]
    for name, value in parameters.items():
        values = value if isinstance(value, list) else [value]
        command += [f"{name}={entry}" for entry in values]
    answer = run(command, {**environment, "QT_QPA_PLATFORM": "offscreen"}, quiet=True)
    return json.loads(answer[answer.index("{") :])["results"]


def run(command: list[str], environment: dict[str, str] | None = None, quiet: bool = False) -> str:
    """Runs a command in the repository and returns its output; exits if the command fails."""
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"{done.stdout}\n{done.stderr}\nFailed: {' '.join(command)}", file=sys.stderr)
        sys.exit(1)
    if not quiet:
        print(done.stdout.strip())
    return done.stdout


def print_results(setting: Setting, counts: dict) -> None:
    """Prints the result of each photo and, if the truth is known, whether it is right."""
    import sqlite3

    truths = read_truth(setting.truth)
    with sqlite3.connect(f"{RESULTS.as_uri()}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT photo, status, confidence, center_lat, center_lon FROM photos").fetchall()
    print(f"\n{counts['PHOTO_COUNT']:g} photo(s) processed:")
    for photo, status, confidence, lat, lon in rows:
        name = Path(photo).name
        if lat is None:
            print(f"  {name}: {status.replace('_', ' ')}")
            continue
        shown = "" if confidence is None else f", confidence {min(confidence, 0.99):.2f}{'+' * (confidence > 0.99)}"
        print(f"  {name}: {status}{shown}, centre {lat:.2f}, {lon:.2f}")
        if name in truths:
            print(f"    {verdict((lat, lon), truths[name])}")


def read_truth(path: Path | None) -> dict[str, list[tuple[float, float]]]:
    """Returns the four true corners (lat, lon) by photo name."""
    if path is None:
        return {}
    with path.open(newline="", encoding="utf-8") as table:
        return {
            Path(row["photo"]).name: [(float(row[f"lat{i}"]), float(row[f"lon{i}"])) for i in (1, 2, 3, 4)]
            for row in csv.DictReader(table)
        }


def verdict(center: tuple[float, float], corners: list[tuple[float, float]]) -> str:
    """Says whether a centre is right by the strict rule of docs/cli.md: within half the longer side of the true one."""
    true_center = tuple(sum(c[axis] for c in corners) / 4 for axis in (0, 1))
    error_km = distance_km(center, true_center)
    longer = max(distance_km(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
    word = "RIGHT" if error_km <= longer / 2 else "WRONG"
    return f"{word}: {error_km:.0f} km from the true centre {true_center[0]:.2f}, {true_center[1]:.2f}"


def distance_km(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Great-circle distance of two points (lat, lon) in km."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(h))


def open_qgis(environment: dict[str, str], setting: Setting, index: Path) -> None:
    """Opens QGIS with the plugin and the results, if there is a display."""
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if not has_display or not shutil.which("qgis"):
        print("\nWith a display, `make run` opens these files in QGIS.")
        return
    print("\nOpening QGIS.")
    environment = {
        **environment,
        "EARTHLOC_PROJECT": str(PROJECT),
        "EARTHLOC_BASEMAP": str(setting.imagery),
        "EARTHLOC_INDEX": str(index),
    }
    show = str(REPOSITORY / "tools" / "show_results.py")
    with (RUN / "qgis.log").open("wb") as log:
        subprocess.Popen(
            ["qgis", "--nologo", "--code", show], env=environment, start_new_session=True, stdout=log, stderr=log
        )


if __name__ == "__main__":
    sys.exit(main())
