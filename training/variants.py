"""What half precision and 8-bit arithmetic cost: packages of one network, and their recall on the same photos."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ModelError, UsageError
from engine.evaluate import read_truth
from engine.geo import normalise_lon
from engine.progress import Progress
from engine.retrieval.build import build_index
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage
from engine.retrieval.tiling import BBox
from training.evaluate_index import truth_outcomes
from training.export import MIN_COSINE
from training.metrics import recalls
from training.package import export_run

_MARGIN_DEG = 5.0


def compare_variants(
    run: Path,
    config_path: Path,
    data: Path,
    out: Path,
    truth_csv: Path,
    imagery: Path,
    tile_km: Sequence[float],
    bbox: BBox | None = None,
    progress: Progress | None = None,
) -> dict[str, dict[str, Any]]:
    """Exports a run as fp32, fp16 and int8 and measures each on a truth table, without nadir.

    Args:
        run, config_path, data: as `package.export_run`.
        out: gets a folder for each variant; must not exist, or be empty.
        truth_csv: photos with footprints.
        imagery: raster whose tiles are searched.
        tile_km: their widths.
        bbox: west, south, east, north of them; None for five degrees round the photos.

    Returns:
        {variant: {"bytes", "min_cosine", "recall", "recall_strict", "lost"}}, "lost" being strict recall less than
        fp32's in per cent of the photos, or {"error"} where a variant disagrees with torch too much to be a package.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(out, "exists already", "choose another folder, or delete it")
    progress = progress or Progress()
    region = bbox or around(truth_csv)
    found: dict[str, dict[str, Any]] = {}
    for variant in MIN_COSINE:
        try:
            exported = export_run(run, config_path, data, out / variant, variant, "0")
        except ModelError as error:
            found[variant] = {"error": str(error)}
            continue
        model = ModelPackage.open(out / variant)
        with tempfile.TemporaryDirectory() as folder:
            index = Path(folder) / "index"
            build_index(imagery, index, bbox=region, tile_km=tile_km, model=model, compact=True, progress=progress)
            outcomes = truth_outcomes(truth_csv, [RegionalIndex.open(index)], model, use_nadir=False, progress=progress)
        found[variant] = {
            "bytes": exported.size_bytes,
            "min_cosine": round(exported.min_cosine, 6),
            "recall": recalls([o.rank for o in outcomes]),
            "recall_strict": recalls([o.rank_strict for o in outcomes]),
        }
    full = found["fp32"]["recall_strict"]
    for row in found.values():
        if "error" not in row:
            row["lost"] = {k: round(full[k] - value, 1) for k, value in row["recall_strict"].items()}
    return found


def around(truth_csv: Path) -> BBox:
    """West, south, east, north: five degrees round all photos of a truth table."""
    corners = np.concatenate([truth.corners for truth in read_truth(truth_csv)])
    middle = float(np.median(corners[:, 1]))
    offset = normalise_lon(corners[:, 1] - middle)
    west, east = middle + offset.min() - _MARGIN_DEG, middle + offset.max() + _MARGIN_DEG
    south, north = corners[:, 0].min() - _MARGIN_DEG, corners[:, 0].max() + _MARGIN_DEG
    return float(normalise_lon(west)), max(-90.0, float(south)), float(normalise_lon(east)), min(90.0, float(north))
