"""A pass from top to bottom: its frames, the orbit, the solution, and what it says of its other frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from engine import geo
from engine.ellipsoid import SEMI_MAJOR_KM
from engine.errors import InputError
from engine.messages import Message, Text, sentences
from engine.orbit.state import Array, Ephemeris
from engine.passes.attitude import Holding
from engine.passes.cameras import take_turns, two_mounts
from engine.passes.ellipse import Ellipse, ellipse_of
from engine.passes.frames import Frame, Pass
from engine.passes.model import CLOCK
from engine.passes.opening import MIN_LOCATED, Opened, TwoClocks, open_pass
from engine.passes.whole import Whole, solve_whole
from engine.registration.camera import Camera

MOST_LOCATED = 40
_WRONG_KM = 10.0  # nothing below this is called a contradiction
_NOTHING = {
    "none_located": "pass.none_located",
    "one_located": "pass.one_located",
    "at_odds": "pass.at_odds",
    "two_cameras": "pass.two_cameras",
}
_HELD: dict[Holding, str] = {"fixed": "pass.fixed", "smooth": "pass.smooth", "free": "pass.free"}
Status = Literal["solved", "free", "at_odds", "two_cameras", "none_located", "one_located", "no_orbit"]


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a pass says of a frame.

    Attributes:
        frame: the frame.
        camera: the most probable one.
        ellipse: of the ground in the middle of the photo; None where the camera does not look at the ground.
        nearest_s: time to the nearest located frame.
    """

    frame: Frame
    camera: Camera
    ellipse: Ellipse | None
    nearest_s: float

    def is_known(self, max_ellipse_km: float) -> bool:
        """Whether the footprint is known well enough to be given."""
        return self.ellipse is not None and self.ellipse.major_km <= max_ellipse_km

    @property
    def visible_km(self) -> float:
        """Distance along the ground from the nadir to the horizon."""
        height = self.camera.nadir()[2]
        return float(SEMI_MAJOR_KM * np.arccos(SEMI_MAJOR_KM / (SEMI_MAJOR_KM + height)))


@dataclass(frozen=True, eq=False)
class SolvedPass:
    """A pass and what was made of it.

    Attributes:
        frames: of the pass.
        located: the located frames that were looked at.
        status: "solved". Or why nothing is predicted: "free" (the camera was held anew for each frame), "at_odds" (the
            located frames contradict each other), "two_cameras", "none_located", "one_located", "no_orbit".
        opened, whole: orbit, lens and solution; None where the status says why not.
        left_out: located frames that do not fit the others: wrong, or badly known but for their ground.
        wrong: those of them that show other ground than the pass says.
        predicted: the frames that are not located.
        why: of the status.
    """

    frames: Pass
    located: Sequence[Frame]
    status: Status
    opened: Opened | None = None
    whole: Whole | None = None
    left_out: Sequence[Frame] = ()
    wrong: Sequence[Frame] = ()
    predicted: Sequence[Predicted] = field(default=())
    why: Text = ""

    @property
    def used(self) -> list[Frame]:
        """The located frames that the solution rests on."""
        return [frame for frame in self.located if frame not in self.left_out]

    @property
    def clock_offset_s(self) -> tuple[float, float] | None:
        """True time minus the camera's, with its standard deviation; None where the orbit is from the photos."""
        if self.whole is None or self.opened is None or self.opened.orbit != "given":
            return None
        best = self.whole.best
        return best.model.arc.offset_s + float(best.common[CLOCK]), float(np.sqrt(best.covariance[CLOCK, CLOCK]))


def solve_pass(frames: Pass, orbit: Ephemeris | None = None) -> SolvedPass:
    """Solves a pass from its located frames, and predicts its other frames.

    Args:
        frames: of the pass.
        orbit: where the station was; None to take it from the located frames.
    """
    located = spread(frames.located)
    if len(located) < MIN_LOCATED:
        return SolvedPass(frames, located, "one_located" if located else "none_located")
    try:
        opened = open_pass(located, _times(frames.frames), orbit)
    except InputError as error:
        return SolvedPass(frames, located, "no_orbit", why=error.text())
    if isinstance(opened, TwoClocks):
        wrong = [frame for frame in located if frame.name in opened.other]
        return SolvedPass(frames, located, "two_cameras", wrong=wrong)
    whole = _solved(opened, located)
    left_out = [frame for frame, is_wrong in zip(located, whole.wrong, strict=True) if is_wrong]
    mixed = two_mounts(opened.model.begin(_cameras(located), _times(located))[1][:, 1:])
    if mixed is None and _agree(left_out, orbit) and take_turns(whole.wrong):
        mixed = whole.wrong
    if mixed is not None:
        other = [frame for frame, is_other in zip(located, mixed, strict=True) if is_other]
        return SolvedPass(frames, located, "two_cameras", opened, wrong=other)
    if len(located) - len(left_out) < MIN_LOCATED:
        return SolvedPass(frames, located, "at_odds", opened, wrong=left_out)
    wrong = [one.frame for one in predict(whole, left_out, located) if _contradicts(one)]
    status: Status = "free" if whole.holding == "free" else "solved"
    return SolvedPass(frames, located, status, opened, whole, left_out, wrong, predict(whole, frames.others, located))


def predict(whole: Whole, frames: Sequence[Frame], located: Sequence[Frame]) -> list[Predicted]:
    """What a solved pass says of frames."""
    if not frames:
        return []
    cameras, covariances = whole.predict(_times(frames))
    nearest_s = np.abs(_times(frames)[:, None] - _times(located)).min(1)
    return [
        Predicted(frame, camera, ellipse_of(camera, covariance), float(away_s))
        for frame, camera, covariance, away_s in zip(frames, cameras, covariances, nearest_s, strict=True)
    ]


def _contradicts(predicted: Predicted) -> bool:
    """Whether a located frame shows other ground than its pass says."""
    ellipse, camera = predicted.ellipse, predicted.frame.own.solution.camera
    lat, lon = (float(one) for one in camera.locate(camera.width_px / 2, camera.height_px / 2))
    if ellipse is None or not np.isfinite(lat):
        return True
    return not ellipse.holds(lat, lon, 2.0) and float(geo.distance_km(ellipse.lat, ellipse.lon, lat, lon)) > _WRONG_KM


def describe(solved: SolvedPass, max_ellipse_km: float) -> Text:
    """What was made of a pass, in sentences."""
    n = len(solved.frames.located)
    if solved.status == "no_orbit":
        return sentences(Message("pass.no_orbit", {"n": n}), solved.why)
    if solved.status in _NOTHING:
        return Message(_NOTHING[solved.status], {"n": n, "m": len(solved.wrong)})
    whole = solved.whole
    if whole is None:
        raise ValueError(f"a pass of status {solved.status} was not solved")
    params = {"n": len(solved.used), "percent": f"{100 * whole.holdings[whole.holding]:.0f}"}
    parts: list[Text] = [Message(_HELD[whole.holding], params)]
    if solved.wrong:
        parts.append(Message("pass.wrong", {"n": len(solved.wrong)}))
    if solved.opened is not None and solved.opened.note is not None:
        parts += [Message("pass.orbit_not_used"), solved.opened.note]
    known = sum(one.is_known(max_ellipse_km) for one in solved.predicted)
    if solved.predicted:
        parts.append(Message("pass.predicted", {"n": known, "total": len(solved.predicted)}))
    return sentences(*parts)


def _solved(opened: Opened, located: Sequence[Frame]) -> Whole:
    measured = [frame.measured for frame in located if frame.measured is not None]
    return solve_whole(opened.model, measured, _times(located))


def spread(located: Sequence[Frame]) -> list[Frame]:
    """At most `MOST_LOCATED` frames, spread over the pass: more make the solution slow and hardly better."""
    if len(located) <= MOST_LOCATED:
        return list(located)
    return [located[i] for i in np.linspace(0, len(located) - 1, MOST_LOCATED).round().astype(int)]


def _agree(frames: Sequence[Frame], orbit: Ephemeris | None) -> bool:
    """Whether frames make a pass by themselves."""
    if len(frames) < MIN_LOCATED:
        return False
    try:
        opened = open_pass(frames, _times(frames), orbit)
    except InputError:
        return False
    if isinstance(opened, TwoClocks):
        return False
    whole = _solved(opened, frames)
    return whole.holding != "free" and not whole.wrong.any()


def _times(frames: Sequence[Frame]) -> Array:
    return np.array([frame.at_s for frame in frames])


def _cameras(frames: Sequence[Frame]) -> list[Camera]:
    return [frame.measured.solution.camera for frame in frames if frame.measured is not None]
