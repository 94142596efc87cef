"""Recall of a model with an index, on the real photos of a truth table or on simulated photos of held-out places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import geo
from engine.errors import InputError
from engine.evaluate import first_right_ranks, read_truth
from engine.localize import Localizer, Query
from engine.photo.read import read_photo
from engine.progress import Progress
from engine.retrieval.descriptors import to_float32, to_int8
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ROTATIONS_DEG, ModelPackage
from engine.retrieval.tiling import Tiles
from training.metrics import RANKS, PhotoResult, cloud_percent, tilt_deg
from training.places.pairs import Imagery, Photo
from training.validation import embed_tiles, photo_vectors, simulated_result

NEAR_KM = 1000.0
# Cloud cover is estimated on a photo of at most this size.
_CLOUD_PX = 512
EVERYWHERE, UPRIGHT, NEAR = "everywhere", "everywhere, one rotation", "within 1,000 km of the nadir"


def evaluate_truth(
    truth_csv: Path,
    indexes: Sequence[RegionalIndex],
    model: ModelPackage,
    use_nadir: bool = True,
    radius_km: float = NEAR_KM,
    progress: Progress | None = None,
) -> list[PhotoResult]:
    """Searches each photo of a truth table, without registration; see `engine.evaluate`.

    Raises:
        EarthLocError: the table or one of its photos cannot be read, or the indexes were built with another model.
    """
    progress = progress or Progress()
    localizer = Localizer(indexes, [model])
    results = []
    truths = read_truth(truth_csv)
    for number, truth in enumerate(truths):
        progress.report("evaluate", number, len(truths), truth.photo.name)
        nadir = truth.nadir if use_nadir else None
        query = Query(truth.photo, nadir, radius_km, max(RANKS), use_nadir=nadir is not None, register=False)
        answer = localizer.localize(query, progress)
        if answer["status"] == "failed":
            raise InputError(truth.photo, answer["message"], "correct the truth table, or replace the photo")
        rank, strict = first_right_ranks(truth, answer["candidates"])
        area = geo.polygon_in_frame(truth.corners, geo.LocalFrame(*truth.center)).area
        cloud = cloud_percent(read_photo(truth.photo, max_px=_CLOUD_PX).pixels)
        results.append(PhotoResult(rank, strict, area**0.5, tilt_deg(truth.nadir, truth.center), cloud))
    return results


def evaluate_simulated(
    photos: Sequence[Photo], tiles: Tiles, descriptors: NDArray[np.float32], model: ModelPackage, progress: Progress
) -> dict[str, list[PhotoResult]]:
    """Searches simulated photos among tiles (n,) with descriptors (n, dimension), by the strict rule.

    Returns:
        Results with four rotations everywhere, with one rotation everywhere, and with four rotations near the nadir.
    """
    vectors = photo_vectors(photos, model, len(ROTATIONS_DEG), progress)
    results: dict[str, list[PhotoResult]] = {EVERYWHERE: [], UPRIGHT: [], NEAR: []}
    for number, (photo, photo_descriptors) in enumerate(zip(photos, vectors, strict=True)):
        progress.report("search", number, len(photos))
        scores = descriptors @ photo_descriptors.T
        best = scores.max(axis=1)
        camera = photo.view.camera
        is_near = geo.distance_km(camera.lat, camera.lon, tiles["lat"], tiles["lon"]) <= NEAR_KM
        for kind, ranked in ((EVERYWHERE, best), (UPRIGHT, scores[:, 0]), (NEAR, np.where(is_near, best, -np.inf))):
            first = np.argsort(-ranked, kind="stable")[: max(RANKS)]
            results[kind].append(simulated_result(photo, tiles[first[np.isfinite(ranked[first])]]))
    return results


def compare_formats(
    imagery: Imagery, photos: Sequence[Photo], model: ModelPackage, progress: Progress
) -> tuple[dict[str, dict[str, list[PhotoResult]]], float]:
    """Searches the same photos and tiles with float32 descriptors and with those of a compact (8-bit) index.

    Returns:
        Results by "float32" and "int8", and the lowest cosine between the two descriptors of a tile.
    """
    numbers, descriptors = embed_tiles(imagery, model, progress)
    tiles = imagery.tiles[numbers]
    compact = to_float32(to_int8(descriptors))
    results = {
        "float32": evaluate_simulated(photos, tiles, descriptors, model, progress),
        "int8": evaluate_simulated(photos, tiles, compact, model, progress),
    }
    return results, float((compact * descriptors).sum(axis=1).min())
