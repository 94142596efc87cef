"""Compares the footprints of a catalogue with NASA's machine-made ones (`mlcoord`)."""

from __future__ import annotations

import heapq
import itertools
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.catalogue.agreement import Agreement, agreement
from engine.catalogue.checked_rows import CheckedRows
from engine.catalogue.columns import GEOMETRY, Row
from engine.catalogue.parquet import read_rows
from engine.catalogue.places import is_located
from engine.messages import Message
from engine.photo.photo_id import parse_photo_id
from engine.progress import Progress
from engine.records.footprints import StatedFootprint
from engine.records.record import Tally

_REPORT_EVERY = 500
IOU_EDGES = tuple(n / 10 for n in range(11))
KM_EDGES = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, float("inf"))
_PERCENTILES = (10, 50, 90)


@dataclass(frozen=True)
class Compared:
    """A photo of which both have a footprint."""

    row: Row
    ring: tuple[tuple[float, float], ...]
    agreement: Agreement
    differs: bool


@dataclass
class Group:
    """The agreement of the photos of one status."""

    iou: array[float] = field(default_factory=lambda: array("d"))
    distance_km: array[float] = field(default_factory=lambda: array("d"))
    corners_km: array[float] = field(default_factory=lambda: array("d"))
    area_ratio: array[float] = field(default_factory=lambda: array("d"))
    differ: int = 0

    def add(self, found: Agreement, differs: bool) -> None:
        """Takes a photo in."""
        self.iou.append(found.iou)
        self.distance_km.append(found.distance_km)
        self.area_ratio.append(found.area_ratio)
        if found.corners_km is not None:
            self.corners_km.append(found.corners_km)
        self.differ += differs

    def summary(self) -> dict[str, Any]:
        """Percentiles and histograms."""
        return {
            "compared": len(self.iou),
            "differ": self.differ,
            "iou": _percentiles(self.iou, 4),
            "distance_km": _percentiles(self.distance_km, 2),
            "corners_km": _percentiles(self.corners_km, 2),
            "area_ratio": _percentiles(self.area_ratio, 3),
            "iou_histogram": _histogram(self.iou, IOU_EDGES),
            "distance_km_histogram": _histogram(self.distance_km, KM_EDGES),
        }


class Comparison:
    """The comparison; iterate over it once, then ask for its summary.

    Args:
        catalogue: its folder or file.
        footprints: of NASA, in any number: only those of the catalogue's photos are kept. Of several of one photo the
            last counts, as in a table that only grows.
        tally: of what is wrong with NASA's entries; it is added to.
        iou_below: photos whose footprints overlap less than this differ.
        statuses: only photos of these; empty for all.
        most: how many of the photos that differ are kept as `worst`.
        progress: of the job.
    """

    def __init__(
        self,
        catalogue: Path,
        footprints: Iterable[StatedFootprint],
        tally: Tally,
        iou_below: float,
        statuses: Sequence[str],
        most: int,
        progress: Progress,
    ) -> None:
        self._catalogue = catalogue
        self._footprints = footprints
        self._tally = tally
        self._iou_below = iou_below
        self._statuses = statuses
        self._most = most
        self._progress = progress
        self._groups: dict[str, Group] = {}
        self._counts: Counter[str] = Counter()
        self._worst: list[tuple[tuple[Any, ...], Compared]] = []
        self._order = itertools.count(0, -1)

    def __iter__(self) -> Iterator[Compared]:
        """The photos of which both have a footprint.

        Raises:
            InputError: the catalogue cannot be read, or a footprint in it is damaged.
        """
        nasa = self._of_our_photos()
        for row in CheckedRows(self._catalogue, self._statuses, self._progress):
            self._counts["photos"] += 1
            compared = self._compare(row, nasa)
            if compared is not None:
                yield compared

    @property
    def worst(self) -> list[Compared]:
        """The photos that differ: believed places first, then by how little they agree."""
        return [compared for _, compared in sorted(self._worst, key=lambda kept: kept[0], reverse=True)]

    def summary(self) -> dict[str, Any]:
        """What was found, as JSON."""
        names = ("nasa_footprints", "photos", "without_id", "only_ours", "only_nasa", "neither", "compared", "differ")
        return {
            "iou_below": self._iou_below,
            **{name: self._counts[name] for name in names},
            "nasa_unusable": {str(one.reason): one.count for one in self._tally.complaints()},
            "by_status": {status: group.summary() for status, group in sorted(self._groups.items())},
        }

    def _of_our_photos(self) -> dict[str, tuple[tuple[float, float], ...]]:
        ours = {_id_of(row) for row in read_rows(self._catalogue, ["photo", "photo_id"])}
        found: dict[str, tuple[tuple[float, float], ...]] = {}
        for photo_id, ring, _ in self._footprints:
            self._counts["nasa_footprints"] += 1
            if self._counts["nasa_footprints"] % _REPORT_EVERY == 0:
                self._progress.report("footprints of NASA", self._counts["nasa_footprints"], 0)
            if photo_id in ours:
                found[photo_id] = ring
        return found

    def _compare(self, row: Row, nasa: dict[str, tuple[tuple[float, float], ...]]) -> Compared | None:
        photo_id = _id_of(row)
        ring = None if photo_id is None else nasa.get(photo_id)
        if photo_id is None:
            self._counts["without_id"] += 1
        if ring is None or row[GEOMETRY] is None:
            placed = row[GEOMETRY] is not None
            self._counts["only_ours" if placed else "neither" if ring is None else "only_nasa"] += 1
            return None
        found = agreement(row, ring)
        if found is None:
            self._tally.drop(Message("record.crossed"), str(photo_id))
            self._counts["only_ours"] += 1
            return None
        compared = Compared(row, ring, found, found.iou < self._iou_below)
        self._groups.setdefault(row["status"], Group()).add(found, compared.differs)
        self._counts["compared"] += 1
        if compared.differs:
            self._counts["differ"] += 1
            self._keep(compared)
        return compared

    def _keep(self, compared: Compared) -> None:
        # The last part decides between equals, and keeps rows from being compared.
        key = (is_located(compared.row), -compared.agreement.iou, compared.agreement.distance_km, next(self._order))
        if len(self._worst) < self._most:
            heapq.heappush(self._worst, (key, compared))
        elif self._worst and key > self._worst[0][0]:
            heapq.heapreplace(self._worst, (key, compared))


def _id_of(row: Row) -> str | None:
    return parse_photo_id(row["photo_id"]) if row.get("photo_id") else parse_photo_id(row["photo"])


def _percentiles(values: array[float], decimals: int) -> dict[str, float] | None:
    if not values:
        return None
    found = np.percentile(np.asarray(values), _PERCENTILES)
    return {f"p{percent}": round(float(value), decimals) for percent, value in zip(_PERCENTILES, found, strict=True)}


def _histogram(values: array[float], edges: Sequence[float]) -> list[dict[str, Any]]:
    counts, _ = np.histogram(np.asarray(values), bins=np.asarray(edges))
    return [
        {"from": low, "to": high if high != float("inf") else None, "photos": int(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
