"""Data for the benchmarks: real photos and imagery if they are available, otherwise simulated photos."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported, as in engine/cli.py
REPOSITORY = Path(__file__).resolve().parent.parent
WORK = REPOSITORY / "build" / "bench"
sys.path.insert(0, str(REPOSITORY))


@dataclass(frozen=True)
class Setting:
    """Imagery with the region and tile widths to index, photos, and their truth table, if there is one."""

    imagery: Path
    bbox: tuple[float, float, float, float]
    tile_km: tuple[float, ...]
    photos: list[Path]
    truth: Path | None
    remark: str


def setting() -> Setting:
    """Returns the real data of EARTHLOC_DATA (default ../shared/data), or the shipped mosaic and a simulated photo."""
    data = Path(os.environ.get("EARTHLOC_DATA", REPOSITORY.parent / "shared" / "data")).resolve()
    imagery = data / "imagery" / "bluemarble_2004-08_z8_webmercator.tif"
    truth = data / "photos" / "truth.csv"
    WORK.mkdir(parents=True, exist_ok=True)
    if imagery.is_file() and truth.is_file():
        photos = sorted((data / "photos").glob("*.jpg"))
        remark = f"{len(photos)} real photos, Blue Marble at 611 m"
        return Setting(imagery, (25.0, 20.0, 60.0, 45.0), (313.0, 443.0, 626.0), photos, truth, remark)
    from tools import main_job

    simulated = main_job.simulated_setting()
    remark = "simulated photo, Blue Marble at 1.2 km"
    widths = tuple(float(width) for width in simulated.tile_km.split(","))
    return Setting(simulated.imagery, simulated.bbox, widths, list(simulated.photos), simulated.truth, remark)


def index_of(chosen: Setting, name: str = "index") -> Path:
    """Returns the index of the setting; builds it if it is missing or was built with another model."""
    from engine.errors import EarthLocError
    from engine.retrieval.build import build_index
    from engine.retrieval.index import RegionalIndex
    from engine.retrieval.model import ModelPackage

    folder = WORK / name
    model = ModelPackage.open()
    try:
        if RegionalIndex.open(folder).info["model"]["sha256"] == model.sha256:
            return folder
    except EarthLocError:
        print(f"building {folder.relative_to(REPOSITORY)}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    build_index(chosen.imagery, folder, bbox=chosen.bbox, tile_km=chosen.tile_km, model=model, resume=True)
    return folder
