"""Finds where a photo was taken: photo -> retrieval -> registration -> localization, top to bottom.

Retrieval proposes places; registration decides whether one of them is right. Without
registration the footprint is the best tile's, and the status is never better than `uncertain`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.answer import Clock, candidate_json, describe, failed, rounded, why_nothing, without_place
from engine.candidates import BOTH, TILES, VOTES, Candidate, Found, probability_of_first, rank, search
from engine.contract.localization import Localization
from engine.contract.parameters import RADIUS_KM
from engine.contract.status import CHANCE, FAILED, LOCATED, NOT_FOUND, UNCERTAIN, Status
from engine.errors import IndexDamagedError, InputError
from engine.features import FeatureExtractor
from engine.imagery.location import find_imagery
from engine.messages import Message, Text, message_of, put_message, sentences
from engine.orbit import ALTITUDE_KM
from engine.orbit.hint import Nadir, OrbitHint, nadir_of
from engine.photo.hints import NO_HINTS, Hints
from engine.photo.no_ground import why_no_ground
from engine.photo.read import Photo, PhotoInfo, read_photo, read_photo_info
from engine.progress import Progress
from engine.proposals import LANGUAGE_MODEL, more_candidates
from engine.registration.candidates import add_registration, register_candidates
from engine.registration.neighbours import Memory
from engine.registration.prepare import PHOTO_PX, ROOT_SIFT, prepare
from engine.registration.prior import camera_prior
from engine.registration.saved_neighbours import add_saved_neighbours
from engine.retrieval.index import RegionalIndex
from engine.retrieval.manifest import MODEL_CARD
from engine.retrieval.model import ModelPackage, find_package
from engine.retrieval.photo_views import embed_views
from engine.retrieval.ranking import Expectation
from engine.retrieval.tiling import Circle
from engine.voting.photo_features import PhotoFeatures, photo_features
from engine.where.estimator import Estimate, Estimator, left_out
from engine.where.evidence import Evidence
from engine.where.language_model import LanguageModel, LanguageModelError, propose
from engine.where.opening import open_estimator

# A photo is read at this many times the input size of the network: enough pixels to average, quick to decode.
_READ_SCALE = 4


@dataclass(frozen=True)
class Query:
    """A photo to locate.

    Attributes:
        photo: path.
        nadir: (lat, lon) under the station, if known; otherwise that of the photo's EXIF.
        radius_km: search within this distance of the nadir; without any nadir everywhere.
        top_k: how many candidates to return.
        area: search in this circle instead of the one round the nadir.
        use_nadir: False searches everywhere even when a nadir is known.
        search: which candidates to search for, one of `contract.parameters.SEARCHED`: "tiles" by cosine similarity,
            "votes" of local features, or "both".
        register: False leaves out registration.
        imagery: to register with, instead of the imagery of the indexes; see `open_imagery`.
        register_s: no further candidate is registered after this many seconds.
        extractor: feature extractor of the registration.
        where: also say where a photo could have been taken that is not located, and register the most probable places
            that the search did not find.
        language_model: on the user's own computer, also asked for places to register; None asks nobody.
        orbit: gives the nadir from the photo's time where none is stated, or where it contradicts the stated one.
        results: a results file; its located photos help photos that were taken just before and after them.
        hints: of a catalogue, for what the photo's tags do not say.
    """

    photo: Path
    nadir: tuple[float, float] | None = None
    radius_km: float = 1000.0
    top_k: int = 10
    area: Circle | None = None
    use_nadir: bool = True
    search: str = BOTH
    register: bool = True
    imagery: str | Path | None = None
    register_s: float = 10.0
    extractor: FeatureExtractor = ROOT_SIFT
    where: bool = False
    language_model: LanguageModel | None = None
    results: Path | None = None
    orbit: OrbitHint | None = None
    hints: Hints = NO_HINTS


@dataclass(frozen=True, eq=False)
class _Searched:
    """What the search of a photo gave."""

    features: PhotoFeatures | None
    expected: Expectation
    found: Found
    evidence: Evidence


class Localizer:
    """Locates photos over one or more regional indexes, made with one model or several.

    Args:
        indexes: to search.
        models: of the indexes, in any order.
        memory: features of earlier photos, which help later ones; pass it from one localizer to the next.
        where_package: folder of the sources that tell where a photo could be; None for the included ones.
    """

    def __init__(
        self,
        indexes: Sequence[RegionalIndex],
        models: Sequence[ModelPackage],
        memory: Memory | None = None,
        where_package: Path | None = None,
    ) -> None:
        self.indexes = list(indexes)
        self.models = {model.sha256: model for model in models}
        self.memory = memory or Memory.empty()
        self.where_package = where_package
        for index in self.indexes:
            made_with = index.info["model"]
            if made_with["sha256"] not in self.models:
                others = ", ".join(f"{model.name} {model.version}" for model in models)
                raise IndexDamagedError.of(
                    "index.other_model",
                    path=index.path,
                    model=f"{made_with['name']} {made_with['version']}",
                    others=others,
                )

    def neighbours_of(self, query: Query) -> set[Path]:
        """The photos located so far that were taken just before or after this one, each by its absolute path."""
        if not query.register:
            return set()
        try:
            info = read_photo_info(query.photo)
        except InputError:
            return set()
        self._recall(query, info)
        return {Path(os.path.abspath(known.info.path)) for known in self.memory.neighbours.of(info, query.extractor)}

    def _recall(self, query: Query, info: PhotoInfo) -> None:
        """Adds the neighbours that were located before this run."""
        if query.results is not None:
            imagery = {}
            for index in self.indexes:
                stated = index.info["source"]
                imagery[index.info["name"]] = find_imagery(index.path, str(stated.get("path") or "")), stated
            add_saved_neighbours(query.results, info, query.extractor, imagery, self.memory.neighbours)

    def localize(
        self,
        query: Query,
        progress: Progress | None = None,
        on_evidence: Callable[[Evidence], None] | None = None,
    ) -> Localization:
        """The localization of a photo, as docs/localization.md defines it.

        A photo that cannot be read gives status `failed` and a message; only cancelling raises. `on_evidence` gets what
        tells where the photo could have been taken, once it has been searched.
        """
        progress = progress or Progress()
        clock = Clock()
        progress.report("read", 0, 1)
        try:
            photo = query.hints.fill(read_photo(query.photo, max_px=self._read_px(query)))
        except InputError as error:
            return self._answer(query, None, FAILED, error.text(), clock)
        known = nadir_of(query.nadir, photo, query.orbit)
        nadir = known.nadir
        clock.lap("read")
        if (reason := why_no_ground(photo.pixels)) is not None:
            answer = self._answer(query, photo, NOT_FOUND, reason, clock, known)
            if query.where:  # its pixels say nothing
                stated = Evidence(photo.pixels, nadir=nadir if query.use_nadir else None, nadir_sd_km=known.extra_km)
                answer["where"] = self.estimator().estimate(stated, only=["nadir"]).as_json()
            return answer
        circle = query.area
        if circle is None and nadir is not None and query.use_nadir:
            circle = Circle(*nadir, min(query.radius_km + 2 * known.extra_km, RADIUS_KM.high))
        searched = self._search(query, photo, known, circle, clock, progress)
        if on_evidence is not None:
            on_evidence(searched.evidence)
        clock.lap("search")
        estimate, places = None, None
        if query.where:
            progress.report("where", 0, 1)
            estimate = self.estimator().estimate(searched.evidence)
            places = estimate.log_density(but=("nadir",))  # it is in what is expected
            clock.lap("where")
        candidates = rank(searched.found, searched.features, query.top_k, searched.expected, places)
        progress.check()
        if not candidates:
            answer = self._answer(query, photo, NOT_FOUND, why_nothing(circle), clock, known)
            if estimate is not None:
                answer["where"] = estimate.as_json()
            return answer
        voted = searched.features is not None and candidates[0].index.features is not None
        confidence = self._probability(candidates, voted, near_nadir=circle is not None)
        message = describe(candidates[0], nadir, confidence)
        if estimate is not None:
            candidates += self._proposed(query, photo, candidates, estimate, searched.expected, progress)
            clock.lap("where")
        answer = self._answer(query, photo, UNCERTAIN, message, clock, known, candidates, confidence)
        if query.register:
            self._recall(query, photo)
            prepared = prepare(photo, nadir, query.extractor, known.sd_km, query.hints.altitude_km)
            outcome = register_candidates(
                prepared, photo, candidates, query.imagery, query.register_s, self.memory, progress
            )
            clock.lap("register")
            add_registration(answer, outcome, photo)
        rated = voted or confidence > 0.0  # a model without figures gives 0
        if rated and answer["status"] == UNCERTAIN and (answer["confidence"] or 0.0) < CHANCE:
            put_message(answer, sentences(Message("guess.chance"), message_of(answer)))
        if estimate is not None and answer["status"] != LOCATED:
            answer["where"] = estimate.as_json()
            clock.lap("where")
        answer["timings_ms"] = clock.timings()
        return answer

    def estimator(self) -> Estimator:
        """The sources that tell where a photo could be, as far as they fit the models."""
        return open_estimator(frozenset(model.photo_sha256 for model in self.models.values()), self.where_package)

    def _proposed(
        self,
        query: Query,
        photo: Photo,
        candidates: Sequence[Candidate],
        estimate: Estimate,
        expected: Expectation,
        progress: Progress,
    ) -> list[Candidate]:
        """Places that the search did not find; a language model that does not answer is left out by name."""
        guesses: list[tuple[float, float]] = []
        if query.language_model is not None:
            try:
                guesses = propose(query.language_model, photo.pixels, progress)
            except LanguageModelError as error:
                estimate.left_out.append(left_out(LANGUAGE_MODEL, error))
        width_km = expected.field * ALTITUDE_KM if expected.field is not None else None
        return more_candidates(candidates, estimate.distribution, estimate.densities, guesses, width_km)

    def _read_px(self, query: Query) -> int:
        embed_px = _READ_SCALE * max((model.input.size_px for model in self.models.values()), default=0)
        return max(embed_px, PHOTO_PX) if query.register else embed_px

    def _search(
        self,
        query: Query,
        photo: Photo,
        stated: Nadir,
        circle: Circle | None,
        clock: Clock,
        progress: Progress,
    ) -> _Searched:
        """Embeds a photo and searches the circle, or everything."""
        progress.report("embed", 0, 1)
        views, features = None, None
        if query.search != VOTES:
            views = {sha256: embed_views(model, photo.pixels) for sha256, model in self.models.items()}
        if query.search != TILES and any(index.features is not None for index in self.indexes):
            features = photo_features(photo.pixels)
        clock.lap("embed")
        progress.report("search", 0, 1)
        # A person who chooses another area to search doubts the nadir.
        known = stated.nadir if query.use_nadir and query.area is None else None
        expected = _expectation(photo, known, stated.extra_km)
        found = search(self.indexes, views, features, query.top_k, circle, expected)
        poses = [pose for _, some in found.poses for pose in some]
        tiles = found.tiles if views is not None else None
        described = {self.models[sha256].photo_sha256: one for sha256, one in (views or {}).items()}
        voted = poses if features is not None else None
        evidence = Evidence(photo.pixels, described, tiles, voted, known, photo.taken_at, stated.extra_km)
        return _Searched(features, expected, found, evidence)

    def _model_of(self, candidate: Candidate) -> ModelPackage:
        return self.models[candidate.index.info["model"]["sha256"]]

    def _probability(self, candidates: Sequence[Candidate], voted: bool, near_nadir: bool) -> float:
        """Probability that the first candidate is right, before registration."""
        if not voted:
            return prior_of_first_candidate(self._model_of(candidates[0]).card, near_nadir)
        return probability_of_first(candidates)

    def _answer(
        self,
        query: Query,
        photo: Photo | None,
        status: Status,
        message: Text,
        clock: Clock,
        nadir: Nadir | None = None,
        candidates: Sequence[Candidate] = (),
        confidence: float = 0.0,
    ) -> Localization:
        answer = without_place(query.photo, status, message)
        answer["photo_id"] = photo.photo_id if photo is not None else None
        where = nadir.nadir if nadir is not None else None
        answer["nadir"] = list(where) if where is not None else None
        if nadir is not None and nadir.by_orbit is not None:
            answer["orbit"] = nadir.by_orbit
        answer["timings_ms"] = clock.timings()
        if photo is not None and candidates:
            found = [candidate_json(rank, candidate, where) for rank, candidate in enumerate(candidates, start=1)]
            answer["confidence"] = confidence
            answer["footprint"] = found[0]["footprint"]
            answer["corners"] = rounded(candidates[0].corners())
            answer["center"] = found[0]["center"]
            answer["candidates"] = found
            answer["model"] = self._model_of(candidates[0]).identity()
        return answer


def localize_or_fail(localizer: Localizer, query: Query, progress: Progress) -> Localization:
    """`localize`, with status `failed` also for a photo that is too large for this computer's memory."""
    try:
        return localizer.localize(query, progress)
    except MemoryError:
        return failed(query.photo, InputError.of("photo.memory", path=query.photo))


def _expectation(photo: Photo, nadir: tuple[float, float] | None, nadir_sd_km: float) -> Expectation:
    """What is known of a photo before the search: the nadir, and from EXIF how much ground its lens shows."""
    height_px, width_px = photo.pixels.shape[:2]
    focal_px = camera_prior(photo, width_px, height_px, nadir).focal_px
    return Expectation(nadir, min(height_px, width_px) / focal_px if focal_px else None, nadir_sd_km)


def prior_of_first_candidate(card: dict[str, Any], near_nadir: bool) -> float:
    """Probability that the first candidate is right (strictly), before registration.

    From the recall on photos with known footprints in the model's card, by Laplace's rule of succession: k right of n
    give (k + 1) / (n + 2), so that few photos never give certainty. 0.0 for a card without figures.
    """
    try:
        measured = card["measured"]["within_1000_km_of_nadir" if near_nadir else "everywhere"]
        n, recall = int(measured["photos"]), float(measured["recall_strict"]["1"]) / 100.0
    except (KeyError, TypeError, ValueError):
        return 0.0
    if n < 1 or not 0.0 <= recall <= 1.0:
        return 0.0
    return round((n * recall + 1.0) / (n + 2.0), 3)


def models_of(indexes: Sequence[RegionalIndex]) -> list[ModelPackage]:
    """The models that the indexes were made with, each once.

    Raises:
        IndexDamagedError: a model is neither included nor inside its index. ModelError: it is damaged.
    """
    first = {index.info["model"]["sha256"]: index for index in reversed(indexes)}
    return [model_of(index) for index in first.values()]


def model_of(index: RegionalIndex, threads: int = 0) -> ModelPackage:
    """The model that an index was made with: an included one, or the one inside the index; see `ModelPackage.open`.

    Raises:
        IndexDamagedError: its model is missing. ModelError: it is damaged.
    """
    made_with = index.info["model"]
    card = find_package(made_with["sha256"])
    if card is None and MODEL_CARD in index.info["files"]:
        card = index.path / MODEL_CARD
    if card is None:
        raise IndexDamagedError.of(
            "index.model_missing", path=index.path, model=f"{made_with['name']} {made_with['version']}"
        )
    return ModelPackage.open(card, threads)
