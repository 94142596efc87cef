"""What a source is worth alone: area searched until photos are found (RvA), and log likelihood."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.photo_views import PhotoViews
from engine.where import prior
from engine.where.distribution import Distribution
from engine.where.evidence import Evidence
from training.where.descriptors import Described

LogDensity = Callable[[Evidence], NDArray[np.floating] | None]


@dataclass(frozen=True)
class Measured:
    """Figures of one source on one set of photos.

    Attributes:
        photos: number of them.
        median_km2, p90_km2: area searched until half, and 90 %, of the photos are found (recall against area).
        log_likelihood: mean natural logarithm of the probability of the photo's cell.
        in_90: share of the photos inside the area that should hold 90 %.
        ms: mean time of a photo.
    """

    photos: int
    median_km2: float
    p90_km2: float
    log_likelihood: float
    in_90: float
    ms: float


def evidence(photos: Described, number: int, model_sha256: str) -> Evidence:
    """The evidence of one described photo; it has no pixels."""
    views = PhotoViews(photos.views[number], np.empty((0, 0, 0), np.float32))
    month = int(photos.month[number])
    taken_at = f"2015-{month:02d}-15T12:00:00" if month else None
    return Evidence(np.zeros((1, 1, 3), np.uint8), {model_sha256: views}, taken_at=taken_at)


def measure(log_density: LogDensity, photos: Described, model_sha256: str) -> Measured:
    """Measures a source on photos with all views; where it says nothing it counts as even over land."""
    areas, likelihoods, inside = [], [], []
    taken_s = 0.0
    for number in range(len(photos)):
        start = time.perf_counter()
        values = log_density(evidence(photos, number, model_sha256))
        taken_s += time.perf_counter() - start
        lat, lon = (float(value) for value in photos.place[number, :2])
        distribution = Distribution.from_log(prior.land_log_density() if values is None else values)
        areas.append(distribution.area_until_km2(lat, lon))
        likelihoods.append(distribution.log_probability_at(lat, lon))
        inside.append(distribution.percent_at(lat, lon) <= 90.0)
    return Measured(
        len(photos),
        float(np.median(areas)),
        float(np.quantile(areas, 0.9)),
        float(np.mean(likelihoods)),
        float(np.mean(inside)),
        1000.0 * taken_s / max(len(photos), 1),
    )


def even_over_land(_: Evidence) -> NDArray[np.floating]:
    """The baseline: the same everywhere on land and near it."""
    return prior.land_log_density()


HEADER = "| source | photos | n | median km2 | 90 % km2 | log likelihood | inside its 90 % | ms |\n" + "|---" * 8 + "|"


def line(name: str, photos: str, measured: Measured) -> str:
    """The figures as a row of a Markdown table with HEADER."""
    return (
        f"| {name} | {photos} | {measured.photos} | {measured.median_km2:,.0f} | {measured.p90_km2:,.0f} | "
        f"{measured.log_likelihood:.2f} | {100 * measured.in_90:.0f} % | {measured.ms:.1f} |"
    )
