"""Recall lost by half precision and 8-bit quantisation: variants of one network, measured on the same photos."""

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
from training.evaluate_index import evaluate_truth
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
    """Exports a run as fp32, fp16 and int8, and measures each variant on a truth table, without the nadir.

    Args:
        run, config_path, data: as in `package.export_run`.
        out: folder that gets a subfolder for each variant; must not exist, or be empty.
        truth_csv: truth table: photos with footprints.
        imagery: raster whose tiles are searched.
        tile_km: widths of the tiles.
        bbox: west, south, east, north of the tiles; None for five degrees around the photos.
        progress: receives progress reports.

    Returns:
        {variant: {"bytes", "min_cosine", "recall", "recall_strict", "lost"}}. "lost" is the strict recall of fp32 minus
        that of the variant, in percentage points. A variant that differs too much from torch has only {"error"}.

    Raises:
        UsageError: `out` exists and is not an empty folder.
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
            results = evaluate_truth(truth_csv, [RegionalIndex.open(index)], model, use_nadir=False, progress=progress)
        found[variant] = {
            "bytes": exported.size_bytes,
            "min_cosine": round(exported.min_cosine, 6),
            "recall": recalls([result.rank for result in results]),
            "recall_strict": recalls([result.rank_strict for result in results]),
        }
    full = found["fp32"]["recall_strict"]
    for row in found.values():
        if "error" not in row:
            row["lost"] = {k: round(full[k] - value, 1) for k, value in row["recall_strict"].items()}
    return found


def around(truth_csv: Path) -> BBox:
    """Returns west, south, east, north of the area within five degrees of the photos of a truth table."""
    corners = np.concatenate([truth.corners for truth in read_truth(truth_csv)])
    middle = float(np.median(corners[:, 1]))
    offset = normalise_lon(corners[:, 1] - middle)
    west, east = middle + offset.min() - _MARGIN_DEG, middle + offset.max() + _MARGIN_DEG
    south, north = corners[:, 0].min() - _MARGIN_DEG, corners[:, 0].max() + _MARGIN_DEG
    return float(normalise_lon(west)), max(-90.0, float(south)), float(normalise_lon(east)), min(90.0, float(north))
