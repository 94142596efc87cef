"""Registers a photo with one candidate after the other until one is beyond doubt, and says so in words."""

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
from engine.errors import CancelledError, EarthLocError
from engine.imagery.location import find_imagery
from engine.imagery.opening import open_imagery
from engine.imagery.server import may_be_server
from engine.imagery.source import ImagerySource
from engine.photo.read import PhotoInfo
from engine.progress import Progress
from engine.registration import footprint
from engine.registration.camera import Camera
from engine.registration.confidence import LOCATED
from engine.registration.neighbours import Memory, carried_over
from engine.registration.pose import in_full_pixels, pose_json, tie_points_json, view_json
from engine.registration.prepare import Place, PreparedPhoto, on_grid, survey
from engine.registration.refine import Registration
from engine.registration.register import register
from engine.voting.poses import Pose

Look = tuple[float, float, float]  # latitude, longitude (degrees), and the width (km) of what is looked for there

# A stated nadir further than this from the camera found is worth a word.
_NADIR_FAR_KM = 300.0
# Share of right candidates that registration does not find (docs/registration.md).
_MISSES = 0.15
_TILTED = 2.0


@dataclass(frozen=True, eq=False)
class Outcome:
    """What registration made of a photo's candidates.

    Attributes:
        best: the registration with the highest confidence, or None.
        row: index of its candidate; None when a neighbouring photo led there.
        inliers: tie points of each candidate; 0 where nothing fitted or it was not tried.
        tried: how many candidates were tried.
        imagery: what the best was registered with: its "source", "attribution" and "licence"; or None.
        hindered: indices of the candidates that could not be tried; none when one is beyond doubt.
        hindrance: why something could not be tried, as the end of a sentence, or None.
        neighbour: name of the neighbouring photo that led there.
    """

    best: Registration | None
    row: int | None
    inliers: tuple[int, ...]
    tried: int
    imagery: dict[str, str] | None = None
    hindered: tuple[int, ...] = ()
    hindrance: str | None = None
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
    """Tries the photo's neighbours and the candidates until one is located or `limit_s` seconds have passed.

    Args:
        prepared: the photo.
        photo: what is known of it.
        candidates: best first.
        imagery: what to register with, see `open_imagery`; by default that which each candidate's index was made from.
        limit_s: no candidate is begun after it, the first one always is; fetching tiles may take as long besides.
        memory: what earlier photos left; this one adds to it.
        work: progress (stage `register`, in candidates) and cancelling.
    """
    end = time.monotonic() + limit_s
    inliers = [0] * len(candidates)
    tried = 0
    best = Outcome(None, 0, (), 0)
    hindered: list[int] = []
    hindrance = None
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
        for lead in _leads(photo, prepared, candidates, imagery, memory):
            if (tried or hindrance) and time.monotonic() > end:
                break
            if lead.imagery is None:
                if lead.row is not None:
                    hindered.append(lead.row)
                    hindrance = hindrance or lead.hindrance
                continue
            try:
                source = source_at(lead.imagery)
                key = lead.imagery, prepared.extractor.sha256, *lead.look
                place = lead.place or memory.places.get(key, partial(survey, source, *lead.look, prepared.extractor))
                found = register(prepared, place, source, pose=lead.pose)
            except CancelledError:
                raise
            except EarthLocError as error:
                hindrance = hindrance or str(error)
                if lead.row is not None:
                    hindered.append(lead.row)
                continue
            if lead.row is not None:
                tried += 1
                progress.report("register", tried, len(candidates))
            if found is None:
                continue
            if lead.row is not None:
                inliers[lead.row] = found.evidence.inliers
            if best.best is None or found.confidence > best.best.confidence:
                best = Outcome(found, lead.row, (), 0, credited(source, lead.stated), neighbour=lead.neighbour)
            if found.confidence > LOCATED:
                memory.neighbours.remember(photo, prepared, found, lead.imagery, lead.stated)
                return replace(best, inliers=tuple(inliers), tried=tried)
    for neighbour in memory.neighbours.of(photo, prepared.extractor):
        progress.check()
        found = carried_over(prepared, neighbour)
        if found is not None and (best.best is None or found.confidence > best.best.confidence):
            best = Outcome(found, None, (), 0, neighbour=neighbour.name)
    return replace(best, inliers=tuple(inliers), tried=tried, hindered=tuple(hindered), hindrance=hindrance)


@dataclass(frozen=True, eq=False)
class _Lead:
    """A place to try.

    Attributes:
        look: where it is.
        imagery: what to check it with; None when it is not here.
        stated: what the index states of the imagery.
        row: of the candidate; None for a neighbouring photo.
        neighbour: name of that photo.
        place: features of the neighbouring photo itself.
        pose: that the photo's local features vote for there.
        hindrance: why the imagery is not here.
    """

    look: Look
    imagery: str | Path | None
    stated: dict[str, Any]
    row: int | None = None
    neighbour: str | None = None
    place: Place | None = None
    pose: Pose | None = None
    hindrance: str = ""


def _leads(
    photo: PhotoInfo,
    prepared: PreparedPhoto,
    candidates: Sequence[Candidate],
    imagery: str | Path | None,
    memory: Memory,
) -> Iterator[_Lead]:
    """What to try, in order: the photo's neighbours, the ground round the nearest of them, the candidates."""
    looked_at: set[tuple[Any, ...]] = set()
    neighbours = memory.neighbours.of(photo, prepared.extractor)
    for neighbour in neighbours:
        place = neighbour.place()
        path, stated = (imagery, {}) if imagery else (_unless_server(neighbour.imagery), neighbour.stated)
        yield _Lead((*neighbour.center, place.width_km), path, stated, neighbour=neighbour.name, place=place)
    for neighbour in neighbours[:1]:
        width_km = prepared.lens_width_km or neighbour.place().width_km
        look = (*on_grid(*neighbour.center, width_km), width_km)
        path, stated = (imagery, {}) if imagery else (_unless_server(neighbour.imagery), neighbour.stated)
        looked_at.add((path, *look))
        yield _Lead(look, path, stated, neighbour=neighbour.name)
    for row, look in new_places_first(candidates, prepared.lens_width_km):
        index = candidates[row].index
        stated = index.info["source"]
        name = str(stated.get("path") or "")
        path = imagery or find_imagery(index.path, name)
        hindrance = (
            f"the imagery of the index {index.name} ({name or 'not named'}) is not here; put it beside the index or "
            "name it as imagery."
        )
        pose = candidates[row].pose
        if pose is not None or (path, *look) not in looked_at:
            looked_at.add((path, *look))
            yield _Lead(look, path, {} if imagery else stated, row, pose=pose, hindrance=hindrance)


def _unless_server(imagery: str | Path | None) -> str | Path | None:
    """An earlier photo's imagery; None for a tile server, which is asked only for the photos it is named for."""
    return None if imagery is None or may_be_server(str(imagery)) else imagery


def credited(source: ImagerySource, stated: dict[str, Any]) -> dict[str, str]:
    """The imagery by name, with its attribution and licence: the file's own, or else what the index states."""
    return {
        "source": source.name,
        "attribution": source.attribution or str(stated.get("attribution") or ""),
        "licence": source.licence or str(stated.get("licence") or ""),
    }


def new_places_first(candidates: Sequence[Candidate], lens_km: float | None) -> list[tuple[int, Look]]:
    """Rows of the candidates in the order in which they are tried, each with what is looked at for it.

    By rank, but a tile whose ground the imagery round an earlier one has already shown (tiles overlap by half, and
    widths are half an octave apart) waits until all others had their turn.

    Args:
        candidates: best first.
        lens_km: ground that the photo's lens is known to show looking straight down, which then counts instead of
            a tile's width, unless that is far more: then the photo was tilted.
    """
    first: list[tuple[int, Look]] = []
    later: list[tuple[int, Look]] = []
    for row, candidate in enumerate(candidates):
        lat, lon, width_km = candidate.lat, candidate.lon, candidate.width_km
        if candidate.pose is not None:
            width_km = candidate.pose.width_km
        elif lens_km is not None and width_km < _TILTED * lens_km:
            width_km = lens_km
        seen = candidate.pose is None and any(_shows(look, lat, lon, width_km) for _, look in first)
        (later if seen else first).append((row, (*on_grid(lat, lon, width_km), width_km)))
    return first + later


def _shows(look: Look, lat: float, lon: float, width_km: float) -> bool:
    """Whether the surroundings of one place hold the middle of another at about its scale."""
    away_km = float(geo.distance_km(*look[:2], lat, lon))
    return away_km <= 0.5 * look[2] and 0.66 <= width_km / look[2] <= 1.51


def add_registration(answer: dict[str, Any], outcome: Outcome, photo: PhotoInfo) -> None:
    """Puts the outcome into a localization (docs/architecture.md) that holds what retrieval found."""
    for candidate, inliers in zip(answer["candidates"], outcome.inliers, strict=True):
        candidate["inliers"] = inliers
    best = outcome.best
    some_left = f" Not all candidates were checked: {outcome.hindrance}" if outcome.hindered else ""
    # What the first candidate is worth without a registration.
    left = answer["confidence"] if 0 in outcome.hindered else _after_looking_in_vain(answer["confidence"])
    if best is None or best.confidence < left:
        n = outcome.tried
        if not n and outcome.hindrance is not None:
            answer["message"] += f" Not checked: {outcome.hindrance}"
            return
        answer["confidence"] = left
        answer["message"] = (
            f"None of the {n} candidates tried fits the imagery; the best guess is the first. "
            "Compare it with a basemap, or try more candidates."
            if n > 1
            else "The candidate does not fit the imagery. Compare it with a basemap, or try more candidates."
        ) + some_left
        return
    pose = in_full_pixels(best.solution, best.tie_points, photo, answer["nadir"])
    answer.update(
        status="located" if best.confidence > LOCATED else "uncertain",
        confidence=min(round(best.confidence, 4), 0.9999),  # nothing here is certain
        **view_json(pose.camera, best.ring, photo),
        pose=pose_json(pose),
        tie_points=tie_points_json(pose, best.origin),
        imagery=outcome.imagery,
        inliers=len(best.tie_points),
        rms_km=round(best.rms_km, 3),
        message=_in_words(best, pose.camera, answer, outcome) + some_left,
    )


def _after_looking_in_vain(prior: float) -> float:
    """Bayes: how probable the first candidate still is when registration, which seldom misses, found nothing."""
    return round(prior * _MISSES / (prior * _MISSES + 1.0 - prior), 3)


def _in_words(found: Registration, camera: Camera, answer: dict[str, Any], outcome: Outcome) -> str:
    """Such as "41 tie points, camera at 418 km, 69 km from the nadir given"."""
    lat, lon, altitude_km = camera.nadir()
    parts = [f"{len(found.tie_points)} tie points", f"camera at {altitude_km:.0f} km"]
    if "altitude" not in found.solution.determined:
        parts[-1] += " (assumed rather than measured)"
    warning = ""
    if answer["nadir"] is not None:
        nadir_lat, nadir_lon = answer["nadir"]
        away_km = float(geo.distance_km(nadir_lat, nadir_lon, lat, lon))
        parts.append(f"{away_km:.0f} km from the nadir given")
        if away_km > _NADIR_FAR_KM:
            warning = " The nadir given seems to be wrong."
    if answer["candidates"]:
        by_way = f"found by way of the neighbouring photo {outcome.neighbour}"
        parts.append(by_way if outcome.row is None else f"candidate {outcome.row + 1}")
    if answer["corners"] is None and not np.isfinite(footprint.corners(found.camera)).all():
        parts.append("part of the photo shows no ground")
    sentence = ", ".join(parts) + "."
    if found.origin == "neighbour":
        sentence = "Carried over from a neighbouring photo, not confirmed by imagery: " + sentence
    if found.confidence <= LOCATED:
        sentence += " That is not enough to be sure: compare it with a basemap."
    return sentence + warning
