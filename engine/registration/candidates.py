"""Registers a photo with one candidate after the other until one is certain, and describes the result in words."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from engine import geo
from engine.candidates import Candidate
from engine.contract import status
from engine.contract.localization import ImageryCredit, Localization
from engine.errors import CancelledError, EarthLocError
from engine.imagery.location import find_imagery
from engine.imagery.opening import open_imagery
from engine.imagery.server import may_be_server
from engine.imagery.source import ImagerySource
from engine.messages import Message, Text, message_of, put_message, sentences
from engine.orbit import NADIR_SD_KM
from engine.photo.read import PhotoInfo
from engine.progress import Progress
from engine.registration import footprint
from engine.registration.camera import Camera
from engine.registration.confidence import LOCATED
from engine.registration.neighbours import Memory, register_with_neighbour
from engine.registration.pose import in_full_pixels, pose_json, tie_points_json, view_json
from engine.registration.prepare import PlaceFeatures, PreparedPhoto, find_place_features, snap_to_grid
from engine.registration.refine import Registration
from engine.registration.register import register
from engine.voting.poses import Pose

Area = tuple[float, float, float]  # latitude, longitude (degrees), and the width (km) of the ground to look for there

# The message mentions a stated nadir that is further than this from the solved camera.
_NADIR_FAR_KM = 300.0
# Share of right candidates that registration does not find (docs/registration.md).
_MISS_RATE = 0.15
_TILTED = 2.0


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of registering a photo with its candidates.

    Attributes:
        best: the registration with the highest confidence, or None.
        row: index of its candidate; None when it was found through a neighbouring photo.
        inliers: tie points of each candidate; 0 where nothing fitted or it was not tried.
        tried: how many candidates were tried.
        imagery: the imagery of the best one: its "source", "attribution" and "licence"; or None.
        not_checked: indices of the candidates that could not be tried; empty when one is certain.
        not_checked_reason: why a candidate could not be tried, as the end of a sentence, or None.
        neighbour: name of the neighbouring photo through which it was found.
    """

    best: Registration | None
    row: int | None
    inliers: tuple[int, ...]
    tried: int
    imagery: ImageryCredit | None = None
    not_checked: tuple[int, ...] = ()
    not_checked_reason: Text | None = None
    neighbour: str | None = None


def register_candidates(
    prepared: PreparedPhoto,
    photo: PhotoInfo,
    candidates: Sequence[Candidate],
    imagery: str | Path | None,
    limit_s: float,
    memory: Memory,
    progress: Progress,
) -> Outcome:
    """Try the photo's neighbours and the candidates until one is located or `limit_s` seconds have passed.

    Args:
        prepared: the photo.
        photo: its metadata.
        candidates: best first.
        imagery: what to register with, see `open_imagery`; by default the imagery that each candidate's index was made
            from.
        limit_s: no candidate is started after this time, except the first one, which is always tried. Fetching tiles
            may take as long again.
        memory: what earlier photos of the run left; this photo is added to it.
        progress: reports stage `register`, in candidates; may be cancelled.
    """
    end = time.monotonic() + limit_s
    inliers = [0] * len(candidates)
    tried = 0
    best = Outcome(None, 0, (), 0)
    not_checked: list[int] = []
    not_checked_reason: Text | None = None
    with contextlib.ExitStack() as opened:
        sources: dict[str, ImagerySource | EarthLocError] = {}

        def source_at(spec: str | Path) -> ImagerySource:
            if str(spec) not in sources:
                try:
                    sources[str(spec)] = opened.enter_context(open_imagery(spec, progress, limit_s))
                except EarthLocError as error:  # not tried again for every candidate
                    sources[str(spec)] = error
            source = sources[str(spec)]
            if isinstance(source, EarthLocError):
                raise source
            return source

        progress.report("register", 0, len(candidates))
        for attempt in _attempts(photo, prepared, candidates, imagery, memory):
            if (tried or not_checked_reason) and time.monotonic() > end:
                break
            if attempt.imagery is None:
                if attempt.row is not None:
                    not_checked.append(attempt.row)
                    not_checked_reason = not_checked_reason or attempt.not_checked_reason
                continue
            try:
                source = source_at(attempt.imagery)
                key = attempt.imagery, prepared.extractor.sha256, *attempt.area
                place = attempt.place or memory.places.get(
                    key, partial(find_place_features, source, *attempt.area, prepared.extractor)
                )
                found = register(prepared, place, source, pose=attempt.pose)
            except CancelledError:
                raise
            except EarthLocError as error:
                not_checked_reason = not_checked_reason or error.text()
                if attempt.row is not None:
                    not_checked.append(attempt.row)
                continue
            if attempt.row is not None:
                tried += 1
                progress.report("register", tried, len(candidates))
            if found is None:
                continue
            if attempt.row is not None:
                inliers[attempt.row] = found.evidence.inliers
            if best.best is None or found.confidence > best.best.confidence:
                best = Outcome(
                    found, attempt.row, (), 0, imagery_credit(source, attempt.source_info), neighbour=attempt.neighbour
                )
            if found.confidence > LOCATED:
                memory.neighbours.remember(photo, prepared, found, attempt.imagery, attempt.source_info)
                return replace(best, inliers=tuple(inliers), tried=tried)
    for neighbour in memory.neighbours.of(photo, prepared.extractor):
        progress.check()
        found = register_with_neighbour(prepared, neighbour)
        if found is not None and (best.best is None or found.confidence > best.best.confidence):
            best = Outcome(found, None, (), 0, neighbour=neighbour.name)
    return replace(
        best, inliers=tuple(inliers), tried=tried, not_checked=tuple(not_checked), not_checked_reason=not_checked_reason
    )


@dataclass(frozen=True, eq=False)
class _Attempt:
    """A place to try.

    Attributes:
        area: where it is.
        imagery: what to register with; None when it is not on this computer.
        source_info: what the index states about the imagery.
        row: of the candidate; None for a neighbouring photo.
        neighbour: name of that photo.
        place: features of the neighbouring photo itself.
        pose: the pose there that the photo's local features voted for.
        not_checked_reason: why the imagery is not on this computer.
    """

    area: Area
    imagery: str | Path | None
    source_info: dict[str, Any]
    row: int | None = None
    neighbour: str | None = None
    place: PlaceFeatures | None = None
    pose: Pose | None = None
    not_checked_reason: Text = ""


def _attempts(
    photo: PhotoInfo,
    prepared: PreparedPhoto,
    candidates: Sequence[Candidate],
    imagery: str | Path | None,
    memory: Memory,
) -> Iterator[_Attempt]:
    """What to try, in order: the photo's neighbours, the ground around the nearest of them, the candidates."""
    tried_areas: set[tuple[Any, ...]] = set()
    neighbours = memory.neighbours.of(photo, prepared.extractor)
    for neighbour in neighbours:
        place = neighbour.place()
        path, source_info = (imagery, {}) if imagery else (_unless_server(neighbour.imagery), neighbour.source_info)
        yield _Attempt((*neighbour.center, place.width_km), path, source_info, neighbour=neighbour.name, place=place)
    for neighbour in neighbours[:1]:
        width_km = prepared.lens_width_km or neighbour.place().width_km
        area = (*snap_to_grid(*neighbour.center, width_km), width_km)
        path, source_info = (imagery, {}) if imagery else (_unless_server(neighbour.imagery), neighbour.source_info)
        tried_areas.add((path, *area))
        yield _Attempt(area, path, source_info, neighbour=neighbour.name)
    for row, area in new_places_first(candidates, prepared.lens_width_km):
        index = candidates[row].index
        source_info = index.info["source"]
        name = str(source_info.get("path") or "")
        path = imagery or find_imagery(index.path, name)
        not_checked_reason = (
            Message("imagery.missing", {"index": index.name, "imagery": name})
            if name
            else Message("imagery.unnamed", {"index": index.name})
        )
        pose = candidates[row].pose
        if pose is not None or (path, *area) not in tried_areas:
            tried_areas.add((path, *area))
            yield _Attempt(
                area, path, {} if imagery else source_info, row, pose=pose, not_checked_reason=not_checked_reason
            )


def _unless_server(imagery: str | Path | None) -> str | Path | None:
    """An earlier photo's imagery. None for a tile server: it is only queried for the photos that it was named for."""
    return None if imagery is None or may_be_server(str(imagery)) else imagery


def imagery_credit(source: ImagerySource, source_info: dict[str, Any]) -> ImageryCredit:
    """Name, attribution and licence of the imagery: the file's own, otherwise what the index states."""
    return {
        "source": source.name,
        "attribution": source.attribution or str(source_info.get("attribution") or ""),
        "licence": source.licence or str(source_info.get("licence") or ""),
    }


def new_places_first(candidates: Sequence[Candidate], lens_km: float | None) -> list[tuple[int, Area]]:
    """Rows of the candidates in the order in which to try them, each with the area to look at.

    The order is by rank, with one exception: a tile waits until all others were tried if its ground is already in the
    imagery around an earlier one (tiles overlap by half, and widths are half an octave apart).

    Args:
        candidates: best first.
        lens_km: ground width that the photo's lens shows when it looks straight down, if known. It replaces a tile's
            width unless the tile is far wider, which means that the photo was tilted.
    """
    first: list[tuple[int, Area]] = []
    later: list[tuple[int, Area]] = []
    for row, candidate in enumerate(candidates):
        lat, lon, width_km = candidate.lat, candidate.lon, candidate.width_km
        if candidate.pose is not None:
            width_km = candidate.pose.width_km
        elif lens_km is not None and width_km < _TILTED * lens_km:
            width_km = lens_km
        seen = candidate.pose is None and any(_covers(area, lat, lon, width_km) for _, area in first)
        (later if seen else first).append((row, (*snap_to_grid(lat, lon, width_km), width_km)))
    return first + later


def _covers(area: Area, lat: float, lon: float, width_km: float) -> bool:
    """Whether the surroundings of one place contain the middle of another at about the same scale."""
    away_km = float(geo.distance_km(*area[:2], lat, lon))
    return away_km <= 0.5 * area[2] and 0.66 <= width_km / area[2] <= 1.51


def add_registration(answer: Localization, outcome: Outcome, photo: PhotoInfo) -> None:
    """Add the outcome to a localization (docs/localization.md) that holds what retrieval found."""
    for candidate, inliers in zip(answer["candidates"], outcome.inliers, strict=True):
        candidate["inliers"] = inliers
    best = outcome.best
    unchecked_note = [Message("unchecked.some", {"reason": outcome.not_checked_reason})] if outcome.not_checked else []
    # The confidence of the first candidate if no registration is used.
    prior = answer["confidence"] or 0.0
    without_registration = prior if 0 in outcome.not_checked else _after_failed_registration(prior)
    if best is None or best.confidence < without_registration:
        n = outcome.tried
        if not n and outcome.not_checked_reason is not None:
            note = Message("unchecked", {"reason": outcome.not_checked_reason})
            put_message(answer, sentences(message_of(answer), note))
            return
        answer["confidence"] = without_registration
        misfit = Message("unfit.several", {"n": n}) if n > 1 else Message("unfit.one")
        put_message(answer, sentences(misfit, *unchecked_note))
        return
    nadir = answer["nadir"]
    given_nadir = (nadir[0], nadir[1]) if nadir is not None else None
    pose = in_full_pixels(best.solution, best.tie_points, photo, given_nadir, _nadir_sd_km(answer) or NADIR_SD_KM)
    message = _description(best, pose.camera, answer, outcome)
    view = view_json(pose.camera, best.ring, photo)
    answer["footprint"], answer["corners"] = view["footprint"], view["corners"]
    answer["center"], answer["camera"] = view["center"], view["camera"]
    answer["status"] = status.LOCATED if best.confidence > LOCATED else status.UNCERTAIN
    answer["confidence"] = min(round(best.confidence, 4), 0.9999)  # nothing here is certain
    answer["pose"] = pose_json(pose)
    answer["tie_points"] = tie_points_json(pose, best.origin)
    answer["imagery"] = outcome.imagery
    answer["inliers"] = len(best.tie_points)
    answer["rms_km"] = round(best.rms_km, 3)
    put_message(answer, sentences(*message, *unchecked_note))


def _after_failed_registration(prior: float) -> float:
    """Bayes: probability of the first candidate after registration, which rarely misses, has found nothing."""
    return round(prior * _MISS_RATE / (prior * _MISS_RATE + 1.0 - prior), 3)


def _nadir_sd_km(answer: Localization) -> float | None:
    """Standard deviation of a nadir that follows from time and orbit; None for any other."""
    return answer["orbit"]["sd_km"] if "orbit" in answer and answer["orbit"]["used"] else None


def _description(found: Registration, camera: Camera, answer: Localization, outcome: Outcome) -> list[Message]:
    """Such as "41 tie points, camera at 418 km, 69 km from the nadir given."; one or more sentences."""
    lat, lon, altitude_km = camera.nadir()
    measured = "altitude" in found.solution.determined
    parts = [
        Message("part.tie_points", {"n": len(found.tie_points)}),
        Message("part.camera" if measured else "part.camera_assumed", {"km": f"{altitude_km:.0f}"}),
    ]
    warning = []
    if answer["nadir"] is not None:
        nadir_lat, nadir_lon = answer["nadir"]
        away_km = float(geo.distance_km(nadir_lat, nadir_lon, lat, lon))
        sd_km = _nadir_sd_km(answer)
        parts.append(Message("part.nadir" if sd_km is None else "part.nadir_by_time", {"km": f"{away_km:.0f}"}))
        if away_km > max(_NADIR_FAR_KM, 3 * (sd_km or 0.0)):
            warning = [Message("registered.nadir_wrong" if sd_km is None else "registered.clock_wrong")]
    if answer["candidates"]:
        way = Message("part.neighbour", {"photo": str(outcome.neighbour)})
        parts.append(way if outcome.row is None else Message("part.candidate", {"rank": outcome.row + 1}))
    if answer["corners"] is None and not np.isfinite(footprint.corners(found.camera)).all():
        parts.append(Message("part.no_ground"))
    doubt = [Message("registered.not_sure")] if found.confidence <= LOCATED else []
    kind = "registered.carried_over" if found.origin == "neighbour" else "registered"
    return [Message(kind, {"parts": parts}), *doubt, *warning]
