"""The clocks of the photos of a run or a results file, and the photos to locate again once a clock is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.contract.clocks import SolvedClock as SolvedClockJson
from engine.contract.clocks import known_offset
from engine.contract.localization import Localization
from engine.contract.status import LOCATED
from engine.errors import InputError
from engine.localize import Localizer, Query, localize_or_fail
from engine.messages import Text, put_message
from engine.orbit.clock import ClockSolution, solve_clock
from engine.orbit.fit import orbit_of_nadirs
from engine.orbit.fixes import Session, sessions_of
from engine.orbit.state import Ephemeris
from engine.orbit.times import utc_of
from engine.photo.read import read_photo_info
from engine.progress import Progress
from engine.results import ResultsFile

# Nadirs that a computer wrote have the time in whole seconds, 7 km, and perhaps another moment's.
_STATED_SD_KM = 5.0
_MIN_STATED = 3


@dataclass(frozen=True, eq=False)
class SolvedClock:
    """A session's clock.

    Attributes:
        session: the photos.
        solution: None where the orbit says nothing about them.
        why: why there is no solution.
    """

    session: Session
    solution: ClockSolution | None
    why: Text = ""

    @property
    def message(self) -> Text:
        """The result as a sentence."""
        return self.why if self.solution is None else self.solution.message()

    def as_json(self) -> SolvedClockJson:
        """As commands and messages carry it."""
        first, last = self.session.from_until
        found, best = self.solution, self.solution.best if self.solution is not None else None
        answer: SolvedClockJson = {
            "camera": self.session.camera,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "photos": len(self.session.infos),
            "located": len(self.session.fixes),
            "status": "none" if found is None else found.status,
            "offset_s": None if best is None else round(best.seconds, 2),
            "sd_s": None if best is None else round(best.sd_s, 2),
            "agreeing": 0 if best is None else best.agreeing,
            "others_s": [] if found is None else [round(one.seconds, 2) for one in found.others],
            "wrong": [] if found is None else list(found.wrong),
            "message": "",
        }
        put_message(answer, self.message)
        return answer


def clocks_of(results: Path, orbit: Ephemeris | None, progress: Progress) -> list[SolvedClock]:
    """The clocks of the photos of a results file; see `solve_sessions`.

    Raises:
        InputError: there is no such file, or it holds no located photos with times.
    """
    if not results.is_file():
        raise InputError.of("results.no_file", path=results)
    file = ResultsFile(results)
    solved = solve_sessions(
        sessions_of((row["localization"] for row in file.rows()), file.path.parent, progress), orbit, progress
    )
    if not solved:
        raise InputError.of("clock.no_photos", path=results)
    return solved


def solve_sessions(
    sessions: Sequence[Session], orbit: Ephemeris | None, progress: Progress | None = None
) -> list[SolvedClock]:
    """The clock of each session with located photos.

    Args:
        sessions: see `sessions_of`.
        orbit: where the station was; None to take it from the nadirs in the photos' tags.
    """
    progress = progress or Progress()
    solved = []
    for session in sessions:
        progress.check()
        if session.fixes:
            solved.append(_solved(session, orbit))
    return solved


def _solved(session: Session, orbit: Ephemeris | None) -> SolvedClock:
    try:
        known = _stated_orbit(session) if orbit is None else orbit
        return SolvedClock(session, solve_clock(session.fixes, known, session.camera))
    except InputError as error:
        return SolvedClock(session, None, error.text())


def _stated_orbit(session: Session) -> Ephemeris:
    """The orbit by the nadirs in the photos' tags.

    Raises:
        InputError: too few, or on no orbit.
    """
    stated = [(utc_of(info.taken_at), info.nadir) for info in session.infos if info.taken_at and info.nadir]
    if len(stated) < _MIN_STATED:
        raise InputError.of("clock.few_nadirs", camera=session.camera or "?", n=len(stated), least=_MIN_STATED)
    return orbit_of_nadirs([taken for taken, _ in stated], [nadir for _, nadir in stated], _STATED_SD_KM)


def locate_again(
    localizer: Localizer, queries: Sequence[Query], answers: Mapping[str, Localization]
) -> tuple[list[SolvedClock], Iterator[Localization]]:
    """Solves the clocks of a run, and locates its other photos again with them.

    Args:
        localizer: that located the photos.
        queries: of the run; those with an orbit are used.
        answers: the last answer of each, by the path of its photo.

    Returns:
        The clocks, and better answers as they are found.
    """
    hint = next((query.orbit for query in queries if query.orbit is not None), None)
    if hint is None:
        return [], iter(())
    solved = solve_sessions(sessions_of(answers.values()), hint.orbit)
    return solved, _located_again(localizer, queries, answers, solved)


def _located_again(
    localizer: Localizer,
    queries: Sequence[Query],
    answers: Mapping[str, Localization],
    solved: Sequence[SolvedClock],
) -> Iterator[Localization]:
    clocks = [clock for one in solved if (clock := known_offset(one.as_json())) is not None]
    for query in queries:
        first = answers.get(str(query.photo))
        if first is None or query.orbit is None or first["status"] == LOCATED or "orbit" not in first:
            continue
        hint = replace(query.orbit, clocks=[*clocks, *query.orbit.clocks])
        info = read_photo_info(query.photo)
        if info.taken_at is None or hint.of_photo(info.camera, info.taken_at) is hint:
            continue  # no clock of these
        again = localize_or_fail(localizer, replace(query, orbit=hint), Progress(what="localize"))
        if (again["confidence"] or 0.0) > (first["confidence"] or 0.0):
            yield again
