"""How a model finds photos with an index: real ones of a truth table, or simulated ones of held-out places."""

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
from training.metrics import RANKS, Outcome, cloud_percent, tilt_deg
from training.places.pairs import Imagery, Photo
from training.validation import embed_tiles, photo_vectors, simulated_outcome

NEAR_KM = 1000.0
# Clouds are looked for in a photo of this size.
_CLOUD_PX = 512
EVERYWHERE, UPRIGHT, NEAR = "everywhere", "everywhere, one rotation", "within 1,000 km of the nadir"


def truth_outcomes(
    truth_csv: Path,
    indexes: Sequence[RegionalIndex],
    model: ModelPackage,
    use_nadir: bool = True,
    radius_km: float = NEAR_KM,
    progress: Progress | None = None,
) -> list[Outcome]:
    """How each photo of a truth table is found, without registration; see `engine.evaluate`.

    Raises:
        EarthLocError: the table or one of its photos cannot be read, or the indexes are of another model.
    """
    progress = progress or Progress()
    localizer = Localizer(indexes, [model])
    outcomes = []
    truths = read_truth(truth_csv)
    for number, truth in enumerate(truths):
        progress.report("evaluate", number, len(truths), truth.photo.name)
        nadir = truth.nadir if use_nadir else None
        query = Query(truth.photo, nadir, radius_km, max(RANKS), use_nadir=nadir is not None, register=False)
        answer = localizer.localize(query, progress)
        if answer["status"] == "failed":
            raise InputError(truth.photo, answer["message"], "mend the truth table or the photo")
        rank, strict = first_right_ranks(truth, answer["candidates"])
        area = geo.polygon_in_frame(truth.corners, geo.LocalFrame(*truth.center)).area
        cloud = cloud_percent(read_photo(truth.photo, max_px=_CLOUD_PX).pixels)
        outcomes.append(Outcome(rank, strict, area**0.5, tilt_deg(truth.nadir, truth.center), cloud))
    return outcomes


def simulated_outcomes(
    photos: Sequence[Photo], tiles: Tiles, descriptors: NDArray[np.float32], model: ModelPackage, progress: Progress
) -> dict[str, list[Outcome]]:
    """How simulated photos are found among tiles (n,) with descriptors (n, dimension), strictly.

    Returns:
        Outcomes with four rotations everywhere, with one, and with four near the nadir.
    """
    vectors = photo_vectors(photos, model, len(ROTATIONS_DEG), progress)
    found: dict[str, list[Outcome]] = {EVERYWHERE: [], UPRIGHT: [], NEAR: []}
    for number, (photo, own) in enumerate(zip(photos, vectors, strict=True)):
        progress.report("search", number, len(photos))
        scores = descriptors @ own.T
        best = scores.max(axis=1)
        camera = photo.view.camera
        reach = geo.distance_km(camera.lat, camera.lon, tiles["lat"], tiles["lon"]) <= NEAR_KM
        for kind, ranked in ((EVERYWHERE, best), (UPRIGHT, scores[:, 0]), (NEAR, np.where(reach, best, -np.inf))):
            first = np.argsort(-ranked, kind="stable")[: max(RANKS)]
            found[kind].append(simulated_outcome(photo, tiles[first[np.isfinite(ranked[first])]]))
    return found


def compare_formats(
    imagery: Imagery, photos: Sequence[Photo], model: ModelPackage, progress: Progress
) -> tuple[dict[str, dict[str, list[Outcome]]], float]:
    """The same photos and tiles with descriptors in float32 and as a compact index keeps them.

    Returns:
        Outcomes by "float32" and "int8", and the least cosine between a tile's two descriptors.
    """
    numbers, descriptors = embed_tiles(imagery, model, progress)
    tiles = imagery.tiles[numbers]
    compact = to_float32(to_int8(descriptors))
    outcomes = {
        "float32": simulated_outcomes(photos, tiles, descriptors, model, progress),
        "int8": simulated_outcomes(photos, tiles, compact, model, progress),
    }
    return outcomes, float((compact * descriptors).sum(axis=1).min())
