"""What a pass is solved from: the station's path, and the lens and mount to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation

from engine.ellipsoid import local_axes
from engine.errors import InputError
from engine.messages import Text
from engine.orbit.clock import ClockSolution, Fix, solve_clock
from engine.orbit.state import Array, Ephemeris
from engine.passes.arc import ELEMENTS, Arc, arc_of_ephemeris, arc_of_fixes
from engine.passes.frames import Frame
from engine.passes.model import Lens, PassModel, fit_of

_CLOCK_SD_S = 20.0  # at least, so that the tie points of all frames determine the clock anew
MIN_LOCATED = 2


@dataclass(frozen=True, eq=False)
class Opened:
    """A pass before it is solved.

    Attributes:
        model: the pass.
        orbit: "given", or "photos": fitted to the cameras of its located frames.
        note: why an orbit that was given was not used.
    """

    model: PassModel
    orbit: Literal["given", "photos"]
    note: Text | None = None


@dataclass(frozen=True)
class TwoClocks:
    """The orbit that was given says that two clocks took turns.

    Attributes:
        other: names of the photos of the other one.
    """

    other: Sequence[str]


def open_pass(frames: Sequence[Frame], at_s: Array, orbit: Ephemeris | None) -> Opened | TwoClocks:
    """A pass to be solved from its located frames, or that it is of two clocks.

    Args:
        frames: the located ones, at least `MIN_LOCATED`.
        at_s: times of all frames, by the camera's clock.
        orbit: where the station was; None to take it from the frames.

    Raises:
        InputError: no orbit of the station passes the located frames.
    """
    fixes = [_fix(frame) for frame in frames]
    if orbit is not None:
        try:
            clock = solve_clock(fixes, orbit, frames[0].info.camera or "")
            if clock.best is not None and clock.status == "solved":
                arc = arc_of_ephemeris(orbit, at_s, clock.best.seconds, max(_CLOCK_SD_S, 3 * clock.best.sd_s))
                return Opened(PassModel(arc, _lens(frames, arc)), "given")
            if _is_of_two(clock):
                return TwoClocks(clock.wrong)
            note = clock.message()
        except InputError as error:
            note = error.text()
    else:
        note = None
    arc = arc_of_fixes(fixes, at_s)
    return Opened(PassModel(arc, _lens(frames, arc)), "photos", note)


def _is_of_two(clock: ClockSolution) -> bool:
    """Whether photos follow one offset and others another; half and half, neither is the more probable one."""
    if clock.status == "two_clocks":
        return True
    if clock.status != "ambiguous" or clock.best is None:
        return False
    best, other = clock.best.fits, clock.others[0].fits
    return min(best.sum(), other.sum()) >= MIN_LOCATED and not (best & other).any()


def _fix(frame: Frame) -> Fix:
    found = frame.own
    axes = local_axes(*found.solution.camera.nadir()[:2])
    covariance = fit_of(found.points, found.sd_px, found.solution.camera).covariance(found.prior)[:3, :3]
    covariance = axes.T @ covariance @ axes
    return Fix(frame.name, datetime.fromtimestamp(frame.at_s, UTC), found.solution.camera.eye, covariance)


def _lens(frames: Sequence[Frame], arc: Arc) -> Lens:
    """To begin with, the frame whose attitude differs least from those of the others."""
    measured = [frame.measured for frame in frames if frame.measured is not None]
    cameras = [one.solution.camera for one in measured]
    times = np.array([frame.at_s for frame in frames]) + arc.offset_s
    mounts = np.array([camera.axes for camera in cameras]) @ arc.states(times, np.zeros(ELEMENTS))[1].transpose(0, 2, 1)
    apart = np.array([Rotation.from_matrix(mounts @ one.T).magnitude() for one in mounts])
    middle = int(np.argmin(np.median(apart, axis=1)))
    known = [one.prior for one in measured if one.prior.focal_px]
    prior = known[0] if known else measured[middle].prior
    focal_px = prior.focal_px or float(np.median([camera.focal_px for camera in cameras]))
    first = cameras[middle]
    return Lens(first.width_px, first.height_px, first.pixel_aspect, focal_px, mounts[middle], prior)
