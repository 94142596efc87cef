"""The passes of a results file: solved, reported, and written back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np

from engine.answer import photo_facts
from engine.contract.localization import Localization
from engine.contract.parameters import DEFAULT_ELLIPSE_KM
from engine.contract.passes import LeaveOneOut, PassAnswer, PredictedPhoto, SolvePassesAnswer
from engine.contract.status import BY_PASS, LOCATED, UNREVIEWED, USABLE
from engine.errors import InputError
from engine.messages import put_message
from engine.orbit.state import Ephemeris
from engine.passes.answers import answer_by_pass, without_pass
from engine.passes.frames import Frame, Pass, passes_of
from engine.passes.leave_one_out import leave_one_out
from engine.passes.model import FOCAL
from engine.passes.solved import Predicted, SolvedPass, describe, solve_pass
from engine.progress import Progress
from engine.results import ResultsFile


def solve_results(
    path: Path,
    orbit: Ephemeris | None = None,
    max_ellipse_km: float = DEFAULT_ELLIPSE_KM,
    *,
    leave_out: bool = False,
    save: bool = True,
    progress: Progress | None = None,
) -> SolvePassesAnswer:
    """Solves the passes of a results file, and writes the footprints that they give to it.

    Photos that a review decided on stay as they are; those that it rejected say nothing of the others.

    Args:
        path: of the file.
        orbit: where the station was; None to take it from the located photos.
        max_ellipse_km: semi-major axis of the largest ellipse whose footprint is given.
        leave_out: also predict each located photo from the others.
        save: write to the file.
        progress: may be cancelled between two passes; what is written stays.

    Raises:
        InputError: there is no such file, or none of its photos belongs to a pass.
        OutputError: it cannot be written.
    """
    progress = progress or Progress()
    if not path.is_file():
        raise InputError.of("results.no_file", path=path)
    file = ResultsFile(path)
    passes, left_out = passes_of(_answers(file))
    if not passes:
        raise InputError.of("pass.no_photos", path=path)
    found: list[PassAnswer] = []
    for done, one in enumerate(passes):
        progress.report("passes", done, len(passes))
        solved = solve_pass(one, orbit)
        given: set[str] = set()
        for frame, answer in _changes(solved, max_ellipse_km):
            if save and _in_effect(file, Path(frame.name)) != frame.answer:
                continue  # located again meanwhile
            given.update([answer["photo"]] if answer["status"] == BY_PASS else [])
            if save:
                file.save(answer, photo_facts(Path(answer["photo"])))
        found.append(
            _report(
                solved, given, max_ellipse_km, _left_out(one, orbit, max_ellipse_km, progress) if leave_out else None
            )
        )
    progress.report("passes", len(passes), len(passes))
    return {"passes": found, "left_out": [{"photo": one.photo, "why": one.why} for one in left_out]}


def _answers(file: ResultsFile) -> list[Localization]:
    """The localizations in effect, with absolute paths."""
    decisions = file.decisions()
    answers = []
    for row in file.rows():
        answer = _in_effect(file, file.path.parent / row["photo"])
        decision = decisions.get(row["photo"], UNREVIEWED)
        # Of photos that a review decided on, only those that it found located count.
        if answer is not None and (decision == UNREVIEWED or (decision in USABLE and answer["status"] == LOCATED)):
            answers.append(answer)
    return answers


def _in_effect(file: ResultsFile, path: Path) -> Localization | None:
    """The localization in effect, with the photo's absolute path; None for a photo that was removed."""
    answer = file.localization(path)
    return None if answer is None else cast(Localization, {**answer, "photo": str(path)})


def _changes(solved: SolvedPass, max_ellipse_km: float) -> list[tuple[Frame, Localization]]:
    """The frames whose answers a pass changes, with the new ones."""
    changed = []
    predicted = {one.frame.name: one for one in solved.predicted}
    for frame in solved.frames.others:
        one = predicted.get(frame.name)
        answer = answer_by_pass(one, solved, max_ellipse_km) if one is not None else None
        answer = answer or without_pass(frame.answer)
        if answer is not frame.answer:
            changed.append((frame, answer))
    return changed


def _report(solved: SolvedPass, given: set[str], max_ellipse_km: float, checked: LeaveOneOut | None) -> PassAnswer:
    frames, whole = solved.frames.frames, solved.whole
    clock = solved.clock_offset_s
    answer: PassAnswer = {
        "camera": solved.frames.camera,
        "first": _iso(frames[0].at_s),
        "last": _iso(frames[-1].at_s),
        "photos": len(frames),
        "located": len(solved.frames.located),
        "status": solved.status,
        "holding": whole.holding if whole is not None else None,
        "holdings": {name: round(share, 4) for name, share in whole.holdings.items()} if whole is not None else {},
        "orbit": solved.opened.orbit if solved.opened is not None else None,
        "clock_offset_s": None if clock is None else round(clock[0], 2),
        "clock_sd_s": None if clock is None else round(clock[1], 2),
        "focal_px": _focal_px(solved),
        "wrong": [frame.name for frame in solved.wrong],
        "predicted": [_predicted(one, given) for one in solved.predicted],
        "leave_one_out": checked,
        "message": "",
    }
    put_message(answer, describe(solved, max_ellipse_km))
    return answer


def _predicted(one: Predicted, given: set[str]) -> PredictedPhoto:
    lat, lon, _ = one.camera.nadir()
    ellipse = one.ellipse
    return {
        "photo": one.frame.name,
        "given": one.frame.name in given,
        "center": None if ellipse is None else [round(ellipse.lat, 5), round(ellipse.lon, 5)],
        "ellipse_major_km": None if ellipse is None else round(ellipse.major_km, 2),
        "ellipse_minor_km": None if ellipse is None else round(ellipse.minor_km, 2),
        "ellipse_azimuth_deg": None if ellipse is None else round(ellipse.azimuth_deg, 1),
        "nadir": [round(lat, 5), round(lon, 5)],
        "visible_km": round(one.visible_km, 1),
        "nearest_s": round(one.nearest_s, 1),
    }


def _left_out(frames: Pass, orbit: Ephemeris | None, max_ellipse_km: float, progress: Progress) -> LeaveOneOut:
    checked = []
    for one in leave_one_out(frames, orbit, max_ellipse_km):
        progress.check()
        checked.append(one)
    errors = [one.error_km for one in checked if one.predicted is not None]
    return {
        "photos": len(checked),
        "predicted": len(errors),
        "inside": sum(one.inside for one in checked),
        "median_km": round(float(np.median(errors)), 2) if errors else None,
        "errors_km": {one.frame.name: round(one.error_km, 2) for one in checked if one.predicted is not None},
    }


def _focal_px(solved: SolvedPass) -> float | None:
    if solved.whole is None:
        return None
    best = solved.whole.best
    return round(best.model.lens.focal_px * float(np.exp(best.common[FOCAL])), 2)


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat()
