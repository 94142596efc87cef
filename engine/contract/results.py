"""The results file: its tables, their columns, and what fills each column.

A GeoPackage that the engine writes and the plugin writes reviews into. To add a column, add it here, raise SCHEMA, and
say in docs/results-schema.md what it holds: files of older versions get the column when they are next written to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .localization import Candidate, Localization
from .review import ReviewDecision
from .status import UNREVIEWED

SCHEMA = 5  # kept in the table earthloc_schema


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: of the column.
        sql: SQLite type with constraints.
        value: gives its value from what fills the table; None when something else fills it.
        short: name in a shapefile, at most ten characters; "" for the same name.
    """

    name: str
    sql: str
    value: Callable[[Any], Any] | None = None
    short: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: of the table.
        geometry: the GeoPackage's type of the column `geom`, "" for a table without one.
        description: for people who look into the file.
        columns: in their order, without `fid` and `geom`.
        since: the version of the file that has it first.
    """

    name: str
    geometry: str
    description: str
    columns: tuple[Column, ...]
    since: int = 1

    def values(self, of: Any) -> dict[str, Any]:
        """The values of the columns that can be had from `of`, which is what the table's functions below expect."""
        return {column.name: column.value(of) for column in self.columns if column.value is not None}


@dataclass(frozen=True)
class Found:
    """What `photos` and `footprints` are filled from.

    Attributes:
        localization: the answer.
        candidate: the candidate that the footprint is from; empty for none.
        info: the photo's `photo/info`; empty when the photo cannot be read.
    """

    localization: Localization
    candidate: Mapping[str, Any] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def camera(self) -> Mapping[str, Any]:
        """Empty for none."""
        return self.localization["camera"] or {}

    @property
    def model(self) -> Mapping[str, Any]:
        """Empty for none."""
        return self.localization["model"] or {}

    @property
    def imagery(self) -> Mapping[str, Any]:
        """Empty for none."""
        return self.localization["imagery"] or {}

    @property
    def by_pass(self) -> Mapping[str, Any]:
        """Empty for none."""
        return self.localization.get("by_pass") or {}

    def pair(self, name: str) -> list[float | None]:
        """`nadir` or `center`: [lat, lon]."""
        found: list[float | None] | None = self.localization[name]  # type: ignore[literal-required]
        return found or [None, None]

    def corner(self, number: int) -> list[float | None]:
        """[lat, lon] of corner 1 to 4."""
        corners: Any = self.localization["corners"]
        found: list[float | None] = corners[number - 1] if corners else [None, None]
        return found


def _same(name: str, sql: str) -> Column:
    """A column filled from the key of the same name."""
    return Column(name, sql, lambda of: of.get(name))


def _answer(name: str, sql: str) -> Column:
    """A column of `photos` or `footprints` filled from the localization's field of the same name."""
    return Column(name, sql, lambda found: found.localization[name])


def _corner(number: int) -> tuple[Column, Column]:
    return (
        Column(f"lat{number}", "REAL", lambda found: found.corner(number)[0]),
        Column(f"lon{number}", "REAL", lambda found: found.corner(number)[1]),
    )


_PHOTO = (Column("photo", "TEXT"), Column("photo_id", "TEXT"))

PHOTOS = Table(
    "photos",
    "POINT",
    "Photos that were looked at; the point is the nadir, where known",
    (
        Column("photo", "TEXT NOT NULL UNIQUE"),
        Column("photo_id", "TEXT"),
        _answer("status", "TEXT"),
        _answer("confidence", "REAL"),
        _answer("message", "TEXT"),
        Column("taken_at", "TEXT", lambda found: found.info.get("taken_at")),
        Column("nadir_lat", "REAL", lambda found: found.pair("nadir")[0]),
        Column("nadir_lon", "REAL", lambda found: found.pair("nadir")[1]),
        Column("center_lat", "REAL", lambda found: found.pair("center")[0]),
        Column("center_lon", "REAL", lambda found: found.pair("center")[1]),
        Column("located_at", "TEXT"),
        Column("localization", "TEXT", lambda found: json.dumps(found.localization, allow_nan=False)),
    ),
)

FOOTPRINTS = Table(
    "footprints",
    "MULTIPOLYGON",
    "Predicted footprints of the photos",
    (
        *_PHOTO,
        _answer("status", "TEXT"),
        _answer("confidence", "REAL"),
        Column("center_lat", "REAL", lambda found: found.pair("center")[0]),
        Column("center_lon", "REAL", lambda found: found.pair("center")[1]),
        *_corner(1),
        *_corner(2),
        *_corner(3),
        *_corner(4),
        Column("nadir_distance_km", "REAL", lambda found: found.candidate.get("nadir_distance_km"), "nadir_km"),
        Column("rotation_deg", "INTEGER", lambda found: found.candidate.get("rotation_deg"), "rotat_deg"),
        Column("width_km", "REAL", lambda found: found.candidate.get("width_km")),
        _answer("inliers", "INTEGER"),
        _answer("rms_km", "REAL"),
        Column("camera_altitude_km", "REAL", lambda found: found.camera.get("altitude_km"), "cam_alt_km"),
        Column("tilt_deg", "REAL", lambda found: found.camera.get("tilt_deg")),
        Column("azimuth_deg", "REAL", lambda found: found.camera.get("azimuth_deg"), "azim_deg"),
        Column(
            "focal_length_mm",
            "REAL",
            lambda found: found.camera.get("focal_length_mm", found.info.get("focal_length_mm")),
            "focal_mm",
        ),
        Column("index_name", "TEXT", lambda found: found.candidate.get("index")),
        Column("tile", "TEXT", lambda found: found.candidate.get("tile")),
        Column("model", "TEXT", lambda found: found.model.get("name")),
        Column("model_sha256", "TEXT", lambda found: found.model.get("sha256"), "model_sha"),
        _answer("engine", "TEXT"),
        Column("located_at", "TEXT"),
        _answer("message", "TEXT"),
        Column("review", f"TEXT NOT NULL DEFAULT '{UNREVIEWED}'"),
        Column("reviewer", "TEXT"),
        Column("reviewed_at", "TEXT", short="reviewd_at"),
        Column("note", "TEXT"),
        Column("imagery", "TEXT", lambda found: found.imagery.get("source")),
        Column("imagery_attribution", "TEXT", lambda found: found.imagery.get("attribution"), "img_credit"),
        Column("ellipse_major_km", "REAL", lambda found: found.by_pass.get("ellipse_major_km"), "ell_maj_km"),
        Column("ellipse_minor_km", "REAL", lambda found: found.by_pass.get("ellipse_minor_km"), "ell_min_km"),
        Column("ellipse_azimuth_deg", "REAL", lambda found: found.by_pass.get("ellipse_azimuth_deg"), "ell_az_deg"),
    ),
)

CANDIDATES = Table(
    "candidates",
    "MULTIPOLYGON",
    "Ranked places that the photos may show",
    (
        *_PHOTO,
        _same("rank", "INTEGER"),
        _same("score", "REAL"),
        _same("rotation_deg", "INTEGER"),
        Column("center_lat", "REAL", lambda candidate: candidate["center"][0]),
        Column("center_lon", "REAL", lambda candidate: candidate["center"][1]),
        _same("width_km", "REAL"),
        _same("nadir_distance_km", "REAL"),
        Column("index_name", "TEXT", lambda candidate: candidate["index"]),
        _same("tile", "TEXT"),
        _same("inliers", "INTEGER"),
        _same("found_by", "TEXT"),
        _same("z", "REAL"),
    ),
)

TIE_POINTS = Table(
    "tie_points",
    "POINT",
    "Spots found both in the photos and on the ground",
    (
        *_PHOTO,
        _same("x_px", "REAL"),
        _same("y_px", "REAL"),
        _same("lat", "REAL"),
        _same("lon", "REAL"),
        _same("residual_px", "REAL"),
        _same("residual_km", "REAL"),
        _same("origin", "TEXT"),
    ),
    since=2,
)

SEARCH_AREAS = Table(
    "search_areas",
    "MULTIPOLYGON",
    "Smallest areas that hold the photos with 50, 90 and 99 %: places to search, not locations",
    (
        *_PHOTO,
        _same("percent", "INTEGER"),
        _same("area_km2", "REAL"),
    ),
    since=4,
)


def _of_localization(part: str, name: str) -> Callable[[ReviewDecision], Any]:
    """A value of `model` or `imagery` of the localization that was decided on."""

    def value(decision: ReviewDecision) -> Any:
        found: Mapping[str, Any] = decision.localization or {}
        return (found.get(part) or {}).get(name)

    return value


def _of_candidate(name: str) -> Callable[[ReviewDecision], Any]:
    def value(decision: ReviewDecision) -> Any:
        candidate: Mapping[str, Any] = decision.candidate or {}
        return candidate.get(name)

    return value


REVIEWS = Table(
    "reviews",
    "",
    "What reviewers decided, one row a decision",
    (
        Column("photo", "TEXT NOT NULL"),
        Column("photo_id", "TEXT"),
        Column("decision", "TEXT", lambda decision: decision.decision),
        Column("reviewer", "TEXT", lambda decision: decision.reviewer),
        Column("reviewed_at", "TEXT", lambda decision: decision.reviewed_at),
        Column("note", "TEXT", lambda decision: decision.note),
        Column("candidate_rank", "INTEGER", _of_candidate("rank")),
        Column("index_name", "TEXT", _of_candidate("index")),
        Column("tile", "TEXT", _of_candidate("tile")),
        Column("model", "TEXT", _of_localization("model", "name")),
        Column("model_sha256", "TEXT", _of_localization("model", "sha256")),
        Column("imagery", "TEXT", _of_localization("imagery", "source")),
        Column("engine", "TEXT", lambda decision: (decision.localization or {}).get("engine")),
        Column(
            "localization",
            "TEXT",
            lambda decision: json.dumps(decision.localization) if decision.localization else None,
        ),
    ),
    since=2,
)

# Shown on maps, in the order of creation.
LAYERS: tuple[Table, ...] = (PHOTOS, FOOTPRINTS, CANDIDATES, TIE_POINTS, SEARCH_AREAS)
TABLES: tuple[Table, ...] = (*LAYERS, REVIEWS)


def best_candidate(localization: Localization) -> Mapping[str, Any]:
    """The candidate that the footprint is from: the first of those with the most inliers; empty without candidates."""
    candidates: list[Candidate] = localization["candidates"]
    return max(candidates, key=lambda candidate: candidate["inliers"]) if candidates else {}
