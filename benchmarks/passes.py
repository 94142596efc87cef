"""How good footprints by the pass are: every located frame of the real passes predicted from the others.

    python benchmarks/passes.py [POSES.jsonl]

The located frames are those of `photos/` and `passes/` whose registration at their known place succeeds. POSES.jsonl
(build/bench/passes.jsonl) keeps these answers, which take minutes, so that a second run takes one or two. The other
frames count as not located, though the true places of some are known. Exit code 1 means that one of these was called
located, that the median error is above 2 km, or that fewer than 85 % lie inside their ellipses.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _setting import REPOSITORY, WORK

from engine import geo
from engine.answer import without_place
from engine.contract.localization import Localization
from engine.contract.parameters import DEFAULT_ELLIPSE_KM
from engine.contract.status import LOCATED, NOT_FOUND
from engine.passes.answers import answer_by_pass
from engine.passes.frames import Frame, Pass, passes_of
from engine.passes.leave_one_out import leave_one_out
from engine.passes.solved import solve_pass
from engine.register_at import Place, register_at

DATA = Path(os.environ.get("EARTHLOC_DATA", REPOSITORY.parent / "shared" / "data")).resolve()
MOSAIC = DATA / "imagery" / "bluemarble_2004-08_z8_webmercator.tif"
Corners = list[tuple[float, float]]


def main(poses: Path) -> None:
    """Prints a table of passes and the totals."""
    corners = dict(_truth())
    truth = {photo: _middle(one) for photo, one in corners.items()}
    answers = _registered(corners, poses)
    with (DATA / "passes" / "unproven.csv").open(encoding="utf-8") as file:
        unproven = [DATA / "passes" / row["photo"] for row in csv.DictReader(file)]
    answers += [without_place(photo, NOT_FOUND, "") for photo in unproven]
    passes, _ = passes_of(answers)
    errors, insides, majors, far, more, frames, checked = [], [], [], [], 0, 0, []
    wrong_located = 0
    print("| pass | frames | located | held | predicted of located | median km | inside | others given |")
    print("|---|---|---|---|---|---|---|---|")
    for one in passes:
        solved = solve_pass(one)
        frames += len(one.frames)
        found = list(leave_one_out(one)) if len(one.located) > 1 else []
        known = [each for each in found if each.predicted is not None]
        given = [(each, answer_by_pass(each, solved, DEFAULT_ELLIPSE_KM)) for each in solved.predicted]
        more += sum(answer is not None for _, answer in given)
        wrong_located += sum(answer["status"] == LOCATED for _, answer in given if answer is not None)
        for each, answer in given:
            place = truth.get(each.frame.name)
            if answer is not None and place is not None and each.ellipse is not None:
                away = float(geo.distance_km(*place, each.ellipse.lat, each.ellipse.lon))
                checked.append((Path(each.frame.name).name, away, each.ellipse.major_km, each.ellipse.holds(*place)))
        errors += [each.error_km for each in known]
        insides += [each.inside for each in known]
        majors += [each.predicted.ellipse.major_km for each in known if each.predicted and each.predicted.ellipse]
        far += [Path(each.frame.name).name for each in found if each.predicted is None]
        median = f"{np.median([each.error_km for each in known]):.1f}" if known else ""
        inside = f"{sum(each.inside for each in known)}" if known else ""
        held = solved.whole.holding if solved.whole is not None else solved.status
        others = f"{sum(answer is not None for _, answer in given)} of {len(one.others)}"
        name, predicted = Path(one.frames[0].name).stem[:24], f"{len(known)} of {len(found)}"
        cells = name, len(one.frames), len(one.located), held, predicted, median, inside, others
        print("|", " | ".join(map(str, cells)), "|", flush=True)
    n = len(errors)
    print(f"\n{n} of {n + len(far)} located frames predicted without themselves; not predicted: {', '.join(far)}")
    most = np.percentile(errors, 90)
    print(f"error: median {np.median(errors):.2f} km, 90 % below {most:.1f} km, max {max(errors):.1f} km")
    print(f"inside their 90 % ellipses: {sum(insides)} of {n} ({100 * np.mean(insides):.0f} %)")
    print(f"ellipses: semi-major axis median {np.median(majors):.1f} km, max {max(majors):.1f} km")
    print(f"frames: {frames}; more footprints: {more}; by the pass and called located: {wrong_located}")
    for name, away, major_km, holds in checked:
        print(f"not located, but its place is known: {name}: off {away:.1f} km, semi-major {major_km:.1f} km, {holds}")
    _from_few(passes)
    if wrong_located or np.median(errors) > 2.0 or np.mean(insides) < 0.85:
        sys.exit(1)


def _from_few(passes: list[Pass]) -> None:
    """Prints how good predictions are from two or three located frames, at the beginning, at the end, or at both."""
    found = []
    for one in passes:
        n = len(one.located)
        for kept in ((0, 1), (n - 2, n - 1), (0, n - 1), (0, 1, 2)) if n > 3 else ():
            frames = [
                frame if number in kept else Frame(frame.at_s, frame.info, frame.answer, None)
                for number, frame in enumerate(one.located)
            ]
            own = {frame.name: frame.measured for frame in one.located}
            for each in solve_pass(Pass(frames)).predicted:
                measured, ellipse = own[each.frame.name], each.ellipse
                if measured is None or ellipse is None:
                    continue
                camera = measured.solution.camera
                lat, lon = (float(part) for part in camera.locate(camera.width_px / 2, camera.height_px / 2))
                away = float(geo.distance_km(ellipse.lat, ellipse.lon, lat, lon))
                found.append((away, ellipse.holds(lat, lon), ellipse.major_km))
    errors, inside, majors = np.array(found, np.float64).T
    print(
        f"from two or three frames: {len(errors)} predictions, median error {np.median(errors):.1f} km, "
        f"max {errors.max():.1f} km, {100 * inside.mean():.0f} % inside, "
        f"semi-major median {np.median(majors):.1f} km, max {majors.max():.1f} km"
    )


def _truth() -> Iterator[tuple[str, Corners]]:
    """Photos and the corners of their true footprints."""
    for folder in ("photos", "passes"):
        with (DATA / folder / "truth.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                corners = [(float(row[f"lat{i}"]), float(row[f"lon{i}"])) for i in (1, 2, 3, 4)]
                yield str((DATA / folder / row["photo"]).resolve()), corners


def _middle(corners: Corners) -> tuple[float, float]:
    """Where the diagonals cross: the ground in the middle of the photo."""
    frame = geo.LocalFrame(*geo.center_of(corners))
    (a, b, c, d) = np.stack(frame.to_xy(*np.array(corners).T), axis=1)
    s = np.linalg.solve(np.stack([c - a, b - d], axis=1), b - a)[0]
    lat, lon = frame.to_lat_lon(*(a + s * (c - a)))
    return float(lat), float(lon)


def _registered(corners: dict[str, Corners], poses: Path) -> list[Localization]:
    """Each photo registered at its true place; from the file where it is there."""
    if poses.is_file():
        return [json.loads(line) for line in poses.read_text(encoding="utf-8").splitlines()]
    answers = [
        register_at(Place(Path(photo), *geo.center_of(one), float(geo.side_lengths_km(one).max()), MOSAIC))
        for photo, one in corners.items()
    ]
    poses.parent.mkdir(parents=True, exist_ok=True)
    poses.write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")
    return answers


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else WORK / "passes.jsonl")
